import {
  ApiError,
  type Cost,
  type Drift,
  InvalidInputError,
  InvalidResponseError,
  Kontorion,
  type KontorionOptions,
} from "metered-costs/kontorion";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { errorOf } from "../client/scene.ts";
import { empty, json, reset, ScriptedServer, text } from "../client/scripted-server.ts";

const KEY = `sk_test_${"0123456789abcdef".repeat(4)}`;
const PRODUCT = "7d8a4d5e-0b1f-4c55-9f2a-0c6f3a1f9e11";
const COST = "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d";
const ADDRESS = { productId: PRODUCT, costId: COST };
const JSON_COST = {
  id: COST,
  organization_id: "5e0e6a52-64a0-4f02-8e0b-7b1d7ad04f55",
  product_id: PRODUCT,
  key: "gpu_hour",
  description: "One GPU hour",
  scope: "PRODUCT",
  status: "active",
  version: 2,
  head_version_id: null,
  requires_continuous_coverage: false,
  archived_at: null,
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-02-01T00:00:00+01:00",
};
const MODEL: Cost = {
  ...JSON_COST,
  created_at: new Date("2026-01-01T00:00:00Z"),
  updated_at: new Date("2026-01-31T23:00:00Z"),
} as Cost;

const server = new ScriptedServer();
beforeEach(() => server.listen());
afterEach(() => server.close());

function client(options: KontorionOptions = {}): Kontorion {
  return new Kontorion({ baseUrl: `${server.url}/v1`, apiKey: KEY, ...options });
}
const requestLines = (): string[] => server.requests.map((each) => `${each.method} ${each.target}`);

describe("every operation", () => {
  const answers = [json({ data: JSON_COST }), json(JSON_COST)];

  test.each<[string, (kontorion: Kontorion) => Promise<unknown>, string, unknown]>([
    [
      "create",
      ({ costs }) => costs.create({ key: "gpu_hour" }),
      "POST /v1/costs",
      { key: "gpu_hour" },
    ],
    [
      "create of a product",
      ({ costs }) => costs.create({ key: "gpu_hour", description: "", productId: PRODUCT }),
      `POST /v1/products/${PRODUCT}/costs`,
      { key: "gpu_hour", description: "" },
    ],
    [
      "get",
      ({ costs }) => costs.get(ADDRESS),
      `GET /v1/products/${PRODUCT}/costs/${COST}`,
      undefined,
    ],
    [
      "update",
      ({ costs }) =>
        costs.update(ADDRESS, {
          requires_continuous_coverage: false,
          effective_at: "2026-07-01T00:00:00+02:00",
        }),
      `PUT /v1/products/${PRODUCT}/costs/${COST}`,
      { requires_continuous_coverage: false, effective_at: "2026-06-30T22:00:00.000Z" },
    ],
    [
      "update to a draft",
      ({ costs }) => costs.update(ADDRESS, { save_as_draft: true }),
      `PUT /v1/products/${PRODUCT}/costs/${COST}`,
      { save_as_draft: true },
    ],
    [
      "copy",
      ({ costs }) => costs.copy(ADDRESS),
      `POST /v1/products/${PRODUCT}/costs/${COST}/copy`,
      undefined,
    ],
  ])("%s, its answer in an envelope and not", async (_, call, line, body) => {
    for (const answer of answers) {
      server.answer(answer);
      expect(await call(client())).toEqual(MODEL);
    }
    expect(requestLines()).toEqual([line, line]);
    for (const received of server.requests) {
      expect(received.headers.authorization).toBe(`Bearer ${KEY}`);
      expect(received.body === "" ? undefined : JSON.parse(received.body)).toEqual(body);
    }
  });

  test("list, of the organization and of a product", async () => {
    server.otherwise(json({ data: [JSON_COST], pagination: { next_cursor: null } }));
    const { costs } = client();
    const page = await costs.list({ scope: "ORG", limit: 5, cursor: "a b" });
    expect(page).toEqual({ data: [MODEL], pagination: { next_cursor: null } });
    await costs.list({ productId: PRODUCT });
    expect(requestLines()).toEqual([
      "GET /v1/costs?scope=ORG&limit=5&cursor=a%20b",
      `GET /v1/products/${PRODUCT}/costs`,
    ]);
  });

  test("versions, of one status, of several or all, in an envelope and not", async () => {
    const version = { version: 1, status: "ACTIVE", effective_from: "2026-01-01T00:00:00Z" };
    server.answer(json({ data: [version] }), json([version]), json({ data: [] }));
    const { costs } = client();
    const model = { ...version, effective_from: new Date("2026-01-01T00:00:00Z") };
    expect((await costs.versions(COST)).data).toEqual([model]);
    expect((await costs.versions(COST, { status: "active" })).data).toEqual([model]);
    expect((await costs.versions(COST, { status: ["draft", "scheduled"] })).data).toEqual([]);
    expect(requestLines()).toEqual([
      `GET /v1/costs/${COST}/versions`,
      `GET /v1/costs/${COST}/versions?status=active`,
      `GET /v1/costs/${COST}/versions?status=draft&status=scheduled`,
    ]);
  });

  test("versions are refused where the response names a next page", async () => {
    const first = { version: 1, effective_from: "2026-01-01T00:00:00Z" };
    server.answer(json({ data: [first], pagination: { next_cursor: "c2", has_more: true } }));
    const error = await errorOf(InvalidResponseError, client().costs.versions(COST));
    expect(error.issues).toMatchObject([
      { path: ["pagination"], message: expect.stringMatching(/next page/) },
    ]);
    server.answer(json({ data: [first], pagination: { next_cursor: null, has_more: false } }));
    expect((await client().costs.versions(COST)).data).toHaveLength(1);
  });
});

