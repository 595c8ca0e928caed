import { InvalidInputError, type Issue } from "../errors.ts";
import type { CostDefinition, CostEvent, CostSummaryParams } from "../models.ts";
import { CostSummarizer } from "../summary/cost-summarizer.ts";
import { compilePlan } from "../summary/plan.ts";
import type { SummaryOptions } from "../summary/summary-options.ts";
import { type DecimalInput, readExact } from "../values/decimal.ts";
import { isRecord } from "../values/record.ts";
import type { Exact } from "../values/scaled-integer.ts";
import { EXPECTED_TIME, readTime } from "../values/timestamp.ts";
import { EventClassification } from "./classification.ts";
import { Comparer, compareCells, diffOf, type Tolerance, verdictOf } from "./comparison.ts";
import { explainedVerdict, findingsOf } from "./hypothesis.ts";
import { nextQueries } from "./next-queries.ts";
import { ranked } from "./ranking.ts";
import type { Reconciliation } from "./result.ts";
import { ownRules } from "./rules.ts";
import { Search } from "./search.ts";
import { notesOnAnswer, readServerSummary, type ServerSummary } from "./server-summary.ts";

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
}

/** The options, checked. */
export interface ReadOptions {
  /** What is for the local summary, which checks it. */
  readonly summary: SummaryOptions;
  readonly tolerance: Tolerance;
  readonly unitCosts: readonly Exact[];
}

const MAX_UNIT_COSTS = 32;

/** Throws an `InvalidInputError`. */
export function readReconcileOptions(options: ReconcileOptions): ReadOptions {
  const issues: Issue[] = [];
  if (!isRecord(options)) issues.push({ path: [], message: "expected an object of options" });
  const { tolerance, unitCosts, ...summary } = isRecord(options) ? options : {};
  const amount = (path: Issue["path"], input: unknown): Exact | undefined => {
    if (input === undefined) return undefined;
    const exact = readExact(input);
    if ("problem" in exact) issues.push({ path, message: exact.problem });
    else if (exact.coefficient < 0n) issues.push({ path, message: "expected at least 0" });
    else return exact;
    return undefined;
  };
  const given: unknown = tolerance ?? {};
  const { quantity, cost, ...unknown } = isRecord(given) ? given : {};
  if (!isRecord(given)) {
    issues.push({ path: ["tolerance"], message: "expected an object with quantity or cost" });
  }
  for (const name of Object.keys(unknown)) {
    issues.push({ path: ["tolerance", name], message: "unknown field; there are quantity, cost" });
  }
  const read = {
    quantity: amount(["tolerance", "quantity"], quantity),
    cost: amount(["tolerance", "cost"], cost),
  };
  const list: unknown = unitCosts ?? [];
  const others: Exact[] = [];
  if (!Array.isArray(list) || list.length > MAX_UNIT_COSTS) {
    const message = `expected an array of at most ${MAX_UNIT_COSTS} unit costs`;
    issues.push({ path: ["unitCosts"], message });
  } else {
    for (const [at, input] of list.entries()) {
      const other = amount(["unitCosts", at], input ?? null);
      if (other !== undefined) others.push(other);
    }
  }
  if (issues.length > 0) throw new InvalidInputError("The summaries cannot be compared", issues);
  return { summary, tolerance: read, unitCosts: others };
}

/** What is compared: a cost, your own events, a query, and what the server answered to it. */
export interface ReconcileInput<D extends string = string, G extends D = D> {
  /** With its `createdAt`, where it is known. */
  readonly cost: CostDefinition<D> & { readonly createdAt?: Date | string | null | undefined };
  /** In the order received; read once. */
  readonly events: Iterable<CostEvent>;
  readonly query: CostSummaryParams<D, G>;
  readonly server: ServerSummary;
}

