import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type ClickHouseClient as Client, createClient } from "@clickhouse/client";
import { Session } from "chdb";
import {
  type ClickHouseClient,
  type ClickHouseSource,
  createRollupTable,
  summarizeOnClickHouse,
} from "metered-costs/clickhouse";
import { CLUSTER, DATABASE, startCluster } from "../../test/clickhouse/cluster.ts";
import { COPIES_AFTER, COPIES_EVERY, MODELS, REGIONS, STEP, VALUES } from "../made.ts";
import { EVENT_TYPE, FROM, QUESTION, type Question, type Row, TO, UNIT_COST } from "../question.ts";
import type { Outcome } from "../section.ts";
import { eventOf, type Usage } from "../usage.ts";
import { costOf, queryOf, rowsOf } from "./metered-costs.ts";
import { rowsOfBreakdown } from "./sql.ts";

/** What is used of chDB's session, whose own types are not there when these are checked. */
interface Table {
  query(sql: string): string;
  queryAsync(sql: string, options: { format: string }): Promise<{ json(): { data: unknown[][] } }>;
  queryBindAsync(
    sql: string,
    parameters: object,
    options: { format: string },
  ): Promise<{ text(): string }>;
  insert(batch: { table: string; values: Buffer; format: string }): Promise<unknown>;
}

/** Lines of text that go into the table at a time. */
const BATCH = 50_000;
const IN_RANGE = `type = '${EVENT_TYPE}' and timestamp >= fromUnixTimestamp64Milli(${FROM})
  and timestamp < fromUnixTimestamp64Milli(${TO})`;
/** The same events in one table: values as Decimal and as text, and the data as JSON text. */
export async function openTable(folder: string, usages: Iterable<Usage>): Promise<Table> {
  const session: Table = new Session(mkdtempSync(join(folder, "clickhouse-")));
  session.query("create database usage");
  session.query(`create table usage.events (
    type LowCardinality(String), timestamp DateTime64(3, 'UTC'), namespace Nullable(String),
    tokens Decimal(18, 6), tokens_text Nullable(String), model LowCardinality(String),
    region LowCardinality(String), data String
  ) engine = MergeTree order by (type, timestamp)`);
  let lines: string[] = [];
  const flush = async (): Promise<void> => {
    const values = Buffer.from(lines.join(""));
    lines = [];
    await session.insert({ table: "usage.events", values, format: "TSV" });
  };
  for (const usage of usages) {
    const { type, timestamp, namespace, data } = eventOf(usage);
    const time = timestamp.replace("T", " ").replace("Z", "");
    const { tokens, model, region } = data;
    lines.push(
      `${type}\t${time}\t${namespace ?? "\\N"}\t${tokens}\t${tokens}\t${model}\t${region}\t${JSON.stringify(data)}\n`,
    );
    if (lines.length === BATCH) await flush();
  }
  await flush();
  session.query("optimize table usage.events final");
  return session;
}

/** What one would write for the same numbers, in one `select`, so that nodes send sums instead of rows. */
const byHandSql = (
  table: string,
  columns: string,
  { groupBy }: Question,
  condition = "1",
): string => `
  with ${columns}, toUInt32(toDate(timestamp)) as day
  select ${groupBy.join(", ")}, day, sum(value) as quantity,
    quantity * cast(${UNIT_COST} as decimal(8, 7)) as cost
  from ${table} where ${IN_RANGE} and ${condition}
  group by grouping sets ((), (${groupBy.join(", ")}), (day))
  settings group_by_use_nulls = 1, output_format_json_quote_decimals = 1`;

/** The same, with `value`, `model` and `region` as they are read here. */
export async function byHand(session: Table, columns: string): Promise<Row[]> {
  const sql = byHandSql("usage.events", columns, QUESTION);
  const result = await session.queryAsync(sql, { format: "JSONCompact" });
  return rowsOfBreakdown(result.json().data);
}

export const BY_HAND = {
  decimal: "tokens as value",
  text: "toDecimal256OrNull(tokens_text, 38) as value",
  /** In the style of OpenMeter's, which cuts digits off. */
  json: `toDecimal128OrNull(JSON_VALUE(data, '$.tokens'), 19) as value,
    JSON_VALUE(data, '$.model') as model, JSON_VALUE(data, '$.region') as region`,
};

const typed = (column: string, type: "decimal" | "text"): ClickHouseSource["data"] => ({
  layout: "typed",
  values: { "$.tokens": { column, type } },
  dimensions: { "$.model": "model", "$.region": "region" },
});
export const LAYOUTS = {
  decimal: typed("tokens", "decimal"),
  text: typed("tokens_text", "text"),
  json: { layout: "text", column: "data" },
} satisfies Record<string, ClickHouseSource["data"]>;

