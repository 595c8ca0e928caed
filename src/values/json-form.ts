import { LosslessNumber, losslessNumberOf } from "./lossless-json.ts";
import { NotJsonError, refuseUnfit } from "./unserializable-value.ts";

const DEEPEST = 1_000;

/**
 * The JSON form of one value, its members not yet looked at: what `JSON.stringify` would write, `undefined` for what
 * it would leave out. A bigint, a function or a symbol is refused rather than dropped. A lossless number, also a clone
 * of one, is a `LosslessNumber`.
 */
export function jsonForm(given: unknown, key: string): unknown {
  if (typeof given === "string" || typeof given === "boolean") return given;
  if (typeof given === "number") return Number.isFinite(given) ? given : null;
  if (given === undefined || given === null) return given;
  const number = typeof given === "object" ? losslessNumberOf(given) : undefined;
  if (number !== undefined) return number;
  const { toJSON } = given as { toJSON?: unknown };
  const value: unknown = typeof toJSON === "function" ? toJSON.call(given, key) : given;
  refuseUnfit(value);
  if (typeof value !== "object") return jsonForm(value, key);
  return value instanceof Number ||
    value instanceof String ||
    value instanceof Boolean ||
    value instanceof BigInt
    ? jsonForm(value.valueOf(), key)
    : value;
}

/** Whether a JSON form is an object with members: no array, no null, no number that was kept as text. */
export function isJsonObject(form: unknown): form is Record<string, unknown> {
  return (
    typeof form === "object" &&
    form !== null &&
    !Array.isArray(form) &&
    !(form instanceof LosslessNumber)
  );
}

/** The member `key` of an object, as JSON has it: own and enumerable, else undefined. */
export function ownMember(object: object, key: string): unknown {
  return Object.prototype.propertyIsEnumerable.call(object, key)
    ? (object as Record<string, unknown>)[key]
    : undefined;
}

/**
 * The whole JSON form of a value, a plain tree. Throws a `NotJsonError` for what JSON cannot carry anywhere in it:
 * a bigint, a function, a symbol, a cycle or more than 1,000 levels.
 */
export function jsonTree(given: unknown, key = "", depth = 0): unknown {
  return jsonTreeOfForm(jsonForm(given, key), depth);
}

/** As `jsonTree`, of a value that is its JSON form already: its own `toJSON`, which had its turn, is not called. */
export function jsonTreeOfForm(form: unknown, depth = 0): unknown {
  if (typeof form !== "object" || form === null || form instanceof LosslessNumber) return form;
  if (depth === DEEPEST) {
    throw new NotJsonError(`JSON cannot carry a cycle, nor more than ${DEEPEST} levels here`);
  }
  if (Array.isArray(form)) {
    return Array.from(form, (item: unknown, index) => {
      const tree = jsonTree(item, String(index), depth + 1);
      return tree === undefined ? null : tree;
    });
  }
  const members: [string, unknown][] = [];
  for (const name of Object.keys(form)) {
    const tree = jsonTree((form as Record<string, unknown>)[name], name, depth + 1);
    if (tree !== undefined) members.push([name, tree]);
  }
  return Object.fromEntries(members);
}

/** The way to the first thing in a value that JSON cannot carry; empty when it is the value itself, or there is none. */
export function pathOfUnfit(given: unknown): (string | number)[] {
  return findUnfit(given, "", []) ?? [];
}

function findUnfit(
  given: unknown,
  key: string,
  ancestors: readonly unknown[],
): (string | number)[] | undefined {
  let form: unknown;
  try {
    form = jsonForm(given, key);
  } catch {
    return [];
  }
  if (typeof form !== "object" || form === null || form instanceof LosslessNumber) return undefined;
  if (ancestors.length === DEEPEST || ancestors.includes(form)) return [];
  for (const name of Object.keys(form)) {
    const step = Array.isArray(form) ? Number(name) : name;
    let rest: (string | number)[] | undefined;
    try {
      rest = findUnfit((form as Record<string, unknown>)[name], name, [...ancestors, form]);
    } catch {
      return [step];
    }
    if (rest !== undefined) return [step, ...rest];
  }
  return undefined;
}
