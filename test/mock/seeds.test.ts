import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import { createMockPaygentic, type MockPaygenticOptions } from "../../src/mock/index.ts";
import { defineCost } from "../../src/schemas/contract.ts";
import { Decimal } from "../../src/values/decimal.ts";
import { LosslessNumber } from "../../src/values/lossless-json.ts";
import { call, EVENT, JUNE, TOKENS } from "./call.ts";

const issuesOf = (options: MockPaygenticOptions): string[] => {
  try {
    createMockPaygentic(options);
  } catch (error) {
    if (error instanceof InvalidInputError) return error.issues.map(({ path }) => path.join("."));
    throw error;
  }
  return [];
};
// biome-ignore lint/suspicious/noExplicitAny: what a program without types may hand in
const untyped = (options: any): MockPaygenticOptions => options;

describe("costs that are there from the start", () => {
  test("are there under the ids given, or the next unused one", async () => {
    const mock = createMockPaygentic({
      costs: [
        TOKENS,
        { ...TOKENS, id: "cst_1" },
        { ...TOKENS, id: "cst_3" },
        { ...TOKENS, id: undefined, unit: undefined },
      ],
    });
    const ids = async () =>
      (await call(mock, "GET", "/v0/costs")).json.data.map((cost: { id: string }) => cost.id);
    expect(await ids()).toEqual(["cst_2", "cst_1", "cst_3", "cst_4"]);
    expect((await call(mock, "POST", "/v0/costs", TOKENS)).json.id).toBe("cst_5");
  });

  test("take any decimal for a unit cost", async () => {
    const costs = [
      { ...TOKENS, unitCost: "1.5e-7" },
      { ...TOKENS, unitCost: new Decimal("0.1234567890123456789") },
      { ...TOKENS, unitCost: 12345678901234567890n },
      { ...TOKENS, unitCost: 0.1 },
      defineCost({ ...TOKENS, unitCost: "2" }),
    ];
    const { json } = await call(createMockPaygentic({ costs }), "GET", "/v0/costs");
    expect(json.data.map((cost: { unitCost: string }) => cost.unitCost)).toEqual([
      "0.00000015",
      "0.1234567890123456789",
      "12345678901234567890",
      "0.1",
      "2",
    ]);
  });

  test("are copies", async () => {
    const groupBy = { model: "$.model" };
    const mock = createMockPaygentic({ costs: [{ ...TOKENS, groupBy }] });
    groupBy.model = "$.other";
    const { json } = await call(mock, "GET", "/v0/costs/cst_1");
    expect(json.groupBy).toEqual({ model: "$.model" });
  });

  test("are checked", () => {
    const ids = [{ ...TOKENS, id: "cst_1" }, TOKENS, { ...TOKENS, id: "cst_1" }];
    expect(issuesOf({ costs: ids })).toEqual(["costs.2.id"]);
    expect(issuesOf({ costs: [{ ...TOKENS, id: "cost-1" }] })).toEqual(["costs.0.id"]);
    expect(issuesOf({ costs: [{ ...TOKENS, unitCost: "-1" }] })).toEqual(["costs.0.unitCost"]);
    expect(issuesOf({ costs: [{ ...TOKENS, unitCost: Number.NaN }] })).toEqual([
      "costs.0.unitCost",
    ]);
    expect(issuesOf({ costs: [{ ...TOKENS, groupBy: { model: "model" } }] })).toEqual([
      "costs.0.groupBy.model",
    ]);
    expect(issuesOf(untyped({ costs: [null] }))).toEqual(["costs.0"]);
    expect(issuesOf(untyped({ costs: [{ ...TOKENS, valueProperty: undefined }] }))).toEqual([
      "costs.0.valueProperty",
    ]);
    expect(issuesOf(untyped({ costs: [{ ...TOKENS, colour: "red" }] }))).toEqual([
      "costs.0.colour",
    ]);
  });
});

