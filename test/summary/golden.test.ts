import { readdirSync, readFileSync } from "node:fs";
import {
  addNdjson,
  type CostDefinition,
  type CostEvent,
  CostSummarizer,
  type CostSummary,
  type CostSummaryParams,
  type SummaryOptions,
  summarizeCost,
  summarizeNdjson,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { LONG_BLANK } from "../ndjson/long-blank.ts";

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

type Options = Readonly<Pick<SummaryOptions, "clock">>;
type Way = (golden: GoldenCase, options: Options) => CostSummary | Promise<CostSummary>;

const ndjsonOf = (events: readonly CostEvent[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join("");

/** In three parts, each made by `fill`; a key must not be in two of them, so its events stay together. */
async function inParts(
  { cost, query, events }: GoldenCase,
  options: Options,
  fill: (part: CostSummarizer, events: readonly CostEvent[]) => void | Promise<void>,
): Promise<CostSummary> {
  const whole = new CostSummarizer(cost, query, options);
  const keys = events.map(({ idempotencyKey }) => idempotencyKey ?? undefined);
  const isBorder = (at: number): boolean =>
    keys.slice(0, at).every((key) => key === undefined || !keys.slice(at).includes(key));
  const third = Math.ceil(events.length / 3);
  const borders = [third, 2 * third].filter(isBorder);
  for (const [at, from] of [0, ...borders].entries()) {
    const part = new CostSummarizer(cost, query, options);
    await fill(part, events.slice(from, borders[at]));
    whole.merge(JSON.parse(JSON.stringify(part.state())));
  }
  return whole.summary();
}

const WAYS: Readonly<Record<string, Way>> = {
  memory: ({ cost, events, query }, options) => summarizeCost(cost, events, query, options),
  NDJSON: ({ cost, events, query }, options) =>
    summarizeNdjson(cost, ndjsonOf(events), query, options),
  "NDJSON in blocks": ({ cost, events, query }, options) =>
    summarizeNdjson(cost, [LONG_BLANK, ndjsonOf(events)], query, options),
  "NDJSON of several costs": async ({ cost, events, query }, options) => {
    const other = { ...cost, aggregation: "COUNT", valueProperty: undefined } as const;
    const costs = [other, cost, cost];
    const summaries = await summarizeNdjson(costs, ndjsonOf(events), query, options);
    expect(summaries[1]).toEqual(summaries[2]);
    expect(summaries[0]).toEqual(summarizeCost(other, events, query, options));
    return summaries[1] as CostSummary;
  },
  "parts in memory": (golden, options) =>
    inParts(golden, options, (part, events) => {
      for (const event of events) part.add(event);
    }),
  "parts of NDJSON": (golden, options) =>
    inParts(golden, options, (part, events) => addNdjson(part, ndjsonOf(events))),
};

describe.each(cases)("$name: $why", (golden) => {
  const { now, expected, expectedError } = golden;
  const options = { clock: () => new Date(now ?? "2026-01-01T00:00:00Z") };

  test.each(Object.entries(WAYS))(
    expectedError ? "is refused: %s" : "gives what is expected: %s",
    async (_name, way) => {
      const summary = (async () => way(golden, options))();
      if (expectedError) {
        await expect(summary).rejects.toThrowError(
          expect.objectContaining({ code: "INVALID_INPUT" }),
        );
        return;
      }
      if (expected === undefined)
        throw new Error("the case says neither expected nor expectedError");
      expect(withSortedGroups(inGoldenForm(await summary))).toEqual(withSortedGroups(expected));
    },
  );
});
