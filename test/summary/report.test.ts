import {
  type CostDefinition,
  type CostEvent,
  type CostReport,
  type CostReportParams,
  isCostsError,
  reportCosts,
  type SummaryOptions,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";

const calls: CostDefinition = {
  id: "cst_calls",
  name: "Calls",
  unitCost: "0.01",
  currency: "USD",
  aggregation: "COUNT",
  eventType: "llm",
  unit: "call",
  merchantId: "org_1",
};
const tokens: CostDefinition = {
  id: "cst_tokens",
  name: "Tokens",
  unitCost: "0.5",
  currency: "USD",
  aggregation: "SUM",
  eventType: "llm",
  valueProperty: "$.tokens",
  unit: "token",
  groupBy: { model: "$.model", region: "$.region" },
};
const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };

/** One event of June 2026; `at` is the rest of its time. */
const used = (subject: string | null, data: object, at = "10T12:00:00Z"): CostEvent => ({
  type: "llm",
  subject,
  data,
  timestamp: `2026-06-${at}`,
});
const report = (
  query: Partial<CostReportParams>,
  events: readonly CostEvent[],
  costs: readonly CostDefinition[] = [tokens],
  options?: SummaryOptions,
): CostReport => reportCosts(costs, events, { ...june, groupBy: "customer", ...query }, options);
const rows = ({ groups }: CostReport): string[] =>
  groups.map(({ key, totalCost, totalQuantity }) => `${key} ${totalQuantity} ${totalCost}`);
const refusal = (run: () => unknown): string[] => {
  try {
    run();
  } catch (error) {
    if (isCostsError(error) && error.code === "INVALID_INPUT") {
      return error.issues.map(({ path }) => path.join("."));
    }
    throw error;
  }
  throw new Error("it was not refused");
};

