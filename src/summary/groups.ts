import type { Batch } from "./batch.ts";
import type { DimensionTexts } from "./dimension-texts.ts";
import { PairTable } from "./pair-table.ts";

/** Combinations of the texts of some dimensions, numbered from 0 in the order seen. */
export class Groups {
  readonly #dimensions: readonly DimensionTexts[];
  /** For each dimension but the first: the combinations of those before it, with its texts. */
  readonly #pairs: readonly PairTable[];

  constructor(dimensions: readonly DimensionTexts[]) {
    this.#dimensions = dimensions;
    this.#pairs = dimensions.slice(1).map(() => new PairTable());
  }

  /** For each event of a batch, the number of the combination of its first texts. */
  number({ size, texts }: Batch, groups: Int32Array): void {
    groups.set(texts[0] as Int32Array);
    for (const [position, pairs] of this.#pairs.entries()) {
      const seconds = texts[position + 1] as Int32Array;
      for (let at = 0; at < size; at++) {
        groups[at] = pairs.numberOf(groups[at] as number, seconds[at] as number);
      }
    }
  }

  /** Throws for what are no texts, one for each dimension: a state may have been tampered with. */
  numberOf(texts: readonly string[]): number {
    const areTexts = Array.isArray(texts) && texts.every((text) => typeof text === "string");
    if (!areTexts || texts.length !== this.#dimensions.length) {
      throw new TypeError("no group of a summarizer's state");
    }
    const [first = 0, ...others] = this.#dimensions.map((dimension, at) =>
      dimension.numberOf(texts[at] as string),
    );
    return others.reduce(
      (group, text, position) => (this.#pairs[position] as PairTable).numberOf(group, text),
      first,
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
