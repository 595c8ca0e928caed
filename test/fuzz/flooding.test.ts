import { Session } from "node:inspector/promises";
import {
  type CostEvent,
  explainNdjson,
  reconcile,
  summarizeCost,
  summarizeNdjson,
} from "metered-costs/summary";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { costOf, JUNE } from "../summary/events.ts";

const COUNT = 80_000;
const MULTIPLIER = 0x5bd1e995;
const INVERSE = 0xe59b19bd;
const LENGTH = 32;
/** Texts of one hash would take more steps with each of them. */
const LIMIT = 1.1;
/** How many times the steps ten times as many may take: those of a pass as a whole come once. */
const LIMIT_OF_GROWTH = 11;
/** What all chosen texts had for a hash when it had no seed. */
const TARGET = 0x12345678;

/** Undoes `hash ^= hash >>> 15`. */
const unshifted = (hash: number): number => hash ^ (hash >>> 15) ^ (hash >>> 30);

/** Texts of one length and, without a seed, of one hash: three random words, and a last one that leads to it. */
function* collidingTexts(): Generator<string> {
  let state = 1;
  const random = (): number => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return state >>> 0;
  };
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const before = unshifted(Math.imul(TARGET, INVERSE));
  for (let made = 0; made < COUNT; ) {
    let text = "";
    let hash = Math.imul(LENGTH, MULTIPLIER);
    for (let word = 0; word < LENGTH / 4 - 1; word++) {
      let four = 0;
      for (let shift = 0; shift < 32; shift += 8) {
        const letter = letters.charAt(random() % letters.length);
        text += letter;
        four |= letter.charCodeAt(0) << shift;
      }
      hash = Math.imul(hash ^ four, MULTIPLIER);
      hash ^= hash >>> 15;
    }
    const last = Math.imul(before, INVERSE) ^ hash;
    const codes = [0, 8, 16, 24].map((shift) => (last >>> shift) & 0xff);
    if (!codes.every((code) => code > 34 && code < 127 && code !== 92)) continue;
    made++;
    yield text + String.fromCharCode(...codes);
  }
}

const inspector = new Session();
beforeAll(async () => {
  inspector.connect();
  await inspector.post("Profiler.enable");
  await inspector.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
});
afterAll(() => inspector.disconnect());

/**
 * How many blocks of our source some work enters, from function bodies to the branches of a condition. Other than its
 * time, it is the same on a busy machine.
 */
async function stepsOf(work: () => unknown): Promise<number> {
  // What one pass keeps for all later ones does not count.
  await work();
  await inspector.post("Profiler.takePreciseCoverage");
  await work();
  const { result } = await inspector.post("Profiler.takePreciseCoverage");
  return result
    .filter(({ url }) => url.includes("/src/"))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((steps, { count }) => steps + count, 0);
}

const chosen = [...collidingTexts()];
const ordinary = chosen.map((text) => [...text].reverse().join(""));
const model = costOf({ aggregation: "COUNT", groupBy: { model: "$.model" } });
const calls = costOf({ aggregation: "COUNT" });
const distinct = costOf({ aggregation: "UNIQUE_COUNT", valueProperty: "$.model" });

const eventsOf = (texts: readonly string[], isKey: boolean): CostEvent[] =>
  texts.map((text) => ({
    type: "call",
    timestamp: "2026-06-15T12:00:00Z",
    idempotencyKey: isKey ? text : null,
    data: isKey ? {} : { model: text },
  }));

