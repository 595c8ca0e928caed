import { compare, divide, type Exact, exactText, multiply } from "../values/scaled-integer.ts";
import { pricingBy } from "./comparison.ts";
import type { Finding } from "./ranking.ts";
import type { Search } from "./search.ts";

const exact = (coefficient: bigint, exponent = 0): Exact => ({ coefficient, exponent });

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
/** Significant digits that a unit cost read off the answer may have. */
const UNIT_COST_DIGITS = 12;

/** The server's amounts are ours times a constant: 63 candidates. */
export function factorFindings(search: Search): Finding[] {
  const { own, unitCost } = search;
  return FACTORS.flatMap((factor) =>
    OF.flatMap((of) => {
      const pricing = pricingBy((quantity) => {
        const cost = multiply(unitCost, quantity);
        return {
          quantity: of === "cost" ? quantity : multiply(factor, quantity),
          cost: of === "quantity" ? cost : multiply(factor, cost),
        };
      });
      const use = {
        id: "constant-factor",
        parameters: { factor: exactText(factor), of },
      } as const;
      const what =
        of === "both" ? "quantities and costs are" : of === "cost" ? "costs are" : "quantities are";
      const advice = `The server's ${what} ${exactText(factor)} times yours: compare the units of the cost with those of the events.`;
      return (
        search.findingOf(
          [use],
          advice,
          own,
          (evidence) => evidence.chance(FACTORS.length * OF.length),
          pricing,
        ) ?? []
      );
    }),
  );
}

/**
 * The server counted alike, at another unit cost: one that the caller names, or the one that the answer speaks of. The
 * latter only where at least two rows agree on it, since a total alone can be divided by anything.
 */
export function unitCostFindings(search: Search, named: readonly Exact[]): Finding[] {
  const candidates = [...named];
  const implied = impliedUnitCost(search);
  if (implied !== undefined && !named.some((one) => compare(one, implied) === 0)) {
    candidates.push(implied);
  }
  return candidates.flatMap((unitCost) => {
    if (compare(unitCost, search.unitCost) === 0) return [];
    const text = exactText(unitCost);
    const pricing = pricingBy((quantity) => ({ quantity, cost: multiply(unitCost, quantity) }));
    const use = { id: "other-unit-cost", parameters: { unitCost: text } } as const;
    const advice = `The server charged ${text} a unit, not ${exactText(search.unitCost)}: look at when the cost's unitCost was changed.`;
    return (
      search.findingOf(
        [use],
        advice,
        search.own,
        (evidence) => evidence.chance(candidates.length),
        pricing,
      ) ?? []
    );
  });
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
