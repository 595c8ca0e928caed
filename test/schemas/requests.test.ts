import { describe, expect, test } from "vitest";
import { InvalidInputError, type Issue } from "../../src/errors.ts";
import {
  costCreateBody,
  costListQuery,
  costPath,
  costReportQuery,
  costSummaryQuery,
  costUpdateBody,
  eventBody,
} from "../../src/schemas/requests.ts";
import { costResponse } from "../../src/schemas/responses.ts";
import { Decimal } from "../../src/values/decimal.ts";
import { stringifyJson } from "../../src/values/lossless-json.ts";
import { EXAMPLES } from "./examples.ts";

type Refusal = readonly [why: string, argument: unknown, ...paths: string[]];

/** The guards, as plain JavaScript calls them. */
const GUARDS: Readonly<Record<string, (argument: never) => unknown>> = {
  createCost: costCreateBody,
  updateCost: costUpdateBody,
  listCosts: costListQuery,
  getCostSummary: (params: never) => costSummaryQuery(params, "cst_1"),
  getCostReport: costReportQuery,
  ingestEvent: eventBody,
};
const guarded = (operation: string, argument: unknown): unknown =>
  GUARDS[operation]?.(argument as never);

function issuesOf(call: () => unknown): readonly Issue[] {
  try {
    call();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    for (const { message } of error.issues) expect(error.message).toContain(message);
    return error.issues;
  }
  return [];
}
const pathsOf = (issues: readonly Issue[]): string[] => issues.map(({ path }) => path.join("."));

const example = (name: string): Readonly<Record<string, unknown>> =>
  EXAMPLES.get(name) as Readonly<Record<string, unknown>>;
const without = (name: string, ...fields: string[]): object =>
  Object.fromEntries(Object.entries(example(name)).filter(([field]) => !fields.includes(field)));
const created = (changed: object): object => ({ ...example("createCost body"), ...changed });
const asked = (changed: object): object => ({ ...example("getCostSummary query"), ...changed });
const reported = (changed: object): object => ({ ...example("getCostReport query"), ...changed });
const ingested = (changed: object): object => ({ ...example("ingestEvent body"), ...changed });
const cyclic: Record<string, unknown> = {};
cyclic["self"] = cyclic;

