import type { DimensionTexts } from "./dimension-texts.ts";
import { PairTable } from "./pair-table.ts";

/** Combinations of dimension texts, numbered from 0 in the order seen. */
export class Groups {
  readonly #dimensions: readonly DimensionTexts[];
  /** For each dimension but the first: the combinations of those before it, with its texts. */
  readonly #pairs: readonly PairTable[];

  constructor(dimensions: readonly DimensionTexts[]) {
    this.#dimensions = dimensions;
    this.#pairs = dimensions.slice(1).map(() => new PairTable());
  }

  /** The number of the combination of the texts with these numbers, the first of them in `groupBy` order. */
  numberOf(texts: Int32Array): number {
    let group = texts[0] as number;
    for (let position = 0; position < this.#pairs.length; position++) {
      group = (this.#pairs[position] as PairTable).numberOf(group, texts[position + 1] as number);
    }
    return group;
  }

  /** Throws for what are no texts, one for each dimension: a state may have been tampered with. */
  numberOfTexts(texts: readonly string[]): number {
    const areTexts = Array.isArray(texts) && texts.every((text) => typeof text === "string");
    if (!areTexts || texts.length !== this.#dimensions.length) {
      throw new TypeError("no group of a summarizer's state");
    }
    return this.numberOf(
      Int32Array.from(this.#dimensions, (dimension, at) => dimension.numberOf(texts[at] ?? "")),
    );
  }

  /** The texts of a combination in `groupBy` order. */
  textsOf(group: number): string[] {
    const texts: string[] = [];
    let first = group;
    for (let position = this.#pairs.length; position > 0; position--) {
      const pairs = this.#pairs[position - 1] as PairTable;
      texts.unshift((this.#dimensions[position] as DimensionTexts).textOf(pairs.secondOf(first)));
      first = pairs.firstOf(first);
    }
    return [(this.#dimensions[0] as DimensionTexts).textOf(first), ...texts];
  }
}
