import type { Path } from "../engine/event-values.ts";
import {
  compileLocalPlan,
  type DimensionPlace,
  type EventField,
  type Plan,
} from "../engine/plan.ts";
import { InvalidInputError, type Issue } from "../errors.ts";
import type { CostDefinition, EventDimension, LocalSummaryParams } from "../models.ts";
import { decimalOf } from "../values/decimal.ts";
import { quantityColumns } from "./aggregations.ts";
import { readJsonColumn } from "./json-columns.ts";
import { readJsonText } from "./json-text.ts";
import { literal } from "./literal.ts";
import { isUsable, numberOf } from "./numbers-in-sql.ts";
import { Parameters } from "./parameters.ts";
import type { Alias, ColumnCheck, Needs, Reading } from "./reading.ts";
import { type CheckedSource, type ClickHouseSource, checkSource, quoted } from "./source.ts";
import { repeatedOf, type SummaryDefinition } from "./summary-definition.ts";
import { readTypedColumns } from "./typed-columns.ts";

/** A query for ClickHouse and the values that are bound in it, as `@clickhouse/client` takes them. */
export interface SummaryQuery {
  readonly query: string;
  readonly query_params: Record<string, string | number | readonly string[]>;
}

/** What `DateTime64(3)` holds: 1900-01-01 to the end of 2299. */
export const EARLIEST = -2_208_988_800_000;
export const BEYOND = 10_413_792_000_000;
const HALF_A_PAIR = /\p{Surrogate}/u;

/** What would give less than all of it, or something else, without an error; each is ClickHouse's own default. */
const SETTINGS = [
  "group_by_overflow_mode = 'throw'",
  "set_overflow_mode = 'throw'",
  "read_overflow_mode = 'throw'",
  "read_overflow_mode_leaf = 'throw'",
  "timeout_overflow_mode = 'throw'",
  "result_overflow_mode = 'throw'",
  "skip_unavailable_shards = 0",
  "limit = 0",
  "offset = 0",
  "group_by_use_nulls = 0",
  "force_grouping_standard_compatibility = 1",
  "aggregate_functions_null_for_empty = 0",
  "additional_result_filter = ''",
  "additional_table_filters = {}",
  "apply_deleted_mask = 1",
  "final = 0",
  "allow_experimental_analyzer = 1",
  "prefer_column_name_to_alias = 0",
  "do_not_merge_across_partitions_select_final = 0",
];

/** What the query itself throws where two copies of one event are the first. */
export const TIED_COPIES =
  "two copies of one event have the same place in the order of receipt, so that nothing says which is the first";

/** ClickHouse keeps text in UTF-8, which has no half of a surrogate pair: bound, it would be another text. */
function checkTexts(plan: Plan): void {
  const issues: Issue[] = [];
  const check = (path: Issue["path"], text: string | undefined): void => {
    if (text === undefined || !HALF_A_PAIR.test(text)) return;
    issues.push({ path, message: "expected whole characters: ClickHouse holds no half of a pair" });
  };
  check(["eventType"], plan.eventType);
  check(["merchantId"], plan.merchantId);
  check(["subject"], plan.subject);
  for (const { path, field, texts } of plan.filters) {
    const place = field === undefined ? `$.${path.join(".")}` : `$${field}`;
    for (const text of texts) check(["filterGroupBy", place], text);
  }
  if (issues.length > 0) throw new InvalidInputError("The summary cannot be computed", issues);
}