describe("groups", () => {
  const events = [
    used("cus_a", { tokens: 3 }),
    used("cus_b", { tokens: "2.5" }),
    used("cus_a", { tokens: 1 }),
  ];

  test("a customer's cost is the sum over the costs of unit cost x aggregate", () => {
    const both = report({}, events, [calls, tokens]);
    expect(rows(both)).toEqual(["cus_a 6 2.02", "cus_b 3.5 1.26"]);
    expect(`${both.totalQuantity} ${both.totalCost}`).toBe("9.5 3.28");
  });

  test("by cost, every cost is a row with its name, unit and id, used or not", () => {
    const unused = { ...calls, id: "cst_unused", name: "Unused", eventType: "other" };
    const byCost = report({ groupBy: "cost" }, events, [calls, tokens, unused]);
    expect(rows(byCost)).toEqual(["cst_tokens 6.5 3.25", "cst_calls 3 0.03", "cst_unused 0 0"]);
    expect(byCost.groups.map(({ label, unit }) => `${label} ${unit}`)).toEqual([
      "Tokens token",
      "Calls call",
      "Unused call",
    ]);
  });

  test("by a dimension of the one cost that costId names", () => {
    const byModel = report({ groupBy: "model", costId: "cst_tokens" }, [
      used("cus_a", { tokens: 3, model: "m" }),
      used("cus_a", { tokens: 1, model: null }),
      used("cus_a", { tokens: 2 }),
    ]);
    expect(rows(byModel)).toEqual(["m 3 1.5", " 2 1", "null 1 0.5"]);
    expect(byModel.availableDimensions).toEqual(["model", "region"]);
  });

  test("a cost without a name is labelled by its id, a customer by the subject", () => {
    const { name: _, unit: _unit, ...bare } = calls;
    const byCost = report({ groupBy: "cost" }, events, [bare, { ...tokens, unit: null }]);
    expect(byCost.groups.map(({ key, label }) => `${key} ${label}`)).toEqual([
      "cst_tokens Tokens",
      "cst_calls cst_calls",
    ]);
    expect(byCost.groups.some((group) => "unit" in group)).toBe(false);
    const named = report({}, [...events, used("cst_tokens", { tokens: 1 })]);
    expect(named.groups.map(({ label }) => label)).toEqual(["cus_a", "cus_b", "cst_tokens"]);
  });

  test("dimensions are listed only when exactly one cost is filtered", () => {
    expect(report({}, events).availableDimensions).toEqual([]);
    expect(report({ costId: ["cst_tokens"] }, events).availableDimensions).toHaveLength(2);
    const two = report({ costId: ["cst_tokens", "cst_calls"] }, events, [calls, tokens]);
    expect(two.availableDimensions).toEqual([]);
    const plain = report({ costId: "cst_calls" }, events, [calls]);
    expect(plain.availableDimensions).toEqual([]);
    const deleted = { ...tokens, deletedAt: new Date() };
    const none = report({ costId: "cst_tokens" }, events, [deleted, { ...tokens, id: "cst_b" }]);
    expect(none.availableDimensions).toEqual([]);
  });

  test("an aggregate that is null adds nothing", () => {
    const latest = { ...tokens, id: "cst_latest", aggregation: "LATEST" };
    const byCost = report({ groupBy: "cost" }, [used("cus_a", {})], [latest, calls]);
    expect(rows(byCost)).toEqual(["cst_calls 1 0.01", "cst_latest 0 0"]);
  });

  test("a customer's aggregate is its own, not a share of the total's", () => {
    const most = { ...tokens, aggregation: "MAX" };
    expect(rows(report({}, events, [most]))).toEqual(["cus_a 3 1.5", "cus_b 2.5 1.25"]);
  });

  test("an external subject is resolved, and what has none is the customer without a name", () => {
    const external = { ...used(null, { tokens: 1 }), externalSubject: "x" };
    const resolveSubject = (subject: string) => (subject === "x" ? "cus_x" : undefined);
    const events = [external, used(null, { tokens: 2 })];
    expect(rows(report({}, events, [tokens], { resolveSubject }))).toEqual([" 2 1", "cus_x 1 0.5"]);
    expect(rows(report({}, events))).toEqual([" 3 1.5"]);
  });

  test("events are deduplicated once for all costs", () => {
    const twice = { ...used("cus_a", { tokens: 1 }), idempotencyKey: "k" };
    expect(rows(report({}, [twice, twice], [calls, tokens]))).toEqual(["cus_a 2 0.51"]);
    expect(rows(report({}, [twice, twice], [calls], { deduplicate: false }))).toEqual([
      "cus_a 2 0.02",
    ]);
  });

  test("no event and no cost give totals of 0", () => {
    const empty = report({}, []);
    expect(`${empty.totalCost} ${empty.totalQuantity} ${empty.groups.length}`).toBe("0 0 0");
    expect(report({}, events, []).currency).toBe("XXX");
    expect(report({ currency: "EUR" }, events, []).currency).toBe("EUR");
  });

  test("keys such as __proto__ are plain", () => {
    const odd = report({ windowSize: "DAY" }, [used("__proto__", { tokens: 2 })]);
    expect(rows(odd)).toEqual(["__proto__ 2 1"]);
    expect(Object.entries(odd.timeSeries[0]?.groups ?? {}).map(String)).toEqual(["__proto__,1"]);
  });
});

describe("which costs and events", () => {
  const events = [used("cus_a", { tokens: 1, model: "m" }), used("cus_b", { tokens: 2 })];

  test("a subject, a merchant and ids narrow the report", () => {
    expect(rows(report({ subject: "cus_b" }, events))).toEqual(["cus_b 2 1"]);
    const ofMerchant = report({ groupBy: "cost", merchantId: "org_1" }, events, [calls, tokens]);
    expect(rows(ofMerchant)).toEqual(["cst_calls 2 0.02"]);
    const ofId = report({ groupBy: "cost", costId: "cst_tokens" }, events, [calls, tokens]);
    expect(rows(ofId)).toEqual(["cst_tokens 3 1.5"]);
  });

  test("deleted costs are left out", () => {
    const deleted = { ...tokens, deletedAt: new Date() };
    expect(rows(report({ groupBy: "cost" }, events, [calls, deleted]))).toEqual([
      "cst_calls 2 0.02",
    ]);
  });

  test("costs of another currency are left out when one is given", () => {
    const euro = { ...calls, currency: "EUR" };
    const inEuro = report({ groupBy: "cost", currency: "EUR" }, events, [euro, tokens]);
    expect(rows(inEuro)).toEqual(["cst_calls 2 0.02"]);
    expect(inEuro.currency).toBe("EUR");
  });

  test("mixed currencies are refused when none is given", () => {
    const euro = { ...calls, currency: "EUR" };
    expect(refusal(() => report({}, events, [euro, tokens]))).toEqual(["currency"]);
  });

  test("costs that lack a filtered dimension are left out with a warning", () => {
    const filtered = report({ filterGroupBy: { model: "m" } }, events, [calls, tokens]);
    expect(rows(filtered)).toEqual(["cus_a 1 0.5"]);
    expect(filtered.warnings).toEqual(["cst_calls is left out: it declares no dimension model"]);
  });

  test("costs that an update left without what a quantity needs are left out with a warning", () => {
    const emptied = { ...tokens, eventType: null };
    const rest = report({ groupBy: "cost" }, events, [calls, emptied]);
    expect(rows(rest)).toEqual(["cst_calls 2 0.02"]);
    expect(rest.warnings).toHaveLength(1);
  });

  test("mixed units give a warning, and no unit where they are added up", () => {
    const mixed = report({}, events, [calls, tokens]);
    expect(mixed.warnings).toEqual(["The quantities are of different units: call, token"]);
    expect(mixed.groups.every((group) => !("unit" in group))).toBe(true);
    const alike = report({}, events, [tokens, { ...tokens, id: "cst_more" }]);
    expect(alike.warnings).toBeUndefined();
    expect(alike.groups[0]?.unit).toBe("token");
  });
});

