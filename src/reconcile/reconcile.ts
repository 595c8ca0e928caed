import type { EventPipeline } from "../engine/event-pipeline.ts";
import { compileLocalPlan } from "../engine/plan.ts";
import { checkEvents, readOptions, type SummaryOptions } from "../engine/summary-options.ts";
import type { CostDefinition, CostEvent, EventDimension, LocalSummaryParams } from "../models.ts";
import { type NdjsonOptions, type NdjsonSource, splitOptions } from "../ndjson/byte-source.ts";
import { readInto } from "../ndjson/summarize-ndjson.ts";
import { exactAmount, list, objectWith, optional, strictObject } from "../schemas/fields.ts";
import { readInput, refuseInput } from "../schemas/input.ts";
import { counted } from "../values/counted.ts";
import type { DecimalInput } from "../values/decimal.ts";
import { isRecord } from "../values/record.ts";
import type { Exact } from "../values/scaled-integer.ts";
import { expectedTime, readTime } from "../values/timestamp.ts";
import { EventClassification } from "./classification.ts";
import { clockShifts, windowOffsets } from "./clocks.ts";
import {
  Comparer,
  compareCells,
  diffOf,
  type Tolerance,
  verdictOf,
  worse,
  worstOf,
} from "./comparison.ts";
import { copies } from "./copies.ts";
import { definitionChanges } from "./definition-changes.ts";
import { MAX_CHANCE } from "./evidence.ts";
import { type Finding, findingsOf, type Hypothesis, ranked } from "./hypothesis.ts";
import { leaveOneOut } from "./leave-one-out.ts";
import { localize, nextQueries } from "./localization.ts";
import { mergedSubjects, outages, outagesInWindow } from "./outages.ts";
import { renamedDimensions } from "./renamed-dimensions.ts";
import type { Explanation, Reconciliation, Verdict } from "./result.ts";
import { ruleChanges } from "./rule-changes.ts";
import { ownRules } from "./rules.ts";
import { scatteredEvents } from "./scattered-events.ts";
import { Search } from "./search.ts";
import { segments } from "./segments.ts";
import {
  currencyFinding,
  notesOnAnswer,
  readServerSummary,
  type ServerSummary,
} from "./server-summary.ts";
import { timeRanges } from "./time-ranges.ts";
import { factors, unitCostChanges, withUnitCostChange } from "./unit-costs.ts";
import { pricesOf, refuseRepeated, unitCostHistorySchema, type WhatIfChanges } from "./what-if.ts";

/** How summaries are compared: what a local summary can be told, and what is let pass. */
export interface ReconcileOptions extends SummaryOptions {
  /**
   * How far each amount of the server may be off, in units of the quantity and in money.
   * @default nothing but what adding up in doubles can lose
   */
  readonly tolerance?:
    | {
        readonly quantity?: DecimalInput | undefined;
        readonly cost?: DecimalInput | undefined;
      }
    | undefined;
  /**
   * Other unit costs that the cost had or will have, at most 32: each is tried.
   * @default []
   */
  readonly unitCosts?: readonly DecimalInput[] | undefined;
  /**
   * What a unit costs from each instant on, in any order, as `whatIf` takes it; before the first, the cost's own unit
   * cost. It is tried where the server's quantities are yours.
   */
  readonly unitCostHistory?: WhatIfChanges["unitCostHistory"];
}

/** The options, checked. */
interface ReadOptions extends SummaryOptions {
  readonly tolerance?: Tolerance | undefined;
  readonly unitCosts?: readonly Exact[] | undefined;
  readonly unitCostHistory?:
    | readonly { readonly from: Date; readonly unitCost: Exact }[]
    | undefined;
}

const MAX_UNIT_COSTS = 32;
/** Written out: bundlers keep a template at the top of a file. */
const UP_TO_32_UNIT_COSTS = "an array of at most 32 unit costs";

