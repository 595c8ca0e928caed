import { DAY, dayName, EVENT_TYPE, FROM, groupName, type Question, TO, TOTAL } from "./question.ts";
import type { Usage } from "./usage.ts";

/** The right quantity and cost of every row, as plain decimal text. */
export type Reference = ReadonlyMap<string, readonly [quantity: string, cost: string]>;

/** Values are counted in millionths, the unit cost (0.0000025) in ten-millionths. */
const VALUE_PLACES = 6;
const UNIT_COST = 25n;
const UNIT_COST_PLACES = 7;

interface Scaled {
  readonly integer: bigint;
  readonly places: number;
}

class Tally {
  count = 0n;
  sum = 0n;
  min: bigint | undefined;
  max: bigint | undefined;
  latest = 0n;
  latestTime = Number.NEGATIVE_INFINITY;
  readonly values = new Set<bigint>();

  add(value: bigint, time: number, isUniqueCount: boolean): void {
    this.count += 1n;
    this.sum += value;
    if (this.min === undefined || value < this.min) this.min = value;
    if (this.max === undefined || value > this.max) this.max = value;
    if (time >= this.latestTime) {
      this.latest = value;
      this.latestTime = time;
    }
    if (isUniqueCount) this.values.add(value);
  }

  quantity(aggregation: Question["aggregation"]): Scaled {
    switch (aggregation) {
      case "COUNT":
        return { integer: this.count, places: 0 };
      case "UNIQUE_COUNT":
        return { integer: BigInt(this.values.size), places: 0 };
      case "SUM":
        return { integer: this.sum, places: VALUE_PLACES };
      case "MIN":
        return { integer: this.min ?? 0n, places: VALUE_PLACES };
      case "MAX":
        return { integer: this.max ?? 0n, places: VALUE_PLACES };
      case "LATEST":
        return { integer: this.latest, places: VALUE_PLACES };
      case "AVG":
        return mean(this.sum, this.count);
    }
  }
}

/** To 34 significant digits, half even. All values of the bench are at least 0. */
function mean(sum: bigint, count: bigint): Scaled {
  let places = 0;
  while (sum !== 0n && (sum * 10n ** BigInt(places)) / count < 10n ** 33n) places++;
  const scaled = sum * 10n ** BigInt(places);
  const floor = scaled / count;
  const twice = 2n * (scaled % count);
  const isUp = twice > count || (twice === count && floor % 2n === 1n);
  return { integer: isUp ? floor + 1n : floor, places: VALUE_PLACES + places };
}

function text({ integer, places }: Scaled): string {
  const digits = integer.toString().padStart(places + 1, "0");
  const point = digits.length - places;
  const fraction = digits.slice(point).replace(/0+$/, "");
  return digits.slice(0, point) + (fraction === "" ? "" : `.${fraction}`);
}

/** The answer by the plainest road: every value an integer, every sum a BigInt, nothing of the library. */
export function referenceOf(events: Iterable<Usage>, question: Question): Reference {
  const { aggregation, groupBy, deduplicate } = question;
  const tallies = new Map<string, Tally>();
  const seen = new Set<string>();
  for (const event of events) {
    if (deduplicate) {
      const key = JSON.stringify([event.namespace, event.source, event.key]);
      if (seen.has(key)) continue;
      seen.add(key);
    }
    if (event.type !== EVENT_TYPE || event.time < FROM || event.time >= TO) continue;
    const value = BigInt(event.coefficient) * 10n ** BigInt(VALUE_PLACES - event.places);
    const group = groupName(groupBy.map((dimension) => event[dimension]));
    for (const row of [TOTAL, group, dayName(Math.floor(event.time / DAY))]) {
      const tally = tallies.get(row) ?? new Tally();
      tallies.set(row, tally);
      tally.add(value, event.time, aggregation === "UNIQUE_COUNT");
    }
  }
  return new Map(
    Array.from(tallies, ([row, tally]) => {
      const { integer, places } = tally.quantity(aggregation);
      const cost = { integer: integer * UNIT_COST, places: places + UNIT_COST_PLACES };
      return [row, [text({ integer, places }), text(cost)]];
    }),
  );
}
