import { PairInterner } from "./pair-interner.ts";
import type { StringInterner } from "./string-interner.ts";
import { compareTexts, orderOf, ranksOf } from "./text-order.ts";

/** Combinations of the texts of some dimensions, numbered from 0 in the order seen. */
export class Groups {
  readonly #dimensions: readonly StringInterner[];
  /** For each dimension but the first: the combinations of those before it, with its texts. */
  readonly #pairs: readonly PairInterner[];

  constructor(dimensions: readonly StringInterner[]) {
    this.#dimensions = dimensions;
    this.#pairs = dimensions.slice(1).map(() => new PairInterner());
  }

  /** For each of `size` events, the number of the combination of its first texts. */
  number(texts: readonly Int32Array[], size: number, groups: Int32Array): void {
    groups.set(texts[0] as Int32Array);
    for (const [position, pairs] of this.#pairs.entries()) {
      pairs.numberAll(groups, texts[position + 1] as Int32Array, size);
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
      (group, text, position) => (this.#pairs[position] as PairInterner).numberOf(group, text),
      first,
    );
  }

  /** Combinations in the order of their texts, by UTF-16 code unit: of the first dimension's, then of the next. */
  sorted(groups: readonly number[]): Int32Array {
    const ranks = this.#dimensions.map((dimension) => ranksOf(dimension.texts));
    // Within the rank of the texts before, that of the last.
    const keyOf = (group: number, position: number): number => {
      const ranked = ranks[position] as Int32Array;
      if (position === 0) return ranked[group] as number;
      const pairs = this.#pairs[position - 1] as PairInterner;
      const before = keyOf(pairs.firstOf(group), position - 1);
      return before * ranked.length + (ranked[pairs.secondOf(group)] as number);
    };
    const keys = new Float64Array(groups.length);
    for (let at = 0; at < keys.length; at++) {
      keys[at] = keyOf(groups[at] as number, this.#pairs.length);
    }
    const bound = ranks.reduce((product, { length }) => product * length, 1);
    const order = orderOf(keys, bound, (a, b) =>
      compareTexts(this.textsOf(groups[a] as number), this.textsOf(groups[b] as number)),
    );
    for (let at = 0; at < order.length; at++) order[at] = groups[order[at] as number] as number;
    return order;
  }

  /** The texts of a combination in `groupBy` order. */
  textsOf(group: number): string[] {
    const texts = new Array<string>(this.#dimensions.length);
    let first = group;
    for (let position = this.#pairs.length; position > 0; position--) {
      const pairs = this.#pairs[position - 1] as PairInterner;
      texts[position] = (this.#dimensions[position] as StringInterner).textOf(
        pairs.secondOf(first),
      );
      first = pairs.firstOf(first);
    }
    texts[0] = (this.#dimensions[0] as StringInterner).textOf(first);
    return texts;
  }
}
