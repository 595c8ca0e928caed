import fc from "fast-check";
import { expect, test } from "vitest";
import { Groups } from "../../src/engine/breakdown.ts";
import { StringInterner } from "../../src/engine/interners.ts";
import { orderOf, ranksOf } from "../../src/engine/text-order.ts";
import { runs } from "../runs.ts";

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const characters = fc.constantFrom(
  ..."ab01",
  "\u0000",
  "\u007f",
  "\u0080",
  "é",
  "漢",
  "\ud800",
  "\udfff",
  "😀",
);
const endings = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."ab01"), maxLength: 12 }),
  fc.string({ unit: characters, maxLength: 10 }),
);
/** Few and many, with the same beginning and with none. */
const lists = fc
  .tuple(
    fc.constantFrom("", "a", "customer-of-ours-", "漢\u0000"),
    fc.uniqueArray(endings, { maxLength: 400, size: "max" }),
  )
  .map(([beginning, texts]) => texts.map((ending) => beginning + ending));

test("the rank of a text is the number of those before it, by UTF-16 code unit", () => {
  fc.assert(
    fc.property(lists, (texts) => {
      const ordered = [...texts].sort(byCodeUnits);
      expect(Array.from(ranksOf(texts), (rank) => ordered[rank])).toEqual(texts);
    }),
    { numRuns: runs(300) },
  );
});

test("keys of any size are in ascending order, and the rest is up to `compare`", () => {
  const key = fc.oneof(
    fc.nat(),
    fc.maxSafeNat(),
    fc.double({ min: 0, max: 1e300, noNaN: true }).map(Math.floor),
    fc.constantFrom(0, 2047, 2048, 2 ** 22, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 5e15),
  );
  fc.assert(
    fc.property(fc.array(key, { maxLength: 400, size: "max" }), (numbers) => {
      const keys = Float64Array.from(numbers, (number) => number + 0);
      const backwards = (a: number, b: number): number => b - a;
      const expected = [...keys.keys()].sort(
        (a, b) => (keys[a] as number) - (keys[b] as number) || backwards(a, b),
      );
      expect([...orderOf(keys, Number.POSITIVE_INFINITY, backwards)]).toEqual(expected);
    }),
    { numRuns: runs(300) },
  );
});

test.each([1, 2, 3, 6])(
  "combinations of the texts of %i dimensions are sorted by all of them",
  (count) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 1_500 }),
        fc.infiniteStream(fc.nat()),
        (variety, numbers) => {
          const draw = (bound: number): number => numbers.next().value % bound;
          const dimensions = Array.from({ length: count }, () => new StringInterner());
          const groups = new Groups(dimensions);
          // All texts are there, though not all combinations: keys get beyond 2^53.
          for (const dimension of dimensions) {
            for (let text = 0; text < variety; text++) dimension.numberOf(`t${text}`);
          }
          const combinations = Array.from({ length: 300 }, (_, at) =>
            dimensions.map((_, position) =>
              // Close to each other: the last texts alone differ, mostly.
              position < count - 2 && at % 3 > 0 ? "t1" : `t${draw(variety)}`,
            ),
          );
          const all = [...new Set(combinations.map((texts) => groups.numberOf(texts)))];
          const expected = all
            .map((group) => groups.textsOf(group))
            .sort((a, b) => {
              const at = a.findIndex((text, position) => text !== b[position]);
              return byCodeUnits(a[at] ?? "", b[at] ?? "");
            });
          expect(Array.from(groups.sorted(all), (group) => groups.textsOf(group))).toEqual(
            expected,
          );
        },
      ),
      { numRuns: runs(40) },
    );
  },
);
