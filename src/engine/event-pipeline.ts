import { InvalidEventError } from "../errors.ts";
import type { CostEvent } from "../models.ts";
import { Deduplicator } from "./deduplicator.ts";
import type { EventLayout } from "./event-batch.ts";
import { CAPACITY, type Column, EventBatch } from "./event-batch.ts";
import { UnreadableValueError } from "./event-values.ts";
import {
  type CheckedEvent,
  checkEvent,
  type EventProblem,
  fillFromAny,
  readFromAny,
  unreadable,
} from "./from-any.ts";
import { ObjectDecoder } from "./from-objects.ts";
import { isObjectPrototypeBare } from "./path-reader.ts";
import { currentTime, readOptions, type SummaryOptions } from "./summary-options.ts";

/** What became of the events that were added so far. */
export interface EventCounts {
  /** All of them. */
  readonly read: number;
  /** Those of the cost and the query: not left out by any rule. */
  readonly used: number;
  /**
   * Of those used, how many have no usable value where the cost reads one: they add nothing. 0 for COUNT, which reads
   * none, and for UNIQUE_COUNT.
   */
  readonly withoutValue: number;
  /** How many name no time: they are taken to be of now. */
  readonly withoutTime: number;
  /** Those that `onInvalidEvent` took. */
  readonly invalid: number;
}

/** What a pipeline counts itself; its consumers read the values. */
type PipelineCounts = Omit<EventCounts, "withoutValue">;

/** What takes the events of a pipeline: an aggregator, or a classification. */
export interface EventConsumer {
  /** The position in the layout of the type whose columns it reads. */
  readonly type: number;
  /** The columns that it reads. */
  readonly valueColumns: readonly Column[];
  /** The rows of the batch at hand that were selected, ascending: their values are read. */
  readonly rows: Int32Array;
  readonly selected: number;
  /** Selects the events whose values it reads. What it keeps of them it keeps when they are counted. */
  select(batch: EventBatch, options: SummaryOptions): void;
  /**
   * Whether the one event of a batch, which was selected but has an unreadable value, is invalid; otherwise it is counted
   * next, without its values.
   */
  needsValues(batch: EventBatch): boolean;
  /** Counts the first `count` events, but those that are dropped; returns how many were used. */
  count(batch: EventBatch, count: number, isDropped: Uint8Array | undefined): number;
}

/** What has filled the fields of a batch, and reads the values that are asked for. */
export interface ValueSource {
  /**
   * Reads the columns of a type of the layout for some rows, whose events are of that type, in ascending order; returns
   * how many of them come before one that only the reference can read.
   */
  readValues(type: number, rows: Int32Array, count: number): number;
}

/**
 * The way of events from a decoder to what counts them, in the order received: select by type and range, read the used
 * values, deduplicate, then filter and count in each aggregator. Every used value is read before anything is counted: an
 * event that one cost cannot read counts for none.
 */
export class EventPipeline {
  readonly #options: SummaryOptions;
  readonly layout: EventLayout;
  readonly batch: EventBatch;
  readonly #consumers: readonly EventConsumer[];
  /** By the types of the layout. */
  readonly #byType: readonly EventConsumer[][];
  readonly #objects: ObjectDecoder;
  readonly #deduplicator: Deduplicator | undefined;
  readonly #isRepeated: Uint8Array | undefined;
  /** The rows that some consumer of a type has selected. */
  readonly #wanted = new Int32Array(CAPACITY);
  readonly #isWanted = new Uint8Array(CAPACITY);
  readonly #one: [CostEvent | undefined] = [undefined];
  #now = Number.NaN;
  /** The rows of the batch at hand whose events have no time. */
  readonly #timeless: number[] = [];
  #withoutTime = 0;
  #read = 0;
  /** Once for each aggregator that used it. */
  #used = 0;
  #invalid = 0;

