import fc from "fast-check";
import {
  type CostDefinition,
  type CostEvent,
  type CostSummary,
  type CostSummaryParams,
  CostsError,
  InvalidEventError,
  type SummaryOptions,
  summarizeCost,
} from "metered-costs/summary";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { LongNumber } from "../../src/json.ts";
import { isPlainObject } from "../../src/summary/path-tree.ts";
import { summarizeCost as summarizeSmall } from "../../src/summary/small/summarize.ts";
import { anyCost, events, goodCost, goodQuery, options, query } from "../fuzz/good-values.ts";
import { hostile, plain, type Recipes, together } from "../fuzz/hostile-values.ts";
import { AGGREGATIONS, DIMENSION_VALUES, scenarios } from "./random-events.ts";

// The time of day would not be the same for both.
beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 5, 20) }));
afterAll(() => void vi.useRealTimers());

/** How many cases of each property; more of them are worth a night now and then. */
const RUNS = Number(process.env["SMALL_RUNS"] ?? 600);

type Given = readonly [
  cost: CostDefinition,
  events: Iterable<CostEvent>,
  query: CostSummaryParams,
  options?: SummaryOptions,
];

/** All that is seen of a call: its summary or error, and what was called, with what, in which order. */
interface Outcome {
  readonly summary?: CostSummary;
  readonly text?: string;
  readonly error?: unknown;
  readonly calls: readonly unknown[];
}

function toldOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const kind = Object.getPrototypeOf(error).constructor;
  const told = [kind, error.name, error.message];
  return error instanceof CostsError ? [...told, error.toJSON(), Object.keys(error)] : told;
}

/** Options with callbacks that write down how they are called. */
function watched(options: SummaryOptions, calls: unknown[]): SummaryOptions {
  const watches = Object.entries(options).map(([name, callback]) => [
    name,
    typeof callback !== "function"
      ? callback
      : function (this: unknown, ...args: unknown[]): unknown {
          calls.push([name, this === undefined ? "of no one" : "of them", ...args.map(toldOf)]);
          return Reflect.apply(callback, this, args);
        },
  ]);
  return Object.fromEntries(watches);
}

/** What comes of `given`, made anew for each call, with its callbacks watched. */
function outcomeOf(summarize: typeof summarizeCost, given: () => Given): Outcome {
  const calls: unknown[] = [];
  const [cost, events, query, options] = given();
  try {
    const summary = summarize(
      cost,
      events,
      query,
      isPlainObject(options) ? watched(options, calls) : options,
    );
    return { summary, text: JSON.stringify(summary), calls };
  } catch (error) {
    return { error: toldOf(error), calls };
  }
}

/** That the two cannot be told apart. */
function expectSame(given: () => Given): Outcome {
  const fast = outcomeOf(summarizeCost, given);
  const small = outcomeOf(summarizeSmall, given);
  expect(small.text).toBe(fast.text);
  expect(small).toStrictEqual(fast);
  return small;
}

const throwing = (): never => {
  throw new RangeError("thrown by the event itself");
};
const EVENT = { type: "call", timestamp: "2026-06-15T12:00:00.000Z", data: { v: 1 } };
/** Events of which most are none, or have a will of their own. */
const STRANGE: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => 5,
  () => "call",
  () => [],
  () => () => EVENT,
  () => new LongNumber("12345678901234567890"),
  () => ({}),
  () => ({ ...EVENT, type: undefined, timestamp: 5, data: [] }),
  () => ({ ...EVENT, idempotencyKey: "k1", namespace: 5, source: 5n, subject: Symbol("s") }),
  () => ({ ...EVENT, idempotencyKey: "k2", timestamp: "2026-02-30T00:00:00Z" }),
  () => ({ ...EVENT, timestamp: new Date(Number.NaN) }),
  () => ({ ...EVENT, timestamp: null }),
  () => Object.assign(Object.create({ idempotencyKey: "k1", subject: "c1" }), EVENT),
  () => Object.assign(Object.create(null), EVENT),
  () => ({ toJSON: () => ({ ...EVENT, data: { v: 7, d: "b" } }) }),
  () => ({ toJSON: throwing }),
  () => ({
    ...EVENT,
    get subject() {
      return throwing();
    },
  }),
  () => ({
    ...EVENT,
    idempotencyKey: "k3",
    get data() {
      return throwing();
    },
  }),
  () => ({
    ...EVENT,
    idempotencyKey: "k4",
    data: {
      get v() {
        return throwing();
      },
      get d() {
        return throwing();
      },
    },
  }),
  () => ({ ...EVENT, data: { v: 1n, d: 1n } }),
  () => ({ ...EVENT, data: { v: 1, d: () => 1, n: { v: 1, e: { deep: Symbol("s") } } } }),
  () => ({ ...EVENT, data: { v: { a: [1n] }, n: { toJSON: throwing } } }),
  () => ({ ...EVENT, idempotencyKey: "k5", data: { v: "1e1001" } }),
  () => ({ ...EVENT, externalSubject: "x3", data: { v: "1e1000" } }),
  () => ({ ...EVENT, externalSubject: "x4" }),
  () => ({ ...EVENT, data: new Map([["v", 1]]) }),
  () => new Proxy(EVENT, {}),
  () => new Proxy(EVENT, { ownKeys: throwing, getOwnPropertyDescriptor: throwing }),
  () => Object.freeze({ ...EVENT, data: Object.freeze({ v: 2, d: "a" }) }),
];

