import type { Aggregation, CostDefinition } from "../models.ts";
import { AGGREGATIONS } from "../schemas/contract.ts";
import { isRecord } from "../values/record.ts";
import { COLUMN_TYPES, type ColumnType } from "./row-reading.ts";

/** What the rows of a summary are rows of; it travels with them, as JSON. */
export interface SummaryDefinition {
  readonly id?: string;
  readonly name?: string;
  readonly currency?: string;
  readonly unitCost: string;
  readonly eventType: string;
  readonly aggregation: Aggregation;
  readonly groupBy?: readonly string[];
  /** Milliseconds. */
  readonly window?: number;
  /** Of a table that is read as if all its merges were done: the columns that its sorting key must have. */
  readonly final?: readonly string[];
  /** Of a rollup: what its table's comment must be. */
  readonly rollup?: string;
  readonly checks: readonly (readonly [column: string, type: ColumnType])[];
}

/** What a summary repeats of its cost, without being computed from it. */
export const REPEATED = ["id", "name", "currency"] as const;

export const isText = (value: unknown): value is string => typeof value === "string";
const isOptional = (value: unknown, is: (value: unknown) => boolean): boolean =>
  value === undefined || is(value);
const isCheck = (value: unknown): boolean =>
  Array.isArray(value) && isText(value[0]) && COLUMN_TYPES.some((type) => type === value[1]);

/** Those of a cost that it has; null is none. */
export function repeatedOf(
  cost: CostDefinition,
): Pick<SummaryDefinition, "id" | "name" | "currency"> {
  return Object.fromEntries(
    REPEATED.flatMap((name) => (isText(cost[name]) ? [[name, cost[name]]] : [])),
  );
}

/** The definition in a row, or undefined for what `summaryQuery` never wrote. */
export function readDefinition(text: string): SummaryDefinition | undefined {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(given)) return undefined;
  const { unitCost, eventType, aggregation, groupBy, window, checks, final, rollup } = given;
  const isWritten =
    REPEATED.every((name) => isOptional(given[name], isText)) &&
    isText(unitCost) &&
    isText(eventType) &&
    AGGREGATIONS.some((known) => known === aggregation) &&
    isOptional(groupBy, (names) => Array.isArray(names) && names.every(isText)) &&
    isOptional(window, Number.isSafeInteger) &&
    isOptional(final, (names) => Array.isArray(names) && names.every(isText)) &&
    isOptional(rollup, isText) &&
    Array.isArray(checks) &&
    checks.every(isCheck);
  return isWritten ? (given as unknown as SummaryDefinition) : undefined; // every member was looked at
}
