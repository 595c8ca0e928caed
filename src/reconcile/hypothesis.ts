import { decimalOf } from "../values/decimal.ts";
import { type Exact, subtract } from "../values/scaled-integer.ts";
import type { EventClassification, RowSet } from "./classification.ts";
import {
  AGREEMENTS,
  type Agreement,
  type Amounts,
  decimalOrNull,
  type Pricing,
} from "./comparison.ts";
import type { Evidence } from "./evidence.ts";
import type { Predicted, Weight } from "./prediction.ts";
import type { Explanation, HypothesisUse } from "./result.ts";
import type { Search } from "./search.ts";
import type { ServerAnswer } from "./server-summary.ts";

/** One thing that the server may have done, with its parameters. */
export interface Candidate {
  readonly hypotheses: readonly HypothesisUse[];
  /** What the server would answer; worked out as far as it is compared. */
  predict(): Predicted;
  /** How often each event is taken in, where nothing but that differs. */
  readonly weight?: Weight | undefined;
  /** How quantities become costs; as the cost says where it is absent. */
  readonly pricing?: Pricing | undefined;
  /** The events that it concerns. */
  readonly events?: (() => RowSet) | undefined;
  /** How many candidates of this kind are expected to fit by chance. */
  chance(evidence: Evidence): number;
  /** What the user can do about it. */
  readonly advice: string;
}

/**
 * The candidates of a family that deserve a comparison in every cell: cheap checks, of the total for instance, come
 * before. Each `yield` gives the finding where the candidate fits every cell.
 */
export type Candidates<Result = void> = Generator<Candidate, Result, Finding | undefined>;

/** A family of causes; there is one file for each. */
export interface Hypothesis {
  candidates(search: Search): Candidates;
}

/** What the server predicts when it takes some events in `times` times, and all others once. */
export function altered(search: Search, isIn: (row: number) => boolean, times: 0 | 2) {
  const weight = (row: number): number => (isIn(row) ? times : 1);
  return {
    weight,
    predict: () => search.predictWeighted(weight),
    events: () => search.rowsWhere(isIn),
  };
}

/** The finding, if the candidate fits every cell. */
function findingOf(search: Search, candidate: Candidate): Finding | undefined {
  const { hypotheses, advice, pricing = search.pricing, events } = candidate;
  const predicted = candidate.predict();
  const fit = search.comparer.fit(predicted, pricing);
  if (fit === undefined) return undefined;
  return {
    hypotheses,
    ...fit,
    predicted: pricing.total(predicted.total()),
    events: events?.() ?? { count: 0, rows: () => [] },
    advice,
    chance: candidate.chance(search.evidence),
  };
}

/** What fits every total, group and window. */
export function findingsOf(hypothesis: Hypothesis, search: Search): Finding[] {
  const findings: Finding[] = [];
  const candidates = hypothesis.candidates(search);
  for (let next = candidates.next(); next.done !== true; ) {
    const found = findingOf(search, next.value);
    if (found !== undefined) findings.push(found);
    next = candidates.next(found);
  }
  return findings;
}

/** Something that accounts for every cell, before it is ranked. */
export interface Finding {
  readonly hypotheses: readonly HypothesisUse[];
  readonly agreement: Agreement;
  /** How many cells it meets as exactly as they were sent. */
  readonly met: number;
  readonly predicted: Amounts;
  readonly events: RowSet;
  readonly advice: string;
  /** How many candidates like it are expected to fit by chance. */
  readonly chance: number;
}

function residual(server: Exact | null | undefined, own: Exact | undefined) {
  if (server === undefined || server === null || own === undefined) {
    return server === null && own === undefined ? decimalOf(0) : null;
  }
  return decimalOf(subtract(server, own));
}

/**
 * Findings as explanations, best first: by exactness, by the cells met, by the number of hypotheses. Those that are
 * equal in all of these share a rank, and the one that fits least by chance comes first.
 */
export function ranked(
  findings: readonly Finding[],
  server: ServerAnswer,
  cellCount: number,
  classification: EventClassification,
): Explanation[] {
  const merits = (finding: Finding): readonly number[] => [
    AGREEMENTS.indexOf(finding.agreement),
    -finding.met,
    finding.hypotheses.length,
  ];
  const compareMerits = (a: Finding, b: Finding): number => {
    const other = merits(b);
    for (const [at, merit] of merits(a).entries()) {
      const difference = merit - (other[at] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  };
  const sorted = [...findings].sort((a, b) => compareMerits(a, b) || a.chance - b.chance);
  let rank = 0;
  return sorted.map((finding, at) => {
    const before = sorted[at - 1];
    if (before === undefined || compareMerits(before, finding) !== 0) rank++;
    const { hypotheses, agreement, met, predicted, events, advice, chance } = finding;
    return {
      rank,
      hypotheses,
      exact: agreement === "equal",
      chance,
      residual: {
        quantity: residual(server.totalQuantity, predicted.quantity),
        cost: residual(server.totalCost, predicted.cost),
      },
      predicted: {
        totalQuantity: decimalOrNull(predicted.quantity),
        totalCost: decimalOrNull(predicted.cost),
      },
      cells: { explained: met, total: cellCount },
      events: classification.eventsAt(events),
      advice,
    };
  });
}
