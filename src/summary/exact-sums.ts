import { add, type Exact, exactOfNumber } from "../exact.ts";
import { doubled } from "./typed-arrays.ts";

// Up to these bounds every step below is exact in a double: a decimal of at most 15 digits is the only one of that
// length that rounds to its double, and integers below 2^53 (about 9e15) add without loss.
const LARGEST_TERM = 1e15;
const LARGEST_SUM = 8e15;
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
/** So many values must fail to fit before the scale follows them: a change costs a walk over all cells. */
const PATIENCE = 32;

const ZERO: Exact = { coefficient: 0n, exponent: 0 };

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
  /** What of a cell's sum is not in `#scaled`. */
  readonly #spilled: (Exact | undefined)[] = [];

  /** Another cell, whose sum is 0; its number is the count of those before. */
  addCell(): void {
    if (++this.#cells > this.#scaled.length) this.#scaled = doubled(this.#scaled);
  }

  /** Adds a number to the first cell, and to those of the others that are not -1. */
  addNumber(value: number, first: number, second: number, third: number): void {
    const term = Math.round(value * this.#power);
    if (!(Math.abs(term) <= LARGEST_TERM && term / this.#power === value)) {
      this.#addMisfit(value, first, second, third);
      return;
    }
    if (term > this.#largest || -term > this.#largest) this.#largest = Math.abs(term);
    this.#addTerm(term, first);
    if (second !== -1) this.#addTerm(term, second);
    if (third !== -1) this.#addTerm(term, third);
  }

  /** As `addNumber`. */
  addExact(value: Exact, first: number, second: number, third: number): void {
    this.#spill(value, first);
    if (second !== -1) this.#spill(value, second);
    if (third !== -1) this.#spill(value, third);
  }

  total(cell: number): Exact {
    const scaled = this.#scaled[cell] as number;
    const spilled = this.#spilled[cell];
    if (scaled === 0) return spilled ?? ZERO;
    const rest = { coefficient: BigInt(scaled), exponent: 0 - this.#scale };
    return spilled === undefined ? rest : add(spilled, rest);
  }

  #addTerm(term: number, cell: number): void {
    const before = this.#scaled[cell] as number;
    const sum = before + term;
    if (sum <= LARGEST_SUM && sum >= -LARGEST_SUM) {
      this.#scaled[cell] = sum;
    } else {
      this.#scaled[cell] = term;
      this.#spill({ coefficient: BigInt(before), exponent: 0 - this.#scale }, cell);
    }
  }

  /** Adds a number that is no integer of a fitting size at the present scale. */
  #addMisfit(value: number, first: number, second: number, third: number): void {
    for (const [scale, power] of POWERS_OF_TEN.entries()) {
      const term = Math.round(value * power);
      if (!(Math.abs(term) <= LARGEST_TERM)) break;
      if (term / power !== value) continue;
      const rise = POWERS_OF_TEN[scale - this.#scale];
      const keepsTheUsual = rise !== undefined && this.#largest * rise <= LARGEST_TERM;
      if (keepsTheUsual || ++this.#misfits > Math.max(PATIENCE, this.#cells)) {
        this.#changeScale(scale, power);
        this.addNumber(value, first, second, third);
        return;
      }
      break;
    }
    this.addExact(exactOfNumber(value), first, second, third);
  }

  #changeScale(scale: number, power: number): void {
    for (let cell = 0; cell < this.#cells; cell++) {
      const scaled = this.#scaled[cell] as number;
      if (scaled === 0) continue;
      this.#spill({ coefficient: BigInt(scaled), exponent: 0 - this.#scale }, cell);
      this.#scaled[cell] = 0;
    }
    this.#largest = scale > this.#scale ? this.#largest * (power / this.#power) : 0;
    if (this.#largest > LARGEST_TERM) this.#largest = 0;
    this.#misfits = 0;
    this.#scale = scale;
    this.#power = power;
  }

  #spill(value: Exact, cell: number): void {
    const spilled = this.#spilled[cell];
    this.#spilled[cell] = spilled === undefined ? value : add(spilled, value);
  }
}
