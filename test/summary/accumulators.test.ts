import { describe, expect, test } from "vitest";
import {
  type AccumulatedValue,
  type Accumulators,
  createAccumulators,
} from "../../src/engine/accumulators.ts";
import { StringInterner } from "../../src/engine/interners.ts";
import type { Aggregation } from "../../src/models.ts";
import { type Exact, exactText, parseExact } from "../../src/values/scaled-integer.ts";
import { Random } from "../ndjson/random.ts";

const AGGREGATIONS: readonly Aggregation[] = [
  ...(["COUNT", "SUM", "AVG", "MIN", "MAX", "LATEST", "UNIQUE_COUNT"] as const),
];
interface Added {
  readonly value: AccumulatedValue;
  readonly time: number;
}

const texts = new StringInterner();
for (let at = 0; at < 10; at++) texts.numberOf(`text ${at}`);
const LONG = parseExact("1234567890.12345678901234567890") as Exact;

function randomEvents(random: Random, aggregation: Aggregation): Added[] {
  // No two at one time: which of equal ones is removed could not be told.
  return Array.from({ length: 1 + random.below(8) }, (_, at): Added => {
    const time = (random.below(100) - 50) * 100 + at;
    if (aggregation === "UNIQUE_COUNT") {
      return { value: random.chance(0.1) ? undefined : random.below(4), time };
    }
    return { value: random.pick([random.below(6), -0.25, 1e15, LONG, 0.1]), time };
  });
}

function accumulatorsOf(aggregation: Aggregation, parts: readonly (readonly Added[])[]) {
  const accumulators = createAccumulators(aggregation, texts, true);
  for (const part of parts) {
    const at = accumulators.create();
    for (const { value, time } of part) accumulators.add(at, value, time);
  }
  return accumulators;
}
const quantityOf = (accumulators: Accumulators, at: number): string | undefined => {
  const quantity = accumulators.quantity(at);
  return quantity && exactText(quantity);
};

describe.each(AGGREGATIONS)("accumulators of %s", (aggregation) => {
  test("without one event are those of the others, and merged those of all", () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = new Random(seed);
      const events = randomEvents(random, aggregation);
      const more = randomEvents(random, aggregation);
      const accumulators = accumulatorsOf(aggregation, [events, more]);
      for (const [index, { value, time }] of events.entries()) {
        const others = accumulatorsOf(aggregation, [events.filter((_, at) => at !== index)]);
        const without = accumulators.without(0, value, time);
        expect([seed, index, without && exactText(without)]).toEqual([
          seed,
          index,
          quantityOf(others, 0),
        ]);
      }
      const parts = accumulatorsOf(aggregation, [more]);
      accumulators.merge(0, parts, 0);
      const all = accumulatorsOf(aggregation, [[...events, ...more]]);
      expect([seed, quantityOf(accumulators, 0)]).toEqual([seed, quantityOf(all, 0)]);
      expect(accumulators.state(0)).toEqual(all.state(0));
    }
  });

  test("go on from their state", () => {
    const random = new Random(7);
    const [events, more] = [randomEvents(random, aggregation), randomEvents(random, aggregation)];
    const part = accumulatorsOf(aggregation, [more]);
    const accumulators = accumulatorsOf(aggregation, [events]);
    accumulators.mergeState(0, JSON.parse(JSON.stringify(part.state(0))));
    const all = accumulatorsOf(aggregation, [[...events, ...more]]);
    expect(quantityOf(accumulators, 0)).toBe(quantityOf(all, 0));
  });

  test("are empty at first", () => {
    const accumulators = accumulatorsOf(aggregation, [[]]);
    const zero = ["COUNT", "SUM", "UNIQUE_COUNT"].includes(aggregation) ? "0" : undefined;
    expect(quantityOf(accumulators, 0)).toBe(zero);
  });
});
