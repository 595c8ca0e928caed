import type { CostDefinition, CostReport, CostReportParams, EventDimension } from "../models.ts";
import { reportOf } from "../summary/report.ts";
import {
  type CostsSummary,
  type CostsSummaryParams,
  costsSummaryOf,
  type SharedDimensions,
} from "../summary/summarize-costs.ts";
import { type NdjsonSource, splitOptions } from "./byte-source.ts";
import { type NdjsonSummaryOptions, readInto } from "./summarize-ndjson.ts";

/**
 * What `reportCosts` gives, computed from events in NDJSON, one JSON object a line, in one pass. Memory holds groups,
 * windows and idempotency keys, no events.
 *
 * Sources, lines and options are as for `summarizeNdjson`, the report and its rules as for `reportCosts`. An empty source
 * gives totals of 0. Rejects with an `InvalidInputError` for costs, a query, an option or a source that cannot be used.
 * Rejects with an `InvalidEventError` with the line's number for a line that is not an event, unless `onInvalidEvent` takes
 * it. Rejects with what the source throws, and with the signal's reason.
 *
 * @example
 * ```ts
 * import { reportNdjson } from "metered-costs/summary";
 *
 * const calls = { id: "cst_1", unitCost: "0.002", currency: "USD", aggregation: "COUNT", eventType: "call" };
 * const log = '{"type":"call","subject":"cus_acme","timestamp":"2026-06-01T10:00:00Z","data":{}}\n';
 * const report = await reportNdjson([calls], new Blob([log]), {
 *   from: "2026-06-01T00:00:00Z",
 *   to: "2026-07-01T00:00:00Z",
 *   groupBy: "customer",
 *   topN: 1000,
 * });
 * console.log(report.groups.map(({ key, totalCost }) => `${key} ${totalCost}`)); // [ 'cus_acme 0.002' ]
 * ```
 */
export async function reportNdjson(
  costs: Iterable<CostDefinition>,
  source: NdjsonSource,
  query: CostReportParams,
  options: NdjsonSummaryOptions = {},
): Promise<CostReport> {
  const [reading, others] = splitOptions(options);
  const { pipeline, report } = reportOf(costs, query, others);
  await readInto(pipeline, source, reading);
  return report();
}

/**
 * What `summarizeCosts` gives, computed from events in NDJSON, one JSON object a line, in one pass. Memory holds rows
 * and idempotency keys, no events.
 *
 * Sources, lines and options are as for `summarizeNdjson`, costs, query and rows as for `summarizeCosts`. Rejects with
 * what either of them throws.
 *
 * @example
 * ```ts
 * import { summarizeCostsNdjson } from "metered-costs/summary";
 *
 * const calls = { name: "Calls", unitCost: "0.002", aggregation: "COUNT", eventType: "call" };
 * const bytes = { ...calls, name: "Bytes", unitCost: "0.1", aggregation: "SUM", valueProperty: "$.mb" };
 * const log = '{"type":"call","subject":"cus_acme","timestamp":"2026-06-01T10:00:00Z","data":{"mb":2}}\n';
 * const { rows } = await summarizeCostsNdjson([calls, bytes], log, {
 *   from: "2026-06-01T00:00:00Z",
 *   to: "2026-07-01T00:00:00Z",
 *   groupBy: ["$subject"],
 *   window: "MONTH",
 * });
 * console.log(rows.map(({ dimensions, cost }) => `${dimensions.$subject} ${cost}`)); // [ 'cus_acme 0.202' ]
 * ```
 */
export async function summarizeCostsNdjson<
  const C extends CostDefinition,
  const G extends SharedDimensions<C> | EventDimension = SharedDimensions<C>,
>(
  costs: readonly C[],
  source: NdjsonSource,
  query: CostsSummaryParams<G>,
  options: NdjsonSummaryOptions = {},
): Promise<CostsSummary<G>> {
  const [reading, others] = splitOptions(options);
  const { pipeline, summary } = costsSummaryOf<G>(costs, query, others);
  await readInto(pipeline, source, reading);
  return summary();
}
