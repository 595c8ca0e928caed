import { Decimal, summarizeCost } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import {
  costOf,
  eventOf,
  eventWith,
  groupsOf,
  JUNE,
  summaryOf,
  totalOf,
  windowsOf,
} from "./events.ts";

const sum = costOf();
const count = costOf({ aggregation: "COUNT" });
const uniqueCount = costOf({ aggregation: "UNIQUE_COUNT" });
const at = (timestamp: string, value: unknown = 1) => eventOf({ timestamp, data: { value } });

describe("totals", () => {
  test("the cost is unitCost x quantity, exact and unrounded", () => {
    const cost = costOf({ unitCost: "0.000000000000000000123456789" });
    expect(summaryOf(cost, [eventWith("12345678901234567890.000000001")])).toEqual({
      totalQuantity: "12345678901234567890.000000001",
      totalCost: "1.524157875171467887501905210123456789",
    });
  });

  test("the cost is not rounded to the digits of a Decimal's own arithmetic", () => {
    const repunit = "1".repeat(80);
    const { totalCost } = summaryOf(costOf({ unitCost: repunit }), [eventWith(repunit)]);
    expect(totalCost).toBe(String(BigInt(repunit) * BigInt(repunit)));
  });

  test("a unit cost of a number means its shortest text", () => {
    expect(summaryOf(costOf({ unitCost: 0.1 }), [eventWith(3)]).totalCost).toBe("0.3");
  });

  test.each([
    ["text", "1.5"],
    ["text in scientific notation", "15e-1"],
    ["a number", 1.5],
    ["a Decimal", new Decimal("1.5")],
    ["a decimal of another library", { s: 1, e: 0, c: [1, 5], toFixed: () => "1.5" }],
  ])("a unit cost may be %s", (_name, unitCost) => {
    expect(summaryOf(costOf({ unitCost }), [eventWith(2)]).totalCost).toBe("3");
  });

  test("a unit cost may be a bigint, or zero", () => {
    expect(summaryOf(costOf({ unitCost: 2n ** 70n }), [eventWith(1)]).totalCost).toBe(
      "1180591620717411303424",
    );
    expect(summaryOf(costOf({ unitCost: 0 }), [eventWith(5)])).toEqual({
      totalQuantity: "5",
      totalCost: "0",
    });
  });

  test("negative quantities have negative costs", () => {
    expect(summaryOf(costOf({ unitCost: "0.5" }), [eventWith(-3)]).totalCost).toBe("-1.5");
  });

  test.each(["SUM", "COUNT", "UNIQUE_COUNT"])("nothing usable: %s gives 0", (aggregation) => {
    const cost = costOf({ aggregation, unitCost: "2" });
    const zero = { totalQuantity: "0", totalCost: "0" };
    expect(summaryOf(cost, [])).toEqual(zero);
    expect(summaryOf(cost, [eventOf({ type: "other" })])).toEqual(zero);
    if (aggregation !== "COUNT") expect(summaryOf(cost, [eventWith(null)])).toEqual(zero);
  });

  test.each(["AVG", "MIN", "MAX", "LATEST"])(
    "nothing usable: %s gives null, quantity and cost both",
    (aggregation) => {
      const cost = costOf({ aggregation, unitCost: "2" });
      const nothing = { totalQuantity: null, totalCost: null };
      expect(summaryOf(cost, [])).toEqual(nothing);
      expect(summaryOf(cost, [eventWith(null), eventWith("x")])).toEqual(nothing);
    },
  );

  test("a null total stays null where the unit cost is 0", () => {
    const cost = costOf({ aggregation: "AVG", unitCost: 0 });
    expect(summaryOf(cost, []).totalCost).toBeNull();
  });

  test("the total is of all events, never a fold of the rows", () => {
    const events = [
      eventWith(1, { model: "a" }),
      eventWith(1, { model: "b" }),
      eventWith(4, { model: "b" }),
    ];
    const query = { groupBy: "model" };
    expect(summaryOf(costOf({ aggregation: "AVG" }), events, query)).toMatchObject({
      totalQuantity: "2",
      groups: [{ quantity: "1" }, { quantity: "2.5" }],
    });
    expect(summaryOf(uniqueCount, events, query)).toMatchObject({
      totalQuantity: "2",
      groups: [{ quantity: "1" }, { quantity: "2" }],
    });
  });

  test("the summary says what it is of", () => {
    const cost = costOf({ id: "cst_1", name: "Calls", currency: "EUR", unitCost: "0.10" });
    const summary = summarizeCost(cost, [eventOf()], JUNE);
    expect(JSON.parse(JSON.stringify(summary))).toEqual({
      object: "cost",
      id: "cst_1",
      name: "Calls",
      type: "metered",
      currency: "EUR",
      unitCost: "0.1",
      eventType: "call",
      totalQuantity: "1",
      totalCost: "0.1",
    });
    expect(summary.totalCost).toBeInstanceOf(Decimal);
  });

  test("an id, a name and a currency that the cost does not have are absent", () => {
    const summary = summarizeCost(costOf(), [], JUNE);
    expect(Object.keys(summary)).not.toEqual(expect.arrayContaining(["id"]));
    expect(Object.keys(summary)).not.toEqual(expect.arrayContaining(["name"]));
    expect(Object.keys(summary)).not.toEqual(expect.arrayContaining(["currency"]));
  });

  test("an array with an iterator of its own holds what that gives", () => {
    const events = Object.assign([eventWith(1)], {
      *[Symbol.iterator]() {
        yield eventWith(2);
        yield eventWith(3);
      },
    });
    expect(summaryOf(costOf(), events).totalQuantity).toBe("5");
  });

  test("any iterable of events will do", () => {
    function* generate() {
      yield eventWith(1);
      yield eventWith(2);
    }
    expect(totalOf(sum, generate())).toBe("3");
    expect(totalOf(sum, new Set([eventWith(1), eventWith(2)]))).toBe("3");
  });
});

