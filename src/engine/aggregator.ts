import { Breakdown, CountedRows } from "./breakdown.ts";
import type { EventLayout } from "./event-batch.ts";
import { CAPACITY, type Column, type EventBatch } from "./event-batch.ts";
import type { EventConsumer } from "./event-pipeline.ts";
import { selectRows } from "./filter.ts";
import { StringInterner } from "./interners.ts";
import type { DimensionPlace, Plan } from "./plan.ts";
import type { SummaryOptions } from "./summary-options.ts";

/** What tells groups apart: the text of a dimension, or one made of what a batch always has: the event's time. */
export type GroupBy =
  | DimensionPlace
  | { readonly textOf: (batch: EventBatch, row: number) => string };

/** A dimension in the groups: a column of the batch, or texts made of each event's fields. */
type Dimension = { readonly interner: StringInterner } & (
  | { readonly column: Column; readonly textOf?: undefined }
  | { readonly column?: undefined; readonly textOf: (batch: EventBatch, row: number) => string }
);

/** One cost and query: selects its events from a batch, and counts those that pass its filter. */
export class Aggregator implements EventConsumer {
  readonly plan: Plan;
  /** The position of the cost's event type in the layout. */
  readonly type: number;
  readonly valueColumns: readonly Column[];
  readonly #breakdowns: readonly Breakdown[];
  readonly #value: Column | undefined;
  readonly #dimensions: readonly Dimension[];
  readonly #counted: CountedRows;
  readonly #filters: readonly { readonly column: Column; readonly passing: readonly number[] }[];
  /** The rows of the batch at hand that were selected. */
  rows = new Int32Array(0);
  selected = 0;
  /** How many events passed the filter without a value that the cost's aggregation uses. */
  withoutValue = 0;

  /** `broader` is how many of `groupBy` the groups of a second breakdown are told apart by. */
  constructor(
    plan: Plan,
    layout: EventLayout,
    groupBy: readonly GroupBy[] = plan.groupBy ?? [],
    broader?: number,
  ) {
    const { aggregation, eventType, valuePath } = plan;
    this.plan = plan;
    this.type = layout.typeNumber(eventType);
    const isUnique = aggregation === "UNIQUE_COUNT";
    this.#value =
      valuePath.length === 0
        ? undefined
        : layout.column(eventType, isUnique ? "distinct" : "number", valuePath);
    const dimensionAt = (place: DimensionPlace): Column => layout.dimension(eventType, place);
    this.#dimensions = groupBy.map((by): Dimension => {
      if ("textOf" in by) return { textOf: by.textOf, interner: new StringInterner() };
      const column = dimensionAt(by);
      return { column, interner: column.interner as StringInterner };
    });
    this.#filters = plan.filters.map(({ texts, ...place }) => {
      const column = dimensionAt(place);
      const numberOf = (text: string): number => (column.interner as StringInterner).numberOf(text);
      return { column, passing: [...texts].map(numberOf) };
    });
    const columns = [
      this.#value,
      ...this.#dimensions.map(({ column }) => column),
      ...this.#filters.map(({ column }) => column),
    ];
    this.valueColumns = [...new Set(columns.filter((column) => column !== undefined))];
    layout.hasScope ||= plan.merchantId !== undefined || plan.subject !== undefined;
    this.#counted = new CountedRows(this.#dimensions.length);
    const interners = this.#dimensions.map(({ interner }) => interner);
    const breakdownBy = (count: number): Breakdown =>
      new Breakdown(plan, interners.slice(0, count), this.#value?.interner);
    this.#breakdowns = [
      breakdownBy(interners.length),
      ...(broader === undefined ? [] : [breakdownBy(broader)]),
    ];
  }

  /** By all of `groupBy`, and, where there is to be a broader one, by the first of it. */
  get breakdowns(): readonly Breakdown[] {
    this.#flush();
    return this.#breakdowns;
  }

  /** By all of `groupBy`. */
  get breakdown(): Breakdown {
    return this.breakdowns[0] as Breakdown;
  }

  /** Selects the events of the plan's type, namespace, subject and range. */
  select(batch: EventBatch, options: SummaryOptions): void {
    if (this.rows.length < batch.size) this.rows = new Int32Array(batch.times.length);
    this.selected = selectRows(this.plan, batch, this.rows, options);
  }

  needsValues(): boolean {
    return true;
  }

  /**
   * Counts the selected ones of the first `count` events, but those that are dropped; returns how many passed the
   * filter.
   */
  count(batch: EventBatch, count: number, isDropped: Uint8Array | undefined): number {
    const { rows } = this;
    let selected = this.selected;
    while (selected > 0 && (rows[selected - 1] as number) >= count) selected--;
    const passed = this.#filter(selected, isDropped);
    const counted = this.#counted;
    if (counted.size + passed > CAPACITY) this.#flush();
    const first = counted.size;
    counted.reserve(first + passed);
    const added = this.#gather(batch, passed, first);
    this.withoutValue += passed - added;
    for (const [at, { column, textOf, interner }] of this.#dimensions.entries()) {
      const texts = counted.texts[at] as Int32Array;
      if (column !== undefined) gatherTexts(column.texts, rows, added, texts, first);
      else {
        for (let index = 0; index < added; index++) {
          texts[first + index] = interner.numberOf(textOf(batch, rows[index] as number));
        }
      }
    }
    counted.size = first + added;
    return passed;
  }

  #flush(): void {
    const counted = this.#counted;
    if (counted.size === 0) return;
    for (const breakdown of this.#breakdowns) breakdown.count(counted);
    counted.size = 0;
  }

  /** Leaves in `rows` what is neither dropped nor filtered out. */
  #filter(selected: number, isDropped: Uint8Array | undefined): number {
    const { rows } = this;
    let passed = selected;
    if (isDropped !== undefined) {
      passed = 0;
      for (let index = 0; index < selected; index++) {
        const row = rows[index] as number;
        if (isDropped[row] === 0) rows[passed++] = row;
      }
    }
    for (const { column, passing } of this.#filters) {
      const { texts } = column;
      let left = 0;
      for (let index = 0; index < passed; index++) {
        const row = rows[index] as number;
        if (passing.includes(texts[row] as number)) rows[left++] = row;
      }
      passed = left;
    }
    return passed;
  }

  /**
   * Copies times and values, and leaves in `rows` those that have a usable value: a group or window without one is a row
   * only of UNIQUE_COUNT, and of COUNT, where every event counts.
   */
  #gather({ times }: EventBatch, passed: number, first: number): number {
    const { rows } = this;
    const column = this.#value;
    const { values: toValues, times: toTimes, exacts: toExacts } = this.#counted;
    if (column === undefined) {
      for (let index = 0; index < passed; index++) {
        toTimes[first + index] = times[rows[index] as number] as number;
      }
      return passed;
    }
    const { values, exacts, kind } = column;
    const isUnique = kind === "distinct";
    let size = 0;
    for (let index = 0; index < passed; index++) {
      const row = rows[index] as number;
      const value = values[row] as number;
      if (Number.isNaN(value) && !isUnique) {
        const exact = exacts[row];
        if (exact === undefined) continue;
        toExacts[first + size] = exact;
      }
      rows[size] = row;
      toValues[first + size] = value;
      toTimes[first + size] = times[row] as number;
      size++;
    }
    return size;
  }
}

function gatherTexts(
  texts: Int32Array,
  rows: Int32Array,
  size: number,
  into: Int32Array,
  first: number,
): void {
  for (let index = 0; index < size; index++) {
    into[first + index] = texts[rows[index] as number] as number;
  }
}
