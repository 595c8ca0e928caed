import { describe, expect, test } from "vitest";
import { Decimal } from "../../src/values/decimal.ts";
import {
  LosslessNumber,
  parseJson,
  stringifyJson,
  withOrdinaryNumbers,
} from "../../src/values/lossless-json.ts";
import { NotJsonError } from "../../src/values/unserializable-value.ts";

/** What was thrown when the text was parsed. */
function errorOf(parse: (text: string) => unknown, text: string): unknown {
  try {
    parse(text);
  } catch (error) {
    return error;
  }
  throw new Error(`${text} was parsed`);
}

describe("parseJson", () => {
  test.each([
    "1234567890123456",
    "-1234567890123456",
    "9007199254740993",
    "0.1000000000000001",
    "1.000000000000000000000",
    "-0.0000000000000000",
    "123456789012345678901234567890.123456789012345678901234567890e-12",
    "1e400",
    "1E400",
    "-1e400",
    "1e-400",
    "1e+100",
    "1.5e-300",
    "1e001",
  ])("keeps every digit of %s, wherever it stands", (literal) => {
    const long = new LosslessNumber(literal);
    expect(parseJson(literal)).toEqual(long);
    expect(parseJson(` \t\r\n${literal} \t\r\n`)).toEqual(long);
    expect(parseJson(`[${literal}]`)).toEqual([long]);
    expect(parseJson(`[ ${literal} ,${literal}\n,${literal}]`)).toEqual([long, long, long]);
    expect(parseJson(`[${literal},"a",${literal},"b"]`)).toEqual([long, "a", long, "b"]);
    expect(parseJson(`{"a":${literal}}`)).toEqual({ a: long });
    expect(parseJson(`{"a" : ${literal} , "b":{"c":[${literal}]}}`)).toEqual({
      a: long,
      b: { c: [long] },
    });
  });

  test("keeps every digit beside a text of ten million escapes", () => {
    const text = `["${"\\n".repeat(10_000_000)}",0.12345678901234567890]`;
    expect((parseJson(text) as unknown[])[1]).toEqual(new LosslessNumber("0.12345678901234567890"));
  });

  test.each([
    "0",
    "-0",
    "1",
    "123456789012345",
    "0.12345678901234",
    "123456789012345e5",
    "-1.23456789012345E-99",
    "1e99",
    "-1.5E-99",
    "1e22",
  ])("leaves %s an ordinary number", (literal) => {
    expect(parseJson(literal)).toBe(Number(literal));
    // Beside a long one too.
    expect(parseJson(`[${literal},12345678901234567890]`)).toEqual([
      Number(literal),
      new LosslessNumber("12345678901234567890"),
    ]);
  });

  test.each([
    '"12345678901234567890"',
    '"[12345678901234567890]"',
    '",12345678901234567890,"',
    '":12345678901234567890}"',
    '"\\"12345678901234567890"',
    '"\\\\\\",12345678901234567890,"',
    '"\\\\"',
    '"\\\\\\\\"',
    '"a\\u0022,12345678901234567890,"',
    '"\\u0000"',
    '"\\u000012345678901234567890"',
    '"\\u0000\\u000012345678901234567890"',
    '"\\\\u000012345678901234567890"',
    '""',
    '"1e400"',
  ])("leaves the string %s untouched", (string) => {
    expect(parseJson(string)).toBe(JSON.parse(string));
    const text = `{${string}:[${string},12345678901234567890,${string}],"z":${string}}`;
    const value: unknown = JSON.parse(string);
    expect(parseJson(text)).toEqual({
      [value as string]: [value, new LosslessNumber("12345678901234567890"), value],
      z: value,
    });
  });

  test("keeps names that look like long numbers", () => {
    const text = '{"12345678901234567890":12345678901234567891,"1e400" : 1e400}';
    expect(parseJson(text)).toEqual({
      "12345678901234567890": new LosslessNumber("12345678901234567891"),
      "1e400": new LosslessNumber("1e400"),
    });
  });

  test("makes __proto__ a member like any other", () => {
    const parsed = parseJson('{"__proto__":12345678901234567890,"a":{"__proto__":{"b":1e400}}}');
    expect(Object.keys(parsed as object)).toEqual(["__proto__", "a"]);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect(Object.entries(parsed as object)[0]?.[1]).toEqual(
      new LosslessNumber("12345678901234567890"),
    );
    const ordinary = withOrdinaryNumbers(parsed);
    expect(JSON.stringify(ordinary)).toBe(
      '{"__proto__":12345678901234567000,"a":{"__proto__":{"b":null}}}',
    );
    expect(Object.getPrototypeOf(ordinary)).toBe(Object.prototype);
  });

  test("makes members that can be set and removed, as JSON.parse does", () => {
    const text = '{"a":12345678901234567890,"b":1}';
    for (const parsed of [parseJson(text), withOrdinaryNumbers(parseJson(text))]) {
      const { a, b } = Object.getOwnPropertyDescriptors(parsed as { a: unknown; b: unknown });
      expect({ ...a, value: 1 }).toEqual(b);
      expect(b).toEqual({ value: 1, configurable: true, enumerable: true, writable: true });
    }
  });

  test("the last of equal names wins, as in JSON.parse", () => {
    expect(parseJson('{"a":12345678901234567890,"a":1}')).toEqual({ a: 1 });
    expect(parseJson('{"a":1,"a":12345678901234567890}')).toEqual({
      a: new LosslessNumber("12345678901234567890"),
    });
  });

  const long = "12345678901234567890";
  const malformed = [
    "",
    " ",
    `${long},`,
    `,${long}`,
    `-${long}-`,
    `--${long}`,
    `+${long}`,
    `0${long}`,
    `-0${long}`,
    `00.${long}`,
    `.${long}`,
    `${long}.`,
    `${long}.e1`,
    `${long}e`,
    `${long}e+`,
    `1.${long}.${long}`,
    `${long} ${long}`,
    `${long}n`,
    `0x${long}`,
    `1_${long}`,
    `[${long}`,
    `[${long},]`,
    `[,${long}]`,
    `[${long} ${long}]`,
    `[${long}:${long}]`,
    `[${long}}`,
    `{${long}}`,
    `{${long}:1}`,
    `{ ${long} : 1 }`,
    `{"a":1,${long}:1}`,
    `{"a":1, ${long} :1}`,
    `{"a":1,${long}}`,
    `{"a":1, ${long} }`,
    `{"a":${long},}`,
    `{"a",${long}}`,
    `{"a" ${long}}`,
    `{"a":${long} "b":1}`,
    `{"a":${long}"b":1}`,
    `[${long}"a"]`,
    `["a"${long}]`,
    `["a" ${long}]`,
    `[${long} "a"]`,
    `"${long}`,
    `[${long},"a`,
    `["a\\",${long}]`,
    `[${long},'a']`,
    `[${long},"\n"]`,
    `[${long},"\\x"]`,
    `[${long},NaN]`,
    `[${long},undefined]`,
    `[\u00a0${long}]`,
    `[${long}\u00a0]`,
    `\ufeff[${long}]`,
    `[${long}]/`,
    `[${long}]//`,
    `/**/${long}`,
    "[1e400",
    "1e400}",
    "01e400",
  ];

  test.each(malformed)("throws the SyntaxError of JSON.parse for %j", (text) => {
    const error = errorOf(parseJson, text);
    expect(error).toBeInstanceOf(SyntaxError);
    // The same message: it quotes the text as it came.
    expect((error as Error).message).toBe((errorOf(JSON.parse, text) as Error).message);
  });

  test("goes 100,000 levels deep", () => {
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ]) {
      const text = `${open?.repeat(100_000)}12345678901234567890${close?.repeat(100_000)}`;
      let node: unknown = parseJson(text);
      let levels = 0;
      while (typeof node === "object" && node !== null && !(node instanceof LosslessNumber)) {
        node = Object.values(node)[0];
        levels++;
      }
      expect(levels).toBe(100_000);
      expect(node).toEqual(new LosslessNumber("12345678901234567890"));
    }
  });

  test("a long run of \\u0000 beside many long numbers takes no more room than they do", () => {
    const nulls = "\\u0000".repeat(100_000);
    const numbers = Array.from({ length: 2_000 }, (_, index) => `1234567890123456${index + 1_000}`);
    const parsed = parseJson(`["${nulls}",${numbers.join(",")}]`) as unknown[];
    expect(parsed).toHaveLength(2_001);
    expect(parsed[0]).toBe("\u0000".repeat(100_000));
    expect(parsed.slice(1)).toEqual(numbers.map((number) => new LosslessNumber(number)));
  });
});