test("an event counts for the costs that it concerns alone, however it was made", () => {
  const events = ["org_1", "org_2", null].flatMap((namespace) => [
    { ...used("cus_a", { tokens: 3 }), namespace },
    { ...used("cus_b", { tokens: 5 }), type: "other", namespace },
    {
      ...used("cus_a", { tokens: 7 }, "10T12:00:00Z"),
      timestamp: "2026-05-31T12:00:00Z",
      namespace,
    },
  ]);
  for (const list of [events, events.map((event) => Object.assign(Object.create({}), event))]) {
    for (const deduplicate of [true, false]) {
      expect(rows(report({ groupBy: "cost" }, list, [calls, tokens], { deduplicate }))).toEqual([
        "cst_tokens 9 4.5",
        "cst_calls 2 0.02",
      ]);
      expect(rows(report({ groupBy: "cost" }, list, [tokens, calls], { deduplicate }))).toEqual([
        "cst_tokens 9 4.5",
        "cst_calls 2 0.02",
      ]);
    }
  }
});

describe("ranking", () => {
  const events = [
    used("cus_d", { tokens: 1 }),
    used("cus_c", { tokens: 1 }),
    used("cus_b", { tokens: 10 }),
    used("cus_a", { tokens: 4 }),
  ];

  test("the highest come first, ties by key, and the rest is folded into one row", () => {
    const top = report({ topN: 3 }, events);
    expect(rows(top)).toEqual(["cus_b 10 5", "cus_a 4 2", "cus_c 1 0.5", "__other__ 1 0.5"]);
    expect(top.groups.map(({ isOther }) => isOther)).toEqual([false, false, false, true]);
    expect(`${top.totalCost} ${top.pagination.total}`).toBe("8 4");
  });

  test("there is no other row when nothing is left over", () => {
    expect(report({ topN: 4 }, events).groups.some(({ isOther }) => isOther)).toBe(false);
  });

  test("nine are named by default", () => {
    const many = Array.from({ length: 12 }, (_, index) => used(`cus_${index}`, { tokens: 1 }));
    const top = report({}, many);
    expect(top.groups).toHaveLength(10);
    expect(`${top.groups.at(-1)?.totalQuantity}`).toBe("3");
  });

  test("more than the API can name are all in the page", () => {
    const many = Array.from({ length: 130 }, (_, index) => used(`cus_${index}`, { tokens: 1 }));
    const all = report({ topN: 120 }, many);
    expect(all.groups).toHaveLength(121);
    expect(`${all.groups.at(-1)?.key} ${all.groups.at(-1)?.totalQuantity}`).toBe("__other__ 10");
    expect(all.pagination).toEqual({ total: 121, limit: 121, offset: 0 });
    expect(report({ topN: 120, limit: 3 }, many).groups).toHaveLength(3);
    const limits = [25, 26].map((topN) => report({ topN }, many).pagination.limit);
    expect(limits).toEqual([25, 27]);
  });

  test("sortDir orders the rows that are named, the other row stays last", () => {
    expect(rows(report({ topN: 3, sortDir: "asc" }, events))).toEqual([
      "cus_c 1 0.5",
      "cus_a 4 2",
      "cus_b 10 5",
      "__other__ 1 0.5",
    ]);
  });

  test("ties are in the order of their keys either way", () => {
    const alike = ["b", "a", "C", "c"].map((key) => used(key, { tokens: 1 }));
    for (const sortDir of ["asc", "desc"] as const) {
      const keys = report({ sortDir }, alike).groups.map(({ key }) => key);
      expect(keys).toEqual(["C", "a", "b", "c"]);
      // The costs come one after the other, and each of them with other customers.
      const other = { ...tokens, id: "cst_other", eventType: "other" };
      const more = ["0", "B", "z"].map((key) => ({ ...used(key, { tokens: 1 }), type: "other" }));
      const both = report({ sortDir }, [...alike, ...more], [tokens, other]);
      expect(both.groups.map(({ key }) => key).join("")).toBe("0BCabcz");
      const costs = ["c", "a", "b"].map((id) => ({ ...calls, id }));
      const byCost = report({ sortDir, groupBy: "cost" }, alike, costs);
      expect(byCost.groups.map(({ key }) => key).join("")).toBe("abc");
    }
  });

  test("the other row has a label, and a unit where all that it folds have that one", () => {
    const sameUnit = report({ topN: 1 }, events).groups.at(-1);
    expect(sameUnit).toMatchObject({ key: "__other__", label: "Other", unit: "token" });
    const costs = [tokens, calls, { ...calls, id: "cst_third", unit: "call" }];
    const others = report({ topN: 2, groupBy: "cost" }, events, costs).groups;
    expect(others.map(({ key, unit }) => `${key} ${unit}`)).toEqual([
      "cst_tokens token",
      "cst_calls call",
      "__other__ call",
    ]);
    const mixed = report({ topN: 1, groupBy: "cost" }, events, [
      tokens,
      calls,
      { ...tokens, id: "z", unitCost: 0 },
    ]);
    expect(mixed.groups[1]).not.toHaveProperty("unit");
  });

  test("sort by quantity ranks by quantity", () => {
    const dear = { ...tokens, id: "cst_dear", unitCost: 100, eventType: "dear" };
    const costs = [tokens, dear];
    const mixed = [...events, { ...used("cus_e", { tokens: 2 }), type: "dear" }];
    expect(report({ topN: 1 }, mixed, costs).groups[0]?.key).toBe("cus_e");
    expect(report({ topN: 1, sort: "totalQuantity" }, mixed, costs).groups[0]?.key).toBe("cus_b");
  });

  test("offset and limit page the list with its other row", () => {
    const page = report({ topN: 2, offset: 1, limit: 2 }, events);
    expect(rows(page)).toEqual(["cus_a 4 2", "__other__ 2 1"]);
    expect(page.pagination).toEqual({ total: 3, limit: 2, offset: 1 });
    expect(`${page.totalCost}`).toBe("8");
  });

  test("shares are percentages of the total to 34 digits, 0 of nothing", () => {
    const thirds = report({}, [used("cus_a", { tokens: 1 }), used("cus_b", { tokens: 2 })]);
    expect(thirds.groups.map(({ percentOfTotal }) => percentOfTotal.toString())).toEqual([
      "66.66666666666666666666666666666667",
      "33.33333333333333333333333333333333",
    ]);
    const free = report({}, events, [{ ...tokens, unitCost: 0 }]);
    expect(free.groups.map(({ percentOfTotal }) => percentOfTotal.toString())).toEqual(
      free.groups.map(() => "0"),
    );
    const even = report({}, [used("cus_a", { tokens: 1 }), used("cus_b", { tokens: -1 })]);
    expect(`${even.totalCost}`).toBe("0");
    expect(even.groups.map(({ percentOfTotal }) => percentOfTotal.toString())).toEqual(["0", "0"]);
  });
});

