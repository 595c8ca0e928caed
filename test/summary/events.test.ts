import { runInNewContext } from "node:vm";
import {
  type CostEvent,
  CostsError,
  Decimal,
  InvalidEventError,
  isCostsError,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test, vi } from "vitest";
import {
  costOf,
  eventErrorOf,
  eventOf,
  eventWith,
  groupsOf,
  inputIssuesOf,
  JUNE,
  pathsOf,
  summarizerOf,
  summaryOf,
  thrownBy,
  totalOf,
} from "./events.ts";

const count = costOf({ aggregation: "COUNT" });
const uniqueCount = costOf({ aggregation: "UNIQUE_COUNT" });

describe("an event in memory means its JSON form", () => {
  test("a value with toJSON means what toJSON gives", () => {
    const value = { toJSON: () => "2.5" };
    expect(totalOf(costOf(), [eventWith(value)])).toBe("2.5");
  });

  test("toJSON is called with the name of the member, as JSON.stringify does", () => {
    const value = { toJSON: (name: string) => `is ${name}` };
    expect(groupsOf(costOf(), [eventWith(1, { model: value })], "model")).toEqual([
      ["is model", "1"],
    ]);
  });

  test("toJSON of the event itself and of its data is called too", () => {
    const event = { toJSON: () => eventOf({ data: { toJSON: () => ({ value: 3 }) } }) };
    expect(totalOf(costOf(), [event as unknown as CostEvent])).toBe("3");
  });

  test("toJSON is called with the name where it stands: the event's own with none", () => {
    const names: string[] = [];
    const named = (value: unknown) => ({
      toJSON: (name: string) => {
        names.push(name);
        return value;
      },
    });
    const fields = ["idempotencyKey", "source", "subject", "externalSubject", "namespace"];
    const event = named({
      ...Object.fromEntries(fields.map((name) => [name, named("text")])),
      type: named("call"),
      timestamp: named("2026-06-15T12:00:00Z"),
      data: named({ value: named(2) }),
    });
    expect(totalOf(costOf(), [event as unknown as CostEvent])).toBe("2");
    expect([...names].sort()).toEqual(["", ...fields, "type", "timestamp", "data", "value"].sort());
  });

  test("toJSON on the way of a path is called", () => {
    const cost = costOf({ valueProperty: "$.usage.tokens" });
    const usage = { toJSON: () => ({ tokens: 7 }) };
    expect(totalOf(cost, [eventOf({ data: { usage } })])).toBe("7");
  });

  test("what toJSON gives is not asked for its own toJSON", () => {
    const value = { toJSON: () => ({ toJSON: () => 1 }) };
    // The inner function is a member that JSON would leave out: it is refused like any function.
    expect(pathsOf(eventErrorOf(uniqueCount, [eventWith(value)]).issues)).toEqual([
      ["data", "value"],
    ]);
  });

  test("a Date in data means its ISO text", () => {
    const model = new Date("2026-06-15T12:00:00+02:00");
    expect(groupsOf(costOf(), [eventWith(1, { model })], "model")).toEqual([
      ["2026-06-15T10:00:00.000Z", "1"],
    ]);
  });

  test("an invalid Date in data means null, as in JSON", () => {
    expect(groupsOf(costOf(), [eventWith(1, { model: new Date(Number.NaN) })], "model")).toEqual([
      ["null", "1"],
    ]);
  });

  test("a Decimal in data means its text, a usable number", () => {
    expect(totalOf(costOf(), [eventWith(new Decimal("0.1"))])).toBe("0.1");
  });

  test("boxed values mean what is in the box", () => {
    const events = [
      eventWith(new Number(2), { model: new String("large") }),
      eventWith(new String("3"), { model: new Boolean(true) }),
    ];
    expect(groupsOf(costOf(), events, "model")).toEqual([
      ["large", "2"],
      ["true", "3"],
    ]);
    expect(totalOf(costOf(), [eventOf({ type: new String("call") })])).toBe("1");
  });

  test("NaN and Infinity mean null, which is not usable", () => {
    const events = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) =>
      eventWith(value, { model: value }),
    );
    expect(totalOf(costOf({ aggregation: "MAX" }), events)).toBeNull();
    expect(groupsOf(count, events, "model")).toEqual([["null", "3"]]);
  });

  test("a member that is undefined is missing", () => {
    expect(groupsOf(count, [eventWith(undefined, { model: undefined })], "model")).toEqual([
      ["", "1"],
    ]);
    expect(totalOf(count, [eventOf({ subject: undefined, namespace: undefined })])).toBe("1");
  });

  test("getters are read, inherited and hidden members are not", () => {
    const data = Object.create(
      { model: "inherited" },
      { value: { enumerable: true, get: () => 4 }, region: { enumerable: false, value: "hidden" } },
    ) as object;
    expect(groupsOf(costOf(), [eventOf({ data })], ["model", "region"])).toEqual([["", "", "4"]]);
  });

  test("a class instance means its own members", () => {
    class Usage {
      readonly value = 5;
      readonly model = "large";
    }
    expect(groupsOf(costOf(), [eventOf({ data: new Usage() })], "model")).toEqual([["large", "5"]]);
  });

  test("symbols as names are left out", () => {
    const value = { a: 1, [Symbol("b")]: 2 };
    expect(totalOf(uniqueCount, [eventWith(value), eventWith({ a: 1 })])).toBe("1");
  });

  test("a name __proto__ is a member like any other", () => {
    const data: unknown = JSON.parse('{"__proto__":{"value":6}}');
    expect(
      totalOf(costOf({ valueProperty: "$.__proto__.value" }), [
        eventOf({ data }),
        // Here it is the prototype, which no JSON has.
        eventOf({ data: Object.setPrototypeOf({}, { value: 100 }) }),
      ]),
    ).toBe("6");
  });

  test("an own toJSON of data that gives no object makes the event invalid", () => {
    const error = eventErrorOf(costOf(), [eventOf({ data: { toJSON: () => "text" } })]);
    expect(error.issues).toEqual([{ path: ["data"], message: "expected an object" }]);
  });
});

