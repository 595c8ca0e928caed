import { decimalOf } from "../decimal.ts";
import { InvalidEventError, InvalidInputError } from "../errors.ts";
import { type Exact, multiply } from "../exact.ts";
import type {
  CostDefinition,
  CostEvent,
  CostSummary,
  CostSummaryParams,
  DimensionNames,
} from "../models.ts";
import { type Breakdown, type BreakdownState, createBreakdown } from "./breakdown.ts";
import { type CheckedEvent, checkEvent, type EventProblem } from "./event.ts";
import { compilePlan, type Plan, planText } from "./plan.ts";
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

/** A part of a summary as plain JSON: for `merge`, here or in another process. */
export interface SummarizerState {
  readonly version: 1;
  /** What was summarized and how: parts go together only when these are equal. */
  readonly plan: string;
  readonly events: EventCounts;
  /** Undefined when events were not deduplicated. */
  readonly keys?: SeenKeysState | undefined;
  readonly breakdown: BreakdownState;
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

function checkOptions(options: SummaryOptions): void {
  const refuse = (path: string[], message: string): never => {
    throw new InvalidInputError("The summary cannot be computed", [{ path, message }]);
  };
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

/**
 * A summary in the making, for events that come in pieces: add them one by one, merge parts that were made elsewhere,
 * read the summary at any time.
 *
 * It holds every group, window and (unless `deduplicate` is false) idempotency key in memory, no events. Times are
 * UTC, numbers exact. With no event at all SUM, COUNT and UNIQUE_COUNT give 0, the others null. The constructor throws
 * an `InvalidInputError`; `add` an `InvalidEventError`, after which it can go on with the next event.
 * The rules are those of `summarizeCost`.
 *
 * @example
 * ```ts
 * import { CostSummarizer } from "metered-costs/summary";
 *
 * const calls = { unitCost: "0.002", aggregation: "COUNT", eventType: "api.call" };
 * const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 * const summarizer = new CostSummarizer(calls, june);
 * summarizer.add({ type: "api.call", data: {}, timestamp: "2026-06-15T12:00:00Z" });
 * console.log(summarizer.summary().totalCost?.toString()); // 0.002
 * ```
 */
export class CostSummarizer<D extends string = string, G extends D = D> {
  readonly #cost: CostDefinition<D>;
  readonly #plan: Plan;
  readonly #planText: string;
  readonly #breakdown: Breakdown;
  readonly #seen: SeenKeys | undefined;
  readonly #options: SummaryOptions;
  #now: number | undefined;
  #read = 0;
  #used = 0;
  #invalid = 0;

  constructor(
    cost: CostDefinition<D>,
    query: CostSummaryParams<D, G>,
    options: SummaryOptions = {},
  ) {
    this.#plan = compilePlan(cost, query);
    checkOptions(options);
    this.#cost = cost;
    this.#planText = planText(this.#plan);
    this.#options = options;
    this.#breakdown = createBreakdown(this.#plan);
    this.#seen = options.deduplicate === false ? undefined : new SeenKeys();
  }

  /** What became of the events that were added or merged so far. */
  get events(): EventCounts {
    return { read: this.#read, used: this.#used, invalid: this.#invalid };
  }

  /**
   * Adds an event, received after all those before. An event that does not count (another type, outside the range, a
   * duplicate, ...) changes nothing. Throws an `InvalidEventError` for one that means nothing, or hands it to
   * `onInvalidEvent`.
   */
  add(event: CostEvent): void {
    const index = this.#read++;
    const checked = checkEvent(event);
    const problem = "issues" in checked ? checked : this.#count(checked);
    if (problem === undefined) return;
    const error = new InvalidEventError({ index, ...problem });
    const { onInvalidEvent } = this.#options;
    if (onInvalidEvent === undefined) throw error;
    this.#invalid++;
    onInvalidEvent(error);
  }

  /** Everything added so far, as plain JSON. */
  state(): SummarizerState {
    return {
      version: 1,
      plan: this.#planText,
      events: this.events,
      ...(this.#seen === undefined ? {} : { keys: this.#seen.state() }),
      breakdown: this.#breakdown.state(),
    };
  }

  /**
   * Goes on with a part that was made elsewhere, of the same cost and query: all of its events were received after all
   * of this one's. An idempotency key in both parts is an `InvalidInputError`, because the answer would have to be
   * taken back: split by key, or by ranges of a log that holds each key once, or say `deduplicate: false`.
   * After an error nothing has changed.
   */
  merge(state: SummarizerState): void {
    const refuse = (path: string, message: string): InvalidInputError =>
      new InvalidInputError("The part cannot be merged", [{ path: [path], message }]);
    if (state?.version !== 1) {
      throw refuse("version", "expected what state() of this version of the library gives");
    }
    if (state.plan !== this.#planText) {
      throw refuse("plan", `expected a part of the same cost and query, ${this.#planText}`);
    }
    if ((state.keys === undefined) !== (this.#seen === undefined)) {
      throw refuse("keys", "expected parts with the same deduplicate option");
    }
    const { read, used, invalid } = state.events ?? {};
    if (![read, used, invalid].every((count) => Number.isSafeInteger(count) && count >= 0)) {
      throw refuse("events", "expected what state() gives, unchanged");
    }
    const keys = state.keys ?? [];
    try {
      createBreakdown(this.#plan).merge(state.breakdown);
      for (const [namespace, source, scope] of keys) {
        for (const key of scope) {
          if (this.#seen?.has(namespace, source, key) !== true) continue;
          const where = `source ${JSON.stringify(source)}, namespace ${JSON.stringify(namespace)}`;
          throw refuse(
            "keys",
            `the idempotency key ${JSON.stringify(key)} (${where}) is in both parts: split by key, or by ranges of a log that holds each key once, or say deduplicate: false`,
          );
        }
      }
    } catch (error) {
      if (error instanceof InvalidInputError) throw error;
      throw refuse("breakdown", "expected what state() gives, unchanged");
    }
    this.#breakdown.merge(state.breakdown);
    for (const [namespace, source, scope] of keys) {
      for (const key of scope) this.#seen?.add(namespace, source, key);
    }
    this.#read += read;
    this.#used += used;
    this.#invalid += invalid;
  }

  /** The summary of everything added so far; more may be added after. */
  summary(): CostSummary<DimensionNames<D, G>> {
    const { id, name, currency } = this.#cost;
    const { unitCost, eventType, groupBy, window } = this.#plan;
    const amounts = (quantity: Exact) => ({
      quantity: decimalOf(quantity),
      cost: decimalOf(multiply(unitCost, quantity)),
    });
    const total = this.#breakdown.total();
    const summary = {
      object: "cost" as const,
      ...(id === undefined ? {} : { id }),
      ...(name === undefined ? {} : { name }),
      type: "metered" as const,
      ...(currency === undefined ? {} : { currency }),
      unitCost: decimalOf(unitCost),
      eventType,
      totalQuantity: total === undefined ? null : amounts(total).quantity,
      totalCost: total === undefined ? null : amounts(total).cost,
    };
    const groups = groupBy && {
      groups: this.#breakdown.groups().map(({ values, quantity }) => ({
        // By fromEntries, which defines members: a dimension may be called `__proto__`.
        dimensions: Object.fromEntries(
          groupBy.map(({ name }, position) => [name, values[position] ?? ""]),
        ) as Record<DimensionNames<D, G>, string>,
        ...amounts(quantity),
      })),
    };
    const timeSeries = window && {
      timeSeries: this.#breakdown.windows().map(({ start, quantity }) => ({
        windowStart: new Date(start),
        windowEnd: new Date(start + window),
        ...amounts(quantity),
      })),
    };
    return { ...summary, ...groups, ...timeSeries };
  }

  /** The rules in their order: deduplicate, type and namespace, subject, range, filter. */
  #count(event: CheckedEvent): EventProblem | undefined {
    const { namespace, source, idempotencyKey, data } = event;
    if (idempotencyKey !== null && this.#seen?.has(namespace, source, idempotencyKey) === true) {
      return undefined;
    }
    const timestamp = event.timestamp ?? this.#currentTime();
    try {
      if (this.#counts(event, timestamp)) {
        this.#breakdown.count(data, timestamp);
        this.#used++;
      }
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

  #counts(event: CheckedEvent, timestamp: number): boolean {
    const { eventType, merchantId, subject, from, to, filters } = this.#plan;
    return (
      event.type === eventType &&
      (merchantId === undefined || event.namespace === null || event.namespace === merchantId) &&
      (subject === undefined || this.#subjectOf(event) === subject) &&
      timestamp >= from &&
      timestamp < to &&
      filters.every(({ path, texts }) => texts.has(readAt(event.data, path, dimensionText)))
    );
  }

  #subjectOf(event: CheckedEvent): string | undefined {
    if (event.subject !== null) return event.subject;
    if (event.externalSubject === null) return undefined;
    const resolved: unknown = this.#options.resolveSubject?.(event.externalSubject);
    if (resolved === undefined || typeof resolved === "string") return resolved;
    throw new InvalidInputError("The summary cannot be computed", [
      { path: ["resolveSubject"], message: "expected it to give text or undefined" },
    ]);
  }

  #currentTime(): number {
    if (this.#now !== undefined) return this.#now;
    const { clock } = this.#options;
    const time: unknown = clock === undefined ? new Date() : clock();
    const now = time instanceof Date ? time.getTime() : Number.NaN;
    if (Number.isNaN(now)) {
      throw new InvalidInputError("The summary cannot be computed", [
        { path: ["clock"], message: "expected it to give a valid Date" },
      ]);
    }
    this.#now = now;
    return now;
  }
}
