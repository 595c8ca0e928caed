import { type CostEvent, Decimal, defineCost, InvalidInputError } from "metered-costs";
import { describe, expect, test } from "vitest";
import { OPERATIONS } from "./operations.ts";
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
import { errorOf, KEY, scene } from "./scene.ts";
import { empty, json } from "./scripted-server.ts";

const { server, client } = scene();

describe("every operation", () => {
  test.each(OPERATIONS)("$operation sends the key and asks for JSON", async ({ call, success }) => {
    server.answer(success);
    await call(client());
    expect(server.request.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      accept: "application/json",
    });
  });

  test.each(OPERATIONS)(
    "$operation says that its body is JSON exactly when it has one",
    async (each) => {
      server.answer(each.success);
      await each.call(client());
      const { body, headers } = server.request;
      expect(headers["content-type"]).toBe(body === "" ? undefined : "application/json");
      expect(body === "").toBe(
        !["createCost", "updateCost", "ingestEvent"].includes(each.operation),
      );
    },
  );

  test.each(OPERATIONS)(
    "$operation sends the extra headers of the client and of the call",
    async (each) => {
      server.answer(each.success);
      await each.call(client({ headers: { "X-Client": "a", "X-Both": "client" } }), {
        headers: { "X-Call": "b", "x-both": "call" },
      });
      expect(server.request.headers).toMatchObject({
        "x-client": "a",
        "x-call": "b",
        "x-both": "call",
      });
    },
  );

  test.each(OPERATIONS)("$operation keeps the path of the base URL", async ({ call, success }) => {
    server.answer(success);
    await call(client({ baseUrl: `${server.url}/proxy/paygentic/` }));
    expect(server.request.path).toMatch(
      /^\/proxy\/paygentic\/v0\/(?:costs|events|profitability|revenue|billableMetrics)/,
    );
  });
});

describe("costs.create", () => {
  test("posts the cost as it was given, its unit cost a number", async () => {
    server.answer(json(COST, 201));
    await client().costs.create({
      type: "metered",
      name: 'Tokens, "input"',
      unitCost: "2.50",
      currency: "USD",
      productId: "prod_1",
      eventType: "llm.completion",
      aggregation: "SUM",
      valueProperty: "$.tokens.input",
      groupBy: { model: "$.model", region: "$.place.region" },
      unit: "token",
      merchantId: "org_1",
    });
    const { method, target, body } = server.request;
    expect([method, target]).toEqual(["POST", "/v0/costs"]);
    expect(body).toBe(
      '{"type":"metered","name":"Tokens, \\"input\\"","unitCost":2.5,"currency":"USD",' +
        '"productId":"prod_1","eventType":"llm.completion","aggregation":"SUM",' +
        '"valueProperty":"$.tokens.input","groupBy":{"model":"$.model","region":"$.place.region"},' +
        '"unit":"token","merchantId":"org_1"}',
    );
  });

  test("leaves out what is undefined", async () => {
    server.answer(json(COST, 201));
    await client().costs.create({
      ...CREATE,
      aggregation: "COUNT",
      valueProperty: undefined,
      unit: undefined,
    });
    expect(Object.keys(JSON.parse(server.request.body))).toEqual([
      "type",
      "name",
      "unitCost",
      "currency",
      "productId",
      "eventType",
      "aggregation",
    ]);
  });

  test("gives the cost with a Decimal and Dates", async () => {
    server.answer(json(COST, 201));
    const cost = await client().costs.create(CREATE);
    expect(cost).toEqual({
      ...COST,
      unitCost: new Decimal("0.0000025"),
      createdAt: new Date("2026-06-01T00:00:00Z"),
      updatedAt: new Date("2026-06-02T10:30:00Z"),
      deletedAt: null,
    });
    expect(cost.unitCost).toBeInstanceOf(Decimal);
  });

  test("takes a defined cost", async () => {
    server.answer(json(COST, 201));
    await client().costs.create(defineCost({ ...CREATE, groupBy: { model: "$.model" } }));
    expect(JSON.parse(server.request.body)).toMatchObject({ groupBy: { model: "$.model" } });
  });
});

