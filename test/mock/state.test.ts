import { Decimal, InvalidInputError, Paygentic } from "metered-costs";
import { createMockPaygentic } from "metered-costs/mock";
import { summarizeCost } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { call, EVENT, TOKENS } from "./call.ts";

const NOW = new Date("2026-06-15T12:00:00Z");
const clock = (): Date => NOW;
const COSTS = "https://api.paygentic.io/v0/costs";

describe("fetch", () => {
  test("is a client's fetch", async () => {
    const { fetch } = createMockPaygentic({ costs: [TOKENS] });
    const paygentic = new Paygentic({ fetch, apiKey: "sk_test_1" });
    expect((await paygentic.costs.get("cst_1")).unitCost).toEqual(new Decimal("0.5"));
  });

  test("takes what fetch takes", async () => {
    const { fetch } = createMockPaygentic({ costs: [TOKENS] });
    const headers = { authorization: "Bearer sk_test_1" };
    expect((await fetch(COSTS, { headers })).status).toBe(200);
    expect((await fetch(new URL(COSTS), { headers })).status).toBe(200);
    expect((await fetch(new Request(COSTS, { headers }))).status).toBe(200);
    expect((await fetch(new Request(COSTS), { headers })).status).toBe(200);
    expect((await fetch(COSTS)).status).toBe(401);
    const body = new Blob([JSON.stringify(TOKENS)]);
    expect((await fetch(COSTS, { method: "POST", headers, body })).status).toBe(201);
  });

  test("rejects as fetch does", async () => {
    const { fetch, requests } = createMockPaygentic();
    await expect(fetch("/v0/costs")).rejects.toBeInstanceOf(TypeError);
    await expect(fetch(COSTS, { body: "{}" })).rejects.toBeInstanceOf(TypeError);
    await expect(fetch(COSTS, { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
    expect(requests).toEqual([]);
  });
});

describe("costs", () => {
  test("are models, in the order of their creation, the deleted ones too", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS], clock });
    await call(mock, "POST", "/v0/costs", { ...TOKENS, name: "Second", unit: "token" });
    mock.advance(1_000);
    await call(mock, "PATCH", "/v0/costs/cst_1", { unit: null });
    await call(mock, "DELETE", "/v0/costs/cst_2");
    const shared = { object: "cost", merchantId: "org_mock", createdAt: NOW };
    const later = new Date("2026-06-15T12:00:01Z");
    const unitCost = new Decimal("0.5");
    expect(mock.costs).toEqual([
      {
        ...TOKENS,
        ...shared,
        id: "cst_1",
        unitCost,
        unit: null,
        updatedAt: later,
        deletedAt: null,
      },
      {
        ...TOKENS,
        ...shared,
        id: "cst_2",
        name: "Second",
        unit: "token",
        unitCost,
        updatedAt: NOW,
        deletedAt: later,
      },
    ]);
    expect(mock.costs[0]?.unitCost).toBeInstanceOf(Decimal);
  });
});

describe("events", () => {
  test("are those that were accepted, each key once, ready for a summary", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS], events: [EVENT], clock });
    const keyed = { ...EVENT, idempotencyKey: "a", timestamp: "2026-06-02T00:00:00.123456+02:00" };
    await call(mock, "POST", "/v0/events", keyed);
    await call(mock, "POST", "/v0/events", keyed);
    await call(mock, "POST", "/v0/events", { ...EVENT, type: "other" });
    await call(mock, "POST", "/v0/events", { ...EVENT, source: 5 });
    const { timestamp: _, ...timeless } = EVENT;
    await call(
      mock,
      "POST",
      "/v0/events",
      JSON.stringify({ ...timeless, data: { tokens: "@" } }).replace(
        '"@"',
        "0.1234567890123456789",
      ),
    );
    expect(mock.events).toMatchObject([
      { ...EVENT, id: "evt_1", object: "event" },
      { ...keyed, id: "evt_2" },
      { id: "evt_3", timestamp: NOW.toISOString(), idempotencyKey: expect.any(String) },
    ]);
    const query = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
    const { totalQuantity } = summarizeCost(TOKENS, mock.events, query);
    expect(totalQuantity?.toString()).toBe("4.1234567890123456789");
  });
});

