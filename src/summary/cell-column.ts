import { integerColumn } from "./batch.ts";

/** In place of a cell: none. */
export const NO_CELL = -1;

/** For each event of a batch, the number of its cell. */
export class CellColumn {
  readonly cells = integerColumn();
  /** The cell of all of them, or `NO_CELL` where they may differ: what is the same for all is added up once. */
  only: number;

  constructor(only: number) {
    this.only = only;
    this.cells.fill(only);
  }
}
