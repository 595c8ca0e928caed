import type { CostEvent, SummarizerState } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import {
  costOf,
  eventOf,
  eventWith,
  inputIssuesOf,
  pathsOf,
  plainJson,
  summarizerOf,
  summaryOf,
  thrownBy,
} from "./events.ts";

const AGGREGATIONS = ["SUM", "COUNT", "AVG", "MIN", "MAX", "UNIQUE_COUNT", "LATEST"] as const;
const query = { groupBy: "model", window: "HOUR" };

/** The state of the events' summary, through JSON text. */
function stateOf(
  events: readonly CostEvent[],
  cost = costOf(),
  options: { readonly deduplicate?: boolean } = {},
  changes: Readonly<Record<string, unknown>> = query,
): SummarizerState {
  const summarizer = summarizerOf(cost, options, changes);
  for (const event of events) summarizer.add(event);
  return JSON.parse(JSON.stringify(summarizer.state()));
}

const first = [
  eventWith("0.1", { model: "a" }),
  eventOf({ timestamp: "2026-06-15T13:00:00Z", data: { value: 7, model: "b" } }),
  eventWith(null, { model: "c" }),
];
const second = [
  eventWith("1e-30", { model: "a" }),
  eventOf({ timestamp: "2026-06-15T11:00:00Z", data: { value: -2, model: "b" } }),
  eventWith({ a: [1] }, { model: "d" }),
];

