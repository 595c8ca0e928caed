import { isAdditive } from "../engine/accumulators.ts";
import { Aggregator } from "../engine/aggregator.ts";
import { EventLayout } from "../engine/event-batch.ts";
import { EventPipeline } from "../engine/event-pipeline.ts";
import type { Plan } from "../engine/plan.ts";
import { checkEvents, type SummaryOptions } from "../engine/summary-options.ts";
import type { CostDefinition, CostEvent, CostSummaryParams } from "../models.ts";
import { exactAmount, list, optional, strictObject, time } from "../schemas/fields.ts";
import { readInput, refuseInput } from "../schemas/input.ts";
import { type Decimal, type DecimalInput, decimalOf } from "../values/decimal.ts";
import { add, type Exact, multiply, subtract } from "../values/scaled-integer.ts";
import { checkArguments } from "./classification.ts";
import { decimalOrNull } from "./comparison.ts";

/** What would be otherwise: another unit cost, or one that changed at some instants. */
export type WhatIfChanges =
  | { readonly unitCost: DecimalInput; readonly unitCostHistory?: undefined }
  | {
      readonly unitCost?: undefined;
      /** What a unit costs from each instant on, in any order; before the first, the cost's own unit cost. */
      readonly unitCostHistory: readonly {
        readonly from: Date | string;
        readonly unitCost: DecimalInput;
      }[];
    };

/** A part of the query's range with one unit cost. */
export interface WhatIfPeriod {
  readonly from: Date;
  readonly to: Date;
  readonly unitCost: Decimal;
  /** Null where there is none. */
  readonly quantity: Decimal | null;
  readonly cost: Decimal | null;
}

/** The same usage at the cost's unit cost, and at another. */
export interface WhatIf {
  /** Null where there is none, as in a summary; so are the costs then. */
  readonly totalQuantity: Decimal | null;
  /** At the cost's own unit cost. */
  readonly totalCost: Decimal | null;
  /** At the unit costs that were asked for. */
  readonly changedCost: Decimal | null;
  /** `changedCost` - `totalCost`. */
  readonly difference: Decimal | null;
  /** Ascending, without gaps, from the query's `from` to its `to`. */
  readonly periods: readonly WhatIfPeriod[];
}

/** A unit cost, and from when on it holds. */
export interface UnitCostPeriod {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly unitCost: Exact;
}

const FAILED = "whatIf: the costs cannot be compared";
/** Unit costs from instants on, each instant once. */
export const unitCostHistorySchema = /* @__PURE__ */ list(
  /* @__PURE__ */ strictObject({ from: time, unitCost: exactAmount }),
  "an array of { from, unitCost }",
);
const whatIfChanges = /* @__PURE__ */ strictObject(
  {
    unitCost: /* @__PURE__ */ optional(exactAmount),
    unitCostHistory: /* @__PURE__ */ optional(unitCostHistorySchema),
  },
  {
    what: "an object with unitCost or unitCostHistory",
    together: ({ unitCost, unitCostHistory: history }, refuse, members) => {
      if ((members["unitCost"] === undefined) === (members["unitCostHistory"] === undefined)) {
        refuse("expected either unitCost or unitCostHistory", "unitCost");
      }
      if (unitCost === undefined && Array.isArray(history)) refuseRepeated(history, refuse);
    },
  },
);

/** Refuses an instant that a history has twice. */
export function refuseRepeated(
  history: readonly { readonly from?: unknown }[],
  refuse: (message: string, ...path: PropertyKey[]) => void,
): void {
  const seen = new Set<number>();
  for (const [at, entry] of history.entries()) {
    const from = Number(entry?.from);
    if (seen.has(from)) refuse("expected each instant once", "unitCostHistory", at, "from");
    seen.add(from);
  }
}

