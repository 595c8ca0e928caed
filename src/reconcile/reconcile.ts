import { InvalidInputError } from "../errors.ts";
import type { CostDefinition, CostEvent, CostSummaryParams } from "../models.ts";
import { CostSummarizer } from "../summary/cost-summarizer.ts";
import { compilePlan } from "../summary/plan.ts";
import { isRecord } from "../values/record.ts";
import { EXPECTED_TIME, readTime } from "../values/timestamp.ts";
import { Comparer } from "./comparison.ts";
import { compareCells, diffOf, verdictOf } from "./diffs.ts";
import { explainedVerdict, findingsOf } from "./explanations.ts";
import { ranked } from "./finding.ts";
import { nextQueries } from "./next-queries.ts";
import { type ReconcileOptions, readReconcileOptions } from "./reconcile-options.ts";
import type { Reconciliation } from "./result.ts";
import { ownRules } from "./rules.ts";
import { Search } from "./search.ts";
import { notesOnAnswer, readServerSummary, type ServerSummary } from "./server-summary.ts";
import { EventTrail } from "./trail.ts";

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
  const trail = new EventTrail(plan, summary, createdAt);
  for (const event of events) trail.add(event);

  const deduplicates = summary.deduplicate !== false;
  const comparer = new Comparer(answer, plan.unitCost, tolerance);
  const search = new Search(trail, comparer, ownRules(deduplicates));
  const { cells } = search;
  const verdict = verdictOf(cells);
  const circumstances = { deduplicates, knowsCreation: createdAt !== undefined };
  const findings =
    verdict === "different" || verdict === "within-tolerance"
      ? findingsOf(search, cells, circumstances, unitCosts)
      : [];
  const differing = cells.filter(({ closeness }) => closeness !== "equal");
  const diffs = (place: "group" | "window") =>
    differing
      .filter((cell) => cell.place === place)
      .sort(compareCells)
      .map((cell) => diffOf(cell, plan));
  const [total] = cells;
  if (total === undefined) throw new Error("a comparison has a total");
  const explanations = ranked(findings, answer, comparer.cellCount, trail.columns.keys);
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
      read: trail.columns.length,
      used: trail.audit.used,
      leftOut: trail.audit.leftOut(),
      notes: [...notesOnAnswer(server, cost, plan), ...notesOnTrail(trail)],
    },
  };
  return { ...reconciliation, toJSON: () => JSON.parse(JSON.stringify(reconciliation)) };
}

function notesOnTrail(trail: EventTrail): string[] {
  const { count } = trail.audit.withoutTime;
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
