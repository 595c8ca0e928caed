import {
  ApiError,
  type ApiErrorCode,
  ConnectionError,
  InvalidInputError,
  InvalidResponseError,
} from "metered-costs";
import { createMockPaygentic, type Fault } from "metered-costs/mock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EVENT, JUNE, SEEDS, TOKENS } from "./samples.ts";
import { type OpenTransport, TRANSPORTS } from "./transports.ts";

const STATUSES: readonly (readonly [status: number, code: ApiErrorCode])[] = [
  [400, "BAD_REQUEST"],
  [401, "UNAUTHORIZED"],
  [403, "FORBIDDEN"],
  [404, "NOT_FOUND"],
  [409, "CONFLICT"],
  [418, "UNEXPECTED_STATUS"],
  [422, "UNPROCESSABLE_ENTITY"],
  [429, "RATE_LIMITED"],
  [500, "SERVER_ERROR"],
  [503, "SERVER_ERROR"],
];
const JSON_HEADERS = { authorization: "Bearer sk_test_1", "content-type": "application/json" };

describe.each(TRANSPORTS)("$name", ({ open }) => {
  const mock = createMockPaygentic(SEEDS);
  let transport: OpenTransport;
  beforeEach(async () => {
    transport = await open(mock);
  });
  afterEach(async () => {
    await transport.close();
    mock.reset();
  });
  const getWith = (fault: Fault): Promise<unknown> => {
    mock.fault(fault);
    return transport
      .client({ maxRetries: 0 })
      .costs.get("cst_1", { timeout: 200 })
      .catch((error) => error);
  };

  test.each(STATUSES)("a plain error of %i is %s", async (status, code) => {
    const error = await getWith({ kind: "status", status, body: { message: "no" } });
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status, code, operation: "getCost", attempts: 1 });
    expect((error as ApiError).requestId).toBe("req_1");
    expect((error as ApiError).message).toContain("no");
  });

  test("the server's own code, details and Retry-After come through", async () => {
    const body = {
      message: "no",
      error: "forbidden",
      code: "TAX_NOT_ENABLED",
      details: { region: "EU" },
    };
    const fault = { kind: "status", status: 403, body, retryAfter: 7 } as const;
    expect(await getWith(fault)).toMatchObject({
      code: "TAX_NOT_ENABLED",
      category: "forbidden",
      serverCode: "TAX_NOT_ENABLED",
      details: { region: "EU" },
      retryAfterSeconds: 7,
    });
  });

  test("Retry-After may be a date", async () => {
    const retryAfter = new Date(Date.now() + 90_000);
    const error = await getWith({ kind: "status", status: 429, retryAfter });
    expect((error as ApiError).retryAfterSeconds).toBeGreaterThan(80);
    expect((error as ApiError).retryAfterSeconds).toBeLessThanOrEqual(90);
  });

  test("what the mock itself refuses: fields, types, costs, keys", async () => {
    const { costs, events } = transport.client();
    await expect(costs.get("cst_9")).rejects.toMatchObject({ code: "NOT_FOUND", status: 404 });
    await expect(costs.summary("cst_1", { ...JUNE, groupBy: ["colour"] })).rejects.toMatchObject({
      code: "VALIDATION_ERROR",
      status: 400,
      fieldErrors: [{ field: expect.stringMatching(/^groupBy/) }],
    });
    await expect(events.ingest({ ...EVENT, type: "other" })).rejects.toMatchObject({
      code: "UNPROCESSABLE_ENTITY",
      status: 422,
    });
    const keyless = await transport.send("/v0/costs");
    expect(keyless.status).toBe(401);
    expect(await keyless.json()).toMatchObject({ error: "unauthorized" });
  });

  test("what a client would not send is refused by the mock, too", async () => {
    const wrong = await transport.send("/v0/costs", {
      method: "POST",
      headers: JSON_HEADERS,
      body: JSON.stringify({ ...TOKENS, unitCost: -1, colour: "red" }),
    });
    expect(wrong.status).toBe(400);
    const { error, errors } = await wrong.json();
    expect(error).toBe("validation_error");
    expect(errors.map(({ field }: { field: string }) => field)).toEqual(["unitCost", "colour"]);
    const cut = await transport.send("/v0/events", {
      method: "POST",
      headers: JSON_HEADERS,
      body: "{",
    });
    expect(cut.status).toBe(400);
    expect(await cut.json()).toMatchObject({ error: "bad_request" });
  });

  test("a validation error comes through with its fields", async () => {
    const errors = [{ field: "name", message: "is taken", code: "taken" }];
    const error = await getWith({ kind: "status", status: 400, body: { message: "no", errors } });
    expect(error).toMatchObject({ code: "VALIDATION_ERROR", fieldErrors: errors });
  });

  test("no answer is CONNECTION_FAILED, a late one TIMEOUT", async () => {
    const cut = await getWith({ kind: "cut-connection" });
    expect(cut).toBeInstanceOf(ConnectionError);
    expect(cut).toMatchObject({ code: "CONNECTION_FAILED", attempts: 1 });
    const late = await getWith({ kind: "delay", milliseconds: 60_000 });
    expect(late).toBeInstanceOf(ConnectionError);
    expect(late).toMatchObject({ code: "TIMEOUT", attempts: 1 });
  });

  test("a success that cannot be used is INVALID_RESPONSE", async () => {
    for (const body of ["", "{", "[]", { id: "cst_1" }, { ...TOKENS, unitCost: "many" }]) {
      const error = await getWith({ kind: "status", status: 200, body });
      expect(error).toBeInstanceOf(InvalidResponseError);
      expect(error).toMatchObject({ code: "INVALID_RESPONSE", attempts: 1 });
    }
  });

  test("what the client refuses never arrives", async () => {
    const { costs, events } = transport.client();
    await expect(costs.get("report")).rejects.toBeInstanceOf(InvalidInputError);
    await expect(costs.update("cst_1", {})).rejects.toBeInstanceOf(InvalidInputError);
    await expect(events.ingest({ ...EVENT, source: "" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
    expect(mock.requests).toEqual([]);
  });

  test("an abort comes out as its own reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    mock.fault({ kind: "delay", milliseconds: 60_000 });
    const pending = transport.client().costs.get("cst_1", { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await expect(pending).rejects.toBe(reason);
  });
});
