import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  ConnectionError,
  type EventIngestParams,
  type EventQueue,
  InvalidInputError,
  type LogLevel,
  QueueError,
  type QueueOptions,
  type QueueOutcome,
} from "metered-costs";
import { sqliteStore } from "metered-costs/sqlite";
import { readEvents } from "metered-costs/summary";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { EVENT, RECEIPT } from "../client/samples.ts";
import { errorOf, rejectionOf, scene } from "../client/scene.ts";
import { type Answer, delayed, empty, json, reset, silence } from "../client/scripted-server.ts";
import { SharedStore } from "./shared-store.ts";

const { server, client } = scene();
const REASON = { because: "the user left" };
const accept: Answer = json(RECEIPT, 202);
const queues: EventQueue[] = [];

const queue = (options: QueueOptions = {}): EventQueue => {
  const made = client().events.queue({ onOutcome: () => undefined, ...options });
  queues.push(made);
  return made;
};
const eventOf = (n: number): EventIngestParams => ({
  ...EVENT,
  idempotencyKey: `request-${n}`,
  data: { n },
});
const numberOf = (body: string): number => JSON.parse(body).data.n;
const byNumber =
  (choose: (n: number) => Answer): Answer =>
  (response, request) =>
    choose(numberOf(request.body))(response, request);
const receivedNumbers = (): number[] => server.requests.map(({ body }) => numberOf(body));
const addAll = (to: EventQueue, count: number) =>
  Promise.all(Array.from({ length: count }, (_, n) => to.add(eventOf(n))));
const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
const isSettled = async (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    pause(30).then(() => false),
  ]);

/** Warnings of the process that no test expected. */
const unexpected: Error[] = [];
const keepWarning = (warning: Error): void => {
  if (warning.name === "MeteredCostsWarning") unexpected.push(warning);
};
beforeAll(() => {
  process.on("warning", keepWarning);
});
afterAll(() => {
  process.off("warning", keepWarning);
  expect(unexpected).toEqual([]);
});
beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.allSettled(queues.splice(0).map((each) => each.close({ deadline: 0 })));
});

describe("add", () => {
  test("gives the key and the time that are sent", async () => {
    server.otherwise(accept);
    const { idempotencyKey: _key, timestamp: _time, ...bare } = EVENT;
    const made = queue();
    const before = Date.now();
    const { idempotencyKey, timestamp } = await made.add(bare);
    await made.flush();
    const sent = JSON.parse(server.request.body);
    expect(sent).toMatchObject({ idempotencyKey, timestamp: timestamp.toISOString() });
    expect(idempotencyKey).toMatch(/^[0-9a-f-]{36}$/);
    expect(timestamp.getTime()).toBeGreaterThanOrEqual(before);
    expect(timestamp.getTime()).toBeLessThanOrEqual(Date.now());
  });

  test("keeps a key and a time of the caller's", async () => {
    server.otherwise(accept);
    const made = queue();
    const timestamp = "2026-06-10T12:00:00.123456789+02:00";
    expect(await made.add({ ...EVENT, timestamp })).toEqual({
      idempotencyKey: "request-1",
      timestamp: new Date("2026-06-10T10:00:00.123Z"),
    });
    await made.flush();
    expect(JSON.parse(server.request.body)).toMatchObject({
      idempotencyKey: "request-1",
      timestamp,
    });
  });

  test("sends the event as it was at the call, body for body as ingest does", async () => {
    server.otherwise(accept);
    const data = { n: 1, big: 1e21, small: 0.1 + 0.2, text: '\ud800"\u0000', list: [null, -0] };
    await client().events.ingest({ ...EVENT, data });
    const made = queue();
    const given = { ...EVENT, data: { ...data } };
    const added = made.add(given);
    given.data.n = 2;
    await added;
    await made.flush();
    expect(server.requests[1]?.body).toBe(server.requests[0]?.body);
  });

  test("refuses at once what the API would not take, and keeps nothing of it", async () => {
    const made = queue();
    await errorOf(InvalidInputError, made.add({ ...EVENT, source: "" }));
    await errorOf(InvalidInputError, made.add(null as never));
    for (const options of [null, 7, { signal: 1 }, { deadline: 1 }]) {
      const error = await errorOf(InvalidInputError, made.add(EVENT, options as never));
      expect(error.message).toMatch(/^queue\.add: the event was not added: /);
    }
    expect(made.stats).toEqual({ accepted: 0, rejected: 0, unknown: 0, size: 0 });
    expect(server.requests).toEqual([]);
  });

  test("waits while the queue is full, first come, first served", async () => {
    server.otherwise(silence);
    const made = queue({ limit: 2, concurrency: 1 });
    await addAll(made, 2);
    const order: number[] = [];
    const third = made.add(eventOf(2)).then(() => order.push(2));
    const fourth = made.add(eventOf(3)).then(() => order.push(3));
    expect(await isSettled(third)).toBe(false);
    expect(made.stats.size).toBe(2);
    await made.close({ deadline: 0 });
    await Promise.allSettled([third, fourth]);
    expect(order).toEqual([]);
  });

  test("waits from 10,000 events on where the caller sets no limit", async () => {
    server.otherwise(silence);
    const store = new SharedStore();
    store.open = async () => ({ size: 9_999, lastId: 9_999 });
    const made = queue({ store });
    await made.add(eventOf(0));
    const waiting = errorOf(QueueError, made.add(eventOf(1)));
    expect(await isSettled(waiting)).toBe(false);
    expect(made.stats.size).toBe(10_000);
    await made.close({ deadline: 0 });
    expect((await waiting).code).toBe("QUEUE_CLOSED");
  });

  test("goes on when there is room again", async () => {
    server.otherwise(delayed(5, accept));
    const made = queue({ limit: 3, concurrency: 2 });
    let most = 0;
    for (let n = 0; n < 20; n++) {
      await made.add(eventOf(n));
      most = Math.max(most, made.stats.size);
    }
    expect(most).toBe(3);
    expect(await made.flush()).toMatchObject({ accepted: 20, size: 0 });
  });

  test("ends its wait with the caller's own reason, and the event is not added", async () => {
    server.otherwise(silence);
    const made = queue({ limit: 1 });
    await made.add(eventOf(0));
    const controller = new AbortController();
    const add = vi.spyOn(controller.signal, "addEventListener");
    const remove = vi.spyOn(controller.signal, "removeEventListener");
    const waiting = made.add(eventOf(1), { signal: controller.signal });
    controller.abort(REASON);
    expect(await rejectionOf(waiting)).toBe(REASON);
    expect(await rejectionOf(made.add(eventOf(2), { signal: controller.signal }))).toBe(REASON);
    expect(made.stats.size).toBe(1);
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
  });
});