describe("groups", () => {
  test("one row for each combination that is present", () => {
    const events = [
      eventWith(1, { model: "large", region: "eu" }),
      eventWith(2, { model: "large", region: "us" }),
      eventWith(4, { model: "small", region: "us" }),
      eventWith(8, { model: "large", region: "eu" }),
    ];
    expect(groupsOf(sum, events, "model,region")).toEqual([
      ["large", "eu", "9"],
      ["large", "us", "2"],
      ["small", "us", "4"],
    ]);
  });

  test("a row has its cost, exact", () => {
    const { groups } = summaryOf(
      costOf({ unitCost: "0.1" }),
      [eventWith(3, { model: "a" }), eventWith("0.01", { model: "b" })],
      { groupBy: "model" },
    );
    expect(groups).toEqual([
      { dimensions: { model: "a" }, quantity: "3", cost: "0.3" },
      { dimensions: { model: "b" }, quantity: "0.01", cost: "0.001" },
    ]);
  });

  test("strings are as they are: no trimming, case kept, nothing normalized", () => {
    const texts = ["a", "A", " a", "a ", "\u00e9", "e\u0301", "a\u0000", "\ud800"];
    const events = texts.map((model) => eventWith(1, { model }));
    expect(groupsOf(count, events, "model")).toEqual(
      [...texts].sort().map((model) => [model, "1"]),
    );
  });

  test("numbers, booleans and null are their text, together with the strings that are it", () => {
    const models = [1, "1", 1e21, "1e+21", true, "true", false, "false", null, "null"];
    const events = models.map((model) => eventWith(1, { model }));
    expect(groupsOf(count, events, "model")).toEqual([
      ["1", "2"],
      ["1e+21", "2"],
      ["false", "2"],
      ["null", "2"],
      ["true", "2"],
    ]);
  });

  test("missing, objects and arrays are the empty text", () => {
    const models = [undefined, "", {}, { a: 1 }, [], ["a"]];
    const events = models.map((model) => eventWith(1, { model }));
    expect(groupsOf(count, events, "model")).toEqual([["", "6"]]);
  });

  test("values such as __proto__ are plain", () => {
    const models = ["__proto__", "constructor", "toString", "__proto__"];
    const events = models.map((model) => eventWith(1, { model }));
    expect(groupsOf(count, events, "model")).toEqual([
      ["__proto__", "2"],
      ["constructor", "1"],
      ["toString", "1"],
    ]);
  });

  test("names such as __proto__ are plain", () => {
    const names = ["__proto__", "constructor", "toString"];
    const cost = costOf({
      aggregation: "COUNT",
      groupBy: Object.fromEntries(names.map((name) => [name, `$.${name}`])),
    });
    const data: unknown = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}');
    const { groups = [] } = summarizeCost(cost, [eventOf({ data })], { ...JUNE, groupBy: names });
    expect(Object.entries(groups[0]?.dimensions ?? {})).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
      ["toString", "c"],
    ]);
    expect(Object.getPrototypeOf(groups[0]?.dimensions)).toBe(Object.prototype);
  });

  test("combinations with any separator in them are told apart", () => {
    const separators = [",", ":", "|", "\u0000", "\u001f", '","', "1:", "0:1:", "\n", "/"];
    const events = separators.flatMap((separator) => [
      eventWith(1, { model: `a${separator}b`, region: "c" }),
      eventWith(1, { model: "a", region: `b${separator}c` }),
      eventWith(1, { model: `a${separator}`, region: "bc" }),
      eventWith(1, { model: "", region: `a${separator}bc` }),
    ]);
    const rows = groupsOf(count, events, "model,region");
    expect(rows).toHaveLength(events.length);
    expect(new Set(rows.map(([, , quantity]) => quantity))).toEqual(new Set(["1"]));
  });

  test("rows are sorted by their values in groupBy order", () => {
    const events = [
      eventWith(1, { model: "b", region: "1" }),
      eventWith(1, { model: "a", region: "2" }),
      eventWith(1, { model: "b", region: "0" }),
      eventWith(1, { model: "a", region: "10" }),
    ];
    expect(groupsOf(count, events, "model,region")).toEqual([
      ["a", "10", "1"],
      ["a", "2", "1"],
      ["b", "0", "1"],
      ["b", "1", "1"],
    ]);
    expect(groupsOf(count, events, "region,model").map(([region]) => region)).toEqual([
      "0",
      "1",
      "10",
      "2",
    ]);
  });

  test("rows are sorted by UTF-16 code unit: not by locale, not by code point", () => {
    const texts = ["b", "B", "a", "", "\u00e4", "z", "\ufb33", "\u{1f600}", "aa"];
    const events = texts.map((model) => eventWith(1, { model }));
    expect(groupsOf(count, events, "model").map(([model]) => model)).toEqual([
      "",
      "B",
      "a",
      "aa",
      "b",
      "z",
      "\u00e4",
      "\u{1f600}",
      "\ufb33",
    ]);
  });

  test("the members of a row's dimensions are in groupBy order", () => {
    const { groups = [] } = summaryOf(sum, [eventOf()], { groupBy: ["region", "model"] });
    expect(Object.keys(groups[0]?.dimensions ?? {})).toEqual(["region", "model"]);
  });

  test("two dimensions may have one path", () => {
    const cost = costOf({ groupBy: { a: "$.model", b: "$.model" } });
    expect(groupsOf(cost, [eventWith(1, { model: "x" })], "a,b")).toEqual([["x", "x", "1"]]);
  });

  test.each(["SUM", "AVG", "MIN", "MAX", "LATEST"])(
    "a group without a usable value is absent for %s",
    (aggregation) => {
      const events = [eventWith(0, { model: "a" }), eventWith(null, { model: "b" })];
      expect(groupsOf(costOf({ aggregation }), events, "model")).toEqual([["a", "0"]]);
    },
  );

  test("a group without a usable value is present for COUNT, and as 0 for UNIQUE_COUNT", () => {
    const events = [eventWith(5, { model: "a" }), eventWith(null, { model: "b" })];
    expect(groupsOf(count, events, "model")).toEqual([
      ["a", "1"],
      ["b", "1"],
    ]);
    expect(groupsOf(uniqueCount, events, "model")).toEqual([
      ["a", "1"],
      ["b", "0"],
    ]);
  });
});