describe("requests", () => {
  test("are kept whatever became of them", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS], faults: [{ kind: "cut-connection" }] });
    await call(mock, "GET", "/v0/costs/cst_1").catch(() => undefined);
    await call(mock, "POST", "/v0/costs", "{");
    await call(mock, "PUT", "/v0/costs", { a: [1] });
    await call(mock, "GET", "/nowhere?a=b", undefined, {});
    expect(mock.requests).toMatchObject([
      { operation: "getCost", method: "GET", body: undefined, bodyText: "" },
      { operation: "createCost", method: "POST", body: undefined, bodyText: "{" },
      { operation: undefined, method: "PUT", body: { a: [1] }, bodyText: '{"a":[1]}' },
      { operation: undefined, url: "https://api.sandbox.paygentic.io/nowhere?a=b" },
    ]);
  });

  test("show no key, wherever it stands", async () => {
    const key = "sk_live_abc/123+x";
    const mock = createMockPaygentic();
    await call(
      mock,
      "POST",
      `/v0/costs?key=${encodeURIComponent(key)}`,
      { name: key },
      {
        authorization: `Bearer ${key}`,
        cookie: "session=s3cret-s3cret",
        "proxy-authorization": "Basic czNjcmV0OnMzY3JldA==",
        "x-api-key": "k3y-k3y-k3y",
        "x-session-token": "t0k3n-t0k3n",
        "x-echo": `my ${key}`,
        "x-trace": "trace-1",
      },
    );
    const [request] = mock.requests;
    expect(request?.headers).toMatchObject({
      authorization: "Bearer [redacted]",
      cookie: "[redacted]",
      "proxy-authorization": "Basic [redacted]",
      "x-api-key": "[redacted]",
      "x-session-token": "[redacted]",
      "x-echo": "my [redacted]",
      "x-trace": "trace-1",
    });
    expect(request?.body).toEqual({ name: "[redacted]" });
    expect(request?.url).toMatch(/\/v0\/costs\?key=\[redacted\]$/);
    expect(JSON.stringify(mock.requests)).not.toMatch(/sk_live|s3cret|czNj|k3y/);
  });

  test("are not torn to pieces by a key that is no secret", async () => {
    const mock = createMockPaygentic();
    await call(mock, "GET", "/v0/costs", undefined, { authorization: "Bearer x" });
    await call(mock, "GET", "/v0/costs", undefined, { authorization: "rawkey" });
    expect(mock.requests).toMatchObject([
      {
        url: "https://api.sandbox.paygentic.io/v0/costs",
        headers: { authorization: "Bearer [redacted]" },
      },
      { headers: { authorization: "[redacted]" } },
    ]);
  });
});

describe("advance", () => {
  test("moves the clock, a running one and one that stands", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS], clock });
    mock.advance(1_500);
    mock.advance(500);
    const { timestamp: _, ...event } = EVENT;
    await call(mock, "POST", "/v0/events", event);
    expect(mock.events[0]?.timestamp).toBe("2026-06-15T12:00:02.000Z");
    const running = createMockPaygentic();
    running.advance(86_400_000);
    await call(running, "POST", "/v0/costs", TOKENS);
    const ahead = (running.costs[0]?.createdAt.getTime() ?? 0) - Date.now();
    expect(ahead).toBeGreaterThan(86_390_000);
    expect(ahead).toBeLessThanOrEqual(86_400_000);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 9e15, 3e14, "1000", undefined])(
    "refuses %s",
    (milliseconds) => {
      const { advance } = createMockPaygentic();
      expect(() => advance(milliseconds as number)).toThrow(InvalidInputError);
    },
  );
});

describe("reset", () => {
  test("is the beginning again: seeds, ids, faults, clock", async () => {
    const mock = createMockPaygentic({
      costs: [TOKENS],
      events: [EVENT],
      clock,
      faults: [{ kind: "html", operation: "getCost" }],
    });
    const story = async (): Promise<unknown> => {
      const answers = [
        await call(mock, "GET", "/v0/costs/cst_1"),
        await call(mock, "POST", "/v0/costs", TOKENS),
        await call(mock, "POST", "/v0/events", { ...EVENT, data: { tokens: 3 } }),
        await call(mock, "DELETE", "/v0/costs/cst_1"),
      ];
      mock.advance(1_000);
      answers.push(await call(mock, "POST", "/v0/costs", TOKENS));
      const { costs, events, requests } = mock;
      return { answers: answers.map(({ text }) => text), costs, events, requests };
    };
    const beginning = { costs: mock.costs, events: mock.events, faults: mock.faults };
    const first = await story();
    mock.fault({ kind: "cut-connection" });
    mock.reset();
    const { costs, events, faults, requests } = mock;
    expect({ costs, events, faults }).toEqual(beginning);
    expect(requests).toEqual([]);
    expect(await story()).toEqual(first);
  });

  test("a request that was on its way changes nothing of the new beginning", async () => {
    const mock = createMockPaygentic({
      costs: [TOKENS],
      faults: [{ kind: "delay", milliseconds: 20 }],
    });
    const pending = call(mock, "POST", "/v0/events", EVENT);
    await new Promise((resolve) => setTimeout(resolve, 5));
    mock.reset();
    expect((await pending).status).toBe(202);
    expect(mock.events).toEqual([]);
  });

  test("what is read stays as it was read", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    const { costs, events, requests, faults } = mock;
    await call(mock, "POST", "/v0/events", EVENT);
    await call(mock, "DELETE", "/v0/costs/cst_1");
    mock.fault({ kind: "html" });
    expect([costs[0]?.deletedAt, events, requests, faults]).toEqual([null, [], [], []]);
  });
});

test("a clock that gives no Date is refused", () => {
  for (const time of [5, undefined, new Date(Number.NaN)]) {
    const broken = () => time as Date;
    expect(() => createMockPaygentic({ clock: broken, costs: [TOKENS] })).toThrowError(
      expect.objectContaining({
        code: "INVALID_INPUT",
        issues: [expect.objectContaining({ path: ["clock"] })],
      }),
    );
  }
});
