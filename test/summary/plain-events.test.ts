import { CostSummarizer, type CostSummaryParams } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { costOf, JUNE } from "./events.ts";

/** An object of getters, in the order given, that writes down which of its members are read. */
function watched<Members extends object>(members: Members, reads: string[], way = ""): Members {
  const object = {};
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(object, name, {
      enumerable: true,
      get: () => {
        reads.push(`${way}${name}`);
        return value;
      },
    });
  }
  return object as Members;
}
const fields = {
  type: "call",
  source: "api",
  subject: "cus_1",
  externalSubject: "x1",
  namespace: "org_1",
  idempotencyKey: "k1",
  timestamp: "2026-06-15T12:00:00Z",
};
/** What is read of an event, in this order, and what it counts for. */
function readsOf(event: object, data: object, cost = costOf(), query: object = {}) {
  const reads: string[] = [];
  const summarizer = new CostSummarizer(cost, { ...JUNE, ...query } as CostSummaryParams);
  summarizer.add(watched({ ...event, data: watched(data, reads, "data.") }, reads) as never);
  const { totalQuantity, groups = [] } = summarizer.summary();
  const row = groups.map(({ dimensions }) => Object.values(dimensions).join("/"));
  return { reads, total: totalQuantity?.toString() ?? null, row };
}
const all = [...Object.keys(fields), "data"];

describe("a plain event is read in one walk: each member once, in its own order", () => {
  test("with all of its fields", () => {
    expect(readsOf(fields, { value: 2 })).toEqual({
      reads: [...all, "data.value"],
      total: "2",
      row: [],
    });
  });

  test("without those that it may leave out, or with null in their place", () => {
    const { type, timestamp } = fields;
    expect(readsOf({ timestamp, type }, { value: 2 }).reads).toEqual([
      "timestamp",
      "type",
      "data",
      "data.value",
    ]);
    for (const nothing of [null, undefined]) {
      const nulls = Object.fromEntries(Object.keys(fields).map((name) => [name, nothing]));
      expect(readsOf({ ...nulls, type, timestamp }, { value: 2 })).toMatchObject({
        reads: [...all, "data.value"],
        total: "2",
      });
    }
  });

  test("and of its data only what is used, until there is no more of it", () => {
    const data = { other: 1, region: "eu", model: "large", value: 2, more: 3 };
    expect(readsOf(fields, data, costOf(), { groupBy: ["model", "region"] })).toEqual({
      reads: [...all, "data.region", "data.model", "data.value"],
      total: "2",
      row: ["large/eu"],
    });
    expect(readsOf(fields, data, costOf({ aggregation: "COUNT" })).reads).toEqual(all);
  });

  test("and of what is nested the same", () => {
    const cost = costOf({ valueProperty: "$.usage.tokens", groupBy: { model: "$.usage.model" } });
    const reads: string[] = [];
    const usage = watched({ a: 1, tokens: 5, model: "m" }, reads, "usage.");
    const all = readsOf(fields, { usage }, cost, { groupBy: "model" });
    expect(all).toMatchObject({ total: "5", row: ["m"] });
    expect(all.reads.filter((name) => name === "data.usage")).toHaveLength(1);
    expect(reads).toEqual(["usage.tokens", "usage.model"]);
  });
});

describe("what is out of the ordinary means the same, in whatever way it is read", () => {
  const { type, timestamp } = fields;
  test.each<[name: string, data: object, total: string, model: string]>([
    ["text as the value", { value: "2.5", model: "m" }, "2.5", "m"],
    ["a number as a dimension", { value: 2, model: 7 }, "2", "7"],
    ["null as a dimension", { value: 2, model: null }, "2", "null"],
    ["a missing dimension", { value: 2 }, "2", ""],
    ["an object as a dimension", { value: 2, model: { a: 1 } }, "2", ""],
    ["a prototype of none", Object.assign(Object.create(null), { value: 2, model: "m" }), "2", "m"],
  ])("%s", (_name, data, total, model) => {
    const summarizer = new CostSummarizer(costOf(), { ...JUNE, groupBy: "model" });
    summarizer.add({ type, timestamp, data } as never);
    const { totalQuantity, groups } = summarizer.summary();
    expect(`${totalQuantity}`).toBe(total);
    expect(groups?.map(({ dimensions }) => dimensions["model"])).toEqual([model]);
  });

  test("one dimension on the way to another, and the value on the way to a dimension", () => {
    const cost = costOf({ valueProperty: "$.a", groupBy: { model: "$.a.b", region: "$.c" } });
    const query = { ...JUNE, groupBy: ["model", "region"] };
    const rowOf = (data: object): string => {
      const summarizer = new CostSummarizer(cost, query);
      summarizer.add({ type, timestamp, data } as never);
      const { totalQuantity, groups = [] } = summarizer.summary();
      return `${totalQuantity} ${groups.map(({ dimensions }) => Object.values(dimensions).join("/"))}`;
    };
    expect(rowOf({ a: 2, c: "x" })).toBe("2 /x");
    expect(rowOf({ a: "2", c: "x" })).toBe("2 /x");
    expect(rowOf({ a: { b: "m" }, c: "x" })).toBe("0 ");
  });
});
