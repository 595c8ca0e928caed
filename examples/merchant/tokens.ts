import type { CostSeed } from "metered-costs/mock";

/** The cost that meters the merchant's completions. */
export const TOKENS: CostSeed = {
  id: "cst_tokens",
  type: "metered",
  name: "Tokens",
  unitCost: "0.0000025",
  currency: "USD",
  productId: "prod_1",
  eventType: "llm.completion",
  aggregation: "SUM",
  valueProperty: "$.tokens",
  groupBy: { model: "$.model" },
};
