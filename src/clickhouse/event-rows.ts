import type { DimensionPlace, Plan } from "../engine/plan.ts";
import { type QuantityColumns, quantityColumns } from "./aggregations.ts";
import { readJsonColumn } from "./json-columns.ts";
import { readJsonText } from "./json-text.ts";
import { literal } from "./literal.ts";
import { isUsable, numberOf } from "./numbers-in-sql.ts";
import type { Parameters } from "./parameters.ts";
import type { Alias, ColumnCheck, Needs, Reading } from "./row-reading.ts";
import { type CheckedSource, COPY, EVENT, nullableKeys, quoted } from "./source.ts";
import { readTypedColumns } from "./typed-columns.ts";

/** The rows that a summary is computed from, of a table of events or of a rollup. */
export interface Rows {
  readonly from: string;
  /** Among them `event_at`. */
  readonly aliases: readonly Alias[];
  /** The text of each dimension that is used, in the order of `usedPlaces`. */
  readonly dimensions: readonly string[];
  readonly where: readonly string[];
  /** What cannot be read or held: it is counted whatever the filter says, as the answer is then an error. */
  readonly broken: readonly string[];
  readonly quantity: QuantityColumns;
  /** How many values ClickHouse does not hold, and how many events it cannot read: text. */
  readonly refused: string;
  readonly unreadable: string;
  readonly checks: readonly Pick<ColumnCheck, "column" | "type">[];
  /** The type of each checked column; empty where it is not known. */
  readonly types: readonly string[];
  /** The engine of the table, its sorting key and its comment, as JSON; empty where the server does not show them. */
  readonly engine: string;
  /** Of a table that is read as if all its merges were done: the columns that its sorting key must have. */
  readonly final?: readonly string[] | undefined;
  /** Of a rollup: its table's comment. */
  readonly rollup?: string | undefined;
}

/** What `DateTime64(3)` holds: 1900-01-01 to the end of 2299. */
export const EARLIEST = -2_208_988_800_000;
export const BEYOND = 10_413_792_000_000;

/** What the query itself throws where two copies of one event are the first. */
export const TIED_COPIES =
  "two copies of one event have the same place in the order of receipt, so that the first one is unknown";

/** That a row is one of the source's. */
export const isOfSource = (
  { only }: CheckedSource,
  row: string,
  parameters: Parameters,
): string[] => only.map(([column, text]) => `${row}.${quoted(column)} = ${parameters.text(text)}`);

/** The conditions on an event's own fields, of the row called `row`. */
export function concerns(
  plan: Plan,
  {
    type,
    timestamp,
    subject,
    namespace,
  }: Pick<CheckedSource["columns"], "type" | "timestamp" | "subject" | "namespace">,
  row: string,
  parameters: Parameters,
): string[] {
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
  return conditions;
}

/** Bytes of a query from which on ClickHouse groups on disk; its own default depends on the memory that it may use. */
const ON_DISK_FROM = 1_000_000_000;

/** Up to so many events in the range their keys are looked up by name, where an index on the key spares the rest. */
const FEW_KEYS = 100_000;

/**
 * Whether `event` is the first of its copies, which are looked for everywhere. What is collected are the copies that do
 * not count, in two passes: hashes that are there more than once, and among those alone the keys themselves. So the
 * memory grows with the copies, not with the keys, and a hash that two keys share changes nothing. ClickHouse groups
 * hashes on disk where they exceed `ON_DISK_FROM`.
 */