describe("merge", () => {
  test.each(AGGREGATIONS)("in order, parts of %s equal one pass", (aggregation) => {
    const cost = costOf({ aggregation });
    const summarizer = summarizerOf(cost, {}, query);
    summarizer.merge(stateOf(first, cost));
    summarizer.merge(stateOf(second, cost));
    expect(plainJson(summarizer.summary())).toEqual(summaryOf(cost, [...first, ...second], query));
    const readsNone = aggregation === "COUNT" || aggregation === "UNIQUE_COUNT";
    expect(summarizer.events).toEqual({
      read: 6,
      used: 6,
      invalid: 0,
      withoutValue: readsNone ? 0 : 2,
      withoutTime: 0,
    });
  });

  test("keeps groups of several dimensions apart by all of them", () => {
    const changes = { groupBy: ["model", "region"] };
    const used = (model: string, region: string): CostEvent => eventWith(1, { model, region });
    const one = [used("a", "a"), used("b", "a")];
    const other = [used("a", "b"), used("b", "b")];
    const summarizer = summarizerOf(costOf(), {}, changes);
    for (const part of [one, other, one]) summarizer.merge(stateOf(part, costOf(), {}, changes));
    expect(plainJson(summarizer.summary())).toEqual(
      summaryOf(costOf(), [...one, ...other, ...one], changes),
    );
    expect(summarizer.summary().groups).toHaveLength(4);
    const state = stateOf([], costOf(), {}, changes);
    const wrong = [["a", 5], [5, "a"], ["a", []], [[], "a"], [[], []], ["a"], "ab", { length: 2 }];
    for (const values of wrong) {
      const breakdown = { ...state.breakdown, groups: [[values, ["1", 0]]] };
      const damaged = { ...state, breakdown } as unknown as SummarizerState;
      expect(pathsOf(inputIssuesOf(() => summarizer.merge(damaged)))).toEqual([["breakdown"]]);
    }
  });

  test("goes on after added events, and events go on after it", () => {
    const summarizer = summarizerOf(costOf(), {}, query);
    for (const event of first) summarizer.add(event);
    summarizer.merge(stateOf(second));
    for (const event of first) summarizer.add(event);
    expect(plainJson(summarizer.summary())).toEqual(
      summaryOf(costOf(), [...first, ...second, ...first], query),
    );
  });

  test("an empty part changes nothing", () => {
    const summarizer = summarizerOf(costOf({ aggregation: "MAX" }), {}, query);
    for (const event of first) summarizer.add(event);
    const before = plainJson(summarizer.summary());
    summarizer.merge(stateOf([], costOf({ aggregation: "MAX" })));
    expect(plainJson(summarizer.summary())).toEqual(before);
  });

  test("the events of the part were received after: its value is the LATEST of equal times", () => {
    const cost = costOf({ aggregation: "LATEST" });
    const summarizer = summarizerOf(cost, {}, query);
    summarizer.merge(stateOf([eventWith(1)], cost));
    summarizer.merge(stateOf([eventWith(2)], cost));
    expect(summarizer.summary().totalQuantity?.toString()).toBe("2");
    summarizer.merge(
      stateOf([eventOf({ timestamp: "2026-06-15T11:59:59Z", data: { value: 3 } })], cost),
    );
    expect(summarizer.summary().totalQuantity?.toString()).toBe("2");
  });

  test("a mean is of all values, not of the parts' means", () => {
    const cost = costOf({ aggregation: "AVG" });
    const summarizer = summarizerOf(cost, {}, query);
    summarizer.merge(stateOf([eventWith(1), eventWith(0)], cost));
    summarizer.merge(stateOf([eventWith(0)], cost));
    expect(summarizer.summary().totalQuantity?.toString()).toBe(`0.${"3".repeat(34)}`);
  });

  test("distinct texts are counted once over all parts", () => {
    const cost = costOf({ aggregation: "UNIQUE_COUNT" });
    const summarizer = summarizerOf(cost, {}, query);
    summarizer.merge(stateOf([eventWith("x"), eventWith("\ud800")], cost));
    summarizer.merge(stateOf([eventWith("\ud800"), eventWith("y")], cost));
    expect(summarizer.summary().totalQuantity?.toString()).toBe("3");
  });

  test("numbers out of a double's reach survive the state", () => {
    for (const aggregation of ["SUM", "AVG", "MIN", "MAX", "LATEST"]) {
      const cost = costOf({ aggregation });
      for (const value of ["1e1000", "-1e-1000", "9007199254740993", "0", "-12.50"]) {
        const summarizer = summarizerOf(cost, {}, query);
        summarizer.merge(stateOf([eventWith(value)], cost));
        expect(plainJson(summarizer.summary())).toEqual(summaryOf(cost, [eventWith(value)], query));
      }
    }
  });

  test("a part may be asked for its summary and its state at any time", () => {
    const summarizer = summarizerOf();
    summarizer.add(eventWith(0.1));
    expect(summarizer.summary().totalQuantity?.toString()).toBe("0.1");
    const early = JSON.stringify(summarizer.state());
    summarizer.add(eventWith(0.2));
    expect(summarizer.summary().totalQuantity?.toString()).toBe("0.3");
    expect(summarizer.summary().totalQuantity?.toString()).toBe("0.3");
    expect(JSON.stringify(summarizer.state())).not.toBe(early);
  });

  test("counts of read, used and invalid events add up", () => {
    const part = summarizerOf(costOf(), { onInvalidEvent: () => {} });
    part.add(eventOf());
    part.add(eventOf({ data: null }));
    part.add(eventOf({ type: "other" }));
    const summarizer = summarizerOf();
    summarizer.add(eventOf());
    summarizer.merge(JSON.parse(JSON.stringify(part.state())));
    expect(summarizer.events).toEqual({
      read: 4,
      used: 2,
      invalid: 1,
      withoutValue: 0,
      withoutTime: 0,
    });
  });
});

test("of ten thousand events and more, as of few", () => {
  for (const aggregation of AGGREGATIONS) {
    const cost = costOf({ aggregation });
    const summarizer = summarizerOf(cost, {}, query);
    for (let at = 0; at < 10_000; at++) summarizer.add(first[at % 2] as CostEvent);
    const { totalQuantity, groups, timeSeries } = plainJson(summarizer.summary());
    expect(totalQuantity).toBe(
      {
        SUM: "35500",
        COUNT: "10000",
        AVG: "3.55",
        MIN: "0.1",
        MAX: "7",
        UNIQUE_COUNT: "2",
        LATEST: "7",
      }[aggregation],
    );
    expect([groups?.length, timeSeries?.length]).toEqual([2, 2]);
  }
});

