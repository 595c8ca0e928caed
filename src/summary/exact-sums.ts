import { add, type Exact, exactOfNumber, ZERO } from "../values/scaled-integer.ts";
import { type Batch, numberColumn } from "./batch.ts";
import { type CellColumn, NO_CELL } from "./cell-column.ts";
import { doubled } from "./typed-arrays.ts";

// Up to these bounds every step below is exact in a double: a decimal of at most 15 digits is the only one of that
// length that rounds to its double, and integers below 2^53 (about 9e15) add without loss.
const LARGEST_TERM = 1e15;
const LARGEST_SUM = 8e15;
/** Added and taken away again, it leaves of a double up to 2^51 the nearest integer. */
const TO_INTEGER = 1.5 * 2 ** 52;
const POWERS_OF_TEN = /* @__PURE__ */ Array.from({ length: 23 }, (_, power) =>
  Number(`1e${power}`),
);
/** So many values must fail to fit before the scale follows them: a change costs a walk over all cells. */
const PATIENCE = 32;

/**
 * Exact sums of any numbers, one for each cell, at nearly the speed of float sums: JS numbers are added as integers at
 * one power of ten, common to all cells, while that is safe; what does not fit is added in BigInt.
 */
export class ExactSums {
  #scale = 0;
  #power = 1;
  /** The largest term so far: how far the scale can rise with the usual values still fitting. */
  #largest = 0;
  #misfits = 0;
  #cells = 0;
  #scaled = new Float64Array(8);
  /** Of the batch at hand, its values at the scale. */
  readonly #terms = numberColumn();
  /** Of those made last. */
  #sum = 0;
  /** What of a cell's sum is not in `#scaled`. */
  readonly #spilled: (Exact | undefined)[] = [];

  /** Another cell, whose sum is 0; its number is the count of those before. */
  addCell(): void {
    if (++this.#cells > this.#scaled.length) this.#scaled = doubled(this.#scaled);
  }

  /** Adds each value of a batch to its cell in every column. */
  addAll(batch: Batch, columns: readonly CellColumn[]): void {
    const { size, values, exacts } = batch;
    for (let from = 0; from < size; from++) {
      const to = this.#makeTerms(batch, from);
      const isExact = this.#largest * (to - from) <= LARGEST_SUM;
      for (const { cells, only } of columns) {
        if (only !== NO_CELL && isExact) this.#addTerm(this.#sum, only);
        else this.#addTerms(cells, from, to);
      }
      if (to === size) return;
      const misfit = this.#misfit(values[to] as number, exacts[to]);
      from = misfit === undefined ? to - 1 : to;
      if (misfit === undefined) continue;
      for (const { cells } of columns) this.add(misfit, cells[to] as number);
    }
  }

  /** Up to the first value that does not fit at the present scale, and so may change it. */
  #makeTerms({ size, values }: Batch, from: number): number {
    const terms = this.#terms;
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

  /** Adds to the sum of a cell, whatever the number. */
  add(value: Exact, cell: number): void {
    const spilled = this.#spilled[cell];
    this.#spilled[cell] = spilled === undefined ? value : add(spilled, value);
  }

  total(cell: number): Exact {
    return this.#total(cell, this.#scaled[cell] as number);
  }

  /** The totals of the first so many cells, no more than a batch has events. */
  totals(cells: Int32Array, size: number): Exact[] {
    const scaled = this.#scaled;
    const terms = this.#terms;
    // Cells may be far apart in memory: what a small loop fetches, it fetches for several at once.
    for (let at = 0; at < size; at++) terms[at] = scaled[cells[at] as number] as number;
    const totals: Exact[] = [];
    for (let at = 0; at < size; at++) {
      totals.push(this.#total(cells[at] as number, terms[at] as number));
    }
    return totals;
  }

  #total(cell: number, scaled: number): Exact {
    const spilled = this.#spilled[cell];
    if (scaled === 0) return spilled ?? ZERO;
    const rest = { coefficient: BigInt(scaled), exponent: 0 - this.#scale };
    return spilled === undefined ? rest : add(spilled, rest);
  }

  #addTerms(cells: Int32Array, from: number, to: number): void {
    const scaled = this.#scaled;
    const terms = this.#terms;
    for (let at = from; at < to; at++) {
      for (; at < to; at++) {
        const cell = cells[at] as number;
        const sum = (scaled[cell] as number) + (terms[at] as number);
        if (!(sum <= LARGEST_SUM && sum >= -LARGEST_SUM)) break;
        scaled[cell] = sum;
      }
      if (at < to) this.#addTerm(terms[at] as number, cells[at] as number);
    }
  }

  /** Adds an integer of at most `LARGEST_SUM` at the present scale. */
  #addTerm(term: number, cell: number): void {
    const scaled = this.#scaled;
    const before = scaled[cell] as number;
    const sum = before + term;
    if (sum <= LARGEST_SUM && sum >= -LARGEST_SUM) {
      scaled[cell] = sum;
    } else {
      scaled[cell] = term;
      this.add({ coefficient: BigInt(before), exponent: 0 - this.#scale }, cell);
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
      if (!keepsTheUsual && ++this.#misfits <= Math.max(PATIENCE, this.#cells)) break;
      this.#changeScale(scale, power);
      return undefined;
    }
    return exactOfNumber(value);
  }

  #changeScale(scale: number, power: number): void {
    for (let cell = 0; cell < this.#cells; cell++) {
      const scaled = this.#scaled[cell] as number;
      if (scaled === 0) continue;
      this.add({ coefficient: BigInt(scaled), exponent: 0 - this.#scale }, cell);
      this.#scaled[cell] = 0;
    }
    this.#largest = scale > this.#scale ? this.#largest * (power / this.#power) : 0;
    if (this.#largest > LARGEST_TERM) this.#largest = 0;
    this.#misfits = 0;
    this.#scale = scale;
    this.#power = power;
  }
}
