import { decimalOf } from "../values/decimal.ts";
import type { Exact } from "../values/scaled-integer.ts";
import type { EventClassification } from "./classification.ts";
import { type Agreement, type Amounts, difference } from "./comparison.ts";
import type { EventReference, Explanation, HypothesisUse } from "./result.ts";
import type { ServerAnswer } from "./server-summary.ts";

/** Events by their rows. */
export interface RowSet {
  readonly count: number;
  /** In ascending order. */
  rows(): Iterable<number>;
}

export const NO_ROWS: RowSet = { count: 0, rows: () => [] };

/** Something that accounts for every cell, before it is ranked. */
export interface Finding {
  readonly hypotheses: readonly HypothesisUse[];
  readonly agreement: Agreement;
  /** How many cells it meets as exactly as they were sent. */
  readonly met: number;
  readonly predicted: Amounts;
  readonly events: RowSet;
  readonly advice: string;
  /** How many candidates like it are expected to fit by chance. */
  readonly chance: number;
}

function residual(server: Exact | null | undefined, own: Exact | undefined) {
  if (server === undefined || server === null || own === undefined) {
    return server === null && own === undefined ? decimalOf(0) : null;
  }
  return decimalOf(difference(server, own));
}

const decimalOrNull = (value: Exact | undefined) => (value === undefined ? null : decimalOf(value));

/**
 * Findings as explanations, best first: by exactness, by the cells met, by the number of hypotheses. Those that are
 * equal in all of these share a rank, and the one that fits least by chance comes first.
 */
export function ranked(
  findings: readonly Finding[],
  server: ServerAnswer,
  cellCount: number,
  classification: EventClassification,
): Explanation[] {
  const order: readonly Agreement[] = ["equal", "as-double", "within", "different"];
  const merits = (finding: Finding): readonly number[] => [
    order.indexOf(finding.agreement),
    -finding.met,
    finding.hypotheses.length,
  ];
  const compareMerits = (a: Finding, b: Finding): number => {
    const other = merits(b);
    for (const [at, merit] of merits(a).entries()) {
      const difference = merit - (other[at] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  };
  const sorted = [...findings].sort((a, b) => compareMerits(a, b) || a.chance - b.chance);
  let rank = 0;
  return sorted.map((finding, at) => {
    const before = sorted[at - 1];
    if (before === undefined || compareMerits(before, finding) !== 0) rank++;
    const { hypotheses, agreement, met, predicted, events, advice, chance } = finding;
    return {
      rank,
      hypotheses,
      exact: agreement === "equal",
      chance,
      residual: {
        quantity: residual(server.totalQuantity, predicted.quantity),
        cost: residual(server.totalCost, predicted.cost),
      },
      predicted: {
        totalQuantity: decimalOrNull(predicted.quantity),
        totalCost: decimalOrNull(predicted.cost),
      },
      cells: { explained: met, total: cellCount },
      events: {
        count: events.count,
        first: classification.firstOf(events.rows()),
        *all(): IterableIterator<EventReference> {
          for (const row of events.rows()) yield classification.referenceTo(row);
        },
      },
      advice,
    };
  });
}
