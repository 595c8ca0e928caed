import { add, type Exact, ONE, subtract, ZERO } from "../values/scaled-integer.ts";
import { timestampText } from "../values/timestamp.ts";
import { approximately } from "./accumulators.ts";
import { agreementOf } from "./comparison.ts";
import { NONE } from "./event-columns.ts";
import type { Candidates, Hypothesis } from "./hypothesis.ts";
import { rowsWhere, type Search } from "./search.ts";
import { type Trait, traitsOf } from "./segments.ts";
import { countsThatMeet } from "./time-ranges.ts";

/** How many sources or subjects, and how many instants at each end, are tried. */
const MAX_TRIED = 64;
const MAX_ENDS = 8;

/** What the server lacks of each window that differs, by its start. */
interface Lacking {
  readonly amounts: ReadonlyMap<number, Exact>;
  readonly first: number;
  readonly last: number;
}

/** The rows of one source or subject by window, and what they add up to. */
interface Part {
  readonly rows: Map<number, number[]>;
  readonly sums: Map<number, Exact>;
}

/**
 * The server lacks what one of several sources or subjects sent within a stretch of time: a gateway that was down.
 * Windows that differ lack exactly that part; the first and the last of them may lack some of it. Only where quantities
 * are added up, and with windows.
 */
export const outages: Hypothesis = {
  *candidates(search) {
    const { plan } = search.classification;
    const given = search.comparer.server.windows;
    const { window, aggregation } = plan;
    if (window === undefined || given === undefined) return;
    if (aggregation !== "SUM" && aggregation !== "COUNT") return;
    const amounts = new Map<number, Exact>();
    for (const [start, { quantity, bounds }] of search.own.windows()) {
      const server = given.get(start)?.quantity ?? null;
      if (agreementOf(quantity, server, bounds.quantity, undefined) !== "different") continue;
      amounts.set(start, subtract(quantity, server ?? ZERO));
    }
    if (amounts.size === 0) return;
    const starts = [...amounts.keys()].sort((a, b) => a - b);
    const lacking = { amounts, first: starts[0] as number, last: starts.at(-1) as number };
    for (const trait of traitsOf(search)) {
      if (trait.outage !== undefined) yield* ofTrait(search, trait, lacking);
    }
  },
};

const isSame = (a: Exact | undefined, b: Exact | undefined): boolean =>
  agreementOf(a ?? ZERO, b ?? ZERO, 0, undefined) === "equal";

const isWhole = ({ sums }: Part, { amounts }: Lacking): boolean =>
  [...sums].every(([start, sum]) => isSame(sum, amounts.get(start)));

function* ofTrait(search: Search, trait: Trait, lacking: Lacking): Candidates {
  const { columns, plan } = search.classification;
  const { amounts, first, last } = lacking;
  const window = plan.window ?? 0;
  const amountOf = (row: number): Exact =>
    plan.aggregation === "COUNT" ? ONE : columns.exactOf(row);
  const startOf = (row: number): number =>
    Math.floor((columns.timestamp[row] as number) / window) * window;
  // An inner window lacks all of the part: few sources or subjects have exactly that there.
  const probe = [...amounts.keys()].find((start) => start !== first && start !== last);
  const sums = new Map<number, Exact>();
  /** How many events of each count. */
  const counts = new Map<number, number>();
  for (let row = 0; row < columns.length; row++) {
    if (!search.counts(row)) continue;
    const number = trait.numberOf(row);
    if (number === NONE) continue;
    counts.set(number, (counts.get(number) ?? 0) + 1);
    const start = startOf(row);
    if (start < first || start > last || (probe !== undefined && start !== probe)) continue;
    sums.set(number, add(sums.get(number) ?? ZERO, amountOf(row)));
  }
  const tried = [...sums].filter(
    ([, sum]) => probe === undefined || isSame(sum, amounts.get(probe)),
  );
  if (counts.size < 2 || tried.length > MAX_TRIED) return;
  const parts = new Map<number, Part>(
    tried.map(([number]) => [number, { rows: new Map(), sums: new Map() }]),
  );
  const rowsIn: number[] = [];
  for (let row = 0; row < columns.length; row++) {
    const start = startOf(row);
    if (start < first || start > last || !parts.has(trait.numberOf(row))) continue;
    if (search.counts(row)) rowsIn.push(row);
  }
  const timeOf = (row: number): number => columns.timestamp[row] as number;
  for (const row of rowsIn.sort((a, b) => timeOf(a) - timeOf(b))) {
    const part = parts.get(trait.numberOf(row));
    const start = startOf(row);
    const rows = part?.rows.get(start);
    if (rows === undefined) part?.rows.set(start, [row]);
    else rows.push(row);
    part?.sums.set(start, add(part.sums.get(start) ?? ZERO, amountOf(row)));
  }
  for (const [number, part] of parts) {
    const inside = [...part.rows.values()].reduce((sum, rows) => sum + rows.length, 0);
    // Where all of it is missing, it is left out as a whole.
    const isPossible = inside < (counts.get(number) ?? 0) || !isWhole(part, lacking);
    if (isPossible) yield* ofPart(search, trait, number, part, lacking, counts.size);
  }
}

