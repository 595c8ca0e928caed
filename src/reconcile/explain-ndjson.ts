import type { SummaryOptions } from "../engine/summary-options.ts";
import type { InvalidEventError } from "../errors.ts";
import type { CostDefinition, CostSummaryParams } from "../models.ts";
import { type NdjsonOptions, type NdjsonSource, splitOptions } from "../ndjson/byte-source.ts";
import { readEvents } from "../ndjson/read-events.ts";
import { EventExplainer, type EventExplanation, invalidEvent } from "./explain-event.ts";

/** How the events of a log are explained, and how it is read. */
export interface ExplainNdjsonOptions
  extends Omit<SummaryOptions, "onInvalidEvent">,
    NdjsonOptions {}

/** What is said of one event of a log. */
export interface LoggedEventExplanation extends EventExplanation {
  /** Its position among the events of the log, from 0; blank lines are none. */
  readonly index: number;
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
