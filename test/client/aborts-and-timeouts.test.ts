import { type AddressInfo, createServer } from "node:net";
import { ConnectionError } from "metered-costs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OPERATIONS } from "./operations.ts";
import { COST, EVENT, PAGE, RECEIPT } from "./samples.ts";
import { errorOf, rejectionOf, scene } from "./scene.ts";
import { delayed, empty, json, reset, silence, stalledAfter } from "./scripted-server.ts";

const { server, client } = scene();
/** A caller's own reason: no error of ours, not even an error. */
const REASON = { because: "the user left" };

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Waits until the server has received so many requests. */
const received = (count: number): Promise<void> =>
  vi.waitFor(() => expect(server.requests).toHaveLength(count), { timeout: 5_000, interval: 2 });

describe("an abort", () => {
  test.each(OPERATIONS)("before the call sends nothing: $operation", async ({ call }) => {
    const signal = AbortSignal.abort(REASON);
    expect(await rejectionOf(call(client(), { signal }))).toBe(REASON);
    expect(server.requests).toEqual([]);
  });

  test.each(OPERATIONS)(
    "while the answer is awaited ends the call with the caller's own reason: $operation",
    async (each) => {
      server.otherwise(silence);
      const controller = new AbortController();
      const reason = rejectionOf(each.call(client(), { signal: controller.signal }));
      await received(1);
      controller.abort(REASON);
      expect(await reason).toBe(REASON);
      expect(server.requests).toHaveLength(1);
    },
  );

  test.each(["a fetch", "a key function"])("from within %s ends the call", async (place) => {
    const controller = new AbortController();
    const abort = () => {
      controller.abort(REASON);
      return new Promise<never>(() => undefined);
    };
    const { costs } = client(place === "a fetch" ? { fetch: abort } : { apiKey: abort });
    expect(await rejectionOf(costs.get("cst_1", { signal: controller.signal }))).toBe(REASON);
    expect(server.requests).toEqual([]);
  });

  test("in the middle of a body ends the call with the caller's own reason", async () => {
    server.otherwise(stalledAfter('{"id":"cst_1",'));
    const controller = new AbortController();
    const reason = rejectionOf(client().costs.get("cst_1", { signal: controller.signal }));
    await received(1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    controller.abort(REASON);
    expect(await reason).toBe(REASON);
  });

  test("during the wait for another try ends it at once", async () => {
    server.otherwise(json({ message: "no" }, 429, { "retry-after": "50" }));
    const controller = new AbortController();
    const set = vi.spyOn(globalThis, "setTimeout");
    const clear = vi.spyOn(globalThis, "clearTimeout");
    const reason = rejectionOf(client().costs.get("cst_1", { signal: controller.signal }));
    const waiting = () => set.mock.calls.findIndex(([, delay]) => delay === 50_000);
    await vi.waitFor(() => expect(waiting()).toBeGreaterThanOrEqual(0));
    controller.abort(REASON);
    expect(await reason).toBe(REASON);
    expect(server.requests).toHaveLength(1);
    expect(clear).toHaveBeenCalledWith(set.mock.results[waiting()]?.value);
  });

  test("while a key function thinks sends nothing, not by a fetch that ignores its signal either", async () => {
    const controller = new AbortController();
    const fetch = vi.fn(async () => Response.json(COST));
    let give = (_: string): void => undefined;
    const apiKey = () =>
      new Promise<string>((resolve) => {
        give = resolve;
      });
    const { costs } = client({ apiKey, fetch });
    const reason = rejectionOf(costs.get("cst_1", { signal: controller.signal }));
    controller.abort(REASON);
    expect(await reason).toBe(REASON);
    give("sk_test_late");
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(fetch).not.toHaveBeenCalled();
  });

  test("in the loop over all costs ends it", async () => {
    server.answer(json(PAGE));
    server.otherwise(silence);
    const controller = new AbortController();
    const seen: string[] = [];
    const loop = (async () => {
      for await (const { id } of client().costs.listAll({}, { signal: controller.signal })) {
        seen.push(id);
        setTimeout(() => controller.abort(REASON), 20);
      }
    })();
    expect(await rejectionOf(loop)).toBe(REASON);
    expect(seen).toEqual(["cst_1"]);
  });

  test("without a reason of the caller's is the signal's own AbortError", async () => {
    const controller = new AbortController();
    server.otherwise(silence);
    const reason = rejectionOf(client().costs.get("cst_1", { signal: controller.signal }));
    await received(1);
    controller.abort();
    expect(await reason).toBe(controller.signal.reason);
    expect(await reason).toMatchObject({ name: "AbortError" });
  });

  test("by a signal with a time limit of its own is that signal's reason, not our TIMEOUT", async () => {
    server.otherwise(silence);
    const signal = AbortSignal.timeout(30);
    expect(await rejectionOf(client().costs.get("cst_1", { signal }))).toBe(signal.reason);
  });

  test.each([null, 0, "", false, "text", new TypeError("the caller's")])(
    "has any reason that the caller likes: %j",
    async (given) => {
      server.otherwise(silence);
      const before = AbortSignal.abort(given);
      expect(await rejectionOf(client().costs.get("cst_1", { signal: before }))).toBe(given);
      const controller = new AbortController();
      const reason = rejectionOf(client().costs.get("cst_1", { signal: controller.signal }));
      await received(1);
      controller.abort(given);
      expect(await reason).toBe(given);
    },
  );

  test("after the end changes nothing", async () => {
    server.answer(json(COST));
    const controller = new AbortController();
    const cost = await client().costs.get("cst_1", { signal: controller.signal });
    controller.abort(REASON);
    expect(cost.id).toBe("cst_1");
  });

  test("ends a fetch that does not listen to its signal", async () => {
    const controller = new AbortController();
    const { costs } = client({ fetch: () => new Promise(() => undefined) });
    const reason = rejectionOf(costs.get("cst_1", { signal: controller.signal }));
    controller.abort(REASON);
    expect(await reason).toBe(REASON);
  });

  test("closes the connection that it gives up", async () => {
    const closed = new Promise<void>((resolve) => {
      server.otherwise((response) => {
        response.on("close", () => resolve());
      });
    });
    const controller = new AbortController();
    const reason = rejectionOf(client().costs.get("cst_1", { signal: controller.signal }));
    await received(1);
    controller.abort(REASON);
    await reason;
    await closed;
  });
});

describe("a signal that lives long", () => {
  const watched = () => {
    const controller = new AbortController();
    const listening = new Set<unknown>();
    const { signal } = controller;
    const add = vi.spyOn(signal, "addEventListener");
    const remove = vi.spyOn(signal, "removeEventListener");
    add.mockImplementation(function (this: AbortSignal, type, listener, options) {
      listening.add(listener);
      EventTarget.prototype.addEventListener.call(this, type, listener, options);
    });
    remove.mockImplementation(function (this: AbortSignal, type, listener, options) {
      listening.delete(listener);
      EventTarget.prototype.removeEventListener.call(this, type, listener, options);
    });
    return { controller, signal, add, remove, listening };
  };

  test("keeps no listener of calls that have ended, well or not", async () => {
    const { signal, add, remove, listening } = watched();
    const { costs, events } = client({ maxRetries: 1 });
    for (let round = 0; round < 10; round++) {
      server.answer(json(COST), json({ message: "no" }, 404), reset, json(COST), empty(503));
      server.answer(json(COST), silence, silence, json(RECEIPT, 202));
      await costs.get("cst_1", { signal });
      await rejectionOf(costs.get("cst_1", { signal }));
      await costs.get("cst_1", { signal });
      await costs.get("cst_1", { signal });
      await rejectionOf(costs.get("cst_1", { signal, timeout: 10 }));
      await events.ingest(EVENT, { signal });
    }
    expect(server.requests).toHaveLength(90);
    expect(add).toHaveBeenCalled();
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
    expect(listening.size).toBe(0);
  });

  test("keeps no listener of many calls at the same time, and warns of no leak", async () => {
    const { signal, listening } = watched();
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on("warning", onWarning);
    try {
      server.otherwise(delayed(20, json(COST)));
      const { costs } = client();
      await Promise.all(Array.from({ length: 30 }, () => costs.get("cst_1", { signal })));
      await new Promise((resolve) => setTimeout(resolve, 10));
    } finally {
      process.off("warning", onWarning);
    }
    expect(listening.size).toBe(0);
    expect(warnings).toEqual([]);
  });

  test("ends every call that it was given to", async () => {
    const { controller, signal } = watched();
    server.otherwise(silence);
    const { costs } = client();
    const reasons = Array.from({ length: 30 }, () => rejectionOf(costs.get("cst_1", { signal })));
    await received(30);
    controller.abort(REASON);
    expect(new Set(await Promise.all(reasons))).toEqual(new Set([REASON]));
  });
});

describe("the time limit of an attempt", () => {
  test("covers the wait for headers, and is tried again", async () => {
    server.answer(silence, json(COST));
    const cost = await client({ timeout: 250 }).costs.get("cst_1");
    expect(cost.id).toBe("cst_1");
    expect(server.requests).toHaveLength(2);
  });

  test("covers the body, and is tried again", async () => {
    server.answer(stalledAfter('{"id":'), json(COST));
    const cost = await client({ timeout: 250 }).costs.get("cst_1");
    expect(cost.id).toBe("cst_1");
    expect(server.requests).toHaveLength(2);
  });

  test("covers a connection that does not come about", async () => {
    // A TLS handshake with someone who never says a word.
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = mute.address() as AddressInfo;
      const { costs } = client({ baseUrl: `https://127.0.0.1:${port}`, maxRetries: 1 });
      const error = await errorOf(ConnectionError, costs.get("cst_1", { timeout: 60 }));
      expect(error).toMatchObject({ code: "TIMEOUT", attempts: 2 });
    } finally {
      mute.close();
    }
  });

  test("covers a key function that does not answer", async () => {
    const { costs } = client({ apiKey: () => new Promise(() => undefined), maxRetries: 0 });
    const error = await errorOf(ConnectionError, costs.get("cst_1", { timeout: 20 }));
    expect(error.code).toBe("TIMEOUT");
    expect(server.requests).toEqual([]);
  });

  test("covers a fetch that does not listen to its signal", async () => {
    const fetch = vi.fn(() => new Promise<Response>(() => undefined));
    const { costs } = client({ fetch, maxRetries: 1 });
    const error = await errorOf(ConnectionError, costs.get("cst_1", { timeout: 20 }));
    expect(error).toMatchObject({ code: "TIMEOUT", attempts: 2 });
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test.each(OPERATIONS)(
    "is TIMEOUT when it passes: $method",
    async ({ operation, method, call }) => {
      server.otherwise(silence);
      const error = await errorOf(ConnectionError, call(client({ timeout: 30, maxRetries: 1 })));
      expect(error).toMatchObject({
        code: "TIMEOUT",
        operation,
        attempts: operation === "createCost" ? 1 : 2,
        message: `${method}: no complete response within 30 ms`,
      });
    },
  );

  test("is the call's when the call names one", async () => {
    server.otherwise(silence);
    const started = performance.now();
    const call = client({ maxRetries: 0 }).costs.get("cst_1", { timeout: 30 });
    await errorOf(ConnectionError, call);
    expect(performance.now() - started).toBeLessThan(5_000);
    server.answer(delayed(80, json(COST)));
    await client({ timeout: 30 }).costs.get("cst_1", { timeout: 5_000 });
  });

  test("begins anew with each attempt and does not count the wait in between", async () => {
    server.answer(
      delayed(100, json({ message: "no" }, 503)),
      delayed(100, json({ message: "no" }, 503)),
      delayed(100, json(COST)),
    );
    vi.mocked(Math.random).mockReturnValue(0.2);
    await client({ timeout: 400 }).costs.get("cst_1");
    expect(server.requests).toHaveLength(3);
  });

  test("leaves no timer behind", async () => {
    const set = vi.spyOn(globalThis, "setTimeout");
    const clear = vi.spyOn(globalThis, "clearTimeout");
    const { costs } = client({ timeout: 123_456, fetch: async () => Response.json(COST) });
    await costs.get("cst_1");
    const timers = set.mock.results.filter((_, index) => set.mock.calls[index]?.[1] === 123_456);
    expect(timers).toHaveLength(1);
    expect(clear).toHaveBeenCalledWith(timers[0]?.value);
  });
});

describe("fetch", () => {
  test("is looked up at every call, so that one put in place later is used", async () => {
    const { costs } = client();
    const urls: unknown[] = [];
    vi.stubGlobal("fetch", async (url: unknown) => {
      urls.push(url);
      return Response.json(COST);
    });
    try {
      await costs.get("cst_1");
    } finally {
      vi.unstubAllGlobals();
    }
    expect(urls).toEqual([`${server.url}/v0/costs/cst_1`]);
    expect(server.requests).toEqual([]);
    server.answer(json(COST));
    await costs.get("cst_1");
    expect(server.requests).toHaveLength(1);
  });

  test("of the client's own wins over a global one, and is not called as a method", async () => {
    const receivers: unknown[] = [];
    function fetch(this: unknown): Promise<Response> {
      receivers.push(this);
      return Promise.resolve(Response.json(COST));
    }
    await client({ fetch }).costs.get("cst_1");
    expect(receivers).toEqual([undefined]);
  });
});
