import {
  type AccumulatedValue,
  type Accumulators,
  createAccumulators,
} from "../engine/accumulators.ts";
import { type AccumulatorColumn, NONE, type ValueColumns } from "../engine/exact-sums.ts";
import type { StringInterner } from "../engine/interners.ts";
import { lengthened } from "../engine/interners.ts";
import type { Aggregation } from "../models.ts";
import { type Exact, exactOf, subtract } from "../values/scaled-integer.ts";

const PLACES = 19;

/** What is left of a value when the digits of its fraction behind the 19th are cut, toward zero. */
export function truncated(value: Exact): Exact {
  const excess = -PLACES - value.exponent;
  if (excess <= 0) return value;
  return { coefficient: value.coefficient / 10n ** BigInt(excess), exponent: -PLACES };
}

/** By how much cutting changes a value; undefined where it does not. */
export function truncationOf(value: number | Exact): Exact | undefined {
  // From a thousandth on a double has at most 19 digits behind the point.
  if (typeof value === "number" && (Math.abs(value) >= 1e-3 || value === 0)) return undefined;
  const exact = exactOf(value);
  const cut = truncated(exact);
  return cut === exact ? undefined : subtract(cut, exact);
}

/** A number near it, for bounds of errors. */
export function approximately({ coefficient, exponent }: Exact): number {
  return Number(`${coefficient}e${exponent}`);
}

/** By how much doubles may miss an amount. */
export interface DoubleBounds {
  /** The quantity; 0 where doubles are exact. */
  readonly quantity: number;
  /** The sum of the costs of the events, for each unit of the unit cost. */
  readonly cost: number;
}

/** Half the distance from 1 to the next double, and a little more. */
const UNIT = (Number.EPSILON / 2) * 1.01;
/** How many times the bound of a sum doubles may miss what is looked for, also where all of it is counted twice. */
export const OF_TWICE = 4;
export const NO_LOSS: DoubleBounds = { quantity: 0, cost: 0 };

/** The engine's accumulators, and by how much doubles may miss the quantity of each. */
export class BoundedAccumulators {
  readonly #aggregation: Aggregation;
  readonly #accumulators: Accumulators;
  /** Whether quantities are made of sums, which doubles may miss by more than one rounding. */
  readonly #isSummed: boolean;
  #size = 0;
  // Of sums: how many values there are, what they add up to without their signs, and whether one has a fraction.
  #counts = new Float64Array(0);
  #magnitudes = new Float64Array(0);
  #fractions = new Int32Array(0);

  /** `texts` are those of UNIQUE_COUNT; `isRemovable` ones have `without`. */
  constructor(aggregation: Aggregation, texts: StringInterner | undefined, isRemovable = false) {
    this.#aggregation = aggregation;
    this.#accumulators = createAccumulators(aggregation, texts, isRemovable);
    this.#isSummed = aggregation === "SUM" || aggregation === "AVG";
  }

  create(): number {
    this.reserve(this.#size + 1);
    return this.#size - 1;
  }

  /** Creates accumulators until there are so many. */
  reserve(size: number): void {
    while (this.#size < size) {
      this.#accumulators.create();
      this.#size++;
    }
    if (!this.#isSummed || size <= this.#counts.length) return;
    const capacity = Math.max(8, 2 * this.#counts.length, size);
    this.#counts = lengthened(this.#counts, capacity);
    this.#magnitudes = lengthened(this.#magnitudes, capacity);
    this.#fractions = lengthened(this.#fractions, capacity);
  }

  /** Adds every event of a batch to one accumulator. */
  addBatch(batch: ValueColumns, column: AccumulatorColumn): void {
    this.#accumulators.addBatch(batch, [column]);
    if (!this.#isSummed) return;
    const { size, values, exacts } = batch;
    const { numbers, only } = column;
    const counts = this.#counts;
    const magnitudes = this.#magnitudes;
    for (let row = 0; row < size; row++) {
      const at = only === NONE ? (numbers[row] as number) : only;
      const value = values[row] as number;
      const near = Number.isNaN(value) ? approximately(exacts[row] as Exact) : value;
      counts[at] = (counts[at] as number) + 1;
      magnitudes[at] = (magnitudes[at] as number) + (near < 0 ? -near : near);
      if (near !== Math.floor(near) || near !== value) this.#fractions[at] = 1;
    }
  }

  /** Adds one event; `time` is what LATEST goes by. */
  add(at: number, value: AccumulatedValue, time: number): void {
    this.#accumulators.add(at, value, time);
    if (!this.#isSummed || value === undefined) return;
    const near = typeof value === "number" ? value : approximately(value);
    this.#note(at, 1, Math.abs(near), near !== Math.floor(near) || near !== value ? 1 : 0);
  }

  merge(at: number, other: BoundedAccumulators, otherAt: number): void {
    this.#accumulators.merge(at, other.#accumulators, otherAt);
    if (!this.#isSummed) return;
    this.#note(
      at,
      other.#counts[otherAt] as number,
      other.#magnitudes[otherAt] as number,
      other.#fractions[otherAt] as number,
    );
  }

  quantity(at: number): Exact | undefined {
    return this.#accumulators.quantity(at);
  }

  without(at: number, value: AccumulatedValue, time: number): Exact | undefined {
    return this.#accumulators.without(at, value, time);
  }

  bounds(at: number): DoubleBounds {
    if (this.#isSummed) {
      const count = this.#counts[at] as number;
      const magnitude = this.#magnitudes[at] as number;
      const isExact = this.#fractions[at] === 0 && magnitude <= Number.MAX_SAFE_INTEGER;
      const loss = (count + 3) * UNIT * magnitude;
      if (this.#aggregation === "SUM") return { quantity: isExact ? 0 : loss, cost: loss };
      const quantity = (isExact ? UNIT * magnitude : loss) / Math.max(count, 1);
      return { quantity, cost: loss / Math.max(count, 1) };
    }
    const quantity = this.quantity(at);
    if (quantity === undefined) return NO_LOSS;
    const near = Math.abs(approximately(quantity));
    return { quantity: 0, cost: (this.#aggregation === "COUNT" ? near + 3 : 3) * UNIT * near };
  }

  #note(at: number, count: number, magnitude: number, fraction: number): void {
    this.#counts[at] = (this.#counts[at] as number) + count;
    this.#magnitudes[at] = (this.#magnitudes[at] as number) + magnitude;
    this.#fractions[at] = (this.#fractions[at] as number) | fraction;
  }
}
