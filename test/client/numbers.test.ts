import { Decimal, type DecimalInput, InvalidInputError, InvalidResponseError } from "metered-costs";
import { describe, expect, test } from "vitest";
import { COST, CREATE, JUNE, JUNE_REPORT, PAGE, REPORT, SUMMARY } from "./samples.ts";
import { errorOf, scene } from "./scene.ts";
import { json, text } from "./scripted-server.ts";

const { server, client } = scene();

/** A decimal as big.js has it: by its shape, with a `toString` that must not be asked. */
const foreign = (plain: string, e: number) => ({
  s: 1,
  e,
  toFixed: () => plain,
  toString: () => "1e-21",
});

const TINY = "0.000000000000000000123456789";
const WRITTEN: readonly (readonly [name: string, given: DecimalInput, literal: string])[] = [
  ["text", TINY, TINY],
  ["text in scientific notation", "1.23456789e-19", TINY],
  ["a Decimal", new Decimal(TINY), TINY],
  ["a decimal of another library", foreign(TINY, -19), TINY],
  ["a bigint", 123456789012345678901234567890n, "123456789012345678901234567890"],
  ["a small number", 1e-7, "0.0000001"],
  ["a large number", 1e21, "1000000000000000000000"],
  ["a number that no double holds exactly", 0.1, "0.1"],
  ["text beyond every double", `${"9".repeat(400)}.5`, `${"9".repeat(400)}.5`],
  ["zero", "0.000", "0"],
  ["negative zero", -0, "0"],
];

describe("a unit cost on its way out", () => {
  test.each(WRITTEN)(
    "is written as a number literal with all its digits when created from %s",
    async (_, given, literal) => {
      server.answer(json({ ...COST, unitCost: literal }, 201));
      await client().costs.create({ ...CREATE, unitCost: given });
      expect(server.request.body).toContain(`"unitCost":${literal},`);
    },
  );

  test.each(WRITTEN)(
    "is written as a number literal with all its digits when updated to %s",
    async (_, given, literal) => {
      server.answer(json({ ...COST, unitCost: literal }));
      await client().costs.update("cst_1", { unitCost: given });
      expect(server.request.body).toBe(`{"unitCost":${literal}}`);
    },
  );

  test.each<[string, unknown]>([
    ["a negative number", "-0.1"],
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["text that is no number", "1,5"],
    ["empty text", ""],
    ["nothing", null],
    ["a number of 1,001 digits", "1".repeat(1_001)],
    ["a number beyond 10^1000", "1e1001"],
    ["an array", [1]],
  ])("is refused when it is %s, and nothing is sent", async (_, unitCost) => {
    const { costs } = client();
    const given = unitCost as DecimalInput;
    for (const call of [
      costs.create({ ...CREATE, unitCost: given }),
      costs.update("cst_1", { unitCost: given }),
    ]) {
      expect((await errorOf(InvalidInputError, call)).issues).toMatchObject([
        { path: ["unitCost"] },
      ]);
    }
    expect(server.requests).toEqual([]);
  });
});

