import type { CheckedEvent } from "../summary/event.ts";
import type { Plan } from "../summary/plan.ts";
import { type Path, readAt, uniqueText, usableNumber } from "../summary/values.ts";
import { isJsonObject } from "../values/json-form.ts";
import { exactText, parseExact } from "../values/scaled-integer.ts";
import { readDimension } from "./event-value.ts";
import { nearestPath, obstacleOn } from "./nearest-path.ts";
import type { Reason } from "./result.ts";

/** What is known of an event that does not count. */
export interface Uncounted {
  readonly facts: CheckedEvent;
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
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

function valueMessage({ facts, plan }: Uncounted): string {
  const { valuePath: path, aggregation } = plan;
  const isNumber = aggregation !== "UNIQUE_COUNT";
  const counts = (value: unknown): boolean => {
    try {
      return (isNumber ? usableNumber(value) : uniqueText(value)) !== undefined;
    } catch {
      return false;
    }
  };
  const text = `$.${path.join(".")}`;
  const found = readAt(facts.data, path, (value) => value);
  const near = nearestPath(facts.data, path, counts);
  const but = near === undefined ? "" : `, but ${near} exists`;
  if (found === undefined) {
    const obstacle = obstacleOn(facts.data, path);
    return `${text} is missing${obstacle === undefined ? "" : ` (${obstacle})`}${but}.`;
  }
  if (found === null) return `${text} is null, which counts as if absent${but}.`;
  return `${text} is ${quoted(found)}, which is no number${but === "" ? numberHint(found, path) : but}.`;
}

/** What would have been a number instead of a text or an object that is none. */
function numberHint(found: unknown, path: Path): string {
  if (typeof found === "boolean") return ": send 1 or 0, or count with COUNT";
  if (isJsonObject(found)) {
    const inside = nearestPath(found, path, (value) => typeof value === "number");
    return inside === undefined ? "" : `, but ${inside.slice(2)} in it is`;
  }
  if (typeof found !== "string") return "";
  const [digits] = /[+-]?\d[\d,_' ]*(?:\.\d+)?(?:[eE][+-]?\d+)?/.exec(found) ?? [];
  const number = parseExact(digits?.replace(/[,_' ]/g, "") ?? "");
  if (typeof number === "string") return "";
  return `: ${exactText(number)} would be`;
}

function filterMessage({ facts, plan, filterNames }: Uncounted): string {
  for (const [at, { path, texts }] of plan.filters.entries()) {
    const text = readDimension(facts.data, path) ?? "null";
    if (texts.has(text)) continue;
    const name = `The dimension ${filterNames[at] ?? ""}`;
    const wanted = [...texts];
    const near = wanted.find((one) => slightDifference(text, one) !== undefined);
    if (near !== undefined) return textAgainst(name, text, near);
    const path_ = `$.${path.join(".")}`;
    const missing =
      text === "" ? nearestPath(facts.data, path, (value) => typeof value === "string") : undefined;
    const but = missing === undefined ? "" : `; ${path_} has no text, but ${missing} exists`;
    const any = wanted.length === 1 ? "" : "any of ";
    return `${name} ${quoted(text)} is not ${any}${wanted.map(quoted).join(", ")}${but}.`;
  }
  return "A filter does not let it pass.";
}

/** In words, why an event does not count, and the nearest thing that would have worked. */
export function nearestMessage(reason: Exclude<Reason, "invalid">, uncounted: Uncounted): string {
  const { facts, plan, timestamp, subject, duplicateOf } = uncounted;
  const iso = (time: number): string => new Date(time).toISOString();
  switch (reason) {
    case "duplicate":
      return `Event ${duplicateOf ?? "before"} has the same idempotency key ${quoted(facts.idempotencyKey)}, source and namespace: the first received counts. Another event needs another key.`;
    case "other-type":
      return textAgainst("The type", facts.type, plan.eventType);
    case "other-namespace":
      return textAgainst("The namespace", facts.namespace ?? "", plan.merchantId ?? "");
    case "other-subject":
      return subject === undefined
        ? `It has no subject; the query is for ${quoted(plan.subject)}.`
        : textAgainst("The subject", subject, plan.subject ?? "");
    case "unresolved-subject": {
      const external = quoted(facts.externalSubject);
      return facts.externalSubject === plan.subject
        ? `It has only an externalSubject, ${external}, which is the query's subject: send it as subject, or say so with resolveSubject.`
        : `It has only an externalSubject, ${external}, of which no subject is known: give resolveSubject, or send a subject.`;
    }
    case "before":
      return `Its time ${iso(timestamp)} is ${lengthText(plan.from - timestamp)} before the range, which begins at ${iso(plan.from)}.`;
    case "after":
      return timestamp === plan.to
        ? `Its time ${iso(timestamp)} is the very end of the range, which counts no more: a later "to" would include it.`
        : `Its time ${iso(timestamp)} is ${lengthText(timestamp - plan.to)} after the range, which ends before ${iso(plan.to)}.`;
    case "filtered":
      return filterMessage(uncounted);
    case "no-value":
    case "unusable-value":
      return valueMessage(uncounted);
  }
}
