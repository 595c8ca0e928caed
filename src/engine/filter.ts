import type { EventBatch } from "./event-batch.ts";
import type { Plan } from "./plan.ts";
import { refuse, type SummaryOptions } from "./summary-options.ts";

/** The subject of an event: its own, else what `resolveSubject` gives for the external one. */
export function subjectOf(
  { subjects, externalSubjects }: EventBatch,
  row: number,
  options: SummaryOptions,
): string | undefined {
  const subject = subjects[row] ?? null;
  if (subject !== null) return subject;
  const externalSubject = externalSubjects[row] ?? null;
  if (externalSubject === null) return undefined;
  const resolved: unknown = options.resolveSubject?.(externalSubject);
  if (resolved === undefined || typeof resolved === "string") return resolved;
  return refuse(["resolveSubject"], "expected a function that returns text or undefined");
}

/**
 * Writes into `rows` which events of a batch have the type, namespace, subject and range of a plan; returns how many
 * they are.
 */
export function selectRows(
  { eventType, from, to, merchantId, subject }: Plan,
  batch: EventBatch,
  rows: Int32Array,
  options: SummaryOptions,
): number {
  const { size, types, times, namespaces } = batch;
  const isScoped = merchantId !== undefined || subject !== undefined;
  let count = 0;
  for (let row = 0; row < size; row++) {
    const time = times[row] as number;
    if (types[row] !== eventType || !(time >= from && time < to)) continue;
    if (isScoped) {
      if (merchantId !== undefined && (namespaces[row] ?? merchantId) !== merchantId) continue;
      if (subject !== undefined && subjectOf(batch, row, options) !== subject) continue;
    }
    rows[count++] = row;
  }
  return count;
}