describe("costs.get", () => {
  test("reads one cost", async () => {
    server.answer(json(COST));
    const cost = await client().costs.get("cst_1");
    expect([server.request.method, server.request.target]).toEqual(["GET", "/v0/costs/cst_1"]);
    expect(cost.unitCost.toString()).toBe("0.0000025");
    expect(cost.createdAt.getTime()).toBe(Date.UTC(2026, 5, 1));
  });

  test("gives the time of a deletion as a Date", async () => {
    server.answer(json({ ...COST, deletedAt: "2026-06-03T00:00:00Z" }));
    const { deletedAt } = await client().costs.get("cst_1");
    expect(deletedAt).toEqual(new Date("2026-06-03T00:00:00Z"));
  });

  test.each([
    "report",
    "cst_",
    "cst_1/../../events",
    "cst_1/summary",
    "cst_1?x=1",
    "cst_1\n",
    "prod_1",
    "",
    7,
    null,
    undefined,
  ])("refuses the id %j and sends nothing", async (id) => {
    const { costs } = client();
    const calls = [
      () => costs.get(id as string),
      () => costs.update(id as string, { name: "a" }),
      () => costs.delete(id as string),
      () => costs.summary(id as string, JUNE),
    ];
    for (const call of calls) {
      expect((await errorOf(InvalidInputError, call())).issues).toMatchObject([{ path: ["id"] }]);
    }
    expect(server.requests).toEqual([]);
  });
});

describe("costs.update", () => {
  test("patches the fields that were given, null among them", async () => {
    server.answer(json(COST));
    await client().costs.update("cst_1", {
      name: "Tokens",
      unitCost: 3n,
      unit: null,
      groupBy: null,
      eventType: undefined,
    });
    const { method, target, body } = server.request;
    expect([method, target]).toEqual(["PATCH", "/v0/costs/cst_1"]);
    expect(body).toBe('{"name":"Tokens","unitCost":3,"unit":null,"groupBy":null}');
  });

  test("gives the changed cost", async () => {
    server.answer(json({ ...COST, name: "Tokens" }));
    const cost = await client().costs.update("cst_1", { name: "Tokens" });
    expect(cost.name).toBe("Tokens");
    expect(cost.updatedAt).toBeInstanceOf(Date);
  });

  test.each([{}, { name: undefined }])(
    "refuses %j, which changes nothing, and sends nothing",
    async (params) => {
      await errorOf(InvalidInputError, client().costs.update("cst_1", params));
      expect(server.requests).toEqual([]);
    },
  );
});

describe("costs.delete", () => {
  test("deletes without a body and gives nothing", async () => {
    server.answer(empty(204));
    await expect(client().costs.delete("cst_1")).resolves.toBeUndefined();
    const { method, target, body } = server.request;
    expect([method, target, body]).toEqual(["DELETE", "/v0/costs/cst_1", ""]);
  });
});

describe("costs.list", () => {
  test("asks for no page in particular when none is named", async () => {
    server.answer(json(PAGE));
    await client().costs.list();
    expect([server.request.method, server.request.target]).toEqual(["GET", "/v0/costs"]);
  });

  test("sends what narrows the list", async () => {
    server.answer(json(PAGE));
    await client().costs.list({
      merchantId: "org_1",
      productId: "prod_1",
      limit: 100,
      offset: 0,
    });
    expect(server.request.target).toBe(
      "/v0/costs?merchantId=org_1&productId=prod_1&limit=100&offset=0",
    );
  });

  test("gives a page of costs", async () => {
    server.answer(json(PAGE));
    const page = await client().costs.list();
    expect(page.pagination).toEqual({ limit: 10, offset: 0, total: 1 });
    expect(page.data).toHaveLength(1);
    expect(page.data[0]?.unitCost).toEqual(new Decimal("0.0000025"));
    expect(page.data[0]?.createdAt).toBeInstanceOf(Date);
  });
});