describe("groupBy", () => {
  const events = [eventWith(1, { model: "a", region: "b" })];
  const namesOf = (groupBy: unknown, cost = sum): readonly string[] | undefined => {
    const { groups } = summaryOf(cost, events, { groupBy });
    return groups === undefined ? undefined : Object.keys(groups[0]?.dimensions ?? {});
  };

  test("text is split at commas, and names are trimmed", () => {
    expect(namesOf("model")).toEqual(["model"]);
    expect(namesOf("region,model")).toEqual(["region", "model"]);
    expect(namesOf("  region ,\tmodel\n")).toEqual(["region", "model"]);
  });

  test("repeated names are one", () => {
    expect(namesOf("model,region,model, model")).toEqual(["model", "region"]);
    expect(namesOf(["model", "model"])).toEqual(["model"]);
  });

  test("an empty text, and an empty array, is none", () => {
    expect(namesOf("")).toBeUndefined();
    expect(namesOf("  ")).toBeUndefined();
    expect(namesOf([])).toBeUndefined();
    expect(namesOf(undefined)).toBeUndefined();
  });

  test("an array holds names as they are, with commas and spaces", () => {
    const cost = costOf({ groupBy: { "a,b": "$.model", " c ": "$.region", "": "$.value" } });
    expect(namesOf(["a,b", " c ", ""], cost)).toEqual(["a,b", " c ", ""]);
  });
});

