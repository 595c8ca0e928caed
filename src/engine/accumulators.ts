import type { Aggregation } from "../models.ts";
import { ListsByKey } from "../values/lists-by-key.ts";
import {
  compare,
  divide,
  type Exact,
  exactOf,
  exactOfNumber,
  MEAN_DIGITS,
  subtract,
} from "../values/scaled-integer.ts";
import { type AccumulatorColumn, ExactSums, NONE, type ValueColumns } from "./exact-sums.ts";
import { doubled, PairInterner } from "./interners.ts";

/** An accumulator in plain JSON: counts, texts, or numbers as a coefficient and an exponent. */
export type AccumulatorState = readonly (string | number)[];

/** A value as an accumulator takes it; undefined where an event has no usable value. */
export type AccumulatedValue = number | Exact | undefined;

/**
 * The accumulators of one aggregation, in typed arrays by their numbers: one for all events, and one for each group and
 * window. Values are those of the events that count, in the order received. For UNIQUE_COUNT a value is the number of a
 * text.
 */
export abstract class Accumulators {
  /** Creates an empty accumulator; its number is the count of those before. */
  abstract create(): number;
  /** Adds every event of a batch to one accumulator in each column. */
  abstract addBatch(batch: ValueColumns, columns: readonly AccumulatorColumn[]): void;
  /** Adds one event. `time` is in milliseconds since 1970; only LATEST reads it. */
  abstract add(at: number, value: AccumulatedValue, time: number): void;
  /**
   * Adds everything that an accumulator of `other` has, which is of the same aggregation and the same texts; its events
   * were received after those of this one.
   */
  abstract merge(at: number, other: this, otherAt: number): void;
  /** Undefined where there is no usable value and the aggregation has no zero. */
  abstract quantity(at: number): Exact | undefined;
  /**
   * The quantity without one event that was added. Of MIN, MAX, LATEST and UNIQUE_COUNT only where the accumulators were
   * created as `isRemovable`. For LATEST, the last received of the events with this value and time.
   */
  abstract without(at: number, value: AccumulatedValue, time: number): Exact | undefined;
  /** Plain JSON from which `mergeState` can go on. */
  abstract state(at: number): AccumulatorState;
  /** As `merge`. Throws a TypeError where `state` is not what `state` of this aggregation gives. */
  abstract mergeState(at: number, state: AccumulatorState): void;

  /** The quantities of the first `size` accumulators of a list that has no more than a batch has events. */
  quantities(numbers: Int32Array, size: number): (Exact | undefined)[] {
    const quantities: (Exact | undefined)[] = [];
    for (let at = 0; at < size; at++) quantities.push(this.quantity(numbers[at] as number));
    return quantities;
  }
}

/** The texts that UNIQUE_COUNT tells apart, by number. */
export interface UniqueTexts {
  numberOf(text: string): number;
  textOf(number: number): string;
}

/** A count as a quantity. */
export const countOf = (count: number): Exact => ({ coefficient: BigInt(count), exponent: 0 });

/** Whether the quantity of some events is the sum of the quantities of any parts of them. */
export function isAdditive(aggregation: Aggregation): boolean {
  return aggregation === "SUM" || aggregation === "COUNT";
}

/** What a total is when there is no event: 0 where there is a zero, else none. */
export function emptyQuantity(aggregation: Aggregation): Exact | undefined {
  return isAdditive(aggregation) || aggregation === "UNIQUE_COUNT" ? countOf(0) : undefined;
}

/** A number for each accumulator, `empty` at first. */
class Numbers {
  readonly #empty: number;
  #length = 0;
  values = new Float64Array(8);

  constructor(empty: number) {
    this.#empty = empty;
  }