const REFUSALS: Readonly<Record<string, readonly Refusal[]>> = {
  createCost: [
    ["nothing at all", undefined, ""],
    ["null", null, ""],
    ["an array", [], ""],
    ["a Map, which has no fields", new Map([["type", "metered"]]), ""],
    [
      "an empty object",
      {},
      "type",
      "name",
      "unitCost",
      "currency",
      "productId",
      "eventType",
      "aggregation",
    ],
    ["another type", created({ type: "flat" }), "type"],
    ["a name that is no text", created({ name: 7 }), "name"],
    ["a negative unit cost", created({ unitCost: -0.01 }), "unitCost"],
    ["a negative unit cost as text", created({ unitCost: "-1e-30" }), "unitCost"],
    ["a unit cost of NaN", created({ unitCost: Number.NaN }), "unitCost"],
    ["an endless unit cost", created({ unitCost: Number.POSITIVE_INFINITY }), "unitCost"],
    ["a unit cost in words", created({ unitCost: "free" }), "unitCost"],
    ["an empty unit cost", created({ unitCost: "" }), "unitCost"],
    ["a unit cost with a currency", created({ unitCost: "$1" }), "unitCost"],
    ["a unit cost out of bounds", created({ unitCost: "1e1001" }), "unitCost"],
    ["a boolean unit cost", created({ unitCost: true }), "unitCost"],
    ["a unit cost that is NaN as a Decimal", created({ unitCost: new Decimal("NaN") }), "unitCost"],
    ["no unit cost", created({ unitCost: undefined }), "unitCost"],
    ["a currency in small letters", created({ currency: "usd" }), "currency"],
    ["a currency's name", created({ currency: "Swedish Krona" }), "currency"],
    ["a currency with a line break", created({ currency: "USD\n" }), "currency"],
    ["another thing's id as the product", created({ productId: "cst_1" }), "productId"],
    ["an id that is only its prefix", created({ productId: "prod_" }), "productId"],
    ["a merchant's id with a slash", created({ merchantId: "org_1/.." }), "merchantId"],
    ["null for an absent merchant", created({ merchantId: null }), "merchantId"],
    ["an aggregation that is not known", created({ aggregation: "MEDIAN" }), "aggregation"],
    ["an aggregation in small letters", created({ aggregation: "sum" }), "aggregation"],
    ["SUM without a value", without("createCost body", "valueProperty"), "valueProperty"],
    [
      "LATEST with an undefined value",
      created({ aggregation: "LATEST", valueProperty: undefined }),
      "valueProperty",
    ],
    ["a path that indexes an array", created({ valueProperty: "$.usage[0]" }), "valueProperty"],
    ["a path without its dollar", created({ valueProperty: "usage.tokens" }), "valueProperty"],
    ["dimensions as an array", created({ groupBy: ["model"] }), "groupBy"],
    ["dimensions in a Map", created({ groupBy: new Map([["model", "$.model"]]) }), "groupBy"],
    ["a dimension without a path", created({ groupBy: { model: "model" } }), "groupBy.model"],
    ["a dimension with a comma", created({ groupBy: { "a,b": "$.a" } }), "groupBy.a,b"],
    ["a dimension with spaces around", created({ groupBy: { " a": "$.a" } }), "groupBy. a"],
    ["a dimension without a name", created({ groupBy: { "": "$.a" } }), "groupBy."],
    [
      "a bad path of a dimension that is called __proto__",
      created({ groupBy: JSON.parse('{"__proto__": "model", "region": 3}') }),
      "groupBy.__proto__",
      "groupBy.region",
    ],
    ["a unit that is no text", created({ unit: 1 }), "unit"],
    ["an unknown field", created({ colour: "red" }), "colour"],
    [
      "a field that is called __proto__",
      JSON.parse(
        JSON.stringify(example("createCost body")).replace("{", '{"__proto__": {"name": "x"},'),
      ),
      "__proto__",
    ],
    ["two things at once", created({ currency: "euro", productId: 1 }), "currency", "productId"],
  ],
  updateCost: [
    ["no field at all", {}, ""],
    ["only undefined fields", { name: undefined, unitCost: undefined }, ""],
    ["null", null, ""],
    ["a field that cannot change", { type: "metered", name: "Tokens" }, "type"],
    ["null for the name", { name: null }, "name"],
    ["null for the unit cost", { unitCost: null }, "unitCost"],
    ["a negative unit cost", { unitCost: -1n }, "unitCost"],
    ["null for the currency", { currency: null }, "currency"],
    ["an aggregation that is not known", { aggregation: "MEDIAN" }, "aggregation"],
    ["a path that is none", { valueProperty: "" }, "valueProperty"],
    ["a dimension with a comma", { groupBy: { "a,b": "$.a" } }, "groupBy.a,b"],
  ],
  listCosts: [
    ["null", null, ""],
    ["a Map", new Map([["limit", 5]]), ""],
    ["a limit of 0", { limit: 0 }, "limit"],
    ["a limit of 101", { limit: 101 }, "limit"],
    ["half a cost", { limit: 1.5 }, "limit"],
    ["a limit as text", { limit: "10" }, "limit"],
    ["an offset before the first", { offset: -1 }, "offset"],
    ["an offset that a double does not hold", { offset: 2 ** 53 }, "offset"],
    ["a product's id that is none", { productId: "prod_ä" }, "productId"],
    ["a merchant's id that is none", { merchantId: "" }, "merchantId"],
    ["an unknown field", { page: 2 }, "page"],
  ],
  getCostSummary: [
    ["nothing at all", undefined, ""],
    ["no range", {}, "from", "to"],
    ["a time without an offset", asked({ from: "2026-06-01T00:00:00" }), "from"],
    ["a day", asked({ from: "2026-06-01" }), "from"],
    ["a day that does not exist", asked({ from: "2026-02-30T00:00:00Z" }), "from"],
    ["a time in milliseconds", asked({ to: 1_780_000_000_000 }), "to"],
    ["a Date that is none", asked({ to: new Date("tomorrow") }), "to"],
    ["an empty range", asked({ to: "2026-06-01T00:00:00Z" }), "to"],
    ["the same instant twice", asked({ to: "2026-06-01T02:00:00+02:00" }), "to"],
    ["a range that runs backwards", asked({ to: new Date(0) }), "to"],
    ["a subject that is no text", asked({ subject: 7 }), "subject"],
    ["a window of a report", asked({ window: "MONTH" }), "window"],
    ["null for an absent window", asked({ window: null }), "window"],
    ["an empty name in groupBy", asked({ groupBy: "model,,region" }), "groupBy"],
    ["a number in groupBy", asked({ groupBy: ["model", 3] }), "groupBy.1"],
    ["a comma in a name of groupBy", asked({ groupBy: ["model,region"] }), "groupBy.0"],
    ["spaces around a name of groupBy", asked({ groupBy: [" model"] }), "groupBy.0"],
    ["an object for groupBy", asked({ groupBy: { model: "$.model" } }), "groupBy"],
    ["a filter as JSON text", asked({ filterGroupBy: '{"model":"large"}' }), "filterGroupBy"],
    ["a filter in a Map", asked({ filterGroupBy: new Map([["model", "a"]]) }), "filterGroupBy"],
    ["null for an absent filter", asked({ filterGroupBy: null }), "filterGroupBy"],
    [
      "an array as a filter's value",
      asked({ filterGroupBy: { model: ["large", "small"] } }),
      "filterGroupBy.model",
    ],
    ["an object as a filter's value", asked({ filterGroupBy: { a: {} } }), "filterGroupBy.a"],
    ["NaN as a filter's value", asked({ filterGroupBy: { a: Number.NaN } }), "filterGroupBy.a"],
    ["nothing as a filter's value", asked({ filterGroupBy: { a: undefined } }), "filterGroupBy.a"],
    [
      "an array as the value of a filter that is called __proto__",
      asked({ filterGroupBy: JSON.parse('{"__proto__": ["large"]}') }),
      "filterGroupBy.__proto__",
    ],
    ["the API's name of no field", asked({ filter: { model: "large" } }), "filter"],
  ],
  getCostReport: [
    ["no range and no grouping", {}, "from", "to", "groupBy"],
    ["an empty grouping", reported({ groupBy: "" }), "groupBy"],
    ["several groupings", reported({ groupBy: ["cost", "customer"] }), "groupBy"],
    ["a range that runs backwards", reported({ to: "2020-01-01T00:00:00Z" }), "to"],
    ["an empty id of a cost", reported({ costId: "" }), "costId"],
    ["no id, which would mean all of them", reported({ costId: [] }), "costId"],
    ["a list with an empty id", reported({ costId: ["cst_1", ""] }), "costId.1"],
    ["a list of no id, which could only be sent as all", reported({ costId: [] }), "costId"],
    [
      "a filter of six dimensions",
      reported({ filterGroupBy: { a: "1", b: "2", c: "3", d: "4", e: "5", f: "6" } }),
      "filterGroupBy",
    ],
    [
      "a filter of 4,097 characters",
      reported({ filterGroupBy: { a: "m".repeat(4_089) } }),
      "filterGroupBy",
    ],
    [
      "a filter of 4,097 characters, were its quotes not escaped",
      reported({ filterGroupBy: { a: '"'.repeat(2_045) } }),
      "filterGroupBy",
    ],
    [
      "an array as a filter's value",
      reported({ filterGroupBy: { model: ["large"] } }),
      "filterGroupBy.model",
    ],
    ["no group at all", reported({ topN: 0 }), "topN"],
    ["26 groups", reported({ topN: 26 }), "topN"],
    ["a comparison in words", reported({ comparePriorPeriod: "yes" }), "comparePriorPeriod"],
    ["a window of a summary", reported({ windowSize: "MINUTE" }), "windowSize"],
    ["a rank by nothing known", reported({ sort: "cost" }), "sort"],
    ["a direction that is none", reported({ sortDir: "up" }), "sortDir"],
    ["a limit of 101", reported({ limit: 101 }), "limit"],
    ["a currency that is none", reported({ currency: "EURO" }), "currency"],
    ["an unknown field", reported({ window: "DAY" }), "window"],
  ],
  ingestEvent: [
    ["nothing at all", undefined, ""],
    ["an empty object", {}, "type", "source", "data", "subject"],
    ["no source", ingested({ source: "" }), "source"],
    ["no customer", without("ingestEvent body", "subject", "externalSubject"), "subject"],
    ["null for both customers", ingested({ subject: null, externalSubject: null }), "subject"],
    ["a customer's own id with a space", ingested({ externalSubject: "a b" }), "externalSubject"],
    [
      "a customer's own id of 256 characters",
      ingested({ externalSubject: "a".repeat(256) }),
      "externalSubject",
    ],
    ["a subject that is no text", ingested({ subject: 7 }), "subject"],
    ["an empty namespace", ingested({ namespace: "" }), "namespace"],
    ["a time without an offset", ingested({ timestamp: "2026-06-01T10:00:00" }), "timestamp"],
    ["null for the time", ingested({ timestamp: null }), "timestamp"],
    ["a key that is no text", ingested({ idempotencyKey: 7 }), "idempotencyKey"],
    ["no data", without("ingestEvent body", "data"), "data"],
    ["data as an array", ingested({ data: [] }), "data"],
    ["data as text", ingested({ data: '{"tokens":1}' }), "data"],
    ["a Date as data", ingested({ data: new Date(0) }), "data"],
    ["a bigint in data", ingested({ data: { usage: { tokens: 3n } } }), "data.usage.tokens"],
    ["a function in data", ingested({ data: { tokens: () => 3 } }), "data.tokens"],
    ["a symbol in data", ingested({ data: { tokens: Symbol("3") } }), "data.tokens"],
    ["a cycle in data", ingested({ data: cyclic }), "data.self"],
    ["an unknown field", ingested({ value: 3 }), "value"],
  ],
};

