import { type Path, pathText } from "../engine/event-values.ts";
import {
  compileLocalPlan,
  type DimensionPlace,
  type EventField,
  type Plan,
  WINDOW_LENGTHS,
} from "../engine/plan.ts";
import { InvalidInputError, type Issue } from "../errors.ts";
import type {
  Aggregation,
  CostDefinition,
  CostSummaryParams,
  EventDimension,
  SummaryWindow,
} from "../models.ts";
import { SUMMARY_WINDOWS, undeclaredDimension } from "../schemas/contract.ts";
import {
  anything,
  list,
  matching,
  oneOf,
  optional,
  strictObject,
  text,
} from "../schemas/fields.ts";
import { readInput, refuseInput } from "../schemas/input.ts";
import { isRecord } from "../values/record.ts";
import { startOf } from "../values/timestamp.ts";
import { MOST_OUTSIDE, numberText, type QuantityColumns } from "./aggregations.ts";
import {
  columnChecks,
  concerns,
  engineOf,
  eventAliases,
  fieldText,
  fromEvents,
  isOfSource,
  isRefused,
  millisecondsOf,
  placeText,
  type Rows,
  read,
  tablePlace,
  usedPlaces,
  windowStart,
} from "./event-rows.ts";
import { literal } from "./literal.ts";
import { PLACES } from "./numbers-in-sql.ts";
import { Literals, type Parameters } from "./parameters.ts";
import type { Alias, Reading } from "./row-reading.ts";
import {
  type CheckedSource,
  type CheckedValueColumn,
  type ClickHouseSource,
  checkSource,
  EVENT,
  HALF_A_PAIR,
  nullableKeys,
  quoted,
  tableName,
  UNUSABLE,
  WHOLE_TEXT,
} from "./source.ts";

/** What a rollup counts, and where. */
export interface RollupOptions<R extends string = string, W extends SummaryWindow = SummaryWindow> {
  /**
   * The table of events that the views read. It must hold each key once (`unique: true`, without `final`): a view counts
   * every row that is inserted, also one that a later merge drops.
   */
  readonly source: ClickHouseSource;
  /** The rollup's own table: `usage_by_hour` or `database.usage_by_hour`. */
  readonly table: string;
  /** The shortest window that the rollup answers and the unit of its ranges: UTC minutes, hours or days. */
  readonly granularity: W;
  /**
   * The dimensions that groups and filters may name: the costs' own, `$subject` and `$source`. The table has a row for
   * each combination of their values in each minute, hour or day, so leave out a dimension of which most events have a
   * value of their own. A query for one `subject` needs `$subject`.
   * @default []
   */
  readonly dimensions?: readonly R[] | undefined;
  /**
   * The type of the source's column `received`, which LATEST keeps.
   * @default "UInt64"
   */
  readonly receivedType?: string | undefined;
}

/** What `createRollupTable` returns: statements to run once, and all that a query needs to know of the rollup. */
export interface ClickHouseRollup<
  R extends string = string,
  W extends SummaryWindow = SummaryWindow,
> extends RollupOptions<R, W> {
  readonly costs: readonly CostDefinition[];
  /** `CREATE TABLE`, of an `AggregatingMergeTree`. */
  readonly createTable: string;
  /**
   * `CREATE MATERIALIZED VIEW`, one for each event type and value: each adds to the table what is inserted from then on.
   */
  readonly createViews: readonly string[];
  /** `INSERT INTO ... SELECT` of all that the table of events holds, one for each view. */
  readonly backfill: readonly string[];
}

/** A rollup as the source of a summary. */
export interface RollupSource<R extends string = string, W extends SummaryWindow = SummaryWindow> {
  readonly rollup: ClickHouseRollup<R, W>;
  /**
   * Another table to read, such as a `Distributed` one over the rollups of all shards.
   * @default the rollup's own
   */
  readonly table?: string | undefined;
}

interface WindowsOf {
  readonly MINUTE: SummaryWindow;
  readonly HOUR: "HOUR" | "DAY";
  readonly DAY: "DAY";
}
/**
 * What can be asked of a rollup: groups and filters of its dimensions, windows of its granularity or longer, and a
 * `subject` if `$subject` is a dimension. `from` and `to` are starts of its minutes, hours or days.
 */
