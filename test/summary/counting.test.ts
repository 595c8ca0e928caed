import type { CostEvent } from "metered-costs/summary";
import { describe, expect, test, vi } from "vitest";
import {
  costOf,
  eventOf,
  eventWith,
  groupsOf,
  inputIssuesOf,
  JUNE,
  summarizerOf,
  summaryOf,
  thrownBy,
  totalOf,
} from "./events.ts";

const sum = costOf();
const count = costOf({ aggregation: "COUNT" });

describe("deduplicate", () => {
  const keyed = (value: number, changes: Readonly<Record<string, unknown>> = {}): CostEvent =>
    eventOf({
      namespace: "org_1",
      source: "api",
      idempotencyKey: "k1",
      data: { value },
      ...changes,
    });

  test("the same namespace, source and key is one event: the first received", () => {
    expect(totalOf(sum, [keyed(1), keyed(2), keyed(4)])).toBe("1");
  });

  test("a different namespace, source or key is another event", () => {
    const events = [
      keyed(1),
      keyed(2, { namespace: "org_2" }),
      keyed(4, { source: "batch" }),
      keyed(8, { idempotencyKey: "k2" }),
    ];
    expect(totalOf(sum, events)).toBe("15");
  });

  test("the first wins even where it is of another type", () => {
    expect(totalOf(sum, [keyed(1, { type: "other" }), keyed(2)])).toBe("0");
  });

  test("the first wins even where it is of another subject", () => {
    const events = [keyed(1, { subject: "b" }), keyed(2, { subject: "a" })];
    expect(totalOf(sum, events, { subject: "a" })).toBe("0");
  });

  test("the first wins even where it is outside the range", () => {
    expect(totalOf(sum, [keyed(1, { timestamp: "2026-05-01T00:00:00Z" }), keyed(2)])).toBe("0");
  });

  test("the first received wins, not the earliest", () => {
    const events = [
      keyed(1, { timestamp: "2026-06-20T00:00:00Z" }),
      keyed(2, { timestamp: "2026-06-10T00:00:00Z" }),
    ];
    expect(totalOf(sum, events)).toBe("1");
  });

  test("the first wins even where the filter leaves it out", () => {
    const events = [
      keyed(1, { data: { value: 1, model: "small" } }),
      keyed(2, { data: { value: 2, model: "large" } }),
    ];
    expect(totalOf(sum, events, { filterGroupBy: { model: "large" } })).toBe("0");
  });

  test("the first wins even where its merchant is another", () => {
    const cost = costOf({ merchantId: "org_2" });
    expect(totalOf(cost, [keyed(1), keyed(2)])).toBe("0");
  });

  test("the first wins even where its value is not usable", () => {
    expect(totalOf(sum, [keyed(1, { data: {} }), keyed(2)])).toBe("0");
  });

  test("events without a key are all distinct, null and absent alike", () => {
    const events = [undefined, undefined, null, null].map((idempotencyKey) =>
      keyed(1, { idempotencyKey }),
    );
    expect(totalOf(sum, events)).toBe("4");
  });

  test("an empty key is a key", () => {
    expect(totalOf(sum, [keyed(1, { idempotencyKey: "" }), keyed(2, { idempotencyKey: "" })])).toBe(
      "1",
    );
  });

  test("a null and an absent namespace are the same, and so are sources", () => {
    const events = [
      keyed(1, { namespace: null, source: undefined }),
      keyed(2, { namespace: undefined, source: null }),
    ];
    expect(totalOf(sum, events)).toBe("1");
  });

  test("an empty namespace or source is not an absent one", () => {
    const events = [
      keyed(1, { namespace: null, source: null }),
      keyed(2, { namespace: "", source: null }),
      keyed(4, { namespace: null, source: "" }),
      keyed(8, { namespace: "", source: "" }),
    ];
    expect(totalOf(sum, events)).toBe("15");
  });

  test("the parts of a key are kept apart: a-b and c is not a and b-c", () => {
    const events = [
      keyed(1, { source: "a-b", idempotencyKey: "c" }),
      keyed(2, { source: "a", idempotencyKey: "b-c" }),
      keyed(4, { namespace: "a-b", source: "c" }),
      keyed(8, { namespace: "a", source: "b-c" }),
      keyed(16, { namespace: "a\u0000b", source: "c" }),
      keyed(32, { namespace: "a", source: "b\u0000c" }),
      keyed(64, { namespace: '["a"', source: '"b"]' }),
      keyed(128, { namespace: '["a","b"]', source: "" }),
      keyed(256, { namespace: "null", source: null }),
      keyed(512, { namespace: null, source: "null" }),
    ];
    expect(totalOf(sum, events)).toBe("1023");
  });

  test("keys are compared in full: case, length and characters that look alike", () => {
    const long = "k".repeat(10_000);
    const keys = ["k1", "K1", "k1 ", "k1\u0000", long, `${long}1`, "é", "e\u0301", "\ud800"];
    expect(
      totalOf(
        sum,
        keys.map((idempotencyKey) => keyed(1, { idempotencyKey })),
      ),
    ).toBe(String(keys.length));
  });

  test("names of built-in members are plain keys", () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    const events = names.flatMap((name) => [
      keyed(1, { namespace: name, source: name, idempotencyKey: name }),
      keyed(1, { namespace: name, source: name, idempotencyKey: name }),
    ]);
    expect(totalOf(sum, events)).toBe("4");
  });

  test("with deduplicate: false every event counts", () => {
    expect(totalOf(sum, [keyed(1), keyed(2), keyed(4)], {}, { deduplicate: false })).toBe("7");
  });

  test("duplicates are read, and not used", () => {
    const summarizer = summarizerOf();
    for (const event of [keyed(1), keyed(2), keyed(4)]) summarizer.add(event);
    expect(summarizer.events).toMatchObject({ read: 3, used: 1, invalid: 0 });
  });

  test("a duplicate does not need a readable value", () => {
    expect(totalOf(sum, [keyed(1), keyed(2, { data: { value: 5n } })])).toBe("1");
  });
});

