import { Aggregator } from "../engine/aggregator.ts";
import { EventLayout } from "../engine/event-batch.ts";
import { EventPipeline } from "../engine/event-pipeline.ts";
import { compileLocalPlan } from "../engine/plan.ts";
import type { SummaryOptions } from "../engine/summary-options.ts";
import type {
  CostDefinition,
  CostSummary,
  DimensionNames,
  EventDimension,
  LocalSummaryParams,
} from "../models.ts";
import { strictObject } from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import { type CostSummarizer, pipelineOf } from "../summary/cost-summarizer.ts";
import { summaryOf } from "../summary/summary-of.ts";
import {
  bytesOf,
  type NdjsonOptions,
  type NdjsonSource,
  READING,
  refuseReading,
  splitOptions,
  UNREADABLE,
} from "./byte-source.ts";
import { LineDecoder } from "./from-lines.ts";
import { LineBytes } from "./lines.ts";

/** How a summary of NDJSON treats its events, and how the source is read. */
export interface NdjsonSummaryOptions extends SummaryOptions, NdjsonOptions {}

/** Adds the events of a source to a pipeline. */
export async function readInto(
  pipeline: EventPipeline,
  source: NdjsonSource,
  { signal, onProgress }: NdjsonOptions,
): Promise<void> {
  const lines = new LineDecoder(pipeline);
  const bytes = new LineBytes();
  const before = pipeline.counts.read;
  let read = 0;
  const tell = (): void => onProgress?.({ bytes: read, events: pipeline.counts.read - before });
  for await (const piece of bytesOf(source, signal)) {
    for (const whole of bytes.add(piece)) lines.add(whole);
    read += piece.length;
    tell();
  }
  for (const whole of bytes.end()) lines.add(whole);
  tell();
}

/**
 * Summarizes a cost from events in NDJSON, one JSON object per line. The result is what `summarizeCost` returns for the
 * same events, exact to the last digit. It takes a fraction of the time of parsing, and its memory grows only with groups,
 * windows and idempotency keys.
 *
 * - The source may be a web or Node stream, a `Blob`, a `Response`, or an iterable of bytes or text.
 * - With an array of costs, one pass gives a summary for each, in their order; the query is the same for all, and an
 *   event that one of them cannot read counts for none.
 * - In structure a line means what `JSON.parse` gives (of repeated names the last), in numbers every digit. Blank lines
 *   and a leading byte-order mark are skipped; the last line needs no newline.
 * - Of an empty source SUM, COUNT and UNIQUE_COUNT are 0, the others null. Times are UTC.
 *
 * Rejects with an `InvalidInputError` for a cost, query, option or source that cannot be used. Rejects with an
 * `InvalidEventError` with the line's number for a line that is not UTF-8, not a JSON object or not an event, unless
 * `onInvalidEvent` takes it. Rejects with what the source itself throws, and with the signal's reason.
 *
 * @example
 * ```ts
 * import { summarizeNdjson } from "metered-costs/summary";
 *
 * const calls = { unitCost: "0.002", aggregation: "COUNT", eventType: "api.call" };
 * const log = '{"type":"api.call","timestamp":"2026-06-15T12:00:00Z","data":{}}\n';
 * const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 * const summary = await summarizeNdjson(calls, new Blob([log]), june);
 * console.log(summary.totalCost?.toString()); // 0.002
 * ```
 */
export function summarizeNdjson<
  const D extends string = string,
  const G extends D | EventDimension = D,
>(
  cost: CostDefinition<D>,
  source: NdjsonSource,
  query: LocalSummaryParams<D, G>,
  options?: NdjsonSummaryOptions,
): Promise<CostSummary<DimensionNames<D, G>>>;
export function summarizeNdjson<
  const D extends string = string,
  const G extends D | EventDimension = D,
>(
  costs: readonly CostDefinition<D>[],
  source: NdjsonSource,
  query: LocalSummaryParams<D, G>,
  options?: NdjsonSummaryOptions,
): Promise<CostSummary<DimensionNames<D, G>>[]>;
export async function summarizeNdjson<D extends string, G extends D | EventDimension>(
  cost: CostDefinition<D> | readonly CostDefinition<D>[],
  source: NdjsonSource,
  query: LocalSummaryParams<D, G>,
  options: NdjsonSummaryOptions = {},
): Promise<CostSummary<DimensionNames<D, G>> | CostSummary<DimensionNames<D, G>>[]> {
  const [reading, summaryOptions] = splitOptions(options);
  const costs: readonly CostDefinition<D>[] = isArray(cost) ? cost : [cost];
  const layout = new EventLayout();
  const aggregators = costs.map((one) => new Aggregator(compileLocalPlan(one, query), layout));
  await readInto(new EventPipeline(summaryOptions, layout, aggregators), source, reading);
  const summaries = aggregators.map(({ plan, breakdown }, index) =>
    summaryOf<D, G>(costs[index] as CostDefinition<D>, plan, breakdown),
  );
  return isArray(cost) ? summaries : (summaries[0] as CostSummary<DimensionNames<D, G>>);
}

function isArray<Item>(value: Item | readonly Item[]): value is readonly Item[] {
  return Array.isArray(value);
}

const addOptions = /* @__PURE__ */ strictObject(READING, { what: "an object of options" });

/**
 * Adds the events of NDJSON to a summarizer, after those it has: for parts of a log that are summarized apart, in
 * worker threads or on other machines, and then merged by `state()` and `merge`. Sources, lines and errors are as for
 * `summarizeNdjson`; after an error the events before it stay added.
 *
 * @example
 * ```ts
 * import { addNdjson, CostSummarizer } from "metered-costs/summary";
 *
 * const calls = { unitCost: "0.002", aggregation: "COUNT", eventType: "api.call" };
 * const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 * const part = new CostSummarizer(calls, june);
 * await addNdjson(part, '{"type":"api.call","timestamp":"2026-06-15T12:00:00Z","data":{}}');
 * const whole = new CostSummarizer(calls, june);
 * whole.merge(part.state());
 * console.log(whole.summary().totalCost?.toString()); // 0.002
 * ```
 */
export async function addNdjson<D extends string, G extends D | EventDimension>(
  summarizer: CostSummarizer<D, G>,
  source: NdjsonSource,
  options: NdjsonOptions = {},
): Promise<void> {
  const reading = readInput(addOptions, options, UNREADABLE);
  const pipeline = pipelineOf(summarizer);
  if (pipeline === undefined) refuseReading(["summarizer"], "expected a CostSummarizer");
  else await readInto(pipeline, source, reading);
}