/** Ways for events to come in. */
const WAYS: readonly ((events: readonly CostEvent[]) => Iterable<CostEvent>)[] = [
  (events) => events,
  (events) => events.values(),
  function* (events) {
    yield* events;
  },
  (events) => new Set(events),
  (events) => Object.assign([...events], { [Symbol.iterator]: () => events.slice(1).values() }),
];

/** What `clock` and `resolveSubject` may give; some throw, some give what they must not. */
const settings = fc.record({
  deduplicate: fc.constantFrom(true, undefined, false),
  takes: fc.constantFrom(true, true, false),
  resolves: fc.constantFrom("text", "text", "nothing", "no text", "throws", undefined),
  clock: fc.constantFrom("good", "good", "good", "no date", "throws", "none"),
});
type Settings = typeof settings extends fc.Arbitrary<infer Value> ? Value : never;

function optionsOf({ deduplicate, takes, resolves, clock }: Settings, now: string): SummaryOptions {
  const answers: Record<string, () => unknown> = {
    text: () => "c1",
    nothing: () => undefined,
    "no text": () => null,
    throws: throwing,
  };
  const times: Record<string, () => unknown> = {
    good: () => new Date(now),
    "no date": () => 5,
    throws: throwing,
  };
  return {
    deduplicate,
    ...(takes && { onInvalidEvent: () => undefined }),
    ...(resolves !== undefined && {
      resolveSubject: (name: string) =>
        (name === "x2" ? undefined : answers[resolves]?.()) as string,
    }),
    clock: clock === "none" ? undefined : () => (times[clock] as () => Date)(),
  };
}

describe("the small summarizeCost is the fast one, whatever it is given:", () => {
  test.each(AGGREGATIONS)("scenarios of %s, with strange events among them", (aggregation) => {
    fc.assert(
      fc.property(
        scenarios([aggregation]),
        settings,
        fc.array(fc.tuple(fc.nat(24), fc.constantFrom(...STRANGE)), { maxLength: 3 }),
        fc.constantFrom(...WAYS),
        fc.constantFrom(1, 1, 1, 2, 40),
        ({ cost, query, events, now }, chosen, strange, way, times) => {
          expectSame(() => {
            const all: unknown[] = [...events];
            for (const [at, make] of strange) all.splice(at, 0, make());
            const repeated = Array.from({ length: times }, () => all).flat() as CostEvent[];
            return [cost, way(repeated), query, optionsOf(chosen, now)];
          });
        },
      ),
      { numRuns: Math.ceil(RUNS / AGGREGATIONS.length) },
    );
  });

  const noises: Recipes<object> = hostile.map((make) => () => ({
    clock: make,
    resolveSubject: make,
    onInvalidEvent: make,
  }));

  const calm = plain<object>(fc.constant({ onInvalidEvent: () => undefined }));

  test.each<[name: string, given: Recipes<readonly unknown[]>]>([
    ["any of it", together<unknown[]>(anyCost, events, query, options)],
    ["any cost", together<unknown[]>(anyCost, events, goodQuery, calm)],
    ["any query", together<unknown[]>(goodCost, events, query, calm)],
    ["any options", together<unknown[]>(goodCost, events, goodQuery, options)],
    ["any events", together<unknown[]>(goodCost, events, goodQuery, calm)],
    ["any callbacks", together<unknown[]>(goodCost, events, goodQuery, noises)],
  ])("%s", (_name, given) => {
    fc.assert(
      fc.property(given, (make) => {
        expectSame(() => make() as unknown as Given);
      }),
      { numRuns: Math.ceil(RUNS / 3) },
    );
  });
});

