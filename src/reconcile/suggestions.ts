import {
  dimensionText,
  type Path,
  pathText,
  readAt,
  uniqueText,
  usableNumber,
} from "../engine/event-values.ts";
import type { CheckedEvent } from "../engine/from-any.ts";
import type { Plan } from "../engine/plan.ts";
import { counted } from "../values/counted.ts";
import { isJsonObject, ownMember } from "../values/json-form.ts";
import { exactText, parseExact } from "../values/scaled-integer.ts";
import { timestampText } from "../values/timestamp.ts";
import type { Reason } from "./result.ts";

/** How many members are looked at, and how deep, for what a path may have meant. */
const MAX_MEMBERS = 2_000;
const MAX_DEPTH = 8;

const plainName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** How alike the ends of two paths are: 0 for not at all. */
function likeness(path: Path, wanted: Path): number {
  const name = path.at(-1) ?? "";
  const other = wanted.at(-1) ?? "";
  if (name === other) return 3;
  if (plainName(name) === plainName(other)) return 2;
  const [short = "", long = ""] = [plainName(name), plainName(other)].sort(
    (a, b) => a.length - b.length,
  );
  return short.length >= 3 && long.includes(short) ? 1 : 0;
}

/** The path in `data` that looks most like the one wanted and leads to something that counts. */
export function similarPath(
  data: Readonly<Record<string, unknown>>,
  wanted: Path,
  counts: (value: unknown) => boolean,
): string | undefined {
  let best: { readonly path: Path; readonly likeness: number } | undefined;
  let looked = 0;
  const open: { readonly object: object; readonly path: Path }[] = [{ object: data, path: [] }];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    for (const name of Object.keys(next.object)) {
      if (++looked > MAX_MEMBERS) return best && pathText(best.path);
      const value = ownMember(next.object, name);
      const path = [...next.path, name];
      if (isJsonObject(value) && path.length < MAX_DEPTH) open.push({ object: value, path });
      if (path.join(".") === wanted.join(".") || !/^\w+$/.test(name) || !counts(value)) continue;
      const alike = likeness(path, wanted);
      if (alike > (best?.likeness ?? 0)) best = { path, likeness: alike };
    }
  }
  return best && pathText(best.path);
}

/** Where a path ends too early, and at what: an array or a value that has no members; undefined where it is only missing. */
export function obstacleOn(
  data: Readonly<Record<string, unknown>>,
  wanted: Path,
): string | undefined {
  for (let depth = 1; depth < wanted.length; depth++) {
    const path = wanted.slice(0, depth);
    const kind = readAt(data, path, (value) => {
      if (Array.isArray(value)) return "an array, and paths do not lead into arrays";
      if (value === undefined) return "missing";
      return isJsonObject(value) ? undefined : "no object";
    });
    if (kind === "missing") return undefined;
    if (kind !== undefined) return `${pathText(path)} is ${kind}`;
  }
  return undefined;
}

/** What is known of an event that does not count. */
export interface Uncounted {
  readonly fields: CheckedEvent;
  /** As it was given. */
  readonly event: unknown;
  readonly plan: Plan;
  readonly timestamp: number;
  readonly subject: string | undefined;
  /** The index of the earlier event with the same key, where it is one. */
  readonly duplicateOf: number | undefined;
  /** The names of the dimensions that are filtered by, in the plan's order. */
  readonly filterNames: readonly string[];
}

const quoted = (value: unknown): string => JSON.stringify(value) ?? String(value);

/** How one text differs from another, when only a little. */
function slightDifference(text: string, wanted: string): string | undefined {
  if (text.trim() === wanted.trim()) return "only in spaces around it";
  if (text.toLowerCase() === wanted.toLowerCase()) return "only in case";
  const plain = (one: string): string => one.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  return plain(text) === plain(wanted) ? "only in case, spaces and punctuation" : undefined;
}

function textAgainst(what: string, text: string, wanted: string): string {
  const slightly = slightDifference(text, wanted);
  const differs = slightly === undefined ? "is not" : "differs from";
  return `${what} ${quoted(text)} ${differs} ${quoted(wanted)}${slightly === undefined ? "" : ` ${slightly}`}.`;
}

const UNITS: readonly (readonly [name: string, length: number])[] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
  ["millisecond", 1],
];

function lengthText(milliseconds: number): string {
  const [name, length] = UNITS.find(([, one]) => milliseconds >= one) ?? ["millisecond", 1];
  const count = Math.floor(milliseconds / length);
  return counted(count, name);
}

/** Says so where the first member of a path is beside the event's data instead of in it. */
function besideData(event: unknown, [name = ""]: Path): string {
  const member = Object.getOwnPropertyDescriptor(Object(event), name);
  return member?.value === undefined
    ? ""
    : `, but the event has ${quoted(name)} beside its data: paths lead into data`;
}

