import {
  type EventIngestParams,
  type IngestAllOptions,
  type IngestProgress,
  InvalidInputError,
} from "metered-costs";
import { readEvents } from "metered-costs/summary";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { EVENT, RECEIPT } from "../client/samples.ts";
import { errorOf, rejectionOf, scene } from "../client/scene.ts";
import { type Answer, delayed, empty, json, reset, silence } from "../client/scripted-server.ts";

const { server, client } = scene();
const REASON = { because: "the user left" };
const accept: Answer = json(RECEIPT, 202);

const eventOf = (n: number): EventIngestParams => ({
  ...EVENT,
  idempotencyKey: `request-${n}`,
  data: { n },
});
const eventsOf = (count: number): EventIngestParams[] =>
  Array.from({ length: count }, (_, n) => eventOf(n));
/** Answers by the number in the event. */
const byNumber =
  (choose: (n: number) => Answer): Answer =>
  (response, request) =>
    choose(JSON.parse(request.body).data.n)(response, request);
const receivedNumbers = (): number[] =>
  server.requests.map(({ body }) => JSON.parse(body).data.n as number).sort((a, b) => a - b);
const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("where the events come from", () => {
  function* generated(): Generator<EventIngestParams> {
    yield* eventsOf(25);
  }
  async function* arriving(): AsyncGenerator<EventIngestParams> {
    for (const event of eventsOf(25)) {
      if (Math.floor(Number(event.idempotencyKey?.slice(8)) % 7) === 0) await pause(1);
      yield event;
    }
  }
  const byHand: AsyncIterable<EventIngestParams> = {
    [Symbol.asyncIterator]() {
      const left = eventsOf(25);
      return {
        next: async () => {
          const value = left.shift();
          return value === undefined ? { done: true, value } : { done: false, value };
        },
      };
    },
  };

  test.each<[string, () => Iterable<EventIngestParams> | AsyncIterable<EventIngestParams>]>([
    ["an array", () => eventsOf(25)],
    ["a set", () => new Set(eventsOf(25))],
    ["a generator", generated],
    ["an async generator", arriving],
    ["an async iterable without a return", () => byHand],
    [
      "a web stream",
      () =>
        new ReadableStream<EventIngestParams>({
          start(controller) {
            for (const event of eventsOf(25)) controller.enqueue(event);
            controller.close();
          },
        }) as unknown as AsyncIterable<EventIngestParams>,
    ],
  ])("can be %s: each event is sent once", async (_, events) => {
    server.otherwise(accept);
    const result = await client().events.ingestAll(events());
    expect(result).toEqual({ accepted: 25, rejected: 0, unknown: 0, outcomes: [] });
    expect(receivedNumbers()).toEqual(Array.from({ length: 25 }, (_each, n) => n));
  });

  test.each<[string, () => Iterable<EventIngestParams> | AsyncIterable<EventIngestParams>]>([
    ["an empty array", () => []],
    ["an empty async generator", async function* () {}],
  ])("can be %s: nothing is sent, and all counts are 0", async (_, events) => {
    const onProgress = vi.fn();
    const result = await client().events.ingestAll(events(), { onProgress });
    expect(result).toEqual({ accepted: 0, rejected: 0, unknown: 0, outcomes: [] });
    expect(server.requests).toEqual([]);
    expect(onProgress).not.toHaveBeenCalled();
  });

  test("can be a log of NDJSON, whose numbers are sent as they were written", async () => {
    server.otherwise(accept);
    const written = '"tokens":12345678901234567890.000000000000000001,"e":1E+2,"big":[1e400]';
    const log = new Blob([
      `{"type":"t","source":"s","subject":"c","idempotencyKey":"k","data":{${written}}}\n`,
    ]);
    const events = readEvents(log) as AsyncIterable<EventIngestParams>; // this log's have all fields
    expect(await client().events.ingestAll(events)).toMatchObject({ accepted: 1 });
    expect(server.request.body).toContain("12345678901234567890.000000000000000001");
    expect(server.request.body).toContain("1e400");
  });

  test.each([
    undefined,
    null,
    7,
    "events",
    {},
    Promise.resolve([]),
    { [Symbol.iterator]: 7 },
    { [Symbol.asyncIterator]: 7 },
    { [Symbol.iterator]: () => undefined },
    { [Symbol.asyncIterator]: () => ({}) },
  ])("cannot be %s", async (events) => {
    const given = events as unknown as EventIngestParams[];
    const error = await errorOf(InvalidInputError, client().events.ingestAll(given));
    expect(error.issues).toMatchObject([{ path: ["events"] }]);
  });

  test.each([7, undefined, null, "done"])("cannot go on for ever by saying %j", async (step) => {
    server.otherwise(accept);
    for (const name of [Symbol.iterator, Symbol.asyncIterator]) {
      const broken = { [name]: () => ({ next: () => step }) } as unknown as EventIngestParams[];
      const error = await errorOf(InvalidInputError, client().events.ingestAll(broken));
      expect(error.issues).toMatchObject([{ path: ["events"] }]);
    }
    expect(server.requests).toEqual([]);
  });

  test("can fail: what was on its way ends, then the caller's own error comes out", async () => {
    const broken = new Error("the log is gone");
    function* failing(): Generator<EventIngestParams> {
      yield eventOf(0);
      yield eventOf(1);
      throw broken;
    }
    const done: number[] = [];
    server.otherwise(
      delayed(
        40,
        byNumber((n) => (response, request) => {
          done.push(n);
          accept(response, request);
        }),
      ),
    );
    const progress: IngestProgress[] = [];
    const sending = client().events.ingestAll(failing(), {
      onProgress: (each) => progress.push(each),
    });
    expect(await rejectionOf(sending)).toBe(broken);
    expect(done.sort()).toEqual([0, 1]);
    expect(progress.at(-1)?.accepted).toBe(2);
  });

  test("is closed when the sending ends early", async () => {
    let isClosed = false;
    async function* endless(): AsyncGenerator<EventIngestParams> {
      try {
        for (let n = 0; ; n++) yield eventOf(n);
      } finally {
        isClosed = true;
      }
    }
    server.otherwise(delayed(5, accept));
    const controller = new AbortController();
    const sending = client().events.ingestAll(endless(), { signal: controller.signal });
    await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(20));
    controller.abort(REASON);
    expect(await rejectionOf(sending)).toBe(REASON);
    await vi.waitFor(() => expect(isClosed).toBe(true));
  });
});

