import { isAdditive } from "../engine/accumulators.ts";
import { NONE } from "../engine/exact-sums.ts";
import { ListsByKey } from "../values/lists-by-key.ts";
import { type Exact, subtract, ZERO } from "../values/scaled-integer.ts";
import { timestampText } from "../values/timestamp.ts";
import { approximately, OF_TWICE } from "./accumulators.ts";
import { agreementOf, differenceIn, negated } from "./comparison.ts";
import { MAX_CHANCE } from "./evidence.ts";
import { altered, type Candidate, type Candidates, type Hypothesis } from "./hypothesis.ts";
import type { HypothesisId } from "./result.ts";
import { countsUnder, OF_SUBJECT } from "./rules.ts";
import { KeyedAccumulators, type Search } from "./search.ts";
import { traitsOf } from "./segments.ts";
import {
  isSeveral,
  oddsOfScattered,
  rowsOfWindow,
  type Stretch,
  stretchesIn,
  stretchUse,
} from "./time-ranges.ts";

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
  /** How many numbers there are. */
  readonly tried: number;
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
        if (stretch.isWhole || !isSeveral(search, stretch.isIn)) return undefined;
        const text = textOf(stretch.number);
        const use = outageUse(outage, stretch, name, text);
        const { tried, isIn } = stretch;
        const chance: Candidate["chance"] = (evidence) =>
          Math.max(stretch.chance(evidence), tried * oddsOfScattered(search, isIn));
        return { ...use, ...altered(search, isIn, 0), chance };
      });
    }
  },
};

type OutageUse = Pick<Candidate, "hypotheses" | "advice">;

