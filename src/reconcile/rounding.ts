import { add, type Exact, multiply } from "../exact.ts";
import type { Plan } from "../summary/plan.ts";
import type { Amounts, Pricing } from "./comparison.ts";
import type { EventCosts } from "./event-costs.ts";
import type { Prediction } from "./prediction.ts";

/** How a server may round costs. */
export interface Rounding {
  /** Digits behind the point: 2 to 6. */
  readonly places: number;
  /**
   * What is rounded: each event's cost before it is added; each row's, the total being the sum of a breakdown's rows;
   * the total alone; or each amount of the answer for itself.
   */
  readonly per: "event" | "group" | "window" | "total" | "amount";
  readonly mode: "half-up" | "half-even";
}

const PLACES = [2, 3, 4, 5, 6];
const MODES = ["half-up", "half-even"] as const;

/** The roundings to try, for a cost and a query: only what is added up can be rounded before. */
export function roundingsFor({ aggregation, groupBy, window }: Plan): Rounding[] {
  const isAdded = aggregation === "SUM" || aggregation === "COUNT";
  const pers: Rounding["per"][] = ["amount", "total"];
  if (isAdded && groupBy !== undefined) pers.push("group");
  if (isAdded && window !== undefined) pers.push("window");
  if (isAdded) pers.push("event");
  return PLACES.flatMap((places) =>
    pers.flatMap((per) => MODES.map((mode) => ({ places, per, mode }))),
  );
}

/** A number rounded to `places` digits behind the point; halves away from zero, or to the even digit. */
export function rounded(value: Exact, { places, mode }: Pick<Rounding, "places" | "mode">): Exact {
  const excess = -places - value.exponent;
  if (excess <= 0) return value;
  const divisor = 10n ** BigInt(excess);
  const isNegative = value.coefficient < 0n;
  const size = isNegative ? -value.coefficient : value.coefficient;
  let quotient = size / divisor;
  const twice = (size % divisor) * 2n;
  const isUp =
    twice > divisor || (twice === divisor && (mode === "half-up" || quotient % 2n === 1n));
  if (isUp) quotient += 1n;
  return { coefficient: isNegative ? -quotient : quotient, exponent: -places };
}

const ZERO: Exact = { coefficient: 0n, exponent: 0 };

/** The amounts of an answer whose costs are rounded. `costs` gives what each event's cost adds up to. */
export function roundedPricing(
  prediction: Prediction,
  rounding: Rounding,
  unitCost: Exact,
  costs: EventCosts,
): Pricing {
  const exact = (quantity: Exact): Exact => multiply(unitCost, quantity);
  const shown = (quantity: Exact): Amounts => ({
    quantity,
    cost: rounded(exact(quantity), rounding),
  });
  const plain = (quantity: Exact): Amounts => ({ quantity, cost: exact(quantity) });
  const totalOf =
    (cost: (quantity: Exact) => Exact): Pricing["total"] =>
    ({ quantity }) =>
      quantity === undefined ? { quantity, cost: undefined } : { quantity, cost: cost(quantity) };
  switch (rounding.per) {
    case "amount":
    case "total": {
      const row = rounding.per === "amount" ? shown : plain;
      return {
        total: totalOf((quantity) => rounded(exact(quantity), rounding)),
        group: (_, { quantity }) => row(quantity),
        window: (_, { quantity }) => row(quantity),
      };
    }
    case "group":
    case "window": {
      const isGroup = rounding.per === "group";
      const rows = [...(isGroup ? prediction.groups() : prediction.windows()).values()];
      const sum = (): Exact =>
        rows.reduce((all, { quantity }) => add(all, rounded(exact(quantity), rounding)), ZERO);
      return {
        total: totalOf(sum),
        group: (_, { quantity }) => shown(quantity),
        window: (_, { quantity }) => shown(quantity),
      };
    }
    case "event": {
      const sums = costs.rounded(prediction, rounding);
      return {
        total: totalOf(() => sums.total),
        group: (key, { quantity }) => ({ quantity, cost: sums.groups.get(key) ?? ZERO }),
        window: (start, { quantity }) => ({ quantity, cost: sums.windows.get(start) ?? ZERO }),
      };
    }
  }
}
