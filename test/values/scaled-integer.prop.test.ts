import { Decimal as HostDecimal } from "decimal.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  add,
  compare,
  divide,
  type Exact,
  exactOfNumber,
  exactText,
  multiply,
  numberText,
  parseExact,
} from "../../src/values/scaled-integer.ts";
import { OneSum } from "../one-sum.ts";
import { runs } from "../runs.ts";

/** Enough fraction digits for every number here. */
const PLACES = 2_400;

/** A number as an integer of units of 10^-2400, read from its text in the plainest way. */
function unitsOf(text: string): bigint {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text);
  if (match === null) throw new Error(`${text} is no number`);
  const [, sign, whole = "", fraction = "", power = "0"] = match;
  const units = BigInt(whole + fraction) * 10n ** BigInt(PLACES - fraction.length + Number(power));
  return sign === "-" ? -units : units;
}
const unitsOfExact = ({ coefficient, exponent }: Exact): bigint =>
  coefficient * 10n ** BigInt(PLACES + exponent);

const digitRuns = (most: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: most }).map((digits) => digits.join(""));
/** Text of a plain decimal within the bounds, in all its ways of writing. */
const decimalTexts = fc
  .record({
    sign: fc.constantFrom("", "-", "+"),
    zeros: fc.constantFrom("", "0", "000"),
    whole: digitRuns(25),
    point: fc.constantFrom("", "."),
    fraction: digitRuns(25),
    mark: fc.constantFrom("", "e", "E"),
    power: fc.oneof(fc.integer({ min: -30, max: 30 }), fc.integer({ min: -940, max: 940 })),
    plus: fc.boolean(),
  })
  .map(({ sign, zeros, whole, point, fraction, mark, power, plus }) => {
    const exponent = mark === "" ? "" : `${mark}${plus && power >= 0 ? "+" : ""}${power}`;
    const digits = `${zeros}${whole}${point}${point === "" ? "" : fraction}`;
    return `${sign}${/\d/.test(digits) ? digits : `7${digits}`}${exponent}`;
  });
const exacts = decimalTexts.map((text): Exact => {
  const exact = parseExact(text);
  if (typeof exact === "string") throw new Error(`${text} is ${exact}`);
  return exact;
});
/** Every finite double is as likely as any other, subnormal ones and -0 included. */
const anyDouble = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((bits) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, bits);
    return view.getFloat64(0);
  })
  .filter(Number.isFinite);
const finite = { noNaN: true, noDefaultInfinity: true };
/** Amounts as people have them: a few digits before and after the point. */
const amounts = fc
  .tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 8 }))
  .map(([digits, places]) => Number(`${digits}e-${places}`));
/** Integers about the bounds up to which doubles are added as they are. */
const nearBounds = fc
  .tuple(
    fc.constantFrom(1e15, 8e15, 9e15, 2 ** 53, 1e22, 1e12),
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(1, -1),
    fc.constantFrom(1, 1e-3, 1e-7, 1e-22),
  )
  .map(([bound, distance, sign, scale]) => (bound + distance) * sign * scale);
/** All of one sign and scale, so that their sum goes far beyond what doubles add exactly. */
const greatTerms = fc.tuple(fc.integer({ min: 9e14, max: 1e15 }), fc.constantFrom(1, 1e-6));
const numbers = fc.oneof(
  { weight: 4, arbitrary: amounts },
  { weight: 2, arbitrary: nearBounds },
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(finite),
  anyDouble,
);

