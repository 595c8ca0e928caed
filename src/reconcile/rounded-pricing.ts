import { add, type Exact, multiply, ZERO } from "../values/scaled-integer.ts";
import type { Amounts, Pricing } from "./comparison.ts";
import type { EventCosts } from "./event-costs.ts";
import type { Prediction } from "./prediction.ts";
import { type Rounding, rounded } from "./rounding.ts";

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
