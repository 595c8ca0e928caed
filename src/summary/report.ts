import { Aggregator, type GroupBy } from "../engine/aggregator.ts";
import { EventLayout } from "../engine/event-batch.ts";
import { EventPipeline } from "../engine/event-pipeline.ts";
import { pathOf } from "../engine/event-values.ts";
import { compilePlan, type Plan } from "../engine/plan.ts";
import type { SummaryOptions } from "../engine/summary-options.ts";
import type {
  CostDefinition,
  CostEvent,
  CostReport,
  CostReportGroup,
  CostReportParams,
  CostReportWindow,
  ReportWindow,
} from "../models.ts";
import { decimalOf } from "../values/decimal.ts";
import { add, compare, divide, type Exact, multiply, ZERO } from "../values/scaled-integer.ts";
import { windowEnd, windowTexts } from "./calendar-windows.ts";
import { chooseCosts, type ReportCosts } from "./report-costs.ts";
import { type ReportQuery, readReportQuery, refuseReport } from "./report-query.ts";

const PERCENT_DIGITS = 34;
/** The key of the row that folds what `topN` leaves over. */
const OTHER = "__other__";

/** `__other__`, with underscores added where a group of the report has that key. */
function otherKey(groups: ReadonlyMap<string, Amounts>): string {
  let key = OTHER;
  while (groups.has(key)) key += "_";
  return key;
}
const HUNDRED: Exact = { coefficient: 100n, exponent: 0 };

/** The quantities of the events of one range under one cost: by group, and by group and window. */
interface RangeOfCost {
  readonly cost: CostDefinition;
  readonly plan: Plan;
  /** By group; where windows are asked for, by group and window, and by group. */
  readonly aggregator: Aggregator;
}

/** The amounts of one group, added up over the costs. */
interface Amounts {
  quantity: Exact;
  cost: Exact;
  readonly units: Set<string | undefined>;
}

/** One row of the report before it is told in Decimals. */
interface Row {
  readonly key: string;
  readonly label: string;
  readonly isOther: boolean;
  readonly keys: readonly string[];
  readonly quantity: Exact;
  readonly cost: Exact;
  readonly unit: string | undefined;
}

const percent = (part: Exact, whole: Exact): Exact =>
  divide(multiply(HUNDRED, part), whole, PERCENT_DIGITS);
/** No two keys are equal. */
const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : 1);

/** What the groups of a cost are told apart by. */
function groupByOf(cost: CostDefinition, groupBy: string): GroupBy {
  if (groupBy === "cost") return { textOf: () => cost.id ?? "" };
  if (groupBy === "customer") return { path: [], field: "subject" };
  return { path: pathOf(cost.groupBy?.[groupBy] ?? "") };
}

/** The report in the making: every cost in the period, and in the one before when it is compared with. */
class ReportRanges {
  readonly #query: ReportQuery;
  readonly pipeline: EventPipeline;
  readonly #current: readonly RangeOfCost[];
  readonly #prior: readonly RangeOfCost[];