describe("an exact sum", () => {
  test("of numbers and decimals is that of integers", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: numbers }, exacts)), (values) => {
        const sum = new OneSum();
        let units = 0n;
        for (const value of values) {
          sum.add(value);
          units += typeof value === "number" ? unitsOf(String(value)) : unitsOfExact(value);
        }
        expect(unitsOfExact(sum.total())).toBe(units);
      }),
      { numRuns: runs(2_000) },
    );
  });

  test("of great terms of one sign is that of integers", () => {
    fc.assert(
      fc.property(fc.array(greatTerms, { minLength: 8, maxLength: 60 }), (terms) => {
        const sum = new OneSum();
        let units = 0n;
        for (const [term, scale] of terms) {
          sum.add(term * scale);
          units += unitsOf(String(term * scale));
        }
        expect(unitsOfExact(sum.total())).toBe(units);
      }),
      { numRuns: runs(300) },
    );
  });

  test("of amounts alone is that of integers, at any length and read at any time", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(amounts, nearBounds), { minLength: 20, maxLength: 200 }),
        fc.nat(),
        (values, when) => {
          const sum = new OneSum();
          let units = 0n;
          for (const [index, value] of values.entries()) {
            sum.add(value);
            units += unitsOf(String(value));
            if (index === when % values.length) expect(unitsOfExact(sum.total())).toBe(units);
          }
          expect(unitsOfExact(sum.total())).toBe(units);
        },
      ),
      { numRuns: runs(300) },
    );
  });
});

describe("parseExact", () => {
  test("means what the text says, and exactText says the same in plain words", () => {
    fc.assert(
      fc.property(decimalTexts, (text) => {
        const exact = parseExact(text);
        if (typeof exact === "string") throw new Error(exact);
        expect(unitsOfExact(exact)).toBe(unitsOf(text));
        const plain = exactText(exact);
        expect(plain).toMatch(/^(?:0|-?(?:[1-9]\d*|0\.\d*[1-9]|[1-9]\d*\.\d*[1-9]))$/);
        expect(unitsOf(plain)).toBe(unitsOf(text));
        expect(parseExact(plain)).toEqual(exact);
      }),
      { numRuns: runs(2_000) },
    );
  });

  test("takes for malformed exactly what is no plain decimal", () => {
    const letters = fc.constantFrom(..."0123456789.eE+- _x,\nn");
    let wellFormed = 0;
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 8 }), (text) => {
        const unsigned = text.replace(/^[+-]/, "");
        const [mantissa = "", power = "0", ...more] = unsigned.split(/e/i);
        const isPlain =
          more.length === 0 &&
          /\d/.test(mantissa) &&
          /^[\d.]*$/.test(mantissa) &&
          mantissa.split(".").length <= 2 &&
          /^[+-]?\d+$/.test(power) &&
          !text.endsWith("\n");
        if (isPlain) wellFormed++;
        expect(parseExact(text) === "malformed").toBe(!isPlain);
      }),
      { numRuns: runs(20_000) },
    );
    expect(wellFormed).toBeGreaterThan(runs(2_500));
  });

  test("finds out of bounds exactly what has too many digits or too great an exponent", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 995, max: 1_005 }),
        fc.integer({ min: -1_003, max: 1_003 }),
        fc.integer({ min: 0, max: 12 }),
        fc.boolean(),
        (digits, adjusted, zeros, isLong) => {
          const mantissa = isLong ? `1.${"2".repeat(digits - 1)}` : "1.5";
          const text = `${mantissa}${"0".repeat(zeros)}e${adjusted}`;
          const isOut = Math.abs(adjusted) > 1_000 || (isLong && digits > 1_000);
          expect(parseExact(text) === "out-of-bounds").toBe(isOut);
          // The same number in another place of its point.
          const shifted = `0.00${mantissa.replace(".", "")}e${adjusted + 3}`;
          expect(parseExact(shifted) === "out-of-bounds").toBe(isOut);
        },
      ),
      { numRuns: runs(1_000) },
    );
  });
});

