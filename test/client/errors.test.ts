import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import {
  ApiError,
  type ApiErrorCode,
  ConnectionError,
  CostsError,
  InvalidResponseError,
  isCostsError,
  Paygentic,
} from "metered-costs";
import { describe, expect, test } from "vitest";
import { OPERATIONS } from "./operations.ts";
import { COST, CREATE } from "./samples.ts";
import { errorOf, rejectionOf, scene } from "./scene.ts";
import {
  type Answer,
  brokenOff,
  empty,
  json,
  reset,
  ScriptedServer,
  text,
} from "./scripted-server.ts";

const { server, client } = scene();
/** The error of one call, without another try. */
const apiError = async (answer: Answer): Promise<ApiError> => {
  server.answer(answer);
  return errorOf(ApiError, client({ maxRetries: 0 }).costs.get("cst_1"));
};

describe("the code and the category of an unsuccessful answer", () => {
  test.each<[number, string, string]>([
    [400, "BAD_REQUEST", "bad_request"],
    [401, "UNAUTHORIZED", "unauthorized"],
    [402, "UNEXPECTED_STATUS", "unexpected_status"],
    [403, "FORBIDDEN", "forbidden"],
    [404, "NOT_FOUND", "not_found"],
    [405, "UNEXPECTED_STATUS", "unexpected_status"],
    [408, "UNEXPECTED_STATUS", "unexpected_status"],
    [409, "CONFLICT", "conflict"],
    [410, "UNEXPECTED_STATUS", "unexpected_status"],
    [418, "UNEXPECTED_STATUS", "unexpected_status"],
    [422, "UNPROCESSABLE_ENTITY", "unprocessable_entity"],
    [429, "RATE_LIMITED", "rate_limited"],
    [500, "SERVER_ERROR", "server_error"],
    [502, "SERVER_ERROR", "server_error"],
    [503, "SERVER_ERROR", "server_error"],
    [599, "SERVER_ERROR", "server_error"],
    [600, "UNEXPECTED_STATUS", "unexpected_status"],
    [999, "UNEXPECTED_STATUS", "unexpected_status"],
    [300, "UNEXPECTED_STATUS", "unexpected_status"],
    [304, "UNEXPECTED_STATUS", "unexpected_status"],
  ])("of %i are %s and %s when the body says no more", async (status, code, category) => {
    const error = await apiError(status === 304 ? empty(status) : json({ message: "no" }, status));
    expect(error).toMatchObject({ status, code, category, serverCode: undefined, fieldErrors: [] });
  });

  test.each<[string, Answer]>([
    ["an empty body", empty(500)],
    ["HTML", text("<html><h1>502 Bad Gateway</h1></html>", 502, { "content-type": "text/html" })],
    ["JSON that was cut off", text('{"message":"overloa', 503)],
    ["a JSON array", json(["no"], 500)],
    ["JSON null", json(null, 500)],
    ["a JSON number", json(7, 500)],
    ["a message that is no text", json({ message: { text: "no" }, code: 7, error: [] }, 500)],
  ])("come from the status when the body is %s", async (_, answer) => {
    const error = await apiError(answer);
    expect(error).toMatchObject({
      code: "SERVER_ERROR",
      category: "server_error",
      details: undefined,
    });
  });

  test("come from the body's error when it is one that is known", async () => {
    const error = await apiError(json({ message: "gone", error: "not_found" }, 400));
    expect(error).toMatchObject({ status: 400, category: "not_found", code: "NOT_FOUND" });
  });

  test("come from the status when the body's error is not known", async () => {
    const error = await apiError(json({ message: "no", error: "lunar_eclipse" }, 403));
    expect(error).toMatchObject({ category: "forbidden", code: "FORBIDDEN" });
  });
});

