import type { Aggregation } from "metered-costs/summary";

export const EVENT_TYPE = "llm.completion";
export const FROM = Date.UTC(2026, 5, 1);
export const DAYS = 25;
export const DAY = 86_400_000;
export const TO = FROM + DAYS * DAY;

export type Dimension = "model" | "region" | "thread";

/** What contestants are asked: totals, groups and days of the events of `EVENT_TYPE` from `FROM` to `TO`. */
export interface Question {
  readonly aggregation: Aggregation;
  readonly groupBy: readonly Dimension[];
  readonly deduplicate: boolean;
  /** The log has its dimensions and values one object deeper: `logFile(..., "nested")`. */
  readonly isNested?: boolean;
}

export const QUESTION: Question = {
  aggregation: "SUM",
  groupBy: ["model", "region"],
  deduplicate: false,
};
export const DEDUPLICATED: Question = { ...QUESTION, deduplicate: true };
export const UNIT_COST = "0.0000025";

/** A row of an answer; its quantity and its cost are two cells, whatever a contestant writes numbers as. */
export type Row = readonly [name: string, quantity: unknown, cost: unknown];

export const TOTAL = "total";

export function groupName(values: readonly string[]): string {
  return values.join(" ");
}

/** `day`: days since 1970. */
export function dayName(day: number): string {
  return `day ${day}`;
}
