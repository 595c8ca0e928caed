import { InvalidInputError } from "../errors.ts";
import type {
  CostDefinition,
  CostSummary,
  DimensionNames,
  EventDimension,
  LocalSummaryParams,
} from "../models.ts";
import type { ClickHouseSource } from "./source.ts";
import { summaryFromRows } from "./summary-from-rows.ts";
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
 * digits; what the client itself rejects with comes out untouched.
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
): Promise<CostSummary<DimensionNames<D, G>>> {
  const sent = summaryQuery(cost, query, source);
  const answer = await client.query({ ...sent, format: "JSONEachRow" });
  const rows = await answer.json();
  if (Array.isArray(rows)) return summaryFromRows(rows);
  throw new InvalidInputError("The summary cannot be computed in ClickHouse", [
    { path: ["client"], message: "expected a client whose answer's json() gives an array of rows" },
  ]);
}