export type RollupSummaryParams<
  R extends string = string,
  W extends SummaryWindow = SummaryWindow,
  G extends R = R,
> = Omit<CostSummaryParams<R, G>, "window" | "subject"> & {
  readonly window?: WindowsOf[W] | undefined;
  readonly subject?: ("$subject" extends R ? string : never) | undefined;
};

/** What of an event a view reads: nothing, a number, or a value that is told apart. */
type Role = "count" | "number" | "unique";
/** An aggregation that has states; AVG is answered by those of SUM. */
type State = Exclude<Aggregation, "AVG">;

/** The states of one path for one type of events: what one view makes. */
interface RolledUp {
  readonly path: Path;
  readonly role: Role;
  readonly states: Set<State>;
}

/** A rollup that was checked. */
interface CheckedRollup {
  /** Quoted. */
  readonly table: string;
  readonly source: CheckedSource;
  readonly granularity: SummaryWindow;
  readonly paths: readonly Path[];
  /** Fields of events that are kept, with NULL where an event has none. */
  readonly fields: readonly (EventField | "namespace")[];
  readonly receivedType: string;
  readonly types: ReadonlyMap<string, readonly RolledUp[]>;
}

const REFUSED = "The rollup cannot be made";
const NOT_ANSWERED = "The rollup cannot answer the query";
const ANY_RANGE = { from: new Date(0), to: new Date(1) };
/** Everything that can be `received`, and nothing that ends a type's name. */
const RECEIVED_TYPE =
  /^(?:U?Int(?:8|16|32|64|128|256)|DateTime(?:64)?(?:\((?:\d, )?(?:'[A-Za-z0-9_+/-]+')?\)|\(\d\))?|Decimal\(\d+, \d+\))$/;

const someCosts = /* @__PURE__ */ list(/* @__PURE__ */ anything<CostDefinition>());
const rollupOptions = /* @__PURE__ */ strictObject({
  source: /* @__PURE__ */ optional(/* @__PURE__ */ anything<ClickHouseSource>()),
  table: tableName,
  granularity: /* @__PURE__ */ oneOf(SUMMARY_WINDOWS),
  dimensions: /* @__PURE__ */ optional(/* @__PURE__ */ list(text)),
  receivedType: /* @__PURE__ */ optional(/* @__PURE__ */ matching(RECEIVED_TYPE, "UInt64")),
});

/** A path as part of a column's name: unlike a point, `$` is in no member's name, and means nothing to ClickHouse. */
const placeName = (path: Path): string => path.join("$");
const isEventField = (name: string): name is EventDimension =>
  name === "$subject" || name === "$source";
const stateOf = (aggregation: Aggregation): State => (aggregation === "AVG" ? "SUM" : aggregation);
const roleOf = (state: State): Role =>
  state === "COUNT" ? "count" : state === "UNIQUE_COUNT" ? "unique" : "number";
const findState = (
  known: readonly RolledUp[],
  plan: Pick<Plan, "aggregation" | "valuePath">,
): RolledUp | undefined =>
  known.find(
    ({ role, path }) =>
      role === roleOf(stateOf(plan.aggregation)) && placeName(path) === placeName(plan.valuePath),
  );

