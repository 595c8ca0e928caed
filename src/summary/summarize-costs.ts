import { emptyQuantity } from "../engine/accumulators.ts";
import { Aggregator } from "../engine/aggregator.ts";
import { EventLayout } from "../engine/event-batch.ts";
import { EventPipeline } from "../engine/event-pipeline.ts";
import { compileLocalPlan, type Plan } from "../engine/plan.ts";
import { checkEvents, refuse, type SummaryOptions } from "../engine/summary-options.ts";
import { compareTexts } from "../engine/text-order.ts";
import type {
  CostDefinition,
  CostEvent,
  CostSummaryParams,
  EventDimension,
  MeterWindow,
} from "../models.ts";
import { METER_WINDOWS } from "../schemas/contract.ts";
import { type Decimal, decimalOf, decimalOfProduct } from "../values/decimal.ts";
import { isRecord } from "../values/record.ts";
import { add, type Exact, multiply, ZERO } from "../values/scaled-integer.ts";
import { windowEnd, windowTexts } from "./calendar-windows.ts";

/** A cost to the names of its dimensions, contravariantly: an intersection of several is inferred. */
type TakesDimensions<C> = C extends CostDefinition<infer D> ? (dimension: D) => void : never;

/** The dimensions that all of some costs declare. */
export type SharedDimensions<C> =
  TakesDimensions<C> extends (dimension: infer D extends string) => void ? D : never;

/** `summarizeCosts`: which events, and what the rows are told apart by. `G` are the dimensions that are grouped by. */
export interface CostsSummaryParams<G extends string = string>
  extends Pick<CostSummaryParams, "from" | "to" | "subject"> {
  /** Dimensions that every one of the costs declares, and `$subject` or `$source`. */
  readonly groupBy?: G | readonly G[] | undefined;
  /** The length of a window, aligned to UTC; `MONTH` is the calendar month. */
  readonly window?: MeterWindow | undefined;
  /** Dimension that every one of the costs declares to value; an array means any of its values. */
  readonly filterGroupBy?: CostSummaryParams["filterGroupBy"];
}

/** One cost of a `CostsSummary`: the column at the same position in every row. */
export interface CostsSummaryColumn {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly unit?: string | undefined;
  readonly unitCost: Decimal;
  /** Null where there is no usable value: of AVG, MIN, MAX and LATEST. */
  readonly totalQuantity: Decimal | null;
  readonly totalCost: Decimal | null;
}

/** One combination of dimension values and window. */
export interface CostsSummaryRow<D extends string = string> {
  /** Without `groupBy` an empty object. */
  readonly dimensions: { readonly [Name in D]: string };
  /** The window, `[windowStart, windowEnd)`, UTC; with `window` only. */
  readonly windowStart?: Date | undefined;
  readonly windowEnd?: Date | undefined;
  /** The sum over the costs; null adds nothing. */
  readonly cost: Decimal;
  /** One for each cost, in their order. Of nothing, SUM, COUNT and UNIQUE_COUNT are 0, the others null. */
  readonly columns: readonly {
    readonly quantity: Decimal | null;
    readonly cost: Decimal | null;
  }[];
}

/** Several costs, added up. */
export interface CostsSummary<D extends string = string> {
  /** Undefined where no cost names one. */
  readonly currency?: string | undefined;
  readonly costs: readonly CostsSummaryColumn[];
  /** The sum over the costs; null adds nothing. */
  readonly totalCost: Decimal;
  /** In the order of their values, by UTF-16 code unit, then of time. Without `groupBy` and `window` there are none. */
  readonly rows: readonly CostsSummaryRow<D>[];
}

/** A row while the costs are gone through. */
interface Cell {
  readonly values: readonly string[];
  /** Where its window starts; 0 where there are no windows. */
  readonly start: number;
  readonly quantities: (Exact | undefined)[];
}

interface CostOfSummary {
  readonly cost: CostDefinition;
  readonly plan: Plan;
  readonly aggregator: Aggregator;
}

/** A summary of several costs in the making: what its events go into, and what gives it at the end. */
export function costsSummaryOf<D extends string>(
  costs: readonly CostDefinition[],
  query: CostsSummaryParams<D>,
  options: SummaryOptions,
): { readonly pipeline: EventPipeline; readonly summary: () => CostsSummary<D> } {
  if (!Array.isArray(costs) || costs.length === 0) {
    refuse(["costs"], "expected an array of at least one cost");
  }
  if (!isRecord(query)) refuse([], "expected a query: an object with from and to");
  const { window, ...others } = query;
  if (window !== undefined && !METER_WINDOWS.includes(window)) {
    refuse(["window"], `expected one of ${METER_WINDOWS.join(", ")}`);
  }
  // Costs are checked below, one by one.
  const given: readonly (CostDefinition | null | undefined)[] = costs;
  const currencies = new Set(given.flatMap((cost) => cost?.currency ?? []));
  if (currencies.size > 1) {
    const named = [...currencies].join(", ");
    refuse(["costs"], `expected costs of one currency, not ${named}: their amounts do not add up`);
  }
  const layout = new EventLayout();
  const all = costs.map((cost): CostOfSummary => {
    const plan = compileLocalPlan(cost, others as CostSummaryParams);
    const by = [...(plan.groupBy ?? []), ...(window ? [{ textOf: windowTexts(window) }] : [])];
    return { cost, plan, aggregator: new Aggregator(plan, layout, by) };
  });
  const aggregators = all.map(({ aggregator }) => aggregator);
  const [currency] = currencies;
  return {
    pipeline: new EventPipeline(options, layout, aggregators),
    summary: () => summaryOfAll<D>(all, currency, window),
  };
}

