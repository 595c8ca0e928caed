import fc from "fast-check";
import {
  type CostSummary,
  Decimal,
  type Reconciliation,
  reconcile,
  type ServerSummary,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { runs } from "../runs.ts";
import { plainJson } from "../summary/events.ts";
import {
  resolveSubject,
  type Scenario,
  serverScenarios as scenarios,
} from "../summary/random-events.ts";

const optionsOf = ({ now }: Scenario) => ({
  clock: () => new Date(now),
  resolveSubject,
  onInvalidEvent: () => {},
});
const localOf = (scenario: Scenario): CostSummary =>
  summarizeCost(scenario.cost, scenario.events, scenario.query, optionsOf(scenario));
const reconciled = (scenario: Scenario, server: ServerSummary): Reconciliation =>
  reconcile({ ...scenario, server }, optionsOf(scenario));

/** The summary with every amount as the double nearest to it. */
function asDoubles(summary: CostSummary): ServerSummary {
  const double = (amount: Decimal): number => Number(amount.toString());
  const { totalCost, totalQuantity, groups, timeSeries } = summary;
  const row = <Row extends { readonly quantity: Decimal; readonly cost: Decimal }>(one: Row) => ({
    ...one,
    quantity: double(one.quantity),
    cost: double(one.cost),
  });
  return {
    totalCost: totalCost && double(totalCost),
    totalQuantity: totalQuantity && double(totalQuantity),
    groups: groups?.map(row),
    timeSeries: timeSeries?.map(row),
  };
}

const amountsOf = ({ totalCost, totalQuantity, groups = [], timeSeries = [] }: CostSummary) =>
  [
    totalCost,
    totalQuantity,
    ...[...groups, ...timeSeries].flatMap((row) => [row.quantity, row.cost]),
  ].filter((amount) => amount !== null && amount !== undefined);

describe("no false alarm, in 1,000 random runs each", () => {
  const options = { numRuns: runs(1_000) };

  test("the local summary itself is equal", () => {
    fc.assert(
      fc.property(scenarios(), (scenario) => {
        const result = reconciled(scenario, localOf(scenario));
        expect(result.verdict).toBe("equal");
        expect([result.groups, result.timeSeries, result.explanations]).toEqual([[], [], []]);
      }),
      options,
    );
  });

  test("rounded to doubles it is equal as double, or equal where nothing was lost", () => {
    fc.assert(
      fc.property(scenarios(), (scenario) => {
        const local = localOf(scenario);
        const fit = amountsOf(local).every((one) => Number.isFinite(Number(one.toString())));
        fc.pre(fit);
        const isLost = amountsOf(local).some(
          (one) => !one.equals(new Decimal(Number(one.toString()))),
        );
        const result = reconciled(scenario, asDoubles(local));
        expect(result.verdict).toBe(isLost ? "equal-as-double" : "equal");
        expect(result.explanations).toEqual([]);
      }),
      options,
    );
  });

  const integers = fc.record({
    values: fc.array(
      fc.record({
        value: fc.integer({ min: 1, max: 50_000 }),
        minute: fc.integer({ min: 0, max: 30 }),
        model: fc.constantFrom("a", "b", "c"),
        key: fc.integer({ min: 0, max: 40 }),
        subject: fc.constantFrom("c1", "c2", "c3"),
      }),
      { minLength: 2, maxLength: 60 },
    ),
    unitCost: fc.constantFrom("1", "0.0000025", "0.002", "12.5"),
    isBroken: fc.boolean(),
  });
  type Integers = typeof integers extends fc.Arbitrary<infer Value> ? Value : never;
  const sceneOf = ({ values, unitCost, isBroken }: Integers) => {
    const cost = {
      unitCost,
      aggregation: "SUM",
      eventType: "call",
      valueProperty: "$.value",
      groupBy: { model: "$.model" },
    };
    const events = values.map(({ value, minute, model, key, subject }) => ({
      type: "call",
      subject,
      idempotencyKey: `k${key}`,
      timestamp: new Date(Date.UTC(2026, 5, 1, 0, minute, value % 60)),
      data: { value, model },
    }));
    const range = { from: "2026-06-01T00:00:00Z", to: "2026-06-02T00:00:00Z" };
    const query = isBroken ? ({ ...range, window: "MINUTE", groupBy: "model" } as const) : range;
    return { cost, events, query, local: summarizeCost(cost, events, query) };
  };

  test("what no event and no rule can produce is different, and not explained", () => {
    fc.assert(
      fc.property(integers, fc.constantFrom("0.0000001", "-0.0000001"), (given, by) => {
        const { local, ...scene } = sceneOf(given);
        const more = <Row extends { readonly quantity: Decimal; readonly cost: Decimal }>(
          row: Row,
        ) => ({
          ...row,
          quantity: row.quantity.plus(by),
          cost: row.cost.plus(new Decimal(by).times(given.unitCost)),
        });
        const first = <Row extends { readonly quantity: Decimal; readonly cost: Decimal }>(
          rows: readonly Row[] | undefined,
        ) => rows?.map((row, at) => (at === 0 ? more(row) : row));
        const server = {
          totalQuantity: local.totalQuantity?.plus(by),
          totalCost: local.totalCost?.plus(new Decimal(by).times(given.unitCost)) ?? null,
          groups: first(local.groups),
          timeSeries: first(local.timeSeries),
        };
        const result = reconcile({ ...scene, server });
        expect(result.verdict).toBe("different");
        expect(result.explanations).toEqual([]);
      }),
      options,
    );
  });

  test("one window raised and another lowered is different, and not explained", () => {
    fc.assert(
      fc.property(integers, (given) => {
        const { local, ...scene } = sceneOf({ ...given, isBroken: true });
        fc.pre((local.timeSeries?.length ?? 0) >= 2);
        const timeSeries = local.timeSeries?.map((row, at) => {
          const by = at === 0 ? 3 : at === 1 ? -3 : 0;
          const cost = row.cost.plus(new Decimal(by).times(given.unitCost));
          return { ...row, quantity: row.quantity.plus(by), cost };
        });
        const result = reconcile({ ...scene, server: { ...local, timeSeries } });
        expect(result.verdict).toBe("different");
        expect(result.explanations.filter(({ exact }) => exact)).toEqual([]);
      }),
      options,
    );
  });
});

describe("always", () => {
  test("the audit's counts add up to the events read", () => {
    fc.assert(
      fc.property(scenarios(), (scenario) => {
        const { audit } = reconciled(scenario, localOf(scenario));
        const leftOut = Object.values(audit.leftOut).reduce((sum, { count }) => sum + count, 0);
        expect(audit.read).toBe(scenario.events.length);
        expect(audit.used + leftOut).toBe(audit.read);
        for (const { count, first } of Object.values(audit.leftOut)) {
          expect(first).toHaveLength(Math.min(count, 5));
        }
      }),
    );
  });

  test("the local side is what summarizeCost says, with as many events", () => {
    fc.assert(
      fc.property(scenarios(), fc.boolean(), (scenario, deduplicate) => {
        const options = { ...optionsOf(scenario), deduplicate };
        const local = summarizeCost(scenario.cost, scenario.events, scenario.query, options);
        // A server that has no row at all: every row of ours is listed.
        const nothing = { totalCost: 0, totalQuantity: 0 };
        const server = {
          ...nothing,
          ...(local.groups && { groups: [] }),
          ...(local.timeSeries && { timeSeries: [] }),
        };
        const result = reconcile({ ...scenario, server }, options);
        const { totalQuantity, totalCost, groups, timeSeries } = plainJson(local);
        const amount = (one: Decimal | null): string | null => one?.toString() ?? null;
        expect(amount(result.total.quantity.local)).toBe(totalQuantity);
        expect(amount(result.total.cost.local)).toBe(totalCost);
        expect(
          result.groups.map(({ dimensions, quantity, cost }) => ({
            dimensions,
            quantity: amount(quantity.local),
            cost: amount(cost.local),
          })),
        ).toEqual(groups ?? []);
        expect(
          result.timeSeries.map(({ windowStart, quantity, cost }) => ({
            windowStart: windowStart?.toISOString(),
            quantity: amount(quantity.local),
            cost: amount(cost.local),
          })),
        ).toEqual((timeSeries ?? []).map(({ windowEnd: _, ...row }) => row));
      }),
    );
  });
});