describe("sending", () => {
  test("has no more on their way than concurrency", async () => {
    server.otherwise(delayed(10, accept));
    const made = queue({ concurrency: 3 });
    await addAll(made, 12);
    await made.flush();
    expect(server.mostUnderway).toBe(3);
    expect(receivedNumbers().sort((a, b) => a - b)).toEqual([...Array(12).keys()]);
  });

  test("is with the headers, the context and the timeout of the queue", async () => {
    server.answer(silence);
    server.otherwise(accept);
    const onAttempt = vi.fn();
    const made = client({ onAttempt }).events.queue({
      headers: { "x-region": "eu" },
      context: { tenant: 7 },
      timeout: 30,
    });
    queues.push(made);
    await made.add(EVENT);
    expect(await made.flush()).toMatchObject({ accepted: 1 });
    expect(server.requests.map(({ headers }) => headers["x-region"])).toEqual(["eu", "eu"]);
    expect(onAttempt.mock.calls.map(([{ context }]) => context)).toEqual([
      { tenant: 7 },
      { tenant: 7 },
    ]);
  });

  test("tries again what may pass, with the same body", async () => {
    server.answer(reset, empty(503), json({}, 429), empty(202), accept);
    const made = queue();
    await made.add(EVENT);
    expect(await made.flush()).toMatchObject({ accepted: 1 });
    expect(server.requests).toHaveLength(5);
    expect(new Set(server.requests.map(({ body }) => body)).size).toBe(1);
  });

  test("reports each end with the event as it was sent", async () => {
    server.otherwise(byNumber((n) => (n === 1 ? json({ message: "no" }, 422) : accept)));
    const outcomes: QueueOutcome[] = [];
    const made = queue({ onOutcome: (outcome) => outcomes.push(outcome), ordered: true });
    await addAll(made, 3);
    expect(await made.flush()).toEqual({ accepted: 2, rejected: 1, unknown: 0, size: 0 });
    expect(outcomes).toMatchObject([
      { result: "accepted", event: eventOf(0), receipt: { id: "evt_1" } },
      { result: "rejected", event: eventOf(1), error: { code: "UNPROCESSABLE_ENTITY" } },
      { result: "accepted", event: eventOf(2), receipt: { idempotencyKey: "request-2" } },
    ]);
  });

  test("is not held up by events that always fail", async () => {
    server.otherwise(byNumber((n) => (n < 8 ? empty(500) : accept)));
    vi.mocked(Math.random).mockReturnValue(0.9);
    const made = queue({ concurrency: 2 });
    await addAll(made, 48);
    await vi.waitFor(() => expect(made.stats.accepted).toBe(40), 20_000);
    expect(made.stats.size).toBe(8);
  }, 25_000);

  test("ends as unknown when the event is older than maxAge", async () => {
    server.otherwise(empty(503));
    vi.mocked(Math.random).mockReturnValue(0.02);
    const outcomes: QueueOutcome[] = [];
    const made = queue({ maxAge: 2_000, onOutcome: (outcome) => outcomes.push(outcome) });
    await made.add(EVENT);
    expect(await made.flush()).toEqual({ accepted: 0, rejected: 0, unknown: 1, size: 0 });
    expect(outcomes).toMatchObject([{ result: "unknown", error: { status: 503 } }]);
    expect(server.requests.length).toBeGreaterThan(1);
  });

  test("cuts off the attempt that is on its way then", async () => {
    server.otherwise(silence);
    const outcomes: QueueOutcome[] = [];
    const made = queue({ maxAge: 50, onOutcome: (outcome) => outcomes.push(outcome) });
    await made.add(EVENT);
    await made.flush();
    expect(outcomes).toMatchObject([
      { result: "unknown", error: { name: "ConnectionError", code: "TIMEOUT", attempts: 1 } },
    ]);
  });

  test("waits for another key when the server does not take this one", async () => {
    let key = "sk_old";
    server.otherwise((response, request) =>
      (request.headers.authorization === "Bearer sk_new" ? accept : empty(401))(response, request),
    );
    const made = client({ apiKey: () => key }).events.queue();
    queues.push(made);
    await addAll(made, 3);
    await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(3));
    expect(made.stats).toMatchObject({ rejected: 0, size: 3 });
    key = "sk_new";
    expect(await made.flush()).toMatchObject({ accepted: 3, rejected: 0, unknown: 0 });
  });

  test("tries a key that was not taken less and less often, however many events there are", async () => {
    vi.mocked(Math.random).mockReturnValue(1);
    server.otherwise(empty(401));
    const made = queue({ concurrency: 3 });
    await addAll(made, 50);
    await vi.waitFor(() => expect(server.requests).toHaveLength(3));
    // The third failure in a row: two seconds, and a little.
    await pause(1_000);
    expect(server.requests).toHaveLength(3);
    expect(made.stats).toMatchObject({ rejected: 0, unknown: 0, size: 50 });
  });

  test("keeps what waits for a key when it is closed", async () => {
    server.otherwise(empty(401));
    const store = new SharedStore();
    const made = queue({ store });
    await addAll(made, 3);
    await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(0));
    expect(await made.close({ deadline: 0 })).toEqual({
      accepted: 0,
      rejected: 0,
      unknown: 0,
      size: 3,
    });
    expect(store.kept.size).toBe(3);
  });

  test("waits for a key that cannot be had", async () => {
    let isOpen = false;
    server.otherwise(accept);
    const apiKey = () => {
      if (!isOpen) throw new Error("the vault is closed");
      return "sk_test_1";
    };
    const made = client({ apiKey }).events.queue();
    queues.push(made);
    await made.add(EVENT);
    await pause(20);
    expect(made.stats.size).toBe(1);
    isOpen = true;
    expect(await made.flush()).toMatchObject({ accepted: 1 });
  });

  test("says why when the time is up and the key was never taken", async () => {
    server.otherwise(empty(401));
    vi.mocked(Math.random).mockReturnValue(0.05);
    const outcomes: QueueOutcome[] = [];
    const made = queue({ maxAge: 500, onOutcome: (outcome) => outcomes.push(outcome) });
    await made.add(EVENT);
    expect(await made.flush()).toMatchObject({ unknown: 1, rejected: 0 });
    expect(outcomes).toMatchObject([{ error: { status: 401 } }]);
  });
});

describe("an event that may have been counted", () => {
  test.each([400, 401, 403, 409, 422, 302])(
    "is unknown when the repetition gets a %i",
    async (status) => {
      const counted: string[] = [];
      const countAndCut: Answer = (response, request) => {
        counted.push(request.body);
        response.socket?.resetAndDestroy();
      };
      server.answer(countAndCut, json({ message: "no" }, status));
      server.answer(countAndCut, json({ message: "no" }, status));
      server.otherwise(accept);
      const result = await client().events.ingestAll([EVENT]);
      expect(result).toMatchObject({ accepted: 0, rejected: 0, unknown: 1 });
      expect(result.outcomes).toMatchObject([
        { error: { code: "OUTCOME_UNKNOWN", attempts: 2, cause: { status } } },
      ]);
      if (status === 401) return;
      const outcomes: QueueOutcome[] = [];
      const made = queue({ onOutcome: (outcome) => outcomes.push(outcome) });
      await made.add(EVENT);
      expect(await made.flush()).toMatchObject({ accepted: 0, rejected: 0, unknown: 1 });
      expect(outcomes).toMatchObject([{ error: { code: "OUTCOME_UNKNOWN", cause: { status } } }]);
      expect(counted).toHaveLength(2);
    },
  );

  test("is rejected when all earlier attempts got a 429", async () => {
    server.answer(json({}, 429), json({}, 429), json({ message: "no" }, 422));
    expect(await client().events.ingestAll([EVENT])).toMatchObject({ rejected: 1, unknown: 0 });
  });

  test("is unknown when an earlier process may have sent it", async () => {
    server.otherwise(json({ message: "no" }, 422));
    const store = new SharedStore();
    store.kept.set(1, { id: 1, addedAt: Date.now(), body: JSON.stringify(EVENT) });
    const made = queue({ store });
    await made.add(eventOf(2));
    expect(await made.flush()).toMatchObject({ rejected: 1, unknown: 1 });
  });
});

