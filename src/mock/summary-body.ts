import { InvalidEventError } from "../errors.ts";
import type { CostSummary } from "../models.ts";
import { summarizeCost } from "../summary/cost-summarizer.ts";
import type { CostSummaryQuery } from "./queries.ts";
import type { StoredCost, StoredEvent } from "./store.ts";

type Computed = Pick<CostSummary, "totalCost" | "totalQuantity" | "groups" | "timeSeries">;

/** What the contract says of usage that could not be computed. */
const NOT_COMPUTED: Computed = { totalCost: null, totalQuantity: null };

/** Whether there is something to compute: updates may leave a cost without the fields that say what to count. */
function isComplete({ eventType, aggregation, valueProperty }: StoredCost): boolean {
  return (
    typeof eventType === "string" &&
    typeof aggregation === "string" &&
    (aggregation === "COUNT" || typeof valueProperty === "string")
  );
}

function compute(
  cost: StoredCost,
  events: readonly StoredEvent[],
  query: CostSummaryQuery,
): Computed {
  // Without events and with everything that may be missing: only the query can be wrong with this.
  summarizeCost({ ...cost, aggregation: "COUNT", eventType: "" }, [], query);
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

/**
 * The body of a summary: the contract's fields, with Decimals for amounts.
 * Throws an `InvalidInputError` whose paths begin with the query's fields.
 */
export function summaryBody(
  cost: StoredCost,
  events: readonly StoredEvent[],
  query: CostSummaryQuery,
): object {
  const { id, name, object, type, currency, eventType } = cost;
  return {
    id,
    name,
    object,
    type,
    currency,
    eventType: eventType ?? undefined,
    ...compute(cost, events, query),
  };
}
