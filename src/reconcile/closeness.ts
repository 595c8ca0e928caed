import {
  add,
  compare,
  type Exact,
  exactOfNumber,
  exactText,
  parseExact,
} from "../values/scaled-integer.ts";
import { approximately } from "./tallies.ts";

/** How near the server's amount is to ours; null stands for an amount that is not there. */
export type Closeness = "equal" | "as-double" | "within" | "different";

export const negated = ({ coefficient, exponent }: Exact): Exact => ({
  coefficient: -coefficient,
  exponent,
});
export const difference = (a: Exact, b: Exact): Exact => add(a, negated(b));

const isEqual = (a: Exact, b: Exact): boolean =>
  a.exponent === b.exponent ? a.coefficient === b.coefficient : compare(a, b) === 0;

/** Whether `server` is the text of the double nearest to `own`: the shortest one, or one of 17 digits. */
function isItsDouble(own: Exact, server: Exact): boolean {
  // Most numbers are far apart: seen in doubles, which is quick.
  const near = approximately(own);
  if (Math.abs(near - approximately(server)) > 4 * Number.EPSILON * Math.abs(near)) return false;
  const double = Number(exactText(own));
  if (!Number.isFinite(double)) return false;
  if (isEqual(exactOfNumber(double), server)) return true;
  const long = parseExact(double.toPrecision(17));
  return typeof long !== "string" && isEqual(long, server);
}

/**
 * Compares two amounts. `bound` is how far doubles may be off, `tolerance` how far the caller lets the server be off.
 */
export function closenessOf(
  own: Exact | undefined,
  server: Exact | null,
  bound: number,
  tolerance: Exact | undefined,
): Closeness {
  if (own === undefined || server === null) {
    return own === undefined && server === null ? "equal" : "different";
  }
  if (isEqual(own, server)) return "equal";
  if (isItsDouble(own, server)) return "as-double";
  const off = difference(server, own);
  const distance = off.coefficient < 0n ? negated(off) : off;
  if (bound > 0 && approximately(distance) <= bound) return "within";
  return tolerance !== undefined && compare(distance, tolerance) <= 0 ? "within" : "different";
}

const ORDER: readonly Closeness[] = ["equal", "as-double", "within", "different"];

/** The less close of two. */
export function worse(a: Closeness, b: Closeness): Closeness {
  return ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b;
}
