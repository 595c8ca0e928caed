import { Aggregator } from "../engine/aggregator.ts";
import type { BreakdownState } from "../engine/breakdown.ts";
import { isSeenKeysState, type SeenKeysState } from "../engine/deduplicator.ts";
import { EventLayout } from "../engine/event-batch.ts";
import { type EventCounts, EventPipeline } from "../engine/event-pipeline.ts";
import { compileLocalPlan, type Plan, planText } from "../engine/plan.ts";
import { checkEvents, type SummaryOptions } from "../engine/summary-options.ts";
import { InvalidInputError } from "../errors.ts";
import type {
  Aggregation,
  CostDefinition,
  CostEvent,
  CostSummary,
  DimensionNames,
  EventDimension,
  LocalSummaryParams,
} from "../models.ts";
import { summaryOf } from "./summary-of.ts";

/** So many events make the machine code for them worth keeping. */
const MIN_KEPT_EVENTS = 10_000;
const kept = new Map<Aggregation, object>();

/**
 * Keeps an empty summary, and with it an object of each class that counts. When the last object of a class is
 * collected, V8 forgets the layout of its objects and discards the machine code that uses it. Without this the next
 * million events take twice as long in the bench (section in-memory), which collects garbage between runs. A new one is
 * kept each time, because layouts change while events are counted.
 */
function keepLayouts(aggregation: Aggregation): void {
  const path = "$.a";
  const groupBy = { a: path, b: "$.b" };
  const cost = { unitCost: 0, aggregation, eventType: "", valueProperty: "$.c.d", groupBy };
  const days = { from: new Date(0), to: new Date(1), groupBy: ["a", "b"], window: "DAY" } as const;
  kept.set(aggregation, aggregationOf(cost, days, {}));
}

/** The summary of one cost: events go into its `pipeline`. */
function aggregationOf(
  cost: CostDefinition,
  query: LocalSummaryParams,
  options: SummaryOptions,
): { plan: Plan; pipeline: EventPipeline; aggregator: Aggregator } {
  const layout = new EventLayout();
  const plan = compileLocalPlan(cost, query);
  const aggregator = new Aggregator(plan, layout);
  return { plan, aggregator, pipeline: new EventPipeline(options, layout, [aggregator]) };
}

/**
 * Computes the quantity and cost of one cost from your own events: the same result as `costs.summary`, exact to the last
 * digit.
 *
 * - Events are taken in the order received. Those with the same namespace, source and idempotency key are one, the
 *   first; then the cost's event type and merchant, the subject, the range `[from, to)` and the filter decide.
 * - `totalCost` is `unitCost` x `totalQuantity`, not rounded. AVG is rounded half even to 34 significant digits.
 * - `groups` and `timeSeries` are there when `groupBy` and `window` ask for them: two independent breakdowns. Windows
 *   are UTC. Rows without a usable value are absent, except for COUNT and UNIQUE_COUNT.
 * - Every cost has two dimensions more here than on the server: `$subject`, the customer (`""` where none is known), and
 *   `$source`. A dimension of that name which the cost declares wins.
 * - With no event that counts, SUM, COUNT and UNIQUE_COUNT give 0, the others null.
 *
 * Throws an `InvalidInputError` for a cost or query that cannot be computed, and an `InvalidEventError` for an event
 * that means nothing, unless `onInvalidEvent` takes it. The rules follow the public queries of OpenMeter, whose
 * vocabulary the API shares; Paygentic does not publish its own.
 *
 * @example
 * ```ts
 * import { summarizeCost } from "metered-costs/summary";
 *
 * const tokens = {
 *   unitCost: "0.0000025",
 *   aggregation: "SUM",
 *   eventType: "llm.completion",
 *   valueProperty: "$.tokens",
 *   groupBy: { model: "$.model" },
 * };
 * const events = [
 *   { type: "llm.completion", timestamp: "2026-06-01T10:00:00Z", data: { tokens: 1200, model: "large" } },
 *   { type: "llm.completion", timestamp: "2026-06-01T11:00:00Z", data: { tokens: 34, model: "small" } },
 * ];
 * const summary = summarizeCost(tokens, events, {
 *   from: "2026-06-01T00:00:00Z",
 *   to: "2026-06-02T00:00:00Z",
 *   groupBy: ["model"],
 * });
 * console.log(summary.totalCost?.toString()); // 0.003085
 * console.log(summary.groups?.map((group) => group.dimensions.model)); // [ 'large', 'small' ]
 * ```
 */
export function summarizeCost<
  const D extends string = string,
  const G extends D | EventDimension = D,
