import { Decimal as HostDecimal } from "decimal.js";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import {
  Decimal,
  type DecimalInput,
  decimalOf,
  decimalOfProduct,
  readDecimal,
  readExact,
} from "../../src/values/decimal.ts";
import { stringifyJson } from "../../src/values/lossless-json.ts";
import { exactText } from "../../src/values/scaled-integer.ts";

/** The plain text of what an input means, or in words what is wrong with it. */
function read(input: unknown): string | { readonly problem: string } {
  const exact = readExact(input);
  return "problem" in exact ? exact : exactText(exact);
}
const refused = (words: string) => ({ problem: expect.stringContaining(words) });

/** As big.js has its numbers: sign, power of ten of the first digit, digits. */
class BigLike {
  readonly s: number;
  readonly e: number;
  readonly c: readonly number[];

  constructor(s: number, e: number, c: readonly number[]) {
    this.s = s;
    this.e = e;
    this.c = c;
  }

  toFixed(): string {
    const digits = this.c.join("");
    const whole = this.e < 0 ? "0" : digits.slice(0, this.e + 1).padEnd(this.e + 1, "0");
    const fraction = this.e < 0 ? "0".repeat(-this.e - 1) + digits : digits.slice(this.e + 1);
    return `${this.s < 0 ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
  }
}

/** As bignumber.js has its numbers: digits in base 1e14, and null throughout for NaN. */
class BigNumberLike {
  readonly s: number | null;
  readonly e: number | null;
  readonly c: readonly number[] | null;
  readonly #plain: string;
  readonly _isBigNumber = true;

  constructor(s: number | null, e: number | null, c: readonly number[] | null, plain: string) {
    this.s = s;
    this.e = e;
    this.c = c;
    this.#plain = plain;
  }

  toFixed(places?: number): string {
    return places === undefined ? this.#plain : "0.00";
  }
}

describe("Decimal", () => {
  test.each([
    ["1e-30", `0.${"0".repeat(29)}1`],
    ["1e30", `1${"0".repeat(30)}`],
    ["-1.5e-7", "-0.00000015"],
    ["1.50", "1.5"],
    ["1e1000", `1${"0".repeat(1_000)}`],
  ])("has plain text for %s", (text, plain) => {
    const decimal = new Decimal(text);
    expect(decimal.toString()).toBe(plain);
    expect(decimal.toFixed()).toBe(plain);
    expect(`${decimal}`).toBe(plain);
    expect(JSON.stringify({ decimal })).toBe(`{"decimal":"${plain}"}`);
  });

  test("keeps every digit that it is made of", () => {
    const text = `${"123456789".repeat(50)}.${"987654321".repeat(50)}`;
    expect(new Decimal(text).toString()).toBe(text);
  });

  test("rounds arithmetic half even at 100 significant digits", () => {
    expect(new Decimal(1).div(3).toString()).toBe(`0.${"3".repeat(100)}`);
    const digits = `1${"0".repeat(98)}`;
    expect(new Decimal(`${digits}0`).plus("0.5").toString()).toBe(`${digits}0`);
    expect(new Decimal(`${digits}1`).plus("0.5").toString()).toBe(`${digits}2`);
  });

  test("computes without the error of doubles", () => {
    expect(new Decimal("0.1").plus("0.2").toString()).toBe("0.3");
    expect(new Decimal(0.1).times(3).eq("0.3")).toBe(true);
  });

  test("is not reached by a host's settings of decimal.js, nor reaches them", () => {
    const before = new HostDecimal("1e30").toString();
    HostDecimal.set({
      precision: 3,
      rounding: HostDecimal.ROUND_UP,
      toExpNeg: 0,
      toExpPos: 0,
      maxE: 5,
      minE: -5,
      modulo: HostDecimal.EUCLID,
    });
    try {
      expect(new HostDecimal(10).toString()).toBe("1e+1");
      expect(new Decimal("1e-30").toString()).toBe(`0.${"0".repeat(29)}1`);
      expect(new Decimal("1e30").toString()).toBe(`1${"0".repeat(30)}`);
      expect(new Decimal(2).div(3).toString()).toBe(`0.${"6".repeat(99)}7`);
      expect(new Decimal(-7).mod(3).toString()).toBe("-1");
      expect(decimalOf({ coefficient: 123456789n, exponent: -30 }).toString()).toBe(
        `0.${"0".repeat(21)}123456789`,
      );
      expect(read("123456.789e100")).toBe(`123456789${"0".repeat(97)}`);
    } finally {
      HostDecimal.set({ defaults: true });
    }
    expect(new HostDecimal("1e30").toString()).toBe(before);
    expect(Decimal).not.toBe(HostDecimal);
  });
});

test("is not reached by settings of decimal.js from before it was loaded either", async () => {
  HostDecimal.set({ precision: 3, maxE: 5, minE: -5, modulo: HostDecimal.EUCLID });
  try {
    vi.resetModules();
    const { Decimal: Fresh } = await import("../../src/values/decimal.ts");
    expect(Fresh).not.toBe(Decimal);
    expect(new Fresh("1e30").toString()).toBe(`1${"0".repeat(30)}`);
    expect(new Fresh("1e-30").toString()).toBe(`0.${"0".repeat(29)}1`);
    expect(new Fresh(-7).mod(3).toString()).toBe("-1");
  } finally {
    HostDecimal.set({ defaults: true });
  }
});

describe("readExact", () => {
  test.each<[name: string, input: DecimalInput, plain: string]>([
    ["text", "0.00000015", "0.00000015"],
    ["text in scientific notation", "1.5e-7", "0.00000015"],
    ["text with a plus", "+1.50", "1.5"],
    ["a number", 0.1, "0.1"],
    ["a small number", 1e-7, "0.0000001"],
    ["negative zero", -0, "0"],
    // It means its shortest text, not its binary value.
    ["the greatest number", Number.MAX_VALUE, `17976931348623157${"0".repeat(292)}`],
    ["a bigint", 123456789012345678901234567890n, "123456789012345678901234567890"],
    ["a negative bigint", -5n, "-5"],
    ["a bigint of 10^1000", 10n ** 1_000n, `1${"0".repeat(1_000)}`],
    ["a Decimal", new Decimal("1e-30"), `0.${"0".repeat(29)}1`],
    ["a Decimal of negative zero", new Decimal("-0"), "0"],
  ])("reads %s", (_name, input, plain) => {
    expect(read(input)).toBe(plain);
  });

  test("reads a decimal of decimal.js itself, whatever its settings", () => {
    const Tight = HostDecimal.clone({ defaults: true, precision: 2, toExpNeg: 0, toExpPos: 0 });
    const text = "1234567890.123456789012345678901234567890123456789";
    expect(read(new HostDecimal(text))).toBe(text);
    expect(read(new Tight(text))).toBe(text);
    expect(read(new Tight("1e-30"))).toBe(`0.${"0".repeat(29)}1`);
    expect(read(new Tight("1e30"))).toBe(`1${"0".repeat(30)}`);
  });

  test("reads decimals of the shape of big.js", () => {
    expect(read(new BigLike(1, 0, [1, 5]))).toBe("1.5");
    expect(read(new BigLike(-1, -8, [1, 5]))).toBe("-0.000000015");
    expect(read(new BigLike(1, 30, [1]))).toBe(`1${"0".repeat(30)}`);
    expect(read(new BigLike(1, 0, [0]))).toBe("0");
  });

  test("reads decimals of the shape of bignumber.js", () => {
    expect(read(new BigNumberLike(1, 0, [1, 50_000_000_000_000], "1.5"))).toBe("1.5");
    expect(read(new BigNumberLike(-1, 20, [1_000_000, 0], "-100000000000000000000"))).toBe(
      "-100000000000000000000",
    );
  });

  test("reads a decimal without a prototype of its own: by its shape alone", () => {
    expect(read({ s: 1, e: 0, toFixed: () => "1.5" })).toBe("1.5");
  });

  test.each<[name: string, input: unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["empty text", ""],
    ["a space", " "],
    ["text with a space", "1 "],
    ["text with a comma", "1,5"],
    ["words", "ten"],
    ["hexadecimal text", "0x10"],
    ["NaN as text", "NaN"],
    ["Infinity as text", "Infinity"],
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["-Infinity", Number.NEGATIVE_INFINITY],
    ["NaN as a Decimal", new Decimal(Number.NaN)],
    ["Infinity as a Decimal", new Decimal(Number.POSITIVE_INFINITY)],
    ["-Infinity as a Decimal", new Decimal(Number.NEGATIVE_INFINITY)],
    ["NaN of decimal.js", new HostDecimal(Number.NaN)],
    ["NaN of the shape of bignumber.js", new BigNumberLike(null, null, null, "NaN")],
    ["Infinity of the shape of bignumber.js", new BigNumberLike(1, null, null, "Infinity")],
    ["true", true],
    ["a symbol", Symbol("1")],
    ["a function", () => 1],
    ["an array", ["1"]],
    ["a boxed number", new Number(1)],
    ["a Date", new Date(0)],
    ["an object with toFixed alone", { toFixed: () => "1" }],
    ["an object without a sign", { e: 0, toFixed: () => "1" }],
    ["an object without a power of ten", { s: 1, toFixed: () => "1" }],
    ["an object whose sign is text", { s: "1", e: 0, toFixed: () => "1" }],
    ["an object with a toFixed that is no function", { s: 1, e: 0, toFixed: "1" }],
    ["an object whose toFixed gives no text", { s: 1, e: 0, toFixed: () => 1 }],
    ["an object whose toFixed gives no number", { s: 1, e: 0, toFixed: () => "one" }],
  ])("refuses %s", (_name, input) => {
    expect(read(input)).toEqual(refused("expected a decimal number"));
  });

  test.each<[name: string, input: unknown]>([
    ["1,001 digits", "1".repeat(1_001)],
    ["10^1001", "1e1001"],
    ["10^-1001", "1e-1001"],
    ["a bigint of 1,001 digits", BigInt("1".repeat(1_001))],
    ["a bigint of 10^1001", 10n ** 1_001n],
    ["a negative bigint of 10^1001", -(10n ** 1_001n)],
    // Its decimal text would take a minute.
    ["a bigint of 200 million bits", 1n << 200_000_000n],
    ["a Decimal of 1,001 digits", new Decimal("1".repeat(1_001))],
    ["a Decimal of 10^1001", new Decimal("1e1001")],
    ["a Decimal of 10^-1001", new Decimal("1e-1001")],
    ["a Decimal whose text would not end", new Decimal("1e9000000000000000")],
    ["a Decimal whose fraction would not end", new Decimal("-1e-9000000000000000")],
    ["a stand-in of 10^1001", new BigLike(1, 1_001, [1])],
  ])("refuses %s: out of bounds", (_name, input) => {
    expect(read(input)).toEqual(refused("at most 1000 digits"));
  });

  test.each<[name: string, input: unknown]>([
    ["1,000 digits", "1".repeat(1_000)],
    ["10^1000", "1e1000"],
    ["10^-1000", "1e-1000"],
    ["a bigint of 1,000 digits", BigInt("1".repeat(1_000))],
    ["a Decimal of 1,000 digits", new Decimal("1".repeat(1_000))],
    ["a Decimal of 10^-1000", new Decimal("1e-1000")],
  ])("reads %s: within the bounds", (_name, input) => {
    expect(read(input)).toBe(new Decimal(String(input)).toFixed());
  });
});

const partsOf = ({ s, e, d }: Decimal): unknown => ({ s, e, d });
const NEAR = [
  ...[2n ** 26n, 2n ** 53n - 1n, 2n ** 53n, 10n ** 7n, 10n ** 14n, 10n ** 15n, 9n * 10n ** 15n],
].flatMap((around) => [-1n, 0n, 1n].map((more) => around + more));
const COEFFICIENT = fc
  .oneof(fc.constantFrom(...NEAR), fc.bigInt(0n, 10n ** 20n), fc.nat().map(BigInt))
  .chain((size) => fc.constantFrom(size, -size));
const EXPONENT = fc.integer({ min: -40, max: 40 });

describe("decimalOf", () => {
  test("keeps every digit", () => {
    expect(decimalOf({ coefficient: 10n ** 600n + 1n, exponent: -300 }).toString()).toBe(
      `1${"0".repeat(300)}.${"0".repeat(299)}1`,
    );
    expect(decimalOf(0.1).toString()).toBe("0.1");
    expect(decimalOf(-0).toString()).toBe("0");
    expect(decimalOf({ coefficient: 0n, exponent: -7 }).isNegative()).toBe(false);
  });

  test("gives the very Decimal that its constructor makes of the text", () => {
    fc.assert(
      fc.property(COEFFICIENT, EXPONENT, (coefficient, exponent) => {
        const made = decimalOf({ coefficient, exponent });
        expect(made.constructor).toBe(Decimal);
        expect(partsOf(made)).toEqual(partsOf(new Decimal(`${coefficient}e${exponent}`)));
      }),
      { numRuns: 5_000 },
    );
  });

  test("so it does of a product", () => {
    const factor = fc.record({ coefficient: COEFFICIENT, exponent: EXPONENT });
    const both = fc.oneof(
      fc.tuple(factor, factor),
      // Beyond all doubles, by nothing.
      fc.constant([
        { coefficient: 10n ** 400n, exponent: -300 },
        { coefficient: 0n, exponent: 3 },
      ]),
    );
    fc.assert(
      fc.property(both, ([a, b]) => {
        const made = decimalOfProduct(a, b);
        expect(made.constructor).toBe(Decimal);
        expect(partsOf(made)).toEqual(
          partsOf(new Decimal(`${a.coefficient * b.coefficient}e${a.exponent + b.exponent}`)),
        );
      }),
      { numRuns: 5_000 },
    );
  });

  test("gives a Decimal", () => {
    expect(decimalOf(1)).toBeInstanceOf(Decimal);
  });
});

test("stringifyJson writes a Decimal as a literal, never in scientific notation", () => {
  expect(stringifyJson({ a: new Decimal("1e-30"), b: [new Decimal("1e30")] })).toBe(
    `{"a":0.${"0".repeat(29)}1,"b":[1${"0".repeat(30)}]}`,
  );
});

describe("readDecimal", () => {
  test.each(["0", "-0", "-0.00e5", 0, -0, 0n])("gives zero no sign: %s", (input) => {
    const zero = readDecimal(input);
    expect(zero).toEqual(new Decimal(0));
    expect("problem" in zero || zero.isNegative()).toBe(false);
  });

  test.each(["1.50", ".5", "5.", "+7", "-1e-30", 0.1, 1e21, 5e-324, 12n, new Decimal("1e400")])(
    "means the number that readExact means: %s",
    (input) => {
      expect(String(readDecimal(input))).toBe(read(input));
    },
  );

  test.each(["", "1e1001", "one", Number.NaN, Number.NEGATIVE_INFINITY, true, null, undefined, {}])(
    "refuses what readExact refuses, in the same words: %s",
    (input) => {
      expect(readDecimal(input)).toEqual(readExact(input));
      expect(readDecimal(input)).toHaveProperty("problem");
    },
  );
});

describe("readDecimal", () => {
  test.each([
    "1e1000",
    "1e1001",
    "1e-1000",
    "1e-1001",
    "9.99e1000",
    "0.1e1001",
    "1e9000000000000001",
    "-1e99999999999999999999",
    "1e-99999999999999999999",
    "0e99999999999999999999",
    "-0.0",
    "+1.",
    ".5",
    "-.255",
    ".",
    "1e",
    "0x10",
    "1_000",
    "Infinity",
    "1".repeat(1_000),
    "1".repeat(1_001),
    `${"1".repeat(1_000)}000.000`,
  ])("takes and refuses what readExact does: %s", (text) => {
    const decimal = readDecimal(text);
    expect("problem" in decimal ? decimal : decimal.toString()).toEqual(read(text));
  });
});
