import { InvalidEventError, InvalidInputError } from "../errors.ts";
import type { CostEvent } from "../models.ts";
import type { Breakdown } from "./breakdown.ts";
import { type CheckedEvent, checkEvent, type EventProblem } from "./event.ts";
import type { Plan } from "./plan.ts";
import { SeenKeys, type SeenKeysState } from "./seen-keys.ts";
import { dimensionText, readAt, UnreadableValueError } from "./values.ts";

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

/** Uses an event that is no duplicate; says whether it counts. Throws an `UnreadableValueError`. */
export type EventUse = (event: CheckedEvent, timestamp: number) => boolean;

/** Takes events in, in the order received: checks each, drops repeated keys, and hands on the rest. */
export class EventIntake {
  readonly #options: SummaryOptions;
  readonly #use: EventUse;
  readonly #seen: SeenKeys | undefined;
  #now: number | undefined;
  #read = 0;
  #used = 0;
  #invalid = 0;

  constructor(options: SummaryOptions, use: EventUse) {
    checkOptions(options);
    this.#options = options;
    this.#use = use;
    this.#seen = options.deduplicate === false ? undefined : new SeenKeys();
  }

  get counts(): EventCounts {
    return { read: this.#read, used: this.#used, invalid: this.#invalid };
  }

  /** The keys seen so far; undefined when events are not deduplicated. */
  get seen(): SeenKeys | undefined {
    return this.#seen;
  }

  add(event: CostEvent): void {
    const index = this.#read++;
    const checked = checkEvent(event);
    const problem = "issues" in checked ? checked : this.#take(checked);
    if (problem === undefined) return;
    const error = new InvalidEventError({ index, ...problem });
    const { onInvalidEvent } = this.#options;
    if (onInvalidEvent === undefined) throw error;
    this.#invalid++;
    onInvalidEvent(error);
  }

  /** Takes over what another intake has taken in; no key of it was seen here. */
  merge({ read, used, invalid }: EventCounts, keys: SeenKeysState): void {
    for (const [namespace, source, scope] of keys) {
      for (const key of scope) this.#seen?.add(namespace, source, key);
    }
    this.#read += read;
    this.#used += used;
    this.#invalid += invalid;
  }

  /** The event's subject: its own, else what `resolveSubject` makes of the external one. */
  subjectOf(event: CheckedEvent): string | undefined {
    if (event.subject !== null) return event.subject;
    if (event.externalSubject === null) return undefined;
    const resolved: unknown = this.#options.resolveSubject?.(event.externalSubject);
    if (resolved === undefined || typeof resolved === "string") return resolved;
    return refuse(["resolveSubject"], "expected it to give text or undefined");
  }

  /**
   * What counts an event in the breakdowns of a plan; nothing when it does not count by the plan's rules, in their
   * order: type and namespace, subject, range, filter. Every used value is read, whatever the filter says: whether an
   * event is valid must not depend on what is filtered by.
   */
  counting(
    plan: Plan,
    breakdowns: readonly Breakdown[],
    event: CheckedEvent,
    timestamp: number,
  ): (() => void)[] {
    if (!this.#concerns(plan, event, timestamp)) return [];
    const counts = breakdowns.map((breakdown) => breakdown.read(event, timestamp));
    const passes = plan.filters.map(({ path, texts }) =>
      texts.has(readAt(event.data, path, dimensionText)),
    );
    return passes.includes(false) ? [] : counts;
  }

  #concerns(plan: Plan, event: CheckedEvent, timestamp: number): boolean {
    const { eventType, merchantId, subject, from, to } = plan;
    return (
      event.type === eventType &&
      (merchantId === undefined || event.namespace === null || event.namespace === merchantId) &&
      (subject === undefined || this.subjectOf(event) === subject) &&
      timestamp >= from &&
      timestamp < to
    );
  }

  #take(event: CheckedEvent): EventProblem | undefined {
    const { namespace, source, idempotencyKey } = event;
    if (idempotencyKey !== null && this.#seen?.has(namespace, source, idempotencyKey) === true) {
      return undefined;
    }
    try {
      if (this.#use(event, event.timestamp ?? this.#currentTime())) this.#used++;
    } catch (error) {
      // What the caller's own resolveSubject throws is no problem of the event.
      if (!(error instanceof UnreadableValueError)) throw error;
      const { path, message } = error;
      return { key: idempotencyKey ?? undefined, issues: [{ path: ["data", ...path], message }] };
    }
    // Only now: an event that turned out to be invalid does not stand in the way of its repetition.
    if (idempotencyKey !== null) this.#seen?.add(namespace, source, idempotencyKey);
    return undefined;
  }

  #currentTime(): number {
    if (this.#now !== undefined) return this.#now;
    const { clock } = this.#options;
    const time: unknown = clock === undefined ? new Date() : clock();
    const now = time instanceof Date ? time.getTime() : Number.NaN;
    if (Number.isNaN(now)) refuse(["clock"], "expected it to give a valid Date");
    this.#now = now;
    return now;
  }
}