describe("a state", () => {
  test("is plain JSON", () => {
    for (const aggregation of AGGREGATIONS) {
      const summarizer = summarizerOf(costOf({ aggregation }), {}, query);
      for (const event of [...first, eventOf({ idempotencyKey: "k1" })]) summarizer.add(event);
      const state = summarizer.state();
      expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    }
  });

  test.each<[aggregation: string, one: unknown[], other: unknown[], both: unknown[]]>([
    ["COUNT", [2], [1], [3]],
    ["SUM", ["35", -1], ["55", -1], ["90", -1]],
    ["AVG", ["35", -1, 2], ["55", -1, 1], ["90", -1, 3]],
    ["MIN", ["15", -1], ["55", -1], ["15", -1]],
    ["MAX", ["2", 0], ["55", -1], ["55", -1]],
    ["LATEST", ["2", 0, 1781524800000], ["55", -1, 1781528400000], ["55", -1, 1781528400000]],
    ["UNIQUE_COUNT", ["1.5", "2"], ["5.5"], ["1.5", "2", "5.5"]],
  ])(
    "of %s keeps its form: one kept by a release before is read",
    (aggregation, one, other, both) => {
      const cost = costOf({ aggregation });
      const state = stateOf(
        [
          eventWith(1.5, { model: "a" }),
          eventWith("2", { model: "a" }),
          eventOf({ timestamp: "2026-06-15T13:00:00Z", data: { value: 5.5, model: "b" } }),
        ],
        cost,
      );
      expect(state.breakdown).toEqual({
        total: both,
        groups: [
          [["a"], one],
          [["b"], other],
        ],
        windows: [
          [1781524800000, one],
          [1781528400000, other],
        ],
      });
      const summarizer = summarizerOf(cost, {}, query);
      summarizer.merge(state);
      expect(JSON.parse(JSON.stringify(summarizer.state()))).toEqual(state);
    },
  );

  test("of no events can be merged, and is of no key", () => {
    for (const aggregation of AGGREGATIONS) {
      const cost = costOf({ aggregation });
      const summarizer = summarizerOf(cost, { onInvalidEvent: () => {} }, query);
      const empty = summarizer.state();
      expect(empty).toMatchObject({ keys: [], breakdown: { groups: [], windows: [] } });
      summarizer.merge(empty);
      expect(summarizer.state()).toEqual(empty);
      // An event that cannot be read does not stand in the way of its repetition in another part.
      if (aggregation === "COUNT") continue;
      summarizer.add(eventOf({ idempotencyKey: "k1", source: "api", data: { value: 1n } }));
      expect(summarizer.state()).toEqual({
        ...empty,
        events: { read: 1, used: 0, invalid: 1, withoutValue: 0, withoutTime: 0 },
      });
    }
  });

  test("remembers every keyed event in full, those that do not count too", () => {
    const keyed = { idempotencyKey: "k1", source: "api", namespace: "org_1" };
    for (const changes of [
      { type: "other" },
      { timestamp: "2020-01-01T00:00:00Z" },
      { data: {} },
      {},
    ]) {
      const summarizer = summarizerOf(costOf(), {}, query);
      summarizer.merge(stateOf([eventOf({ ...keyed, ...changes })]));
      summarizer.add(eventOf({ ...keyed, data: { value: 5 } }));
      expect(summarizer.events.used).toBe("type" in changes || "timestamp" in changes ? 0 : 1);
    }
  });

  test("does not change with its summarizer", () => {
    const summarizer = summarizerOf(costOf({ aggregation: "UNIQUE_COUNT" }), {}, query);
    summarizer.add(eventOf({ idempotencyKey: "k1" }));
    const state = summarizer.state();
    const before = JSON.stringify(state);
    summarizer.add(eventWith("other", { model: "z" }));
    summarizer.add(eventOf({ idempotencyKey: "k2" }));
    expect(JSON.stringify(state)).toBe(before);
  });

  test("holds no keys when events are not deduplicated", () => {
    const state = stateOf([eventOf({ idempotencyKey: "k1" })], costOf(), { deduplicate: false });
    expect("keys" in state).toBe(false);
  });
});

