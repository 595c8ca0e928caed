import type {
  CostDefinition,
  CostEvent,
  CostSummary,
  CostSummaryParams,
  DimensionNames,
} from "../models.ts";
import { OneCost } from "./one-cost.ts";
import { checkEvents, type SummaryOptions } from "./summary-options.ts";

/**
 * What a cost came to, computed from your own events: the same answer as `costs.summary`, exact to the last digit.
 *
 * - Events are taken in the order received. Those with the same namespace, source and idempotency key are one, the
 *   first; then the cost's event type and merchant, the subject, the range `[from, to)` and the filter decide.
 * - `totalCost` is `unitCost` x `totalQuantity`, not rounded. AVG is rounded half even to 34 significant digits.
 * - `groups` and `timeSeries` are there when `groupBy` and `window` ask for them: two independent breakdowns. Windows
 *   are UTC. Rows without a usable value are absent, except for COUNT and UNIQUE_COUNT.
 * - With no event that counts, SUM, COUNT and UNIQUE_COUNT give 0, the others null.
 *
 * Throws an `InvalidInputError` for a cost or query that cannot be computed, and an `InvalidEventError` for an event
 * that means nothing, unless `onInvalidEvent` takes it. The rules follow the public queries of OpenMeter, whose
 * vocabulary the API shares; Paygentic does not publish its own.
 *
 * @example
 * ```ts
 * import { summarizeCost } from "metered-costs/summary";
 *
 * const tokens = {
 *   unitCost: "0.0000025",
 *   aggregation: "SUM",
 *   eventType: "llm.completion",
 *   valueProperty: "$.tokens",
 *   groupBy: { model: "$.model" },
 * };
 * const events = [
 *   { type: "llm.completion", timestamp: "2026-06-01T10:00:00Z", data: { tokens: 1200, model: "large" } },
 *   { type: "llm.completion", timestamp: "2026-06-01T11:00:00Z", data: { tokens: 34, model: "small" } },
 * ];
 * const summary = summarizeCost(tokens, events, {
 *   from: "2026-06-01T00:00:00Z",
 *   to: "2026-06-02T00:00:00Z",
 *   groupBy: ["model"],
 * });
 * console.log(summary.totalCost?.toString()); // 0.003085
 * console.log(summary.groups?.map((group) => group.dimensions.model)); // [ 'large', 'small' ]
 * ```
 */
export function summarizeCost<const D extends string = string, const G extends D = D>(
  cost: CostDefinition<D>,
  events: Iterable<CostEvent>,
  query: CostSummaryParams<D, G>,
  options: SummaryOptions = {},
): CostSummary<DimensionNames<D, G>> {
  const one = new OneCost(cost, query, options);
  checkEvents(events);
  // Of other iterables one at a time: a generator may give the same object again with other members.
  const isArray =
    Array.isArray(events) && events[Symbol.iterator] === Array.prototype[Symbol.iterator];
  if (isArray) one.intake.addAll(events);
  else for (const event of events) one.intake.add(event);
  return one.summary();
}
