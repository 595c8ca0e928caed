import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import {
  ApiError,
  type AttemptInfo,
  type Drift,
  InvalidInputError,
  InvalidResponseError,
  type LogLevel,
  Paygentic,
  type PaygenticOptions,
  type PaygenticRequest,
  type ResponseInfo,
  VERSION,
} from "metered-costs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { COST, CREATE, EVENT, RECEIPT } from "./samples.ts";
import { errorOf, KEY, rejectionOf, scene } from "./scene.ts";
import { empty, json, reset, silence, text } from "./scripted-server.ts";

const { server, client } = scene();

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("onAttempt", () => {
  const watch = (options: PaygenticOptions = {}) => {
    const attempts: AttemptInfo[] = [];
    const api = client({ ...options, onAttempt: (info) => attempts.push(info) });
    return { api, attempts };
  };

  test("is called after each attempt with what happens next", async () => {
    const { api, attempts } = watch();
    server.answer(empty(503, { "retry-after": "0.001" }), reset, json(COST));
    await api.costs.get("cst_1", { context: "trace-1" });
    const shared = {
      operation: "getCost",
      method: "GET",
      url: `${server.url}/v0/costs/cst_1`,
      duration: expect.any(Number),
      context: "trace-1",
    };
    expect(attempts).toEqual([
      {
        ...shared,
        attempt: 1,
        status: 503,
        error: expect.any(ApiError),
        next: { action: "retry", delay: 1 },
      },
      {
        ...shared,
        attempt: 2,
        status: undefined,
        error: expect.objectContaining({ code: "CONNECTION_FAILED" }),
        next: { action: "retry", delay: 0 },
      },
      { ...shared, attempt: 3, status: 200, error: undefined, next: { action: "done" } },
    ]);
  });

  test("says that a call fails", async () => {
    const { api, attempts } = watch({ maxRetries: 1 });
    server.answer(empty(500), empty(500), json({ message: "no" }, 404));
    await rejectionOf(api.costs.get("cst_1"));
    await rejectionOf(api.costs.get("cst_1"));
    expect(attempts.map(({ next }) => next.action)).toEqual(["retry", "fail", "fail"]);
    expect(attempts[2]?.error).toMatchObject({ code: "NOT_FOUND" });
  });

  test("is called for an attempt that the signal ended", async () => {
    const { api, attempts } = watch();
    server.otherwise(silence);
    const controller = new AbortController();
    const call = rejectionOf(api.costs.get("cst_1", { signal: controller.signal }));
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    controller.abort("left");
    await call;
    expect(attempts).toMatchObject([{ attempt: 1, error: "left", next: { action: "fail" } }]);
  });

  test("is not called for what was not sent", async () => {
    const { api, attempts } = watch();
    await rejectionOf(api.costs.get("report"));
    await rejectionOf(api.costs.get("cst_1", { signal: AbortSignal.abort() }));
    expect(attempts).toEqual([]);
  });

  test("shows no key, wherever a server says it back, and does no harm when it throws", async () => {
    const { api, attempts } = watch();
    server.answer(json({ message: `bad ${KEY}` }, 400, { "x-request-id": KEY }));
    await rejectionOf(api.costs.get("cst_1"));
    expect(inspect(attempts, { depth: 9, showHidden: true })).not.toContain(KEY);
    server.answer(json(COST));
    const onAttempt = () => {
      throw new Error("hook is down");
    };
    expect((await client({ onAttempt }).costs.get("cst_1")).id).toBe("cst_1");
  });

  test("is called for each event of many", async () => {
    const { api, attempts } = watch();
    server.otherwise(json(RECEIPT, 202));
    await api.events.ingestAll([EVENT, EVENT]);
    expect(attempts.map(({ operation, next }) => [operation, next.action])).toEqual([
      ["ingestEvent", "done"],
      ["ingestEvent", "done"],
    ]);
  });
});

test("the context of a call comes back in every hook, and is not sent", async () => {
  const context = { trace: 7 };
  const seen: unknown[] = [];
  const keep = (info: AttemptInfo | ResponseInfo | Drift) => seen.push(info.context);
  server.answer(json({ ...COST, unknown: 1 }));
  const { costs } = client({ onAttempt: keep, onResponse: keep, onDrift: keep });
  await costs.get("cst_1", { context });
  expect(seen).toHaveLength(3);
  for (const each of seen) expect(each).toBe(context);
  expect(JSON.stringify(server.request)).not.toContain("trace");
});

