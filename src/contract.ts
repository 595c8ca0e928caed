/** Facts of the HTTP contract that the client, the local summary and the sandbox share. */

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

export const COST_ID = /^cst_[a-zA-Z0-9]+$/;
export const PRODUCT_ID = /^prod_[a-zA-Z0-9]+$/;
export const MERCHANT_ID = /^org_[a-zA-Z0-9]+$/;
export const EXTERNAL_ID = /^[a-zA-Z0-9_-]{1,255}$/;
export const JSON_PATH = /^\$\.[a-zA-Z0-9_]+(?:\.[a-zA-Z0-9_]+)*$/;
export const CURRENCY = /^[A-Z]{3}$/;

/** Whether the contract asks for a `valueProperty` with this aggregation. */
export function needsValueProperty(aggregation: unknown): boolean {
  return aggregation !== "COUNT" && aggregation !== "UNIQUE_COUNT";
}
