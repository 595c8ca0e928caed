import { isJsonObject, jsonForm, jsonTreeOfForm, ownMember } from "../values/json-form.ts";
import { LosslessNumber } from "../values/lossless-json.ts";
import {
  type Exact,
  MAX_DIGITS,
  MAX_EXPONENT,
  numberText,
  parseExact,
} from "../values/scaled-integer.ts";
import { NotJsonError, unreadableBecause } from "../values/unserializable-value.ts";

/** The names on the way to a value: `["usage", "tokens"]` for `$.usage.tokens`. */
export type Path = readonly string[];

/** The names of a path that fits the contract's pattern. */
export function pathOf(text: string): Path {
  return text.slice(2).split(".");
}

/** A path as costs write it. */
export function pathText(path: Path): string {
  return `$.${path.join(".")}`;
}

/** Thrown for a value of an event's data that cannot be read; it makes the event invalid. Never leaves the library. */
export class UnreadableValueError extends Error {
  /** The way to the value in the event's data. */
  readonly path: Path;

  constructor(path: Path, cause: unknown) {
    super(unreadableBecause(cause));
    this.path = path;
  }
}

/**
 * What `read` makes of the JSON form of the value at `path`, undefined where there is none. It walks own members of
 * objects: nothing inherited, and never into an array. Throws an `UnreadableValueError` where JSON could not carry what
 * it finds, and where `read` throws.
 */
export function readAt<Read>(data: unknown, path: Path, read: (value: unknown) => Read): Read {
  let value = data;
  let depth = 0;
  try {
    while (depth < path.length && isJsonObject(value)) {
      const name = path[depth++] as string;
      value = jsonForm(ownMember(value, name), name);
    }
    return read(depth < path.length ? undefined : value);
  } catch (error) {
    throw new UnreadableValueError(path.slice(0, depth), error);
  }
}

/** The text of a dimension: null is `"null"`; what is missing, an object or an array is `""`. */
export function dimensionText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null) return "null";
  if (value === undefined) return "";
  if (value instanceof LosslessNumber) return numberText(value.text);
  if (typeof value === "object") {
    jsonTreeOfForm(value); // refuses what could not have been sent
    return "";
  }
  return String(value);
}

const SHORT_DECIMAL = /^[+-]?[0-9]+(?:[.][0-9]*)?$/;

/**
 * The number that a value counts as in SUM, AVG, MIN, MAX and LATEST: a JSON number, or text that is a plain decimal.
 * Undefined for everything else, which counts as if absent.
 */
export function usableNumber(value: unknown): number | Exact | undefined {
  if (typeof value === "number") return value;
  const text = value instanceof LosslessNumber ? value.text : value;
  if (typeof text !== "string") {
    if (typeof text === "object") jsonTreeOfForm(text); // refuses what could not have been sent
    return undefined;
  }
  // Of so few digits, a double is exactly what its shortest text says, and is added up several times as fast.
  if (text.length <= 15 && SHORT_DECIMAL.test(text)) return Number(text);
  const exact = parseExact(text);
  if (exact === "malformed") return undefined;
  if (exact === "out-of-bounds") {
    throw new NotJsonError(
      `expected a number of at most ${MAX_DIGITS} significant digits, with its first digit within 10^±${MAX_EXPONENT}`,
    );
  }
  return exact;
}

function canonicalJson(tree: unknown): string {
  if (Array.isArray(tree)) return `[${tree.map(canonicalJson).join(",")}]`;
  if (tree instanceof LosslessNumber) return numberText(tree.text);
  if (typeof tree !== "object" || tree === null) return JSON.stringify(tree);
  const members = Object.entries(tree)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

/**
 * The text by which UNIQUE_COUNT tells values apart: number 1 and `"1"` are one, objects and arrays go by their
 * canonical JSON (RFC 8785). Undefined for null and for what is missing, which are not counted.
 */
export function uniqueText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "object" && !(value instanceof LosslessNumber)) {
    return canonicalJson(jsonTreeOfForm(value));
  }
  return dimensionText(value);
}

/** Whether a value is text, or null or undefined, which mean the same. */
export function isTextOrAbsent(value: unknown): value is string | null | undefined {
  return typeof value === "string" || value === undefined || value === null;
}