describe("a key in both parts", () => {
  const keyed = (changes: Readonly<Record<string, unknown>> = {}): CostEvent =>
    eventOf({ idempotencyKey: "k1", source: "api", namespace: "org_1", ...changes });

  test("is a typed error that names the key", () => {
    const summarizer = summarizerOf(costOf(), {}, query);
    summarizer.add(keyed());
    const issues = inputIssuesOf(() => summarizer.merge(stateOf([keyed()])));
    expect(issues).toEqual([{ path: ["keys"], message: expect.stringContaining('"k1"') }]);
  });

  test("is an error even where one of the two events does not count", () => {
    for (const changes of [{ type: "other" }, { timestamp: "2020-01-01T00:00:00Z" }]) {
      const summarizer = summarizerOf(costOf(), {}, query);
      summarizer.add(keyed());
      expect(pathsOf(inputIssuesOf(() => summarizer.merge(stateOf([keyed(changes)]))))).toEqual([
        ["keys"],
      ]);
    }
  });

  test("changes nothing", () => {
    const summarizer = summarizerOf(costOf(), {}, query);
    summarizer.add(keyed());
    const before = JSON.stringify(summarizer.state());
    const state = stateOf([keyed({ idempotencyKey: "k0" }), eventOf(), keyed()]);
    expect(() => summarizer.merge(state)).toThrow();
    expect(JSON.stringify(summarizer.state())).toBe(before);
  });

  test("is one only in full: another source or namespace is another key", () => {
    const summarizer = summarizerOf(costOf(), {}, query);
    summarizer.add(keyed());
    summarizer.merge(
      stateOf([
        keyed({ source: "batch" }),
        keyed({ namespace: "org_2" }),
        keyed({ namespace: null }),
        keyed({ source: null }),
        keyed({ source: "" }),
        keyed({ idempotencyKey: null }),
      ]),
    );
    expect(summarizer.summary().totalQuantity?.toString()).toBe("7");
  });

  test("with a null source is told from one with the source null", () => {
    const summarizer = summarizerOf(costOf(), {}, query);
    summarizer.merge(stateOf([keyed({ source: null, namespace: null })]));
    summarizer.merge(stateOf([keyed({ source: "null", namespace: null })]));
    expect(() =>
      summarizer.merge(stateOf([keyed({ source: undefined, namespace: undefined })])),
    ).toThrow('"k1"');
  });

  test("that came by a merge is remembered", () => {
    const summarizer = summarizerOf(costOf(), {}, query);
    summarizer.merge(stateOf([keyed()]));
    summarizer.add(keyed());
    expect(summarizer.summary().totalQuantity?.toString()).toBe("1");
    expect(() => summarizer.merge(stateOf([keyed()]))).toThrow('"k1"');
  });

  test("is remembered, as many as came by a merge", () => {
    const events = Array.from({ length: 60 }, (_, at) => keyed({ idempotencyKey: `k${at}` }));
    const summarizer = summarizerOf(costOf(), {}, query);
    summarizer.merge(stateOf(events));
    for (const event of events) summarizer.add(event);
    expect(summarizer.events).toEqual({
      read: 120,
      used: 60,
      invalid: 0,
      withoutValue: 0,
      withoutTime: 0,
    });
    expect(summarizer.state().keys).toEqual(stateOf(events).keys);
  });

  test("twice in one part is one event, and no error", () => {
    const summarizer = summarizerOf(costOf(), {}, query);
    summarizer.merge(stateOf([keyed(), keyed()]));
    expect(summarizer.summary().totalQuantity?.toString()).toBe("1");
  });

  test("is fine with deduplicate: false", () => {
    const options = { deduplicate: false };
    const summarizer = summarizerOf(costOf(), options, query);
    summarizer.add(keyed());
    summarizer.merge(stateOf([keyed(), keyed()], costOf(), options));
    expect(summarizer.summary().totalQuantity?.toString()).toBe("3");
  });
});

