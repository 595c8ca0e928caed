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

function exactOf(text: string): Exact {
  const exact = parseExact(text);
  if (typeof exact === "string") throw new Error(`${text} is ${exact}`);
  return exact;
}

describe("parseExact", () => {
  test.each([
    ["0", "0"],
    ["-0", "0"],
    ["+0.00", "0"],
    ["0e999999999999999999999", "0"],
    ["1", "1"],
    ["+1", "1"],
    ["-1", "-1"],
    ["1.", "1"],
    [".5", "0.5"],
    ["-.5e1", "-5"],
    ["007.700", "7.7"],
    ["1e3", "1000"],
    ["1E+3", "1000"],
    ["1e-3", "0.001"],
    ["1e000000000000000000000003", "1000"],
    ["100e-2", "1"],
    ["123456789012345678901234567890.1", "123456789012345678901234567890.1"],
    ["1e1000", `1${"0".repeat(1_000)}`],
    ["1e-1000", `0.${"0".repeat(999)}1`],
    [`${"0".repeat(3_000)}1.${"0".repeat(3_000)}`, "1"],
  ])("reads %s", (text, plain) => {
    expect(exactText(exactOf(text))).toBe(plain);
  });

  test.each([
    "",
    " ",
    "1 ",
    " 1",
    "1\n",
    "-",
    "+",
    ".",
    "-.",
    "e1",
    ".e1",
    "1e",
    "1e+",
    "1e1.5",
    "1.2.3",
    "--1",
    "1,5",
    "1_000",
    "0x1",
    "0b1",
    "1n",
    "NaN",
    "Infinity",
    "１",
    "−1",
  ])("takes %j for malformed", (text) => {
    expect(parseExact(text)).toBe("malformed");
  });

  test.each([
    ["1,001 digits", "1".repeat(1_001)],
    ["1,001 digits around a point", `${"1".repeat(500)}.${"1".repeat(501)}`],
    ["10^1001", "1e1001"],
    ["10^1001 in full", `1${"0".repeat(1_001)}`],
    ["10^-1001", "-1e-1001"],
    ["an exponent that is no safe integer", "1e99999999999999999999"],
    ["an exponent that is no finite number", `1e-${"9".repeat(400)}`],
  ])("finds %s out of bounds", (_name, text) => {
    expect(parseExact(text)).toBe("out-of-bounds");
  });
});