/**
 * Compares what the server answered with what your own events come to, and says why they differ.
 *
 * - `server` is the answer of `costs.summary` to the same query. The more it holds, the surer the explanation: ask with
 *   `groupBy` and with `window: "MINUTE"`. What it does not hold is not compared.
 * - Events are taken in the order received and read once, so that they may come from a stream; about 40 bytes of each
 *   and its key are kept. The local side is that of `summarizeCost`, to the last digit.
 * - When the two differ, everything that is known to make servers differ is tried: other rules, alone and in pairs;
 *   event types, subjects, sources and stretches of time that are missing or counted twice; offsets from UTC, constant
 *   factors, other unit costs; single events. An explanation accounts for every total, group and window, or it is none.
 * - Invalid events are not thrown: the audit counts them, and `onInvalidEvent` hears of them.
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
 *   events: [completion("a", 12), completion("b", 34), completion("a", 12)],
 *   query: { from: "2026-06-01T00:00:00Z", to: "2026-06-02T00:00:00Z", window: "MINUTE" },
 *   server: {
 *     totalQuantity: 58,
 *     totalCost: 29,
 *     timeSeries: [{ windowStart: "2026-06-01T10:00:00Z", quantity: 58, cost: 29 }],
 *   },
 * });
 * console.log(verdict, explanations[0]?.hypotheses[0]?.id); // explained duplicates-counted
 * ```
 */
export function reconcile<const D extends string = string, const G extends D = D>(
  input: ReconcileInput<D, G>,
  options: ReconcileOptions = {},
): Reconciliation {
  if (!isRecord(input)) refuse([], "expected an object with cost, events, query and server");
  const { cost, events, query, server } = input;
  const { summary, tolerance, unitCosts } = readReconcileOptions(options);
  new CostSummarizer(cost, query, summary); // refuses what no summary can be made of
  const plan = compilePlan(cost, query);
  const answer = readServerSummary(server, plan);
  const createdAt = readCreation(cost.createdAt);
  if (typeof events?.[Symbol.iterator] !== "function") {
    refuse(["events"], "expected an array or another synchronous iterable of events");
  }
  const classification = new EventClassification(plan, summary, createdAt);
  for (const event of events) classification.add(event);

  const deduplicates = summary.deduplicate !== false;
  const comparer = new Comparer(answer, plan.unitCost, tolerance);
  const search = new Search(classification, comparer, ownRules(deduplicates));
  const { cells } = search;
  const verdict = verdictOf(cells);
  const circumstances = { deduplicates, knowsCreation: createdAt !== undefined };
  const findings =
    verdict === "different" || verdict === "within-tolerance"
      ? findingsOf(search, cells, circumstances, unitCosts)
      : [];
  const differing = cells.filter(({ agreement }) => agreement !== "equal");
  const diffs = (place: "group" | "window") =>
    differing
      .filter((cell) => cell.place === place)
      .sort(compareCells)
      .map((cell) => diffOf(cell, plan));
  const [total] = cells;
  if (total === undefined) throw new Error("a comparison has a total");
  const explanations = ranked(findings, answer, comparer.cellCount, classification.columns.keys);
  const finalVerdict = verdict === "different" ? explainedVerdict(explanations) : verdict;
  const reconciliation = {
    verdict: finalVerdict,
    total: diffOf(total, plan),
    groups: diffs("group"),
    timeSeries: diffs("window"),
    explanations,
    nextQueries:
      finalVerdict === "coincidence" || finalVerdict === "different"
        ? nextQueries(cost, query, search)
        : [],
    audit: {
      read: classification.columns.length,
      used: classification.audit.used,
      leftOut: classification.audit.leftOut(),
      notes: [...notesOnAnswer(server, cost, plan), ...notesOnEvents(classification)],
    },
  };
  return { ...reconciliation, toJSON: () => JSON.parse(JSON.stringify(reconciliation)) };
}

function notesOnEvents(classification: EventClassification): string[] {
  const { count } = classification.audit.withoutTime;
  if (count === 0) return [];
  return [
    `${count} ${count === 1 ? "event has" : "events have"} no timestamp: taken to be of now.`,
  ];
}

function readCreation(createdAt: Date | string | null | undefined): number | undefined {
  if (createdAt === undefined || createdAt === null) return undefined;
  const instant = readTime(createdAt);
  if (Number.isNaN(instant)) refuse(["cost", "createdAt"], EXPECTED_TIME);
  return instant;
}

function refuse(path: readonly string[], message: string): never {
  throw new InvalidInputError("The summaries cannot be compared", [{ path, message }]);
}