describe.each(Object.entries(REFUSALS))("%s refuses", (operation, refusals) => {
  test.each(refusals)("%s", (_why, argument, ...paths) => {
    expect(pathsOf(issuesOf(() => guarded(operation, argument)))).toEqual(paths);
  });

  test("nothing of its example", () => {
    const kind = ["createCost", "updateCost", "ingestEvent"].includes(operation) ? "body" : "query";
    expect(issuesOf(() => guarded(operation, EXAMPLES.get(`${operation} ${kind}`)))).toEqual([]);
  });
});

describe("a refusal", () => {
  test("says which operation it was, that nothing was sent, what was wrong where, and what to do", () => {
    const call = () =>
      guarded("createCost", created({ currency: "euro", groupBy: { model: "m" } }));
    expect(call).toThrowError(
      "costs.create: nothing was sent: currency: expected text such as USD (^[A-Z]{3}$); groupBy.model: expected text such as $.usage.tokens (^\\$\\.[a-zA-Z0-9_]+(?:\\.[a-zA-Z0-9_]+)*$)",
    );
  });

  test("names the unknown fields and those that there are", () => {
    const message = "unknown field: expected merchantId, productId, limit, offset";
    expect(issuesOf(() => guarded("listCosts", { page: 2, per: 5 }))).toEqual([
      { path: ["page"], message },
      { path: ["per"], message },
    ]);
  });

  test("says which values are possible", () => {
    expect(issuesOf(() => guarded("getCostSummary", asked({ window: "WEEK" })))).toEqual([
      { path: ["window"], message: "expected one of MINUTE, HOUR, DAY" },
    ]);
    expect(issuesOf(() => guarded("getCostReport", reported({ topN: 26 })))).toEqual([
      { path: ["topN"], message: "expected a whole number from 1 to 25" },
    ]);
  });

  test("says why an aggregation needs a value", () => {
    const { message } = issuesOf(() =>
      guarded("createCost", without("createCost body", "valueProperty")),
    )[0] as Issue;
    expect(message).toBe("expected a path such as $.usage.tokens: SUM needs a value");
  });

  test("says what of an event's data JSON cannot carry", () => {
    const { message } = issuesOf(() =>
      guarded("ingestEvent", ingested({ data: { tokens: 3n } })),
    )[0] as Issue;
    expect(message).toBe("JSON cannot carry a bigint: pass it as text");
  });

  test("says why a filter takes one value only", () => {
    const params = asked({ filterGroupBy: { model: ["large", "small"] } });
    expect(issuesOf(() => guarded("getCostSummary", params))).toEqual([
      {
        path: ["filterGroupBy", "model"],
        message: "expected one text, number, boolean or null: the API takes no list",
      },
    ]);
  });

  test("counts the position of a name in groupBy from 0, as a number", () => {
    const [issue] = issuesOf(() => guarded("getCostSummary", asked({ groupBy: ["model", ""] })));
    expect(issue?.path).toEqual(["groupBy", 1]);
  });

  test("does not repeat a value that may be long or secret", () => {
    const secret = "sk_live_4711";
    expect(() => guarded("createCost", created({ name: { secret } }))).toThrowError(
      expect.objectContaining({ message: expect.not.stringContaining(secret) }),
    );
    expect(() => guarded("listCosts", { productId: secret })).toThrowError(
      expect.objectContaining({ message: expect.not.stringContaining(secret) }),
    );
  });
});

