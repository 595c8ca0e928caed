import { isAdditive } from "../engine/accumulators.ts";
import { add, compare, type Exact, subtract } from "../values/scaled-integer.ts";
import { timestampText } from "../values/timestamp.ts";
import { approximately } from "./accumulators.ts";
import { agreementOf } from "./comparison.ts";
import type { Candidates, Hypothesis } from "./hypothesis.ts";
import { rowsWhere, type Search } from "./search.ts";

/** How many instants, or pairs of them, are looked at closely. */
const MAX_CANDIDATES = 64;
/** How many instants at each end of a stretch. */
const MAX_ENDS = 8;

/** The events that count by time, and the windows that differ. */
class Timeline {
  /** Our windows, ascending. */
  readonly starts: readonly number[];
  /** The positions in `starts` of those that differ; undefined where the server has one that we lack. */
  readonly differing: readonly number[] | undefined;
  readonly #search: Search;
  readonly #rowsAt = new Map<number, readonly number[]>();

  constructor(search: Search) {
    const given = search.comparer.server.windows;
    const ours = given === undefined ? new Map() : search.own.windows();
    this.#search = search;
    this.starts = [...ours.keys()].sort((a, b) => a - b);
    const isServersOnly = [...(given?.keys() ?? [])].some((start) => !ours.has(start));
    const differing = this.starts.flatMap((start, at) => {
      const row = ours.get(start);
      const quantity = given?.get(start)?.quantity ?? null;
      const bound = row?.bounds.quantity ?? 0;
      return agreementOf(row?.quantity, quantity, bound, undefined) === "different" ? [at] : [];
    });
    this.differing = isServersOnly ? undefined : differing;
  }

