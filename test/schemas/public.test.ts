import { sValidator } from "@hono/standard-validator";
import { Hono } from "hono";
import { Decimal, Paygentic } from "metered-costs";
import { createMockPaygentic } from "metered-costs/mock";
import * as schemas from "metered-costs/schemas";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import * as mini from "zod/mini";
import { ANSWERS } from "./comparison.ts";
import { EXAMPLES, SMALLEST } from "./examples.ts";

type Members = Readonly<Record<string, unknown>>;
const example = (name: string): Members => EXAMPLES.get(name) as Members;
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const PARAMS = {
  "createCost body": schemas.CostCreateParamsSchema,
  "updateCost body": schemas.CostUpdateParamsSchema,
  "listCosts query": schemas.CostListParamsSchema,
  "getCostSummary query": schemas.CostSummaryParamsSchema,
  "getCostReport query": schemas.CostReportParamsSchema,
  "ingestEvent body": schemas.EventIngestParamsSchema,
  "getProfitability query": schemas.ProfitabilityParamsSchema,
  "getRevenue query": schemas.RevenueParamsSchema,
  "getBillableMetricMeter query": schemas.BillableMetricMeterParamsSchema,
  "listBillableMetricEvents query": schemas.BillableMetricEventListParamsSchema,
};
const MODELS = {
  Cost: schemas.CostSchema,
  CostPage: schemas.CostPageSchema,
  CostSummary: schemas.CostSummarySchema,
  CostReport: schemas.CostReportSchema,
  EventReceipt: schemas.EventReceiptSchema,
  ProfitabilitySummary: schemas.ProfitabilitySummarySchema,
  RevenueSummary: schemas.RevenueSummarySchema,
  BillableMetricMeter: schemas.BillableMetricMeterSchema,
  BillableMetricEventPage: schemas.BillableMetricEventPageSchema,
};

test("there is a schema of everything that is sent and answered", () => {
  const all = [...Object.values(PARAMS), ...Object.values(MODELS), schemas.CostEventSchema];
  expect(Object.values(schemas)).toHaveLength(all.length);
  expect(new Set(Object.values(schemas))).toEqual(new Set(all));
  expect(Object.keys(MODELS).sort()).toEqual(Object.keys(ANSWERS).sort());
  const sent = [...EXAMPLES.keys()].filter((name) => /body|query/.test(name));
  expect(Object.keys(PARAMS).sort()).toEqual(sent.sort());
});

describe.each(Object.entries(PARAMS))("params of %s", (name, schema: mini.ZodMiniType) => {
  test("are read of plain JSON, and of what was read", () => {
    for (const payload of [EXAMPLES.get(name), SMALLEST.get(name)]) {
      if (payload === undefined) continue;
      const params = schema.parse(asJson(payload));
      expect(schema.parse(params)).toEqual(params);
    }
  });

  test("have no unknown fields; each is an issue with its path", () => {
    const { error } = schema.safeParse({ ...example(name), novel: 1, other: 2 });
    expect(error?.issues.map(({ path }) => path)).toEqual([["novel"], ["other"]]);
    for (const { message } of error?.issues ?? []) expect(message).toMatch(/^unknown field: /);
  });

  test("are a Standard Schema", () => {
    const { vendor, version, validate } = schema["~standard"];
    expect([vendor, version]).toEqual(["zod", 1]);
    expect(validate(asJson(example(name)))).toEqual({ value: schema.parse(example(name)) });
    expect(validate(null)).toEqual({
      issues: [expect.objectContaining({ message: "expected an object" })],
    });
  });
});

describe.each(Object.entries(MODELS))("the model %s", (name, schema: mini.ZodMiniType) => {
  test("is the one that the client makes", () => {
    const model = ANSWERS[name]?.(asJson(example(name)), () => undefined).model;
    expect(schema.parse(asJson(example(name)))).toEqual(model);
  });

  test("is read again after it was written as JSON, with every digit", () => {
    const model = schema.parse(example(name));
    expect(schema.parse(asJson(model))).toEqual(model);
  });

  test("keeps unknown fields", () => {
    expect(schema.parse({ ...example(name), novel: { a: 1 } })).toMatchObject({ novel: { a: 1 } });
  });
});

describe("models", () => {
  test("keep enum members that the contract does not have yet, as the client does", () => {
    const cost = { ...example("Cost"), aggregation: "MEDIAN", type: "tiered" };
    expect(schemas.CostSchema.parse(cost)).toMatchObject({ aggregation: "MEDIAN", type: "tiered" });
  });

  test("are refused where they break the contract otherwise", () => {
    const { error } = schemas.CostSchema.safeParse({ ...example("Cost"), name: 7, unitCost: "x" });
    expect(error?.issues.map(({ path }) => path)).toEqual([["name"], ["unitCost"]]);
  });

  test("of summaries may be computed locally, with text for amounts", () => {
    const summary = schemas.CostSummarySchema.parse({
      object: "cost",
      type: "metered",
      unitCost: "0.1",
      totalCost: "12345678901234567890.123456789",
    });
    expect(summary.unitCost).toEqual(new Decimal("0.1"));
    expect(summary.totalCost?.toString()).toBe("12345678901234567890.123456789");
  });
});

describe("with other libraries", () => {
  test("hono validates a body, and the client takes what it gives", async () => {
    const mock = createMockPaygentic();
    const paygentic = new Paygentic({ apiKey: "sk_test_1", fetch: mock.fetch });
    const app = new Hono().post(
      "/costs",
      sValidator("json", schemas.CostCreateParamsSchema),
      async (c) => c.json(await paygentic.costs.create(c.req.valid("json")), 201),
    );
    const send = (body: object) =>
      app.request("/costs", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const digits = "0.0000000000000000000000000000001";
    const created = await send({ ...example("createCost body"), unitCost: digits });
    expect(created.status).toBe(201);
    expect(schemas.CostSchema.parse(await created.json()).unitCost.toString()).toBe(digits);
    expect((await send({ ...example("createCost body"), unitCost: -1 })).status).toBe(400);
  });

  test.each([
    ["zod", z.object({ list: schemas.CostListParamsSchema })],
    ["zod/mini", mini.object({ list: schemas.CostListParamsSchema })],
  ] as const)("an object of %s has them as fields, with whole paths", (_name, object) => {
    expect(object.parse({ list: { limit: 5 } })).toEqual({ list: { limit: 5 } });
    const { error } = object.safeParse({ list: { limit: 0, page: 1 } });
    expect(error?.issues.map(({ path }) => path)).toEqual([
      ["list", "limit"],
      ["list", "page"],
    ]);
  });

  test("global settings of the user's zod are as they were", () => {
    expect(z.config()).toEqual(expect.objectContaining({ localeError: expect.any(Function) }));
    expect(z.string().safeParse(1).error?.issues[0]?.message).toContain("Invalid input");
  });
});