describe("a middleware that throws", () => {
  const sometimes = (isFailing: () => boolean) => (): undefined => {
    if (isFailing()) throw new TypeError("the token service is down");
  };

  test.each(["before a request", "after a response"])(
    "%s does not end the queue: the event is sent again",
    async (when) => {
      server.otherwise(accept);
      let calls = 0;
      const fail = sometimes(() => calls++ === 1);
      const isBefore = when === "before a request";
      const middleware = [isBefore ? { onRequest: fail } : { onResponse: fail }];
      const made = client({ middleware }).events.queue();
      queues.push(made);
      await addAll(made, 5);
      expect(await made.flush()).toEqual({ accepted: 5, rejected: 0, unknown: 0, size: 0 });
      expect(new Set(receivedNumbers()).size).toBe(5);
      expect(server.requests).toHaveLength(isBefore ? 5 : 6);
    },
  );

  test("each time makes the event unknown when the time is up, and the error says why", async () => {
    server.otherwise(accept);
    const middleware = [{ onRequest: sometimes(() => true) }];
    const outcomes: QueueOutcome[] = [];
    const onOutcome = (outcome: QueueOutcome) => outcomes.push(outcome);
    const made = client({ middleware }).events.queue({ maxAge: 50, onOutcome });
    queues.push(made);
    await made.add(EVENT);
    expect(await made.flush()).toMatchObject({ unknown: 1 });
    expect(outcomes).toMatchObject([
      {
        error: {
          code: "CONNECTION_FAILED",
          message: "events.ingest: a middleware failed: the token service is down",
          cause: expect.any(TypeError),
        },
      },
    ]);
    expect(server.requests).toEqual([]);
  });

  test("after a response leaves open whether an event that is then refused was counted", async () => {
    server.answer(accept, json({ message: "no" }, 422));
    let calls = 0;
    const middleware = [{ onResponse: sometimes(() => calls++ === 0) }];
    const result = await client({ middleware }).events.ingestAll([EVENT]);
    expect(result).toMatchObject({ rejected: 0, unknown: 1 });
    expect(result.outcomes).toMatchObject([
      { error: { code: "OUTCOME_UNKNOWN", cause: { status: 422 } } },
    ]);
  });

  test("each time ends ingestAll with its deadline", async () => {
    const middleware = [{ onRequest: sometimes(() => true) }];
    const { events } = client({ middleware });
    for (const deadline of [0, 30]) {
      expect(await events.ingestAll([EVENT], { deadline })).toMatchObject({
        unknown: 1,
        outcomes: [{ error: { code: "CONNECTION_FAILED" } }],
      });
    }
  });
});

describe("onOutcome", () => {
  test("gets numbers with all their digits, in a form that JSON.stringify keeps", async () => {
    server.otherwise(json({ message: "no" }, 422));
    const outcomes: QueueOutcome[] = [];
    const made = queue({ onOutcome: (outcome) => outcomes.push(outcome) });
    const amount = "1234567890.12345678901234";
    const log = JSON.stringify({ ...EVENT, data: { tokens: 7 } }).replace(
      "7",
      `${amount},"of":0.5`,
    );
    for await (const event of readEvents(log)) await made.add(event as EventIngestParams);
    await made.close();
    expect(server.requests[0]?.body).toContain(`"tokens":${amount},"of":0.5`);
    const { data } = JSON.parse(JSON.stringify(outcomes[0]?.event));
    expect(data).toEqual({ tokens: amount, of: 0.5 });
  });

  test("is awaited before the store forgets the event", async () => {
    server.otherwise(json({ message: "no" }, 422));
    const saved: string[] = [];
    const store = new SharedStore();
    const made = queue({
      store,
      onOutcome: async ({ event }) => {
        await pause(30);
        const kept = [...store.kept.values()].map(({ body }) => JSON.parse(body).idempotencyKey);
        expect(kept).toContain(event.idempotencyKey);
        saved.push(event.idempotencyKey);
      },
    });
    await addAll(made, 10);
    await made.close();
    expect(saved).toHaveLength(10);
    expect(store.kept.size).toBe(0);
  });

  test("is awaited at close for events that only memory holds", async () => {
    server.otherwise(silence);
    const saved: string[] = [];
    const made = queue({
      onOutcome: async ({ event }) => {
        await pause(30);
        saved.push(event.idempotencyKey);
      },
    });
    await addAll(made, 10);
    expect(await made.close({ deadline: 20 })).toMatchObject({ unknown: 10, size: 0 });
    expect(saved).toHaveLength(10);
  });

  test("that is pending holds no place among the requests", async () => {
    server.otherwise(accept);
    let release = (): void => undefined;
    const pending = new Promise<void>((resolve) => {
      release = resolve;
    });
    const made = queue({ concurrency: 2, onOutcome: () => pending });
    await addAll(made, 50);
    await vi.waitFor(() => expect(made.stats).toMatchObject({ accepted: 50, size: 50 }), 20_000);
    expect(server.requests).toHaveLength(50);
    release();
    expect(await made.flush()).toMatchObject({ accepted: 50, size: 0 });
  });

  test("that is pending counts among the 1,000 events in memory", async () => {
    const fetch = vi.fn(async () => new Response("{}", { status: 202 }));
    let release = (): void => undefined;
    const pending = new Promise<void>((resolve) => {
      release = resolve;
    });
    const made = client({ fetch }).events.queue({ concurrency: 100, onOutcome: () => pending });
    queues.push(made);
    await addAll(made, 1_100);
    await vi.waitFor(() => expect(made.stats.accepted).toBe(1_000), 20_000);
    await pause(50);
    expect(fetch).toHaveBeenCalledTimes(1_000);
    release();
    expect(await made.flush()).toMatchObject({ accepted: 1_100, size: 0 });
  });

  test("that rejects is called again", async () => {
    server.otherwise(accept);
    let calls = 0;
    const made = queue({
      onOutcome: () => {
        calls++;
        if (calls === 1) throw new Error("the log is full");
        return calls === 2 ? Promise.reject(new Error("the log is full")) : undefined;
      },
    });
    await made.add(EVENT);
    expect(await made.flush()).toMatchObject({ accepted: 1, size: 0 });
    expect(calls).toBe(3);
  });

  test("that keeps rejecting makes flush and close reject; the event stays for the next queue", async () => {
    server.otherwise(accept);
    const store = new SharedStore();
    const made = queue({
      store,
      onOutcome: ({ event }) =>
        event.idempotencyKey === "request-1"
          ? Promise.reject(new Error("the disk is full"))
          : undefined,
    });
    await addAll(made, 3);
    const error = await errorOf(QueueError, made.flush());
    expect(error).toMatchObject({
      code: "CALLBACK_FAILED",
      cause: { message: "the disk is full" },
      message:
        'onOutcome failed 4 times for the event "request-1": the store keeps the event, and the next queue sends it again',
    });
    expect(made.stats).toMatchObject({ accepted: 3, size: 1 });
    await made.add(eventOf(3));
    await errorOf(QueueError, made.close());
    expect(receivedNumbers().sort()).toEqual([0, 1, 2, 3]);
    expect([...store.kept.values()].map(({ body }) => numberOf(body))).toEqual([1]);

    const outcomes: QueueOutcome[] = [];
    const next = queue({ store, onOutcome: (outcome) => outcomes.push(outcome) });
    expect(await next.close()).toMatchObject({ accepted: 1, size: 0 });
    expect(outcomes).toMatchObject([{ event: { idempotencyKey: "request-1" } }]);
  });

  test("that keeps rejecting ends a flush, too, when there is no more room", async () => {
    server.otherwise(accept);
    const store = new SharedStore();
    const onOutcome = () => {
      throw new Error("the disk is full");
    };
    const made = queue({ store, limit: 1, onOutcome });
    await made.add(eventOf(0));
    const waiting = errorOf(QueueError, made.add(eventOf(1)));
    expect((await errorOf(QueueError, made.flush())).code).toBe("CALLBACK_FAILED");
    expect((await errorOf(QueueError, made.close({ deadline: 0 }))).code).toBe("CALLBACK_FAILED");
    expect((await waiting).code).toBe("QUEUE_CLOSED");
    expect([...store.kept.values()].map(({ body }) => numberOf(body))).toEqual([0]);
  });

  test("that never settles does not hold up close, and the event stays for the next queue", async () => {
    server.otherwise(accept);
    const store = new SharedStore();
    const never = new Promise<void>(() => undefined);
    const made = queue({ store, onOutcome: () => never });
    await made.add(EVENT);
    expect(await made.close({ deadline: 200 })).toMatchObject({ accepted: 1, size: 1 });
    expect(store.kept.size).toBe(1);
    expect(await queue({ store }).close()).toMatchObject({ accepted: 1, size: 0 });
    expect(receivedNumbers()).toHaveLength(2);
  });
});