describe("a number in an answer", () => {
  const LONG = "12345678901234567.890123456789";

  test("keeps every digit as the total of a summary", async () => {
    server.answer(
      text(
        `{"object":"cost","id":"cst_1","name":"n","type":"metered","currency":"USD",` +
          `"totalCost":${LONG},"totalQuantity":-0.1234567890123456789,` +
          `"groups":[{"dimensions":{},"quantity":1e400,"cost":${LONG}}],` +
          `"timeSeries":[{"windowStart":"2026-06-01T00:00:00Z","windowEnd":"2026-06-02T00:00:00Z",` +
          `"quantity":90071992547409931,"cost":1.50}]}`,
      ),
    );
    const summary = await client().costs.summary("cst_1", JUNE);
    expect(JSON.parse(JSON.stringify(summary))).toMatchObject({
      totalCost: LONG,
      totalQuantity: "-0.1234567890123456789",
      groups: [{ quantity: `1${"0".repeat(400)}`, cost: LONG }],
      timeSeries: [{ quantity: "90071992547409931", cost: "1.5" }],
    });
  });

  test("keeps every digit throughout a report", async () => {
    const body = JSON.stringify(REPORT)
      .replaceAll("12.5", LONG)
      .replaceAll('"percentOfTotal":100', '"percentOfTotal":33.333333333333333333')
      .replaceAll('"changePercent":25', '"changePercent":-12.345678901234567890123')
      .replaceAll('"cost":10', `"cost":${LONG}`);
    server.answer(text(body));
    const report = await client().costs.report(JUNE_REPORT);
    expect(report.totalCost.toString()).toBe(LONG);
    expect(report.groups[0]?.totalCost.toString()).toBe(LONG);
    expect(report.groups[0]?.percentOfTotal.toString()).toBe("33.333333333333333333");
    expect(report.groups[0]?.priorPeriod?.cost.toString()).toBe(LONG);
    expect(report.groups[0]?.priorPeriod?.changePercent?.toString()).toBe(
      "-12.345678901234567890123",
    );
    expect(report.timeSeries[0]?.groups["cst_1"]?.toString()).toBe(LONG);
  });

  test("keeps every digit of a unit cost, which comes as text", async () => {
    server.answer(json({ ...COST, unitCost: TINY }));
    const cost = await client().costs.get("cst_1");
    expect(cost.unitCost.toString()).toBe(TINY);
    expect(JSON.stringify(cost.unitCost)).toBe(`"${TINY}"`);
  });

  test("keeps every digit of a unit cost that came as a number", async () => {
    server.answer(text(JSON.stringify(COST).replace('"0.0000025"', TINY)));
    expect((await client().costs.get("cst_1")).unitCost.toString()).toBe(TINY);
  });

  test("is an ordinary number in a field that the contract does not know", async () => {
    server.answer(
      text(JSON.stringify({ ...COST, rank: "@", nested: { list: ["@"] } }).replaceAll('"@"', LONG)),
    );
    const cost = await client().costs.get("cst_1");
    expect(cost).toMatchObject({ rank: Number(LONG), nested: { list: [Number(LONG)] } });
  });

  test("is left alone inside text, however it is quoted", async () => {
    const name = `\\" : ${LONG}, [${LONG}] \u0000${LONG}`;
    server.answer(json({ ...COST, name }));
    expect((await client().costs.get("cst_1")).name).toBe(name);
  });

  test("keeps its digits next to text that looks like our own marks", async () => {
    const body = JSON.stringify({ ...SUMMARY, name: "\u00001", eventType: "\\u0000" });
    server.answer(text(body.replace('"totalCost":12.5', `"totalCost":${LONG}`)));
    const summary = await client().costs.summary("cst_1", JUNE);
    expect(summary).toMatchObject({ name: "\u00001", eventType: "\\u0000" });
    expect(summary.totalCost?.toString()).toBe(LONG);
  });

  test("is written out in full when the answer is made JSON again", async () => {
    server.answer(text(JSON.stringify(SUMMARY).replace("12.5", "1e-30")));
    const summary = await client().costs.summary("cst_1", JUNE);
    expect(JSON.stringify(summary)).toContain(`"totalCost":"0.${"0".repeat(29)}1"`);
  });
});

describe("a total that was not computed", () => {
  test("is null when the response has null", async () => {
    server.answer(json({ ...SUMMARY, totalCost: null, totalQuantity: null }));
    const { totalCost, totalQuantity } = await client().costs.summary("cst_1", JUNE);
    expect([totalCost, totalQuantity]).toEqual([null, null]);
  });

  test("is not taken for null when the answer does not have it", async () => {
    const { totalCost: _, ...rest } = SUMMARY;
    server.answer(json(rest));
    const error = await errorOf(InvalidResponseError, client().costs.summary("cst_1", JUNE));
    expect(error).toMatchObject({
      code: "INVALID_RESPONSE",
      operation: "getCostSummary",
      status: 200,
      attempts: 1,
      bodyText: JSON.stringify(rest),
      issues: [{ path: ["totalCost"] }],
    });
  });

  test("may be absent as a quantity, which is optional", async () => {
    const { totalQuantity: _, ...rest } = SUMMARY;
    server.answer(json(rest));
    const summary = await client().costs.summary("cst_1", JUNE);
    expect(summary.totalQuantity).toBeUndefined();
  });
});

