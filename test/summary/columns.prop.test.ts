import fc from "fast-check";
import {
  type CostEvent,
  CostSummarizer,
  type InvalidEventError,
  type SummaryOptions,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test, vi } from "vitest";
import { parseTimestamp } from "../../src/values/timestamp.ts";
import { Random } from "../ndjson/random.ts";
import { runs } from "../runs.ts";
import { costOf, eventOf, eventWith, JUNE, plainJson, summaryOf, thrownBy } from "./events.ts";
import { AGGREGATIONS, resolveSubject, scenarios } from "./random-events.ts";

/** More than go together, so that a part ends in the middle. */
const MANY = 1_300;

/** What an error says, and of which event. */
const outline = ({ index, key, issues }: InvalidEventError): unknown => ({ index, key, issues });

describe.each(AGGREGATIONS)("an array is worth its events one by one: %s", (aggregation) => {
  test("with whatever is in it, and however long it is", () => {
    fc.assert(
      fc.property(
        scenarios([aggregation]),
        fc.boolean(),
        fc.integer({ min: 1, max: 400 }),
        ({ cost, query, events, now }, deduplicate, times) => {
          const optionsInto = (errors: unknown[]): SummaryOptions => ({
            deduplicate,
            clock: () => new Date(now),
            resolveSubject,
            onInvalidEvent: (error) => errors.push(outline(error)),
          });
          const all = Array.from({ length: times }, () => events).flat();
          const inArray: unknown[] = [];
          const oneByOne: unknown[] = [];
          const summary = summarizeCost(cost, all, query, optionsInto(inArray));
          const summarizer = new CostSummarizer(cost, query, optionsInto(oneByOne));
          for (const event of all) summarizer.add(event);
          expect(plainJson(summary)).toEqual(plainJson(summarizer.summary()));
          expect(inArray).toEqual(oneByOne);
        },
      ),
      { numRuns: runs(40) },
    );
  });
});

