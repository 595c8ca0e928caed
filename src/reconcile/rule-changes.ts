import type { Plan } from "../engine/plan.ts";
import type { Pricing } from "./comparison.ts";
import type { Candidate, Candidates, Hypothesis } from "./hypothesis.ts";
import type { Prediction } from "./prediction.ts";
import type { HypothesisUse } from "./result.ts";
import { RoundedCosts, type Rounding, roundingsFor } from "./rounding.ts";
import type { Rules } from "./rules.ts";
import type { Search } from "./search.ts";

/** A hypothesis without a parameter to look for. */
interface PlainHypothesis {
  readonly use: HypothesisUse;
  readonly advice: string;
}

interface RuleChange extends PlainHypothesis {
  /** What it changes about the rules; two that change the same are not tried together. */
  readonly changes: Partial<Rules>;
}

interface CostRounding extends PlainHypothesis {
  readonly rounding: Rounding;
}

/** What is known beside the plan. */
export interface Circumstances {
  readonly deduplicates: boolean;
  readonly knowsCreation: boolean;
}

/** The hypotheses that change which events count, or how their values do; those that cannot matter left out. */
function ruleHypotheses(plan: Plan, { deduplicates, knowsCreation }: Circumstances): RuleChange[] {
  const { aggregation } = plan;
  const readsNumbers = aggregation !== "COUNT" && aggregation !== "UNIQUE_COUNT";
  const isFoldDifferent =
    aggregation === "AVG" || aggregation === "UNIQUE_COUNT" || aggregation === "LATEST";
  const hypotheses: (RuleChange | false)[] = [
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
function roundingHypotheses(plan: Plan): CostRounding[] {
  return roundingsFor(plan).map((rounding) => {
    const { places, per, mode } = rounding;
    return {
      use: { id: "cost-rounded", parameters: { places, per, mode } },
      rounding,
      advice: `The server rounds ${ROUNDED[per]} to ${places} digits: compare with costs rounded so, or agree on exact ones.`,
    };
  });
}

/**
 * Tries the hypotheses without a parameter, alone and in pairs. Two of them are tried together when neither explains
 * everything by itself; one that changes nothing for these events is inert, and in no pair either.
 */
export const ruleChanges = (circumstances: Circumstances): Hypothesis => ({
  candidates: (search) =>
    ruleCandidates(search, ruleHypotheses(search.classification.plan, circumstances)),
});

function* ruleCandidates(search: Search, rules: readonly RuleChange[]): Candidates {
  const roundings = roundingHypotheses(search.classification.plan);
  const costs = new RoundedCosts(search);
  const alone = new Set<RuleChange>();
  const isOwnFitting = search.comparer.fitsQuantities(search.own);

  /** What two rules, or one, or none predict together; a rounding on top where the quantities fit already. */
  function* tryRules(changes: readonly RuleChange[], prediction: Prediction): Candidates {
    if (!search.comparer.fitsTotalQuantity(prediction.total())) return;
    if (!search.comparer.fitsQuantities(prediction)) return;
    // A rule has no parameter: it is one candidate. Of pairs there are many.
    const tried = changes.length > 1 ? (rules.length * (rules.length - 1)) / 2 : 1;
    const candidateOf = (
      all: readonly PlainHypothesis[],
      ways: number,
      pricing?: Pricing,
    ): Candidate => ({
      hypotheses: all.map(({ use }) => use),
      predict: () => prediction,
      pricing,
      events: () => search.rowsThatDiffer(prediction.rules),
      chance: (evidence) => evidence.chance(tried * ways),
      advice: all.map(({ advice }) => advice).join(" "),
    });
    const [first] = changes;
    if (first !== undefined) {
      const found = yield candidateOf(changes, 1);
      if (found !== undefined) {
        if (changes.length === 1 && found.agreement !== "within") alone.add(first);
        return;
      }
    }
    // A rule that shows in no quantity is inert: a rounding needs no such company.
    if (changes.length > 1 || (changes.length === 1 && isOwnFitting)) return;
    const met = new Set<string>();
    for (const change of roundings) {
      const { rounding } = change;
      const kind = `${rounding.per} ${rounding.places}`;
      if (met.has(kind) || !costs.mayBe(prediction, rounding)) continue;
      const pricing = costs.pricing(prediction, rounding);
      const found = yield candidateOf([...changes, change], roundings.length, pricing);
      // What doubles alone let pass may be met to the last digit by the other way.
      if (found?.agreement === "equal") met.add(kind);
    }
  }

  yield* tryRules([], search.own);
  for (const rule of rules) {
    const prediction = search.predict(rule.changes);
    if (prediction !== search.own) yield* tryRules([rule], prediction);
  }
  // A pair may make a rule matter that alone does not: the last of keys that are equal in themselves, say.
  for (const [at, one] of rules.entries()) {
    for (const other of rules.slice(at + 1)) {
      if (alone.has(one) || alone.has(other) || haveSameChange(one, other)) continue;
      const prediction = search.predict({ ...one.changes, ...other.changes });
      const isInert = [one, other].some((by) => search.predict(by.changes) === prediction);
      if (!isInert && prediction !== search.own) yield* tryRules([one, other], prediction);
    }
  }
}

function haveSameChange(one: RuleChange, other: RuleChange): boolean {
  return Object.keys(one.changes).some((name) => Object.hasOwn(other.changes, name));
}
