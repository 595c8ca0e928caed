import { InvalidInputError, type Issue } from "../errors.ts";
import type {
  CostDefinition,
  CostSummary,
  DimensionNames,
  EventDimension,
  LocalSummaryParams,
  SummaryWindow,
} from "../models.ts";
import { TIED_COPIES } from "./event-rows.ts";
import type { RollupSource, RollupSummaryParams } from "./rollup.ts";
import type { ClickHouseSource } from "./source.ts";
import { CLICKHOUSE_REFUSED, OLDEST, summaryFromRows } from "./summary-from-rows.ts";
import { summaryQuery } from "./summary-query.ts";

/** What is used of a client: `@clickhouse/client` and `@clickhouse/client-web` are one. */
export interface ClickHouseClient {
  /** Runs a query with its parameters bound. */
  query(params: {
    readonly query: string;
    readonly query_params: Record<string, unknown>;
    readonly format: "JSONEachRow";
  }): Promise<{
    /** All its rows. */
    json(): Promise<unknown>;
  }>;
}

/**
 * Summarizes a cost in ClickHouse from a table of events, on one node or a cluster. The result is what `summarizeCost`
 * returns for the same events, to the last digit, or an error.
 *
 * Times are UTC. With no event that counts SUM, COUNT and UNIQUE_COUNT give 0, the others null. Rejects with an
 * `InvalidInputError` for a cost, a query or a source that cannot be computed, and where ClickHouse does not hold the
 * digits or nothing decides which copy of an event is the first. So it does for a column that is missing or whose type the
 * query cannot use, and for a filter that is too long for a request. It does so, too, for a user who may not change settings
 * and for a server older than 25.3. What else the client rejects with comes out untouched.
 *
 * @example
 * ```ts
 * import { type ClickHouseClient, summarizeOnClickHouse } from "metered-costs/clickhouse";
 *
 * declare const client: ClickHouseClient; // createClient() of @clickhouse/client
 * const tokens = {
 *   unitCost: "0.0000025",
 *   aggregation: "SUM",
 *   eventType: "llm.completion",
 *   valueProperty: "$.tokens",
 *   groupBy: { model: "$.model" },
 * };
 * const summary = await summarizeOnClickHouse(
 *   client,
 *   tokens,
 *   { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z", groupBy: ["model"] },
 *   {
 *     table: "usage.events",
 *     data: {
 *       layout: "typed",
 *       values: { "$.tokens": { column: "tokens", type: "decimal" } },
 *       dimensions: { "$.model": "model" },
 *     },
 *     unique: false,
 *     received: "received",
 *   },
 * );
 * console.log(summary.totalCost?.toString(), summary.groups?.[0]?.dimensions.model);
 * ```
 */
export async function summarizeOnClickHouse<
  const D extends string = string,
  const G extends D | EventDimension = D,
>(
  client: ClickHouseClient,
  cost: CostDefinition<D>,
  query: LocalSummaryParams<D, G>,
  source: ClickHouseSource,
): Promise<CostSummary<DimensionNames<D, G>>>;
export async function summarizeOnClickHouse<
  const R extends string = string,
  const W extends SummaryWindow = SummaryWindow,
  const G extends R = R,
>(
  client: ClickHouseClient,
  cost: CostDefinition,
  query: RollupSummaryParams<R, W, G>,
  source: RollupSource<R, W>,
): Promise<CostSummary<DimensionNames<R, G>>>;
export async function summarizeOnClickHouse(
  client: ClickHouseClient,
  cost: CostDefinition,
  query: LocalSummaryParams,
  source: ClickHouseSource | RollupSource,
): Promise<CostSummary> {
  const sent = summaryQuery(cost, query, source as ClickHouseSource); // or a rollup: it says itself which
  let rows: unknown;
  try {
    const answer = await client.query({ ...sent, format: "JSONEachRow" });
    rows = await answer.json();
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
  if (Array.isArray(rows)) return summaryFromRows(rows);
  throw refusal(
    ["client"],
    "expected a client whose response has a json() that resolves to an array of rows",
  );
}

const refusal = (path: Issue["path"], message: string): InvalidInputError =>
  new InvalidInputError(CLICKHOUSE_REFUSED, [{ path, message }]);

/** What ClickHouse's own error means, where the source, the user or the server can be changed to mend it. */
function refusalOf(error: unknown): InvalidInputError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { type } = error as { readonly type?: unknown };
  // Every error may repeat the text of the query, so that its words alone say nothing.
  if (type === "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO" && error.message.includes(TIED_COPIES)) {
    return refusal(
      ["source", "received"],
      `${TIED_COPIES}: expected a strictly increasing column, different in every row`,
    );
  }
  if (type === "ILLEGAL_FINAL") {
    return refusal(
      ["source", "final"],
      "the table's engine drops no copies, and cannot be read with FINAL: leave final out",
    );
  }
  if (type === "READONLY" || type === "SETTING_CONSTRAINT_VIOLATION") {
    return refusal(
      ["client"],
      `expected a user who may change settings in a query, as with readonly = 2: the query sets those that could cut the result short. ClickHouse says: ${error.message}`,
    );
  }
  if (type === "UNKNOWN_SETTING" || type === "UNKNOWN_FUNCTION" || type === "UNKNOWN_TYPE") {
    return refusal(
      ["client"],
      `expected ClickHouse ${OLDEST.join(".")} or newer. It says: ${said(error)}`,
    );
  }
  if (typeof type === "string" && OF_A_TYPE.test(type)) {
    return refusal(
      ["source"],
      `a column is of a type that the query cannot use: expected times in DateTime or DateTime64 (to 2262 in DateTime64(9)), names in String, values in Decimal, an integer or String. Name the column's own type, another column, or a view that casts it. ClickHouse says: ${said(error)}`,
    );
  }
  if (type === "UNKNOWN_IDENTIFIER") {
    return refusal(
      ["source"],
      `the table lacks a column: name the one that it has, or null for a field of events that it does not hold. ClickHouse says: ${said(error)}`,
    );
  }
  if (type === undefined && TOO_LONG.test(error.message)) {
    return refusal(
      ["filterGroupBy"],
      `the values of the query are too long for a request: a server takes 128 kB for each list and 1 MB in all. Filter by fewer values, ask for groups and add up those that you want, or raise its http_max_field_value_size and http_max_uri_size. The server says: ${error.message.trim()}`,
    );
  }
  return undefined;
}

/** ClickHouse's errors where a column's type has no operation that the query uses, or cannot hold a value of it. */
const OF_A_TYPE =
  /^(?:ILLEGAL_(?:TYPE_OF_ARGUMENT|COLUMN)|TYPE_MISMATCH|NO_COMMON_TYPE|CANNOT_(?:CONVERT_TYPE|PARSE_\w+)|DECIMAL_OVERFLOW|UNKNOWN_ELEMENT_OF_ENUM)$/;
/** What ClickHouse and proxies answer without a code of their own. */
const TOO_LONG =
  /Field value too long|URI (?:invalid or )?too l(?:ong|arge)|Too many (?:form )?fields|Request Header Fields Too Large/i;
/** Without the query, which ClickHouse repeats at the end of many messages. */
const said = ({ message }: Error): string => message.replace(/(?::|\.)? In scope .*$/s, "");
