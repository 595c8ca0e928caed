import {
  ApiError,
  ConnectionError,
  InvalidInputError,
  InvalidResponseError,
  type Operation,
} from "metered-costs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OPERATIONS } from "./operations.ts";
import { COST, CREATE, EVENT, RECEIPT } from "./samples.ts";
import { errorOf, rejectionOf, scene } from "./scene.ts";
import { type Answer, brokenOff, empty, json, reset, text } from "./scripted-server.ts";

const { server, client } = scene();
const refusal = (status: number, retryAfter?: string): Answer =>
  json({ message: "no" }, status, retryAfter === undefined ? {} : { "retry-after": retryAfter });

// Full jitter waits from 0 up to a limit: here always 0, where no test says otherwise.
beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const FAILURES: readonly (readonly [name: string, answer: Answer])[] = [
  ["a connection that was reset", reset],
  ["a body that broke off", brokenOff('{"id":')],
  ["408", refusal(408)],
  ["429", refusal(429)],
  ["500", refusal(500)],
  ["502", text("<html></html>", 502)],
  ["503", empty(503)],
  ["599", refusal(599)],
  ["301", empty(301, { location: "/elsewhere" })],
  ["400", refusal(400)],
  ["401", refusal(401)],
  ["403", refusal(403)],
  ["404", refusal(404)],
  ["409", refusal(409)],
  ["418", refusal(418)],
  ["422", refusal(422)],
  ["425", refusal(425)],
];
const FINAL = ["301", "400", "401", "403", "404", "409", "418", "422", "425"];
const isTriedAgain = (operation: Operation, failure: string): boolean =>
  operation === "createCost" ? failure === "429" : !FINAL.includes(failure);
const TABLE = OPERATIONS.flatMap((each) =>
  FAILURES.map(([failure, answer]) => ({ ...each, failure, answer })),
);

describe("a failure that may pass", () => {
  test.each(TABLE.filter(({ operation, failure }) => isTriedAgain(operation, failure)))(
    "is tried again: $operation after $failure",
    async ({ call, answer, success }) => {
      server.answer(answer, success);
      await call(client());
      expect(server.requests).toHaveLength(2);
      const [first, second] = server.requests;
      expect(second).toEqual({ ...first, headers: second?.headers });
      expect(second?.headers.authorization).toBe(first?.headers.authorization);
    },
  );

  test.each(TABLE.filter(({ operation, failure }) => !isTriedAgain(operation, failure)))(
    "is not what this is, nothing is tried again: $operation after $failure",
    async (each) => {
      server.answer(each.answer, each.success);
      const error = await rejectionOf(each.call(client()));
      expect(error).toMatchObject({ operation: each.operation, attempts: 1 });
      expect(server.requests).toHaveLength(1);
    },
  );
});

describe("the number of attempts", () => {
  test.each([0, 1, 2, 5])(
    "is one more than maxRetries, which is %i, and the error says it",
    async (maxRetries) => {
      server.otherwise(refusal(503));
      const ofClient = await errorOf(ApiError, client({ maxRetries }).costs.get("cst_1"));
      expect(ofClient).toMatchObject({
        attempts: maxRetries + 1,
        status: 503,
        code: "SERVER_ERROR",
      });
      const ofCall = await errorOf(ApiError, client().costs.get("cst_1", { maxRetries }));
      expect(ofCall.attempts).toBe(maxRetries + 1);
      expect(server.requests).toHaveLength(2 * (maxRetries + 1));
    },
  );

  test("is three when nobody says otherwise", async () => {
    server.otherwise(reset);
    const error = await errorOf(ConnectionError, client().costs.get("cst_1"));
    expect(error.attempts).toBe(3);
    expect(server.requests).toHaveLength(3);
  });

  test("is counted over failures of different kinds, and the last one is told", async () => {
    server.answer(reset, refusal(503), refusal(404));
    const error = await errorOf(ApiError, client({ maxRetries: 5 }).costs.get("cst_1"));
    expect(error).toMatchObject({ attempts: 3, code: "NOT_FOUND" });
  });

  test("is told by an unusable success, too", async () => {
    server.answer(refusal(503), text("[]"));
    const error = await errorOf(InvalidResponseError, client().costs.get("cst_1"));
    expect(error.attempts).toBe(2);
  });
});

