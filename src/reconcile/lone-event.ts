import type { Aggregation } from "../models.ts";
import { add, divide, type Exact } from "../values/scaled-integer.ts";
import { difference } from "./closeness.ts";
import type { EventColumns } from "./columns.ts";
import { ExactSum } from "./exact-sum.ts";
import { approximately, compareValues } from "./tallies.ts";

const MEAN_DIGITS = 34;
const ofCount = (count: number): Exact => ({ coefficient: BigInt(count), exponent: 0 });

/** What a row of a breakdown, or the total, comes to when one of its events is left out or counted twice. */
export interface LoneEvent {
  /** Takes in an event of the row. */
  add(row: number): void;
  /** Undefined where nothing would be left of the row. `row` is one of those taken in. */
  without(row: number): Exact | undefined;
  twice(row: number): Exact | undefined;
  /** Nearly the same in doubles, so that most events need no exact arithmetic; NaN where there is nothing. */
  nearly(row: number, isTwice: boolean): number;
}

class LoneOfSum implements LoneEvent {
  readonly #columns: EventColumns;
  readonly #isMean: boolean;
  readonly #adding = new ExactSum();
  #sum: Exact | undefined;
  #nearSum = 0;
  #count = 0;

  constructor(columns: EventColumns, isMean: boolean) {
    this.#columns = columns;
    this.#isMean = isMean;
  }

  add(row: number): void {
    this.#adding.add(this.#columns.valueOf(row));
    this.#sum = undefined;
    this.#count++;
  }
  without(row: number): Exact | undefined {
    return this.#of(difference(this.#total(), this.#columns.exactOf(row)), this.#count - 1);
  }
  twice(row: number): Exact | undefined {
    return this.#of(add(this.#total(), this.#columns.exactOf(row)), this.#count + 1);
  }
  nearly(row: number, isTwice: boolean): number {
    const value = this.#columns.valueOf(row);
    const number = typeof value === "number" ? value : approximately(value);
    this.#total();
    const sum = this.#nearSum + (isTwice ? number : -number);
    const count = this.#count + (isTwice ? 1 : -1);
    return count === 0 ? Number.NaN : this.#isMean ? sum / count : sum;
  }

  #total(): Exact {
    if (this.#sum === undefined) {
      this.#sum = this.#adding.total();
      this.#nearSum = approximately(this.#sum);
    }
    return this.#sum;
  }

  #of(sum: Exact, count: number): Exact | undefined {
    if (count === 0) return undefined;
    return this.#isMean ? divide(sum, ofCount(count), MEAN_DIGITS) : sum;
  }
}

class LoneOfCount implements LoneEvent {
  #count = 0;

  add(): void {
    this.#count++;
  }
  without(): Exact | undefined {
    return this.#count === 1 ? undefined : ofCount(this.#count - 1);
  }
  twice(): Exact | undefined {
    return ofCount(this.#count + 1);
  }
  nearly(_: number, isTwice: boolean): number {
    return this.#count === 1 && !isTwice ? Number.NaN : this.#count + (isTwice ? 1 : -1);
  }
}

/** MIN, MAX and LATEST: the best event, and the best of the others. */
class LoneOfBest implements LoneEvent {
  readonly #columns: EventColumns;
  /** Whether a row is better than another, or as good. */
  readonly #isBetter: (row: number, than: number) => boolean;
  #best = -1;
  #second = -1;

  constructor(columns: EventColumns, isBetter: (row: number, than: number) => boolean) {
    this.#columns = columns;
    this.#isBetter = isBetter;
  }

  add(row: number): void {
    if (this.#best === -1 || this.#isBetter(row, this.#best)) {
      this.#second = this.#best;
      this.#best = row;
    } else if (this.#second === -1 || this.#isBetter(row, this.#second)) {
      this.#second = row;
    }
  }
  without(row: number): Exact | undefined {
    return this.#quantityOf(row === this.#best ? this.#second : this.#best);
  }
  twice(): Exact | undefined {
    return this.#quantityOf(this.#best);
  }
  nearly(row: number, isTwice: boolean): number {
    const quantity = isTwice ? this.twice() : this.without(row);
    return quantity === undefined ? Number.NaN : approximately(quantity);
  }

  #quantityOf(row: number): Exact | undefined {
    return row === -1 ? undefined : this.#columns.exactOf(row);
  }
}

class LoneOfTexts implements LoneEvent {
  readonly #columns: EventColumns;
  readonly #counts = new Map<number, number>();
  #events = 0;

  constructor(columns: EventColumns) {
    this.#columns = columns;
  }

  add(row: number): void {
    const text = this.#columns.value[row] as number;
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
    this.#events++;
  }
  without(row: number): Exact | undefined {
    return this.#events === 1 ? undefined : ofCount(this.nearly(row, false));
  }
  twice(): Exact | undefined {
    return ofCount(this.#counts.size);
  }
  nearly(row: number, isTwice: boolean): number {
    const isOnly = this.#counts.get(this.#columns.value[row] as number) === 1;
    return this.#counts.size - (isOnly && !isTwice ? 1 : 0);
  }
}

/** What makes them, for an aggregation. */
export function loneEventMaker(aggregation: Aggregation, columns: EventColumns): () => LoneEvent {
  const byValue = (sign: 1 | -1) => () =>
    new LoneOfBest(
      columns,
      (row, than) => compareValues(columns.valueOf(row), columns.valueOf(than)) * sign >= 0,
    );
  switch (aggregation) {
    case "COUNT":
      return () => new LoneOfCount();
    case "SUM":
      return () => new LoneOfSum(columns, false);
    case "AVG":
      return () => new LoneOfSum(columns, true);
    case "MIN":
      return byValue(-1);
    case "MAX":
      return byValue(1);
    case "LATEST":
      return () =>
        new LoneOfBest(columns, (row, than) => {
          const later = (columns.timestamp[row] as number) - (columns.timestamp[than] as number);
          return later > 0 || (later === 0 && row > than);
        });
    case "UNIQUE_COUNT":
      return () => new LoneOfTexts(columns);
  }
}
