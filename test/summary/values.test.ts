import { Decimal } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/values/lossless-json.ts";
import {
  costOf,
  eventErrorOf,
  eventOf,
  eventWith,
  groupsOf,
  pathsOf,
  summaryOf,
  totalOf,
} from "./events.ts";

const VALUE_AGGREGATIONS = ["SUM", "AVG", "MIN", "MAX", "LATEST"] as const;
const sum = costOf();
const average = costOf({ aggregation: "AVG" });
const least = costOf({ aggregation: "MIN" });
const greatest = costOf({ aggregation: "MAX" });
const latest = costOf({ aggregation: "LATEST" });
const uniqueCount = costOf({ aggregation: "UNIQUE_COUNT" });

const values = (...list: readonly unknown[]) => list.map((value) => eventWith(value));
/** Events of values that were read from JSON text, where a number keeps all its digits. */
const literals = (...list: readonly string[]) =>
  list.map((literal) => eventWith(parseJson(literal)));

describe("a path", () => {
  test("walks members of objects", () => {
    const cost = costOf({ valueProperty: "$.usage.tokens.input" });
    const data = { usage: { tokens: { input: 5 } }, "usage.tokens.input": 100 };
    expect(totalOf(cost, [eventOf({ data })])).toBe("5");
  });

  test("ends at what is no object", () => {
    const cost = costOf({ valueProperty: "$.usage.length" });
    for (const usage of ["text", 5, true, null, undefined, [1, 2], new String("text")]) {
      expect(totalOf(cost, [eventOf({ data: { usage } })]), String(usage)).toBe("0");
    }
  });

  test("does not walk through arrays, not even by index", () => {
    for (const path of ["$.items.tokens", "$.items.0.tokens", "$.items.0", "$.items.length"]) {
      const cost = costOf({ valueProperty: path });
      expect(totalOf(cost, [eventOf({ data: { items: [{ tokens: 5 }] } })]), path).toBe("0");
    }
  });

  test("may go through a name of digits", () => {
    const cost = costOf({ valueProperty: "$.items.0" });
    expect(totalOf(cost, [eventOf({ data: { items: { 0: 5 } } })])).toBe("5");
  });

  test("sees no inherited members", () => {
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      const cost = costOf({ aggregation: "UNIQUE_COUNT", valueProperty: `$.${name}` });
      expect(totalOf(cost, [eventOf({ data: {} })]), name).toBe("0");
      const nested = costOf({ aggregation: "UNIQUE_COUNT", valueProperty: `$.value.${name}` });
      expect(totalOf(nested, [eventWith({}), eventWith("text"), eventWith(5)]), name).toBe("0");
    }
  });

  test("does not walk into a number that was kept as text", () => {
    const cost = costOf({ aggregation: "UNIQUE_COUNT", valueProperty: "$.value.text" });
    expect(totalOf(cost, literals("12345678901234567890"))).toBe("0");
  });
});