describe("a value at a used path that JSON cannot carry makes the event invalid", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const branches: unknown[] = [];
  branches.push(branches, branches);
  const values: [name: string, value: unknown][] = [
    ["a bigint", 5n],
    ["a boxed bigint", Object(5n)],
    ["a function", () => 1],
    ["a symbol", Symbol("a")],
    ["a cycle", cycle],
    ["a cycle with branches", branches],
    ["a bigint inside an object", { a: [{ b: 1n }] }],
    ["a function inside an array", [() => 1]],
    ["a symbol inside an object", { a: Symbol("a") }],
    ["toJSON that gives a bigint", { toJSON: () => 1n }],
    ["toJSON that gives a function", { toJSON: () => () => 1 }],
  ];

  test.each(values)("%s as the value of SUM", (_name, value) => {
    const error = eventErrorOf(costOf(), [eventWith(value)]);
    expect(error.code).toBe("INVALID_EVENT");
    expect(error.issues).toEqual([
      { path: ["data", "value"], message: expect.stringContaining("JSON cannot carry") },
    ]);
  });

  test.each(values)("%s as the value of UNIQUE_COUNT", (_name, value) => {
    expect(pathsOf(eventErrorOf(uniqueCount, [eventWith(value)]).issues)).toEqual([
      ["data", "value"],
    ]);
  });

  test.each(values)("%s as a dimension that is grouped by", (_name, value) => {
    const error = eventErrorOf(costOf(), [eventWith(1, { model: value })], { groupBy: "model" });
    expect(pathsOf(error.issues)).toEqual([["data", "model"]]);
  });

  test.each(values)("%s as a dimension that is filtered", (_name, value) => {
    const query = { filterGroupBy: { region: "eu" } };
    const error = eventErrorOf(costOf(), [eventWith(1, { region: value })], query);
    expect(pathsOf(error.issues)).toEqual([["data", "region"]]);
  });

  test("on the way to a nested value: the path says where", () => {
    const cost = costOf({ valueProperty: "$.usage.tokens.input" });
    const error = eventErrorOf(cost, [eventOf({ data: { usage: { tokens: 5n } } })]);
    expect(pathsOf(error.issues)).toEqual([["data", "usage", "tokens"]]);
  });

  test.each(values)("%s at a path that nothing uses does no harm", (_name, value) => {
    expect(totalOf(costOf(), [eventWith(1, { model: value, other: value })])).toBe("1");
    expect(totalOf(count, [eventWith(value)])).toBe("1");
  });

  test("a getter that throws at a used path", () => {
    const data = {
      get value(): number {
        throw new Error("gone");
      },
    };
    const error = eventErrorOf(costOf(), [eventOf({ data, idempotencyKey: "k1" })]);
    expect(error.issues).toEqual([
      { path: ["data", "value"], message: expect.stringContaining("gone") },
    ]);
    expect(error.key).toBe("k1");
  });

  test("toJSON that throws at a used path", () => {
    const value = {
      toJSON: () => {
        throw new Error("gone");
      },
    };
    expect(pathsOf(eventErrorOf(costOf(), [eventWith(value)]).issues)).toEqual([["data", "value"]]);
  });

  test("nothing of an event whose dimension is refused is counted", () => {
    const summarizer = summarizerOf(costOf(), { onInvalidEvent: () => {} }, { groupBy: "model" });
    const before = JSON.stringify(summarizer.state().breakdown);
    summarizer.add(eventWith(1, { model: 5n }));
    expect(JSON.stringify(summarizer.state().breakdown)).toBe(before);
  });

  test("more than a thousand levels, which a cycle would have", () => {
    const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));
    expect(totalOf(uniqueCount, [eventWith(nested(1_000))])).toBe("1");
    expect(pathsOf(eventErrorOf(uniqueCount, [eventWith(nested(1_001))]).issues)).toEqual([
      ["data", "value"],
    ]);
  });
});

