import { add, type Exact, exactOfNumber, ZERO } from "../values/scaled-integer.ts";
import { CAPACITY } from "./event-batch.ts";
import { doubled } from "./interners.ts";

// Up to these bounds every step below is exact in a double: a decimal of at most 15 digits is the only one of that
// length that rounds to its double, and integers below 2^53 (about 9e15) add without loss.
const LARGEST_TERM = 1e15;
const LARGEST_SUM = 8e15;
/** Added and taken away again, it leaves of a double up to 2^51 the nearest integer. */
const TO_INTEGER = 1.5 * 2 ** 52;
const POWERS_OF_TEN = /* @__PURE__ */ Array.from({ length: 23 }, (_, power) =>
  Number(`1e${power}`),
);
/** So many values must fail to fit before the scale follows them: a change costs a walk over all sums. */
const PATIENCE = 32;

/** In place of a number: there is none. */
export const NONE = -1;

/** What accumulators read of a batch of events. */
export interface ValueColumns {
  /** How many events there are. */
  readonly size: number;
  /**
   * The values that are JS numbers, and for UNIQUE_COUNT the numbers of texts; NaN where the value is in `exacts`, or
   * where there is no usable value.
   */
  readonly values: Float64Array;
  readonly exacts: readonly (Exact | undefined)[];
  /** Milliseconds since 1970. */
  readonly times: Float64Array;
}

/** For each event of a batch, the number of an accumulator that counts it. */
export interface AccumulatorColumn {
  readonly numbers: Int32Array;
  /** The number that all of them have, or `NONE` where they may differ: their sum is added once. */
  readonly only: number;
}

/** Of the batch at hand, its values at the scale. All sums share it: nothing is left in it between two calls. */
const terms = /* @__PURE__ */ new Float64Array(CAPACITY);

/**
 * Exact sums of any numbers, in typed arrays by the number of the sum, at nearly the speed of float sums. JS numbers are
 * added as integers at one power of ten, common to all sums, while that is safe. Others are added in BigInt.
 */
export class ExactSums {
  #scale = 0;
  #power = 1;
  /** The largest term so far: how far the scale can rise with the usual values still fitting. */
  #largest = 0;
  #misfits = 0;
  #count = 0;
  #scaled = new Float64Array(8);
  /** Of those made last. */
  #sum = 0;
  /** What of a sum is not in `#scaled`. */
  readonly #spilled: (Exact | undefined)[] = [];

  /** Another sum, of 0; its number is the count of those before. */
  create(): number {
    if (this.#count === this.#scaled.length) this.#scaled = doubled(this.#scaled);
    return this.#count++;
  }

  /** Adds each value of a batch to one sum in every column. */
  addBatch(batch: ValueColumns, columns: readonly AccumulatorColumn[]): void {
    const { size, values, exacts } = batch;
    for (let from = 0; from < size; from++) {
      const to = this.#makeTerms(batch, from);
      const isExact = this.#largest * (to - from) <= LARGEST_SUM;
      for (const { numbers, only } of columns) {
        if (only !== NONE && isExact) this.#addTerm(this.#sum, only);
        else this.#addTerms(numbers, from, to);
      }
      if (to === size) return;
      const misfit = this.#misfit(values[to] as number, exacts[to]);
      from = misfit === undefined ? to - 1 : to;
      if (misfit === undefined) continue;
      for (const { numbers } of columns) this.#spill(numbers[to] as number, misfit);
    }
  }

  /** Up to the first value that does not fit at the present scale, and so may change it. */
  #makeTerms({ size, values }: ValueColumns, from: number): number {
    const power = this.#power;
    let largest = this.#largest;
    let sum = 0;
    let to = from;
    for (; to < size; to++) {
      const value = values[to] as number;
      const term = value * power + TO_INTEGER - TO_INTEGER;
      if (!(term <= LARGEST_TERM && term >= -LARGEST_TERM && term / power === value)) break;
      terms[to] = term;
      sum += term;
      if (term > largest) largest = term;
      else if (-term > largest) largest = -term;
    }
    this.#largest = largest;
    this.#sum = sum;
    return to;
  }