describe("creating a cost", () => {
  test.each<[string, Answer]>([
    ["500", refusal(500)],
    ["500 with Retry-After", refusal(500, "0")],
    ["503 with Retry-After", refusal(503, "0")],
    ["a connection that was reset", reset],
    ["a body that broke off", brokenOff("{")],
    ["a body that was cut off", text('{"id":', 201)],
  ])("is sent once when it ends with %s", async (_, answer) => {
    server.otherwise(answer);
    await rejectionOf(client({ maxRetries: 5 }).costs.create(CREATE));
    expect(server.requests).toHaveLength(1);
  });

  test("is sent once when time runs out", async () => {
    server.otherwise(() => undefined);
    const call = client({ timeout: 40 }).costs.create(CREATE);
    expect(await errorOf(ConnectionError, call)).toMatchObject({ code: "TIMEOUT", attempts: 1 });
    expect(server.requests).toHaveLength(1);
  });

  test("is tried again after 429, until something else comes", async () => {
    server.answer(refusal(429), refusal(429, "0"), refusal(500));
    const error = await errorOf(ApiError, client({ maxRetries: 5 }).costs.create(CREATE));
    expect(error).toMatchObject({ attempts: 3, status: 500 });
    expect(new Set(server.requests.map(({ body }) => body)).size).toBe(1);
  });
});