describe("every event is validated first", () => {
  test("an event is an object", () => {
    for (const event of [null, undefined, 1, "call", true, [], 5n, () => 1, Symbol("a")]) {
      const error = eventErrorOf(count, [event as unknown as CostEvent]);
      expect(pathsOf(error.issues), String(event)).toEqual([[]]);
      expect(error.key).toBeUndefined();
    }
    expect(eventErrorOf(count, ["call" as unknown as CostEvent]).issues).toEqual([
      { path: [], message: "expected an object" },
    ]);
    expect(eventErrorOf(count, [5n as unknown as CostEvent]).issues).toEqual([
      { path: [], message: "JSON cannot carry a bigint: pass it as text" },
    ]);
  });

  test("type is a string", () => {
    for (const type of [undefined, null, 1, true, {}, ["call"]]) {
      const error = eventErrorOf(count, [eventOf({ type })]);
      expect(error.issues, String(type)).toEqual([{ path: ["type"], message: "expected text" }]);
    }
  });

  test("a field has one issue: the first says what is wrong with it", () => {
    for (const name of ["type", "timestamp", "data", "subject"]) {
      const error = eventErrorOf(count, [eventOf({ [name]: 5n })]);
      expect(error.issues).toEqual([
        { path: [name], message: "JSON cannot carry a bigint: pass it as text" },
      ]);
    }
  });

  test.each(["source", "subject", "externalSubject", "namespace", "idempotencyKey"])(
    "%s is a string, or null or absent",
    (name) => {
      for (const value of ["", "text", null, undefined]) {
        expect(totalOf(count, [eventOf({ [name]: value })]), String(value)).toBe("1");
      }
      for (const value of [1, true, {}, ["text"]]) {
        const error = eventErrorOf(count, [eventOf({ [name]: value })]);
        expect(error.issues).toEqual([
          { path: [name], message: "expected text, or null, or nothing" },
        ]);
      }
    },
  );

  test("data is an object", () => {
    for (const data of [undefined, null, 1, "{}", true, [], [{ value: 1 }]]) {
      const error = eventErrorOf(count, [eventOf({ data })]);
      expect(error.issues).toEqual([{ path: ["data"], message: "expected an object" }]);
    }
  });

  test("a field that JSON cannot carry is named, and the key is kept", () => {
    for (const name of ["type", "source", "subject", "externalSubject", "namespace", "data"]) {
      for (const value of [5n, () => 1, Symbol("a")]) {
        const error = eventErrorOf(count, [eventOf({ idempotencyKey: "k1", [name]: value })]);
        expect(pathsOf(error.issues)).toEqual([[name]]);
        expect(error.key).toBe("k1");
      }
    }
  });

  test("a field whose getter throws is named, and the key is kept", () => {
    const event = Object.defineProperty(eventOf({ idempotencyKey: "k1" }), "subject", {
      enumerable: true,
      get: () => {
        throw new Error("gone");
      },
    });
    const error = eventErrorOf(count, [event]);
    expect(error.issues).toEqual([{ path: ["subject"], message: expect.stringContaining("gone") }]);
    expect(error.key).toBe("k1");
  });

  test("everything that is wrong with an event is named at once", () => {
    const event = { type: 1, source: 2, timestamp: "yesterday", data: [] };
    const error = eventErrorOf(count, [event as unknown as CostEvent]);
    expect(new Set(error.issues.map(({ path }) => path[0]))).toEqual(
      new Set(["type", "source", "timestamp", "data"]),
    );
  });

  test("an event of another type is validated too", () => {
    const error = eventErrorOf(costOf(), [eventOf({ type: "other", timestamp: "never" })]);
    expect(pathsOf(error.issues)).toEqual([["timestamp"]]);
  });

  test("a duplicate is validated too", () => {
    const events = [eventOf({ idempotencyKey: "k1" }), eventOf({ idempotencyKey: "k1", data: 5 })];
    const error = eventErrorOf(costOf(), events);
    expect(pathsOf(error.issues)).toEqual([["data"]]);
    expect(error.index).toBe(1);
  });

  test("an event outside the range and of another subject is validated too", () => {
    const event = eventOf({ subject: "b", timestamp: "2020-01-01T00:00:00Z", source: 7 });
    expect(pathsOf(eventErrorOf(costOf(), [event], { subject: "a" }).issues)).toEqual([["source"]]);
  });
});