describe("the id of a cost", () => {
  const operations = ["getCost", "updateCost", "deleteCost", "getCostSummary"] as const;

  test.each(operations)("is checked before %s", (operation) => {
    for (const id of ["", "report", "cst_", "prod_1", "cst_1/../2", "cst_1\n", "cst_ä", null, 7]) {
      const issues = issuesOf(() => costPath(operation, id as string));
      expect(pathsOf(issues), String(id)).toEqual(["id"]);
    }
    expect(() => costPath(operation, "report")).toThrowError(
      `${operation}: nothing was sent: id: expected text such as cst_1`,
    );
    expect(costPath(operation, "cst_1")).toEqual({ id: "cst_1" });
  });
});

describe("undefined means absent", () => {
  test("in a new cost", () => {
    const body = guarded("createCost", created({ unit: undefined, merchantId: undefined }));
    expect(JSON.parse(stringifyJson(body))).toEqual({
      ...without("createCost body", "unit", "merchantId"),
    });
  });

  test("in a changed cost, as long as there is something to change", () => {
    const body = guarded("updateCost", { name: undefined, unitCost: undefined, unit: null });
    expect(stringifyJson(body)).toBe('{"unit":null}');
  });

  test("in queries", () => {
    const { from, to } = example("getCostSummary query");
    const absent = { subject: undefined, groupBy: undefined, filterGroupBy: undefined };
    expect(guarded("getCostSummary", { from, to, window: undefined, ...absent })).toEqual({
      from,
      to,
    });
    const query = guarded("getCostReport", {
      from,
      to,
      costId: undefined,
      ...absent,
      groupBy: "cost",
    });
    expect(JSON.parse(JSON.stringify(query))).toEqual({ from, to, groupBy: "cost" });
    expect(guarded("listCosts", { limit: undefined })).toEqual({ limit: undefined });
  });

  test("in an event, where null means it too", () => {
    const body = guarded(
      "ingestEvent",
      ingested({ externalSubject: undefined, namespace: null, externalId: null }),
    );
    expect(body).toEqual(without("ingestEvent body", "externalSubject", "namespace", "externalId"));
  });
});

