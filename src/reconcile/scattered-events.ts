import { isAdditive } from "../engine/accumulators.ts";
import { ListsByKey } from "../values/lists-by-key.ts";
import { add, type Exact, subtract, ZERO } from "../values/scaled-integer.ts";
import { startOf } from "../values/timestamp.ts";
import { approximately, NO_LOSS } from "./accumulators.ts";
import { negated } from "./comparison.ts";
import { choose, type Option, optionsFor } from "./event-values.ts";
import { MAX_CHANCE } from "./evidence.ts";
import { altered, type Candidate, type Candidates, type Hypothesis } from "./hypothesis.ts";
import { type PredictedRow, withRows } from "./prediction.ts";
import { KeyedAccumulators, type Search } from "./search.ts";

/** How far a sum in doubles may be off to be looked at exactly: much more than it can be. */
const NEARLY = 1e-9;
/** By how many milliseconds a repetition may be later than its event. */
const DELAYS = [0, 1_000, 60_000] as const;
const MAX_DELAY = 60_000;

/** The windows that differ, all in the same direction, with the events that may be behind it. */
interface Differences {
  /** What the server counted again, or lacks, by the start of the window; all of one sign. */
  readonly amounts: ReadonlyMap<number, Exact>;
  /** The rows that count in the windows that differ and in those before them, by time. */
  readonly rows: ReadonlyMap<number, readonly number[]>;
  readonly isRepeated: boolean;
}

/**
 * The server counted single events again, here and there (resent under new keys), or lacks some: one of every so many in
 * the order received, or whichever ones the windows show. It is for what no other cause explains, where quantities are
 * added up, and with windows.
 */
export const scatteredEvents: Hypothesis = {
  *candidates(search) {
    const differences = differencesOf(search);
    if (differences === undefined) return;
    if (yield* everyNth(search, differences)) return;
    for (const delay of differences.isRepeated ? DELAYS : [0]) {
      const candidate = byWindow(search, differences, delay);
      if (candidate === undefined) continue;
      if ((yield candidate) !== undefined) return;
    }
  },
};

function differencesOf(search: Search): Differences | undefined {
  const { plan, columns } = search.classification;
  const { surplus } = search;
  const { window, aggregation } = plan;
  if (window === undefined || surplus === undefined || surplus.size < 2) return undefined;
  if (!isAdditive(aggregation)) return undefined;
  let more = 0;
  for (const { coefficient } of surplus.values()) if (coefficient > 0n) more++;
  const isRepeated = more > 0;
  if (isRepeated && more < surplus.size) return undefined;
  const amounts = new Map<number, Exact>();
  for (const [start, amount] of surplus) amounts.set(start, isRepeated ? amount : negated(amount));
  const rows = new Map<number, number[]>();
  for (const start of amounts.keys()) {
    rows.set(start, []);
    if (isRepeated) rows.set(start - window, []);
  }
  for (let row = 0; row < columns.length; row++) {
    const ofWindow = rows.get(search.windowOf(row));
    if (ofWindow !== undefined && search.counts(row)) ofWindow.push(row);
  }
  return { amounts, rows, isRepeated };
}

const idOf = (isRepeated: boolean) => (isRepeated ? "events-repeated" : "events-left-out");

function adviceOf(events: string, isRepeated: boolean): string {
  return isRepeated
    ? `The server counted ${events} twice: look for what sends again under a new key, and give both the same key.`
    : `The server lacks ${events}: check whether they were sent and answered with 202; sending them again under the same keys is safe.`;
}

/** Some events repeated or left out. Windows are those of the answer where repetitions are in others than their events. */
function candidateOf(
  search: Search,
  { amounts, isRepeated }: Differences,
  isIn: (row: number) => boolean,
  hasLate: boolean,
  others: Omit<Candidate, "predict" | "events">,
): Candidate {
  const { predict, events } = altered(search, isIn, isRepeated ? 2 : 0);
  const windows = (): ReadonlyMap<number, PredictedRow> => {
    const rows = new Map<number, PredictedRow>(search.own.windows());
    for (const [start, amount] of amounts) {
      const { quantity = ZERO, bounds = NO_LOSS } = rows.get(start) ?? {};
      rows.set(start, { quantity: add(quantity, amount), bounds });
    }
    return rows;
  };
  return {
    predict: () => (hasLate ? withRows(predict(), { windows }) : predict()),
    events,
    ...others,
  };
}

