const JUNE = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
const ACCOUNT = { currency: "USD", productId: "prod_1", merchantId: "org_1" };
const METER = {
  unit: "token",
  aggregation: "SUM",
  eventType: "llm.completion",
  valueProperty: "$.usage.tokens",
  groupBy: { model: "$.model", region: "$.region" },
};
const COST = {
  id: "cst_1",
  object: "cost",
  type: "metered",
  name: "Tokens",
  unitCost: "0.0000025",
  ...ACCOUNT,
  ...METER,
  createdAt: "2026-05-01T09:30:00.123Z",
  updatedAt: "2026-05-02T09:30:00+02:00",
  deletedAt: null,
};
const PAGINATION = { limit: 10, offset: 0, total: 1 };
const WINDOW = { windowStart: "2026-06-01T00:00:00Z", windowEnd: "2026-06-02T00:00:00Z" };
const AMOUNTS = { quantity: 1_234, cost: 0.003085 };
const TOTALS = { totalCost: 0.003085, totalQuantity: 1_234 };

const TOTAL = { count: 1, amount: "12.00" };
const BOOKS = {
  invoices: { issued: TOTAL, outstanding: TOTAL, paid: TOTAL, writtenOff: TOTAL },
  payments: {
    completedCount: 1,
    completedAmount: "3.00",
    pendingCount: 1,
    pendingAmount: "2.00",
    expiredCount: 1,
    expiredAmount: "1.00",
  },
};

