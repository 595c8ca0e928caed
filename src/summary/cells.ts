import { compare, divide, type Exact, exactOfNumber } from "../exact.ts";
import type { Aggregation } from "../models.ts";
import { ExactSums } from "./exact-sums.ts";
import { PairTable } from "./pair-table.ts";
import { doubled } from "./typed-arrays.ts";

/** Significant digits of a mean. */
const MEAN_DIGITS = 34;
/** In place of a cell: none. */
export const NO_CELL = -1;

/** Plain JSON; numbers are `[coefficient, exponent]` or counts. */
export type CellState = readonly (string | number)[];

/** What an event adds: a number, or the number of its text in a table of texts, or nothing but itself. */
export type CellValue = number | Exact;

/**
 * The quantities in the making of one aggregation: a cell for all events, and one for each group and window. They are
 * kept in typed arrays by the cell's number, so that an event that is counted allocates nothing.
 */
export interface Cells {
  /** Makes another cell, empty; its number is the count of those before. */
  addCell(): void;
  /** Counts a value in the first cell, and in those of the others that are not `NO_CELL`. */
  count(value: CellValue, timestamp: number, first: number, second: number, third: number): void;
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

const exactOf = (value: CellValue): Exact =>
  typeof value === "number" ? exactOfNumber(value) : value;
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

function integerOfState(state: CellState, at: number): number {
  const count = state[at];
  if (!Number.isSafeInteger(count)) throw new TypeError("no integer of a summarizer's state");
  return count as number;
}

function countOfState(state: CellState, at: number): number {
  const count = integerOfState(state, at);
  if (count < 0) throw new TypeError("no count of a summarizer's state");
  return count;
}

/** A number for each cell, 0 or `empty` at first. */
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

  add(amount: number, first: number, second: number, third: number): void {
    const { values } = this;
    (values[first] as number) += amount;
    if (second !== NO_CELL) (values[second] as number) += amount;
    if (third !== NO_CELL) (values[third] as number) += amount;
  }
}

class CountCells implements Cells {
  readonly #counts = new Numbers(0);

