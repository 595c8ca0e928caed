import { add, type Exact, exactOfNumber } from "../values/scaled-integer.ts";

const PLACES = 19;

/** What is left of a value when the digits of its fraction behind the 19th are cut, toward zero. */
export function truncated(value: Exact): Exact {
  const excess = -PLACES - value.exponent;
  if (excess <= 0) return value;
  return { coefficient: value.coefficient / 10n ** BigInt(excess), exponent: -PLACES };
}

/** By how much cutting changes a value; undefined where it does not. */
export function truncationOf(value: number | Exact): Exact | undefined {
  // From a thousandth on a double has at most 19 digits behind the point.
  if (typeof value === "number" && (Math.abs(value) >= 1e-3 || value === 0)) return undefined;
  const exact = typeof value === "number" ? exactOfNumber(value) : value;
  const cut = truncated(exact);
  if (cut === exact) return undefined;
  return add(cut, { coefficient: -exact.coefficient, exponent: exact.exponent });
}
