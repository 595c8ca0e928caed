import { InvalidInputError, type Issue } from "../errors.ts";
import {
  list,
  matching,
  oneOf,
  optional,
  strictObject,
  text,
  wholeNumber,
} from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import { tablePlace } from "./event-rows.ts";
import { Literals } from "./parameters.ts";
import {
  type CheckedPlace,
  type CheckedSource,
  type ClickHouseSource,
  checkOwnSource,
  nullableKeys,
  quoted,
  tableName,
} from "./source.ts";

/** How the table is stored; none of it changes what a summary gives. */
export interface EventsTableOptions {
  /**
   * `ReplicatedMergeTree` needs the server's macros or a `Replicated` database; ClickHouse Cloud replaces either.
   * @default "MergeTree"
   */
  readonly engine?: "MergeTree" | "ReplicatedMergeTree" | undefined;
  /**
   * The calendar unit of a partition, in UTC. Partitions are what can be dropped at once; a range of time reads few rows
   * without them, too. An insert may touch 100 of them at most.
   * @default no partitions
   */
  readonly partitionBy?: "DAY" | "MONTH" | undefined;
  /** Deletes events that many days after their timestamp; ClickHouse does so when it merges parts. */
  readonly ttlDays?: number | undefined;
  /**
   * Columns of the table. Begin with those that every query has a value for, and end with the time.
   * @default the columns of the type and the timestamp
   */
  readonly orderBy?: readonly string[] | undefined;
  /**
   * The level of ZSTD for data: higher is smaller and slower to write.
   * @default 1
   */
  readonly compression?: number | undefined;
  /**
   * What drops copies of events before a summary reads them.
   *
   * `inserts`: ClickHouse remembers the last 10,000 inserts (in a `ReplicatedMergeTree` of the last 7 days), and stores
   * nothing of one whose `insert_deduplication_token` it remembers. That is for writers that repeat a failed insert as it
   * was; copies within it, or in two inserts, stay.
   *
   * `merges`: a `ReplacingMergeTree` that keeps the first received of the events with one key, namespace, source, and one
   * value of each column that it is sorted by. So copies must agree in their type and timestamp, as those of a client do
   * that fixes both before its first attempt. It is for a source with `final: true` and `received`. An event without a
   * key is given one, and is never a copy.
   * @default copies stay, and summaries with `unique: false` find them
   */
  readonly deduplicate?: "inserts" | "merges" | undefined;
  /**
   * Makes a `Distributed` table over tables of that name on each shard of a cluster instead. An event goes to a shard by
   * its key, so that all copies of it meet on one. Create the tables of the shards first, with the other options.
   */
  readonly distributed?: { readonly cluster: string; readonly table: string } | undefined;
}

const tableOptions = /* @__PURE__ */ strictObject({
  engine: /* @__PURE__ */ optional(/* @__PURE__ */ oneOf(["MergeTree", "ReplicatedMergeTree"])),
  partitionBy: /* @__PURE__ */ optional(/* @__PURE__ */ oneOf(["DAY", "MONTH"])),
  ttlDays: /* @__PURE__ */ optional(/* @__PURE__ */ wholeNumber(1, 100_000)),
  orderBy: /* @__PURE__ */ optional(/* @__PURE__ */ list(text)),
  compression: /* @__PURE__ */ optional(/* @__PURE__ */ wholeNumber(1, 22)),
  deduplicate: /* @__PURE__ */ optional(/* @__PURE__ */ oneOf(["inserts", "merges"])),
  distributed: /* @__PURE__ */ optional(
    /* @__PURE__ */ strictObject({
      cluster: /* @__PURE__ */ matching(/^[A-Za-z_][A-Za-z0-9_-]*$/, "events"),
      table: tableName,
    }),
  ),
});

/** The column by which a `ReplacingMergeTree` keeps the greatest, and so the first received. */
const VERSION = "metered_costs_version";
/** What makes a table remember its inserts. */
const REMEMBERED = {
  MergeTree: ["non_replicated_deduplication_window = 10000"],
  ReplicatedMergeTree: [
    "replicated_deduplication_window = 10000",
    "replicated_deduplication_window_seconds = 604800",
  ],
} as const;
const REFUSED = "createEventsTable: the table cannot be made";
type Definition = readonly [name: string, type: string];