describe("the period before", () => {
  const week = { from: "2026-06-08T00:00:00Z", to: "2026-06-15T00:00:00Z" };
  const events = [
    used("cus_a", { tokens: 100 }, "30T00:00:00Z"),
    used("cus_a", { tokens: 2 }, "01T00:00:00Z"),
    used("cus_b", { tokens: 5 }, "07T23:59:59.999Z"),
    used("cus_a", { tokens: 3 }, "08T00:00:00Z"),
    used("cus_c", { tokens: 1 }, "09T00:00:00Z"),
  ];

  test("is as long and ends where the period begins", () => {
    const earlier = { ...used("cus_a", { tokens: 7 }), timestamp: "2026-05-31T23:59:59.999Z" };
    const compared = report({ ...week, comparePriorPeriod: true }, [earlier, ...events]);
    expect(
      compared.groups.map(
        ({ key, priorPeriod }) => `${key} ${priorPeriod?.cost} ${priorPeriod?.changePercent}`,
      ),
    ).toEqual(["cus_a 1 50", "cus_c 0 null"]);
  });

  test("of the other row is that of the same keys", () => {
    const folded = report({ ...week, comparePriorPeriod: true, topN: 1 }, [
      ...events,
      used("cus_c", { tokens: 4 }, "02T00:00:00Z"),
    ]);
    expect(
      `${folded.groups[1]?.priorPeriod?.cost} ${folded.groups[1]?.priorPeriod?.changePercent}`,
    ).toBe("2 -75");
  });

  test("is absent when it was not asked for", () => {
    expect(report(week, events).groups.every((group) => !("priorPeriod" in group))).toBe(true);
  });
});

