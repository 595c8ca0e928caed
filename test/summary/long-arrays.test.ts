import { CostSummarizer, type CostSummaryParams, summarizeCost } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { costOf, eventOf, JUNE, plainJson, summaryOf } from "./events.ts";

const MODELS = 50;
const START = Date.UTC(2026, 5, 15);
const timeOf = (at: number): string => new Date(START + at * 60_000).toISOString();

/** Events of fifty models, a minute apart; each model has the values 1 to 30, and each of its values is its own. */
const many = Array.from({ length: MODELS * 30 }, (_, at) =>
  eventOf({
    timestamp: timeOf(at),
    data: { value: 1 + Math.floor(at / MODELS), model: `m${at % MODELS}`, region: `r${at % 3}` },
  }),
);

describe("an array that is longer than what is counted at once", () => {
  test.each([
    ["SUM", "23250", "465"],
    ["COUNT", "1500", "30"],
    ["AVG", "15.5", "15.5"],
    ["MIN", "1", "1"],
    ["MAX", "30", "30"],
    ["LATEST", "30", "30"],
    ["UNIQUE_COUNT", "30", "30"],
  ])("%s of all, and of each of fifty groups", (aggregation, total, each) => {
    const {
      totalQuantity,
      groups = [],
      timeSeries = [],
    } = summaryOf(costOf({ aggregation }), many, { groupBy: "model", window: "MINUTE" });
    expect(totalQuantity).toBe(total);
    expect(groups.map(({ quantity }) => quantity)).toEqual(new Array(MODELS).fill(each));
    expect(timeSeries).toHaveLength(1_500);
    const value = (at: number): string => String(1 + Math.floor(at / MODELS));
    const isCounted = aggregation === "COUNT" || aggregation === "UNIQUE_COUNT";
    expect(timeSeries.map(({ quantity }) => quantity)).toEqual(
      many.map((_, at) => (isCounted ? "1" : value(at))),
    );
  });

  test.each([
    { groupBy: ["model", "region"], window: "HOUR" },
    { groupBy: ["region", "model"], filterGroupBy: { region: ["r1", "r2"] } },
    { filterGroupBy: { region: "r0", model: ["m1", "m2", "m3"] }, groupBy: "model" },
    { from: timeOf(500), to: timeOf(1_100), groupBy: "model" },
  ])("means what its events mean one by one: %j", (changes) => {
    const query = { ...JUNE, ...changes } as CostSummaryParams;
    for (const aggregation of ["SUM", "COUNT", "AVG", "MIN", "LATEST", "UNIQUE_COUNT"]) {
      const cost = costOf({ aggregation });
      const summarizer = new CostSummarizer(cost, query);
      for (const event of many) summarizer.add(event);
      expect(plainJson(summarizeCost(cost, many, query))).toEqual(plainJson(summarizer.summary()));
    }
  });
});