describe("costs.listAll", () => {
  test.each([null, 7, "cst_1"])("is refused at its first step for %j", async (params) => {
    const all = client().costs.listAll(params as unknown as object);
    await errorOf(InvalidInputError, all.next());
    expect(server.requests).toEqual([]);
  });

  const page = (from: number, count: number, total: number) =>
    json({
      object: "list",
      data: Array.from({ length: count }, (_, index) => ({ ...COST, id: `cst_${from + index}` })),
      pagination: { limit: 100, offset: from, total },
    });
  const targets = () => server.requests.map(({ target }) => target);

  test("fetches pages of 100 until one is empty", async () => {
    server.answer(page(0, 100, 150), page(100, 50, 150), page(150, 0, 150));
    const ids: string[] = [];
    for await (const { id } of client().costs.listAll()) ids.push(id);
    expect(ids).toEqual(Array.from({ length: 150 }, (_, index) => `cst_${index}`));
    expect(targets()).toEqual([
      "/v0/costs?limit=100&offset=0",
      "/v0/costs?limit=100&offset=100",
      "/v0/costs?limit=100&offset=150",
    ]);
  });

  test("moves on by the costs received, not by the size of a page", async () => {
    server.answer(page(0, 30, 1_000), page(30, 7, 1_000), page(37, 0, 1_000));
    let count = 0;
    for await (const _ of client().costs.listAll()) count++;
    expect(count).toBe(37);
    expect(targets().map((target) => target.replace(/.*offset=/, ""))).toEqual(["0", "30", "37"]);
  });

  test("does not take the word of the total", async () => {
    server.answer(page(0, 2, 0), page(2, 1, 0), page(3, 0, 0));
    let count = 0;
    for await (const _ of client().costs.listAll()) count++;
    expect(count).toBe(3);
  });

  test("starts at an offset and keeps what narrows the list", async () => {
    server.answer(page(5, 1, 6), page(6, 0, 6));
    for await (const _ of client().costs.listAll({ productId: "prod_1", offset: 5 }));
    expect(targets()).toEqual([
      "/v0/costs?productId=prod_1&limit=100&offset=5",
      "/v0/costs?productId=prod_1&limit=100&offset=6",
    ]);
  });

  test("asks for a page only when its first cost is wanted", async () => {
    server.answer(page(0, 2, 4));
    const all = client().costs.listAll();
    expect(server.requests).toHaveLength(0);
    for await (const _ of all) break;
    expect(server.requests).toHaveLength(1);
  });

  test("refuses an argument at its first step", async () => {
    const all = client().costs.listAll({ productId: "p" });
    const error = await errorOf(InvalidInputError, all[Symbol.asyncIterator]().next());
    expect(error.issues).toMatchObject([{ path: ["productId"] }]);
    expect(server.requests).toEqual([]);
  });

  test("ends with the error of the page that failed, after the costs before it", async () => {
    server.answer(page(0, 1, 2), json({ message: "no" }, 403));
    const ids: string[] = [];
    const reading = (async () => {
      for await (const { id } of client().costs.listAll()) ids.push(id);
    })();
    await expect(reading).rejects.toMatchObject({ code: "FORBIDDEN", operation: "listCosts" });
    expect(ids).toEqual(["cst_0"]);
  });
});

