import { type Drift, InvalidResponseError, type PaygenticOptions } from "metered-costs";
import { describe, expect, test } from "vitest";
import {
  COST,
  CREATE,
  EVENT,
  JUNE,
  JUNE_REPORT,
  PAGE,
  RECEIPT,
  REPORT,
  SUMMARY,
} from "./samples.ts";
import { errorOf, scene } from "./scene.ts";
import { json, text } from "./scripted-server.ts";

const { server, client } = scene();
const listen = (options: PaygenticOptions = {}) => {
  const drifts: Drift[] = [];
  return { ...client({ ...options, onDrift: (drift) => drifts.push(drift) }), drifts };
};
const paths = (drifts: readonly Drift[]) => drifts.map(({ path }) => path);

describe("an answer as the contract has it", () => {
  test("is no drift", async () => {
    server.answer(json(COST), json(COST, 201), json(PAGE), json(SUMMARY), json(REPORT));
    const { data: _, ...echo } = EVENT;
    server.answer(json(RECEIPT, 202), json({}, 202), json({ ...echo, ...RECEIPT }, 202));
    const { costs, events, drifts } = listen();
    await costs.get("cst_1");
    await costs.create(CREATE);
    await costs.list();
    await costs.summary("cst_1", JUNE);
    await costs.report(JUNE_REPORT);
    await events.ingest(EVENT);
    await events.ingest(EVENT);
    await events.ingest(EVENT);
    expect(drifts).toEqual([]);
  });

  test("is no drift without its optional fields", async () => {
    const { id, object, type, name, currency, unitCost, productId, merchantId } = COST;
    const { createdAt, updatedAt } = COST;
    server.answer(
      json({
        id,
        object,
        type,
        name,
        currency,
        unitCost,
        productId,
        merchantId,
        createdAt,
        updatedAt,
      }),
    );
    const { costs, drifts } = listen();
    await costs.get("cst_1");
    expect(drifts).toEqual([]);
  });
});

describe("what the contract does not know", () => {
  test("is kept as it came, and reported by its path", async () => {
    server.answer(
      json({
        ...PAGE,
        cursor: "c_1",
        data: [{ ...COST, margin: 0.25, createdBy: { at: "2026-06-01T00:00:00Z" } }],
      }),
    );
    const { costs, drifts } = listen();
    const page = await costs.list();
    expect(page).toMatchObject({
      cursor: "c_1",
      data: [{ margin: 0.25, createdBy: { at: "2026-06-01T00:00:00Z" } }],
    });
    expect(drifts).toHaveLength(3);
    expect(drifts).toEqual(
      expect.arrayContaining([
        { operation: "listCosts", path: ["cursor"], problem: "unknown field" },
        { operation: "listCosts", path: ["data", 0, "margin"], problem: "unknown field" },
        { operation: "listCosts", path: ["data", 0, "createdBy"], problem: "unknown field" },
      ]),
    );
  });

  test("may be called like a part of the language", async () => {
    server.answer(
      text(JSON.stringify(COST).replace("{", '{"__proto__":{"polluted":1},"constructor":2,')),
    );
    const { costs, drifts } = listen();
    const cost = await costs.get("cst_1");
    expect(Object.hasOwn(cost, "__proto__")).toBe(true);
    expect((cost as unknown as { polluted?: number }).polluted).toBeUndefined();
    expect(paths(drifts)).toEqual(expect.arrayContaining([["__proto__"], ["constructor"]]));
  });

  test.each<[string, object, string]>([
    ["aggregation", { aggregation: "MEDIAN" }, "MEDIAN"],
    ["type", { type: "tiered" }, "tiered"],
    ["object", { object: "metered_cost" }, "metered_cost"],
    ["currency", { currency: "usdc" }, "usdc"],
    ["id", { id: "cost-1" }, "cost-1"],
    ["valueProperty", { valueProperty: "$['a b']" }, "$['a b']"],
  ])("is kept in %s, which takes only known values on the way in", async (field, change, value) => {
    server.answer(json({ ...COST, ...change }));
    const { costs, drifts } = listen();
    expect(await costs.get("cst_1")).toMatchObject({ [field]: value });
    expect(paths(drifts)).toEqual([[field]]);
    expect(drifts[0]?.problem).toContain(JSON.stringify(value));
  });

  test.each(["data", "groups", "timeSeries", "dimensions", "priorPeriod", "model"])(
    "is kept as the path of a dimension that is called %s",
    async (dimension) => {
      server.answer(json({ ...PAGE, data: [{ ...COST, groupBy: { [dimension]: "$['a b']" } }] }));
      const { costs, drifts } = listen();
      const { data } = await costs.list();
      expect(data[0]?.groupBy).toEqual({ [dimension]: "$['a b']" });
      expect(paths(drifts)).toEqual([["data", 0, "groupBy", dimension]]);
    },
  );
});