describe("type", () => {
  test("equals the cost's eventType, in full and with its case", () => {
    const types = ["call", "Call", "call ", " call", "calls", "cal", "", "call\u0000"];
    expect(
      totalOf(
        count,
        types.map((type) => eventOf({ type })),
      ),
    ).toBe("1");
  });

  test("is not a pattern", () => {
    const cost = costOf({ aggregation: "COUNT", eventType: "c.ll" });
    expect(totalOf(cost, [eventOf()])).toBe("0");
  });

  test("may be empty on both sides", () => {
    const cost = costOf({ aggregation: "COUNT", eventType: "" });
    expect(totalOf(cost, [eventOf({ type: "" }), eventOf()])).toBe("1");
  });
});

describe("merchant and namespace", () => {
  const ofMerchant = costOf({ aggregation: "COUNT", merchantId: "org_1" });

  test("when both are set, they are equal", () => {
    expect(
      totalOf(ofMerchant, [eventOf({ namespace: "org_1" }), eventOf({ namespace: "org_2" })]),
    ).toBe("1");
  });

  test("an event without a namespace counts", () => {
    expect(totalOf(ofMerchant, [eventOf(), eventOf({ namespace: null })])).toBe("2");
  });

  test("an empty namespace is set, and another one", () => {
    expect(totalOf(ofMerchant, [eventOf({ namespace: "" })])).toBe("0");
  });

  test("a cost without a merchant counts every namespace", () => {
    for (const merchantId of [undefined, null]) {
      const cost = costOf({ aggregation: "COUNT", merchantId });
      const namespaces = ["org_1", "org_2", "", null];
      expect(
        totalOf(
          cost,
          namespaces.map((namespace) => eventOf({ namespace })),
        ),
      ).toBe("4");
    }
  });
});

