import { Decimal, type Drift, type Paygentic } from "metered-costs";
import { createMockPaygentic, type MockPaygentic } from "metered-costs/mock";
import { summarizeCost } from "metered-costs/summary";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EVENT, JUNE, JUNE_REPORT, SEEDS, TOKENS } from "./samples.ts";
import { type OpenTransport, TRANSPORTS } from "./transports.ts";

const NOW = new Date("2026-06-15T12:00:00Z");
const UNIT_COST = new Decimal("0.0000025000000000000000001");

describe.each(TRANSPORTS)("$name", ({ open }) => {
  let mock: MockPaygentic;
  let transport: OpenTransport;
  let paygentic: Paygentic;
  let drifts: Drift[];
  beforeEach(async () => {
    mock = createMockPaygentic({ ...SEEDS, clock: () => NOW });
    transport = await open(mock);
    drifts = [];
    paygentic = transport.client({ onDrift: (drift) => drifts.push(drift) });
  });
  afterEach(async () => {
    await transport.close();
    expect(drifts).toEqual([]);
  });

  test("createCost", async () => {
    const cost = await paygentic.costs.create({ ...TOKENS, name: "Wörter", merchantId: "org_7" });
    expect(cost).toEqual({
      ...TOKENS,
      id: "cst_2",
      object: "cost",
      name: "Wörter",
      merchantId: "org_7",
      unitCost: UNIT_COST,
      createdAt: NOW,
      updatedAt: NOW,
      deletedAt: null,
    });
    expect(mock.costs[1]).toEqual(cost);
  });

  test("listCosts", async () => {
    await paygentic.costs.create({ ...TOKENS, name: "Second", productId: "prod_2" });
    const page = await paygentic.costs.list({ limit: 1, offset: 1 });
    expect(page.data.map(({ name }) => name)).toEqual(["Second"]);
    expect(page.pagination).toEqual({ limit: 1, offset: 1, total: 2 });
    const first = await paygentic.costs.list({ productId: "prod_1" });
    expect(first.data).toEqual([mock.costs[0]]);
    const names: string[] = [];
    for await (const { name } of paygentic.costs.listAll()) names.push(name);
    expect(names).toEqual(["Tokens", "Second"]);
  });

  test("getCost", async () => {
    expect(await paygentic.costs.get("cst_1")).toEqual(mock.costs[0]);
    expect(mock.costs[0]).toMatchObject({ id: "cst_1", unitCost: UNIT_COST, createdAt: NOW });
  });

  test("updateCost", async () => {
    mock.advance(60_000);
    const cost = await paygentic.costs.update("cst_1", { unitCost: "1e-30", unit: "token" });
    expect(cost).toMatchObject({ name: "Tokens", unit: "token", createdAt: NOW });
    expect(cost.unitCost.toString()).toBe(`0.${"0".repeat(29)}1`);
    expect(cost.updatedAt).toEqual(new Date("2026-06-15T12:01:00Z"));
    expect(mock.costs).toEqual([cost]);
  });

  test("deleteCost", async () => {
    mock.advance(1_000);
    expect(await paygentic.costs.delete("cst_1")).toBeUndefined();
    await expect(paygentic.costs.get("cst_1")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(paygentic.costs.delete("cst_1")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await paygentic.costs.list()).data).toEqual([]);
    expect(mock.costs[0]?.deletedAt).toEqual(new Date("2026-06-15T12:00:01Z"));
  });

  test("ingestEvent", async () => {
    const receipt = await paygentic.events.ingest(EVENT);
    const { data: _, ...sent } = EVENT;
    expect(receipt).toEqual({
      ...sent,
      id: "evt_1",
      object: "event",
      timestamp: new Date(EVENT.timestamp),
    });
    await paygentic.events.ingest(EVENT);
    await paygentic.events.ingest({ ...EVENT, idempotencyKey: "request-2" });
    expect(mock.events).toEqual([
      { ...EVENT, id: "evt_1", object: "event" },
      { ...EVENT, id: "evt_2", object: "event", idempotencyKey: "request-2" },
    ]);
  });

  test("getCostSummary", async () => {
    await paygentic.events.ingestAll([
      EVENT,
      { ...EVENT, idempotencyKey: "b", data: { tokens: 7, model: "small" } },
      { ...EVENT, idempotencyKey: "c", subject: "cus_2", data: { tokens: 1, model: "small" } },
    ]);
    const cost = await paygentic.costs.get("cst_1");
    const query = {
      ...JUNE,
      subject: "cus_1",
      groupBy: "model",
      window: "DAY",
      filterGroupBy: { model: "small" },
    } as const;
    const summary = await paygentic.costs.summary(cost, query);
    expect(summary.totalCost?.toString()).toBe("0.0000175000000000000000007");
    expect(summary.groups?.map(({ dimensions }) => dimensions)).toEqual([{ model: "small" }]);
    expect(summary.timeSeries).toHaveLength(1);
    const { unitCost: _, ...local } = summarizeCost(cost, mock.events, query);
    expect(summary).toEqual(local);
  });

  test("getCostReport", async () => {
    await paygentic.costs.create({ ...TOKENS, name: "Half", unitCost: "0.5" });
    await paygentic.events.ingest(EVENT);
    const report = await paygentic.costs.report(JUNE_REPORT);
    expect(report).toMatchObject({ object: "cost_report", currency: "USD", groupBy: "cost" });
    expect(report.totalCost.toString()).toBe("500.0025000000000000000001");
    expect(report.totalQuantity.toString()).toBe("2000");
    expect(report.groups.map(({ key, totalCost }) => [key, totalCost.toString()])).toEqual([
      ["cst_2", "500"],
      ["cst_1", "0.0025000000000000000001"],
    ]);
    expect(report.pagination).toEqual({ total: 2, limit: 25, offset: 0 });
  });

  test("every request is kept, in order, with what it said and without its key", async () => {
    await paygentic.costs.list({ limit: 5 });
    await paygentic.costs.update("cst_1", { unitCost: "12345678901234567890.5" });
    expect(mock.requests).toMatchObject([
      { operation: "listCosts", method: "GET", body: undefined, bodyText: "" },
      { operation: "updateCost", method: "PATCH", bodyText: '{"unitCost":12345678901234567890.5}' },
    ]);
    expect(new URL(mock.requests[0]?.url ?? "").search).toBe("?limit=5");
    expect(mock.requests[0]?.headers["authorization"]).toBe("Bearer [redacted]");
    expect(JSON.stringify(mock.requests)).not.toContain("sk_test");
  });

  test("getProfitability", async () => {
    await paygentic.events.ingest(EVENT);
    await paygentic.events.ingest({ ...EVENT, subject: "cus_9", idempotencyKey: "request-9" });
    const { rows, currency } = await paygentic.profitability.get({
      ...JUNE,
      merchantId: "org_mock",
    });
    expect(currency).toBe("USD");
    expect(rows.map((row) => [row.customerId, row.customerName, row.profit.toString()])).toEqual([
      ["cus_1", "Acme", "12.5"],
      ["cus_2", "cus_2", "4"],
    ]);
    const top = await paygentic.profitability.get({
      ...JUNE,
      merchantId: "org_mock",
      topN: 1,
      bucketWidth: "week",
    });
    expect(top.rows.map(({ customerId }) => customerId)).toEqual(["cus_1", "other"]);
    expect(top.rows[0]?.marginPct?.toString()).toBe("100");
    expect(top.rows[0]?.trend?.values.map(String)).toEqual(["12.5", "0", "0", "0", "0"]);
  });

  test("getRevenue", async () => {
    const range = { startTime: JUNE.from, endTime: JUNE.to, merchantId: "org_mock" };
    const revenue = await paygentic.revenue.get({
      ...range,
      groupBy: "customer",
      bucketWidth: "week",
    });
    expect(revenue.netRevenue?.toString()).toBe("12.5");
    expect(revenue.invoices?.outstanding).toMatchObject({ count: 1 });
    expect(revenue.trend).toHaveLength(5);
    expect(revenue.groupBreakdown?.map(({ groupKey }) => groupKey)).toEqual(["cus_1", "cus_2"]);
    const byCurrency = await paygentic.revenue.get({ ...range, groupBy: "currency" });
    expect(byCurrency.netRevenue).toBeUndefined();
    expect(byCurrency.currencyBreakdown?.map(({ currency }) => currency)).toEqual(["USD"]);
  });

  test("getBillableMetricMeter", async () => {
    const other = {
      ...EVENT,
      subject: "cus_2",
      idempotencyKey: "b",
      timestamp: "2026-05-31T10:00:00Z",
    };
    await paygentic.events.ingest(EVENT);
    await paygentic.events.ingest(other);
    const range = { from: "2026-05-15T00:00:00Z", to: JUNE.to };
    const meter = await paygentic.billableMetrics.meter("bm_1", {
      ...range,
      windowSize: "MONTH",
      groupBy: ["subject", "model"],
      groupLimit: 1,
      groupOffset: 1,
    });
    expect(meter.totalValue?.toString()).toBe("2000");
    expect(
      meter.windowedValues?.map(({ windowStart, value }) => [windowStart, value.toString()]),
    ).toEqual([
      [new Date("2026-05-01T00:00:00Z"), "1000"],
      [new Date("2026-06-01T00:00:00Z"), "1000"],
    ]);
    expect(meter.groupedValues).toMatchObject([{ groupBy: { subject: "cus_2", model: "large" } }]);
    expect(meter.groupCount).toBe(2);
    await expect(paygentic.billableMetrics.meter("bm_9", range)).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
  });

  test("listBillableMetricEvents", async () => {
    await paygentic.events.ingest(EVENT);
    await paygentic.events.ingest({
      ...EVENT,
      idempotencyKey: "b",
      timestamp: "2026-06-11T10:00:00Z",
    });
    const page = await paygentic.billableMetrics.listEvents("bm_1", { ...JUNE, limit: 1 });
    expect(page.pagination).toEqual({ limit: 1, offset: 0, total: 2 });
    expect(page.events).toMatchObject([
      { object: "meterEvent", idempotencyKey: "b", time: new Date("2026-06-11T10:00:00Z") },
    ]);
    const keys: string[] = [];
    for await (const { idempotencyKey } of paygentic.billableMetrics.listAllEvents("bm_1", JUNE)) {
      keys.push(idempotencyKey);
    }
    expect(keys).toEqual(["b", "request-1"]);
  });
});