describe("a part of something else is refused", () => {
  const refusal = (state: unknown): readonly unknown[] =>
    pathsOf(inputIssuesOf(() => summarizerOf(costOf(), {}, query).merge(state as SummarizerState)));

  test.each([
    ["another unit cost", costOf({ unitCost: "2" }), query],
    ["another aggregation", costOf({ aggregation: "MAX" }), query],
    ["another event type", costOf({ eventType: "other" }), query],
    ["another value", costOf({ valueProperty: "$.other" }), query],
    ["another merchant", costOf({ merchantId: "org_1" }), query],
    ["another path of a dimension", costOf({ groupBy: { model: "$.name" } }), query],
    ["another range", costOf(), { ...query, to: "2026-07-02T00:00:00Z" }],
    ["another subject", costOf(), { ...query, subject: "a" }],
    ["another grouping", costOf(), { ...query, groupBy: "region" }],
    ["no grouping", costOf(), { window: "HOUR" }],
    ["another window", costOf(), { ...query, window: "DAY" }],
    ["a filter", costOf(), { ...query, filterGroupBy: { model: "a" } }],
  ])("%s", (_name, cost, changes) => {
    expect(refusal(stateOf([], cost, {}, changes))).toEqual([["plan"]]);
  });

  test.each<[object, object]>([
    [{ model: "a" }, { model: "b" }],
    [{ model: "a" }, { region: "a" }],
    [{ model: "a" }, { model: ["a", "b"] }],
    [{ model: "a" }, { model: "a", region: "a" }],
    [
      { model: "a", region: "b" },
      { model: "b", region: "a" },
    ],
  ])("another filter: %o, and %o", (filterGroupBy, other) => {
    const summarizer = summarizerOf(costOf(), {}, { ...query, filterGroupBy });
    summarizer.merge(stateOf([], costOf(), {}, { ...query, filterGroupBy }));
    const part = stateOf([], costOf(), {}, { ...query, filterGroupBy: other });
    expect(pathsOf(inputIssuesOf(() => summarizer.merge(part)))).toEqual([["plan"]]);
  });

  test("another deduplicate option", () => {
    expect(refusal(stateOf([], costOf(), { deduplicate: false }))).toEqual([["keys"]]);
    const summarizer = summarizerOf(costOf(), { deduplicate: false }, query);
    expect(pathsOf(inputIssuesOf(() => summarizer.merge(stateOf([]))))).toEqual([["keys"]]);
  });

  test("another version, or no state at all", () => {
    for (const state of [{ ...stateOf([]), version: 2 }, {}, null, undefined, 5, "state"]) {
      expect(refusal(state)).toEqual([["version"]]);
    }
  });

  test("in words that say what is due", () => {
    const words = (state: unknown, summarizer = summarizerOf(costOf(), {}, query)): string => {
      const run = () => summarizer.merge(state as SummarizerState);
      expect(thrownBy(run)).toMatchObject({
        message: expect.stringMatching(/^The part cannot be merged: /),
      });
      return inputIssuesOf(run)
        .map(({ path, message }) => `${path.join(".")}: ${message}`)
        .join();
    };
    const state = stateOf([]);
    const unchanged = "expected what state() returned, unchanged";
    expect(words({ ...state, version: 2 })).toBe(
      "version: expected what state() of this version of the library returns",
    );
    expect(words({ ...state, plan: "other" })).toBe(
      `plan: expected a part of the same cost and query, ${state.plan}`,
    );
    expect(words({ ...state, keys: undefined })).toBe(
      "keys: expected parts with the same deduplicate option",
    );
    expect(words({ ...state, keys: [5] })).toBe(`keys: ${unchanged}`);
    expect(words({ ...state, events: null })).toBe(`events: ${unchanged}`);
    expect(words({ ...state, breakdown: null })).toBe(`breakdown: ${unchanged}`);
    const summarizer = summarizerOf(costOf(), {}, query);
    const keyed = eventOf({ idempotencyKey: "k", source: 's"', namespace: null });
    summarizer.add(keyed);
    expect(words(stateOf([keyed]), summarizer)).toBe(
      'keys: the idempotency key "k" (source "s\\"", namespace null) is in both parts: split by key, or by ranges of a log that holds each key once, or set deduplicate: false',
    );
  });

  test.each(["read", "used", "invalid", "withoutValue", "withoutTime"])(
    "where its count of %s is none",
    (name) => {
      const { events, ...state } = stateOf([]);
      for (const count of [-1, 0.5, "1", null, undefined, Number.NaN]) {
        expect(refusal({ ...state, events: { ...events, [name]: count } })).toEqual([["events"]]);
      }
      const summarizer = summarizerOf(costOf(), {}, query);
      summarizer.merge({ ...state, events: { ...events, [name]: 3 } });
      expect(summarizer.events).toEqual({
        read: 0,
        used: 0,
        invalid: 0,
        withoutValue: 0,
        withoutTime: 0,
        [name]: 3,
      });
    },
  );

  test("the same meaning in other words is the same plan", () => {
    const filter = { model: ["a", "b"], region: 1 };
    const words = { ...query, filterGroupBy: filter };
    const summarizer = summarizerOf(costOf({ unitCost: "0.10" }), {}, words);
    const others = {
      ...query,
      from: "2026-06-01T02:00:00+02:00",
      groupBy: ["model"],
      filterGroupBy: { region: "1", model: ["b", "a", "b"] },
    };
    const event = eventWith(1, { model: "a", region: 1 });
    summarizer.merge(stateOf([event], costOf({ unitCost: 0.1 }), {}, others));
    expect(summarizer.summary().totalCost?.toString()).toBe("0.1");
  });

  test.each([
    ["no breakdown", { breakdown: undefined }],
    ["a total of the wrong kind", { breakdown: { total: [1], groups: [], windows: [] } }],
    ["no groups", { breakdown: { total: ["1", 0], windows: [] } }],
    ["no windows", { breakdown: { total: ["1", 0], groups: [] } }],
    [
      "a group's cell of the wrong kind",
      { breakdown: { total: ["1", 0], groups: [[["a"], ["x", 0]]], windows: [] } },
    ],
    ["an exponent beyond reason", { breakdown: { total: ["1", 1e9], groups: [], windows: [] } }],
    [
      "a group of no text",
      { breakdown: { total: ["1", 0], groups: [[[1], ["1", 0]]], windows: [] } },
    ],
    [
      "a group's text alone",
      { breakdown: { total: ["1", 0], groups: [["a", ["1", 0]]], windows: [] } },
    ],
    [
      "a group of two dimensions",
      {
        breakdown: {
          total: ["1", 0],
          groups: [
            [
              ["a", "b"],
              ["1", 0],
            ],
          ],
          windows: [],
        },
      },
    ],
    [
      "a window that starts at no time",
      { breakdown: { total: ["1", 0], groups: [], windows: [["0", ["1", 0]]] } },
    ],
    [
      "a window that starts in the middle of one",
      { breakdown: { total: ["1", 0], groups: [], windows: [[1_800_000, ["1", 0]]] } },
    ],
    [
      "a window just beyond the calendar",
      {
        breakdown: {
          total: ["1", 0],
          groups: [],
          windows: [[3_600_000 * 2_400_000_001, ["1", 0]]],
        },
      },
    ],
    [
      "a window beyond the calendar",
      { breakdown: { total: ["1", 0], groups: [], windows: [[3_600_000 * 2 ** 40, ["1", 0]]] } },
    ],
    ["no counts", { events: undefined }],
    [
      "counts that are no integers",
      { events: { read: "1", used: 0, invalid: 0, withoutValue: 0, withoutTime: 0 } },
    ],
    ["keys that are no list", { keys: 5 }],
    ["keys that are no texts", { keys: [[null, null, [5]]] }],
    ["keys that are one text", { keys: [[null, null, "abc"]] }],
    ["keys of a source that is no text", { keys: [[null, 5, ["a"]]] }],
    ["keys of no namespace, not null", { keys: [[undefined, null, ["a"]]] }],
  ])("a damaged state: %s; and nothing has changed", (_name, damage) => {
    const summarizer = summarizerOf(costOf(), {}, query);
    summarizer.add(eventWith(1, { model: "a" }));
    const before = JSON.stringify(summarizer.state());
    const state = { ...stateOf([eventWith(2)]), ...damage } as unknown as SummarizerState;
    expect(inputIssuesOf(() => summarizer.merge(state))).toHaveLength(1);
    expect(JSON.stringify(summarizer.state())).toBe(before);
  });

  test.each([
    ["COUNT", [-1]],
    ["COUNT", [0.5]],
    ["SUM", [1, 0]],
    ["SUM", [" 1", 0]],
    ["SUM", ["1 ", 0]],
    ["SUM", ["0x1", 0]],
    ["SUM", ["0", 10_001]],
    ["SUM", ["0", -10_001]],
    ["MAX", ""],
    ["UNIQUE_COUNT", "ab"],
    ["AVG", ["1", 0, -1]],
    ["AVG", ["1", 0]],
    ["UNIQUE_COUNT", [1]],
    ["LATEST", ["1", 0, "2"]],
    ["MAX", ["1"]],
  ])("a damaged total of %s: %j", (aggregation, total) => {
    const cost = costOf({ aggregation });
    const summarizer = summarizerOf(cost, {}, query);
    const state = { ...stateOf([], cost), breakdown: { total, groups: [], windows: [] } };
    expect(inputIssuesOf(() => summarizer.merge(state as SummarizerState))).toHaveLength(1);
  });
});