/** Reads costs and options; throws an `InvalidInputError` for what no rollup can be made of. */
function checkRollup(givenCosts: unknown, given: unknown): CheckedRollup {
  const checked = readInput(rollupOptions, given, REFUSED);
  const { table, granularity, receivedType = "UInt64" } = checked;
  const source = checkSource(checked.source as ClickHouseSource); // or nothing, which it refuses
  if (!source.unique || source.final) {
    refuseInput(
      REFUSED,
      ["source", source.final ? "final" : "unique"],
      "expected a table that holds each key once, with unique: true and without final: a rollup counts every row that is inserted, so copies must be dropped before they are inserted",
    );
  }
  const costs = readInput(
    someCosts,
    Array.isArray(givenCosts) ? givenCosts : [givenCosts],
    REFUSED,
  );
  if (costs.length === 0) refuseInput(REFUSED, ["costs"], "expected at least one cost");
  const namesOf = (cost: unknown): string[] =>
    isRecord(cost) && isRecord(cost["groupBy"]) ? Object.keys(cost["groupBy"]) : [];
  const declared = new Set(costs.flatMap(namesOf));
  const names = [...new Set(checked.dimensions)];
  for (const name of names) {
    if (declared.has(name) || isEventField(name)) continue;
    refuseInput(REFUSED, ["dimensions"], undeclaredDimension(name, declared));
  }
  const types = new Map<string, RolledUp[]>();
  const places = new Map<string, DimensionPlace>();
  let hasNamespace = false;
  for (const cost of costs) {
    const own = new Set(namesOf(cost));
    const groupBy = names.filter((name) => own.has(name) || isEventField(name));
    const plan = compileLocalPlan(cost, { ...ANY_RANGE, groupBy });
    if (HALF_A_PAIR.test(plan.eventType)) {
      refuseInput(REFUSED, ["eventType"], `expected ${WHOLE_TEXT}`);
    }
    if (plan.merchantId !== undefined && source.columns.namespace !== null) hasNamespace = true;
    for (const place of plan.groupBy ?? []) {
      places.set(place.field === undefined ? placeName(place.path) : `$${place.field}`, place);
    }
    const known = types.get(plan.eventType) ?? [];
    types.set(plan.eventType, known);
    const state = stateOf(plan.aggregation);
    const found = findState(known, plan);
    if (found !== undefined) found.states.add(state);
    else known.push({ path: plan.valuePath, role: roleOf(state), states: new Set([state]) });
  }
  const all = [...places.values()];
  return {
    table,
    source,
    granularity,
    paths: all.flatMap(({ path, field }) => (field === undefined ? [path] : [])),
    fields: [
      ...(hasNamespace ? (["namespace"] as const) : []),
      ...all.flatMap(({ field }) => (field === undefined ? [] : [field])),
    ],
    receivedType,
    types,
  };
}

const dimensionColumn = (path: Path): string => `dimension_${placeName(path)}`;
/** A count of rows, whose parts add up. */
const COUNTER = "SimpleAggregateFunction(sum, UInt64)";
const REST = `groupUniqArrayIf(${MOST_OUTSIDE + 1})`;

/** A column of the rollup: its name, its type, and its value in a view, where events have a `value`. */
interface StateColumn {
  readonly name: string;
  readonly type: string;
  readonly sql: string;
}

/** The columns of one value; `isRefused`, `isUnreadable` and `rest` are SQL of the view. */
function stateColumns(
  { path, role, states }: RolledUp,
  { source, receivedType }: CheckedRollup,
  { isRefused, isUnreadable, rest }: ViewConditions = {},
): StateColumn[] {
  if (role === "count") {
    return [
      { name: "events", type: COUNTER, sql: "count()" },
      { name: "unreadable", type: COUNTER, sql: countIf(isUnreadable) },
    ];
  }
  const { data, received } = source;
  const held = data.layout === "typed" ? data.values.get(pathText(path)) : undefined;
  const digits = held === undefined || held.type === "text" ? `76, ${PLACES}` : digitsOf(held);
  const column = (prefix: string, type: string, sql: string): StateColumn => ({
    name: stateName(prefix, path),
    type,
    sql,
  });
  if (role === "unique") {
    const type = held === undefined || held.type === "text" ? "String" : `Decimal(${digits})`;
    return [
      column("indistinct", COUNTER, countIf(isUnreadable)),
      column(
        "unique",
        `AggregateFunction(uniqExact, Nullable(${type}))`,
        "uniqExactState(toNullable(value))",
      ),
      column(
        "rest",
        `AggregateFunction(${REST}, String, UInt8)`,
        `${REST.replace("(", "State(")}(${rest ?? "''"}, ${rest === undefined ? "0" : `${rest} != ''`})`,
      ),
    ];
  }
  const number = `Nullable(Decimal(${digits}))`;
  const [order, orderType] =
    received === undefined
      ? ["event_at", "Int64"]
      : ["event_at, event_received", `Int64, ${receivedType}`];
  const latest = `AggregateFunction(argMax, ${number}, Tuple(${orderType}, ${number}))`;
  const of = (state: State, ...columns: StateColumn[]): StateColumn[] =>
    states.has(state) ? columns : [];
  return [
    column("unreadable", COUNTER, countIf(isUnreadable)),
    column("refused", COUNTER, countIf(isRefused)),
    column("counted", COUNTER, "count(value)"),
    ...of(
      "SUM",
      column("sum", `AggregateFunction(sum, ${number})`, "sumState(toNullable(value))"),
      column("greatest", `AggregateFunction(max, ${number})`, "maxState(toNullable(abs(value)))"),
    ),
    ...of("MIN", column("min", `AggregateFunction(min, ${number})`, "minState(toNullable(value))")),
    ...of("MAX", column("max", `AggregateFunction(max, ${number})`, "maxState(toNullable(value))")),
    ...of(
      "LATEST",
      column("latest", latest, `argMaxState(toNullable(value), (${order}, toNullable(value)))`),
      column("tied", latest, `argMaxState(toNullable(value), (${order}, toNullable(-value)))`),
    ),
  ];
}
const digitsOf = ({ type, precision, scale }: CheckedValueColumn): string =>
  type === "integer" ? "38, 0" : `${precision}, ${scale}`;