function isFirst(plan: Plan, source: CheckedSource, parameters: Parameters): string | undefined {
  const { received, unique, columns } = source;
  const { idempotencyKey } = columns;
  if (unique || received === undefined || idempotencyKey === null) return undefined;
  const keyOf = (row: string): string => {
    const scope = [columns.namespace, columns.source]
      .filter((column) => column !== null)
      .map((column) => `${row}.${quoted(column)}`)
      .flatMap((column) => nullableKeys(column, `toString(${column})`));
    return [...scope, `ifNull(toString(${row}.${quoted(idempotencyKey)}), '')`].join(", ");
  };
  const key = (row: string): string => `${row}.${quoted(idempotencyKey)}`;
  const ofSource = (row: string): string[] => isOfSource(source, row, parameters);
  const inRange = (row: string): string =>
    [...ofSource(row), ...concerns(plan, columns, row, parameters)].join(" AND ");
  const isFew = `(SELECT count() <= ${FEW_KEYS} FROM ${source.table} AS ${EVENT} WHERE ${inRange(EVENT)})`;
  // By the column itself, which an index may be on; the constant beside it leaves one of the two.
  const isCandidate = `${[...ofSource(COPY), `${key(COPY)} IS NOT NULL`].join(" AND ")} AND (NOT ${isFew} OR ${key(COPY)} GLOBAL IN (
          SELECT ${key(EVENT)} FROM ${source.table} AS ${EVENT}
          WHERE ${isFew} AND ${inRange(EVENT)} AND ${key(EVENT)} IS NOT NULL))`;
  const repeated = `SELECT cityHash64(${keyOf(COPY)}) AS metered_costs_hash FROM ${source.table} AS ${COPY}
          WHERE ${isCandidate}
          GROUP BY metered_costs_hash HAVING count() > 1 AND max(${inRange(COPY)})
          SETTINGS max_bytes_before_external_group_by = ${ON_DISK_FROM}`;
  return `(${key(EVENT)} IS NULL OR (${keyOf(EVENT)}, ${EVENT}.${quoted(received)}) GLOBAL NOT IN (
        SELECT ${keyOf(COPY)}, arrayJoin(arraySlice(arraySort(groupArray(${COPY}.${quoted(received)})) AS metered_costs_places, 2))
        FROM ${source.table} AS ${COPY}
        WHERE ${isCandidate} AND cityHash64(${keyOf(COPY)}) GLOBAL IN (${repeated})
        GROUP BY ${keyOf(COPY)}
        HAVING throwIf(length(metered_costs_places) > 1 AND metered_costs_places[1] = metered_costs_places[2], ${literal(TIED_COPIES)}) = 0))`;
}

/** The engine of the table, its sorting key and its comment, as JSON; empty where the server does not show them. */
export function engineOf(table: string, parameters: Parameters): string {
  const { database, name } = tablePlace(table, parameters);
  return `ifNull((SELECT toJSONString([any(engine), any(sorting_key), any(comment)]) FROM system.tables
    WHERE database = ${database} AND name = ${name}), '')`;
}

/** The SQL of the two names of a table. */
export function tablePlace(table: string, parameters: Parameters) {
  const [name = "", database] = table.replaceAll("`", "").split(".").reverse();
  return {
    database: database === undefined ? "currentDatabase()" : parameters.text(database),
    name: parameters.text(name),
  };
}

export function read(source: CheckedSource, needs: Needs, parameters: Parameters): Reading {
  const { data } = source;
  switch (data.layout) {
    case "typed":
      return readTypedColumns(data, needs, parameters);
    case "text":
      return readJsonText(data.column, needs, parameters);
    case "json":
      return readJsonColumn(data.column, needs, parameters);
  }
}

/** What a place is known by: a path has no `$` in it. */
export const placeText = ({ path, field }: DimensionPlace): string =>
  field === undefined ? path.join(".") : `$${field}`;

/** The dimensions of a query, each once. Those in the data come first, as they are read. */
export function usedPlaces({ groupBy = [], filters }: Plan): readonly DimensionPlace[] {
  const used = [...groupBy, ...filters];
  const sorted = [
    ...used.filter(({ field }) => field === undefined),
    ...used.filter(({ field }) => field !== undefined),
  ];
  return [...new Map(sorted.map((place) => [placeText(place), place])).values()];
}

/** Whether a text is a number that ClickHouse does not hold: a usable one without a value. */
export const isRefused = (value: Reading["value"]): string | undefined =>
  value?.kind === "text" ? `if(isNull(value), ifNull(${isUsable(value.sql)}, 0), 0)` : undefined;

/** The names of an event's own columns and of what is read of it; among them `value`, if one is read. */
export function eventAliases({ columns, received }: CheckedSource, reading: Reading): Alias[] {
  const { value, aliases } = reading;
  return [
    ["event_at", millisecondsOf(`${EVENT}.${quoted(columns.timestamp)}`)],
    ...(received === undefined
      ? []
      : [["event_received", `${EVENT}.${quoted(received)}`] as const]),
    ...aliases,
    ...(value === undefined
      ? []
      : [["value", value.kind === "text" ? numberOf(value.sql) : value.sql] as const]),
  ];
}

