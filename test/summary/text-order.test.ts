import { afterEach, describe, expect, test, vi } from "vitest";
import { Groups } from "../../src/engine/breakdown.ts";
import { StringInterner } from "../../src/engine/interners.ts";
import { keysOf, orderOf, ranksOf } from "../../src/engine/text-order.ts";

/** Texts in ascending order, by code unit. */
const ascending = (texts: readonly string[]): string[] =>
  [...texts].sort((a, b) => (a < b ? -1 : 1));
const isAscending = (keys: Float64Array): boolean =>
  keys.every((key, at) => at === 0 || key >= (keys[at - 1] as number));
/** They differ in their last characters, mostly. */
const HEX = Array.from({ length: 300 }, (_, at) => (at * 7).toString(16).padStart(7, "0"));
HEX.push("fffffff");

describe("keys", () => {
  test.each<[string, readonly string[]]>([
    ["seven characters of ASCII", HEX],
    ["behind a beginning in common", HEX.map((text) => `customer-of-ours-${text}`)],
    ["of which one ends where another has a character", ["b", "b0", "b00", "bb", "", "b\u0000"]],
    ["with more behind them", HEX.map((text) => `${text}, and so on \u{1f600}`)],
    ["up to the last of ASCII", ["\u007f", "\u007f\u007f", "\u007f\u0001", "a", "", "ab"]],
    [
      "three of any",
      ["\u0080", "\u0080\u0080", "\uffff\uffff\uffff", "é", "\ud800a", "a\ud800\udfff"],
    ],
    ["the first that is not ASCII", ["\u0080", "\u0000\u0080"]],
    ["thirteen of sixteen", ["cdef000000000", "0123456789ab1", "0123456789ab0"]],
    ["none and one", ["", "a"]],
  ])("tell texts apart by %s", (_, given) => {
    const texts = ascending(given);
    // Whichever of them is the first.
    for (let first = 0; first < Math.min(10, texts.length); first++) {
      const keys = keysOf([...texts.slice(first), ...texts.slice(0, first)]);
      const behind = texts.length - first;
      expect(new Set(keys).size).toBe(texts.length);
      expect(isAscending(Float64Array.of(...keys.slice(behind), ...keys.slice(0, behind)))).toBe(
        true,
      );
    }
  });

  test("are equal where texts differ only behind", () => {
    const [a, b, c] = keysOf([`${"01".repeat(8)}1`, `${"01".repeat(8)}2`, "1"]);
    expect(a).toBe(b);
    expect(b).toBeLessThan(c as number);
    // The more characters there are, the fewer of a text tell it apart.
    const all = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
    const keys = keysOf([...all, "abcdef1", "abcdefg1", "abcdefg2"]);
    expect(keys.at(-1)).toBe(keys.at(-2));
    expect(new Set(keys).size).toBe(130);
    expect(new Set(keysOf(["éab1", "éab2", "aab"])).size).toBe(2);
    expect(keysOf([])).toEqual(new Float64Array());
  });

  test("are whole", () => {
    for (const key of keysOf(["\uffff\uffff\uffff", ""]))
      expect(Number.isSafeInteger(key)).toBe(true);
    const all = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).join("");
    for (const key of keysOf(["\u007f".repeat(9), all.slice(-16), ""]))
      expect(Number.isSafeInteger(key)).toBe(true);
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});
/** Who sorts by digits counts them, each time from 0. */
const spyOnDigits = () => vi.spyOn(Object.getPrototypeOf(Int32Array.prototype), "fill");

describe("the order of keys", () => {
  const calls: number[][] = [];
  const compare = (a: number, b: number): number => {
    calls.push([a, b]);
    return b - a;
  };

  test.each([
    ["close to each other", 10],
    ["far from each other", 1e12],
    ["all even", 200],
  ])("is asked of nobody where they are distinct and %s", (_, factor) => {
    calls.length = 0;
    const order = [3, 0, 9, 1, 7].map((key) => (key * factor) / 10);
    expect([...orderOf(Float64Array.from(order), factor, compare)]).toEqual([1, 3, 0, 4, 2]);
    expect(calls).toEqual([]);
  });

  test("is that of whole numbers beyond 2^52, too", () => {
    calls.length = 0;
    const keys = Float64Array.of(2 ** 53 + 2, 2 ** 52 + 1, 2 ** 52, 2 ** 52 - 1);
    expect([...orderOf(keys, Number.POSITIVE_INFINITY, compare)]).toEqual([3, 2, 1, 0]);
    expect([...orderOf(keys.slice(1, 3), Number.POSITIVE_INFINITY, compare)]).toEqual([1, 0]);
    expect(calls).toEqual([]);
  });

  test("needs no sorting where there are hardly fewer keys than there could be", () => {
    const keys = Float64Array.of(3, 0, 9, 1, 7);
    const digits = spyOnDigits();
    expect([...orderOf(keys, 20, compare)]).toEqual([1, 3, 0, 4, 2]);
    expect(digits).not.toHaveBeenCalled();
    expect([...orderOf(keys, 21, compare)]).toEqual([1, 3, 0, 4, 2]);
    expect(digits).toHaveBeenCalledTimes(1);
  });

  test("is asked of `compare` for those that are equal, and for no others", () => {
    calls.length = 0;
    const keys = Float64Array.of(5e15, 1, 5e15, 0, 5e15);
    expect([...orderOf(keys, 1e16, compare)]).toEqual([3, 1, 4, 2, 0]);
    expect(calls.flat().every((index) => keys[index] === 5e15)).toBe(true);
  });
});

test("combinations whose keys are rounded are told apart by their texts", () => {
  const dimensions = Array.from({ length: 6 }, () => new StringInterner());
  const groups = new Groups(dimensions);
  const texts = Array.from({ length: 1_500 }, (_, at) => `t${at}`);
  for (const dimension of dimensions) for (const text of texts) dimension.numberOf(text);
  const lasts = texts.slice(0, 300).reverse();
  const all = lasts.map((last) => groups.numberOf([...texts.slice(1_000, 1_005), last]));
  const sorted = Array.from(groups.sorted(all), (group) => groups.textsOf(group)[5]);
  expect(sorted).toEqual(ascending(lasts));
});

test("few texts are sorted as they are, many by their first characters", () => {
  const texts = Array.from({ length: 128 }, (_, at) => `t${at}`);
  const look = vi.spyOn(String.prototype, "charCodeAt");
  ranksOf(texts.slice(1));
  const ofFew = look.mock.calls.length;
  ranksOf(texts);
  const ofMany = look.mock.calls.length;
  look.mockRestore();
  expect(ofFew).toBe(0);
  expect(ofMany).toBeGreaterThan(128);
});

test("the texts of a dimension are listed once", () => {
  const dimension = new StringInterner();
  dimension.numberOf("a");
  const { texts } = dimension;
  expect(dimension.texts).toBe(texts);
  dimension.numberOf("b");
  expect(dimension.texts).toEqual(["a", "b"]);
});

test("what are no texts of a combination is refused", () => {
  const groups = new Groups([new StringInterner(), new StringInterner()]);
  for (const wrong of [["a"], ["a", 5], "ab", undefined]) {
    expect(() => groups.numberOf(wrong as string[])).toThrow(
      "expected a group in a summarizer's state",
    );
  }
});

test.each([1, 127, 128, 129, 1_000])("%i texts have their ranks", (count) => {
  const texts = Array.from({ length: count }, (_, at) => `text ${(at * 7_919) % count}`);
  const ranks = ranksOf(texts);
  const ordered = ascending(texts);
  expect(Array.from(ranks, (rank) => ordered[rank])).toEqual(texts);
});
