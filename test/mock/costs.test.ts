import { describe, expect, test } from "vitest";
import { createMockPaygentic } from "../../src/mock/index.ts";
import { call, fieldsOf, TOKENS, tickingClock } from "./call.ts";

const withUnitCost = (literal: string): string =>
  JSON.stringify({ ...TOKENS, unitCost: "@" }).replace('"@"', literal);

describe("createCost", () => {
  test("answers 201 with the cost", async () => {
    const mock = createMockPaygentic({ clock: tickingClock() });
    const answer = await call(mock, "POST", "/v0/costs", { ...TOKENS, unit: "token" });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      ...TOKENS,
      id: "cst_1",
      object: "cost",
      unitCost: "0.5",
      unit: "token",
      merchantId: "org_mock",
      createdAt: "2026-06-15T12:00:00.000Z",
      updatedAt: "2026-06-15T12:00:00.000Z",
      deletedAt: null,
    });
    expect((await call(mock, "GET", "/v0/costs/cst_1")).json).toEqual(answer.json);
  });

  test("keeps a merchant that is given, and leaves out what is not", async () => {
    const { valueProperty: _, groupBy: __, ...bare } = TOKENS;
    const body = { ...bare, aggregation: "COUNT", merchantId: "org_7" };
    const { json } = await call(createMockPaygentic(), "POST", "/v0/costs", body);
    expect(json.merchantId).toBe("org_7");
    expect(Object.keys(json)).not.toContain("groupBy");
    expect(Object.keys(json)).not.toContain("valueProperty");
    expect(Object.keys(json)).not.toContain("unit");
  });

  test.each([
    ["0", "0"],
    ["-0", "0"],
    ["1.50", "1.5"],
    ["1e-7", "0.0000001"],
    ["1E21", "1000000000000000000000"],
    ["0.12345678901234567890123456789", "0.12345678901234567890123456789"],
    ["123456789012345678901234567890", "123456789012345678901234567890"],
    ["1e-300", `0.${"0".repeat(299)}1`],
    ["1e400", `1${"0".repeat(400)}`],
  ])("takes the unit cost %s with every digit", async (literal, text) => {
    const answer = await call(createMockPaygentic(), "POST", "/v0/costs", withUnitCost(literal));
    expect(answer.json.unitCost).toBe(text);
  });

  test.each([
    "-1",
    "-0.00000000000000000000000001",
    "-123456789012345678901234567890",
    '"1"',
    "null",
    "true",
    "[1]",
    "{}",
    "1e1001",
    `1${"0".repeat(999)}1`,
  ])("refuses the unit cost %s", async (literal) => {
    const answer = await call(createMockPaygentic(), "POST", "/v0/costs", withUnitCost(literal));
    expect(answer.status).toBe(400);
    expect(fieldsOf(answer)).toEqual(["unitCost"]);
  });

  test("names everything that is wrong at once, by dotted paths", async () => {
    const answer = await call(createMockPaygentic(), "POST", "/v0/costs", {
      type: "flat",
      currency: "usd",
      productId: "prod-1",
      eventType: 5,
      aggregation: "MEDIAN",
      valueProperty: "tokens",
      groupBy: { model: "$.model", region: "$.a[0]" },
      unit: null,
      merchantId: "mer_1",
      colour: "red",
    });
    expect(answer.status).toBe(400);
    expect(answer.json.error).toBe("validation_error");
    expect(answer.json.message).toEqual(expect.any(String));
    expect(fieldsOf(answer)).toEqual([
      "type",
      "name",
      "unitCost",
      "currency",
      "productId",
      "eventType",
      "aggregation",
      "valueProperty",
      "unit",
      "merchantId",
      "colour",
      "groupBy.region",
    ]);
  });

  test.each(["SUM", "AVG", "MIN", "MAX", "LATEST"])(
    "needs a valueProperty for %s",
    async (aggregation) => {
      const { valueProperty: _, ...bare } = TOKENS;
      const answer = await call(createMockPaygentic(), "POST", "/v0/costs", {
        ...bare,
        aggregation,
      });
      expect(answer.status).toBe(400);
      expect(fieldsOf(answer)).toEqual(["valueProperty"]);
    },
  );

  test.each(["COUNT", "UNIQUE_COUNT"])("needs none for %s", async (aggregation) => {
    const { valueProperty: _, ...bare } = TOKENS;
    const answer = await call(createMockPaygentic(), "POST", "/v0/costs", { ...bare, aggregation });
    expect(answer.status).toBe(201);
  });

  test("takes names of dimensions as they are, `__proto__` too", async () => {
    const body = JSON.stringify({ ...TOKENS, groupBy: "@" }).replace(
      '"@"',
      '{"__proto__":"$.model","a,b":"$.b","":"$.c"}',
    );
    const answer = await call(createMockPaygentic(), "POST", "/v0/costs", body);
    expect(answer.status).toBe(201);
    expect(Object.entries(answer.json.groupBy)).toEqual([
      ["__proto__", "$.model"],
      ["a,b", "$.b"],
      ["", "$.c"],
    ]);
  });

  test("a field `__proto__` is an unknown field, and sets nothing", async () => {
    const body = `{"__proto__":${JSON.stringify(TOKENS)}}`;
    const answer = await call(createMockPaygentic(), "POST", "/v0/costs", body);
    expect(answer.status).toBe(400);
    expect(fieldsOf(answer)).toContain("__proto__");
    expect(fieldsOf(answer)).toContain("name");
  });
});

