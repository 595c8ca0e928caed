import { InvalidInputError } from "../errors.ts";
import type { CostDefinition, CostEvent, CostSummaryParams } from "../models.ts";
import { CostSummarizer } from "../summary/cost-summarizer.ts";
import { compilePlan } from "../summary/plan.ts";
import { EXPECTED_TIME, readTime } from "../timestamp.ts";
import { Comparer } from "./comparison.ts";
import { diffOf, verdictOf } from "./diffs.ts";
import { explainedVerdict, findingsOf } from "./explanations.ts";
import { ranked } from "./finding.ts";
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

export function reconcile<const D extends string = string, const G extends D = D>(
  input: ReconcileInput<D, G>,
  options: ReconcileOptions = {},
): Reconciliation {
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
  const cells = [...comparer.cells(search.own, search.pricing)];
  const verdict = verdictOf(cells);
  const circumstances = { deduplicates, knowsCreation: createdAt !== undefined };
  const findings =
    verdict === "different" || verdict === "within-tolerance"
      ? findingsOf(search, cells, circumstances, unitCosts)
      : [];
  const differing = cells.filter(({ closeness }) => closeness !== "equal");
  const diffs = (place: "group" | "window") =>
    differing.filter((cell) => cell.place === place).map((cell) => diffOf(cell, plan));
  const [total] = cells;
  if (total === undefined) throw new Error("a comparison has a total");
  const reconciliation = {
    verdict: verdict === "different" ? explainedVerdict(findings, answer) : verdict,
    total: diffOf(total, plan),
    groups: diffs("group"),
    timeSeries: diffs("window"),
    explanations: ranked(findings, answer, comparer.cellCount, trail.columns.keys),
    audit: {
      read: trail.columns.length,
      used: trail.audit.used,
      leftOut: trail.audit.leftOut(),
      notes: [...notesOnAnswer(server, cost, plan), ...notesOnTrail(trail)],
    },
  };
  return { ...reconciliation, toJSON: () => ({ ...reconciliation }) };
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
