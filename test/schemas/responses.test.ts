import { describe, expect, test } from "vitest";
import type { Issue } from "../../src/errors.ts";
import {
  costPageResponse,
  costReportResponse,
  costResponse,
  costSummaryResponse,
  eventReceiptResponse,
  type ResponseReader,
} from "../../src/schemas/responses.ts";
import { Decimal } from "../../src/values/decimal.ts";
import { LosslessNumber, parseJson, stringifyJson } from "../../src/values/lossless-json.ts";
import { EXAMPLES } from "./examples.ts";

type Members = Readonly<Record<string, unknown>>;

const COST = EXAMPLES.get("Cost") as Members;
const PAGE = EXAMPLES.get("CostPage") as Members;
const SUMMARY = EXAMPLES.get("CostSummary") as Members;
const REPORT = EXAMPLES.get("CostReport") as Members;
const RECEIPT = EXAMPLES.get("EventReceipt") as Members;
const first = (rows: unknown): Members => (rows as Members[])[0] as Members;
const SUMMARY_GROUP = first(SUMMARY["groups"]);
const SUMMARY_WINDOW = first(SUMMARY["timeSeries"]);
const REPORT_GROUP = first(REPORT["groups"]);
const REPORT_WINDOW = first(REPORT["timeSeries"]);
const without = (members: Members, ...names: string[]): object =>
  Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)));

/** What the client makes of an answer's text: the model, and what was reported on the way. */
function read<T>(
  reader: ResponseReader<T>,
  answer: object,
): { model: T; drift: Issue[]; unusable: readonly Issue[] } {
  const drift: Issue[] = [];
  const tree = parseJson(stringifyJson(answer)) as Record<string, unknown>;
  return { ...reader(tree, (issue) => drift.push(issue)), drift };
}
const pathsOf = (issues: readonly Issue[]): string[] => issues.map(({ path }) => path.join("."));
const unusable = (reader: ResponseReader<unknown>, answer: object): readonly Issue[] =>
  read(reader, answer).unusable;

const READERS: readonly [string, ResponseReader<unknown>, Members][] = [
  ["a cost", costResponse.read, COST],
  ["a page of costs", costPageResponse.read, PAGE],
  ["a summary", costSummaryResponse.read, SUMMARY],
  ["a report", costReportResponse.read, REPORT],
  ["a receipt", eventReceiptResponse.read, RECEIPT],
];

describe.each(READERS)("%s as the contract has it", (_name, reader, answer) => {
  test("is read without any drift", () => {
    expect(read(reader, answer).drift).toEqual([]);
  });

  test("keeps unknown fields, with ordinary numbers, and reports them", () => {
    const digits = new LosslessNumber("0.12345678901234567890");
    const grown = { ...answer, taxes: [{ rate: digits, at: "2026-06-01T00:00:00Z" }] };
    const { model, drift } = read(reader, grown);
    expect(model).toMatchObject({
      taxes: [{ rate: 0.12345678901234568, at: "2026-06-01T00:00:00Z" }],
    });
    expect(drift).toEqual([{ path: ["taxes"], message: "unknown field" }]);
  });

  test("keeps a field that is called __proto__ as what it is", () => {
    const grown = JSON.parse(JSON.stringify(answer).replace("{", '{"__proto__":{"id":"x"},'));
    const { model, drift } = read(reader, grown);
    expect(Object.hasOwn(model as object, "__proto__")).toBe(true);
    expect(Object.getPrototypeOf(model)).toBe(Object.prototype);
    expect(pathsOf(drift)).toEqual(["__proto__"]);
  });
});

