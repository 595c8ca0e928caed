import { add, compare, divide, type Exact, MEAN_DIGITS } from "../values/scaled-integer.ts";
import {
  type Accumulator,
  accumulatorMaker,
  type DoubleBounds,
  emptyQuantity,
  NO_LOSS,
  ofCount,
} from "./accumulators.ts";
import type { EventClassification } from "./classification.ts";
import { isIncluded, type Rules, requiredBits } from "./rules.ts";

/** The accumulators of the events of one mask: in total, and by the numbers of groups and windows. */
export interface MaskAccumulators {
  readonly mask: number;
  count: number;
  readonly total: Accumulator;
  readonly groups: (Accumulator | undefined)[];
  readonly windows: (Accumulator | undefined)[];
}

/** How often an event is taken in: 0, 1 or 2 times. */
export type Weight = (row: number) => number;

/**
 * What the events come to under any rules: one accumulator for each mask that occurs, so that rules are tried by merging
 * accumulators, without touching an event again.
 */
export class MaskIndex {
  readonly classification: EventClassification;
  readonly masks: readonly MaskAccumulators[];
  /** The start of each window, by its number. */
  readonly windowStarts: readonly number[];
  readonly createAccumulator: () => Accumulator;

  /**
   * `weight` leaves events out, or repeats them; `window` is the length of the windows, the plan's unless it is given.
   */
  constructor(
    classification: EventClassification,
    weight?: Weight,
    window = classification.plan.window,
  ) {
    const { columns, plan } = classification;
    const { mask: masks, timestamp, group, length } = columns;
    this.classification = classification;
    this.createAccumulator = accumulatorMaker(plan.aggregation, columns, () =>
      classification.texts.numberOf(""),
    );
    const byMask = new Map<number, MaskAccumulators>();
    const starts: number[] = [];
    const windowNumbers = new Map<number, number>();
    let accumulators: MaskAccumulators | undefined;
    let windowAt = Number.NaN;
    let windowNumber = 0;
    for (let row = 0; row < length; row++) {
      const mask = masks[row] as number;
      if (mask === 0) continue;
      const times = weight === undefined ? 1 : weight(row);
      if (times === 0) continue;
      if (accumulators === undefined || accumulators.mask !== mask) {
        accumulators = byMask.get(mask);
        if (accumulators === undefined) {
          accumulators = {
            mask,
            count: 0,
            total: this.createAccumulator(),
            groups: [],
            windows: [],
          };
          byMask.set(mask, accumulators);
        }
      }
      accumulators.count += times;
      let byGroup: Accumulator | undefined;
      let byWindow: Accumulator | undefined;
      if (plan.groupBy !== undefined) {
        const number = group[row] as number;
        byGroup = accumulators.groups[number];
        if (byGroup === undefined) {
          byGroup = this.createAccumulator();
          accumulators.groups[number] = byGroup;
        }
      }
      if (window !== undefined) {
        const at = Math.floor((timestamp[row] as number) / window);
        if (at !== windowAt) {
          windowAt = at;
          windowNumber = windowNumbers.get(at) ?? starts.length;
          if (windowNumber === starts.length) {
            starts.push(at * window);
            windowNumbers.set(at, windowNumber);
          }
        }
        byWindow = accumulators.windows[windowNumber];
        if (byWindow === undefined) {
          byWindow = this.createAccumulator();
          accumulators.windows[windowNumber] = byWindow;
        }
      }
      for (let time = 0; time < times; time++) {
        accumulators.total.add(row);
        byGroup?.add(row);
        byWindow?.add(row);
      }
    }
    this.masks = [...byMask.values()];
    this.windowStarts = starts;
  }

  /** The accumulators that the rules include. */
  included(rules: Rules): readonly MaskAccumulators[] {
    const required = requiredBits(rules);
    return this.masks.filter(({ mask }) => isIncluded(mask, required, rules.otherType));
  }
}

/** Tells the groups of different values apart, whatever is in them. */
export function groupKey(values: readonly string[]): string {
  return JSON.stringify(values);
}

/** The values that a group's key was made of. */
export function valuesOfGroup(key: string): readonly string[] {
  return JSON.parse(key);
}

/** A row of a breakdown, predicted. */
export interface PredictedRow {
  readonly quantity: Exact;
  readonly bounds: DoubleBounds;
}

/** The total, predicted. */
export interface PredictedTotal {
  /** Undefined where there is none. */
  readonly quantity: Exact | undefined;
  readonly bounds: DoubleBounds;
}

