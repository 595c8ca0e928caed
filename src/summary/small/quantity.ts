import { add, compare, divide, type Exact, ONE, ZERO } from "../../exact.ts";
import type { Aggregation } from "../../models.ts";
import { MEAN_DIGITS } from "../cells.ts";
import { LargeMap } from "./large-map.ts";

/** What an event counts for: a number, in UNIQUE_COUNT the text of its value; undefined where it has none. */
export type Counted = Exact | string | undefined;

/** What there is before the first number, and what becomes of that and the next. */
interface Rule {
  readonly start: Exact | undefined;
  fold(kept: Exact, next: Exact, isOlder: boolean): Exact;
}

const sum: Rule = { start: ZERO, fold: add };
const RULES: Readonly<Record<Aggregation, Rule>> = {
  SUM: sum,
  COUNT: sum,
  UNIQUE_COUNT: sum,
  AVG: { start: undefined, fold: add },
  MIN: { start: undefined, fold: (kept, next) => (compare(next, kept) < 0 ? next : kept) },
  MAX: { start: undefined, fold: (kept, next) => (compare(next, kept) > 0 ? next : kept) },
  LATEST: { start: undefined, fold: (kept, next, isOlder) => (isOlder ? kept : next) },
};

/** A quantity in the making: of all events that count, or of those of a group or a window. */
export class Quantity {
  readonly #aggregation: Aggregation;
  #kept: Exact | undefined;
  #count = 0;
  #time = Number.NEGATIVE_INFINITY;
  /** Of UNIQUE_COUNT, what was counted. */
  #texts: LargeMap<string, Exact> | undefined;

  constructor(aggregation: Aggregation) {
    this.#aggregation = aggregation;
    this.#kept = RULES[aggregation].start;
  }

  count(counted: Counted, time: number): void {
    let next = counted;
    if (typeof next === "string") {
      this.#texts ??= new LargeMap();
      if (this.#texts.get(next)) return;
      next = this.#texts.add(next, ONE);
    }
    if (next === undefined) return;
    const isOlder = time < this.#time;
    this.#kept = this.#kept ? RULES[this.#aggregation].fold(this.#kept, next, isOlder) : next;
    this.#count++;
    if (!isOlder) this.#time = time;
  }

  /** Undefined where there is no usable value and the aggregation has no zero. */
  get value(): Exact | undefined {
    return this.#kept && this.#aggregation === "AVG"
      ? divide(this.#kept, { coefficient: BigInt(this.#count), exponent: 0 }, MEAN_DIGITS)
      : this.#kept;
  }
}
