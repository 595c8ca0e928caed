import { type CostEvent, type WhatIfChanges, whatIf } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { costOf, eventOf, inputIssuesOf, JUNE, thrownBy } from "../summary/events.ts";

const on = (day: number, value: unknown = 10, changes = {}): CostEvent =>
  eventOf({
    timestamp: `2026-06-${String(day).padStart(2, "0")}T00:00:00Z`,
    data: { value },
    ...changes,
  });
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("another unit cost", () => {
  test("gives both totals and the difference", () => {
    const result = whatIf(costOf({ unitCost: "0.1" }), [on(1), on(2, "0.5")], JUNE, {
      unitCost: "0.3",
    });
    expect(plain(result)).toMatchObject({
      totalQuantity: "10.5",
      totalCost: "1.05",
      changedCost: "3.15",
      difference: "2.1",
      periods: [
        { from: "2026-06-01T00:00:00.000Z", to: "2026-07-01T00:00:00.000Z", unitCost: "0.3" },
      ],
    });
  });

  test("works for every aggregation, and is null where there is nothing", () => {
    const max = costOf({ aggregation: "MAX", unitCost: "2" });
    expect(plain(whatIf(max, [on(1, 3), on(2, 7)], JUNE, { unitCost: 3 }))).toMatchObject({
      totalCost: "14",
      changedCost: "21",
    });
    expect(whatIf(max, [], JUNE, { unitCost: 3 })).toMatchObject({
      totalQuantity: null,
      totalCost: null,
      changedCost: null,
      difference: null,
    });
    expect(plain(whatIf(costOf(), [], JUNE, { unitCost: 3 }))).toMatchObject({ difference: "0" });
  });
});

describe("a unit cost that changed", () => {
  const unitCostHistory = [
    { from: "2026-06-20T00:00:00Z", unitCost: "3" },
    { from: "2026-06-10T00:00:00Z", unitCost: "2" },
    { from: "2026-08-01T00:00:00Z", unitCost: "99" },
  ];

  test("holds from its instant on, and counts an event once", () => {
    const events = [
      on(9),
      on(10, 1),
      on(19, 2),
      on(20, 5),
      on(20, 5, { idempotencyKey: "k" }),
      on(29, 1, { idempotencyKey: "k" }),
    ];
    const result = whatIf(costOf(), events, JUNE, { unitCostHistory });
    expect(plain(result)).toMatchObject({
      totalQuantity: "23",
      totalCost: "23",
      changedCost: "46",
      difference: "23",
      periods: [
        { to: "2026-06-10T00:00:00.000Z", unitCost: "1", quantity: "10", cost: "10" },
        { to: "2026-06-20T00:00:00.000Z", unitCost: "2", quantity: "3", cost: "6" },
        { to: "2026-07-01T00:00:00.000Z", unitCost: "3", quantity: "10", cost: "30" },
      ],
    });
  });

  test("before the range it is the range's first", () => {
    const before = [{ from: "2026-01-01T00:00:00Z", unitCost: "4" }];
    const result = whatIf(costOf({ aggregation: "AVG" }), [on(1)], JUNE, {
      unitCostHistory: before,
    });
    expect(plain(result)).toMatchObject({ totalCost: "10", changedCost: "40" });
  });

  test.each([
    ["at the start of the range holds in all of it", JUNE.from, "7"],
    ["at the end of the range changes nothing in it", JUNE.to, "1"],
  ])("%s", (_, from, unitCost) => {
    const avg = costOf({ aggregation: "AVG" });
    const { periods } = whatIf(avg, [on(1)], JUNE, { unitCostHistory: [{ from, unitCost: "7" }] });
    expect(plain(periods)).toEqual([
      {
        from: "2026-06-01T00:00:00.000Z",
        to: "2026-07-01T00:00:00.000Z",
        unitCost,
        quantity: "10",
        cost: unitCost === "7" ? "70" : "10",
      },
    ]);
  });

  test("needs SUM or COUNT", () => {
    const avg = costOf({ aggregation: "AVG" });
    const [issue] = inputIssuesOf(() => whatIf(avg, [], JUNE, { unitCostHistory }));
    expect(issue).toMatchObject({
      path: ["unitCostHistory"],
      message: expect.stringContaining("AVG"),
    });
  });
});

const twice = [
  { from: JUNE.from, unitCost: 1 },
  { from: JUNE.from, unitCost: 2 },
];
test.each<readonly [string, unknown, readonly (string | number)[], RegExp]>([
  ["neither", {}, ["unitCost"], /either unitCost or unitCostHistory/],
  ["both", { unitCost: 1, unitCostHistory: twice }, ["unitCost"], /either unitCost or/],
  ["a negative unit cost", { unitCost: -1 }, ["unitCost"], /at least 0/],
  ["an unknown change", { unitCost: 1, price: 2 }, ["price"], /unitCost/],
  [
    "a bad time",
    { unitCostHistory: [{ from: "June", unitCost: 1 }] },
    ["unitCostHistory", 0, "from"],
    /June/,
  ],
  ["a time twice", { unitCostHistory: twice }, ["unitCostHistory", 1, "from"], /each instant once/],
  ["no list", { unitCostHistory: 5 }, ["unitCostHistory"], /an array of { from, unitCost }/],
  ["a list of nothing", { unitCostHistory: [null] }, ["unitCostHistory", 0], /object/],
  ["nothing", null, [], /an object with unitCost or unitCostHistory/],
])("%s is refused", (_, changes, path, message) => {
  const run = () => whatIf(costOf(), [], JUNE, changes as WhatIfChanges);
  expect(inputIssuesOf(run)).toEqual([{ path, message: expect.stringMatching(message) }]);
  expect(run).toThrow(/^whatIf: the costs cannot be compared/);
});

test("an invalid event is thrown, or handed over", () => {
  const events = [on(1), on(2, 5, { subject: 5 })];
  expect(thrownBy(() => whatIf(costOf(), events, JUNE, { unitCost: 1 }))).toMatchObject({
    code: "INVALID_EVENT",
    index: 1,
  });
  const seen: number[] = [];
  const onInvalidEvent = ({ index }: { readonly index: number }) => void seen.push(index);
  const result = whatIf(costOf(), events, JUNE, { unitCost: 1 }, { onInvalidEvent });
  expect([result.totalQuantity?.toString(), seen]).toEqual(["10", [1]]);
});
