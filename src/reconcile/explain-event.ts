import { createAccumulators } from "../engine/accumulators.ts";
import {
  dimensionText,
  pathOf,
  pathText,
  readAt,
  UnreadableValueError,
  uniqueText,
  usableNumber,
} from "../engine/event-values.ts";
import { NONE } from "../engine/exact-sums.ts";
import { checkEvent } from "../engine/from-any.ts";
import { PairInterner } from "../engine/interners.ts";
import type { Plan } from "../engine/plan.ts";
import { checkEvents, type SummaryOptions } from "../engine/summary-options.ts";
import type { InvalidEventError, Issue } from "../errors.ts";
import type { CostDefinition, CostEvent, CostSummaryParams } from "../models.ts";
import { type NdjsonOptions, type NdjsonSource, splitOptions } from "../ndjson/byte-source.ts";
import { readEvents } from "../ndjson/read-events.ts";
import { refuseInput } from "../schemas/input.ts";
import { type Decimal, decimalOf, decimalOfProduct } from "../values/decimal.ts";
import { isRecord } from "../values/record.ts";
import { type Exact, ZERO } from "../values/scaled-integer.ts";
import { startOf } from "../values/timestamp.ts";
import { checkArguments, EventClassification } from "./classification.ts";
import type { Reason } from "./result.ts";
import { suggestionFor } from "./suggestions.ts";

/** What an event is explained with, besides what a local summary can be told. */
export interface ExplainEventOptions extends Omit<SummaryOptions, "onInvalidEvent"> {
  /**
   * Events received before this one: one of them may have the same idempotency key. Read once.
   * @default []
   */
  readonly earlier?: Iterable<CostEvent> | undefined;
}

/** Whether an event counts, with what, and if not, why not. */
export interface EventExplanation {
  readonly counts: boolean;
  /** Why it does not; undefined when it does. */
  readonly reason?: Reason | undefined;
  /** In words: what counts, or what is in the way and the nearest thing that would have worked. */
  readonly message: string;
  /** Of an invalid event, each thing that is wrong, by its path. */
  readonly issues?: readonly Issue[] | undefined;
  /** What it counts as and where that was read; undefined where nothing is read (COUNT) or usable. */
  readonly value?:
    | {
        readonly path: string;
        /** A number, or for UNIQUE_COUNT the text that is told apart. */
        readonly read: Decimal | string;
      }
    | undefined;
  /** The values of all the cost's dimensions, as a group would show them; empty for an invalid event. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** When it happened; now, for an event without a time. Undefined for an invalid one. */
  readonly timestamp?: Date | undefined;
  /** The window of the query that it is in, UTC. */
  readonly window?: { readonly windowStart: Date; readonly windowEnd: Date } | undefined;
  /** What a summary of this event alone would say: null when it does not count. */
  readonly quantity: Decimal | null;
  readonly cost: Decimal | null;
}

/** How the events of a log are explained, and how it is read. */
export interface ExplainNdjsonOptions
  extends Omit<SummaryOptions, "onInvalidEvent">,
    NdjsonOptions {}

/** What is said of one event of a log. */
export interface LoggedEventExplanation extends EventExplanation {
  /** Its position among the events of the log, from 0; blank lines are none. */
  readonly index: number;
}

const FAILED = "explainEvent: the event cannot be explained";

/** Every time that an event can have. */
export const EVER = { from: "0000-01-01T00:00:00Z", to: "9999-12-31T23:59:59.999Z" };

/**
 * Whether an event counts for a cost and a query, and why not: before it is sent, or when it is missing in a summary.
 *
 * The API accepts every well-formed event, so that a misspelt path or type meters nothing, in silence; this says so.
 * The rules are those of `summarizeCost`, and so are the reasons that an audit of `reconcile` counts. Without a query
 * every subject and time will do. A wrong event is no error here: its reason is `invalid`, and `issues` say what is
 * wrong. `cost` is the cost of the event alone, in units of the cost's currency, not rounded. For AVG, MIN, MAX, LATEST
 * and UNIQUE_COUNT its share in a summary of many events differs.
 *
 * Throws an `InvalidInputError` for a cost, a query or options that cannot be used.
 *
 * @example
 * ```ts
 * import { explainEvent } from "metered-costs/summary";
 *
 * const tokens = {
 *   unitCost: "0.0000025",
 *   aggregation: "SUM",
 *   eventType: "llm.usage",
 *   valueProperty: "$.usage.tokens",
 * };
 * const event = { type: "llm.usage", timestamp: "2026-06-01T10:00:00Z", data: { tokens: 1200 } };
 * const { counts, reason, message } = explainEvent(tokens, event);
 * console.log(counts, reason); // false no-value
 * console.log(message); // $.usage.tokens is missing, but $.tokens exists.
 * ```
 */