describe("Retry-After", () => {
  test("is waited for, in seconds", async () => {
    server.answer(refusal(429, "1"), json(COST));
    const started = performance.now();
    await client().costs.get("cst_1");
    expect(performance.now() - started).toBeGreaterThan(950);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test("is waited for as a date", async () => {
    // An HTTP date has whole seconds: two ahead is more than one to wait.
    const date = new Date(Date.now() + 2_000).toUTCString();
    server.answer(refusal(503, date), json(COST));
    const started = performance.now();
    await client().costs.get("cst_1");
    expect(performance.now() - started).toBeGreaterThan(950);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test("in the past is no wait at all", async () => {
    // By chance it would be half an hour.
    vi.mocked(Math.random).mockReturnValue(3_600);
    server.answer(refusal(429, "Wed, 21 Oct 2015 07:28:00 GMT"), json(COST));
    expect((await client().costs.get("cst_1")).id).toBe("cst_1");
  });

  test.each<[string, string]>([
    ["seconds", "61"],
    ["a date", new Date(Date.now() + 3_600_000).toUTCString()],
    ["seconds beyond reason", "999999999999"],
  ])("of more than a minute is an error at once, that says how long: %s", async (_, header) => {
    server.otherwise(refusal(429, header));
    for (const { call } of OPERATIONS) {
      const error = await errorOf(ApiError, call(client()));
      expect(error).toMatchObject({ attempts: 1, code: "RATE_LIMITED" });
      expect(error.retryAfterSeconds).toBeGreaterThan(60);
    }
    expect(server.requests).toHaveLength(OPERATIONS.length);
  });

  test("does not make a failure pass that cannot", async () => {
    server.answer(refusal(403, "0"));
    const error = await errorOf(ApiError, client().costs.get("cst_1"));
    expect(error).toMatchObject({ attempts: 1, retryAfterSeconds: 0 });
  });

  test.each(["soon 5", "-1", "", "tomorrow", "1,5"])(
    "is ignored when it says %j",
    async (header) => {
      vi.mocked(Math.random).mockReturnValue(0.1);
      server.answer(refusal(429, header), refusal(429, header));
      const started = performance.now();
      const error = await errorOf(ApiError, client({ maxRetries: 1 }).costs.get("cst_1"));
      expect(error.retryAfterSeconds).toBeUndefined();
      // A tenth of the first delay, 500 ms: the header did not make it 0.
      expect(performance.now() - started).toBeGreaterThan(45);
    },
  );
});

describe("deleting a cost that is not there", () => {
  const remove = (...answers: readonly Answer[]): Promise<void> => {
    server.answer(...answers);
    return client({ maxRetries: 5 }).costs.delete("cst_1");
  };

  test.each<[string, Answer]>([
    ["500", refusal(500)],
    ["503 with Retry-After", refusal(503, "0")],
    ["408", refusal(408)],
    ["a connection that was reset", reset],
    ["an answer that broke off", brokenOff("")],
  ])("is success after %s, which may have deleted it", async (_, answer) => {
    await expect(remove(answer, refusal(404))).resolves.toBeUndefined();
    expect(server.requests).toHaveLength(2);
  });

  test("is success after a try that may have acted, whatever came in between", async () => {
    await expect(
      remove(refusal(503), refusal(429), refusal(429), refusal(404)),
    ).resolves.toBeUndefined();
  });

  test("is NOT_FOUND at the first try", async () => {
    await expect(remove(refusal(404))).rejects.toMatchObject({ code: "NOT_FOUND", attempts: 1 });
  });

  test("is NOT_FOUND after 429, which did nothing", async () => {
    await expect(remove(refusal(429), refusal(404))).rejects.toMatchObject({
      code: "NOT_FOUND",
      attempts: 2,
    });
  });

  test("does not make another refusal a success", async () => {
    await expect(remove(refusal(500), refusal(403))).rejects.toMatchObject({
      code: "FORBIDDEN",
      attempts: 2,
    });
  });

  test("does not make a 404 of another operation a success", async () => {
    server.answer(refusal(500), refusal(404));
    await expect(client().costs.get("cst_1")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("an event that is tried again", () => {
  test("has the same body each time, with the key and the time of the call", async () => {
    server.answer(reset, refusal(500), refusal(429), text("{", 202), json(RECEIPT, 202));
    const before = Date.now();
    const { idempotencyKey: _key, timestamp: _timestamp, ...event } = EVENT;
    const receipt = await client({ maxRetries: 5 }).events.ingest(event);
    const after = Date.now();
    const bodies = server.requests.map(({ body }) => body);
    expect(bodies).toHaveLength(5);
    expect(new Set(bodies).size).toBe(1);
    const sent = JSON.parse(bodies[0] ?? "");
    expect(sent.idempotencyKey).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(receipt.idempotencyKey).toBe(sent.idempotencyKey);
    expect(receipt.timestamp.toISOString()).toBe(sent.timestamp);
    expect(receipt.timestamp.getTime()).toBeGreaterThanOrEqual(before);
    expect(receipt.timestamp.getTime()).toBeLessThanOrEqual(after);
  });

  test("does not change with the caller's object", async () => {
    const data = { tokens: 1 };
    server.answer(
      (response, request) => {
        data.tokens = 2;
        refusal(500)(response, request);
      },
      json(RECEIPT, 202),
    );
    await client().events.ingest({ ...EVENT, data });
    expect(JSON.parse(server.requests[1]?.body ?? "").data).toEqual({ tokens: 1 });
  });

  test.each<[string, Answer]>([
    ["no body", empty(202)],
    ["a body that was cut off", text('{"id":"evt_1"', 202)],
    ["a JSON array", json([], 202)],
    ["JSON null", json(null, 202)],
    ["a long number alone", text("12345678901234567890", 202)],
    ["HTML", text("<html></html>", 200)],
  ])("was accepted with %s: it is tried again, and ends well", async (_, answer) => {
    server.answer(answer, json(RECEIPT, 202));
    const receipt = await client().events.ingest(EVENT);
    expect(receipt.id).toBe("evt_1");
    expect(server.requests).toHaveLength(2);
  });

  test.each<[string, Answer]>([
    ["no body", empty(202)],
    ["a body that was cut off", text('{"id":"evt_1"', 202)],
  ])("was accepted with %s every time: INVALID_RESPONSE", async (_, answer) => {
    server.otherwise(answer);
    const error = await errorOf(InvalidResponseError, client().events.ingest(EVENT));
    expect(error).toMatchObject({ status: 202, attempts: 3, operation: "ingestEvent" });
    expect(server.requests).toHaveLength(3);
  });

  test("was answered with a body that broke off every time: CONNECTION_FAILED", async () => {
    server.otherwise(brokenOff('{"id":', 202));
    const error = await errorOf(ConnectionError, client().events.ingest(EVENT));
    expect(error).toMatchObject({ code: "CONNECTION_FAILED", attempts: 3 });
  });
});

describe("the wait before another try without Retry-After", () => {
  test("grows with each attempt, up to its share of chance", async () => {
    vi.mocked(Math.random).mockReturnValue(0.1);
    const times: number[] = [];
    server.otherwise((response, request) => {
      times.push(performance.now());
      refusal(503)(response, request);
    });
    await errorOf(ApiError, client({ maxRetries: 3 }).costs.get("cst_1"));
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    for (const [index, least] of [50, 100, 200].entries()) {
      expect(waits[index]).toBeGreaterThan(least - 5);
    }
  });
});

describe("a key function", () => {
  test("is asked at every attempt, so that a key can change", async () => {
    const keys = ["sk_test_old", "sk_test_new"];
    server.answer(refusal(503), json(COST));
    await client({ apiKey: async () => keys.shift() ?? "" }).costs.get("cst_1");
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer sk_test_old",
      "Bearer sk_test_new",
    ]);
  });

  test("that fails is not tried again", async () => {
    const apiKey = vi.fn(() => Promise.reject(new Error("vault is sealed")));
    const error = await errorOf(InvalidInputError, client({ apiKey }).costs.get("cst_1"));
    expect(error.issues).toMatchObject([{ path: ["apiKey"] }]);
    expect(error.cause).toMatchObject({ message: "vault is sealed" });
    expect(apiKey).toHaveBeenCalledTimes(1);
    expect(server.requests).toEqual([]);
  });

  test.each(["", "a b", "a\n", "schlüssel", 7, undefined, null])(
    "that gives %j is refused, and nothing is sent",
    async (key) => {
      const apiKey = () => key as string;
      const error = await errorOf(InvalidInputError, client({ apiKey }).costs.get("cst_1"));
      expect(error.issues).toMatchObject([{ path: ["apiKey"] }]);
      expect(server.requests).toEqual([]);
    },
  );
});

describe("an event that a later attempt is refused for", () => {
  const UNKNOWN: readonly (readonly [string, Answer])[] = [
    ["a reset", reset],
    ["a body that broke off", brokenOff('{"id":')],
    ["408", refusal(408)],
    ["500", refusal(500)],
    ["502", text("<html></html>", 502)],
    ["a success without JSON", text("", 202)],
  ];
  const LATER: readonly number[] = [301, 400, 401, 403, 404, 409, 422];

  test.each(UNKNOWN.flatMap(([name, first]) => LATER.map((status) => ({ name, first, status }))))(
    "has an unknown outcome: $name, then $status",
    async ({ first, status }) => {
      server.answer(first, refusal(status));
      const error = await errorOf(ConnectionError, client().events.ingest(EVENT));
      expect(error).toMatchObject({
        code: "OUTCOME_UNKNOWN",
        operation: "ingestEvent",
        attempts: 2,
        cause: expect.any(ApiError),
      });
      expect(error.cause).toMatchObject({ status, attempts: 2 });
      expect(error.message).toContain("an earlier attempt may have been carried out");
    },
  );

  test("has one, too, when 429s use up the attempts", async () => {
    server.answer(reset, refusal(429), refusal(429));
    const error = await errorOf(ConnectionError, client().events.ingest(EVENT));
    expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", cause: { status: 429 }, attempts: 3 });
  });

  test("has one, too, when there is no key for the later attempt", async () => {
    const apiKey = vi.fn(() => "");
    apiKey.mockReturnValueOnce("sk_test_1");
    server.answer(reset);
    const error = await errorOf(ConnectionError, client({ apiKey }).events.ingest(EVENT));
    expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", cause: expect.any(InvalidInputError) });
  });

  test("is refused when every attempt before did nothing", async () => {
    server.answer(refusal(429), refusal(429), refusal(422));
    const error = await errorOf(ApiError, client().events.ingest(EVENT));
    expect(error).toMatchObject({ code: "UNPROCESSABLE_ENTITY", attempts: 3 });
  });

  test("has the server's failure when that came last", async () => {
    server.answer(reset, refusal(429), refusal(503));
    expect(await errorOf(ApiError, client().events.ingest(EVENT))).toMatchObject({ status: 503 });
  });

  test("is an error of its own for no other operation", async () => {
    server.answer(reset, refusal(404));
    await errorOf(ApiError, client().costs.update("cst_1", { name: "a" }));
  });

  test("is unknown in ingestAll, with the later error as the cause", async () => {
    server.answer(reset, refusal(409));
    const { unknown, rejected, outcomes } = await client().events.ingestAll([EVENT]);
    expect({ unknown, rejected }).toEqual({ unknown: 1, rejected: 0 });
    expect(outcomes).toMatchObject([
      { result: "unknown", error: { code: "OUTCOME_UNKNOWN", cause: { status: 409 } } },
    ]);
  });
});