/** What of `@clickhouse/client` the library uses, of chDB's session; `settings` are added to each query. */
function clientOf(session: Table, settings = ""): ClickHouseClient {
  return {
    async query({ query, query_params }) {
      const sent = `${query}${settings}`;
      const result = await session.queryBindAsync(sent, query_params, { format: "JSONEachRow" });
      const lines: string[] = result.text().trim().split("\n");
      return { json: async () => lines.map((line): unknown => JSON.parse(line)) };
    },
  };
}

/** `summarizeOnClickHouse` through chDB's session. */
export async function ofTable(
  session: Table,
  data: ClickHouseSource["data"],
): Promise<Iterable<Row>> {
  const source = {
    table: "usage.events",
    columns: { subject: null, source: null, idempotencyKey: null },
    data,
    unique: true,
  };
  const cost = costOf(QUESTION);
  const summary = await summarizeOnClickHouse(clientOf(session), cost, queryOf(QUESTION), source);
  return rowsOf(summary, QUESTION);
}

export const BY_MODEL: Question = { ...QUESTION, groupBy: ["model"] };
const columns = { subject: null, source: null, namespace: null };
/** Events that ClickHouse itself makes, `COPIES_EVERY` of them a copy of an earlier one, in values, too. */
const MADE = {
  table: "made.events",
  columns,
  data: {
    layout: "typed",
    values: { "$.tokens": { column: "tokens", type: "decimal", precision: 18, scale: 6 } },
    dimensions: { "$.model": "model" },
  },
  unique: false,
  received: "received",
} satisfies ClickHouseSource;
const MADE_ONCE = { ...MADE, table: "made.events_once", unique: true } satisfies ClickHouseSource;
const ROLLUP = createRollupTable(costOf(BY_MODEL), {
  source: MADE_ONCE,
  table: "made.by_hour",
  granularity: "HOUR",
  dimensions: ["model"],
});

/** SQL of a made event's columns, for event `number` of `count`. */
const madeAt = (count: number): string =>
  `fromUnixTimestamp64Milli(toInt64(${FROM} + intDiv(number * ${TO - FROM}, ${count})), 'UTC')`;
const MADE_TOKENS = `toDecimal64(number * ${STEP} % ${VALUES}, 6) / 1000`;
const MADE_MODEL = `concat('model-', toString(number % ${MODELS}))`;

/** The table of `made` events, and its rollup by hour and model. */
export async function openMade(folder: string, count: number): Promise<Table> {
  const session: Table = new Session(mkdtempSync(join(folder, "clickhouse-")));
  session.query("create database made");
  session.query(`create table made.events (
    type LowCardinality(String), timestamp DateTime64(3, 'UTC'), idempotencyKey Nullable(String),
    received UInt64, tokens Decimal(18, 6), model LowCardinality(String), region LowCardinality(String),
    is_copy Bool, index copies idempotencyKey type bloom_filter(0.001) granularity 1
  ) engine = MergeTree order by (type, timestamp)`);
  session.query(`insert into made.events select '${EVENT_TYPE}',
    ${madeAt(count)},
    lower(hex(sipHash128(number - if(is_copy, ${COPIES_AFTER}, 0)))), number, ${MADE_TOKENS},
    ${MADE_MODEL}, 'eu-west-1',
    number % ${COPIES_EVERY} = ${COPIES_EVERY - 1} as is_copy from numbers(${count})`);
  session.query("create view made.events_once as select * from made.events where not is_copy");
  session.query(ROLLUP.createTable);
  for (const statement of ROLLUP.backfill) session.query(statement);
  session.query("optimize table made.by_hour final");
  return session;
}

export async function madeByHand(session: Table): Promise<Row[]> {
  const sql = byHandSql("made.events", BY_HAND.decimal, BY_MODEL, "not is_copy");
  const result = await session.queryAsync(sql, { format: "JSONCompact" });
  return rowsOfBreakdown(result.json().data);
}

/** The query finds the copies, in at most 4 GB. */
export async function madeWithCopies(session: Table): Promise<Iterable<Row>> {
  const client = clientOf(session, ", max_memory_usage = 4000000000");
  const summary = await summarizeOnClickHouse(client, costOf(BY_MODEL), queryOf(BY_MODEL), MADE);
  return rowsOf(summary, BY_MODEL);
}

export async function madeRolledUp(session: Table): Promise<Iterable<Row>> {
  const { from, to } = queryOf(BY_MODEL);
  const query = { from, to, groupBy: ["model"], window: "DAY" } as const;
  const source = { rollup: ROLLUP };
  const summary = await summarizeOnClickHouse(clientOf(session), costOf(BY_MODEL), query, source);
  return rowsOf(summary, BY_MODEL);
}

