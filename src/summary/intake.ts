import { InvalidEventError } from "../errors.ts";
import type { CostEvent } from "../models.ts";
import { CAPACITY } from "./batch.ts";
import { concerns } from "./concerns.ts";
import { checkEvent, type EventProblem, unreadable } from "./event.ts";
import { EventColumns, type NeededFields } from "./event-columns.ts";
import type { IncomingEvent, IncomingEvents } from "./incoming-event.ts";
import { MemoryEvent } from "./memory-event.ts";
import type { Meter } from "./meter.ts";
import { isObjectPrototypeBare, type PathTree } from "./path-tree.ts";
import { SeenKeys } from "./seen-keys.ts";
import { checkOptions, currentTime, type SummaryOptions } from "./summary-options.ts";
import { UnreadableValueError } from "./values.ts";

/** What became of the events that were added so far. */
export interface EventCounts {
  /** All of them. */
  readonly read: number;
  /** Those of the cost and the query: not left out by any rule. */
  readonly used: number;
  /** Those that `onInvalidEvent` took. */
  readonly invalid: number;
}

/** Takes events in, in the order received: checks each, drops repeated keys, and has the meters count the rest. */
export class EventIntake {
  readonly #options: SummaryOptions;
  readonly meters: readonly Meter[];
  /** Of the event at hand: for each meter, whether it counts it. */
  readonly #isCounted: boolean[];
  /** Plain events, and of each whether it is dropped. */
  readonly #columns: EventColumns;
  readonly #isDropped = new Uint8Array(CAPACITY);
  readonly #one: [CostEvent | undefined] = [undefined];
  /** All that the meters read. */
  readonly paths: PathTree;
  readonly needed: NeededFields;
  readonly #seen: SeenKeys | undefined;
  #now = Number.NaN;
  #read = 0;
  /** By one meter or another: an event that two of them use is there twice, and only one meter alone is asked for it. */
  #used = 0;
  #invalid = 0;

  constructor(options: SummaryOptions, paths: PathTree, meters: readonly Meter[]) {
    checkOptions(options);
    this.#options = options;
    this.meters = meters;
    this.#isCounted = meters.map(() => false);
    this.paths = paths;
    this.#seen = options.deduplicate === false ? undefined : new SeenKeys();
    this.needed = {
      scope: meters.some((meter) => meter.needsScope),
      isResolving: options.resolveSubject !== undefined,
      keys: this.#seen !== undefined,
    };
    this.#columns = new EventColumns(this.needed);
  }

  get counts(): EventCounts {
    return { read: this.#read, used: this.#used, invalid: this.#invalid };
  }

  /** The keys seen so far; undefined when events are not deduplicated. */
  get seen(): SeenKeys | undefined {
    return this.#seen;
  }

  /** Takes an event in memory; `line` is where it was read, if it was. */
  add(event: CostEvent, line?: number): void {
    const one = this.#one;
    one[0] = event;
    if (this.#addPlain(one as [CostEvent], 0, 1) === 0) this.#addAny(event, line);
  }

  /** Takes the events of an array. */
  addAll(events: readonly CostEvent[]): void {
    let room = CAPACITY;
    for (let at = 0; at < events.length; ) {
      const end = Math.min(at + room, events.length);
      at += this.#addPlain(events, at, end);
      // Where not all were plain, the next few are not, either.
      room = at === end ? Math.min(CAPACITY, room * 2) : 1;
      if (at < end) this.#addAny(events[at++] as CostEvent, undefined);
    }
  }

  /** Takes the events from `from` to `end`, up to the first that is not plain; says how many. */
  #addPlain(events: readonly CostEvent[], from: number, end: number): number {
    const columns = this.#columns;
    columns.load(events, from, end, this.#now);
    return this.takeAll(columns);
  }

  /** Takes events whose fields are fine, up to the first that is to be taken in another way; says how many. */
  takeAll(events: IncomingEvents): number {
    let count = events.size;
    const meters = this.meters;
    for (let at = 0; at < meters.length; at++) count = (meters[at] as Meter).read(events, count);
    if (!isObjectPrototypeBare()) return 0; // a walk over members may have met others
    const isDropped = this.#isDropped;
    const seen = this.#seen;
    if (seen !== undefined) {
      for (let at = 0; at < count; at++) {
        isDropped[at] = 0;
        if (!events.stageKey(seen, at)) continue;
        if (seen.isSeen()) isDropped[at] = 1;
        else seen.keep();
      }
    }
    for (let at = 0; at < meters.length; at++) {
      this.#used += (meters[at] as Meter).countRead(events, count, isDropped);
    }
    this.#read += count;
    return count;
  }

  #addAny(given: CostEvent, line: number | undefined): void {
    const checked = checkEvent(given);
    if ("issues" in checked) this.refuse(checked, line);
    else this.take(new MemoryEvent(checked), line);
  }

  /** Takes an event whose fields are fine. */
  take(event: IncomingEvent, line: number | undefined): void {
    const seen = this.#seen;
    const hasKey = seen !== undefined && event.stageKey(seen);
    if (hasKey && seen.isSeen()) {
      this.#read++;
      return;
    }
    try {
      this.#count(event);
    } catch (error) {
      // What the caller's own resolveSubject throws is no problem of the event.
      if (!(error instanceof UnreadableValueError)) throw error;
      this.refuse(unreadable(error, event.keyText()), line);
      return;
    }
    this.#read++;
    // Only now: an event that turned out to be invalid does not stand in the way of its repetition.
    if (hasKey) seen.keep();
  }

  /** Throws an `InvalidEventError`, or hands it to `onInvalidEvent`. */
  refuse(problem: EventProblem, line: number | undefined): void {
    const error = new InvalidEventError({ index: this.#read++, line, ...problem });
    const { onInvalidEvent } = this.#options;
    if (onInvalidEvent === undefined) throw error;
    this.#invalid++;
    onInvalidEvent(error);
  }

  /** Adds to the counts what became of events that another intake has taken in. */
  addCounts({ read, used, invalid }: EventCounts): void {
    this.#read += read;
    this.#used += used;
    this.#invalid += invalid;
  }

  #count(event: IncomingEvent): void {
    const meters = this.meters;
    const isCounted = this.#isCounted;
    const given = event.timestamp;
    if (Number.isNaN(given) && Number.isNaN(this.#now)) this.#now = currentTime(this.#options);
    const timestamp = Number.isNaN(given) ? this.#now : given;
    for (let at = 0; at < meters.length; at++) {
      const meter = meters[at] as Meter;
      isCounted[at] = concerns(meter.plan, event, timestamp, this.#options);
      if (isCounted[at] !== true) continue;
      event.readFor(meter);
      isCounted[at] = meter.passes(event, timestamp);
    }
    for (let at = 0; at < meters.length; at++) {
      if (isCounted[at] !== true) continue;
      this.#used++;
      (meters[at] as Meter).count(timestamp);
    }
  }
}