/** What some events come to under some rules. */
export interface Predicted {
  total(): PredictedTotal;
  /** By `groupKey`; empty without groups. */
  groups(): ReadonlyMap<string, PredictedRow>;
  /** By the start of the window, in milliseconds since 1970; empty without windows. */
  windows(): ReadonlyMap<number, PredictedRow>;
}

/** What a maskIndex's events come to under some rules. Each part is worked out when it is first asked for. */
export class Prediction implements Predicted {
  readonly maskIndex: MaskIndex;
  readonly rules: Rules;
  readonly included: readonly MaskAccumulators[];
  #total: PredictedTotal | undefined;
  #groups: ReadonlyMap<string, PredictedRow> | undefined;
  #windows: ReadonlyMap<number, PredictedRow> | undefined;

  constructor(
    maskIndex: MaskIndex,
    rules: Rules,
    included: readonly MaskAccumulators[] = maskIndex.included(rules),
  ) {
    this.maskIndex = maskIndex;
    this.rules = rules;
    this.included = included;
  }

  total(): PredictedTotal {
    this.#total ??= this.#readTotal();
    return this.#total;
  }

  groups(): ReadonlyMap<string, PredictedRow> {
    if (this.#groups === undefined) {
      const { groups } = this.maskIndex.classification;
      const text = this.rules.nullAsEmpty ? "" : "null";
      const keys = groups.combinations.map((texts) => groupKey(texts.map((one) => one ?? text)));
      this.#groups = this.#rows("groups", (number) => keys[number] ?? "");
    }
    return this.#groups;
  }

  windows(): ReadonlyMap<number, PredictedRow> {
    this.#windows ??= this.#rows("windows", (number) => this.maskIndex.windowStarts[number] ?? 0);
    return this.#windows;
  }

  #readTotal(): PredictedTotal {
    const { foldedFrom } = this.rules;
    const empty = emptyQuantity(this.maskIndex.classification.plan.aggregation);
    if (foldedFrom !== undefined) {
      const rows = [...(foldedFrom === "groups" ? this.groups() : this.windows()).values()];
      const bounds = rows.reduce(
        (sum, row) => ({
          quantity: sum.quantity + row.bounds.quantity,
          cost: sum.cost + row.bounds.cost,
        }),
        NO_LOSS,
      );
      return { quantity: this.#fold(rows.map(({ quantity }) => quantity)) ?? empty, bounds };
    }
    const accumulator = merged(
      this.maskIndex,
      this.included.map(({ total }) => total),
    );
    return {
      quantity: accumulator?.quantity(this.rules) ?? empty,
      bounds: accumulator?.doubleBounds() ?? NO_LOSS,
    };
  }

  /** The extreme of extremes, the mean of means, the sum of everything else. */
  #fold(quantities: readonly Exact[]): Exact | undefined {
    const [first, ...others] = quantities;
    if (first === undefined) return undefined;
    const { aggregation } = this.maskIndex.classification.plan;
    if (aggregation === "MIN" || aggregation === "MAX") {
      const sign = aggregation === "MAX" ? 1 : -1;
      return others.reduce((a, b) => (compare(b, a) * sign > 0 ? b : a), first);
    }
    const sum = others.reduce(add, first);
    return aggregation === "AVG" ? divide(sum, ofCount(quantities.length), MEAN_DIGITS) : sum;
  }

  #rows<Key>(part: "groups" | "windows", keyOf: (number: number) => Key): Map<Key, PredictedRow> {
    const parts = new Map<Key, Accumulator[]>();
    for (const accumulators of this.included) {
      for (const [number, accumulator] of accumulators[part].entries()) {
        if (accumulator === undefined) continue;
        const key = keyOf(number);
        const known = parts.get(key);
        if (known === undefined) parts.set(key, [accumulator]);
        else known.push(accumulator);
      }
    }
    const rows = new Map<Key, PredictedRow>();
    for (const [key, accumulators] of parts) {
      const accumulator = merged(this.maskIndex, accumulators);
      const quantity = accumulator?.quantity(this.rules);
      if (accumulator === undefined || quantity === undefined) continue;
      rows.set(key, { quantity, bounds: accumulator.doubleBounds() });
    }
    return rows;
  }
}

export function merged(
  maskIndex: MaskIndex,
  accumulators: readonly Accumulator[],
): Accumulator | undefined {
  if (accumulators.length <= 1) return accumulators[0];
  const all = maskIndex.createAccumulator();
  for (const accumulator of accumulators) all.merge(accumulator);
  return all;
}
