import { describe, expect, test } from "vitest";
import { checkEvent } from "../../src/engine/from-any.ts";

const NOON = Date.UTC(2026, 5, 15, 12);
const event = {
  type: "call",
  source: "api",
  subject: "cus_1",
  externalSubject: "x1",
  namespace: "org_1",
  idempotencyKey: "k1",
  timestamp: "2026-06-15T12:00:00Z",
  data: { tokens: 1 },
};

describe("an event whose fields are checked", () => {
  test("has all of them, and its time as milliseconds", () => {
    expect(checkEvent(event)).toEqual({ ...event, timestamp: NOON });
  });

  test.each([null, undefined])("has null for a text that is %s", (absent) => {
    const texts = ["source", "subject", "externalSubject", "namespace", "idempotencyKey"];
    const without = Object.fromEntries(texts.map((name) => [name, absent]));
    expect(checkEvent({ ...event, ...without })).toEqual({
      ...event,
      timestamp: NOON,
      source: null,
      subject: null,
      externalSubject: null,
      namespace: null,
      idempotencyKey: null,
    });
  });

  test("has no time where it names none", () => {
    const { timestamp: _, ...timeless } = event;
    expect(checkEvent(timeless)).toEqual({ ...event, timestamp: undefined });
    expect(checkEvent({ ...event, timestamp: undefined })).toMatchObject({ timestamp: undefined });
  });

  test("has the instant of a Date, even of one that tells JSON another", () => {
    expect(checkEvent({ ...event, timestamp: new Date(NOON) })).toMatchObject({ timestamp: NOON });
    const local = Object.assign(new Date(NOON), { toJSON: () => "15 June, noon" });
    expect(checkEvent({ ...event, timestamp: local })).toMatchObject({ timestamp: NOON });
  });

  test("takes a Date for its text everywhere else", () => {
    const date = new Date(NOON);
    expect(checkEvent({ ...event, subject: date })).toMatchObject({ subject: date.toISOString() });
    expect(checkEvent({ ...event, data: date })).toEqual({
      key: "k1",
      issues: [{ path: ["data"], message: "expected an object" }],
    });
  });

  test("sees no inherited member", () => {
    expect(checkEvent(Object.create(event))).toEqual({
      key: undefined,
      issues: [
        { path: ["type"], message: "expected text" },
        { path: ["data"], message: "expected an object" },
      ],
    });
  });
});
