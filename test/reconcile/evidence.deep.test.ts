import {
  type CostEvent,
  type CostSummaryParams,
  reconcile,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { idsOf } from "./servers.ts";
import { randomNumbers } from "./traces.ts";

/** Random cases in each cell of the table. */
const CASES = 1_000;

type Random = () => number;
const whole = (random: Random, below: number): number => Math.floor(random() * below);

const BREAKDOWNS: Readonly<Record<string, Partial<CostSummaryParams>>> = {
  total: {},
  groups: { groupBy: "model" },
  "groups, DAY": { groupBy: "model", window: "DAY" },
  "groups, HOUR": { groupBy: "model", window: "HOUR" },
  MINUTE: { window: "MINUTE" },
  "groups, MINUTE": { groupBy: "model", window: "MINUTE" },
};
const range = { from: "2026-06-01T00:00:00Z", to: "2026-06-04T00:00:00Z" };

/** A log of three days: three models, four customers, two gateways, now and then a repeated key, small integers. */
function logOf(random: Random): CostEvent[] {
  const count = 150 + whole(random, 150);
  const times = Array.from({ length: count }, () => whole(random, 3 * 86_400_000));
  times.sort((a, b) => a - b);
  return times.map((time, index) => ({
    type: random() < 0.02 ? "ping" : "call",
    source: random() < 0.3 ? "gateway-b" : "gateway-a",
    subject: `cus_${whole(random, 4)}`,
    idempotencyKey: `key-${random() < 0.02 ? index - 1 : index}`,
    timestamp: new Date(Date.UTC(2026, 5, 1) + time),
    data: { model: ["a", "b", "c"][whole(random, 3)], value: 1 + whole(random, 5) },
  }));
}

interface Mistake {
  readonly aggregation: string;
  /** What the server received instead of the log. */
  readonly received: (log: readonly CostEvent[], random: Random) => CostEvent[];
}
/** The positions of some events that count, none twice. */
function picked(log: readonly CostEvent[], random: Random, count: number): Set<number> {
  const keys = log.map(({ idempotencyKey }) => idempotencyKey);
  const at = new Set<number>();
  while (at.size < count) {
    const index = whole(random, log.length);
    const key = log[index]?.idempotencyKey;
    if (log[index]?.type === "call" && keys.indexOf(key) === keys.lastIndexOf(key)) at.add(index);
  }
  return at;
}
const missing =
  (count: number): Mistake["received"] =>
  (log, random) => {
    const lost = picked(log, random, count);
    return log.filter((_, index) => !lost.has(index));
  };
const changed: Mistake["received"] = (log, random) => {
  const [which] = picked(log, random, 1);
  return log.map((event, index) => {
    if (index !== which) return event;
    const { value } = event.data as { value: number };
    return { ...event, data: { ...event.data, value: value + 1 + whole(random, 5) } };
  });
};
const MISTAKES: Readonly<Record<string, Mistake>> = {
  "COUNT, 2 events missing": { aggregation: "COUNT", received: missing(2) },
  "COUNT, 3 events missing": { aggregation: "COUNT", received: missing(3) },
  "COUNT, 4 events missing": { aggregation: "COUNT", received: missing(4) },
  "COUNT, 5 events missing": { aggregation: "COUNT", received: missing(5) },
  "SUM, 3 events missing": { aggregation: "SUM", received: missing(3) },
  "SUM, one value changed": { aggregation: "SUM", received: changed },
};

interface Cell {
  readonly explained: readonly string[];
  readonly coincidence: number;
  readonly candidates: readonly number[];
}

function casesOf({ aggregation, received }: Mistake, breakdown: Partial<CostSummaryParams>): Cell {
  const explained: string[] = [];
  const candidates: number[] = [];
  let coincidence = 0;
  for (let seed = 1; seed <= CASES; seed++) {
    const random = randomNumbers(seed);
    const events = logOf(random);
    const cost = {
      unitCost: "0.25",
      aggregation,
      eventType: "call",
      valueProperty: "$.value",
      groupBy: { model: "$.model" },
    };
    const query = { ...range, ...breakdown } as CostSummaryParams;
    const server = summarizeCost(cost, received(events, random), query);
    const { verdict, explanations } = reconcile({ cost, events, query, server });
    candidates.push(Math.max(0, ...explanations.map(({ events: { count } }) => count)));
    if (verdict === "coincidence") coincidence++;
    if (verdict === "explained") {
      const ids = explanations.filter(({ rank }) => rank === 1).map(idsOf);
      explained.push(`seed ${seed}: ${ids.join("; ")}`);
    }
  }
  return { explained, coincidence, candidates };
}

describe("a cause that was not planted is never called explained", () => {
  const rows: Record<string, string | number>[] = [];
  const cells = Object.entries(MISTAKES).flatMap(([mistake, how]) =>
    Object.entries(BREAKDOWNS).map(([rowsOf, breakdown]) => ({ mistake, rowsOf, how, breakdown })),
  );

  test.each(cells)(
    "$mistake, rows: $rowsOf",
    ({ mistake, rowsOf, how, breakdown }) => {
      const { explained, coincidence, candidates } = casesOf(how, breakdown);
      const fitting = candidates.filter((count) => count > 0).sort((a, b) => a - b);
      rows.push({
        mistake,
        rows: rowsOf,
        "explained wrongly": explained.length,
        coincidence,
        different: CASES - explained.length - coincidence,
        "events named, median": fitting[Math.floor(fitting.length / 2)] ?? 0,
      });
      expect(explained).toEqual([]);
    },
    300_000,
  );

  test("the table", () => {
    console.table(rows);
    expect(rows).toHaveLength(cells.length);
  });
});