/** Columns for values and dimensions; those under keys of one map are of one type. */
function dataColumns(data: CheckedSource["data"], codec: string, issues: Issue[]): Definition[] {
  if (data.layout !== "typed") {
    return [[data.column, data.layout === "text" ? `String ${codec}` : "JSON"]];
  }
  const columns: Definition[] = [];
  const maps = new Map<string, string>();
  const put = ({ column, key }: CheckedPlace, inMap: string, alone: string): void => {
    if (key === undefined) columns.push([column, alone]);
    else if ((maps.get(column) ?? inMap) === inMap) maps.set(column, inMap);
    else {
      const message = `expected values of one type in the map ${column}`;
      issues.push({ path: ["source", "data"], message });
    }
  };
  for (const { column, type, precision, scale } of data.values.values()) {
    const number = type === "integer" ? "Int64" : `Decimal(${precision}, ${scale})`;
    const held = type === "text" ? "String" : number;
    put(column, held, `Nullable(${held})`);
  }
  for (const column of data.dimensions.values()) {
    put(column, "String", "LowCardinality(String)");
  }
  const mapped = [...maps].map(
    ([name, type]): Definition => [name, `Map(LowCardinality(String), ${type})`],
  );
  return [...columns, ...mapped];
}

/**
 * The `CREATE TABLE` of the table we recommend for a source, for those who start from nothing.
 *
 * It is ordered by type and time, since every summary asks for one type and a range of time: only those parts of the
 * table are read. Unless keys are unique, a bloom filter finds the copies of a key without reading the whole table.
 * Values as `decimal` are `Decimal(38, 18)` unless the source names another precision and scale, and those as `integer`
 * are Int64. Values under keys of one map are of one type.
 *
 * `received` is a UInt64 that you count up, or that ClickHouse fills in if a row leaves it out: `generateSnowflakeID()`
 * differs in every row, however many processes write, and increases on each server. Rows that two servers receive within
 * the difference of their clocks are in the order of those clocks.
 *
 * On a cluster use `ReplicatedMergeTree` and a `Distributed` table over it.
 * Throws an `InvalidInputError` for a source or options that cannot be used, and where two members have one column.
 *
 * @example
 * ```ts
 * import { createEventsTable } from "metered-costs/clickhouse";
 *
 * const events = {
 *   table: "events",
 *   data: { layout: "text", column: "data" },
 *   unique: false,
 *   received: "received",
 * } as const;
 * console.log(
 *   createEventsTable(events, {
 *     partitionBy: "MONTH",
 *     ttlDays: 730,
 *     orderBy: ["namespace", "type", "subject", "timestamp"],
 *   }),
 * );
 * ```
 */
