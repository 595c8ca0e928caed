import { Batch } from "./batch.ts";
import { Breakdown } from "./breakdown.ts";
import { DimensionTexts } from "./dimension-texts.ts";
import type { EventFields } from "./event.ts";
import { Groups } from "./groups.ts";
import type { PathTree } from "./path-tree.ts";
import { PlainValues } from "./plain-values.ts";
import type { Plan } from "./plan.ts";
import { TextTable } from "./text-table.ts";
import { dimensionText, type Path, readAt, uniqueText, usableNumber } from "./values.ts";

/** What tells groups apart: the text at a path, or one made of the event's fields. */
export type GroupBy =
  | { readonly path: Path }
  | { readonly textOf: (event: EventFields, timestamp: number) => string };

/** What tells groups apart, where its value is found, and the texts it has had. */
export interface UsedDimension {
  readonly by: GroupBy;
  /** -1 where the text is made of the event's fields. */
  readonly slot: number;
  readonly texts: DimensionTexts;
}

/**
 * One cost and query at work: reads what it uses of an event, and counts it. The two are apart so that every meter has
 * read an event before any counts it: one that some cost cannot read counts for none. Every used value is read before
 * the filter decides: whether an event is valid must not depend on what is filtered by.
 */
export class Meter {
  readonly plan: Plan;
  /** -1 for COUNT, which reads no value. */
  readonly valueSlot: number;
  readonly isUnique: boolean;
  readonly uniqueTexts = new TextTable(false);
  readonly dimensions: UsedDimension[] = [];
  /** Events to be counted, and at its end the one at hand. */
  readonly batch: Batch;
  readonly #breakdowns: readonly Breakdown[];
  /** Undefined for UNIQUE_COUNT, whose values are texts. */
  readonly #plainValues: PlainValues | undefined;
  /** Whether every event passes, and no text is made of its fields. */
  readonly #isPassing: boolean;
  readonly #filters: readonly { readonly position: number; readonly passing: readonly number[] }[];

  /**
   * `groupBy` is what the groups are told apart by: in one breakdown by all of it, and, where there is to be a broader
   * one, in another by the `broader` first.
   */
  constructor(
    plan: Plan,
    paths: PathTree,
    groupBy: readonly GroupBy[] = plan.groupBy ?? [],
    broader?: number,
  ) {
    this.plan = plan;
    this.isUnique = plan.aggregation === "UNIQUE_COUNT";
    this.valueSlot = plan.valuePath.length === 0 ? -1 : paths.slotOf(plan.valuePath);
    const addDimension = (by: GroupBy): UsedDimension => {
      const slot = "path" in by ? paths.slotOf(by.path) : -1;
      const dimension = { by, slot, texts: new DimensionTexts() };
      this.dimensions.push(dimension);
      return dimension;
    };
    groupBy.forEach(addDimension);
    const texts = this.dimensions.map((dimension) => dimension.texts);
    const breakdownBy = (count: number): Breakdown =>
      new Breakdown(
        plan,
        count === 0 ? undefined : new Groups(texts.slice(0, count)),
        this.uniqueTexts,
      );
    this.#breakdowns = [
      breakdownBy(groupBy.length),
      ...(broader === undefined ? [] : [breakdownBy(broader)]),
    ];
    this.#filters = plan.filters.map(({ path, texts }) => {
      const slot = paths.slotOf(path);
      const dimension = this.dimensions.find((one) => one.slot === slot) ?? addDimension({ path });
      return {
        position: this.dimensions.indexOf(dimension),
        passing: [...texts].map((text) => dimension.texts.numberOf(text)),
      };
    });
    this.#isPassing = this.#filters.length === 0 && groupBy.every((by) => "path" in by);
    this.batch = new Batch(this.dimensions.length);
    this.#plainValues = this.#plainValuesOf(plan);
  }

  /** By all of `groupBy`, and then the broader one. */
  get breakdowns(): readonly Breakdown[] {
    this.#count();
    return this.#breakdowns;
  }

  /** By all of `groupBy`. */
  get breakdown(): Breakdown {
    return this.breakdowns[0] as Breakdown;
  }

  /** Reads what is used from data that is a plain object; false when it is to be read by `readData`. */
  readPlain(data: Record<string, unknown>): boolean {
    return this.#plainValues?.read(data, this.batch) === true;
  }

  /** Reads what is used from an event's data, whatever is in it. Throws an `UnreadableValueError`. */
  readData(data: unknown): void {
    if (this.valueSlot !== -1) {
      readAt(data, this.plan.valuePath, (value) => this.#readValue(value));
    }
    for (const [at, { by, texts }] of this.dimensions.entries()) {
      if ("path" in by) this.setText(at, texts.numberOf(readAt(data, by.path, dimensionText)));
    }
  }

  /** Sets the number of a dimension's text, for one who reads the event himself. */
  setText(dimension: number, text: number): void {
    (this.batch.texts[dimension] as Int32Array)[this.batch.size] = text;
  }

  /** Reads what is made of the event's fields, and says whether the event passes the filter. */
  passes(event: EventFields, timestamp: number): boolean {
    if (this.#isPassing) return true;
    const { dimensions, batch } = this;
    for (let at = 0; at < dimensions.length; at++) {
      const { by, texts } = dimensions[at] as UsedDimension;
      if ("textOf" in by) this.setText(at, texts.numberOf(by.textOf(event, timestamp)));
    }
    for (const { position, passing } of this.#filters) {
      const text = (batch.texts[position] as Int32Array)[batch.size] as number;
      if (!passing.includes(text)) return false;
    }
    return true;
  }

  /** Counts the event at hand. */
  count(timestamp: number): void {
    const { batch } = this;
    if (this.valueSlot === -1) batch.setValue(1);
    // A group or window in which no value counts is a row of UNIQUE_COUNT, and of COUNT, where every event does.
    const { size } = batch;
    if (Number.isNaN(batch.values[size]) && batch.exacts[size] === undefined && !this.isUnique)
      return;
    batch.times[size] = timestamp;
    batch.size = size + 1;
    if (batch.isFull) this.#count();
  }

  #count(): void {
    for (const breakdown of this.#breakdowns) breakdown.count(this.batch);
    this.batch.size = 0;
  }

  #plainValuesOf(plan: Plan): PlainValues | undefined {
    const paths = this.dimensions.flatMap(({ by }) => ("path" in by ? [by.path.join(".")] : []));
    if (this.isUnique || new Set(paths).size < paths.length) return undefined;
    const values = new PlainValues();
    if (this.valueSlot !== -1) values.addValue(plan.valuePath);
    for (const [at, { by, texts }] of this.dimensions.entries()) {
      if ("path" in by) values.addDimension(by.path, at, texts);
    }
    return values;
  }

  #readValue(form: unknown): void {
    if (this.isUnique) {
      const text = uniqueText(form);
      this.batch.setValue(text === undefined ? undefined : this.uniqueTexts.numberOf(text));
    } else {
      this.batch.setValue(usableNumber(form));
    }
  }
}
