import { Decimal } from "./decimal.ts";
import { NotJsonError, refuseUnfit } from "./unserializable-value.ts";

/**
 * The name of a property that every lossless number has: an own one under a text, so that it survives
 * `structuredClone`, and the same in every copy of the package.
 */
export const LOSSLESS_NUMBER = "metered-costs.losslessNumber";

/** A number of a JSON text that a double would not hold exactly: its digits as they were in the text. */
export class LosslessNumber {
  readonly text: string;
  readonly [LOSSLESS_NUMBER] = true;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): number {
    return Number(this.text);
  }

  toString(): string {
    return this.text;
  }

  /** It is no object with members. */
  get [Symbol.toStringTag](): string {
    return "LosslessNumber";
  }
}

/**
 * The lossless number that a value is: one of this copy of the package, of another copy, or a clone of one. Undefined
 * for any other value. Throws a `NotJsonError` where its digits were changed to what is not a JSON number.
 */
export function losslessNumberOf(value: object): LosslessNumber | undefined {
  if (value instanceof LosslessNumber) return value;
  if (!Object.hasOwn(value, LOSSLESS_NUMBER)) return undefined;
  const { text } = value as { text?: unknown };
  if (typeof text === "string" && NUMBER.test(text)) return new LosslessNumber(text);
  throw new NotJsonError(
    "expected a lossless number as readEvents returns it, with its digits in text",
  );
}

/**
 * A string up to its end or to an escape, or an escape and what follows it: skipped. Or what may be a long number, with
 * the character before it, and with the colon that would make it a name.
 */
const STRING_OR_NUMBER = /(?:"|\\.)[^"\\]*"?|([\s:,[]|^)(-?\d[\d.eE+-]{4,})(\s*:)?/gs;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** Up to 15 digits and a two-digit exponent come through a double unchanged. */
const LONG = /(?:\d\.?){16}|[eE][+-]?\d{3}/;

const isDigitOrPoint = (code: number): boolean => (code > 47 && code < 58) || code === 46;

/** Whether a long number may be in a text. Ids such as `cst_0123456789012345` are none. */
function mayHaveLongNumber(text: string): boolean {
  // Every run of 16 digits and points covers one of these places.
  for (let at = 15; at < text.length; at += 16) {
    if (!isDigitOrPoint(text.charCodeAt(at))) continue;
    let start = at;
    while (isDigitOrPoint(text.charCodeAt(start - 1))) start--;
    while (isDigitOrPoint(text.charCodeAt(at))) at++;
    if (at - start > 15 && /^[\s:,[-]?$/.test(text.charAt(start - 1))) return true;
  }
  return /\d[eE][+-]?\d{3}/.test(text);
}

/** Puts every long number outside of strings into quotes, behind `marker`. */
function quoteLongNumbers(text: string, marker: string): string {
  let quoted = "";
  let copied = 0;
  STRING_OR_NUMBER.lastIndex = 0;
  for (let found = STRING_OR_NUMBER.exec(text); found; found = STRING_OR_NUMBER.exec(text)) {
    const [, before, literal = "", colon] = found;
    if (colon !== undefined || !LONG.test(literal) || !NUMBER.test(literal)) continue;
    quoted += `${text.slice(copied, found.index)}${before}"${marker}${literal}"`;
    copied = STRING_OR_NUMBER.lastIndex;
  }
  return quoted + text.slice(copied);
}

/** Sets a member by definition, not by assignment, which would not set one called `__proto__`. */
export function defineMember(object: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(object, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

/** Replaces leaves of a tree of plain JSON in place, without recursion: hostile answers nest deeply. */
function mapLeaves(root: unknown, leaf: (value: unknown) => unknown): unknown {
  const isTree = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !(value instanceof LosslessNumber);
  if (!isTree(root)) return leaf(root);
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const key of Object.keys(node)) {
      const value = node[key];
      if (isTree(value)) {
        open.push(value);
        continue;
      }
      const mapped = leaf(value);
      if (mapped !== value) defineMember(node, key, mapped);
    }
  }
  return root;
}

/**
 * `JSON.parse`, except that a number which a double would not hold comes out as a `LosslessNumber` with all its digits.
 * Throws the SyntaxError of `JSON.parse` for what is no JSON.
 */
export function parseJson(text: string): unknown {
  if (!mayHaveLongNumber(text)) return JSON.parse(text);
  let marker = "\\u0000";
  // A short one even then, as it stands at every long number, and none that a text can foresee.
  while (text.includes(marker)) marker = `\\u0000${Math.random()}`;
  const mark: string = JSON.parse(`"${marker}"`);
  const quoted = quoteLongNumbers(text, marker);
  let tree: unknown;
  try {
    tree = JSON.parse(quoted);
  } catch {
    return JSON.parse(text); // throws as well, and tells of the text as it came
  }
  return mapLeaves(tree, (value) =>
    typeof value === "string" && value.startsWith(mark)
      ? new LosslessNumber(value.slice(mark.length))
      : value,
  );
}

/** The same tree with every `LosslessNumber` made text: all its digits. */
export function withNumbersAsText(value: unknown): unknown {
  return mapLeaves(value, (leaf) => (leaf instanceof LosslessNumber ? leaf.text : leaf));
}

/** The same tree with every `LosslessNumber` made an ordinary number, as `JSON.parse` would have given it. */
export function withOrdinaryNumbers(value: unknown): unknown {
  return mapLeaves(value, (leaf) => (leaf instanceof LosslessNumber ? Number(leaf.text) : leaf));
}

/**
 * What `JSON.stringify` writes, in which instances of `numbers` are number literals with all their digits; "null" for
 * nothing. Throws a `NotJsonError` for a bigint, a function or a symbol, and the error of `JSON.stringify` for a cycle.
 */
export function stringifyJson(
  value: unknown,
  numbers: readonly (new (text: string) => object)[] = [Decimal, LosslessNumber],
): string {
  // What no text can foresee.
  const mark = Math.random();
  const written = JSON.stringify(value, function (this: Record<string, unknown>, key, member) {
    const given = this[key];
    if (numbers.some((kind) => given instanceof kind)) return `\u0000${mark}${given}`;
    if (typeof given === "object" && given !== null) {
      const number = losslessNumberOf(given);
      if (number !== undefined) return `\u0000${mark}${number}`;
    }
    refuseUnfit(member);
    return member;
  });
  const [beginning, ...numbersAndRest] = (written ?? "null").split(`"\\u0000${mark}`);
  return beginning + numbersAndRest.map((piece) => piece.replace('"', "")).join("");
}
