import { add, compare, type Exact } from "../exact.ts";
import { closenessOf, difference } from "./closeness.ts";
import type { Finding } from "./finding.ts";
import { rowsWhere, type Search } from "./search.ts";
import { sortedByTime } from "./time-order.ts";

/** How many instants, or pairs of them, are looked at closely. */
const MOST_CANDIDATES = 64;
/** How many instants at each end of a stretch. */
const MOST_ENDS = 8;

/** The rows that count, by time; and which of their windows differ. */
interface Timeline {
  readonly rows: readonly number[];
  /** The starts of our windows, ascending, and each one's rows. */
  readonly windows: readonly (readonly [start: number, rows: readonly number[]])[];
  /** The positions in `windows` of those that differ; undefined where the server has one that we lack. */
  readonly differing: readonly number[] | undefined;
}

function timelineOf(search: Search): Timeline {
  const { trail, comparer, own } = search;
  const { columns, plan } = trail;
  const counting: number[] = [];
  for (let row = 0; row < columns.length; row++) if (search.counts(row)) counting.push(row);
  const rows = sortedByTime(counting, columns);
  const { window } = plan;
  const given = comparer.server.windows;
  if (window === undefined || given === undefined) return { rows, windows: [], differing: [] };
  const byStart = new Map<number, number[]>();
  for (const row of rows) {
    const start = Math.floor((columns.timestamp[row] as number) / window) * window;
    const known = byStart.get(start);
    if (known === undefined) byStart.set(start, [row]);
    else known.push(row);
  }
  const windows = [...byStart];
  const ours = own.windows();
  const isServersOnly = [...given.keys()].some((start) => !byStart.has(start));
  const differing = windows.flatMap(([start], at) => {
    const quantity = given.get(start)?.quantity ?? null;
    const row = ours.get(start);
    const bound = row?.bounds.quantity ?? 0;
    return closenessOf(row?.quantity, quantity, bound, undefined) === "different" ? [at] : [];
  });
  return { rows, windows, differing: isServersOnly ? undefined : differing };
}

/**
 * How many of `rows`, taken one by one, come to `target`: every number that does, at most `most`. It never parts events
 * of the same time. `target` is undefined where there would be no row at all.
 */
function countsThatMeet(
  search: Search,
  rows: readonly number[],
  target: Exact | undefined,
  most: number,
): number[] {
  const { timestamp } = search.trail.columns;
  const tally = search.ledger.createTally();
  const counts: number[] = target === undefined ? [0] : [];
  for (const [at, row] of rows.entries()) {
    tally.add(row);
    const next = rows[at + 1];
    if (next !== undefined && timestamp[next] === timestamp[row]) continue;
    const quantity = tally.quantity(search.rules);
    const { quantity: bound } = tally.doubleBounds();
    if (target === undefined || closenessOf(quantity, target, bound, undefined) === "different") {
      continue;
    }
    counts.push(at + 1);
    if (counts.length === most) break;
  }
  return counts;
}

const iso = (time: number): string => new Date(time).toISOString();

/**
 * The server lacks everything from an instant on: what it has not settled yet. With windows the instant is in the first
 * that differs; without, every instant is tried against the total. The first one that fits every cell is given.
 */
export function unsettledFindings(search: Search, timeline: Timeline): Finding[] {
  const { columns } = search.trail;
  const { server } = search.comparer;
  const { rows, windows, differing } = timeline;
  if (differing === undefined) return [];
  let from = 0;
  let pool = rows;
  let target: Exact | undefined;
  if (server.windows !== undefined) {
    const window = windows[differing[0] ?? -1];
    if (window === undefined) return [];
    const [start, itsRows] = window;
    if ([...server.windows.keys()].some((other) => other > start)) return [];
    from = rows.indexOf(itsRows[0] as number);
    pool = itsRows;
    target = server.windows.get(start)?.quantity;
  } else {
    const { totalQuantity } = server;
    if (totalQuantity === undefined || totalQuantity === null) return [];
    target = totalQuantity.coefficient === 0n ? undefined : totalQuantity;
  }
  const cuts = countsThatMeet(search, pool, target, MOST_CANDIDATES);
  for (const cut of cuts) {
    const first = rows[from + cut];
    if (first === undefined) continue;
    const instant = columns.timestamp[first] as number;
    const isAfter = (row: number): boolean => (columns.timestamp[row] as number) >= instant;
    const use = { id: "not-yet-settled", parameters: { from: iso(instant) } } as const;
    const found = search.findingOf(
      [use],
      `The server has nothing from ${iso(instant)} on: ask again later, or end the range before that.`,
      search.predictWeighted((row) => (isAfter(row) ? 0 : 1)),
      search.pricing,
      rowsWhere(columns.length, (row) => search.counts(row) && isAfter(row)),
      freedom(search, cuts.length),
    );
    if (found !== undefined) return [found];
  }
  return [];
}

