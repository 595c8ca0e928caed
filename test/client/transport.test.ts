import { inspect } from "node:util";
import { ApiError, ConnectionError, InvalidInputError, InvalidResponseError } from "metered-costs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { COST, EVENT, JUNE_REPORT, RECEIPT, REPORT } from "./samples.ts";
import { errorOf, rejectionOf, scene } from "./scene.ts";
import { type Answer, empty, json, silence, text } from "./scripted-server.ts";

const { server, client } = scene();

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("an answer", () => {
  test.each([200, 204, 250, 299])("of %i is a success", async (status) => {
    if (status === 204) server.answer(empty(status));
    else server.answer(json(COST, status));
    await client().costs.delete("cst_1");
  });

  test.each([300, 399])("of %i is none", async (status) => {
    server.answer(json(COST, status));
    expect(await errorOf(ApiError, client().costs.get("cst_1"))).toMatchObject({ status });
  });

  test("of 599 has a Response, as all up to it have", async () => {
    server.answer(json({}, 599));
    const error = await errorOf(ApiError, client({ maxRetries: 0 }).costs.get("cst_1"));
    expect(error.response).toBeInstanceOf(Response);
    expect(error.response?.status).toBe(599);
  });
});

describe("a success that cannot be used", () => {
  test.each<[name: string, answer: Answer, words: string]>([
    ["without a body", empty(200), "the body is empty"],
    ["without JSON", text("<html></html>"), "the body is not JSON, or was cut off"],
    ["cut off", text('{"id":'), "the body is not JSON, or was cut off"],
    ["with a list", text("[]"), "the body is JSON, but not an object"],
    ["with a text", text('"cst_1"'), "the body is JSON, but not an object"],
  ])("is told in words: %s", async (_name, answer, words) => {
    server.answer(answer);
    const error = await errorOf(InvalidResponseError, client().costs.get("cst_1"));
    expect(error.issues).toEqual([{ path: [], message: words }]);
    expect(error.message).toBe(`costs.get: the response (200) cannot be used: ${words}`);
  });

  test("is told with the way to each number that is wrong", async () => {
    const [group] = REPORT.groups;
    server.answer(json({ ...REPORT, groups: [group, { ...group, totalCost: "much" }] }));
    const error = await errorOf(InvalidResponseError, client().costs.report(JUNE_REPORT));
    expect(error.issues).toMatchObject([{ path: ["groups", 1, "totalCost"] }]);
    expect(error.message).toMatch(
      /^costs\.report: the response \(200\) cannot be used: groups\.1\.totalCost: /,
    );
  });
});

describe("a body that is awaited", () => {
  test("is let go of when time is up, where it sends nothing and fetch ignores its signal", async () => {
    const cancelled = vi.fn();
    const body = new ReadableStream({
      pull: () => new Promise(() => undefined),
      cancel: cancelled,
    });
    const fetch = async () => new Response(body);
    const call = client({ fetch, timeout: 30, maxRetries: 0 }).costs.get("cst_1");
    expect(await errorOf(ConnectionError, call)).toMatchObject({ code: "TIMEOUT" });
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalledTimes(1));
  });
});