describe("amounts", () => {
  const digits = new LosslessNumber("12345678901234567890.123456789012345678901");

  test("of a cost are Decimals of its text", () => {
    const { model } = read(costResponse.read, {
      ...COST,
      unitCost: "0.00000000000000000000000000000015",
    });
    expect(model.unitCost).toBeInstanceOf(Decimal);
    expect(model.unitCost.toString()).toBe("0.00000000000000000000000000000015");
  });

  test("of a summary keep every digit of the answer", () => {
    const { model, drift } = read(costSummaryResponse.read, {
      ...SUMMARY,
      totalCost: digits,
      totalQuantity: digits,
      groups: [{ ...SUMMARY_GROUP, cost: digits, quantity: digits }],
      timeSeries: [{ ...SUMMARY_WINDOW, cost: digits, quantity: digits }],
    });
    expect(drift).toEqual([]);
    const { totalCost, totalQuantity, groups = [], timeSeries = [] } = model;
    const rows = [...groups, ...timeSeries].flatMap(({ cost, quantity }) => [cost, quantity]);
    expect([totalCost, totalQuantity, ...rows].map(String)).toEqual(Array(6).fill(digits.text));
  });

  test("of a report keep every digit of the answer", () => {
    const { model, drift } = read(costReportResponse.read, {
      ...REPORT,
      totalCost: digits,
      totalQuantity: digits,
      groups: [
        {
          ...REPORT_GROUP,
          totalCost: digits,
          totalQuantity: digits,
          percentOfTotal: digits,
          priorPeriod: { cost: digits, changePercent: digits },
        },
      ],
      timeSeries: [{ ...REPORT_WINDOW, groups: { cst_1: digits } }],
    });
    expect(drift).toEqual([]);
    const [group] = model.groups;
    expect(
      [
        model.totalCost,
        model.totalQuantity,
        group?.totalCost,
        group?.totalQuantity,
        group?.percentOfTotal,
        group?.priorPeriod?.cost,
        group?.priorPeriod?.changePercent,
        model.timeSeries[0]?.groups["cst_1"],
      ].map(String),
    ).toEqual(Array(8).fill(digits.text));
  });

  test("null rows of a summary are rows that were not asked for, with drift", () => {
    const { model, drift } = read(costSummaryResponse.read, {
      ...SUMMARY,
      groups: null,
      timeSeries: null,
    });
    expect([model.groups, model.timeSeries]).toEqual([undefined, undefined]);
    expect(pathsOf(drift)).toEqual(["groups", "timeSeries"]);
    expect(pathsOf(unusable(costSummaryResponse.read, { ...SUMMARY, groups: "none" }))).toEqual([
      "groups",
    ]);
  });

  test("of groups that are called like members of every object are Decimals too", () => {
    const groups = JSON.parse('{"__proto__": 1.5, "constructor": 2.5}');
    const { model } = read(costReportResponse.read, {
      ...REPORT,
      timeSeries: [{ ...REPORT_WINDOW, groups }],
    });
    const costs = Object.entries(model.timeSeries[0]?.groups ?? {});
    expect(costs.map(([name, cost]) => [name, cost.toString()])).toEqual([
      ["__proto__", "1.5"],
      ["constructor", "2.5"],
    ]);
  });

  test("that are null where they may be stay null, which is not zero", () => {
    const { model, drift } = read(costSummaryResponse.read, {
      ...SUMMARY,
      totalCost: null,
      totalQuantity: null,
    });
    expect(model).toMatchObject({ totalCost: null, totalQuantity: null });
    const prior = { cost: 0, changePercent: null };
    const report = read(costReportResponse.read, {
      ...REPORT,
      groups: [{ ...REPORT_GROUP, priorPeriod: prior }],
    });
    expect(report.model.groups[0]?.priorPeriod?.changePercent).toBeNull();
    expect([...drift, ...report.drift]).toEqual([]);
  });

  test("written as the other of number and text are read, and reported", () => {
    const cost = read(costResponse.read, {
      ...COST,
      unitCost: new LosslessNumber("0.12345678901234567890"),
    });
    expect(cost.model.unitCost.toString()).toBe("0.1234567890123456789");
    expect(cost.drift).toEqual([
      { path: ["unitCost"], message: "expected decimal text, found 0.12345678901234567890" },
    ]);
    const summary = read(costSummaryResponse.read, { ...SUMMARY, totalCost: "1.50" });
    expect(summary.model.totalCost?.toString()).toBe("1.5");
    expect(summary.drift).toEqual([
      { path: ["totalCost"], message: 'expected a number, found "1.50"' },
    ]);
  });

  test.each<[string, ResponseReader<unknown>, object, string]>([
    ["no unit cost", costResponse.read, without(COST, "unitCost"), "unitCost"],
    ["a unit cost of null", costResponse.read, { ...COST, unitCost: null }, "unitCost"],
    ["a unit cost in words", costResponse.read, { ...COST, unitCost: "free" }, "unitCost"],
    ["an empty unit cost", costResponse.read, { ...COST, unitCost: "" }, "unitCost"],
    ["a unit cost out of bounds", costResponse.read, { ...COST, unitCost: "1e1001" }, "unitCost"],
    [
      "an absent total cost, unlike null",
      costSummaryResponse.read,
      without(SUMMARY, "totalCost"),
      "totalCost",
    ],
    [
      "a total cost in words",
      costSummaryResponse.read,
      { ...SUMMARY, totalCost: "n/a" },
      "totalCost",
    ],
    [
      "a quantity of true",
      costSummaryResponse.read,
      { ...SUMMARY, totalQuantity: true },
      "totalQuantity",
    ],
    [
      "a group without its cost",
      costSummaryResponse.read,
      { ...SUMMARY, groups: [SUMMARY_GROUP, without(SUMMARY_GROUP, "cost")] },
      "groups.1.cost",
    ],
    [
      "a group without its dimensions",
      costSummaryResponse.read,
      { ...SUMMARY, groups: [without(SUMMARY_GROUP, "dimensions")] },
      "groups.0.dimensions",
    ],
    ["a group that is null", costSummaryResponse.read, { ...SUMMARY, groups: [null] }, "groups.0"],
    ["groups that are no array", costSummaryResponse.read, { ...SUMMARY, groups: {} }, "groups"],
    [
      "a window with a quantity of null",
      costSummaryResponse.read,
      { ...SUMMARY, timeSeries: [{ ...SUMMARY_WINDOW, quantity: null }] },
      "timeSeries.0.quantity",
    ],
    ["windows in text", costSummaryResponse.read, { ...SUMMARY, timeSeries: "none" }, "timeSeries"],
    [
      "a report without its total",
      costReportResponse.read,
      without(REPORT, "totalCost"),
      "totalCost",
    ],
    [
      "a report with a total of null",
      costReportResponse.read,
      { ...REPORT, totalCost: null },
      "totalCost",
    ],
    ["a report without its groups", costReportResponse.read, without(REPORT, "groups"), "groups"],
    [
      "a report without its windows",
      costReportResponse.read,
      without(REPORT, "timeSeries"),
      "timeSeries",
    ],
    [
      "a group's share in words",
      costReportResponse.read,
      { ...REPORT, groups: [{ ...REPORT_GROUP, percentOfTotal: "all" }] },
      "groups.0.percentOfTotal",
    ],
    [
      "a prior period without its cost",
      costReportResponse.read,
      { ...REPORT, groups: [{ ...REPORT_GROUP, priorPeriod: { changePercent: null } }] },
      "groups.0.priorPeriod.cost",
    ],
    [
      "a prior period that is a number",
      costReportResponse.read,
      { ...REPORT, groups: [{ ...REPORT_GROUP, priorPeriod: 12 }] },
      "groups.0.priorPeriod",
    ],
    [
      "a window's cost of null",
      costReportResponse.read,
      { ...REPORT, timeSeries: [{ ...REPORT_WINDOW, groups: { cst_1: 1, cst_2: null } }] },
      "timeSeries.0.groups.cst_2",
    ],
    [
      "a window's bad cost of a group that is called __proto__",
      costReportResponse.read,
      {
        ...REPORT,
        timeSeries: [{ ...REPORT_WINDOW, groups: JSON.parse('{"__proto__": "much"}') }],
      },
      "timeSeries.0.groups.__proto__",
    ],
    ["a page without its costs", costPageResponse.read, without(PAGE, "data"), "data"],
    ["a page of one cost that is no list", costPageResponse.read, { ...PAGE, data: COST }, "data"],
    ["a page with a cost of null", costPageResponse.read, { ...PAGE, data: [null] }, "data.0"],
  ])(
    "that are wrong or missing make the whole answer unusable: %s",
    (_why, reader, answer, path) => {
      expect(pathsOf(unusable(reader, answer))).toEqual([path]);
    },
  );

  test("that are wrong are all named, each with what was found", () => {
    const answer = { ...SUMMARY, totalCost: "n/a", totalQuantity: {}, name: 7 };
    expect(unusable(costSummaryResponse.read, answer)).toEqual([
      { path: ["totalCost"], message: 'expected a number, found "n/a"' },
      { path: ["totalQuantity"], message: "expected a number, found an object" },
    ]);
  });

  test("that are wrong in a list name the cost", () => {
    const bad = { ...COST, id: "cst_2", unitCost: "free" };
    expect(unusable(costPageResponse.read, { ...PAGE, data: [COST, bad] })).toEqual([
      {
        path: ["data", 1, "unitCost"],
        message: 'expected decimal text, found "free" (cost cst_2)',
      },
    ]);
  });

  test("that are wrong are shown whole, or not at all when they are long", () => {
    const [issue] = unusable(costResponse.read, { ...COST, unitCost: "x".repeat(10_000) });
    expect(issue?.message).toMatch(/^expected decimal text, found \d+ characters$/);
  });
});