describe("subject", () => {
  test("a query that names one counts only its events", () => {
    const subjects = ["a", "A", "a ", "b", "", null, undefined];
    expect(
      totalOf(
        count,
        subjects.map((subject) => eventOf({ subject })),
        { subject: "a" },
      ),
    ).toBe("1");
  });

  test("a query that names none counts every event", () => {
    const subjects = ["a", "b", "", null, undefined];
    const events = subjects.map((subject) => eventOf({ subject }));
    expect(totalOf(count, events)).toBe("5");
    expect(totalOf(count, events, { subject: undefined })).toBe("5");
  });

  test("an empty subject is a value", () => {
    const events = [eventOf({ subject: "" }), eventOf({ subject: null }), eventOf()];
    expect(totalOf(count, events, { subject: "" })).toBe("1");
  });

  test("an event that has only an externalSubject counts in a query for all subjects alone", () => {
    const events = [eventOf({ externalSubject: "x1" })];
    expect(totalOf(count, events)).toBe("1");
    expect(totalOf(count, events, { subject: "x1" })).toBe("0");
  });

  test("resolveSubject gives the subject of such an event", () => {
    const resolveSubject = (external: string): string | undefined =>
      external === "x1" ? "a" : undefined;
    const events = [
      eventOf({ externalSubject: "x1" }),
      eventOf({ externalSubject: "x2" }),
      eventOf({ externalSubject: "x1", subject: null }),
    ];
    expect(totalOf(count, events, { subject: "a" }, { resolveSubject })).toBe("2");
    expect(totalOf(count, events, {}, { resolveSubject })).toBe("3");
  });

  test("an event's own subject wins over its externalSubject, which is then not resolved", () => {
    const resolveSubject = vi.fn(() => "a");
    const events = [
      eventOf({ externalSubject: "x1", subject: "b" }),
      eventOf({ externalSubject: "x1", subject: "" }),
    ];
    expect(totalOf(count, events, { subject: "a" }, { resolveSubject })).toBe("0");
    expect(resolveSubject).not.toHaveBeenCalled();
  });

  test("an empty externalSubject is resolved too", () => {
    const options = { resolveSubject: (external: string) => `customer ${external}` };
    const events = [eventOf({ externalSubject: "" })];
    expect(totalOf(count, events, { subject: "customer " }, options)).toBe("1");
  });

  test("what resolveSubject throws comes out as it is, not as an invalid event", () => {
    const down = new Error("the directory is down");
    const options = {
      resolveSubject: () => {
        throw down;
      },
      onInvalidEvent: () => {},
    };
    const events = [eventOf({ externalSubject: "x1" })];
    for (const query of [{ subject: "a" }, { groupBy: "$subject" }]) {
      expect(thrownBy(() => totalOf(count, events, query, options))).toBe(down);
    }
  });

  test("a resolveSubject that gives neither text nor undefined is refused as input", () => {
    for (const subject of [null, 5, Promise.resolve("a")]) {
      const options = { resolveSubject: () => subject as unknown as string };
      const issues = inputIssuesOf(() =>
        totalOf(count, [eventOf({ externalSubject: "x1" })], { subject: "a" }, options),
      );
      expect(issues).toEqual([
        { path: ["resolveSubject"], message: "expected a function that returns text or undefined" },
      ]);
    }
  });
});

