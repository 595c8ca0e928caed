import { isAdditive } from "../engine/accumulators.ts";
import { type Exact, ZERO } from "../values/scaled-integer.ts";
import { timestampText } from "../values/timestamp.ts";
import { agreementOf } from "./comparison.ts";
import type { Evidence } from "./evidence.ts";
import { altered, type Candidate, type Candidates, type Hypothesis } from "./hypothesis.ts";
import type { Search } from "./search.ts";

/** How many instants are looked at closely. */
const MAX_INSTANTS = 64;
/** How many instants at each end of a stretch. */
const MAX_ENDS = 8;

/**
 * How many of `rows`, taken one by one, add up to `target`: every number that does, at most `most`. It never parts events
 * of the same time. `bound` is how far `target` may be off.
 */
function countsThatMeet(
  search: Search,
  rows: readonly number[],
  target: Exact,
  most: number,
  bound = 0,
): number[] {
  const { timestamp } = search.classification.columns;
  const accumulators = search.classification.createAccumulators();
  const taken = accumulators.create();
  const counts: number[] = [];
  for (const [at, row] of rows.entries()) {
    search.addTo(accumulators, taken, row);
    const next = rows[at + 1];
    if (next !== undefined && timestamp[next] === timestamp[row]) continue;
    const quantity = accumulators.quantity(taken);
    const off = bound + accumulators.bounds(taken).quantity;
    if (agreementOf(quantity, target, off) === "different") continue;
    counts.push(at + 1);
    if (counts.length === most) break;
  }
  return counts;
}

/** Windows in a row, and events of which a stretch of time is to be found that ends in the first and the last of them. */
export interface WindowRange {
  /** By their starts. */
  readonly first: number;
  readonly last: number;
  /** The events of a window, by time. */
  rowsIn(start: number): readonly number[];
  /** Whether the stretch has all of them. */
  isWhole(start: number): boolean;
  /** What those of the first or last window add up to that are in the stretch, or those that are not. */
  targetOf(start: number): Exact | undefined;
  readonly isTargetOutside: boolean;
}

/** A stretch of time from some event to some other. */
export interface Stretch {
  /** Milliseconds since 1970, the end exclusive. */
  readonly from: number;
  readonly to: number;
  /** How many stretches like it are expected to fit by chance, of so many that are tried. */
  chance(evidence: Evidence, tried: number): number;
}

/** The stretches of time that have the inner windows as a whole, the first from some event on, and the last up to some event. */
export function stretchesIn(search: Search, range: WindowRange): Stretch[] {
  const { first, last, rowsIn, isWhole, targetOf, isTargetOutside } = range;
  const { timestamp } = search.classification.columns;
  /** The times of the outermost event, for each of the ways in which a window may be in the stretch. */
  const endsIn = (start: number, outward: readonly number[]): number[] => {
    const target = targetOf(start);
    let counts: readonly number[] = [];
    if (isWhole(start)) counts = [outward.length];
    else if (target !== undefined) {
      const rows = isTargetOutside ? [...outward].reverse() : outward;
      const bound = isTargetOutside ? 0 : search.boundAt(start);
      counts = countsThatMeet(search, rows, target, MAX_ENDS, bound);
      if (isTargetOutside) counts = counts.map((count) => outward.length - count);
    }
    return counts
      .filter((count) => count > 0)
      .map((count) => timestamp[outward[count - 1] as number] as number);
  };
  const froms = endsIn(first, [...rowsIn(first)].reverse());
  const tos = endsIn(last, rowsIn(last));
  const partial = [...new Set([first, last])].filter((start) => !isWhole(start));
  const chance: Stretch["chance"] = (evidence, tried) => {
    const odds = partial.map((start) => evidence.oddsOfCut(rowsIn(start)));
    return evidence.chance(tried, partial.length, Math.max(0, ...odds));
  };
  return froms.flatMap((from) => tos.map((to) => ({ from, to: to + 1, chance })));
}

/** The windows that differ, ascending; undefined where none are compared or the server has one that we lack. */
function differingWindows({ surplus, own }: Search): readonly number[] | undefined {
  const starts = surplus && [...surplus.keys()];
  return starts?.every((start) => own.windows().has(start)) ? starts : undefined;
}

/** The rows that count in a window, by time; without windows, all that count. */
export function rowsOfWindow(search: Search, start: number): readonly number[] {
  const rows: number[] = [];
  for (const row of search.rowsByTime(start, start)) {
    if (search.windowOf(row) === start && search.counts(row)) rows.push(row);
  }
  return rows;
}

/**
 * The server lacks everything from an instant on: what it has not settled yet. With windows the instant is in the first
 * that differs; without, every instant is tried against the total. The first one that fits every cell is given; whether
 * there is one is returned.
 */