describe("the headers of a request", () => {
  test("are one for each name, however it is written: the call's, the client's, ours", async () => {
    server.otherwise(json(COST));
    const { costs } = client({ headers: { Accept: "application/a", "X-Trace": "1" } });
    await costs.get("cst_1");
    await costs.get("cst_1", { headers: { ACCEPT: "application/b", "x-trace": "2" } });
    expect(server.requests.map(({ headers }) => [headers.accept, headers["x-trace"]])).toEqual([
      ["application/a", "1"],
      ["application/b", "2"],
    ]);
  });

  test("have no body beside them where none is sent", async () => {
    const fetch = vi.fn(async (_url: unknown, _init?: RequestInit) => Response.json(COST));
    const { costs } = client({ fetch });
    await costs.get("cst_1");
    await costs.update("cst_1", { name: "Tokens" });
    const [read, changed] = fetch.mock.calls.map(([, init]) => init);
    expect(read?.body).toBeNull();
    expect(new Headers(read?.headers).has("content-type")).toBe(false);
    expect(changed?.body).toBe('{"name":"Tokens"}');
  });

  test.each(["authorization", "Authorization", "proxy-authorization", "Cookie"])(
    "are secrets where they let somebody in: %s, without the name of the scheme",
    async (name) => {
      server.answer(json({ message: "Basic auth by dXNlcjpwYXNz failed" }, 403));
      const { costs } = client({ apiKey: undefined, headers: { [name]: "Basic dXNlcjpwYXNz" } });
      const error = await errorOf(ApiError, costs.get("cst_1"));
      expect(error.bodyText).toContain("Basic auth by [redacted] failed");
    },
  );

  test.each(["x-api-key", "X-Goog-Key", "x-auth-token", "client-secret-id"])(
    "are secrets where their name says so: %s",
    async (name) => {
      server.answer(json({ message: "no trace-seven" }, 403));
      const { costs } = client({ headers: { [name]: "trace-seven" } });
      const error = await errorOf(ApiError, costs.get("cst_1"));
      expect(error.bodyText).toContain("no [redacted]");
    },
  );

  test.each(["x-trace", "x-authorization-id", "x-cookie", "cookie-consent"])(
    "are none where they do not: %s",
    async (name) => {
      server.answer(json({ message: "no trace-7" }, 403));
      const { costs } = client({ headers: { [name]: "trace-7" } });
      const error = await errorOf(ApiError, costs.get("cst_1"));
      expect(error.bodyText).toContain("no trace-7");
    },
  );
});

test("a key function that fails is told of in words", async () => {
  const apiKey = () => Promise.reject(new Error("vault is sealed"));
  const error = await errorOf(InvalidInputError, client({ apiKey }).costs.get("cst_1"));
  expect(error.message).toBe(
    "costs.get: nothing was sent: apiKey: expected a function that returns the key: it threw or rejected",
  );
});

test.each([
  () => {
    throw new Error("vault refused sk_live_0a1b2c3d for svc", { cause: "AKIA0123456789ABCDEF" });
  },
  () => Promise.reject("sk_live_0a1b2c3d"),
  () => Promise.reject("letmein"),
])("a key function that throws the key does not show it (%#)", async (apiKey) => {
  const error = await errorOf(InvalidInputError, client({ apiKey }).costs.get("cst_1"));
  expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(
    /sk_live_0|AKIA0123456789|letmein/,
  );
  expect(error.cause).toBeDefined();
});

describe("an event of many", () => {
  test("is not awaited beyond its deadline, however long an attempt may take", async () => {
    server.otherwise(silence);
    const { events } = client();
    const { unknown, outcomes } = await events.ingestAll([EVENT], {
      deadline: 60,
      timeout: 20_000,
    });
    expect(unknown).toBe(1);
    expect(outcomes).toMatchObject([{ error: { code: "TIMEOUT", attempts: 1 } }]);
    expect(server.requests).toHaveLength(1);
  });

  test("is tried again after all until then, more often than one event is", async () => {
    const refusals = Array.from({ length: 5 }, () => json({ message: "no" }, 503));
    server.answer(...refusals, json(RECEIPT, 202));
    const { accepted } = await client({ maxRetries: 0 }).events.ingestAll([EVENT]);
    expect(accepted).toBe(1);
    expect(server.requests).toHaveLength(6);
  });
});

test("a Retry-After of a minute is waited for", async () => {
  server.answer(json({ message: "no" }, 429, { "retry-after": "60" }));
  const controller = new AbortController();
  const set = vi.spyOn(globalThis, "setTimeout");
  const reason = rejectionOf(client().costs.get("cst_1", { signal: controller.signal }));
  await vi.waitFor(() => expect(set.mock.calls.map(([, delay]) => delay)).toContain(60_000));
  controller.abort("left");
  expect(await reason).toBe("left");
});