describe("events of an array", () => {
  const plain = (): CostEvent[] => Array.from({ length: MANY }, () => eventOf());

  test.each([0, 1, 511, 512, 513, MANY - 1])("the one at %i is where an error is", (index) => {
    const events = plain();
    for (const wrong of [
      eventOf({ type: 1, idempotencyKey: "k" }),
      eventOf({ timestamp: "2026-06-31T12:00:00.000Z", idempotencyKey: "k" }),
      eventOf({ data: { value: 1n }, idempotencyKey: "k" }),
      eventOf({ data: [], idempotencyKey: "k" }),
    ]) {
      events[index] = wrong;
      const error = thrownBy(() => summaryOf(costOf(), events));
      expect(error).toMatchObject({ index, key: "k" });
    }
  });

  test("every invalid one is told of in order, and the others count", () => {
    const events = plain().map((event, index) => (index % 7 === 3 ? eventWith(1n) : event));
    const indexes: number[] = [];
    const summary = summaryOf(
      costOf(),
      events,
      {},
      { onInvalidEvent: ({ index }) => indexes.push(index) },
    );
    const expected = events.flatMap((_, index) => (index % 7 === 3 ? [index] : []));
    expect(indexes).toEqual(expected);
    expect(summary.totalQuantity).toBe(String(MANY - expected.length));
  });

  test("an invalid one does not stand in the way of its repetition right after it", () => {
    const keyed = (value: unknown): CostEvent => eventOf({ idempotencyKey: "k", data: { value } });
    const events = [...plain(), keyed(1n), keyed(2), keyed(40)];
    const summary = summaryOf(costOf(), events, {}, { onInvalidEvent: () => undefined });
    expect(summary.totalQuantity).toBe(String(MANY + 2));
  });

  test("values of all kinds that JSON has, in any order of members", () => {
    const values = [1, "2.5", null, true, undefined, -0, "x", 0.1, 1e21];
    const events = plain().map((_, index) => {
      const value = values[index % values.length];
      const model = values[(index * 5) % values.length];
      return eventOf({ data: index % 2 ? { value, other: 1, model } : { model, value } });
    });
    const summarizer = new CostSummarizer(costOf(), { ...JUNE, groupBy: ["model"] });
    for (const event of events) summarizer.add(JSON.parse(JSON.stringify(event)));
    expect(summaryOf(costOf(), events, { groupBy: ["model"] })).toEqual(
      plainJson(summarizer.summary()),
    );
  });

  test("members that are hidden, inherited or made by a getter are as JSON has them", () => {
    const hidden = Object.defineProperty(eventOf(), "subject", { value: 5 });
    const data = Object.defineProperty({ value: 1 }, "model", { value: "m" });
    const getter = {
      ...eventOf(),
      get data() {
        return {
          get value() {
            return 3;
          },
        };
      },
    };
    const bare = Object.assign(Object.create(null), eventOf());
    const events = [hidden, eventOf({ data }), getter, bare].flatMap((event) => [event, eventOf()]);
    expect(summaryOf(costOf(), events, { groupBy: ["model"] }).groups).toEqual([
      { dimensions: { model: "" }, quantity: "10", cost: "10" },
    ]);
  });

  test("toJSON beside the members of a plain object says what they are", () => {
    const toJSON = (): unknown => ({ value: 5 });
    const events = [
      { ...eventOf(), toJSON: () => eventOf({ data: { value: 20 } }) },
      eventOf({ data: { value: 1, toJSON } }),
      Object.defineProperty(eventOf(), "toJSON", {
        value: () => eventOf({ data: { value: 300 } }),
      }),
    ];
    expect(summaryOf(costOf(), events as CostEvent[]).totalQuantity).toBe("325");
  });

  test("what Object.prototype has is no member of theirs", () => {
    const cost = costOf({ valueProperty: "$.tokens" });
    try {
      Object.assign(Object.prototype, { tokens: 7 });
      const events = [eventOf({ data: {} }), eventOf({ data: { tokens: 1 } })];
      expect(summaryOf(cost, events).totalQuantity).toBe("1");
    } finally {
      delete (Object.prototype as { tokens?: unknown }).tokens;
    }
  });

  test("the clock is read once, and resolveSubject in their order", () => {
    const clock = vi.fn(() => new Date("2026-06-15T12:00:00Z"));
    const resolve = vi.fn((external: string) => external);
    const events = Array.from({ length: 600 }, (_, at) =>
      eventOf({ timestamp: undefined, externalSubject: `x${at % 3}` }),
    );
    const options = { clock, resolveSubject: resolve };
    expect(summaryOf(costOf(), events, { subject: "x1" }, options).totalQuantity).toBe("200");
    expect(clock).toHaveBeenCalledTimes(1);
    expect(resolve.mock.calls.map(([external]) => external)).toEqual(
      events.map((_, at) => `x${at % 3}`),
    );
  });

  test("an array whose own iterator gives others is asked for them", () => {
    const events = Object.assign(plain(), { [Symbol.iterator]: () => [eventOf()].values() });
    expect(summaryOf(costOf(), events).totalQuantity).toBe("1");
  });

  test("an object that a generator gives again and again is read each time", () => {
    function* same(): Generator<CostEvent> {
      const event = { ...eventOf(), data: { value: 0 } };
      for (event.data.value = 1; event.data.value <= 10; event.data.value++) yield event;
    }
    expect(summaryOf(costOf(), same()).totalQuantity).toBe("55");
  });

  test("their times are those of their texts, right or wrong", () => {
    const random = new Random(7);
    for (let round = 0; round < 200; round++) {
      const events = Array.from({ length: 40 }, (_, at) => {
        const time = new Date(Date.UTC(2026, 5, 1 + random.below(30)) + random.below(86_400_000));
        const text = [...time.toISOString()];
        if (random.chance(0.3))
          text[random.below(24)] = random.pick([..."0123456789TtZz:-+. /é😀"]);
        return eventOf({ timestamp: text.join(""), data: { value: 1, model: String(at) } });
      });
      const june = events.filter(({ timestamp }) => {
        const time = parseTimestamp(timestamp as string);
        return time >= Date.parse(JUNE.from) && time < Date.parse(JUNE.to);
      });
      const wrong: number[] = [];
      const options: SummaryOptions = { onInvalidEvent: ({ index }) => wrong.push(index) };
      const summary = summaryOf(
        costOf(),
        events,
        { window: "MINUTE", groupBy: ["model"] },
        options,
      );
      expect(summary.totalQuantity).toBe(String(june.length));
      expect(wrong).toEqual(
        events.flatMap(({ timestamp }, index) =>
          Number.isNaN(parseTimestamp(timestamp as string)) ? [index] : [],
        ),
      );
      const minutes = new Set(
        june.map(({ timestamp }) => Math.floor(parseTimestamp(timestamp as string) / 60_000)),
      );
      expect(
        new Set(summary.timeSeries?.map(({ windowStart }) => Date.parse(windowStart) / 60_000)),
      ).toEqual(minutes);
    }
  });
});
