import { compare, divide, type Exact, exactOfNumber } from "../exact.ts";
import type { Aggregation } from "../models.ts";
import { ExactSum } from "./exact-sum.ts";
import { uniqueText, usableNumber } from "./values.ts";

/** Significant digits of a mean. */
const MEAN_DIGITS = 34;

/** One quantity in the making: of all events, of a group, or of a window. */
export interface Cell<Value> {
  add(value: Value, timestamp: number): void;
  /** Undefined where there is no usable value and the aggregation has no zero. */
  quantity(): Exact | undefined;
  /** Plain JSON from which `merge` of another cell can go on. */
  state(): CellState;
  /** Goes on with the cell that `state` is of; its events were received after all of this one's. */
  merge(state: CellState): void;
}

/** Plain JSON; numbers are `[coefficient, exponent]` or counts. */
export type CellState = readonly (string | number)[];

/** How one aggregation reads a value and makes its cells. */
export interface AggregationRule<Value> {
  /** Undefined where the value does not count. */
  readonly read: (value: unknown) => Value | undefined;
  /** Whether a group or window in which no value counts is a row all the same. */
  readonly keepsRowsWithoutValue: boolean;
  readonly createCell: () => Cell<Value>;
}

function exactState(value: Exact): [string, number] {
  return [value.coefficient.toString(), value.exponent];
}

function exactOfState(state: CellState, at = 0): Exact {
  const coefficient = state[at];
  const exponent = state[at + 1];
  if (
    typeof coefficient !== "string" ||
    !/^-?\d+$/.test(coefficient) ||
    !(Number.isSafeInteger(exponent) && Math.abs(exponent as number) <= 1e4)
  ) {
    throw new TypeError("no number of a summarizer's state");
  }
  return { coefficient: BigInt(coefficient), exponent: exponent as number };
}

function integerOfState(state: CellState, at: number): number {
  const count = state[at];
  if (!Number.isSafeInteger(count)) throw new TypeError("no integer of a summarizer's state");
  return count as number;
}

const exactOf = (value: number | Exact): Exact =>
  typeof value === "number" ? exactOfNumber(value) : value;

class CountCell implements Cell<true> {
  #count = 0;

  add(): void {
    this.#count++;
  }
  quantity(): Exact {
    return { coefficient: BigInt(this.#count), exponent: 0 };
  }
  state(): CellState {
    return [this.#count];
  }
  merge(state: CellState): void {
    this.#count += integerOfState(state, 0);
  }
}

class SumCell implements Cell<number | Exact> {
  readonly #sum = new ExactSum();

  add(value: number | Exact): void {
    this.#sum.add(value);
  }
  quantity(): Exact {
    return this.#sum.total();
  }
  state(): CellState {
    return exactState(this.#sum.total());
  }
  merge(state: CellState): void {
    this.#sum.add(exactOfState(state));
  }
}

class MeanCell implements Cell<number | Exact> {
  readonly #sum = new ExactSum();
  #count = 0;

  add(value: number | Exact): void {
    this.#sum.add(value);
    this.#count++;
  }
  quantity(): Exact | undefined {
    if (this.#count === 0) return undefined;
    return divide(
      this.#sum.total(),
      { coefficient: BigInt(this.#count), exponent: 0 },
      MEAN_DIGITS,
    );
  }
  state(): CellState {
    return [...exactState(this.#sum.total()), this.#count];
  }
  merge(state: CellState): void {
    this.#sum.add(exactOfState(state));
    this.#count += integerOfState(state, 2);
  }
}

class ExtremeCell implements Cell<number | Exact> {
  readonly #sign: 1 | -1;
  #extreme: number | Exact | undefined;

  /** `sign` is 1 for the greatest, -1 for the least. */
  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  add(value: number | Exact): void {
    const extreme = this.#extreme;
    if (extreme === undefined || this.#isBeyond(value, extreme)) this.#extreme = value;
  }
  quantity(): Exact | undefined {
    return this.#extreme === undefined ? undefined : exactOf(this.#extreme);
  }
  state(): CellState {
    return this.#extreme === undefined ? [] : exactState(exactOf(this.#extreme));
  }
  merge(state: CellState): void {
    if (state.length > 0) this.add(exactOfState(state));
  }

  #isBeyond(value: number | Exact, extreme: number | Exact): boolean {
    const difference =
      typeof value === "number" && typeof extreme === "number"
        ? value - extreme
        : compare(exactOf(value), exactOf(extreme));
    return difference * this.#sign > 0;
  }
}

class LatestCell implements Cell<number | Exact> {
  #timestamp = Number.NEGATIVE_INFINITY;
  #latest: number | Exact | undefined;

  add(value: number | Exact, timestamp: number): void {
    if (timestamp < this.#timestamp) return;
    this.#timestamp = timestamp;
    this.#latest = value;
  }
  quantity(): Exact | undefined {
    return this.#latest === undefined ? undefined : exactOf(this.#latest);
  }
  state(): CellState {
    return this.#latest === undefined
      ? []
      : [...exactState(exactOf(this.#latest)), this.#timestamp];
  }
  merge(state: CellState): void {
    if (state.length > 0) this.add(exactOfState(state), integerOfState(state, 2));
  }
}

class UniqueCell implements Cell<string> {
  readonly #texts = new Set<string>();

  add(text: string): void {
    this.#texts.add(text);
  }
  quantity(): Exact {
    return { coefficient: BigInt(this.#texts.size), exponent: 0 };
  }
  state(): CellState {
    return [...this.#texts];
  }
  merge(state: CellState): void {
    for (const text of state) {
      if (typeof text !== "string") throw new TypeError("no text of a summarizer's state");
      this.#texts.add(text);
    }
  }
}

const ofNumbers = (createCell: () => Cell<number | Exact>): AggregationRule<number | Exact> => ({
  read: usableNumber,
  keepsRowsWithoutValue: false,
  createCell,
});

/** The rule of each aggregation. */
export const AGGREGATION_RULES = {
  COUNT: {
    read: (): true => true,
    keepsRowsWithoutValue: true,
    createCell: () => new CountCell(),
  } satisfies AggregationRule<true>,
  UNIQUE_COUNT: {
    read: uniqueText,
    keepsRowsWithoutValue: true,
    createCell: () => new UniqueCell(),
  } satisfies AggregationRule<string>,
  SUM: ofNumbers(() => new SumCell()),
  AVG: ofNumbers(() => new MeanCell()),
  MIN: ofNumbers(() => new ExtremeCell(-1)),
  MAX: ofNumbers(() => new ExtremeCell(1)),
  LATEST: ofNumbers(() => new LatestCell()),
} satisfies Record<Aggregation, unknown>;
