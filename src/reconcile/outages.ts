import { isAdditive } from "../engine/accumulators.ts";
import { add, type Exact, ZERO } from "../values/scaled-integer.ts";
import { startOf, timestampText } from "../values/timestamp.ts";
import { approximately } from "./accumulators.ts";
import { agreementOf, negated } from "./comparison.ts";
import { NONE } from "./event-columns.ts";
import type { Evidence } from "./evidence.ts";
import type { Candidate, Hypothesis } from "./hypothesis.ts";
import type { HypothesisId } from "./result.ts";
import { rowsWhere, type Search } from "./search.ts";
import { type Trait, traitsOf } from "./segments.ts";
import { countsThatMeet } from "./time-ranges.ts";

/** How many sources or subjects, and how many instants at each end, are tried. */
const MAX_TRIED = 64;
const MAX_ENDS = 8;

/** What each window differs by, at its start; all of the answer counts as one window where it has none. */
export interface Differences {
  readonly amounts: ReadonlyMap<number, Exact>;
  /** The start of the window of a row. */
  readonly windowOf: (row: number) => number;
}

/** Rows that have one of some numbers each, `NONE` where they have none: those of subjects, say. */
export interface NumberedRows {
  readonly numberOf: (row: number) => number;
  /** Whether a row is looked at. */
  readonly counts: (row: number) => boolean;
  /** How many numbers there must be at least. */
  readonly least: number;
}

/** A stretch of time in which the rows of a number account for all that differs. */
export interface Stretch {
  readonly number: number;
  /** Milliseconds since 1970, the end exclusive. */
  readonly from: number;
  readonly to: number;
  /** Whether these are all rows of the number. */
  readonly isWhole: boolean;
  readonly isIn: (row: number) => boolean;
  readonly chance: (evidence: Evidence) => number;
}

/** The rows of one number by window, and what they add up to. */
interface Part {
  readonly rows: Map<number, number[]>;
  readonly sums: Map<number, Exact>;
}

/**
 * The server lacks what one of several sources or subjects sent within a range of time: a gateway that was down.
 * Windows that differ lack exactly that part; the first and the last of them may lack some of it. Only where quantities
 * are added up, and with windows.
 */
export const outages: Hypothesis = {
  *candidates(search) {
    const { plan, columns } = search.classification;
    const { surplus } = search;
    const { window, aggregation } = plan;
    if (window === undefined || surplus === undefined) return;
    if (!isAdditive(aggregation)) return;
    const amounts = new Map([...surplus].map(([start, amount]) => [start, negated(amount)]));
    const windowOf = (row: number): number => startOf(columns.timestamp[row] as number, window);
    for (const trait of traitsOf(search)) {
      if (trait.outage === undefined) continue;
      const counts = (row: number): boolean => search.counts(row);
      const rows = { numberOf: trait.numberOf, counts, least: 2 };
      const stretches = stretchesOf(search, rows, { amounts, windowOf });
      for (let next = stretches.next(); next.done !== true; ) {
        // What is missing as a whole is left out.
        const candidate = next.value.isWhole
          ? undefined
          : outageOf(search, trait, trait.outage, next.value);
        const found = candidate && (yield candidate);
        next = stretches.next(found !== undefined);
      }
    }
  },
};

function outageOf(
  search: Search,
  trait: Trait,
  id: HypothesisId,
  { number, from, to, isIn, chance }: Stretch,
): Candidate {
  const weight = (row: number): number => (isIn(row) ? 0 : 1);
  const name = trait.textOf(number);
  const between = `from ${timestampText(from)} to ${timestampText(to)}`;
  return {
    hypotheses: [
      {
        id,
        parameters: { [trait.name]: name, from: timestampText(from), to: timestampText(to) },
      },
    ],
    weight,
    predict: () => search.predictWeighted(weight),
    events: () => rowsWhere(search.classification.columns.length, isIn),
    chance,
    advice:
      trait.name === "source"
        ? `The server has nothing that ${JSON.stringify(name)} sent ${between}: check whether it was down or could not reach the server, and send its events again under the same keys.`
        : `The server has nothing of the ${trait.name} ${JSON.stringify(name)} ${between}: look at whether these events were sent, and send them again under the same keys.`,
  };
}

const isSame = (a: Exact | undefined, b: Exact | undefined): boolean =>
  agreementOf(a ?? ZERO, b ?? ZERO, 0, undefined) === "equal";

/**
 * The stretches of time in which the rows of one number add up to what the windows differ by: inner windows as a whole,
 * the first and the last up to or from some event. It is told whether a stretch was the right one.
 */
