/** A finite decimal number, `coefficient` x 10^`exponent`, held in integers so that no digit is lost. */
export interface Exact {
  readonly coefficient: bigint;
  readonly exponent: number;
}

/** The most significant digits a number may have; more are refused, so that work stays bounded. */
export const MAX_DIGITS = 1_000;
/** The largest and, negated, the smallest power of ten of a number's first digit. */
export const MAX_EXPONENT = 1_000;

/** Significant digits of a mean (AVG), rounded half even. */
export const MEAN_DIGITS = 34;

export const ZERO: Exact = { coefficient: 0n, exponent: 0 };
export const ONE: Exact = { coefficient: 1n, exponent: 0 };
const DECIMAL_TEXT = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

interface Digits {
  readonly negative: boolean;
  /** Without leading and trailing zeros; empty for zero. */
  readonly digits: string;
  /** Beyond 2^53 not exact, unlike `power` + `shift`. */
  readonly exponent: number;
  /** The exponent as it was written. */
  readonly power: string;
  readonly shift: number;
}

function digitsOf(text: string): Digits | undefined {
  const match = DECIMAL_TEXT.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", power = "0"] = match;
  const all = whole + fraction;
  if (all === "") return undefined;
  let start = 0;
  let end = all.length;
  while (start < end && all.charCodeAt(start) === 48) start++;
  while (end > start && all.charCodeAt(end - 1) === 48) end--;
  const shift = all.length - end - fraction.length;
  return {
    negative: sign === "-",
    digits: all.slice(start, end),
    exponent: start === end ? 0 : Number(power) + shift,
    power,
    shift,
  };
}

/**
 * Reads a plain decimal: optional sign, digits with an optional point (`1.` and `.5` too), optional exponent.
 * Anything else is `"malformed"`; more than 1,000 significant digits, or a first digit beyond 10^±1000, is
 * `"out-of-bounds"`. Zero is fine with any exponent.
 */
export function parseExact(text: string): Exact | "malformed" | "out-of-bounds" {
  const parsed = digitsOf(text);
  if (parsed === undefined) return "malformed";
  const { negative, digits, exponent } = parsed;
  if (digits === "") return ZERO;
  if (digits.length > MAX_DIGITS || Math.abs(exponent + digits.length - 1) > MAX_EXPONENT) {
    return "out-of-bounds";
  }
  const coefficient = BigInt(digits);
  return { coefficient: negative ? -coefficient : coefficient, exponent };
}

/** The exact meaning of a finite JS number: its shortest decimal text (0.1 is 0.1). */
export function exactOfNumber(value: number): Exact {
  if (Number.isSafeInteger(value)) return { coefficient: BigInt(value), exponent: 0 };
  const exact = parseExact(String(value));
  if (typeof exact === "string") throw new RangeError(`${value} is not a finite number`);
  return exact;
}

/** A value as an exact number. */
export const exactOf = (value: number | Exact): Exact =>
  typeof value === "number" ? exactOfNumber(value) : value;

/** Plain decimal text, never in scientific notation, without needless zeros: `0.1`, `-12`, `1000`. */
export function exactText({ coefficient, exponent }: Exact): string {
  if (coefficient === 0n) return "0";
  const negative = coefficient < 0n;
  const digits = (negative ? -coefficient : coefficient).toString();
  const sign = negative ? "-" : "";
  if (exponent >= 0) return sign + digits + "0".repeat(exponent);
  const padded = digits.padStart(1 - exponent, "0");
  const whole = padded.slice(0, exponent);
  let end = padded.length;
  while (padded.charCodeAt(end - 1) === 48 && end > whole.length) end--;
  const fraction = padded.slice(whole.length, end);
  return sign + (fraction === "" ? whole : `${whole}.${fraction}`);
}

/**
 * The text of a JSON number literal as ECMAScript's Number::toString lays out digits, but with every digit kept:
 * `1.0` is `1`, `1E5` is `100000`, `1e21` is `1e+21`, `-0` is `0`.
 */
export function numberText(literal: string): string {
  const parsed = digitsOf(literal);
  if (parsed === undefined || parsed.digits === "") return "0";
  const { digits, exponent } = parsed;
  const sign = parsed.negative ? "-" : "";
  const point = digits.length + exponent;
  if (exponent >= 0 && point <= 21) return sign + digits + "0".repeat(exponent);
  if (point > 0 && point <= 21) return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
  if (point > -6 && point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  const power = Number.isSafeInteger(exponent)
    ? BigInt(point - 1)
    : BigInt(parsed.power) + BigInt(parsed.shift + digits.length - 1);
  return `${sign}${mantissa}e${power < 0n ? "-" : "+"}${power < 0n ? -power : power}`;
}

function scaledTo({ coefficient, exponent }: Exact, target: number): bigint {
  return exponent === target ? coefficient : coefficient * 10n ** BigInt(exponent - target);
}

/** `a` + `b`, exact. */
export function add(a: Exact, b: Exact): Exact {
  const exponent = Math.min(a.exponent, b.exponent);
  return { coefficient: scaledTo(a, exponent) + scaledTo(b, exponent), exponent };
}

/** `a` - `b`, exact. */
export function subtract(a: Exact, b: Exact): Exact {
  return add(a, { coefficient: -b.coefficient, exponent: b.exponent });
}

/** `a` x `b`, exact. */
export function multiply(a: Exact, b: Exact): Exact {
  return { coefficient: a.coefficient * b.coefficient, exponent: a.exponent + b.exponent };
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function compare(a: Exact, b: Exact): number {
  const exponent = Math.min(a.exponent, b.exponent);
  const difference = scaledTo(a, exponent) - scaledTo(b, exponent);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** `dividend` / `divisor` to `digits` significant digits, half even. `divisor` is not zero. */
export function divide(dividend: Exact, divisor: Exact, digits: number): Exact {
  if (dividend.coefficient === 0n) return ZERO;
  const negative = dividend.coefficient < 0n !== divisor.coefficient < 0n;
  let numerator = dividend.coefficient < 0n ? -dividend.coefficient : dividend.coefficient;
  let denominator = divisor.coefficient < 0n ? -divisor.coefficient : divisor.coefficient;
  let exponent = dividend.exponent - divisor.exponent;
  // Shift so that the integer quotient has `digits` or `digits` + 1 digits, then round once.
  const shift = digits - (numerator.toString().length - denominator.toString().length);
  if (shift > 0) numerator *= 10n ** BigInt(shift);
  else denominator *= 10n ** BigInt(-shift);
  exponent -= shift;
  if (numerator / denominator >= 10n ** BigInt(digits)) {
    denominator *= 10n;
    exponent += 1;
  }
  let quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  if (twice > denominator || (twice === denominator && quotient % 2n === 1n)) quotient += 1n;
  return { coefficient: negative ? -quotient : quotient, exponent };
}
