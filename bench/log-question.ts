import { EVENT_TYPE, FROM, TO, UNIT_COST } from "./question.ts";

/** What is asked about a whole log, by groups and hours. */
export const LOG_COST = {
  id: "cst_tokens",
  unitCost: UNIT_COST,
  currency: "USD",
  aggregation: "SUM",
  eventType: EVENT_TYPE,
  valueProperty: "$.tokens",
  groupBy: { model: "$.model", region: "$.region" },
};
export const LOG_QUERY = {
  from: new Date(FROM),
  to: new Date(TO),
  groupBy: ["model", "region"],
  window: "HOUR",
} as const;
