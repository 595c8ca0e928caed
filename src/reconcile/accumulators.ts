import type { Aggregation } from "../models.ts";
import {
  add,
  compare,
  divide,
  type Exact,
  exactOfNumber,
  MEAN_DIGITS,
  ZERO,
} from "../values/scaled-integer.ts";
import type { EventColumns } from "./event-columns.ts";
import { MISSING, type Rules, USABLE } from "./rules.ts";

// Up to these bounds every step below is exact in a double: a decimal of at most 15 digits is the only one of that
// length that rounds to its double, and integers below 2^53 (about 9e15) add without loss.
const MAX_TERM = 1e15;
const MAX_SUM = 8e15;
const POWERS_OF_TEN = /* @__PURE__ */ Array.from({ length: 23 }, (_, power) =>
  Number(`1e${power}`),
);

/**
 * The exact sum of any numbers, at nearly the speed of a float sum: JS numbers are added as integers at a common
 * power of ten while that is safe, and in BigInt beyond.
 */
export class ExactSum {
  #scale = 0;
  #scaled = 0;
  #spilled: Exact = ZERO;

  add(value: number | Exact): void {
    if (typeof value !== "number") {
      this.#spilled = add(this.#spilled, value);
      return;
    }
    for (let scale = this.#scale; ; scale++) {
      const power = POWERS_OF_TEN[scale];
      if (power === undefined) break;
      const term = Math.round(value * power);
      if (!(Math.abs(term) <= MAX_TERM)) break;
      if (term / power !== value) continue;
      const sum = this.#scaled + term;
      if (scale !== this.#scale || !(Math.abs(sum) <= MAX_SUM)) {
        this.#spill();
        this.#scale = scale;
        this.#scaled = term;
      } else {
        this.#scaled = sum;
      }
      return;
    }
    this.#spilled = add(this.#spilled, exactOfNumber(value));
  }

  total(): Exact {
    this.#spill();
    return this.#spilled;
  }

  #spill(): void {
    if (this.#scaled === 0) return;
    this.#spilled = add(this.#spilled, {
      coefficient: BigInt(this.#scaled),
      exponent: 0 - this.#scale,
    });
    this.#scaled = 0;
  }
}

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
  const exact = typeof value === "number" ? exactOfNumber(value) : value;
  const cut = truncated(exact);
  if (cut === exact) return undefined;
  return add(cut, { coefficient: -exact.coefficient, exponent: exact.exponent });
}

/**
 * A quantity in the making, as a summary's cell is, but under any rules: it keeps what all of them need, so that events
 * are looked at once. Those of one kind can be merged.
 */
export interface Accumulator {
  /** Takes in the event of a row. */
  add(row: number): void;
  merge(other: this): void;
  /** Undefined where there would be no row. */
  quantity(rules: Rules): Exact | undefined;
  doubleBounds(): DoubleBounds;
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
export const NO_LOSS: DoubleBounds = { quantity: 0, cost: 0 };
const ofOneProduct = (quantity: Exact | undefined): DoubleBounds =>
  quantity === undefined
    ? NO_LOSS
    : { quantity: 0, cost: 3 * UNIT * Math.abs(approximately(quantity)) };

export const ofCount = (count: number): Exact => ({ coefficient: BigInt(count), exponent: 0 });

const isUsable = (columns: EventColumns, row: number): boolean =>
  ((columns.mask[row] as number) & USABLE) !== 0;

class CountAccumulator implements Accumulator {
  #count = 0;