/** What is said of an outage of a source or a subject. */
function outageUse(
  id: HypothesisId,
  stretch: Pick<Stretch, "from" | "to">,
  name: string,
  text: string,
): OutageUse {
  const [from, to] = [timestampText(stretch.from), timestampText(stretch.to)];
  return {
    hypotheses: [{ id, parameters: { [name]: text, from, to } }],
    advice:
      name === "source"
        ? `The server has nothing that ${JSON.stringify(text)} sent from ${from} to ${to}: check whether it was down or could not reach the server, and send its events again under the same keys.`
        : `The server has nothing of the ${name} ${JSON.stringify(text)} from ${from} to ${to}: look at whether these events were sent, and send them again under the same keys.`,
  };
}

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
  /** Whether the sum of a key is what a window differs by. */
  const isMet = (sums: KeyedAccumulators<number>, key: number, start: number): boolean => {
    const bound = search.boundAt(start) + OF_TWICE * sums.bound(key);
    return agreementOf(sums.quantity(key) ?? ZERO, amountIn(start), bound) !== "different";
  };
  const [first] = starts;
  const last = starts.at(-1);
  if (first === undefined || last === undefined) return;
  // An inner window lacks all of the part: few sources or subjects have exactly that there. Where one window differs, all
  // of it does: a part of one could nearly always be cut out somehow.
  const probe = first === last ? first : starts.slice(1, -1)[0];
  const ofProbe = new KeyedAccumulators<number>(search);
  /** How many events of each count. */
  const all = new Map<number, number>();
  for (let row = 0; row < length; row++) {
    if (!counts(row)) continue;
    const number = numberOf(row);
    if (number === NONE) continue;
    all.set(number, (all.get(number) ?? 0) + 1);
    const start = search.windowOf(row);
    if (start < first || start > last || (probe !== undefined && start !== probe)) continue;
    ofProbe.add(number, row);
  }
  const tried = [...ofProbe.numbers.keys()].filter(
    (number) => probe === undefined || isMet(ofProbe, number, probe),
  );
  if (all.size < least || tried.length === 0 || tried.length > MAX_TRIED) return;
  /** The rows of each number by window, and what they add up to. */
  const parts = new Map(
    tried.map((number) => {
      const part = {
        rows: new ListsByKey<number, number>(),
        sums: new KeyedAccumulators<number>(search),
      };
      return [number, part];
    }),
  );
  for (const row of search.rowsByTime(first, last)) {
    const start = search.windowOf(row);
    if (start < first || start > last) continue;
    const part = parts.get(numberOf(row));
    if (part === undefined || !counts(row)) continue;
    part.rows.push(start, row);
    part.sums.add(start, row);
  }
  for (const [number, { rows, sums }] of parts) {
    const isAll = (start: number): boolean => isMet(sums, start, start);
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
        tried: all.size,
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

/** How many events a window may have for every stretch among them to be tried. */
const MAX_EVENTS = 4_096;
/** How far off sums in doubles may be for a stretch to be looked at: much more than they can be. */
const NEARLY = 1e-9;

/** Events of one window by time, of which some in a row may be missing: all of them, or those that share something. */
interface Series {
  readonly rows: readonly number[];
  readonly useOf: (stretch: Pick<Stretch, "from" | "to">) => OutageUse;
}

/**
 * The server lacks a stretch of time within the one window that differs: everything, or what one source or one subject
 * sent. Some stretch would nearly always fit. So this is for what no other cause explains, where the stretches that fit
 * have the same events, and where the answer proves it. Only where quantities are added up.
 */
export const outagesInWindow: Hypothesis = {
  *candidates(search) {
    const { classification, evidence, own } = search;
    const { columns, plan } = classification;
    const [differing, another] = [...(search.surplus ?? [])];
    if (differing === undefined || another !== undefined || !isAdditive(plan.aggregation)) return;
    const [start, more] = differing;
    const rows = rowsOfWindow(search, start);
    if (rows.length > MAX_EVENTS) return;
    const series = seriesOf(search, rows);
    // How many stretches are expected to add up to any amount.
    let expected = 0;
    for (const { rows: some } of series) {
      const sum = some.reduce((all, row) => all + search.nearAmountOf(row), 0);
      expected += some.length ** 2 * evidence.oddsOfAmount(1, sum);
    }
    const chanceOfAmount = evidence.chance(own.windows().size * expected, 1);
    if (chanceOfAmount > MAX_CHANCE) return;
    const meetsGroups = groupTest(search);
    const found = series.flatMap(({ rows: some, useOf }) =>
      runsOf(search, some, -approximately(more), meetsGroups).map((run) => ({ run, useOf })),
    );
    const [first] = found;
    if (first === undefined || new Set(found.map(({ run }) => run.join())).size > 1) return;
    // Events lost here and there may happen to be in a row, or to be like some that are.
    let runs = 0;
    for (const { rows: some } of series) runs += Math.max(0, some.length - first.run.length + 1);
    const chance = Math.max(chanceOfAmount, runs * evidence.oddsOfAlike(first.run, rows));
    if (chance > MAX_CHANCE) return;
    for (const { run, useOf } of found) {
      const events = new Set(run);
      const times = run.map((row) => columns.timestamp[row] as number);
      yield {
        ...useOf({ from: times[0] as number, to: (times.at(-1) as number) + 1 }),
        ...altered(search, (row) => events.has(row), 0),
        chance: () => chance,
      };
    }
  },
};

/** All events of a window, those of each of its sources, and those of each of its subjects. */
function seriesOf(search: Search, rows: readonly number[]): Series[] {
  const series: Series[] = [{ rows, useOf: (stretch) => stretchUse(stretch, false) }];
  for (const { name, outage, numberOf, textOf } of traitsOf(search)) {
    if (outage === undefined) continue;
    const byNumber = new ListsByKey<number, number>();
    for (const row of rows) {
      const number = numberOf(row);
      if (number === NONE) continue;
      byNumber.push(number, row);
    }
    for (const [number, some] of byNumber) {
      const useOf: Series["useOf"] = (stretch) => outageUse(outage, stretch, name, textOf(number));
      series.push({ rows: some, useOf });
    }
  }
  return series;
}

/** Two or more rows in a row that nearly add up to what is missing; events of one time are never parted. */
function runsOf(
  search: Search,
  rows: readonly number[],
  missing: number,
  isPossible: (rows: readonly number[]) => boolean,
): (readonly number[])[] {
  const { timestamp } = search.classification.columns;
  const amounts = rows.map((row) => search.nearAmountOf(row));
  const off = NEARLY * amounts.reduce((sum, amount) => sum + Math.abs(amount), 0);
  /** Whether a run may begin at a position, or end before it. */
  const isCut = (at: number): boolean =>
    timestamp[rows[at - 1] as number] !== timestamp[rows[at] as number];
  const runs: (readonly number[])[] = [];
  for (const [from, first] of amounts.entries()) {
    // Events of 0 at either end make no difference.
    if (first === 0 || !isCut(from)) continue;
    let sum = first;
    for (let to = from + 1; to < rows.length; to++) {
      const amount = amounts[to] as number;
      sum += amount;
      if (Math.abs(sum - missing) > off || amount === 0 || !isCut(to + 1)) continue;
      const run = rows.slice(from, to + 1);
      if (isPossible(run)) runs.push(run);
    }
  }
  return runs;
}

/** Whether rows nearly add up to what each group of the server lacks. */
function groupTest(search: Search): (rows: readonly number[]) => boolean {
  const { classification, comparer, cells } = search;
  if (comparer.server.groups === undefined) return () => true;
  const keys = classification.groupKeys();
  const groups = cells.filter(({ place }) => place === "group");
  return (rows) => {
    const sums = new Map<string | number, number>();
    let scale = 0;
    for (const row of rows) {
      const key = keys[classification.columns.group[row] as number] ?? "";
      const amount = search.nearAmountOf(row);
      sums.set(key, (sums.get(key) ?? 0) + amount);
      scale += Math.abs(amount);
    }
    return groups.every(
      (cell) =>
        Math.abs((sums.get(cell.at) ?? 0) + differenceIn(cell, "quantity")) <= NEARLY * scale,
    );
  };
}
