import { isAdditive } from "../engine/accumulators.ts";
import { type Exact, subtract, ZERO } from "../values/scaled-integer.ts";
import { startOf, timestampText } from "../values/timestamp.ts";
import type { Candidate, Hypothesis } from "./hypothesis.ts";
import { type Differences, type Stretch, stretchesOf } from "./outages.ts";
import { countsUnder, OF_SUBJECT } from "./rules.ts";
import { rowsWhere, type Search } from "./search.ts";

/**
 * The server has the events of another subject under the one that the query names: all of them, or those of a stretch of
 * time. Only where quantities are added up.
 */
export const mergedSubjects: Hypothesis = {
  *candidates(search) {
    const { classification, rules } = search;
    const { columns, plan } = classification;
    if (plan.subject === undefined) return;
    if (!isAdditive(plan.aggregation)) return;
    const differences = surplusOf(search);
    if (differences === undefined) return;
    const isOwn = countsUnder(rules);
    const counts = (row: number): boolean => {
      const mask = columns.mask[row] as number;
      return (mask & OF_SUBJECT) === 0 && isOwn(mask | OF_SUBJECT);
    };
    const numberOf = (row: number): number => columns.subject[row] as number;
    const stretches = stretchesOf(search, { numberOf, counts, least: 1 }, differences);
    for (let next = stretches.next(); next.done !== true; ) {
      const found = yield candidateOf(search, plan.subject, next.value);
      next = stretches.next(found !== undefined);
    }
  },
};

/** What the server has more, of each window or in total; undefined where it has less of one. */
function surplusOf({ classification, comparer, own, surplus }: Search): Differences | undefined {
  const { plan, columns } = classification;
  const { window } = plan;
  const { totalQuantity } = comparer.server;
  const isMore = ({ coefficient }: Exact): boolean => coefficient > 0n;
  if (window !== undefined && surplus !== undefined) {
    if (![...surplus.values()].every(isMore)) return undefined;
    const windowOf = (row: number): number => startOf(columns.timestamp[row] as number, window);
    return { amounts: surplus, windowOf };
  }
  if (totalQuantity === undefined || totalQuantity === null) return undefined;
  const amount = subtract(totalQuantity, own.total().quantity ?? ZERO);
  return isMore(amount) ? { amounts: new Map([[0, amount]]), windowOf: () => 0 } : undefined;
}

function candidateOf(
  search: Search,
  subject: string,
  { number, from, to, isWhole, isIn, chance }: Stretch,
): Candidate {
  const { columns, subjects } = search.classification;
  const other = subjects.texts[number] ?? "";
  const [since, until] = [timestampText(from), timestampText(to)];
  const between = isWhole ? "" : ` from ${since} to ${until}`;
  return {
    hypotheses: [
      {
        id: "subject-merged",
        parameters: { from: other, to: subject, ...(!isWhole && { since, until }) },
      },
    ],
    predict: () => {
      const weight = (row: number): number => (search.counts(row) || isIn(row) ? 1 : 0);
      return search.predictWithout(OF_SUBJECT, { weight }).prediction;
    },
    events: () => rowsWhere(columns.length, isIn),
    chance,
    advice: `The server has the events of the subject ${JSON.stringify(other)}${between} under ${JSON.stringify(subject)}: check what sets the subject of events.`,
  };
}
