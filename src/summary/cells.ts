import { compare, divide, type Exact, exactOfNumber } from "../exact.ts";
import type { Aggregation } from "../models.ts";
import type { Batch } from "./batch.ts";
import { ExactSums } from "./exact-sums.ts";
import { PairTable } from "./pair-table.ts";
import { doubled } from "./typed-arrays.ts";

/** Significant digits of a mean. */
const MEAN_DIGITS = 34;

/** Plain JSON; numbers are `[coefficient, exponent]` or counts. */
export type CellState = readonly (string | number)[];

/**
 * The quantities in the making of one aggregation: a cell for all events, and one for each group and window, in typed
 * arrays by the cell's number.
 */
export interface Cells {
  /** Makes another cell, empty; its number is the count of those before. */
  addCell(): void;
  /** Counts the events of a batch; each column says for each event in which cell. */
  count(batch: Batch, columns: readonly Int32Array[]): void;
  /** Undefined where there is no usable value and the aggregation has no zero. */
  quantity(cell: number): Exact | undefined;
  /** Plain JSON of the first so many cells, from which `merge` into others can go on. */
  states(cells: number): CellState[];
  /** Goes on with the cell that `state` is of; its events were received after all of this one's. */
  merge(cell: number, state: CellState): void;
}

/** The texts that UNIQUE_COUNT tells apart, by number. */
export interface UniqueTexts {
  numberOf(text: string): number;
  texts(): readonly string[];
}

const countOf = (count: number): Exact => ({ coefficient: BigInt(count), exponent: 0 });

const eachOf = <Each>(cells: number, of: (cell: number) => Each): Each[] =>
  Array.from({ length: cells }, (_, cell) => of(cell));

function exactState(value: Exact): [string, number] {
  return [value.coefficient.toString(), value.exponent];
}

function exactOfState(state: CellState, at = 0): Exact {
  const coefficient = state[at];
  const exponent = state[at + 1];
  if (
    typeof coefficient !== "string" ||
    !/^-?\d+$/.test(coefficient) ||
    !(Number.isSafeInteger(exponent) && Math.abs(exponent as number) <= 1e4)
  ) {
    throw new TypeError("no number of a summarizer's state");
  }
  return { coefficient: BigInt(coefficient), exponent: exponent as number };
}

function integerOfState(state: CellState, at: number, least = Number.NEGATIVE_INFINITY): number {
  const count = state[at];
  if (!Number.isSafeInteger(count) || (count as number) < least)
    throw new TypeError("no integer of a summarizer's state");
  return count as number;
}

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

class CountCells implements Cells {
  readonly #counts = new Numbers(0);