describe("a source that fails to close", () => {
  test("does not take the place of the caller's own reason", async () => {
    const next = async () => ({ done: false, value: EVENT });
    const closings: (() => Promise<never>)[] = [
      () => Promise.reject(new Error("cannot close")),
      () => {
        throw new Error("cannot close");
      },
    ];
    server.otherwise(delayed(5, accept));
    for (const close of closings) {
      const controller = new AbortController();
      const source = { [Symbol.asyncIterator]: () => ({ next, return: close }) };
      const sending = rejectionOf(
        client().events.ingestAll(source, { signal: controller.signal, concurrency: 2 }),
      );
      await pause(30);
      controller.abort(REASON);
      expect(await sending).toBe(REASON);
    }
  });
});

describe("how many are on their way at once", () => {
  /** Accepts when so many have come, and one more would have had the time to come, too. */
  const inGroupsOf = (count: number): Answer => {
    const waiting: (() => void)[] = [];
    return (response, request) => {
      waiting.push(() => accept(response, request));
      if (waiting.length < count) return;
      setTimeout(() => {
        for (const answer of waiting.splice(0)) answer();
      }, 15);
    };
  };

  test.each([1, 3, 10])("is never more than concurrency: %i", async (concurrency) => {
    server.otherwise(inGroupsOf(concurrency));
    const events = eventsOf(4 * concurrency);
    const result = await client().events.ingestAll(events, { concurrency });
    expect(result.accepted).toBe(4 * concurrency);
    expect(server.mostUnderway).toBe(concurrency);
  });

  test("is 10 when nobody says otherwise", async () => {
    server.otherwise(inGroupsOf(10));
    await client().events.ingestAll(eventsOf(30));
    expect(server.mostUnderway).toBe(10);
  });

  test("is no more than there are events", async () => {
    server.otherwise(inGroupsOf(4));
    await client().events.ingestAll(eventsOf(4), { concurrency: 1_000 });
    expect(server.mostUnderway).toBe(4);
  });

  test("bounds how far ahead the events are read", async () => {
    let read = 0;
    let ended = 0;
    let farthest = 0;
    function* counted(): Generator<EventIngestParams> {
      for (const event of eventsOf(100)) {
        read++;
        farthest = Math.max(farthest, read - ended);
        yield event;
      }
    }
    server.otherwise(delayed(2, accept));
    const onProgress = () => {
      ended++;
    };
    await client().events.ingestAll(counted(), { concurrency: 5, onProgress });
    expect(read).toBe(100);
    expect(farthest).toBeLessThanOrEqual(5);
  });

  test("warns of no leak when there are many, with a signal", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on("warning", onWarning);
    try {
      server.otherwise(delayed(20, accept));
      const { signal } = new AbortController();
      await client().events.ingestAll(eventsOf(40), { concurrency: 20, signal });
      await pause(10);
    } finally {
      process.off("warning", onWarning);
    }
    expect(warnings).toEqual([]);
  });
});