describe("range", () => {
  test("from counts, to does not", () => {
    const events = [
      eventOf({ timestamp: "2026-05-31T23:59:59.999Z", data: { value: 1 } }),
      eventOf({ timestamp: "2026-06-01T00:00:00Z", data: { value: 2 } }),
      eventOf({ timestamp: "2026-06-30T23:59:59.999Z", data: { value: 4 } }),
      eventOf({ timestamp: "2026-07-01T00:00:00Z", data: { value: 8 } }),
    ];
    expect(totalOf(sum, events)).toBe("6");
  });

  test("bounds are instants too, whatever their offset", () => {
    const query = { from: "2026-06-01T02:00:00+02:00", to: "2026-05-31T20:00:00.001-04:00" };
    const events = [
      eventOf({ timestamp: "2026-06-01T00:00:00Z" }),
      eventOf({ timestamp: "2026-06-01T00:00:00.001Z" }),
    ];
    expect(totalOf(count, events, query)).toBe("1");
  });

  test("a bound may be a Date, read when the summary begins", () => {
    const from = new Date(JUNE.from);
    const to = new Date(JUNE.to);
    const summarizer = summarizerOf(count, {}, { from, to });
    from.setUTCFullYear(2030);
    to.setUTCFullYear(1990);
    summarizer.add(eventOf());
    expect(summarizer.summary().totalQuantity?.toString()).toBe("1");
  });

  test("digits beyond milliseconds are cut toward the past in bounds too", () => {
    const event = eventOf({ timestamp: "2026-06-15T12:00:00.001Z" });
    const cut = { from: "2026-06-15T12:00:00.0019Z", to: "2026-06-15T12:00:00.002999Z" };
    expect(totalOf(count, [event], cut)).toBe("1");
    const before = { from: "2026-06-15T11:00:00Z", to: "2026-06-15T12:00:00.0019Z" };
    expect(totalOf(count, [event], before)).toBe("0");
  });

  test("may lie before 1970, or reach from the year 0 to 9999", () => {
    const events = [eventOf({ timestamp: "1965-01-01T00:00:00Z" })];
    expect(
      totalOf(count, events, { from: "1960-01-01T00:00:00Z", to: "1970-01-01T00:00:00Z" }),
    ).toBe("1");
    expect(
      totalOf(count, events, { from: "0000-01-01T00:00:00Z", to: "9999-12-31T23:59:59.999Z" }),
    ).toBe("1");
  });
});

describe("filter", () => {
  const filtered = (values: readonly unknown[], filter: unknown): string | null =>
    totalOf(
      count,
      values.map((model) => eventWith(1, { model })),
      { filterGroupBy: { model: filter } },
    );

  test("the dimension's text equals the text given, with its case and its spaces", () => {
    expect(filtered(["large", "Large", "large ", "larg", "larger"], "large")).toBe("1");
  });

  test("every key of it", () => {
    const events = [
      eventWith(1, { model: "large", region: "eu" }),
      eventWith(2, { model: "large", region: "us" }),
      eventWith(4, { model: "small", region: "eu" }),
    ];
    expect(totalOf(sum, events, { filterGroupBy: { model: "large", region: "eu" } })).toBe("1");
  });

  test("an array means any of its values", () => {
    expect(filtered(["a", "b", "c", 1, null], ["a", "c", "c", 1])).toBe("3");
  });

  test("numbers compare as their text", () => {
    expect(filtered([1, "1", "1.0", "01", true], 1)).toBe("2");
    expect(filtered([1, "1", "1.0"], "1")).toBe("2");
    expect(filtered([1e21, "1e+21", "1000000000000000000000"], 1e21)).toBe("2");
    expect(filtered([0, -0, "0", "-0"], -0)).toBe("3");
    expect(filtered([0.1, "0.1", ".1"], 0.1)).toBe("2");
  });

  test("booleans compare as their text", () => {
    expect(filtered([true, "true", "TRUE", 1], true)).toBe("2");
    expect(filtered([false, "false", 0, ""], false)).toBe("2");
  });

  test('null compares as "null"', () => {
    expect(filtered([null, "null", undefined, ""], null)).toBe("2");
    expect(filtered([null, "null", undefined, ""], "null")).toBe("2");
  });

  test("an empty text matches missing, and what else has no text of its own", () => {
    expect(filtered([undefined, "", {}, [], { a: 1 }, [1], null, 0, " "], "")).toBe("6");
  });

  test("an object or an array never matches its JSON", () => {
    expect(filtered([{ a: 1 }, [1], '{"a":1}'], '{"a":1}')).toBe("1");
  });

  test("works on a dimension that is not grouped by, and with groups of another", () => {
    const events = [
      eventWith(1, { model: "large", region: "eu" }),
      eventWith(2, { model: "small", region: "eu" }),
      eventWith(4, { model: "large", region: "us" }),
    ];
    const query = { groupBy: ["model"], filterGroupBy: { region: "eu" } };
    expect(summaryOf(sum, events, query).groups).toEqual([
      { dimensions: { model: "large" }, quantity: "1", cost: "1" },
      { dimensions: { model: "small" }, quantity: "2", cost: "2" },
    ]);
  });

  test("a dimension may be called __proto__, constructor or anything", () => {
    const names = ["__proto__", "constructor", "a,b", " a ", ""];
    for (const name of names) {
      const cost = costOf({
        aggregation: "COUNT",
        groupBy: Object.fromEntries([[name, "$.model"]]),
      });
      const filterGroupBy = Object.fromEntries([[name, "large"]]);
      const events = [eventWith(1, { model: "large" }), eventWith(1, { model: "small" })];
      expect(totalOf(cost, events, { filterGroupBy }), name).toBe("1");
    }
  });

  test("no keys leave nothing out", () => {
    expect(totalOf(count, [eventOf()], { filterGroupBy: {} })).toBe("1");
    expect(totalOf(count, [eventOf()], { filterGroupBy: undefined })).toBe("1");
  });
});

