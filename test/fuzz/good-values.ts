/** Good costs, events and queries, and what is wrong with them here and there. */
import fc from "fast-check";
import type { CostEvent } from "metered-costs/summary";
import {
  hostile,
  hostileText,
  listOf,
  mutated,
  mutatedOrAnything,
  plain,
  type Recipes,
  together,
} from "./hostile-values.ts";

export const COST = {
  id: "cst_1",
  name: "Tokens",
  unitCost: "0.0000025",
  aggregation: "SUM",
  eventType: "llm.completion",
  valueProperty: "$.a",
  groupBy: { model: "$.model", ...JSON.parse('{"__proto__":"$.b"}') },
  currency: "USD",
  merchantId: "org_1",
  unit: "token",
  deletedAt: null,
};
export const EVENT = {
  type: "llm.completion",
  source: "a",
  subject: "b",
  externalSubject: "c",
  namespace: "org_1",
  timestamp: "2026-06-10T10:00:00Z",
  idempotencyKey: "k",
  data: { a: 1, b: "x", model: "m" },
};
export const QUERY = {
  from: "2026-06-01T00:00:00Z",
  to: "2026-07-01T00:00:00Z",
  subject: "b",
  groupBy: ["model", "__proto__"],
  window: "DAY",
  filterGroupBy: { model: ["m"] },
};
const OPTIONS = {
  clock: () => new Date(0),
  deduplicate: true,
  resolveSubject: () => "b",
  onInvalidEvent: () => undefined,
};
const AGGREGATIONS = ["SUM", "COUNT", "AVG", "MIN", "MAX", "UNIQUE_COUNT", "LATEST"];
export const aggregation = fc.constantFrom(...AGGREGATIONS);
export const goodCost: Recipes<never> = plain(
  aggregation.map((aggregation) => ({ ...COST, aggregation }) as never),
);
export const anyCost = fc
  .tuple(fc.constantFrom(...AGGREGATIONS.map((aggregation) => ({ ...COST, aggregation }))))
  .chain(([cost]) => mutatedOrAnything(cost)) as Recipes<never>;
export const event = fc.oneof(
  mutatedOrAnything(EVENT),
  // Good but for what it measures.
  together<[unknown, unknown, unknown]>(
    hostile,
    hostile,
    fc.oneof(plain<unknown>(hostileText), hostile),
  ).map((parts) => () => {
    const [a, b, model] = parts();
    return { ...EVENT, data: { a, b, model }, idempotencyKey: null };
  }),
  mutated(EVENT.data).map((data) => () => ({ ...EVENT, data: data() })),
) as Recipes<CostEvent>;
export const events = fc.oneof(
  { weight: 6, arbitrary: listOf(event, 4) },
  { weight: 1, arbitrary: hostile as Recipes<CostEvent[]> },
);
export const query = mutatedOrAnything(QUERY) as Recipes<never>;
export const goodQuery = plain(fc.constant(QUERY as never));
export const options = mutatedOrAnything(OPTIONS) as Recipes<object>;
