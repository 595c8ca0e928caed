import type { CostDefinition, CostSummaryParams } from "../models.ts";
import type { NextQuery } from "./result.ts";
import type { Search } from "./search.ts";

/** How many subjects are proposed one by one. */
const MAX_SUBJECTS = 10;

/** What to ask the server next: finer windows over the stretch that differs, all dimensions, then each subject. */
export function nextQueries(
  cost: CostDefinition,
  query: CostSummaryParams,
  search: Search,
): NextQuery[] {
  const { plan, subjects, columns } = search.classification;
  const { cells } = search;
  const starts = cells.flatMap(({ place, at, agreement }) =>
    place === "window" && agreement === "different" ? [Number(at)] : [],
  );
  const { window } = plan;
  const range =
    window === undefined || starts.length === 0
      ? {}
      : {
          from: new Date(Math.max(plan.from, Math.min(...starts))),
          to: new Date(Math.min(plan.to, Math.max(...starts) + window)),
        };
  const dimensions = Object.keys(cost.groupBy ?? {});
  const groupBy = dimensions.length > 0 ? { groupBy: dimensions } : {};
  const finest = { ...query, ...range, ...groupBy, window: "MINUTE" as const };
  const next: NextQuery[] = [];
  const hasAllDimensions = (plan.groupBy?.length ?? 0) === dimensions.length;
  if (window !== 60_000 || search.comparer.server.windows === undefined) {
    const reason = hasAllDimensions
      ? "MINUTE windows show when the difference arose."
      : "MINUTE windows and all dimensions show when and where the difference arose.";
    next.push({ query: finest, reason });
  } else if (!hasAllDimensions || search.comparer.server.groups === undefined) {
    if (dimensions.length > 0) {
      next.push({ query: finest, reason: "All dimensions show where the difference arose." });
    }
  }
  if (plan.subject !== undefined) return next;
  const counting = new Set<number>();
  const from = range.from?.getTime() ?? plan.from;
  const to = range.to?.getTime() ?? plan.to;
  for (let row = 0; row < columns.length && counting.size <= MAX_SUBJECTS; row++) {
    const time = columns.timestamp[row] as number;
    if (time >= from && time < to && search.counts(row)) counting.add(columns.subject[row] ?? -1);
  }
  if (counting.size < 2 || counting.size > MAX_SUBJECTS) return next;
  for (const number of counting) {
    const subject = subjects.texts[number];
    if (subject === undefined) continue;
    const reason = `Whether the difference is among the events of ${JSON.stringify(subject)}.`;
    next.push({ query: { ...finest, subject }, reason });
  }
  return next;
}