describe("the wall clock", () => {
  test("may jump forward: no event is given up", async () => {
    let isUp = false;
    server.otherwise((response, request) => (isUp ? accept : empty(503))(response, request));
    vi.mocked(Math.random).mockReturnValue(0.2);
    const made = queue({ maxAge: 60_000 });
    await addAll(made, 3);
    await vi.waitFor(() => expect(server.requests.length).toBeGreaterThanOrEqual(3));
    const { now } = Date;
    vi.spyOn(Date, "now").mockImplementation(() => now() + 600_000);
    isUp = true;
    expect(await made.flush()).toMatchObject({ accepted: 3, unknown: 0 });
  });

  test("may jump back: a deadline is no later", async () => {
    server.otherwise(empty(503));
    vi.mocked(Math.random).mockReturnValue(0.1);
    const { now } = Date;
    setTimeout(() => vi.spyOn(Date, "now").mockImplementation(() => now() - 3_600_000), 100);
    const made = queue({ maxAge: 400 });
    await made.add(EVENT);
    const result = await client().events.ingestAll([EVENT], { deadline: 400 });
    expect(result).toMatchObject({ unknown: 1 });
    expect(await made.flush({ deadline: 5_000 })).toMatchObject({ unknown: 1, size: 0 });
  });

  test("of an earlier process may have been ahead: the event is as good as new", async () => {
    server.otherwise(accept);
    const store = new SharedStore();
    const addedAt = Date.now() + 86_400_000;
    store.kept.set(1, { id: 1, addedAt, body: JSON.stringify(EVENT) });
    expect(await queue({ store, maxAge: 60_000 }).close()).toMatchObject({ accepted: 1 });
  });
});

describe("a server that asks for less", () => {
  test("gets nothing during the pause that it asked for", async () => {
    server.answer(json({}, 429, { "retry-after": "1" }));
    server.otherwise(accept);
    const made = queue({ concurrency: 1 });
    await addAll(made, 5);
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    await pause(500);
    expect(server.requests).toHaveLength(1);
    expect(await made.flush()).toMatchObject({ accepted: 5 });
  });

  test("gets nothing of ingestAll in its pause either", async () => {
    server.answer(json({}, 503, { "retry-after": "1" }));
    server.otherwise(accept);
    const sending = client().events.ingestAll(
      Array.from({ length: 5 }, (_, n) => eventOf(n)),
      { concurrency: 2 },
    );
    await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(0));
    await pause(400);
    expect(server.requests.length).toBeLessThanOrEqual(2);
    expect(await sending).toMatchObject({ accepted: 5 });
  });

  test("is not asked by ingestAll what its pause leaves no time for", async () => {
    server.otherwise(json({}, 429, { "retry-after": "30" }));
    const events = Array.from({ length: 40 }, (_, n) => eventOf(n));
    const result = await client().events.ingestAll(events, { deadline: 500, concurrency: 4 });
    expect(result).toMatchObject({ accepted: 0, unknown: 40 });
    expect(server.requests.length).toBeLessThanOrEqual(4);
    for (const outcome of result.outcomes ?? []) {
      expect(outcome).toMatchObject({ result: "unknown", error: { retryAfterSeconds: 30 } });
    }
  });

  test("is asked more slowly after a 429: most answers are a yes", async () => {
    // Ten at once, then one every 20 milliseconds.
    let tokens = 10;
    const refill = setInterval(() => {
      tokens = Math.min(10, tokens + 1);
    }, 20);
    let refused = 0;
    server.otherwise((response, request) => {
      if (tokens > 0) tokens--;
      else refused++;
      (tokens > 0 ? accept : json({}, 429))(response, request);
    });
    try {
      const made = queue({ concurrency: 10 });
      await addAll(made, 100);
      expect(await made.flush()).toMatchObject({ accepted: 100 });
    } finally {
      clearInterval(refill);
    }
    expect(refused).toBeLessThan(100);
  }, 30_000);

  test("is asked seldom while it answers nothing but failures", async () => {
    let isUp = false;
    let attempts = 0;
    const fetch = async () => {
      attempts++;
      return new Response("{}", { status: isUp ? 202 : 503 });
    };
    const made = client({ fetch }).events.queue({ concurrency: 2 });
    queues.push(made);
    await addAll(made, 50);
    await pause(600);
    // 10 ms, 20 ms, 40 ms, ... between two attempts; without gaps there would be hundreds.
    expect(attempts).toBeLessThan(20);
    isUp = true;
    expect(await made.flush()).toMatchObject({ accepted: 50 });
  });
});

describe("ordered", () => {
  test("sends one after the other, in the order of add, through failures", async () => {
    const failed = new Set<number>();
    server.otherwise(
      byNumber((n) => {
        if (n % 3 !== 1 || failed.has(n)) return delayed((7 * n) % 5, accept);
        failed.add(n);
        return empty(503);
      }),
    );
    const made = queue({ ordered: true, concurrency: 10 });
    await addAll(made, 20);
    await made.flush();
    expect(server.mostUnderway).toBe(1);
    expect([...new Set(receivedNumbers())]).toEqual([...Array(20).keys()]);
    expect(receivedNumbers()).toEqual([...receivedNumbers()].sort((a, b) => a - b));
  });

  test("says when the first event keeps failing and the others wait", async () => {
    const failures = [5, 2, 3];
    server.otherwise(
      byNumber((n) => ((failures[n] as number)-- > 0 ? json({ message: "no" }, 500) : accept)),
    );
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const made = queue({ ordered: true });
    await addAll(made, 3);
    expect(await made.flush()).toMatchObject({ accepted: 3 });
    const expected = (key: string) =>
      expect.stringMatching(
        `^The ordered queue waits for the event "${key}", which failed 3 times: .*no`,
      );
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      expected("request-0"),
      expected("request-2"),
    ]);
  });

  test("goes on behind an event that is rejected, or too old", async () => {
    server.otherwise(byNumber((n) => (n === 0 ? empty(422) : n === 1 ? silence : accept)));
    const made = queue({ ordered: true, maxAge: 200 });
    await made.add(eventOf(0));
    await made.add(eventOf(1));
    await made.flush();
    await made.add(eventOf(2));
    expect(await made.flush()).toMatchObject({ rejected: 1, unknown: 1, accepted: 1 });
  });
});