describe("what became of each event", () => {
  const mixed = byNumber((n) =>
    n === 1
      ? json({ message: "no metric" }, 422)
      : n === 3
        ? json({ message: "bad" }, 400)
        : accept,
  );

  test("is counted, and those that failed are listed by index with their errors", async () => {
    server.otherwise(mixed);
    const events = [...eventsOf(5), { ...eventOf(5), source: "" }, eventOf(6)];
    const result = await client().events.ingestAll(events);
    expect(result).toMatchObject({ accepted: 4, rejected: 3, unknown: 0 });
    expect(result.outcomes).toMatchObject([
      { index: 1, result: "rejected", error: { code: "UNPROCESSABLE_ENTITY", attempts: 1 } },
      { index: 3, result: "rejected", error: { code: "BAD_REQUEST", attempts: 1 } },
      { index: 5, result: "rejected", error: { code: "INVALID_INPUT" } },
    ]);
    expect(server.requests).toHaveLength(6);
  });

  test("is listed for all of them when asked, in the order of the events", async () => {
    server.otherwise(
      byNumber((n) => delayed((5 - n) * 5, n === 1 ? json({ message: "no" }, 422) : accept)),
    );
    const result = await client().events.ingestAll(eventsOf(5), { outcomes: "all" });
    expect(result.outcomes?.map(({ index, result }) => [index, result])).toEqual([
      [0, "accepted"],
      [1, "rejected"],
      [2, "accepted"],
      [3, "accepted"],
      [4, "accepted"],
    ]);
    expect(result.outcomes?.[2]).toMatchObject({
      receipt: {
        idempotencyKey: "request-2",
        id: "evt_1",
        timestamp: new Date("2026-06-10T10:00:00Z"),
      },
    });
  });

  test("is not listed when nobody wants the list", async () => {
    server.otherwise(mixed);
    const result = await client().events.ingestAll(eventsOf(5), { outcomes: "none" });
    expect(result).toEqual({ accepted: 3, rejected: 2, unknown: 0 });
  });

  test("does not hold up the others when it is rejected", async () => {
    server.otherwise(byNumber((n) => (n % 2 === 0 ? json({ message: "no" }, 422) : accept)));
    const result = await client().events.ingestAll(eventsOf(60), { concurrency: 2 });
    expect(result).toMatchObject({ accepted: 30, rejected: 30 });
  });

  test("does not hold up the others when it can mean nothing", async () => {
    server.otherwise(accept);
    const events = [null, 7, eventOf(2), {}, eventOf(4)] as unknown as EventIngestParams[];
    const result = await client().events.ingestAll(events);
    expect(result).toMatchObject({ accepted: 2, rejected: 3, unknown: 0 });
    expect(result.outcomes?.map(({ index }) => index)).toEqual([0, 1, 3]);
    expect(receivedNumbers()).toEqual([2, 4]);
  });

  test("is told after every event", async () => {
    server.otherwise(mixed);
    const progress: IngestProgress[] = [];
    const result = await client().events.ingestAll(eventsOf(5), {
      concurrency: 1,
      onProgress: (each) => progress.push(each),
    });
    expect(progress).toEqual([
      { accepted: 1, rejected: 0, unknown: 0 },
      { accepted: 1, rejected: 1, unknown: 0 },
      { accepted: 2, rejected: 1, unknown: 0 },
      { accepted: 2, rejected: 2, unknown: 0 },
      { accepted: 3, rejected: 2, unknown: 0 },
    ]);
    expect(result).toMatchObject(progress.at(-1) ?? {});
  });
});

