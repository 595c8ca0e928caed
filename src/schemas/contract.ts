/** Facts of the HTTP contract that the client, the local summary and the mock share. */

import type { CostCreateParams } from "../models.ts";

/** The seven ways to make one quantity of many events. */
export const AGGREGATIONS = [
  "SUM",
  "COUNT",
  "AVG",
  "MIN",
  "MAX",
  "UNIQUE_COUNT",
  "LATEST",
] as const;
/** The windows of a summary's time series, all of them UTC. */
export const SUMMARY_WINDOWS = ["MINUTE", "HOUR", "DAY"] as const;
/** The windows of a report's time series; `MONTH` is the UTC calendar month. */
export const REPORT_WINDOWS = ["HOUR", "DAY", "MONTH"] as const;

/** The windows of a billable metric's meter; `MONTH` is the UTC calendar month. */
export const METER_WINDOWS = ["MINUTE", "HOUR", "DAY", "MONTH"] as const;
/** The buckets of a trend of revenue. */
export const BUCKET_WIDTHS = ["hour", "day", "week"] as const;

export const COST_ID = /^cst_[a-zA-Z0-9]+$/;
export const PRODUCT_ID = /^prod_[a-zA-Z0-9]+$/;
export const MERCHANT_ID = /^org_[a-zA-Z0-9]+$/;
export const METRIC_ID = /^bm_[a-zA-Z0-9]+$/;
export const EXTERNAL_ID = /^[a-zA-Z0-9_-]{1,255}$/;
export const JSON_PATH = /^\$\.[a-zA-Z0-9_]+(?:\.[a-zA-Z0-9_]+)*$/;
export const CURRENCY = /^[A-Z]{3}$/;

/** Whether the contract asks for a `valueProperty` with this aggregation. */
export function needsValueProperty(aggregation: unknown): boolean {
  return aggregation !== "COUNT" && aggregation !== "UNIQUE_COUNT";
}

/** The most dimensions, and the most characters as JSON, of a report's `filterGroupBy`. */
export const MAX_REPORT_FILTERS = 5;
export const MAX_REPORT_FILTER_LENGTH = 4_096;

/** Whether a dimension can be compared with it: text, a finite number, a boolean, or null. */
export function isFilterValue(value: unknown): value is string | number | boolean | null {
  return (
    value === null ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    Number.isFinite(value)
  );
}

/** What is wrong with a name that a cost does not declare as a dimension. */
export function undeclaredDimension(name: string, declared: Iterable<string>): string {
  const known = [...declared].join(", ") || "none";
  return `the cost declares no dimension ${JSON.stringify(name)}; it declares ${known}`;
}

/** What the contract's paths are put behind, without the slashes at its end; `/\/+$/` would look at every one anew. */
export function withoutEndSlashes(path: string): string {
  return path.replace(/^(.*[^/])?\/*$/, "$1");
}

/**
 * A cost's definition with the names of its dimensions kept in the type, so that a misspelt one does not compile.
 * At run time it gives back what it was given; the guards check it when it is used.
 *
 * @example
 * ```ts
 * import { defineCost } from "metered-costs";
 *
 * const inputTokens = defineCost({
 *   type: "metered",
 *   name: "Input tokens",
 *   unitCost: "0.0000025",
 *   currency: "USD",
 *   productId: "prod_1",
 *   eventType: "llm.completion",
 *   aggregation: "SUM",
 *   valueProperty: "$.tokens.input",
 *   groupBy: { model: "$.model" },
 * });
 * console.log(inputTokens.groupBy?.model); // $.model
 * ```
 */
export function defineCost<const D extends string = never>(
  params: CostCreateParams<D>,
): CostCreateParams<D> {
  return params;
}