/** A count always has an instant at which it is met. */
function freedom({ trail }: Search, choices: number): number {
  const { aggregation } = trail.plan;
  return aggregation === "COUNT" || aggregation === "UNIQUE_COUNT"
    ? Number.POSITIVE_INFINITY
    : choices;
}

/**
 * The server lacks a stretch of time, or counted it twice: windows in a row that differ, the inner ones as a whole, the
 * outer ones from some event on, and up to some event. A part of a single window is not looked for: some of its events
 * would nearly always fit. Counting twice is looked for where quantities are added up.
 */
export function stretchFindings(search: Search, timeline: Timeline): Finding[] {
  const { aggregation } = search.trail.plan;
  const { differing } = timeline;
  const first = differing?.[0];
  const last = differing?.at(-1);
  if (differing === undefined || first === undefined || last === undefined) return [];
  if (last - first + 1 !== differing.length) return [];
  const isAdded = aggregation === "SUM" || aggregation === "COUNT";
  return [false, ...(isAdded ? [true] : [])].flatMap(
    (isRepeated) => stretchFinding(search, timeline, first, last, isRepeated) ?? [],
  );
}

function stretchFinding(
  search: Search,
  { windows }: Timeline,
  first: number,
  last: number,
  isRepeated: boolean,
): Finding | undefined {
  const { columns } = search.trail;
  const given = search.comparer.server.windows;
  const ours = search.own.windows();
  const quantitiesAt = (at: number) => {
    const start = windows[at]?.[0] ?? 0;
    return { own: ours.get(start)?.quantity, server: given?.get(start)?.quantity };
  };
  const isWhole = (at: number): boolean => {
    const { own, server } = quantitiesAt(at);
    if (!isRepeated) return server === undefined;
    return own !== undefined && server !== undefined && compare(add(own, own), server) === 0;
  };
  for (let at = first + 1; at < last; at++) if (!isWhole(at)) return undefined;
  if (first === last && !isWhole(first)) return undefined;
  /** What part of a window at an end adds up to: what is left of it, or what is counted once more. */
  const partAt = (at: number): Exact | undefined => {
    const { own, server } = quantitiesAt(at);
    if (!isRepeated) return server;
    return own === undefined || server === undefined ? undefined : difference(server, own);
  };
  const rowsAt = (at: number): readonly number[] => windows[at]?.[1] ?? [];
  const backward = (rows: readonly number[]): number[] => [...rows].reverse();
  const head = rowsAt(first);
  const tail = rowsAt(last);
  const meets = (rows: readonly number[], at: number): number[] =>
    countsThatMeet(search, rows, partAt(at), MOST_ENDS);
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
  for (const [begin, end] of pairs.slice(0, MOST_CANDIDATES)) {
    const firstRow = head[begin];
    const lastRow = tail[end - 1];
    if (firstRow === undefined || lastRow === undefined) continue;
    const from = columns.timestamp[firstRow] as number;
    const to = (columns.timestamp[lastRow] as number) + 1;
    const isIn = (row: number): boolean => {
      const time = columns.timestamp[row] as number;
      return time >= from && time < to && search.counts(row);
    };
    const weight = isRepeated ? 2 : 0;
    const between = `from ${iso(from)} to ${iso(to)}`;
    const found = search.findingOf(
      [
        {
          id: isRepeated ? "stretch-repeated" : "stretch-left-out",
          parameters: { from: iso(from), to: iso(to) },
        },
      ],
      isRepeated
        ? `The server counted what happened ${between} twice: look for a log that was sent again under other keys.`
        : `The server has nothing of what happened ${between}: look for an outage of whatever sends, and send it again under the same keys.`,
      search.predictWeighted((row) => (isIn(row) ? weight : 1)),
      search.pricing,
      rowsWhere(columns.length, isIn),
      pairs.length,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Both searches along time, over one timeline. */
export function timeFindings(search: Search): Finding[] {
  const timeline = timelineOf(search);
  return [...unsettledFindings(search, timeline), ...stretchFindings(search, timeline)];
}