describe("times", () => {
  test("of the contract are Dates, whatever their offset and digits", () => {
    const { model } = read(costResponse.read, {
      ...COST,
      createdAt: "2026-05-01T09:30:00.123456789+02:00",
      updatedAt: "2026-05-01t09:30:00z",
      deletedAt: "2026-05-03T00:00:00Z",
    });
    expect(model.createdAt).toEqual(new Date("2026-05-01T07:30:00.123Z"));
    expect(model.updatedAt).toEqual(new Date("2026-05-01T09:30:00Z"));
    expect(model.deletedAt).toEqual(new Date("2026-05-03T00:00:00Z"));
  });

  test("of summaries, reports and receipts are Dates", () => {
    const start = new Date("2026-06-01T00:00:00Z");
    expect(read(costSummaryResponse.read, SUMMARY).model.timeSeries?.[0]?.windowStart).toEqual(
      start,
    );
    const { period, timeSeries } = read(costReportResponse.read, REPORT).model;
    expect(period).toEqual({ from: start, to: new Date("2026-07-01T00:00:00Z") });
    expect(timeSeries[0]?.windowEnd).toEqual(new Date("2026-06-02T00:00:00Z"));
    expect(read(eventReceiptResponse.read, RECEIPT).model.timestamp).toEqual(
      new Date("2026-06-01T10:00:00Z"),
    );
  });

  test("in any other text stay text", () => {
    const time = "2026-06-01T00:00:00Z";
    expect(read(costResponse.read, { ...COST, name: time, unit: time }).model).toMatchObject({
      name: time,
      unit: time,
    });
    const groups = [{ ...SUMMARY_GROUP, dimensions: { day: time } }];
    const { model } = read(costSummaryResponse.read, { ...SUMMARY, name: time, groups });
    expect(model.name).toBe(time);
    expect(model.groups?.[0]?.dimensions).toEqual({ day: time });
  });

  test("that are absent, null where they may not be or unreadable are undefined, and reported", () => {
    const { model, drift } = read(costResponse.read, {
      ...without(COST, "createdAt"),
      updatedAt: null,
      deletedAt: "yesterday",
    });
    const { createdAt, updatedAt, deletedAt } = model;
    expect([createdAt, updatedAt, deletedAt]).toEqual([undefined, undefined, undefined]);
    expect(drift).toEqual([
      { path: ["createdAt"], message: "expected an RFC 3339 time, found nothing" },
      { path: ["updatedAt"], message: "expected an RFC 3339 time, found null" },
      { path: ["deletedAt"], message: 'expected an RFC 3339 time, found "yesterday"' },
    ]);
  });

  test("of a receipt and of windows may be missing without harm to the rest", () => {
    expect(read(eventReceiptResponse.read, { ...RECEIPT, timestamp: 1_780_000_000 })).toMatchObject(
      {
        model: { timestamp: undefined, idempotencyKey: "request-4711" },
        drift: [{ path: ["timestamp"] }],
      },
    );
    const { model, drift } = read(costSummaryResponse.read, {
      ...SUMMARY,
      timeSeries: [without(SUMMARY_WINDOW, "windowEnd")],
    });
    expect(model.timeSeries?.[0]?.cost.toString()).toBe("0.003085");
    expect(model.timeSeries?.[0]?.windowEnd).toBeUndefined();
    expect(pathsOf(drift)).toEqual(["timeSeries.0.windowEnd"]);
  });
});

