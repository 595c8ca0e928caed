import type { Issue } from "../errors.ts";
import { isJsonObject, jsonForm, ownMember } from "../values/json-form.ts";
import { expectedTime, readTime } from "../values/timestamp.ts";
import { unreadableBecause } from "../values/unserializable-value.ts";
import type { Column, EventBatch } from "./event-batch.ts";
import { readAt, type UnreadableValueError } from "./event-values.ts";
import { subjectOf } from "./filter.ts";
import type { SummaryOptions } from "./summary-options.ts";

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

/** The problem of an event whose data holds a value that cannot be read. */
export function unreadable(
  { path, message }: UnreadableValueError,
  key: string | undefined,
): EventProblem {
  return { key, issues: [{ path: ["data", ...path], message }] };
}

/**
 * Checks the fields of an event in its JSON form: own members only, null and absent text fields the same, a time as
 * RFC 3339 or a valid Date. What the event's own getters and `toJSON` throw is a problem of the event like any other.
 */
export function checkEvent(given: unknown): CheckedEvent | EventProblem {
  let event: unknown;
  try {
    event = jsonForm(given, "");
  } catch (error) {
    return { key: undefined, issues: [{ path: [], message: unreadableBecause(error) }] };
  }
  if (!isJsonObject(event)) {
    return { key: undefined, issues: [{ path: [], message: "expected an object" }] };
  }
  return checkMembers(event);
}

function checkMembers(event: Readonly<Record<string, unknown>>): CheckedEvent | EventProblem {
  const issues: Issue[] = [];
  /** One issue a field: the first says what is wrong with it. */
  const refuse = (name: string, message: string): void => {
    if (!issues.some(({ path }) => path[0] === name)) issues.push({ path: [name], message });
  };
  const member = (name: string): unknown => {
    try {
      const value = ownMember(event, name);
      // A Date is read as it is, without the way through its text.
      return name === "timestamp" && value instanceof Date ? value : jsonForm(value, name);
    } catch (error) {
      refuse(name, unreadableBecause(error));
      return undefined;
    }
  };
  const text = (name: string): string | null => {
    const value = member(name);
    if (typeof value === "string") return value;
    if (value === null || value === undefined) return null;
    refuse(name, "expected text, or null, or nothing");
    return null;
  };
  const idempotencyKey = text("idempotencyKey");
  const source = text("source");
  const subject = text("subject");
  const externalSubject = text("externalSubject");
  const namespace = text("namespace");
  const type = member("type");
  if (typeof type !== "string") refuse("type", "expected text");
  const time = member("timestamp");
  const timestamp = time === undefined ? undefined : readTime(time);
  if (Number.isNaN(timestamp)) refuse("timestamp", expectedTime(time));
  const data = member("data");
  if (!isJsonObject(data)) refuse("data", "expected an object");
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

/** Fills a batch with one event, but for the values of its data. */
export function fillFromAny(batch: EventBatch, event: CheckedEvent): void {
  batch.reserve(1);
  batch.size = 1;
  batch.types[0] = event.type;
  batch.namespaces[0] = event.namespace;
  batch.subjects[0] = event.subject;
  batch.externalSubjects[0] = event.externalSubject;
  batch.sources[0] = event.source;
  batch.keys[0] = event.idempotencyKey;
  batch.keyBytes = undefined;
  batch.times[0] = event.timestamp ?? Number.NaN;
  batch.hasAbsentTimes = event.timestamp === undefined;
}

/** Reads the columns of the one event of a batch, whatever is in its data. Throws an `UnreadableValueError`. */
export function readFromAny(
  columns: readonly Column[],
  batch: EventBatch,
  data: unknown,
  options: SummaryOptions,
): void {
  for (const column of columns) {
    const { field } = column;
    if (field === undefined) readAt(data, column.path, (form) => column.read(0, form));
    else if (field === "source") column.read(0, batch.sources[0] ?? "");
    else column.read(0, subjectOf(batch, 0, options) ?? "");
  }
}
