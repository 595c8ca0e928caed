import { describe, expect, test } from "vitest";
import { Deduplicator } from "../../src/engine/deduplicator.ts";
import { EventBatch } from "../../src/engine/event-batch.ts";
import { StringInterner } from "../../src/engine/interners.ts";
import { Random } from "../ndjson/random.ts";

const CHARACTERS = [..."abc019 -_/", "é", "߿", "€", "漢", "\ud7ff", "\uffff", "😀", "\u{10ffff}"];
const LONE_SURROGATE = /[\ud800-\udfff]/u;
const LONE = ["\ud800", "\udbff", "\udc00", "\udfff"];

function textOf(random: Random, characters: readonly string[], longest: number): string {
  return Array.from({ length: random.below(longest) }, () => random.pick(characters)).join("");
}

describe("a table of texts", () => {
  test("numbers texts as a Map does, by their characters or by their bytes", () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = new Random(seed);
      const table = new StringInterner();
      const model = new Map<string, number>();
      const characters = seed % 2 === 0 ? CHARACTERS : [...CHARACTERS, ...LONE];
      for (let count = 0; count < 1_000; count++) {
        const text = textOf(random, characters, random.pick([2, 4, 9, 70]));
        const number = model.get(text) ?? model.size;
        model.set(text, number);
        const bytes = new TextEncoder().encode(`..${text}..`);
        if (!LONE_SURROGATE.test(text) && random.chance(0.5)) {
          expect(table.numberOfBytes(bytes, 2, bytes.length - 2)).toBe(number);
        } else if (table.numberOf(text) !== number) {
          expect(table.numberOf(text)).toBe(number);
        }
      }
      expect(table.size).toBe(model.size);
      expect(table.texts).toEqual([...model.keys()]);
    }
  });

  test("keeps a great many texts, through every growth", () => {
    const table = new StringInterner();
    const texts = Array.from({ length: 300_000 }, (_, at) => `k${at * 7}${at % 3 ? "" : "é"}`);
    expect(texts.every((text, at) => table.numberOf(text) === at)).toBe(true);
    expect(texts.every((text, at) => table.numberOf(text) === at)).toBe(true);
    expect(table.texts.every((text, at) => text === texts[at])).toBe(true);
  });

  test("keeps texts that are longer than its pieces of memory, met once or again", () => {
    const table = new StringInterner();
    const long = "x".repeat(5 << 20);
    const model = new Map<string, number>();
    const check = (text: string): void => {
      const number = model.get(text) ?? model.size;
      model.set(text, number);
      if (table.numberOf(text) !== number) throw new Error(`${text.slice(0, 20)} is another text`);
    };
    check("short");
    check(long);
    check(long); // room is made for it, and not used
    // More than the usual memory of a piece behind it.
    for (let at = 0; at < 70; at++) check(`${at}${"y".repeat(70_000)}`);
    for (const text of model.keys()) check(text);
    check(`${long}z`);
    check(long);
    expect(table.size).toBe(model.size);
  });
});

describe("keys seen", () => {
  test("are told apart by namespace, source and key as a Set of all three does", () => {
    for (let seed = 0; seed < 10; seed++) {
      const random = new Random(seed);
      const seen = new Deduplicator();
      const model = new Set<string>();
      const parts = [null, "", "a", "b", "a-b", "b-c", "c", "null", "é", "\ud800"];
      for (let count = 0; count < 1_000; count++) {
        const [namespace, source] = [random.pick(parts), random.pick(parts)];
        const key = textOf(random, [...CHARACTERS, ...LONE], 3);
        const bytes = new TextEncoder().encode(key);
        if (!LONE_SURROGATE.test(key) && random.chance(0.5)) {
          const batch = new EventBatch([]);
          batch.reserve(1);
          batch.namespaces[0] = namespace;
          batch.sources[0] = source;
          const [starts, ends] = [Int32Array.of(0), Int32Array.of(bytes.length)];
          batch.keyBytes = { bytes, starts, ends };
          expect(seen.stageOf(batch, 0)).toBe(true);
        } else {
          seen.stage(namespace, source, key);
        }
        const all = JSON.stringify([namespace, source, key]);
        expect(seen.isSeen()).toBe(model.has(all));
        if (!model.has(all) && random.chance(0.8)) {
          seen.keep();
          model.add(all);
        }
      }
      const state = seen
        .state()
        .flatMap(([namespace, source, keys]) =>
          keys.map((key) => JSON.stringify([namespace, source, key])),
        );
      expect(new Set(state)).toEqual(model);
      expect(state.length).toBe(model.size);
    }
  });
});

test("texts at the bounds of the lengths of UTF-8 are the same by their characters and by their bytes", () => {
  const table = new StringInterner();
  const texts = ["\u007f", "\u0080", "\u07ff", "\u0800", "\u0fff", "\u1000", "\uffff", "\u{10000}"];
  for (const [number, text] of texts.entries()) {
    const bytes = new TextEncoder().encode(text);
    expect(table.numberOf(text)).toBe(number);
    expect(table.numberOfBytes(bytes, 0, bytes.length)).toBe(number);
  }
  expect(table.texts).toEqual(texts);
});

test.each([1_022, 1_023, 1_024, 1_025, 3_000])(
  "a text of %i characters comes back whole",
  (length) => {
    const table = new StringInterner();
    const texts = ["a", "\u00e9", "\uffff", "\ud800"].map((end) => "a".repeat(length - 1) + end);
    texts.push("\u{1f600}".repeat(length), `a${"\u{1f600}".repeat(length)}`);
    for (const text of texts) table.numberOf(text);
    expect(table.texts).toEqual(texts);
  },
);
