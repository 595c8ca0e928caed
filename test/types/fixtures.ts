import { defineCost, type Paygentic } from "metered-costs";

/** Only ever looked at by the type checker. */
export declare const paygentic: Paygentic;

export const RANGE = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
export const CALLS = {
  type: "metered",
  name: "Calls",
  unitCost: "0.002",
  currency: "USD",
  productId: "prod_1",
  eventType: "api.call",
} as const;
export const TOKENS = { ...CALLS, aggregation: "SUM", valueProperty: "$.tokens" } as const;

export const grouped = defineCost({
  ...TOKENS,
  groupBy: { model: "$.model", region: "$.request.region" },
});
export const ungrouped = defineCost({ ...CALLS, aggregation: "COUNT" });
