import type { Exact } from "../../exact.ts";
import type { GroupUse, WindowRow } from "../breakdown.ts";
import type { Plan } from "../plan.ts";
import type { Quantities } from "../summary-of.ts";
import { compareTexts } from "../text-order.ts";
import { LargeMap, textOf } from "./large-map.ts";
import { type Counted, Quantity } from "./quantity.ts";

/** A group by its values or a window by its start, and what it comes to. */
interface Row<Of> {
  readonly of: Of;
  readonly made: Quantity;
}

/** The total, the groups and the windows of the events that count, in Maps. */
export class Breakdown implements Quantities {
  readonly #plan: Plan;
  readonly #total: Quantity;
  readonly #groups = new LargeMap<string, Row<readonly string[]>>();
  readonly #windows = new LargeMap<number, Row<number>>();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#total = new Quantity(plan.aggregation);
  }

  /** Counts an event; `texts` are those of the dimensions, first of all of those to group by. */
  count(counted: Counted, texts: readonly string[], time: number): void {
    const { aggregation, groupBy, window } = this.#plan;
    // A group or window in which no value counts is a row of UNIQUE_COUNT alone.
    if (counted === undefined && aggregation !== "UNIQUE_COUNT") return;
    const countIn = <Key, Of>(rows: LargeMap<Key, Row<Of>>, key: Key, of: Of): void => {
      const row = rows.get(key) ?? rows.add(key, { of, made: new Quantity(aggregation) });
      row.made.count(counted, time);
    };
    this.#total.count(counted, time);
    if (groupBy !== undefined) {
      const values = texts.slice(0, groupBy.length);
      countIn(this.#groups, textOf(values), values);
    }
    if (window !== undefined) {
      const start = Math.floor(time / window) * window;
      countIn(this.#windows, start, start);
    }
  }

  total(): Exact | undefined {
    return this.#total.value;
  }

  /** In the order of their values, by UTF-16 code unit. */
  forEachGroup(use: GroupUse): void {
    const rows = this.#groups.values().sort((a, b) => compareTexts(a.of, b.of));
    for (const { of, made } of rows) use(of, made.value as Exact);
  }

  /** Ascending. */
  windows(): WindowRow[] {
    return this.#windows
      .values()
      .map(({ of, made }) => ({ start: of, quantity: made.value as Exact }))
      .sort((a, b) => a.start - b.start);
  }
}
