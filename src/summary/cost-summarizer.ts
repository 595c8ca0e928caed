import { InvalidInputError } from "../errors.ts";
import type {
  CostDefinition,
  CostEvent,
  CostSummary,
  CostSummaryParams,
  DimensionNames,
} from "../models.ts";
import { type BreakdownState, mergeBreakdown, stateOfBreakdown } from "./breakdown-state.ts";
import { fieldPaths } from "./incoming-event.ts";
import type { EventCounts, EventIntake } from "./intake.ts";
import { Meter } from "./meter.ts";
import { OneCost } from "./one-cost.ts";
import { type Plan, planText } from "./plan.ts";
import { isSeenKeysState, type SeenKeysState, stateOfSeenKeys } from "./seen-keys-state.ts";
import type { SummaryOptions } from "./summary-options.ts";

const intakes = new WeakMap<object, EventIntake>();

/** Where the events of a summarizer go in. For the rooms beside this one; not exported from the package. */
export function intakeOf(summarizer: object): EventIntake | undefined {
  return intakes.get(summarizer);
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
  readonly #one: OneCost<D, G>;
  readonly #plan: Plan;
  readonly #planText: string;
  readonly #meter: Meter;
  readonly #intake: EventIntake;

  constructor(
    cost: CostDefinition<D>,
    query: CostSummaryParams<D, G>,
    options: SummaryOptions = {},
  ) {
    this.#one = new OneCost(cost, query, options);
    this.#plan = this.#one.plan;
    this.#planText = planText(this.#plan);
    this.#meter = this.#one.meter;
    this.#intake = this.#one.intake;
    intakes.set(this, this.#intake);
  }

  /** What became of the events that were added or merged so far. */
  get events(): EventCounts {
    return this.#intake.counts;
  }

  /**
   * Adds an event, received after all those before. An event that does not count (another type, outside the range, a
   * duplicate, ...) changes nothing. Throws an `InvalidEventError` for one that means nothing, or hands it to
   * `onInvalidEvent`.
   */
  add(event: CostEvent): void {
    this.#intake.add(event);
  }

  /** Everything added so far, as plain JSON. */
  state(): SummarizerState {
    return {
      version: 1,
      plan: this.#planText,
      events: this.events,
      ...(this.#intake.seen && { keys: stateOfSeenKeys(this.#intake.seen) }),
      breakdown: stateOfBreakdown(this.#meter.breakdown),
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
    if ((state.keys === undefined) !== (this.#intake.seen === undefined)) {
      throw refuse("keys", "expected parts with the same deduplicate option");
    }
    const { read, used, invalid } = state.events ?? {};
    if (![read, used, invalid].every((count) => Number.isSafeInteger(count) && count >= 0)) {
      throw refuse("events", "expected what state() gives, unchanged");
    }
    const keys = state.keys === undefined ? [] : state.keys;
    if (!isSeenKeysState(keys)) throw refuse("keys", "expected what state() gives, unchanged");
    try {
      mergeBreakdown(new Meter(this.#plan, fieldPaths()).breakdown, state.breakdown);
      for (const [namespace, source, scope] of keys) {
        for (const key of scope) {
          this.#intake.seen?.stage(namespace, source, key);
          if (this.#intake.seen?.isSeen() !== true) continue;
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
    mergeBreakdown(this.#meter.breakdown, state.breakdown);
    const { seen } = this.#intake;
    for (const [namespace, source, scope] of keys) {
      for (const key of scope) {
        seen?.stage(namespace, source, key);
        if (seen?.isSeen() === false) seen.keep();
      }
    }
    this.#intake.addCounts({ read, used, invalid });
  }

  /** The summary of everything added so far; more may be added after. */
  summary(): CostSummary<DimensionNames<D, G>> {
    return this.#one.summary();
  }
}
