import { type Exact, multiply } from "../values/scaled-integer.ts";
import { difference } from "./closeness.ts";
import type { Evidence } from "./evidence.ts";
import type { Finding } from "./finding.ts";
import { type Hypothesis, roundingHypotheses } from "./hypotheses.ts";
import { NearSums } from "./near-sums.ts";
import type { Prediction } from "./prediction.ts";
import { roundedPricing } from "./rounded-pricing.ts";
import { PLACES, type Rounding } from "./rounding.ts";
import type { Search } from "./search.ts";
import { approximately } from "./tallies.ts";

/**
 * Tries the hypotheses without a parameter, alone and in pairs. Two of them are tried together when neither explains
 * everything by itself; one that changes nothing for these events is inert, and in no pair either.
 */
export function ruleFindings(search: Search, rules: readonly Hypothesis[]): Finding[] {
  const roundings = roundingHypotheses(search.trail.plan);
  const findings: Finding[] = [];
  const alone = new Set<Hypothesis>();
  const active: (readonly [Hypothesis, Prediction])[] = [];
  const isOwnFitting = search.comparer.fitsQuantities(search.own);

  /** What two hypotheses, or one, or none predict together; a rounding on top where the quantities fit already. */
  const tryRules = (hypotheses: readonly Hypothesis[], prediction: Prediction): void => {
    if (!search.comparer.fitsTotalQuantity(prediction.total())) return;
    if (!search.comparer.fitsQuantities(prediction)) return;
    const use = hypotheses.map((hypothesis) => hypothesis.use);
    const advice = hypotheses.map((hypothesis) => hypothesis.advice).join(" ");
    const events = search.rowsThatDiffer(prediction.rules);
    // A rule has no parameter: it is one candidate. Of pairs there are many.
    const tried = hypotheses.length > 1 ? (rules.length * (rules.length - 1)) / 2 : 1;
    const chanceOf = (ways: number) => (evidence: Evidence) => evidence.chance(tried * ways);
    if (hypotheses.length > 0) {
      const found = search.findingOf(use, advice, prediction, chanceOf(1), search.pricing, events);
      if (found !== undefined) {
        findings.push(found);
        if (hypotheses.length === 1 && found.closeness !== "within")
          alone.add(hypotheses[0] as Hypothesis);
        return;
      }
    }
    // A rule that shows in no quantity is inert: a rounding needs no such company.
    if (hypotheses.length > 1 || (hypotheses.length === 1 && isOwnFitting)) return;
    const met = new Set<string>();
    for (const hypothesis of roundings) {
      const rounding = hypothesis.rounding as Rounding;
      const kind = `${rounding.per} ${rounding.places}`;
      if (met.has(kind) || !mayRound(search, prediction, rounding)) continue;
      const pricing = roundedPricing(prediction, rounding, search.unitCost, search.eventCosts);
      const both = [...use, hypothesis.use];
      const advices = [...hypotheses, hypothesis].map((one) => one.advice).join(" ");
      const found = search.findingOf(
        both,
        advices,
        prediction,
        chanceOf(roundings.length),
        pricing,
        events,
      );
      if (found === undefined) continue;
      findings.push(found);
      met.add(kind);
    }
  };

  for (const hypothesis of rules) {
    const prediction = search.predict(hypothesis.changes);
    if (prediction !== search.own) active.push([hypothesis, prediction]);
  }
  tryRules([], search.own);
  for (const [hypothesis, prediction] of active) tryRules([hypothesis], prediction);
  // A pair may make a hypothesis matter that alone does not: the last of keys that are equal in themselves, say.
  for (const [at, one] of rules.entries()) {
    for (const other of rules.slice(at + 1)) {
      if (alone.has(one) || alone.has(other) || haveSameChange(one, other)) continue;
      const prediction = search.predict({ ...one.changes, ...other.changes });
      const isInert = [one, other].some((by) => search.predict(by.changes) === prediction);
      if (!isInert && prediction !== search.own) tryRules([one, other], prediction);
    }
  }
  return findings;
}

function haveSameChange(one: Hypothesis, other: Hypothesis): boolean {
  return Object.keys(one.changes).some((name) => Object.hasOwn(other.changes, name));
}

/** Whether rounding may make the difference of the total at all; it spares exact sums for nothing. */
function mayRound(search: Search, prediction: Prediction, { places, per }: Rounding): boolean {
  const { quantity, bounds } = prediction.total();
  const { totalCost } = search.comparer.server;
  if (quantity === undefined || totalCost === null) return false;
  if (per === "event") return search.eventCosts.near(prediction).mayBe(totalCost, places);
  if (per === "group" || per === "window") {
    return rowSums(search, prediction, per).mayBe(totalCost, places);
  }
  const exact: Exact = multiply(search.unitCost, quantity);
  const distance = Math.abs(approximately(difference(totalCost, exact)));
  const loss = bounds.cost * approximately(search.unitCost);
  return distance <= 2 * 10 ** -places + loss;
}

/** What the rounded costs of rows add up to, nearly. */
function rowSums(search: Search, prediction: Prediction, per: "group" | "window"): NearSums {
  const known = search.rowSums.get(prediction)?.[per];
  if (known !== undefined) return known;
  const sums = new NearSums(PLACES);
  const unitCost = approximately(search.unitCost);
  const rows = per === "group" ? prediction.groups() : prediction.windows();
  for (const { quantity } of rows.values()) sums.add(unitCost * approximately(quantity));
  search.rowSums.set(prediction, { ...search.rowSums.get(prediction), [per]: sums });
  return sums;
}