describe("listAll", () => {
  const page = (pagination: unknown, ...keys: string[]) =>
    json({ data: keys.map((key) => ({ ...JSON_COST, key })), pagination });
  const keysOf = async (kontorion: Kontorion, limit?: number): Promise<unknown[]> => {
    const keys: unknown[] = [];
    for await (const { key } of kontorion.costs.listAll({ limit })) keys.push(key);
    return keys;
  };

  test.each([
    ["next_cursor", { next_cursor: "c2" }, { next_cursor: null }],
    ["nextCursor", { nextCursor: "c2" }, { nextCursor: "" }],
    ["next and has_more", { next: "c2", has_more: true }, { has_more: false }],
  ])("follows %s", async (_, first, last) => {
    server.answer(page(first, "a", "b"), page(last, "c"));
    expect(await keysOf(client())).toEqual(["a", "b", "c"]);
    expect(requestLines()).toEqual(["GET /v1/costs", "GET /v1/costs?cursor=c2"]);
  });

  test("reads a cursor with the function that it is given", async () => {
    server.answer(page({ after: "z" }, "a"), page({ after: null }, "b"));
    const nextCursor = (pagination: unknown) =>
      (pagination as { after?: string | null } | undefined)?.after;
    expect(await keysOf(client({ nextCursor }))).toEqual(["a", "b"]);
  });

  test("refuses a cursor that comes again", async () => {
    server.otherwise(page({ next_cursor: "c2" }, "a"));
    const error = await errorOf(InvalidResponseError, keysOf(client()));
    expect(error.issues).toMatchObject([{ path: ["pagination"] }]);
    expect(server.requests).toHaveLength(2);
  });

  test.each<[string, unknown, number | undefined]>([
    ["no pagination", undefined, undefined],
    ["members that it cannot read", { page: 1 }, 2],
    ["more to come and no cursor", { has_more: true, next_cursor: null }, 2],
  ])("throws on a full page with %s", async (_, pagination, limit) => {
    server.answer(page(pagination, "a", "b"));
    await errorOf(InvalidResponseError, keysOf(client(), limit));
  });

  test("ends with an empty page, and with one shorter than the limit", async () => {
    server.answer(page(undefined), page(undefined, "a"));
    expect(await keysOf(client())).toEqual([]);
    expect(await keysOf(client(), 2)).toEqual(["a"]);
  });
});

