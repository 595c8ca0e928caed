import {
  ApiError,
  type EventIngestParams,
  InvalidInputError,
  type RequestOptions,
} from "metered-costs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { EVENT, RECEIPT } from "./samples.ts";
import { errorOf, scene } from "./scene.ts";
import { json } from "./scripted-server.ts";

const { server, client } = scene();
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const { idempotencyKey: _key, timestamp: _timestamp, ...BARE } = EVENT;

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("an event that is sent", () => {
  const ingest = (event: EventIngestParams, options?: RequestOptions) => {
    server.otherwise(json(RECEIPT, 202));
    return client().events.ingest(event, options);
  };
  const sent = () => JSON.parse(server.requests.at(-1)?.body ?? "");

  test("gets a key and a time when it has none, and the receipt says which", async () => {
    const before = Date.now();
    const receipt = await ingest(BARE);
    expect(sent().idempotencyKey).toMatch(UUID);
    expect(receipt.idempotencyKey).toBe(sent().idempotencyKey);
    expect(receipt.timestamp).toEqual(new Date(sent().timestamp));
    expect(receipt.timestamp.getTime()).toBeGreaterThanOrEqual(before);
    expect(receipt.timestamp.getTime()).toBeLessThanOrEqual(Date.now());
  });

  test("gets another key each time", async () => {
    const keys = new Set<string>();
    for (let n = 0; n < 20; n++) keys.add((await ingest(BARE)).idempotencyKey);
    expect(keys.size).toBe(20);
  });

  test("gets a key where randomUUID is missing, as on plain HTTP pages", async () => {
    const { getRandomValues } = crypto;
    vi.stubGlobal("crypto", { getRandomValues: getRandomValues.bind(crypto) });
    const keys = new Set<string>();
    for (let n = 0; n < 20; n++) keys.add((await ingest(BARE)).idempotencyKey);
    expect(keys.size).toBe(20);
    for (const key of keys) expect(key).toMatch(UUID);
  });

  test("gets a key when its own is null", async () => {
    expect((await ingest({ ...BARE, idempotencyKey: null })).idempotencyKey).toMatch(UUID);
  });

  test("keeps its key and its time as they were given", async () => {
    const timestamp = "2026-06-10T12:00:00.123456789+02:00";
    const receipt = await ingest({ ...BARE, idempotencyKey: "k 1", timestamp });
    expect(sent()).toMatchObject({ idempotencyKey: "k 1", timestamp });
    expect(receipt.idempotencyKey).toBe("k 1");
    expect(receipt.timestamp).toEqual(new Date("2026-06-10T10:00:00.123Z"));
  });

  test("has a Date as its time in UTC", async () => {
    const receipt = await ingest({ ...BARE, timestamp: new Date(Date.UTC(2026, 5, 10, 10)) });
    expect(sent().timestamp).toBe("2026-06-10T10:00:00.000Z");
    expect(receipt.timestamp).toEqual(new Date("2026-06-10T10:00:00Z"));
  });

  test("may name its customer by an id of one's own", async () => {
    const { subject: _, ...rest } = EVENT;
    await ingest({ ...rest, externalSubject: "customer-1" });
    expect(sent().externalSubject).toBe("customer-1");
    expect(sent()).not.toHaveProperty("subject");
  });

  test("has its data as JSON.stringify writes it", async () => {
    class Usage {
      input = 1;
      #hidden = 2;
      toJSON() {
        return { input: this.input, hidden: this.#hidden, never: undefined };
      }
    }
    const data = {
      usage: new Usage(),
      at: new Date(0),
      list: [undefined, Number.NaN, -0],
      text: '\ud800 "\u2028"',
      long: "12345678901234567890",
    };
    await ingest({ ...EVENT, data });
    expect(server.request.body).toContain(`"data":${JSON.stringify(data)}`);
  });

  test("has members of its data that are called like parts of the language", async () => {
    const data = JSON.parse('{"__proto__":{"a":1},"constructor":2,"toString":3}');
    await ingest({ ...EVENT, data });
    expect(server.request.body).toContain(
      '"data":{"__proto__":{"a":1},"constructor":2,"toString":3}',
    );
  });

  test("gets the server's own fields with its receipt", async () => {
    server.otherwise(json({ ...RECEIPT, subject: "cus_1", source: "urn:x", new: 1 }, 202));
    const receipt = await client().events.ingest(EVENT);
    expect(receipt).toEqual({
      ...RECEIPT,
      subject: "cus_1",
      source: "urn:x",
      new: 1,
      idempotencyKey: "request-1",
      timestamp: new Date("2026-06-10T10:00:00Z"),
    });
  });

  test("gets its key and time with an empty receipt", async () => {
    server.otherwise(json({}, 202));
    expect(await client().events.ingest(EVENT)).toEqual({
      idempotencyKey: "request-1",
      timestamp: new Date("2026-06-10T10:00:00Z"),
    });
  });

  test("is refused by the server when no cost meters its type", async () => {
    server.answer(json({ message: "no metric", error: "unprocessable_entity" }, 422));
    const error = await errorOf(ApiError, client().events.ingest(EVENT));
    expect(error).toMatchObject({
      code: "UNPROCESSABLE_ENTITY",
      category: "unprocessable_entity",
      operation: "ingestEvent",
      attempts: 1,
    });
  });
});

describe("an event that is refused before it is sent", () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;

  test.each<[string, Record<string, unknown>, string]>([
    ["no type", { type: undefined }, "type"],
    ["an empty source", { source: "" }, "source"],
    ["no source", { source: undefined }, "source"],
    ["data that is a list", { data: [1] }, "data"],
    ["data of null", { data: null }, "data"],
    ["data of text", { data: "{}" }, "data"],
    ["a bigint in its data", { data: { tokens: 1n } }, "data"],
    ["a cycle in its data", { data: circular }, "data"],
    ["a function in its data", { data: { f: () => 1 } }, "data"],
    ["a time without an offset", { timestamp: "2026-06-10T10:00:00" }, "timestamp"],
    ["a day that does not exist", { timestamp: "2026-02-30T10:00:00Z" }, "timestamp"],
    ["an invalid Date", { timestamp: new Date(Number.NaN) }, "timestamp"],
    ["a customer's own id with a slash", { externalSubject: "a/b" }, "externalSubject"],
    ["an empty namespace", { namespace: "" }, "namespace"],
    ["an external id that is too long", { externalId: "x".repeat(256) }, "externalId"],
    ["a key that is a number", { idempotencyKey: 7 }, "idempotencyKey"],
  ])("has %s", async (_, change, field) => {
    const event = { ...EVENT, ...change } as unknown as EventIngestParams;
    const error = await errorOf(InvalidInputError, client().events.ingest(event));
    expect(error.issues[0]?.path[0]).toBe(field);
    expect(error.message).toMatch(/^events\.ingest: nothing was sent/);
    expect(server.requests).toEqual([]);
  });

  test("has a bad value deep inside: the message names the method and the whole path", async () => {
    const event = { ...EVENT, data: { tokens: { input: [1, 2n] } } };
    const calls = [
      ["events.ingest", client().events.ingest(event)],
      ["queue.add", client().events.queue().add(event)],
    ] as const;
    for (const [method, call] of calls) {
      const error = await errorOf(InvalidInputError, call);
      expect(error.message).toBe(
        `${method}: nothing was sent: data.tokens.input.1: JSON cannot carry a bigint: pass it as text`,
      );
      expect(error.issues).toMatchObject([{ path: ["data", "tokens", "input", 1] }]);
    }
  });

  test.each<[string, unknown]>([
    ["nobody as its customer", { ...EVENT, subject: undefined }],
    ["null as both of its customers", { ...EVENT, subject: null, externalSubject: null }],
    ["a field that does not exist", { ...EVENT, idempotency_key: "k" }],
    ["nothing at all", undefined],
    ["null for an event", null],
    ["a list for an event", [EVENT]],
  ])("has %s", async (_, event) => {
    await errorOf(InvalidInputError, client().events.ingest(event as EventIngestParams));
    expect(server.requests).toEqual([]);
  });
});