/** The options of a comparison; all others are for the local summary, which checks them. */
const reconcileOptions = /* @__PURE__ */ objectWith(
  {
    tolerance: /* @__PURE__ */ optional(
      /* @__PURE__ */ strictObject(
        {
          quantity: /* @__PURE__ */ optional(exactAmount),
          cost: /* @__PURE__ */ optional(exactAmount),
        },
        { what: "an object with quantity or cost" },
      ),
    ),
    unitCostHistory: /* @__PURE__ */ optional(unitCostHistorySchema),
    unitCosts: /* @__PURE__ */ optional(/* @__PURE__ */ list(exactAmount, UP_TO_32_UNIT_COSTS)),
  },
  (made, name, value) => {
    made[name] = value;
  },
  {
    what: "an object of options",
    together: ({ unitCosts, unitCostHistory }, refuse) => {
      if (Array.isArray(unitCostHistory)) refuseRepeated(unitCostHistory, refuse);
      if (Array.isArray(unitCosts) && unitCosts.length > MAX_UNIT_COSTS) {
        refuse(`expected ${UP_TO_32_UNIT_COSTS}`, "unitCosts");
      }
    },
  },
);
const FAILED = "The summaries cannot be compared";

/** What is compared: a cost, your own events, a query, and what the server answered to it. */
export interface ReconcileInput<D extends string = string, G extends D | EventDimension = D> {
  /** With its `createdAt`, where it is known. */
  readonly cost: CostDefinition<D> & { readonly createdAt?: Date | string | null | undefined };
  /** In the order received; read once. */
  readonly events: Iterable<CostEvent>;
  /**
   * With `groupBy: "$subject"` or `"$source"`, the server's groups are answers that you have put together: to a query of
   * each subject, say.
   */
  readonly query: LocalSummaryParams<D, G>;
  readonly server: ServerSummary;
}

/** What is compared: as for `reconcile`, with a log in the place of events. */
export interface ReconcileNdjsonInput<D extends string = string, G extends D | EventDimension = D>
  extends Omit<ReconcileInput<D, G>, "events"> {
  /** Events in NDJSON, in the order received; read once. */
  readonly source: NdjsonSource;
}

/** How a log is compared, and how it is read. */
export interface ReconcileNdjsonOptions extends ReconcileOptions, NdjsonOptions {}

/**
 * Compares the server's response with your own events, and says why they differ.
 *
 * - `server` is the answer of `costs.summary` to the same query. The more it holds, the surer the explanation: ask with
 *   `groupBy` and with `window: "MINUTE"`. What it does not hold is not compared.
 * - Events are taken in the order received and read once, so that they may come from a stream; about 40 bytes of each
 *   and its key are kept. The local side is that of `summarizeCost`, to the last digit.
 * - When the two differ, every known cause is tried. Those are other rules, alone and in pairs; offsets from UTC, constant
 *   factors and other unit costs; and single events. They are also event types, subjects, sources and stretches of time
 *   that are missing or counted twice, and clocks that are hours off. An explanation accounts for every total, group and window.
 * - Invalid events are not thrown: the audit counts them, and `onInvalidEvent` is called with them.
 * - Times are UTC. Differences are `server` - `local`, exact. With no events and an answer of 0 the verdict is `equal`.
 *
 * Throws an `InvalidInputError` for a cost, a query, options or an answer that cannot be used: one with groups of other
 * dimensions, say.
 *
 * @example
 * ```ts
 * import { reconcile } from "metered-costs/summary";
 *
 * const tokens = {
 *   unitCost: "0.5",
 *   aggregation: "SUM",
 *   eventType: "llm.completion",
 *   valueProperty: "$.tokens",
 * };
 * const completion = (key: string, tokens: number) => ({
 *   type: "llm.completion",
 *   idempotencyKey: key,
 *   timestamp: "2026-06-01T10:00:00Z",
 *   data: { tokens },
 * });
 * const { verdict, explanations } = reconcile({
 *   cost: tokens,
 *   events: [completion("a", 120_317), completion("b", 345_071), completion("a", 120_317)],
 *   query: { from: "2026-06-01T00:00:00Z", to: "2026-06-02T00:00:00Z", window: "MINUTE" },
 *   server: {
 *     totalQuantity: 585_705,
 *     totalCost: 292_852.5,
 *     timeSeries: [{ windowStart: "2026-06-01T10:00:00Z", quantity: 585_705, cost: 292_852.5 }],
 *   },
 * });
 * const ids = explanations.map(({ hypotheses }) => hypotheses[0]?.id);
 * console.log(verdict, ids.join(", ")); // explained event-repeated, duplicates-counted
 * ```
 */