function* unsettledCandidates(search: Search): Candidates<boolean> {
  const { timestamp } = search.classification.columns;
  const { windows, totalQuantity } = search.comparer.server;
  const start = windows === undefined ? 0 : differingWindows(search)?.[0];
  if (start === undefined || [...(windows?.keys() ?? [])].some((other) => other > start)) {
    return false;
  }
  const target = windows === undefined ? totalQuantity : (windows.get(start)?.quantity ?? ZERO);
  if (target === undefined || target === null) return false;
  const rows = rowsOfWindow(search, start);
  const isEarliest = ![...search.own.windows().keys()].some((other) => other < start);
  const cuts = countsThatMeet(search, rows, target, MAX_INSTANTS);
  // Where nothing is left, there may be no row.
  if (target.coefficient === 0n) cuts.unshift(0);
  for (const cut of cuts) {
    const first = rows[cut];
    if (first === undefined) continue;
    const instant = timestamp[first] as number;
    const from = timestampText(instant);
    const isAfter = (row: number): boolean =>
      (timestamp[row] as number) >= instant && search.counts(row);
    const found = yield {
      hypotheses: [{ id: "not-yet-settled", parameters: { from } }],
      ...altered(search, isAfter, 0),
      chance: (evidence) => {
        if (cut === 0) return evidence.chance(1);
        const chance = evidence.chance(1, 1, evidence.oddsOfCut(rows));
        // Where no whole window is gone, events lost here and there may happen to be like the last.
        const isOne = windows === undefined || search.surplus?.size === 1;
        return isOne ? Math.max(chance, evidence.oddsOfAlike(rows.slice(cut), rows)) : chance;
      },
      advice:
        cut === 0 && isEarliest
          ? "The server has none of your events: check the cost's id, the account of the key, and the range, or ask again later."
          : `The server has nothing from ${from} on: ask again later, or end the range before that. If it stays so, look for an outage of whatever sends.`,
    };
    if (found !== undefined) return true;
  }
  return false;
}

/**
 * The server lacks a stretch of time, or counted it twice: windows in a row that differ, the inner ones as a whole, the
 * outer ones from some event on, and up to some event. A part of a single window is not looked for here: some of its
 * events would nearly always fit. Counting twice is looked for where quantities are added up.
 */
function* stretchCandidates(search: Search, isRepeated: boolean): Candidates {
  const { columns } = search.classification;
  const { surplus, comparer } = search;
  const own = search.own.windows();
  const differing = differingWindows(search) ?? [];
  const [first] = differing;
  const last = differing.at(-1);
  if (first === undefined || last === undefined) return;
  const between = [...own.keys()].filter((start) => start >= first && start <= last);
  if (between.length !== differing.length) return;
  const left = (start: number): Exact | undefined => comparer.server.windows?.get(start)?.quantity;
  const isWhole = (start: number): boolean => {
    if (!isRepeated) return left(start) === undefined;
    const [more, once] = [surplus?.get(start), own.get(start)?.quantity];
    if (more === undefined) return false;
    return agreementOf(once, more, search.boundAt(start)) !== "different";
  };
  const inner = differing.slice(1, -1);
  if (!(first === last ? differing : inner).every(isWhole)) return;
  const ends = new Map([first, last].map((start) => [start, rowsOfWindow(search, start)]));
  const stretches = stretchesIn(search, {
    first,
    last,
    rowsIn: (start) => ends.get(start) ?? [],
    isWhole,
    targetOf: (start) => (isRepeated ? surplus?.get(start) : left(start)),
    isTargetOutside: !isRepeated,
  });
  for (const stretch of stretches) {
    const isIn = (row: number): boolean => {
      const time = columns.timestamp[row] as number;
      return time >= stretch.from && time < stretch.to && search.counts(row);
    };
    if (!isSeveral(search, isIn)) continue;
    const found = yield {
      ...stretchUse(stretch, isRepeated),
      ...altered(search, isIn, isRepeated ? 2 : 0),
      chance: (evidence) =>
        Math.max(stretch.chance(evidence, own.size), oddsOfScattered(search, isIn)),
    };
    if (found !== undefined) return;
  }
}

/** In how many windows events lost here and there are taken for others. */
const MAX_SCATTERED = 2;

/**
 * How likely events that the server lacks, or has twice, here and there in the windows that differ are to be like those of
 * a candidate. 0 where too many windows differ, or where a candidate has all of one: that shows more than likeness.
 */
export function oddsOfScattered(search: Search, isIn: (row: number) => boolean): number {
  const starts = [...(search.surplus?.keys() ?? [])];
  if (starts.length > MAX_SCATTERED) return 0;
  let odds = 1;
  for (const start of starts) {
    const rows = rowsOfWindow(search, start);
    const chosen = rows.filter(isIn);
    if (chosen.length === rows.length) return 0;
    odds *= search.evidence.oddsOfAlike(chosen, rows);
  }
  return odds;
}

/** Whether a stretch has more than one event. One alone is no stretch: every event is tried for itself. */
export const isSeveral = (search: Search, isIn: (row: number) => boolean): boolean =>
  search.rowsWhere(isIn).count > 1;

/** What is said of a stretch of everything. */
export function stretchUse(
  stretch: Pick<Stretch, "from" | "to">,
  isRepeated: boolean,
): Pick<Candidate, "hypotheses" | "advice"> {
  const [from, to] = [timestampText(stretch.from), timestampText(stretch.to)];
  return {
    hypotheses: [
      { id: isRepeated ? "stretch-repeated" : "stretch-left-out", parameters: { from, to } },
    ],
    advice: isRepeated
      ? `The server counted what happened from ${from} to ${to} twice: look for a log that was sent again under other keys.`
      : `The server has nothing of what happened from ${from} to ${to}: look for an outage of whatever sends, and send it again under the same keys.`,
  };
}

/** The searches along time for what is missing or counted twice. */
export const timeRanges: Hypothesis = {
  *candidates(search) {
    const isUnsettled = yield* unsettledCandidates(search);
    // A stretch up to the last event says the same.
    if (!isUnsettled) yield* stretchCandidates(search, false);
    if (isAdditive(search.classification.plan.aggregation)) yield* stretchCandidates(search, true);
  },
};
