import { isAdditive } from "../engine/accumulators.ts";
import { NONE } from "../engine/exact-sums.ts";
import { add, compare, type Exact, subtract, ZERO } from "../values/scaled-integer.ts";
import { timestampText } from "../values/timestamp.ts";
import { negated } from "./comparison.ts";
import { altered, type Candidate, type Candidates, type Hypothesis } from "./hypothesis.ts";
import { countsUnder, OF_SUBJECT } from "./rules.ts";
import type { Search } from "./search.ts";
import { traitsOf } from "./segments.ts";
import { type Stretch, stretchesIn } from "./time-ranges.ts";

/** How many sources or subjects are tried. */
const MAX_TRIED = 64;

/** Rows that have one of some numbers each, `NONE` where they have none: those of subjects, say. */
interface NumberedRows {
  readonly numberOf: (row: number) => number;
  /** Whether a row is looked at. */
  readonly counts: (row: number) => boolean;
  /** How many numbers there must be at least. */
  readonly least: number;
}

/** A stretch of time in which the rows of a number account for all that differs. */
interface NumberedStretch extends Pick<Stretch, "from" | "to"> {
  readonly number: number;
  /** Whether these are all rows of the number. */
  readonly isWhole: boolean;
  readonly isIn: (row: number) => boolean;
  readonly chance: Candidate["chance"];
}

/**
 * The server lacks what one of several sources or subjects sent within a range of time: a gateway that was down.
 * Windows that differ lack exactly that part; the first and the last of them may lack some of it. Only where quantities
 * are added up, and with windows.
 */
export const outages: Hypothesis = {
  *candidates(search) {
    const { surplus } = search;
    if (surplus === undefined || !isAdditive(search.classification.plan.aggregation)) return;
    const amounts = new Map([...surplus].map(([start, amount]) => [start, negated(amount)]));
    const counts = (row: number): boolean => search.counts(row);
    for (const { name, outage, numberOf, textOf } of traitsOf(search)) {
      if (outage === undefined) continue;
      const rows = { numberOf, counts, least: 2 };
      yield* stretchCandidates(search, rows, amounts, (stretch) => {
        // What is missing as a whole is left out.
        if (stretch.isWhole) return undefined;
        const text = textOf(stretch.number);
        const [from, to] = [timestampText(stretch.from), timestampText(stretch.to)];
        return {
          hypotheses: [{ id: outage, parameters: { [name]: text, from, to } }],
          ...altered(search, stretch.isIn, 0),
          chance: stretch.chance,
          advice:
            name === "source"
              ? `The server has nothing that ${JSON.stringify(text)} sent from ${from} to ${to}: check whether it was down or could not reach the server, and send its events again under the same keys.`
              : `The server has nothing of the ${name} ${JSON.stringify(text)} from ${from} to ${to}: look at whether these events were sent, and send them again under the same keys.`,
        };
      });
    }
  },
};

/**
 * The server has the events of another subject under the one that the query names: all of them, or those of a stretch of
 * time. Only where quantities are added up.
 */
export const mergedSubjects: Hypothesis = {
  *candidates(search) {
    const { rules, surplus, comparer } = search;
    const { columns, subjects, plan } = search.classification;
    const { totalQuantity } = comparer.server;
    const { subject } = plan;
    if (subject === undefined || !isAdditive(plan.aggregation)) return;
    let amounts = surplus;
    if (amounts === undefined) {
      if (totalQuantity === undefined || totalQuantity === null) return;
      amounts = new Map([[0, subtract(totalQuantity, search.own.total().quantity ?? ZERO)]]);
    }
    if ([...amounts.values()].some(({ coefficient }) => coefficient <= 0n)) return;
    const isOwn = countsUnder(rules);
    const rows: NumberedRows = {
      numberOf: (row) => columns.subject[row] as number,
      counts: (row) => {
        const mask = columns.mask[row] as number;
        return (mask & OF_SUBJECT) === 0 && isOwn(mask | OF_SUBJECT);
      },
      least: 1,
    };
    yield* stretchCandidates(
      search,
      rows,
      amounts,
      ({ number, from, to, isWhole, isIn, chance }) => {
        const other = subjects.texts[number] ?? "";
        const [since, until] = [timestampText(from), timestampText(to)];
        const between = isWhole ? "" : ` from ${since} to ${until}`;
        const weight = (row: number): number => (search.counts(row) || isIn(row) ? 1 : 0);
        return {
          hypotheses: [
            {
              id: "subject-merged",
              parameters: { from: other, to: subject, ...(!isWhole && { since, until }) },
            },
          ],
          predict: () => search.predictWithout(OF_SUBJECT, { weight }).prediction,
          events: () => search.rowsWhere(isIn),
          chance,
          advice: `The server has the events of the subject ${JSON.stringify(other)}${between} under ${JSON.stringify(subject)}: check what sets the subject of events.`,
        };
      },
    );
  },
};