/** How many windows are looked at for the number of events between two, and how many of those may differ. */
const MAX_PROBES = 12;
const MIN_PROBES = 3;
const MIN_MET = 0.5;
/** How far off the number of events may be when it is read from sums, and how many more than windows differ. */
const MAX_OFF = 4;
const MAX_MORE = 1.3;
/** How many events at most are between two, and how much work that search may be. */
const MAX_EVERY = 5_000;
const MAX_WORK = 2e7;
const MAX_CANDIDATES = 8;

/** One of every so many events, in the order received: of all events, or of those that count. */
function* everyNth(search: Search, differences: Differences): Candidates<boolean> {
  const { classification } = search;
  const { columns } = classification;
  const { amounts, rows, isRepeated } = differences;
  const total = approximately(search.own.total().quantity ?? ZERO);
  let all = 0;
  for (const amount of amounts.values()) all += approximately(amount);
  const counting = new Int32Array(columns.length);
  let count = 0;
  for (let row = 0; row < columns.length; row++) counting[row] = search.counts(row) ? count++ : -1;
  // By what they add up to, and by the windows that have at least one of them each.
  const byWindows = count / amounts.size;
  const least = Math.max(2, Math.floor(Math.min(total / all / MAX_OFF, byWindows / 2)));
  const most = Math.min(
    MAX_EVERY,
    Math.ceil(Math.min((total / all) * MAX_OFF, MAX_MORE * byWindows)),
  );
  const smallest = [...amounts]
    .map(([start, amount]) => ({ of: rows.get(start) ?? [], amount: approximately(amount) }))
    .sort((a, b) => a.of.length - b.of.length)
    .slice(0, MAX_PROBES);
  const probes: typeof smallest = [];
  let work = 0;
  for (const probe of smallest) {
    work += probe.of.length * Math.max(1, most - least + 1);
    if (work <= MAX_WORK) probes.push(probe);
  }
  if (probes.length < MIN_PROBES || !(most >= least)) return false;
  let tried = 0;
  for (const of of ["received", "counted"] as const) {
    const placeOf = (row: number): number => (of === "counted" ? (counting[row] as number) : row);
    const fitting: { readonly every: number; readonly first: number; readonly met: number }[] = [];
    const sums = new Float64Array(most);
    const met = new Uint8Array(most);
    for (let every = least; every <= most; every++) {
      tried += every;
      const touched = new Set<number>();
      for (const { of: ofWindow, amount } of probes) {
        for (const row of ofWindow) {
          const first = placeOf(row) % every;
          sums[first] = (sums[first] as number) + search.nearAmountOf(row);
        }
        for (const row of ofWindow) {
          const first = placeOf(row) % every;
          const sum = sums[first] as number;
          sums[first] = 0;
          if (sum === 0 || Math.abs(sum - amount) > NEARLY * amount) continue;
          met[first] = (met[first] as number) + 1;
          touched.add(first);
        }
      }
      for (const first of touched) {
        const count = met[first] as number;
        if (count >= MIN_MET * probes.length) fitting.push({ every, first, met: count });
        met[first] = 0;
      }
    }
    const isOff = (every: number): number => Math.abs(Math.log((every * all) / total));
    fitting.sort((a, b) => b.met - a.met || isOff(a.every) - isOff(b.every));
    for (const { every, first } of fitting.slice(0, MAX_CANDIDATES)) {
      const isIn = (row: number): boolean => search.counts(row) && placeOf(row) % every === first;
      const late = latenessOf(search, differences, isIn);
      if (late === undefined) continue;
      const chosen = search.rowsWhere(isIn).count;
      const found = yield candidateOf(search, differences, isIn, late, {
        hypotheses: [{ id: idOf(isRepeated), parameters: { every, first, of } }],
        // Where each window has one event, its group adds no evidence.
        chance: (evidence) =>
          Math.max(evidence.chance(2 * tried), 2 * tried * evidence.oddsOfSet(chosen)),
        advice: adviceOf(`one of every ${every} events`, isRepeated),
      });
      if (found !== undefined) return true;
    }
  }
  return false;
}

