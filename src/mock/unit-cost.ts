import { type DecimalInput, readExact } from "../values/decimal.ts";
import { LosslessNumber } from "../values/lossless-json.ts";
import { type Exact, exactText } from "../values/scaled-integer.ts";
import type { Check } from "./checks.ts";

/** A number as `parseJson` gives it. */
export type JsonNumber = number | LosslessNumber;

function readUnitCost(given: unknown): Exact | { readonly problem: string } {
  const exact = readExact(given instanceof LosslessNumber ? given.text : given);
  if ("problem" in exact || exact.coefficient >= 0n) return exact;
  return { problem: "expected a number that is at least 0" };
}

/** A unit cost as a program says it: anything that is taken for a decimal. */
export const decimalUnitCost: Check = (value, path) => {
  const exact = readUnitCost(value);
  return "problem" in exact ? [{ path, message: exact.problem }] : [];
};

/** A unit cost as a request says it: a JSON number, and no text. */
export const jsonUnitCost: Check = (value, path) =>
  typeof value === "number" || value instanceof LosslessNumber
    ? decimalUnitCost(value, path)
    : [{ path, message: "expected a number" }];

/** Plain decimal text with every digit, as answers hold it; for a unit cost that was checked. */
export function unitCostText(given: JsonNumber | DecimalInput): string {
  const exact = readUnitCost(given);
  if ("problem" in exact) throw new RangeError(exact.problem);
  return exactText(exact);
}