describe("an invalid event is a typed error", () => {
  test("with its code, its position and its key", () => {
    const events = [eventOf(), eventOf(), eventOf({ idempotencyKey: "k9", data: null })];
    const error = eventErrorOf(costOf(), events);
    expect(error).toBeInstanceOf(CostsError);
    expect(isCostsError(error)).toBe(true);
    expect(error.name).toBe("InvalidEventError");
    expect(error.code).toBe("INVALID_EVENT");
    expect(error.index).toBe(2);
    expect(error.key).toBe("k9");
    expect(error.message).toBe(
      'Event 2 (idempotency key "k9") is not valid: data: expected an object',
    );
  });

  test("without a key where the key itself is wrong", () => {
    const error = eventErrorOf(costOf(), [eventOf({ idempotencyKey: 9 })]);
    expect(error.key).toBeUndefined();
    expect(pathsOf(error.issues)).toEqual([["idempotencyKey"]]);
  });

  test("the position goes on over merged parts", () => {
    const part = summarizerOf();
    part.add(eventOf());
    part.add(eventOf({ type: "other" }));
    const summarizer = summarizerOf();
    summarizer.add(eventOf());
    summarizer.merge(part.state());
    expect(thrownBy(() => summarizer.add(eventOf({ data: null })))).toMatchObject({ index: 3 });
  });

  test("add can go on after it", () => {
    const summarizer = summarizerOf();
    summarizer.add(eventOf());
    expect(() => summarizer.add(eventOf({ data: null }))).toThrow(InvalidEventError);
    summarizer.add(eventOf());
    expect(summarizer.summary().totalQuantity?.toString()).toBe("2");
    expect(summarizer.events).toEqual({
      read: 3,
      used: 2,
      invalid: 0,
      withoutValue: 0,
      withoutTime: 0,
    });
  });

  test("onInvalidEvent takes it instead, and it is counted", () => {
    const errors: InvalidEventError[] = [];
    const summarizer = summarizerOf(costOf(), { onInvalidEvent: (error) => errors.push(error) });
    const events = [
      eventOf(),
      eventOf({ data: null }),
      eventOf({ type: "other" }),
      eventWith(5n, { idempotencyKey: "k1" }),
      eventOf({ timestamp: "June 15", idempotencyKey: "k2" }),
      eventOf(),
    ];
    for (const event of events) summarizer.add(event);
    expect(errors.map(({ index, key }) => [index, key])).toEqual([
      [1, undefined],
      [3, undefined],
      [4, "k2"],
    ]);
    expect(summarizer.events).toEqual({
      read: 6,
      used: 2,
      invalid: 3,
      withoutValue: 0,
      withoutTime: 0,
    });
    expect(summarizer.summary().totalQuantity?.toString()).toBe("2");
  });

  test("what onInvalidEvent throws comes out, after one call", () => {
    const stop = new Error("enough");
    const onInvalidEvent = vi.fn(() => {
      throw stop;
    });
    const summarizer = summarizerOf(costOf(), { onInvalidEvent });
    expect(thrownBy(() => summarizer.add(eventOf({ data: null })))).toBe(stop);
    expect(onInvalidEvent).toHaveBeenCalledTimes(1);
    expect(thrownBy(() => summarizer.add(eventWith(5n)))).toBe(stop);
    expect(onInvalidEvent).toHaveBeenCalledTimes(2);
    expect(summarizer.events).toEqual({
      read: 2,
      used: 0,
      invalid: 2,
      withoutValue: 0,
      withoutTime: 0,
    });
  });

  test("an event is invalid by its value whatever is filtered by", () => {
    const cost = costOf({ groupBy: { model: "$.model" } });
    const outOfBounds = eventOf({ data: { value: "1e2000", model: "a" } });
    for (const model of ["a", "b"]) {
      const query = { ...JUNE, filterGroupBy: { model } };
      expect(() => summarizeCost(cost, [outOfBounds], query)).toThrowError(
        expect.objectContaining({ code: "INVALID_EVENT", index: 0 }),
      );
    }
  });

  test("an invalid event does not stand in the way of its repetition", () => {
    const options = { onInvalidEvent: () => {} };
    const events = [
      eventOf({ idempotencyKey: "k1", data: { value: "1e2000" } }),
      eventOf({ idempotencyKey: "k1", data: { value: 2 } }),
      eventOf({ idempotencyKey: "k1", data: { value: 3 } }),
    ];
    expect(totalOf(costOf(), events, {}, options)).toBe("2");
  });
});

