import type { GroupUse, WindowRow } from "../engine/breakdown.ts";
import type { Dimension, Plan } from "../engine/plan.ts";
import type {
  CostDefinition,
  CostSummary,
  CostSummaryGroup,
  DimensionNames,
  EventDimension,
} from "../models.ts";
import { type Decimal, decimalOf, decimalOfProduct } from "../values/decimal.ts";
import { defineMember } from "../values/lossless-json.ts";
import type { Exact } from "../values/scaled-integer.ts";

/** The quantities of a summary, before they are told in Decimals and costs. */
export interface Quantities {
  /** Undefined where there is no usable value and the aggregation has no zero. */
  total(): Exact | undefined;
  forEachGroup(use: GroupUse): void;
  windows(): readonly WindowRow[];
}

/** What a summary says of what was asked. */
type Asked = Pick<Plan, "unitCost" | "eventType" | "window"> & {
  readonly groupBy: readonly Pick<Dimension, "name">[] | undefined;
};

/** The summary of a cost by its plan: every quantity, and its cost at the unit cost, exact. */
export function summaryOf<D extends string, G extends D | EventDimension>(
  cost: Pick<CostDefinition<D>, "id" | "name" | "currency">,
  plan: Asked,
  quantities: Quantities,
): CostSummary<DimensionNames<D, G>> {
  const { id, name, currency } = cost;
  const { unitCost, eventType, groupBy, window } = plan;
  const costOf = (quantity: Exact): Decimal => decimalOfProduct(unitCost, quantity);
  const total = quantities.total();
  const summary = {
    object: "cost" as const,
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    type: "metered" as const,
    ...(currency === undefined ? {} : { currency }),
    unitCost: decimalOf(unitCost),
    eventType,
    totalQuantity: total === undefined ? null : decimalOf(total),
    totalCost: total === undefined ? null : costOf(total),
  };
  const groups: CostSummaryGroup<DimensionNames<D, G>>[] = [];
  if (groupBy !== undefined) {
    quantities.forEachGroup((values, quantity) => {
      groups.push({
        dimensions: dimensionsOf(groupBy, values),
        quantity: decimalOf(quantity),
        cost: costOf(quantity),
      });
    });
  }
  const timeSeries = window && {
    timeSeries: quantities.windows().map(({ start, quantity }) => ({
      windowStart: new Date(start),
      windowEnd: new Date(start + window),
      quantity: decimalOf(quantity),
      cost: costOf(quantity),
    })),
  };
  return { ...summary, ...(groupBy && { groups }), ...timeSeries };
}

function dimensionsOf<Name extends string>(
  groupBy: NonNullable<Asked["groupBy"]>,
  values: readonly string[],
): Record<Name, string> {
  const dimensions: Record<string, string> = {};
  for (let at = 0; at < groupBy.length; at++) {
    const { name } = groupBy[at] as { readonly name: string };
    // By definition, which is slower, only where assignment would not set a member.
    if (name === "__proto__") defineMember(dimensions, name, values[at]);
    else dimensions[name] = values[at] as string;
  }
  return dimensions;
}