interface ViewConditions {
  readonly isRefused?: string | undefined;
  readonly isUnreadable?: string | undefined;
  readonly rest?: string | undefined;
}
const countIf = (condition: string | undefined): string =>
  condition === undefined ? "toUInt64(0)" : `countIf(${condition})`;
const stateName = (prefix: string, path: Path): string => `${prefix}_${placeName(path)}`;

/** What of a rollup decides its numbers, as its table's comment says it: a query compares the two. */
function describe({ source, granularity, paths, fields, types }: CheckedRollup): string {
  return JSON.stringify({
    rollupOf: source.table.replaceAll("`", ""),
    ...(source.only.length > 0 && { only: source.only }),
    granularity,
    dimensions: [...paths.map(pathText), ...fields],
    states: [...types].map(([type, known]) => [
      type,
      known.map(({ path, states }) => [path.length === 0 ? null : pathText(path), ...states]),
    ]),
  });
}

/** What a view reads of events. */
const readingOf = ({ source, paths }: CheckedRollup, { path, role }: RolledUp): Reading =>
  read(
    source,
    { value: role === "count" ? undefined : { path, role }, dimensions: paths },
    new Literals(),
  );

/** The `SELECT` of what one view counts. */
function viewQuery(rollup: CheckedRollup, eventType: string, value: RolledUp): string {
  const { source, paths, fields, granularity } = rollup;
  const reading = readingOf(rollup, value);
  const column = (name: string): string => `${EVENT}.${quoted(name)}`;
  const textOrNull = (name: string | null): string =>
    `CAST(${name === null ? "NULL" : `toString(${column(name)})`}, 'Nullable(String)')`;
  const aliases = eventAliases(source, reading);
  const keys: Alias[] = [
    ["type", literal(eventType)],
    [
      "bucket",
      `fromUnixTimestamp64Milli(${windowStart(String(WINDOW_LENGTHS[granularity]))}, 'UTC')`,
    ],
    ...paths.map((of, index): Alias => [dimensionColumn(of), reading.dimensions[index] ?? "''"]),
    ...fields.map((field): Alias => [field, textOrNull(source.columns[field])]),
  ];
  const states = stateColumns(value, rollup, {
    isRefused: isRefused(reading.value),
    isUnreadable: reading.isUnreadable,
    rest: reading.value?.kind === "unique" ? reading.value.rest : undefined,
  });
  const selected = [...keys, ...states.map(({ name, sql }): Alias => [name, sql])];
  return `WITH
  ${aliases.map(([name, sql]) => `${sql} AS ${name}`).join(",\n  ")}
SELECT
  ${selected.map(([name, sql]) => `${sql} AS ${quoted(name)}`).join(",\n  ")}
FROM ${fromEvents(source, reading)}
WHERE ${[`${column(source.columns.type)} = ${literal(eventType)}`, ...isOfSource(source, EVENT, new Literals())].join(" AND ")}
GROUP BY ${keys
    .slice(1)
    .map(([name]) => quoted(name))
    .join(", ")}`;
}

