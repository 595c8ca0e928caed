import fc from "fast-check";
import {
  type CostDefinition,
  type CostEvent,
  Decimal,
  summarizeCost,
  summarizeCosts,
  summarizeCostsNdjson,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { runs } from "../runs.ts";
import { costOf, inputIssuesOf, JUNE } from "./events.ts";

const input = costOf({ name: "Input", unitCost: "2", valueProperty: "$.input" });
const output = costOf({ name: "Output", unitCost: "10", valueProperty: "$.output" });
const used = (day: number, model: string, data: object, fields: object = {}) => ({
  type: "call",
  timestamp: `2026-06-0${day}T12:00:00Z`,
  data: { model, ...data },
  ...fields,
});
const events = [
  used(2, "small", { input: 1 }),
  used(1, "large", { input: 3, output: 4 }),
  used(1, "large", { input: 5 }),
  used(2, "large", { output: 1 }, { subject: "cus_1" }),
];
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

describe("several costs", () => {
  test("by model and day, each in its column", () => {
    const { costs, totalCost, rows } = summarizeCosts([input, output], events, {
      ...JUNE,
      groupBy: ["model"],
      window: "DAY",
    });
    expect(plain(costs)).toEqual([
      { name: "Input", unitCost: "2", totalQuantity: "9", totalCost: "18" },
      { name: "Output", unitCost: "10", totalQuantity: "5", totalCost: "50" },
    ]);
    expect(`${totalCost}`).toBe("68");
    expect(
      rows.map(({ dimensions, windowStart, cost, columns }) => [
        dimensions["model"],
        windowStart?.toISOString().slice(0, 10),
        `${cost}`,
        columns.map((column) => `${column.quantity} ${column.cost}`).join(", "),
      ]),
    ).toEqual([
      ["large", "2026-06-01", "56", "8 16, 4 40"],
      ["large", "2026-06-02", "10", "0 0, 1 10"],
      ["small", "2026-06-02", "2", "1 2, 0 0"],
    ]);
  });

  test("an average without a value is null, and adds nothing", () => {
    const mean = costOf({ aggregation: "AVG", valueProperty: "$.output" });
    const { costs, totalCost, rows } = summarizeCosts([input, mean], [used(1, "s", { input: 1 })], {
      ...JUNE,
      groupBy: "model",
    });
    expect(plain(costs[1])).toMatchObject({ totalQuantity: null, totalCost: null });
    expect(plain({ totalCost, rows })).toEqual({
      totalCost: "2",
      rows: [
        {
          dimensions: { model: "s" },
          cost: "2",
          columns: [
            { quantity: "1", cost: "2" },
            { quantity: null, cost: null },
          ],
        },
      ],
    });
  });

  test("by month, which is the calendar's", () => {
    const { rows } = summarizeCosts([input], events, { ...JUNE, window: "MONTH" });
    expect(plain(rows)).toEqual([
      {
        dimensions: {},
        windowStart: "2026-06-01T00:00:00.000Z",
        windowEnd: "2026-07-01T00:00:00.000Z",
        cost: "18",
        columns: [{ quantity: "9", cost: "18" }],
      },
    ]);
  });

  test("without groups and windows there are totals alone", () => {
    expect(plain(summarizeCosts([input], [], JUNE))).toEqual({
      costs: [{ name: "Input", unitCost: "2", totalQuantity: "0", totalCost: "0" }],
      totalCost: "0",
      rows: [],
    });
  });
});

describe("what is refused", () => {
  const run =
    (costs: readonly CostDefinition[], query: object = {}) =>
    () =>
      summarizeCosts(costs, [], { ...JUNE, ...query });
  test.each<[string, () => unknown, string]>([
    ["no cost", run([]), "costs"],
    [
      "several currencies",
      run([costOf({ currency: "EUR" }), costOf({ currency: "USD" })]),
      "costs",
    ],
    [
      "a dimension that one does not declare",
      run([input, costOf({ groupBy: { region: "$.r" } })], { groupBy: ["model"] }),
      "groupBy.model",
    ],
    ["an unknown window", run([input], { window: "WEEK" }), "window"],
    ["an unknown field", run([input], { topN: 1 }), "topN"],
  ])("%s", (_name, compute, path) => {
    expect(inputIssuesOf(compute).map((issue) => issue.path.join("."))).toEqual([path]);
  });
});

const someEvents = fc.array(
  fc.record({
    day: fc.integer({ min: 1, max: 3 }),
    model: fc.constantFrom("a", "b"),
    subject: fc.constantFrom(undefined, "c1", "c2"),
    input: fc.constantFrom(1, 2.5, "7", null),
    output: fc.constantFrom(0, 1e-7, "x"),
    idempotencyKey: fc.constantFrom(undefined, "k1", "k2"),
  }),
  { maxLength: 20 },
);

test("each column of each row is the summary of its cost under that filter and window", async () => {
  await fc.assert(
    fc.asyncProperty(
      someEvents,
      fc.constantFrom("SUM", "COUNT", "AVG", "UNIQUE_COUNT", "LATEST"),
      async (given, aggregation) => {
        const log = given.map(({ day, model, subject, idempotencyKey, ...data }) =>
          used(day, model, data, { subject, idempotencyKey }),
        ) as CostEvent[];
        const costs = [input, costOf({ ...output, aggregation, valueProperty: "$.output" })];
        const query = { ...JUNE, groupBy: ["$subject", "model"], window: "DAY" } as const;
        const summary = summarizeCosts(costs, log, query);
        for (const row of summary.rows) {
          for (const [at, cost] of costs.entries()) {
            // Which of equal keys is the first is decided over all events.
            const alone = summarizeCost(cost, log, {
              ...JUNE,
              filterGroupBy: row.dimensions as object,
              window: "DAY",
            });
            const window = alone.timeSeries?.find(
              ({ windowStart }) => windowStart.getTime() === row.windowStart?.getTime(),
            );
            const isZero = ["SUM", "COUNT", "UNIQUE_COUNT"].includes(cost.aggregation as string);
            const quantity = window === undefined ? (isZero ? "0" : null) : `${window.quantity}`;
            expect(plain(row.columns[at]?.quantity)).toBe(quantity);
          }
        }
        // The rows share a sum out: none is missing.
        const shares = summary.rows.map(({ columns }) => columns[0]?.cost as Decimal);
        expect(`${Decimal.sum(0, ...shares)}`).toBe(`${summary.costs[0]?.totalCost}`);
        const totals = costs.map((cost) => summarizeCost(cost, log, JUNE).totalCost);
        expect(plain(summary.costs.map(({ totalCost }) => totalCost))).toEqual(plain(totals));
        const text = log.map((event) => JSON.stringify(event)).join("\n");
        expect(plain(await summarizeCostsNdjson(costs, text, query))).toEqual(plain(summary));
      },
    ),
    { numRuns: runs(60) },
  );
});
