import { describe, expect, test } from "vitest";
import { createMockPaygentic } from "../../src/mock/index.ts";
import { call, EVENT, fieldsOf, JUNE, TOKENS, tickingClock } from "./call.ts";

const total = async (mock: ReturnType<typeof createMockPaygentic>): Promise<number> =>
  (await call(mock, "GET", `/v0/costs/cst_1/summary?${JUNE}`)).json.totalQuantity;

describe("ingestEvent", () => {
  test("answers 202 with a receipt of what was sent, without its data", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    const sent = {
      ...EVENT,
      externalSubject: "customer-1",
      namespace: "org_mock",
      idempotencyKey: "a",
      externalId: "invoice_7",
      timestamp: "2026-06-01t12:00:00.123456+02:00",
    };
    const answer = await call(mock, "POST", "/v0/events", sent);
    const { data: _, ...rest } = sent;
    expect(answer.status).toBe(202);
    expect(answer.json).toEqual({ ...rest, id: "evt_1", object: "event" });
    expect(await total(mock)).toBe(2);
  });

  test("gives a key and the clock's time to an event without", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS], clock: tickingClock() });
    const { timestamp: _, ...sent } = EVENT;
    const first = await call(mock, "POST", "/v0/events", sent);
    expect(first.json.timestamp).toBe("2026-06-15T12:00:01.000Z");
    expect(first.json.idempotencyKey).toEqual(expect.any(String));
    const second = await call(mock, "POST", "/v0/events", sent);
    expect(second.json.idempotencyKey).not.toBe(first.json.idempotencyKey);
    expect(await total(mock)).toBe(4);
  });

  test("a key that it made up does not swallow an event, though it was sent before", async () => {
    const other = createMockPaygentic({ costs: [TOKENS] });
    const made = (await call(other, "POST", "/v0/events", EVENT)).json.idempotencyKey;
    const mock = createMockPaygentic({ costs: [TOKENS] });
    await call(mock, "POST", "/v0/events", { ...EVENT, idempotencyKey: made });
    const answer = await call(mock, "POST", "/v0/events", EVENT);
    expect(answer.json.idempotencyKey).not.toBe(made);
    expect(await total(mock)).toBe(4);
  });

  test("the same key again is accepted with the first receipt, and counted once", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    const first = await call(mock, "POST", "/v0/events", { ...EVENT, idempotencyKey: "" });
    const again = await call(mock, "POST", "/v0/events", {
      ...EVENT,
      idempotencyKey: "",
      subject: "cus_2",
      data: { tokens: 100 },
    });
    expect(again.status).toBe(202);
    expect(again.json).toEqual(first.json);
    expect(await total(mock)).toBe(2);
  });

  test("a type that nothing measures any more is refused, whatever its key", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    const sent = { ...EVENT, idempotencyKey: "a" };
    expect((await call(mock, "POST", "/v0/events", sent)).status).toBe(202);
    await call(mock, "DELETE", "/v0/costs/cst_1");
    const again = await call(mock, "POST", "/v0/events", sent);
    expect(again.status).toBe(422);
    expect(mock.events).toHaveLength(1);
  });

  test("an event remembers the other events that were sent under its key", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    const sent = { ...EVENT, idempotencyKey: "a" };
    const { data, ...fields } = sent;
    const reordered = { data: { model: data.model, tokens: data.tokens }, ...fields };
    await call(mock, "POST", "/v0/events", sent);
    await call(mock, "POST", "/v0/events", reordered);
    expect(mock.events[0]?.conflicts).toBeUndefined();

    const others = [
      { ...sent, data: { ...data, tokens: 3 } },
      { ...sent, timestamp: "2026-06-01T10:00:01Z" },
    ];
    for (const other of others) {
      const answer = await call(mock, "POST", "/v0/events", other);
      expect(answer.status).toBe(202);
      expect(answer.json).not.toHaveProperty("conflicts");
    }
    expect(mock.events).toHaveLength(1);
    expect(mock.events[0]?.conflicts).toEqual(others);
    expect(await total(mock)).toBe(2);
  });

  test("a key that the mock generated can be sent again with the same event", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    const { idempotencyKey } = (await call(mock, "POST", "/v0/events", EVENT)).json;
    await call(mock, "POST", "/v0/events", { ...EVENT, idempotencyKey });
    expect(mock.events).toHaveLength(1);
    expect(mock.events[0]?.conflicts).toBeUndefined();
  });

  test("a key holds within its namespace and source, which are kept apart", async () => {
    const mock = createMockPaygentic({ costs: [{ ...TOKENS, aggregation: "COUNT" }] });
    for (const parts of [
      { source: "a-b", idempotencyKey: "c" },
      { source: "a", idempotencyKey: "b-c" },
      { source: "b-c", idempotencyKey: "a" },
      { source: "a-b", idempotencyKey: "c", namespace: "org_mock" },
      { source: 'a-b","c', idempotencyKey: "" },
    ]) {
      const answer = await call(mock, "POST", "/v0/events", { ...EVENT, ...parts });
      expect(answer.status).toBe(202);
    }
    expect(await total(mock)).toBe(5);
  });

  test("a type that no active cost meters gets 422, and is not kept", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    const other = { ...EVENT, type: "other" };
    const refused = await call(mock, "POST", "/v0/events", other);
    expect(refused.status).toBe(422);
    expect(refused.json).toEqual({ message: expect.any(String), error: "invalid_event_type" });
    await call(mock, "PATCH", "/v0/costs/cst_1", { eventType: "other" });
    expect(await total(mock)).toBe(0);
    expect((await call(mock, "POST", "/v0/events", EVENT)).status).toBe(422);
    expect((await call(mock, "POST", "/v0/events", other)).status).toBe(202);
    expect(await total(mock)).toBe(2);
    await call(mock, "DELETE", "/v0/costs/cst_1");
    expect((await call(mock, "POST", "/v0/events", other)).status).toBe(422);
  });

  test.each([
    [{}, ["type", "source", "data", "subject"]],
    [{ ...EVENT, subject: undefined }, ["subject"]],
    [{ ...EVENT, subject: null }, ["subject"]],
    [{ ...EVENT, source: "" }, ["source"]],
    [{ ...EVENT, type: 1 }, ["type"]],
    [{ ...EVENT, data: [] }, ["data"]],
    [{ ...EVENT, data: null }, ["data"]],
    [{ ...EVENT, data: "{}" }, ["data"]],
    [{ ...EVENT, externalSubject: "a b" }, ["externalSubject"]],
    [{ ...EVENT, externalSubject: "a".repeat(256) }, ["externalSubject"]],
    [{ ...EVENT, externalId: "" }, ["externalId"]],
    [{ ...EVENT, namespace: "" }, ["namespace"]],
    [{ ...EVENT, namespace: null }, ["namespace"]],
    [{ ...EVENT, timestamp: "2026-06-01T10:00:00" }, ["timestamp"]],
    [{ ...EVENT, timestamp: "2026-02-30T10:00:00Z" }, ["timestamp"]],
    [{ ...EVENT, timestamp: "June 15" }, ["timestamp"]],
    [{ ...EVENT, timestamp: 1 }, ["timestamp"]],
    [{ ...EVENT, idempotencyKey: 5 }, ["idempotencyKey"]],
    [{ ...EVENT, time: "2026-06-01T10:00:00Z" }, ["time"]],
  ])("refuses %j", async (body, fields) => {
    const answer = await call(createMockPaygentic({ costs: [TOKENS] }), "POST", "/v0/events", body);
    expect(answer.status).toBe(400);
    expect(answer.json.error).toBe("validation_error");
    expect(fieldsOf(answer)).toEqual(fields);
  });

  test.each([
    { ...EVENT, subject: "" },
    { ...EVENT, subject: undefined, externalSubject: "a".repeat(255) },
    { ...EVENT, data: {} },
    { ...EVENT, timestamp: "0000-01-01T00:00:00+23:59" },
  ])("accepts %j", async (body) => {
    const answer = await call(createMockPaygentic({ costs: [TOKENS] }), "POST", "/v0/events", body);
    expect(answer.status).toBe(202);
  });
});
