import { pathText } from "../engine/event-values.ts";
import { compileLocalPlan, type DimensionPlace, type Plan } from "../engine/plan.ts";
import { SUMMARY_REFUSED } from "../engine/summary-options.ts";
import { InvalidInputError, type Issue } from "../errors.ts";
import type {
  CostDefinition,
  EventDimension,
  LocalSummaryParams,
  SummaryWindow,
} from "../models.ts";
import { decimalOf } from "../values/decimal.ts";
import { isRecord } from "../values/record.ts";
import { eventRows, placeText, usedPlaces, windowStart } from "./event-rows.ts";
import { Parameters } from "./parameters.ts";
import { type RollupSource, type RollupSummaryParams, rollupRows } from "./rollup.ts";
import type { Alias } from "./row-reading.ts";
import { type ClickHouseSource, checkSource, HALF_A_PAIR, WHOLE_TEXT } from "./source.ts";
import { repeatedOf, type SummaryDefinition } from "./summary-definition.ts";

/** A query for ClickHouse and the values that are bound in it, as `@clickhouse/client` takes them. */
export interface SummaryQuery {
  readonly query: string;
  readonly query_params: Record<string, string | number | readonly string[]>;
}

/** What would give less than all of it, or something else, without an error; each is ClickHouse's own default. */
const SETTINGS = [
  "group_by_overflow_mode = 'throw'",
  "set_overflow_mode = 'throw'",
  "read_overflow_mode = 'throw'",
  "read_overflow_mode_leaf = 'throw'",
  "timeout_overflow_mode = 'throw'",
  "timeout_overflow_mode_leaf = 'throw'",
  "result_overflow_mode = 'throw'",
  "sort_overflow_mode = 'throw'",
  "distinct_overflow_mode = 'throw'",
  "transfer_overflow_mode = 'throw'",
  "join_overflow_mode = 'throw'",
  "skip_unavailable_shards = 0",
  "parallel_replicas_for_non_replicated_merge_tree = 0",
  "distributed_group_by_no_merge = 0",
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
  "bool_true_representation = 'true'",
  "bool_false_representation = 'false'",
  "output_format_json_array_of_rows = 0",
  "use_query_cache = 0",
];

const isRollup = (source: ClickHouseSource | RollupSource): source is RollupSource =>
  isRecord(source) && "rollup" in source;

/** ClickHouse keeps text in UTF-8, which has no half of a surrogate pair: bound, it would be another text. */
function checkTexts(plan: Plan): void {
  const issues: Issue[] = [];
  const check = (path: Issue["path"], text: string | undefined): void => {
    if (text === undefined || !HALF_A_PAIR.test(text)) return;
    issues.push({ path, message: `expected ${WHOLE_TEXT}` });
  };
  check(["eventType"], plan.eventType);
  check(["merchantId"], plan.merchantId);
  check(["subject"], plan.subject);
  for (const { path, field, texts } of plan.filters) {
    const place = field === undefined ? pathText(path) : `$${field}`;
    for (const text of texts) check(["filterGroupBy", place], text);
  }
  if (issues.length > 0) throw new InvalidInputError(SUMMARY_REFUSED, issues);
}

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
>(cost: CostDefinition<D>, query: LocalSummaryParams<D, G>, source: ClickHouseSource): SummaryQuery;
export function summaryQuery<
  const R extends string = string,
  const W extends SummaryWindow = SummaryWindow,
  const G extends R = R,
>(
  cost: CostDefinition,
  query: RollupSummaryParams<R, W, G>,
  source: RollupSource<R, W>,
): SummaryQuery;
export function summaryQuery(
  cost: CostDefinition,
  query: LocalSummaryParams,
  source: ClickHouseSource | RollupSource,
): SummaryQuery {
  const plan = compileLocalPlan(cost, query);
  checkTexts(plan);
  const parameters = new Parameters();
  const rows = isRollup(source)
    ? rollupRows(source, plan, parameters)
    : eventRows(checkSource(source), plan, parameters);

  const { aggregation, groupBy = [], window, filters } = plan;
  const positions = new Map(usedPlaces(plan).map((place, index) => [placeText(place), index]));
  const dimensionAt = (place: DimensionPlace): string =>
    `dimension_${positions.get(placeText(place))}`;
  const aliases: Alias[] = [
    ...rows.aliases,
    ...rows.dimensions.map((sql, index): Alias => [`dimension_${index}`, sql]),
    ...(window === undefined ? [] : [["window_start", windowStart(String(window))] as const]),
  ];
  const passes = filters.map(({ texts, ...place }) => {
    const dimension = dimensionAt(place);
    const [only = "", ...others] = texts;
    return others.length === 0
      ? `${dimension} = ${parameters.text(only)}`
      : `${dimension} IN ${parameters.bind("Array(String)", [...texts])}`;
  });
  const where = [
    ...rows.where,
    ...(passes.length === 0
      ? []
      : [`(${[`(${passes.join(" AND ")})`, ...rows.broken].join(" OR ")})`]),
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
  const definition: SummaryDefinition = {
    ...repeatedOf(cost),
    unitCost: decimalOf(plan.unitCost).toFixed(),
    eventType: plan.eventType,
    aggregation,
    ...(plan.groupBy && { groupBy: plan.groupBy.map((dimension) => dimension.name) }),
    ...(window === undefined ? {} : { window }),
    checks: rows.checks.map(({ column, type }) => [column, type]),
    ...(rows.final && { final: rows.final }),
    ...(rows.rollup !== undefined && { rollup: rows.rollup }),
  };
  const columns = {
    part,
    dimensions: `[${groupBy.map(dimensionAt).join(", ")}]::Array(String)`,
    window: window === undefined ? "''" : "ifNull(toString(window_start), '')",
    ...rows.quantity,
    refused: rows.refused,
    unreadable: rows.unreadable,
    damaged: "toString(arrayExists(text -> NOT isValidUTF8(text), dimensions))",
    types: `[${rows.types.join(", ")}]::Array(String)`,
    version: "if(part = 'total', version(), '')",
    engine: `if(part = 'total', ${rows.engine}, '')`,
    definition: `if(part = 'total', ${parameters.text(JSON.stringify(definition))}, '')`,
  };
  // One SELECT: a shard computes the aggregates of its own rows, and the initiator merges their states. Rows of a
  // subquery would be sent to the initiator instead. An array of one element is what computes a value once in it.
  const text = `WITH
  ${aliases.map(([name, sql]) => `${sql} AS ${name}`).join(",\n  ")}
SELECT
  ${Object.entries(columns)
    .map(([alias, sql]) => `${sql} AS ${alias}`)
    .join(",\n  ")}
FROM ${rows.from}
WHERE ${where.join("\n  AND ")}${grouped === "" ? "" : `\nGROUP BY GROUPING SETS (()${grouped})`}
SETTINGS ${SETTINGS.join(", ")}`;
  return { query: text, query_params: parameters.values };
}
