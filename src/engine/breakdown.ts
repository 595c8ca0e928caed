import type { Exact } from "../values/scaled-integer.ts";
import {
  type AccumulatorState,
  type Accumulators,
  createAccumulators,
  type UniqueTexts,
} from "./accumulators.ts";
import { CAPACITY } from "./event-batch.ts";
import { NONE, type ValueColumns } from "./exact-sums.ts";
import {
  Combinations,
  doubled,
  lengthened,
  PairInterner,
  type StringInterner,
} from "./interners.ts";
import type { Plan } from "./plan.ts";
import { compareTexts, orderOf, ranksOf } from "./text-order.ts";

/** The accumulator of all events that count. */
const TOTAL = 0;
/** Window numbers are split here into two integers of 32 bits. */
const LOW_BITS = 20;
/** So many rows are looked up together. */
const ROWS = 64;
/** No time of a Date is farther from 1970, in milliseconds. */
const MAX_WINDOW = 8.6e15;

/** Called with a row of the groups: the dimensions' values in `groupBy` order, and the quantity. */
export type GroupUse = (values: readonly string[], quantity: Exact) => void;

/** A row of the time series: where the window starts, in milliseconds since 1970, and the quantity. */
export interface WindowRow {
  readonly start: number;
  readonly quantity: Exact;
}

/** A breakdown in plain JSON. */
export interface BreakdownState {
  readonly total: AccumulatorState;
  readonly groups: readonly (readonly [values: readonly string[], group: AccumulatorState])[];
  readonly windows: readonly (readonly [start: number, window: AccumulatorState])[];
}

/** For each of some events, the number of an accumulator; `only` where it is the same for all. */
interface NumberColumn {
  numbers: Int32Array;
  only: number;
}

/** Events that one cost counts, from one batch or several: events that are added one by one are counted together. */
export class CountedRows implements ValueColumns {
  size = 0;
  #capacity = 0;
  values = new Float64Array(0);
  readonly exacts: (Exact | undefined)[] = [];
  times = new Float64Array(0);
  /** For each dimension, the numbers of its texts. */
  readonly texts: Int32Array[];
  // For each event the accumulators that count it: of the total, of its group, of its window.
  readonly total: NumberColumn = { numbers: new Int32Array(0), only: TOTAL };
  readonly group: NumberColumn = { numbers: new Int32Array(0), only: NONE };
  readonly window: NumberColumn = { numbers: new Int32Array(0), only: NONE };

  constructor(dimensions: number) {
    this.texts = Array.from({ length: dimensions }, () => new Int32Array(0));
  }

