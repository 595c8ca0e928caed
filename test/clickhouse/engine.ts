import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClickHouseClient, createClient } from "@clickhouse/client";
import { createChdbConnection } from "chdb/connection";
import {
  type ClickHouseSource,
  createEventsTable,
  type EventRow,
  eventToRow,
} from "metered-costs/clickhouse";
import type { CostEvent } from "metered-costs/summary";
import { afterAll } from "vitest";

/** ClickHouse itself, in this process, behind the client that users have: for all tests of a file. */
export function startEngine(): ClickHouseClient {
  const path = mkdtempSync(join(tmpdir(), "metered-costs-clickhouse-"));
  // The two packages write one interface, one of them with `| undefined` at optional fields.
  const connection = createChdbConnection({ path }) as unknown as NonNullable<
    NonNullable<Parameters<typeof createClient>[0]>["connection"]
  >;
  const client = createClient({ connection });
  afterAll(() => client.close());
  return client;
}

export async function run(client: ClickHouseClient, query: string): Promise<void> {
  await client.command({ query });
}

export async function rowsOf<Row>(
  client: ClickHouseClient,
  query: string,
  query_params: Record<string, unknown> = {},
): Promise<Row[]> {
  const answer = await client.query({ query, query_params, format: "JSONEachRow" });
  return answer.json<Row>();
}

export async function insertRows(
  client: ClickHouseClient,
  table: string,
  values: readonly object[],
): Promise<void> {
  if (values.length === 0) return;
  await client.insert({
    table,
    values: [...values],
    format: "JSONEachRow",
    clickhouse_settings: { date_time_input_format: "best_effort" },
  });
}

/** A new table under the source's own DDL that holds the events in the order given. */
export async function fillTable(
  client: ClickHouseClient,
  source: ClickHouseSource,
  events: readonly CostEvent[],
  now = "2026-01-01T00:00:00Z",
): Promise<readonly EventRow[]> {
  const rows = events.map((event, index) =>
    eventToRow(event, source, { received: index, clock: () => new Date(now) }),
  );
  await run(client, `DROP TABLE IF EXISTS ${source.table}`);
  await run(client, createEventsTable(source));
  await insertRows(client, source.table, rows);
  return rows;
}
