import type { Plan } from "../summary/plan.ts";
import { type Exact, multiply } from "../values/scaled-integer.ts";
import { approximately } from "./accumulators.ts";
import { difference } from "./comparison.ts";
import type { Evidence } from "./evidence.ts";
import type { Prediction } from "./prediction.ts";
import type { Finding } from "./ranking.ts";
import type { HypothesisUse } from "./result.ts";
import { PLACES, type Rounding, RoundingFilter, roundedPricing, roundingsFor } from "./rounding.ts";
import type { Rules } from "./rules.ts";
import type { Search } from "./search.ts";

/** A hypothesis without a parameter to look for. */
export interface Hypothesis {
  readonly use: HypothesisUse;
  /** What it changes about the rules; two that change the same are not tried together. */
  readonly changes: Partial<Rules>;
  readonly rounding?: Rounding | undefined;
  readonly advice: string;
}

/** What is known beside the plan. */
export interface Circumstances {
  readonly deduplicates: boolean;
  readonly knowsCreation: boolean;
}

/** The hypotheses that change which events count, or how their values do; those that cannot matter left out. */
export function ruleHypotheses(
  plan: Plan,
  { deduplicates, knowsCreation }: Circumstances,
): Hypothesis[] {
  const { aggregation } = plan;
  const readsNumbers = aggregation !== "COUNT" && aggregation !== "UNIQUE_COUNT";
  const isFoldDifferent =
    aggregation === "AVG" || aggregation === "UNIQUE_COUNT" || aggregation === "LATEST";
  const hypotheses: (Hypothesis | false)[] = [
    {
      use: { id: "whole-seconds" },
      changes: { wholeSeconds: true },
      advice:
        "The server cuts times to whole seconds: ask for ranges that begin and end on a second, well apart from events.",
    },
    {
      use: { id: "to-inclusive" },
      changes: { toInclusive: true },
      advice:
        "The server counts an event at the very end of the range: end ranges a millisecond earlier, or it is billed twice.",
    },
    deduplicates && {
      use: { id: "duplicates-counted" },
      changes: { repeats: "all" },
      advice:
        "The server counted repeated idempotency keys again: look at these events' retries, and report them as a bug.",
    },
    deduplicates && {
      use: { id: "last-of-equal-keys" },
      changes: { repeats: "last" },
      advice:
        "Of equal idempotency keys the server keeps the last event: never send different events under one key.",
    },
    deduplicates && {
      use: { id: "key-alone" },
      changes: { keyAloneOne: true },
      advice:
        "The server takes equal idempotency keys of different sources or namespaces for one event: make keys unique over all of them.",
    },
    isFoldDifferent &&
      plan.groupBy !== undefined && {
        use: { id: "totals-folded", parameters: { from: "groups" } },
        changes: { foldedFrom: "groups" },
        advice:
          "The server's total is made of its groups' rows: ask for the total without groupBy.",
      },
    isFoldDifferent &&
      plan.window !== undefined && {
        use: { id: "totals-folded", parameters: { from: "windows" } },
        changes: { foldedFrom: "windows" },
        advice:
          "The server's total is made of its windows' rows: ask for the total without window.",
      },
    readsNumbers && {
      use: { id: "truncated-to-19-digits" },
      changes: { truncated: true },
      advice:
        "The server cuts values behind the 19th digit of their fraction: send them in a larger unit of measure.",
    },
    aggregation === "UNIQUE_COUNT" && {
      use: { id: "missing-counted" },
      changes: { missingCounted: true },
      advice:
        "The server counts events without a value as one more distinct value: send the value with every event.",
    },
    aggregation === "LATEST" && {
      use: { id: "first-of-equal-timestamps" },
      changes: { firstOfEqual: true },
      advice:
        "Of equal timestamps the server takes the first event: send times with enough digits to tell events apart.",
    },
    (plan.groupBy !== undefined || plan.filters.length > 0) && {
      use: { id: "null-as-empty" },
      changes: { nullAsEmpty: true },
      advice: `The server takes null for a missing dimension (""): leave the dimension out, or send text.`,
    },
    plan.merchantId !== undefined && {
      use: { id: "namespace-ignored" },
      changes: { namespaceIgnored: true },
      advice:
        "The server counts events of other namespaces: look at who sends them, and give their events another type.",
    },
    aggregation === "AVG" && {
      use: { id: "average-over-all" },
      changes: { overAll: true },
      advice:
        "The server divides by all events, those without a usable value too: send a value with every event.",
    },
    knowsCreation && {
      use: { id: "before-creation-left-out" },
      changes: { sinceCreation: true },
      advice:
        "The server meters from the cost's creation on: begin the range there, or count what came before by yourself.",
    },
  ];
  return hypotheses.filter((hypothesis) => hypothesis !== false);
}

const ROUNDED: Record<Rounding["per"], string> = {
  event: "each event's cost",
  group: "each group's cost, and adds those up",
  window: "each window's cost, and adds those up",
  total: "the total cost",
  amount: "each cost of its answer",
};

/** The hypotheses that round costs; of two that predict the same, the first is enough. */
export function roundingHypotheses(plan: Plan): Hypothesis[] {
  return roundingsFor(plan).map((rounding) => {
    const { places, per, mode } = rounding;
    return {
      use: { id: "cost-rounded", parameters: { places, per, mode } },
      changes: {},
      rounding,
      advice: `The server rounds ${ROUNDED[per]} to ${places} digits: compare with costs rounded so, or agree on exact ones.`,
    };
  });
}

/**
 * Tries the hypotheses without a parameter, alone and in pairs. Two of them are tried together when neither explains
 * everything by itself; one that changes nothing for these events is inert, and in no pair either.
 */
export function ruleFindings(search: Search, rules: readonly Hypothesis[]): Finding[] {
  const roundings = roundingHypotheses(search.classification.plan);
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
        if (hypotheses.length === 1 && found.agreement !== "within")
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
function rowSums(search: Search, prediction: Prediction, per: "group" | "window"): RoundingFilter {
  const known = search.rowSums.get(prediction)?.[per];
  if (known !== undefined) return known;
  const sums = new RoundingFilter(PLACES);
  const unitCost = approximately(search.unitCost);
  const rows = per === "group" ? prediction.groups() : prediction.windows();
  for (const { quantity } of rows.values()) sums.add(unitCost * approximately(quantity));
  search.rowSums.set(prediction, { ...search.rowSums.get(prediction), [per]: sums });
  return sums;
}
