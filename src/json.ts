import { Decimal } from "./decimal.ts";

/** A number of a JSON text that a double would not hold exactly: the digits as they stood there. */
export class LongNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): number {
    return Number(this.text);
  }
}

// Up to 15 digits and a two-digit exponent come through a double unchanged.
const LONGEST_SAFE = 15;
const LONG_EXPONENT = /\d[eE][+-]?\d{3}/;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SHORTEST_LONG = 5; // 1e400

const isDigitOrPoint = (code: number): boolean => (code >= 48 && code <= 57) || code === 46;
const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;

/** Whether a number may begin behind this character: in an id such as `cst_0123456789012345` none does. */
const mayPrecedeNumber = (code: number): boolean =>
  Number.isNaN(code) || code === 58 || code === 44 || code === 91 || code === 45 || isSpace(code);

/** Whether digits and points stand so close together somewhere that there may be a long number. */
function hasLongRun(text: string): boolean {
  // Every run of that length covers one of these places.
  for (let place = LONGEST_SAFE; place < text.length; place += LONGEST_SAFE + 1) {
    if (!isDigitOrPoint(text.charCodeAt(place))) continue;
    let start = place;
    let end = place + 1;
    while (isDigitOrPoint(text.charCodeAt(start - 1))) start--;
    while (isDigitOrPoint(text.charCodeAt(end))) end++;
    if (end - start > LONGEST_SAFE && mayPrecedeNumber(text.charCodeAt(start - 1))) return true;
    // The run ends here; the next one begins behind it.
    place = end;
  }
  return false;
}

const mayBeLong = (text: string): boolean => hasLongRun(text) || LONG_EXPONENT.test(text);

function isLong(literal: string): boolean {
  let digits = 0;
  for (let at = 0; at < literal.length; at++) {
    const code = literal.charCodeAt(at);
    if (code >= 48 && code <= 57) digits++;
    else if (code === 101 || code === 69)
      return digits > LONGEST_SAFE || LONG_EXPONENT.test(literal);
  }
  return digits > LONGEST_SAFE;
}

/** Where the string that opens at `open` ends: the index after its closing quote, or the text's length. */
function endOfString(text: string, open: number): number {
  for (
    let close = text.indexOf('"', open + 1);
    close !== -1;
    close = text.indexOf('"', close + 1)
  ) {
    let backslashes = 0;
    while (text.charCodeAt(close - 1 - backslashes) === 92) backslashes++;
    if (backslashes % 2 === 0) return close + 1;
  }
  return text.length;
}

/** Whether a value may stand between `before` and `after`: not in the place of a member's name. */
function standsAsValue(text: string, start: number, end: number): boolean {
  const before = text.charCodeAt(start - 1);
  const isPreceded =
    start === 0 || before === 58 || before === 44 || before === 91 || isSpace(before);
  let next = end;
  while (isSpace(text.charCodeAt(next))) next++;
  const after = text.charCodeAt(next);
  return isPreceded && (next === text.length || after === 44 || after === 93 || after === 125);
}

/** Puts every long number outside of strings into quotes, behind `marker`; undefined when there is none. */
function quoteLongNumbers(text: string, marker: string): string | undefined {
  let quoted = "";
  let copied = 0;
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf('"', at);
    const gapEnd = open === -1 ? text.length : open;
    if (gapEnd - at >= SHORTEST_LONG) {
      for (let start = at; start < gapEnd; start++) {
        const code = text.charCodeAt(start);
        if (code !== 45 && !(code >= 48 && code <= 57)) continue;
        NUMBER.lastIndex = start;
        const literal = NUMBER.exec(text)?.[0] ?? "-";
        const end = start + literal.length;
        if (literal.length >= SHORTEST_LONG && isLong(literal) && standsAsValue(text, start, end)) {
          quoted += `${text.slice(copied, start)}"${marker}${literal}"`;
          copied = end;
        }
        start = end - 1;
      }
    }
    at = open === -1 ? text.length : endOfString(text, open);
  }
  return copied === 0 ? undefined : quoted + text.slice(copied);
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
    typeof value === "object" && value !== null && !(value instanceof LongNumber);
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
 * `JSON.parse`, except that a number which a double would not hold comes out as a `LongNumber` with all its digits.
 * Throws the SyntaxError of `JSON.parse` for what is no JSON.
 */
export function parseJson(text: string): unknown {
  if (!mayBeLong(text)) return JSON.parse(text);
  let marker = "\\u0000";
  // A short one even then, as it stands at every long number, and none that a text can foresee.
  while (text.includes(marker)) marker = `\\u0000${Math.random()}`;
  const quoted = quoteLongNumbers(text, marker);
  if (quoted === undefined) return JSON.parse(text);
  const mark: string = JSON.parse(`"${marker}"`);
  let tree: unknown;
  try {
    tree = JSON.parse(quoted);
  } catch {
    return JSON.parse(text); // throws as well, and tells of the text as it came
  }
  return mapLeaves(tree, (value) =>
    typeof value === "string" && value.startsWith(mark)
      ? new LongNumber(value.slice(mark.length))
      : value,
  );
}

/** The same tree with every `LongNumber` made an ordinary number, as `JSON.parse` would have given it. */
export function withOrdinaryNumbers(value: unknown): unknown {
  return mapLeaves(value, (leaf) => (leaf instanceof LongNumber ? Number(leaf.text) : leaf));
}

/** JSON text in which a Decimal and a `LongNumber` are number literals with all their digits. For plain trees. */
export function stringifyJson(value: unknown): string {
  if (value instanceof Decimal) return value.toFixed();
  if (value instanceof LongNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(stringifyJson).join(",")}]`;
  if (typeof value !== "object" || value === null || value instanceof Date) {
    return JSON.stringify(value) ?? "null";
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => `${JSON.stringify(key)}:${stringifyJson(member)}`);
  return `{${members.join(",")}}`;
}
