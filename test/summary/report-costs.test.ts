import {
  type CostDefinition,
  type CostReport,
  type CostReportParams,
  type Issue,
  reportCosts,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { eventWith, inputIssuesOf, JUNE } from "./events.ts";

/** A cost that counts the calls of `events`; `changes` may be of any type. */
const costOf = (id: string | undefined, changes: object = {}): CostDefinition =>
  ({
    ...(id === undefined ? {} : { id }),
    unitCost: "1",
    currency: "USD",
    aggregation: "COUNT",
    eventType: "call",
    ...changes,
  }) as CostDefinition;
const events = [eventWith(1, { model: "m", region: "r" }), eventWith(1)];
const report = (
  costs: readonly CostDefinition[],
  query: Partial<CostReportParams> = {},
): CostReport => reportCosts(costs, events, { ...JUNE, groupBy: "cost", ...query });
const keys = (costs: readonly CostDefinition[], query?: Partial<CostReportParams>): string =>
  report(costs, query)
    .groups.map(({ key }) => key)
    .join();
const issuesOf = (
  costs: readonly CostDefinition[],
  query: Partial<CostReportParams> = {},
): readonly Issue[] => inputIssuesOf(() => report(costs, query));

describe("the costs of a report", () => {
  test("are those that are not deleted: null and undefined mean that too", () => {
    const costs = [
      costOf("cst_a", { deletedAt: null }),
      costOf("cst_b", { deletedAt: undefined }),
      costOf("cst_c", { deletedAt: new Date(0) }),
      costOf("cst_d"),
    ];
    expect(keys(costs)).toBe("cst_a,cst_b,cst_d");
  });

  test("are those of the ids asked for, in any order", () => {
    const costs = [costOf("cst_a"), costOf("cst_b"), costOf("cst_c")];
    expect(keys(costs, { costId: ["cst_c", "cst_a"] })).toBe("cst_a,cst_c");
    expect(keys(costs, { costId: "cst_b" })).toBe("cst_b");
    const some = report([...costs, costOf(undefined)], { groupBy: "customer", costId: "cst_a" });
    expect(`${some.totalCost}`).toBe("2");
  });

  test("are those of the merchant and of the currency asked for", () => {
    const costs = [
      costOf("cst_a", { merchantId: "org_1" }),
      costOf("cst_b", { merchantId: "org_2", currency: "EUR" }),
      costOf("cst_c", { merchantId: null, currency: undefined }),
    ];
    expect(keys(costs, { merchantId: "org_1" })).toBe("cst_a");
    expect(keys(costs, { currency: "EUR" })).toBe("cst_b");
    expect(report(costs, { currency: "EUR" }).currency).toBe("EUR");
  });

  test("without an id are no trouble where they are not told apart", () => {
    const both = report([costOf(undefined), costOf("cst_a")], { groupBy: "customer" });
    expect(`${both.totalCost}`).toBe("4");
    expect(both.warnings).toBeUndefined();
  });

  test("may have no currency at all", () => {
    expect(report([costOf("cst_a", { currency: undefined })]).currency).toBe("XXX");
  });
});

describe("a cost is left out with a warning", () => {
  const lacks = "it lacks an eventType, an aggregation or a valueProperty";
  test.each<[string, object]>([
    ["an eventType", { eventType: null }],
    ["an eventType at all", { eventType: undefined }],
    ["an aggregation", { aggregation: null }],
    ["an aggregation at all", { aggregation: undefined, valueProperty: "$.value" }],
    ["a valueProperty for SUM", { aggregation: "SUM", valueProperty: null }],
    ["a valueProperty at all", { aggregation: "UNIQUE_COUNT", valueProperty: undefined }],
  ])("that lacks %s", (_name, changes) => {
    const rest = report([costOf("cst_a", changes), costOf("cst_b")]);
    expect(rest.groups.map(({ key }) => key)).toEqual(["cst_b"]);
    expect(rest.warnings).toEqual([`cst_a is left out: ${lacks}`]);
  });

  test("by its name where it has no id, and as what it is where it has neither", () => {
    const without = { eventType: null };
    const costs = [costOf(undefined, { ...without, name: "Calls" }), costOf(undefined, without)];
    expect(report(costs, { groupBy: "customer" }).warnings).toEqual([
      `Calls is left out: ${lacks}`,
      `(a cost without an id) is left out: ${lacks}`,
    ]);
  });

  test("that declares not every filtered dimension, each of which is named", () => {
    const filtered = report(
      [
        costOf("cst_a", { groupBy: { model: "$.model", region: "$.region" } }),
        costOf("cst_b", { groupBy: { model: "$.model" } }),
        costOf("cst_c", { groupBy: null }),
        costOf("cst_d", { eventType: null }),
      ],
      { filterGroupBy: { model: "m", region: "r" } },
    );
    expect(filtered.groups.map(({ key, totalQuantity }) => `${key} ${totalQuantity}`)).toEqual([
      "cst_a 1",
    ]);
    // One warning a cost: what it lacks besides does not matter.
    expect(filtered.warnings).toEqual([
      "cst_b is left out: it declares no dimension region",
      "cst_c is left out: it declares no dimension model, region",
      "cst_d is left out: it declares no dimension model, region",
    ]);
  });

  test("but not COUNT, which needs no valueProperty", () => {
    expect(report([costOf("cst_a", { valueProperty: null })]).warnings).toBeUndefined();
  });
});

describe("the units of a report", () => {
  const unitsOf = (...units: readonly unknown[]): readonly string[] | undefined =>
    report(units.map((unit, index) => costOf(`cst_${index}`, { unit }))).warnings;

  test("that differ are named once each in a warning", () => {
    expect(unitsOf("call", "token", "call", undefined)).toEqual([
      "The quantities are of different units: call, token, none",
    ]);
  });

  test("that are alike are no warning: one, or none", () => {
    expect(unitsOf("call", "call")).toBeUndefined();
    expect(unitsOf(undefined, null, "")).toBeUndefined();
    expect(unitsOf()).toBeUndefined();
  });

  test("of costs that are left out do not matter", () => {
    const costs = [
      costOf("cst_a", { unit: "call" }),
      costOf("cst_b", { unit: "x", deletedAt: new Date(0) }),
    ];
    expect(report(costs).warnings).toBeUndefined();
  });
});

describe("the costs of a report are refused", () => {
  test.each([null, undefined, 5, "cst_1", []])("where one is %o", (cost) => {
    expect(issuesOf([costOf("cst_a"), cost as never])).toEqual([
      { path: ["costs", 1], message: "expected a cost: an object" },
    ]);
  });

  test.each(["id", "name", "currency", "unit", "merchantId"])(
    "where the %s is no text",
    (label) => {
      for (const value of [5, 1n, Object.create(null), Symbol("USD")]) {
        expect(issuesOf([costOf("cst_a"), costOf("cst_b", { [label]: value })])).toEqual([
          { path: ["costs", 1, label], message: "expected text" },
        ]);
      }
    },
  );

  test("where no cost has an id asked for", () => {
    const query = { costId: ["cst_x", "cst_a", "cst_y"] };
    expect(issuesOf([costOf("cst_a")], query)).toEqual([
      { path: ["costId"], message: "no cost has the id cst_x, cst_y" },
    ]);
  });

  test("where they are of several currencies", () => {
    const costs = ["USD", "EUR", "USD"].map((currency, index) =>
      costOf(`cst_${index}`, { currency }),
    );
    expect(issuesOf(costs)).toEqual([
      {
        path: ["currency"],
        message: "expected one of USD, EUR: amounts of several currencies do not add up",
      },
    ]);
  });

  test("where they are grouped by, and one has no id", () => {
    const costs = [costOf("cst_a"), costOf(undefined, { name: 'a "cost"' })];
    expect(issuesOf(costs)).toEqual([
      {
        path: ["costs"],
        message: 'expected an id of every cost to group by; "a \\"cost\\"" has none',
      },
    ]);
  });
});

describe("a dimension to group by", () => {
  const groupBy = { model: "$.model" };
  const other = {
    path: ["groupBy"],
    message:
      'expected cost or customer; "model" may be a dimension of one cost, which costId has to name',
  };

  test("is one of the cost that costId names, whatever the others are", () => {
    const costs = [costOf("cst_a", { groupBy }), costOf("cst_b"), costOf(undefined, { groupBy })];
    expect(keys(costs, { groupBy: "model", costId: "cst_a" })).toBe(",m");
    expect(issuesOf(costs, { groupBy: "model" })).toEqual([other]);
    expect(issuesOf(costs, { groupBy: "model", costId: ["cst_a", "cst_b"] })).toEqual([other]);
  });

  test("is one of no cost that has no id", () => {
    expect(issuesOf([costOf(undefined, { groupBy })], { groupBy: "model" })).toEqual([other]);
  });

  test.each([
    [{ region: "$.region", model: "$.model" }, "region, model"],
    [null, "none"],
    [undefined, "none"],
  ])("is declared, by its own name: of %o", (declared, known) => {
    for (const name of ["customers", "toString"]) {
      const costs = [costOf("cst_a", { groupBy: declared })];
      expect(issuesOf(costs, { groupBy: name, costId: "cst_a" })).toEqual([
        {
          path: ["groupBy", name],
          message: `the cost declares no dimension "${name}"; it declares ${known}`,
        },
      ]);
    }
  });
});