describe("windows", () => {
  test("are UTC minutes", () => {
    const events = [
      at("2026-06-15T12:00:59.999Z"),
      at("2026-06-15T12:01:00Z", 2),
      at("2026-06-15T12:00:00Z", 4),
    ];
    expect(windowsOf(sum, events, { window: "MINUTE" })).toEqual([
      ["2026-06-15T12:00:00.000Z", "5"],
      ["2026-06-15T12:01:00.000Z", "2"],
    ]);
  });

  test("are UTC hours, whatever the offset of an event", () => {
    const events = [at("2026-06-15T12:59:59.999Z"), at("2026-06-15T18:30:00+05:30", 2)];
    expect(windowsOf(sum, events, { window: "HOUR" })).toEqual([
      ["2026-06-15T12:00:00.000Z", "1"],
      ["2026-06-15T13:00:00.000Z", "2"],
    ]);
  });

  test("are UTC days", () => {
    const events = [at("2026-06-15T23:59:59.999Z"), at("2026-06-16T01:00:00+02:00", 2)];
    expect(windowsOf(sum, events, { window: "DAY" })).toEqual([["2026-06-15T00:00:00.000Z", "3"]]);
  });

  test.each([
    ["MINUTE", "2026-06-15T12:35:00.000Z"],
    ["HOUR", "2026-06-15T13:00:00.000Z"],
    ["DAY", "2026-06-16T00:00:00.000Z"],
  ])("of %s ends where the next begins", (window, windowEnd) => {
    const { timeSeries } = summaryOf(sum, [at("2026-06-15T12:34:56Z")], { window });
    expect(timeSeries).toMatchObject([{ windowEnd }]);
  });

  test("an event at the edge is in the window that begins there", () => {
    const events = [at("2026-06-15T12:00:00Z")];
    expect(windowsOf(sum, events, { window: "HOUR" })).toEqual([["2026-06-15T12:00:00.000Z", "1"]]);
  });

  test("are not clipped to from and to", () => {
    const query = { from: "2026-06-15T12:34:00Z", to: "2026-06-15T12:36:00Z", window: "DAY" };
    const { timeSeries } = summaryOf(sum, [at("2026-06-15T12:35:00Z")], query);
    expect(timeSeries).toEqual([
      {
        windowStart: "2026-06-15T00:00:00.000Z",
        windowEnd: "2026-06-16T00:00:00.000Z",
        quantity: "1",
        cost: "1",
      },
    ]);
  });

  test("are ascending, in whatever order the events come", () => {
    const events = [
      at("2026-06-15T12:00:00Z"),
      at("2026-06-02T12:00:00Z"),
      at("2026-06-20T12:00:00Z"),
      at("2026-06-03T12:00:00Z"),
    ];
    expect(windowsOf(sum, events, { window: "DAY" }).map(([start]) => start?.slice(8, 10))).toEqual(
      ["02", "03", "15", "20"],
    );
  });

  test("lie before 1970 too", () => {
    const query = { from: "1969-12-31T00:00:00Z", to: "1970-01-02T00:00:00Z", window: "HOUR" };
    const events = [
      at("1970-01-01T00:00:00Z", 4),
      at("1969-12-31T23:59:59.999Z", 2),
      at("1969-12-31T22:00:00Z", 1),
    ];
    expect(windowsOf(sum, events, query)).toEqual([
      ["1969-12-31T22:00:00.000Z", "1"],
      ["1969-12-31T23:00:00.000Z", "2"],
      ["1970-01-01T00:00:00.000Z", "4"],
    ]);
  });

  test("lie in the year 0 and in 9999", () => {
    const query = { from: "0000-01-01T00:00:00Z", to: "9999-12-31T23:59:59.999Z", window: "DAY" };
    const events = [at("0000-02-29T12:00:00Z"), at("9999-12-31T12:00:00Z")];
    expect(windowsOf(sum, events, query)).toEqual([
      ["0000-02-29T00:00:00.000Z", "1"],
      ["9999-12-31T00:00:00.000Z", "1"],
    ]);
  });

  test("have Dates of their own", () => {
    const query = { ...JUNE, window: "HOUR" as const };
    const summary = summarizeCost(sum, [at("2026-06-15T12:00:00Z")], query);
    expect(summary.timeSeries?.[0]?.windowStart).toEqual(new Date("2026-06-15T12:00:00Z"));
    expect(summary.timeSeries?.[0]?.windowEnd).toEqual(new Date("2026-06-15T13:00:00Z"));
  });

  test("that are empty are absent", () => {
    const events = [at("2026-06-15T12:00:00Z"), at("2026-06-15T15:00:00Z")];
    expect(windowsOf(count, events, { window: "HOUR" })).toHaveLength(2);
  });

  test.each(["SUM", "AVG", "MIN", "MAX", "LATEST"])(
    "without a usable value are absent for %s",
    (aggregation) => {
      const events = [at("2026-06-15T12:00:00Z", 0), at("2026-06-15T13:00:00Z", "x")];
      expect(windowsOf(costOf({ aggregation }), events, { window: "HOUR" })).toEqual([
        ["2026-06-15T12:00:00.000Z", "0"],
      ]);
    },
  );

  test("without a usable value are present for COUNT, and as 0 for UNIQUE_COUNT", () => {
    const events = [at("2026-06-15T12:00:00Z", null)];
    expect(windowsOf(count, events, { window: "HOUR" })).toEqual([
      ["2026-06-15T12:00:00.000Z", "1"],
    ]);
    expect(windowsOf(uniqueCount, events, { window: "HOUR" })).toEqual([
      ["2026-06-15T12:00:00.000Z", "0"],
    ]);
  });
});