/** The conditions on an event's own fields, of the row called `row`. */
function concerns(plan: Plan, source: CheckedSource, row: string, parameters: Parameters): string {
  const { type, timestamp, subject, namespace } = source.columns;
  const time = (instant: number): string => {
    const held = Math.min(Math.max(instant, EARLIEST), BEYOND - 1);
    return `fromUnixTimestamp64Milli(${parameters.bind("Int64", held)}, 'UTC')`;
  };
  const at = `${row}.${quoted(timestamp)}`;
  const isBefore = plan.to >= BEYOND ? "<=" : "<";
  const conditions = [
    `${row}.${quoted(type)} = ${parameters.text(plan.eventType)}`,
    plan.from >= BEYOND ? "0" : `${at} >= ${time(plan.from)}`,
    plan.to <= EARLIEST ? "0" : `${at} ${isBefore} ${time(plan.to)}`,
  ];
  if (plan.merchantId !== undefined && namespace !== null) {
    const column = `${row}.${quoted(namespace)}`;
    conditions.push(`(${column} IS NULL OR ${column} = ${parameters.text(plan.merchantId)})`);
  }
  if (plan.subject !== undefined) {
    conditions.push(
      subject === null ? "0" : `${row}.${quoted(subject)} = ${parameters.text(plan.subject)}`,
    );
  }
  return conditions.join("\n      AND ");
}

/** Whether `event` is the first of its copies. Only copies of what is in the range are looked for, everywhere. */
function isFirst(plan: Plan, source: CheckedSource, parameters: Parameters): string | undefined {
  const { received, unique, columns } = source;
  const { idempotencyKey } = columns;
  if (unique || received === undefined || idempotencyKey === null) return undefined;
  const keyOf = (row: string): string => {
    const scope = [columns.namespace, columns.source].flatMap((column) =>
      column === null
        ? []
        : [`isNull(${row}.${quoted(column)})`, `ifNull(toString(${row}.${quoted(column)}), '')`],
    );
    return [...scope, `ifNull(toString(${row}.${quoted(idempotencyKey)}), '')`].join(", ");
  };
  const isKeyed = (row: string): string => `${row}.${quoted(idempotencyKey)} IS NOT NULL`;
  const place = `copy.${quoted(received)}`;
  const firstTwo = `groupArraySorted(2)(${place})`;
  return `(event.${quoted(idempotencyKey)} IS NULL OR (${keyOf("event")}, event.${quoted(received)}) GLOBAL IN (
        SELECT ${keyOf("copy")}, min(${place})
        FROM ${source.table} AS copy
        WHERE ${isKeyed("copy")} AND (${keyOf("copy")}) GLOBAL IN (
          SELECT ${keyOf("event")} FROM ${source.table} AS event
          WHERE ${concerns(plan, source, "event", parameters)} AND ${isKeyed("event")})
        GROUP BY ${keyOf("copy")}
        HAVING throwIf(length(${firstTwo}) = 2 AND ${firstTwo}[1] = ${firstTwo}[2], ${literal(TIED_COPIES)}) = 0))`;
}

/** The engine of the table and its sorting key, as JSON; empty where the server does not show them. */
function engineOf(table: string, parameters: Parameters): string {
  const [name = "", database] = table.replaceAll("`", "").split(".").reverse();
  const place = database === undefined ? "currentDatabase()" : parameters.text(database);
  return `ifNull((SELECT toJSONString([any(engine), any(sorting_key)]) FROM system.tables
    WHERE database = ${place} AND name = ${parameters.text(name)}), '')`;
}

function read(source: CheckedSource, needs: Needs, parameters: Parameters): Reading {
  const { data } = source;
  switch (data.layout) {
    case "typed":
      return readTypedColumns(data, needs);
    case "text":
      return readJsonText(data.column, needs, parameters);
    case "json":
      return readJsonColumn(data.column, needs, parameters);
  }
}

/** What a place is known by: a path has no `$` in it. */
const placeText = ({ path, field }: DimensionPlace): string =>
  field === undefined ? path.join(".") : `$${field}`;

