import { type CostEvent, reconcile, summarizeCost } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { costOf, JUNE } from "../summary/events.ts";

const NAMES = ["ann", "bob", "cem"];
const timeAt = (at: number): number => Date.UTC(2026, 5, 15, 12) + at * 20_000;
/** 60 events, one every 20 seconds, of three customers and two sources. */
const EVENTS: readonly CostEvent[] = Array.from({ length: 60 }, (_, at) => ({
  type: "call",
  timestamp: new Date(timeAt(at)),
  subject: NAMES[(at * at) % 3] as string,
  source: at % 5 < 2 ? "urn:a" : "urn:b",
  idempotencyKey: `k${at}`,
  data: {
    value: 1_009 + ((at * 7_919) % 9_973),
    user: `user_${(at * 11) % 37}`,
    model: NAMES[(at * 7 + (at >> 2)) % 3],
  },
}));

const SHAPES = {
  "a total": {},
  windows: { window: "MINUTE" },
  "groups and windows": { groupBy: "model", window: "MINUTE" },
} as const;
const ADDED_UP = ["SUM", "COUNT"];
const any = (): boolean => true;

/** A cause, the events that it takes, and for which aggregations and queries it is found. */
const CAUSES: readonly {
  readonly id: string;
  readonly isOf: (event: CostEvent) => boolean;
  readonly aggregations: readonly string[];
  readonly shapes: readonly (keyof typeof SHAPES)[];
}[] = [
  {
    id: "not-yet-settled",
    isOf: any,
    aggregations: [...ADDED_UP, "AVG", "LATEST", "UNIQUE_COUNT"],
    shapes: ["a total", "windows", "groups and windows"],
  },
  {
    id: "stretch-left-out",
    isOf: any,
    aggregations: [...ADDED_UP, "AVG", "UNIQUE_COUNT"],
    shapes: ["windows", "groups and windows"],
  },
  {
    id: "stretch-repeated",
    isOf: any,
    aggregations: ADDED_UP,
    shapes: ["windows", "groups and windows"],
  },
  {
    id: "source-outage",
    isOf: ({ source }) => source === "urn:a",
    aggregations: ADDED_UP,
    shapes: ["windows", "groups and windows"],
  },
  {
    id: "subject-outage",
    isOf: ({ subject }) => subject === "bob",
    aggregations: ADDED_UP,
    shapes: ["windows", "groups and windows"],
  },
];

describe.each(CAUSES)("$id", ({ id, isOf, aggregations, shapes }) => {
  const isRepeated = id === "stretch-repeated";
  const isToTheEnd = id === "not-yet-settled";
  const starts = [0, 1, 8, 15, 21, 29, 36, 43, 50, 59];
  const rows = aggregations.flatMap((aggregation) =>
    shapes.map((shape) => [aggregation, shape] as const),
  );

  test.each(rows)("of %s is found by %s, whichever events it takes", (aggregation, shape) => {
    const valueProperty = aggregation === "UNIQUE_COUNT" ? "$.user" : "$.value";
    const cost = costOf({ aggregation, valueProperty });
    const query = { ...JUNE, ...SHAPES[shape] };
    for (const start of starts) {
      for (const end of isToTheEnd ? [60] : [start + 6, start + 13, start + 30]) {
        const isIn = (event: CostEvent, at: number): boolean =>
          at >= start && at < end && isOf(event);
        const taken = EVENTS.flatMap((event, at) => (isIn(event, at) ? [at] : []));
        // What takes nothing, or is at the end as well, is something else.
        if (taken.length === 0 || (!isToTheEnd && end > 59)) continue;
        const received = EVENTS.flatMap((event, at) => {
          if (!isIn(event, at)) return [event];
          return isRepeated ? [event, event] : [];
        });
        const server = summarizeCost(cost, received, query, { deduplicate: false });
        const result = reconcile({ cost, events: EVENTS, query, server });
        // A text that came before counts once; of nothing, there is no mean and no latest value.
        if (["equal", "unavailable"].includes(result.verdict)) continue;
        const found = result.explanations.find(
          ({ hypotheses: [one, ...others] }) => one?.id === id && others.length === 0,
        );
        expect(found).toMatchObject({ rank: 1, exact: true });
        expect([...(found?.events.all() ?? [])].map(({ index }) => index)).toEqual(taken);
        const from = new Date(timeAt(taken[0] as number)).toISOString();
        const to = new Date(timeAt(taken.at(-1) as number) + 1).toISOString();
        expect(found?.hypotheses[0]?.parameters).toMatchObject(
          isToTheEnd ? { from } : { from, to },
        );
      }
    }
  });
});