test.each<[string, (texts: readonly string[]) => () => unknown]>([
  [
    "idempotency keys of objects",
    (texts) => {
      const events = eventsOf(texts, true);
      return () => summarizeCost(model, events, JUNE);
    },
  ],
  [
    "idempotency keys of lines",
    (texts) => {
      const log = eventsOf(texts, true)
        .map((event) => JSON.stringify(event))
        .join("\n");
      return () => summarizeNdjson(model, log, JUNE);
    },
  ],
  [
    "values of a dimension",
    (texts) => {
      const events = eventsOf(texts, false);
      return () => summarizeCost(model, events, { ...JUNE, groupBy: "model" });
    },
  ],
  [
    "distinct values",
    (texts) => {
      const events = eventsOf(texts, false);
      return () => summarizeCost(distinct, events, JUNE);
    },
  ],
])("texts chosen against the hash take no more work than others: %s", async (name, run) => {
  const [runChosen, runOrdinary] = [run(chosen), run(ordinary)];
  const [stepsOfChosen, stepsOfOrdinary] = [await stepsOf(runChosen), await stepsOf(runOrdinary)];
  const ratio = stepsOfChosen / stepsOfOrdinary;
  console.log(`${name}: ${ratio.toFixed(2)} times as many steps`);
  expect(ratio).toBeLessThanOrEqual(LIMIT);
});

test("no seed makes pairs of numbers take more work than another", async () => {
  const cost = costOf({
    aggregation: "COUNT",
    groupBy: { model: "$.model", region: "$.region" },
  });
  const events = Array.from({ length: 20_000 }, (_, at) => ({
    ...eventsOf(["a"], false)[0],
    data: { model: `model-${at}`, region: "eu" },
  })) as CostEvent[];
  const stepsWith = async (first: number, second: number): Promise<number> => {
    vi.resetModules();
    const random = vi.spyOn(crypto, "getRandomValues").mockImplementation((numbers) => {
      (numbers as Int32Array).fill(0x6b79_a5c3).set([first, second]);
      return numbers;
    });
    const { summarizeCost: summarize } = await import("metered-costs/summary");
    try {
      return await stepsOf(() =>
        summarize(cost, events, { ...JUNE, groupBy: ["model", "region"] }),
      );
    } finally {
      random.mockRestore();
    }
  };
  // With these two factors, half of a small number's product is its other half once more.
  const ratio = (await stepsWith(1, 0x8001)) / (await stepsWith(0x1656_67b1, 0x27d4_eb2f));
  console.log(`pairs of numbers: ${ratio.toFixed(2)} times as many steps`);
  expect(ratio).toBeLessThanOrEqual(LIMIT);
});

