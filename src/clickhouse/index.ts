/**
 * The same summaries, computed in ClickHouse: a table for events, and one query for each summary.
 *
 * @module metered-costs/clickhouse
 */

export { type EventRow, type EventRowOptions, eventToRow } from "./event-row.ts";
export { createEventsTable, type EventsTableOptions } from "./events-table.ts";
export {
  type FlexpriceEventsOptions,
  flexpriceEvents,
  type OpenMeterEventsOptions,
  openMeterEvents,
} from "./presets.ts";
export {
  type ClickHouseRollup,
  createRollupTable,
  type RollupOptions,
  type RollupSource,
  type RollupSummaryParams,
} from "./rollup.ts";
export type {
  ClickHouseSource,
  ColumnPlace,
  EventColumns,
  JsonData,
  TextData,
  TypedData,
  ValueColumn,
} from "./source.ts";
export { type ClickHouseClient, summarizeOnClickHouse } from "./summarize-on-clickhouse.ts";
export { summaryFromRows } from "./summary-from-rows.ts";
export { type SummaryQuery, summaryQuery } from "./summary-query.ts";
