import type { Issue } from "../errors.ts";
import { isJsonObject, jsonForm, ownMember } from "../json-form.ts";
import { EXPECTED_TIME, readTime } from "../timestamp.ts";

/** An event whose fields are checked; its `data` is looked into when it counts. */
export interface CheckedEvent {
  readonly type: string;
  readonly source: string | null;
  readonly subject: string | null;
  readonly externalSubject: string | null;
  readonly namespace: string | null;
  readonly idempotencyKey: string | null;
  /** Milliseconds since 1970; undefined when the event names no time. */
  readonly timestamp: number | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What is wrong with an event, and its key as far as it can be read. */
export interface EventProblem {
  readonly key: string | undefined;
  readonly issues: readonly Issue[];
}

/**
 * Checks the fields of an event in its JSON form: own members only, null and absent text fields the same, a time as
 * RFC 3339 or a valid Date. Throws what the event's own getters and `toJSON` throw, and a `NotJsonError`.
 */
export function checkEvent(given: unknown): CheckedEvent | EventProblem {
  const event = jsonForm(given, "");
  if (!isJsonObject(event)) {
    return { key: undefined, issues: [{ path: [], message: "expected an object" }] };
  }
  const issues: Issue[] = [];
  const member = (name: string): unknown => jsonForm(ownMember(event, name), name);
  const text = (name: string): string | null => {
    const value = member(name);
    if (typeof value === "string") return value;
    if (value === null || value === undefined) return null;
    issues.push({ path: [name], message: "expected text, or null, or nothing" });
    return null;
  };
  const idempotencyKey = text("idempotencyKey");
  const source = text("source");
  const subject = text("subject");
  const externalSubject = text("externalSubject");
  const namespace = text("namespace");
  const type = member("type");
  if (typeof type !== "string") issues.push({ path: ["type"], message: "expected text" });
  // A Date as it is: its JSON form would hide that it is not valid.
  const time = ownMember(event, "timestamp");
  const timestamp =
    time === undefined ? undefined : readTime(time instanceof Date ? time : member("timestamp"));
  if (timestamp !== undefined && Number.isNaN(timestamp)) {
    issues.push({ path: ["timestamp"], message: EXPECTED_TIME });
  }
  const data = member("data");
  if (!isJsonObject(data)) issues.push({ path: ["data"], message: "expected an object" });
  if (issues.length > 0 || typeof type !== "string" || !isJsonObject(data)) {
    return { key: idempotencyKey ?? undefined, issues };
  }
  return {
    type,
    source,
    subject,
    externalSubject,
    namespace,
    idempotencyKey,
    timestamp,
    data,
  };
}