describe("costs.summary", () => {
  test("sends the range as it was given when it is text", async () => {
    server.answer(json(SUMMARY));
    await client().costs.summary("cst_1", {
      from: "2026-06-01T02:00:00+02:00",
      to: "2026-07-01T00:00:00.5Z",
    });
    const { method, path, query, target, body } = server.request;
    expect([method, path, body]).toEqual(["GET", "/v0/costs/cst_1/summary", ""]);
    expect([...query]).toEqual([
      ["from", "2026-06-01T02:00:00+02:00"],
      ["to", "2026-07-01T00:00:00.5Z"],
    ]);
    expect(target).toContain("from=2026-06-01T02%3A00%3A00%2B02%3A00");
  });

  test("sends Dates as UTC", async () => {
    server.answer(json(SUMMARY));
    await client().costs.summary("cst_1", {
      from: new Date(Date.UTC(2026, 5, 1)),
      to: new Date(Date.UTC(2026, 6, 1)),
    });
    expect([...server.request.query]).toEqual([
      ["from", "2026-06-01T00:00:00.000Z"],
      ["to", "2026-07-01T00:00:00.000Z"],
    ]);
  });

  test("joins the names of the dimensions and writes the filter as JSON", async () => {
    server.answer(json(SUMMARY));
    await client().costs.summary("cst_1", {
      ...JUNE,
      subject: "cus 1&x=2",
      groupBy: ["model", "region"],
      window: "DAY",
      filterGroupBy: { model: 'la"rge', cached: true, tier: 2, team: null },
    });
    expect([...server.request.query].slice(2)).toEqual([
      ["subject", "cus 1&x=2"],
      ["groupBy", "model,region"],
      ["window", "DAY"],
      ["filterGroupBy", '{"model":"la\\"rge","cached":"true","tier":"2","team":"null"}'],
    ]);
  });

  test("refuses a name in groupBy that has no text", async () => {
    const groupBy = [Object.create(null)] as string[];
    const call = client().costs.summary("cst_1", { ...JUNE, groupBy });
    expect((await errorOf(InvalidInputError, call)).issues).toMatchObject([
      { path: ["groupBy", 0] },
    ]);
  });

  test("refuses text that ends in half a character, which no address can hold", async () => {
    const call = client().costs.summary("cst_1", { ...JUNE, subject: "cus_\ud800" });
    const error = await errorOf(InvalidInputError, call);
    expect(error.message).toMatch(/^costs\.summary: nothing was sent: subject: /);
    expect(error.issues).toEqual([
      {
        path: ["subject"],
        message:
          "expected text without a lone surrogate (half of a character): a URL cannot carry it",
      },
    ]);
    expect(server.requests).toEqual([]);
  });

  test("sends a groupBy of text without the spaces around its names, each name once", async () => {
    server.answer(json(SUMMARY));
    await client().costs.summary("cst_1", { ...JUNE, groupBy: "model , region,model" });
    expect(server.request.query.get("groupBy")).toBe("model,region");
  });

  test("sends nothing for an empty groupBy and an empty filter", async () => {
    server.answer(json(SUMMARY));
    await client().costs.summary("cst_1", { ...JUNE, groupBy: [], filterGroupBy: {} });
    expect([...server.request.query.keys()]).toEqual(["from", "to"]);
  });

  test("takes a cost instead of its id, and knows its dimensions", async () => {
    server.answer(json(COST), json(SUMMARY));
    const { costs } = client();
    const cost = await costs.get("cst_1");
    await costs.summary(cost, { ...JUNE, groupBy: "model" });
    expect(server.requests[1]?.path).toBe("/v0/costs/cst_1/summary");
    const error = await errorOf(
      InvalidInputError,
      costs.summary(cost, { ...JUNE, groupBy: "modle" }),
    );
    expect(error.message).toContain('"modle"');
    expect(server.requests).toHaveLength(2);
  });

  test("gives Decimals and Dates throughout", async () => {
    server.answer(
      json({
        ...SUMMARY,
        totalCost: 0.1,
        totalQuantity: null,
        groups: [{ dimensions: { model: "2026-06-01T00:00:00Z" }, quantity: 3, cost: 0.3 }],
        timeSeries: [
          {
            windowStart: "2026-06-01T00:00:00Z",
            windowEnd: "2026-06-02T00:00:00Z",
            quantity: 1,
            cost: 0.1,
          },
        ],
      }),
    );
    const summary = await client().costs.summary("cst_1", {
      ...JUNE,
      groupBy: "model",
      window: "DAY",
    });
    expect(summary).toEqual({
      ...SUMMARY,
      totalCost: new Decimal("0.1"),
      totalQuantity: null,
      groups: [
        {
          dimensions: { model: "2026-06-01T00:00:00Z" },
          quantity: new Decimal(3),
          cost: new Decimal("0.3"),
        },
      ],
      timeSeries: [
        {
          windowStart: new Date("2026-06-01T00:00:00Z"),
          windowEnd: new Date("2026-06-02T00:00:00Z"),
          quantity: new Decimal(1),
          cost: new Decimal("0.1"),
        },
      ],
    });
  });
});

