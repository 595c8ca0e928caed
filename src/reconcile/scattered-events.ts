import { add, type Exact, exactText, subtract, ZERO } from "../values/scaled-integer.ts";
import { approximately, NO_LOSS } from "./accumulators.ts";
import { negated } from "./comparison.ts";
import { MAX_CHANCE } from "./evidence.ts";
import type { Candidate, Finding, Hypothesis } from "./hypothesis.ts";
import type { Predicted, PredictedRow } from "./prediction.ts";
import { rowsWhere, type Search } from "./search.ts";

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
  if (aggregation !== "SUM" && aggregation !== "COUNT") return undefined;
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
    const start = Math.floor((columns.timestamp[row] as number) / window) * window;
    const ofWindow = rows.get(start);
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
  const times = isRepeated ? 2 : 0;
  return {
    predict: () => {
      const weighted = search.predictWeighted((row) => (isIn(row) ? times : 1));
      if (!hasLate) return weighted;
      const predicted: Predicted = {
        total: () => weighted.total(),
        groups: () => weighted.groups(),
        windows: () => {
          const rows = new Map<number, PredictedRow>(search.own.windows());
          for (const [start, amount] of amounts) {
            const { quantity = ZERO, bounds = NO_LOSS } = rows.get(start) ?? {};
            rows.set(start, { quantity: add(quantity, amount), bounds });
          }
          return rows;
        },
      };
      return predicted;
    },
    events: () => rowsWhere(search.classification.columns.length, isIn),
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
function* everyNth(
  search: Search,
  differences: Differences,
): Generator<Candidate, boolean, Finding | undefined> {
  const { classification } = search;
  const { columns, plan } = classification;
  const { amounts, rows, isRepeated } = differences;
  const isCount = plan.aggregation === "COUNT";
  const total = approximately(search.own.total().quantity ?? ZERO);
  let all = 0;
  for (const amount of amounts.values()) all += approximately(amount);
  const counting = new Int32Array(columns.length);
  let count = 0;
  for (let row = 0; row < columns.length; row++) counting[row] = search.counts(row) ? count++ : -1;
  // By what they add up to, and by the windows that have at least one of them each.
  const least = Math.max(2, Math.floor(total / all / MAX_OFF));
  const byWindows = (MAX_MORE * count) / amounts.size;
  const most = Math.min(MAX_EVERY, Math.ceil(Math.min((total / all) * MAX_OFF, byWindows)));
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
          sums[first] = (sums[first] as number) + (isCount ? 1 : columns.nearOf(row));
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
      const chosen = rowsWhere(columns.length, isIn).count;
      if (late === undefined) continue;
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
  const accumulators = search.classification.createAccumulators();
  const slots = new Map<number, number>();
  const lateRows = new Map<number, number[]>();
  for (let row = 0; row < columns.length; row++) {
    if (!isIn(row)) continue;
    const time = columns.timestamp[row] as number;
    const start = Math.floor(time / window) * window;
    let slot = slots.get(start);
    if (slot === undefined) {
      slot = accumulators.create();
      slots.set(start, slot);
      lateRows.set(start, []);
    }
    search.addTo(accumulators, slot, row);
    if (start + window - time <= MAX_DELAY) lateRows.get(start)?.push(row);
  }
  let carried: Exact = ZERO;
  let before = Number.NEGATIVE_INFINITY;
  let isLate = false;
  const starts = [...new Set([...slots.keys(), ...amounts.keys()])].sort((a, b) => a - b);
  for (const start of starts) {
    // What is left over goes to the very next window only.
    if (carried.coefficient !== 0n && start !== before + window) return undefined;
    const slot = slots.get(start);
    const sum = slot === undefined ? ZERO : (accumulators.quantity(slot) ?? ZERO);
    carried = subtract(add(sum, carried), amounts.get(start) ?? ZERO);
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
  const { columns, plan } = search.classification;
  const values = rows.map((row) =>
    plan.aggregation === "COUNT" ? { coefficient: 1n, exponent: 0 } : columns.exactOf(row),
  );
  const sums = (at: number, left: Exact): boolean => {
    const value = values[at];
    if (left.coefficient === 0n) return true;
    return value !== undefined && (sums(at + 1, subtract(left, value)) || sums(at + 1, left));
  };
  return sums(0, amount);
}

/** How many ways there may be to make the amount of a window, and to choose among them. */
const MAX_WAYS = 32;
const MAX_STEPS = 20_000;
/** How many windows may have more ways than one. */
const MAX_OPEN = 1_000;
/** Of three events only in windows of few. */
const MAX_FOR_THREE = 120;

/** A way to account for one window. */
interface Way {
  /** What it changes of each group. */
  readonly groups: ReadonlyMap<string, Exact>;
  readonly rows: readonly number[];
  /** All events of the ways that change the same groups by the same amounts. */
  readonly all: Set<number>;
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
  const ways: (readonly Way[])[] = [];
  for (const [start, amount] of amounts) {
    const before = delay === 0 ? [] : (rows.get(start - window) ?? []);
    const late = before.filter((row) => start - (columns.timestamp[row] as number) <= delay);
    const found = subsetsOf(search, [...(rows.get(start) ?? []), ...late], amount);
    if (found === undefined) return undefined;
    chance *= evidence.oddsOfAmount(found.tried, approximately(amount));
    ways.push(waysOf(search, found.subsets));
  }
  if (chance > MAX_CHANCE) return undefined;
  let wanted: Map<string, Exact> | undefined;
  const { groups } = comparer.server;
  if (groups !== undefined) {
    wanted = new Map();
    const own = search.own.groups();
    for (const key of new Set([...own.keys(), ...groups.keys()])) {
      const [ours, theirs] = [own.get(key)?.quantity ?? ZERO, groups.get(key)?.quantity ?? ZERO];
      wanted.set(key, isRepeated ? subtract(theirs, ours) : subtract(ours, theirs));
    }
  }
  const chosen = choose(ways, wanted);
  if (chosen === undefined) return undefined;
  const events = new Set(chosen.flatMap(({ rows: some }) => some));
  const all = new Set(chosen.flatMap((way) => [...way.all]));
  return {
    ...candidateOf(search, differences, (row) => events.has(row), delay > 0, {
      hypotheses: [{ id: idOf(isRepeated), parameters: { events: events.size } }],
      chance: () => chance,
      advice: adviceOf(`${events.size} events, here and there,`, isRepeated),
    }),
    events: () => rowsWhere(columns.length, (row) => all.has(row)),
  };
}

/** The sets of one or two events that add up to an amount, or of three where there are none; undefined for too many. */
function subsetsOf(
  search: Search,
  rows: readonly number[],
  amount: Exact,
): { readonly subsets: readonly (readonly number[])[]; readonly tried: number } | undefined {
  const { columns } = search.classification;
  const exacts = rows.map((row) => columns.exactOf(row));
  const exponent = exacts.reduce((least, one) => Math.min(least, one.exponent), amount.exponent);
  const scaled = (value: Exact): number =>
    Number(value.coefficient * 10n ** BigInt(value.exponent - exponent));
  const target = scaled(amount);
  const values = exacts.map(scaled);
  if (![target, ...values].every(Number.isSafeInteger)) return undefined;
  const subsets: number[][] = [];
  const seen = new Map<number, number[]>();
  const count = rows.length;
  for (const [at, value] of values.entries()) {
    const row = rows[at] as number;
    if (value === 0) continue;
    if (value === target) subsets.push([row]);
    for (const other of seen.get(target - value) ?? []) subsets.push([other, row]);
    if (subsets.length > MAX_WAYS) return undefined;
    const equal = seen.get(value);
    if (equal === undefined) seen.set(value, [row]);
    else equal.push(row);
  }
  let tried = count + (count * (count - 1)) / 2;
  if (subsets.length > 0) return { subsets, tried };
  if (count > MAX_FOR_THREE) return undefined;
  tried += (count * (count - 1) * (count - 2)) / 6;
  for (let first = 0; first < count; first++) {
    for (let second = first + 1; second < count; second++) {
      const left = target - (values[first] as number) - (values[second] as number);
      for (const third of seen.get(left) ?? []) {
        if (rows.indexOf(third) <= second) continue;
        subsets.push([rows[first] as number, rows[second] as number, third]);
        if (subsets.length > MAX_WAYS) return undefined;
      }
    }
  }
  return subsets.length === 0 ? undefined : { subsets, tried };
}

/** Sets of events as ways, one for those that change the same groups by the same amounts. */
function waysOf(search: Search, subsets: readonly (readonly number[])[]): Way[] {
  const { classification } = search;
  const { columns } = classification;
  const keys = classification.groupKeys();
  const ways = new Map<string, Way>();
  for (const rows of subsets) {
    const groups = new Map<string, Exact>();
    for (const row of rows) {
      const key = keys[columns.group[row] as number] ?? "";
      groups.set(key, add(groups.get(key) ?? ZERO, columns.exactOf(row)));
    }
    const id = JSON.stringify([...groups].map(([key, sum]) => [key, exactText(sum)]).sort());
    const known = ways.get(id);
    if (known === undefined) ways.set(id, { groups, rows, all: new Set(rows) });
    else for (const row of rows) known.all.add(row);
  }
  return [...ways.values()];
}

/** One way for each window, so that together they change each group by what is wanted; undefined where there is none. */
function choose(
  windows: readonly (readonly Way[])[],
  wanted: ReadonlyMap<string, Exact> | undefined,
): readonly Way[] | undefined {
  const chosen = windows.map(([first]) => first as Way);
  if (wanted === undefined) return chosen;
  const left = new Map(wanted);
  const take = ({ groups }: Way, sign: 1 | -1): boolean => {
    let isPossible = true;
    for (const [key, sum] of groups) {
      const before = left.get(key) ?? ZERO;
      const after = sign === 1 ? subtract(before, sum) : add(before, sum);
      left.set(key, after);
      if (after.coefficient < 0n) isPossible = false;
    }
    return isPossible;
  };
  const open: number[] = [];
  for (const [at, ways] of windows.entries()) {
    if (ways.length > 1) open.push(at);
    else if (!take(chosen[at] as Way, 1)) return undefined;
  }
  if (open.length > MAX_OPEN) return undefined;
  let steps = 0;
  const next = (depth: number): boolean => {
    const at = open[depth];
    if (at === undefined) return [...left.values()].every(({ coefficient }) => coefficient === 0n);
    for (const way of windows[at] ?? []) {
      if (++steps > MAX_STEPS) return false;
      chosen[at] = way;
      if (take(way, 1) && next(depth + 1)) return true;
      take(way, -1);
    }
    return false;
  };
  return next(0) ? chosen : undefined;
}