describe("windows", () => {
  const events = [
    used("cus_a", { tokens: 1 }, "01T00:30:00Z"),
    used("cus_b", { tokens: 2 }, "01T01:00:00+01:00"),
    used("cus_c", { tokens: 4 }, "30T23:59:59Z"),
  ];
  const told = ({ timeSeries }: CostReport): string[] =>
    timeSeries.map(
      ({ windowStart, windowEnd, groups }) =>
        `${windowStart.toISOString()} ${windowEnd.toISOString()} ${Object.entries(groups)
          .map(([key, cost]) => `${key}=${cost}`)
          .sort()}`,
    );

  test("there are none unless asked for", () => {
    expect(report({}, events).timeSeries).toEqual([]);
  });

  test("hours and days are UTC, ascending, without empty ones", () => {
    expect(told(report({ windowSize: "HOUR" }, events))).toEqual([
      "2026-06-01T00:00:00.000Z 2026-06-01T01:00:00.000Z cus_a=0.5,cus_b=1",
      "2026-06-30T23:00:00.000Z 2026-07-01T00:00:00.000Z cus_c=2",
    ]);
    expect(told(report({ windowSize: "DAY" }, events))).toEqual([
      "2026-06-01T00:00:00.000Z 2026-06-02T00:00:00.000Z cus_a=0.5,cus_b=1",
      "2026-06-30T00:00:00.000Z 2026-07-01T00:00:00.000Z cus_c=2",
    ]);
  });

  test("are ascending whoever comes first", () => {
    const later = used("cus_0", { tokens: 1 }, "29T12:00:00Z");
    for (const list of [
      [later, ...events],
      [...events, later],
    ]) {
      const starts = report({ windowSize: "DAY" }, list).timeSeries.map(({ windowStart }) =>
        windowStart.getUTCDate(),
      );
      expect(starts).toEqual([1, 29, 30]);
    }
  });

  test("months are those of the UTC calendar, not clipped to the period", () => {
    const range = { from: "2026-01-31T00:00:00Z", to: "2026-07-01T00:00:00Z" };
    const february = { ...used("cus_a", { tokens: 1 }), timestamp: "2026-02-28T23:59:59.999Z" };
    expect(told(report({ ...range, windowSize: "MONTH" }, [february, ...events]))).toEqual([
      "2026-02-01T00:00:00.000Z 2026-03-01T00:00:00.000Z cus_a=0.5",
      "2026-06-01T00:00:00.000Z 2026-07-01T00:00:00.000Z cus_a=0.5,cus_b=1,cus_c=2",
    ]);
  });

  test("a group is of all its windows together, not their sum", () => {
    const twice = [...events, used("cus_a", { tokens: 1, model: "m" }, "20T00:00:00Z")];
    const distinct = { ...tokens, aggregation: "UNIQUE_COUNT" } as const;
    const all = report({ windowSize: "DAY" }, twice, [distinct]);
    expect(rows(all).sort()).toEqual(["cus_a 1 0.5", "cus_b 1 0.5", "cus_c 1 0.5"]);
    expect(told(all)).toEqual([
      "2026-06-01T00:00:00.000Z 2026-06-02T00:00:00.000Z cus_a=0.5,cus_b=0.5",
      "2026-06-20T00:00:00.000Z 2026-06-21T00:00:00.000Z cus_a=0.5",
      "2026-06-30T00:00:00.000Z 2026-07-01T00:00:00.000Z cus_c=0.5",
    ]);
    const models = report({ windowSize: "DAY", groupBy: "model", costId: ["cst_tokens"] }, twice);
    expect(rows(models)).toEqual([" 7 3.5", "m 1 0.5"]);
    expect(told(models)).toEqual([
      "2026-06-01T00:00:00.000Z 2026-06-02T00:00:00.000Z =1.5",
      "2026-06-20T00:00:00.000Z 2026-06-21T00:00:00.000Z m=0.5",
      "2026-06-30T00:00:00.000Z 2026-07-01T00:00:00.000Z =2",
    ]);
  });

  test("what the list folds is folded in the windows, too", () => {
    expect(told(report({ windowSize: "MONTH", topN: 1 }, events))).toEqual([
      "2026-06-01T00:00:00.000Z 2026-07-01T00:00:00.000Z __other__=1.5,cus_c=2",
    ]);
  });

  test("a customer called __other__ is apart from the row of the rest", () => {
    const named = [...events, used("__other__", { tokens: 100 })];
    const top = report({ windowSize: "MONTH", topN: 1 }, named);
    expect(top.groups.map(({ key, isOther }) => `${key} ${isOther}`)).toEqual([
      "__other__ false",
      "__other___ true",
    ]);
    expect(told(top)).toEqual([
      "2026-06-01T00:00:00.000Z 2026-07-01T00:00:00.000Z __other__=50,__other___=3.5",
    ]);
    const folded = report({ windowSize: "MONTH", topN: 1 }, [
      ...events,
      used("__other__", { tokens: 0.5 }),
      used("__other___", { tokens: 0.5 }),
    ]);
    expect(folded.groups.at(-1)?.key).toBe("__other____");
  });

  test("before 1970 months are months", () => {
    const range = { from: "1969-01-01T00:00:00Z", to: "1970-02-01T00:00:00Z" };
    const old = { ...used("cus_a", { tokens: 1 }), timestamp: "1969-12-31T23:59:59.999Z" };
    expect(told(report({ ...range, windowSize: "MONTH" }, [old]))).toEqual([
      "1969-12-01T00:00:00.000Z 1970-01-01T00:00:00.000Z cus_a=0.5",
    ]);
  });
});