test("a state's numbers reach as far as sums of usable numbers do, and farther", () => {
  const summarizer = summarizerOf(costOf(), {}, query);
  const state = stateOf([]);
  for (const exponent of [10_000, -10_000]) {
    summarizer.merge({ ...state, breakdown: { ...state.breakdown, total: ["0", exponent] } });
  }
  expect(summarizer.summary().totalQuantity?.toString()).toBe("0");
});

test("a group or window of a state without a value is no row", () => {
  const cost = costOf({ aggregation: "MAX" });
  const summarizer = summarizerOf(cost, {}, query);
  const state = stateOf([], cost);
  const breakdown = { total: [], groups: [[["a"], []]], windows: [[0, []]] };
  summarizer.merge({ ...state, breakdown } as unknown as SummarizerState);
  expect(summarizer.summary()).toMatchObject({ groups: [], timeSeries: [] });
});

test("groups and windows of a state are refused where none are asked for", () => {
  const state = stateOf([], costOf(), {}, {});
  for (const damage of [{ groups: [[["a"], ["1", 0]]] }, { windows: [[0, ["1", 0]]] }]) {
    const breakdown = { ...state.breakdown, ...damage };
    const summarizer = summarizerOf();
    const run = () => summarizer.merge({ ...state, breakdown } as unknown as SummarizerState);
    expect(pathsOf(inputIssuesOf(run))).toEqual([["breakdown"]]);
    expect(summarizer.state()).toEqual(summarizerOf().state());
  }
});