describe("a usable number", () => {
  test.each([
    [1, "1"],
    [-1.5, "-1.5"],
    [0.1, "0.1"],
    [1e21, "1000000000000000000000"],
    [1e-7, "0.0000001"],
    [5e-324, `0.${"0".repeat(323)}5`],
    [-0, "0"],
    [Number.MAX_SAFE_INTEGER, "9007199254740991"],
    [new Decimal("1.25"), "1.25"],
  ])("is the JSON number %s", (value, text) => {
    expect(totalOf(sum, values(value))).toBe(text);
  });

  test.each([
    ["1", "1"],
    ["-1", "-1"],
    ["+1", "1"],
    ["1.", "1"],
    [".5", "0.5"],
    ["-.5", "-0.5"],
    ["+1.e2", "100"],
    ["1.50", "1.5"],
    ["007", "7"],
    ["-000.10", "-0.1"],
    ["1e3", "1000"],
    ["1E+3", "1000"],
    ["1e-3", "0.001"],
    ["1e0003", "1000"],
    ["-0", "0"],
    ["0.1234567890123456789012345", "0.1234567890123456789012345"],
    ["123456789012345678901234567890", "123456789012345678901234567890"],
  ])("is the text %j", (value, text) => {
    expect(totalOf(sum, values(value))).toBe(text);
  });

  const unusable: readonly unknown[] = [
    null,
    undefined,
    true,
    false,
    {},
    { value: 1 },
    [],
    [1],
    "",
    " ",
    " 1",
    "1 ",
    "1\n",
    "\t1",
    "1\u00a0",
    "0x10",
    "0b1",
    "0o7",
    "1_000",
    "1,000",
    "1,5",
    "1'000",
    "NaN",
    "Infinity",
    "-Infinity",
    "inf",
    "-",
    "+",
    ".",
    "-.",
    "e5",
    ".e5",
    "1e",
    "1e+",
    "1e1.5",
    "1.2.3",
    "--1",
    "+-1",
    "- 1",
    "1n",
    "1f",
    "$1",
    "1%",
    "true",
    "null",
    "١",
    "１",
    "½",
    "−1",
    "1e1001e",
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ];

  test.each(VALUE_AGGREGATIONS)("is nothing else, which is as if absent for %s", (aggregation) => {
    const cost = costOf({ aggregation });
    for (const value of unusable) {
      // Far from every neutral element, and in front, behind and latest alike.
      const events = [eventWith(value), eventWith(7), eventWith(value)];
      expect(totalOf(cost, events), JSON.stringify(value)).toBe("7");
      expect(totalOf(cost, [eventWith(value)])).toBe(aggregation === "SUM" ? "0" : null);
    }
  });
});

describe("the bounds of a usable number", () => {
  const inside = [
    "9".repeat(1_000),
    `0.${"9".repeat(1_000)}`,
    `${"0".repeat(5_000)}1`,
    `1.${"0".repeat(5_000)}`,
    `${"9".repeat(500)}.${"9".repeat(500)}`,
    "1e1000",
    "-9.99e1000",
    "1e-1000",
    `1${"0".repeat(1_000)}`,
    `0.${"0".repeat(999)}1`,
    `0.${"0".repeat(1_500)}1e1000`,
  ];
  const outside = [
    "9".repeat(1_001),
    `0.${"9".repeat(1_001)}`,
    `1${"0".repeat(999)}.1`,
    "1e1001",
    "-1e1001",
    "0.1e1002",
    "1e-1001",
    `0.${"0".repeat(1_000)}1`,
    "1e99999999999999999999999",
    "-1e-99999999999999999999999",
    `1e${"9".repeat(400)}`,
  ];

  test.each(VALUE_AGGREGATIONS)("inside of them %s reads it exactly", (aggregation) => {
    const cost = costOf({ aggregation });
    for (const text of inside) {
      const exact = new Decimal(text);
      const expected = aggregation === "AVG" ? exact.toSignificantDigits(34) : exact;
      expect(totalOf(cost, values(text)), text.slice(0, 20)).toBe(expected.toFixed());
    }
  });

  test.each(VALUE_AGGREGATIONS)("outside of them the event is invalid for %s", (aggregation) => {
    const cost = costOf({ aggregation });
    for (const text of outside) {
      const error = eventErrorOf(cost, [eventWith(text, {}), eventWith(1)]);
      expect(error.code).toBe("INVALID_EVENT");
      expect(error.issues).toEqual([
        { path: ["data", "value"], message: expect.stringContaining("1000 significant digits") },
      ]);
    }
  });

  test("outside of them a number literal makes the event invalid too", () => {
    for (const literal of ["1e1001", "-1e-1001", "9".repeat(1_001)]) {
      expect(pathsOf(eventErrorOf(sum, literals(literal)).issues)).toEqual([["data", "value"]]);
    }
  });

  test("zero is always fine", () => {
    const zeros = ["0e99999", "-0e-99999", "0".repeat(2_000), `0.${"0".repeat(2_000)}`];
    expect(totalOf(sum, values(...zeros, 7))).toBe("7");
    expect(totalOf(sum, literals("0e99999", "-0.0e-99999"))).toBe("0");
  });

  test("text that looks like a number out of them is plain text in a dimension", () => {
    expect(groupsOf(sum, [eventWith(1, { model: "1e1001" })], "model")).toEqual([["1e1001", "1"]]);
    expect(totalOf(uniqueCount, values("1e1001", "1e1001", "1e1002"))).toBe("2");
  });

  test("far sums, means and costs within them neither round nor overflow", () => {
    expect(totalOf(sum, values("1e1000", "1e-1000", "-1e1000"))).toBe(`0.${"0".repeat(999)}1`);
    expect(totalOf(sum, values(...Array.from({ length: 20 }, () => "9e1000")))).toBe(
      `180${"0".repeat(1_000)}`,
    );
    const cost = costOf({ unitCost: "1e-1000" });
    expect(summaryOf(cost, values("1e-1000")).totalCost).toBe(`0.${"0".repeat(1_999)}1`);
  });
});