describe("the server's own code", () => {
  test.each(["TAX_NOT_ENABLED", "PAYMENT_SESSION_EXPIRED", "SOMETHING_NEW", "lower_case"])(
    "%s is the error's code",
    async (code) => {
      const error = await apiError(json({ message: "no", error: "bad_request", code }, 400));
      expect(error).toMatchObject({ code, serverCode: code, category: "bad_request" });
    },
  );

  test.each([
    "TIMEOUT",
    "CONNECTION_FAILED",
    "INVALID_INPUT",
    "INVALID_EVENT",
    "QUEUE_CLOSED",
    "STORE_IN_USE",
    "STORE_UNUSABLE",
    "STORE_FAILED",
    "INVALID_RESPONSE",
    "NOT_FOUND",
    "VALIDATION_ERROR",
    "SERVER_ERROR",
    "RATE_LIMITED",
    "UNEXPECTED_STATUS",
  ])("%s means something of ours, and is kept as serverCode only", async (code) => {
    const error = await apiError(json({ message: "no", code }, 403));
    expect(error).toMatchObject({ code: "FORBIDDEN", serverCode: code, category: "forbidden" });
  });

  test("is no code when it is empty", async () => {
    const error = await apiError(json({ message: "no", code: "" }, 403));
    expect(error).toMatchObject({ code: "FORBIDDEN", serverCode: undefined });
  });
});

describe("a validation error", () => {
  const errors = [
    { field: "unitCost", message: "must not be negative", code: "too_small", extra: true },
    { field: "name", message: "is required" },
  ];
  const fieldErrors = [
    { field: "unitCost", message: "must not be negative", code: "too_small" },
    { field: "name", message: "is required" },
  ];

  test("is known by its errors, with or without saying so", async () => {
    for (const error of ["validation_error", "bad_request", undefined]) {
      const thrown = await apiError(json({ message: "Invalid request", error, errors }, 400));
      expect(thrown).toMatchObject({ code: "VALIDATION_ERROR", category: "validation_error" });
      expect(thrown.fieldErrors).toEqual(fieldErrors);
    }
  });

  test("says every field in its message", async () => {
    const { message } = await apiError(json({ message: "Invalid request", errors }, 400));
    expect(message).toContain("Invalid request");
    expect(message).toContain("unitCost: must not be negative");
    expect(message).toContain("name: is required");
  });

  test("keeps its own code and its fields both", async () => {
    const error = await apiError(json({ message: "no", code: "TAX_NOT_ENABLED", errors }, 400));
    expect(error).toMatchObject({ code: "TAX_NOT_ENABLED", category: "validation_error" });
    expect(error.fieldErrors).toEqual(fieldErrors);
  });

  test("may name no field at all", async () => {
    const error = await apiError(json({ message: "no", errors: [] }, 400));
    expect(error).toMatchObject({ code: "VALIDATION_ERROR", fieldErrors: [] });
  });

  test("keeps the fields that can be read, among others that cannot", async () => {
    const error = await apiError(
      json({ message: "no", errors: [null, "name", { field: 1 }, errors[1]] }, 400),
    );
    expect(error.fieldErrors).toEqual([fieldErrors[1]]);
  });

  test("is none when not one of its errors can be read", async () => {
    const error = await apiError(json({ message: "no", errors: ["name is required"] }, 400));
    expect(error).toMatchObject({ code: "BAD_REQUEST", fieldErrors: [] });
  });
});