/**
 * The stretches of time in which the rows of one number add up to what the windows differ by. Inner windows are whole, the
 * first and the last begin or end at some event. `candidateOf` makes a candidate of each. Without windows, all of the
 * answer is one.
 */
function* stretchCandidates(
  search: Search,
  { numberOf, counts, least }: NumberedRows,
  amounts: ReadonlyMap<number, Exact>,
  candidateOf: (stretch: NumberedStretch) => Candidate | undefined,
): Candidates {
  const { timestamp, length } = search.classification.columns;
  const starts = [...amounts.keys()];
  const amountIn = (start: number): Exact => amounts.get(start) ?? ZERO;
  const [first] = starts;
  const last = starts.at(-1);
  if (first === undefined || last === undefined) return;
  // An inner window lacks all of the part: few sources or subjects have exactly that there. Where one window differs, all
  // of it does: a part of one could nearly always be cut out somehow.
  const probe = first === last ? first : starts.slice(1, -1)[0];
  const sums = new Map<number, Exact>();
  /** How many events of each count. */
  const all = new Map<number, number>();
  for (let row = 0; row < length; row++) {
    if (!counts(row)) continue;
    const number = numberOf(row);
    if (number === NONE) continue;
    all.set(number, (all.get(number) ?? 0) + 1);
    const start = search.windowOf(row);
    if (start < first || start > last || (probe !== undefined && start !== probe)) continue;
    sums.set(number, add(sums.get(number) ?? ZERO, search.amountOf(row)));
  }
  const tried = [...sums].filter(
    ([, sum]) => probe === undefined || compare(sum, amountIn(probe)) === 0,
  );
  if (all.size < least || tried.length === 0 || tried.length > MAX_TRIED) return;
  /** The rows of each number by window. */
  const parts = new Map(tried.map(([number]) => [number, new Map<number, number[]>()]));
  for (const row of search.rowsByTime(first, last)) {
    const start = search.windowOf(row);
    if (start < first || start > last) continue;
    const rows = parts.get(numberOf(row));
    if (rows === undefined || !counts(row)) continue;
    const ofWindow = rows.get(start);
    if (ofWindow === undefined) rows.set(start, [row]);
    else ofWindow.push(row);
  }
  for (const [number, rows] of parts) {
    const isAll = (start: number): boolean => {
      const ofWindow = rows.get(start) ?? [];
      const sum = ofWindow.reduce((some, row) => add(some, search.amountOf(row)), ZERO);
      return compare(sum, amountIn(start)) === 0;
    };
    const isPossible =
      [...rows.keys()].every((start) => start === first || start === last || isAll(start)) &&
      starts.every((start) => rows.has(start));
    if (!isPossible) continue;
    const inside = [...rows.values()].reduce((sum, some) => sum + some.length, 0);
    const isWhole = isAll(first) && isAll(last) && inside === all.get(number);
    const windows = search.comparer.server.windows === undefined ? 1 : search.own.windows().size;
    const stretches = stretchesIn(search, {
      first,
      last,
      rowsIn: (start) => rows.get(start) ?? [],
      isWhole: isAll,
      targetOf: amountIn,
      isTargetOutside: false,
    });
    for (const { from, to, chance } of stretches) {
      const candidate = candidateOf({
        number,
        from,
        to,
        isWhole,
        isIn: (row) => {
          const time = timestamp[row] as number;
          return time >= from && time < to && numberOf(row) === number && counts(row);
        },
        chance: (evidence) => chance(evidence, all.size * (isWhole ? 1 : windows ** 2)),
      });
      if (candidate !== undefined && (yield candidate) !== undefined) break;
    }
  }
}
