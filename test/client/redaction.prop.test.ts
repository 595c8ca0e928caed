import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Redaction } from "../../src/http/redaction.ts";
import { runs } from "../runs.ts";

/** A key as HTTP allows it. Its beginning is none of `[redacted]`, which would give rise to keys of its own. */
const key = fc
  .array(fc.integer({ min: 0x21, max: 0x7e }), { minLength: 5, maxLength: 40 })
  .map((codes) => `sk_${String.fromCharCode(...codes)}`);
const hexOf = (character: string): string => character.charCodeAt(0).toString(16).padStart(2, "0");
/** One character of a text in one of the ways in which servers write it. */
const SPELLINGS: readonly ((character: string) => string)[] = [
  (character) => character,
  (character) => JSON.stringify(character).slice(1, -1),
  (character) => JSON.stringify(JSON.stringify(character).slice(1, -1)).slice(1, -1),
  (character) => (character === "/" ? "\\/" : character),
  (character) => `\\u00${hexOf(character)}`,
  (character) => `\\u00${hexOf(character).toUpperCase()}`,
  (character) => `\\\\u00${hexOf(character)}`,
  (character) => encodeURIComponent(character),
  (character) => `%${hexOf(character)}`,
  (character) => `%${hexOf(character).toUpperCase()}`,
  (character) => encodeURIComponent(`%${hexOf(character)}`),
  (character) => `&#x${hexOf(character)};`,
  (character) => `&#${character.charCodeAt(0)};`,
];
/** A key and a text that has it, each of its characters spelled in a way of its own. */
const embedded = fc
  .record({
    key,
    ways: fc.array(fc.nat(SPELLINGS.length - 1), { minLength: 43, maxLength: 43 }),
    before: fc.string({ unit: "binary", maxLength: 30 }),
    after: fc.string({ unit: "binary", maxLength: 30 }),
  })
  .map(({ key, ways, before, after }) => {
    const spelled = [...key].map((character, at) => SPELLINGS[ways[at] ?? 0]?.(character)).join("");
    return { key, spelled, text: before + spelled + after, before, after };
  });

test("no text keeps a key that it has, however each of its characters is spelled", () => {
  fc.assert(
    fc.property(embedded, ({ key, spelled, text }) => {
      const redacted = new Redaction([key]).text(text);
      return (
        !redacted.includes(key) && !redacted.includes(spelled) && redacted.includes("[redacted]")
      );
    }),
    { numRuns: runs(500) },
  );
});

test("what is around a key stays as it is", () => {
  fc.assert(
    fc.property(key, fc.string(), fc.string(), (key, before, after) => {
      fc.pre(!before.endsWith("\\") && !`${before}${after}`.includes("sk_"));
      return new Redaction([key]).text(before + key + after) === `${before}[redacted]${after}`;
    }),
  );
});

test("a text that has no key stays as it is", () => {
  fc.assert(
    fc.property(key, fc.string({ unit: "binary" }), (key, text) => {
      fc.pre(!/s|73|115/.test(text));
      return new Redaction([key]).text(text) === text && new Redaction([]).text(key) === key;
    }),
  );
});

test("of several keys none is kept, not where one begins like another either", () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), fc.string(), (keys, rest) => {
      const all = [...keys, ...keys.map((each) => `${each}_longer`)];
      const redaction = new Redaction(all);
      const redacted = redaction.text(all.join(` ${rest} `));
      return all.every((each) => !redacted.includes(each) && redaction.text(each) === "[redacted]");
    }),
  );
});

test("no JSON keeps a key, in names of members or in texts, and the rest of it stays", () => {
  fc.assert(
    fc.property(key, fc.jsonValue({ maxDepth: 4 }), (key, value) => {
      const redaction = new Redaction([key]);
      const tree = { [key]: [key, value], value, nested: [{ text: `a ${key}` }] };
      const redacted = redaction.tree(tree) as typeof tree;
      const untouched = new Redaction([]).tree(redacted.value);
      return (
        !JSON.stringify(redacted).includes(JSON.stringify(key).slice(1, -1)) &&
        Object.hasOwn(redacted, "[redacted]") &&
        JSON.stringify(untouched) === JSON.stringify(redacted.value)
      );
    }),
  );
});

test("no error keeps a key, in whatever of its properties and causes it is", () => {
  fc.assert(
    fc.property(embedded, fc.nat(8), ({ key, text, spelled }, depth) => {
      let error = new Error(text);
      for (let level = 0; level < depth; level++) {
        error = Object.assign(new Error(`${level} ${text}`, { cause: error }), {
          name: text,
          code: text,
          stack: text,
          headers: { authorization: key },
          errors: [error, text],
        });
      }
      const shown = inspect(new Redaction([key]).cause(error), { depth: 20, showHidden: true });
      return !shown.includes(key) && !shown.includes(spelled);
    }),
    { numRuns: runs(50) },
  );
});

test("no text keeps a key of 8 characters or more in base64, in either alphabet, behind whatever text", () => {
  fc.assert(
    fc.property(
      key,
      fc.string(),
      fc.string(),
      fc.constantFrom("base64", "base64url"),
      (key, before, after, encoding) => {
        fc.pre(key.length >= 8);
        const bytes = Buffer.from(before + key + after);
        const text = new Redaction([key]).text(`Basic ${bytes.toString(encoding)} x`);
        return (
          text.includes("[redacted]") && !Buffer.from(text.slice(6, -2), encoding).includes(key)
        );
      },
    ),
  );
});

test("a key of less than 8 characters is found as a word of its own, and not inside other words", () => {
  const redaction = new Redaction(["test", "k.1"]);
  expect(redaction.text('the latest test, testing: "test" (test) test_1 Bearer test')).toBe(
    'the latest [redacted], testing: "[redacted]" ([redacted]) test_1 Bearer [redacted]',
  );
  expect(redaction.text("k.1 xk.1 k.12")).toBe("[redacted] xk.1 k.12");
});