describe("what an unsuccessful answer leaves behind", () => {
  test("is the message, the operation and the status in one line", async () => {
    const { message } = await apiError(json({ message: "No such cost" }, 404));
    expect(message).toBe("costs.get: the server answered 404: No such cost");
  });

  test("is the request id of its header", async () => {
    const error = await apiError(json({ message: "no" }, 404, { "X-Request-Id": "req_1" }));
    expect(error.requestId).toBe("req_1");
    expect((await apiError(json({ message: "no" }, 404))).requestId).toBeUndefined();
  });

  test("is the details as plain JSON, long numbers ordinary", async () => {
    const error = await apiError(
      text(
        '{"message":"no","details":{"limit":12345678901234567890,"at":"2026-06-01T00:00:00Z"}}',
        409,
      ),
    );
    expect(error.details).toEqual({
      limit: Number("12345678901234567890"),
      at: "2026-06-01T00:00:00Z",
    });
  });

  test("is the details as deep as anyone reads, from a body however deep", async () => {
    const deep = `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`;
    const error = await apiError(text(`{"message":"no","details":${deep}}`, 409));
    expect(error).toMatchObject({ code: "CONFLICT", details: { a: { a: { a: {} } } } });
    expect(() => JSON.stringify(error)).not.toThrow();
  });

  test("is no details when they are no object", async () => {
    expect((await apiError(json({ message: "no", details: ["a"] }, 400))).details).toBeUndefined();
  });

  test("is its status and headers as a Response without a body that is still to be read", async () => {
    const { response } = await apiError(json({ message: "no" }, 403, { "x-shard": "7" }));
    expect(response?.status).toBe(403);
    expect(response?.headers.get("x-shard")).toBe("7");
    expect(response?.headers.get("content-type")).toBe("application/json");
    expect(response?.body).toBeNull();
    await expect(response?.text()).resolves.toBe("");
  });

  test("is the beginning of its body, 2,000 characters at the most", async () => {
    expect((await apiError(text("short", 502))).bodyText).toBe("short");
    expect((await apiError(empty(502))).bodyText).toBe("");
    expect((await apiError(text("x".repeat(100_000), 502))).bodyText).toBe("x".repeat(2_000));
  });

  test("is what Retry-After asks for, in seconds", async () => {
    const headers = { "retry-after": "120" };
    expect((await apiError(json({ message: "no" }, 429, headers))).retryAfterSeconds).toBe(120);
    expect((await apiError(json({ message: "no" }, 503, headers))).retryAfterSeconds).toBe(120);
    expect((await apiError(json({ message: "no" }, 429))).retryAfterSeconds).toBeUndefined();
  });

  test("is plain data for logs, without response, cause and stack", async () => {
    const error = await apiError(
      json({ message: "no", code: "NEW_CODE", details: { a: 1 } }, 409, {
        "x-request-id": "req_1",
      }),
    );
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: "ApiError",
      code: "NEW_CODE",
      message: "costs.get: the server answered 409: no",
      category: "conflict",
      status: 409,
      serverCode: "NEW_CODE",
      details: { a: 1 },
      operation: "getCost",
      attempts: 1,
      requestId: "req_1",
      bodyText: '{"message":"no","code":"NEW_CODE","details":{"a":1}}',
    });
  });

  test("is an error of ours, by class and by brand", async () => {
    const error = await apiError(json({ message: "no" }, 403));
    expect(error).toBeInstanceOf(CostsError);
    expect(isCostsError(error)).toBe(true);
    expect(error.name).toBe("ApiError");
    expect(error.stack).toContain("costs.get: the server answered 403");
  });

  test.each(OPERATIONS)(
    "names the method that was called: $method",
    async ({ operation, method, call }) => {
      server.answer(json({ message: "no" }, 403));
      const error = await errorOf(ApiError, call(client()));
      expect(error).toMatchObject({ operation, attempts: 1, code: "FORBIDDEN" });
      expect(error.message.startsWith(`${method}: `)).toBe(true);
    },
  );
});

describe("a redirect", () => {
  test.each([301, 302, 303, 307, 308])(
    "of %i to another host is an error, and that host receives nothing",
    async (status) => {
      const other = new ScriptedServer();
      await other.listen();
      try {
        other.otherwise(json(COST));
        for (const { call } of OPERATIONS) {
          server.answer(empty(status, { location: `${other.url}/v0/costs/cst_1` }));
          const error = await errorOf(ApiError, call(client()));
          expect(error).toMatchObject({ status, code: "UNEXPECTED_STATUS", attempts: 1 });
          expect(error.message).toContain("redirects are not followed");
        }
        expect(other.requests).toEqual([]);
        expect(server.requests).toHaveLength(OPERATIONS.length);
      } finally {
        await other.close();
      }
    },
  );

  test("that a browser hides is the same error, without status and headers", async () => {
    // What a browser gives for `redirect: "manual"`; no server can make Node answer so.
    const hidden = Object.defineProperties(new Response(null), {
      status: { value: 0 },
      ok: { value: false },
      type: { value: "opaqueredirect" },
    });
    const { costs } = client({ fetch: async () => hidden });
    const error = await errorOf(ApiError, costs.get("cst_1"));
    expect(error).toMatchObject({
      status: 0,
      code: "UNEXPECTED_STATUS",
      category: "unexpected_status",
      attempts: 1,
      response: undefined,
    });
    expect(error.message).toContain("redirects are not followed");
  });

  test("is asked not to be followed", async () => {
    const modes: (RequestRedirect | undefined)[] = [];
    const { costs } = client({
      fetch: async (_, init) => {
        modes.push(init?.redirect);
        return Response.json(COST);
      },
    });
    await costs.get("cst_1");
    expect(modes).toEqual(["manual"]);
  });
});

