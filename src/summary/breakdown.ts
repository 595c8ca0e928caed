import type { Exact } from "../values/scaled-integer.ts";
import type { Batch } from "./batch.ts";
import { CellColumn, NO_CELL } from "./cell-column.ts";
import { type Cells, createCells, type UniqueTexts } from "./cells.ts";
import type { Groups } from "./groups.ts";
import { PairTable } from "./pair-table.ts";
import type { Plan } from "./plan.ts";
import { doubled } from "./typed-arrays.ts";

/** The cell of all events that count. */
export const TOTAL = 0;
/** Window numbers are split here into two integers of 32 bits. */
const LOW_BITS = 20;
/** So many rows are looked up together. */
const ROWS = 64;

/** Called with a row of the groups: the dimensions' values in `groupBy` order, and the quantity. */
export type GroupUse = (values: readonly string[], quantity: Exact) => void;

/** A row of the time series: where the window starts, in milliseconds since 1970, and the quantity. */
export interface WindowRow {
  readonly start: number;
  readonly quantity: Exact;
}

/** Cells by number: which cell a group or a window has. */
class CellNumbers {
  cells = new Int32Array(16).fill(NO_CELL);
  readonly all: number[] = [];

  get(number: number): number {
    return number < this.cells.length ? (this.cells[number] as number) : NO_CELL;
  }
  set(number: number, cell: number): void {
    while (number >= this.cells.length) {
      const { length } = this.cells;
      this.cells = doubled(this.cells).fill(NO_CELL, length);
    }
    this.cells[number] = cell;
    this.all.push(number);
  }
}

/** The total, the groups and the windows of the events that count: independent cells over the same values. */
export class Breakdown {
  readonly cells: Cells;
  cellCount = 0;
  readonly combinations: Groups | undefined;
  readonly groupCells = new CellNumbers();
  readonly window: number | undefined;
  readonly #windows = new PairTable();
  readonly windowCells = new CellNumbers();
  // For each event of the batch at hand, its cells: that of the total, of its group, of its window.
  readonly #groupColumn: CellColumn | undefined;
  readonly #windowColumn: CellColumn | undefined;
  readonly #columns: readonly CellColumn[];

  /** `texts` are those whose numbers UNIQUE_COUNT is given as values. */
  constructor({ aggregation, window }: Plan, groups: Groups | undefined, texts: UniqueTexts) {
    this.cells = createCells(aggregation, texts);
    this.combinations = groups;
    this.window = window;
    this.addCell();
    this.#groupColumn = groups && new CellColumn(NO_CELL);
    this.#windowColumn = window === undefined ? undefined : new CellColumn(NO_CELL);
    const columns = [new CellColumn(TOTAL), this.#groupColumn, this.#windowColumn];
    this.#columns = columns.filter((column) => column !== undefined);
  }

  /** Counts the events of a batch in the total, their groups and their windows. */
  count(batch: Batch): void {
    if (this.#groupColumn !== undefined) this.#findGroups(batch, this.#groupColumn);
    if (this.#windowColumn !== undefined) this.#findWindows(batch, this.#windowColumn);
    this.cells.count(batch, this.#columns);
  }

  #findGroups(batch: Batch, { cells }: CellColumn): void {
    this.combinations?.number(batch, cells);
    const { size } = batch;
    for (let at = this.#findKnown(cells, 0, size); at < size; ) {
      cells[at] = this.cellOfGroup(cells[at] as number);
      at = this.#findKnown(cells, at + 1, size);
    }
  }

  // An inner loop is a method of its own, here and in others, and calls nothing: V8 looks for the arrays once, and has
  // little to compile. With what is rarely called put into it, that takes it ten times as long when a process starts.

  /** Puts cells in the place of groups, up to the first group that has none. */
  #findKnown(cells: Int32Array, from: number, size: number): number {
    const known = this.groupCells.cells;
    let at = from;
    for (; at < size; at++) {
      const group = cells[at] as number;
      const cell = group < known.length ? (known[group] as number) : NO_CELL;
      if (cell === NO_CELL) break;
      cells[at] = cell;
    }
    return at;
  }

  #findWindows(batch: Batch, column: CellColumn): void {
    const { size, times } = batch;
    let changes = 0;
    let cell = NO_CELL;
    for (let at = 0; at < size; ) {
      const count = Math.floor((times[at] as number) / (this.window as number));
      cell = this.cellOfWindow(count);
      at = this.#fillWindow(batch, column, at, count, cell);
      changes++;
    }
    column.only = changes === 1 ? cell : NO_CELL;
  }

  /** Events come in the order of time, mostly: gives where they leave the window. */
  #fillWindow(
    { size, times }: Batch,
    { cells }: CellColumn,
    from: number,
    count: number,
    cell: number,
  ): number {
    const length = this.window as number;
    const start = count * length;
    let at = from;
    for (; at < size; at++) {
      const since = (times[at] as number) - start;
      if (since < 0 || since >= length) break;
      cells[at] = cell;
    }
    return at;
  }

  total(): Exact | undefined {
    return this.cells.quantity(TOTAL);
  }

  /** In the order of their values, by UTF-16 code unit. */
  forEachGroup(use: GroupUse): void {
    const order = this.combinations?.sorted(this.groupCells.all) ?? [];
    const cells = new Int32Array(ROWS);
    for (let from = 0; from < order.length; from += ROWS) {
      const size = Math.min(ROWS, order.length - from);
      // In this order one is far from the next in memory: what a small loop fetches, it fetches for several at once.
      for (let at = 0; at < size; at++) cells[at] = this.groupCells.get(order[from + at] as number);
      const quantities = this.cells.quantities(cells, size);
      const values: string[][] = [];
      for (let at = 0; at < size; at++) values[at] = this.textsOf(order[from + at] as number);
      for (let at = 0; at < size; at++) {
        const quantity = quantities[at];
        if (quantity !== undefined) use(values[at] as string[], quantity);
      }
    }
  }

  /** Ascending. */
  windows(): WindowRow[] {
    const rows: WindowRow[] = [];
    for (const window of this.windowCells.all) {
      const quantity = this.cells.quantity(this.windowCells.get(window));
      if (quantity !== undefined) rows.push({ start: this.startOf(window), quantity });
    }
    return rows.sort((a, b) => a.start - b.start);
  }

  addCell(): number {
    this.cells.addCell();
    return this.cellCount++;
  }

  cellOfGroup(group: number): number {
    const known = this.groupCells.get(group);
    if (known !== NO_CELL) return known;
    const cell = this.addCell();
    this.groupCells.set(group, cell);
    return cell;
  }

  /** `count` of windows since 1970. */
  cellOfWindow(count: number): number {
    const high = Math.floor(count / (1 << LOW_BITS));
    const window = this.#windows.numberOf(high, count - high * (1 << LOW_BITS));
    let cell = this.windowCells.get(window);
    if (cell === NO_CELL) {
      cell = this.addCell();
      this.windowCells.set(window, cell);
    }
    return cell;
  }

  textsOf(group: number): string[] {
    return this.combinations?.textsOf(group) ?? [];
  }

  startOf(window: number): number {
    const count = this.#windows.firstOf(window) * (1 << LOW_BITS) + this.#windows.secondOf(window);
    return count * (this.window ?? 1);
  }
}