/** Some statements take longer than the client's 30 seconds; what the server says meanwhile keeps the connection open. */
const LONG = {
  request_timeout: 600_000,
  // Node takes 16 kB of headers, which those of progress fill within minutes where they come more often.
  clickhouse_settings: {
    send_progress_in_http_headers: 1,
    http_headers_progress_interval_ms: "10000",
  },
} as const;

/** The clients of all nodes, and that of the first, which is asked. */
export interface Nodes {
  readonly client: Client;
  readonly clients: readonly Client[];
}

/** Servers with made events, each key once: all of them on the first, and a third of them on each. */
export async function openNodes(folder: string, count: number): Promise<Nodes> {
  const { nodes } = await startCluster(3, {
    packages: new URL("../node_modules/", import.meta.url),
    server: new URL("../../test/clickhouse/server.c", import.meta.url),
    folder,
  });
  const clients = nodes.map(({ url }) => createClient({ url, database: DATABASE, ...LONG }));
  const [client] = clients;
  if (client === undefined) throw new Error("There are three nodes");
  const fill = async (client: Client, table: string, condition: string) => {
    await client.command({
      query: `create table ${table} (type LowCardinality(String), timestamp DateTime64(3, 'UTC'),
        tokens Decimal(18, 6), tokens_text String, model LowCardinality(String),
        region LowCardinality(String), data String) engine = MergeTree order by (type, timestamp)`,
    });
    await client.command({
      query: `insert into ${table} select '${EVENT_TYPE}', ${madeAt(count)}, ${MADE_TOKENS} as value,
        toString(value) as text, ${MADE_MODEL} as model,
        concat('region-', toString(number % ${REGIONS})) as region,
        concat('{"model":"', model, '","region":"', region, '","tokens":', text, '}')
        from numbers(${count}) where ${condition}`,
    });
    await client.command({ query: `optimize table ${table} final` });
  };
  await fill(client, "one", "1");
  for (const [place, node] of clients.entries()) {
    await fill(node, "third", `number % 3 = ${place}`);
  }
  await client.command({
    query: `create table three as third engine = Distributed(${CLUSTER}, ${DATABASE}, third)`,
  });
  return { client, clients };
}

export type NodesTable = "one" | "three";

/** What a query took on all nodes, by their logs, once it has been asked under the name given. */
async function logged({ clients, client }: Nodes, queryId: string): Promise<Partial<Outcome>> {
  const sums = await Promise.all(
    clients.map(async (node) => {
      await node.command({ query: "system flush logs query_log" });
      const answer = await node.query({
        query: `select sum(ProfileEvents['UserTimeMicroseconds'] + ProfileEvents['SystemTimeMicroseconds']) as cpu,
          sum(ProfileEvents['NetworkReceiveBytes']) as received
          from system.query_log where type = 'QueryFinish' and initial_query_id = {id:String}`,
        query_params: { id: queryId },
        format: "JSONEachRow",
      });
      const [sum] = (await answer.json()) as { cpu: string; received: string }[];
      return { cpu: Number(sum?.cpu) / 1000, received: Number(sum?.received), node };
    }),
  );
  const received = sums.find(({ node }) => node === client)?.received;
  return {
    cpu: sums.reduce((sum, { cpu }) => sum + cpu, 0),
    ...(received !== undefined && { received }),
  };
}

/** Runs what asks one query through the client, and adds what it took. */
async function timed(
  nodes: Nodes,
  ask: (queryId: string) => Promise<Iterable<Row>>,
): Promise<Outcome> {
  const queryId = randomUUID();
  const start = performance.now();
  const rows = await ask(queryId);
  const milliseconds = performance.now() - start;
  return { rows, milliseconds, ...(await logged(nodes, queryId)) };
}

export function nodesByHand(nodes: Nodes, table: NodesTable, columns: string): Promise<Outcome> {
  return timed(nodes, async (query_id) => {
    const query = byHandSql(table, columns, QUESTION);
    const answer = await nodes.client.query({ query, query_id, format: "JSONCompact" });
    return rowsOfBreakdown(((await answer.json()) as { data: unknown[][] }).data);
  });
}

export function nodesOfTable(
  nodes: Nodes,
  table: NodesTable,
  data: ClickHouseSource["data"],
): Promise<Outcome> {
  return timed(nodes, async (query_id) => {
    const client: ClickHouseClient = {
      query: (params) => nodes.client.query({ ...params, query_id }),
    };
    const source = {
      table,
      columns: { ...columns, idempotencyKey: null },
      data,
      unique: true,
    };
    const summary = await summarizeOnClickHouse(
      client,
      costOf(QUESTION),
      queryOf(QUESTION),
      source,
    );
    return rowsOf(summary, QUESTION);
  });
}
