import { InvalidInputError, type Issue } from "../errors.ts";
import type { SummaryOptions } from "../summary/summary-options.ts";
import { type DecimalInput, readExact } from "../values/decimal.ts";
import { isRecord } from "../values/record.ts";
import type { Exact } from "../values/scaled-integer.ts";
import type { Tolerance } from "./comparison.ts";

/** How summaries are compared: what a local summary can be told, and what is let pass. */
export interface ReconcileOptions extends SummaryOptions {
  /**
   * How far each amount of the server may be off, in units of the quantity and in money.
   * @default nothing but what adding up in doubles can lose
   */
  readonly tolerance?:
    | {
        readonly quantity?: DecimalInput | undefined;
        readonly cost?: DecimalInput | undefined;
      }
    | undefined;
  /**
   * Other unit costs that the cost had or will have, at most 32: each is tried.
   * @default []
   */
  readonly unitCosts?: readonly DecimalInput[] | undefined;
}

/** The options, checked. */
export interface ReadOptions {
  /** What is for the local summary, which checks it. */
  readonly summary: SummaryOptions;
  readonly tolerance: Tolerance;
  readonly unitCosts: readonly Exact[];
}

const MOST_UNIT_COSTS = 32;

/** Throws an `InvalidInputError`. */
export function readReconcileOptions(options: ReconcileOptions): ReadOptions {
  const issues: Issue[] = [];
  if (!isRecord(options)) issues.push({ path: [], message: "expected an object of options" });
  const { tolerance, unitCosts, ...summary } = isRecord(options) ? options : {};
  const amount = (path: Issue["path"], input: unknown): Exact | undefined => {
    if (input === undefined) return undefined;
    const exact = readExact(input);
    if ("problem" in exact) issues.push({ path, message: exact.problem });
    else if (exact.coefficient < 0n) issues.push({ path, message: "expected at least 0" });
    else return exact;
    return undefined;
  };
  const given: unknown = tolerance ?? {};
  const { quantity, cost, ...unknown } = isRecord(given) ? given : {};
  if (!isRecord(given)) {
    issues.push({ path: ["tolerance"], message: "expected an object with quantity or cost" });
  }
  for (const name of Object.keys(unknown)) {
    issues.push({ path: ["tolerance", name], message: "unknown field; there are quantity, cost" });
  }
  const read = {
    quantity: amount(["tolerance", "quantity"], quantity),
    cost: amount(["tolerance", "cost"], cost),
  };
  const list: unknown = unitCosts ?? [];
  const others: Exact[] = [];
  if (!Array.isArray(list) || list.length > MOST_UNIT_COSTS) {
    const message = `expected an array of at most ${MOST_UNIT_COSTS} unit costs`;
    issues.push({ path: ["unitCosts"], message });
  } else {
    for (const [at, input] of list.entries()) {
      const other = amount(["unitCosts", at], input ?? null);
      if (other !== undefined) others.push(other);
    }
  }
  if (issues.length > 0) throw new InvalidInputError("The summaries cannot be compared", issues);
  return { summary, tolerance: read, unitCosts: others };
}
