import { NONE } from "../engine/exact-sums.ts";
import { StringInterner } from "../engine/interners.ts";
import type { Aggregation } from "../models.ts";
import { type Exact, ONE, subtract, ZERO } from "../values/scaled-integer.ts";
import { startOf } from "../values/timestamp.ts";
import { type BoundedAccumulators, NO_LOSS, OF_TWICE } from "./accumulators.ts";
import type { EventClassification, RowSet } from "./classification.ts";
import { agreementOf, type Cell, type Comparer, exactPricing, type Pricing } from "./comparison.ts";
import { Evidence } from "./evidence.ts";
import {
  MaskIndex,
  type Predicted,
  type PredictedRow,
  Prediction,
  type Taken,
  type Weight,
  withRows,
} from "./prediction.ts";
import { countsUnder, isIncluded, type Rules, requiredBits, USABLE } from "./rules.ts";

/** What every search for an explanation works with. */
export class Search {
  readonly classification: EventClassification;
  readonly maskIndex: MaskIndex;
  readonly comparer: Comparer;
  readonly unitCost: Exact;
  readonly rules: Rules;
  readonly pricing: Pricing;
  /** What the library's own rules predict: the local summary. */
  readonly own: Prediction;
  readonly #predictions = new Map<string, Prediction>();
  /** By what the rules make of values and times; the first is that of the library's own rules. */
  readonly #byValues = new Map<string, MaskIndex>();
  /** Whether the events of a mask count under the library's own rules. */
  readonly #isCounting: (mask: number) => boolean;
  #cells: readonly Cell[] | undefined;
  #evidence: Evidence | undefined;
  #ranks: Float64Array | undefined;
  #sources: Sources | undefined;
  #surplus: ReadonlyMap<number, Exact> | undefined;

  constructor(classification: EventClassification, comparer: Comparer, rules: Rules) {
    const { unitCost } = classification.plan;
    this.classification = classification;
    this.maskIndex = new MaskIndex(classification, rules);
    this.comparer = comparer;
    this.unitCost = unitCost;
    this.rules = rules;
    this.pricing = exactPricing(unitCost);
    this.own = this.predict({});
    this.#isCounting = countsUnder(rules);
  }

  /** The local summary compared with the server's answer. */
  get cells(): readonly Cell[] {
    this.#cells ??= [...this.comparer.cells(this.own, this.pricing)];
    return this.#cells;
  }

  /** The groups or windows that differ. */
  differing(place: "group" | "window"): Cell[] {
    return this.cells.filter((cell) => cell.place === place && cell.agreement === "different");
  }