/** How many of the events that may be late are parted into those that are and those that are not. */
const MAX_LATE = 12;

/**
 * Whether the repetitions of some events are a little later than these, so that some are in the next window; undefined
 * where that does not account for what the windows differ by.
 */
function latenessOf(
  search: Search,
  { amounts, isRepeated }: Differences,
  isIn: (row: number) => boolean,
): boolean | undefined {
  const { columns, plan } = search.classification;
  const window = plan.window ?? 0;
  const sums = new KeyedAccumulators<number>(search);
  const lateRows = new ListsByKey<number, number>();
  for (let row = 0; row < columns.length; row++) {
    if (!isIn(row)) continue;
    const time = columns.timestamp[row] as number;
    const start = startOf(time, window);
    sums.add(start, row);
    if (start + window - time > MAX_DELAY) continue;
    lateRows.push(start, row);
  }
  let carried: Exact = ZERO;
  let before = Number.NEGATIVE_INFINITY;
  let isLate = false;
  const starts = [...new Set([...sums.numbers.keys(), ...amounts.keys()])].sort((a, b) => a - b);
  for (const start of starts) {
    // What is left over goes to the very next window only.
    if (carried.coefficient !== 0n && start !== before + window) return undefined;
    carried = subtract(add(sums.quantity(start) ?? ZERO, carried), amounts.get(start) ?? ZERO);
    before = start;
    if (carried.coefficient === 0n) continue;
    if (!isRepeated || !isSumOfSome(search, lateRows.get(start) ?? [], carried)) return undefined;
    isLate = true;
  }
  return carried.coefficient === 0n ? isLate : undefined;
}

/** Whether some of a few events add up to an amount. */
function isSumOfSome(search: Search, rows: readonly number[], amount: Exact): boolean {
  if (rows.length > MAX_LATE) return false;
  const values = rows.map((row) => search.amountOf(row));
  const sums = (at: number, left: Exact): boolean => {
    const value = values[at];
    if (left.coefficient === 0n) return true;
    return value !== undefined && (sums(at + 1, subtract(left, value)) || sums(at + 1, left));
  };
  return sums(0, amount);
}

/** The events whose values, one or a few for each window, are what the windows and the groups differ by. */
function byWindow(search: Search, differences: Differences, delay: number): Candidate | undefined {
  const { classification, comparer, evidence } = search;
  const { columns, plan } = classification;
  const { amounts, rows, isRepeated } = differences;
  // A count says nothing about which event it is.
  if (plan.aggregation !== "SUM") return undefined;
  const window = plan.window ?? 0;
  let chance: number = DELAYS.length;
  const options: (readonly Option[])[] = [];
  for (const [start, amount] of amounts) {
    const before = delay === 0 ? [] : (rows.get(start - window) ?? []);
    const late = before.filter((row) => start - (columns.timestamp[row] as number) <= delay);
    const by = approximately(amount);
    const found = optionsFor(columns, { rows: [...(rows.get(start) ?? []), ...late], by });
    if (found.options.length === 0) return undefined;
    chance *= evidence.oddsOfAmount(found.tried, by);
    options.push(found.options);
  }
  if (chance > MAX_CHANCE) return undefined;
  let byGroup: Map<number, number> | undefined;
  const { groups } = comparer.server;
  if (groups !== undefined) {
    byGroup = new Map();
    const own = search.own.groups();
    for (const [group, key] of classification.groupKeys().entries()) {
      const [ours, theirs] = [own.get(key)?.quantity ?? ZERO, groups.get(key)?.quantity ?? ZERO];
      const by = isRepeated ? subtract(theirs, ours) : subtract(ours, theirs);
      byGroup.set(group, approximately(by));
    }
  }
  const { chosen, possible } = choose(options, byGroup);
  if (chosen === undefined) return undefined;
  const events = new Set(chosen.flatMap((option) => option.rows));
  const all = new Set(possible.flatMap((option) => option.all));
  return {
    ...candidateOf(search, differences, (row) => events.has(row), delay > 0, {
      hypotheses: [{ id: idOf(isRepeated), parameters: { events: events.size } }],
      chance: () => chance,
      advice: adviceOf(`${events.size} events, here and there,`, isRepeated),
    }),
    events: () => search.rowsWhere((row) => all.has(row)),
  };
}