/** Passes whose work is to grow with the number of what they meet, a tenth of it first. */
test.each<[string, number, (count: number) => () => unknown]>([
  [
    "costs in one pass",
    60_000,
    (count) => {
      const costs = Array.from({ length: count }, (_, at) =>
        costOf({ eventType: `call ${at % 1_000}`, valueProperty: `$.value${at}` }),
      );
      const line = JSON.stringify(eventsOf(["a"], false)[0]);
      return () => summarizeNdjson(costs, line, JUNE);
    },
  ],
  [
    "subjects of an explained log",
    20_000,
    (count) => explained((at) => ({ type: "another", subject: `customer-${at}` }), count),
  ],
  [
    "repeated keys of an explained log",
    100_000,
    (count) => explained((at) => ({ idempotencyKey: `key-${at % (count / 2)}` }), count),
  ],
  [
    "sources of a reconciliation",
    60_000,
    (count) => {
      const [event] = eventsOf(["a"], false);
      const events = Array.from({ length: count }, (_, at) => ({ ...event, source: `urn:${at}` }));
      const server = { totalQuantity: count - 1, totalCost: count - 1 };
      return () => reconcile({ cost: calls, events: events as CostEvent[], query: JUNE, server });
    },
  ],
  [
    "subjects beside the one that is asked about",
    60_000,
    (count) => {
      const [event] = eventsOf(["a"], false);
      const events = Array.from({ length: count }, (_, at) => ({ ...event, subject: `cus-${at}` }));
      const server = { totalQuantity: 3, totalCost: 3 };
      const query = { ...JUNE, subject: "cus-1" };
      return () => reconcile({ cost: calls, events: events as CostEvent[], query, server });
    },
  ],
  [
    "windows that each lack an event",
    40_000,
    (count) => {
      const cost = costOf({ aggregation: "SUM", valueProperty: "$.value" });
      const events = Array.from({ length: count }, (_, at) => ({
        type: "call",
        timestamp: new Date(Date.UTC(2026, 5, 1) + at * 60_000),
        idempotencyKey: `key-${at}`,
        data: { value: 1 + (Math.imul(at, MULTIPLIER) >>> 16) },
      }));
      const query = { ...JUNE, window: "MINUTE" } as const;
      const received = events.filter((_, at) => Math.imul(at, INVERSE) % 5 !== 0);
      const server = summarizeCost(cost, received, query);
      return () => reconcile({ cost, events, query, server });
    },
  ],
  [
    "groups that each differ",
    150_000,
    (count) => {
      const [event] = eventsOf(["a"], false);
      const events = Array.from({ length: count }, (_, at) => ({
        ...event,
        data: { model: `model-${at}`, value: 1 + (at % 7) },
      })) as CostEvent[];
      const cost = { ...model, aggregation: "SUM", valueProperty: "$.value" };
      const query = { ...JUNE, groupBy: "model" } as const;
      const received = events.map(({ data, ...rest }, at) => ({
        ...rest,
        data: { ...(data as object), value: 9 + (at % 5) },
      }));
      const server = summarizeCost(cost, received, query);
      return () => reconcile({ cost, events, query, server });
    },
  ],
  [
    "events that say the same",
    60_000,
    (count) => {
      const events = eventsOf(chosen.slice(0, count), true);
      const server = { totalQuantity: count - 7, totalCost: count - 7 };
      return () => reconcile({ cost: calls, events, query: JUNE, server });
    },
  ],
])("work grows with the number and no faster: %s", async (name, count, pass) => {
  const [few, many] = [pass(count / 10), pass(count)];
  const [stepsOfFew, stepsOfMany] = [await stepsOf(few), await stepsOf(many)];
  const ratio = stepsOfMany / stepsOfFew;
  console.log(`ten times as many ${name}: ${ratio.toFixed(1)} times as many steps`);
  expect(ratio).toBeLessThanOrEqual(LIMIT_OF_GROWTH);
});

test("where the total is met exactly, no key is tried that changes it", async () => {
  const cost = { ...costOf({ aggregation: "SUM", valueProperty: "$.value" }), unitCost: "0.25" };
  // Sums in doubles may miss the total by more than most of these values.
  const eventsWith = (keyOf: (at: number) => number) =>
    Array.from({ length: 20_000 }, (_, at) => ({
      type: "call",
      timestamp: new Date(Date.UTC(2026, 5, 1) + at * 60_000),
      idempotencyKey: `key-${keyOf(at)}`,
      data: { value: at % 50 === 0 ? 1e6 + 0.1 : (at % 97) / 1e6 },
    })) as CostEvent[];
  const query = { ...JUNE, window: "MINUTE" } as const;
  const stepsWith = async (keyOf: (at: number) => number): Promise<number> => {
    const events = eventsWith(keyOf);
    const options = { deduplicate: false };
    const local = summarizeCost(cost, events, query, options);
    const server = { ...local, totalCost: local.totalCost?.plus("0.0012345") ?? null };
    return await stepsOf(() => {
      const { verdict } = reconcile({ cost, events, query, server }, options);
      expect(verdict).toBe("different");
    });
  };
  const ratio = (await stepsWith((at) => at >> 1)) / (await stepsWith((at) => at));
  console.log(`repeated keys: ${ratio.toFixed(2)} times as many steps`);
  expect(ratio).toBeLessThanOrEqual(1.5);
});

/** Explains a log of so many lines, each with a change of its own. */
function explained(change: (at: number) => Partial<CostEvent>, count: number) {
  const [event] = eventsOf(["a"], true);
  const log = Array.from({ length: count }, (_, at) =>
    JSON.stringify({ ...event, ...change(at) }),
  ).join("\n");
  return async (): Promise<void> => {
    for await (const _ of explainNdjson(calls, log));
  };
}
