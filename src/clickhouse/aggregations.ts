import type { Aggregation } from "../models.ts";
import type { Reading } from "./row-reading.ts";

/** The most values that UNIQUE_COUNT hands out to be told apart outside, for each row of the answer. */
export const MOST_OUTSIDE = 10_000;

/** Decimals of up to 18 digits sum up in 38: no number of rows that there is reaches that. */
const NEVER_OVERFLOWS = "'^(?:Nullable[(])?Decimal[(](?:[1-9]|1[0-8]),'";

/** The columns of a row that hold its quantity, and what must be true for it to be believed. */
export interface QuantityColumns {
  /** Decimal text, empty for none; of AVG the sum. */
  readonly quantity: string;
  /** How many values were counted. */
  readonly counted: string;
  /** The type of a sum, and the greatest size of its values; empty where it cannot overflow. */
  readonly sum: string;
  readonly greatest: string;
  /** LATEST: the other end of the values that nothing tells apart in time. */
  readonly tied: string;
  /** Values that UNIQUE_COUNT leaves to be told apart, as marked JSON. */
  readonly rest: string;
}

export const numberText = (number: string): string => `ifNull(toString(${number}), '')`;

/** How each aggregation is computed. */
export function quantityColumns(
  aggregation: Aggregation,
  value: Reading["value"],
  isReceiptOrdered: boolean,
): QuantityColumns {
  const none = { sum: "''", greatest: "''", tied: "''", rest: "[]::Array(String)" };
  const counted = aggregation === "COUNT" ? "toString(count())" : "toString(count(value))";
  switch (aggregation) {
    case "COUNT":
      return { ...none, counted, quantity: counted };
    case "UNIQUE_COUNT": {
      const rest = value?.kind === "unique" ? value.rest : undefined;
      return {
        ...none,
        counted: "toString(count())",
        quantity: "toString(uniqExact(value))",
        ...(rest !== undefined && {
          rest: `groupUniqArrayIf(${MOST_OUTSIDE + 1})(${rest}, ${rest} != '')`,
        }),
      };
    }
    case "SUM":
    case "AVG": {
      // Fewer than 10^18 rows of 64 bits do not fill 38 digits.
      if (value?.kind === "integer")
        return { ...none, counted, quantity: numberText("sum(value)") };
      // Texts are all of one type, whose sums are watched.
      const isSafe = `match(toTypeName(value), ${NEVER_OVERFLOWS})`;
      return {
        ...none,
        counted,
        quantity: numberText("sum(value)"),
        sum: "toTypeName(sum(value))",
        greatest: `if(${isSafe}, '', ${numberText("max(abs(value))")})`,
      };
    }
    case "MIN":
      return { ...none, counted, quantity: numberText("min(value)") };
    case "MAX":
      return { ...none, counted, quantity: numberText("max(value)") };
    case "LATEST": {
      const time = isReceiptOrdered ? "event_at, event_received" : "event_at";
      return {
        ...none,
        counted,
        quantity: numberText(`argMax(value, (${time}, value))`),
        tied: numberText(`argMax(value, (${time}, -value))`),
      };
    }
  }
}
