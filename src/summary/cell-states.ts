import type { Exact } from "../values/scaled-integer.ts";
import {
  type Cells,
  CountCells,
  ExtremeCells,
  LatestCells,
  MeanCells,
  SumCells,
  UniqueCells,
} from "./cells.ts";

/** Plain JSON; numbers are `[coefficient, exponent]` or counts. */
export type CellState = readonly (string | number)[];

/** Plain JSON of the first so many cells, from which `mergeCell` into others can go on. */
export function statesOf(cells: Cells, count: number): CellState[] {
  if (cells instanceof UniqueCells) return textsOf(cells, count);
  return Array.from({ length: count }, (_, cell): CellState => {
    if (cells instanceof CountCells) return [cells.counts.values[cell] as number];
    if (cells instanceof MeanCells) {
      return [...exactState(cells.sums.total(cell)), cells.counts.counts.values[cell] as number];
    }
    const quantity = cells.quantity(cell);
    if (quantity === undefined) return [];
    const state = exactState(quantity);
    return cells instanceof LatestCells ? [...state, cells.times.values[cell] as number] : state;
  });
}

/** Goes on with the cell that `state` is of; its events were received after all of this one's. */
export function mergeCell(cells: Cells, cell: number, state: CellState): void {
  if (cells instanceof CountCells) {
    const { values } = cells.counts;
    values[cell] = (values[cell] as number) + integerOfState(state, 0, 0);
  } else if (cells instanceof SumCells) {
    cells.sums.add(exactOfState(state), cell);
  } else if (cells instanceof MeanCells) {
    cells.sums.add(exactOfState(state), cell);
    mergeCell(cells.counts, cell, state.slice(2));
  } else if (cells instanceof UniqueCells) {
    for (const text of state) {
      if (typeof text !== "string") throw new TypeError("no text of a summarizer's state");
      cells.add(cell, cells.texts.numberOf(text));
    }
  } else if (state.length > 0) {
    const exact = exactOfState(state);
    if (cells instanceof ExtremeCells) cells.compare(Number.NaN, exact, cell);
    if (cells instanceof LatestCells) {
      cells.replace(integerOfState(state, 2), Number.NaN, exact, cell);
    }
  }
}

function textsOf(cells: UniqueCells, count: number): string[][] {
  const texts = cells.texts.texts();
  const states: string[][] = Array.from({ length: count }, () => []);
  for (let pair = 0; pair < cells.pairs.size; pair++) {
    states[cells.pairs.firstOf(pair)]?.push(texts[cells.pairs.secondOf(pair)] as string);
  }
  return states;
}

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
