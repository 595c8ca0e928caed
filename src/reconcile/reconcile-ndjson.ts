import type { EventDimension } from "../models.ts";
import type { NdjsonOptions, NdjsonSource } from "../ndjson/byte-source.ts";
import { splitOptions } from "../ndjson/byte-source.ts";
import { readInto } from "../ndjson/summarize-ndjson.ts";
import { type ReconcileInput, type ReconcileOptions, reconciliationOf } from "./reconcile.ts";
import type { Reconciliation } from "./result.ts";

/** What is compared: as for `reconcile`, with a log in the place of events. */
export interface ReconcileNdjsonInput<D extends string = string, G extends D | EventDimension = D>
  extends Omit<ReconcileInput<D, G>, "events"> {
  /** Events in NDJSON, in the order received; read once. */
  readonly source: NdjsonSource;
}

/** How a log is compared, and how it is read. */
export interface ReconcileNdjsonOptions extends ReconcileOptions, NdjsonOptions {}

/**
 * What `reconcile` gives, of events in NDJSON, one JSON object a line, in one pass. Memory holds 36 bytes for each event
 * and the distinct idempotency keys, subjects and dimension values; no events.
 *
 * Sources and lines are as for `summarizeNdjson`. Invalid events, and lines that are not events, are not thrown: the audit
 * counts them, and `onInvalidEvent` is called with the line's number. An empty source has no events. Rejects with an
 * `InvalidInputError` for a cost, a query, options, an answer or a source that cannot be used, with what the source
 * throws, and with the signal's reason.
 *
 * @example
 * ```ts
 * import { reconcileNdjson } from "metered-costs/summary";
 *
 * const log = '{"type":"call","timestamp":"2026-06-01T10:00:00Z","data":{}}\n';
 * const { verdict } = await reconcileNdjson({
 *   cost: { unitCost: "0.002", aggregation: "COUNT", eventType: "call" },
 *   source: new Blob([log]),
 *   query: { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" },
 *   server: { totalQuantity: 1, totalCost: 0.002 },
 * });
 * console.log(verdict); // equal
 * ```
 */
export async function reconcileNdjson<
  const D extends string = string,
  const G extends D | EventDimension = D,
>(
  input: ReconcileNdjsonInput<D, G>,
  options: ReconcileNdjsonOptions = {},
): Promise<Reconciliation> {
  const [reading, others] = splitOptions(options);
  const { pipeline, result } = reconciliationOf(input as ReconcileNdjsonInput, others);
  await readInto(pipeline, input.source, reading);
  return result();
}