describe("costs.report", () => {
  test("asks a path of its own, not a cost", async () => {
    server.answer(json(REPORT));
    await client().costs.report(JUNE_REPORT);
    expect([server.request.method, server.request.path]).toEqual(["GET", "/v0/costs/report"]);
    expect([...server.request.query].sort()).toEqual([
      ["from", JUNE.from],
      ["groupBy", "cost"],
      ["to", JUNE.to],
    ]);
  });

  test("repeats costId for each cost and sends every parameter", async () => {
    server.answer(json(REPORT));
    await client().costs.report({
      from: new Date(Date.UTC(2026, 5, 1)),
      to: "2026-07-01T00:00:00Z",
      groupBy: "model",
      merchantId: "org_1",
      costId: ["cst_1", "cst_2"],
      subject: "cus_1",
      filterGroupBy: { region: "eu" },
      topN: 25,
      comparePriorPeriod: false,
      windowSize: "MONTH",
      sort: "totalQuantity",
      sortDir: "asc",
      offset: 0,
      limit: 100,
      currency: "EUR",
    });
    const { query } = server.request;
    expect(query.getAll("costId")).toEqual(["cst_1", "cst_2"]);
    query.delete("costId");
    expect(Object.fromEntries(query)).toEqual({
      from: "2026-06-01T00:00:00.000Z",
      to: "2026-07-01T00:00:00Z",
      groupBy: "model",
      merchantId: "org_1",
      subject: "cus_1",
      filterGroupBy: '{"region":"eu"}',
      topN: "25",
      comparePriorPeriod: "false",
      windowSize: "MONTH",
      sort: "totalQuantity",
      sortDir: "asc",
      offset: "0",
      limit: "100",
      currency: "EUR",
    });
  });

  test("sends one costId as one", async () => {
    server.answer(json(REPORT));
    await client().costs.report({ ...JUNE_REPORT, costId: "cst_1" });
    expect(server.request.query.getAll("costId")).toEqual(["cst_1"]);
  });

  test("gives Decimals and Dates throughout", async () => {
    server.answer(json({ ...REPORT, warnings: ["estimated"] }));
    const report = await client().costs.report(JUNE_REPORT);
    expect(report).toEqual({
      ...REPORT,
      warnings: ["estimated"],
      period: { from: new Date(JUNE.from), to: new Date(JUNE.to) },
      totalCost: new Decimal("12.5"),
      totalQuantity: new Decimal(5_000_000),
      groups: [
        {
          ...REPORT.groups[0],
          totalCost: new Decimal("12.5"),
          totalQuantity: new Decimal(5_000_000),
          percentOfTotal: new Decimal(100),
          priorPeriod: { cost: new Decimal(10), changePercent: new Decimal(25) },
        },
      ],
      timeSeries: [
        {
          windowStart: new Date("2026-06-01T00:00:00Z"),
          windowEnd: new Date("2026-06-02T00:00:00Z"),
          groups: { cst_1: new Decimal("12.5") },
        },
      ],
    });
  });

  test("takes a group without a prior period, and one without a change to compare", async () => {
    const [group] = REPORT.groups;
    server.answer(
      json({
        ...REPORT,
        groups: [
          { ...group, unit: null, priorPeriod: null },
          { ...group, priorPeriod: { cost: 0, changePercent: null } },
        ],
      }),
    );
    const { groups } = await client().costs.report(JUNE_REPORT);
    expect(groups.map(({ priorPeriod }) => priorPeriod)).toEqual([
      null,
      { cost: new Decimal(0), changePercent: null },
    ]);
  });

  test("reads groups whose keys are names of the language", async () => {
    server.answer((response) => {
      const body = JSON.stringify(REPORT).replace('"cst_1":12.5', '"__proto__":1,"toString":2');
      response.writeHead(200).end(body);
    });
    const { timeSeries } = await client().costs.report(JUNE_REPORT);
    expect(Object.entries(timeSeries[0]?.groups ?? {})).toEqual([
      ["__proto__", new Decimal(1)],
      ["toString", new Decimal(2)],
    ]);
  });
});

describe("events.ingest", () => {
  test("posts the event", async () => {
    server.answer(json(RECEIPT, 202));
    await client().events.ingest({
      type: "llm.completion",
      source: "urn:example:gateway",
      data: { model: "large", tokens: { input: 1200 }, at: new Date(0), gone: undefined },
      subject: "cus_1",
      externalSubject: null,
      namespace: "org_1",
      timestamp: "2026-06-10T12:00:00.123456+02:00",
      idempotencyKey: "request-1",
      externalId: "usage-1",
    });
    const { method, target, body } = server.request;
    expect([method, target]).toEqual(["POST", "/v0/events"]);
    expect(body).toBe(
      '{"type":"llm.completion","source":"urn:example:gateway",' +
        '"data":{"model":"large","tokens":{"input":1200},"at":"1970-01-01T00:00:00.000Z"},' +
        '"subject":"cus_1","namespace":"org_1","timestamp":"2026-06-10T12:00:00.123456+02:00",' +
        '"idempotencyKey":"request-1","externalId":"usage-1"}',
    );
  });

  test("takes an event of one's own log", async () => {
    server.answer(json(RECEIPT, 202));
    const line = { ...EVENT, externalSubject: undefined } satisfies CostEvent;
    await client().events.ingest(line);
    expect(JSON.parse(server.request.body)).toEqual(EVENT);
  });
});