  addCell(): void {
    this.#counts.addCell();
  }
  count({ size }: Batch, columns: readonly Int32Array[]): void {
    const { values } = this.#counts;
    for (const cells of columns) {
      for (let at = 0; at < size; at++) (values[cells[at] as number] as number)++;
    }
  }
  quantity(cell: number): Exact {
    return countOf(this.#counts.values[cell] as number);
  }
  states(cells: number): CellState[] {
    return eachOf(cells, (cell) => [this.#counts.values[cell] as number]);
  }
  merge(cell: number, state: CellState): void {
    (this.#counts.values[cell] as number) += integerOfState(state, 0, 0);
  }
}

class SumCells implements Cells {
  readonly #sums = new ExactSums();

  addCell(): void {
    this.#sums.addCell();
  }
  count(batch: Batch, columns: readonly Int32Array[]): void {
    this.#sums.addAll(batch, columns);
  }
  quantity(cell: number): Exact {
    return this.#sums.total(cell);
  }
  states(cells: number): CellState[] {
    return eachOf(cells, (cell) => exactState(this.#sums.total(cell)));
  }
  merge(cell: number, state: CellState): void {
    this.#sums.add(exactOfState(state), cell);
  }
}

class MeanCells implements Cells {
  readonly #sums = new ExactSums();
  readonly #counts = new CountCells();

  addCell(): void {
    this.#sums.addCell();
    this.#counts.addCell();
  }
  count(batch: Batch, columns: readonly Int32Array[]): void {
    this.#sums.addAll(batch, columns);
    this.#counts.count(batch, columns);
  }
  quantity(cell: number): Exact | undefined {
    const count = this.#counts.quantity(cell);
    return count.coefficient === 0n
      ? undefined
      : divide(this.#sums.total(cell), count, MEAN_DIGITS);
  }
  states(cells: number): CellState[] {
    return this.#counts
      .states(cells)
      .map((count, cell) => [...exactState(this.#sums.total(cell)), ...count]);
  }
  merge(cell: number, state: CellState): void {
    this.#sums.add(exactOfState(state), cell);
    this.#counts.merge(cell, state.slice(2));
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
  state(cell: number): CellState {
    const exact = this.exact(cell);
    return exact === undefined ? [] : exactState(exact);
  }
  set(cell: number, number: number, exact: Exact | undefined): void {
    this.#numbers.values[cell] = number;
    if (Number.isNaN(number)) this.#exacts[cell] = exact;
  }
}

class ExtremeCells implements Cells {
  readonly #sign: 1 | -1;
  readonly #extremes = new KeptValues();

  /** `sign` is 1 for the greatest, -1 for the least. */
  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  addCell(): void {
    this.#extremes.addCell();
  }
  count({ size, values, exacts }: Batch, columns: readonly Int32Array[]): void {
    for (const cells of columns) {
      for (let at = 0; at < size; at++) {
        this.#compare(values[at] as number, exacts[at], cells[at] as number);
      }
    }
  }
  quantity(cell: number): Exact | undefined {
    return this.#extremes.exact(cell);
  }
  states(cells: number): CellState[] {
    return eachOf(cells, (cell) => this.#extremes.state(cell));
  }
  merge(cell: number, state: CellState): void {
    if (state.length > 0) this.#compare(Number.NaN, exactOfState(state), cell);
  }

  #compare(number: number, exact: Exact | undefined, cell: number): void {
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

class LatestCells implements Cells {
  readonly #times = new Numbers(Number.NEGATIVE_INFINITY);
  readonly #latest = new KeptValues();

  addCell(): void {
    this.#times.addCell();
    this.#latest.addCell();
  }
  count({ size, values, exacts, times }: Batch, columns: readonly Int32Array[]): void {
    for (const cells of columns) {
      for (let at = 0; at < size; at++) {
        this.#replace(times[at] as number, values[at] as number, exacts[at], cells[at] as number);
      }
    }
  }
  quantity(cell: number): Exact | undefined {
    return this.#latest.exact(cell);
  }
  states(cells: number): CellState[] {
    return eachOf(cells, (cell) => {
      const latest = this.#latest.state(cell);
      return latest.length === 0 ? latest : [...latest, this.#times.values[cell] as number];
    });
  }
  merge(cell: number, state: CellState): void {
    if (state.length === 0) return;
    this.#replace(integerOfState(state, 2), Number.NaN, exactOfState(state), cell);
  }

  #replace(time: number, number: number, exact: Exact | undefined, cell: number): void {
    if (time < (this.#times.values[cell] as number)) return;
    this.#times.values[cell] = time;
    this.#latest.set(cell, number, exact);
  }
}

class UniqueCells implements Cells {
  readonly #texts: UniqueTexts;
  readonly #counts = new Numbers(0);
  /** Of a cell and a text in it. */
  readonly #pairs = new PairTable();

  constructor(texts: UniqueTexts) {
    this.#texts = texts;
  }

  addCell(): void {
    this.#counts.addCell();
  }
  /** The values are numbers of texts, NaN where there is none. */
  count({ size, values }: Batch, columns: readonly Int32Array[]): void {
    for (let at = 0; at < size; at++) {
      const text = values[at] as number;
      if (Number.isNaN(text)) continue;
      for (const cells of columns) this.#add(cells[at] as number, text);
    }
  }
  quantity(cell: number): Exact {
    return countOf(this.#counts.values[cell] as number);
  }
  states(cells: number): CellState[] {
    const texts = this.#texts.texts();
    const states: string[][] = eachOf(cells, () => []);
    for (let pair = 0; pair < this.#pairs.size; pair++) {
      states[this.#pairs.firstOf(pair)]?.push(texts[this.#pairs.secondOf(pair)] as string);
    }
    return states;
  }
  merge(cell: number, state: CellState): void {
    for (const text of state) {
      if (typeof text !== "string") throw new TypeError("no text of a summarizer's state");
      this.#add(cell, this.#texts.numberOf(text));
    }
  }

  #add(cell: number, text: number): void {
    const known = this.#pairs.size;
    if (this.#pairs.numberOf(cell, text) === known) (this.#counts.values[cell] as number)++;
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
