import fc from "fast-check";
import {
  type CostDefinition,
  type CostEvent,
  type CostReportParams,
  Decimal,
  reportCosts,
  summarizeCost,
} from "metered-costs/summary";
import { expect, test } from "vitest";
import { runs } from "../runs.ts";

const costs: readonly CostDefinition[] = (
  ["SUM", "COUNT", "AVG", "MIN", "MAX", "LATEST", "UNIQUE_COUNT"] as const
).map((aggregation, index) => ({
  id: `cst_${index}`,
  name: aggregation,
  unitCost: `0.0${index}1`,
  currency: "USD",
  aggregation,
  eventType: index % 2 === 0 ? "even" : "odd",
  valueProperty: "$.value",
  groupBy: { model: "$.model" },
}));

const start = Date.parse("2026-06-01T00:00:00Z");
const event: fc.Arbitrary<CostEvent> = fc.record({
  type: fc.constantFrom("even", "odd", "other"),
  subject: fc.constantFrom("cus_1", "cus_2", "cus_3", "cus_4", null),
  timestamp: fc.integer({ min: -40, max: 40 }).map((hours) => new Date(start + hours * 3_600_000)),
  idempotencyKey: fc.constantFrom(null, null, null, "a", "b"),
  data: fc.record({
    value: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom("0.5", "1e-3", null, "x")),
    model: fc.constantFrom("m", "n", 1, null),
  }),
});
const events = fc.array(event, { maxLength: 40 });
const query: fc.Arbitrary<CostReportParams> = fc.record({
  from: fc.constant(new Date(start)),
  to: fc.constant(new Date(start + 40 * 3_600_000)),
  groupBy: fc.constantFrom("cost", "customer"),
  topN: fc.integer({ min: 1, max: 6 }),
  sort: fc.constantFrom("totalCost" as const, "totalQuantity" as const),
  sortDir: fc.constantFrom("asc" as const, "desc" as const),
  limit: fc.constant(100),
});
const sum = (amounts: readonly Decimal[]): string =>
  amounts.reduce((total, amount) => total.plus(amount), new Decimal(0)).toString();
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const options = { numRuns: runs(300) };

test("the rows and the other row add up to the totals", () => {
  let folded = 0;
  fc.assert(
    fc.property(events, query, (events, query) => {
      const report = reportCosts(costs, events, query);
      expect(sum(report.groups.map(({ totalCost }) => totalCost))).toBe(`${report.totalCost}`);
      expect(sum(report.groups.map(({ totalQuantity }) => totalQuantity))).toBe(
        `${report.totalQuantity}`,
      );
      if (report.groups.at(-1)?.isOther) folded++;
    }),
    options,
  );
  expect(folded).toBeGreaterThan(runs(20));
});

test("the totals do not depend on how the report is cut", () => {
  fc.assert(
    fc.property(events, query, (events, query) => {
      const { from, to, groupBy } = query;
      const whole = reportCosts(costs, events, { from, to, groupBy, topN: 25 });
      expect(`${reportCosts(costs, events, query).totalCost}`).toBe(`${whole.totalCost}`);
    }),
    options,
  );
});

test("pages one after the other are the whole list", () => {
  fc.assert(
    fc.property(events, query, fc.integer({ min: 1, max: 4 }), (events, query, limit) => {
      const whole = reportCosts(costs, events, query);
      const pages = [];
      for (let offset = 0; offset < whole.pagination.total; offset += limit) {
        pages.push(...reportCosts(costs, events, { ...query, limit, offset }).groups);
      }
      expect(plain(pages)).toEqual(plain(whole.groups));
    }),
    options,
  );
});

test("the prior period is a report over that range", () => {
  let compared = 0;
  fc.assert(
    fc.property(events, query, (events, query) => {
      const keyless = events.map((one) => ({ ...one, idempotencyKey: null }));
      const report = reportCosts(costs, keyless, { ...query, topN: 25, comparePriorPeriod: true });
      const before = reportCosts(costs, keyless, {
        ...query,
        topN: 25,
        from: new Date(start - 40 * 3_600_000),
        to: new Date(start),
      });
      for (const { key, totalCost, priorPeriod } of report.groups) {
        const cost = before.groups.find((group) => group.key === key)?.totalCost ?? new Decimal(0);
        expect(`${priorPeriod?.cost}`).toBe(`${cost}`);
        if (cost.isZero()) expect(priorPeriod?.changePercent).toBeNull();
        else {
          compared++;
          const change = totalCost.minus(cost).times(100).div(cost).toSignificantDigits(34);
          expect(`${priorPeriod?.changePercent}`).toBe(`${change}`);
        }
      }
    }),
    options,
  );
  expect(compared).toBeGreaterThan(runs(30));
});

test("a cost's row is its summary", () => {
  fc.assert(
    fc.property(events, query, (events, query) => {
      const { from, to } = query;
      const report = reportCosts(costs, events, { from, to, groupBy: "cost", topN: 25 });
      for (const cost of costs) {
        const { totalCost, totalQuantity } = summarizeCost(cost, events, { from, to });
        const row = report.groups.find(({ key }) => key === cost.id);
        expect(`${row?.totalQuantity} ${row?.totalCost}`).toBe(
          `${totalQuantity ?? 0} ${totalCost ?? 0}`,
        );
      }
    }),
    options,
  );
});

test("a customer's row is the sum of the summaries for that customer", () => {
  fc.assert(
    fc.property(events, query, (events, query) => {
      const { from, to } = query;
      const report = reportCosts(costs, events, { from, to, groupBy: "customer", topN: 25 });
      for (const { key, totalCost } of report.groups.filter(({ key }) => key !== "")) {
        const summaries = costs.map((cost) =>
          summarizeCost(cost, events, { from, to, subject: key }),
        );
        expect(sum(summaries.map((summary) => summary.totalCost ?? new Decimal(0)))).toBe(
          `${totalCost}`,
        );
      }
    }),
    options,
  );
});

test("for SUM and COUNT the windows of a group add up to it", () => {
  fc.assert(
    fc.property(events, query, fc.constantFrom("HOUR", "DAY", "MONTH"), (events, query, size) => {
      const additive = costs.slice(0, 2);
      const report = reportCosts(additive, events, { ...query, windowSize: size as "HOUR" });
      for (const { key, totalCost } of report.groups) {
        const parts = report.timeSeries.flatMap(({ groups }) => groups[key] ?? []);
        expect(sum(parts)).toBe(`${totalCost}`);
      }
    }),
    options,
  );
});
