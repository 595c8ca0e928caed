import type { Pricing } from "./comparison.ts";
import type { Evidence } from "./evidence.ts";
import type { Predicted } from "./prediction.ts";
import { type Finding, NO_ROWS, type RowSet } from "./ranking.ts";
import type { HypothesisUse } from "./result.ts";
import type { Search } from "./search.ts";

/** One thing that the server may have done, with its parameters. */
export interface Candidate {
  readonly hypotheses: readonly HypothesisUse[];
  /** What the server would answer; worked out as far as it is compared. */
  predict(): Predicted;
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
export type Candidates = Generator<Candidate, void, Finding | undefined>;

/** A family of causes; there is one file for each. */
export interface Hypothesis {
  candidates(search: Search): Candidates;
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
    events: events?.() ?? NO_ROWS,
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