function* ofPart(
  search: Search,
  trait: Trait,
  number: number,
  { rows, sums }: Part,
  { amounts, first, last }: Lacking,
  count: number,
): Candidates {
  const { columns, plan } = search.classification;
  const isAll = (start: number): boolean => isSame(sums.get(start), amounts.get(start));
  for (const start of sums.keys()) if (start !== first && start !== last && !isAll(start)) return;
  for (const start of amounts.keys()) if (!sums.has(start)) return;
  const timeOf = (row: number): number => columns.timestamp[row] as number;
  const cuts = (ordered: readonly number[], start: number): number[] =>
    countsThatMeet(search, ordered, amounts.get(start) ?? ZERO, MAX_ENDS);
  const head = rows.get(first) ?? [];
  const tail = rows.get(last) ?? [];
  // Within one window a part could nearly always be cut out somehow.
  if (first === last && !isAll(first)) return;
  const begins = isAll(first)
    ? [head[0]]
    : cuts([...head].reverse(), first).map((cut) => head[head.length - cut]);
  const ends = isAll(last) ? [tail.at(-1)] : cuts(tail, last).map((cut) => tail[cut - 1]);
  const partial = [first, last].filter((start) => !isAll(start));
  for (const begin of begins) {
    for (const end of ends) {
      if (begin === undefined || end === undefined) continue;
      const from = timeOf(begin);
      const to = timeOf(end) + 1;
      const isIn = (row: number): boolean =>
        timeOf(row) >= from &&
        timeOf(row) < to &&
        trait.numberOf(row) === number &&
        search.counts(row);
      const weight = (row: number): number => (isIn(row) ? 0 : 1);
      const name = trait.textOf(number);
      const between = `from ${timestampText(from)} to ${timestampText(to)}`;
      const found = yield {
        hypotheses: [
          {
            id: trait.outage ?? "source-outage",
            parameters: { [trait.name]: name, from: timestampText(from), to: timestampText(to) },
          },
        ],
        weight,
        predict: () => search.predictWeighted(weight),
        events: () => rowsWhere(columns.length, isIn),
        chance: (evidence) => {
          const odds = partial.map((start) =>
            evidence.oddsOfCut(
              rows.get(start)?.length ?? 0,
              plan.aggregation === "COUNT" ? 0 : approximately(sums.get(start) ?? ZERO),
            ),
          );
          const stretches = search.own.windows().size;
          return evidence.chance(count * stretches ** 2, partial.length, Math.max(0, ...odds));
        },
        advice:
          trait.name === "source"
            ? `The server has nothing that ${JSON.stringify(name)} sent ${between}: check whether it was down or could not reach the server, and send its events again under the same keys.`
            : `The server has nothing of the ${trait.name} ${JSON.stringify(name)} ${between}: look at whether these events were sent, and send them again under the same keys.`,
      };
      if (found !== undefined) return;
    }
  }
}