describe("arithmetic", () => {
  test("is of decimals: 0.1 is 0.1", () => {
    expect(totalOf(sum, values(0.1, 0.2))).toBe("0.3");
    expect(totalOf(sum, values(...Array.from({ length: 10 }, () => 0.1)))).toBe("1");
    expect(totalOf(sum, values(1.1, "2.2", parseJson("3.30000000000000000003")))).toBe(
      "6.60000000000000000003",
    );
  });

  test("keeps more than 19 fraction digits", () => {
    expect(totalOf(sum, values("0.00000000000000000000000000001", 1))).toBe(
      "1.00000000000000000000000000001",
    );
  });

  test("does not wrap at 1e19, nor at 2^53 or 2^64", () => {
    expect(totalOf(sum, values("9e18", "9e18"))).toBe("18000000000000000000");
    expect(totalOf(sum, values(9007199254740991, 1, 1))).toBe("9007199254740993");
    expect(totalOf(sum, values("18446744073709551615", 1))).toBe("18446744073709551616");
  });

  test("loses nothing between the very great and the very small", () => {
    expect(totalOf(sum, values(1e300, 1e-300, -1e300))).toBe(`0.${"0".repeat(299)}1`);
  });

  test("keeps the digits of a number of the source", () => {
    expect(totalOf(sum, literals("9007199254740993"))).toBe("9007199254740993");
    expect(totalOf(greatest, literals("9007199254740993", "9007199254740992"))).toBe(
      "9007199254740993",
    );
  });
});

describe("the text of a number", () => {
  const texts: [literal: string, text: string][] = [
    ["1.0", "1"],
    ["1E5", "100000"],
    ["1e5", "100000"],
    ["1e21", "1e+21"],
    ["1e20", "100000000000000000000"],
    ["123456789012345678901", "123456789012345678901"],
    ["1234567890123456789012", "1.234567890123456789012e+21"],
    ["1e-6", "0.000001"],
    ["1e-7", "1e-7"],
    ["1.5e-7", "1.5e-7"],
    ["0.00000123", "0.00000123"],
    ["-0", "0"],
    ["-0.0", "0"],
    ["0e5", "0"],
    ["-1.50", "-1.5"],
    ["9007199254740993", "9007199254740993"],
    ["0.1000000000000000000000001", "0.1000000000000000000000001"],
    ["1.000000000000000000000", "1"],
    ["100000000000000000000000e-2", "1e+21"],
    ["-12345678901234567890.5", "-12345678901234567890.5"],
    ["1e999", "1e+999"],
    ["1e5000", "1e+5000"],
    ["1e9007199254740993", "1e+9007199254740993"],
  ];

  test.each(texts)("%s is %s in a group", (literal, text) => {
    const events = [eventWith(1, { model: parseJson(literal) }), eventWith(1, { model: text })];
    expect(groupsOf(sum, events, "model")).toEqual([[text, "2"]]);
  });

  test.each(texts)("%s is %s in a filter", (literal, text) => {
    const events = [eventWith(1, { model: parseJson(literal) })];
    expect(totalOf(sum, events, { filterGroupBy: { model: text } })).toBe("1");
  });

  test.each(texts)("%s is %s in UNIQUE_COUNT", (literal, text) => {
    expect(totalOf(uniqueCount, [...literals(literal), eventWith(text)])).toBe("1");
  });

  test("keeps an exponent of hundreds of digits", () => {
    const literal = `-1.5e-${"9".repeat(400)}`;
    expect(totalOf(uniqueCount, [...literals(literal), eventWith(literal)])).toBe("1");
  });

  test("for every JS number it is String(n)", () => {
    for (const n of [
      0.1,
      1 / 3,
      1e21,
      1e20,
      123e-20,
      5e-324,
      1.7976931348623157e308,
      -1e-7,
      2e53,
    ]) {
      expect(groupsOf(sum, [eventWith(1, { model: n })], "model")).toEqual([[String(n), "1"]]);
    }
  });
});

