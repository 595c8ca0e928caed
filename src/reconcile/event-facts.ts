import { type CheckedEvent, checkEvent, type EventProblem } from "../summary/event.ts";
import { isPlainObject } from "../summary/path-tree.ts";
import type { Path } from "../summary/values.ts";
import { readTime } from "../values/timestamp.ts";

/**
 * The one place where an event is read: its fields, checked as `checkEvent` does, whose word is the last. Only what is
 * the same without it, a plain object of plain fields, is read by hand, because this is done for every event.
 */
export function readFacts(given: unknown): CheckedEvent | EventProblem {
  try {
    return plainFacts(given) ?? checkEvent(given);
  } catch {
    return checkEvent(given); // which says what threw
  }
}

function plainFacts(event: unknown): CheckedEvent | undefined {
  if (!isPlainObject(event)) return undefined;
  let type: unknown;
  let source: unknown = null;
  let subject: unknown = null;
  let externalSubject: unknown = null;
  let namespace: unknown = null;
  let idempotencyKey: unknown = null;
  let time: unknown;
  let data: unknown;
  // Own enumerable members, as JSON has them; `for in` is the fast way to them.
  for (const name in event) {
    switch (name) {
      case "type":
        type = event[name];
        break;
      case "source":
        source = event[name] ?? null;
        break;
      case "subject":
        subject = event[name] ?? null;
        break;
      case "externalSubject":
        externalSubject = event[name] ?? null;
        break;
      case "namespace":
        namespace = event[name] ?? null;
        break;
      case "idempotencyKey":
        idempotencyKey = event[name] ?? null;
        break;
      case "timestamp":
        time = event[name];
        break;
      case "data":
        data = event[name];
        break;
    }
  }
  const timestamp = time === undefined ? undefined : readTime(time);
  if (
    typeof type !== "string" ||
    Number.isNaN(timestamp) ||
    !isText(source) ||
    !isText(subject) ||
    !isText(externalSubject) ||
    !isText(namespace) ||
    !isText(idempotencyKey) ||
    !isPlainObject(data)
  ) {
    return undefined;
  }
  return { type, source, subject, externalSubject, namespace, idempotencyKey, timestamp, data };
}

const isText = (value: unknown): value is string | null =>
  typeof value === "string" || value === null;

const isOwn = Object.prototype.propertyIsEnumerable;

/** The text or the finite number at `path`, reached by hand; undefined for all else, which is `readAt`'s to read. */
export function plainAt(
  data: Readonly<Record<string, unknown>>,
  path: Path,
): string | number | undefined {
  try {
    let value: unknown = data;
    for (let depth = 0; depth < path.length; depth++) {
      if (!isPlainObject(value)) return undefined;
      const name = path[depth] as string;
      if (!isOwn.call(value, name)) return undefined;
      value = value[name];
    }
    if (typeof value === "string") return value;
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined; // a getter threw; `readAt` says so
  }
}