describe("flush", () => {
  test("of an empty queue is done at once", async () => {
    expect(await queue().flush()).toEqual({ accepted: 0, rejected: 0, unknown: 0, size: 0 });
  });

  test("waits for what was added before, and for nothing later", async () => {
    server.otherwise(byNumber((n) => (n === 3 ? silence : delayed(10, accept))));
    const made = queue({ limit: 2 });
    const adding = addAll(made, 3);
    const flushed = made.flush();
    await adding;
    await made.add(eventOf(3));
    expect(await flushed).toMatchObject({ accepted: 3, size: 1 });
  });

  test("ends at its deadline, and the queue goes on", async () => {
    server.otherwise(delayed(150, accept));
    const made = queue();
    await made.add(EVENT);
    expect(await made.flush({ deadline: 20 })).toMatchObject({ accepted: 0, size: 1 });
    expect(await made.flush()).toMatchObject({ accepted: 1, size: 0 });
  });

  test.each([-1, Number.NaN, "5"])("refuses a deadline of %s", async (deadline) => {
    const given = { deadline } as { deadline: number };
    const made = queue();
    const { message } = await errorOf(InvalidInputError, made.flush(given));
    expect(message).toMatch(/^queue\.flush: the queue goes on: deadline: /);
    expect((await errorOf(InvalidInputError, made.close(given))).message).toMatch(
      /^queue\.close: /,
    );
  });
});

describe("close", () => {
  test("sends what there is, and takes no more", async () => {
    server.otherwise(delayed(10, accept));
    const made = queue({ limit: 2 });
    const adding = addAll(made, 6);
    const closed = made.close();
    const error = await errorOf(QueueError, made.add(eventOf(7)));
    expect(error).toMatchObject({
      code: "QUEUE_CLOSED",
      message: "The queue is closed: it takes no more events, make a new one",
    });
    expect(await closed).toEqual({ accepted: 6, rejected: 0, unknown: 0, size: 0 });
    await adding;
    expect(await made.close()).toBe(await closed);
  });

  test("ends within its deadline: what is in memory is unknown, and said so", async () => {
    server.otherwise(silence);
    const outcomes: QueueOutcome[] = [];
    const made = queue({
      limit: 5,
      concurrency: 2,
      onOutcome: (outcome) => outcomes.push(outcome),
    });
    await addAll(made, 5);
    const waiting = made.add(eventOf(5));
    const refused = errorOf(QueueError, waiting);
    expect(await made.close({ deadline: 50 })).toEqual({
      accepted: 0,
      rejected: 0,
      unknown: 5,
      size: 0,
    });
    expect((await refused).code).toBe("QUEUE_CLOSED");
    expect(outcomes.map(({ event }) => numberOf(JSON.stringify(event)))).toEqual([0, 1, 2, 3, 4]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        result: "unknown",
        error: {
          code: "QUEUE_CLOSED",
          message: "The queue is closed: the outcome of the event is not known",
        },
      });
    }
  });

  test("reports nothing twice", async () => {
    server.otherwise(byNumber((n) => (n === 0 ? accept : silence)));
    const outcomes: [string, number][] = [];
    const onOutcome = ({ result, event }: QueueOutcome) =>
      outcomes.push([result, numberOf(JSON.stringify(event))]);
    const made = queue({ onOutcome });
    await addAll(made, 2);
    await vi.waitFor(() => expect(made.stats.accepted).toBe(1));
    await made.close({ deadline: 0 });
    expect(outcomes).toEqual([
      ["accepted", 0],
      ["unknown", 1],
    ]);
  });

  test("ends sooner by another deadline, and no sooner without one", async () => {
    server.otherwise(silence);
    const made = queue();
    await made.add(EVENT);
    const closed = made.close({ deadline: Number.POSITIVE_INFINITY });
    const again = made.close();
    expect(await isSettled(again)).toBe(false);
    expect(await made.close({ deadline: 0 })).toMatchObject({ unknown: 1, size: 0 });
    expect(await again).toBe(await closed);
  });

  test("is what await using does", async () => {
    server.otherwise(accept);
    {
      await using made = client().events.queue();
      await made.add(EVENT);
    }
    expect(server.requests).toHaveLength(1);
  });

  test("leaves no timer, and no listener on a signal", async () => {
    const timers = () =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    server.otherwise(byNumber((n) => (n % 2 === 0 ? empty(503) : silence)));
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, "addEventListener");
    const remove = vi.spyOn(signal, "removeEventListener");
    const made = queue({ signal, limit: 10 });
    await addAll(made, 10);
    const waiting = rejectionOf(made.add(eventOf(10)));
    await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(5));
    await made.close({ deadline: 10 });
    await waiting;
    expect(add).toHaveBeenCalled();
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
    await vi.waitFor(() => expect(timers()).toBeLessThanOrEqual(before));
  });
});

describe("an abort", () => {
  test("ends everything at once; an add that waits rejects with the caller's reason", async () => {
    server.otherwise(silence);
    const controller = new AbortController();
    const made = queue({ signal: controller.signal, limit: 2 });
    await addAll(made, 2);
    const waiting = made.add(eventOf(2));
    await vi.waitFor(() => expect(server.requests).toHaveLength(2));
    controller.abort(REASON);
    expect(await rejectionOf(waiting)).toBe(REASON);
    expect(await made.close()).toMatchObject({ unknown: 2, size: 0 });
    expect((await errorOf(QueueError, made.add(EVENT))).code).toBe("QUEUE_CLOSED");
  });

  test("ends a close that waits for its deadline", async () => {
    server.otherwise(silence);
    const controller = new AbortController();
    const made = queue({ signal: controller.signal });
    await made.add(EVENT);
    const closed = made.close({ deadline: Number.POSITIVE_INFINITY });
    controller.abort(REASON);
    expect(await closed).toMatchObject({ unknown: 1, size: 0 });
  });

  test("before the start makes a closed queue", async () => {
    const made = queue({ signal: AbortSignal.abort(REASON) });
    expect((await errorOf(QueueError, made.add(EVENT))).code).toBe("QUEUE_CLOSED");
    expect(await made.flush()).toMatchObject({ size: 0 });
  });
});