>(
  cost: CostDefinition<D>,
  events: Iterable<CostEvent>,
  query: LocalSummaryParams<D, G>,
  options: SummaryOptions = {},
): CostSummary<DimensionNames<D, G>> {
  const { plan, pipeline, aggregator } = aggregationOf(cost, query, options);
  checkEvents(events);
  pipeline.addAll(events);
  if (pipeline.counts.read >= MIN_KEPT_EVENTS) keepLayouts(plan.aggregation);
  return summaryOf<D, G>(cost, plan, aggregator.breakdown);
}

const pipelines = new WeakMap<object, EventPipeline>();

/** The pipeline of a summarizer, for other modules of the library; undefined for any other object. */
export function pipelineOf(summarizer: object): EventPipeline | undefined {
  return pipelines.get(summarizer);
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
export class CostSummarizer<D extends string = string, G extends D | EventDimension = D> {
  readonly #cost: CostDefinition<D>;
  readonly #plan: Plan;
  readonly #planText: string;
  readonly #aggregator: Aggregator;
  readonly #pipeline: EventPipeline;

  constructor(
    cost: CostDefinition<D>,
    query: LocalSummaryParams<D, G>,
    options: SummaryOptions = {},
  ) {
    const { plan, pipeline, aggregator } = aggregationOf(cost, query, options);
    this.#cost = cost;
    this.#plan = plan;
    this.#planText = planText(plan);
    this.#aggregator = aggregator;
    this.#pipeline = pipeline;
    pipelines.set(this, pipeline);
  }

  /** What became of the events that were added or merged so far. */
  get events(): EventCounts {
    return { ...this.#pipeline.counts, withoutValue: this.#aggregator.withoutValue };
  }

  /**
   * Adds an event, received after all those before. An event that does not count (another type, outside the range, a
   * duplicate, ...) changes nothing. Throws an `InvalidEventError` for one that means nothing, or hands it to
   * `onInvalidEvent`.
   */
  add(event: CostEvent): void {
    this.#pipeline.add(event);
  }

  /** Everything added so far, as plain JSON. */
  state(): SummarizerState {
    return {
      version: 1,
      plan: this.#planText,
      events: this.events,
      ...(this.#pipeline.deduplicator && { keys: this.#pipeline.deduplicator.state() }),
      breakdown: this.#aggregator.breakdown.state(),
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
    const { deduplicator } = this.#pipeline;
    if (state?.version !== 1) {
      throw refuse("version", "expected what state() of this version of the library returns");
    }
    if (state.plan !== this.#planText) {
      throw refuse("plan", `expected a part of the same cost and query, ${this.#planText}`);
    }
    if ((state.keys === undefined) !== (deduplicator === undefined)) {
      throw refuse("keys", "expected parts with the same deduplicate option");
    }
    const { read, used, invalid, withoutValue, withoutTime } = state.events ?? {};
    const counts = [read, used, invalid, withoutValue, withoutTime];
    if (!counts.every((count) => Number.isSafeInteger(count) && count >= 0)) {
      throw refuse("events", "expected what state() returned, unchanged");
    }
    const keys = state.keys === undefined ? [] : state.keys;
    if (!isSeenKeysState(keys)) throw refuse("keys", "expected what state() returned, unchanged");
    try {
      new Aggregator(this.#plan, new EventLayout()).breakdown.merge(state.breakdown);
      for (const [namespace, source, scope] of keys) {
        for (const key of scope) {
          deduplicator?.stage(namespace, source, key);
          if (deduplicator?.isSeen() !== true) continue;
          const where = `source ${JSON.stringify(source)}, namespace ${JSON.stringify(namespace)}`;
          throw refuse(
            "keys",
            `the idempotency key ${JSON.stringify(key)} (${where}) is in both parts: split by key, or by ranges of a log that holds each key once, or set deduplicate: false`,
          );
        }
      }
    } catch (error) {
      if (error instanceof InvalidInputError) throw error;
      throw refuse("breakdown", "expected what state() returned, unchanged");
    }
    this.#aggregator.breakdown.merge(state.breakdown);
    for (const [namespace, source, scope] of keys) {
      for (const key of scope) {
        deduplicator?.stage(namespace, source, key);
        if (deduplicator?.isSeen() === false) deduplicator.keep();
      }
    }
    this.#pipeline.addCounts({ read, used, invalid, withoutTime });
    this.#aggregator.withoutValue += withoutValue;
  }

  /** The summary of everything added so far; more may be added after. */
  summary(): CostSummary<DimensionNames<D, G>> {
    return summaryOf<D, G>(this.#cost, this.#plan, this.#aggregator.breakdown);
  }
}