  /**
   * What the server has more of each window that differs, by its start, ascending; undefined where no windows are
   * compared.
   */
  get surplus(): ReadonlyMap<number, Exact> | undefined {
    const { windows } = this.comparer.server;
    if (windows === undefined || this.#surplus !== undefined) return this.#surplus;
    const own = this.own.windows();
    const surplus = new Map<number, Exact>();
    for (const start of [...new Set([...own.keys(), ...windows.keys()])].sort((a, b) => a - b)) {
      const server = windows.get(start)?.quantity;
      if (!isClose(own.get(start), server)) {
        surplus.set(start, subtract(server ?? ZERO, own.get(start)?.quantity ?? ZERO));
      }
    }
    this.#surplus = surplus;
    return surplus;
  }

  /**
   * How far a server that adds up in doubles may miss the quantity of a window, given by its start, or the total: also one
   * that counts everything twice. For what is looked at before every cell is compared.
   */
  boundAt(start?: number): number {
    const row = start === undefined ? undefined : this.own.windows().get(start);
    return OF_TWICE * (row ?? this.own.total()).bounds.quantity;
  }

  /** The start of the window of a row; 0 where no windows are compared. */
  windowOf(row: number): number {
    const { classification, comparer } = this;
    const { window } = classification.plan;
    if (window === undefined || comparer.server.windows === undefined) return 0;
    return startOf(classification.columns.timestamp[row] as number, window);
  }

  /** By time, all rows of the windows from one start to another, and perhaps some others; every row without windows. */
  rowsByTime(first: number, last: number): Iterable<number> {
    const { classification, comparer } = this;
    const { window } = classification.plan;
    if (window === undefined || comparer.server.windows === undefined) {
      return classification.byTime();
    }
    const { timestamp, length } = classification.columns;
    const timeOf = (row: number): number => timestamp[row] as number;
    const rows = [
      ...this.rowsWhere((row) => timeOf(row) >= first && timeOf(row) < last + window).rows(),
    ];
    // To sort a whole log takes longer than everything else that is done with a few of its rows.
    return rows.length > length / 8
      ? classification.byTime()
      : rows.sort((a, b) => timeOf(a) - timeOf(b));
  }

  /** How likely it is that something fits by chance; made for the first finding. */
  get evidence(): Evidence {
    this.#evidence ??= new Evidence(this);
    return this.#evidence;
  }

  /** The quantities of the events under changed rules. Rules with the same effect share a prediction. */
  predict(changes: Partial<Rules>): Prediction {
    const rules = { ...this.rules, ...changes };
    const { classification } = this;
    const included = this.maskIndex.included(rules);
    const isLatest = classification.plan.aggregation === "LATEST";
    // What makes no difference to these events does not make another prediction.
    const values = JSON.stringify([
      isLatest && [rules.wholeSeconds, rules.firstOfEqual],
      rules.truncated && classification.hasLongFractions,
      rules.missingCounted,
      rules.overAll && included.some(({ mask }) => (mask & USABLE) === 0),
    ]);
    const signature = JSON.stringify([
      values,
      included.map(({ mask }) => mask),
      rules.nullAsEmpty && classification.hasNullDimensions,
      rules.foldedFrom ?? null,
    ]);
    let prediction = this.#predictions.get(signature);
    if (prediction === undefined) {
      let maskIndex = this.#byValues.get(values);
      if (maskIndex === undefined) {
        const isFirst = this.#byValues.size === 0;
        maskIndex = isFirst ? this.maskIndex : new MaskIndex(classification, rules);
        this.#byValues.set(values, maskIndex);
      }
      prediction = new Prediction(maskIndex, rules, included);
      this.#predictions.set(signature, prediction);
    }
    return prediction;
  }

  /**
   * What another aggregation makes of the events that count: of the same values, or of none for COUNT. Groups and windows
   * are worked out when they are first asked for, which most totals do not lead to.
   */
  predictAs(aggregation: Aggregation): Predicted {
    const predictionOf = (isTotalOnly: boolean): Prediction => {
      const taken = { aggregation, isTotalOnly };
      const maskIndex = new MaskIndex(this.classification, this.rules, taken);
      return new Prediction(maskIndex, this.rules, maskIndex.included(this.rules));
    };
    let whole: Prediction | undefined;
    const breakdowns = (): Prediction => {
      whole ??= predictionOf(false);
      return whole;
    };
    return withRows(predictionOf(true), {
      groups: () => breakdowns().groups(),
      windows: () => breakdowns().windows(),
    });
  }

  /**
   * The quantities of the events that count under the library's own rules when one condition is not asked for, given by
   * its bit. `counts` says whether the event of a row does then.
   */
  predictWithout(
    condition: number,
    { weight, timeOf }: Pick<Taken, "weight" | "timeOf">,
  ): { readonly prediction: Prediction; readonly counts: (row: number) => boolean } {
    const { columns } = this.classification;
    const isOwn = countsUnder(this.rules);
    const required = requiredBits(this.rules);
    const isTaken = (mask: number): boolean => isIncluded(mask | condition, required, 0);
    const maskIndex = new MaskIndex(this.classification, this.rules, { weight, timeOf, isTaken });
    const prediction = new Prediction(maskIndex, this.rules, maskIndex.parts);
    const counts = (row: number): boolean =>
      isOwn((columns.mask[row] as number) | condition) && weight?.(row) !== 0;
    return { prediction, counts };
  }

  /** The sources of the events by their numbers, and that of a row: `NONE` where it has none. */
  get sources(): Sources {
    this.#sources ??= sourcesOf(this.classification);
    return this.#sources;
  }

  /** The quantities of the events when some are left out or repeated, under the library's own rules. */
  predictWeighted(weight: Weight): Prediction {
    return this.predictWithout(0, { weight }).prediction;
  }

  /** Adds the event of a row to an accumulator. */
  addTo(accumulators: BoundedAccumulators, at: number, row: number): void {
    accumulators.add(at, this.classification.columns.valueOf(row), this.orderOf(row));
  }

  /** What the event of a row adds to a quantity, of those that are added up. */
  amountOf(row: number): Exact {
    const { plan, columns } = this.classification;
    return plan.aggregation === "COUNT" ? ONE : columns.exactOf(row);
  }

  /** As `amountOf`, nearly. */
  nearAmountOf(row: number): number {
    const { plan, columns } = this.classification;
    return plan.aggregation === "COUNT" ? 1 : columns.nearOf(row);
  }

  /** What LATEST goes by: the place of a row in the order of time; 0 for other aggregations. */
  orderOf(row: number): number {
    const { classification, rules } = this;
    if (classification.plan.aggregation !== "LATEST") return 0;
    this.#ranks ??= classification.ranks(rules);
    return this.#ranks[row] as number;
  }

  /** Whether the event of a row counts under the library's own rules. */
  counts(row: number): boolean {
    return this.#isCounting(this.classification.columns.mask[row] as number);
  }

  /** Rows that pass a test, in ascending order. */
  rowsWhere(test: (row: number) => boolean): RowSet {
    const { columns } = this.classification;
    const rows = function* (): Generator<number, void, undefined> {
      for (let row = 0; row < columns.length; row++) if (test(row)) yield row;
    };
    let count = 0;
    for (const _ of rows()) count++;
    return { count, rows };
  }

  /** The events that count under one of two sets of rules and not under the other. */
  rowsThatDiffer(rules: Rules): RowSet {
    const { classification } = this;
    const { mask: masks, group } = classification.columns;
    const isIn = countsUnder(rules);
    // A null dimension moves an event to another group, although it counts as before.
    const isMoved = (row: number): boolean =>
      rules.nullAsEmpty && classification.hasNull(group[row] as number);
    return this.rowsWhere((row) => {
      const mask = masks[row] as number;
      return isIn(mask) ? !this.#isCounting(mask) || isMoved(row) : this.#isCounting(mask);
    });
  }
}

/** The quantities of the events by a key: their window, say, or their source. */
export class KeyedAccumulators<Key> {
  readonly #search: Search;
  readonly accumulators: BoundedAccumulators;
  /** The number of each key's accumulator, in the order in which keys came. */
  readonly numbers = new Map<Key, number>();