describe("waitUntil", () => {
  test("is given a promise for as long as there is work", async () => {
    server.otherwise(
      delayed(
        20,
        byNumber((n) => (n === 0 ? empty(422) : accept)),
      ),
    );
    const works: Promise<void>[] = [];
    const made = queue({ waitUntil: (work) => works.push(work) });
    await pause(5);
    expect(works).toEqual([]);
    await addAll(made, 3);
    expect(works).toHaveLength(1);
    await works[0];
    expect(made.stats).toMatchObject({ accepted: 2, rejected: 1, size: 0 });
    await made.add(eventOf(3));
    expect(works).toHaveLength(2);
    await works[1];
    expect(made.stats).toMatchObject({ accepted: 3, size: 0 });
  });

  test("is given one at once where the store has events", async () => {
    server.otherwise(accept);
    const store = new SharedStore();
    store.kept.set(1, { id: 1, addedAt: Date.now(), body: JSON.stringify(EVENT) });
    const works: Promise<void>[] = [];
    const made = queue({ store, waitUntil: (work) => works.push(work) });
    await made.ready();
    expect(works).toHaveLength(1);
    await works[0];
    expect(made.stats).toMatchObject({ accepted: 1, size: 0 });
  });

  test("is not kept waiting by an event that stays, nor by a store that fails", async () => {
    server.otherwise(accept);
    const works: Promise<void>[] = [];
    const waitUntil = (work: Promise<void>) => works.push(work);
    const onOutcome = () => {
      throw new Error("the disk is full");
    };
    const made = queue({ store: new SharedStore(), onOutcome, waitUntil });
    await made.add(EVENT);
    await works[0];
    expect(made.stats).toMatchObject({ accepted: 1, size: 1 });
    const store = new SharedStore();
    store.failures.read = new Error("the disk is gone");
    await queue({ store, waitUntil }).add(EVENT);
    await works[1];
    expect(works).toHaveLength(2);
  });

  test("may throw", async () => {
    server.otherwise(accept);
    const made = queue({
      waitUntil: () => {
        throw new Error("the request is over");
      },
    });
    await made.add(EVENT);
    expect(await made.flush()).toMatchObject({ accepted: 1 });
  });
});

describe("a store", () => {
  test("has the event when add resolves, and not before", async () => {
    server.otherwise(silence);
    const store = new SharedStore();
    let release = (): void => undefined;
    store.putting = new Promise((resolve) => {
      release = resolve;
    });
    const made = queue({ store });
    const added = made.add(EVENT);
    expect(await isSettled(added)).toBe(false);
    expect(server.requests).toEqual([]);
    release();
    await added;
    expect([...store.kept.values()].map(({ body }) => JSON.parse(body))).toEqual([EVENT]);
  });

  test("keeps what is not sent for the next queue, which sends it first and in order", async () => {
    const store = new SharedStore();
    server.otherwise(silence);
    const first = queue({ store });
    await addAll(first, 4);
    await vi.waitFor(() => expect(server.requests).toHaveLength(4));
    expect(await first.close({ deadline: 20 })).toMatchObject({ unknown: 0, size: 4 });
    expect(store.isClosed).toBe(true);

    server.otherwise(accept);
    const before = server.requests.length;
    const second = queue({ store, ordered: true });
    await second.add(eventOf(4));
    expect(await second.flush()).toMatchObject({ accepted: 5, size: 0 });
    expect(receivedNumbers().slice(before)).toEqual([0, 1, 2, 3, 4]);
    expect(store.kept.size).toBe(0);
  });

  test("that has events is sent without an add; close waits for them", async () => {
    const store = new SharedStore();
    server.otherwise(silence);
    const first = queue({ store });
    await addAll(first, 250);
    await first.close({ deadline: 0 });
    server.otherwise(accept);
    const open = store.open.bind(store);
    store.open = async () => {
      await pause(20);
      return open();
    };
    expect(await queue({ store }).close()).toMatchObject({ accepted: 250, size: 0 });
  });

  test("that has more than the limit makes add wait", async () => {
    const store = new SharedStore();
    server.otherwise(silence);
    const first = queue({ store });
    await addAll(first, 5);
    await first.close({ deadline: 0 });
    const second = queue({ store, limit: 2 });
    const waiting = second.add(eventOf(5));
    expect(await isSettled(waiting)).toBe(false);
    const refused = errorOf(QueueError, waiting);
    await second.close({ deadline: 0 });
    await refused;
    expect(store.kept.size).toBe(5);
  });

  test("has the age of an event, too: an old one is unknown, and not sent", async () => {
    const store = new SharedStore();
    const body = JSON.stringify(EVENT);
    store.kept.set(3, { id: 3, addedAt: Date.now() - 3_600_000, body });
    const outcomes: QueueOutcome[] = [];
    const made = queue({ store, maxAge: 60_000, onOutcome: (each) => outcomes.push(each) });
    expect(await made.flush()).toMatchObject({ unknown: 1, size: 0 });
    expect(outcomes).toMatchObject([{ event: EVENT, error: { code: "TIMEOUT", attempts: 0 } }]);
    expect((outcomes[0] as { error: unknown }).error).toBeInstanceOf(ConnectionError);
    expect(server.requests).toEqual([]);
  });

  test("may make events safe in another order; none is passed over", async () => {
    server.otherwise(accept);
    const store = new SharedStore();
    const put = store.put.bind(store);
    store.put = async (event) => {
      await pause(event.id % 2 === 1 ? 15 : 1);
      return put(event);
    };
    const made = queue({ store });
    await addAll(made, 10);
    expect(await made.flush()).toMatchObject({ accepted: 10, size: 0 });
  });

  test("may read an event that is not yet safe: it is not sent before it is", async () => {
    server.otherwise(accept);
    const store = new SharedStore();
    let release = (): void => undefined;
    const isSafe = new Promise<void>((resolve) => {
      release = resolve;
    });
    store.put = async (event) => {
      store.kept.set(event.id, event);
      if (event.id === 2) await isSafe;
    };
    const made = queue({ store });
    const adding = addAll(made, 3);
    await vi.waitFor(() => expect(made.stats).toMatchObject({ accepted: 1, size: 2 }));
    await pause(20);
    expect(receivedNumbers()).toEqual([0]);
    release();
    await adding;
    expect(await made.flush()).toMatchObject({ accepted: 3, size: 0 });
  });

  const broken = new Error("the disk is full");

  test("that fails to put fails the add, not the queue", async () => {
    server.otherwise(accept);
    const store = new SharedStore();
    store.failures.put = broken;
    const made = queue({ store });
    const error = await errorOf(QueueError, made.add(eventOf(0)));
    expect(error).toMatchObject({
      code: "STORE_FAILED",
      cause: broken,
      message: "The store of the queue failed: the disk is full",
    });
    expect(made.stats.size).toBe(0);
    delete store.failures.put;
    await made.add(eventOf(1));
    expect(await made.flush()).toMatchObject({ accepted: 1, size: 0 });
  });

  test.each(["open", "read", "remove"] as const)(
    "that fails to %s fails the queue",
    async (call) => {
      server.otherwise(accept);
      const store = new SharedStore();
      store.failures[call] = broken;
      const made = queue({ store });
      if (call !== "open") await made.add(eventOf(0));
      const expected = { code: "STORE_FAILED", cause: broken };
      expect(await errorOf(QueueError, made.flush())).toMatchObject(expected);
      expect(await errorOf(QueueError, made.add(eventOf(1)))).toMatchObject(expected);
      expect(await errorOf(QueueError, made.close())).toMatchObject(expected);
      expect(store.isClosed).toBe(true);
    },
  );

  test("that fails to close makes close reject", async () => {
    const store = new SharedStore();
    store.failures.close = broken;
    expect(await errorOf(QueueError, queue({ store }).close())).toMatchObject({ cause: broken });
  });

  test("that another queue holds is not closed by a queue that could not open it", async () => {
    const store = new SharedStore();
    const first = queue({ store });
    await first.ready();
    store.failures.open = new QueueError("another queue has it", { code: "STORE_IN_USE" });
    expect(await rejectionOf(queue({ store }).close())).toBe(store.failures.open);
    expect(store.isClosed).toBe(false);
    await first.close();
    expect(store.isClosed).toBe(true);
  });

  test("may say itself what is wrong", async () => {
    const store = new SharedStore();
    store.failures.open = new QueueError("another process has it", { code: "STORE_IN_USE" });
    expect(await rejectionOf(queue({ store }).add(EVENT))).toBe(store.failures.open);
  });

  test.each([true, false])(
    "with an event that cannot be read: it is put aside and reported, the others are sent (%s)",
    async (canSetAside) => {
      server.otherwise(accept);
      const store = new SharedStore();
      const aside: number[] = [];
      if (canSetAside) {
        Object.assign(store, {
          setAside: async (id: number) => {
            aside.push(id);
            store.kept.delete(id);
          },
        });
      }
      for (const [id, body] of [
        JSON.stringify(eventOf(0)),
        "{",
        "null",
        JSON.stringify(eventOf(3)),
      ].entries()) {
        store.kept.set(id + 1, { id: id + 1, addedAt: Date.now(), body });
      }
      const onUnreadable = vi.fn();
      const made = queue({ store, onUnreadable });
      expect(await made.close()).toMatchObject({ accepted: 2, size: canSetAside ? 0 : 2 });
      expect(receivedNumbers().sort()).toEqual([0, 3]);
      expect(onUnreadable.mock.calls.map(([{ id }]) => id)).toEqual([2, 3]);
      expect(aside).toEqual(canSetAside ? [2, 3] : []);
      expect(store.kept.size).toBe(canSetAside ? 0 : 2);
    },
  );
});

