import type { Exact } from "../values/scaled-integer.ts";
import { type Agreement, type Cell, worse } from "./comparison.ts";
import { MAX_CHANCE } from "./evidence.ts";
import { factorFindings, unitCostFindings } from "./factors.ts";
import { leaveOneOutFindings } from "./leave-one-out.ts";
import type { Finding } from "./ranking.ts";
import type { Explanation, Verdict } from "./result.ts";
import { type Circumstances, ruleFindings, ruleHypotheses } from "./rule-changes.ts";
import type { Search } from "./search.ts";
import { otherTypeFindings, segmentFindings } from "./segments.ts";
import { timeFindings } from "./time-ranges.ts";
import { windowOffsetFindings } from "./window-offsets.ts";

/** Everything that accounts for a difference, better than what is there without it. */
export function findingsOf(
  search: Search,
  cells: readonly Cell[],
  circumstances: Circumstances,
  unitCosts: readonly Exact[],
): Finding[] {
  const factors = factorFindings(search);
  const findings = [
    ...ruleFindings(search, ruleHypotheses(search.classification.plan, circumstances)),
    ...factors,
    // A unit cost that is a hundred times as high is the factor over again.
    ...(factors.length === 0 ? unitCostFindings(search, unitCosts) : []),
    ...otherTypeFindings(search),
    ...segmentFindings(search),
    ...timeFindings(search),
    ...leaveOneOutFindings(search, cells),
    ...windowOffsetFindings(search),
  ];
  const own = cells.reduce<Agreement>((worst, cell) => worse(worst, cell.agreement), "equal");
  return findings.filter(({ agreement }) => worse(agreement, own) !== agreement);
}

/** Whether the best explanations say why the two differ, or may as well fit by chance. */
export function explainedVerdict(
  explanations: readonly Explanation[],
): Extract<Verdict, "explained" | "coincidence" | "different"> {
  const best = explanations.filter(({ rank }) => rank === 1);
  if (best.length === 0) return "different";
  return best.some(({ chance }) => chance <= MAX_CHANCE) ? "explained" : "coincidence";
}