test("the context of ingestAll and of a queue comes back with each event", async () => {
  const seen: unknown[] = [];
  server.otherwise(json(RECEIPT, 202));
  const { events } = client({ onAttempt: ({ context }) => seen.push(context) });
  await events.ingestAll([EVENT, EVENT], { context: "all" });
  const queue = events.queue({ context: "queue" });
  await queue.add(EVENT);
  await queue.close();
  expect(seen).toEqual(["all", "all", "queue"]);
});

describe("the logger", () => {
  const logged = async (logLevel?: LogLevel) => {
    const lines: [string, string][] = [];
    const log = (level: string) => (message: string) => void lines.push([level, message]);
    const logger = {
      debug: log("debug"),
      info: log("info"),
      warn: log("warn"),
      error: log("error"),
    };
    server.answer(
      empty(503, { "retry-after": "0" }),
      json({ ...COST, extra: 1 }),
      json({ message: `bad ${KEY}` }, 404),
    );
    const { costs } = client({ logger, logLevel });
    await costs.get("cst_1");
    await rejectionOf(costs.get("cst_2"));
    return lines;
  };

  test.each<[LogLevel | undefined, string[]]>([
    [undefined, ["warn", "warn"]],
    ["warn", ["warn", "warn"]],
    ["info", ["info", "warn", "warn"]],
    ["debug", ["info", "warn", "debug", "warn"]],
    ["error", []],
    ["off", []],
  ])("takes messages from the level on: %s", async (level, expected) => {
    const lines = await logged(level);
    expect(lines.map(([each]) => each)).toEqual(expected);
    expect(JSON.stringify(lines)).not.toContain(KEY);
  });

  test("says the operation, the attempt, the status and the delay", async () => {
    const [retry, drift, , failed] = (await logged("debug")).map(([, message]) => message);
    expect(retry).toMatch(
      /^costs\.get: attempt 1, 503, GET http.*\/v0\/costs\/cst_1, \d+ ms, next in 0 ms: /,
    );
    expect(drift).toMatch(/^costs\.get: drift at extra: /);
    expect(failed).toContain("bad [redacted]");
  });

  test.each([{}, { debug: () => undefined }, 7])("is refused when it is none: %j", (logger) => {
    expect(() => client({ logger } as unknown as PaygenticOptions)).toThrow(
      /logger: expected an object with the methods/,
    );
  });

  test("may be the console", () => {
    expect(() => client({ logger: console, logLevel: "debug" })).not.toThrow();
  });
});

describe("the version", () => {
  test("is the package's, and is the User-Agent on servers unless a header says otherwise", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(VERSION).toBe(version);
    server.otherwise(json(COST));
    await client().costs.get("cst_1");
    await client({ headers: { "User-Agent": "mine" } }).costs.get("cst_1");
    expect(server.requests.map(({ headers }) => headers["user-agent"])).toEqual([
      `metered-costs/${version}`,
      "mine",
    ]);
  });

  test("is not sent from a page", async () => {
    vi.stubGlobal("window", { document: {}, location: { href: "https://a.example/", origin: "" } });
    server.answer(json(COST));
    await client({ apiKey: () => KEY }).costs.get("cst_1");
    expect(server.request.headers["user-agent"]).not.toContain("metered-costs");
  });
});

test("headers may be a Headers, of the client and of a call", async () => {
  server.answer(json(COST));
  const { costs } = client({ headers: new Headers({ "X-A": "1", "X-B": "1" }) });
  await costs.get("cst_1", { headers: new Headers({ "X-B": "2" }) });
  expect(server.request.headers).toMatchObject({ "x-a": "1", "x-b": "2" });
  const both = client().costs.get("cst_1", { headers: new Headers({ Authorization: "x" }) });
  await errorOf(InvalidInputError, both);
});

