import { type Breakdown, TOTAL } from "./breakdown.ts";
import { type CellState, mergeCell, statesOf } from "./cell-states.ts";

/** No time of a Date is farther from 1970, in milliseconds. */
const LAST_WINDOW = 8.6e15;

/** A breakdown in plain JSON. */
export interface BreakdownState {
  readonly total: CellState;
  readonly groups: readonly (readonly [values: readonly string[], cell: CellState])[];
  readonly windows: readonly (readonly [start: number, cell: CellState])[];
}

export function stateOfBreakdown(breakdown: Breakdown): BreakdownState {
  const { groupCells, windowCells } = breakdown;
  const states = statesOf(breakdown.cells, breakdown.cellCount);
  const stateOf = (cell: number): CellState => states[cell] ?? [];
  return {
    total: stateOf(TOTAL),
    groups: groupCells.all.map((group) => [
      breakdown.textsOf(group),
      stateOf(groupCells.get(group)),
    ]),
    windows: windowCells.all.map((window) => [
      breakdown.startOf(window),
      stateOf(windowCells.get(window)),
    ]),
  };
}

/** Throws, perhaps halfway, where `state` is not what `stateOfBreakdown` gives. */
export function mergeBreakdown(breakdown: Breakdown, state: BreakdownState): void {
  const { combinations, window = 0 } = breakdown;
  const merge = (cell: number, cellState: CellState): void => {
    if (!Array.isArray(cellState)) throw new TypeError("no cell of a summarizer's state");
    mergeCell(breakdown.cells, cell, cellState);
  };
  merge(TOTAL, state.total);
  for (const [values, cell] of state.groups) {
    const group = combinations?.numberOf(values);
    if (group === undefined) throw new TypeError("no groups were asked for");
    merge(breakdown.cellOfGroup(group), cell);
  }
  for (const [start, cell] of state.windows) {
    const isStart = Number.isSafeInteger(start) && start % window === 0;
    if (!isStart || Math.abs(start) > LAST_WINDOW) {
      throw new TypeError("no window of a summarizer's state");
    }
    merge(breakdown.cellOfWindow(start / window), cell);
  }
}