  constructor(options: SummaryOptions, layout: EventLayout, consumers: readonly EventConsumer[]) {
    this.#options = readOptions(options);
    this.#deduplicator = options.deduplicate === false ? undefined : new Deduplicator();
    this.#isRepeated = this.#deduplicator && new Uint8Array(CAPACITY);
    layout.isResolving = options.resolveSubject !== undefined;
    layout.hasKeys ||= this.#deduplicator !== undefined;
    this.layout = layout;
    this.batch = new EventBatch(layout.columns);
    this.#consumers = consumers;
    this.#byType = layout.types.map(() => []);
    for (const consumer of consumers)
      (this.#byType[consumer.type] as EventConsumer[]).push(consumer);
    this.#objects = new ObjectDecoder(this.batch, layout);
  }

  get counts(): PipelineCounts {
    return {
      read: this.#read,
      used: this.#used,
      invalid: this.#invalid,
      withoutTime: this.#withoutTime,
    };
  }

  /** The keys seen so far; undefined when events are not deduplicated. */
  get deduplicator(): Deduplicator | undefined {
    return this.#deduplicator;
  }

  /** Adds an event in memory; `line` is where it was read, if it was. */
  add(event: CostEvent, line?: number): void {
    const one = this.#one;
    one[0] = event;
    this.#objects.fill(one, 0, 1);
    if (this.addBatch(this.#objects) === 0) this.#addAny(event, line);
  }

  /** Adds events in the order received. */
  addAll(events: Iterable<CostEvent>): void {
    // Of other iterables one at a time: a generator may give the same object again with other members.
    const isArray =
      Array.isArray(events) && events[Symbol.iterator] === Array.prototype[Symbol.iterator];
    if (isArray) this.#addArray(events);
    else for (const event of events) this.add(event);
  }

  #addArray(events: readonly CostEvent[]): void {
    let room = CAPACITY;
    for (let at = 0; at < events.length; ) {
      const end = Math.min(at + room, events.length);
      this.#objects.fill(events, at, end);
      at += this.addBatch(this.#objects);
      // Where not all were plain, the next few mostly are not, either.
      room = at === end ? Math.min(CAPACITY, room * 2) : 1;
      if (at < end) this.#addAny(events[at++] as CostEvent, undefined);
    }
  }

  /**
   * Adds the events of the batch, whose fields are checked, up to the first that only the reference can read; returns
   * how many.
   */
  addBatch(source: ValueSource): number {
    const { batch } = this;
    if (batch.hasAbsentTimes) this.#setAbsentTimes();
    let count = batch.size;
    for (let type = 0; type < this.#byType.length; type++) {
      const consumers = this.#byType[type] as EventConsumer[];
      for (const consumer of consumers) consumer.select(batch, this.#options);
      const [first] = consumers;
      if (first === undefined) continue;
      const isAlone = consumers.length === 1;
      const rows = isAlone ? first.rows : this.#wanted;
      const wanted = isAlone ? first.selected : this.#union(consumers);
      const read = source.readValues(type, rows, wanted);
      if (read < wanted) count = Math.min(count, rows[read] as number);
    }
    if (!isObjectPrototypeBare()) return 0; // a walk over members may have met others
    this.#deduplicator?.markRepeated(batch, count, this.#isRepeated as Uint8Array);
    for (const consumer of this.#consumers) {
      this.#used += consumer.count(batch, count, this.#isRepeated);
    }
    this.#read += count;
    if (batch.hasAbsentTimes) {
      this.#withoutTime += this.#timeless.filter((row) => row < count).length;
    }
    return count;
  }

  /** Throws an `InvalidEventError`, or hands it to `onInvalidEvent`. */
  refuse(problem: EventProblem, line: number | undefined): void {
    const error = new InvalidEventError({ index: this.#read++, line, ...problem });
    const { onInvalidEvent } = this.#options;
    if (onInvalidEvent === undefined) throw error;
    this.#invalid++;
    onInvalidEvent(error);
  }

  /** Adds what became of the events of another pipeline. */
  addCounts({ read, used, invalid, withoutTime }: PipelineCounts): void {
    this.#read += read;
    this.#used += used;
    this.#invalid += invalid;
    this.#withoutTime += withoutTime;
  }

  /** Adds any event, by the rules that are the reference. */
  #addAny(given: CostEvent, line: number | undefined): void {
    const checked = checkEvent(given);
    if ("issues" in checked) {
      this.refuse(checked, line);
      return;
    }
    const { batch } = this;
    fillFromAny(batch, checked);
    if (batch.hasAbsentTimes) {
      this.#setAbsentTimes();
      this.#withoutTime++;
    }
    const deduplicator = this.#deduplicator;
    const hasKey = deduplicator?.stageOf(batch, 0) === true;
    if (hasKey && deduplicator.isSeen()) {
      this.#read++;
      return;
    }
    const problem = this.#readAny(checked);
    if (problem !== undefined) {
      this.refuse(problem, line);
      return;
    }
    for (const consumer of this.#consumers) this.#used += consumer.count(batch, 1, undefined);
    this.#read++;
    // Only now: an invalid event must not stand in the way of its repetition.
    if (hasKey) deduplicator.keep();
  }

  #readAny({ data, idempotencyKey }: CheckedEvent): EventProblem | undefined {
    const { batch } = this;
    for (const consumer of this.#consumers) {
      consumer.select(batch, this.#options);
      if (consumer.selected === 0) continue;
      try {
        readFromAny(consumer.valueColumns, batch, data, this.#options);
      } catch (error) {
        // What the caller's own resolveSubject throws is not a problem of the event.
        if (!(error instanceof UnreadableValueError)) throw error;
        if (consumer.needsValues(batch)) return unreadable(error, idempotencyKey ?? undefined);
      }
    }
    return undefined;
  }

  #setAbsentTimes(): void {
    const { times, size } = this.batch;
    this.#timeless.length = 0;
    for (let row = 0; row < size; row++) {
      if (!Number.isNaN(times[row] as number)) continue;
      this.#timeless.push(row);
      if (Number.isNaN(this.#now)) this.#now = currentTime(this.#options);
      times[row] = this.#now;
    }
  }

  /** Writes the rows that some of these have selected, in ascending order; returns how many. */
  #union(consumers: readonly EventConsumer[]): number {
    const isWanted = this.#isWanted;
    const { size } = this.batch;
    isWanted.fill(0, 0, size);
    for (const { rows, selected } of consumers) {
      for (let index = 0; index < selected; index++) isWanted[rows[index] as number] = 1;
    }
    let count = 0;
    for (let row = 0; row < size; row++) if (isWanted[row] === 1) this.#wanted[count++] = row;
    return count;
  }
}