test.each([
  ["was put aside", { setAside: async () => undefined }],
  ["stays there", {}],
])(
  "an event that cannot be read is warned of where nothing else says so: it %s",
  async (what, more) => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const store = Object.assign(new SharedStore(), more);
    store.kept.set(7, { id: 7, addedAt: Date.now(), body: "{" });
    await queue({ store }).close();
    expect(warn.mock.calls).toEqual([
      [
        `The store has an event that cannot be read, with the id 7: it ${what}, and is not sent`,
        "MeteredCostsWarning",
      ],
    ]);
  },
);

/** Time passes only where a test says so. */
describe("time", () => {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Has milliseconds pass, and all that they begin end. */
  const pass = async (milliseconds: number): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(milliseconds);
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  /** A queue on a server that answers the nth request so, and when the requests were made. */
  const timed = (
    answer: (n: number) => { status: number; headers?: Record<string, string> } | undefined,
    options: QueueOptions = {},
  ) => {
    const began = performance.now();
    const at: number[] = [];
    const fetch = (_: unknown, init?: RequestInit): Promise<Response> => {
      const given = answer(at.push(performance.now() - began) - 1);
      if (given !== undefined) return Promise.resolve(new Response("{}", given));
      const { signal } = init ?? {};
      return new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
    };
    const made = client({ fetch }).events.queue({ onOutcome: () => undefined, ...options });
    queues.push(made);
    return { made, at };
  };
  const isOver = (promise: Promise<unknown>): (() => boolean) => {
    let over = false;
    const end = (): void => {
      over = true;
    };
    promise.then(end, end);
    return () => over;
  };

  test("for close is 10 seconds unless the caller says otherwise", async () => {
    const { made } = timed(() => undefined, { timeout: 60_000 });
    await made.add(EVENT);
    const isClosed = isOver(made.close());
    await pass(9_999);
    expect(isClosed()).toBe(false);
    await pass(1);
    expect(isClosed()).toBe(true);
    expect(made.stats).toMatchObject({ unknown: 1, size: 0 });
  });

  test.each([
    ["accepted", { status: 202 }],
    ["unknown", undefined],
  ])(
    "for an onOutcome that never settles is a second more without a store: %s",
    async (result, given) => {
      const { made } = timed(() => given, { onOutcome: () => new Promise(() => undefined) });
      await made.add(EVENT);
      await pass(0);
      const isClosed = isOver(made.close({ deadline: 0 }));
      await pass(999);
      expect(isClosed()).toBe(false);
      await pass(1);
      expect(isClosed()).toBe(true);
      expect(made.stats).toMatchObject({ [result]: 1, size: 1 });
    },
  );

  test("between calls of an onOutcome that fails grows: 50, 150 and 450 milliseconds", async () => {
    const calls: number[] = [];
    const { made } = timed(() => ({ status: 202 }), {
      onOutcome: () => {
        calls.push(performance.now());
        throw new Error("the log is full");
      },
    });
    await made.add(EVENT);
    await pass(10_000);
    const [first = 0] = calls;
    expect(calls.map((call) => call - first)).toEqual([0, 50, 200, 650]);
    const { message } = await errorOf(QueueError, made.flush());
    expect(message).toBe(
      'onOutcome failed 4 times for the event "request-1": without a store, its outcome (accepted) is not reported again',
    );
  });

  test("that a server asks for is at most an hour", async () => {
    const { made, at } = timed((n) =>
      n === 0 ? { status: 429, headers: { "retry-after": "86400" } } : { status: 202 },
    );
    await made.add(EVENT);
    await pass(3_599_000);
    expect(at).toHaveLength(1);
    await pass(2_000);
    expect(at).toHaveLength(2);
    expect(made.stats).toMatchObject({ accepted: 1 });
  });

  test("between two attempts of one event is at most a minute", async () => {
    vi.mocked(Math.random).mockReturnValue(1);
    const { made, at } = timed(() => ({ status: 503 }));
    await made.add(EVENT);
    await pass(900_000);
    const gaps = at.slice(1).map((each, n) => each - (at[n] as number));
    expect(gaps.length).toBeGreaterThan(12);
    expect(Math.max(...gaps)).toBeGreaterThanOrEqual(60_000);
    expect(Math.max(...gaps)).toBeLessThan(62_000);
  });

  test("in which an event is sent is 24 hours from add, in whatever process", async () => {
    const store = new SharedStore();
    const day = 86_400_000;
    for (const [at, age] of [day, day - 180_000].entries()) {
      const body = JSON.stringify(eventOf(at));
      store.kept.set(at + 1, { id: at + 1, addedAt: Date.now() - age, body });
    }
    const { made } = timed(() => ({ status: 503 }), { store });
    await made.ready();
    await pass(100_000);
    expect(made.stats).toMatchObject({ unknown: 1, size: 1 });
    await pass(81_000);
    expect(made.stats).toMatchObject({ unknown: 2, size: 0 });
  });
});

describe("ready", () => {
  test("resolves when the store is open", async () => {
    const store = new SharedStore();
    const open = vi.spyOn(store, "open");
    const made = queue({ store });
    await made.ready();
    await open.mock.results[0]?.value;
    expect(server.requests).toEqual([]);
  });

  test("rejects when the store cannot be opened", async () => {
    const store = new SharedStore();
    store.failures.open = new Error("no such folder");
    const made = queue({ store });
    const error = await errorOf(QueueError, made.ready());
    expect(error).toMatchObject({ code: "STORE_FAILED", cause: { message: "no such folder" } });
  });

  test("rejects without a SQLite driver, as add does, and says what to install", async () => {
    // Neither what newer Nodes have nor better-sqlite3, which is no dependency of the library.
    vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
    const folder = mkdtempSync(join(tmpdir(), "metered-costs-no-driver-"));
    const path = join(folder, "events.sqlite");
    const made = queue({ store: sqliteStore({ path }) });
    for (const call of [made.ready(), made.add(EVENT)]) {
      const error = await errorOf(QueueError, call);
      expect(error.code).toBe("STORE_DRIVER_MISSING");
      expect(error.message).toMatch(/npm install better-sqlite3.*Node 22\.13/);
    }
    expect(server.requests).toEqual([]);
    expect(existsSync(path)).toBe(false);
    rmSync(folder, { recursive: true });
  });
});

