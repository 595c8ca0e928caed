import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ClickHouseSource,
  createEventsTable,
  createRollupTable,
  eventToRow,
  flexpriceEvents,
  openMeterEvents,
  summarizeOnClickHouse,
  summaryQuery,
} from "metered-costs/clickhouse";
import { type CostEvent, summarizeCost } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { AGGREGATIONS } from "../summary/random-events.ts";
import { insertRows, rowsOf, run, startEngine } from "./engine.ts";
import { SUM_BY_D } from "./sources.ts";

// Tables that other programs fill, under the layouts that these publish.

const client = startEngine();

const cost = SUM_BY_D;
const query = {
  from: "2026-06-03T00:00:00Z",
  to: "2026-06-20T00:00:00Z",
  groupBy: ["d"],
  window: "DAY",
} as const;
/** Events of many hours, each with its own second. */
const EVENTS = Array.from(
  { length: 200 },
  (_, n): CostEvent => ({
    type: n % 10 === 0 ? "other" : "call",
    timestamp: new Date(Date.UTC(2026, 4, 20 + (n % 40), n % 24, Math.floor(n / 60), n % 60)),
    subject: `customer-${n % 4}`,
    idempotencyKey: `id-${n}`,
    data: { v: `${n}.25`, d: `d${n % 3}` },
  }),
);

async function compare(source: ClickHouseSource): Promise<void> {
  for (const aggregation of AGGREGATIONS) {
    const definition = { ...cost, aggregation };
    for (const asked of [query, { ...query, subject: "customer-1" }]) {
      const remote = await summarizeOnClickHouse(client, definition, asked, source);
      expect(JSON.stringify(remote), aggregation).toBe(
        JSON.stringify(summarizeCost(definition, EVENTS, asked)),
      );
    }
  }
}

/** The share of the table's granules that a query of one day reads. */
async function shareRead(source: ClickHouseSource): Promise<number> {
  const asked = { ...query, from: "2026-06-03T00:00:00Z", to: "2026-06-04T00:00:00Z" };
  const { query: text, query_params } = summaryQuery(cost, asked, source);
  const lines = await rowsOf<{ explain: string }>(
    client,
    `EXPLAIN indexes = 1 ${text}`,
    query_params,
  );
  const granules = lines.flatMap(({ explain }) => {
    const [, read, all] = /Granules: (\d+)\/(\d+)/.exec(explain) ?? [];
    return read === undefined ? [] : [[Number(read), Number(all)] as const];
  });
  expect(granules.length).toBeGreaterThan(0);
  return (granules.at(-1)?.[0] ?? 0) / (granules[0]?.[1] ?? 1);
}

test("OpenMeter's table is read as it is, one namespace and only its hours", async () => {
  await run(
    client,
    `CREATE TABLE om_events (
      namespace String, id String, type LowCardinality(String), subject String, source String,
      time DateTime, data String, ingested_at DateTime, stored_at DateTime, store_row_id String
    ) ENGINE = MergeTree PARTITION BY toYYYYMM(time)
    ORDER BY (namespace, type, subject, toStartOfHour(time)) SETTINGS index_granularity = 4`,
  );
  const rowsFor = (namespace: string) =>
    EVENTS.map(({ type, timestamp, subject, idempotencyKey, data }) => ({
      ...{ namespace, id: idempotencyKey, type, subject, source: "gateway" },
      time: (timestamp as Date).toISOString(),
      data: JSON.stringify(data),
    }));
  await insertRows(client, "om_events", [...rowsFor("default"), ...rowsFor("other")]);
  const source = openMeterEvents({ namespace: "default", table: "om_events" });
  await compare(source);
  expect(await shareRead(source)).toBeLessThan(0.2);
  const bySource = { ...query, groupBy: ["$source"] } as const;
  const summary = await summarizeOnClickHouse(client, cost, bySource, source);
  expect(summary.groups?.map(({ dimensions }) => dimensions)).toEqual([{ $source: "gateway" }]);
  await insertRows(client, "om_events", rowsFor("default"));
  const deduplicated = { ...source, unique: false, received: "stored_at" };
  await expect(summarizeOnClickHouse(client, cost, query, deduplicated)).rejects.toMatchObject({
    code: "INVALID_INPUT",
    issues: [{ path: ["source", "received"] }],
  });
});

test("Flexprice's table is read as it is, one environment, without its copies, and only its days", async () => {
  await run(
    client,
    `CREATE TABLE flexprice_events (
      id String, tenant_id String, external_customer_id String, environment_id String,
      event_name LowCardinality(String), customer_id String DEFAULT '',
      source LowCardinality(String) DEFAULT '', timestamp DateTime64(3) DEFAULT now(),
      ingested_at DateTime64(3) DEFAULT now(), properties String,
      CONSTRAINT check_event_id CHECK id != ''
    ) ENGINE = ReplacingMergeTree(ingested_at) PARTITION BY toYYYYMMDD(timestamp)
    PRIMARY KEY (tenant_id, environment_id) ORDER BY (tenant_id, environment_id, timestamp, id)
    SETTINGS index_granularity = 4`,
  );
  const rowsFor = (tenant_id: string, environment_id: string) =>
    EVENTS.map(({ type, timestamp, subject, idempotencyKey, data }) => ({
      ...{ id: idempotencyKey, tenant_id, environment_id, event_name: type },
      external_customer_id: subject,
      timestamp: (timestamp as Date).toISOString(),
      properties: JSON.stringify(data),
    }));
  await run(client, "SYSTEM STOP MERGES flexprice_events");
  for (const rows of [rowsFor("t_1", "live"), rowsFor("t_1", "live"), rowsFor("t_1", "test")]) {
    await insertRows(client, "flexprice_events", rows);
  }
  const source = flexpriceEvents({
    ...{ tenantId: "t_1", environmentId: "live", table: "flexprice_events" },
  });
  await compare(source);
  expect(await shareRead(source)).toBeLessThan(0.2);
});