describe("COUNT", () => {
  test("counts events, whatever their value", () => {
    const cost = costOf({ aggregation: "COUNT" });
    expect(totalOf(cost, values(1, null, undefined, "x", {}, [], 5n, "1e9999"))).toBe("8");
  });

  test("needs no valueProperty, and ignores one that is no path", () => {
    for (const valueProperty of [undefined, null, "", "value", 5, "$.value"]) {
      const cost = costOf({ aggregation: "COUNT", valueProperty });
      expect(totalOf(cost, values(1, 2))).toBe("2");
    }
  });
});

describe("AVG", () => {
  test("is the sum over the count of usable values", () => {
    expect(totalOf(average, values(1, 2, null, "x", undefined, "6"))).toBe("3");
  });

  test("has 34 significant digits", () => {
    expect(totalOf(average, values(1, 0, 0))).toBe(`0.${"3".repeat(34)}`);
    expect(totalOf(average, values(2, 0, 0))).toBe(`0.${"6".repeat(33)}7`);
    expect(totalOf(average, values(200, 0, 0))).toBe(`66.${"6".repeat(31)}7`);
    expect(totalOf(average, values("2e40", 0, 0))).toBe(`${"6".repeat(33)}7000000`);
  });

  test("rounds a tie to the even digit", () => {
    // 34 digits, and a 5 behind them.
    const down = "1.0000000000000000000000000000000025";
    const up = "1.0000000000000000000000000000000035";
    expect(totalOf(average, values(down))).toBe("1.000000000000000000000000000000002");
    expect(totalOf(average, values(up))).toBe("1.000000000000000000000000000000004");
    expect(totalOf(average, values(`-${down}`))).toBe("-1.000000000000000000000000000000002");
    expect(totalOf(average, values(`${down}0000001`))).toBe("1.000000000000000000000000000000003");
  });

  test("carries over when it rounds up", () => {
    expect(totalOf(average, values("9".repeat(35)))).toBe(`1${"0".repeat(35)}`);
  });

  test("is not a mean of means: each value weighs the same", () => {
    expect(totalOf(average, values(1, 1, 1, 5))).toBe("2");
  });

  test("its cost multiplies the rounded mean", () => {
    const cost = costOf({ aggregation: "AVG", unitCost: "3" });
    expect(summaryOf(cost, values(1, 0, 0)).totalCost).toBe(`0.${"9".repeat(34)}`);
  });
});