test("the headers, the context and the timeout are those of each request", async () => {
  server.answer(silence);
  server.otherwise(accept);
  const onAttempt = vi.fn();
  const result = await client({ onAttempt }).events.ingestAll([EVENT], {
    headers: { "x-region": "eu" },
    context: { tenant: 7 },
    timeout: 30,
  });
  expect(result).toMatchObject({ accepted: 1 });
  expect(server.requests.map(({ headers }) => headers["x-region"])).toEqual(["eu", "eu"]);
  expect(onAttempt.mock.calls.map(([{ context }]) => context)).toEqual([
    { tenant: 7 },
    { tenant: 7 },
  ]);
});

describe("trying again", () => {
  test("goes on beyond maxRetries, with the same body, until it works", async () => {
    server.answer(reset, empty(503), json({ message: "no" }, 429, { "retry-after": "0" }));
    server.answer(empty(500), empty(202), empty(408), accept);
    const { events } = client({ maxRetries: 0 });
    const { idempotencyKey: _, ...event } = EVENT;
    const result = await events.ingestAll([event]);
    expect(result).toMatchObject({ accepted: 1, rejected: 0, unknown: 0 });
    expect(server.requests).toHaveLength(7);
    expect(new Set(server.requests.map(({ body }) => body)).size).toBe(1);
  });

  test.each<[string, Answer, object]>([
    ["503", empty(503), { name: "ApiError", status: 503 }],
    ["429", empty(429), { name: "ApiError", status: 429 }],
    ["a reset", reset, { name: "ConnectionError", code: "CONNECTION_FAILED" }],
    ["no usable body", empty(202), { name: "InvalidResponseError", code: "INVALID_RESPONSE" }],
  ])("ends at the deadline, and the event is unknown: %s", async (_, answer, error) => {
    vi.mocked(Math.random).mockReturnValue(0.02);
    server.otherwise(byNumber((n) => (n === 1 ? answer : accept)));
    const started = performance.now();
    const result = await client().events.ingestAll(eventsOf(3), { deadline: 500 });
    expect(performance.now() - started).toBeLessThan(3_000);
    expect(result).toMatchObject({ accepted: 2, rejected: 0, unknown: 1 });
    expect(result.outcomes).toMatchObject([{ index: 1, result: "unknown", error }]);
    expect(server.requests.length).toBeGreaterThan(3);
  });

  test("ends at the deadline when no answer comes in time", async () => {
    server.otherwise(silence);
    const result = await client().events.ingestAll([EVENT], { deadline: 100, timeout: 30 });
    expect(result).toMatchObject({ unknown: 1, outcomes: [{ error: { code: "TIMEOUT" } }] });
  });

  test("is cut off at the deadline, however long an attempt may take", async () => {
    server.otherwise(silence);
    const started = performance.now();
    const options = { deadline: 100, timeout: 60_000 };
    const result = await client().events.ingestAll(eventsOf(3), options);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(result).toMatchObject({ unknown: 3 });
    expect(result.outcomes?.[0]).toMatchObject({ error: { code: "TIMEOUT", attempts: 1 } });
  });

  test("leaves the one attempt its time with a deadline of 0", async () => {
    server.otherwise(delayed(50, accept));
    expect(await client().events.ingestAll([EVENT], { deadline: 0 })).toMatchObject({
      accepted: 1,
    });
  });

  test("does not happen with a deadline of 0", async () => {
    server.otherwise(empty(503));
    const result = await client().events.ingestAll(eventsOf(2), { deadline: 0 });
    expect(result).toMatchObject({ accepted: 0, unknown: 2 });
    expect(server.requests).toHaveLength(2);
  });

  test("waits without a request through a pause that is longer than a timer can be", async () => {
    server.otherwise(json({ message: "no" }, 429, { "retry-after": "999999999" }));
    const controller = new AbortController();
    const { signal } = controller;
    const options = { deadline: Number.POSITIVE_INFINITY, concurrency: 2, signal };
    const sending = client().events.ingestAll(eventsOf(5), options);
    await vi.waitFor(() => expect(server.requests).toHaveLength(2));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.requests).toHaveLength(2);
    controller.abort("enough");
    await expect(sending).rejects.toBe("enough");
  });

  test("does not wait for what would be too late", async () => {
    server.otherwise(json({ message: "no" }, 429, { "retry-after": "30" }));
    const started = performance.now();
    const result = await client().events.ingestAll([EVENT], { deadline: 2_000 });
    expect(performance.now() - started).toBeLessThan(4_000);
    expect(result).toMatchObject({
      unknown: 1,
      outcomes: [{ error: { retryAfterSeconds: 30, attempts: 1 } }],
    });
  });

  test("waits as long as it is asked to, longer than timers can count, too", async () => {
    // A timer of more than 2^31 - 1 milliseconds would ring at once.
    server.otherwise(json({ message: "no" }, 429, { "retry-after": "99999999" }));
    const controller = new AbortController();
    const sending = rejectionOf(
      client().events.ingestAll([EVENT], {
        deadline: Number.POSITIVE_INFINITY,
        signal: controller.signal,
      }),
    );
    await pause(100);
    controller.abort(REASON);
    expect(await sending).toBe(REASON);
    expect(server.requests).toHaveLength(1);
  });

  test("counts the deadline for each event from its own first attempt", async () => {
    async function* slow(): AsyncGenerator<EventIngestParams> {
      yield eventOf(0);
      await pause(600);
      yield eventOf(1);
    }
    let failures = 1;
    server.otherwise(byNumber((n) => (n === 1 && failures-- > 0 ? empty(503) : accept)));
    const result = await client().events.ingestAll(slow(), { deadline: 500 });
    expect(result).toMatchObject({ accepted: 2, unknown: 0 });
  });
});

