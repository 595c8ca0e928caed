import { readdirSync, readFileSync } from "node:fs";
import {
  type CostDefinition,
  type CostEvent,
  type CostSummary,
  type CostSummaryParams,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";

interface GoldenSummary {
  readonly totalQuantity: string | null;
  readonly totalCost: string | null;
  readonly groups: readonly GoldenGroup[] | null;
  readonly timeSeries: readonly unknown[] | null;
}
interface GoldenGroup {
  readonly dimensions: Readonly<Record<string, string>>;
}
interface GoldenCase {
  readonly name: string;
  readonly why: string;
  readonly cost: CostDefinition;
  readonly query: CostSummaryParams;
  readonly events: readonly CostEvent[];
  readonly now?: string;
  readonly expected?: GoldenSummary;
  readonly expectedError?: true;
}

const folder = new URL("../cases/", import.meta.url);
const cases = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file): GoldenCase => JSON.parse(readFileSync(new URL(file, folder), "utf8")));

/** The summary in the form of the cases: plain JSON, a breakdown that was not asked for as null. */
function inGoldenForm(summary: CostSummary): GoldenSummary {
  const { totalQuantity, totalCost, groups = null, timeSeries = null } = summary;
  return JSON.parse(JSON.stringify({ totalQuantity, totalCost, groups, timeSeries }));
}

/** Groups compare as a set. */
function withSortedGroups(summary: GoldenSummary): GoldenSummary {
  const key = ({ dimensions }: GoldenGroup) => JSON.stringify(Object.entries(dimensions).sort());
  return {
    ...summary,
    groups: summary.groups && [...summary.groups].sort((a, b) => (key(a) < key(b) ? -1 : 1)),
  };
}

test("there are golden cases", () => {
  expect(cases.length).toBeGreaterThanOrEqual(49);
});

describe.each(cases)("$name: $why", ({ cost, events, query, now, expected, expectedError }) => {
  const options = { clock: () => new Date(now ?? "2026-01-01T00:00:00Z") };

  test(expectedError ? "is refused" : "gives what is expected", () => {
    if (expectedError) {
      expect(() => summarizeCost(cost, events, query, options)).toThrowError(
        expect.objectContaining({ code: "INVALID_INPUT" }),
      );
      return;
    }
    if (expected === undefined) throw new Error("the case says neither expected nor expectedError");
    const summary = summarizeCost(cost, events, query, options);
    expect(withSortedGroups(inGoldenForm(summary))).toEqual(withSortedGroups(expected));
  });
});
