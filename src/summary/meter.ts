import { Batch, CAPACITY, integerColumn } from "./batch.ts";
import { Breakdown } from "./breakdown.ts";
import { type ColumnReader, TextReader, TwoReaders, ValueReader } from "./column-readers.ts";
import { DimensionTexts } from "./dimension-texts.ts";
import type { EventFields } from "./event.ts";
import { Groups } from "./groups.ts";
import { PARTIAL, PathTree, UNREAD } from "./path-tree.ts";
import type { Plan } from "./plan.ts";
import { TextTable } from "./text-table.ts";
import { dimensionText, type Path, readAt } from "./values.ts";

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

/** Events in columns, as a meter reads them. */
export interface MeteredEvents {
  readonly types: readonly string[];
  readonly namespaces: readonly (string | null | undefined)[];
  readonly subjects: readonly (string | null | undefined)[];
  /** Milliseconds since 1970. */
  readonly times: Float64Array;
  fieldsOf(at: number): EventFields;
  /**
   * Lets a meter read what it uses of the first `size` events that it `picked`; gives how many of them were read before
   * one that is to be read in another way.
   */
  readFor(meter: Meter, picked: Int32Array, size: number): number;
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
  /** Of plain data: where the value and the dimensions are, and what reads them there. */
  readonly #tree = new PathTree();
  readonly #readers: readonly ColumnReader[];
  readonly #value: ValueReader | undefined;
  /** Which of the plain events at hand are to be counted. */
  readonly #picked = integerColumn();
  #pickedCount = 0;
  readonly #hasMadeTexts: boolean;
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
    const slotOf = (path: Path): number => paths.slotOf(["data", ...path]);
    this.plan = plan;
    this.isUnique = plan.aggregation === "UNIQUE_COUNT";
    this.valueSlot = plan.valuePath.length === 0 ? -1 : slotOf(plan.valuePath);
    const addDimension = (by: GroupBy): UsedDimension => {
      const slot = "path" in by ? slotOf(by.path) : -1;
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
      const slot = slotOf(path);
      const dimension = this.dimensions.find((one) => one.slot === slot) ?? addDimension({ path });
      return {
        position: this.dimensions.indexOf(dimension),
        passing: [...texts].map((text) => dimension.texts.numberOf(text)),
      };
    });
    this.#hasMadeTexts = groupBy.some((by) => "textOf" in by);
    this.#isPassing = this.#filters.length === 0 && !this.#hasMadeTexts;
    this.batch = new Batch(this.dimensions.length);
    const readers: ColumnReader[] = [];
    const addReader = (path: Path, reader: ColumnReader): void => {
      const slot = this.#tree.slotOf(path);
      const other = readers[slot];
      readers[slot] = other === undefined ? reader : new TwoReaders(other, reader);
    };
    if (this.valueSlot !== -1) {
      this.#value = new ValueReader(this.batch, this.isUnique ? this.uniqueTexts : undefined);
      addReader(plan.valuePath, this.#value);
    }
    for (const [at, { by, texts }] of this.dimensions.entries()) {
      const numbers = this.batch.texts[at] as Int32Array;
      if ("path" in by) addReader(by.path, new TextReader(numbers, texts));
    }
    this.#readers = readers;
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

  /** Whether it asks for the namespaces and subjects of events. */
  get needsScope(): boolean {
    const { merchantId, subject } = this.plan;
    return merchantId !== undefined || subject !== undefined || this.#hasMadeTexts;
  }

  /**
   * Reads what is used of the first so many events, where it is to be counted; gives how many of them were read before
   * one that is to be read in another way.
   */
  read(events: MeteredEvents, count: number): number {
    if (this.batch.size + count > CAPACITY) this.#count();
    const picked = this.#picked;
    const size = this.#pick(events, count);
    this.#pickedCount = events.readFor(this, picked, size);
    return this.#pickedCount < size ? (picked[this.#pickedCount] as number) : count;
  }

  /** As `readFor` of events, of plain data. */
  readPlain(
    data: readonly Readonly<Record<string, unknown>>[],
    picked: Int32Array,
    size: number,
  ): number {
    const tree = this.#tree;
    const readers = this.#readers;
    const first = this.batch.size;
    for (const reader of readers) reader.clear(first, first + size);
    let index = 0;
    try {
      for (; index < size; index++) {
        const object = data[picked[index] as number] as Readonly<Record<string, unknown>>;
        const outcome = tree.read(object, readers, first + index);
        if (outcome === UNREAD) break;
        if (outcome === PARTIAL) for (const reader of readers) reader.complete(first + index);
      }
    } catch {
      // A getter threw, or a number is out of bounds; the other way of reading says where.
    }
    return index;
  }

  /** Picks the events of the plan among the first so many; says how many they are. */
  #pick({ types, times, namespaces, subjects }: MeteredEvents, count: number): number {
    const { eventType, from, to, merchantId, subject } = this.plan;
    const picked = this.#picked;
    const isScoped = merchantId !== undefined || subject !== undefined;
    let size = 0;
    for (let at = 0; at < count; at++) {
      const time = times[at] as number;
      if (types[at] !== eventType || !(time >= from && time < to)) continue;
      if (
        isScoped &&
        ((merchantId !== undefined && (namespaces[at] ?? merchantId) !== merchantId) ||
          (subject !== undefined && subjects[at] !== subject))
      )
        continue;
      picked[size++] = at;
    }
    return size;
  }

  /** Counts what was read of the first so many events, but of those dropped; says how many passed. */
  countRead(events: MeteredEvents, count: number, isDropped: Uint8Array): number {
    const { batch } = this;
    const { times } = events;
    const picked = this.#picked;
    const first = batch.size;
    let end = this.#pickedCount;
    while (end > 0 && (picked[end - 1] as number) >= count) end--;
    if (this.valueSlot === -1) batch.values.fill(1, first, first + end);
    let passed = 0;
    for (let index = 0; index < end; index++) {
      if (this.#isPassing && first + index === batch.size) {
        const { values, times: kept } = batch;
        for (; index < end; index++) {
          const at = picked[index] as number;
          const value = values[first + index] as number;
          if (isDropped[at] === 1 || Number.isNaN(value)) break;
          passed++;
          kept[first + index] = times[at] as number;
        }
        batch.size = first + index;
        if (index === end) break;
      }
      const at = picked[index] as number;
      if (isDropped[at] === 1) continue;
      const time = times[at] as number;
      if (first + index !== batch.size) batch.move(first + index);
      if (!this.#isPassing && !this.passes(events.fieldsOf(at), time)) continue;
      passed++;
      this.#keep(time);
    }
    if (batch.isFull) this.#count();
    return passed;
  }

  /** Reads what is used from an event's data, whatever is in it. Throws an `UnreadableValueError`. */
  readData(data: unknown): void {
    const value = this.#value;
    if (value !== undefined) {
      readAt(data, this.plan.valuePath, (form) => value.read(form, this.batch.size));
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
    if (this.valueSlot === -1) this.batch.setValue(this.batch.size, 1);
    this.#keep(timestamp);
    if (this.batch.isFull) this.#count();
  }

  #keep(timestamp: number): void {
    const { batch } = this;
    // A group or window in which no value counts is a row of UNIQUE_COUNT, and of COUNT, where every event does.
    const { size } = batch;
    if (Number.isNaN(batch.values[size]) && batch.exacts[size] === undefined && !this.isUnique)
      return;
    batch.times[size] = timestamp;
    batch.size = size + 1;
  }

  #count(): void {
    for (const breakdown of this.#breakdowns) breakdown.count(this.batch);
    this.batch.size = 0;
  }
}