  /** The rows that count, ascending. */
  rows(): readonly number[] {
    const rows: number[] = [];
    for (const row of this.#search.classification.byTime()) {
      if (this.#search.counts(row)) rows.push(row);
    }
    return rows;
  }

  /** Those of them in the window at a position of `starts`. */
  rowsAt(position: number): readonly number[] {
    const known = this.#rowsAt.get(position);
    if (known !== undefined) return known;
    const { columns, plan } = this.#search.classification;
    const { timestamp } = columns;
    const start = this.starts[position] ?? Number.NaN;
    const end = start + (plan.window ?? 0);
    const rows: number[] = [];
    for (let row = 0; row < columns.length; row++) {
      const time = timestamp[row] as number;
      if (time >= start && time < end && this.#search.counts(row)) rows.push(row);
    }
    rows.sort((a, b) => (timestamp[a] as number) - (timestamp[b] as number));
    this.#rowsAt.set(position, rows);
    return rows;
  }
}

/**
 * How many of `rows`, taken one by one, add up to `target`: every number that does, at most `most`. It never parts events
 * of the same time. `target` is undefined where there would be no row at all.
 */
export function countsThatMeet(
  search: Search,
  rows: readonly number[],
  target: Exact | undefined,
  most: number,
): number[] {
  const { timestamp } = search.classification.columns;
  const accumulators = search.classification.createAccumulators();
  const taken = accumulators.create();
  const counts: number[] = target === undefined ? [0] : [];
  for (const [at, row] of rows.entries()) {
    search.addTo(accumulators, taken, row);
    const next = rows[at + 1];
    if (next !== undefined && timestamp[next] === timestamp[row]) continue;
    const quantity = accumulators.quantity(taken);
    const { quantity: bound } = accumulators.bounds(taken);
    if (target === undefined || agreementOf(quantity, target, bound, undefined) === "different") {
      continue;
    }
    counts.push(at + 1);
    if (counts.length === most) break;
  }
  return counts;
}

/**
 * The server lacks everything from an instant on: what it has not settled yet. With windows the instant is in the first
 * that differs; without, every instant is tried against the total. The first one that fits every cell is given.
 */
function* unsettledCandidates(search: Search, timeline: Timeline): Candidates {
  const { columns } = search.classification;
  const { server } = search.comparer;
  const { starts, differing } = timeline;
  if (differing === undefined) return;
  let pool: readonly number[];
  let target: Exact | undefined;
  if (server.windows !== undefined) {
    const [position = -1] = differing;
    const start = starts[position];
    if (start === undefined || [...server.windows.keys()].some((other) => other > start)) return;
    pool = timeline.rowsAt(position);
    target = server.windows.get(start)?.quantity;
  } else {
    const { totalQuantity } = server;
    if (totalQuantity === undefined || totalQuantity === null) return;
    target = totalQuantity.coefficient === 0n ? undefined : totalQuantity;
    pool = timeline.rows();
  }
  const cuts = countsThatMeet(search, pool, target, MAX_CANDIDATES);
  for (const cut of cuts) {
    const first = pool[cut];
    if (first === undefined) continue;
    const instant = columns.timestamp[first] as number;
    const isAfter = (row: number): boolean => (columns.timestamp[row] as number) >= instant;
    const weight = (row: number): number => (isAfter(row) ? 0 : 1);
    const found = yield {
      hypotheses: [{ id: "not-yet-settled", parameters: { from: timestampText(instant) } }],
      weight,
      predict: () => search.predictWeighted(weight),
      events: () => rowsWhere(columns.length, (row) => search.counts(row) && isAfter(row)),
      chance: (evidence) =>
        cut === 0
          ? evidence.chance(1)
          : evidence.chance(1, 1, evidence.oddsOfCut(pool.length, sumOf(search, pool))),
      advice: `The server has nothing from ${timestampText(instant)} on: ask again later, or end the range before that.`,
    };
    if (found !== undefined) return;
  }
}

/** What some events add up to, nearly; 0 where nothing is added up. */
function sumOf(search: Search, rows: readonly number[]): number {
  if (search.classification.plan.aggregation !== "SUM") return 0;
  const accumulators = search.classification.createAccumulators();
  const all = accumulators.create();
  for (const row of rows) search.addTo(accumulators, all, row);
  const sum = accumulators.quantity(all);
  return sum === undefined ? 0 : approximately(sum);
}

/**
 * The server lacks a stretch of time, or counted it twice: windows in a row that differ, the inner ones as a whole, the
 * outer ones from some event on, and up to some event. A part of a single window is not looked for: some of its events
 * would nearly always fit. Counting twice is looked for where quantities are added up.
 */
function* timeRangeCandidates(search: Search, timeline: Timeline): Candidates {
  const { aggregation } = search.classification.plan;
  const { differing } = timeline;
  const first = differing?.[0];
  const last = differing?.at(-1);
  if (differing === undefined || first === undefined || last === undefined) return;
  if (last - first + 1 !== differing.length) return;
  const isAdded = isAdditive(aggregation);
  yield* candidatesBetween(search, timeline, first, last, false);
  if (isAdded) yield* candidatesBetween(search, timeline, first, last, true);
}

function* candidatesBetween(
  search: Search,
  timeline: Timeline,
  first: number,
  last: number,
  isRepeated: boolean,
): Candidates {
  const { columns } = search.classification;
  const given = search.comparer.server.windows;
  const ours = search.own.windows();
  const quantitiesAt = (at: number) => {
    const start = timeline.starts[at] ?? 0;
    return { own: ours.get(start)?.quantity, server: given?.get(start)?.quantity };
  };
  const isWhole = (at: number): boolean => {
    const { own, server } = quantitiesAt(at);
    if (!isRepeated) return server === undefined;
    return own !== undefined && server !== undefined && compare(add(own, own), server) === 0;
  };
  for (let at = first + 1; at < last; at++) if (!isWhole(at)) return;
  if (first === last && !isWhole(first)) return;
  /** What part of a window at an end adds up to: what is left of it, or what is counted once more. */
  const partAt = (at: number): Exact | undefined => {
    const { own, server } = quantitiesAt(at);
    if (!isRepeated) return server;
    return own === undefined || server === undefined ? undefined : subtract(server, own);
  };
  const backward = (rows: readonly number[]): number[] => [...rows].reverse();
  const head = timeline.rowsAt(first);
  const tail = timeline.rowsAt(last);
  const meets = (rows: readonly number[], at: number): number[] =>
    countsThatMeet(search, rows, partAt(at), MAX_ENDS);
  // The rows of the stretch begin behind what is left of the first window, or where what is counted again begins.
  const begins = isWhole(first)
    ? [0]
    : isRepeated
      ? meets(backward(head), first).map((count) => head.length - count)
      : meets(head, first);
  const ends = isWhole(last)
    ? [tail.length]
    : isRepeated
      ? meets(tail, last)
      : meets(backward(tail), last).map((count) => tail.length - count);
  const pairs = begins.flatMap((begin) => ends.map((end) => [begin, end] as const));
  for (const [begin, end] of pairs.slice(0, MAX_CANDIDATES)) {
    const firstRow = head[begin];
    const lastRow = tail[end - 1];
    if (firstRow === undefined || lastRow === undefined) continue;
    const from = columns.timestamp[firstRow] as number;
    const to = (columns.timestamp[lastRow] as number) + 1;
    const isIn = (row: number): boolean => {
      const time = columns.timestamp[row] as number;
      return time >= from && time < to && search.counts(row);
    };
    const times = isRepeated ? 2 : 0;
    const weight = (row: number): number => (isIn(row) ? times : 1);
    const between = `from ${timestampText(from)} to ${timestampText(to)}`;
    const found = yield {
      hypotheses: [
        {
          id: isRepeated ? "stretch-repeated" : "stretch-left-out",
          parameters: { from: timestampText(from), to: timestampText(to) },
        },
      ],
      weight,
      predict: () => search.predictWeighted(weight),
      events: () => rowsWhere(columns.length, isIn),
      chance: (evidence) => {
        const partial = [first, ...(last === first ? [] : [last])].filter((at) => !isWhole(at));
        const odds = partial.map((at) =>
          evidence.oddsOfCut(timeline.rowsAt(at).length, sumOf(search, timeline.rowsAt(at))),
        );
        return evidence.chance(timeline.starts.length, partial.length, Math.max(0, ...odds));
      },
      advice: isRepeated
        ? `The server counted what happened ${between} twice: look for a log that was sent again under other keys.`
        : `The server has nothing of what happened ${between}: look for an outage of whatever sends, and send it again under the same keys.`,
    };
    if (found !== undefined) return;
  }
}

/** Both searches along time, over one timeline. */
export const timeRanges: Hypothesis = {
  *candidates(search) {
    const timeline = new Timeline(search);
    yield* unsettledCandidates(search, timeline);
    yield* timeRangeCandidates(search, timeline);
  },
};