describe("arguments", () => {
  test.each<[string, (kontorion: Kontorion) => Promise<unknown>, (string | number)[]]>([
    [
      "an id that is no UUID",
      ({ costs }) => costs.get({ ...ADDRESS, costId: "cst_1" }),
      ["costId"],
    ],
    ["a product that is no UUID", ({ costs }) => costs.list({ productId: "p" }), ["productId"]],
    ["a cost without its product", ({ costs }) => costs.get({ costId: COST }), ["productId"]],
    ["another scope", ({ costs }) => costs.list({ scope: "TEAM" as never }), ["scope"]],
    ["an empty key", ({ costs }) => costs.create({ key: "" }), ["key"]],
    ["an edit of nothing", ({ costs }) => costs.update(ADDRESS, {} as never), []],
    ["null", ({ costs }) => costs.update(ADDRESS, { description: null } as never), ["description"]],
    [
      "a draft that is none",
      ({ costs }) => costs.update(ADDRESS, { save_as_draft: false } as never),
      ["save_as_draft"],
    ],
    [
      "both ways to edit",
      ({ costs }) =>
        costs.update(ADDRESS, { save_as_draft: true, effective_at: new Date() } as never),
      ["save_as_draft"],
    ],
    ["no status", ({ costs }) => costs.versions(COST, { status: [] }), ["status"]],
    [
      "a field that there is not",
      ({ costs }) => costs.create({ key: "a", product_id: PRODUCT } as never),
      ["product_id"],
    ],
  ])("%s is refused and nothing is sent", async (_, call, path) => {
    const error = await errorOf(InvalidInputError, call(client()));
    expect(error.issues[0]?.path).toEqual(path);
    expect(server.requests).toHaveLength(0);
  });

  test.each([
    ["sk_live_1", "sk_test_ and 64 hexadecimal digits"],
    [`sk_other_${"0".repeat(64)}`, "sk_test_ and 64 hexadecimal digits"],
  ])("the key %s is refused without being shown", (apiKey, expected) => {
    expect(() => client({ apiKey })).toThrow(expected);
    expect(() => client({ apiKey })).not.toThrow(apiKey);
  });

  test.each([
    [{ getCost: { method: "GET", path: "//evil.example/{costId}" } }],
    [{ getCost: { method: "GET", path: "/../{costId}" } }],
    [{ getCost: { method: "GET", path: "https://evil.example" } }],
    [{ getCost: { method: "DELETE", path: "/costs/{costId}" } }],
    [{ deleteCost: { method: "GET", path: "/costs/{costId}" } }],
  ])("the routes %j are refused", (routes) => {
    expect(() => client({ routes: routes as never })).toThrow(InvalidInputError);
  });

  test("a corrected route is used, and may do without a product", async () => {
    server.answer(json(JSON_COST));
    const routes = { getCost: { method: "GET", path: "/costs/{costId}" } } as const;
    await client({ routes }).costs.get({ costId: COST });
    expect(requestLines()).toEqual([`GET /v1/costs/${COST}`]);
  });
});