describe("what goes out", () => {
  test.each(["createCost", "updateCost", "ingestEvent"])("is the whole body of %s", (operation) => {
    const body = guarded(operation, example(`${operation} body`));
    expect(JSON.parse(stringifyJson(body))).toEqual(example(`${operation} body`));
  });

  test("is the whole query", () => {
    expect(guarded("listCosts", example("listCosts query"))).toEqual(example("listCosts query"));
    expect(guarded("getCostSummary", example("getCostSummary query"))).toEqual({
      ...example("getCostSummary query"),
      groupBy: "model,region",
      filterGroupBy: '{"model":"large"}',
    });
    expect(guarded("getCostReport", example("getCostReport query"))).toEqual({
      ...example("getCostReport query"),
      filterGroupBy: '{"a":"1","b":"2","c":"3","d":"4","e":"5"}',
    });
  });

  test.each([
    ["0.00000000000000000000000000000015", "0.00000000000000000000000000000015"],
    ["1.5e-7", "0.00000015"],
    ["12345678901234567890.123456789", "12345678901234567890.123456789"],
    [1e-7, "0.0000001"],
    [1e21, "1000000000000000000000"],
    [10n ** 30n, "1000000000000000000000000000000"],
    [new Decimal("0.10"), "0.1"],
    [-0, "0"],
  ])("the unit cost %s is the JSON number %s", (unitCost, digits) => {
    const created_ = stringifyJson(guarded("createCost", created({ unitCost })));
    expect(created_).toContain(`"unitCost":${digits},`);
    expect(stringifyJson(guarded("updateCost", { unitCost }))).toBe(`{"unitCost":${digits}}`);
  });

  test("a time given as text is sent as it is, a Date as its RFC 3339 text", () => {
    const from = "2026-06-01t02:00:00.123456789+02:00";
    const to = new Date("2026-07-01T00:00:00Z");
    const query = guarded("getCostSummary", { from, to });
    expect(query).toEqual({ from, to: "2026-07-01T00:00:00.000Z" });
  });

  test("names of dimensions are joined with commas, each once, and none is not sent", () => {
    const grouped = (groupBy: unknown) => {
      const { groupBy: sent } = guarded("getCostSummary", asked({ groupBy })) as Record<
        string,
        unknown
      >;
      return sent;
    };
    expect(grouped(["model", "region", "model"])).toBe("model,region");
    expect(grouped("model , region,model")).toBe("model,region");
    expect(grouped("")).toBeUndefined();
    expect(grouped([])).toBeUndefined();
  });

  test("values to filter by are texts, and nothing to filter by is not sent", () => {
    const filtered = (filterGroupBy: unknown) => {
      const { filterGroupBy: sent } = guarded("getCostSummary", asked({ filterGroupBy })) as Record<
        string,
        unknown
      >;
      return sent;
    };
    expect(filtered({ a: 1, b: true, c: null, d: "" })).toBe(
      '{"a":"1","b":"true","c":"null","d":""}',
    );
    expect(filtered(JSON.parse('{"__proto__": "x"}'))).toBe('{"__proto__":"x"}');
    expect(filtered({})).toBeUndefined();
  });

  test("a report's filter may have 5 dimensions and 4,096 characters", () => {
    const five = { a: "1", b: "2", c: "3", d: "4", e: "5" };
    expect(issuesOf(() => guarded("getCostReport", reported({ filterGroupBy: five })))).toEqual([]);
    const filterGroupBy = { a: "m".repeat(4_088) };
    expect(JSON.stringify(filterGroupBy)).toHaveLength(4_096);
    expect(issuesOf(() => guarded("getCostReport", reported({ filterGroupBy })))).toEqual([]);
  });

  test("one cost's id is sent as a list of one", () => {
    expect(guarded("getCostReport", reported({ costId: "cst_1" }))).toMatchObject({
      costId: ["cst_1"],
    });
  });

  test("dimensions that are called like members of every object are sent", () => {
    const groupBy = JSON.parse('{"__proto__": "$.a", "constructor": "$.b"}');
    const body = stringifyJson(guarded("createCost", created({ groupBy })));
    expect(body).toContain('"groupBy":{"__proto__":"$.a","constructor":"$.b"}');
  });

  test("COUNT and UNIQUE_COUNT need no value", () => {
    for (const aggregation of ["COUNT", "UNIQUE_COUNT"]) {
      const params = { ...without("createCost body", "valueProperty"), aggregation };
      expect(
        issuesOf(() => guarded("createCost", params)),
        aggregation,
      ).toEqual([]);
    }
  });

  test("an event without a key and a time gets both", () => {
    const params = without("ingestEvent body", "idempotencyKey", "timestamp");
    const before = Date.now();
    const body = guarded("ingestEvent", params) as { idempotencyKey: string; timestamp: string };
    expect(body.idempotencyKey).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(Date.parse(body.timestamp)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(body.timestamp)).toBeLessThanOrEqual(Date.now());
  });

  test("an event's data is what JSON.stringify writes", () => {
    const data = {
      at: new Date(0),
      none: undefined,
      list: [undefined, Number.NaN],
      price: new Decimal("0.10"),
    };
    const body = guarded("ingestEvent", ingested({ data })) as { data: unknown };
    expect(body.data).toEqual(JSON.parse(JSON.stringify(data)));
  });

  test("an argument stays as it was", () => {
    const params = Object.freeze(ingested({ namespace: null }));
    const copy = { ...params };
    guarded("ingestEvent", params);
    expect(params).toEqual(copy);
  });
});