describe("withOptions", () => {
  test("keeps the other options and leaves the first client as it is", async () => {
    server.otherwise(empty(503));
    const first = client({ headers: { "x-a": "1" }, maxRetries: 0 });
    const second = first.withOptions({ maxRetries: 2 });
    expect(second).toBeInstanceOf(Paygentic);
    await rejectionOf(second.costs.get("cst_1"));
    expect(server.requests).toHaveLength(3);
    expect(server.requests[2]?.headers).toMatchObject({
      "x-a": "1",
      authorization: `Bearer ${KEY}`,
    });
    await rejectionOf(first.costs.get("cst_1"));
    expect(server.requests).toHaveLength(4);
  });

  test("checks what it is given, and shows no key", () => {
    expect(() => client().withOptions({ timeout: 0 })).toThrow(InvalidInputError);
    expect(inspect(client().withOptions({}), { depth: 9, showHidden: true })).not.toContain(KEY);
  });
});

describe("request", () => {
  test("sends to any endpoint, with the key, a query and a body", async () => {
    server.answer(json({ id: "cus_1", score: 1 }));
    const answer = await client().request({
      method: "POST",
      path: "/v0/customers",
      query: { "a b": "x&y", tags: ["p", "q"], n: 1, off: false, none: undefined },
      body: { name: "Ada" },
    });
    expect(answer).toEqual({ id: "cus_1", score: 1 });
    const { method, target, headers, body } = server.request;
    expect([method, target, body]).toEqual([
      "POST",
      "/v0/customers?a%20b=x%26y&tags=p&tags=q&n=1&off=false",
      '{"name":"Ada"}',
    ]);
    expect(headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      "content-type": "application/json",
    });
  });

  test("gives long numbers as text, arrays, and nothing without a body", async () => {
    server.answer(text('{"n":12345678901234567890.5,"m":1.5}'), text("[1]"), empty(204));
    const api = client();
    const get = { method: "GET", path: "/v0/things" } as const;
    expect(await api.request(get)).toEqual({ n: "12345678901234567890.5", m: 1.5 });
    expect(await api.request(get)).toEqual([1]);
    expect(await api.request({ method: "DELETE", path: "/v0/things/1" })).toBeUndefined();
    server.answer(text("<html>"));
    await errorOf(InvalidResponseError, api.request(get));
  });

  test.each(["GET", "DELETE"] as const)("retries %s as usual", async (method) => {
    server.answer(reset, empty(500), json({}));
    expect(await client().request({ method, path: "/v0/a" })).toEqual({});
  });

  test.each(["POST", "PUT", "PATCH"] as const)("retries %s after a 429 only", async (method) => {
    server.answer(empty(429), empty(500));
    const error = await errorOf(ApiError, client().request({ method, path: "/v0/a" }));
    expect(error).toMatchObject({ operation: "request", status: 500, attempts: 2 });
  });

  test.each([
    "v0/customers",
    "//example.com/v0",
    "https://example.com/v0",
    "/v0/../admin",
    "/v0/%2e%2E/admin",
    "/v0/.",
    "/..",
    "/v0\\..\\x",
    "/v0?x=1",
    "/v0#x",
    "/v0/{id}",
    "/v0/ü",
    "/v0/a b",
    "",
    7,
  ])("refuses the path %j and sends nothing", async (path) => {
    const params = { method: "GET", path } as PaygenticRequest;
    const error = await errorOf(InvalidInputError, client().request(params));
    expect(error.issues).toMatchObject([{ path: ["path"] }]);
    expect(server.requests).toEqual([]);
  });

  test.each<[unknown, string]>([
    [{ method: "TRACE", path: "/a" }, "method"],
    [{ method: "GET", path: "/a", query: { a: {} } }, "query"],
    [{ method: "POST", path: "/a", body: { n: Symbol("x") } }, "body"],
    [{ method: "GET", path: "/a", body: {} }, "body"],
    [{ method: "GET", path: "/a", url: "x" }, "url"],
  ])("refuses %o", async (params, field) => {
    const call = client().request(params as PaygenticRequest);
    expect((await errorOf(InvalidInputError, call)).issues[0]?.path[0]).toBe(field);
    await errorOf(InvalidInputError, client().request(undefined as unknown as PaygenticRequest));
    expect(server.requests).toEqual([]);
  });

  test("a body that is no JSON is refused for other operations, too", async () => {
    await errorOf(InvalidInputError, client().costs.create({ ...CREATE, unit: 1n as never }));
  });
});