  /** Adds any number to a sum. */
  add(at: number, value: number | Exact): void {
    if (typeof value !== "number") {
      this.#spill(at, value);
      return;
    }
    const term = Math.round(value * this.#power);
    if (Math.abs(term) <= LARGEST_TERM && term / this.#power === value) {
      if (Math.abs(term) > this.#largest) this.#largest = Math.abs(term);
      this.#addTerm(term, at);
      return;
    }
    const misfit = this.#misfit(value, undefined);
    if (misfit === undefined) this.add(at, value);
    else this.#spill(at, misfit);
  }

  #spill(at: number, value: Exact): void {
    const spilled = this.#spilled[at];
    this.#spilled[at] = spilled === undefined ? value : add(spilled, value);
  }

  total(at: number): Exact {
    return this.#total(at, this.#scaled[at] as number);
  }

  /** The first `size` totals of a list that has no more than a batch has events. */
  totals(numbers: Int32Array, size: number): Exact[] {
    const scaled = this.#scaled;
    // Sums may be far apart in memory: the processor fetches several at once for a small loop.
    for (let row = 0; row < size; row++) terms[row] = scaled[numbers[row] as number] as number;
    const totals: Exact[] = [];
    for (let row = 0; row < size; row++) {
      totals.push(this.#total(numbers[row] as number, terms[row] as number));
    }
    return totals;
  }

  #total(at: number, scaled: number): Exact {
    const spilled = this.#spilled[at];
    if (scaled === 0) return spilled ?? ZERO;
    const rest = { coefficient: BigInt(scaled), exponent: 0 - this.#scale };
    return spilled === undefined ? rest : add(spilled, rest);
  }

  #addTerms(numbers: Int32Array, from: number, to: number): void {
    const scaled = this.#scaled;
    for (let row = from; row < to; row++) {
      for (; row < to; row++) {
        const at = numbers[row] as number;
        const sum = (scaled[at] as number) + (terms[row] as number);
        if (!(sum <= LARGEST_SUM && sum >= -LARGEST_SUM)) break;
        scaled[at] = sum;
      }
      if (row < to) this.#addTerm(terms[row] as number, numbers[row] as number);
    }
  }

  /** Adds an integer of at most `LARGEST_SUM` at the present scale. */
  #addTerm(term: number, at: number): void {
    const scaled = this.#scaled;
    const before = scaled[at] as number;
    const sum = before + term;
    if (sum <= LARGEST_SUM && sum >= -LARGEST_SUM) {
      scaled[at] = sum;
    } else {
      scaled[at] = term;
      this.#spill(at, { coefficient: BigInt(before), exponent: 0 - this.#scale });
    }
  }

  /** What to add in BigInt of a value that does not fit; undefined when the scale was changed so that it does. */
  #misfit(value: number, exact: Exact | undefined): Exact | undefined {
    if (Number.isNaN(value)) return exact;
    for (const [scale, power] of POWERS_OF_TEN.entries()) {
      const term = Math.round(value * power);
      if (!(Math.abs(term) <= LARGEST_TERM)) break;
      if (term / power !== value) continue;
      const rise = POWERS_OF_TEN[scale - this.#scale];
      const keepsTheUsual = rise !== undefined && this.#largest * rise <= LARGEST_TERM;
      if (!keepsTheUsual && ++this.#misfits <= Math.max(PATIENCE, this.#count)) break;
      this.#changeScale(scale, power);
      return undefined;
    }
    return exactOfNumber(value);
  }

  #changeScale(scale: number, power: number): void {
    for (let at = 0; at < this.#count; at++) {
      const scaled = this.#scaled[at] as number;
      if (scaled === 0) continue;
      this.#spill(at, { coefficient: BigInt(scaled), exponent: 0 - this.#scale });
      this.#scaled[at] = 0;
    }
    this.#largest = scale > this.#scale ? this.#largest * (power / this.#power) : 0;
    if (this.#largest > LARGEST_TERM) this.#largest = 0;
    this.#misfits = 0;
    this.#scale = scale;
    this.#power = power;
  }
}
