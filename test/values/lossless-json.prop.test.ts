import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  LosslessNumber,
  parseJson,
  stringifyJson,
  withOrdinaryNumbers,
} from "../../src/values/lossless-json.ts";
import { compare, parseExact } from "../../src/values/scaled-integer.ts";
import { runs } from "../runs.ts";

const spaces = fc.constantFrom("", "", "", " ", "\n", "\t\r ");
const digits = (least: number, most: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: least, maxLength: most });
/** A JSON number literal, as often long as not. */
const literals = fc
  .record({
    sign: fc.constantFrom("", "-"),
    whole: fc.oneof(digits(1, 4), digits(14, 18), digits(1, 30)),
    fraction: fc.oneof(fc.constant(""), digits(1, 3), digits(12, 18)),
    power: fc.oneof(
      { weight: 3, arbitrary: fc.constant("") },
      fc
        .tuple(fc.constantFrom("e", "E"), fc.constantFrom("", "+", "-"), digits(1, 4))
        .map((parts) => parts.join("")),
    ),
  })
  .map(({ sign, whole, fraction, power }) => {
    const digits = whole.replace(/^0+(?=\d)/, "");
    return `${sign}${digits}${fraction === "" ? "" : `.${fraction}`}${power}`;
  });
const traps = fc.constantFrom(
  "12345678901234567890",
  ",12345678901234567890,",
  '":12345678901234567890}',
  "[1e400]",
  "\u0000",
  "\u000012345678901234567890",
  "\u0000\u0000",
  "\\",
  "\\\\",
  '\\"',
  '"',
  "\\u0000",
  "__proto__",
  "constructor",
  "\ud800",
);
const strings = fc
  .oneof(
    traps,
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.array(traps).map((t) => t.join("")),
  )
  .map((value) => JSON.stringify(value));

interface Source {
  readonly text: string;
  /** The number literals of it, in their order. */
  readonly literals: readonly string[];
}

const join = (parts: readonly Source[], between: string): Source => ({
  text: parts.map(({ text }) => text).join(between),
  literals: parts.flatMap((part) => part.literals),
});

const { tree } = fc.letrec<{ tree: Source; list: Source; object: Source; leaf: Source }>((tie) => ({
  tree: fc
    .tuple(
      spaces,
      fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        { weight: 3, arbitrary: tie("leaf") },
        { weight: 2, arbitrary: tie("list") },
        { weight: 2, arbitrary: tie("object") },
      ),
      spaces,
    )
    .map(([before, { text, literals }, after]) => ({ text: before + text + after, literals })),
  leaf: fc.oneof(
    { weight: 4, arbitrary: literals.map((text) => ({ text, literals: [text] })) },
    { weight: 2, arbitrary: strings.map((text) => ({ text, literals: [] })) },
    fc.constantFrom("null", "true", "false").map((text) => ({ text, literals: [] })),
  ),
  list: fc.array(tie("tree"), { maxLength: 5 }).map((items) => {
    const { text, literals } = join(items, ",");
    return { text: `[${text}]`, literals };
  }),
  object: fc
    .array(fc.tuple(spaces, strings, spaces, tie("tree")), { maxLength: 5 })
    .map((members) => {
      const unique = members.filter(
        ([, name], index) => members.findIndex(([, other]) => other === name) === index,
      );
      const { text, literals } = join(
        unique.map(([before, name, after, value]) => ({
          text: `${before}${name}${after}:${value.text}`,
          literals: value.literals,
        })),
        ",",
      );
      return { text: `{${text}}`, literals };
    }),
}));

type Outcome = { readonly value: unknown } | { readonly error: unknown };
function outcomeOf(run: () => unknown): Outcome {
  try {
    return { value: run() };
  } catch (error) {
    return { error };
  }
}

/** The texts of a tree's numbers, by the order of their names: as many as there are. */
function numbersOf(value: unknown): (number | LosslessNumber)[] {
  if (typeof value === "number" || value instanceof LosslessNumber) return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(numbersOf);
}

/** Whether a number of the source came through with its value: as a literal with all digits, or as a fit double. */
function isKept(literal: string, number: number | LosslessNumber): boolean {
  if (number instanceof LosslessNumber) return number.text === literal;
  if (!Number.isFinite(number)) return false;
  const [exact, double] = [parseExact(literal), parseExact(String(number))];
  return typeof exact === "object" && typeof double === "object" && compare(exact, double) === 0;
}

/** The exact number of a literal or a double; the text itself where it is out of bounds. */
function exactOf(number: number | LosslessNumber): unknown {
  const text = number instanceof LosslessNumber ? number.text : String(number);
  const exact = parseExact(text);
  return exact === "out-of-bounds" ? text : exact;
}

/** For JSON.parse: every number, and what JSON.stringify writes for Infinity, as 0. */
const noNumbers = (_name: string, value: unknown): unknown =>
  typeof value === "number" || value === null ? 0 : value;

/** An array holds its numbers in the order of the source; names of digits would come first in an object. */
const inSourceOrder = (source: Source): boolean => !/"\d+"\s*:/.test(source.text);

