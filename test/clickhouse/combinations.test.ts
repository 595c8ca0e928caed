import fc from "fast-check";
import { eventToRow, summarizeOnClickHouse } from "metered-costs/clickhouse";
import {
  type CostDefinition,
  type CostEvent,
  type CostSummaryParams,
  summarizeCost,
} from "metered-costs/summary";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requestsOf } from "../shared/requests.ts";
import { AGGREGATIONS, scenarios } from "../summary/random-events.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { fillShards, unevenly } from "./shards.ts";
import {
  isHeld,
  isKeptByJsonType,
  LAYOUTS,
  type Layout,
  ODD_DIMENSIONS,
  sourceOf,
} from "./sources.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

const clock = () => new Date("2026-06-15T12:00:00Z");
const groupings = [undefined, ["d"], ["e", "__p", "x,y"]] as const;
const windows = [undefined, "HOUR"] as const;
const filters = [undefined, { d: "a" }, { e: ["a", "", 1], d: ["a", "b", null] }] as const;
const subjects = [undefined, "c1"] as const;

function* queries(): Generator<CostSummaryParams> {
  for (const groupBy of groupings) {
    for (const window of windows) {
      for (const filterGroupBy of filters) {
        for (const subject of subjects) {
          yield {
            from: "1900-01-01T00:00:00Z",
            to: "2200-01-01T00:00:00Z",
            ...(groupBy && { groupBy }),
            ...(window && { window }),
            ...(filterGroupBy && { filterGroupBy }),
            ...(subject && { subject }),
          } as CostSummaryParams;
        }
      }
    }
  }
}

function isStored(event: CostEvent, layout: Layout, cost: CostDefinition): boolean {
  try {
    eventToRow(event, sourceOf(layout, cost, { table: "t", unique: false }), {
      received: 0,
      clock,
    });
  } catch {
    return false;
  }
  return isHeld(event) && (layout !== "json" || isKeptByJsonType(event));
}

type Cost = Omit<CostDefinition, "aggregation">;

/** One table under every query, with and without deduplication; gives how many comparisons there were. */
async function compareAll(
  layout: Layout,
  cost: Cost,
  aggregation: (typeof AGGREGATIONS)[number],
  events: readonly CostEvent[],
  all: readonly CostSummaryParams[],
): Promise<number> {
  const definition = { ...cost, aggregation };
  let compared = 0;
  const waiting = all.values();
  const work = async (): Promise<void> => {
    for (const query of waiting) {
      for (const deduplicate of [true, false]) {
        const source = sourceOf(layout, cost, { table: "combinations", unique: !deduplicate });
        const local = summarizeCost(definition, events, query, { clock, deduplicate });
        const remote = await summarizeOnClickHouse(cluster.client, definition, query, source);
        expect(JSON.stringify(remote), `${JSON.stringify(query)} ${deduplicate}`).toBe(
          JSON.stringify(local),
        );
        compared++;
      }
    }
  };
  // A few at a time: a node waits while another one works.
  await Promise.all([work(), work(), work()]);
  return compared;
}

const fill = (layout: Layout, cost: Cost, events: readonly CostEvent[]) =>
  fillShards(
    cluster,
    sourceOf(layout, cost, { table: "combinations", unique: false }),
    events,
    clock().toISOString(),
  );

describe.each(LAYOUTS)("on three nodes, in the layout %s", (layout) => {
  const [first, ...others] = fc.sample(scenarios(["COUNT"]), { numRuns: 12, seed: 26 });
  if (first === undefined) throw new Error("fast-check gave no scenario");
  const cost = ODD_DIMENSIONS;
  const stored = [first, ...others]
    .flatMap((scenario) => scenario.events)
    .filter((event) => isStored(event, layout, cost));
  // Every key once more, with another event's data and time.
  const copies = stored.map((event, index): CostEvent => {
    const { data, timestamp } = stored[(index + 1) % stored.length] ?? event;
    return { ...event, data, ...(timestamp !== undefined && { timestamp }) };
  });
  const events = [...stored, ...copies];

  beforeAll(() => fill(layout, cost, events));

  test("the copies of a key are on several nodes", () => {
    expect(stored.length).toBeGreaterThan(layout === "json" ? 15 : 40);
    const nodes = new Map<string, Set<number>>();
    for (const [index, event] of events.entries()) {
      const { namespace, source, idempotencyKey } = event;
      if (typeof idempotencyKey !== "string") continue;
      const key = JSON.stringify([namespace, source, idempotencyKey]);
      nodes.set(key, (nodes.get(key) ?? new Set()).add(unevenly(event, index)));
    }
    const spread = [...nodes.values()].filter(({ size }) => size > 1);
    expect(spread.length).toBeGreaterThan(nodes.size / 2);
  });

  test.each(AGGREGATIONS)(
    "%s with every groups x window x filter x subject x deduplication",
    async (aggregation) => {
      expect(await compareAll(layout, cost, aggregation, events, [...queries()])).toBe(36 * 2);
    },
  );
});

describe.each([
  ["code", 8_819, "18059974"],
  ["conv", 19_366, "22361870"],
] as const)("the trace %s", (trace, rows, sum) => {
  const events = requestsOf(trace).map(
    ({ time, contextTokens, generatedTokens }, index): CostEvent => ({
      type: "llm",
      source: "azure",
      idempotencyKey: `${trace}-${index}`,
      timestamp: time,
      data: { context: contextTokens, size: generatedTokens > 200 ? "long" : "short" },
    }),
  );
  const cost = {
    unitCost: "0.0000025",
    eventType: "llm",
    valueProperty: "$.context",
    groupBy: { size: "$.size" },
  };
  const query = {
    from: "2023-11-16T00:00:00Z",
    to: "2023-11-18T00:00:00Z",
    groupBy: ["size"],
    window: "MINUTE",
  } as const;

  test.each(LAYOUTS)("sums as in its table, in the layout %s", async (layout) => {
    expect(events).toHaveLength(rows);
    await fill(layout, cost, events);
    for (const aggregation of AGGREGATIONS) {
      expect(await compareAll(layout, cost, aggregation, events, [query])).toBe(2);
    }
    const source = sourceOf(layout, cost, { table: "combinations", unique: false });
    const definition = { ...cost, aggregation: "SUM" };
    const summary = await summarizeOnClickHouse(cluster.client, definition, query, source);
    expect(summary.totalQuantity?.toString()).toBe(sum);
    expect(summary.timeSeries?.length).toBeGreaterThan(40);
  });
});