export function reconcile<const D extends string = string, const G extends D | EventDimension = D>(
  input: ReconcileInput<D, G>,
  options: ReconcileOptions = {},
): Reconciliation {
  const { pipeline, result } = reconciliationOf(input, options);
  const { events } = input;
  checkEvents(events, FAILED);
  pipeline.addAll(events);
  return result();
}

/**
 * What `reconcile` gives, of events in NDJSON, one JSON object a line, in one pass. Memory holds 36 bytes for each event
 * and the distinct idempotency keys, subjects and dimension values; no events.
 *
 * Sources and lines are as for `summarizeNdjson`. Invalid events, and lines that are not events, are not thrown: the audit
 * counts them, and `onInvalidEvent` is called with the line's number. An empty source has no events. Rejects with an
 * `InvalidInputError` for a cost, a query, options, an answer or a source that cannot be used, with what the source
 * throws, and with the signal's reason.
 *
 * @example
 * ```ts
 * import { reconcileNdjson } from "metered-costs/summary";
 *
 * const log = '{"type":"call","timestamp":"2026-06-01T10:00:00Z","data":{}}\n';
 * const { verdict } = await reconcileNdjson({
 *   cost: { unitCost: "0.002", aggregation: "COUNT", eventType: "call" },
 *   source: new Blob([log]),
 *   query: { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" },
 *   server: { totalQuantity: 1, totalCost: 0.002 },
 * });
 * console.log(verdict); // equal
 * ```
 */
export async function reconcileNdjson<
  const D extends string = string,
  const G extends D | EventDimension = D,
>(
  input: ReconcileNdjsonInput<D, G>,
  options: ReconcileNdjsonOptions = {},
): Promise<Reconciliation> {
  const [reading, others] = splitOptions(options);
  const { pipeline, result } = reconciliationOf(input as ReconcileNdjsonInput, others);
  await readInto(pipeline, input.source, reading);
  return result();
}