test.each([
  [[5]],
  [[null]],
  [[["a", null]]],
  [[["a", null, "k"]]],
  [[["a", null, [5]]]],
  [[["a", null, ["k", 5]]]],
  [[["a", null, [null]]]],
  [[[5, null, ["k"]]]],
  [[["a", 5, ["k"]]]],
  [[[undefined, null, ["k"]]]],
  [[{ 0: "a", 1: null, 2: ["k"] }]],
  [[["a", null, ["k"]], 5]],
  ["k"],
])("keys of a state that are none are called so: %j", (keys) => {
  const run = () =>
    summarizerOf(costOf(), {}, query).merge({ ...stateOf([]), keys } as unknown as SummarizerState);
  expect(pathsOf(inputIssuesOf(run))).toEqual([["keys"]]);
});

describe("a damaged part changes nothing", () => {
  const cell = ["1", 0];
  test.each<[string, (state: SummarizerState) => object]>([
    ["keys that are no texts", () => ({ keys: [["a", null, [5]]] })],
    ["keys that are null", () => ({ keys: null })],
    ["a scope that is no text", () => ({ keys: [[5, null, ["k"]]] })],
    [
      "a group of too few texts",
      ({ breakdown }) => ({ breakdown: { ...breakdown, groups: [[[], cell]] } }),
    ],
    [
      "a group of numbers",
      ({ breakdown }) => ({ breakdown: { ...breakdown, groups: [[[5], cell]] } }),
    ],
    ["half a window", ({ breakdown }) => ({ breakdown: { ...breakdown, windows: [[5, cell]] } })],
    [
      "a window as text",
      ({ breakdown }) => ({ breakdown: { ...breakdown, windows: [["0", cell]] } }),
    ],
    ["a cell as text", ({ breakdown }) => ({ breakdown: { ...breakdown, total: "ab" } })],
  ])("%s", (_name, damage) => {
    const summarizer = summarizerOf(costOf(), {}, query);
    for (const event of first) summarizer.add(event);
    const before = JSON.stringify(summarizer.state());
    const state = stateOf(second);
    inputIssuesOf(() => summarizer.merge({ ...state, ...damage(state) } as SummarizerState));
    expect(JSON.stringify(summarizer.state())).toBe(before);
    summarizer.merge(state);
  });
});