  create(): number {
    if (this.#length === this.values.length) this.values = doubled(this.values);
    this.values[this.#length] = this.#empty;
    return this.#length++;
  }
  get(at: number): number {
    return this.values[at] as number;
  }
  add(at: number, count: number): void {
    this.values[at] = (this.values[at] as number) + count;
  }
}

class CountAccumulators extends Accumulators {
  readonly #counts = new Numbers(0);

  create(): number {
    return this.#counts.create();
  }
  addBatch({ size }: ValueColumns, columns: readonly AccumulatorColumn[]): void {
    const { values } = this.#counts;
    for (const { numbers, only } of columns) {
      if (only !== NONE) {
        values[only] = (values[only] as number) + size;
        continue;
      }
      for (let row = 0; row < size; row++) {
        const at = numbers[row] as number;
        values[at] = (values[at] as number) + 1;
      }
    }
  }
  add(at: number): void {
    this.#counts.add(at, 1);
  }
  merge(at: number, other: CountAccumulators, otherAt: number): void {
    this.#counts.add(at, other.count(otherAt));
  }
  quantity(at: number): Exact {
    return countOf(this.count(at));
  }
  without(at: number): Exact {
    return countOf(this.count(at) - 1);
  }
  state(at: number): AccumulatorState {
    return [this.count(at)];
  }
  mergeState(at: number, state: AccumulatorState): void {
    this.#counts.add(at, integerOfState(state, 0, 0));
  }

  count(at: number): number {
    return this.#counts.get(at);
  }
}

class SumAccumulators extends Accumulators {
  readonly #sums = new ExactSums();

  create(): number {
    return this.#sums.create();
  }
  addBatch(batch: ValueColumns, columns: readonly AccumulatorColumn[]): void {
    this.#sums.addBatch(batch, columns);
  }
  add(at: number, value: AccumulatedValue): void {
    if (value !== undefined) this.#sums.add(at, value);
  }
  merge(at: number, other: SumAccumulators, otherAt: number): void {
    this.#sums.add(at, other.quantity(otherAt));
  }
  quantity(at: number): Exact {
    return this.#sums.total(at);
  }
  override quantities(numbers: Int32Array, size: number): Exact[] {
    return this.#sums.totals(numbers, size);
  }
  without(at: number, value: AccumulatedValue): Exact {
    const total = this.quantity(at);
    return value === undefined ? total : subtract(total, exactOf(value));
  }
  state(at: number): AccumulatorState {
    return exactState(this.quantity(at));
  }
  mergeState(at: number, state: AccumulatorState): void {
    this.#sums.add(at, exactOfState(state));
  }
}

class MeanAccumulators extends Accumulators {
  readonly #sums = new SumAccumulators();
  readonly #counts = new CountAccumulators();

  create(): number {
    this.#sums.create();
    return this.#counts.create();
  }
  addBatch(batch: ValueColumns, columns: readonly AccumulatorColumn[]): void {
    this.#sums.addBatch(batch, columns);
    this.#counts.addBatch(batch, columns);
  }
  add(at: number, value: AccumulatedValue): void {
    if (value === undefined) return;
    this.#sums.add(at, value);
    this.#counts.add(at);
  }
  merge(at: number, other: MeanAccumulators, otherAt: number): void {
    this.#sums.merge(at, other.#sums, otherAt);
    this.#counts.merge(at, other.#counts, otherAt);
  }
  quantity(at: number): Exact | undefined {
    return meanOf(this.#sums.quantity(at), this.#counts.count(at));
  }
  without(at: number, value: AccumulatedValue): Exact | undefined {
    if (value === undefined) return this.quantity(at);
    return meanOf(this.#sums.without(at, value), this.#counts.count(at) - 1);
  }
  state(at: number): AccumulatorState {
    return [...this.#sums.state(at), ...this.#counts.state(at)];
  }
  mergeState(at: number, state: AccumulatorState): void {
    this.#sums.mergeState(at, state);
    this.#counts.mergeState(at, state.slice(2));
  }
}

function meanOf(sum: Exact, count: number): Exact | undefined {
  return count === 0 ? undefined : divide(sum, countOf(count), MEAN_DIGITS);
}

/** One value for each accumulator: a JS number as it is, any other beside it. */
class KeptValues {
  readonly #numbers = new Numbers(Number.NaN);
  readonly #exacts: (Exact | undefined)[] = [];

  create(): number {
    return this.#numbers.create();
  }
  /** The numbers of all, as `number` gives them; another array after `create`. */
  get values(): Float64Array {
    return this.#numbers.values;
  }
  /** NaN where the value is not kept as a number, or where there is none. */
  number(at: number): number {
    return this.#numbers.values[at] as number;
  }
  exact(at: number): Exact | undefined {
    const number = this.number(at);
    return Number.isNaN(number) ? this.#exacts[at] : exactOfNumber(number);
  }
  set(at: number, number: number, exact: Exact | undefined): void {
    this.#numbers.values[at] = number;
    if (Number.isNaN(number)) this.#exacts[at] = exact;
  }
  setFrom(at: number, other: KeptValues): void {
    const number = other.number(at);
    this.set(at, number, Number.isNaN(number) ? other.exact(at) : undefined);
  }
  has(at: number, value: number | Exact): boolean {
    const kept = this.exact(at);
    return kept !== undefined && compare(kept, exactOf(value)) === 0;
  }
}

class ExtremeAccumulators extends Accumulators {
  readonly #sign: 1 | -1;
  readonly #extremes = new KeptValues();
  /** The extreme of the others, where one may be removed. */
  readonly #seconds: KeptValues | undefined;

  /** `sign` is 1 for the greatest, -1 for the least. */
  constructor(sign: 1 | -1, isRemovable: boolean) {
    super();
    this.#sign = sign;
    this.#seconds = isRemovable ? new KeptValues() : undefined;
  }

  create(): number {
    this.#seconds?.create();
    return this.#extremes.create();
  }
  addBatch({ size, values, exacts }: ValueColumns, columns: readonly AccumulatorColumn[]): void {
    const kept = this.#extremes.values;
    const sign = this.#sign;
    const isRemovable = this.#seconds !== undefined;
    for (const { numbers } of columns) {
      for (let row = 0; row < size; row++) {
        const at = numbers[row] as number;
        const value = values[row] as number;
        // Most values are not beyond the extreme. A comparison with NaN is false, and takes the slow way.
        if ((value - (kept[at] as number)) * sign <= 0 && !isRemovable) continue;
        this.#compare(at, value, exacts[row]);
      }
    }
  }
  add(at: number, value: AccumulatedValue): void {
    if (typeof value === "number") this.#compare(at, value, undefined);
    else this.#compare(at, Number.NaN, value);
  }
  merge(at: number, other: ExtremeAccumulators, otherAt: number): void {
    this.add(at, other.quantity(otherAt));
    this.add(at, other.#seconds?.exact(otherAt));
  }
  quantity(at: number): Exact | undefined {
    return this.#extremes.exact(at);
  }
  without(at: number, value: AccumulatedValue): Exact | undefined {
    const isExtreme = value !== undefined && this.#extremes.has(at, value);
    return isExtreme ? this.#seconds?.exact(at) : this.quantity(at);
  }
  state(at: number): AccumulatorState {
    return exactState(this.quantity(at));
  }
  mergeState(at: number, state: AccumulatorState): void {
    if (state.length > 0) this.add(at, exactOfState(state));
  }

  /** Keeps a value where it is beyond the one there is. */
  #compare(at: number, number: number, exact: Exact | undefined): void {
    const difference = number - this.#extremes.number(at);
    const isBeyond = Number.isNaN(difference)
      ? this.#isBeyond(this.#extremes, at, number, exact)
      : difference * this.#sign > 0;
    if (isBeyond) {
      this.#seconds?.setFrom(at, this.#extremes);
      this.#extremes.set(at, number, exact);
    } else if (this.#seconds !== undefined && this.#isBeyond(this.#seconds, at, number, exact)) {
      this.#seconds.set(at, number, exact);
    }
  }

  /** The slow way, where the two are not both JS numbers. */
  #isBeyond(kept: KeptValues, at: number, number: number, exact: Exact | undefined): boolean {
    const value = Number.isNaN(number) ? exact : exactOfNumber(number);
    if (value === undefined) return false;
    const extreme = kept.exact(at);
    return extreme === undefined || compare(value, extreme) * this.#sign > 0;
  }
}

class LatestAccumulators extends Accumulators {
  readonly #times = new Numbers(Number.NEGATIVE_INFINITY);
  readonly #latest = new KeptValues();
  /** The latest of the others, where one may be removed. */
  readonly #seconds: LatestAccumulators | undefined;

  constructor(isRemovable: boolean) {
    super();
    this.#seconds = isRemovable ? new LatestAccumulators(false) : undefined;
  }

  create(): number {
    this.#times.create();
    this.#seconds?.create();
    return this.#latest.create();
  }
  addBatch(
    { size, values, exacts, times }: ValueColumns,
    columns: readonly AccumulatorColumn[],
  ): void {
    for (const { numbers } of columns) {
      for (let row = 0; row < size; row++) {
        this.#replace(
          numbers[row] as number,
          times[row] as number,
          values[row] as number,
          exacts[row],
        );
      }
    }
  }
  add(at: number, value: AccumulatedValue, time: number): void {
    if (value === undefined) return;
    if (typeof value === "number") this.#replace(at, time, value, undefined);
    else this.#replace(at, time, Number.NaN, value);
  }
  merge(at: number, other: LatestAccumulators, otherAt: number): void {
    const seconds = other.#seconds;
    if (seconds !== undefined) {
      this.add(at, seconds.quantity(otherAt), seconds.#times.get(otherAt));
    }
    this.add(at, other.quantity(otherAt), other.#times.get(otherAt));
  }
  quantity(at: number): Exact | undefined {
    return this.#latest.exact(at);
  }
  without(at: number, value: AccumulatedValue, time: number): Exact | undefined {
    const isLatest =
      value !== undefined && this.#times.get(at) === time && this.#latest.has(at, value);
    return isLatest ? this.#seconds?.quantity(at) : this.quantity(at);
  }
  state(at: number): AccumulatorState {
    const quantity = this.quantity(at);
    return quantity === undefined ? [] : [...exactState(quantity), this.#times.get(at)];
  }
  mergeState(at: number, state: AccumulatorState): void {
    if (state.length > 0) this.add(at, exactOfState(state), integerOfState(state, 2));
  }

  /** Keeps a value where it is not older than the one there is. */
  #replace(at: number, time: number, number: number, exact: Exact | undefined): void {
    const latest = this.#times.get(at);
    if (time < latest) {
      if (this.#seconds !== undefined) this.#seconds.#replace(at, time, number, exact);
      return;
    }
    this.#seconds?.add(at, this.quantity(at), latest);
    this.#times.values[at] = time;
    this.#latest.set(at, number, exact);
  }
}

class UniqueAccumulators extends Accumulators {
  readonly #texts: UniqueTexts;
  readonly #counts = new Numbers(0);
  /** Of an accumulator and a text in it. */
  readonly #pairs = new PairInterner();
  /** How many events have each pair, where one may be removed. */
  readonly #events: number[] | undefined;

  constructor(texts: UniqueTexts, isRemovable: boolean) {
    super();
    this.#texts = texts;
    this.#events = isRemovable ? [] : undefined;
  }

  create(): number {
    return this.#counts.create();
  }
  addBatch({ size, values }: ValueColumns, columns: readonly AccumulatorColumn[]): void {
    for (let row = 0; row < size; row++) {
      const text = values[row] as number;
      if (Number.isNaN(text)) continue;
      for (const { numbers } of columns) this.#add(numbers[row] as number, text, 1);
    }
  }
  add(at: number, value: AccumulatedValue): void {
    if (typeof value === "number") this.#add(at, value, 1);
  }
  merge(at: number, other: UniqueAccumulators, otherAt: number): void {
    for (const pair of other.#pairsOf(otherAt)) {
      this.#add(at, other.#pairs.secondOf(pair), other.#events?.[pair] ?? 1);
    }
  }
  quantity(at: number): Exact {
    return countOf(this.#counts.get(at));
  }
  without(at: number, value: AccumulatedValue): Exact {
    const pair = typeof value === "number" ? this.#pairs.numberOf(at, value) : NONE;
    return countOf(this.#counts.get(at) - (this.#events?.[pair] === 1 ? 1 : 0));
  }
  state(at: number): AccumulatorState {
    return this.#pairsOf(at).map((pair) => this.#texts.textOf(this.#pairs.secondOf(pair)));
  }
  mergeState(at: number, state: AccumulatorState): void {
    for (const text of state) {
      if (typeof text !== "string") throw new TypeError("expected a text in a summarizer's state");
      this.#add(at, this.#texts.numberOf(text), 1);
    }
  }

  #add(at: number, text: number, events: number): void {
    const known = this.#pairs.size;
    const pair = this.#pairs.numberOf(at, text);
    if (this.#events !== undefined) this.#events[pair] = (this.#events[pair] ?? 0) + events;
    if (pair === known) this.#counts.add(at, 1);
  }

  #indexed: { readonly size: number; readonly pairs: Map<number, number[]> } | undefined;

  /** The pairs of one accumulator; of all at once, as one after the other they would take a walk over all pairs each. */
  #pairsOf(at: number): readonly number[] {
    const { size } = this.#pairs;
    if (this.#indexed?.size !== size) {
      const pairs = new ListsByKey<number, number>();
      for (let pair = 0; pair < size; pair++) pairs.push(this.#pairs.firstOf(pair), pair);
      this.#indexed = { size, pairs };
    }
    return this.#indexed.pairs.get(at) ?? [];
  }
}

/**
 * Accumulators of an aggregation, none yet. `texts` are those that UNIQUE_COUNT counts the numbers of, and must be there
 * for it; `isRemovable` ones keep what `without` needs.
 */
export function createAccumulators(
  aggregation: Aggregation,
  texts: UniqueTexts | undefined,
  isRemovable = false,
): Accumulators {
  switch (aggregation) {
    case "COUNT":
      return new CountAccumulators();
    case "SUM":
      return new SumAccumulators();
    case "AVG":
      return new MeanAccumulators();
    case "MIN":
      return new ExtremeAccumulators(-1, isRemovable);
    case "MAX":
      return new ExtremeAccumulators(1, isRemovable);
    case "LATEST":
      return new LatestAccumulators(isRemovable);
    case "UNIQUE_COUNT":
      return new UniqueAccumulators(texts as UniqueTexts, isRemovable);
  }
}

function exactState(value: Exact | undefined): AccumulatorState {
  return value === undefined ? [] : [value.coefficient.toString(), value.exponent];
}

function exactOfState([coefficient, exponent]: AccumulatorState): Exact {
  if (
    typeof coefficient !== "string" ||
    !/^-?\d+$/.test(coefficient) ||
    !(Number.isSafeInteger(exponent) && Math.abs(exponent as number) <= 1e4)
  ) {
    throw new TypeError("expected a number in a summarizer's state");
  }
  return { coefficient: BigInt(coefficient), exponent: exponent as number };
}

function integerOfState(
  state: AccumulatorState,
  at: number,
  least = Number.NEGATIVE_INFINITY,
): number {
  const count = state[at];
  if (!Number.isSafeInteger(count) || (count as number) < least)
    throw new TypeError("expected an integer in a summarizer's state");
  return count as number;
}
