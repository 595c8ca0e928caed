import { oneOf, optional, strictObject, text } from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import type { ClickHouseSource } from "./source.ts";

/** Which of OpenMeter's events are asked about. */
export interface OpenMeterEventsOptions {
  /** OpenMeter's namespace, such as `default`. */
  readonly namespace: string;
  /** @default "openmeter.om_events" */
  readonly table?: string | undefined;
}

/** Which of Flexprice's events are asked about. */
export interface FlexpriceEventsOptions {
  readonly tenantId: string;
  readonly environmentId: string;
  /**
   * The field of events that is the subject: the customer's id in your own system, or in Flexprice.
   * @default "external_customer_id"
   */
  readonly subject?: "external_customer_id" | "customer_id" | undefined;
  /** @default "flexprice.events" */
  readonly table?: string | undefined;
}

const openMeterOptions = /* @__PURE__ */ strictObject({
  namespace: text,
  table: /* @__PURE__ */ optional(text),
});
const flexpriceOptions = /* @__PURE__ */ strictObject({
  tenantId: text,
  environmentId: text,
  subject: /* @__PURE__ */ optional(/* @__PURE__ */ oneOf(["external_customer_id", "customer_id"])),
  table: /* @__PURE__ */ optional(text),
});

/**
 * The table of events that OpenMeter writes, as the source of a summary: the layout of `createEventsTable` in its file
 * `openmeter/streaming/clickhouse/event_query.go` (github.com/openmeterio/openmeter).
 *
 * Its times are whole seconds, so two events of one second tie for LATEST, which is an error if their values differ.
 * OpenMeter drops copies before it stores events (by namespace, source and id), and so the source says `unique: true`. If
 * that is switched off, say `{ ...openMeterEvents(options), unique: false, received: "stored_at" }`: two first copies of
 * one second are an error then. Ranges of time read only their months and hours, since the table is sorted by them.
 * Throws an `InvalidInputError` for options that cannot be used.
 *
 * @example
 * ```ts
 * import { openMeterEvents, summaryQuery } from "metered-costs/clickhouse";
 *
 * const source = openMeterEvents({ namespace: "default" });
 * const calls = { unitCost: "0.002", aggregation: "COUNT", eventType: "request" };
 * const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 * console.log(summaryQuery(calls, june, source).query.includes("om_events")); // true
 * ```
 */
export function openMeterEvents(options: OpenMeterEventsOptions): ClickHouseSource {
  const { namespace, table = "openmeter.om_events" } = readInput(
    openMeterOptions,
    options,
    "openMeterEvents: the options cannot be used",
  );
  return {
    table,
    only: { namespace },
    columns: { timestamp: "time", namespace: null, idempotencyKey: "id" },
    data: { layout: "text", column: "data" },
    unique: true,
  };
}

/**
 * The table of events that Flexprice writes, as the source of a summary: the layout of its files
 * `migrations/clickhouse/000001_create_events_table.up.sql` and `000010_align_events_with_prod_schema.up.sql`
 * (github.com/flexprice/flexprice).
 *
 * It is a `ReplacingMergeTree` by tenant, environment, timestamp and id, and is read with `final: true`. Of the copies of
 * an event it keeps the one that was ingested last, where `summarizeCost` counts the first: both are the same if copies
 * are equal. Copies with different timestamps are different events for Flexprice, so they count twice. Its `source` is no
 * part of an event's identity there, so it is left out and there are no groups by `$source`.
 * Throws an `InvalidInputError` for options that cannot be used.
 *
 * @example
 * ```ts
 * import { flexpriceEvents, summaryQuery } from "metered-costs/clickhouse";
 *
 * const source = flexpriceEvents({ tenantId: "tenant_1", environmentId: "env_1" });
 * const calls = { unitCost: "0.002", aggregation: "COUNT", eventType: "api.call" };
 * const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 * console.log(summaryQuery(calls, june, source).query.includes("FINAL")); // true
 * ```
 */
export function flexpriceEvents(options: FlexpriceEventsOptions): ClickHouseSource {
  const checked = readInput(
    flexpriceOptions,
    options,
    "flexpriceEvents: the options cannot be used",
  );
  const { tenantId, environmentId, subject = "external_customer_id" } = checked;
  return {
    table: checked.table ?? "flexprice.events",
    only: { tenant_id: tenantId, environment_id: environmentId },
    columns: {
      type: "event_name",
      timestamp: "timestamp",
      subject,
      namespace: null,
      source: null,
      idempotencyKey: "id",
    },
    data: { layout: "text", column: "properties" },
    unique: true,
    final: true,
  };
}