describe("what breaks the contract and is no money", () => {
  test.each<[string, unknown]>([
    ["name", undefined],
    ["name", 7],
    ["name", null],
    ["currency", undefined],
    ["productId", null],
    ["createdAt", "yesterday"],
    ["createdAt", 1780272000],
    ["createdAt", "2026-06-01T00:00:00"],
    ["updatedAt", undefined],
    ["deletedAt", "2026-02-30T00:00:00Z"],
    ["groupBy", ["model"]],
    ["unit", {}],
  ])("is undefined, and reported: a cost whose %s is %j", async (field, value) => {
    server.answer(json({ ...COST, [field]: value }));
    const { costs, drifts } = listen();
    const cost = await costs.get("cst_1");
    expect((cost as unknown as Record<string, unknown>)[field]).toBeUndefined();
    expect(drifts).toMatchObject([{ operation: "getCost", path: [field] }]);
    expect(cost.unitCost.toString()).toBe("0.0000025");
  });

  test("is undefined throughout a page, each by its path", async () => {
    server.answer(json({ ...PAGE, data: [COST, { ...COST, createdAt: 0 }], pagination: null }));
    const { costs, drifts } = listen();
    const page = await costs.list();
    expect(page.data.map(({ createdAt }) => createdAt)).toEqual([
      new Date("2026-06-01T00:00:00Z"),
      undefined,
    ]);
    expect(page.pagination).toBeUndefined();
    expect(paths(drifts)).toEqual([["data", 1, "createdAt"], ["pagination"]]);
  });

  test("is undefined in a summary and in a report", async () => {
    server.answer(
      json({
        ...SUMMARY,
        name: null,
        timeSeries: [{ windowStart: "June", windowEnd: JUNE.to, quantity: 1, cost: 2 }],
      }),
      json({ ...REPORT, period: null, availableDimensions: undefined, warnings: "none" }),
    );
    const { costs, drifts } = listen();
    const summary = await costs.summary("cst_1", JUNE);
    expect(summary.timeSeries?.[0]?.windowStart).toBeUndefined();
    expect(summary.timeSeries?.[0]?.cost.toString()).toBe("2");
    const report = await costs.report(JUNE_REPORT);
    expect(report).toMatchObject({ period: undefined, warnings: undefined });
    expect(paths(drifts)).toEqual([
      ["name"],
      ["timeSeries", 0, "windowStart"],
      ["period"],
      ["availableDimensions"],
      ["warnings"],
    ]);
  });

  test("is made text where the value of a dimension is a number, true, false or null", async () => {
    server.answer(
      json({
        ...SUMMARY,
        groups: [{ dimensions: { tier: 2, paid: null, data: [1] }, quantity: 1, cost: 2 }],
      }),
    );
    const { costs, drifts } = listen();
    const summary = await costs.summary("cst_1", { ...JUNE, groupBy: ["tier", "paid", "data"] });
    expect(summary.groups?.[0]?.dimensions).toEqual({ tier: "2", paid: "null", data: undefined });
    expect(paths(drifts)).toEqual([
      ["groups", 0, "dimensions", "tier"],
      ["groups", 0, "dimensions", "paid"],
      ["groups", 0, "dimensions", "data"],
    ]);
  });

  test("is undefined however deeply it nests", async () => {
    const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    server.answer(text(JSON.stringify(COST).replace('"Input tokens"', deep)));
    const { costs, drifts } = listen();
    const cost = await costs.get("cst_1");
    expect(cost.name).toBeUndefined();
    expect(paths(drifts)).toEqual([["name"]]);
  });
});