/** A reconciliation in the making: what its events go into, and what gives it at the end. */
function reconciliationOf(
  input: Omit<ReconcileInput, "events"> & { readonly events?: Iterable<CostEvent> | undefined },
  options: ReconcileOptions,
): { readonly pipeline: EventPipeline; readonly result: () => Reconciliation } {
  if (!isRecord(input))
    refuseInput(FAILED, [], "expected an object with cost, events, query and server");
  const { cost, query, server, events } = input;
  const read: ReadOptions = readInput(reconcileOptions, options, FAILED);
  const { tolerance = {}, unitCosts = [], unitCostHistory, ...summary } = read;
  const plan = compileLocalPlan(cost, query);
  readOptions(summary);
  const answer = readServerSummary(server, plan);
  const createdAt = readCreation(cost.createdAt);
  const classification = new EventClassification(plan, summary, createdAt);
  const deduplicates = summary.deduplicate !== false;
  const circumstances = { deduplicates, knowsCreation: createdAt !== undefined };
  const history = unitCostHistory && pricesOf(unitCostHistory, plan);
  const rereading = Array.isArray(events) ? { cost, query, options: summary, events } : undefined;
  const hypotheses: readonly Hypothesis[] = [
    ruleChanges(circumstances),
    factors(unitCosts),
    unitCostChanges(history),
    withUnitCostChange(segments(rereading), history),
    withUnitCostChange(timeRanges, history),
    withUnitCostChange(outages, history),
    renamedDimensions,
    definitionChanges(rereading),
    leaveOneOut,
    windowOffsets,
    clockShifts,
    copies,
    mergedSubjects,
  ];
  const result = (): Reconciliation => {
    const comparer = new Comparer(answer, plan.unitCost, tolerance);
    const search = new Search(classification, comparer, ownRules(deduplicates));
    const { cells } = search;
    const otherCurrency = currencyFinding(answer, cost);
    const isComparable = otherCurrency === undefined;
    const compared = verdictOf(cells);
    const verdict = isComparable || compared === "unavailable" ? compared : "different";
    const findings =
      isComparable && (verdict === "different" || verdict === "within-tolerance")
        ? explanationsFor(search, hypotheses, [outagesInWindow, scatteredEvents])
        : [];
    const differing = cells.filter(({ agreement }) => agreement !== "equal");
    const diffs = (place: "group" | "window") =>
      differing
        .filter((cell) => cell.place === place)
        .sort(compareCells)
        .map((cell) => diffOf(cell, plan));
    const [total] = cells;
    if (total === undefined) throw new Error("a comparison has a total");
    const explanations = ranked(findings, answer, comparer.cellCount, classification);
    const finalVerdict = verdict === "different" ? explainedVerdict(explanations) : verdict;
    const isOpen = finalVerdict === "coincidence" || finalVerdict === "different";
    const reconciliation = {
      verdict: finalVerdict,
      total: diffOf(total, plan),
      groups: diffs("group"),
      timeSeries: diffs("window"),
      explanations,
      findings: isOpen ? (isComparable ? localize(search) : [otherCurrency]) : [],
      nextQueries: isOpen && isComparable ? nextQueries(cost, query, search) : [],
      audit: {
        read: classification.columns.length,
        used: classification.pipeline.counts.used,
        leftOut: classification.leftOut(),
        notes: [...notesOnAnswer(answer, cost, plan), ...notesOnEvents(classification)],
      },
    };
    return { ...reconciliation, toJSON: () => JSON.parse(JSON.stringify(reconciliation)) };
  };
  return { pipeline: classification.pipeline, result };
}

/**
 * Everything that accounts for a difference, better than what is there without it. What can account for nearly anything
 * is tried where nothing else does.
 */
function explanationsFor(
  search: Search,
  hypotheses: readonly Hypothesis[],
  lastResorts: readonly Hypothesis[],
): Finding[] {
  const own = worstOf(search.cells);
  const findingsBy = (some: readonly Hypothesis[]): Finding[] =>
    some
      .flatMap((hypothesis) => findingsOf(hypothesis, search))
      .filter(({ agreement }) => worse(agreement, own) !== agreement);
  const findings = findingsBy(hypotheses);
  return findings.length > 0 ? findings : findingsBy(lastResorts);
}

/** Whether the best explanations say why the two differ, or may as well fit by chance. */
function explainedVerdict(
  explanations: readonly Explanation[],
): Extract<Verdict, "explained" | "coincidence" | "different"> {
  const best = explanations.filter(({ rank }) => rank === 1);
  if (best.length === 0) return "different";
  return best.some(({ chance }) => chance <= MAX_CHANCE) ? "explained" : "coincidence";
}

function notesOnEvents(classification: EventClassification): string[] {
  const count = classification.pipeline.counts.withoutTime;
  if (count === 0) return [];
  return [`${counted(count, "event has", "events have")} no timestamp: taken to be of now.`];
}

function readCreation(createdAt: Date | string | null | undefined): number | undefined {
  if (createdAt === undefined || createdAt === null) return undefined;
  const instant = readTime(createdAt);
  if (Number.isNaN(instant)) refuseInput(FAILED, ["cost", "createdAt"], expectedTime(createdAt));
  return instant;
}
