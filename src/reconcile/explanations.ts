import type { Exact } from "../values/scaled-integer.ts";
import { type Closeness, worse } from "./closeness.ts";
import type { Cell } from "./comparison.ts";
import { factorFindings, unitCostFindings } from "./factors.ts";
import type { Finding } from "./finding.ts";
import { type Circumstances, ruleHypotheses } from "./hypotheses.ts";
import { otherTypeFindings } from "./other-types.ts";
import type { Verdict } from "./result.ts";
import { ruleFindings } from "./rule-search.ts";
import type { Search } from "./search.ts";
import type { ServerAnswer } from "./server-summary.ts";
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

/**
 * Whether something explains the difference, or may as well be chance: where no more than a total is given, an event or
 * an instant that can be chosen freely proves nothing when several would do.
 */
export function explainedVerdict(
  findings: readonly Finding[],
  { groups, windows }: ServerAnswer,
): Extract<Verdict, "explained" | "coincidence" | "different"> {
  if (findings.length === 0) return "different";
  const isTotalAlone = (groups?.size ?? 0) <= 1 && (windows?.size ?? 0) <= 1;
  if (!isTotalAlone) return "explained";
  const isCertain = findings.some(({ choices }) => choices === undefined);
  const choices = findings.reduce((sum, finding) => sum + (finding.choices ?? 0), 0);
  return isCertain || choices === 1 ? "explained" : "coincidence";
}
