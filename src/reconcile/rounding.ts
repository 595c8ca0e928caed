import type { Plan } from "../summary/plan.ts";
import type { Exact } from "../values/scaled-integer.ts";

/** How a server may round costs. */
export interface Rounding {
  /** Digits behind the point: 2 to 6. */
  readonly places: number;
  /**
   * What is rounded: each event's cost before it is added; each row's, the total being the sum of a breakdown's rows;
   * the total alone; or each amount of the answer for itself.
   */
  readonly per: "event" | "group" | "window" | "total" | "amount";
  readonly mode: "half-up" | "half-even";
}

/** The places that are tried. */
export const PLACES: readonly number[] = [2, 3, 4, 5, 6];
const MODES = ["half-up", "half-even"] as const;

/** The roundings to try, for a cost and a query: only what is added up can be rounded before. */
export function roundingsFor({ aggregation, groupBy, window }: Plan): Rounding[] {
  const isAdded = aggregation === "SUM" || aggregation === "COUNT";
  const pers: Rounding["per"][] = ["amount", "total"];
  if (isAdded && groupBy !== undefined) pers.push("group");
  if (isAdded && window !== undefined) pers.push("window");
  if (isAdded) pers.push("event");
  return PLACES.flatMap((places) =>
    pers.flatMap((per) => MODES.map((mode) => ({ places, per, mode }))),
  );
}

/** A number rounded to `places` digits behind the point; halves away from zero, or to the even digit. */
export function rounded(value: Exact, { places, mode }: Pick<Rounding, "places" | "mode">): Exact {
  const excess = -places - value.exponent;
  if (excess <= 0) return value;
  const divisor = 10n ** BigInt(excess);
  const isNegative = value.coefficient < 0n;
  const size = isNegative ? -value.coefficient : value.coefficient;
  let quotient = size / divisor;
  const twice = (size % divisor) * 2n;
  const isUp =
    twice > divisor || (twice === divisor && (mode === "half-up" || quotient % 2n === 1n));
  if (isUp) quotient += 1n;
  return { coefficient: isNegative ? -quotient : quotient, exponent: -places };
}