function valueMessage({ fields, event, plan }: Uncounted): string {
  const { valuePath: path, aggregation } = plan;
  const isNumber = aggregation !== "UNIQUE_COUNT";
  const counts = (value: unknown): boolean => {
    try {
      return (isNumber ? usableNumber(value) : uniqueText(value)) !== undefined;
    } catch {
      return false;
    }
  };
  const text = pathText(path);
  const found = readAt(fields.data, path, (value) => value);
  const near = similarPath(fields.data, path, counts);
  const but = near === undefined ? "" : `, but ${near} exists`;
  if (found === undefined) {
    const obstacle = obstacleOn(fields.data, path);
    const found = but === "" ? besideData(event, path) : but;
    return `${text} is missing${obstacle === undefined ? "" : ` (${obstacle})`}${found}.`;
  }
  if (found === null) return `${text} is null, which counts as if absent${but}.`;
  return `${text} is ${quoted(found)}, which is not a number${but === "" ? numberHint(found) : but}.`;
}

/** Digits with one sign between their thousands and another before their fraction, as a decimal; undefined for others. */
function withoutSeparators(text: string, thousands: string, point: string): string | undefined {
  const digits = text.replace(/[_' ]/g, "").replace(/[.,]$/, "");
  const [whole = "", fraction, ...more] = digits.split(point);
  if (more.length > 0 || fraction?.includes(thousands) === true) return undefined;
  const [first = "", ...groups] = whole.split(thousands);
  const isGrouped = groups.every((group) => /^\d{3}$/.test(group)) && first.length <= 4;
  if (groups.length > 0 && !isGrouped) return undefined;
  return `${first}${groups.join("")}${fraction === undefined ? "" : `.${fraction}`}`;
}

/** What would have been a number, instead of a value that is not. */
function numberHint(found: unknown): string {
  if (typeof found === "boolean") return ": send 1 or 0, or count with COUNT";
  if (typeof found !== "string") return "";
  const [digits = ""] = /[+-]?\d[\d,_' .]*(?:[eE][+-]?\d+)?/.exec(found) ?? [];
  const numbers = [withoutSeparators(digits, ",", "."), withoutSeparators(digits, ".", ",")]
    .map((text) => (text === undefined ? "" : parseExact(text)))
    .flatMap((number) => (typeof number === "string" ? [] : [exactText(number)]));
  return numbers.length === 0 ? "" : `: ${[...new Set(numbers)].join(" or ")} would be`;
}

function filterMessage({ fields, plan, filterNames }: Uncounted): string {
  for (const [at, { path, texts }] of plan.filters.entries()) {
    const text = readAt(fields.data, path, dimensionText);
    if (texts.has(text)) continue;
    const name = `The dimension ${filterNames[at] ?? ""}`;
    const wanted = [...texts];
    const near = wanted.find((one) => slightDifference(text, one) !== undefined);
    if (near !== undefined) return textAgainst(name, text, near);
    const missing =
      text === ""
        ? similarPath(fields.data, path, (value) => typeof value === "string")
        : undefined;
    const but =
      missing === undefined ? "" : `; ${pathText(path)} has no text, but ${missing} exists`;
    const any = wanted.length === 1 ? "" : "any of ";
    return `${name} ${quoted(text)} is not ${any}${wanted.map(quoted).join(", ")}${but}.`;
  }
  return "A filter does not let it pass.";
}

/** In words, why an event does not count, and the nearest thing that would have worked. */
export function suggestionFor(reason: Exclude<Reason, "invalid">, uncounted: Uncounted): string {
  const { fields, plan, timestamp, subject, duplicateOf } = uncounted;
  switch (reason) {
    case "duplicate":
      return `Event ${duplicateOf ?? "before"} has the same idempotency key ${quoted(fields.idempotencyKey)}, source and namespace: the first received counts. Another event needs another key.`;
    case "other-type":
      return textAgainst("The type", fields.type, plan.eventType);
    case "other-namespace":
      return textAgainst("The namespace", fields.namespace ?? "", plan.merchantId ?? "");
    case "other-subject":
      return subject === undefined
        ? `It has no subject; the query is for ${quoted(plan.subject)}.`
        : textAgainst("The subject", subject, plan.subject ?? "");
    case "unresolved-subject": {
      const external = quoted(fields.externalSubject);
      return fields.externalSubject === plan.subject
        ? `It has only an externalSubject, ${external}, which is the query's subject: send it as subject, or pass resolveSubject.`
        : `It has only an externalSubject, ${external}, of which no subject is known: pass resolveSubject, or send a subject.`;
    }
    case "before":
      return `Its time ${timestampText(timestamp)} is ${lengthText(plan.from - timestamp)} before the range, which begins at ${timestampText(plan.from)}.`;
    case "after":
      return timestamp === plan.to
        ? `Its time ${timestampText(timestamp)} is the very end of the range, which counts no more: a later "to" would include it.`
        : `Its time ${timestampText(timestamp)} is ${lengthText(timestamp - plan.to)} after the range, which ends before ${timestampText(plan.to)}.`;
    case "filtered":
      return filterMessage(uncounted);
    case "no-value":
    case "unusable-value":
      return valueMessage(uncounted);
  }
}
