import {
  type CostReportParams,
  type CostSummaryParams,
  defineCost,
  type EventIngestParams,
} from "metered-costs";
import type { MockKontorionOptions, MockPaygenticOptions } from "metered-costs/mock";

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

/** What a mock begins with that answers every operation with success. */
export const SEEDS = {
  costs: [TOKENS],
  billableMetrics: [
    {
      id: "bm_1",
      eventType: TOKENS.eventType,
      aggregation: "SUM",
      valueProperty: TOKENS.valueProperty,
      groupBy: TOKENS.groupBy,
    },
  ],
  revenue: [
    {
      customerId: "cus_1",
      customerName: "Acme",
      amount: "12.5",
      currency: "USD",
      timestamp: "2026-06-03T00:00:00Z",
    },
    {
      customerId: "cus_2",
      amount: 4,
      currency: "USD",
      timestamp: "2026-06-04T00:00:00Z",
      status: "outstanding",
    },
  ],
} as const satisfies MockPaygenticOptions;

export const PRODUCT_ID = "7d8a4d5e-0b1f-4c55-9f2a-0c6f3a1f9e11";
export const COST_ID = "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d";
export const ADDRESS = { productId: PRODUCT_ID, costId: COST_ID };

/** What a mock of Kontorion begins with that answers every operation with success. */
export const KONTORION_SEEDS = {
  costs: [{ id: COST_ID, key: "gpu_hour", description: "One GPU hour", productId: PRODUCT_ID }],
} as const satisfies MockKontorionOptions;
