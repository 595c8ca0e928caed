import { InvalidEventError, InvalidInputError } from "../errors.ts";
import type { CostEvent } from "../models.ts";
import { timeOfDate } from "../timestamp.ts";
import { CAPACITY } from "./batch.ts";
import { checkEvent, type EventFields, type EventProblem } from "./event.ts";
import { EventColumns, type NeededFields } from "./event-columns.ts";
import type { IncomingEvent, IncomingEvents } from "./incoming-event.ts";
import { MemoryEvent } from "./memory-event.ts";
import type { Meter } from "./meter.ts";
import { isObjectPrototypeBare, type PathTree } from "./path-tree.ts";
import type { Plan } from "./plan.ts";
import { SeenKeys } from "./seen-keys.ts";
import { UnreadableValueError } from "./values.ts";

/** How a local summary treats its events. */
export interface SummaryOptions {
  /**
   * What time it is, for events without a timestamp; read once a summary.
   * @default () => new Date()
   */
  readonly clock?: (() => Date) | undefined;
  /**
   * Whether events with the same namespace, source and idempotency key are one, the first received. Say false only of
   * events that are known to hold each key once: no key is remembered then.
   * @default true
   */
  readonly deduplicate?: boolean | undefined;
  /** The subject of an event that has only an `externalSubject`; undefined when it has none. */
  readonly resolveSubject?: ((externalSubject: string) => string | undefined) | undefined;
  /** Takes each invalid event instead of its being thrown; such events are counted, and nothing else is done. */
  readonly onInvalidEvent?: ((error: InvalidEventError) => void) | undefined;
}

/** What time it is, in milliseconds since 1970; NaN where the clock gives no valid Date. */
export function timeOfClock({ clock }: SummaryOptions): number {
  return timeOfDate(clock === undefined ? new Date() : clock());
}

/** What became of the events that were added so far. */
export interface EventCounts {
  /** All of them. */
  readonly read: number;
  /** Those of the cost and the query: not left out by any rule. */
  readonly used: number;
  /** Those that `onInvalidEvent` took. */
  readonly invalid: number;
}

const OPTION_CHECKS: Readonly<Record<keyof SummaryOptions, (value: unknown) => boolean>> = {
  clock: isFunction,
  deduplicate: (value) => typeof value === "boolean",
  resolveSubject: isFunction,
  onInvalidEvent: isFunction,
};

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function refuse(path: readonly string[], message: string): never {
  throw new InvalidInputError("The summary cannot be computed", [{ path, message }]);
}

function checkOptions(options: SummaryOptions): void {
  if (typeof options !== "object" || options === null) refuse([], "expected an object of options");
  const checks = new Map(Object.entries(OPTION_CHECKS));
  for (const [name, value] of Object.entries(options)) {
    const check = checks.get(name);
    if (check === undefined) {
      refuse([name], `unknown option; there are ${[...checks.keys()].join(", ")}`);
    } else if (value !== undefined && !check(value)) {
      refuse([name], `expected a ${name === "deduplicate" ? "boolean" : "function"}`);
    }
  }
}

/** Takes events in, in the order received: checks each, drops repeated keys, and has the meters count the rest. */
export class EventIntake {
  readonly #options: SummaryOptions;
  readonly meters: readonly Meter[];
  /** Of the event at hand: for each meter, whether it counts it. */
  readonly #isCounted: boolean[];
  /** Plain events, and of each whether it is dropped and whether a meter has counted it. */
  readonly #columns: EventColumns;
  readonly #isDropped = new Uint8Array(CAPACITY);
  readonly #isUsed = new Uint8Array(CAPACITY);
  readonly #one: [CostEvent | undefined] = [undefined];
  /** All that the meters read. */
  readonly paths: PathTree;
  readonly needed: NeededFields;
  readonly #seen: SeenKeys | undefined;
  #now = Number.NaN;
  #read = 0;
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
    const isUsed = this.#isUsed;
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
      (meters[at] as Meter).countRead(events, count, isDropped, isUsed);
    }
    let used = 0;
    for (let at = 0; at < count; at++) {
      used += isUsed[at] as number;
      isUsed[at] = 0;
    }
    this.#used += used;
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
      const { path, message } = error;
      this.refuse({ key: event.keyText(), issues: [{ path: ["data", ...path], message }] }, line);
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

  /** The event's subject: its own, else what `resolveSubject` makes of the external one. */
  subjectOf(event: EventFields): string | undefined {
    if (event.subject !== null) return event.subject;
    if (event.externalSubject === null) return undefined;
    const resolved: unknown = this.#options.resolveSubject?.(event.externalSubject);
    if (resolved === undefined || typeof resolved === "string") return resolved;
    return refuse(["resolveSubject"], "expected it to give text or undefined");
  }

  #count(event: IncomingEvent): void {
    const meters = this.meters;
    const isCounted = this.#isCounted;
    const given = event.timestamp;
    const timestamp = Number.isNaN(given) ? this.#currentTime() : given;
    let isUsed = false;
    for (let at = 0; at < meters.length; at++) {
      const meter = meters[at] as Meter;
      isCounted[at] = this.#concerns(meter.plan, event, timestamp);
      if (isCounted[at] !== true) continue;
      event.readFor(meter);
      isCounted[at] = meter.passes(event, timestamp);
      if (isCounted[at] === true) isUsed = true;
    }
    if (!isUsed) return;
    this.#used++;
    for (let at = 0; at < meters.length; at++) {
      if (isCounted[at] === true) (meters[at] as Meter).count(timestamp);
    }
  }

  /** Whether an event is of a plan's type, namespace, subject and range. */
  #concerns(plan: Plan, event: EventFields, timestamp: number): boolean {
    const { eventType, merchantId, subject, from, to } = plan;
    return (
      event.type === eventType &&
      (merchantId === undefined || event.namespace === null || event.namespace === merchantId) &&
      (subject === undefined || this.subjectOf(event) === subject) &&
      timestamp >= from &&
      timestamp < to
    );
  }

  #currentTime(): number {
    if (!Number.isNaN(this.#now)) return this.#now;
    const now = timeOfClock(this.#options);
    if (Number.isNaN(now)) refuse(["clock"], "expected it to give a valid Date");
    this.#now = now;
    return now;
  }
}
