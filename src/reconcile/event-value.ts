import type { Plan } from "../summary/plan.ts";
import { dimensionText, type Path, readAt, uniqueText, usableNumber } from "../summary/values.ts";
import type { Exact } from "../values/scaled-integer.ts";
import { plainAt } from "./event-facts.ts";

/** What stands at the path of the value: one that counts, or why there is none. */
export type EventValue =
  | { readonly kind: "number"; readonly value: number | Exact }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "event" | "missing" | "null" | "unusable" };

type Data = Readonly<Record<string, unknown>>;

const EVENT: EventValue = { kind: "event" };
const MISSING: EventValue = { kind: "missing" };
const NULL: EventValue = { kind: "null" };
const UNUSABLE: EventValue = { kind: "unusable" };

function numberValue(value: unknown): EventValue {
  const number = usableNumber(value);
  if (number !== undefined) return { kind: "number", value: number };
  return value === undefined ? MISSING : value === null ? NULL : UNUSABLE;
}

function textValue(value: unknown): EventValue {
  const text = uniqueText(value);
  if (text !== undefined) return { kind: "text", value: text };
  return value === undefined ? MISSING : NULL;
}

/** Reads what an event counts as. Throws an `UnreadableValueError`. */
export function readEventValue(data: Data, { aggregation, valuePath }: Plan): EventValue {
  if (aggregation === "COUNT") return EVENT;
  const plain = plainAt(data, valuePath);
  if (aggregation === "UNIQUE_COUNT") {
    return plain === undefined ? readAt(data, valuePath, textValue) : textValue(plain);
  }
  return typeof plain === "number"
    ? { kind: "number", value: plain }
    : readAt(data, valuePath, numberValue);
}

const textOrNull = (value: unknown): string | null =>
  value === null ? null : dimensionText(value);

/** The text of a dimension, null apart from `"null"`. Throws an `UnreadableValueError`. */
export function readDimension(data: Data, path: Path): string | null {
  const plain = plainAt(data, path);
  return typeof plain === "string" ? plain : readAt(data, path, textOrNull);
}
