import { compare, divide, type Exact, exactText, multiply } from "../values/scaled-integer.ts";
import { pricingBy } from "./comparison.ts";
import type { Candidate, Candidates, Hypothesis } from "./hypothesis.ts";
import type { Search } from "./search.ts";

const exact = (coefficient: bigint, exponent = 0): Exact => ({ coefficient, exponent });

/** Significant digits that a unit cost read off the answer may have. */
export const UNIT_COST_DIGITS = 12;
/** Cents for dollars, thousands for units, kibibytes for bytes, seconds for minutes, ... */
const FACTORS: readonly Exact[] = /* @__PURE__ */ (() => [
  ...[2, -2, 3, -3, 6, -6, 1, -1, 4, -4, 9, -9].map((power) => exact(1n, power)),
  exact(60n),
  exact(3_600n),
  exact(24n),
  exact(8n),
  exact(125n, -3),
  exact(1_024n),
  exact(1_048_576n),
  exact(9_765_625n, -10), // 1 / 1024
  exact(95_367_431_640_625n, -20), // 1 / 1024^2
])();
const OF = ["cost", "quantity", "both"] as const;

/** The server's amounts are ours times a constant, or another unit cost was charged. */
export const factors = (unitCosts: readonly Exact[]): Hypothesis => ({
  *candidates(search) {
    let isFound = false;
    for (const factor of FACTORS) {
      for (const of of OF)
        isFound = (yield factorCandidate(search, factor, of)) !== undefined || isFound;
    }
    // A unit cost that is a hundred times as high is the factor over again.
    if (!isFound) yield* unitCostCandidates(search, unitCosts);
  },
});

function factorCandidate(
  { own, unitCost }: Search,
  factor: Exact,
  of: (typeof OF)[number],
): Candidate {
  const text = exactText(factor);
  const what =
    of === "both" ? "quantities and costs are" : of === "cost" ? "costs are" : "quantities are";
  return {
    hypotheses: [{ id: "constant-factor", parameters: { factor: text, of } }],
    predict: () => own,
    pricing: pricingBy((quantity) => {
      const cost = multiply(unitCost, quantity);
      return {
        quantity: of === "cost" ? quantity : multiply(factor, quantity),
        cost: of === "quantity" ? cost : multiply(factor, cost),
      };
    }),
    chance: (evidence) => evidence.chance(FACTORS.length * OF.length),
    advice: `The server's ${what} ${text} times yours: compare the units of the cost with those of the events.`,
  };
}

/**
 * A unit cost that the caller names, or the one that the answer implies. The latter only where at least two rows agree
 * on it, since a total alone can be divided by anything.
 */
function* unitCostCandidates(search: Search, named: readonly Exact[]): Candidates {
  const unitCosts = [...named];
  const implied = impliedUnitCost(search);
  if (implied !== undefined && !named.some((one) => compare(one, implied) === 0)) {
    unitCosts.push(implied);
  }
  for (const unitCost of unitCosts) {
    if (compare(unitCost, search.unitCost) === 0) continue;
    const text = exactText(unitCost);
    yield {
      hypotheses: [{ id: "other-unit-cost", parameters: { unitCost: text } }],
      predict: () => search.own,
      pricing: pricingBy((quantity) => ({ quantity, cost: multiply(unitCost, quantity) })),
      chance: (evidence) => evidence.chance(unitCosts.length),
      advice: `The server charged ${text} a unit, not ${exactText(search.unitCost)}: check when the cost's unitCost was changed.`,
    };
  }
}

function impliedUnitCost({ own, comparer }: Search): Exact | undefined {
  const { totalCost, groups, windows } = comparer.server;
  const { quantity } = own.total();
  if (totalCost === null || quantity === undefined || quantity.coefficient === 0n) return undefined;
  const rows = Math.max(
    ...[groups, windows].map(
      (given) =>
        [...(given?.values() ?? [])].filter((row) => row.quantity.coefficient !== 0n).length,
    ),
  );
  if (rows < 2) return undefined;
  const implied = divide(totalCost, quantity, UNIT_COST_DIGITS);
  return implied.coefficient < 0n ? undefined : implied;
}
