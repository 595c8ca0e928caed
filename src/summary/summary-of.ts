import { decimalOf } from "../decimal.ts";
import { type Exact, multiply } from "../exact.ts";
import type { CostDefinition, CostSummary, DimensionNames } from "../models.ts";
import type { GroupRow, WindowRow } from "./breakdown.ts";
import type { Plan } from "./plan.ts";

/** The quantities of a summary, before they are told in Decimals and costs. */
export interface Quantities {
  /** Undefined where there is no usable value and the aggregation has no zero. */
  total(): Exact | undefined;
  groups(): readonly GroupRow[];
  windows(): readonly WindowRow[];
}

/** The summary of a cost by its plan: every quantity, and its cost at the unit cost, exact. */
export function summaryOf<D extends string, G extends D>(
  cost: CostDefinition<D>,
  plan: Plan,
  quantities: Quantities,
): CostSummary<DimensionNames<D, G>> {
  const { id, name, currency } = cost;
  const { unitCost, eventType, groupBy, window } = plan;
  const amounts = (quantity: Exact) => ({
    quantity: decimalOf(quantity),
    cost: decimalOf(multiply(unitCost, quantity)),
  });
  const total = quantities.total();
  const totals = total && amounts(total);
  const summary = {
    object: "cost" as const,
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    type: "metered" as const,
    ...(currency === undefined ? {} : { currency }),
    unitCost: decimalOf(unitCost),
    eventType,
    totalQuantity: totals?.quantity ?? null,
    totalCost: totals?.cost ?? null,
  };
  const groups = groupBy && {
    groups: quantities.groups().map(({ values, quantity }) => ({
      // By fromEntries, which defines members: a dimension may be called `__proto__`.
      dimensions: Object.fromEntries(
        groupBy.map(({ name }, position) => [name, values[position] ?? ""]),
      ) as Record<DimensionNames<D, G>, string>,
      ...amounts(quantity),
    })),
  };
  const timeSeries = window && {
    timeSeries: quantities.windows().map(({ start, quantity }) => ({
      windowStart: new Date(start),
      windowEnd: new Date(start + window),
      ...amounts(quantity),
    })),
  };
  return { ...summary, ...groups, ...timeSeries };
}