describe("a success that cannot be used", () => {
  const GET = OPERATIONS.filter(({ operation }) =>
    [
      "createCost",
      "listCosts",
      "getCost",
      "updateCost",
      "getCostSummary",
      "getCostReport",
    ].includes(operation),
  );
  const BODIES: readonly (readonly [name: string, answer: Answer])[] = [
    ["JSON that was cut off", text('{"id":"cst_1","unitCost":"0.1')],
    ["an empty body", empty(200)],
    ["no body where one is due", empty(204)],
    ["a JSON array", json([COST])],
    ["JSON null", json(null)],
    ["a JSON text", json("ok")],
    ["a long number alone", text("12345678901234567890")],
    ["HTML", text("<html></html>", 200, { "content-type": "text/html" })],
  ];

  test.each(
    GET.flatMap(({ operation, call }) =>
      BODIES.map(([name, answer]) => ({ operation, call, name, answer })),
    ),
  )("is INVALID_RESPONSE and not tried again: $operation with $name", async (each) => {
    server.answer(each.answer);
    const error = await errorOf(InvalidResponseError, each.call(client()));
    expect(error).toMatchObject({
      code: "INVALID_RESPONSE",
      operation: each.operation,
      attempts: 1,
      issues: [{ path: [] }],
    });
    expect(server.requests).toHaveLength(1);
  });

  test("keeps status, request id, headers and the body's beginning", async () => {
    server.answer(text("[1]", 200, { "x-request-id": "req_1" }));
    const error = await errorOf(InvalidResponseError, client().costs.get("cst_1"));
    expect(error).toMatchObject({ status: 200, requestId: "req_1", bodyText: "[1]" });
    expect(error.response?.headers.get("x-request-id")).toBe("req_1");
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: "InvalidResponseError",
      code: "INVALID_RESPONSE",
      message: error.message,
      issues: error.issues,
      status: 200,
      operation: "getCost",
      attempts: 1,
      requestId: "req_1",
      bodyText: "[1]",
    });
  });

  test.each<[string, Answer]>([
    ["200 with a body", json({ id: "cst_1", deleted: true })],
    ["200 with an empty body", empty(200)],
    ["200 with HTML", text("<html></html>")],
    ["202", empty(202)],
    ["204", empty(204)],
  ])("is none for a deletion, which needs no body: %s", async (_, answer) => {
    server.answer(answer);
    await expect(client().costs.delete("cst_1")).resolves.toBeUndefined();
  });

  test("is none when the status is another success than the contract's", async () => {
    server.answer(json(COST, 200), json(COST, 203));
    const { costs } = client();
    expect((await costs.create(CREATE)).id).toBe("cst_1");
    expect((await costs.get("cst_1")).id).toBe("cst_1");
  });
});