  constructor(search: Search) {
    this.#search = search;
    this.accumulators = search.classification.createAccumulators();
  }

  add(key: Key, row: number): void {
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.accumulators.create();
      this.numbers.set(key, number);
    }
    this.#search.addTo(this.accumulators, number, row);
  }

  quantity(key: Key): Exact | undefined {
    const number = this.numbers.get(key);
    return number === undefined ? undefined : this.accumulators.quantity(number);
  }

  /** How far doubles may miss the quantity of a key. */
  bound(key: Key): number {
    const number = this.numbers.get(key);
    return number === undefined ? 0 : this.accumulators.bounds(number).quantity;
  }
}

/** Whether the quantity of a row is the server's, as far as doubles can tell; undefined where a side has no such row. */
export function isClose(own: PredictedRow | undefined, server: Exact | undefined): boolean {
  const { quantity, bounds = NO_LOSS } = own ?? {};
  return agreementOf(quantity, server ?? null, bounds.quantity) !== "different";
}

/** The sources of events, whatever their namespaces. */
export interface Sources {
  readonly texts: readonly string[];
  readonly numberOf: (row: number) => number;
}

function sourcesOf({ columns, sources }: EventClassification): Sources {
  const numbers = new StringInterner();
  const byScope = sources.map((source) => (source === null ? NONE : numbers.numberOf(source)));
  return {
    texts: numbers.texts,
    numberOf: (row) => byScope[columns.scope[row] as number] ?? NONE,
  };
}
