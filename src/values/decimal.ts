import { Decimal as DecimalJs } from "decimal.js";
import { notGiven } from "./given.ts";
import {
  type Exact,
  exactOf,
  exactText,
  MAX_DIGITS,
  MAX_EXPONENT,
  multiply,
  parseExact,
} from "./scaled-integer.ts";

/**
 * An exact decimal number: every amount, quantity and unit cost that the library gives is one.
 *
 * It is decimal.js under settings of our own, which a host's `Decimal.set` does not reach. Text is plain, never in
 * scientific notation, and exact to any length; `JSON.stringify` gives the same text. Your own arithmetic on it
 * (`plus`, `times`, `div`, ...) rounds half even at 100 significant digits.
 *
 * @example
 * ```ts
 * import { Decimal } from "metered-costs";
 *
 * const margin = new Decimal("12.00").minus("0.000000000000000000123456789");
 * console.log(margin.toString()); // 11.999999999999999999876543211
 * ```
 */
export const Decimal: typeof DecimalJs = /* @__PURE__ */ DecimalJs.clone({
  defaults: true,
  precision: 100,
  rounding: 6, // half even
  toExpNeg: -9e15,
  toExpPos: 9e15,
}) as typeof DecimalJs;
/** An exact decimal number; see the constructor of the same name. */
export type Decimal = DecimalJs;

/** A decimal of another library or of another copy of decimal.js (big.js, bignumber.js, ...), known by its shape. */
export interface DecimalLike {
  /** The sign: 1 or -1. */
  readonly s: number | null;
  /** The power of ten of the first digit. */
  readonly e: number | null;
  /** Without an argument: plain decimal text with every digit. */
  toFixed(): string;
}

/**
 * What is taken for a decimal: a `Decimal`, decimal text (`"0.00000015"`, `"1.5e-7"`), a bigint, a number (which
 * means its shortest decimal text, so `0.1` is 0.1), or a decimal of another library.
 * At most 1,000 significant digits, and a first digit within 10^±1000.
 */
export type DecimalInput = Decimal | DecimalLike | string | number | bigint;

const DECIMAL_TEXT = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const EXPECTED = `expected a decimal number such as "0.0000015", of at most ${MAX_DIGITS} digits, with its first digit within 10^±${MAX_EXPONENT}`;

/** The text of what may be a decimal; none of what is not, or is far out of bounds. */
function textOf(input: unknown): string {
  if (typeof input === "string" || typeof input === "number") return String(input);
  if (typeof input === "bigint") {
    // The text of a bigint costs quadratic time: its size is looked at in base 16 first.
    return input.toString(16).length > MAX_DIGITS ? "" : input.toString();
  }
  if (typeof input !== "object" || input === null) return "";
  const { s, e, toFixed } = input as Partial<DecimalLike>;
  // Null, as bignumber.js has it for what is not finite, is refused.
  if (typeof toFixed !== "function" || typeof s !== "number" || typeof e !== "number") return "";
  // `toFixed` of 1e9000000000000000 would not come back.
  const text: unknown = Math.abs(e) > MAX_EXPONENT || toFixed.call(input);
  return typeof text === "string" ? text : "";
}

/** The exact number that `input` means, or in words what is wrong with it. Never throws for a plain value. */
export function readExact(input: unknown): Exact | { problem: string } {
  const exact = parseExact(textOf(input));
  return typeof exact === "string" ? { problem: `${EXPECTED}${notGiven(input)}` } : exact;
}

/** The same as a Decimal, every digit kept. Zero has no sign. */
export function readDecimal(input: unknown): Decimal | { problem: string } {
  // A double is never out of bounds; + 0 makes 0 of -0.
  if (typeof input === "number" && Number.isFinite(input)) return new Decimal(input + 0);
  const text = textOf(input);
  if (DECIMAL_TEXT.test(text)) {
    if (!/^[^eE]*[1-9]/.test(text)) return new Decimal(0);
    const decimal = new Decimal(text);
    // Beyond the exponents of decimal.js it is 0, or no finite number, whose `e` is NaN.
    const isInBounds =
      !decimal.isZero() && decimal.precision() <= MAX_DIGITS && Math.abs(decimal.e) <= MAX_EXPONENT;
    if (isInBounds) return decimal;
  }
  return { problem: `${EXPECTED}${notGiven(input)}` };
}

/** Of the words of seven digits that a Decimal is made of. */
const WORD = 1e7;
const WORD_DIGITS = 7;

/** Makes Decimals of what they consist of: a sign, the power of ten of the first digit, and words. */
type DecimalOfParts = new (s: number, e: number, d: readonly number[]) => Decimal;

/** As its constructor, which documents these members, but without a look at what it is given. */
function ofParts(decimal: typeof DecimalJs): DecimalOfParts {
  function Parts(
    this: { constructor: unknown; s: number; e: number; d: readonly number[] },
    s: number,
    e: number,
    d: readonly number[],
  ): void {
    this.constructor = decimal;
    this.s = s;
    this.e = e;
    this.d = d;
  }
  Parts.prototype = decimal.prototype;
  return Parts as unknown as DecimalOfParts;
}
const DecimalOfParts = /* @__PURE__ */ ofParts(Decimal);

/** The Decimal of an exact number, every digit kept. */
export function decimalOf(value: Exact | number): Decimal {
  const exact = exactOf(value);
  return ofWhole(Number(exact.coefficient), exact.exponent) ?? new Decimal(exactText(exact));
}

/** The Decimal of `a` x `b`, every digit kept. */
export function decimalOfProduct(a: Exact, b: Exact): Decimal {
  // Where a factor is beyond what a double tells apart, so is the product, or it is 0 or NaN.
  const product = Number(a.coefficient) * Number(b.coefficient);
  return ofWhole(product, a.exponent + b.exponent) ?? decimalOf(multiply(a, b));
}

/**
 * The Decimal of a whole number x 10^`exponent`; undefined where that is 0, or of too many digits for a double. Text
 * takes several times as long, and a summary may have millions of rows.
 */
function ofWhole(whole: number, exponent: number): Decimal | undefined {
  const shift = ((exponent % WORD_DIGITS) + WORD_DIGITS) % WORD_DIGITS;
  let rest = Math.abs(whole) * 10 ** shift;
  if (!(rest > 0 && rest <= Number.MAX_SAFE_INTEGER)) return undefined;
  let place = (exponent - shift) / WORD_DIGITS;
  // By division, which is exact enough below 2^53: the remainder of doubles is a call in V8, as long as all of this.
  let before = Math.floor(rest / WORD);
  let last = rest - before * WORD;
  while (last === 0) {
    rest = before;
    before = Math.floor(rest / WORD);
    last = rest - before * WORD;
    place++;
  }
  const first = Math.floor(before / WORD);
  const middle = before - first * WORD;
  const words = before === 0 ? [last] : first === 0 ? [middle, last] : [first, middle, last];
  let digits = (place + words.length - 1) * WORD_DIGITS;
  for (let power = 1; power <= (words[0] as number); power *= 10) digits++;
  return new DecimalOfParts(whole < 0 ? -1 : 1, digits - 1, words);
}