  addCell(): void {
    this.#counts.addCell();
  }
  count(_: CellValue, __: number, first: number, second: number, third: number): void {
    this.#counts.add(1, first, second, third);
  }
  quantity(cell: number): Exact {
    return countOf(this.#counts.values[cell] as number);
  }
  states(cells: number): CellState[] {
    return eachOf(cells, (cell) => [this.#counts.values[cell] as number]);
  }
  merge(cell: number, state: CellState): void {
    this.#counts.add(countOfState(state, 0), cell, NO_CELL, NO_CELL);
  }
}

class SumCells implements Cells {
  readonly #sums = new ExactSums();

  addCell(): void {
    this.#sums.addCell();
  }
  count(value: CellValue, _: number, first: number, second: number, third: number): void {
    if (typeof value === "number") this.#sums.addNumber(value, first, second, third);
    else this.#sums.addExact(value, first, second, third);
  }
  quantity(cell: number): Exact {
    return this.#sums.total(cell);
  }
  states(cells: number): CellState[] {
    return eachOf(cells, (cell) => exactState(this.#sums.total(cell)));
  }
  merge(cell: number, state: CellState): void {
    this.#sums.addExact(exactOfState(state), cell, NO_CELL, NO_CELL);
  }
}

class MeanCells implements Cells {
  readonly #sums = new SumCells();
  readonly #counts = new Numbers(0);

  addCell(): void {
    this.#sums.addCell();
    this.#counts.addCell();
  }
  count(value: CellValue, time: number, first: number, second: number, third: number): void {
    this.#sums.count(value, time, first, second, third);
    this.#counts.add(1, first, second, third);
  }
  quantity(cell: number): Exact | undefined {
    const count = this.#counts.values[cell] as number;
    return count === 0 ? undefined : divide(this.#sums.quantity(cell), countOf(count), MEAN_DIGITS);
  }
  states(cells: number): CellState[] {
    return eachOf(cells, (cell) => [
      ...exactState(this.#sums.quantity(cell)),
      this.#counts.values[cell] as number,
    ]);
  }
  merge(cell: number, state: CellState): void {
    this.#sums.merge(cell, state);
    this.#counts.add(countOfState(state, 2), cell, NO_CELL, NO_CELL);
  }
}

/** One value for each cell: a number as it is, any other beside it. */
class KeptValues {
  readonly #numbers = new Numbers(Number.NaN);
  readonly #exacts: (Exact | undefined)[] = [];

  addCell(): void {
    this.#numbers.addCell();
  }
  get(cell: number): CellValue | undefined {
    const number = this.#numbers.values[cell] as number;
    return Number.isNaN(number) ? this.#exacts[cell] : number;
  }
  set(cell: number, value: CellValue): void {
    if (typeof value === "number") {
      this.#numbers.values[cell] = value;
    } else {
      this.#numbers.values[cell] = Number.NaN;
      this.#exacts[cell] = value;
    }
  }
  quantity(cell: number): Exact | undefined {
    const value = this.get(cell);
    return value === undefined ? undefined : exactOf(value);
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
  count(value: CellValue, _: number, first: number, second: number, third: number): void {
    this.#compare(value, first);
    if (second !== NO_CELL) this.#compare(value, second);
    if (third !== NO_CELL) this.#compare(value, third);
  }
  quantity(cell: number): Exact | undefined {
    return this.#extremes.quantity(cell);
  }
  states(cells: number): CellState[] {
    return eachOf(cells, (cell) => {
      const extreme = this.quantity(cell);
      return extreme === undefined ? [] : exactState(extreme);
    });
  }
  merge(cell: number, state: CellState): void {
    if (state.length > 0) this.#compare(exactOfState(state), cell);
  }

  #compare(value: CellValue, cell: number): void {
    const extreme = this.#extremes.get(cell);
    if (extreme === undefined || this.#isBeyond(value, extreme)) this.#extremes.set(cell, value);
  }

  #isBeyond(value: CellValue, extreme: CellValue): boolean {
    const difference =
      typeof value === "number" && typeof extreme === "number"
        ? value - extreme
        : compare(exactOf(value), exactOf(extreme));
    return difference * this.#sign > 0;
  }
}

class LatestCells implements Cells {
  readonly #times = new Numbers(Number.NEGATIVE_INFINITY);
  readonly #latest = new KeptValues();

  addCell(): void {
    this.#times.addCell();
    this.#latest.addCell();
  }
  count(value: CellValue, time: number, first: number, second: number, third: number): void {
    this.#replace(value, time, first);
    if (second !== NO_CELL) this.#replace(value, time, second);
    if (third !== NO_CELL) this.#replace(value, time, third);
  }
  quantity(cell: number): Exact | undefined {
    return this.#latest.quantity(cell);
  }
  states(cells: number): CellState[] {
    return eachOf(cells, (cell) => {
      const latest = this.quantity(cell);
      return latest === undefined
        ? []
        : [...exactState(latest), this.#times.values[cell] as number];
    });
  }
  merge(cell: number, state: CellState): void {
    if (state.length > 0) this.#replace(exactOfState(state), integerOfState(state, 2), cell);
  }

  #replace(value: CellValue, time: number, cell: number): void {
    if (time < (this.#times.values[cell] as number)) return;
    this.#times.values[cell] = time;
    this.#latest.set(cell, value);
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
  /** `value` is the number of a text. */
  count(value: CellValue, _: number, first: number, second: number, third: number): void {
    this.#add(first, value as number);
    if (second !== NO_CELL) this.#add(second, value as number);
    if (third !== NO_CELL) this.#add(third, value as number);
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
    if (this.#pairs.numberOf(cell, text) === known) this.#counts.add(1, cell, NO_CELL, NO_CELL);
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
