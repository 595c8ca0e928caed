import type { Exact } from "../../exact.ts";
import type { GroupRow, WindowRow } from "../breakdown.ts";
import type { Plan } from "../plan.ts";
import type { Quantities } from "../summary-of.ts";
import { compareTexts } from "../text-order.ts";
import { LargeMap } from "./large-map.ts";
import { type Counted, Quantity } from "./quantity.ts";

/** The total, the groups and the windows of the events that count, in Maps. */
export class Breakdown implements Quantities {
  readonly #plan: Plan;
  readonly #total: Quantity;
  /** By the JSON of their values. */
  readonly #groups = new LargeMap<string, Quantity>();
  /** By their start. */
  readonly #windows = new LargeMap<number, Quantity>();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#total = new Quantity(plan.aggregation);
  }

  /** Counts an event; `texts` are those of the dimensions, first of all of those to group by. */
  count(counted: Counted, texts: readonly string[], time: number): void {
    const { aggregation, groupBy, window } = this.#plan;
    // A group or window in which no value counts is a row of UNIQUE_COUNT alone.
    if (counted === undefined && aggregation !== "UNIQUE_COUNT") return;
    const countIn = <Key>(rows: LargeMap<Key, Quantity>, key: Key): void => {
      (rows.get(key) ?? rows.add(key, new Quantity(aggregation))).count(counted, time);
    };
    this.#total.count(counted, time);
    if (groupBy !== undefined)
      countIn(this.#groups, JSON.stringify(texts.slice(0, groupBy.length)));
    if (window !== undefined) countIn(this.#windows, Math.floor(time / window) * window);
  }

  total(): Exact | undefined {
    return this.#total.value;
  }

  /** Sorted by their values in `groupBy` order, by UTF-16 code unit. */
  groups(): GroupRow[] {
    return this.#groups
      .entries()
      .map(([key, { value }]) => ({ values: JSON.parse(key), quantity: value as Exact }))
      .sort((a, b) => compareTexts(a.values, b.values));
  }

  /** Ascending. */
  windows(): WindowRow[] {
    return this.#windows
      .entries()
      .map(([start, { value }]) => ({ start, quantity: value as Exact }))
      .sort((a, b) => a.start - b.start);
  }
}