test.each([
  ["openMeterEvents", () => openMeterEvents({} as never), ["namespace"]],
  ["flexpriceEvents", () => flexpriceEvents({ tenantId: "t" } as never), ["environmentId"]],
])("%s refuses options that name no events", (_, make, path) => {
  expect(make).toThrow(
    expect.objectContaining({
      code: "INVALID_INPUT",
      issues: [expect.objectContaining({ path })],
    }),
  );
});

describe("only", () => {
  const columns = { subject: null, namespace: null, source: null };
  const source = {
    table: "tenants",
    columns,
    data: { layout: "text", column: "data" },
    unique: false,
    received: "received",
  } satisfies ClickHouseSource;
  const rows = [
    ["t'1", "a", 1, 1],
    ["t2", "a", 0, 10],
    ["t'1", "a", 2, 100],
    ["t'1", "b", 3, 1000],
  ] as const;
  const create = (tenant: string) =>
    run(
      client,
      `CREATE OR REPLACE TABLE tenants (tenant ${tenant}, type String, timestamp DateTime64(3), idempotencyKey String, received UInt64, data String) ENGINE = MergeTree ORDER BY (tenant, type, timestamp)`,
    );
  const fill = () =>
    insertRows(
      client,
      "tenants",
      rows.map(([tenant, idempotencyKey, received, v]) => ({
        ...{ tenant, idempotencyKey, received },
        ...{ type: "call", timestamp: "2026-06-04 00:00:00", data: JSON.stringify({ v, d: "x" }) },
      })),
    );

  test("reads the rows with these texts; a copy in others is no copy", async () => {
    await create("String");
    await fill();
    const one = { ...source, only: { tenant: "t'1" } };
    const total = async (table: ClickHouseSource) =>
      (await summarizeOnClickHouse(client, cost, query, table)).totalQuantity?.toString();
    expect(await total(one)).toBe("1001");
    expect(await total({ ...one, unique: true })).toBe("1101");
    expect(await total(source)).toBe("1010");
    const rollup = createRollupTable(cost, {
      source: { ...one, unique: true },
      table: "tenant_by_day",
      granularity: "DAY",
    });
    for (const statement of [rollup.createTable, ...rollup.createViews, ...rollup.backfill]) {
      await run(client, statement);
    }
    const { from, to } = query;
    const rolledUp = await summarizeOnClickHouse(client, cost, { from, to }, { rollup });
    expect(rolledUp.totalQuantity?.toString()).toBe("1101");
  });

  test("compares text, and not numbers with it", async () => {
    await create("UInt64");
    await expect(
      summarizeOnClickHouse(client, cost, query, { ...source, only: { tenant: "7" } }),
    ).rejects.toMatchObject({ code: "INVALID_INPUT", issues: [{ path: ["source", "tenant"] }] });
  });

  test("is for tables that others fill", () => {
    const one = { ...source, only: { tenant: "t1" } };
    const refused = expect.objectContaining({
      code: "INVALID_INPUT",
      issues: [expect.objectContaining({ path: ["source", "only"] })],
    });
    expect(() => createEventsTable(one)).toThrow(refused);
    expect(() => eventToRow({ type: "call", data: {} }, one)).toThrow(refused);
    expect(() => summaryQuery(cost, query, { ...source, only: { "a b": "c" } })).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT" }),
    );
  });
});

test("Parquet files are read by a view over them", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "metered-costs-parquet-")), "june.parquet");
  await run(
    client,
    `INSERT INTO FUNCTION file('${path}', Parquet)
    SELECT 'id-' || toString(number) AS request_id, toDateTime64('2026-06-04 00:00:00', 6, 'UTC') + number AS at,
      'large' AS model, toUInt32(number) AS tokens
    FROM numbers(100)`,
  );
  await run(
    client,
    `CREATE VIEW parquet_events AS
    SELECT 'call' AS type, at AS timestamp, request_id AS idempotencyKey, model, tokens FROM file('${path}', Parquet)`,
  );
  const source = {
    table: "parquet_events",
    columns: { subject: null, namespace: null, source: null },
    data: {
      layout: "typed",
      values: { "$.v": { column: "tokens", type: "integer" } },
      dimensions: { "$.d": "model" },
    },
    unique: true,
  } as const;
  const events = Array.from(
    { length: 100 },
    (_, v): CostEvent => ({
      type: "call",
      timestamp: new Date(Date.UTC(2026, 5, 4, 0, 0, v)),
      data: { v, d: "large" },
    }),
  );
  for (const aggregation of AGGREGATIONS) {
    const definition = { ...cost, aggregation };
    expect(JSON.stringify(await summarizeOnClickHouse(client, definition, query, source))).toBe(
      JSON.stringify(summarizeCost(definition, events, query)),
    );
  }
});