/** The table of events under its name in the query, and what is computed once for each row. */
export function fromEvents({ table, final }: CheckedSource, { once }: Reading): string {
  const joined = once === undefined ? "" : `\nARRAY JOIN [${once[1]}] AS ${once[0]}`;
  return `${table} AS ${EVENT}${final ? " FINAL" : ""}${joined}`;
}

/** The start of the window of so many milliseconds that an event is in. */
export const windowStart = (length: string): string =>
  `event_at - positiveModulo(event_at, ${length})`;

/** The milliseconds of a time of any precision. ClickHouse itself cuts digits toward 1970, we cut them toward the past. */
export const millisecondsOf = (time: string): string =>
  `toUnixTimestamp64Milli(toDateTime64(${time}, 3)) - (toDateTime64(${time}, 3) > ${time})`;

const count = (condition: string | undefined): string =>
  condition === undefined ? "'0'" : `toString(countIf(${condition}))`;

/** What is checked of the columns that a reading and a summary use. */
export function columnChecks(
  { columns, received, final, only }: CheckedSource,
  reading: Reading,
  fields: readonly (keyof CheckedSource["columns"])[],
  isOrdered: boolean,
  plan?: Plan,
): ColumnCheck[] {
  const checkOf = (column: string, type: ColumnCheck["type"]): ColumnCheck => ({
    sql: `${EVENT}.${quoted(column)}`,
    column,
    type,
  });
  // A number is equal to a text that writes it in another way, such as 007.
  const compared = [
    plan?.subject === undefined ? null : columns.subject,
    plan?.merchantId === undefined ? null : columns.namespace,
  ].filter((column) => column !== null);
  return [
    checkOf(columns.timestamp, "time"),
    ...[columns.type, ...compared, ...only.map(([column]) => column)].map((column) =>
      checkOf(column, "name"),
    ),
    ...(received !== undefined && isOrdered ? [checkOf(received, "received")] : []),
    ...(final && columns.idempotencyKey !== null ? [checkOf(columns.idempotencyKey, "key")] : []),
    ...reading.checks,
    ...fields.flatMap((field) => {
      const column = columns[field];
      return column === null ? [] : [checkOf(column, "dimension")];
    }),
  ];
}

/** Of a table of events, what a query is made of. */
export function eventRows(source: CheckedSource, plan: Plan, parameters: Parameters): Rows {
  const { aggregation } = plan;
  const places = usedPlaces(plan);
  const paths = places.flatMap(({ path, field }) => (field === undefined ? [path] : []));
  const fields = places.flatMap(({ field }) => (field === undefined ? [] : [field]));
  const role = aggregation === "UNIQUE_COUNT" ? "unique" : "number";
  const reading = read(
    source,
    {
      value: aggregation === "COUNT" ? undefined : { path: plan.valuePath, role },
      dimensions: paths,
    },
    parameters,
  );
  const { value, isUnreadable } = reading;
  const { columns, received, final } = source;
  const first = isFirst(plan, source, parameters);
  const refused = isRefused(value);
  const checks = columnChecks(
    source,
    reading,
    fields,
    first !== undefined || aggregation === "LATEST",
    plan,
  );
  return {
    from: fromEvents(source, reading),
    aliases: eventAliases(source, reading),
    dimensions: [...reading.dimensions, ...fields.map((field) => fieldText(columns[field], EVENT))],
    where: [
      ...isOfSource(source, EVENT, parameters),
      ...concerns(plan, columns, EVENT, parameters),
      ...(first === undefined ? [] : [first]),
    ],
    broken: [isUnreadable, refused].filter((condition) => condition !== undefined),
    quantity: quantityColumns(aggregation, value, received !== undefined),
    refused: count(refused),
    unreadable: count(isUnreadable),
    checks,
    types: checks.map(({ sql }) => `toTypeName(${sql})`),
    engine: engineOf(source.table, parameters),
    ...(final && {
      final: [columns.idempotencyKey, columns.namespace, columns.source].filter(
        (column) => column !== null,
      ),
    }),
  };
}

/** The text of an event's own field as a dimension, of the row called `row`. */
export const fieldText = (column: string | null, row: string): string =>
  column === null ? "''" : `ifNull(toString(${row}.${quoted(column)}), '')`;