describe("an abort", () => {
  test("before the start sends nothing and rejects with the caller's own reason", async () => {
    const signal = AbortSignal.abort(REASON);
    const { events } = client();
    expect(await rejectionOf(events.ingestAll(eventsOf(3), { signal }))).toBe(REASON);
    expect(await rejectionOf(events.ingestAll([], { signal }))).toBe(REASON);
    expect(server.requests).toEqual([]);
  });

  test("ends all that is on its way, and rejects with the caller's own reason", async () => {
    server.otherwise(silence);
    const controller = new AbortController();
    const sending = rejectionOf(
      client().events.ingestAll(eventsOf(100), { signal: controller.signal }),
    );
    await vi.waitFor(() => expect(server.requests).toHaveLength(10));
    controller.abort(REASON);
    expect(await sending).toBe(REASON);
    await pause(20);
    expect(server.requests).toHaveLength(10);
  });

  test.each<[string, (wait: Promise<never>) => AsyncIterable<EventIngestParams>]>([
    [
      "an async generator",
      async function* (wait) {
        yield eventOf(0);
        await wait;
      },
    ],
    [
      "an iterable by hand",
      (wait) => {
        let n = 0;
        const next = () => (n++ === 0 ? Promise.resolve({ done: false, value: eventOf(0) }) : wait);
        return { [Symbol.asyncIterator]: () => ({ next }) };
      },
    ],
  ])("ends the wait for the next event, which may never come: %s", async (_, source) => {
    server.otherwise(accept);
    const controller = new AbortController();
    const add = vi.spyOn(controller.signal, "addEventListener");
    const remove = vi.spyOn(controller.signal, "removeEventListener");
    const never = new Promise<never>(() => undefined);
    const sending = rejectionOf(
      client().events.ingestAll(source(never), { signal: controller.signal }),
    );
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    await pause(20);
    controller.abort(REASON);
    const ended = await Promise.race([sending, pause(2_000).then(() => "still waiting")]);
    expect(ended).toBe(REASON);
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
  });

  test("by a hook that heard of a rejected event is the caller's own reason, too", async () => {
    server.otherwise(json({ message: "no" }, 422));
    const controller = new AbortController();
    const { events } = client({ onResponse: () => controller.abort(REASON) });
    const sending = events.ingestAll([EVENT], { signal: controller.signal });
    expect(await rejectionOf(sending)).toBe(REASON);
  });

  test("that never comes leaves no listener behind", async () => {
    server.otherwise(accept);
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, "addEventListener");
    const remove = vi.spyOn(signal, "removeEventListener");
    for (let round = 0; round < 3; round++) {
      await client().events.ingestAll(eventsOf(30), { signal });
    }
    expect(add).toHaveBeenCalled();
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
  });

  test("has any reason that the caller likes", async () => {
    server.otherwise(silence);
    for (const given of [null, 0, ""]) {
      const controller = new AbortController();
      const { signal } = controller;
      const sending = rejectionOf(client().events.ingestAll(eventsOf(2), { signal }));
      await pause(10);
      controller.abort(given);
      expect(await sending).toBe(given);
    }
  });
});

