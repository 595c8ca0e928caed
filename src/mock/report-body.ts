import type { CostReport, CostReportParams } from "../models.ts";
import { reportCosts } from "../summary/report.ts";
import type { StoredCost, StoredEvent } from "./store.ts";

/**
 * The body of a report, with Decimals for amounts. Throws an `InvalidInputError` whose paths begin with the query's
 * fields. An event whose value is out of bounds is left out, and said so in the warnings: a report has no null totals.
 */
export function reportBody(
  costs: readonly StoredCost[],
  events: readonly StoredEvent[],
  query: CostReportParams,
): CostReport {
  let unusable = 0;
  const report = reportCosts(costs, events, query, {
    deduplicate: false, // the store holds each key once
    onInvalidEvent: () => {
      unusable++;
    },
  });
  if (unusable === 0) return report;
  const warning = `${unusable} events are left out: a value of theirs is out of bounds`;
  return { ...report, warnings: [...(report.warnings ?? []), warning] };
}