describe("MIN and MAX", () => {
  test("compare as numbers, not as text", () => {
    const events = values("10", 9, "1e2", "-5", -4.5);
    expect(totalOf(least, events)).toBe("-5");
    expect(totalOf(greatest, events)).toBe("100");
  });

  test("are not drawn to zero", () => {
    expect(totalOf(greatest, values(-3, -2))).toBe("-2");
    expect(totalOf(least, values(3, 2))).toBe("2");
  });

  test("tell numbers apart that are one double", () => {
    const events = literals("0.1000000000000000000001", "0.1000000000000000000002");
    expect(totalOf(least, events)).toBe("0.1000000000000000000001");
    expect(totalOf(greatest, events)).toBe("0.1000000000000000000002");
    expect(totalOf(greatest, values(0.1, "0.1000000000000000000001"))).toBe(
      "0.1000000000000000000001",
    );
    expect(totalOf(greatest, values("0.1000000000000000000001", 0.1))).toBe(
      "0.1000000000000000000001",
    );
  });

  test("reach over the whole range of a double", () => {
    const events = values(-1.7976931348623157e308, 5e-324, 1.7976931348623157e308);
    expect(totalOf(greatest, events)).toBe(new Decimal(1.7976931348623157e308).toFixed());
    expect(totalOf(least, events)).toBe(new Decimal(-1.7976931348623157e308).toFixed());
    expect(totalOf(least, values(5e-324, 1e-323))).toBe(new Decimal(5e-324).toFixed());
  });
});

describe("LATEST", () => {
  const at = (timestamp: string, value: unknown) => eventOf({ timestamp, data: { value } });

  test("is the value of the greatest timestamp, not of the last received", () => {
    const events = [
      at("2026-06-10T00:00:00Z", 1),
      at("2026-06-20T00:00:00Z", 2),
      at("2026-06-15T00:00:00Z", 3),
    ];
    expect(totalOf(latest, events)).toBe("2");
  });

  test("of equal timestamps is the last received", () => {
    const events = [
      at("2026-06-10T00:00:00Z", 3),
      at("2026-06-10T02:00:00+02:00", 1),
      at("2026-06-10T00:00:00.000Z", 2),
    ];
    expect(totalOf(latest, events)).toBe("2");
    expect(totalOf(latest, [...events].reverse())).toBe("3");
  });

  test("tells milliseconds apart", () => {
    const events = [at("2026-06-10T00:00:00.002Z", 1), at("2026-06-10T00:00:00.001Z", 2)];
    expect(totalOf(latest, events)).toBe("1");
  });

  test("passes over what is not usable", () => {
    const events = [
      at("2026-06-10T00:00:00Z", 1),
      at("2026-06-20T00:00:00Z", null),
      at("2026-06-21T00:00:00Z", undefined),
      at("2026-06-22T00:00:00Z", "x"),
    ];
    expect(totalOf(latest, events)).toBe("1");
  });

  test("works before 1970", () => {
    const query = { from: "1960-01-01T00:00:00Z", to: "1970-01-01T00:00:00Z" };
    const events = [at("1969-12-31T23:59:59Z", 1), at("1965-01-01T00:00:00Z", 2)];
    expect(totalOf(latest, events, query)).toBe("1");
  });
});