export function explainEvent<const D extends string = string, const G extends D = D>(
  cost: CostDefinition<D>,
  event: CostEvent,
  query?: CostSummaryParams<D, G>,
  options: ExplainEventOptions = {},
): EventExplanation {
  const given: unknown = options;
  if (!isRecord(given)) refuseInput(FAILED, [], "expected an object of options");
  const { earlier = [], ...summary } = options;
  checkEvents(earlier, FAILED, "earlier");
  const explainer = new EventExplainer(cost, query, summary);
  explainer.addAll(earlier);
  return explainer.explain(event);
}

/**
 * What `explainEvent` says of each event in NDJSON, one JSON object a line, in order and one at a time: whether it counts
 * for a cost and a query, and why not. Those before it in the log are the earlier ones, whose keys it may repeat. Memory
 * holds 36 bytes for each event and the distinct keys and values, no events.
 *
 * Sources and lines are as for `summarizeNdjson`. A line that is no event is no error: its reason is `invalid`. An empty
 * source gives nothing. When the loop ends early, the source is closed. Throws, at its first step, an
 * `InvalidInputError` for a cost, a query, options or a source that cannot be used; then what the source throws, and the
 * signal's reason.
 *
 * @example
 * ```ts
 * import { explainNdjson } from "metered-costs/summary";
 *
 * const calls = { unitCost: "0.002", aggregation: "COUNT", eventType: "api.call" };
 * const log = '{"type":"api.call","data":{}}\n{"type":"api.Call","data":{}}\n';
 * const reasons: string[] = [];
 * for await (const { counts, reason } of explainNdjson(calls, log)) {
 *   reasons.push(reason ?? `counts: ${counts}`);
 * }
 * console.log(reasons.join()); // counts: true,other-type
 * ```
 */
export async function* explainNdjson<const D extends string = string, const G extends D = D>(
  cost: CostDefinition<D>,
  source: NdjsonSource,
  query?: CostSummaryParams<D, G>,
  options: ExplainNdjsonOptions = {},
): AsyncGenerator<LoggedEventExplanation, void, undefined> {
  const [reading, others] = splitOptions(options);
  const explainer = new EventExplainer(cost, query as CostSummaryParams | undefined, others);
  let index = 0;
  // Lines that are no events, since the last one that is.
  const invalid: LoggedEventExplanation[] = [];
  const onInvalidEvent = ({ issues }: InvalidEventError): void => {
    invalid.push({ index: index++, ...invalidEvent(issues) });
  };
  for await (const event of readEvents(source, { ...reading, onInvalidEvent })) {
    yield* invalid.splice(0);
    yield { index: index++, ...explainer.explain(event) };
  }
  yield* invalid;
}

/** Explains events one after the other: each may repeat the key of one before it. */
class EventExplainer {
  readonly #cost: CostDefinition;
  readonly #asked: CostSummaryParams;
  readonly #plan: Plan;
  readonly #classification: EventClassification;
  readonly #keysInScopes = new PairInterner();
  /** The first row of each pair of key and scope, of the rows up to `#indexed`. */
  readonly #firstRows: number[] = [];
  #indexed = 0;
  #issues: readonly Issue[] = [];