describe("a timestamp", () => {
  const at = (timestamp: unknown): string | null => totalOf(count, [eventOf({ timestamp })]);

  test.each([
    "2026-06-15T12:00:00Z",
    "2026-06-15t12:00:00z",
    "2026-06-15T12:00:00+00:00",
    "2026-06-15T12:00:00-00:00",
    "2026-06-15T23:59:59.9Z",
    "2026-06-15T00:00:00.123456789012345678901234567890Z",
    "2026-06-30T23:59:59.999999999Z",
    "2026-07-01T05:29:59+05:30",
    "2026-05-31T20:00:00-04:00",
    "2026-06-15T12:00:00+23:59",
  ])("%s is one", (timestamp) => {
    expect(at(timestamp)).toBe("1");
  });

  test.each([
    ["no offset", "2026-06-15T12:00:00"],
    ["a date alone", "2026-06-15"],
    ["no seconds", "2026-06-15T12:00Z"],
    ["a space for T", "2026-06-15 12:00:00Z"],
    ["30 February", "2026-02-30T12:00:00Z"],
    ["29 February of a common year", "2026-02-29T12:00:00Z"],
    ["29 February of 1900", "1900-02-29T12:00:00Z"],
    ["31 June", "2026-06-31T12:00:00Z"],
    ["month 0", "2026-00-15T12:00:00Z"],
    ["month 13", "2026-13-15T12:00:00Z"],
    ["day 0", "2026-06-00T12:00:00Z"],
    ["hour 24", "2026-06-15T24:00:00Z"],
    ["minute 60", "2026-06-15T12:60:00Z"],
    ["second 60", "2026-06-15T23:59:60Z"],
    ["offset hour 24", "2026-06-15T12:00:00+24:00"],
    ["offset minute 60", "2026-06-15T12:00:00+01:60"],
    ["offset without colon", "2026-06-15T12:00:00+0100"],
    ["offset of hours alone", "2026-06-15T12:00:00+01"],
    ["no fraction after the point", "2026-06-15T12:00:00.Z"],
    ["a comma before the fraction", "2026-06-15T12:00:00,5Z"],
    ["a name of a zone", "2026-06-15T12:00:00 UTC"],
    ["words", "June 15"],
    ["seconds since 1970", "1781524800"],
    ["a year of six digits", "+002026-06-15T12:00:00Z"],
    ["a year of two digits", "26-06-15T12:00:00Z"],
    ["one digit of a month", "2026-6-15T12:00:00Z"],
    ["a space before", " 2026-06-15T12:00:00Z"],
    ["a space after", "2026-06-15T12:00:00Z "],
    ["a line feed after", "2026-06-15T12:00:00Z\n"],
    ["other digits", "２０２６-06-15T12:00:00Z"],
    ["nothing", ""],
  ])("is not: %s", (_name, timestamp) => {
    const error = eventErrorOf(count, [eventOf({ timestamp })]);
    expect(error.issues).toEqual([
      { path: ["timestamp"], message: expect.stringMatching(/^expected an RFC 3339 time /) },
    ]);
  });

  test("is not a number, null, true, an object or an invalid Date", () => {
    for (const timestamp of [1781524800000, null, true, {}, [], new Date(Number.NaN)]) {
      expect(pathsOf(eventErrorOf(count, [eventOf({ timestamp })]).issues)).toEqual([
        ["timestamp"],
      ]);
    }
  });

  test("is not a bigint, a function or a symbol", () => {
    for (const timestamp of [5n, () => 1, Symbol("a")]) {
      expect(pathsOf(eventErrorOf(count, [eventOf({ timestamp })]).issues)).toEqual([
        ["timestamp"],
      ]);
    }
  });

  test("is not a Date that RFC 3339 cannot write", () => {
    for (const timestamp of [new Date(8.64e15), new Date(-8.64e15), new Date(253402300800000)]) {
      expect(pathsOf(eventErrorOf(count, [eventOf({ timestamp })]).issues)).toEqual([
        ["timestamp"],
      ]);
    }
  });

  test("may be a valid Date", () => {
    expect(at(new Date("2026-06-15T12:00:00Z"))).toBe("1");
    expect(at(new Date("2026-07-01T00:00:00Z"))).toBe("0");
  });

  test("may be a Date of another realm, or anything whose toJSON gives RFC 3339", () => {
    expect(at(runInNewContext("new Date(Date.UTC(2026, 5, 15))"))).toBe("1");
    expect(at({ toJSON: () => "2026-06-15T12:00:00Z" })).toBe("1");
    const invalid: unknown = runInNewContext("new Date(NaN)");
    expect(pathsOf(eventErrorOf(count, [eventOf({ timestamp: invalid })]).issues)).toEqual([
      ["timestamp"],
    ]);
  });

  test("an offset makes it an instant, not a wall clock", () => {
    expect(at("2026-05-31T23:00:00-01:00")).toBe("1");
    expect(at("2026-06-01T00:59:59+01:00")).toBe("0");
  });

  test("digits beyond milliseconds are cut toward the past", () => {
    const latest = costOf({ aggregation: "LATEST" });
    const events = [
      eventOf({ timestamp: "2026-06-15T12:00:00.0019Z", data: { value: 1 } }),
      eventOf({ timestamp: "2026-06-15T12:00:00.001Z", data: { value: 2 } }),
    ];
    // Both are the same millisecond, so the last received of them is the latest.
    expect(totalOf(latest, events)).toBe("2");
  });

  test("digits beyond milliseconds are cut toward the past before 1970 too", () => {
    const query = { from: "1969-12-31T23:59:59.999Z", to: "1970-01-01T00:00:00Z" };
    const event = eventOf({ timestamp: "1969-12-31T23:59:59.999999Z" });
    expect(totalOf(count, [event], query)).toBe("1");
    const earlier = eventOf({ timestamp: "1969-12-31T23:59:59.9989999Z" });
    expect(totalOf(count, [earlier], query)).toBe("0");
  });
});

