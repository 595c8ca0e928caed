import {
  type CostEvent,
  type CostSummaryParams,
  reconcile,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { costOf, JUNE } from "../summary/events.ts";

const NAMES = ["ann", "bob", "cem", "dee"];
const nameAt = (at: number): string => NAMES[at % NAMES.length] as string;

/** 40 events within an hour, with four names for all that events share, and up to three of each key. */
const EVENTS: readonly CostEvent[] = Array.from({ length: 40 }, (_, at) => ({
  type: "call",
  timestamp: new Date(Date.UTC(2026, 5, 15, 12) + at * 70_000),
  subject: nameAt((at * 3 + 1) >> 2),
  source: `urn:${nameAt(at + (at >> 2))}`,
  idempotencyKey: at % 8 === 7 ? null : `k${Math.floor(((at * 7) % 40) / 3)}`,
  data: {
    value: 1_009 + ((at * 7_919) % 9_973),
    user: `user_${(at * 11) % 23}`,
    model: nameAt((at * 3) >> 1),
    region: nameAt((at * 5 + 2) >> 2),
  },
}));

interface Shared {
  readonly of: (event: CostEvent) => unknown;
  readonly texts: readonly string[];
  readonly parametersOf: (text: string) => object;
  /** What the explanation says of these events. */
  readonly saying: (text: string) => string;
}

const dataOf = ({ data }: CostEvent): Readonly<Record<string, unknown>> =>
  data as Readonly<Record<string, unknown>>;
const subject: Shared = {
  of: (event) => event.subject,
  texts: ["ann", "dee"],
  parametersOf: (text) => ({ subject: text }),
  saying: (text) => ` of the subject "${text}"`,
};
const source: Shared = {
  of: (event) => event.source,
  texts: ["urn:ann", "urn:cem"],
  parametersOf: (text) => ({ source: text }),
  saying: (text) => ` of the source "${text}"`,
};
const key: Shared = {
  of: (event) => event.idempotencyKey,
  texts: ["k0", "k9"],
  parametersOf: (text) => ({ key: text }),
  saying: (text) => ` of the key "${text}"`,
};
const dimension = (name: string): Shared => ({
  of: (event) => dataOf(event)[name],
  texts: ["bob", "dee"],
  parametersOf: (text) => ({ dimension: name, value: text }),
  saying: (text) => ` whose ${name} is "${text}"`,
});

const ADDED_UP = ["SUM", "COUNT", "AVG"];
const ALL = [...ADDED_UP, "MIN", "MAX", "LATEST", "UNIQUE_COUNT"];
/** The other aggregations give the same with an event counted twice. */
const CAUSES: readonly (readonly [id: string, Shared, aggregations: readonly string[]])[] = [
  ["subject-left-out", subject, ALL],
  ["subject-repeated", subject, ADDED_UP],
  ["subject-alone", subject, ALL],
  ["source-left-out", source, ALL],
  ["source-repeated", source, ADDED_UP],
  ["source-alone", source, ALL],
  ["key-left-out", key, ALL],
  ["key-repeated", key, ADDED_UP],
  ["dimension-alone", dimension("model"), ALL],
  ["dimension-alone", dimension("region"), ALL],
];

const SHAPES: readonly (readonly [string, Partial<CostSummaryParams>])[] = [
  ["a total", {}],
  ["groups", { groupBy: "model" }],
  ["groups and windows", { groupBy: "model", window: "MINUTE" }],
];

describe.each(CAUSES)("%s", (id, { of, texts, parametersOf, saying }, aggregations) => {
  const timesOf = (isOf: boolean): number => {
    if (id.endsWith("-repeated")) return isOf ? 2 : 1;
    return isOf === id.endsWith("-alone") ? 1 : 0;
  };
  const rows = aggregations.flatMap((aggregation) =>
    SHAPES.map(([shape, query]) => [aggregation, shape, query] as const),
  );

  test.each(rows)("is found where %s is asked for as %s", (aggregation, _, shape) => {
    const cost = costOf({
      aggregation,
      valueProperty: aggregation === "UNIQUE_COUNT" ? "$.user" : "$.value",
      groupBy: { model: "$.model", region: "$.region" },
    });
    const query = { ...JUNE, ...shape };
    for (const text of texts) {
      const times = EVENTS.map((event) => timesOf(of(event) === text));
      const received = EVENTS.flatMap((event, at) =>
        new Array<CostEvent>(times[at] ?? 0).fill(event),
      );
      const server = summarizeCost(cost, received, query, { deduplicate: false });
      const result = reconcile({ cost, events: EVENTS, query, server }, { deduplicate: false });
      // Without the largest value's customer, the smallest is the same.
      if (result.verdict === "equal" && !ADDED_UP.includes(aggregation)) continue;
      const found = result.explanations.find(
        ({ hypotheses: [one, ...others] }) =>
          others.length === 0 &&
          one?.id === id &&
          JSON.stringify(one.parameters) === JSON.stringify(parametersOf(text)),
      );
      expect(found).toMatchObject({
        rank: 1,
        exact: true,
        advice: expect.stringContaining(saying(text)),
      });
      expect([...(found?.events.all() ?? [])].map(({ index }) => index)).toEqual(
        times.flatMap((each, at) => (each === 1 ? [] : [at])),
      );
    }
  });
});
