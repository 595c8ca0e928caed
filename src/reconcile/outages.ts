import { add, type Exact, ONE, subtract, ZERO } from "../values/scaled-integer.ts";
import { timestampText } from "../values/timestamp.ts";
import { approximately } from "./accumulators.ts";
import { agreementOf } from "./comparison.ts";
import type { Candidates, Hypothesis } from "./hypothesis.ts";
import { rowsWhere, type Search } from "./search.ts";
import { countsThatMeet } from "./time-ranges.ts";

/** How many sources, and how many instants at each end, are tried. */
const MAX_SOURCES = 64;
const MAX_ENDS = 8;

/** The rows of one source by window, and what they add up to. */
interface SourceWindows {
  readonly rows: Map<number, number[]>;
  readonly sums: Map<number, Exact>;
}

/**
 * The server lacks what one of several sources sent within a stretch of time: a gateway that was down. Windows that
 * differ lack exactly that source's part; the first and the last of them may lack a part of it. Only where quantities
 * are added up, and with windows.
 */
export const outages: Hypothesis = {
  *candidates(search) {
    const { classification } = search;
    const { plan, columns } = classification;
    const given = search.comparer.server.windows;
    const { window, aggregation } = plan;
    if (window === undefined || given === undefined) return;
    if (aggregation !== "SUM" && aggregation !== "COUNT") return;
    const sources = new Set(classification.sources.filter((source) => source !== null));
    if (sources.size < 2 || sources.size > MAX_SOURCES) return;
    const own = search.own.windows();
    /** What the server lacks in each window that differs. */
    const lacking = new Map<number, Exact>();
    for (const [start, { quantity, bounds }] of own) {
      const server = given.get(start)?.quantity ?? null;
      if (agreementOf(quantity, server, bounds.quantity, undefined) !== "different") continue;
      lacking.set(start, subtract(quantity, server ?? ZERO));
    }
    if (lacking.size === 0) return;
    const starts = [...lacking.keys()].sort((a, b) => a - b);
    const first = starts[0] as number;
    const last = starts.at(-1) as number;
    const bySource = new Map<string, SourceWindows>();
    for (const row of classification.byTime()) {
      const time = columns.timestamp[row] as number;
      if (time < first || time >= last + window || !search.counts(row)) continue;
      const source = classification.sourceOf(row);
      if (source === null) continue;
      const start = Math.floor(time / window) * window;
      let windows = bySource.get(source);
      if (windows === undefined) {
        windows = { rows: new Map(), sums: new Map() };
        bySource.set(source, windows);
      }
      const value = aggregation === "COUNT" ? ONE : columns.exactOf(row);
      windows.sums.set(start, add(windows.sums.get(start) ?? ZERO, value));
      const rows = windows.rows.get(start);
      if (rows === undefined) windows.rows.set(start, [row]);
      else rows.push(row);
    }
    for (const [source, windows] of bySource) {
      yield* ofSource(search, source, windows, lacking, first, last, bySource.size);
    }
  },
};

function* ofSource(
  search: Search,
  source: string,
  { rows, sums }: SourceWindows,
  lacking: ReadonlyMap<number, Exact>,
  first: number,
  last: number,
  sources: number,
): Candidates {
  const { classification } = search;
  const { columns, plan } = classification;
  const isAll = (start: number): boolean => {
    const sum = sums.get(start) ?? ZERO;
    return agreementOf(sum, lacking.get(start) ?? ZERO, 0, undefined) === "equal";
  };
  for (const start of sums.keys()) if (start !== first && start !== last && !isAll(start)) return;
  for (const start of lacking.keys()) if (!sums.has(start)) return;
  const timeOf = (row: number): number => columns.timestamp[row] as number;
  const cuts = (ordered: readonly number[], target: Exact): number[] =>
    countsThatMeet(search, ordered, target, MAX_ENDS);
  const ordered = (start: number): readonly number[] => rows.get(start) ?? [];
  const head = ordered(first);
  const tail = ordered(last);
  // Within one window a part of a source could nearly always be cut out somehow.
  if (first === last && !isAll(first)) return;
  const begins = isAll(first)
    ? [head[0]]
    : cuts([...head].reverse(), lacking.get(first) ?? ZERO).map(
        (count) => head[head.length - count],
      );
  const ends = isAll(last)
    ? [tail.at(-1)]
    : cuts(tail, lacking.get(last) ?? ZERO).map((count) => tail[count - 1]);
  const partial = [first, last].filter((start) => !isAll(start));
  for (const begin of begins) {
    for (const end of ends) {
      if (begin === undefined || end === undefined) continue;
      const from = timeOf(begin);
      const to = timeOf(end) + 1;
      const isIn = (row: number): boolean =>
        timeOf(row) >= from &&
        timeOf(row) < to &&
        classification.sourceOf(row) === source &&
        search.counts(row);
      const parameters = { source, from: timestampText(from), to: timestampText(to) };
      const found = yield {
        hypotheses: [{ id: "source-outage", parameters }],
        predict: () => search.predictWeighted((row) => (isIn(row) ? 0 : 1)),
        events: () => rowsWhere(columns.length, isIn),
        chance: (evidence) => {
          const odds = partial.map((start) =>
            evidence.oddsOfCut(
              rows.get(start)?.length ?? 0,
              plan.aggregation === "COUNT" ? 0 : approximately(sums.get(start) ?? ZERO),
            ),
          );
          const stretches = search.own.windows().size;
          return evidence.chance(sources * stretches ** 2, partial.length, Math.max(0, ...odds));
        },
        advice: `The server has nothing that ${JSON.stringify(source)} sent from ${timestampText(from)} to ${timestampText(to)}: check whether it was down or could not reach the server, and send its events again under the same keys.`,
      };
      if (found !== undefined) return;
    }
  }
}