describe("an absent timestamp means now", () => {
  const clock = (): Date => new Date("2026-06-15T12:00:00Z");

  test("by the clock", () => {
    const { timeSeries } = summaryOf(
      count,
      [eventOf({ timestamp: undefined }), { type: "call", data: {} }],
      { window: "HOUR" },
      { clock },
    );
    expect(timeSeries).toMatchObject([{ windowStart: "2026-06-15T12:00:00.000Z", quantity: "2" }]);
  });

  test("and so does one whose toJSON gives undefined, which JSON leaves out", () => {
    const event = eventOf({ timestamp: { toJSON: () => undefined } });
    expect(totalOf(count, [event], {}, { clock })).toBe("1");
  });

  test("by the clock of the machine, when none is given", () => {
    vi.useFakeTimers({ now: new Date("2026-06-15T12:00:00Z"), toFake: ["Date"] });
    try {
      expect(totalOf(count, [eventOf({ timestamp: undefined })])).toBe("1");
    } finally {
      vi.useRealTimers();
    }
  });

  test("the clock is read once a summary", () => {
    const ticking = vi
      .fn<() => Date>()
      .mockReturnValueOnce(new Date("2026-06-15T12:00:00Z"))
      .mockReturnValue(new Date("2027-01-01T00:00:00Z"));
    const events = Array.from({ length: 5 }, () => eventOf({ timestamp: undefined }));
    expect(totalOf(count, events, {}, { clock: ticking })).toBe("5");
    expect(ticking).toHaveBeenCalledTimes(1);
  });

  test("the clock is not read when every event has its time", () => {
    const unread = vi.fn(() => new Date());
    expect(totalOf(count, [eventOf(), eventOf()], {}, { clock: unread })).toBe("2");
    expect(unread).not.toHaveBeenCalled();
  });

  test("a clock that gives no valid Date is refused as input, not as an event", () => {
    const heir = Object.create(Date.prototype) as Date;
    for (const wrong of [() => new Date(Number.NaN), () => 5 as unknown as Date, () => heir]) {
      const options = { clock: wrong, onInvalidEvent: () => {} };
      const issues = inputIssuesOf(() =>
        totalOf(count, [eventOf({ timestamp: undefined })], {}, options),
      );
      expect(issues).toEqual([
        { path: ["clock"], message: "expected a function that returns a valid Date" },
      ]);
    }
  });

  test("what the clock throws comes out as it is", () => {
    const broken = new Error("no clock");
    const options = {
      clock: () => {
        throw broken;
      },
      onInvalidEvent: () => {},
    };
    const event = eventOf({ timestamp: undefined });
    expect(thrownBy(() => totalOf(count, [event], {}, options))).toBe(broken);
  });
});