describe("a connection that fails", () => {
  test("is CONNECTION_FAILED, with the reason in its message and its cause", async () => {
    const gone = new ScriptedServer();
    await gone.listen();
    const { url } = gone;
    await gone.close();
    const { costs } = new Paygentic({ baseUrl: url, apiKey: "sk_test_1", maxRetries: 0 });
    const error = await errorOf(ConnectionError, costs.get("cst_1"));
    expect(error).toMatchObject({ code: "CONNECTION_FAILED", operation: "getCost", attempts: 1 });
    expect(error.message).toContain("ECONNREFUSED");
    expect(error.cause).toMatchObject({ name: "TypeError", cause: { code: "ECONNREFUSED" } });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: "ConnectionError",
      code: "CONNECTION_FAILED",
      message: error.message,
      operation: "getCost",
      attempts: 1,
    });
  });

  test("is CONNECTION_FAILED in the middle of a body, of whatever status", async () => {
    for (const status of [200, 404, 502]) {
      server.answer(brokenOff('{"id":"cst', status));
      const call = client({ maxRetries: 0 }).costs.get("cst_1");
      expect(await errorOf(ConnectionError, call)).toMatchObject({ code: "CONNECTION_FAILED" });
    }
  });

  test.each<[string, () => unknown, string]>([
    ["text", () => "out of order", "out of order"],
    [
      "an error of another realm",
      () => runInNewContext('new TypeError("fetch failed", { cause: new Error("ENOTFOUND") })'),
      "fetch failed: ENOTFOUND",
    ],
    ["nothing", () => undefined, "undefined"],
    ["an object without a prototype", () => Object.create(null), ""],
    ["a symbol", () => Symbol("odd"), "odd"],
    [
      "an error whose name and stack are no text",
      () => Object.assign(new Error("odd"), { name: 7, stack: [] }),
      "odd",
    ],
    [
      "an error that is one of its own errors",
      () => {
        const error = new AggregateError([], "round and round");
        error.errors.push(error, error);
        return error;
      },
      "round and round",
    ],
    [
      "an error that is its own cause",
      () => {
        const error: Error & { cause?: unknown } = new Error("round");
        error.cause = error;
        return error;
      },
      "round",
    ],
  ])("is CONNECTION_FAILED when fetch throws %s", async (_, thrown, message) => {
    const { costs } = client({ maxRetries: 0, fetch: () => Promise.reject(thrown()) });
    const error = await errorOf(ConnectionError, costs.get("cst_1"));
    expect(error.code).toBe("CONNECTION_FAILED");
    expect(error.message).toMatch(/^costs\.get: the connection failed: /);
    expect(error.message).toContain(message);
  });
});

describe("a switch over the code", () => {
  /** Type-checked, too: each case knows its class, and `default` is left for codes to come. */
  function describeError(error: unknown): string {
    if (!isCostsError(error)) return "not ours";
    switch (error.code) {
      case "VALIDATION_ERROR":
        return `fields ${error.fieldErrors.map(({ field }) => field).join(",")}`;
      case "RATE_LIMITED":
        return `wait ${error.retryAfterSeconds}`;
      case "TAX_NOT_ENABLED":
        return `business ${error.status}`;
      case "TIMEOUT":
      case "OUTCOME_UNKNOWN":
      case "CONNECTION_FAILED":
        return `no answer after ${error.attempts}`;
      case "INVALID_INPUT":
        return `mine: ${error.issues[0]?.path.join(".")}`;
      case "INVALID_RESPONSE":
        return `unusable: ${error.bodyText}`;
      case "INVALID_EVENT":
        return `event ${error.index}`;
      case "QUEUE_CLOSED":
      case "STORE_IN_USE":
      case "STORE_UNUSABLE":
      case "STORE_FAILED":
      case "STORE_DRIVER_MISSING":
      case "CALLBACK_FAILED":
        return `queue: ${error.message}`;
      default: {
        const code: ApiErrorCode = error.code;
        return `other ${code} ${error.status}`;
      }
    }
  }
  const outcome = async (answer: Answer): Promise<string> => {
    server.answer(answer);
    const { costs } = client({ maxRetries: 0 });
    return describeError(await errorOf(CostsError, costs.get("cst_1")));
  };

  test("takes each kind of failure to its own case", async () => {
    const errors = [{ field: "name", message: "no" }];
    expect(await outcome(json({ message: "no", errors }, 400))).toBe("fields name");
    expect(await outcome(json({ message: "no" }, 429, { "retry-after": "7" }))).toBe("wait 7");
    expect(await outcome(json({ message: "no", code: "TAX_NOT_ENABLED" }, 400))).toBe(
      "business 400",
    );
    expect(await outcome(brokenOff("{"))).toBe("no answer after 1");
    expect(await outcome(text("[]"))).toBe("unusable: []");
    expect(await outcome(json({ message: "no", code: "BRAND_NEW" }, 400))).toBe(
      "other BRAND_NEW 400",
    );
    expect(await outcome(json({ message: "no", code: "TIMEOUT" }, 409))).toBe("other CONFLICT 409");
    const refused = client().costs.get("report");
    expect(describeError(await errorOf(CostsError, refused))).toBe("mine: id");
    expect(describeError(new Error("TIMEOUT"))).toBe("not ours");
  });
});

