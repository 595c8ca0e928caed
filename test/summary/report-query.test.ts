import { type CostReportParams, type Issue, reportCosts } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { inputIssuesOf, JUNE, thrownBy } from "./events.ts";

const cost = {
  id: "cst_1",
  name: "Calls",
  unitCost: "0.01",
  currency: "USD",
  aggregation: "COUNT",
  eventType: "call",
} as const;
const run = (query: unknown) => reportCosts([cost], [], query as CostReportParams);
const issuesOf = (changes: object): readonly Issue[] =>
  inputIssuesOf(() => run({ ...JUNE, groupBy: "customer", ...changes }));

const TIME =
  'expected an RFC 3339 time with an offset, such as "2026-01-31T09:30:00Z", or a valid Date';

describe("a field of a report's query is refused, in words that say what is due", () => {
  test.each<[name: keyof CostReportParams, message: string, values: readonly unknown[]]>([
    ["from", TIME, [undefined, new Date(Number.NaN)]],
    ["from", `${TIME}, not "June"`, ["June"]],
    ["from", `${TIME}, not null`, [null]],
    ["from", `${TIME}, not text of 41 characters`, ["x".repeat(41)]],
    ["to", TIME, [undefined, new Date(Number.NaN)]],
    ["to", `${TIME}, not 5`, [5]],
    [
      "groupBy",
      "expected cost, customer or the name of a dimension",
      ["", undefined, null, 5, ["cost"]],
    ],
    ["merchantId", "expected text", [5, null, ["org_1"]]],
    ["subject", "expected text", [5, null, ["cus_1"]]],
    [
      "filterGroupBy",
      "expected an object from dimension to value",
      [null, "model", [], new Map(), 5],
    ],
    ["topN", "expected a whole number of at least 1", [0, 1.5, -1, "5", null, Number.NaN]],
    ["comparePriorPeriod", "expected true or false", ["true", 0, null]],
    ["windowSize", "expected one of HOUR, DAY, MONTH", ["MINUTE", "day", "", null, 5]],
    ["sort", "expected one of totalCost, totalQuantity", ["cost", "", null]],
    ["sortDir", "expected one of asc, desc", ["ASC", "", null]],
    ["offset", "expected a whole number of at least 0", [-1, 0.5, "0", null, 2 ** 53]],
    ["limit", "expected a whole number of at least 1", [0, 0.5, "5", null]],
    [
      "currency",
      "expected text such as USD (^[A-Z]{3}$)",
      ["dollars", "usd", "US", "USDX", "", 5, null, ["USD"]],
    ],
  ])("%s: %s", (name, message, values) => {
    for (const value of values) {
      expect(issuesOf({ [name]: value }), String(value)).toEqual([{ path: [name], message }]);
    }
  });

  test.each<[value: unknown, path: Issue["path"], message: string]>([
    [5, ["costId"], "expected a cost's id"],
    [null, ["costId"], "expected a cost's id"],
    [{ 0: "cst_1", length: 1 }, ["costId"], "expected a cost's id"],
    [[], ["costId"], "expected a cost's id, or an array of at least one"],
    [[5], ["costId", 0], "expected a cost's id"],
    [["cst_1", 5], ["costId", 1], "expected a cost's id"],
  ])("costId: %j", (costId, path, message) => {
    expect(issuesOf({ costId })).toEqual([{ path, message }]);
  });

  test("to that is not after from", () => {
    const issues = [{ path: ["to"], message: "expected a time after from" }];
    expect(issuesOf({ to: JUNE.from })).toEqual(issues);
    expect(issuesOf({ from: JUNE.to, to: JUNE.from })).toEqual(issues);
  });

  test("a field that is unknown, with those that are known", () => {
    const message =
      "unknown field: expected from, to, groupBy, merchantId, costId, subject, filterGroupBy, topN, comparePriorPeriod, windowSize, sort, sortDir, offset, limit, currency";
    expect(issuesOf({ window: "DAY", constructor: 1 })).toEqual([
      { path: ["window"], message },
      { path: ["constructor"], message },
    ]);
    expect(issuesOf({ window: undefined })).toEqual([{ path: ["window"], message }]);
  });

  test("all that is wrong at once", () => {
    const issues = issuesOf({ window: 1, topN: 0, groupBy: "", to: JUNE.from });
    expect(issues.map(({ path }) => path.join())).toEqual(["groupBy", "topN", "window", "to"]);
    expect(thrownBy(() => run({ ...JUNE, groupBy: "cost", topN: 0 }))).toMatchObject({
      message: "The report cannot be computed: topN: expected a whole number of at least 1",
    });
  });

  test.each([null, undefined, 5, "from", [], new Map()])("a query that is %o", (query) => {
    expect(inputIssuesOf(() => run(query))).toEqual([
      { path: [], message: "expected a query: an object with from, to, groupBy" },
    ]);
  });
});

test("what a report cannot do without is asked for where there is no cost, too", () => {
  const issues = inputIssuesOf(() => reportCosts([], [], {} as CostReportParams));
  expect(issues.map(({ path }) => path)).toEqual([["from"], ["to"], ["groupBy"]]);
});

describe("a field of a report's query is taken", () => {
  test.each<[object]>([
    [{ topN: 1 }],
    [{ topN: 25 }],
    [{ topN: 26 }],
    [{ topN: 1_000_000, limit: 1_000_000 }],
    [{ limit: 1 }],
    [{ limit: 100 }],
    [{ offset: 0 }],
    [{ offset: Number.MAX_SAFE_INTEGER }],
    [{ comparePriorPeriod: false }],
    [{ windowSize: "HOUR", sort: "totalQuantity", sortDir: "asc" }],
    [{ windowSize: "DAY", sort: "totalCost", sortDir: "desc" }],
    [{ windowSize: "MONTH" }],
    [{ currency: "USD", merchantId: "", subject: "" }],
    [{ costId: "cst_1" }],
    [{ costId: ["cst_1", "cst_1"] }],
    [{ from: new Date(0), to: new Date(1) }],
  ])("%o", (changes) => {
    expect(run({ ...JUNE, groupBy: "customer", ...changes }).object).toBe("cost_report");
  });

  test("as if absent where it is undefined, and the defaults are told", () => {
    const names = ["topN", "limit", "offset", "sort", "sortDir", "currency", "filterGroupBy"];
    const absent = Object.fromEntries(names.map((name) => [name, undefined]));
    const report = run({ ...JUNE, groupBy: "cost", ...absent });
    expect(report).toMatchObject({
      currency: "USD",
      groupBy: "cost",
      period: { from: new Date(JUNE.from), to: new Date(JUNE.to) },
      pagination: { total: 1, limit: 25, offset: 0 },
    });
  });
});

describe("what a report is made of is refused", () => {
  const query = { ...JUNE, groupBy: "cost" } as const;
  test.each([undefined, null, 5, {}])("costs that are %o", (costs) => {
    expect(inputIssuesOf(() => reportCosts(costs as never, [], query))).toEqual([
      { path: ["costs"], message: "expected an array or another synchronous iterable of costs" },
    ]);
  });

  test.each([undefined, null, 5, {}])("events that are %o", (events) => {
    expect(inputIssuesOf(() => reportCosts([cost], events as never, query))).toEqual([
      { path: ["events"], message: "expected an array or another synchronous iterable of events" },
    ]);
  });
});
