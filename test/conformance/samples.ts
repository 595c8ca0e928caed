import {
  type CostReportParams,
  type CostSummaryParams,
  defineCost,
  type EventIngestParams,
} from "metered-costs";

/** The cost that every mock of these tests begins with, as `cst_1`. */
export const TOKENS = defineCost({
  type: "metered",
  name: "Tokens",
  unitCost: "0.0000025000000000000000001",
  currency: "USD",
  productId: "prod_1",
  eventType: "llm.completion",
  aggregation: "SUM",
  valueProperty: "$.tokens",
  groupBy: { model: "$.model" },
});

export const EVENT = {
  type: "llm.completion",
  source: "urn:test:gateway",
  subject: "cus_1",
  idempotencyKey: "request-1",
  timestamp: "2026-06-10T10:00:00Z",
  data: { tokens: 1000, model: "large" },
} as const satisfies EventIngestParams;

export const JUNE = {
  from: "2026-06-01T00:00:00Z",
  to: "2026-07-01T00:00:00Z",
} as const satisfies CostSummaryParams;

export const JUNE_REPORT = { ...JUNE, groupBy: "cost" } as const satisfies CostReportParams;