describe("a summary of a cost at hand", () => {
  const cost = (groupBy: unknown) =>
    costResponse.read({ ...example("Cost"), groupBy }, () => {}).model;
  const summaryOf = (groupBy: unknown, params: object) => () =>
    costSummaryQuery(params as never, cost(groupBy));

  test("is refused when a dimension is not one of the cost's", () => {
    const call = summaryOf(
      { model: "$.model", region: "$.region" },
      asked({ groupBy: ["model", "modle"], filterGroupBy: { regoin: "eu" } }),
    );
    expect(pathsOf(issuesOf(call))).toEqual(["groupBy.modle", "filterGroupBy.regoin"]);
    expect(call).toThrowError('the cost declares no dimension "modle"; it declares model, region');
  });

  test("is refused for names that every object has", () => {
    const params = asked({
      groupBy: ["toString", "__proto__"],
      filterGroupBy: JSON.parse('{"constructor": "x"}'),
    });
    expect(pathsOf(issuesOf(summaryOf({ model: "$.model" }, params)))).toEqual([
      "groupBy.toString",
      "groupBy.__proto__",
      "filterGroupBy.constructor",
    ]);
  });

  test("is refused by dimensions when the cost has none", () => {
    const call = summaryOf(null, asked({ groupBy: "model", filterGroupBy: {} }));
    expect(pathsOf(issuesOf(call))).toEqual(["groupBy.model"]);
    expect(call).toThrowError("it declares none");
  });

  test("is sent when the dimensions are the cost's, text and spaces included", () => {
    const call = summaryOf({ model: "$.m", region: "$.r" }, asked({ groupBy: " model ,region" }));
    expect(call()).toMatchObject({ groupBy: "model,region", filterGroupBy: '{"model":"large"}' });
  });

  test("is sent when the answer did not say which dimensions there are", () => {
    expect(issuesOf(summaryOf(undefined, asked({ groupBy: "model" })))).toEqual([]);
  });
});
