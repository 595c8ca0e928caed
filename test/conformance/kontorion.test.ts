import { ApiError, type Drift, type Kontorion, versionTimeline } from "metered-costs/kontorion";
import { createMockKontorion, type MockKontorion } from "metered-costs/mock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { errorOf } from "../client/scene.ts";
import { ADDRESS, COST_ID, KONTORION_SEEDS, PRODUCT_ID } from "./samples.ts";
import { KONTORION_TRANSPORTS, type OpenTransport } from "./transports.ts";

const NOW = new Date("2026-06-15T12:00:00Z");
const JULY = new Date("2026-07-01T00:00:00Z");
const UNKNOWN_ID = "ffffffff-4f50-4a6b-8c7d-9e0f1a2b3c4d";
const ARCHIVED_ID = "aaaaaaaa-4f50-4a6b-8c7d-9e0f1a2b3c4d";
const HEADERS = { authorization: "Bearer sk_test_1", "content-type": "application/json" };
const ARCHIVED = {
  id: ARCHIVED_ID,
  key: "cpu_hour",
  productId: PRODUCT_ID,
  archived_at: "2026-02-01T00:00:00Z",
};

describe.each(KONTORION_TRANSPORTS)("$name", ({ open }) => {
  let mock: MockKontorion;
  let transport: OpenTransport<Kontorion>;
  let costs: Kontorion["costs"];
  let drifts: Drift[];
  beforeEach(async () => {
    mock = createMockKontorion({
      costs: [...KONTORION_SEEDS.costs, ARCHIVED],
      clock: () => NOW,
    });
    transport = await open(mock);
    drifts = [];
    costs = transport.client({ onDrift: (drift) => drifts.push(drift) }).costs;
  });
  afterEach(async () => {
    await transport.close();
    expect(drifts).toEqual([]);
  });
  const statuses = async (): Promise<unknown[]> =>
    (await costs.versions(COST_ID)).data.map(({ version, status }) => `${version} ${status}`);

  test("createCost and createProductCost", async () => {
    const cost = await costs.create({ key: "gpu_hour", description: "Größe" });
    expect(cost).toEqual({
      id: "00000000-0000-4000-8001-000000000001",
      organization_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      product_id: null,
      key: "gpu_hour",
      description: "Größe",
      scope: "ORG",
      status: "active",
      version: 1,
      head_version_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      requires_continuous_coverage: false,
      archived_at: null,
      created_at: NOW,
      updated_at: NOW,
    });
    const ofProduct = await costs.create({ key: "b", productId: PRODUCT_ID });
    expect(ofProduct).toMatchObject({ scope: "PRODUCT", product_id: PRODUCT_ID });
    expect(mock.costs.slice(2)).toEqual([cost, ofProduct]);
  });

  test("listCosts and listProductCosts: scopes, pages, no archived costs", async () => {
    const made = [await costs.create({ key: "a" }), await costs.create({ key: "b" })];
    const keysOf = async (pages: AsyncIterable<{ readonly key?: string | null | undefined }>) => {
      const keys = [];
      for await (const { key } of pages) keys.push(key);
      return keys;
    };
    expect(await keysOf(costs.listAll({ limit: 1 }))).toEqual(["gpu_hour", "a", "b"]);
    expect(await keysOf(costs.listAll())).toEqual(["gpu_hour", "a", "b"]);
    expect((await costs.list({ scope: "ORG" })).data).toEqual(made);
    expect((await costs.list({ scope: "ORG", limit: 1 })).pagination).toEqual({
      next_cursor: made[0]?.id,
      has_more: true,
    });
    const ofProduct = await costs.list({ productId: PRODUCT_ID });
    expect(ofProduct.data.map(({ key }) => key)).toEqual(["gpu_hour"]);
    expect(ofProduct.pagination).toEqual({ next_cursor: null, has_more: false });
  });

  test("getCost gives an archived cost, too", async () => {
    expect(await costs.get(ADDRESS)).toEqual(mock.costs[0]);
    expect(await costs.get({ ...ADDRESS, costId: ARCHIVED_ID })).toMatchObject({
      status: "archived",
      archived_at: new Date(ARCHIVED.archived_at),
    });
  });

  test("updateCost publishes at once, and the version before is archived", async () => {
    mock.advance(60_000);
    const cost = await costs.update(ADDRESS, { description: "Cheaper" });
    expect(cost).toMatchObject({ version: 2, description: "Cheaper", created_at: NOW });
    expect(cost.updated_at).toEqual(new Date("2026-06-15T12:01:00Z"));
    expect(await statuses()).toEqual(["1 archived", "2 active"]);
  });

  test("updateCost schedules a version, which becomes active as the clock passes", async () => {
    const before = await costs.update(ADDRESS, { description: "Later", effective_at: JULY });
    expect(before).toMatchObject({ version: 1, description: "One GPU hour" });
    expect(await statuses()).toEqual(["1 active", "2 scheduled"]);
    mock.advance(JULY.getTime() - NOW.getTime() - 1);
    expect((await costs.get(ADDRESS)).version).toBe(1);
    mock.advance(1);
    expect(await costs.get(ADDRESS)).toMatchObject({ version: 2, description: "Later" });
    expect(await statuses()).toEqual(["1 archived", "2 active"]);
  });

  test("updateCost keeps a draft, which changes nothing else", async () => {
    const cost = await costs.update(ADDRESS, { description: "Maybe", save_as_draft: true });
    expect(cost).toMatchObject({ version: 1, description: "One GPU hour" });
    const drafts = await costs.versions(COST_ID, { status: ["DRAFT", "scheduled"] });
    expect(drafts.data).toMatchObject([
      { version: 2, status: "draft", effective_from: null, published_at: null },
    ]);
  });

  test("updateCost of the coverage alone makes no version, and false is a value", async () => {
    const edit = { requires_continuous_coverage: true };
    expect(await costs.update(ADDRESS, edit)).toMatchObject({ version: 1, ...edit });
    expect(await costs.update(ADDRESS, { description: "x" })).toMatchObject(edit);
    const off = { requires_continuous_coverage: false };
    expect(await costs.update(ADDRESS, off)).toMatchObject({ version: 2, ...off });
  });

  test("copyCost makes an active cost of an archived one", async () => {
    const source = { ...ADDRESS, costId: ARCHIVED_ID };
    const copy = await costs.copy(source);
    expect(copy).toMatchObject({ key: "cpu_hour_copy", status: "active", product_id: PRODUCT_ID });
    expect((await costs.copy(source)).key).toBe("cpu_hour_copy_2");
    expect(mock.versions(copy.id as string)).toMatchObject([{ version: 1, status: "active" }]);
  });

  test("listCostVersions gives what a timeline takes", async () => {
    await costs.update(ADDRESS, { effective_at: JULY });
    const { data } = await costs.versions(COST_ID);
    expect(data).toEqual(mock.versions(COST_ID));
    const { periods, problems } = versionTimeline(data as never);
    expect(periods).toMatchObject([
      { version: 1, from: NOW, to: JULY },
      { version: 2, from: JULY, to: null },
    ]);
    expect(problems).toEqual([]);
    expect((await costs.versions(COST_ID, { status: "active" })).data).toMatchObject([
      { version: 1 },
    ]);
  });

  test("404 names the entity, also for a cost of another product", async () => {
    const calls = [
      () => costs.get({ ...ADDRESS, costId: UNKNOWN_ID }),
      () => costs.get({ productId: UNKNOWN_ID, costId: COST_ID }),
      () => costs.update({ ...ADDRESS, costId: UNKNOWN_ID }, { description: "x" }),
      () => costs.copy({ ...ADDRESS, costId: UNKNOWN_ID }),
      () => costs.versions(UNKNOWN_ID),
    ];
    for (const call of calls) {
      const error = await errorOf(ApiError, call());
      expect(error).toMatchObject({ status: 404, code: "NOT_FOUND" });
      expect(error.details).toMatchObject({ entity_type: "cost" });
      expect([COST_ID, UNKNOWN_ID]).toContain(error.details?.["entity_id"]);
    }
  });

  test("409 for a key that is taken, and for a change of an archived cost", async () => {
    const taken = { key: "gpu_hour", productId: PRODUCT_ID };
    expect(await errorOf(ApiError, costs.create(taken))).toMatchObject({
      status: 409,
      code: "CONFLICT",
      requestId: "req_1",
    });
    // The key of an archived cost is free.
    expect(await costs.create({ ...taken, key: "cpu_hour" })).toMatchObject({ version: 1 });
    const archived = { ...ADDRESS, costId: ARCHIVED_ID };
    const error = await errorOf(ApiError, costs.update(archived, { description: "x" }));
    expect(error).toMatchObject({ status: 409, code: "INVALID_TRANSITION" });
  });

  test("401 without a key, and what a client would not send is a 400 with fields", async () => {
    const keyless = await transport.send("/costs");
    expect(keyless.status).toBe(401);
    expect(keyless.headers.get("content-type")).toBe("application/problem+json");
    expect(await keyless.json()).toMatchObject({ status: 401, code: "UNAUTHORIZED" });
    const update = `/products/${PRODUCT_ID}/costs/${COST_ID}`;
    const requests: readonly [string, string, object, string][] = [
      ["POST", "/costs", { key: "" }, "key"],
      ["POST", "/costs", { key: "a", product_id: "p" }, "product_id"],
      ["PUT", update, { effective_at: "soon" }, "effective_at"],
      ["PUT", update, { save_as_draft: true, effective_at: JULY }, "save_as_draft"],
      ["PUT", update.replace(COST_ID, "c"), { description: "x" }, "costId"],
    ];
    for (const [method, path, body, field] of requests) {
      const init = { method, headers: HEADERS, body: JSON.stringify(body) };
      const refused = await transport.send(path, init);
      expect(refused.status).toBe(400);
      const { code, fields } = await refused.json();
      expect(code).toBe("VALIDATION");
      expect(fields[0]).toMatchObject({ field });
    }
    const list = await transport.send("/costs?cursor=nothing", { headers: HEADERS });
    expect(await list.json()).toMatchObject({ fields: [{ field: "cursor" }] });
  });

  test.each([
    [401, "UNAUTHORIZED"],
    [403, "FORBIDDEN"],
    [409, "CONFLICT"],
    [422, "UNPROCESSABLE_ENTITY"],
    [429, "RATE_LIMITED"],
    [503, "SERVER_ERROR"],
  ] as const)("%i on demand, with and without a code of its own", async (status, code) => {
    const once = transport.client({ maxRetries: 0 }).costs;
    mock.fault({ kind: "status", status, retryAfter: 7 });
    const plain = await errorOf(ApiError, once.get(ADDRESS));
    expect(plain).toMatchObject({ status, code, operation: "getCost", retryAfterSeconds: 7 });
    const body = { code: "ITS_OWN", detail: "no", expected_version: 1, current_version: 2 };
    mock.fault({ kind: "status", status, body, operation: "updateCost" });
    await once.get(ADDRESS);
    const error = await errorOf(ApiError, once.update(ADDRESS, { description: "x" }));
    expect(error).toMatchObject({ status, code: "ITS_OWN" });
    expect(error.details).toMatchObject({ expected_version: 1, current_version: 2 });
  });

  test("an update whose answer is lost is not sent again", async () => {
    mock.fault({ kind: "cut-connection", carriedOut: true, operation: "updateCost" });
    await expect(costs.update(ADDRESS, { description: "x" })).rejects.toMatchObject({
      code: "CONNECTION_FAILED",
      attempts: 1,
    });
    expect(await statuses()).toHaveLength(2);
  });

  test("what was received is kept without its key, and a reset begins again", async () => {
    await costs.create({ key: "a" });
    expect(mock.requests).toMatchObject([
      { operation: "createCost", method: "POST", body: { key: "a" } },
    ]);
    expect(JSON.stringify(mock.requests)).not.toContain("0123456789abcdef");
    mock.advance(1_000);
    mock.reset();
    expect(mock.requests).toEqual([]);
    expect(mock.costs.map(({ key, created_at }) => [key, created_at])).toEqual([
      ["gpu_hour", NOW],
      ["cpu_hour", NOW],
    ]);
  });
});

