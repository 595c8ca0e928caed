import { InvalidInputError } from "../errors.ts";
import { defineMember } from "../values/lossless-json.ts";

/**
 * Which field of a foreign log is which field of an event: `{ type: "event", "data.tokens": "usage.total" }`. Keys are
 * fields of an event, `data.` and a path for what is in its data. Values are names or dotted paths in the log; a value
 * in single quotes, such as `'llm.completion'`, is the same text for every event.
 */
export type FieldMap = Readonly<Record<string, string>>;

const FIELDS = [
  ...["type", "timestamp", "source", "subject", "externalSubject", "namespace"],
  "idempotencyKey",
];
/** A day, or a time of it, of no zone. */
const ZONELESS = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d(?:\.\d+)?)?)?$/;

type Members = Readonly<Record<string, unknown>>;

interface Assignment {
  readonly target: readonly string[];
  readonly read: (record: Members) => unknown;
}

const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const memberOf = (value: unknown, name: string): unknown =>
  isMembers(value) && Object.hasOwn(value, name) ? value[name] : undefined;

/** What a name or a dotted path leads to; a member that has the whole path as its name comes first. */
function readPath(record: Members, path: string): unknown {
  const whole = memberOf(record, path);
  if (whole !== undefined) return whole;
  return path.split(".").reduce<unknown>(memberOf, record);
}

/** Sets the member at a path, and makes the objects on the way to it. */
export function setPath(record: object, path: readonly string[], value: unknown): void {
  let object = record;
  for (const name of path.slice(0, -1)) {
    const next = memberOf(object, name);
    if (isMembers(next)) {
      object = next;
      continue;
    }
    const made = {};
    defineMember(object, name, made);
    object = made;
  }
  defineMember(object, path.at(-1) ?? "", value);
}

function assignmentOf([target, source]: [string, unknown]): Assignment {
  const path = target.split(".");
  const isData = path[0] === "data" && path.length > 1 && path.every((name) => name !== "");
  if (!isData && !FIELDS.includes(target)) {
    throw new InvalidInputError("map: the field cannot be set", [
      { path: ["map", target], message: `expected one of ${FIELDS.join(", ")}, or data.NAME` },
    ]);
  }
  if (typeof source !== "string" || source === "") {
    throw new InvalidInputError("map: the source cannot be read", [
      {
        path: ["map", target],
        message: "expected a name, a dotted path, or a text in single quotes",
      },
    ]);
  }
  const constant = /^'(.*)'$/s.exec(source)?.[1];
  return {
    target: path,
    read: constant === undefined ? (record) => readPath(record, source) : () => constant,
  };
}

/** A time that names no zone, such as `2026-06-15 12:00` or `2026-06-15`, as RFC 3339 without its end; else undefined. */
export function zonelessTime(timestamp: unknown): string | undefined {
  const found = typeof timestamp === "string" ? ZONELESS.exec(timestamp) : null;
  if (found === null) return undefined;
  const [, day, minutes = "00:00", seconds = ":00"] = found;
  return `${day}T${minutes}${seconds}`;
}

/** How the records of a foreign log become events. Throws an `InvalidInputError` for a map that cannot be used. */
export function mapperOf(map: FieldMap, isUtc: boolean): (record: unknown) => unknown {
  const assignments = Object.entries(map).map(assignmentOf);
  return (record) => {
    if (!isMembers(record)) return record;
    const event: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(record)) {
      defineMember(event, name, name === "data" && isMembers(value) ? { ...value } : value);
    }
    for (const { target, read } of assignments) {
      const value = read(record);
      if (value !== undefined) setPath(event, target, value);
    }
    const { timestamp } = event;
    const time = isUtc ? zonelessTime(timestamp) : undefined;
    if (time !== undefined) event["timestamp"] = `${time}Z`;
    if (!Object.hasOwn(event, "data")) event["data"] = {};
    return event;
  };
}