describe("parseJson", () => {
  test("gives what JSON.parse gives once long numbers are made ordinary", () => {
    fc.assert(
      fc.property(tree, ({ text }) => {
        deepStrictEqual(withOrdinaryNumbers(parseJson(text)), JSON.parse(text));
      }),
      { numRuns: runs(2_000) },
    );
  });

  test("loses no digit of any number", () => {
    let long = 0;
    let ordinary = 0;
    fc.assert(
      fc.property(tree.filter(inSourceOrder), ({ text, literals }) => {
        const numbers = numbersOf(parseJson(text));
        expect(numbers).toHaveLength(literals.length);
        for (const [index, number] of numbers.entries()) {
          const literal = literals[index] ?? "";
          expect(isKept(literal, number), `${literal} in ${text}`).toBe(true);
          if (number instanceof LosslessNumber) long++;
          else ordinary++;
        }
      }),
      { numRuns: runs(2_000) },
    );
    expect(long).toBeGreaterThan(runs(250));
    expect(ordinary).toBeGreaterThan(runs(250));
  });

  test("throws exactly where JSON.parse throws, the same SyntaxError", () => {
    const edits = fc.record({
      kind: fc.constantFrom("insert", "remove", "replace", "repeat", "swap", "cut", "move"),
      place: fc.nat(),
      length: fc.integer({ min: 1, max: 3 }),
      piece: fc.constantFrom(
        ...'0123456789-+.eE,:[]{}"\\ \n\t\u00a0\u0000/n',
        "00",
        "12345678901234567890",
        '"12345678901234567890"',
        ",12345678901234567890",
        "12345678901234567890:",
        " 12345678901234567890 ",
        "1e400",
        "\\u0000",
        "null",
        "[1e400]",
      ),
    });
    let valid = 0;
    let malformed = 0;
    fc.assert(
      fc.property(tree, fc.array(edits, { minLength: 1, maxLength: 2 }), (source, changes) => {
        let { text } = source;
        for (const { kind, place, length, piece } of changes) {
          const at = place % (text.length + 1);
          const [before, some, after] = [
            text.slice(0, at),
            text.slice(at, at + length),
            text.slice(at + length),
          ];
          if (kind === "insert") text = before + piece + some + after;
          else if (kind === "remove") text = before + after;
          else if (kind === "replace") text = before + piece + after;
          else if (kind === "repeat") text = before + some + some + after;
          else if (kind === "swap") text = before + after.slice(0, 1) + some + after.slice(1);
          else if (kind === "move") text = after + before + some;
          else text = before;
        }
        const expected = outcomeOf(() => JSON.parse(text));
        const actual = outcomeOf(() => withOrdinaryNumbers(parseJson(text)));
        if ("error" in expected) malformed++;
        else valid++;
        deepStrictEqual(actual, expected);
      }),
      { numRuns: runs(6_000) },
    );
    expect(valid).toBeGreaterThan(runs(250));
    expect(malformed).toBeGreaterThan(runs(1_000));
  });

  test("throws exactly where JSON.parse throws, for texts of nothing but syntax", () => {
    const pieces = fc.constantFrom(
      ...'[]{},:"- 0\\',
      '"a"',
      '"a":',
      "12345678901234567890",
      " 12345678901234567890",
      "1e400",
      '"\\u0000"',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const text = parts.join("");
        deepStrictEqual(
          outcomeOf(() => withOrdinaryNumbers(parseJson(text))),
          outcomeOf(() => JSON.parse(text)),
        );
      }),
      { numRuns: runs(6_000) },
    );
  });
});

describe("stringifyJson", () => {
  test("writes a parsed text so that no digit of it is lost", () => {
    fc.assert(
      fc.property(tree.filter(inSourceOrder), ({ text, literals }) => {
        const numbers = numbersOf(parseJson(stringifyJson(parseJson(text))));
        expect(numbers).toHaveLength(literals.length);
        for (const [index, number] of numbers.entries()) {
          expect(exactOf(number)).toEqual(exactOf(new LosslessNumber(literals[index] ?? "")));
        }
      }),
      { numRuns: runs(1_000) },
    );
  });

  test("writes every text and name as it was", () => {
    fc.assert(
      fc.property(tree, ({ text }) => {
        const zeros = (value: unknown) => JSON.parse(JSON.stringify(value), noNumbers);
        deepStrictEqual(zeros(parseJson(stringifyJson(parseJson(text)))), zeros(JSON.parse(text)));
      }),
      { numRuns: runs(1_000) },
    );
  });

  test("writes plain JSON as JSON.stringify does", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(stringifyJson(value)).toBe(JSON.stringify(value));
      }),
      { numRuns: runs(1_000) },
    );
  });

  test("is read back as it was, long numbers among texts and names of any kind", () => {
    const long = fc.constantFrom("9007199254740993", "0.12345678901234567", "-1e400");
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        long.map((text) => new LosslessNumber(text)),
        fc.string({ unit: "binary" }),
        fc.string().map((text) => `\u0000${text}`),
        fc.constantFrom(null, true, 1.5),
        fc.array(tie("tree")),
        fc.dictionary(fc.string({ unit: "binary" }), tie("tree")),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(parseJson(stringifyJson(value))).toEqual(value);
      }),
    );
  });
});
