import type { Exact } from "../src/exact.ts";
import { ExactSums } from "../src/summary/exact-sums.ts";

/** Exact sums of one cell. */
export class OneSum {
  readonly #sums = new ExactSums();

  constructor() {
    this.#sums.addCell();
  }

  add(value: number | Exact): void {
    if (typeof value === "number") this.#sums.addNumber(value, 0, -1, -1);
    else this.#sums.addExact(value, 0, -1, -1);
  }

  total(): Exact {
    return this.#sums.total(0);
  }
}
