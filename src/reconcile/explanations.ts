import type { Exact } from "../values/scaled-integer.ts";
import { type Closeness, worse } from "./closeness.ts";
import type { Cell } from "./comparison.ts";
import { MAX_CHANCE } from "./evidence.ts";
import { factorFindings, unitCostFindings } from "./factors.ts";
import type { Finding } from "./finding.ts";
import { type Circumstances, ruleHypotheses } from "./hypotheses.ts";
import { otherTypeFindings } from "./other-types.ts";
import type { Explanation, Verdict } from "./result.ts";
import { ruleFindings } from "./rule-search.ts";
import type { Search } from "./search.ts";
import { sharedTraitFindings } from "./shared-traits.ts";
import { singleEventFindings } from "./single-events.ts";
import { timeFindings } from "./stretches.ts";
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
    ...ruleFindings(search, ruleHypotheses(search.trail.plan, circumstances)),
    ...factors,
    // A unit cost that is a hundred times as high is the factor over again.
    ...(factors.length === 0 ? unitCostFindings(search, unitCosts) : []),
    ...otherTypeFindings(search),
    ...sharedTraitFindings(search),
    ...timeFindings(search),
    ...singleEventFindings(search, cells),
    ...windowOffsetFindings(search),
  ];
  const own = cells.reduce<Closeness>((worst, cell) => worse(worst, cell.closeness), "equal");
  return findings.filter(({ closeness }) => worse(closeness, own) !== closeness);
}

/** Whether the best explanations say why the two differ, or may as well fit by chance. */
export function explainedVerdict(
  explanations: readonly Explanation[],
): Extract<Verdict, "explained" | "coincidence" | "different"> {
  const best = explanations.filter(({ rank }) => rank === 1);
  if (best.length === 0) return "different";
  return best.some(({ chance }) => chance <= MAX_CHANCE) ? "explained" : "coincidence";
}
