import type { Paygentic, PaygenticOptions, ResponseInfo } from "metered-costs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OPERATIONS } from "./operations.ts";
import { COST, EVENT, RECEIPT } from "./samples.ts";
import { rejectionOf, scene } from "./scene.ts";
import { empty, json, reset, silence, text } from "./scripted-server.ts";

const { server, client } = scene();

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const watch = (options: PaygenticOptions = {}): { api: Paygentic; facts: ResponseInfo[] } => {
  const facts: ResponseInfo[] = [];
  return { facts, api: client({ ...options, onResponse: (heard) => facts.push(heard) }) };
};

describe("onResponse", () => {
  test.each(OPERATIONS)("hears once of a call that went well: $operation", async (each) => {
    const { operation, call, success, status } = each;
    const { api, facts } = watch();
    server.answer(success);
    await call(api);
    expect(facts).toEqual([
      { operation, status, requestId: undefined, attempts: 1, duration: expect.any(Number) },
    ]);
  });

  test.each(OPERATIONS)("hears once of a call that was refused: $operation", async (each) => {
    const { api, facts } = watch();
    server.answer(json({ message: "no" }, 403, { "x-request-id": "req_1" }));
    await rejectionOf(each.call(api));
    expect(facts).toEqual([
      {
        operation: each.operation,
        status: 403,
        requestId: "req_1",
        attempts: 1,
        duration: expect.any(Number),
      },
    ]);
  });

  test("hears of the last attempt only", async () => {
    const { api, facts } = watch();
    server.answer(
      json({ message: "no" }, 503, { "x-request-id": "req_1" }),
      reset,
      json(COST, 200, { "x-request-id": "req_3" }),
    );
    await api.costs.get("cst_1");
    expect(facts).toMatchObject([{ status: 200, requestId: "req_3", attempts: 3 }]);
  });

  test("hears of no status when the last attempt had no answer", async () => {
    const { api, facts } = watch({ maxRetries: 1 });
    server.answer(json({ message: "no" }, 503, { "x-request-id": "req_1" }), reset);
    await rejectionOf(api.costs.get("cst_1"));
    expect(facts).toEqual([
      {
        operation: "getCost",
        status: undefined,
        requestId: undefined,
        attempts: 2,
        duration: expect.any(Number),
      },
    ]);
  });

  test("hears of a success that could not be used", async () => {
    const { api, facts } = watch();
    server.answer(text("[]"), json({ ...COST, unitCost: null }));
    await rejectionOf(api.costs.get("cst_1"));
    await rejectionOf(api.costs.get("cst_1"));
    expect(facts).toMatchObject([
      { status: 200, attempts: 1 },
      { status: 200, attempts: 1 },
    ]);
  });

  test("hears of an abort and of a time limit", async () => {
    const { api, facts } = watch({ maxRetries: 0 });
    server.otherwise(silence);
    await rejectionOf(api.costs.get("cst_1", { signal: AbortSignal.abort() }));
    await rejectionOf(api.costs.get("cst_1", { timeout: 20 }));
    expect(facts).toMatchObject([
      { status: undefined, attempts: 0 },
      { status: undefined, attempts: 1 },
    ]);
    expect(facts[1]?.duration).toBeGreaterThanOrEqual(19);
  });

  test("hears of the whole time, waiting between attempts included", async () => {
    vi.mocked(Math.random).mockReturnValue(0.2);
    const { api, facts } = watch();
    server.answer(empty(503), json(COST));
    const started = performance.now();
    await api.costs.get("cst_1");
    expect(facts[0]?.duration).toBeGreaterThan(95);
    expect(facts[0]?.duration).toBeLessThanOrEqual(performance.now() - started);
  });

  test("hears nothing of what was refused before it was sent", async () => {
    const { api, facts } = watch();
    await rejectionOf(api.costs.get("report"));
    await rejectionOf(api.costs.get("cst_1", { timeout: 0 }));
    expect(facts).toEqual([]);
  });

  test("hears of every page and of every event", async () => {
    const { api, facts } = watch();
    const page = (data: unknown[]) =>
      json({ object: "list", data, pagination: { limit: 100, offset: 0, total: 1 } });
    server.answer(page([COST]), page([]));
    for await (const _ of api.costs.listAll());
    server.otherwise(json(RECEIPT, 202));
    await api.events.ingestAll([EVENT, EVENT, EVENT]);
    expect(facts.map(({ operation }) => operation)).toEqual([
      "listCosts",
      "listCosts",
      "ingestEvent",
      "ingestEvent",
      "ingestEvent",
    ]);
  });

  test("has heard before the call's promise settles", async () => {
    const { api, facts } = watch();
    server.answer(json(COST));
    await api.costs.get("cst_1").then(() => expect(facts).toHaveLength(1));
  });
});

describe("a hook that fails", () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);
  beforeEach(() => {
    unhandled.length = 0;
    process.on("unhandledRejection", onUnhandled);
  });
  afterEach(() => {
    process.off("unhandledRejection", onUnhandled);
  });

  test.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("logger is down");
      },
    ],
    ["rejects", () => Promise.reject(new Error("logger is down"))],
    [
      "gives a thenable that throws",
      () =>
        new Proxy(
          {},
          {
            get: () => () => {
              throw new Error("logger is down");
            },
          },
        ),
    ],
    ["never settles", () => new Promise(() => undefined)],
  ])("because it %s does no harm", async (_, fail) => {
    const { costs, events } = client({ onResponse: fail, onDrift: fail });
    server.answer(json({ ...COST, unknown: 1 }), json({ message: "no" }, 404));
    expect((await costs.get("cst_1")).id).toBe("cst_1");
    expect(await rejectionOf(costs.get("cst_1"))).toMatchObject({ code: "NOT_FOUND" });
    server.otherwise(json({ ...RECEIPT, unknown: 1 }, 202));
    const result = await events.ingestAll([EVENT, EVENT], { onProgress: fail });
    expect(result.accepted).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(unhandled).toEqual([]);
  });

  test("because it changes what it hears does no harm", async () => {
    const spoil = (facts: object) => {
      for (const key of Object.keys(facts)) Reflect.set(facts, key, "spoilt");
    };
    const { costs, events } = client({ onResponse: spoil, onDrift: spoil });
    server.answer(json({ ...COST, unknown: 1 }));
    expect(await costs.get("cst_1")).toMatchObject({ unknown: 1 });
    server.otherwise(json(RECEIPT, 202));
    const result = await events.ingestAll([EVENT, EVENT], { onProgress: spoil });
    expect(result).toEqual({ accepted: 2, rejected: 0, unknown: 0, outcomes: [] });
  });
});
