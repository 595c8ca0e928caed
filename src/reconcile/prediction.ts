import { countOf, emptyQuantity } from "../engine/accumulators.ts";
import { CAPACITY } from "../engine/event-batch.ts";
import { NONE, type ValueColumns } from "../engine/exact-sums.ts";
import { PairInterner } from "../engine/interners.ts";
import type { Aggregation } from "../models.ts";
import { ListsByKey } from "../values/lists-by-key.ts";
import {
  add,
  compare,
  divide,
  type Exact,
  exactOf,
  MEAN_DIGITS,
  ZERO,
} from "../values/scaled-integer.ts";
import {
  BoundedAccumulators,
  type DoubleBounds,
  NO_LOSS,
  truncated,
  truncationOf,
} from "./accumulators.ts";
import type { EventClassification } from "./classification.ts";
import { isIncluded, MISSING, OF_SUBJECT, type Rules, requiredBits, USABLE } from "./rules.ts";

/** How often an event is taken in: 0, 1 or 2 times. */
export type Weight = (row: number) => number;

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

/** The quantities of some events under some rules. */
export interface Predicted {
  total(): PredictedTotal;
  /** By `groupKey`; empty without groups. */
  groups(): ReadonlyMap<string, PredictedRow>;
  /** By the start of the window, in milliseconds since 1970; empty without windows. */
  windows(): ReadonlyMap<number, PredictedRow>;
}

/** A prediction with other rows. */
export function withRows(
  predicted: Predicted,
  rows: Partial<Pick<Predicted, "groups" | "windows">>,
): Predicted {
  return {
    total: () => predicted.total(),
    groups: () => predicted.groups(),
    windows: () => predicted.windows(),
    ...rows,
  };
}

/** Two rows as one, where quantities are added up. */
export const addedRows = (one: PredictedRow, other: PredictedRow): PredictedRow => ({
  quantity: add(one.quantity, other.quantity),
  bounds: {
    quantity: one.bounds.quantity + other.bounds.quantity,
    cost: one.bounds.cost + other.bounds.cost,
  },
});

/** The quantities of two sets of events together, where quantities are added up. */
export function summed(one: Predicted, other: Predicted): Predicted {
  const rows = <Key>(
    a: ReadonlyMap<Key, PredictedRow>,
    b: ReadonlyMap<Key, PredictedRow>,
  ): ReadonlyMap<Key, PredictedRow> => {
    const all = new Map(a);
    for (const [key, row] of b) {
      const known = all.get(key);
      all.set(key, known === undefined ? row : addedRows(known, row));
    }
    return all;
  };
  const groups = rows(one.groups(), other.groups());
  const windows = rows(one.windows(), other.windows());
  const [a, b] = [one.total(), other.total()];
  const { bounds, quantity } = addedRows(
    { quantity: a.quantity ?? ZERO, bounds: a.bounds },
    { quantity: b.quantity ?? ZERO, bounds: b.bounds },
  );
  return { total: () => ({ quantity, bounds }), groups: () => groups, windows: () => windows };
}

/** The events of one mask: how many they are, and the number of the mask in accumulators. */
export interface MaskPart {
  readonly mask: number;
  readonly number: number;
  count: number;
}

/** Some hundred rows of the classification, on their way into accumulators. */
class Chunk implements ValueColumns {
  size = 0;
  readonly values = new Float64Array(CAPACITY);
  readonly exacts = new Array<Exact | undefined>(CAPACITY).fill(undefined);
  readonly times = new Float64Array(CAPACITY);
  // Of each row, the numbers of its mask, group and window.
  readonly masks = new Int32Array(CAPACITY);
  readonly groups = new Int32Array(CAPACITY);
  readonly windows = new Int32Array(CAPACITY);
}

