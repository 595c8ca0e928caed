import { compilePlan } from "../../engine/plan.ts";
import { InvalidEventError } from "../../errors.ts";
import type { CostDefinition, CostSummary, CostSummaryParams } from "../../models.ts";
import { summarizeCost } from "../../summary/cost-summarizer.ts";
import type { StoredEvent } from "./store.ts";

export type SummaryQuery = CostSummaryParams;
type Computed = Pick<CostSummary, "totalCost" | "totalQuantity" | "groups" | "timeSeries">;

/** What the contract says of usage that could not be computed. */
const NOT_COMPUTED: Computed = { totalCost: null, totalQuantity: null };

/** Whether there is something to compute: updates may leave a cost without the fields that say what to count. */
function isComplete({ eventType, aggregation, valueProperty }: CostDefinition): boolean {
  return (
    typeof eventType === "string" &&
    typeof aggregation === "string" &&
    (aggregation === "COUNT" || typeof valueProperty === "string")
  );
}

/**
 * What events amount to, each key of which the store holds once; null totals where that cannot be computed. Throws an
 * `InvalidInputError` for a query that is wrong.
 */
export function compute(
  cost: CostDefinition,
  events: readonly StoredEvent[],
  query: SummaryQuery,
): Computed {
  // With everything that may be missing: only the query can be wrong with this.
  compilePlan({ ...cost, aggregation: "COUNT", eventType: "" }, query);
  if (!isComplete(cost)) return NOT_COMPUTED;
  try {
    const { totalCost, totalQuantity, groups, timeSeries } = summarizeCost(cost, events, query, {
      deduplicate: false, // the store holds each key once
    });
    return { totalCost, totalQuantity, groups, timeSeries };
  } catch (error) {
    // A value out of bounds, which an event may carry and no summary can count.
    if (error instanceof InvalidEventError) return NOT_COMPUTED;
    throw error;
  }
}