describe("events that are there from the start", () => {
  test("count like those that are sent, each key once, whatever their form", async () => {
    const long = { ...EVENT, data: { tokens: new LosslessNumber("0.1000000000000000000001") } };
    const mock = createMockPaygentic({
      costs: [TOKENS],
      events: [
        EVENT,
        { ...EVENT, timestamp: new Date("2026-06-30T23:59:59.999Z") },
        { ...EVENT, timestamp: new Date("2026-07-01T00:00:00.000Z") },
        { ...EVENT, idempotencyKey: "a", timestamp: "2026-06-01T12:00:00.123456+02:00" },
        { ...EVENT, idempotencyKey: "a" },
        { type: EVENT.type, data: { tokens: "1" }, source: null, subject: null },
        { ...EVENT, type: "nobody meters this" },
        long,
      ],
      clock: () => new Date("2026-06-15T00:00:00Z"),
    });
    const again = await call(mock, "POST", "/v0/events", { ...EVENT, idempotencyKey: "a" });
    expect(again.status).toBe(202);
    expect(again.json).toMatchObject({
      id: "evt_4",
      timestamp: "2026-06-01T12:00:00.123456+02:00",
    });
    const { text } = await call(mock, "GET", `/v0/costs/cst_1/summary?${JUNE}`);
    expect(text).toContain('"totalQuantity":7.1000000000000000000001}');
  });

  test("are copies", async () => {
    const data = { tokens: 1 };
    const mock = createMockPaygentic({ costs: [TOKENS], events: [{ ...EVENT, data }] });
    data.tokens = 100;
    const { json } = await call(mock, "GET", `/v0/costs/cst_1/summary?${JUNE}`);
    expect(json.totalQuantity).toBe(1);
  });

  test("are checked", () => {
    expect(issuesOf({ events: [EVENT, { ...EVENT, timestamp: "yesterday" }] })).toEqual([
      "events.1.timestamp",
    ]);
    expect(issuesOf({ events: [{ ...EVENT, timestamp: new Date(Number.NaN) }] })).toEqual([
      "events.0.timestamp",
    ]);
    expect(issuesOf({ events: [{ ...EVENT, data: { tokens: 1n } }] })).toEqual([
      "events.0.data.tokens",
    ]);
    expect(issuesOf(untyped({ events: [7] }))).toEqual(["events.0"]);
    expect(issuesOf(untyped({ events: [{ ...EVENT, data: [] }] }))).toEqual(["events.0.data"]);
  });
});

test("options that it does not know are refused", () => {
  expect(issuesOf(untyped({ cost: [] }))).toEqual(["cost"]);
  expect(issuesOf(untyped({ costs: TOKENS }))).toEqual(["costs"]);
  expect(issuesOf(untyped({ events: "[]" }))).toEqual(["events"]);
  expect(issuesOf(untyped({ clock: new Date() }))).toEqual(["clock"]);
  expect(issuesOf(untyped(null))).toEqual([""]);
  expect(issuesOf({ costs: undefined, events: undefined, clock: undefined })).toEqual([]);
});

test("two mocks know nothing of each other, and do the same", async () => {
  const clock = () => new Date("2026-06-15T00:00:00Z");
  const one = createMockPaygentic({ clock });
  const other = createMockPaygentic({ clock });
  const created = await call(one, "POST", "/v0/costs", TOKENS);
  expect((await call(other, "GET", "/v0/costs")).json.data).toEqual([]);
  expect((await call(other, "POST", "/v0/costs", TOKENS)).json).toEqual(created.json);
});

test.each(["costs", "events"])("a hole in the %s is nothing to begin with", (name) => {
  expect(() => createMockPaygentic({ [name]: new Array(1) })).toThrowError(
    expect.objectContaining({
      code: "INVALID_INPUT",
      issues: [expect.objectContaining({ path: [name, 0] })],
    }),
  );
});
