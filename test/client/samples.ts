import type { CostCreateParams, CostReportParams, EventIngestParams } from "metered-costs";

/** Arguments and answers as the contract has them, for tests that look at something else. */

export const COST = {
  id: "cst_1",
  object: "cost",
  type: "metered",
  name: "Input tokens",
  currency: "USD",
  unitCost: "0.0000025",
  productId: "prod_1",
  merchantId: "org_1",
  unit: "token",
  aggregation: "SUM",
  eventType: "llm.completion",
  valueProperty: "$.tokens.input",
  groupBy: { model: "$.model" },
  createdAt: "2026-06-01T00:00:00.000Z",
  updatedAt: "2026-06-02T12:30:00+02:00",
  deletedAt: null,
} as const;

export const PAGE = {
  object: "list",
  data: [COST],
  pagination: { limit: 10, offset: 0, total: 1 },
} as const;

export const SUMMARY = {
  object: "cost",
  id: "cst_1",
  name: "Input tokens",
  type: "metered",
  currency: "USD",
  eventType: "llm.completion",
  totalCost: 12.5,
  totalQuantity: 5000000,
} as const;

export const REPORT = {
  object: "cost_report",
  currency: "USD",
  period: { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" },
  groupBy: "cost",
  totalCost: 12.5,
  totalQuantity: 5000000,
  groups: [
    {
      key: "cst_1",
      label: "Input tokens",
      totalCost: 12.5,
      totalQuantity: 5000000,
      percentOfTotal: 100,
      isOther: false,
      unit: "token",
      priorPeriod: { cost: 10, changePercent: 25 },
    },
  ],
  timeSeries: [
    {
      windowStart: "2026-06-01T00:00:00Z",
      windowEnd: "2026-06-02T00:00:00Z",
      groups: { cst_1: 12.5 },
    },
  ],
  availableDimensions: ["model"],
  pagination: { total: 1, limit: 25, offset: 0 },
} as const;

export const PROFITABILITY = {
  object: "profitability_summary",
  currency: "USD",
  rows: [
    {
      customerId: "cus_1",
      customerName: "Ada",
      netRevenue: "100.00",
      totalCost: "120.50",
      profit: "-20.50",
      marginPct: "-20.5",
      trend: null,
    },
  ],
} as const;

export const REVENUE = { object: "revenue_summary", netRevenue: "100.00", refundCount: 0 } as const;

export const METER = {
  object: "meter",
  billableMetricId: "bm_1",
  totalValue: 12.5,
  windowedValues: [
    { windowStart: "2026-06-01T00:00:00Z", windowEnd: "2026-06-02T00:00:00Z", value: 12.5 },
  ],
  groupedValues: [{ groupBy: { subject: "cus_1" }, value: 12.5 }],
} as const;

export const STORED_EVENT = {
  id: "evt_1",
  object: "meterEvent",
  type: "llm.completion",
  source: "urn:example:gateway",
  subject: "cus_1",
  time: "2026-06-10T10:00:00Z",
  idempotencyKey: "request-1",
  data: { model: "large" },
} as const;

export const STORED_EVENTS = {
  object: "list",
  billableMetricId: "bm_1",
  events: [STORED_EVENT],
  pagination: { limit: 20, offset: 0, total: 1 },
} as const;

export const RECEIPT = { id: "evt_1", object: "event" } as const;

export const CREATE = {
  type: "metered",
  name: "Input tokens",
  unitCost: "0.0000025",
  currency: "USD",
  productId: "prod_1",
  eventType: "llm.completion",
  aggregation: "SUM",
  valueProperty: "$.tokens.input",
} as const satisfies CostCreateParams;

export const JUNE = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" } as const;

export const JUNE_REPORT = { ...JUNE, groupBy: "cost" } as const satisfies CostReportParams;

export const EVENT = {
  type: "llm.completion",
  source: "urn:example:gateway",
  subject: "cus_1",
  timestamp: "2026-06-10T10:00:00Z",
  idempotencyKey: "request-1",
  data: { model: "large", tokens: { input: 1200 } },
} as const satisfies EventIngestParams;