describe("arithmetic", () => {
  test("add and compare are those of integers", () => {
    fc.assert(
      fc.property(exacts, exacts, (a, b) => {
        const [unitsOfA, unitsOfB] = [unitsOfExact(a), unitsOfExact(b)];
        expect(unitsOfExact(add(a, b))).toBe(unitsOfA + unitsOfB);
        expect(compare(a, b)).toBe(unitsOfA < unitsOfB ? -1 : unitsOfA > unitsOfB ? 1 : 0);
        expect(compare(a, { coefficient: a.coefficient * 1000n, exponent: a.exponent - 3 })).toBe(
          0,
        );
      }),
      { numRuns: runs(1_000) },
    );
  });

  test("multiply is that of integers", () => {
    fc.assert(
      fc.property(exacts, exacts, (a, b) => {
        const { coefficient, exponent } = multiply(a, b);
        expect(coefficient * 10n ** BigInt(exponent + 2 * PLACES)).toBe(
          unitsOfExact(a) * unitsOfExact(b),
        );
      }),
      { numRuns: runs(500) },
    );
  });

  test("divide is nearest, and of two equally near the even one", () => {
    fc.assert(
      fc.property(
        exacts,
        exacts.filter(({ coefficient }) => coefficient !== 0n),
        fc.integer({ min: 1, max: 40 }),
        (dividend, divisor, digits) => {
          const Rounding = HostDecimal.clone({ defaults: true, precision: digits, rounding: 6 });
          const expected = new Rounding(exactText(dividend)).div(exactText(divisor)).toFixed();
          // decimal.js keeps the sign of a zero.
          expect(exactText(divide(dividend, divisor, digits))).toBe(expected.replace(/^-0$/, "0"));
        },
      ),
      { numRuns: runs(1_500) },
    );
  });

  test("divide rounds ties to the even digit, and their neighbours to the nearest", () => {
    const coefficients = fc.bigInt({ min: 1n, max: 10n ** 40n });
    fc.assert(
      fc.property(
        coefficients,
        coefficients,
        fc.integer({ min: -20, max: 20 }),
        fc.constantFrom(-1n, 0n, 1n),
        (wanted, divisor, exponent, nudge) => {
          // The quotient is `wanted` and a half, or a trifle beside it.
          const dividend = (wanted * 2n + 1n) * divisor * 10n ** 60n + nudge;
          const half = { coefficient: dividend, exponent };
          const by = { coefficient: divisor * 2n * 10n ** 60n, exponent: 0 };
          const quotient = divide(half, by, wanted.toString().length);
          const isUp = nudge > 0n || (nudge === 0n && wanted % 2n === 1n);
          const expected = { coefficient: isUp ? wanted + 1n : wanted, exponent };
          expect(compare(quotient, expected)).toBe(0);
        },
      ),
      { numRuns: runs(1_500) },
    );
  });
});

describe("numberText", () => {
  test("of a double is String(n)", () => {
    fc.assert(
      fc.property(fc.oneof(anyDouble, fc.double(finite), amounts, fc.maxSafeInteger()), (value) => {
        expect(numberText(String(value))).toBe(String(value));
        expect(numberText(value.toExponential())).toBe(String(value));
        expect(unitsOfExact(exactOfNumber(value))).toBe(unitsOf(String(value)));
      }),
      { numRuns: runs(5_000) },
    );
  });

  test("of any literal has every digit, laid out alike", () => {
    // decimal.js lays out as ECMAScript does, without a limit to its digits.
    const Unlimited = HostDecimal.clone({ defaults: true });
    fc.assert(
      fc.property(decimalTexts, (text) => {
        expect(numberText(text)).toBe(new Unlimited(text).toString());
      }),
      { numRuns: runs(2_000) },
    );
  });

  test("of two literals is equal exactly where they are the same number", () => {
    fc.assert(
      fc.property(exacts, fc.integer({ min: 0, max: 30 }), exacts, (a, zeros, b) => {
        const literal = `${a.coefficient}e${a.exponent}`;
        const same = `${a.coefficient}${"0".repeat(zeros)}.000e${a.exponent - zeros}`;
        expect(numberText(same)).toBe(numberText(literal));
        const other = `${b.coefficient}e${b.exponent}`;
        expect(numberText(other) === numberText(literal)).toBe(compare(a, b) === 0);
      }),
      { numRuns: runs(1_000) },
    );
  });
});