/** One valid payload for every schema, with every field that the contract has. */
export const EXAMPLES: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  [
    "createCost body",
    { type: "metered", name: "Tokens", unitCost: 0.0000025, ...ACCOUNT, ...METER },
  ],
  ["listCosts query", { merchantId: "org_1", productId: "prod_1", limit: 100, offset: 0 }],
  ["getCost id", "cst_1"],
  ["updateCost id", "cst_1"],
  ["updateCost body", { name: "Tokens", unitCost: 0, currency: "USD", ...METER }],
  ["deleteCost id", "cst_1"],
  ["getCostSummary id", "cst_1"],
  [
    "getCostSummary query",
    {
      ...JUNE,
      subject: "cus_1",
      groupBy: "model, region",
      window: "DAY",
      filterGroupBy: { model: "large" },
    },
  ],
  [
    "getCostReport query",
    {
      ...JUNE,
      groupBy: "model",
      merchantId: "org_1",
      costId: ["cst_1", "cst_2"],
      subject: "cus_1",
      filterGroupBy: { a: "1", b: "2", c: "3", d: "4", e: "5" },
      topN: 25,
      comparePriorPeriod: true,
      windowSize: "MONTH",
      sort: "totalCost",
      sortDir: "asc",
      offset: 0,
      limit: 100,
      currency: "USD",
    },
  ],
  [
    "ingestEvent body",
    {
      type: "llm.completion",
      source: "urn:example:gateway",
      data: { model: "large", usage: { tokens: 1_234 } },
      subject: "cus_1",
      externalSubject: "customer-1",
      namespace: "org_1",
      timestamp: "2026-06-01T10:00:00Z",
      idempotencyKey: "request-4711",
      externalId: "a".repeat(255),
    },
  ],
  ["Cost", COST],
  ["CostPage", { object: "list", data: [COST], pagination: PAGINATION }],
  [
    "CostSummary",
    {
      object: "cost",
      id: "cst_1",
      name: "Tokens",
      type: "metered",
      currency: "USD",
      eventType: "llm.completion",
      ...TOTALS,
      groups: [{ dimensions: { model: "large" }, ...AMOUNTS }],
      timeSeries: [{ ...WINDOW, ...AMOUNTS }],
    },
  ],
  [
    "CostReport",
    {
      object: "cost_report",
      currency: "USD",
      period: JUNE,
      groupBy: "cost",
      ...TOTALS,
      groups: [
        {
          key: "cst_1",
          label: "Tokens",
          ...TOTALS,
          percentOfTotal: 100,
          isOther: false,
          unit: "token",
          priorPeriod: { cost: 0.002, changePercent: 54.25 },
        },
      ],
      timeSeries: [{ ...WINDOW, groups: { cst_1: 0.003085 } }],
      availableDimensions: ["model"],
      pagination: PAGINATION,
      warnings: ["late events"],
    },
  ],
  [
    "EventReceipt",
    {
      id: "evt_1",
      object: "event",
      type: "llm.completion",
      source: "urn:example:gateway",
      subject: "cus_1",
      externalSubject: "customer-1",
      namespace: "org_1",
      timestamp: "2026-06-01T10:00:00Z",
      idempotencyKey: "request-4711",
      externalId: "usage-1",
    },
  ],
  [
    "getProfitability query",
    { merchantId: "org_1", ...JUNE, topN: 100, currency: "USD", bucketWidth: "week" },
  ],
  [
    "getRevenue query",
    {
      startTime: JUNE.from,
      endTime: JUNE.to,
      merchantId: "org_1",
      customerId: "cus_1",
      subscriptionIds: ["sub_1", "sub_2"],
      bucketWidth: "day",
      currency: "USD",
      groupBy: "plan",
    },
  ],
  ["getBillableMetricMeter id", "bm_1"],
  [
    "getBillableMetricMeter query",
    {
      ...JUNE,
      subject: "cus_1",
      windowSize: "MONTH",
      filterGroupBy: { model: "large" },
      groupBy: "subject, model",
      groupLimit: 500,
      groupOffset: 100_000,
    },
  ],
  ["listBillableMetricEvents id", "bm_1"],
  [
    "listBillableMetricEvents query",
    {
      ...JUNE,
      subject: "cus_1",
      externalSubject: "customer-1",
      externalId: "usage-1",
      limit: 200,
      offset: 0,
    },
  ],
  [
    "ProfitabilitySummary",
    {
      object: "profitability_summary",
      currency: "USD",
      rows: [
        {
          customerId: "cus_1",
          customerName: "Customer",
          netRevenue: "12.00",
          totalCost: "15.50",
          profit: "-3.50",
          marginPct: "-29.17",
          trend: { values: ["4.00", "8.00"], periodChange: 12.5 },
        },
      ],
      warnings: ["late events"],
    },
  ],
  [
    "RevenueSummary",
    {
      object: "revenue_summary",
      netRevenue: "12.00",
      totalRefunds: "1.00",
      refundCount: 1,
      totalRebates: "0.50",
      rebateCount: 2,
      ...BOOKS,
      trend: [
        {
          timestamp: JUNE.from,
          issuedInvoices: "12.00",
          writtenOffInvoices: "0.00",
          completedPayments: "3.00",
          groupBreakdown: [{ groupKey: "plan_1", groupLabel: "Plan", issuedInvoices: "12.00" }],
        },
      ],
      groupBreakdown: [
        {
          groupKey: "plan_1",
          groupLabel: "Plan",
          outstanding: TOTAL,
          paid: TOTAL,
          writtenOff: TOTAL,
        },
      ],
      currencyBreakdown: [{ currency: "USD", netRevenue: "12.00", ...BOOKS }],
    },
  ],
  [
    "BillableMetricMeter",
    {
      object: "meter",
      billableMetricId: "bm_1",
      totalValue: 1_234,
      windowedValues: [{ ...WINDOW, value: 1_234 }],
      groupedValues: [{ groupBy: { subject: "cus_1" }, value: 1_234.5, eventCount: 3 }],
      groupCount: 1,
    },
  ],
  [
    "BillableMetricEventPage",
    {
      object: "list",
      billableMetricId: "bm_1",
      events: [
        {
          id: "evt_1",
          object: "meterEvent",
          type: "llm.completion",
          source: "gateway",
          subject: "",
          time: "2026-06-01T10:00:00Z",
          idempotencyKey: "request-4711",
          data: { usage: { tokens: 1_234 } },
          externalId: "usage-1",
          externalSubject: "customer-1",
        },
      ],
      pagination: PAGINATION,
    },
  ],
]);

/** Another valid payload for schemas in which fields depend on each other: with as little as there can be. */
export const SMALLEST: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  [
    "createCost body",
    {
      type: "metered",
      name: "Calls",
      unitCost: 1e-7,
      currency: "USD",
      productId: "prod_1",
      eventType: "api.call",
      aggregation: "COUNT",
    },
  ],
  ["updateCost body", { unit: null }],
  ["getCostSummary query", JUNE],
  ["getCostReport query", { ...JUNE, groupBy: "cost" }],
  ["ingestEvent body", { type: "api.call", source: "urn:x", data: {}, externalSubject: "me" }],
  ["getProfitability query", { merchantId: "org_1", ...JUNE }],
  ["getRevenue query", { startTime: JUNE.from, endTime: JUNE.to, customerId: "cus_1" }],
  ["getBillableMetricMeter query", JUNE],
  ["listBillableMetricEvents query", JUNE],
]);