describe("what is new or odd, and no money", () => {
  test("members that no list knows yet are kept and reported", () => {
    const { model, drift } = read(costResponse.read, {
      ...COST,
      type: "tiered",
      aggregation: "MEDIAN",
      object: "metered_cost",
    });
    expect(model).toMatchObject({ type: "tiered", aggregation: "MEDIAN", object: "metered_cost" });
    expect(drift.map(({ path: [name] }) => name).sort()).toEqual(["aggregation", "object", "type"]);
  });

  test("text in a form that no pattern knows yet is kept and reported", () => {
    const changed = {
      id: "cost-1",
      currency: "EUROS",
      valueProperty: "$.items[0].tokens",
      groupBy: { model: "$['model']", region: "$.region" },
    };
    const { model, drift } = read(costResponse.read, { ...COST, ...changed });
    expect(model).toMatchObject(changed);
    expect(pathsOf(drift).sort()).toEqual(["currency", "groupBy.model", "id", "valueProperty"]);
  });

  test("fields that are missing are undefined and reported", () => {
    const { model, drift } = read(costResponse.read, { unitCost: "1" });
    expect(model.unitCost.toString()).toBe("1");
    expect(pathsOf(drift)).toEqual([
      "id",
      "object",
      "type",
      "name",
      "currency",
      "productId",
      "merchantId",
      "createdAt",
      "updatedAt",
    ]);
  });

  test("fields of another type are dropped to undefined and reported", () => {
    const { model, drift } = read(costResponse.read, {
      ...COST,
      name: 7,
      unit: ["token"],
      aggregation: 3,
      groupBy: ["model"],
      merchantId: null,
    });
    const dropped = { name: undefined, unit: undefined, aggregation: undefined };
    expect(model).toMatchObject({ ...dropped, groupBy: undefined, merchantId: undefined });
    expect(drift).toContainEqual({ path: ["name"], message: "expected text, found 7" });
    expect(pathsOf(drift).sort()).toEqual(["aggregation", "groupBy", "merchantId", "name", "unit"]);
  });

  test("null is fine where the contract has it", () => {
    const nothing = {
      unit: null,
      aggregation: null,
      eventType: null,
      valueProperty: null,
      groupBy: null,
      deletedAt: null,
    };
    const { model, drift } = read(costResponse.read, { ...COST, ...nothing });
    expect(model).toMatchObject(nothing);
    expect(drift).toEqual([]);
  });

  test("one new member does not make a list unreadable, and is reported with its place", () => {
    const { model, drift } = read(costPageResponse.read, {
      ...PAGE,
      data: [COST, { ...COST, aggregation: "MEDIAN", taxCode: "T1" }],
    });
    expect(model.data.map(({ aggregation }) => aggregation)).toEqual(["SUM", "MEDIAN"]);
    expect(drift.map(({ path }) => path)).toEqual([
      ["data", 1, "aggregation"],
      ["data", 1, "taxCode"],
    ]);
  });

  test("pagination that cannot be read is undefined where it is wrong", () => {
    const pagination = { limit: "10", offset: 0, total: new LosslessNumber("12345678901234567") };
    const { model, drift } = read(costPageResponse.read, { ...PAGE, pagination });
    expect(model.pagination).toEqual({ limit: undefined, offset: 0, total: undefined });
    expect(pathsOf(drift)).toEqual(["pagination.limit", "pagination.total"]);
    const absent = read(costPageResponse.read, without(PAGE, "pagination"));
    expect(absent.model.data).toHaveLength(1);
    expect(pathsOf(absent.drift)).toEqual(["pagination"]);
  });

  test("values of dimensions that are no text become their text", () => {
    const dimensions = {
      tier: 2,
      beta: true,
      region: null,
      weight: new LosslessNumber("1.00000000000000001"),
    };
    const { model, drift } = read(costSummaryResponse.read, {
      ...SUMMARY,
      groups: [{ ...SUMMARY_GROUP, dimensions }],
    });
    expect(model.groups?.[0]?.dimensions).toEqual({
      tier: "2",
      beta: "true",
      region: "null",
      weight: "1",
    });
    expect(pathsOf(drift)).toEqual([
      "groups.0.dimensions.tier",
      "groups.0.dimensions.beta",
      "groups.0.dimensions.region",
      "groups.0.dimensions.weight",
    ]);
  });

  test("values of dimensions that have no text are dropped and reported", () => {
    const dimensions = { model: ["large"], region: { name: "eu" } };
    const { model, drift } = read(costSummaryResponse.read, {
      ...SUMMARY,
      groups: [{ ...SUMMARY_GROUP, dimensions }],
    });
    expect(model.groups?.[0]?.dimensions).toEqual({ model: undefined, region: undefined });
    expect(drift).toEqual([
      { path: ["groups", 0, "dimensions", "model"], message: "expected text, found an array" },
      { path: ["groups", 0, "dimensions", "region"], message: "expected text, found an object" },
    ]);
  });

  test("dimensions that are called like what holds money are dimensions", () => {
    const groupBy = { groups: "$.groups[0]", data: null, dimensions: "$.a" };
    const { model, drift } = read(costPageResponse.read, { ...PAGE, data: [{ ...COST, groupBy }] });
    expect(model.data[0]?.groupBy).toEqual({ ...groupBy, data: undefined });
    expect(pathsOf(drift)).toEqual(["data.0.groupBy.groups", "data.0.groupBy.data"]);
  });

  test("a report keeps its money when what describes it is odd", () => {
    const { model, drift } = read(costReportResponse.read, {
      ...without(REPORT, "period"),
      warnings: "late events",
      availableDimensions: ["model", 3],
      groups: [{ ...REPORT_GROUP, label: null, isOther: "no", unit: 1, taxes: 3 }],
    });
    expect(model.totalCost.toString()).toBe("0.003085");
    expect(model).toMatchObject({ warnings: undefined, availableDimensions: ["model", undefined] });
    expect(model.groups[0]).toMatchObject({
      key: "cst_1",
      label: undefined,
      isOther: undefined,
      unit: undefined,
      taxes: 3,
    });
    expect(pathsOf(drift).sort()).toEqual([
      "availableDimensions.1",
      "groups.0.isOther",
      "groups.0.label",
      "groups.0.taxes",
      "groups.0.unit",
      "period",
      "warnings",
    ]);
  });

  test("rows that are null where they may be absent are undefined and reported", () => {
    const { model, drift } = read(costSummaryResponse.read, {
      ...SUMMARY,
      groups: null,
      timeSeries: null,
    });
    expect([model.groups, model.timeSeries]).toEqual([undefined, undefined]);
    expect(pathsOf(drift)).toEqual(["groups", "timeSeries"]);
  });

  test("a receipt may be empty", () => {
    expect(read(eventReceiptResponse.read, {})).toEqual({ model: {}, drift: [], unusable: [] });
  });

  test("text that looks like a number stays text", () => {
    const { model } = read(eventReceiptResponse.read, {
      ...RECEIPT,
      idempotencyKey: "00042",
      subject: "1e3",
    });
    expect(model).toMatchObject({ idempotencyKey: "00042", subject: "1e3" });
  });
});