/**
 * The `CREATE TABLE` of a rollup of one cost or more, the materialized views that fill it, and what a summary needs to
 * read it. Pass what this returns as `{ rollup }` where a summary takes a source.
 *
 * The table is an `AggregatingMergeTree` with the states of all seven aggregations, so its summaries are those of the
 * events to the last digit. It has one row for each event type, minute, hour or day, and combination of values of the
 * dimensions. The states of SUM, AVG, MIN, MAX, COUNT and LATEST are of constant size. That of UNIQUE_COUNT is not: it
 * holds 16 bytes for each distinct value, in every row again, and the objects and arrays among them as they are.
 *
 * **Duplicates.** A view counts every row of every insert. So the source must say `unique: true`, and copies must be
 * dropped before or by the insert. Give each insert an `insert_deduplication_token`, on tables with a deduplication
 * window (a `Replicated` table has one; the rollup's own is 1,000 inserts). The setting
 * `deduplicate_blocks_in_dependent_materialized_views = 1` (the default since ClickHouse 26.1) makes the retry of an
 * insert that failed half way complete the rollup, and count nothing twice. Rows that are deleted from the table of events
 * stay counted.
 *
 * Run `createTable`, then `createViews`, then `backfill` for the events that are there already, while nothing is
 * inserted: an event that arrives between the two would be counted twice, or not at all. A rollup of other costs or
 * dimensions needs a table of its own. A query compares the table's comment with the rollup and throws where they differ.
 *
 * Throws an `InvalidInputError` for costs, a source or options of which no rollup can be made.
 *
 * @example
 * ```ts
 * import {
 *   type ClickHouseClient,
 *   createRollupTable,
 *   summarizeOnClickHouse,
 * } from "metered-costs/clickhouse";
 *
 * declare const client: ClickHouseClient; // createClient() of @clickhouse/client
 * declare const run: (statement: string) => Promise<void>; // client.command({ query: statement })
 * const tokens = {
 *   unitCost: "0.0000025",
 *   aggregation: "SUM",
 *   eventType: "llm.completion",
 *   valueProperty: "$.tokens",
 *   groupBy: { model: "$.model", user: "$.user" },
 * } as const;
 * const rollup = createRollupTable(tokens, {
 *   source: { table: "usage.events", data: { layout: "text", column: "data" }, unique: true },
 *   table: "usage.tokens_by_hour",
 *   granularity: "HOUR",
 *   dimensions: ["model"],
 * });
 * await run(rollup.createTable);
 * for (const statement of rollup.createViews) await run(statement);
 * const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 * const summary = await summarizeOnClickHouse(
 *   client,
 *   tokens,
 *   { ...june, groupBy: ["model"], window: "DAY" },
 *   { rollup },
 * );
 * console.log(summary.totalCost?.toString());
 * ```
 */
export function createRollupTable<
  const D extends string = string,
  const R extends D | EventDimension = never,
  const W extends SummaryWindow = SummaryWindow,
