import { InvalidInputError, type Issue } from "../errors.ts";
import type { CostDefinition, CostEvent, CostSummaryParams } from "../models.ts";
import { CostSummarizer } from "../summary/cost-summarizer.ts";
import { compilePlan, type Plan } from "../summary/plan.ts";
import type { SummaryOptions } from "../summary/summary-options.ts";
import { type Decimal, type DecimalInput, decimalOf, readExact } from "../values/decimal.ts";
import { isRecord } from "../values/record.ts";
import { add, type Exact, multiply } from "../values/scaled-integer.ts";
import { EXPECTED_TIME, readTime } from "../values/timestamp.ts";
import { type Accumulator, accumulatorMaker, emptyQuantity } from "./accumulators.ts";
import { EventClassification } from "./classification.ts";
import { difference } from "./comparison.ts";
import { isIncluded, ownRules, requiredBits, USABLE } from "./rules.ts";

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

interface Price {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly unitCost: Exact;
}

function refuse(issues: readonly Issue[]): never {
  throw new InvalidInputError("The costs cannot be compared", issues);
}

/** The unit costs of the range, ascending; the first holds from its beginning. */
function pricesOf(changes: WhatIfChanges, plan: Plan): Price[] {
  const issues: Issue[] = [];
  const unitCostOf = (path: Issue["path"], input: unknown): Exact => {
    const exact = readExact(input);
    if ("problem" in exact) issues.push({ path, message: exact.problem });
    else if (exact.coefficient < 0n) issues.push({ path, message: "expected at least 0" });
    else return exact;
    return plan.unitCost;
  };
  const given: unknown = changes;
  if (!isRecord(given)) refuse([{ path: [], message: "expected unitCost or unitCostHistory" }]);
  const { unitCost, unitCostHistory, ...unknown } = given;
  for (const name of Object.keys(unknown)) {
    issues.push({ path: [name], message: "unknown change; there are unitCost, unitCostHistory" });
  }
  if ((unitCost === undefined) === (unitCostHistory === undefined)) {
    issues.push({ path: ["unitCost"], message: "expected either unitCost or unitCostHistory" });
  }
  const history: Price[] = [{ from: Number.NEGATIVE_INFINITY, unitCost: plan.unitCost }];
  if (unitCost !== undefined) {
    history.push({ from: Number.NEGATIVE_INFINITY, unitCost: unitCostOf(["unitCost"], unitCost) });
  }
  if (unitCostHistory !== undefined) {
    const entries: readonly unknown[] = Array.isArray(unitCostHistory) ? unitCostHistory : [null];
    for (const [at, entry] of entries.entries()) {
      const path = ["unitCostHistory", at];
      if (!isRecord(entry)) {
        issues.push({ path, message: "expected an array of { from, unitCost }" });
        continue;
      }
      const from = readTime(entry["from"]);
      if (Number.isNaN(from)) issues.push({ path: [...path, "from"], message: EXPECTED_TIME });
      else if (history.some((price) => price.from === from)) {
        issues.push({ path: [...path, "from"], message: "expected each instant once" });
      }
      history.push({ from, unitCost: unitCostOf([...path, "unitCost"], entry["unitCost"]) });
    }
  }
  if (issues.length > 0) refuse(issues);
  history.sort((a, b) => a.from - b.from);
  const before = history.filter(({ from }) => from <= plan.from).at(-1);
  const within = history.filter(({ from }) => from > plan.from && from < plan.to);
  return [{ from: plan.from, unitCost: before?.unitCost ?? plan.unitCost }, ...within];
}

/**
 * What the same usage would have cost at another unit cost, or at one that changed at some instants: both totals and
 * the difference, exact, in the cost's currency.
 *
 * Events are read once, in the order received, and count as in `summarizeCost`; an event belongs to the unit cost of
 * its own time. Over no events SUM, COUNT and UNIQUE_COUNT come to 0, the others to null. A unit cost that changes
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
  new CostSummarizer(cost, query, options); // refuses what no summary can be made of
  const plan = compilePlan(cost, query);
  const prices = pricesOf(changes, plan);
  const isAdded = plan.aggregation === "SUM" || plan.aggregation === "COUNT";
  if (prices.length > 1 && !isAdded) {
    const message = `a unit cost that changes within the range needs SUM or COUNT, not ${plan.aggregation}`;
    refuse([{ path: ["unitCostHistory"], message }]);
  }
  if (typeof events?.[Symbol.iterator] !== "function") {
    const message = "expected an array or another synchronous iterable of events";
    refuse([{ path: ["events"], message }]);
  }
  const classification = new EventClassification(plan, {
    onInvalidEvent: (error) => {
      throw error;
    },
    ...options,
  });
  for (const event of events) classification.add(event);

  const rules = ownRules(options.deduplicate !== false);
  const required = requiredBits(rules) | USABLE;
  const { columns } = classification;
  const create = accumulatorMaker(plan.aggregation, columns, () => -1);
  const accumulators: Accumulator[] = prices.map(create);
  const positionOf = (time: number): number => {
    let position = prices.length - 1;
    while (position > 0 && (prices[position] as Price).from > time) position--;
    return position;
  };
  for (let row = 0; row < columns.length; row++) {
    if (!isIncluded(columns.mask[row] as number, required, 0)) continue;
    accumulators[positionOf(columns.timestamp[row] as number)]?.add(row);
  }
  const empty = emptyQuantity(plan.aggregation);
  const parts = prices.map(({ from, unitCost }, at) => {
    const quantity = accumulators[at]?.quantity(rules) ?? empty;
    const to = prices[at + 1]?.from ?? plan.to;
    return { from, to, unitCost, quantity, cost: quantity && multiply(unitCost, quantity) };
  });
  const sum = (amounts: readonly (Exact | undefined)[]): Exact | undefined =>
    amounts.reduce((a, b) => (a === undefined || b === undefined ? undefined : add(a, b)));
  const quantity = sum(parts.map((part) => part.quantity));
  const before = quantity && multiply(plan.unitCost, quantity);
  const after = sum(parts.map((part) => part.cost));
  const shown = (amount: Exact | undefined): Decimal | null =>
    amount === undefined ? null : decimalOf(amount);
  return {
    totalQuantity: shown(quantity),
    totalCost: shown(before),
    changedCost: shown(after),
    difference: shown(before && after && difference(after, before)),
    periods: parts.map((part) => ({
      from: new Date(part.from),
      to: new Date(part.to),
      unitCost: decimalOf(part.unitCost),
      quantity: shown(part.quantity),
      cost: shown(part.cost),
    })),
  };
}