function summaryOfAll<D extends string>(
  all: readonly CostOfSummary[],
  currency: string | undefined,
  window: MeterWindow | undefined,
): CostsSummary<D> {
  const cells = new Map<string, Cell>();
  const columns = all.map(({ cost, plan, aggregator }, position): CostsSummaryColumn => {
    aggregator.breakdown.forEachGroup((values, quantity) => {
      const key = JSON.stringify(values);
      let cell = cells.get(key);
      if (cell === undefined) {
        cell = {
          values: window === undefined ? values : values.slice(0, -1),
          start: window === undefined ? 0 : Number(values.at(-1)),
          quantities: all.map(() => undefined),
        };
        cells.set(key, cell);
      }
      cell.quantities[position] = quantity;
    });
    const { id, name, unit } = cost;
    const total = aggregator.breakdown.total();
    return {
      ...(id === undefined ? {} : { id }),
      ...(name === undefined ? {} : { name }),
      ...(typeof unit === "string" ? { unit } : {}),
      unitCost: decimalOf(plan.unitCost),
      totalQuantity: total === undefined ? null : decimalOf(total),
      totalCost: total === undefined ? null : decimalOfProduct(plan.unitCost, total),
    };
  });
  const costOf = (quantities: readonly (Exact | undefined)[]): Decimal =>
    decimalOf(
      all.reduce((sum, { plan }, position) => {
        const quantity = quantities[position];
        return quantity === undefined ? sum : add(sum, multiply(plan.unitCost, quantity));
      }, ZERO),
    );
  const names = (all[0]?.plan.groupBy ?? []).map(({ name }) => name);
  const sorted = [...cells.values()].sort(
    (a, b) => compareTexts(a.values, b.values) || a.start - b.start,
  );
  const rows = sorted.map(
    ({ values, start, quantities }): CostsSummaryRow<D> => ({
      // By fromEntries, which defines members: a dimension may be called `__proto__`.
      dimensions: Object.fromEntries(names.map((name, at) => [name, values[at] ?? ""])) as {
        readonly [Name in D]: string;
      },
      ...(window !== undefined && {
        windowStart: new Date(start),
        windowEnd: new Date(windowEnd(start, window)),
      }),
      cost: costOf(quantities),
      columns: all.map(({ plan }, position) => {
        const quantity = quantities[position] ?? emptyQuantity(plan.aggregation);
        return quantity === undefined
          ? { quantity: null, cost: null }
          : { quantity: decimalOf(quantity), cost: decimalOfProduct(plan.unitCost, quantity) };
      }),
    }),
  );
  return {
    ...(currency === undefined ? {} : { currency }),
    costs: columns,
    totalCost: costOf(all.map(({ aggregator }) => aggregator.breakdown.total())),
    rows,
  };
}

/**
 * Adds up several costs of one currency by dimensions that they share and by window. The quantity and the cost of each are
 * in a column of their own: for example input, cached and output tokens by model and day.
 *
 * - Rows are combinations of dimension values and window: unlike the two breakdowns of `summarizeCost`, `groupBy` and
 *   `window` are crossed. With neither there are no rows, only totals.
 * - A dimension may have another path in each cost. `$subject` and `$source` are dimensions of every cost.
 * - Which events count, deduplication and precision are those of `summarizeCost`; an event that one of the costs cannot
 *   read counts for none. Costs are not rounded. Windows are UTC. Without events there are no rows and the totals are
 *   those of `summarizeCost`.
 *
 * Throws an `InvalidInputError` for no costs, for costs of several currencies, and for a cost or query that cannot be
 * computed, such as a dimension that one of the costs does not declare. Throws an `InvalidEventError` for an invalid
 * event, unless `onInvalidEvent` takes it.
 *
 * @example
 * ```ts
 * import { summarizeCosts } from "metered-costs/summary";
 *
 * const tokens = { aggregation: "SUM", eventType: "llm", currency: "USD", groupBy: { model: "$.model" } };
 * const input = { ...tokens, name: "Input", unitCost: "0.000003", valueProperty: "$.input" };
 * const output = { ...tokens, name: "Output", unitCost: "0.000015", valueProperty: "$.output" };
 * const events = [
 *   { type: "llm", timestamp: "2026-06-01T10:00:00Z", data: { model: "large", input: 1000, output: 200 } },
 *   { type: "llm", timestamp: "2026-06-02T10:00:00Z", data: { model: "large", input: 500, output: 100 } },
 * ];
 * const { totalCost, rows } = summarizeCosts([input, output], events, {
 *   from: "2026-06-01T00:00:00Z",
 *   to: "2026-07-01T00:00:00Z",
 *   groupBy: ["model"],
 *   window: "DAY",
 * });
 * console.log(`${totalCost}`); // 0.009
 * for (const { dimensions, cost, columns } of rows) {
 *   console.log(dimensions.model, `${cost}`, columns.map(({ quantity }) => `${quantity}`).join(" + "));
 * }
 * // large 0.006 1000 + 200
 * // large 0.003 500 + 100
 * ```
 */
export function summarizeCosts<
  const C extends CostDefinition,
  const G extends SharedDimensions<C> | EventDimension = SharedDimensions<C>,
>(
  costs: readonly C[],
  events: Iterable<CostEvent>,
  query: CostsSummaryParams<G>,
  options: SummaryOptions = {},
): CostsSummary<G> {
  const { pipeline, summary } = costsSummaryOf<G>(costs, query, options);
  checkEvents(events);
  pipeline.addAll(events);
  return summary();
}
