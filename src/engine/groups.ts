import { PairInterner } from "./pair-interner.ts";
import type { StringInterner } from "./string-interner.ts";
import { compareTexts, orderOf, ranksOf } from "./text-order.ts";

/** Combinations of numbers, one of each column, numbered from 0 in the order seen; of one column by its own numbers. */
export class Combinations {
  /** For each column but the first: the combinations of those before it, with its numbers. */
  readonly pairs: readonly PairInterner[];

  constructor(columns: number) {
    this.pairs = Array.from({ length: columns - 1 }, () => new PairInterner());
  }

  /** For each of `size` events, the number of the combination of its numbers. */
  number(columns: readonly Int32Array[], size: number, combinations: Int32Array): void {
    combinations.set(columns[0] as Int32Array);
    for (const [position, pairs] of this.pairs.entries()) {
      pairs.numberAll(combinations, columns[position + 1] as Int32Array, size);
    }
  }

  numberOf([first = 0, ...others]: readonly number[]): number {
    return others.reduce(
      (combination, other, position) =>
        (this.pairs[position] as PairInterner).numberOf(combination, other),
      first,
    );
  }

  /** The numbers that a combination is of. */
  numbersOf(combination: number): number[] {
    const numbers = new Array<number>(this.pairs.length + 1);
    let first = combination;
    for (let position = this.pairs.length; position > 0; position--) {
      const pairs = this.pairs[position - 1] as PairInterner;
      numbers[position] = pairs.secondOf(first);
      first = pairs.firstOf(first);
    }
    numbers[0] = first;
    return numbers;
  }
}

/** Combinations of the texts of some dimensions. */
export class Groups {
  readonly #dimensions: readonly StringInterner[];
  readonly #combinations: Combinations;

  constructor(dimensions: readonly StringInterner[]) {
    this.#dimensions = dimensions;
    this.#combinations = new Combinations(dimensions.length);
  }

  /** For each of `size` events, the number of the combination of its first texts. */
  number(texts: readonly Int32Array[], size: number, groups: Int32Array): void {
    this.#combinations.number(texts, size, groups);
  }

  /** Throws for what are no texts, one for each dimension: a state may have been tampered with. */
  numberOf(texts: readonly string[]): number {
    const areTexts = Array.isArray(texts) && texts.every((text) => typeof text === "string");
    if (!areTexts || texts.length !== this.#dimensions.length) {
      throw new TypeError("no group of a summarizer's state");
    }
    return this.#combinations.numberOf(
      this.#dimensions.map((dimension, at) => dimension.numberOf(texts[at] as string)),
    );
  }

  /** Combinations in the order of their texts, by UTF-16 code unit: of the first dimension's, then of the next. */
  sorted(groups: readonly number[]): Int32Array {
    const ranks = this.#dimensions.map((dimension) => ranksOf(dimension.texts));
    // Within the rank of the texts before, that of the last.
    const { pairs: allPairs } = this.#combinations;
    const keyOf = (group: number, position: number): number => {
      const ranked = ranks[position] as Int32Array;
      if (position === 0) return ranked[group] as number;
      const pairs = allPairs[position - 1] as PairInterner;
      const before = keyOf(pairs.firstOf(group), position - 1);
      return before * ranked.length + (ranked[pairs.secondOf(group)] as number);
    };
    const keys = new Float64Array(groups.length);
    for (let at = 0; at < keys.length; at++) {
      keys[at] = keyOf(groups[at] as number, allPairs.length);
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
    const numbers = this.#combinations.numbersOf(group);
    const texts = new Array<string>(numbers.length);
    for (let at = 0; at < texts.length; at++) {
      texts[at] = (this.#dimensions[at] as StringInterner).textOf(numbers[at] as number);
    }
    return texts;
  }
}
