import { expect, test } from "vitest";
import { CountedRows } from "../../src/engine/breakdown.ts";
import { CAPACITY } from "../../src/engine/event-batch.ts";
import { ExactSums, NONE } from "../../src/engine/exact-sums.ts";
import { type Exact, exactOfNumber } from "../../src/values/scaled-integer.ts";
import { Random } from "../ndjson/random.ts";
import { runs } from "../runs.ts";

/** Every sum as a whole number of this power of ten. */
const FINEST = 340;
const unitsOf = ({ coefficient, exponent }: Exact): bigint =>
  coefficient * 10n ** BigInt(exponent + FINEST);

const decimal = (random: Random, whole: number, places: number): number =>
  Number(`${random.below(10 ** whole)}.${random.digits(places)}`);
const KINDS: readonly ((random: Random) => number | Exact)[] = [
  (random) => random.below(1_000),
  (random) => -random.below(2 ** 31),
  (random) => random.below(1_000) / 100,
  (random) => decimal(random, 4, 6),
  (random) => decimal(random, 1, random.below(15)),
  (random) => Number(`${random.below(1_000)}e-${random.below(25)}`),
  (random) => Number(`${random.below(1_000)}e${random.below(25)}`),
  (random) => 1e15 - random.below(3) + 1,
  (random) => (random.chance(0.5) ? 1 : -1) * (8e14 + random.below(1e14)),
  (random) => Number.MAX_SAFE_INTEGER - random.below(5),
  (random) => random.next(),
  (random) => -random.next() * 1e-7,
  (random) => random.pick([0, -0, 5e-324, 1.7976931348623157e308, 0.1, 1e22, 1e23, 1e-22, 1e-23]),
  (random) => ({ coefficient: BigInt(random.digits(20)), exponent: -random.below(30) }),
];

test("sums of many cells are those of BigInt, whatever the numbers", () => {
  let values = 0;
  for (let seed = 0; values < runs(3_000_000); seed++) {
    const random = new Random(seed);
    const cells = random.pick([1, 3, 40, 2_000]);
    const sums = new ExactSums();
    for (let cell = 0; cell < cells; cell++) sums.create();
    const model = [new Array<bigint>(cells).fill(0n), new Array<bigint>(cells).fill(0n)] as const;
    const batch = new CountedRows(0);
    batch.reserve(CAPACITY);
    const columns = [0, 1].map(() => ({ numbers: new Int32Array(CAPACITY), only: NONE }));
    let kinds = KINDS;
    for (let count = 0; count < 60; count++) {
      // Mostly of one kind for a while, so that the scale settles, and then of others.
      if (random.chance(0.2)) kinds = random.chance(0.5) ? [random.pick(KINDS)] : KINDS;
      for (const column of columns) {
        column.only = random.chance(0.5) ? random.below(cells) : NONE;
        column.numbers.fill(column.only);
      }
      for (batch.size = 0; batch.size < CAPACITY; batch.size++) {
        const odd = random.chance(0.01) ? KINDS : kinds;
        const value = random.pick(odd)(random);
        batch.values[batch.size] = typeof value === "number" ? value : Number.NaN;
        batch.exacts[batch.size] = typeof value === "number" ? undefined : value;
        const units = unitsOf(typeof value === "number" ? exactOfNumber(value) : value);
        for (const [index, column] of columns.entries()) {
          const cell = column.only === NONE ? random.below(cells) : column.only;
          column.numbers[batch.size] = cell;
          const sum = model[index] as bigint[];
          sum[cell] = (sum[cell] as bigint) + units;
        }
      }
      sums.addBatch(batch, columns);
      values += 2 * batch.size;
    }
    for (let cell = 0; cell < cells; cell++) {
      const expected = (model[0][cell] as bigint) + (model[1][cell] as bigint);
      if (unitsOf(sums.total(cell)) !== expected) {
        expect([seed, cell, unitsOf(sums.total(cell))]).toEqual([seed, cell, expected]);
      }
    }
  }
  expect(values).toBeGreaterThanOrEqual(runs(3_000_000));
}, 300_000);