/** Accumulators by the number of a mask and that of a group or window. */
export class MaskedAccumulators {
  readonly #create: () => BoundedAccumulators;
  readonly #accumulators: BoundedAccumulators;
  #merging: BoundedAccumulators | undefined;
  readonly #pairs = new PairInterner();
  readonly #numbers = new Int32Array(CAPACITY);

  constructor(create: () => BoundedAccumulators) {
    this.#create = create;
    this.#accumulators = create();
  }

  add(chunk: Chunk, seconds: Int32Array): void {
    const { size, masks } = chunk;
    this.#numbers.set(masks);
    this.#pairs.numberAll(this.#numbers, seconds, size);
    this.#accumulators.reserve(this.#pairs.size);
    const [only = NONE] = this.#numbers;
    let isOne = true;
    for (let at = 1; at < size && isOne; at++) isOne = this.#numbers[at] === only;
    this.#accumulators.addBatch(chunk, { numbers: this.#numbers, only: isOne ? only : NONE });
  }

  /** The accumulators of some masks, by the numbers of their groups or windows. */
  of(parts: readonly MaskPart[]): Map<number, number[]> {
    const isIn = new Set(parts.map(({ number }) => number));
    const accumulators = new ListsByKey<number, number>();
    for (let pair = 0; pair < this.#pairs.size; pair++) {
      if (!isIn.has(this.#pairs.firstOf(pair))) continue;
      const number = this.#pairs.secondOf(pair);
      accumulators.push(number, pair);
    }
    return accumulators;
  }

  /** The value of some accumulators together. */
  merged(accumulators: readonly number[]): PredictedTotal {
    const [first, ...others] = accumulators;
    if (first === undefined) return { quantity: undefined, bounds: NO_LOSS };
    let from = this.#accumulators;
    let at = first;
    if (others.length > 0) {
      this.#merging ??= this.#create();
      from = this.#merging;
      at = from.create();
      for (const one of accumulators) from.merge(at, this.#accumulators, one);
    }
    return { quantity: from.quantity(at), bounds: from.bounds(at) };
  }
}

/** What a mask index takes in, besides what its rules say. */
export interface Taken {
  /** Leaves events out, or repeats them. */
  readonly weight?: Weight | undefined;
  /** Whether events of a mask are taken in, all of them as one part; unless given those that any rules may include. */
  readonly isTaken?: ((mask: number) => boolean) | undefined;
  /** The times that decide about windows; the events' own unless they are given. */
  readonly timeOf?: ((row: number) => number) | undefined;
  /** The length of the windows; the plan's unless it is given. */
  readonly window?: number | undefined;
  /** What is made of the values; the plan's aggregation unless it is given. */
  readonly aggregation?: Aggregation | undefined;
  /** Amounts that are added up in place of what the aggregation makes of the events. */
  readonly amountOf?: ((row: number) => number | Exact) | undefined;
  /** Whether there are no groups and windows: where the total decides whether they are worth a pass. */
  readonly isTotalOnly?: boolean | undefined;
}

/**
 * The quantities of the events by their masks: rules that choose among events are tried by merging accumulators, without a
 * pass over the events. Rules that change what values or times are have an index of their own.
 */
export class MaskIndex {
  readonly classification: EventClassification;
  readonly aggregation: Aggregation;
  /** The masks that occur. */
  readonly parts: readonly MaskPart[];
  /** The start of each window, by its number. */
  readonly windowStarts: readonly number[];
  readonly totals: MaskedAccumulators;
  readonly groups: MaskedAccumulators | undefined;
  readonly windows: MaskedAccumulators | undefined;

  constructor(classification: EventClassification, rules: Rules, taken: Taken = {}) {
    const { columns, plan } = classification;
    const { weight, isTaken, timeOf, amountOf, isTotalOnly = false } = taken;
    const window = isTotalOnly ? undefined : (taken.window ?? plan.window);
    const { aggregation = amountOf === undefined ? plan.aggregation : "SUM" } = taken;
    const create = (): BoundedAccumulators =>
      new BoundedAccumulators(aggregation, classification.texts);
    this.classification = classification;
    this.aggregation = aggregation;
    this.totals = new MaskedAccumulators(create);
    this.groups =
      plan.groupBy === undefined || isTotalOnly ? undefined : new MaskedAccumulators(create);
    this.windows = window === undefined ? undefined : new MaskedAccumulators(create);
    const chunk = new Chunk();
    const none = new Int32Array(CAPACITY);
    const flush = (): void => {
      this.totals.add(chunk, none);
      this.groups?.add(chunk, chunk.groups);
      this.windows?.add(chunk, chunk.windows);
      chunk.size = 0;
    };
    const read = readerOf(this, rules, chunk, amountOf);
    const parts = new Map<number, MaskPart>();
    const starts: number[] = [];
    const windowNumbers = new Map<number, number>();
    let lastMask = 0;
    let part: MaskPart | undefined;
    let windowAt = Number.NaN;
    let windowNumber = 0;
    for (let row = 0; row < columns.length; row++) {
      const mask = columns.mask[row] as number;
      if (mask === 0) continue;
      if (mask !== lastMask) {
        lastMask = mask;
        const of = isTaken === undefined ? mask : OF_SUBJECT;
        part = parts.get(of);
        if (!(isTaken?.(mask) ?? (mask & OF_SUBJECT) !== 0)) {
          part = undefined;
        } else if (part === undefined) {
          part = { mask: of, number: parts.size, count: 0 };
          parts.set(of, part);
        }
      }
      const times = weight === undefined ? 1 : weight(row);
      if (part === undefined || times === 0) continue;
      part.count += times;
      if (window !== undefined) {
        const time = timeOf === undefined ? (columns.timestamp[row] as number) : timeOf(row);
        const at = Math.floor(time / window);
        if (at !== windowAt) {
          windowAt = at;
          windowNumber = windowNumbers.get(at) ?? starts.length;
          if (windowNumber === starts.length) {
            starts.push(at * window);
            windowNumbers.set(at, windowNumber);
          }
        }
      }
      for (let time = 0; time < times; time++) {
        const to = chunk.size;
        if (!read(row, mask, to)) break;
        chunk.masks[to] = part.number;
        chunk.groups[to] = columns.group[row] as number;
        chunk.windows[to] = windowNumber;
        chunk.size = to + 1;
        if (chunk.size === CAPACITY) flush();
      }
    }
    if (chunk.size > 0) flush();
    this.parts = [...parts.values()];
    this.windowStarts = starts;
  }

  /** The parts that the rules include. */
  included(rules: Rules): readonly MaskPart[] {
    const required = requiredBits(rules);
    return this.parts.filter(({ mask }) => isIncluded(mask, required, rules.otherType));
  }
}

/** Reads the value and the time of a row into a chunk; false where it has no value that counts under the rules. */
type RowReader = (row: number, mask: number, to: number) => boolean;

function readerOf(
  { classification, aggregation }: Pick<MaskIndex, "classification" | "aggregation">,
  rules: Rules,
  chunk: Chunk,
  amountOf: Taken["amountOf"],
): RowReader {
  const { columns } = classification;
  const { values, exacts } = chunk;
  const isTruncated = rules.truncated && classification.hasLongFractions;
  const write = (value: number | Exact, to: number): void => {
    values[to] = typeof value === "number" ? value : Number.NaN;
    if (typeof value !== "number") exacts[to] = value;
  };
  const readValue = (row: number, to: number): void => {
    const value = columns.valueOf(row);
    const isCut = isTruncated && truncationOf(value) !== undefined;
    write(isCut ? truncated(exactOf(value)) : value, to);
  };
  if (amountOf !== undefined) {
    return (row, _, to) => {
      write(amountOf(row), to);
      return true;
    };
  }
  switch (aggregation) {
    case "COUNT":
      return () => true;
    case "UNIQUE_COUNT": {
      const missing = rules.missingCounted ? classification.emptyText() : Number.NaN;
      return (row, mask, to) => {
        const isUsable = (mask & USABLE) !== 0;
        const other = (mask & MISSING) !== 0 ? missing : Number.NaN;
        values[to] = isUsable ? (columns.value[row] as number) : other;
        return true;
      };
    }
    case "LATEST": {
      const ranks = classification.ranks(rules);
      return (row, mask, to) => {
        if ((mask & USABLE) === 0) return false;
        readValue(row, to);
        chunk.times[to] = ranks[row] as number;
        return true;
      };
    }
    default: {
      const isOverAll = rules.overAll && aggregation === "AVG";
      return (row, mask, to) => {
        if ((mask & USABLE) !== 0) readValue(row, to);
        else if (isOverAll) values[to] = 0;
        else return false;
        return true;
      };
    }
  }
}

/** The quantities of a mask index's events under some rules. Each breakdown is worked out when it is first asked for. */
export class Prediction implements Predicted {
  readonly maskIndex: MaskIndex;
  readonly rules: Rules;
  readonly included: readonly MaskPart[];
  #total: PredictedTotal | undefined;
  #groups: ReadonlyMap<string, PredictedRow> | undefined;
  #windows: ReadonlyMap<number, PredictedRow> | undefined;

  constructor(maskIndex: MaskIndex, rules: Rules, included: readonly MaskPart[]) {
    this.maskIndex = maskIndex;
    this.rules = rules;
    this.included = included;
  }

  total(): PredictedTotal {
    this.#total ??= this.#readTotal();
    return this.#total;
  }

  groups(): ReadonlyMap<string, PredictedRow> {
    const { classification, groups } = this.maskIndex;
    const keys = classification.groupKeys(this.rules.nullAsEmpty);
    this.#groups ??= this.#rows(groups, (number) => keys[number] ?? "");
    return this.#groups;
  }

  windows(): ReadonlyMap<number, PredictedRow> {
    const { windows, windowStarts } = this.maskIndex;
    this.#windows ??= this.#rows(windows, (number) => windowStarts[number] ?? 0);
    return this.#windows;
  }

  #readTotal(): PredictedTotal {
    const { foldedFrom } = this.rules;
    const empty = emptyQuantity(this.maskIndex.aggregation);
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
    const { totals } = this.maskIndex;
    const { quantity, bounds } = totals.merged(totals.of(this.included).get(0) ?? []);
    return { quantity: quantity ?? empty, bounds };
  }

  /** The extreme of extremes, the mean of means, the sum of everything else. */
  #fold(quantities: readonly Exact[]): Exact | undefined {
    const [first, ...others] = quantities;
    if (first === undefined) return undefined;
    const { aggregation } = this.maskIndex;
    if (aggregation === "MIN" || aggregation === "MAX") {
      const sign = aggregation === "MAX" ? 1 : -1;
      return others.reduce((a, b) => (compare(b, a) * sign > 0 ? b : a), first);
    }
    const sum = others.reduce(add, first);
    return aggregation === "AVG" ? divide(sum, countOf(quantities.length), MEAN_DIGITS) : sum;
  }

  #rows<Key>(
    accumulators: MaskedAccumulators | undefined,
    keyOf: (number: number) => Key,
  ): Map<Key, PredictedRow> {
    const byKey = new Map<Key, number[]>();
    for (const [number, some] of accumulators?.of(this.included) ?? []) {
      const key = keyOf(number);
      const known = byKey.get(key);
      if (known === undefined) byKey.set(key, some);
      else known.push(...some);
    }
    const rows = new Map<Key, PredictedRow>();
    for (const [key, some] of byKey) {
      const { quantity, bounds } = accumulators?.merged(some) ?? {};
      if (quantity !== undefined && bounds !== undefined) rows.set(key, { quantity, bounds });
    }
    return rows;
  }
}
