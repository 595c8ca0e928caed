import { InvalidInputError, type Issue } from "../errors.ts";
import { type CheckedSource, type ClickHouseSource, checkSource, quoted } from "./source.ts";

function dataColumns(data: CheckedSource["data"]): [string, string][] {
  const columns: [string, string][] = [];
  if (data.layout === "typed") {
    for (const { column, type, precision, scale } of data.values.values()) {
      const held = type === "text" ? "String" : `Decimal(${precision}, ${scale})`;
      columns.push([column, `Nullable(${held})`]);
    }
    for (const column of data.dimensions.values()) columns.push([column, "LowCardinality(String)"]);
  } else {
    columns.push([data.column, data.layout === "text" ? "String CODEC(ZSTD(1))" : "JSON"]);
  }
  return columns;
}

/**
 * The `CREATE TABLE` of the table we recommend for a source, for those who start from nothing.
 *
 * It is ordered by type and time, since every summary asks for one type and a range of time: only those parts of the
 * table are read. Unless keys are unique, a bloom filter finds the copies of a key without reading the whole table.
 * Values as `decimal` are `Decimal(38, 18)` unless the source names another precision and scale. `received` is a UInt64
 * that you count up. On a cluster use a `Replicated...MergeTree` and a `Distributed` table over it.
 * Throws an `InvalidInputError` for a source that cannot be used, and where two members have one column.
 *
 * @example
 * ```ts
 * import { createEventsTable } from "metered-costs/clickhouse";
 *
 * console.log(
 *   createEventsTable({
 *     table: "events",
 *     data: { layout: "text", column: "data" },
 *     unique: false,
 *     received: "received",
 *   }),
 * );
 * ```
 */
export function createEventsTable(source: ClickHouseSource): string {
  const { table, columns, data, unique, received } = checkSource(source);
  const { type, timestamp, idempotencyKey } = columns;
  const definitions: [string, string][] = [
    [type, "LowCardinality(String)"],
    [timestamp, "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))"],
    ...[columns.subject, columns.namespace, columns.source, idempotencyKey].flatMap(
      (column): [string, string][] => (column === null ? [] : [[column, "Nullable(String)"]]),
    ),
    ...(received === undefined
      ? []
      : [[received, "UInt64 CODEC(Delta, ZSTD(1))"] as [string, string]]),
    ...dataColumns(data),
  ];
  const issues: Issue[] = [];
  const names = definitions.map(([name]) => name);
  for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index))) {
    issues.push({ path: ["source"], message: `expected one use of the column ${name}` });
  }
  if (issues.length > 0)
    throw new InvalidInputError("createEventsTable: the table cannot be made", issues);
  const lines = definitions.map(([name, definition]) => `  ${quoted(name)} ${definition}`);
  if (!unique && idempotencyKey !== null) {
    lines.push(`  INDEX copies ${quoted(idempotencyKey)} TYPE bloom_filter GRANULARITY 1`);
  }
  return `CREATE TABLE ${table} (
${lines.join(",\n")}
)
ENGINE = MergeTree
ORDER BY (${quoted(type)}, ${quoted(timestamp)})`;
}