  add(): void {
    this.#count++;
  }
  merge(other: CountAccumulator): void {
    this.#count += other.#count;
  }
  quantity(): Exact | undefined {
    return this.#count === 0 ? undefined : ofCount(this.#count);
  }
  doubleBounds(): DoubleBounds {
    return { quantity: 0, cost: (this.#count + 3) * UNIT * this.#count };
  }
}

/** The sum of values, and what the rules need besides. */
class SumAccumulator implements Accumulator {
  readonly #columns: EventColumns;
  readonly #isMean: boolean;
  readonly #sum = new ExactSum();
  #all = 0;
  #usable = 0;
  #magnitude = 0;
  #isWhole = true;
  /** What cutting digits takes away. */
  #truncation: ExactSum | undefined;

  constructor(columns: EventColumns, isMean: boolean) {
    this.#columns = columns;
    this.#isMean = isMean;
  }

  add(row: number): void {
    const columns = this.#columns;
    this.#all++;
    if (((columns.mask[row] as number) & USABLE) === 0) return;
    this.#usable++;
    const number = columns.value[row] as number;
    if (number <= 9e15 && number >= -9e15 && Math.floor(number) === number) {
      this.#sum.add(number);
      this.#magnitude += number < 0 ? -number : number;
      return;
    }
    const value = columns.valueOf(row);
    this.#sum.add(value);
    this.#isWhole = false;
    this.#magnitude += Math.abs(typeof value === "number" ? value : approximately(value));
    const truncation = truncationOf(value);
    if (truncation !== undefined) {
      this.#truncation ??= new ExactSum();
      this.#truncation.add(truncation);
    }
  }
  merge(other: SumAccumulator): void {
    this.#sum.add(other.#sum.total());
    this.#all += other.#all;
    this.#usable += other.#usable;
    this.#magnitude += other.#magnitude;
    this.#isWhole &&= other.#isWhole;
    if (other.#truncation !== undefined) {
      this.#truncation ??= new ExactSum();
      this.#truncation.add(other.#truncation.total());
    }
  }
  quantity({ truncated: isTruncated, overAll }: Rules): Exact | undefined {
    const isOverAll = overAll && this.#isMean;
    const count = isOverAll ? this.#all : this.#usable;
    if (count === 0) return undefined;
    const sum = new ExactSum();
    sum.add(this.#sum.total());
    if (isTruncated && this.#truncation !== undefined) sum.add(this.#truncation.total());
    return this.#isMean ? divide(sum.total(), ofCount(count), MEAN_DIGITS) : sum.total();
  }
  doubleBounds(): DoubleBounds {
    const isExact = this.#isWhole && this.#magnitude <= Number.MAX_SAFE_INTEGER;
    const loss = (this.#usable + 3) * UNIT * this.#magnitude;
    if (!this.#isMean) return { quantity: isExact ? 0 : loss, cost: loss };
    const count = Math.max(this.#usable, 1);
    return { quantity: (isExact ? UNIT * this.#magnitude : loss) / count, cost: loss / count };
  }
}

/** A number near it, for bounds of errors. */
export function approximately({ coefficient, exponent }: Exact): number {
  return Number(`${coefficient}e${exponent}`);
}

class ExtremeAccumulator implements Accumulator {
  readonly #columns: EventColumns;
  /** 1 for the greatest, -1 for the least. */
  readonly #sign: 1 | -1;
  #extreme: number | Exact | undefined;

  constructor(columns: EventColumns, sign: 1 | -1) {
    this.#columns = columns;
    this.#sign = sign;
  }

  add(row: number): void {
    if (isUsable(this.#columns, row)) this.#take(this.#columns.valueOf(row));
  }
  merge(other: ExtremeAccumulator): void {
    if (other.#extreme !== undefined) this.#take(other.#extreme);
  }
  quantity(rules: Rules): Exact | undefined {
    if (this.#extreme === undefined) return undefined;
    const exact = exactOf(this.#extreme);
    return rules.truncated ? truncated(exact) : exact;
  }
  doubleBounds(): DoubleBounds {
    return ofOneProduct(this.#extreme === undefined ? undefined : exactOf(this.#extreme));
  }

  #take(value: number | Exact): void {
    const extreme = this.#extreme;
    if (extreme === undefined || compareValues(value, extreme) * this.#sign > 0) {
      this.#extreme = value;
    }
  }
}

const exactOf = (value: number | Exact): Exact =>
  typeof value === "number" ? exactOfNumber(value) : value;

/** Negative, zero or positive, as values compare. */
export function compareValues(a: number | Exact, b: number | Exact): number {
  return typeof a === "number" && typeof b === "number" ? a - b : compare(exactOf(a), exactOf(b));
}

/** Which of equal times wins, and what is equal: four orders, of which each has its own latest event. */
interface LatestOrder {
  readonly unit: number;
  readonly isFirst: boolean;
}
const ORDERS: readonly LatestOrder[] = [
  { unit: 1, isFirst: false },
  { unit: 1, isFirst: true },
  { unit: 1_000, isFirst: false },
  { unit: 1_000, isFirst: true },
];

class LatestAccumulator implements Accumulator {
  readonly #columns: EventColumns;
  /** The latest row in each order; -1 for none. */
  readonly #rows: [number, number, number, number] = [-1, -1, -1, -1];

  constructor(columns: EventColumns) {
    this.#columns = columns;
  }

  add(row: number): void {
    if (!isUsable(this.#columns, row)) return;
    for (let order = 0; order < ORDERS.length; order++) this.#take(order, row);
  }
  merge(other: LatestAccumulator): void {
    for (const [order, row] of other.#rows.entries()) if (row !== -1) this.#take(order, row);
  }
  quantity({ wholeSeconds, firstOfEqual, truncated: isTruncated }: Rules): Exact | undefined {
    const row = this.#rows[(wholeSeconds ? 2 : 0) + (firstOfEqual ? 1 : 0)] as number;
    if (row === -1) return undefined;
    const exact = this.#columns.exactOf(row);
    return isTruncated ? truncated(exact) : exact;
  }
  doubleBounds(): DoubleBounds {
    const row = this.#rows[0];
    return ofOneProduct(row === -1 ? undefined : this.#columns.exactOf(row));
  }

  #take(order: number, row: number): void {
    const latest = this.#rows[order] as number;
    if (latest === -1 || isLater(this.#columns, row, latest, ORDERS[order] as LatestOrder)) {
      this.#rows[order] = row;
    }
  }
}

function isLater(columns: EventColumns, row: number, than: number, order: LatestOrder): boolean {
  const { unit, isFirst } = order;
  const time = Math.floor((columns.timestamp[row] as number) / unit);
  const other = Math.floor((columns.timestamp[than] as number) / unit);
  if (time !== other) return time > other;
  return isFirst ? row < than : row > than;
}

class UniqueAccumulator implements Accumulator {
  readonly #columns: EventColumns;
  readonly #emptyText: () => number;
  readonly #texts = new Set<number>();
  #all = 0;
  #isMissing = false;

  constructor(columns: EventColumns, emptyText: () => number) {
    this.#columns = columns;
    this.#emptyText = emptyText;
  }

  add(row: number): void {
    const { mask, value } = this.#columns;
    const bits = mask[row] as number;
    this.#all++;
    if ((bits & USABLE) !== 0) this.#texts.add(value[row] as number);
    else if ((bits & MISSING) !== 0) this.#isMissing = true;
  }
  merge(other: UniqueAccumulator): void {
    for (const text of other.#texts) this.#texts.add(text);
    this.#all += other.#all;
    this.#isMissing ||= other.#isMissing;
  }
  quantity({ missingCounted }: Rules): Exact | undefined {
    if (this.#all === 0) return undefined;
    const isOneMore = missingCounted && this.#isMissing && !this.#texts.has(this.#emptyText());
    return ofCount(this.#texts.size + (isOneMore ? 1 : 0));
  }
  doubleBounds(): DoubleBounds {
    return ofOneProduct(ofCount(this.#texts.size + 1));
  }
}

/** What makes the accumulators of an aggregation. `emptyText` is the number of UNIQUE_COUNT's empty text. */
export function accumulatorMaker(
  aggregation: Aggregation,
  columns: EventColumns,
  emptyText: () => number,
): () => Accumulator {
  switch (aggregation) {
    case "COUNT":
      return () => new CountAccumulator();
    case "SUM":
      return () => new SumAccumulator(columns, false);
    case "AVG":
      return () => new SumAccumulator(columns, true);
    case "MIN":
      return () => new ExtremeAccumulator(columns, -1);
    case "MAX":
      return () => new ExtremeAccumulator(columns, 1);
    case "LATEST":
      return () => new LatestAccumulator(columns);
    case "UNIQUE_COUNT":
      return () => new UniqueAccumulator(columns, emptyText);
  }
}

/** What a total is when there is no event: 0 where there is a zero, else none. */
export function emptyQuantity(aggregation: Aggregation): Exact | undefined {
  return aggregation === "SUM" || aggregation === "COUNT" || aggregation === "UNIQUE_COUNT"
    ? ofCount(0)
    : undefined;
}