describe("breakdowns", () => {
  const events = [
    eventOf({ timestamp: "2026-06-15T12:00:00Z", data: { value: 1, model: "a" } }),
    eventOf({ timestamp: "2026-06-15T13:00:00Z", data: { value: 2, model: "a" } }),
    eventOf({ timestamp: "2026-06-15T13:30:00Z", data: { value: 4, model: "b" } }),
  ];

  test("one that was not asked for is absent, not null", () => {
    const plain = summarizeCost(sum, events, JUNE);
    expect("groups" in plain).toBe(false);
    expect("timeSeries" in plain).toBe(false);
    const grouped = summarizeCost(sum, events, { ...JUNE, groupBy: "model" });
    expect("timeSeries" in grouped).toBe(false);
    const windowed = summarizeCost(sum, events, { ...JUNE, window: "DAY" });
    expect("groups" in windowed).toBe(false);
  });

  test("one that was asked for is there even when it has no rows", () => {
    expect(summaryOf(sum, [], { groupBy: "model", window: "DAY" })).toEqual({
      totalQuantity: "0",
      totalCost: "0",
      groups: [],
      timeSeries: [],
    });
  });

  test("groups and windows are independent of each other", () => {
    const both = summaryOf(sum, events, { groupBy: "model", window: "HOUR" });
    expect(both.groups).toEqual(summaryOf(sum, events, { groupBy: "model" }).groups);
    expect(both.timeSeries).toEqual(summaryOf(sum, events, { window: "HOUR" }).timeSeries);
    expect(both.groups?.map(({ quantity }) => quantity)).toEqual(["3", "4"]);
    expect(both.timeSeries?.map(({ quantity }) => quantity)).toEqual(["1", "6"]);
  });
});

