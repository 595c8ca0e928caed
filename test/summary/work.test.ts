import { type CostEvent, CostSummarizer, summarizeCost } from "metered-costs/summary";
import { describe, expect, test, vi } from "vitest";
import { costOf, eventOf, eventWith, JUNE, plainJson } from "./events.ts";

/** How often a summary of events calls a function, which is counted instead of timed: a fast way must be taken. */
function callsOf<Owner extends object>(owner: Owner, name: keyof Owner, run: () => void): number {
  const spy = vi.spyOn(owner, name as never);
  try {
    run();
    return spy.mock.calls.length;
  } finally {
    spy.mockRestore();
  }
}

/** The sum of values, all and by group, and how many BigInts it took. */
function sumOf(values: readonly number[], groups = 1) {
  const events = values.map((value, at) => eventWith(value, { model: `m${at % groups}` }));
  let summary = {};
  const bigints = callsOf(globalThis, "BigInt", () => {
    summary = plainJson(summarizeCost(costOf(), events, { ...JUNE, groupBy: ["model"] }));
  });
  return { ...(summary as ReturnType<typeof plainJson>), bigints };
}
const repeated = (count: number, valueAt: (at: number) => number): number[] =>
  Array.from({ length: count }, (_, at) => valueAt(at));

describe("a sum of JS numbers is exact", () => {
  test.each<[name: string, values: number[], total: string]>([
    [
      "beyond what a double holds",
      [...repeated(10, () => 999_999_999_999_999), 1],
      "9999999999999991",
    ],
    [
      "beyond it below zero",
      [...repeated(10, () => -999_999_999_999_999), -1],
      "-9999999999999991",
    ],
    [
      "beyond it in cents",
      [...repeated(100, () => 9_999_999_999_999.99), 0.01],
      "999999999999999.01",
    ],
    ["there and back", [...repeated(20, () => 1e15), 1, ...repeated(20, () => -1e15)], "1"],
    ["of one that is no whole double", [1e23, 1e22, 1], "110000000000000000000001"],
    ["of the least and the greatest", [1e-7, 1e15, 0.1, -1e15], "0.1000001"],
    ["of fractions that come one finer than the other", [1, 0.5, 0.25, 0.125, 0.0625], "1.9375"],
    [
      "of fractions after great numbers",
      [5e14, ...repeated(100, () => 0.01), 5e14],
      "1000000000000001",
    ],
    [
      "of coarse after fine",
      [0.000001, ...repeated(100, () => 123_456_789_012), 0.5],
      "12345678901200.500001",
    ],
    ["of none but zeros", [0, -0, 0], "0"],
    ["of what takes each other away", [0.1, 0.2, -0.3], "0"],
  ])("%s", (_name, values, total) => {
    expect(sumOf(values).totalQuantity).toBe(total);
    expect(sumOf([...values, ...values.map((value) => -value)]).totalQuantity).toBe("0");
    const { groups = [], totalQuantity } = sumOf(
      values.flatMap((value) => [value, value, value]),
      3,
    );
    expect(groups.map(({ quantity }) => quantity)).toEqual([total, total, total]);
    expect(totalQuantity).toBe(String(BigIntOf(total, 3)));
  });
});

/** Three times a decimal, by integers. */
function BigIntOf(text: string, factor: number): string {
  const [whole = "", fraction = ""] = text.split(".");
  const all = String(BigInt(whole + fraction) * BigInt(factor));
  if (fraction === "") return all;
  const padded = all.padStart(fraction.length + 1, "0");
  return `${padded.slice(0, -fraction.length)}.${padded.slice(-fraction.length)}`;
}

describe("a sum takes no BigInt for a usual value", () => {
  const prices = (at: number): number =>
    Number(`${(at * 37) % 1_000}.${String(at % 100).padStart(2, "0")}`);

  test("of cents, in some hundred groups", () => {
    const { bigints, groups } = sumOf(repeated(10_000, prices), 500);
    expect(groups).toHaveLength(500);
    // One for each row, and a few at the first values.
    expect(bigints).toBeLessThan(520);
  });
  test("of negative ones", () => {
    expect(sumOf(repeated(10_000, (at) => -prices(at))).bigints).toBeLessThan(5);
  });
  test("of whole numbers", () => {
    expect(sumOf(repeated(10_000, (at) => at)).bigints).toBeLessThan(5);
  });
  test("of ever finer ones", () => {
    expect(
      sumOf(repeated(10_000, (at) => Number(`1e-${Math.floor(at / 1_000)}`))).bigints,
    ).toBeLessThan(100);
  });
  test("of coarser ones after a few that are very fine", () => {
    const values = repeated(10_000, (at) => (at < 10 ? 1e-12 : 123_456_789.25));
    expect(sumOf(values).bigints).toBeLessThan(60);
  });
  test("of fine ones after a great one", () => {
    const values = repeated(10_000, (at) => (at < 10 ? 5e14 : prices(at)));
    expect(sumOf(values).bigints).toBeLessThan(60);
  });
  test("of great ones after an odd one, which does not lead astray", () => {
    const great = repeated(1_000, () => 1_000_000_000);
    expect(sumOf([1_000_000_000, 0.25, 1e-7, ...great]).bigints).toBeLessThan(12);
    expect(sumOf([1_000_000_000, 0.5, 0.25, 0.125, 1e-9, ...great]).bigints).toBeLessThan(20);
  });
  test("of ever finer ones after those that were too great", () => {
    const first = [...repeated(10, () => 5e14), ...repeated(100, prices)];
    const values = [...first, ...repeated(1_000, (at) => Number(`${at}.125`))];
    expect(sumOf(values).bigints).toBeLessThan(60);
  });
  test("and only the odd value pays, not all groups for each", () => {
    const great = repeated(10_000, (at) => (at % 100 === 50 ? 1e-9 : 1_234_567_890 + (at % 4) / 4));
    const { bigints } = sumOf(great, 500);
    expect(bigints).toBeLessThan(700);
    const negative = sumOf(
      great.map((value) => -value),
      500,
    );
    expect(negative.bigints).toBeLessThan(700);
  });
});

