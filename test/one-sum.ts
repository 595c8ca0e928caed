import { ExactSums } from "../src/engine/exact-sums.ts";
import type { Exact } from "../src/values/scaled-integer.ts";

/** One exact sum. */
export class OneSum {
  readonly #sums = new ExactSums();

  constructor() {
    this.#sums.create();
  }

  add(value: number | Exact): void {
    this.#sums.add(0, value);
  }

  total(): Exact {
    return this.#sums.total(0);
  }
}