describe("what nobody would notice", () => {
  test("a queue without onOutcome warns once of events that were not accepted", async () => {
    server.otherwise(json({ message: "no" }, 422));
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const made = queue({ onOutcome: undefined });
    await addAll(made, 3);
    await made.flush();
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^The queue drops events that were not accepted \(the first one: .*no.*\): pass onOutcome to save them$/,
        ),
        "MeteredCostsWarning",
      ],
    ]);
    const heard = queue({ onOutcome: () => undefined });
    await heard.add(EVENT);
    await heard.flush();
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test("warnings go to the logger, where the client has one that takes them", async () => {
    server.otherwise(json({ message: "no" }, 422));
    const emit = vi.spyOn(process, "emitWarning").mockReturnValue();
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const dropped = async (logLevel: LogLevel): Promise<unknown[]> => {
      logger.warn.mockClear();
      const made = client({ logger, logLevel }).events.queue();
      await addAll(made, 2);
      await made.close();
      return logger.warn.mock.calls.filter(([message]) => /^The queue drops/.test(message));
    };
    expect(await dropped("warn")).toHaveLength(1);
    expect(await dropped("error")).toEqual([]);
    expect(emit).not.toHaveBeenCalled();
  });

  test.each([
    ["the console", ""],
    [
      "the logger",
      "logger: { debug() {}, info() {}, error() {}, warn: (text) => console.log(text) }",
    ],
  ])("a process that exits says to %s how many events its queues hold", (kind, option) => {
    const program = `
      import { Paygentic } from ${JSON.stringify(new URL("../../src/index.ts", import.meta.url).href)};
      const { events } = new Paygentic({ baseUrl: "http://127.0.0.1:9", apiKey: "sk_test_1", ${option} });
      const event = ${JSON.stringify(EVENT)};
      const empty = events.queue();
      const left = events.queue();
      for (let n = 0; n < 3; n++) await left.add({ ...event, idempotencyKey: String(n) });
      process.exit();`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "-e", program],
      { encoding: "utf8", cwd: fileURLToPath(new URL("../../", import.meta.url)) },
    );
    const [said, silent] = kind === "the logger" ? [stdout, stderr] : [stderr, stdout];
    expect(said).toMatch(/holds 3 events, which are lost: await queue\.close\(\)/);
    expect(said.match(/holds/g)).toHaveLength(1);
    expect(silent).toBe("");
  });

  test("and whether they are lost or stay in the store, whoever waits to add included", async () => {
    const exits: (() => void)[] = [];
    vi.spyOn(process, "once").mockImplementation((_name, listener) => {
      exits.push(listener as () => void);
      return process;
    });
    vi.resetModules();
    const { Paygentic } = await import("metered-costs");
    const fetch = () => new Promise<Response>(() => undefined);
    const { events } = new Paygentic({ apiKey: "sk_test_1", fetch });
    const inMemory = events.queue({ limit: 2, onOutcome: () => undefined });
    const stored = events.queue({ store: new SharedStore() });
    const closed = events.queue({ onOutcome: () => undefined });
    queues.push(inMemory, stored);
    await addAll(inMemory, 2);
    const waiting = rejectionOf(inMemory.add(eventOf(2)));
    await addAll(stored, 1);
    await addAll(closed, 1);
    await closed.close({ deadline: 0 });
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    expect(exits).toHaveLength(1);
    exits[0]?.();
    const begin = "The process exits while a queue of metered-costs holds";
    const end = "await queue.close() before it exits";
    expect(warn.mock.calls).toEqual([
      [`${begin} 3 events, which are lost: ${end}`],
      [`${begin} 1 event, which stays in the store: ${end}`],
    ]);
    await inMemory.close({ deadline: 0 });
    await waiting;
  });

  test("a runtime whose process has functions that throw sends, and warns on the console", () => {
    // As Next's edge runtime: whatever is a function of Node's process throws, and all else but env is undefined.
    const program = `
      import { Paygentic } from ${JSON.stringify(new URL("../../src/index.ts", import.meta.url).href)};
      const { env } = process;
      const unsupported = () => {
        throw new Error("A Node.js API is used which is not supported in the Edge Runtime");
      };
      globalThis.process = { env, once: unsupported, emitWarning: unsupported };
      const fetch = async () => new Response('{"message":"no"}', { status: 422 });
      const queue = new Paygentic({ apiKey: "sk_test_1", fetch }).events.queue();
      await queue.add(${JSON.stringify(EVENT)});
      console.log(JSON.stringify(await queue.close()));`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "-e", program],
      { encoding: "utf8", cwd: fileURLToPath(new URL("../../", import.meta.url)) },
    );
    expect(stdout).toBe('{"accepted":0,"rejected":1,"unknown":0,"size":0}\n');
    expect(stderr).toMatch(/^The queue drops events that were not accepted/);
  });
});

describe("options that cannot work", () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ["a concurrency of 0", { concurrency: 0 }, ["concurrency"]],
    ["a concurrency of 1,001", { concurrency: 1_001 }, ["concurrency"]],
    ["a limit of 0", { limit: 0 }, ["limit"]],
    ["an endless limit", { limit: Number.POSITIVE_INFINITY }, ["limit"]],
    ["a negative age", { maxAge: -1 }, ["maxAge"]],
    ["an age at which no event would be sent", { maxAge: 0 }, ["maxAge"]],
    ["an age that is no number", { maxAge: Number.NaN }, ["maxAge"]],
    ["an order of text", { ordered: "yes" }, ["ordered"]],
    ["a store that is none", { store: { open: () => undefined } }, ["store"]],
    ["a store of text", { store: "events.sqlite" }, ["store"]],
    ["a hook that is no function", { onOutcome: {} }, ["onOutcome"]],
    ["a waitUntil that is no function", { waitUntil: true }, ["waitUntil"]],
    ["a number of retries", { maxRetries: 3 }, ["maxRetries"]],
    ["a signal that is none", { signal: {} }, ["signal"]],
    ["an option that does not exist", { concurency: 5 }, ["concurency"]],
  ])("are refused: %s", (_, options, path) => {
    const make = () => client().events.queue(options as QueueOptions);
    expect(make).toThrow(InvalidInputError);
    try {
      make();
    } catch (error) {
      expect((error as InvalidInputError).issues).toMatchObject([{ path }]);
    }
  });

  test.each<[QueueOptions | null, RegExp]>([
    [null, /^events\.queue: the queue cannot be made: /],
    [{ maxAge: 0 }, /maxAge: .*milliseconds, more than 0: an older event is not sent/],
    [{ store: {} as never }, /store: .*a store, with open, put, read, remove, close/],
  ])("are refused in words that say what is due: %j", (options, words) => {
    expect(() => client().events.queue(options as never)).toThrow(words);
  });
});