const COST: CostDefinition = {
  unitCost: "0.5",
  aggregation: "SUM",
  eventType: "call",
  valueProperty: "$.v",
  groupBy: { d: "$.d", __proto__: "$.e", e: "$.e" },
};
const QUERY = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
/** Each value of one dimension beside each of another, in keyed and repeated events. */
const crossed = (): CostEvent[] =>
  DIMENSION_VALUES.flatMap((d, first) =>
    DIMENSION_VALUES.map((e, second) => ({
      type: "call",
      timestamp: new Date(Date.UTC(2026, 5, 1) + (first * 31 + second) * 1_800_000),
      idempotencyKey: String(d),
      source: String(e),
      namespace: second % 3 === 0 ? null : "null",
      data: { v: (first * second) / 10, d, e },
    })),
  ) as unknown as CostEvent[];

test.each(AGGREGATIONS)("groups, windows and keys stay apart: %s", (aggregation) => {
  for (const deduplicate of [true, false]) {
    const { summary, error } = expectSame(() => [
      { ...COST, aggregation },
      crossed(),
      { ...QUERY, groupBy: ["d", "e"], window: "HOUR", filterGroupBy: { d: ["a", "", 1, null] } },
      { deduplicate },
    ]);
    expect(error).toBeUndefined();
    expect(summary?.groups?.length).toBeGreaterThan(30);
  }
});

describe("what others have put on a prototype changes neither:", () => {
  test.each([
    ["Object", "start", 5],
    ["Object", "value", 5],
    ["Object", "of", ["x"]],
    ["Object", "made", 5],
    ["Object", "at", 1],
    ["Object", "timestamp", "2026-06-15T12:00:00Z"],
    ["Object", "idempotencyKey", "k"],
    ["Object", "exponent", 7],
    ["Object", "resolveSubject", () => "c"],
    ["Object", "onInvalidEvent", () => undefined],
    ["Object", "v", 5],
    ["Object", "d", "b"],
    ["Array", "toJSON", () => "an array"],
    ["String", "toJSON", () => "a text"],
  ])("%s.prototype.%s", (owner, name, value) => {
    const { prototype } = { Object, Array, String }[owner] as { prototype: object };
    for (const enumerable of [true, false]) {
      for (const aggregation of AGGREGATIONS) {
        const of = (summarize: typeof summarizeCost): Outcome => {
          const events = [...crossed(), { type: "call", data: {} }] as CostEvent[];
          Object.defineProperty(prototype, name, { value, enumerable, configurable: true });
          try {
            const summary = summarize({ ...COST, aggregation }, events, {
              ...QUERY,
              groupBy: ["e", "d"],
              window: "DAY",
            });
            return { summary, calls: [] };
          } catch (error) {
            return { error: toldOf(error), calls: [] };
          } finally {
            Reflect.deleteProperty(prototype, name);
          }
        };
        const fast = of(summarizeCost);
        const small = of(summarizeSmall);
        expect(JSON.stringify(small)).toBe(JSON.stringify(fast));
      }
    }
  });
});

test("an iterator is closed when an event is refused, and not asked for more", () => {
  for (const summarize of [summarizeCost, summarizeSmall]) {
    const seen: string[] = [];
    function* events(): Generator<CostEvent> {
      try {
        seen.push("first");
        yield EVENT;
        seen.push("second");
        yield { ...EVENT, data: null } as never;
        seen.push("third");
      } finally {
        seen.push("closed");
      }
    }
    expect(() => summarize(COST, events(), QUERY)).toThrow(InvalidEventError);
    expect(seen).toEqual(["first", "second", "closed"]);
  }
});