describe("answers", () => {
  test("may lack everything but the id, and keep what is new", async () => {
    const drifts: Drift[] = [];
    server.answer(json({ data: { id: COST, region: "eu", version: "2", status: "Frozen" } }));
    const cost = await client({ onDrift: (drift) => drifts.push(drift) }).costs.get(ADDRESS);
    expect(cost).toEqual({ id: COST, region: "eu", status: "Frozen" });
    expect(drifts.map(({ path }) => path.join("."))).toEqual(
      expect.arrayContaining(["data.region", "data.version", "data.status"]),
    );
  });

  test("without an id are not usable, and in a list the message names the place", async () => {
    server.answer(json({ data: { key: "a" } }), json({ data: [JSON_COST, { key: "b" }] }));
    const single = await errorOf(InvalidResponseError, client().costs.get(ADDRESS));
    expect(single.issues[0]?.path).toEqual(["data", "id"]);
    const listed = await errorOf(InvalidResponseError, client().costs.list());
    expect(listed.issues[0]?.path).toEqual(["data", 1, "id"]);
  });
});

describe("errors", () => {
  const problem = (body: object, status: number) =>
    text(JSON.stringify(body), status, { "content-type": "application/problem+json" });

  test("say what an RFC 9457 document says", async () => {
    server.answer(
      problem(
        {
          type: "about:blank",
          title: "Validation failed",
          status: 400,
          detail: "key is required",
          code: "VALIDATION",
          request_id: "req_7",
          fields: [{ field: "key", message: "is required", code: "REQUIRED" }, "scope", { odd: 1 }],
        },
        400,
      ),
    );
    const error = await errorOf(ApiError, client().costs.create({ key: "a" }));
    expect(error).toMatchObject({
      status: 400,
      code: "VALIDATION",
      serverCode: "VALIDATION",
      requestId: "req_7",
      operation: "createCost",
      fieldErrors: [
        { field: "key", message: "is required", code: "REQUIRED" },
        { field: "scope", message: "was refused" },
      ],
    });
    expect(error.details?.["fields"]).toHaveLength(3);
    expect(error.message).toContain("key is required");
  });

  test("keep entity and versions under details", async () => {
    server.answer(
      problem({ code: "NOT_FOUND", entity_type: "cost", entity_id: COST }, 404),
      problem({ code: "VERSION_CONFLICT", expected_version: 2, current_version: 3 }, 409),
    );
    const { costs } = client();
    const missing = await errorOf(ApiError, costs.get(ADDRESS));
    expect(missing.details).toMatchObject({ entity_type: "cost", entity_id: COST });
    const conflict = await errorOf(ApiError, costs.update(ADDRESS, { description: "x" }));
    expect(conflict.details).toMatchObject({ expected_version: 2, current_version: 3 });
    expect(conflict.code).toBe("VERSION_CONFLICT");
  });

  test("of a proxy are typed too, and none shows the key", async () => {
    server.answer(text(`<h1>Bearer ${KEY}</h1>`, 403));
    const error = await errorOf(ApiError, client().costs.get(ADDRESS));
    expect(error.code).toBe("FORBIDDEN");
    expect(JSON.stringify(error) + String(error)).not.toContain(KEY);
  });

  test("a switch over the code tells them apart", async () => {
    server.answer(problem({ code: "X" }, 401));
    const error = await errorOf(ApiError, client().costs.get(ADDRESS));
    switch (error.code) {
      case "UNAUTHORIZED":
      case "NOT_FOUND":
        throw new Error("the server's own code comes first");
      default:
        expect(error.serverCode).toBe("X");
    }
  });
});

describe("retries", () => {
  test("repeat reads after anything that may pass", async () => {
    server.answer(reset, empty(503, { "retry-after": "0" }), json(JSON_COST));
    expect((await client().costs.get(ADDRESS)).id).toBe(COST);
    expect(server.requests).toHaveLength(3);
  });

  test("repeat writes after a 429 only", async () => {
    const { costs } = client();
    server.answer(empty(429, { "retry-after": "0" }), json(JSON_COST));
    await costs.update(ADDRESS, { description: "x" });
    expect(server.requests).toHaveLength(2);
    server.answer(empty(503, { "retry-after": "0" }));
    await errorOf(ApiError, costs.copy(ADDRESS));
    expect(server.requests).toHaveLength(3);
  });
});
