import {
  addNdjson,
  type CostEvent,
  CostSummarizer,
  type CostSummaryParams,
  type SummaryOptions,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { LONG_BLANK } from "../ndjson/long-blank.ts";
import { costOf, eventOf, JUNE, type PlainSummary, plainJson } from "./events.ts";

type Changes = Readonly<Record<string, unknown>>;
interface Outcome extends PlainSummary {
  readonly used: number | undefined;
}

/** An object that is no literal. */
const heirOf = (members: object): object => Object.assign(Object.create({}), members);

/** Ways for events to come in. */
const WAYS: Readonly<
  Record<
    string,
    (
      events: readonly CostEvent[],
      cost: Changes,
      query: Changes,
      options?: SummaryOptions,
    ) => Outcome | Promise<Outcome>
  >
> = {
  "in an array": (events, cost, query, options) => ({
    ...plainJson(
      summarizeCost(costOf(cost), events, { ...JUNE, ...query } as CostSummaryParams, options),
    ),
    used: undefined,
  }),
  "one by one": (events, cost, query, options) => {
    const summarizer = new CostSummarizer(costOf(cost), { ...JUNE, ...query }, options);
    for (const event of events) summarizer.add(event);
    return { ...plainJson(summarizer.summary()), used: summarizer.events.used };
  },
  "as instances": (events, cost, query, options) => {
    const summarizer = new CostSummarizer(costOf(cost), { ...JUNE, ...query }, options);
    for (const event of events) summarizer.add(heirOf(event) as CostEvent);
    return { ...plainJson(summarizer.summary()), used: summarizer.events.used };
  },
  "as lines": async (events, cost, query, options) => {
    const summarizer = new CostSummarizer(costOf(cost), { ...JUNE, ...query }, options);
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
    await addNdjson(summarizer, [new TextEncoder().encode(lines)]);
    return { ...plainJson(summarizer.summary()), used: summarizer.events.used };
  },
  "as lines in blocks": async (events, cost, query, options) => {
    const summarizer = new CostSummarizer(costOf(cost), { ...JUNE, ...query }, options);
    // The first line of a shape is read alone: here one of a type of its own, which counts nowhere.
    const lines = events.flatMap((event) => {
      const { idempotencyKey: key } = event;
      const first = typeof key === "string" && { idempotencyKey: `${key} of the first` };
      return [JSON.stringify({ ...event, type: "unheard of", ...first }), JSON.stringify(event)];
    });
    await addNdjson(summarizer, [LONG_BLANK, lines.join("\n")]);
    return { ...plainJson(summarizer.summary()), used: summarizer.events.used };
  },
};
const ways = Object.entries(WAYS);

const data = { value: 1, model: "a", region: "eu" };
const merchant = { merchantId: "org_1" };
const { from, to } = JUNE;

describe.each(ways)("an event counts or does not by the same rules: %s", (_way, outcomeOf) => {
  test.each<[rule: string, event: Changes, counts: boolean, cost?: Changes, query?: Changes]>([
    ["its type", { type: "call" }, true],
    ["another type", { type: "other" }, false],
    ["no type in common", { type: "" }, false],
    ["its namespace", { namespace: "org_1" }, true, merchant],
    ["no namespace", {}, true, merchant],
    ["another namespace", { namespace: "org_2" }, false, merchant],
    ["another namespace, and a subject", { namespace: "org_2" }, false, merchant, { subject: "c" }],
    ["a namespace where none is asked for", { namespace: "org_2" }, true],
    ["its subject", { subject: "c" }, true, {}, { subject: "c" }],
    ["its subject and any namespace", { subject: "c", namespace: "n" }, true, {}, { subject: "c" }],
    ["another subject", { subject: "d" }, false, {}, { subject: "c" }],
    ["no subject", {}, false, {}, { subject: "c" }],
    ["a subject where none is asked for", { subject: "d" }, true],
    ["the beginning of the range", { timestamp: from }, true],
    ["just before it", { timestamp: "2026-05-31T23:59:59.999Z" }, false],
    ["its end", { timestamp: to }, false],
    ["just before that", { timestamp: "2026-06-30T23:59:59.999Z" }, true],
    ["its filter", { data }, true, {}, { filterGroupBy: { model: ["b", "a"], region: "eu" } }],
    ["another model", { data }, false, {}, { filterGroupBy: { model: "b", region: "eu" } }],
    ["another region", { data }, false, {}, { filterGroupBy: { model: "a", region: "us" } }],
  ])("%s", async (_rule, event, counts, cost = {}, query = {}) => {
    for (const deduplicate of [true, false]) {
      const outcome = await outcomeOf([eventOf(event)], cost, query, { deduplicate });
      expect(outcome.totalQuantity).toBe(counts ? "1" : "0");
      if (outcome.used !== undefined) expect(outcome.used).toBe(counts ? 1 : 0);
    }
  });

  test("the first of a key, in its namespace and source", async () => {
    const events = ["a", "b", "a", null, "b", null].flatMap((name) => [
      eventOf({ idempotencyKey: "k", namespace: name }),
      eventOf({ idempotencyKey: "k", source: name }),
      eventOf({ idempotencyKey: "é", source: name, namespace: name }),
      eventOf({ source: name, namespace: name }),
    ]);
    const outcome = await outcomeOf(events, {}, {});
    expect(outcome.totalQuantity).toBe("14");
    const all = await outcomeOf(events, {}, {}, { deduplicate: false });
    expect([all.totalQuantity, outcome.used ?? 14, all.used ?? 24]).toEqual(["24", 14, 24]);
  });

  test("the subject that an external one stands for", async () => {
    const resolveSubject = (external: string) => (external === "x" ? "c" : undefined);
    const events = [
      eventOf({ externalSubject: "x" }),
      eventOf({ externalSubject: "y" }),
      eventOf({ externalSubject: "x", subject: "d" }),
      eventOf({ externalSubject: "x", subject: null }),
    ];
    const outcome = await outcomeOf(events, {}, { subject: "c" }, { resolveSubject });
    expect([outcome.totalQuantity, outcome.used ?? 2]).toEqual(["2", 2]);
    const all = await outcomeOf(events, {}, {}, { resolveSubject });
    expect([all.totalQuantity, all.used ?? 4]).toEqual(["4", 4]);
  });

  test("and a thousand of them as one", async () => {
    const events = Array.from({ length: 1_300 }, (_, at) =>
      eventOf({
        type: at % 13 === 12 ? "other" : "call",
        data: { value: at, model: `m${at % 3}`, region: null },
        timestamp: new Date(Date.UTC(2026, 5, 1) + at * 3_600_000).toISOString(),
      }),
    );
    const counted = events.filter(
      ({ type, timestamp }) => type === "call" && Date.parse(String(timestamp)) < Date.parse(to),
    );
    const values = counted.map(({ data }) => (data as { value: number }).value);
    const sum = String(values.reduce((one, other) => one + other, 0));
    const query = { groupBy: ["model", "region"], window: "DAY" };
    const outcome = await outcomeOf(events, {}, query);
    expect(outcome.totalQuantity).toBe(sum);
    expect(outcome.used ?? counted.length).toBe(counted.length);
    expect(outcome.groups?.map(({ dimensions }) => dimensions)).toEqual(
      ["m0", "m1", "m2"].map((model) => ({ model, region: "null" })),
    );
    expect(outcome.timeSeries).toHaveLength(30);
    const latest = await outcomeOf(events, { aggregation: "LATEST" }, query);
    expect(latest.totalQuantity).toBe(String(values.at(-1)));
    const distinct = await outcomeOf(events, { aggregation: "UNIQUE_COUNT" }, query);
    expect(distinct.totalQuantity).toBe(String(counted.length));
    const count = await outcomeOf(events, { aggregation: "COUNT" }, query);
    expect(count.totalQuantity).toBe(String(counted.length));
  });

  test("with value and dimensions in objects of their own, or none there", async () => {
    const cost = { valueProperty: "$.a.b", groupBy: { model: "$.c.d", region: "$.e.f.g" } };
    const used = (changes: Changes) => eventOf({ data: { a: { b: 2 }, ...changes } });
    const events = [
      used({ c: { d: "x" }, e: { f: { g: "y" } } }),
      used({ c: { d: 5 }, e: { f: 6 } }),
      used({ c: "d", e: { f: { g: true } } }),
      used({ a: 7, c: null }),
      used({ e: { f: { h: 1 } }, c: { e: 1 } }),
    ];
    const { totalQuantity, groups } = await outcomeOf(events, cost, {
      groupBy: ["region", "model"],
    });
    expect(totalQuantity).toBe("8");
    expect(groups?.map(({ dimensions }) => Object.values(dimensions).join("/"))).toEqual([
      "/",
      "/5",
      "true/",
      "y/x",
    ]);
  });
});

describe("members that others have put on Object.prototype are no event's", () => {
  test.each<[name: string, value: unknown]>([
    ["idempotencyKey", "k"],
    ["subject", "cus_2"],
    ["namespace", "org_2"],
    ["value", 5],
    ["model", "b"],
    ["inner", { value: 5 }],
  ])("%s", (name, value) => {
    for (const valueProperty of ["$.value", "$.inner.value"]) {
      const cost = costOf({ valueProperty, merchantId: "org_1" });
      const summarizer = new CostSummarizer(cost, { ...JUNE, groupBy: "model" });
      const other = new CostSummarizer(cost, { ...JUNE, subject: "cus_2" });
      const events = [{ value: 2, inner: { value: 2 } }, {}, { inner: {} }].map((data) =>
        eventOf({ data }),
      );
      const descriptor = { value, enumerable: true, configurable: true, writable: true };
      Object.defineProperty(Object.prototype, name, descriptor);
      try {
        for (const event of events) summarizer.add(event);
        for (const event of events) other.add(event);
      } finally {
        Reflect.deleteProperty(Object.prototype, name);
      }
      const { totalQuantity, groups } = plainJson(summarizer.summary());
      expect(totalQuantity).toBe("2");
      expect(groups?.map(({ dimensions }) => dimensions)).toEqual([{ model: "" }]);
      expect(summarizer.events).toEqual({
        read: 3,
        used: 3,
        invalid: 0,
        withoutValue: 2,
        withoutTime: 0,
      });
      expect(other.events).toEqual({
        read: 3,
        used: 0,
        invalid: 0,
        withoutValue: 0,
        withoutTime: 0,
      });
    }
  });
});

test("an array goes on behind what is no literal", () => {
  const events = Array.from({ length: 1_400 }, (_, at) => eventOf({ data: { value: at + 1 } }));
  const sum = String((1_400 * 1_401) / 2);
  for (const places of [[0], [511], [512], [513], [1_399], [100, 101, 700, 1_023, 1_024]]) {
    const mixed = events.map((event, at) =>
      places.includes(at) ? (heirOf(event) as CostEvent) : event,
    );
    const { totalQuantity, timeSeries } = summarizeCost(costOf(), mixed, {
      ...JUNE,
      window: "DAY",
    });
    expect(`${totalQuantity} ${timeSeries?.[0]?.quantity}`).toBe(`${sum} ${sum}`);
  }
});

test("an instance with neither subject is not resolved, and what is no text is refused", () => {
  const asked: unknown[] = [];
  const resolveSubject = (external: string): string | undefined => {
    asked.push(external);
    return external === "x" ? "c" : undefined;
  };
  const summarizer = new CostSummarizer(costOf(), { ...JUNE, subject: "c" }, { resolveSubject });
  for (const event of [{}, { externalSubject: "x" }, { externalSubject: "y" }, { subject: "c" }]) {
    summarizer.add(eventOf(event));
    summarizer.add(heirOf(eventOf(event)) as CostEvent);
  }
  expect(asked).toEqual(["x", "x", "y", "y"]);
  expect(summarizer.events).toEqual({
    read: 8,
    used: 4,
    invalid: 0,
    withoutValue: 0,
    withoutTime: 0,
  });
});

test("of instances, too, a duplicate is read and not used, and the clock is read once", () => {
  let reads = 0;
  const clock = (): Date => new Date(Date.UTC(2026, 5, 15, reads++));
  const summarizer = new CostSummarizer(costOf(), { ...JUNE, window: "HOUR" }, { clock });
  for (const idempotencyKey of ["k", "k", "l", null, "k"]) {
    summarizer.add(heirOf(eventOf({ timestamp: undefined, idempotencyKey })) as CostEvent);
  }
  expect(summarizer.events).toEqual({
    read: 5,
    used: 3,
    invalid: 0,
    withoutValue: 0,
    withoutTime: 5,
  });
  expect(reads).toBe(1);
  expect(summarizer.summary().timeSeries).toHaveLength(1);
});