describe("UNIQUE_COUNT", () => {
  const unique = (...list: readonly unknown[]) => totalOf(uniqueCount, values(...list));

  test("counts distinct texts", () => {
    expect(unique("a", "b", "a", "A", "a ", "")).toBe("5");
  });

  test("number 1 and text 1 are one", () => {
    expect(unique(1, "1")).toBe("1");
    expect(unique(1e21, "1e+21")).toBe("1");
    expect(unique(-0, 0, "0")).toBe("1");
  });

  test("true and its text are one", () => {
    expect(unique(true, "true", false, "false")).toBe("2");
  });

  test('"1.0" and "1" are two', () => {
    expect(unique("1.0", "1", 1)).toBe("2");
    expect(unique("-0", "0", -0)).toBe("2");
  });

  test("null and missing are not counted", () => {
    expect(unique(null, undefined, Number.NaN)).toBe("0");
    expect(unique(null, undefined, "a")).toBe("1");
  });

  test('the string "null" is counted', () => {
    expect(unique("null", null)).toBe("1");
  });

  test("an empty string is counted", () => {
    expect(unique("", "")).toBe("1");
  });

  test("objects count by their canonical JSON: members in any order are one", () => {
    expect(unique({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toBe("1");
    expect(unique({ a: 1 }, { a: 2 }, { b: 1 }, {}, { a: null }, { a: undefined })).toBe("5");
  });

  test("arrays count by their canonical JSON: their order matters", () => {
    expect(unique([1, 2], [2, 1], [1, 2], [], [[]], [null], [undefined])).toBe("5");
  });

  test("an array and an object are two, even with the same members", () => {
    expect(unique(["a"], { 0: "a" }, [], {})).toBe("4");
  });

  test("inside of them 1 and its text are two, 1.0 and 1 are one", () => {
    expect(unique([1], ["1"], { a: true }, { a: "true" })).toBe("4");
    expect(totalOf(uniqueCount, literals("[1.0]", "[1]", "[1e0]", "[1.000000000000000000]"))).toBe(
      "1",
    );
    expect(totalOf(uniqueCount, literals("[1e21]", "[1000000000000000000000]"))).toBe("1");
  });

  test("inside of them every digit of the source counts", () => {
    expect(totalOf(uniqueCount, literals("[9007199254740993]", "[9007199254740992]"))).toBe("2");
    expect(
      totalOf(
        uniqueCount,
        literals('{"a":[{"b":9007199254740993}]}', '{"a":[{"b":9007199254740992}]}'),
      ),
    ).toBe("2");
  });

  test("members are ordered by UTF-16 code unit", () => {
    // By code point the second name would come first.
    const text = '{"\u{1f600}":2,"\ufb33":1}';
    expect(unique({ "\ufb33": 1, "\u{1f600}": 2 }, text)).toBe("1");
    expect(unique({ b: 1, a: 2, B: 3, 10: 4, 9: 5 }, '{"10":4,"9":5,"B":3,"a":2,"b":1}')).toBe("1");
  });

  test("an object is one with the text that is its canonical JSON", () => {
    expect(unique({ b: [1, "x", null], a: true }, '{"a":true,"b":[1,"x",null]}')).toBe("1");
  });

  test("nothing is cut: long texts that differ at their end are two", () => {
    const long = "x".repeat(100_000);
    expect(unique(`${long}1`, `${long}2`)).toBe("2");
  });

  test("names of built-in members are plain values", () => {
    expect(unique("__proto__", "constructor", "toString", "__proto__")).toBe("3");
    expect(totalOf(uniqueCount, literals('{"__proto__":1}', '{"__proto__":2}', "{}"))).toBe("3");
  });
});

describe("a lossless number that was cloned", () => {
  const digits = "9007199254740993.10000000000000000001";
  const clones = (literal: string) => structuredClone(parseJson(literal));

  test("means its digits as a value, a dimension and a text", () => {
    const events = [eventWith(clones(digits), { model: clones("12345678901234567890") })];
    expect(totalOf(sum, events)).toBe(digits);
    expect(groupsOf(sum, events, "model")).toEqual([["12345678901234567890", digits]]);
    expect(totalOf(uniqueCount, [...events, eventWith(digits), ...literals(digits)])).toBe("1");
    const nested = [eventWith({ list: [clones(digits)] }), ...literals(`{"list":[${digits}]}`)];
    expect(totalOf(uniqueCount, nested)).toBe("1");
  });

  test("has no members, and is not an object", () => {
    const inside = costOf({ valueProperty: "$.value.text" });
    expect(totalOf(inside, [eventWith(clones(digits))])).toBe("0");
    const data = costOf({ valueProperty: "$.text" });
    expect(pathsOf(eventErrorOf(data, [eventOf({ data: clones(digits) })]).issues)).toEqual([
      ["data"],
    ]);
  });

  test.each([["12a"], [""], [5], [undefined]])(
    "with %j for its digits makes the event invalid",
    (text) => {
      const damaged = { ...(clones(digits) as object), text };
      for (const cost of [sum, uniqueCount]) {
        expect(pathsOf(eventErrorOf(cost, [eventWith(damaged)]).issues)).toEqual([
          ["data", "value"],
        ]);
      }
    },
  );
});