describe("withOrdinaryNumbers", () => {
  test("gives what JSON.parse gives", () => {
    const text = '{"a":[12345678901234567890,{"b":1e400}],"c":"12345678901234567890","d":null}';
    expect(withOrdinaryNumbers(parseJson(text))).toEqual(JSON.parse(text));
    expect(withOrdinaryNumbers(parseJson("18446744073709551616"))).toBe(2 ** 64);
    expect(withOrdinaryNumbers(parseJson("-0.0000000000000000"))).toBe(-0);
  });
});

describe("a long number", () => {
  test("says what it is, and no plain object", () => {
    expect(Object.prototype.toString.call(new LosslessNumber("1e400"))).toBe(
      "[object LosslessNumber]",
    );
  });

  test("is an ordinary one to JSON.stringify", () => {
    expect(JSON.stringify({ a: new LosslessNumber("12345678901234567890") })).toBe(
      '{"a":12345678901234567000}',
    );
  });
});

describe("stringifyJson", () => {
  test("writes Decimals and long numbers as literals with all their digits", () => {
    const tree = {
      unitCost: new Decimal("0.000000000000000000000000000001"),
      list: [new Decimal("1e30"), new LosslessNumber("9007199254740993"), new Decimal(-0.5)],
    };
    expect(stringifyJson(tree)).toBe(
      '{"unitCost":0.000000000000000000000000000001,"list":[1000000000000000000000000000000,9007199254740993,-0.5]}',
    );
    expect(stringifyJson(new Decimal("1.50"))).toBe("1.5");
    expect(stringifyJson(new LosslessNumber("1.50e400"))).toBe("1.50e400");
  });

  test("writes everything else as JSON.stringify does", () => {
    const tree = {
      text: 'a "quoted" \\ \u0000 \ud800 text',
      number: -1.5e-7,
      negativeZero: -0,
      nothing: null,
      left: undefined,
      no: false,
      notANumber: Number.NaN,
      infinite: Number.POSITIVE_INFINITY,
      list: [1, undefined, null, [], {}],
      date: new Date(0),
      'a "name"': 1,
      ["__proto__"]: { a: 1 },
    };
    expect(stringifyJson(tree)).toBe(JSON.stringify(tree));
    expect(stringifyJson(undefined)).toBe("null");
  });

  test("leaves a Decimal the text that JSON.stringify makes of it where only long numbers are asked for", () => {
    const tree = { data: [new Decimal("0.10"), new LosslessNumber("0.10"), "\u0000"] };
    expect(stringifyJson(tree, [LosslessNumber])).toBe('{"data":["0.1",0.10,"\\u0000"]}');
  });

  test.each<[name: string, value: unknown, words: string]>([
    ["a bigint", 5n, "JSON cannot carry a bigint: pass it as text"],
    ["a function", () => 1, "JSON cannot carry a function"],
    ["a symbol", Symbol("a"), "JSON cannot carry a symbol"],
    ["toJSON that gives a bigint", { toJSON: () => 1n }, "JSON cannot carry a bigint"],
  ])("refuses %s, wherever it is", (_name, value, words) => {
    for (const tree of [value, [value], { a: { b: [value] } }]) {
      expect(() => stringifyJson(tree)).toThrow(NotJsonError);
      expect(() => stringifyJson(tree)).toThrow(words);
    }
  });

  test("throws as JSON.stringify does for a cycle", () => {
    const cycle: unknown[] = [];
    cycle.push({ cycle });
    expect(() => stringifyJson(cycle)).toThrow(TypeError);
  });
});

test("a long number is found wherever it stands, behind ids with as many digits too", () => {
  const number = "2".repeat(16);
  for (let before = 0; before < 64; before++) {
    for (let between = 1; between < 20; between++) {
      const id = `${"a".repeat(before)}_${"1".repeat(17)}`;
      const text = `[${JSON.stringify(id)}${" ".repeat(between)},${number}]`;
      expect(parseJson(text)).toEqual([id, new LosslessNumber(number)]);
    }
  }
});
