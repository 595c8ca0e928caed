import type { Aggregation } from "../models.ts";
import { compare, divide, type Exact, exactOfNumber } from "../values/scaled-integer.ts";
import type { Batch } from "./batch.ts";
import { type CellColumn, NO_CELL } from "./cell-column.ts";
import { ExactSums } from "./exact-sums.ts";
import { PairTable } from "./pair-table.ts";
import { doubled } from "./typed-arrays.ts";

/** Significant digits of a mean. */
export const MEAN_DIGITS = 34;

/**
 * The quantities in the making of one aggregation: a cell for all events, and one for each group and window, in typed
 * arrays by the cell's number.
 */
export abstract class Cells {
  /** Makes another cell, empty; its number is the count of those before. */
  abstract addCell(): void;
  /** Counts the events of a batch; each column says for each event in which cell. */
  abstract count(batch: Batch, columns: readonly CellColumn[]): void;
  /** Undefined where there is no usable value and the aggregation has no zero. */
  abstract quantity(cell: number): Exact | undefined;

  /** Those of the first so many cells. */
  quantities(cells: Int32Array, size: number): (Exact | undefined)[] {
    const quantities: (Exact | undefined)[] = [];
    for (let at = 0; at < size; at++) quantities.push(this.quantity(cells[at] as number));
    return quantities;
  }
}

/** The texts that UNIQUE_COUNT tells apart, by number. */
export interface UniqueTexts {
  numberOf(text: string): number;
  texts(): readonly string[];
}

const countOf = (count: number): Exact => ({ coefficient: BigInt(count), exponent: 0 });

/** A number for each cell, `empty` at first. */
class Numbers {
  readonly #empty: number;
  #length = 0;
  values = new Float64Array(8);

  constructor(empty: number) {
    this.#empty = empty;
  }

  addCell(): void {
    if (this.#length === this.values.length) this.values = doubled(this.values);
    this.values[this.#length++] = this.#empty;
  }
}

export class CountCells extends Cells {
  readonly counts = new Numbers(0);

  addCell(): void {
    this.counts.addCell();
  }
  count({ size }: Batch, columns: readonly CellColumn[]): void {
    const { values } = this.counts;
    for (const { cells, only } of columns) {
      if (only !== NO_CELL) {
        values[only] = (values[only] as number) + size;
        continue;
      }
      for (let at = 0; at < size; at++) {
        const cell = cells[at] as number;
        values[cell] = (values[cell] as number) + 1;
      }
    }
  }
  quantity(cell: number): Exact {
    return countOf(this.counts.values[cell] as number);
  }
}

export class SumCells extends Cells {
  readonly sums = new ExactSums();

  addCell(): void {
    this.sums.addCell();
  }
  count(batch: Batch, columns: readonly CellColumn[]): void {
    this.sums.addAll(batch, columns);
  }
  quantity(cell: number): Exact {
    return this.sums.total(cell);
  }
  override quantities(cells: Int32Array, size: number): Exact[] {
    return this.sums.totals(cells, size);
  }
}

export class MeanCells extends Cells {
  readonly sums = new ExactSums();
  readonly counts = new CountCells();

  addCell(): void {
    this.sums.addCell();
    this.counts.addCell();
  }
  count(batch: Batch, columns: readonly CellColumn[]): void {
    this.sums.addAll(batch, columns);
    this.counts.count(batch, columns);
  }
  quantity(cell: number): Exact | undefined {
    const count = this.counts.quantity(cell);
    return count.coefficient === 0n ? undefined : divide(this.sums.total(cell), count, MEAN_DIGITS);
  }
}

/** One value for each cell: a JS number as it is, any other beside it. */
class KeptValues {
  readonly #numbers = new Numbers(Number.NaN);
  readonly #exacts: (Exact | undefined)[] = [];

  addCell(): void {
    this.#numbers.addCell();
  }
  /** NaN where the value is not kept as a number, or where there is none. */
  number(cell: number): number {
    return this.#numbers.values[cell] as number;
  }
  exact(cell: number): Exact | undefined {
    const number = this.number(cell);
    return Number.isNaN(number) ? this.#exacts[cell] : exactOfNumber(number);
  }
  set(cell: number, number: number, exact: Exact | undefined): void {
    this.#numbers.values[cell] = number;
    if (Number.isNaN(number)) this.#exacts[cell] = exact;
  }
}

export class ExtremeCells extends Cells {
  readonly #sign: 1 | -1;
  readonly #extremes = new KeptValues();

  /** `sign` is 1 for the greatest, -1 for the least. */
  constructor(sign: 1 | -1) {
    super();
    this.#sign = sign;
  }

  addCell(): void {
    this.#extremes.addCell();
  }
  count({ size, values, exacts }: Batch, columns: readonly CellColumn[]): void {
    for (const { cells } of columns) {
      for (let at = 0; at < size; at++) {
        this.compare(values[at] as number, exacts[at], cells[at] as number);
      }
    }
  }
  quantity(cell: number): Exact | undefined {
    return this.#extremes.exact(cell);
  }

  /** Keeps a value where it is beyond the one there is. */
  compare(number: number, exact: Exact | undefined, cell: number): void {
    const difference = number - this.#extremes.number(cell);
    const isBeyond = Number.isNaN(difference)
      ? this.#isBeyond(number, exact, cell)
      : difference * this.#sign > 0;
    if (isBeyond) this.#extremes.set(cell, number, exact);
  }

  /** The long way, where the two are not both JS numbers. */
  #isBeyond(number: number, exact: Exact | undefined, cell: number): boolean {
    const extreme = this.#extremes.exact(cell);
    if (extreme === undefined) return true;
    const value = Number.isNaN(number) ? exact : exactOfNumber(number);
    return value !== undefined && compare(value, extreme) * this.#sign > 0;
  }
}

export class LatestCells extends Cells {
  readonly times = new Numbers(Number.NEGATIVE_INFINITY);
  readonly #latest = new KeptValues();

