import type { ClickHouseClient } from "@clickhouse/client";
import {
  type ClickHouseRollup,
  type ClickHouseSource,
  createEventsTable,
  createRollupTable,
  eventToRow,
  type RollupSummaryParams,
  summarizeOnClickHouse,
  summaryQuery,
} from "metered-costs/clickhouse";
import { type CostEvent, summarizeCost } from "metered-costs/summary";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AGGREGATIONS } from "../summary/random-events.ts";
import { type Cluster, COPIES, startCluster } from "./cluster.ts";
import { insertRows, rowsOf, run } from "./engine.ts";
import { fillShards, unevenly } from "./shards.ts";
import { LAYOUTS, type Layout, sourceOf } from "./sources.ts";

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
const now = "2026-06-01T00:00:00Z";
/** Events with a few keys twice, so that most copies are on another node. */
const eventsWith = (count: number, keys: number): readonly CostEvent[] =>
  Array.from(
    { length: count },
    (_, n): CostEvent => ({
      type: "call",
      idempotencyKey: `key-${n % keys}`,
      timestamp: new Date(Date.UTC(2026, 5, 1 + (n % 28), n % 24)),
      data: { v: `${n}.25`, d: `d${n % 5}` },
    }),
  );
const events = eventsWith(300, 240);

describe.each(LAYOUTS)("three nodes, in the layout %s", (layout) => {
  const source = sourceOf(layout, cost, { table: `spread_${layout}`, unique: false });
  beforeAll(() => fillShards(cluster, source, events, now));

  test("give one summary of what each of them holds", async () => {
    const spread = await rowsOf<{ node: number; events: string }>(
      cluster.client,
      `SELECT _shard_num AS node, toString(count()) AS events FROM ${source.table} GROUP BY node ORDER BY node`,
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

  test.each(AGGREGATIONS)("each aggregate %s themselves", async (aggregation) => {
    for (const unique of [true, false]) {
      const filtered = { ...query, filterGroupBy: { d: ["d1", "d2"] }, subject: "c" };
      const asked = summaryQuery({ ...cost, aggregation }, filtered, { ...source, unique });
      const plan = await rowsOf<{ explain: string }>(
        cluster.client,
        `EXPLAIN distributed = 1 ${asked.query}`,
        asked.query_params,
      );
      const steps = plan.map(({ explain }) => explain.trim().split(" ")[0]);
      const merging = steps.indexOf("MergingAggregated");
      expect(merging).toBeGreaterThan(-1);
      expect(steps.slice(merging).filter((step) => step === "Aggregating")).toHaveLength(3);
      expect(steps.slice(0, merging)).not.toContain("Aggregating");
    }
  });
});

describe("names that the query gives are not confused with the table's own", () => {
  const columns = {
    type: "part",
    timestamp: "event_at",
    subject: "event_received",
    namespace: "dimensions",
    source: "definition",
    idempotencyKey: "dimension_1",
  } as const;
  const placed = events.map((event, index) => ({ ...event, subject: `s${index % 3}` }));
  const data: Readonly<Record<Layout, ClickHouseSource["data"]>> = {
    typed: {
      layout: "typed",
      values: { "$.v": { column: "quantity", type: "text" } },
      dimensions: { "$.d": "value" },
    },
    text: { layout: "text", column: "members_read" },
    json: { layout: "json", column: "member_0" },
  };

  test.each(LAYOUTS)("in the layout %s", async (layout) => {
    const table = `names_${layout}`;
    const source = { table, columns, data: data[layout], unique: false, received: "dimension_0" };
    await fillShards(cluster, source, placed, now);
    // A column of the name that the query gives to the table itself, with members that are called like columns.
    const tables = [cluster.client, ...cluster.nodes.map(({ client }) => client)];
    for (const [index, client] of tables.entries()) {
      const altered = index === 0 ? table : `${table}_local`;
      await run(
        client,
        `ALTER TABLE ${altered} ADD COLUMN event Tuple(part String, event_at String, quantity String, members_read String)`,
      );
    }
    const asked = { ...query, groupBy: ["d", "$subject"], subject: "s1" } as const;
    for (const aggregation of ["SUM", "LATEST", "UNIQUE_COUNT"]) {
      const definition = { ...cost, aggregation };
      const remote = await summarizeOnClickHouse(cluster.client, definition, asked, source);
      expect(JSON.stringify(remote)).toBe(JSON.stringify(summarizeCost(definition, placed, asked)));
    }
  });
});

test.each(LAYOUTS)("FINAL goes to the nodes, in the layout %s", async (layout) => {
  const table = `final_${layout}`;
  const source = {
    ...sourceOf(layout, cost, { table, unique: true }),
    columns: { subject: null, namespace: null, source: null, idempotencyKey: "key" },
    final: true,
  };
  const once = eventsWith(30, 30);
  await fillShards(cluster, { ...source, final: false }, once, now);
  for (const { client } of cluster.nodes) {
    const rows = `SELECT * REPLACE (assumeNotNull(key) AS key) FROM ${table}_local`;
    await run(
      client,
      `CREATE TABLE ${table}_copies ENGINE = ReplacingMergeTree ORDER BY key AS ${rows}`,
    );
    await run(client, `INSERT INTO ${table}_copies ${rows}`);
  }
  await run(cluster.client, `DROP TABLE ${table}`);
  await run(
    cluster.client,
    `CREATE TABLE ${table} AS ${table}_copies ENGINE = Distributed(all_nodes, usage, ${table}_copies)`,
  );
  const sum = { ...cost, aggregation: "SUM" };
  const remote = await summarizeOnClickHouse(cluster.client, sum, query, source);
  expect(JSON.stringify(remote)).toBe(JSON.stringify(summarizeCost(sum, once, query)));
});

test("a profile that reads other nodes' tables as copies of this one does not apply", async () => {
  const source = sourceOf("typed", cost, { table: "own_rows", unique: true });
  for (const { client } of cluster.nodes) {
    await run(client, createEventsTable(source));
    await run(
      client,
      "INSERT INTO own_rows (type, timestamp, received, quantity) SELECT 'call', '2026-06-02 00:00:00', number, '1' FROM numbers(100000)",
    );
  }
  const settings = {
    enable_parallel_replicas: 1,
    max_parallel_replicas: "3",
    cluster_for_parallel_replicas: COPIES,
    parallel_replicas_for_non_replicated_merge_tree: 1,
  } as const;
  const planOf = async (text: string, query_params: Record<string, unknown>): Promise<string> => {
    const answer = await cluster.client.query({
      query: `EXPLAIN ${text}`,
      query_params,
      format: "TabSeparatedRaw",
      clickhouse_settings: settings,
    });
    return answer.text();
  };
  expect(await planOf("SELECT sum(received) FROM own_rows", {})).toContain("ParallelReplicas");
  for (const asked of [query, { from: query.from, to: query.to }]) {
    const sum = summaryQuery({ ...cost, aggregation: "SUM" }, asked, source);
    const plan = await planOf(sum.query, sum.query_params);
    expect(plan).toContain("ReadFromMergeTree");
    expect(plan).not.toContain("ParallelReplicas");
  }
});

/** Inserts rows in two parts, so that states of one window meet in a merge and in the query. */
async function insertInParts(
  client: ClickHouseClient,
  table: string,
  rows: readonly object[],
): Promise<void> {
  const half = Math.ceil(rows.length / 2);
  await insertRows(client, table, rows.slice(0, half));
  await insertRows(client, table, rows.slice(half));
}

describe.each(LAYOUTS)("a rollup on each of three nodes, in the layout %s", (layout) => {
  const table = `rolled_${layout}`;
  const source = sourceOf(layout, cost, { table: `${table}_local`, unique: true });
  const once = eventsWith(300, 300).map((event, index) => ({ ...event, subject: `s${index % 3}` }));
  const rollup: ClickHouseRollup = createRollupTable(
    AGGREGATIONS.map((aggregation) => ({ ...cost, aggregation })),
    { source, table: `${table}_by_hour_local`, granularity: "HOUR", dimensions: ["d", "$subject"] },
  );

  beforeAll(async () => {
    for (const [place, { client }] of cluster.nodes.entries()) {
      await run(client, createEventsTable(source));
      for (const statement of [rollup.createTable, ...rollup.createViews]) {
        await run(client, statement);
      }
      const rows = once.flatMap((event, received) =>
        unevenly(event, received) === place ? [eventToRow(event, source, { received })] : [],
      );
      await insertInParts(client, source.table, rows);
    }
    await run(
      cluster.client,
      `CREATE TABLE ${table}_by_hour AS ${rollup.table} ENGINE = Distributed(all_nodes, usage, ${rollup.table})`,
    );
  });

  test.each(AGGREGATIONS)("gives %s of all events", async (aggregation) => {
    const definition = { ...cost, aggregation };
    for (const asked of [query, { ...query, filterGroupBy: { d: ["d1", "d2"] }, subject: "s1" }]) {
      const local = summarizeCost(definition, once, asked, { deduplicate: false });
      const shards = { rollup, table: `${table}_by_hour` };
      const params: RollupSummaryParams = asked;
      const remote = await summarizeOnClickHouse(cluster.client, definition, params, shards);
      expect(JSON.stringify(remote)).toBe(JSON.stringify(local));
      // One node has a part of the events only.
      const part = await summarizeOnClickHouse(cluster.client, definition, params, { rollup });
      expect(JSON.stringify(part)).not.toBe(JSON.stringify(local));
    }
  });
});

describe.each(LAYOUTS)("the Distributed table of createEventsTable, in the layout %s", (layout) => {
  const table = `sharded_${layout}`;
  const copied = sourceOf(layout, cost, { table, unique: false });
  const placed = events.map((event, index) => ({ ...event, source: `source ${index % 2}` }));

  beforeAll(async () => {
    for (const { client } of cluster.nodes) {
      await run(client, createEventsTable({ ...copied, table: `${table}_local` }));
    }
    const distributed = { cluster: "all_nodes", table: `usage.${table}_local` };
    await run(cluster.client, createEventsTable(copied, { distributed }));
    const rows = placed.map((event, received) => eventToRow(event, copied, { received }));
    await insertInParts(cluster.client, table, rows);
    await run(cluster.client, `SYSTEM FLUSH DISTRIBUTED ${table}`);
  });

  test("puts all copies of an event on one node, and some events on each", async () => {
    const keys = await rowsOf<{ nodes: string; keys: string }>(
      cluster.client,
      `SELECT toString(nodes) AS nodes, toString(count()) AS keys FROM (
        SELECT uniqExact(shard) AS nodes FROM (
          SELECT _shard_num AS shard, source, idempotencyKey FROM ${table}
        ) GROUP BY source, idempotencyKey
      ) GROUP BY nodes`,
    );
    const distinct = new Set(placed.map(({ source, idempotencyKey }) => source + idempotencyKey));
    expect(keys).toEqual([{ nodes: "1", keys: String(distinct.size) }]);
    expect(distinct.size).toBeLessThan(placed.length);
    for (const { client } of cluster.nodes) {
      const [held] = await rowsOf<{ rows: number }>(
        client,
        `SELECT toUInt32(count()) AS rows FROM ${table}_local`,
      );
      expect(held?.rows).toBeGreaterThan(placed.length / 6);
    }
  });

  test.each(AGGREGATIONS)(
    "gives %s of all events, with copies and without",
    async (aggregation) => {
      const definition = { ...cost, aggregation };
      for (const deduplicate of [true, false]) {
        const source = { ...copied, unique: !deduplicate };
        const remote = await summarizeOnClickHouse(cluster.client, definition, query, source);
        const local = summarizeCost(definition, placed, query, { deduplicate });
        expect(JSON.stringify(remote)).toBe(JSON.stringify(local));
      }
    },
  );
});

describe("the bytes that the first node receives", () => {
  const bytesWith = async (layout: Layout, rows: number): Promise<number> => {
    const source = sourceOf(layout, cost, { table: `rows_${layout}`, unique: true });
    await fillShards(cluster, source, eventsWith(rows, rows), now);
    const asked = summaryQuery({ ...cost, aggregation: "SUM" }, query, source);
    return bytesReceived(asked.query, asked.query_params);
  };

  test.each(LAYOUTS)("do not grow with the rows, in the layout %s", async (layout) => {
    const few = await bytesWith(layout, 2_000);
    const many = await bytesWith(layout, 40_000);
    expect(few).toBeGreaterThan(0);
    expect(many / few).toBeLessThan(2);
  });

  /** Of a query, by the log of the first node. */
  async function bytesReceived(
    text: string,
    query_params: Record<string, unknown> = {},
  ): Promise<number> {
    const answer = await cluster.client.query({ query: text, query_params, format: "JSONEachRow" });
    await answer.json();
    await run(cluster.client, "SYSTEM FLUSH LOGS");
    const [logged] = await rowsOf<{ bytes: string }>(
      cluster.client,
      `SELECT toString(ProfileEvents['NetworkReceiveBytes']) AS bytes FROM system.query_log
       WHERE type = 'QueryFinish' AND query_id = {id:String}`,
      { id: answer.query_id },
    );
    return Number(logged?.bytes);
  }
});

describe("a node whose column has another type than the Distributed table says", () => {
  const source = {
    table: "mixed",
    columns: { subject: null, namespace: null, source: null, idempotencyKey: null },
    data: { layout: "typed", values: { "$.v": { column: "v", type: "decimal" } } },
    unique: true,
  } satisfies ClickHouseSource;

  test.each(["Float64", "Decimal(18, 2)", "Decimal(38, 3)"])("%s is an error", async (type) => {
    // Of its own: ClickHouse may end the process of such a node, after a query written by hand, too.
    const mixed = await startCluster();
    try {
      for (const [index, node] of mixed.nodes.entries()) {
        const column = index === 2 ? type : "Decimal(18, 3)";
        await run(
          node.client,
          `CREATE TABLE mixed_local (type String, timestamp DateTime64(3, 'UTC'), v ${column}) ENGINE = MergeTree ORDER BY type`,
        );
        await insertRows(node.client, "mixed_local", [
          { type: "call", timestamp: "2026-06-02 00:00:00.000", v: "0.1" },
        ]);
      }
      await run(
        mixed.client,
        "CREATE TABLE mixed AS mixed_local ENGINE = Distributed(all_nodes, usage, mixed_local)",
      );
      const sum = { ...cost, aggregation: "SUM" };
      const range = { from: query.from, to: query.to };
      await expect(summarizeOnClickHouse(mixed.client, sum, range, source)).rejects.toThrow();
    } finally {
      await mixed.stop();
    }
  });
});

describe("a node that is lost", () => {
  const source = sourceOf("typed", cost, { table: "lost", unique: true });
  const sum = { ...cost, aggregation: "SUM" };
  let victims: Cluster;
  beforeAll(async () => {
    victims = await startCluster();
    await fillShards(victims, source, events, now);
    // Each row takes a fiftieth of a second: 128 rows less than the three seconds that ClickHouse allows.
    for (const { client } of victims.nodes) {
      await run(
        client,
        "CREATE VIEW slow_local AS SELECT * FROM lost_local WHERE sleepEachRow(0.02) = 0",
      );
    }
    await run(
      victims.client,
      "CREATE TABLE slow AS lost_local ENGINE = Distributed(all_nodes, usage, slow_local)",
    );
  });
  afterAll(() => victims.stop());

  test("while it computes, and afterwards, is an error and never a part of the sum", async () => {
    const [, , last] = victims.nodes;
    if (last === undefined) throw new Error("There are three nodes");
    const local = summarizeCost(sum, events, query, { deduplicate: false });
    const whole = await summarizeOnClickHouse(victims.client, sum, query, source);
    expect(JSON.stringify(whole)).toBe(JSON.stringify(local));

    const asked = summarizeOnClickHouse(victims.client, sum, query, { ...source, table: "slow" });
    const outcome = asked.then(JSON.stringify, (error: Error) => error.message);
    await untilItComputes(last.client);
    await last.kill();
    expect(await outcome).toMatch(/Attempt to read after eof|Connection reset|Unexpected EOF/i);

    // A profile that lets queries go on without such nodes.
    const tolerant: Parameters<typeof summarizeOnClickHouse>[0] = {
      query: (params) =>
        victims.client.query({ ...params, clickhouse_settings: { skip_unavailable_shards: 1 } }),
    };
    await expect(summarizeOnClickHouse(tolerant, sum, query, source)).rejects.toThrow(
      /Connection refused|ALL_CONNECTION_TRIES_FAILED/,
    );
  });

  async function untilItComputes(client: ClickHouseClient): Promise<void> {
    for (;;) {
      const [running] = await rowsOf(
        client,
        "SELECT 1 FROM system.processes WHERE query LIKE '%slow_local%' AND is_initial_query = 0",
      );
      if (running !== undefined) return;
    }
  }
});