describe("an amount in another form than the contract's", () => {
  test("is taken as text where a number is due, with every digit, and reported", async () => {
    const digits = "12345678901234567.890123456789";
    server.answer(json({ ...SUMMARY, totalCost: digits, totalQuantity: "5e3" }));
    const { costs, drifts } = listen();
    const summary = await costs.summary("cst_1", JUNE);
    expect(summary.totalCost?.toString()).toBe(digits);
    expect(summary.totalQuantity?.toString()).toBe("5000");
    expect(paths(drifts)).toEqual([["totalCost"], ["totalQuantity"]]);
  });

  test("is taken as a number where text is due, and reported", async () => {
    server.answer(json({ ...COST, unitCost: 0.25 }));
    const { costs, drifts } = listen();
    expect((await costs.get("cst_1")).unitCost.toString()).toBe("0.25");
    expect(paths(drifts)).toEqual([["unitCost"]]);
  });
});

describe("an answer that says another thing than was sent", () => {
  test("is drift when a unit cost came back rounded", async () => {
    server.answer(json({ ...COST, unitCost: "0.12" }, 201), json({ ...COST, unitCost: "0.12" }));
    const { costs, drifts } = listen();
    await costs.create({ ...CREATE, unitCost: "0.123" });
    await costs.update("cst_1", { unitCost: 0.123 });
    expect(drifts).toEqual([
      {
        operation: "createCost",
        path: ["unitCost"],
        problem: "sent 0.123, the response has 0.12",
      },
      {
        operation: "updateCost",
        path: ["unitCost"],
        problem: "sent 0.123, the response has 0.12",
      },
    ]);
  });

  test("is no drift when the same number is written otherwise", async () => {
    server.answer(json({ ...COST, unitCost: "0.1230" }, 201), json({ ...COST, unitCost: "7" }));
    const { costs, drifts } = listen();
    await costs.create({ ...CREATE, unitCost: "1.23e-1" });
    await costs.update("cst_1", { name: "no unit cost sent" });
    expect(drifts).toEqual([]);
  });

  test("is drift when a receipt has another key or time, and what was sent is kept", async () => {
    server.answer(
      json({ ...RECEIPT, idempotencyKey: "other", timestamp: "2026-06-10T10:00:01Z" }, 202),
    );
    const { events, drifts } = listen();
    const receipt = await events.ingest(EVENT);
    expect(receipt).toEqual({
      ...RECEIPT,
      idempotencyKey: "request-1",
      timestamp: new Date("2026-06-10T10:00:00Z"),
    });
    expect(drifts).toEqual([
      {
        operation: "ingestEvent",
        path: ["idempotencyKey"],
        problem: 'sent "request-1", the response has "other"',
      },
      {
        operation: "ingestEvent",
        path: ["timestamp"],
        problem: 'sent "2026-06-10T10:00:00Z", the response has "2026-06-10T10:00:01.000Z"',
      },
    ]);
  });

  test("is no drift when the receipt writes the same time otherwise", async () => {
    server.answer(json({ ...RECEIPT, timestamp: "2026-06-10T12:00:00.000+02:00" }, 202));
    const { events, drifts } = listen();
    await events.ingest(EVENT);
    expect(drifts).toEqual([]);
  });

  test("keeps what was sent when the receipt's own cannot be read", async () => {
    server.answer(json({ ...RECEIPT, idempotencyKey: 7, timestamp: "now" }, 202));
    const { events, drifts } = listen();
    const receipt = await events.ingest(EVENT);
    expect(receipt.idempotencyKey).toBe("request-1");
    expect(receipt.timestamp).toEqual(new Date("2026-06-10T10:00:00Z"));
    expect(paths(drifts)).toEqual([["timestamp"], ["idempotencyKey"]]);
  });
});

describe("a report of drift", () => {
  test("does not carry the whole of a long value", async () => {
    server.answer(json({ ...COST, createdAt: "x".repeat(100_000) }));
    const { costs, drifts } = listen();
    await costs.get("cst_1");
    expect(drifts[0]?.problem.length).toBeLessThan(300);
  });

  test("comes before the error of an amount that is wrong", async () => {
    server.answer(json({ ...SUMMARY, name: 7, totalCost: "much" }));
    const { costs, drifts } = listen();
    await errorOf(InvalidResponseError, costs.summary("cst_1", JUNE));
    expect(paths(drifts)).toEqual([["name"]]);
  });
});