describe("groups of subjects and sources", () => {
  const of = (fields: object, value = 1) => eventOf({ ...fields, data: { value, model: "large" } });
  const events = [
    of({ subject: "cus_b", source: "eu" }, 2),
    of({ subject: "cus_a", source: "us" }),
    of({ subject: "cus_b", source: null }, 4),
    of({ externalSubject: "7" }, 8),
    of({ externalSubject: "unknown" }, 16),
    of({}, 32),
  ];
  const resolveSubject = (id: string) => (id === "7" ? "cus_a" : undefined);

  const bySubject = (query: object, cost = sum, deduplicate = true) =>
    (
      summarizeCost(cost, events, { ...JUNE, ...query }, { resolveSubject, deduplicate }).groups ??
      []
    ).map(({ dimensions, quantity }) => [...Object.values(dimensions), quantity.toString()]);

  test.each([true, false])(
    "one that is not known is the empty text, deduplicated or not: %s",
    (deduplicate) => {
      expect(bySubject({ groupBy: ["$subject"] }, sum, deduplicate)).toEqual([
        ["", "48"],
        ["cus_a", "9"],
        ["cus_b", "6"],
      ]);
      expect(bySubject({ groupBy: "$source" }, sum, deduplicate)).toEqual([
        ["", "60"],
        ["eu", "2"],
        ["us", "1"],
      ]);
    },
  );

  test("beside a dimension of the cost, and as a filter", () => {
    const query = { groupBy: ["$subject", "model"], filterGroupBy: { $source: ["eu", "us"] } };
    expect(bySubject(query)).toEqual([
      ["cus_a", "large", "1"],
      ["cus_b", "large", "2"],
    ]);
  });

  test("a dimension of that name which the cost declares wins", () => {
    const cost = costOf({ groupBy: { $subject: "$.model" } });
    expect(bySubject({ groupBy: ["$subject"] }, cost)).toEqual([["large", "63"]]);
  });

  test("another name with a dollar is none", () => {
    expect(() => bySubject({ groupBy: ["$customer"] })).toThrow(
      'the cost declares no dimension "$customer"',
    );
  });
});