>(
  costs: CostDefinition<D> | readonly CostDefinition<D>[],
  options: RollupOptions<R, W>,
): ClickHouseRollup<R, W> {
  const rollup = checkRollup(costs, options);
  const keys: (readonly [string, string])[] = [
    ["type", "LowCardinality(String)"],
    ["bucket", "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))"],
    ...rollup.paths.map((path) => [dimensionColumn(path), "LowCardinality(String)"] as const),
    ...rollup.fields.map((field) => [field, "Nullable(String)"] as const),
  ];
  const views = [...rollup.types].flatMap(([type, known]) =>
    known.map((value) => ({ type, value })),
  );
  // Of the same path in events of several types there is one column; the types differ in which states they have.
  const states = new Map(
    views.flatMap(({ value }) =>
      stateColumns(value, rollup).map(({ name, type }) => [name, type] as const),
    ),
  );
  const columns = [...keys, ...states].map(([name, type]) => `  ${quoted(name)} ${type}`);
  const order = [
    ...keys.slice(0, 2 + rollup.paths.length).map(([name]) => quoted(name)),
    ...rollup.fields.flatMap((field) => nullableKeys(quoted(field))),
  ];
  const nameOfView = (index: number): string =>
    rollup.table.replace(/`$/, `_view${index === 0 ? "" : `_${index + 1}`}\``);
  const queries = views.map(({ type, value }) => viewQuery(rollup, type, value));
  return {
    ...options,
    costs: Array.isArray(costs) ? [...costs] : [costs as CostDefinition],
    createTable: `CREATE TABLE ${rollup.table} (
${columns.join(",\n")}
)
ENGINE = AggregatingMergeTree
ORDER BY (${order.join(", ")})
SETTINGS non_replicated_deduplication_window = 1000
COMMENT ${literal(describe(rollup))}`,
    createViews: queries.map(
      (query, index) =>
        `CREATE MATERIALIZED VIEW ${nameOfView(index)} TO ${rollup.table} AS\n${query}`,
    ),
    backfill: queries.map((query, index) => {
      const { value } = views[index] as (typeof views)[number]; // one query for each
      const names = [
        ...keys.map(([name]) => name),
        ...stateColumns(value, rollup).map((c) => c.name),
      ];
      return `INSERT INTO ${rollup.table} (${names.map(quoted).join(", ")})\n${query}`;
    }),
  };
}

const rollupSource = /* @__PURE__ */ strictObject({
  rollup: /* @__PURE__ */ anything<ClickHouseRollup>(),
  table: /* @__PURE__ */ optional(tableName),
});
const column = (name: string): string => `rollup.${quoted(name)}`;