  /** Makes room for at least so many events: a cost that counts few takes little memory. */
  reserve(size: number): void {
    if (size <= this.#capacity) return;
    const capacity = Math.min(CAPACITY, Math.max(16, this.#capacity * 2, size));
    this.#capacity = capacity;
    this.values = lengthened(this.values, capacity);
    this.times = lengthened(this.times, capacity);
    while (this.exacts.length < capacity) this.exacts.push(undefined);
    for (const [at, texts] of this.texts.entries()) this.texts[at] = lengthened(texts, capacity);
    this.total.numbers = new Int32Array(capacity);
    if (this.texts.length > 0) this.group.numbers = new Int32Array(capacity);
    this.window.numbers = new Int32Array(capacity);
  }
}

/** The accumulators of groups or windows, by the numbers of these. */
class AccumulatorNumbers {
  numbers = new Int32Array(16).fill(NONE);
  /** The groups or windows there are, in the order seen. */
  readonly all: number[] = [];

  get(of: number): number {
    return of < this.numbers.length ? (this.numbers[of] as number) : NONE;
  }
  set(of: number, accumulator: number): void {
    while (of >= this.numbers.length) {
      const { length } = this.numbers;
      this.numbers = doubled(this.numbers).fill(NONE, length);
    }
    this.numbers[of] = accumulator;
    this.all.push(of);
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
      throw new TypeError("expected a group in a summarizer's state");
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

/** The total, the groups and the windows of the events that count: independent accumulators of the same values. */
export class Breakdown {
  readonly #accumulators: Accumulators;
  readonly #groups: Groups | undefined;
  readonly #ofGroups = new AccumulatorNumbers();
  readonly #window: number | undefined;
  readonly #windows = new PairInterner();
  readonly #ofWindows = new AccumulatorNumbers();

  /**
   * By the texts of `dimensions` in their order, none for no groups. `texts` are those whose numbers UNIQUE_COUNT is
   * given as values.
   */
  constructor(
    { aggregation, window }: Plan,
    dimensions: readonly StringInterner[],
    texts: UniqueTexts | undefined,
  ) {
    this.#accumulators = createAccumulators(aggregation, texts);
    this.#groups = dimensions.length === 0 ? undefined : new Groups(dimensions);
    this.#window = window;
    this.#accumulators.create();
  }

  /** Counts events in the total, their groups and their windows. */
  count(rows: CountedRows): void {
    const columns = [rows.total];
    if (this.#groups !== undefined) {
      this.#findGroups(this.#groups, rows);
      columns.push(rows.group);
    }
    if (this.#window !== undefined) {
      this.#findWindows(this.#window, rows);
      columns.push(rows.window);
    }
    this.#accumulators.addBatch(rows, columns);
  }

  total(): Exact | undefined {
    return this.#accumulators.quantity(TOTAL);
  }

  /** In the order of their values, by UTF-16 code unit. */
  forEachGroup(use: GroupUse): void {
    const groups = this.#groups;
    if (groups === undefined) return;
    const order = groups.sorted(this.#ofGroups.all);
    const numbers = new Int32Array(ROWS);
    for (let from = 0; from < order.length; from += ROWS) {
      const size = Math.min(ROWS, order.length - from);
      // In this order one is far from the next in memory: the processor fetches several at once for a small loop.
      for (let at = 0; at < size; at++)
        numbers[at] = this.#ofGroups.get(order[from + at] as number);
      const quantities = this.#accumulators.quantities(numbers, size);
      const values: string[][] = [];
      for (let at = 0; at < size; at++) values[at] = groups.textsOf(order[from + at] as number);
      for (let at = 0; at < size; at++) {
        const quantity = quantities[at];
        if (quantity !== undefined) use(values[at] as string[], quantity);
      }
    }
  }

  /** Ascending. */
  windows(): WindowRow[] {
    const rows: WindowRow[] = [];
    for (const window of this.#ofWindows.all) {
      const quantity = this.#accumulators.quantity(this.#ofWindows.get(window));
      if (quantity !== undefined) rows.push({ start: this.#startOf(window), quantity });
    }
    return rows.sort((a, b) => a.start - b.start);
  }

  state(): BreakdownState {
    const stateOf = (accumulator: number): AccumulatorState =>
      this.#accumulators.state(accumulator);
    return {
      total: stateOf(TOTAL),
      groups: this.#ofGroups.all.map((group) => [
        this.#groups?.textsOf(group) ?? [],
        stateOf(this.#ofGroups.get(group)),
      ]),
      windows: this.#ofWindows.all.map((window) => [
        this.#startOf(window),
        stateOf(this.#ofWindows.get(window)),
      ]),
    };
  }

  /** Throws, perhaps halfway, where `state` is not what `state()` gives. */
  merge(state: BreakdownState): void {
    const merge = (accumulator: number, part: AccumulatorState): void => {
      if (!Array.isArray(part))
        throw new TypeError("expected an accumulator in a summarizer's state");
      this.#accumulators.mergeState(accumulator, part);
    };
    merge(TOTAL, state.total);
    for (const [values, part] of state.groups) {
      const group = this.#groups?.numberOf(values);
      if (group === undefined) throw new TypeError("expected no groups: the query has no groupBy");
      merge(this.#accumulatorOfGroup(group), part);
    }
    for (const [start, part] of state.windows) {
      const length = this.#window ?? 0;
      const isStart = Number.isSafeInteger(start) && start % length === 0;
      if (!isStart || Math.abs(start) > MAX_WINDOW) {
        throw new TypeError("expected a window in a summarizer's state");
      }
      merge(this.#accumulatorOfWindow(start / length), part);
    }
  }

  #findGroups(groups: Groups, rows: CountedRows): void {
    const { size } = rows;
    const { numbers } = rows.group;
    groups.number(rows.texts, size, numbers);
    for (let at = this.#findKnown(numbers, 0, size); at < size; ) {
      numbers[at] = this.#accumulatorOfGroup(numbers[at] as number);
      at = this.#findKnown(numbers, at + 1, size);
    }
  }

  // An inner loop is a method of its own, here and in others, and calls nothing: V8 looks for the arrays once, and has
  // little to compile. With rarely called code in it, that takes ten times as long when a process starts.

  /** Puts accumulators in the place of groups, up to the first group that has none. */
  #findKnown(numbers: Int32Array, from: number, size: number): number {
    const known = this.#ofGroups.numbers;
    let at = from;
    for (; at < size; at++) {
      const group = numbers[at] as number;
      const accumulator = group < known.length ? (known[group] as number) : NONE;
      if (accumulator === NONE) break;
      numbers[at] = accumulator;
    }
    return at;
  }

  #findWindows(length: number, rows: CountedRows): void {
    const { size, times, window } = rows;
    let changes = 0;
    let accumulator = NONE;
    for (let at = 0; at < size; ) {
      const count = Math.floor((times[at] as number) / length);
      accumulator = this.#accumulatorOfWindow(count);
      at = fillWindow(rows, at, count * length, length, accumulator);
      changes++;
    }
    window.only = changes === 1 ? accumulator : NONE;
  }

  #accumulatorOfGroup(group: number): number {
    const known = this.#ofGroups.get(group);
    if (known !== NONE) return known;
    const created = this.#accumulators.create();
    this.#ofGroups.set(group, created);
    return created;
  }

  /** `count` of windows since 1970. */
  #accumulatorOfWindow(count: number): number {
    const high = Math.floor(count / (1 << LOW_BITS));
    const window = this.#windows.numberOf(high, count - high * (1 << LOW_BITS));
    const known = this.#ofWindows.get(window);
    if (known !== NONE) return known;
    const created = this.#accumulators.create();
    this.#ofWindows.set(window, created);
    return created;
  }

  #startOf(window: number): number {
    const count = this.#windows.firstOf(window) * (1 << LOW_BITS) + this.#windows.secondOf(window);
    return count * (this.#window ?? 1);
  }
}

/** Events mostly come in the order of time: returns where they leave the window. */
function fillWindow(
  { size, times, window: { numbers } }: CountedRows,
  from: number,
  start: number,
  length: number,
  accumulator: number,
): number {
  let at = from;
  for (; at < size; at++) {
    const since = (times[at] as number) - start;
    if (since < 0 || since >= length) break;
    numbers[at] = accumulator;
  }
  return at;
}