describe("listCosts", () => {
  const costs = Array.from({ length: 23 }, (_, index) => ({
    ...TOKENS,
    name: `Cost ${index + 1}`,
    productId: index % 2 === 0 ? "prod_even" : "prod_odd",
    merchantId: index < 5 ? "org_first" : "org_rest",
  }));
  const names = (answer: { json: { data: { name: string }[] } }): string[] =>
    answer.json.data.map(({ name }) => name);

  test("is empty at first", async () => {
    expect((await call(createMockPaygentic(), "GET", "/v0/costs")).json).toEqual({
      object: "list",
      data: [],
      pagination: { limit: 10, offset: 0, total: 0 },
    });
  });

  test("gives ten at a time, the newest last", async () => {
    const answer = await call(createMockPaygentic({ costs }), "GET", "/v0/costs");
    expect(names(answer)).toEqual(costs.slice(0, 10).map(({ name }) => name));
    expect(answer.json.pagination).toEqual({ limit: 10, offset: 0, total: 23 });
  });

  test("gives the page asked for", async () => {
    const mock = createMockPaygentic({ costs });
    const answer = await call(mock, "GET", "/v0/costs?limit=4&offset=21");
    expect(names(answer)).toEqual(["Cost 22", "Cost 23"]);
    expect(answer.json.pagination).toEqual({ limit: 4, offset: 21, total: 23 });
    expect(names(await call(mock, "GET", "/v0/costs?offset=23"))).toEqual([]);
    expect(names(await call(mock, "GET", "/v0/costs?limit=100"))).toHaveLength(23);
  });

  test("filters by merchant and product, and counts what is left", async () => {
    const mock = createMockPaygentic({ costs });
    const answer = await call(
      mock,
      "GET",
      "/v0/costs?merchantId=org_first&productId=prod_odd&limit=1",
    );
    expect(names(answer)).toEqual(["Cost 2"]);
    expect(answer.json.pagination.total).toBe(2);
    expect((await call(mock, "GET", "/v0/costs?merchantId=org_none")).json.data).toEqual([]);
  });

  test("keeps the order through updates, and leaves out what was deleted", async () => {
    const mock = createMockPaygentic({ costs: costs.slice(0, 3) });
    await call(mock, "PATCH", "/v0/costs/cst_1", { name: "Renamed" });
    expect(names(await call(mock, "GET", "/v0/costs"))).toEqual(["Renamed", "Cost 2", "Cost 3"]);
    await call(mock, "DELETE", "/v0/costs/cst_2");
    const answer = await call(mock, "GET", "/v0/costs");
    expect(names(answer)).toEqual(["Renamed", "Cost 3"]);
    expect(answer.json.pagination.total).toBe(2);
  });

  test.each([
    ["limit=0", "limit"],
    ["limit=101", "limit"],
    ["limit=-1", "limit"],
    ["limit=1e1", "limit"],
    ["limit=%205", "limit"],
    ["limit=5%20", "limit"],
    ["limit=05", "limit"],
    ["limit=5.0", "limit"],
    ["limit=0x5", "limit"],
    ["limit=", "limit"],
    ["limit=ten", "limit"],
    ["limit=5&limit=6", "limit"],
    ["offset=-1", "offset"],
    ["offset=1.5", "offset"],
    ["offset=Infinity", "offset"],
    [`offset=1${"0".repeat(400)}`, "offset"],
    ["merchantId=mer_1", "merchantId"],
    ["merchantId=", "merchantId"],
    ["productId=prod_a-b", "productId"],
  ])("refuses %s", async (query, field) => {
    const answer = await call(createMockPaygentic(), "GET", `/v0/costs?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.json.error).toBe("validation_error");
    expect(fieldsOf(answer)).toEqual([field]);
  });
});

describe("updateCost", () => {
  test("changes what is named, keeps the rest, and says when", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS], clock: tickingClock() });
    const before = (await call(mock, "GET", "/v0/costs/cst_1")).json;
    const answer = await call(
      mock,
      "PATCH",
      "/v0/costs/cst_1",
      '{"name":"Words","unitCost":0.10000000000000000000001,"groupBy":{"region":"$.region"}}',
    );
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      ...before,
      name: "Words",
      unitCost: "0.10000000000000000000001",
      groupBy: { region: "$.region" },
      updatedAt: "2026-06-15T12:00:01.000Z",
    });
    expect((await call(mock, "GET", "/v0/costs/cst_1")).json).toEqual(answer.json);
  });

  test("null removes", async () => {
    const mock = createMockPaygentic({ costs: [{ ...TOKENS, unit: "token" }] });
    const removed = {
      unit: null,
      aggregation: null,
      eventType: null,
      valueProperty: null,
      groupBy: null,
    };
    const answer = await call(mock, "PATCH", "/v0/costs/cst_1", removed);
    expect(answer.status).toBe(200);
    expect((await call(mock, "GET", "/v0/costs/cst_1")).json).toMatchObject(removed);
  });

  test.each([
    [{}, [""]],
    [{ name: null }, ["name"]],
    [{ unitCost: null }, ["unitCost"]],
    [{ unitCost: "1" }, ["unitCost"]],
    [{ unitCost: -1 }, ["unitCost"]],
    [{ currency: null }, ["currency"]],
    [{ currency: "Usd" }, ["currency"]],
    [{ aggregation: "sum" }, ["aggregation"]],
    [{ valueProperty: "$" }, ["valueProperty"]],
    [{ groupBy: { "a.b": "x" } }, ["groupBy.a.b"]],
    [{ groupBy: [] }, ["groupBy"]],
    [{ groupBy: { model: null } }, ["groupBy.model"]],
    [
      { type: "metered", productId: "prod_2", merchantId: "org_2", id: "cst_2" },
      ["type", "productId", "merchantId", "id"],
    ],
  ])("refuses %j", async (body, fields) => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    const answer = await call(mock, "PATCH", "/v0/costs/cst_1", body);
    expect(answer.status).toBe(400);
    expect(fieldsOf(answer)).toEqual(fields);
    expect((await call(mock, "GET", "/v0/costs/cst_1")).json.name).toBe("Tokens");
  });
});

describe("deleteCost", () => {
  test("answers 204 without a body; afterwards there is no such cost", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    const answer = await call(mock, "DELETE", "/v0/costs/cst_1");
    expect(answer.status).toBe(204);
    expect(answer.text).toBe("");
    const query = "from=2026-06-01T00:00:00Z&to=2026-06-02T00:00:00Z";
    for (const [method, path, body] of [
      ["GET", "/v0/costs/cst_1"],
      ["PATCH", "/v0/costs/cst_1", { name: "x" }],
      ["DELETE", "/v0/costs/cst_1"],
      ["GET", `/v0/costs/cst_1/summary?${query}`],
    ] as const) {
      const after = await call(mock, method, path, body);
      expect(after.status).toBe(404);
      expect(after.json).toEqual({ message: expect.any(String), error: "not_found" });
    }
  });

  test("gives no id away twice", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    await call(mock, "DELETE", "/v0/costs/cst_1");
    expect((await call(mock, "POST", "/v0/costs", TOKENS)).json.id).toBe("cst_2");
  });
});