describe("what is refused", () => {
  test.each<[string, object]>([
    ["from", { from: "June" }],
    ["to", { to: june.from }],
    ["groupBy", { groupBy: "" }],
    ["groupBy", { groupBy: "model" }],
    ["groupBy.nope", { groupBy: "nope", costId: "cst_tokens" }],
    ["costId", { costId: "cst_none" }],
    ["costId", { costId: [] }],
    ["topN", { topN: 0 }],
    ["limit", { limit: 0 }],
    ["offset", { offset: -1 }],
    ["windowSize", { windowSize: "MINUTE" }],
    ["sort", { sort: "cost" }],
    ["sortDir", { sortDir: "down" }],
    ["comparePriorPeriod", { comparePriorPeriod: "yes" }],
    ["currency", { currency: "dollars" }],
    ["filterGroupBy", { filterGroupBy: [] }],
    ["filterGroupBy.model", { filterGroupBy: { model: {} } }],
    ["windows", { windows: "DAY" }],
  ])("%s of %o", (path, query) => {
    expect(refusal(() => report(query, []))).toEqual([path]);
  });

  test("a cost without an id when costs are grouped by", () => {
    const { id: _, ...anonymous } = tokens;
    expect(refusal(() => report({ groupBy: "cost" }, [], [anonymous]))).toEqual(["costs"]);
  });

  test.each([null, undefined, 7, "cost"])("a cost that is %j", (cost) => {
    expect(refusal(() => report({}, [], [tokens, cost as unknown as typeof tokens]))).toEqual([
      "costs.1",
    ]);
  });

  test("an invalid event, with its index", () => {
    expect(() => report({}, [used("cus_a", {}), used("cus_a", {}, "31T00:00:00Z")])).toThrowError(
      expect.objectContaining({ code: "INVALID_EVENT", index: 1 }),
    );
  });

  test("an event that one cost cannot read, and it counts for none", () => {
    const unreadable = used("cus_a", { tokens: "1e2000" });
    const onInvalidEvent = () => {};
    expect(rows(report({}, [unreadable], [calls, tokens], { onInvalidEvent }))).toEqual([]);
    expect(() => report({}, [unreadable], [calls, tokens])).toThrowError(
      expect.objectContaining({ code: "INVALID_EVENT" }),
    );
  });
});
