import { Paygentic } from "metered-costs";
import { createMockPaygentic, type MockPaygenticOptions } from "metered-costs/mock";
import { expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import { EVENT, TOKENS } from "./call.ts";

const JUNE = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" } as const;
const METRIC = {
  id: "bm_1",
  eventType: "api.call",
  aggregation: "SUM",
  valueProperty: "$.tokens",
} as const;

const clientOf = (options: MockPaygenticOptions): Paygentic =>
  new Paygentic({ apiKey: "sk_test_1", fetch: createMockPaygentic(options).fetch });

test("an event whose type only a billable metric reads is accepted", async () => {
  const { events } = clientOf({ costs: [TOKENS], billableMetrics: [METRIC] });
  await expect(events.ingest({ ...EVENT, type: "api.call" })).resolves.toBeDefined();
  await expect(events.ingest({ ...EVENT, type: "other" })).rejects.toMatchObject({ status: 422 });
});

test("a value that no summary can count gives no total, and no rejection", async () => {
  const huge = { ...EVENT, type: "api.call", data: { tokens: "1e2000" } };
  const { billableMetrics, profitability } = clientOf({
    costs: [{ ...TOKENS, eventType: "api.call" }],
    events: [huge],
    billableMetrics: [METRIC],
    revenue: [{ customerId: "cus_1", amount: 3, currency: "USD", timestamp: JUNE.from }],
  });
  expect((await billableMetrics.meter("bm_1", JUNE)).totalValue).toBeNull();
  const { rows } = await profitability.get({ ...JUNE, merchantId: "org_mock" });
  expect(rows.map(({ profit }) => profit.toString())).toEqual(["3"]);
});

test("amounts with two decimals add up: the profit is revenue minus cost as they are answered", async () => {
  const { profitability } = clientOf({
    costs: [{ ...TOKENS, unitCost: "0.0025" }],
    events: [{ ...EVENT, data: { ...EVENT.data, tokens: 2 } }],
    revenue: [{ customerId: EVENT.subject, amount: "0.01", currency: "USD", timestamp: JUNE.from }],
  });
  const [row] = (await profitability.get({ ...JUNE, merchantId: "org_mock" })).rows;
  expect([row?.netRevenue, row?.totalCost, row?.profit].map(String)).toEqual(["0.01", "0", "0.01"]);
});

test("a metric that needs a value and names none is refused", () => {
  const { valueProperty: _, ...bare } = METRIC;
  expect(() => createMockPaygentic({ billableMetrics: [bare] })).toThrow(InvalidInputError);
  expect(() =>
    createMockPaygentic({ billableMetrics: [{ ...bare, aggregation: "COUNT" }] }),
  ).not.toThrow();
});