describe("exactOfNumber", () => {
  test.each([
    [0.1, "0.1"],
    [-0, "0"],
    [1e21, "1000000000000000000000"],
    [2 ** 53, "9007199254740992"],
    [2 ** 53 + 2, "9007199254740994"],
    [-1.5e-7, "-0.00000015"],
  ])("takes %s for its shortest decimal text", (value, text) => {
    expect(exactText(exactOfNumber(value))).toBe(text);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "throws for %s",
    (value) => {
      expect(() => exactOfNumber(value)).toThrow(RangeError);
    },
  );
});

describe("exactText", () => {
  test.each([
    [{ coefficient: 0n, exponent: 5 }, "0"],
    [{ coefficient: 0n, exponent: -5 }, "0"],
    [{ coefficient: 1200n, exponent: -2 }, "12"],
    [{ coefficient: 1200n, exponent: -3 }, "1.2"],
    [{ coefficient: -5n, exponent: -1 }, "-0.5"],
    [{ coefficient: 5n, exponent: -3 }, "0.005"],
    [{ coefficient: 100n, exponent: 2 }, "10000"],
    [{ coefficient: 1n, exponent: 30 }, `1${"0".repeat(30)}`],
  ])("lays out %o as %s", (exact, text) => {
    expect(exactText(exact)).toBe(text);
  });
});

describe("numberText", () => {
  test.each([
    ["1.0", "1"],
    ["1E5", "100000"],
    ["1e20", "100000000000000000000"],
    ["1e21", "1e+21"],
    ["12e20", "1.2e+21"],
    ["123456789012345678901", "123456789012345678901"],
    ["1234567890123456789012", "1.234567890123456789012e+21"],
    ["123456789012345678901.5", "123456789012345678901.5"],
    ["1234567890123456789012.5", "1.2345678901234567890125e+21"],
    ["0.000001", "0.000001"],
    ["0.0000001", "1e-7"],
    ["12e-8", "1.2e-7"],
    ["-1.50e2", "-150"],
    ["-0", "0"],
    ["0.000e5", "0"],
    ["9007199254740993", "9007199254740993"],
    ["1e9007199254740992", "1e+9007199254740992"],
    ["1e9007199254740993", "1e+9007199254740993"],
    ["12.50e-9007199254740995", "1.25e-9007199254740994"],
    ["-120e+0099999999999999999999", "-1.2e+100000000000000000001"],
  ])("writes %s as %s", (literal, text) => {
    expect(numberText(literal)).toBe(text);
  });

  test("keeps an exponent of hundreds of digits", () => {
    expect(numberText(`1e${"9".repeat(400)}`)).toBe(`1e+${"9".repeat(400)}`);
    expect(numberText(`10e-1${"0".repeat(400)}`)).toBe(`1e-${"9".repeat(400)}`);
  });
});

describe("arithmetic", () => {
  test("add, multiply and compare across far exponents", () => {
    expect(exactText(add(exactOf("1e300"), exactOf("-1e-300")))).toBe(
      `${"9".repeat(300)}.${"9".repeat(300)}`,
    );
    expect(exactText(multiply(exactOf("-1.5e300"), exactOf("2e-301")))).toBe("-0.3");
    expect(compare(exactOf("1e1000"), exactOf("1e-1000"))).toBe(1);
    expect(compare(exactOf("-1e1000"), exactOf("1e-1000"))).toBe(-1);
    expect(compare(exactOf("1.50"), exactOf("15e-1"))).toBe(0);
  });

  test.each([
    ["1", "3", 5, "0.33333"],
    ["2", "3", 5, "0.66667"],
    ["-2", "3", 5, "-0.66667"],
    ["2", "-3", 5, "-0.66667"],
    ["-2", "-3", 5, "0.66667"],
    ["0", "-3", 5, "0"],
    ["1", "8", 5, "0.125"],
    ["12.5", "1", 2, "12"],
    ["13.5", "1", 2, "14"],
    ["-12.5", "1", 2, "-12"],
    ["12.500001", "1", 2, "13"],
    ["99.5", "1", 2, "100"],
    ["98.5", "1", 2, "98"],
    ["9.95", "1", 2, "10"],
    ["1e300", "7", 3, `143${"0".repeat(297)}`],
    ["1", "1e300", 3, `0.${"0".repeat(299)}1`],
    ["123456", "1", 3, "123000"],
    ["123500", "1", 3, "124000"],
    ["122500", "1", 3, "122000"],
  ])("divides %s by %s to %s digits: %s", (dividend, divisor, digits, quotient) => {
    expect(exactText(divide(exactOf(dividend), exactOf(divisor), digits))).toBe(quotient);
  });
});

describe("an exact sum", () => {
  const sumOf = (...values: (number | Exact)[]): string => {
    const sum = new OneSum();
    for (const value of values) sum.add(value);
    return exactText(sum.total());
  };

  test("of nothing is 0", () => {
    expect(sumOf()).toBe("0");
    expect(sumOf(-0)).toBe("0");
  });

  test("goes on over the bounds of its fast way", () => {
    expect(sumOf(8e15, 1e15, 1)).toBe("9000000000000001");
    expect(sumOf(...Array.from({ length: 20 }, () => 1e15))).toBe("20000000000000000");
    expect(sumOf(...Array.from({ length: 25 }, () => 999_999_999_999_999))).toBe(
      "24999999999999975",
    );
    expect(sumOf(999_999_999_999_999, 0.1, -999_999_999_999_999)).toBe("0.1");
    expect(sumOf(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 0.001)).toBe(
      "18014398509481982.001",
    );
    expect(sumOf(2 ** 53, 1, 1)).toBe("9007199254740994");
  });

  test("keeps a scale that only grows exact", () => {
    expect(sumOf(1, 0.1, 0.01, 0.001, 1e-22, 1e-23, 5e-324, -5e-324)).toBe(
      "1.11100000000000000000011",
    );
  });

  test("cancels out to 0", () => {
    expect(sumOf(0.1, 0.2, -0.3)).toBe("0");
    expect(sumOf(1e308, 1e-300, -1e308, -1e-300)).toBe("0");
  });

  test("goes on after its total was read", () => {
    const sum = new OneSum();
    sum.add(0.1);
    expect(exactText(sum.total())).toBe("0.1");
    expect(exactText(sum.total())).toBe("0.1");
    sum.add(exactOf("0.00000000000000000000000000000000001"));
    sum.add(0.2);
    expect(exactText(sum.total())).toBe("0.30000000000000000000000000000000001");
  });
});