describe("seeds and routes", () => {
  test("versions of a seed: a gap has no version in force", async () => {
    const versions = [
      { version: 1, effective_from: "2026-01-01T00:00:00Z", effective_to: "2026-06-01T00:00:00Z" },
      { version: 2, effective_from: JULY },
      { version: 3, status: "Draft" },
    ];
    const mock = createMockKontorion({ costs: [{ key: "a", versions }], clock: () => NOW });
    expect(mock.costs).toMatchObject([{ version: null, head_version_id: null }]);
    const id = mock.costs[0]?.id ?? "";
    expect(mock.versions(id)?.map(({ status }) => status)).toEqual([
      "archived",
      "scheduled",
      "draft",
    ]);
    expect(mock.versions(UNKNOWN_ID)).toBeUndefined();
  });

  test.each([
    [{ costs: [{ key: "a" }, { key: "a" }] }, "costs.1.key"],
    [
      {
        costs: [
          { key: "a", id: COST_ID },
          { key: "b", id: COST_ID },
        ],
      },
      "costs.1.id",
    ],
    [{ costs: [{ key: "a", versions: [{ version: 1 }, { version: 1 }] }] }, "versions"],
    [{ costs: [{ key: "a", colour: "red" }] }, "colour"],
    [{ faults: [{ kind: "html", operation: "deleteCost" }] }, "operation"],
    [{ routes: { getCost: { method: "GET", path: "//evil.example" } } }, "routes"],
  ])("%j is refused", (options, path) => {
    expect(() => createMockKontorion(options as never)).toThrow(path);
  });

  test.each(KONTORION_TRANSPORTS)("corrected routes are answered, $name", async ({ open }) => {
    const routes = {
      getCost: { method: "GET", path: "/costs/{costId}" },
      updateCost: { method: "PATCH", path: "/costs/{costId}" },
    } as const;
    const mock = createMockKontorion({ routes, costs: [{ key: "a", id: COST_ID }] });
    const transport = await open(mock);
    const corrected = transport.client({ routes } as never).costs;
    expect(await corrected.get({ costId: COST_ID })).toMatchObject({ key: "a", scope: "ORG" });
    const edit = { description: "x" };
    expect(await corrected.update({ costId: COST_ID }, edit)).toMatchObject({ version: 2 });
    await transport.close();
  });
});