  addCell(): void {
    this.times.addCell();
    this.#latest.addCell();
  }
  count({ size, values, exacts, times }: Batch, columns: readonly CellColumn[]): void {
    for (const { cells } of columns) {
      for (let at = 0; at < size; at++) {
        this.replace(times[at] as number, values[at] as number, exacts[at], cells[at] as number);
      }
    }
  }
  quantity(cell: number): Exact | undefined {
    return this.#latest.exact(cell);
  }

  /** Keeps a value where it is not older than the one there is. */
  replace(time: number, number: number, exact: Exact | undefined, cell: number): void {
    if (time < (this.times.values[cell] as number)) return;
    this.times.values[cell] = time;
    this.#latest.set(cell, number, exact);
  }
}

export class UniqueCells extends Cells {
  readonly texts: UniqueTexts;
  readonly #counts = new Numbers(0);
  /** Of a cell and a text in it. */
  readonly pairs = new PairTable();

  constructor(texts: UniqueTexts) {
    super();
    this.texts = texts;
  }

  addCell(): void {
    this.#counts.addCell();
  }
  /** The values are numbers of texts, NaN where there is none. */
  count({ size, values }: Batch, columns: readonly CellColumn[]): void {
    for (let at = 0; at < size; at++) {
      const text = values[at] as number;
      if (Number.isNaN(text)) continue;
      for (const { cells } of columns) this.add(cells[at] as number, text);
    }
  }
  quantity(cell: number): Exact {
    return countOf(this.#counts.values[cell] as number);
  }

  /** Counts a text where it is new. */
  add(cell: number, text: number): void {
    const known = this.pairs.size;
    if (this.pairs.numberOf(cell, text) !== known) return;
    const { values } = this.#counts;
    values[cell] = (values[cell] as number) + 1;
  }
}

/** Empty cells of an aggregation. `texts` are those that UNIQUE_COUNT counts the numbers of. */
export function createCells(aggregation: Aggregation, texts: UniqueTexts): Cells {
  switch (aggregation) {
    case "COUNT":
      return new CountCells();
    case "SUM":
      return new SumCells();
    case "AVG":
      return new MeanCells();
    case "MIN":
      return new ExtremeCells(-1);
    case "MAX":
      return new ExtremeCells(1);
    case "LATEST":
      return new LatestCells();
    case "UNIQUE_COUNT":
      return new UniqueCells(texts);
  }
}