describe("an amount that is wrong or missing makes the answer unusable", () => {
  test.each<[string, unknown, (string | number)[]]>([
    ["a total of text that is no number", { totalCost: "12,5" }, ["totalCost"]],
    ["a total of empty text", { totalCost: "" }, ["totalCost"]],
    ["a total that is true", { totalCost: true }, ["totalCost"]],
    ["a total that is an object", { totalCost: {} }, ["totalCost"]],
    ["a total beyond every bound", { totalCost: "1e2000" }, ["totalCost"]],
    [
      "a group without its cost",
      { groups: [{ dimensions: {}, quantity: 1 }] },
      ["groups", 0, "cost"],
    ],
    ["a group that is null", { groups: [null] }, ["groups", 0]],
    [
      "a group without its dimensions",
      { groups: [{ quantity: 1, cost: 1 }] },
      ["groups", 0, "dimensions"],
    ],
    ["groups that are an object", { groups: {} }, ["groups"]],
    [
      "a window with a quantity of null",
      { timeSeries: [{ windowStart: JUNE.from, windowEnd: JUNE.to, quantity: null, cost: 1 }] },
      ["timeSeries", 0, "quantity"],
    ],
  ])("in a summary: %s", async (_, change, path) => {
    server.answer(json({ ...SUMMARY, ...(change as object) }));
    const error = await errorOf(InvalidResponseError, client().costs.summary("cst_1", JUNE));
    expect(error.issues).toMatchObject([{ path }]);
    expect(server.requests).toHaveLength(1);
  });

  test.each<[string, object, (string | number)[]]>([
    ["no total", { totalCost: undefined }, ["totalCost"]],
    ["a total of null", { totalCost: null }, ["totalCost"]],
    ["no groups", { groups: undefined }, ["groups"]],
    [
      "a group without its share",
      { groups: [{ ...REPORT.groups[0], percentOfTotal: null }] },
      ["groups", 0, "percentOfTotal"],
    ],
    [
      "a prior period that is a number",
      { groups: [{ ...REPORT.groups[0], priorPeriod: 5 }] },
      ["groups", 0, "priorPeriod"],
    ],
    [
      "a prior period without its cost",
      { groups: [{ ...REPORT.groups[0], priorPeriod: { changePercent: 1 } }] },
      ["groups", 0, "priorPeriod", "cost"],
    ],
    [
      "a window whose group has no number",
      { timeSeries: [{ ...REPORT.timeSeries[0], groups: { cst_1: null } }] },
      ["timeSeries", 0, "groups", "cst_1"],
    ],
  ])("in a report: %s", async (_, change, path) => {
    server.answer(json({ ...REPORT, ...change }));
    const error = await errorOf(InvalidResponseError, client().costs.report(JUNE_REPORT));
    expect(error.issues).toMatchObject([{ path }]);
  });

  test.each<[string, unknown]>([
    ["missing", undefined],
    ["null", null],
    ["no number", "free"],
  ])("in a cost: a unit cost that is %s", async (_, unitCost) => {
    server.answer(json({ ...COST, unitCost }, 201));
    const error = await errorOf(InvalidResponseError, client().costs.create(CREATE));
    expect(error.issues).toMatchObject([{ path: ["unitCost"] }]);
    expect(error.message).toContain("costs.create");
    expect(server.requests).toHaveLength(1);
  });

  test("in a list, where the error names each cost that is wrong", async () => {
    server.answer(
      json({
        ...PAGE,
        data: [COST, { ...COST, id: "cst_bad", unitCost: null }, COST, { ...COST, unitCost: "x" }],
      }),
    );
    const error = await errorOf(InvalidResponseError, client().costs.list());
    expect(error.issues.map(({ path }) => path)).toEqual([
      ["data", 1, "unitCost"],
      ["data", 3, "unitCost"],
    ]);
    expect(error.issues[0]?.message).toContain("cst_bad");
    expect(error.message).toContain("data.1.unitCost");
    expect(error.message).toContain("cst_bad");
  });

  test.each<[string, unknown]>([
    ["no data", undefined],
    ["data that is null", null],
    ["an item that is no object", [COST, "cst_2"]],
  ])("in a list with %s", async (_, data) => {
    server.answer(json({ ...PAGE, data }));
    await errorOf(InvalidResponseError, client().costs.list());
  });
});