  constructor(costs: readonly CostDefinition[], query: ReportQuery, options: SummaryOptions) {
    this.#query = query;
    const { from, to, comparePriorPeriod } = query;
    const layout = new EventLayout();
    this.#current = costs.map((cost) => this.#range(cost, from, to, layout));
    this.#prior = comparePriorPeriod
      ? costs.map((cost) => this.#range(cost, from - (to - from), from, layout))
      : [];
    const aggregators = [...this.#current, ...this.#prior].map(({ aggregator }) => aggregator);
    this.pipeline = new EventPipeline(options, layout, aggregators);
  }

  /** Group key to its amounts, in the period or in the one before. */
  groups(period: "current" | "prior"): Map<string, Amounts> {
    const groups = new Map<string, Amounts>();
    const amountsOf = (key: string): Amounts => {
      const known = groups.get(key);
      if (known !== undefined) return known;
      const amounts = { quantity: ZERO, cost: ZERO, units: new Set<string | undefined>() };
      groups.set(key, amounts);
      return amounts;
    };
    const ranges = period === "current" ? this.#current : this.#prior;
    for (const { cost, plan, aggregator } of ranges) {
      // A cost is a group of its own even where nothing of it was used.
      if (this.#query.groupBy === "cost")
        amountsOf(cost.id ?? "").units.add(cost.unit ?? undefined);
      aggregator.breakdowns.at(-1)?.forEachGroup(([key = ""], quantity) => {
        const amounts = amountsOf(key);
        amounts.quantity = add(amounts.quantity, quantity);
        amounts.cost = add(amounts.cost, multiply(plan.unitCost, quantity));
        amounts.units.add(cost.unit ?? undefined);
      });
    }
    return groups;
  }

  /** Window start to group key to cost, ascending; only where windows are asked for. */
  windows(): [start: number, costs: Map<string, Exact>][] {
    const windows = new Map<number, Map<string, Exact>>();
    for (const { plan, aggregator } of this.#current) {
      aggregator.breakdown.forEachGroup(([key = "", start = ""], quantity) => {
        const costs = windows.get(Number(start)) ?? new Map<string, Exact>();
        windows.set(Number(start), costs);
        costs.set(key, add(costs.get(key) ?? ZERO, multiply(plan.unitCost, quantity)));
      });
    }
    return [...windows].sort(([a], [b]) => a - b);
  }

  #range(cost: CostDefinition, from: number, to: number, layout: EventLayout): RangeOfCost {
    const { subject, filterGroupBy, windowSize, groupBy } = this.#query;
    const plan = compilePlan(cost, {
      from: new Date(from),
      to: new Date(to),
      subject,
      filterGroupBy,
    });
    const group = groupByOf(cost, groupBy);
    if (windowSize === undefined)
      return { cost, plan, aggregator: new Aggregator(plan, layout, [group]) };
    const window: GroupBy = { textOf: windowTexts(windowSize) };
    return { cost, plan, aggregator: new Aggregator(plan, layout, [group, window], 1) };
  }
}

/** The `topN` groups, highest first, then the rest as one; sorted as asked for. */
function rowsOf(
  groups: ReadonlyMap<string, Amounts>,
  labels: ReadonlyMap<string, string>,
  { topN, sort, sortDir }: ReportQuery,
): Row[] {
  const rank = (row: Row): Exact => (sort === "totalCost" ? row.cost : row.quantity);
  const unitOf = (units: Iterable<string | undefined>): string | undefined => {
    const [unit, ...others] = new Set(units);
    return others.length === 0 ? unit : undefined;
  };
  const ranked = [...groups]
    .map(
      ([key, { quantity, cost, units }]): Row => ({
        key,
        label: labels.get(key) ?? key,
        isOther: false,
        keys: [key],
        quantity,
        cost,
        unit: unitOf(units),
      }),
    )
    .sort((a, b) => compare(rank(b), rank(a)) || byCodeUnit(a.key, b.key));
  const top = ranked.slice(0, topN);
  if (sortDir === "asc") {
    top.sort((a, b) => compare(rank(a), rank(b)) || byCodeUnit(a.key, b.key));
  }
  const rest = ranked.slice(topN);
  if (rest.length === 0) return top;
  const other: Row = {
    key: otherKey(groups),
    label: "Other",
    isOther: true,
    keys: rest.map(({ key }) => key),
    quantity: rest.reduce((sum, { quantity }) => add(sum, quantity), ZERO),
    cost: rest.reduce((sum, { cost }) => add(sum, cost), ZERO),
    unit: unitOf(rest.map(({ unit }) => unit)),
  };
  return [...top, other];
}

function groupOf(
  { key, label, isOther, keys, quantity, cost, unit }: Row,
  total: Exact,
  prior: ReadonlyMap<string, Amounts> | undefined,
): CostReportGroup {
  const before = keys.reduce((sum, one) => add(sum, prior?.get(one)?.cost ?? ZERO), ZERO);
  const change = add(cost, multiply(before, { coefficient: -1n, exponent: 0 }));
  return {
    key,
    label,
    totalCost: decimalOf(cost),
    totalQuantity: decimalOf(quantity),
    percentOfTotal: decimalOf(total.coefficient === 0n ? ZERO : percent(cost, total)),
    isOther,
    ...(unit === undefined ? {} : { unit }),
    ...(prior && {
      priorPeriod: {
        cost: decimalOf(before),
        changePercent: before.coefficient === 0n ? null : decimalOf(percent(change, before)),
      },
    }),
  };
}

function timeSeriesOf(
  ranges: ReportRanges,
  rows: readonly Row[],
  size: ReportWindow | undefined,
): CostReportWindow[] {
  if (size === undefined) return [];
  const rowKeys = new Map(rows.flatMap(({ key, keys }) => keys.map((one) => [one, key])));
  return ranges.windows().map(([start, costs]) => {
    const folded = new Map<string, Exact>();
    for (const [key, cost] of costs) {
      const row = rowKeys.get(key) ?? key;
      folded.set(row, add(folded.get(row) ?? ZERO, cost));
    }
    return {
      windowStart: new Date(start),
      windowEnd: new Date(windowEnd(start, size)),
      // By fromEntries, which defines members: a group may be called `__proto__`.
      groups: Object.fromEntries([...folded].map(([key, cost]) => [key, decimalOf(cost)])),
    };
  });
}

/**
 * What `costs.report` answers, computed from your own events: costs, customers or the values of a dimension, ranked.
 *
 * - A group's cost is the sum over the costs of `unitCost` x that cost's aggregate for the group, its quantity the sum
 *   of the aggregates; the totals are over all groups. `customer` groups by subject, `""` where there is none.
 * - The `topN` groups are named. The rest is folded into one last row with the key `__other__` and `isOther` true; where a
 *   group has that key, underscores are added. `offset` and `limit` page that list.
 *   Both `topN` and `limit` may be any number here, whereas the API takes at most 25 and 100. With a `topN` above 25 and
 *   no `limit`, all rows are in the page.
 * - Shares and changes are percentages, rounded half even to 34 digits.
 * - The prior period is `[from - (to - from), from)`; a change from nothing is null.
 * - Windows are UTC, `MONTH` the calendar month; without `windowSize` the time series is empty.
 * - Deleted costs are left out, and, with a warning, costs that lack a filtered dimension or what a quantity needs.
 *   With no cost at all the totals are 0 and the currency is `XXX`.
 *
 * Throws an `InvalidInputError` for a query or a cost that cannot be computed, for mixed currencies without `currency`, and
 * for a `costId` that no cost has. Throws an `InvalidEventError` for an invalid event, unless `onInvalidEvent` takes it. The
 * API names the fields of a report, not its rules: these are ours.
 *
 * @example
 * ```ts
 * import { reportCosts } from "metered-costs/summary";
 *
 * const calls = { id: "cst_1", name: "Calls", unitCost: "0.002", currency: "USD", aggregation: "COUNT", eventType: "call" };
 * const events = [
 *   { type: "call", subject: "cus_acme", timestamp: "2026-06-01T10:00:00Z", data: {} },
 *   { type: "call", subject: "cus_globex", timestamp: "2026-06-01T11:00:00Z", data: {} },
 *   { type: "call", subject: "cus_acme", timestamp: "2026-06-02T10:00:00Z", data: {} },
 * ];
 * const report = reportCosts([calls], events, {
 *   from: "2026-06-01T00:00:00Z",
 *   to: "2026-07-01T00:00:00Z",
 *   groupBy: "customer",
 * });
 * console.log(report.groups.map(({ key, totalCost }) => `${key} ${totalCost}`)); // [ 'cus_acme 0.004', 'cus_globex 0.002' ]
 * ```
 */
export function reportCosts(
  costs: Iterable<CostDefinition>,
  events: Iterable<CostEvent>,
  query: CostReportParams,
  options: SummaryOptions = {},
): CostReport {
  if (typeof events?.[Symbol.iterator] !== "function") {
    refuseReport({
      path: ["events"],
      message: "expected an array or another synchronous iterable of events",
    });
  }
  const { pipeline, report } = reportOf(costs, query, options);
  pipeline.addAll(events);
  return report();
}

/** A report in the making: what its events go into, and what gives it at the end. */
export function reportOf(
  costs: Iterable<CostDefinition>,
  query: CostReportParams,
  options: SummaryOptions,
): { readonly pipeline: EventPipeline; readonly report: () => CostReport } {
  const read = readReportQuery(query);
  if (typeof costs?.[Symbol.iterator] !== "function") {
    refuseReport({
      path: ["costs"],
      message: "expected an array or another synchronous iterable of costs",
    });
  }
  const chosen = chooseCosts(costs, read);
  const ranges = new ReportRanges(chosen.costs, read, options);
  return { pipeline: ranges.pipeline, report: () => madeOf(ranges, chosen, read) };
}

function madeOf(
  ranges: ReportRanges,
  { costs: chosen, currency, warnings }: ReportCosts,
  read: ReportQuery,
): CostReport {
  const labels = new Map(
    read.groupBy === "cost" ? chosen.map(({ id = "", name }) => [id, name ?? id]) : [],
  );
  const groups = ranges.groups("current");
  const rows = rowsOf(groups, labels, read);
  const totalCost = rows.reduce((sum, { cost }) => add(sum, cost), ZERO);
  const totalQuantity = rows.reduce((sum, { quantity }) => add(sum, quantity), ZERO);
  const prior = read.comparePriorPeriod ? ranges.groups("prior") : undefined;
  const { offset, limit } = read;
  return {
    object: "cost_report",
    currency,
    period: { from: new Date(read.from), to: new Date(read.to) },
    groupBy: read.groupBy,
    totalCost: decimalOf(totalCost),
    totalQuantity: decimalOf(totalQuantity),
    groups: rows.slice(offset, offset + limit).map((row) => groupOf(row, totalCost, prior)),
    timeSeries: timeSeriesOf(ranges, rows, read.windowSize),
    availableDimensions: read.costIds?.length === 1 ? Object.keys(chosen[0]?.groupBy ?? {}) : [],
    pagination: { total: rows.length, limit, offset },
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}
