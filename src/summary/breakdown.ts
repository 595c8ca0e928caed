import type { Exact } from "../exact.ts";
import { AGGREGATION_RULES, type AggregationRule, type Cell, type CellState } from "./cells.ts";
import type { CheckedEvent } from "./event.ts";
import type { Plan } from "./plan.ts";
import { dimensionText, readAt } from "./values.ts";

/** A row of the groups: the dimensions' values in `groupBy` order, and the quantity. */
export interface GroupRow {
  readonly values: readonly string[];
  readonly quantity: Exact;
}

/** A row of the time series: where the window starts, in milliseconds since 1970, and the quantity. */
export interface WindowRow {
  readonly start: number;
  readonly quantity: Exact;
}

/** A breakdown in plain JSON. */
export interface BreakdownState {
  readonly total: CellState;
  readonly groups: readonly (readonly [values: readonly string[], cell: CellState])[];
  readonly windows: readonly (readonly [start: number, cell: CellState])[];
}

/** The texts that say which group an event is of. */
export type GroupValues = (event: CheckedEvent, timestamp: number) => readonly string[];

/** The total, the groups and the windows of the events that count: independent cells over the same values. */
export interface Breakdown {
  /** Reads an event, and gives what counts it. Throws an `UnreadableValueError` where a used value cannot be read. */
  read(event: CheckedEvent, timestamp: number): () => void;
  total(): Exact | undefined;
  /** Sorted by their values in `groupBy` order, by UTF-16 code unit. */
  groups(): GroupRow[];
  /** Ascending. */
  windows(): WindowRow[];
  state(): BreakdownState;
  merge(state: BreakdownState): void;
}

/** Tells combinations of texts apart whatever is in them: each text behind its length. */
function combinationKey(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? "") : values.map((v) => `${v.length}:${v}`).join("");
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  for (const [index, text] of a.entries()) {
    const other = b[index] ?? "";
    if (text !== other) return text < other ? -1 : 1;
  }
  return 0;
}

class RuledBreakdown<Value> implements Breakdown {
  readonly #plan: Plan;
  readonly #valuesOf: GroupValues | undefined;
  readonly #rule: AggregationRule<Value>;
  readonly #total: Cell<Value>;
  readonly #groups = new Map<string, { values: readonly string[]; cell: Cell<Value> }>();
  readonly #windows = new Map<number, Cell<Value>>();

  constructor(plan: Plan, valuesOf: GroupValues | undefined, rule: AggregationRule<Value>) {
    this.#plan = plan;
    this.#valuesOf = valuesOf;
    this.#rule = rule;
    this.#total = rule.createCell();
  }

  read(event: CheckedEvent, timestamp: number): () => void {
    const value = readAt(event.data, this.#plan.valuePath, this.#rule.read);
    const values = this.#valuesOf?.(event, timestamp);
    return () => this.#count(value, values, timestamp);
  }

  total(): Exact | undefined {
    return this.#total.quantity();
  }

  groups(): GroupRow[] {
    return [...this.#groups.values()]
      .map(({ values, cell }) => ({ values, quantity: cell.quantity() }))
      .filter((row): row is GroupRow => row.quantity !== undefined)
      .sort((a, b) => compareTexts(a.values, b.values));
  }

  windows(): WindowRow[] {
    return [...this.#windows]
      .map(([start, cell]) => ({ start, quantity: cell.quantity() }))
      .filter((row): row is WindowRow => row.quantity !== undefined)
      .sort((a, b) => a.start - b.start);
  }

  state(): BreakdownState {
    return {
      total: this.#total.state(),
      groups: [...this.#groups.values()].map(({ values, cell }) => [values, cell.state()]),
      windows: [...this.#windows].map(([start, cell]) => [start, cell.state()]),
    };
  }

  merge(state: BreakdownState): void {
    this.#total.merge(state.total);
    for (const [values, cell] of state.groups) this.#group(values).merge(cell);
    for (const [start, cell] of state.windows) this.#window(start).merge(cell);
  }

  #count(value: Value | undefined, values: readonly string[] | undefined, timestamp: number): void {
    const { window } = this.#plan;
    if (value === undefined && !this.#rule.keepsRowsWithoutValue) return;
    const group = values === undefined ? undefined : this.#group(values);
    const row =
      window === undefined ? undefined : this.#window(Math.floor(timestamp / window) * window);
    if (value === undefined) return;
    this.#total.add(value, timestamp);
    group?.add(value, timestamp);
    row?.add(value, timestamp);
  }

  #group(values: readonly string[]): Cell<Value> {
    const key = combinationKey(values);
    const known = this.#groups.get(key);
    if (known !== undefined) return known.cell;
    const cell = this.#rule.createCell();
    this.#groups.set(key, { values, cell });
    return cell;
  }

  #window(start: number): Cell<Value> {
    let cell = this.#windows.get(start);
    if (cell === undefined) {
      cell = this.#rule.createCell();
      this.#windows.set(start, cell);
    }
    return cell;
  }
}

/** The values of the dimensions that the plan groups by. */
function dimensionValues({ groupBy }: Plan): GroupValues | undefined {
  return groupBy && (({ data }) => groupBy.map(({ path }) => readAt(data, path, dimensionText)));
}

/** An empty breakdown under the rule of the plan's aggregation, grouped by `valuesOf` where it is given. */
export function createBreakdown(plan: Plan, valuesOf = dimensionValues(plan)): Breakdown {
  switch (plan.aggregation) {
    case "COUNT":
      return new RuledBreakdown(plan, valuesOf, AGGREGATION_RULES.COUNT);
    case "UNIQUE_COUNT":
      return new RuledBreakdown(plan, valuesOf, AGGREGATION_RULES.UNIQUE_COUNT);
    default:
      return new RuledBreakdown(plan, valuesOf, AGGREGATION_RULES[plan.aggregation]);
  }
}
