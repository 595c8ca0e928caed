import { Batch } from "../src/summary/batch.ts";
import { CellColumn } from "../src/summary/cell-column.ts";
import { ExactSums } from "../src/summary/exact-sums.ts";
import type { Exact } from "../src/values/scaled-integer.ts";

/** Exact sums of one cell. */
export class OneSum {
  readonly #sums = new ExactSums();
  readonly #batch = new Batch(0);
  readonly #cells = new CellColumn(0);

  constructor() {
    this.#sums.addCell();
  }

  add(value: number | Exact): void {
    this.#batch.setValue(this.#batch.size, value);
    this.#batch.size++;
    if (this.#batch.isFull) this.#flush();
  }

  total(): Exact {
    this.#flush();
    return this.#sums.total(0);
  }

  #flush(): void {
    this.#sums.addAll(this.#batch, [this.#cells]);
    this.#batch.size = 0;
  }
}
