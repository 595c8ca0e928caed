import { describe, expect, test } from "vitest";
import { judge, type Measurement, measure, median } from "../../bench/measure.ts";
import { EVENT_TYPE, FROM, QUESTION, type Row, TO } from "../../bench/question.ts";
import { referenceOf } from "../../bench/reference.ts";
import { isGood } from "../../bench/report.ts";
import type { Usage } from "../../bench/usage.ts";

const expected = new Map([
  ["total", ["3.5", "0.00000875"]],
  ["day 1", ["3.5", "0.00000875"]],
] as const);

async function wrongCellsOf(rows: readonly Row[]): Promise<number | undefined> {
  const contestant = { name: "one", expected, prepare: async () => () => ({ rows }) };
  const [measurement] = await measure([contestant], 1);
  return measurement?.wrongCells;
}

describe("the wrong cells of an answer", () => {
  const right: readonly Row[] = [
    ["total", 3.5, "8.75e-6"],
    ["day 1", "3.50", "0.00000875"],
  ];

  test("are none when every number is equal, however it is written", async () => {
    expect(await wrongCellsOf(right)).toBe(0);
  });

  test.each<[string, readonly Row[], number]>([
    ["a wrong quantity", [["total", 3.6, "8.75e-6"], ...right.slice(1)], 1],
    ["a wrong cost", [["total", 3.5, "8.76e-6"], ...right.slice(1)], 1],
    ["a double's last digit", [["total", 3.5000000000000004, "8.75e-6"], ...right.slice(1)], 1],
    ["a missing row", right.slice(1), 2],
    ["a row too many", [...right, ["day 2", 0, 0]], 2],
    ["a row twice", [...right, ...right.slice(1)], 2],
    ["no answer", [], 4],
  ])("count %s", async (_what, rows, wrong) => {
    expect(await wrongCellsOf(rows)).toBe(wrong);
  });
});

test("contestants take turns, after a round that is not measured", async () => {
  const turns: string[] = [];
  const contestants = ["a", "b"].map((name) => ({
    name,
    expected: undefined,
    prepare: async () => () => {
      turns.push(name);
      return { rows: [] };
    },
  }));
  const [a] = await measure(contestants, 2);
  expect(turns.join("")).toBe("ababab");
  expect(a?.runs).toHaveLength(2);
});

test("the median is the middle, or between the two in the middle", () => {
  const medianOf = (...times: readonly number[]) =>
    median({ runs: times.map((milliseconds) => ({ milliseconds, cpu: 0 })) }, "milliseconds");
  expect(medianOf(9, 1, 2)).toBe(2);
  expect(medianOf(4, 1, 2, 9)).toBe(3);
  expect(medianOf()).toBeUndefined();
});

describe("a limit", () => {
  const measurement = (name: string, milliseconds: number, peakMemory: number): Measurement => ({
    name,
    isOurs: name === "ours",
    runs: [{ milliseconds, cpu: 0, peakMemory }],
    cells: 2,
    wrongCells: 0,
  });
  const measurements = [measurement("ours", 100, 15), measurement("peer", 250, 100)];
  const between = { of: "ours", against: "peer" };

  test.each([
    [{ ...between, atLeastTimesAsFast: 2.5 }, 2.5, true],
    [{ ...between, atLeastTimesAsFast: 2.6 }, 2.5, false],
    [{ ...between, atMostOfTime: 0.4 }, 0.4, true],
    [{ ...between, atMostOfTime: 0.39 }, 0.4, false],
    [{ ...between, atMostOfMemory: 0.15 }, 0.15, true],
    [{ ...between, atMostOfMemory: 0.14 }, 0.15, false],
  ])("%o finds %d", (limit, found, holds) => {
    expect(judge(limit, measurements)).toMatchObject({ found, holds });
  });

  test("needs contestants that are there", () => {
    const limit = { of: "ours", against: "nobody", atMostOfTime: 1 };
    expect(() => judge(limit, measurements)).toThrow("nobody");
  });

  test("that is missed, a wrong cell of ours, or nothing at all is not good", () => {
    const section = { name: "one", title: "One", measurements, limits: [] };
    const [ours, peer] = measurements as [Measurement, Measurement];
    expect(isGood(section)).toBe(true);
    expect(isGood({ ...section, measurements: [ours, { ...peer, wrongCells: 1 }] })).toBe(true);
    expect(isGood({ ...section, measurements: [{ ...ours, wrongCells: 1 }, peer] })).toBe(false);
    expect(isGood({ ...section, measurements: [] })).toBe(false);
    const missed = { text: "", found: 1, holds: false };
    expect(isGood({ ...section, limits: [missed] })).toBe(false);
  });
});

describe("the reference", () => {
  const usage = (changes: Partial<Usage>): Usage => ({
    type: EVENT_TYPE,
    source: "relay-0",
    subject: "cus_1",
    namespace: undefined,
    key: "a",
    time: FROM,
    model: "m",
    region: "r",
    thread: "t",
    milliseconds: 0,
    coefficient: 1,
    places: 0,
    ...changes,
  });
  const events = [
    usage({ coefficient: 25, places: 1 }),
    usage({ coefficient: 25, places: 1 }),
    usage({ key: "b", coefficient: 1, places: 6, time: TO - 1 }),
    usage({ key: "c", type: "another" }),
    usage({ key: "d", time: TO }),
    usage({ key: "e", time: FROM - 1 }),
  ];
  const totalOf = (aggregation: typeof QUESTION.aggregation, deduplicate = false) =>
    referenceOf(events, { ...QUESTION, aggregation, deduplicate }).get("total");

  test.each([
    ["SUM", "5.000001", "0.0000125000025"],
    ["COUNT", "3", "0.0000075"],
    ["UNIQUE_COUNT", "2", "0.000005"],
    ["AVG", "1.666667", "0.0000041666675"],
    ["MIN", "0.000001", "0.0000000000025"],
    ["MAX", "2.5", "0.00000625"],
    ["LATEST", "0.000001", "0.0000000000025"],
  ] as const)("of %s", (aggregation, quantity, cost) => {
    expect(totalOf(aggregation)).toEqual([quantity, cost]);
  });

  test("takes a key once when it deduplicates", () => {
    expect(totalOf("COUNT", true)).toEqual(["2", "0.000005"]);
  });

  test("has a row for the total, each group and each day", () => {
    const first = FROM / 86_400_000;
    expect([...referenceOf(events, QUESTION).keys()]).toEqual([
      "total",
      "m r",
      `day ${first}`,
      `day ${first + 24}`,
    ]);
  });

  test("rounds a mean to 34 digits, half even", () => {
    const thirds = [1, 0, 1].map((coefficient) => usage({ coefficient }));
    const mean = referenceOf(thirds, { ...QUESTION, aggregation: "AVG" }).get("total")?.[0];
    expect(mean).toBe(`0.${"6".repeat(33)}7`);
  });
});