/**
 * The query that computes a summary in ClickHouse: what `summarizeCost` would give for the table's events, as rows for
 * `summaryFromRows`. Every value is bound as a parameter. Of the arguments the text contains only names of tables,
 * columns and members, each checked to be letters, digits and `_`.
 *
 * Times are UTC; a cost, a query or a source that cannot be computed is an `InvalidInputError`. ClickHouse holds 38
 * digits before and 38 after the point: `summaryFromRows` throws where a value or a sum has more. The rules are those
 * of `summarizeCost`, without `resolveSubject`: an event's subject is what its column holds.
 *
 * @example
 * ```ts
 * import { summaryQuery } from "metered-costs/clickhouse";
 *
 * const calls = { unitCost: "0.002", aggregation: "COUNT", eventType: "api.call" };
 * const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 * const { query, query_params } = summaryQuery(calls, june, {
 *   table: "usage.events",
 *   data: { layout: "text", column: "data" },
 *   unique: true,
 * });
 * console.log(query.includes("api.call"), Object.values(query_params).includes("api.call")); // false true
 * ```
 */
export function summaryQuery<
  const D extends string = string,
  const G extends D | EventDimension = D,
>(
  cost: CostDefinition<D>,
  query: LocalSummaryParams<D, G>,
  source: ClickHouseSource,
): SummaryQuery {
  const plan = compileLocalPlan(cost, query);
  checkTexts(plan);
  const checked = checkSource(source);
  const parameters = new Parameters();

  const { aggregation, groupBy = [], window, filters } = plan;
  const places = new Map<string, DimensionPlace>();
  // Those in the data first, as they are read.
  const used = [...groupBy, ...filters];
  for (const place of used) if (place.field === undefined) places.set(placeText(place), place);
  const paths: Path[] = [...places.values()].map(({ path }) => path);
  for (const place of used) if (place.field !== undefined) places.set(placeText(place), place);
  const fields = [...places.values()].flatMap(({ field }) => (field === undefined ? [] : [field]));
  const positions = new Map([...places.keys()].map((place, index) => [place, index]));
  const dimensionAt = (place: DimensionPlace): string =>
    `dimension_${positions.get(placeText(place))}`;
  const role = aggregation === "UNIQUE_COUNT" ? "unique" : "number";
  const needs: Needs = {
    value: aggregation === "COUNT" ? undefined : { path: plan.valuePath, role },
    dimensions: paths,
  };
  const reading = read(checked, needs, parameters);
  const { value } = reading;

  const columnOf = (column: string): string => `event.${quoted(column)}`;
  const textOfField = (field: EventField): string => {
    const column = checked.columns[field];
    return column === null ? "''" : `ifNull(toString(${columnOf(column)}), '')`;
  };
  const { received, final } = checked;
  const { timestamp, idempotencyKey } = checked.columns;
  const aliases: Alias[] = [
    ["event_at", columnOf(timestamp)],
    ...(received === undefined ? [] : [["event_received", columnOf(received)] as const]),
    ...reading.aliases,
    ...[...reading.dimensions, ...fields.map(textOfField)].map(
      (sql, index): Alias => [`dimension_${index}`, sql],
    ),
    ...(value === undefined
      ? []
      : [["value", value.kind === "text" ? numberOf(value.sql) : value.sql] as const]),
    ...(window === undefined
      ? []
      : [
          [
            "window_start",
            `toUnixTimestamp64Milli(event_at) - positiveModulo(toUnixTimestamp64Milli(event_at), ${parameters.bind("Int64", window)})`,
          ] as const,
        ]),
  ];

  const isRefused =
    value?.kind === "text" ? `if(isNull(value), ifNull(${isUsable(value.sql)}, 0), 0)` : undefined;
  const passes = filters.map(({ texts, ...place }) => {
    const dimension = dimensionAt(place);
    const [only = "", ...others] = texts;
    return others.length === 0
      ? `${dimension} = ${parameters.text(only)}`
      : `${dimension} IN ${parameters.bind("Array(String)", [...texts])}`;
  });
  const first = isFirst(plan, checked, parameters);
  // What cannot be read or held is counted whatever the filter says: the answer is then an error.
  const wanted = [`(${passes.join(" AND ")})`, reading.isUnreadable, isRefused];
  const where = [
    concerns(plan, checked, "event", parameters),
    ...(first === undefined ? [] : [first]),
    ...(passes.length === 0
      ? []
      : [`(${wanted.filter((condition) => condition !== undefined).join(" OR ")})`]),
  ];

  const sets = [
    ...(groupBy.length === 0
      ? []
      : [{ part: "group", keys: [...new Set(groupBy.map(dimensionAt))] }]),
    ...(window === undefined ? [] : [{ part: "window", keys: ["window_start"] }]),
  ];
  const parts = sets.map(({ part, keys }) => `grouping(${keys[0]}) = 0, '${part}', `).join("");
  const part = parts === "" ? "'total'" : `multiIf(${parts}'total')`;
  const grouped = sets.map(({ keys }) => `, (${keys.join(", ")})`).join("");
  const checkOf = (column: string, type: ColumnCheck["type"]): ColumnCheck => ({
    sql: columnOf(column),
    column,
    type,
  });
  const checks = [
    checkOf(timestamp, "time"),
    ...(received !== undefined && (first !== undefined || aggregation === "LATEST")
      ? [checkOf(received, "received")]
      : []),
    ...(final && idempotencyKey !== null ? [checkOf(idempotencyKey, "key")] : []),
    ...reading.checks,
    ...fields.flatMap((field) => {
      const column = checked.columns[field];
      return column === null ? [] : [checkOf(column, "dimension")];
    }),
  ];
  const definition: SummaryDefinition = {
    ...repeatedOf(cost),
    unitCost: decimalOf(plan.unitCost).toFixed(),
    eventType: plan.eventType,
    aggregation,
    ...(plan.groupBy && { groupBy: plan.groupBy.map((dimension) => dimension.name) }),
    ...(window === undefined ? {} : { window }),
    checks: checks.map(({ column, type }) => [column, type]),
    ...(final && {
      final: [idempotencyKey, checked.columns.namespace, checked.columns.source].filter(
        (column) => column !== null,
      ),
    }),
  };
  const columns = {
    part,
    dimensions: `[${groupBy.map(dimensionAt).join(", ")}]::Array(String)`,
    window: window === undefined ? "''" : "toString(window_start)",
    ...quantityColumns(aggregation, value, received !== undefined),
    refused: isRefused === undefined ? "'0'" : `toString(countIf(${isRefused}))`,
    unreadable:
      reading.isUnreadable === undefined ? "'0'" : `toString(countIf(${reading.isUnreadable}))`,
    damaged: "toString(arrayExists(text -> NOT isValidUTF8(text), dimensions))",
    types: `[${checks.map(({ sql }) => `toTypeName(${sql})`).join(", ")}]`,
    engine: `if(part = 'total', ${engineOf(checked.table, parameters)}, '')`,
    definition: `if(part = 'total', ${parameters.text(JSON.stringify(definition))}, '')`,
  };
  const { once } = reading;
  // One SELECT: a shard computes the aggregates of its own rows, and the initiator merges their states. Rows of a
  // subquery would be sent to the initiator instead. An array of one element is what computes a value once in it.
  const text = `WITH
  ${aliases.map(([name, sql]) => `${sql} AS ${name}`).join(",\n  ")}
SELECT
  ${Object.entries(columns)
    .map(([alias, sql]) => `${sql} AS ${alias}`)
    .join(",\n  ")}
FROM ${checked.table} AS event${final ? " FINAL" : ""}${once === undefined ? "" : `\nARRAY JOIN [${once[1]}] AS ${once[0]}`}
WHERE ${where.join("\n  AND ")}${grouped === "" ? "" : `\nGROUP BY GROUPING SETS (()${grouped})`}
SETTINGS ${SETTINGS.join(", ")}`;
  return { query: text, query_params: parameters.values };
}
