import fc from "fast-check";
import {
  type CostDefinition,
  type CostEvent,
  Decimal,
  type MeterWindow,
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

  test("by windows of any length, each instant in its own", () => {
    const windowsOf = (window: MeterWindow, times: readonly string[]) => {
      const events = times.map((timestamp) => ({ ...used(1, "s", { input: 1 }), timestamp }));
      const range = { from: "1900-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" };
      const { rows } = summarizeCosts([input], events, { ...range, window });
      return rows.map(
        ({ windowStart, windowEnd, cost }) =>
          `${windowStart?.toISOString()} to ${windowEnd?.toISOString()}: ${cost}`,
      );
    };
    const times = [
      "2001-09-10T00:00:00Z",
      "2001-09-08T23:59:59.999Z",
      "2001-09-09T00:00:00Z",
      "2001-09-08T00:00:00Z",
    ];
    expect(windowsOf("DAY", times)).toEqual([
      "2001-09-08T00:00:00.000Z to 2001-09-09T00:00:00.000Z: 4",
      "2001-09-09T00:00:00.000Z to 2001-09-10T00:00:00.000Z: 2",
      "2001-09-10T00:00:00.000Z to 2001-09-11T00:00:00.000Z: 2",
    ]);
    expect(windowsOf("MINUTE", times.slice(1, 3))).toEqual([
      "2001-09-08T23:59:00.000Z to 2001-09-09T00:00:00.000Z: 2",
      "2001-09-09T00:00:00.000Z to 2001-09-09T00:01:00.000Z: 2",
    ]);
    expect(
      windowsOf("MONTH", [
        "2026-12-31T23:59:59.999Z",
        "2027-01-01T00:00:00Z",
        "1969-12-31T00:00:00Z",
      ]),
    ).toEqual([
      "1969-12-01T00:00:00.000Z to 1970-01-01T00:00:00.000Z: 2",
      "2026-12-01T00:00:00.000Z to 2027-01-01T00:00:00.000Z: 2",
      "2027-01-01T00:00:00.000Z to 2027-02-01T00:00:00.000Z: 2",
    ]);
  });

  test("have what their costs are called, and their currency, where they say so", () => {
    const [unitCost, totalQuantity, totalCost] = [new Decimal(1), new Decimal(0), new Decimal(0)];
    const amounts = { unitCost, totalQuantity, totalCost };
    const named = costOf({ id: "cst_1", name: "Calls", unit: "call", currency: "EUR" });
    expect(summarizeCosts([named, costOf()], [], JUNE)).toStrictEqual({
      currency: "EUR",
      costs: [{ id: "cst_1", name: "Calls", unit: "call", ...amounts }, amounts],
      totalCost,
      rows: [],
    });
    expect(summarizeCosts([costOf({ unit: null })], [], JUNE)).toStrictEqual({
      costs: [amounts],
      totalCost,
      rows: [],
    });
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
  test.each<[string, () => unknown, string, RegExp]>([
    ["no cost", run([]), "costs", /an array of at least one cost/],
    ["costs that are none", run(5 as never), "costs", /an array of at least one cost/],
    ["a cost that is none", run([input, null as never]), "", /a cost/],
    [
      "several currencies",
      run([costOf({ currency: "EUR" }), costOf({ currency: "USD" })]),
      "costs",
      /one currency, not EUR, USD: their amounts do not add up/,
    ],
    [
      "a dimension that one does not declare",
      run([input, costOf({ groupBy: { region: "$.r" } })], { groupBy: ["model"] }),
      "groupBy.model",
      /region/,
    ],
    [
      "an unknown window",
      run([input], { window: "WEEK" }),
      "window",
      /^expected one of MINUTE, HOUR, DAY, MONTH$/,
    ],
    ["an unknown field", run([input], { topN: 1 }), "topN", /^unknown field/],
    [
      "no query",
      () => summarizeCosts([input], [], null as never),
      "",
      /a query: an object with from and to/,
    ],
  ])("%s", (_name, compute, path, message) => {
    const issues = inputIssuesOf(compute);
    expect(issues.map((issue) => issue.path.join("."))).toEqual([path]);
    expect(issues[0]?.message).toMatch(message);
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