/** Of a rollup, what a query is made of; throws an `InvalidInputError` for what it cannot answer. */
export function rollupRows(given: RollupSource, plan: Plan, parameters: Parameters): Rows {
  const { rollup: made, table } = readInput(rollupSource, given, UNUSABLE);
  if (!isRecord(made)) refuseInput(UNUSABLE, ["rollup"], "expected what createRollupTable returns");
  const { costs, createTable: _, createViews: _views, backfill: _fill, ...options } = made;
  const rollup = checkRollup(costs, options);
  const { source, granularity, paths, fields, types } = rollup;
  const found = types.get(plan.eventType);
  const value = found && findState(found, plan);
  const needed = stateOf(plan.aggregation);
  const issues: Issue[] = [];
  if (value === undefined || !value.states.has(needed)) {
    const of = needed === "COUNT" ? "" : ` of ${pathText(plan.valuePath)}`;
    issues.push({
      path: ["cost"],
      message: `the rollup has no ${plan.aggregation}${of} of events of the type ${JSON.stringify(plan.eventType)}: create one from this cost, or use the table of events`,
    });
  }
  const length = WINDOW_LENGTHS[granularity];
  const whole = `the rollup counts by ${granularity.toLowerCase()}`;
  const otherwise = "use a rollup of shorter windows, or the table of events";
  for (const bound of ["from", "to"] as const) {
    if (plan[bound] % length === 0) continue;
    const start = new Date(startOf(plan[bound], length)).toISOString();
    issues.push({
      path: [bound],
      message: `${whole}: expected the start of one in UTC, such as ${start}; or ${otherwise}`,
    });
  }
  if (plan.window !== undefined && plan.window < length) {
    issues.push({
      path: ["window"],
      message: `${whole}: expected ${granularity} or longer; or ${otherwise}`,
    });
  }
  const columns = new Map([
    ...paths.map((path) => [placeText({ path }), column(dimensionColumn(path))] as const),
    ...fields.map((field) => [`$${field}`, fieldText(field, "rollup")] as const),
  ]);
  const known = [...columns.keys()].filter((name) => name !== "$namespace");
  const has = `the rollup has ${known.length === 0 ? "no dimensions" : `the dimensions ${known.join(", ")}`}: create one with it, or use the table of events`;
  for (const [field, used] of [
    ["groupBy", plan.groupBy ?? []],
    ["filterGroupBy", plan.filters],
  ] as const) {
    for (const place of used) {
      if (columns.has(placeText(place))) continue;
      issues.push({ path: [field], message: `unknown dimension ${placeText(place)}: ${has}` });
    }
  }
  if (plan.subject !== undefined && !fields.includes("subject")) {
    issues.push({ path: ["subject"], message: `expected the dimension $subject: ${has}` });
  }
  if (
    plan.merchantId !== undefined &&
    source.columns.namespace !== null &&
    !fields.includes("namespace")
  ) {
    issues.push({
      path: ["merchantId"],
      message:
        "none of the rollup's costs has one, so that it counts events of all namespaces together: create one from this cost, or use the table of events",
    });
  }
  if (value === undefined || issues.length > 0) throw new InvalidInputError(NOT_ANSWERED, issues);
  const { path } = value;
  const sumOf = (name: string): string => `toString(sum(${column(name)}))`;
  const unreadable = {
    count: "unreadable",
    number: stateName("unreadable", path),
    unique: stateName("indistinct", path),
  }[value.role];
  const refused = value.role === "number" ? stateName("refused", path) : undefined;
  const target = table ?? rollup.table;
  const events = tablePlace(source.table, parameters);
  const checks = columnChecks(source, readingOf(rollup, value), fields, needed === "LATEST");
  return {
    from: `${target} AS rollup`,
    aliases: [["event_at", millisecondsOf(column("bucket"))]],
    dimensions: usedPlaces(plan).map((place) => columns.get(placeText(place)) ?? "''"),
    where: concerns(
      plan,
      {
        type: "type",
        timestamp: "bucket",
        subject: "subject",
        namespace: fields.includes("namespace") ? "namespace" : null,
      },
      "rollup",
      parameters,
    ),
    broken: [unreadable, ...(refused === undefined ? [] : [refused])].map(
      (name) => `${column(name)} > 0`,
    ),
    quantity: mergedColumns(plan.aggregation, path),
    refused: refused === undefined ? "'0'" : sumOf(refused),
    unreadable: sumOf(unreadable),
    checks,
    // Of the table of events, where the views have read them.
    types: checks.map(
      (check) => `ifNull((SELECT any(type) FROM system.columns
    WHERE database = ${events.database} AND table = ${events.name} AND name = ${parameters.text(check.column)}), '')`,
    ),
    engine: engineOf(target, parameters),
    rollup: describe(rollup),
  };
}

/** How the states of each aggregation are merged; as `quantityColumns`, which reads events. */
function mergedColumns(aggregation: Aggregation, path: Path): QuantityColumns {
  const state = (prefix: string): string => column(stateName(prefix, path));
  const none = { sum: "''", greatest: "''", tied: "''", rest: "[]::Array(String)" };
  const merged = (name: string, prefix: string): string =>
    numberText(`${name}Merge(${state(prefix)})`);
  if (aggregation === "COUNT") {
    const counted = `toString(sum(${column("events")}))`;
    return { ...none, counted, quantity: counted };
  }
  if (aggregation === "UNIQUE_COUNT") {
    return {
      ...none,
      counted: "toString(count())",
      quantity: `toString(uniqExactMerge(${state("unique")}))`,
      rest: `${REST.replace("(", "Merge(")}(${state("rest")})`,
    };
  }
  const counted = `toString(sum(${state("counted")}))`;
  switch (aggregation) {
    case "SUM":
    case "AVG":
      return {
        ...none,
        counted,
        quantity: merged("sum", "sum"),
        sum: `toTypeName(sumMerge(${state("sum")}))`,
        greatest: merged("max", "greatest"),
      };
    case "MIN":
    case "MAX": {
      const name = aggregation.toLowerCase();
      return { ...none, counted, quantity: merged(name, name) };
    }
    case "LATEST":
      return {
        ...none,
        counted,
        quantity: merged("argMax", "latest"),
        tied: merged("argMax", "tied"),
      };
  }
}