export function* stretchesOf(
  search: Search,
  { numberOf, counts, least }: NumberedRows,
  { amounts, windowOf }: Differences,
): Generator<Stretch, void, boolean> {
  const { columns, plan } = search.classification;
  if (amounts.size === 0) return;
  const starts = [...amounts.keys()].sort((a, b) => a - b);
  const first = starts[0] as number;
  const last = starts.at(-1) as number;
  // An inner window lacks all of the part: few sources or subjects have exactly that there.
  const probe = [...amounts.keys()].find((start) => start !== first && start !== last);
  const sums = new Map<number, Exact>();
  /** How many events of each count. */
  const all = new Map<number, number>();
  for (let row = 0; row < columns.length; row++) {
    if (!counts(row)) continue;
    const number = numberOf(row);
    if (number === NONE) continue;
    all.set(number, (all.get(number) ?? 0) + 1);
    const start = windowOf(row);
    if (start < first || start > last || (probe !== undefined && start !== probe)) continue;
    sums.set(number, add(sums.get(number) ?? ZERO, search.amountOf(row)));
  }
  // Where one window differs, all of it does: a part of one could nearly always be cut out somehow.
  const whole = first === last ? first : probe;
  const tried = [...sums].filter(
    ([, sum]) => whole === undefined || isSame(sum, amounts.get(whole)),
  );
  if (all.size < least || tried.length > MAX_TRIED) return;
  const parts = new Map<number, Part>(
    tried.map(([number]) => [number, { rows: new Map(), sums: new Map() }]),
  );
  const rowsIn: number[] = [];
  for (let row = 0; row < columns.length; row++) {
    const start = windowOf(row);
    if (start < first || start > last || !parts.has(numberOf(row))) continue;
    if (counts(row)) rowsIn.push(row);
  }
  const timeOf = (row: number): number => columns.timestamp[row] as number;
  for (const row of rowsIn.sort((a, b) => timeOf(a) - timeOf(b))) {
    const part = parts.get(numberOf(row));
    const start = windowOf(row);
    const rows = part?.rows.get(start);
    if (rows === undefined) part?.rows.set(start, [row]);
    else rows.push(row);
    part?.sums.set(start, add(part.sums.get(start) ?? ZERO, search.amountOf(row)));
  }
  for (const [number, { rows, sums: ofWindows }] of parts) {
    const isAll = (start: number): boolean => isSame(ofWindows.get(start), amounts.get(start));
    const isInner = (start: number): boolean => start !== first && start !== last;
    const isPossible =
      [...ofWindows.keys()].every((start) => !isInner(start) || isAll(start)) &&
      starts.every((start) => ofWindows.has(start));
    if (!isPossible) continue;
    const cuts = (ordered: readonly number[], start: number): number[] =>
      countsThatMeet(search, ordered, amounts.get(start) ?? ZERO, MAX_ENDS);
    const head = rows.get(first) ?? [];
    const tail = rows.get(last) ?? [];
    const begins = isAll(first)
      ? [head[0]]
      : cuts([...head].reverse(), first).map((cut) => head[head.length - cut]);
    const ends = isAll(last) ? [tail.at(-1)] : cuts(tail, last).map((cut) => tail[cut - 1]);
    const partial = [first, last].filter((start) => !isAll(start));
    const inside = [...rows.values()].reduce((sum, some) => sum + some.length, 0);
    const isWhole = partial.length === 0 && inside === all.get(number);
    const chance = (evidence: Evidence): number => {
      const odds = partial.map((start) =>
        evidence.oddsOfCut(
          rows.get(start)?.length ?? 0,
          plan.aggregation === "COUNT" ? 0 : approximately(ofWindows.get(start) ?? ZERO),
        ),
      );
      const windows = search.comparer.server.windows === undefined ? 1 : search.own.windows().size;
      const stretches = isWhole ? 1 : windows ** 2;
      return evidence.chance(all.size * stretches, partial.length, Math.max(0, ...odds));
    };
    const pairs = begins.flatMap((begin) => ends.map((end) => [begin, end] as const));
    for (const [begin, end] of pairs) {
      if (begin === undefined || end === undefined) continue;
      const from = timeOf(begin);
      const to = timeOf(end) + 1;
      const isIn = (row: number): boolean =>
        timeOf(row) >= from && timeOf(row) < to && numberOf(row) === number && counts(row);
      if (yield { number, from, to, isWhole, isIn, chance }) break;
    }
  }
}