describe("the order of the rules", () => {
  test("an event that no longer counts by an earlier rule needs no readable value", () => {
    const events = [
      eventOf({ type: "other", data: { value: 5n } }),
      eventOf({ timestamp: "2020-01-01T00:00:00Z", data: { value: 5n } }),
      eventOf({ subject: "b", data: { value: 5n } }),
    ];
    expect(totalOf(sum, events, { subject: "a" })).toBe("0");
    const instances = events.map((event) => Object.assign(Object.create({}), event));
    expect(totalOf(sum, instances, { subject: "a" })).toBe("0");
  });

  test("an event that counts is used whether or not its value is usable", () => {
    const summarizer = summarizerOf();
    summarizer.add(eventOf({ data: {} }));
    summarizer.add(eventOf({ type: "other" }));
    expect(summarizer.events).toMatchObject({ read: 2, used: 1, withoutValue: 1 });
  });

  test.each(["SUM", "COUNT", "AVG", "MIN", "MAX", "UNIQUE_COUNT", "LATEST"])(
    "%s counts how many events have no value that it uses",
    (aggregation) => {
      const summarizer = summarizerOf(costOf({ aggregation }));
      for (const value of [1, "1,200", null, "2.5", "", [1]]) summarizer.add(eventWith(value));
      summarizer.add(eventOf({ data: {} }));
      const readsNone = aggregation === "COUNT" || aggregation === "UNIQUE_COUNT";
      expect(summarizer.events).toMatchObject({ used: 7, withoutValue: readsNone ? 0 : 5 });
      const whole = summarizerOf(costOf({ aggregation }));
      whole.merge(summarizer.state());
      expect(whole.events).toEqual(summarizer.events);
    },
  );

  test("events that name no time are counted, parts included", () => {
    const summarizer = summarizerOf();
    summarizer.add(eventOf({ timestamp: undefined }));
    summarizer.add(eventOf());
    expect(summarizer.events.withoutTime).toBe(1);
    const whole = summarizerOf();
    whole.add(eventOf({ timestamp: undefined }));
    whole.merge(summarizer.state());
    expect(whole.events.withoutTime).toBe(2);
  });

  test("an event that names no time is counted once, whatever its value", () => {
    const summarizer = summarizerOf(sum, { clock: () => new Date(JUNE.from) });
    for (const value of [1, { toJSON: () => 2 }, new Date(0)]) {
      summarizer.add(eventOf({ timestamp: undefined, data: { value } }));
    }
    expect(summarizer.events).toMatchObject({ read: 3, used: 3, withoutValue: 1, withoutTime: 3 });
  });

  test("groups and totals are of the same events", () => {
    const events = [
      eventWith(1, { model: "a" }),
      eventOf({ type: "other", data: { value: 2, model: "a" } }),
      eventOf({ timestamp: "2026-07-01T00:00:00Z", data: { value: 4, model: "b" } }),
    ];
    expect(groupsOf(sum, events, "model")).toEqual([["a", "1"]]);
    expect(totalOf(sum, events)).toBe("1");
  });
});