describe("times are read from the bytes of all of them, not character by character", () => {
  const timeOf = (at: number): string => new Date(Date.UTC(2026, 5, 15) + at * 1_000).toISOString();
  const walked = (events: readonly object[]): number =>
    callsOf(String.prototype, "charCodeAt", () => {
      const { totalQuantity } = summarizeCost(
        costOf({ aggregation: "COUNT" }),
        events as never,
        JUNE,
      );
      expect(totalQuantity?.toString()).toBe(String(events.length));
    });

  test.each([8, 20, 500, 512, 2_000])("of %i events", (count) => {
    const events = Array.from({ length: count }, (_, at) => eventOf({ timestamp: timeOf(at) }));
    expect(walked(events)).toBeLessThan(100);
  });
});

describe("what comes again is found at once", () => {
  const events = (modelOf: (at: number) => string) =>
    Array.from({ length: 5_000 }, (_, at) =>
      eventOf({ timestamp: "2026-06-15T12:00:00.000Z", data: { model: modelOf(at) } }),
    );
  const count = costOf({ aggregation: "COUNT" });

  test.each<[name: string, modelOf: (at: number) => string]>([
    ["differ in their last character", (at) => `${"m".repeat(40)}${"abcdefghij"[at % 10]}`],
    ["differ in the middle", (at) => `${"m".repeat(20)}${"abcdefghij"[at % 10]}${"m".repeat(19)}`],
    ["differ in their length", (at) => "m".repeat(40 + (at % 10))],
  ])("of texts that %s two characters are looked at", (_name, modelOf) => {
    const walked = callsOf(String.prototype, "charCodeAt", () => {
      const { groups } = summarizeCost(count, events(modelOf), { ...JUNE, groupBy: ["model"] });
      expect(groups?.map(({ quantity }) => quantity.toString())).toEqual(new Array(10).fill("500"));
    });
    expect(walked).toBeLessThan(5_000 * 2 + 1_000);
  });

  test("a dimension that is both grouped and filtered by is looked at once", () => {
    const query = { ...JUNE, groupBy: ["model"], filterGroupBy: { model: ["ma", "mb"] } } as const;
    const all = events((at) => `m${"abcd"[at % 4]}`);
    const walked = callsOf(String.prototype, "charCodeAt", () => {
      expect(String(summarizeCost(count, all, query).totalQuantity)).toBe("2500");
    });
    expect(walked).toBeLessThan(5_000 * 2 + 1_000);
  });

  test("a window, and a time", () => {
    const hashed = callsOf(Math, "imul", () => {
      const { timeSeries } = summarizeCost(count, events(String), { ...JUNE, window: "HOUR" });
      expect(timeSeries?.map(({ quantity }) => quantity.toString())).toEqual(["5000"]);
    });
    expect(hashed).toBeLessThan(50);
  });

  test("and the texts of all groups are made once", () => {
    const made = callsOf(String, "fromCodePoint", () => {
      const { groups } = summarizeCost(count, events(String), { ...JUNE, groupBy: ["model"] });
      expect(groups).toHaveLength(5_000);
    });
    expect(made).toBeLessThan(5_000 * 4 + 1);
  });
});

describe("events are counted some hundred at a time", () => {
  const events = Array.from({ length: 5_000 }, (_, at) => eventWith(at, { model: `m${at % 3}` }));
  const query = { ...JUNE, groupBy: ["model"] } as const;
  const addOneByOne = (all: readonly CostEvent[]): string => {
    const summarizer = new CostSummarizer(costOf(), query);
    for (const event of all) summarizer.add(event);
    return String(summarizer.summary().totalQuantity);
  };

  test.each<[way: string, sum: () => string]>([
    ["in an array", () => String(summarizeCost(costOf(), events, query).totalQuantity)],
    ["one by one", () => addOneByOne(events)],
    [
      "as instances",
      () => addOneByOne(events.map((event) => Object.assign(Object.create({}), event))),
    ],
  ])("%s", (_way, sum) => {
    // Once for each lot their groups are copied.
    const lots = callsOf(Object.getPrototypeOf(Int32Array.prototype) as Int32Array, "set", () => {
      expect(sum()).toBe("12497500");
    });
    expect(lots).toBeGreaterThan(0);
    expect(lots).toBeLessThan(50);
  });
});