describe("an error in a terminal and in a log", () => {
  const printed = (error: unknown): string[] => inspect(error).split("\n");
  const failing = async (): Promise<unknown> => {
    try {
      return await client({ maxRetries: 1 }).costs.get("cst_1");
    } catch (error) {
      return error;
    }
  };

  test("prints the message, code, status, request id and attempts, and leads to the caller's line", async () => {
    const fields = Array.from({ length: 30 }, (_, index) => ({
      field: `f${index}`,
      message: "no\n",
    }));
    const body = {
      error: "validation_error",
      message: "refused",
      errors: fields,
      details: { a: 1 },
    };
    server.answer(json(body, 422, { "x-request-id": "req_9" }));
    const lines = printed(await failing());
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(lines[0]).toBe(
      "ApiError [VALIDATION_ERROR]: costs.get: the server answered 422: refused [f0: no",
    );
    expect(lines.at(-1)).toBe('  {"status":422,"requestId":"req_9","attempts":1}');
    expect(lines.filter((line) => line.startsWith("    at "))[1]).toMatch(
      /at (?:async )?failing .*errors\.test\.ts:\d+/,
    );
    expect(lines.join("\n")).not.toContain("Headers");
  });

  test("prints its causes", async () => {
    server.otherwise(reset);
    const lines = printed(await rejectionOf(client({ maxRetries: 0 }).costs.get("cst_1")));
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(lines[0]).toMatch(/^ConnectionError \[CONNECTION_FAILED\]: costs\.get: the connection/);
    expect(lines).toContainEqual('  {"attempts":1}');
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}cause: TypeError: fetch failed/));
  });

  test.each<[string, string, () => Promise<unknown>]>([
    ["an argument", "costs.get", () => client().costs.get("none")],
    ["an event", "events.ingest", () => client().events.ingest({} as never)],
    [
      "an event of a queue",
      "queue.add",
      () =>
        client()
          .events.queue()
          .add({} as never),
    ],
    ["a response", "costs.get", () => client().costs.get("cst_1")],
    ["a call with its response", "costs.get", () => client().costs.get("cst_1").withResponse()],
    ["options of a call", "costs.get", () => client().costs.get("cst_1", { timeout: 0 })],
    ["many events", "events.ingestAll", () => client().events.ingestAll([], { deadline: -1 })],
    ["many summaries", "costs.summaries", () => client().costs.summaries([], {} as never)],
    ["another endpoint", "request", () => client().request({ method: "GET", path: "v0" })],
    ["options of a client", "new Paygentic", async () => client({ timeout: 0 })],
    ["options of a queue", "events.queue", async () => client().events.queue({ limit: 0 })],
    ["a deadline", "queue.close", () => client().events.queue().close({ deadline: -1 })],
  ])("names the method, and has the caller's line in its stack: %s", async (_, method, call) => {
    server.otherwise(json({ message: "no" }, 404));
    const caller = async (): Promise<unknown> => {
      try {
        return await call();
      } catch (error) {
        return error;
      }
    };
    const error = await caller();
    expect((error as Error).message).toMatch(new RegExp(`^${method}: `));
    const frames = printed(error).filter((line) => line.startsWith("    at "));
    expect(frames.join("\n")).toMatch(/errors\.test\.ts:\d+/);
  });

  test("is JSON without what is empty, its response and its cause", async () => {
    server.answer(empty(404));
    const error = await errorOf(ApiError, client().costs.get("cst_1"));
    expect(JSON.parse(JSON.stringify(error))).toEqual(error.toJSON());
    expect(error.toJSON()).toEqual({
      name: "ApiError",
      code: "NOT_FOUND",
      category: "not_found",
      message: "costs.get: the server answered 404",
      operation: "getCost",
      attempts: 1,
      status: 404,
    });
  });
});
