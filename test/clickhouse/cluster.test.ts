import { summarizeOnClickHouse } from "metered-costs/clickhouse";
import { type CostEvent, summarizeCost } from "metered-costs/summary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AGGREGATIONS } from "../summary/random-events.ts";
import { type Cluster, fillShards, startCluster } from "./cluster.ts";
import { rowsOf } from "./engine.ts";
import { LAYOUTS, sourceOf } from "./sources.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

const cost = {
  unitCost: "0.5",
  eventType: "call",
  valueProperty: "$.v",
  groupBy: { d: "$.d" },
};
const query = {
  from: "2026-06-01T00:00:00Z",
  to: "2026-07-01T00:00:00Z",
  groupBy: ["d"],
  window: "DAY",
} as const;
/** 300 events with 240 keys, so that 60 keys have a copy, most of them on another node. */
const events = Array.from(
  { length: 300 },
  (_, n): CostEvent => ({
    type: "call",
    idempotencyKey: `key-${n % 240}`,
    timestamp: new Date(Date.UTC(2026, 5, 1 + (n % 28), n % 24)),
    data: { v: `${n}.25`, d: `d${n % 5}` },
  }),
);
const nodeOf = (_: CostEvent, index: number): number => (index % 7) % 3;

test.each(LAYOUTS)("three nodes give one summary, in the layout %s", async (layout) => {
  const source = sourceOf(layout, cost, { table: "spread", unique: false });
  await fillShards(cluster, source, events, "2026-06-01T00:00:00Z", nodeOf);
  const spread = await rowsOf<{ node: number; events: string }>(
    cluster.client,
    "SELECT _shard_num AS node, toString(count()) AS events FROM spread GROUP BY node ORDER BY node",
  );
  expect(spread).toEqual([
    { node: 1, events: "128" },
    { node: 2, events: "86" },
    { node: 3, events: "86" },
  ]);
  for (const aggregation of AGGREGATIONS) {
    const definition = { ...cost, aggregation };
    for (const deduplicate of [true, false]) {
      const shards = { ...source, unique: !deduplicate };
      const remote = await summarizeOnClickHouse(cluster.client, definition, query, shards);
      const local = summarizeCost(definition, events, query, { deduplicate });
      expect(JSON.stringify(remote), aggregation).toBe(JSON.stringify(local));
    }
  }
});