export function createEventsTable(
  source: ClickHouseSource,
  options: EventsTableOptions = {},
): string {
  const { table, columns, data, unique, final, received } = checkOwnSource(source);
  const checked = readInput(tableOptions, options, REFUSED);
  const { engine = "MergeTree", partitionBy, ttlDays, compression = 1, deduplicate } = checked;
  const { type, timestamp, idempotencyKey } = columns;
  const codec = `CODEC(ZSTD(${compression}))`;
  const issues: Issue[] = [];
  if (checked.distributed !== undefined) {
    const { cluster, table: local } = checked.distributed;
    const { database, name } = tablePlace(local, new Literals());
    const scope = [columns.namespace, columns.source].flatMap((column) =>
      column === null ? [] : [`ifNull(toString(${quoted(column)}), '')`],
    );
    // Events without a key are no copies, and go anywhere.
    const key =
      idempotencyKey === null
        ? "rand()"
        : `cityHash64(${[...scope, `ifNull(toString(${quoted(idempotencyKey)}), toString(rand()))`].join(", ")})`;
    return `CREATE TABLE ${table} AS ${local}
ENGINE = Distributed('${cluster}', ${database}, ${name}, ${key})`;
  }
  const isMerged = deduplicate === "merges";
  if (isMerged !== final) {
    issues.push({
      path: isMerged ? ["source", "final"] : ["deduplicate"],
      message: isMerged
        ? "expected true with deduplicate: merges: a copy counts until a merge, unless the table is read with FINAL"
        : "expected merges: final is for a table whose engine drops copies",
    });
  }
  if (isMerged && (received === undefined || idempotencyKey === null)) {
    issues.push({
      path: ["source", received === undefined ? "received" : "columns"],
      message:
        "expected a column of the order of receipt and one of keys with deduplicate: merges: without them the engine keeps the last copy, and a summary counts the first",
    });
  }
  // The engine merges events with one key, so that each has one: NULL becomes the default.
  const typeOf = (column: string): string =>
    isMerged && column === idempotencyKey
      ? "String DEFAULT toString(generateUUIDv4())"
      : "Nullable(String)";
  const definitions: Definition[] = [
    [type, "LowCardinality(String)"],
    [timestamp, "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))"],
    ...[columns.subject, columns.namespace, columns.source, idempotencyKey].flatMap(
      (column): Definition[] => (column === null ? [] : [[column, typeOf(column)]]),
    ),
    ...(received === undefined
      ? []
      : [[received, "UInt64 DEFAULT generateSnowflakeID() CODEC(Delta, ZSTD(1))"] as const]),
    ...(isMerged
      ? [[VERSION, `Int64 MATERIALIZED -toInt64(${quoted(received ?? "")})`] as const]
      : []),
    ...dataColumns(data, codec, issues),
  ];
  const names = definitions.map(([name]) => name);
  for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index))) {
    issues.push({ path: ["source"], message: `expected one use of the column ${name}` });
  }
  const orderBy = checked.orderBy ?? [type, timestamp];
  for (const [index, name] of orderBy.entries()) {
    if (names.includes(name)) continue;
    const message = `expected one of the table's columns: ${names.join(", ")}`;
    issues.push({ path: ["orderBy", index], message });
  }
  if (issues.length > 0) throw new InvalidInputError(REFUSED, issues);
  const lines = definitions.map(([name, definition]) => `  ${quoted(name)} ${definition}`);
  if (!unique && idempotencyKey !== null) {
    lines.push(`  INDEX copies ${quoted(idempotencyKey)} TYPE bloom_filter(0.001) GRANULARITY 1`);
  }
  const nullable = definitions.flatMap(([name, of]) => (/^Nullable/.test(of) ? [name] : []));
  const told = isMerged
    ? [
        ...[columns.namespace, columns.source].flatMap((column) =>
          column === null || orderBy.includes(column) ? [] : nullableKeys(quoted(column)),
        ),
        ...(idempotencyKey === null || orderBy.includes(idempotencyKey)
          ? []
          : [quoted(idempotencyKey)]),
      ]
    : [];
  const settings = [
    ...(orderBy.some((name) => nullable.includes(name)) ? ["allow_nullable_key = 1"] : []),
    ...(deduplicate === "inserts" ? REMEMBERED[engine] : []),
  ];
  const unit = { DAY: "toYYYYMMDD", MONTH: "toYYYYMM" };
  const clauses = [
    `ENGINE = ${isMerged ? `${engine.replace("Merge", "ReplacingMerge")}(${quoted(VERSION)})` : engine}`,
    ...(partitionBy === undefined
      ? []
      : [`PARTITION BY ${unit[partitionBy]}(${quoted(timestamp)})`]),
    `ORDER BY (${[...orderBy.map(quoted), ...told].join(", ")})`,
    ...(ttlDays === undefined ? [] : [`TTL ${quoted(timestamp)} + toIntervalDay(${ttlDays})`]),
    ...(settings.length === 0 ? [] : [`SETTINGS ${settings.join(", ")}`]),
  ];
  return `CREATE TABLE ${table} (
${lines.join(",\n")}
)
${clauses.join("\n")}`;
}
