import type { EventFields } from "./event.ts";
import type { Plan } from "./plan.ts";
import { refuse, type SummaryOptions } from "./summary-options.ts";

/** The event's subject: its own, else what `resolveSubject` makes of the external one. */
export function subjectOf(
  { subject, externalSubject }: EventFields,
  options: SummaryOptions,
): string | undefined {
  if (subject !== null) return subject;
  if (externalSubject === null) return undefined;
  const resolved: unknown = options.resolveSubject?.(externalSubject);
  if (resolved === undefined || typeof resolved === "string") return resolved;
  return refuse(["resolveSubject"], "expected it to give text or undefined");
}

/** Whether an event is of a plan's type, namespace, subject and range. */
export function concerns(
  { eventType, merchantId, subject, from, to }: Plan,
  event: EventFields,
  timestamp: number,
  options: SummaryOptions,
): boolean {
  return (
    event.type === eventType &&
    (merchantId === undefined || event.namespace === null || event.namespace === merchantId) &&
    (subject === undefined || subjectOf(event, options) === subject) &&
    timestamp >= from &&
    timestamp < to
  );
}