/** The unit costs of the range, ascending; the first holds from its beginning. */
export function pricesOf(
  history: readonly { readonly from: Date; readonly unitCost: Exact }[],
  plan: Plan,
): UnitCostPeriod[] {
  const sorted = history
    .map(({ from, unitCost }) => ({ from: from.getTime(), unitCost }))
    .sort((a, b) => a.from - b.from);
  const before = sorted.filter(({ from }) => from <= plan.from).at(-1);
  const within = sorted.filter(({ from }) => from > plan.from && from < plan.to);
  return [{ from: plan.from, unitCost: before?.unitCost ?? plan.unitCost }, ...within];
}

/**
 * What the same usage would have cost at another unit cost, or at one that changed at some instants: both totals and
 * the difference, exact, in the cost's currency.
 *
 * Events are read once, in the order received, and count as in `summarizeCost`; an event belongs to the unit cost of
 * its own time. Over no events SUM, COUNT and UNIQUE_COUNT are 0, the others null. A unit cost that changes
 * within the range needs SUM or COUNT: of the other aggregations the whole is not the sum of its parts.
 *
 * Throws an `InvalidInputError` for a cost, a query or changes that cannot be computed, and an `InvalidEventError` for
 * an event that means nothing, unless `onInvalidEvent` takes it.
 *
 * @example
 * ```ts
 * import { whatIf } from "metered-costs/summary";
 *
 * const calls = { unitCost: "0.002", aggregation: "COUNT", eventType: "api.call" };
 * const events = [
 *   { type: "api.call", timestamp: "2026-06-01T10:00:00Z", data: {} },
 *   { type: "api.call", timestamp: "2026-06-20T10:00:00Z", data: {} },
 * ];
 * const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 * const raised = whatIf(calls, events, june, {
 *   unitCostHistory: [{ from: "2026-06-15T00:00:00Z", unitCost: "0.003" }],
 * });
 * console.log(`${raised.totalCost} ${raised.changedCost} ${raised.difference}`); // 0.004 0.005 0.001
 * ```
 */
export function whatIf<const D extends string = string, const G extends D = D>(
  cost: CostDefinition<D>,
  events: Iterable<CostEvent>,
  query: CostSummaryParams<D, G>,
  changes: WhatIfChanges,
  options: SummaryOptions = {},
): WhatIf {
  const plan = checkArguments(cost, query, options);
  const { unitCost, unitCostHistory: history } = readInput(whatIfChanges, changes, FAILED);
  const prices =
    unitCost === undefined ? pricesOf(history ?? [], plan) : [{ from: plan.from, unitCost }];
  if (prices.length > 1 && !isAdditive(plan.aggregation)) {
    const message = `a unit cost that changes within the range needs SUM or COUNT, not ${plan.aggregation}`;
    refuseInput(FAILED, ["unitCostHistory"], message);
  }
  checkEvents(events, FAILED);
  const layout = new EventLayout();
  const toOf = (at: number): number => prices[at + 1]?.from ?? plan.to;
  const aggregators = prices.map(({ from }, at) => {
    return new Aggregator(
      { ...plan, from, to: toOf(at), groupBy: undefined, window: undefined },
      layout,
    );
  });
  new EventPipeline(options, layout, aggregators).addAll(events);
  const parts = prices.map(({ from, unitCost }, at) => {
    const quantity = aggregators[at]?.breakdown.total();
    return {
      from,
      to: toOf(at),
      unitCost,
      quantity,
      cost: quantity && multiply(unitCost, quantity),
    };
  });
  const sum = (amounts: readonly (Exact | undefined)[]): Exact | undefined =>
    amounts.reduce((a, b) => a && b && add(a, b));
  const quantity = sum(parts.map((part) => part.quantity));
  const before = quantity && multiply(plan.unitCost, quantity);
  const after = sum(parts.map((part) => part.cost));
  return {
    totalQuantity: decimalOrNull(quantity),
    totalCost: decimalOrNull(before),
    changedCost: decimalOrNull(after),
    difference: decimalOrNull(before && after && subtract(after, before)),
    periods: parts.map((part) => ({
      from: new Date(part.from),
      to: new Date(part.to),
      unitCost: decimalOf(part.unitCost),
      quantity: decimalOrNull(part.quantity),
      cost: decimalOrNull(part.cost),
    })),
  };
}
