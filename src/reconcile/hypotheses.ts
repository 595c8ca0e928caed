import type { Plan } from "../summary/plan.ts";
import type { HypothesisUse } from "./result.ts";
import { type Rounding, roundingsFor } from "./rounding.ts";
import type { Rules } from "./rules.ts";

/** A hypothesis without a parameter to look for. */
export interface Hypothesis {
  readonly use: HypothesisUse;
  /** What it changes about the rules; two that change the same are not tried together. */
  readonly changes: Partial<Rules>;
  readonly rounding?: Rounding | undefined;
  readonly advice: string;
}

/** What is known beside the plan. */
export interface Circumstances {
  readonly deduplicates: boolean;
  readonly knowsCreation: boolean;
}

/** The hypotheses that change which events count, or how their values do; those that cannot matter left out. */
export function ruleHypotheses(
  plan: Plan,
  { deduplicates, knowsCreation }: Circumstances,
): Hypothesis[] {
  const { aggregation } = plan;
  const readsNumbers = aggregation !== "COUNT" && aggregation !== "UNIQUE_COUNT";
  const isFoldDifferent =
    aggregation === "AVG" || aggregation === "UNIQUE_COUNT" || aggregation === "LATEST";
  const hypotheses: (Hypothesis | false)[] = [
    {
      use: { id: "whole-seconds" },
      changes: { wholeSeconds: true },
      advice:
        "The server cuts times to whole seconds: ask for ranges that begin and end on a second, well apart from events.",
    },
    {
      use: { id: "to-inclusive" },
      changes: { toInclusive: true },
      advice:
        "The server counts an event at the very end of the range: end ranges a millisecond earlier, or it is billed twice.",
    },
    deduplicates && {
      use: { id: "duplicates-counted" },
      changes: { repeats: "all" },
      advice:
        "The server counted repeated idempotency keys again: look at these events' retries, and report them as a bug.",
    },
    deduplicates && {
      use: { id: "last-of-equal-keys" },
      changes: { repeats: "last" },
      advice:
        "Of equal idempotency keys the server keeps the last event: never send different events under one key.",
    },
    deduplicates && {
      use: { id: "key-alone" },
      changes: { keyAlone: true },
      advice:
        "The server takes equal idempotency keys of different sources or namespaces for one event: make keys unique over all of them.",
    },
    isFoldDifferent &&
      plan.groupBy !== undefined && {
        use: { id: "totals-folded", parameters: { from: "groups" } },
        changes: { foldedFrom: "groups" },
        advice:
          "The server's total is made of its groups' rows: ask for the total without groupBy.",
      },
    isFoldDifferent &&
      plan.window !== undefined && {
        use: { id: "totals-folded", parameters: { from: "windows" } },
        changes: { foldedFrom: "windows" },
        advice:
          "The server's total is made of its windows' rows: ask for the total without window.",
      },
    readsNumbers && {
      use: { id: "truncated-to-19-digits" },
      changes: { truncated: true },
      advice:
        "The server cuts values behind the 19th digit of their fraction: send them in a larger unit of measure.",
    },
    aggregation === "UNIQUE_COUNT" && {
      use: { id: "missing-counted" },
      changes: { missingCounted: true },
      advice:
        "The server counts events without a value as one more distinct value: send the value with every event.",
    },
    aggregation === "LATEST" && {
      use: { id: "first-of-equal-timestamps" },
      changes: { firstOfEqual: true },
      advice:
        "Of equal timestamps the server takes the first event: send times with enough digits to tell events apart.",
    },
    (plan.groupBy !== undefined || plan.filters.length > 0) && {
      use: { id: "null-as-empty" },
      changes: { nullAsEmpty: true },
      advice: `The server takes null for a missing dimension (""): leave the dimension out, or send text.`,
    },
    plan.merchantId !== undefined && {
      use: { id: "namespace-ignored" },
      changes: { namespaceIgnored: true },
      advice:
        "The server counts events of other namespaces: look at who sends them, and give their events another type.",
    },
    aggregation === "AVG" && {
      use: { id: "average-over-all" },
      changes: { overAll: true },
      advice:
        "The server divides by all events, those without a usable value too: send a value with every event.",
    },
    knowsCreation && {
      use: { id: "before-creation-left-out" },
      changes: { sinceCreation: true },
      advice:
        "The server meters from the cost's creation on: begin the range there, or count what came before by yourself.",
    },
  ];
  return hypotheses.filter((hypothesis) => hypothesis !== false);
}

const ROUNDED: Record<Rounding["per"], string> = {
  event: "each event's cost",
  group: "each group's cost, and adds those up",
  window: "each window's cost, and adds those up",
  total: "the total cost",
  amount: "each cost of its answer",
};

/** The hypotheses that round costs; of two that predict the same, the first is enough. */
export function roundingHypotheses(plan: Plan): Hypothesis[] {
  return roundingsFor(plan).map((rounding) => {
    const { places, per, mode } = rounding;
    return {
      use: { id: "cost-rounded", parameters: { places, per, mode } },
      changes: {},
      rounding,
      advice: `The server rounds ${ROUNDED[per]} to ${places} digits: compare with costs rounded so, or agree on exact ones.`,
    };
  });
}