describe("options that cannot work", () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ["a concurrency of 0", { concurrency: 0 }, ["concurrency"]],
    ["a concurrency of 1,001", { concurrency: 1_001 }, ["concurrency"]],
    ["half a concurrency", { concurrency: 1.5 }, ["concurrency"]],
    ["a concurrency of text", { concurrency: "5" }, ["concurrency"]],
    ["a negative deadline", { deadline: -1 }, ["deadline"]],
    ["a deadline that is no number", { deadline: Number.NaN }, ["deadline"]],
    ["a deadline of text", { deadline: "300" }, ["deadline"]],
    ["outcomes that do not exist", { outcomes: "some" }, ["outcomes"]],
    ["a progress that is no function", { onProgress: {} }, ["onProgress"]],
    ["a timeout of 0", { timeout: 0 }, ["timeout"]],
    ["a signal that is none", { signal: {} }, ["signal"]],
    ["a header of two lines", { headers: { a: "1\n2" } }, ["headers", "a"]],
    [
      "an authorization next to the client's key",
      { headers: { authorization: "b" } },
      ["headers", "authorization"],
    ],
    ["an option that does not exist", { concurency: 5 }, ["concurency"]],
    ["a number of retries, which the deadline replaces", { maxRetries: 1 }, ["maxRetries"]],
  ])("are refused once, not event by event: %s", async (_, options, path) => {
    server.otherwise(accept);
    const sending = client().events.ingestAll(eventsOf(3), options as IngestAllOptions);
    const error = await errorOf(InvalidInputError, sending);
    expect(error.issues).toMatchObject([{ path }]);
    expect(server.requests).toEqual([]);
  });

  test("are refused when they are null", async () => {
    const options = null as unknown as IngestAllOptions;
    await errorOf(InvalidInputError, client().events.ingestAll([], options));
  });
});

test("a key that could not be had is no rejection of the event", async () => {
  const paygentic = client({
    apiKey: () => {
      throw new Error("the vault is closed");
    },
  });
  const sent = await paygentic.events.ingestAll(eventsOf(2));
  expect(sent).toMatchObject({ accepted: 0, rejected: 0, unknown: 2 });
  expect(server.requests).toEqual([]);
});