  constructor(cost: CostDefinition, query: CostSummaryParams | undefined, options: SummaryOptions) {
    this.#cost = cost;
    this.#asked = query ?? EVER;
    this.#plan = checkArguments(cost, this.#asked, options);
    this.#classification = new EventClassification(this.#plan, {
      ...options,
      onInvalidEvent: (error) => {
        this.#issues = error.issues;
      },
    });
  }

  /** Adds events that are not asked about. */
  addAll(events: Iterable<CostEvent>): void {
    this.#classification.pipeline.addAll(events);
  }

  explain(event: CostEvent): EventExplanation {
    const cost = this.#cost;
    const plan = this.#plan;
    const classification = this.#classification;
    const { columns } = classification;
    const row = columns.length;
    classification.pipeline.add(event);
    const reason = classification.lastReason;
    const fields = checkEvent(event);
    if ("issues" in fields || reason === "invalid") return invalidEvent(this.#issues);
    const timestamp = columns.timestamp[row] as number;
    const subject = columns.subject[row] as number;
    const value = readCounted(fields.data, plan);
    const known = {
      ...(value && { value }),
      dimensions: dimensionsOf(cost, fields.data),
      timestamp: new Date(timestamp),
      ...(plan.window !== undefined && { window: windowOf(timestamp, plan.window) }),
    };
    if (reason !== undefined) {
      const message = suggestionFor(reason, {
        fields,
        event,
        plan,
        timestamp,
        // The interner decodes all of its texts for one that is new: only a resolved subject is asked of it.
        subject:
          subject === NONE
            ? undefined
            : (fields.subject ?? classification.subjects.textOf(subject)),
        duplicateOf: reason === "duplicate" ? this.#firstLike(row) : NONE,
        filterNames: Object.keys(this.#asked.filterGroupBy ?? {}),
      });
      return { counts: false, reason, message, ...known, quantity: null, cost: null };
    }
    const alone = createAccumulators(plan.aggregation, classification.texts);
    alone.add(alone.create(), columns.valueOf(row), timestamp);
    const quantity = alone.quantity(0) ?? ZERO;
    const amount = decimalOfProduct(plan.unitCost, quantity);
    const read = typeof value?.read === "string" ? JSON.stringify(value.read) : value?.read;
    const what = value === undefined ? "It counts" : `It counts with ${read} from ${value.path}`;
    return {
      counts: true,
      message: `${what}: alone it costs ${amount}${cost.currency === undefined ? "" : ` ${cost.currency}`}.`,
      ...known,
      quantity: decimalOf(quantity),
      cost: amount,
    };
  }

  /** The first row with the key, namespace and source of a row. */
  #firstLike(row: number): number {
    const { key, scope } = this.#classification.columns;
    const pairOf = (at: number): number =>
      this.#keysInScopes.numberOf(scope[at] as number, key[at] as number);
    for (; this.#indexed <= row; this.#indexed++) {
      this.#firstRows[pairOf(this.#indexed)] ??= this.#indexed;
    }
    return this.#firstRows[pairOf(row)] as number;
  }
}

/** What is said of an invalid event. */
function invalidEvent(issues: readonly Issue[]): EventExplanation {
  const what = issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  return {
    counts: false,
    reason: "invalid",
    message: `It is not valid: ${what.join("; ")}.`,
    issues,
    dimensions: {},
    quantity: null,
    cost: null,
  };
}

function readCounted(
  data: Readonly<Record<string, unknown>>,
  plan: Plan,
): EventExplanation["value"] {
  if (plan.valuePath.length === 0) return undefined;
  const path = pathText(plan.valuePath);
  try {
    const read: (value: unknown) => string | number | Exact | undefined =
      plan.aggregation === "UNIQUE_COUNT" ? uniqueText : usableNumber;
    const value = readAt(data, plan.valuePath, read);
    if (value === undefined) return undefined;
    return { path, read: typeof value === "string" ? value : decimalOf(value) };
  } catch (error) {
    if (error instanceof UnreadableValueError) return undefined;
    throw error;
  }
}

function dimensionsOf(
  { groupBy }: CostDefinition,
  data: Readonly<Record<string, unknown>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(groupBy ?? {}).map(([name, path]) => {
      try {
        return [name, readAt(data, pathOf(path), dimensionText)];
      } catch (error) {
        if (error instanceof UnreadableValueError) return [name, ""];
        throw error;
      }
    }),
  );
}

function windowOf(timestamp: number, window: number) {
  const start = startOf(timestamp, window);
  return { windowStart: new Date(start), windowEnd: new Date(start + window) };
}
