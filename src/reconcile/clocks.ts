import { isAdditive } from "../engine/accumulators.ts";
import { NONE } from "../engine/exact-sums.ts";
import { counted } from "../values/counted.ts";
import { add, type Exact, subtract, ZERO } from "../values/scaled-integer.ts";
import { HOUR, MINUTE, startOf } from "../values/timestamp.ts";
import { agreementOf } from "./comparison.ts";
import type { Candidate, Candidates, Hypothesis } from "./hypothesis.ts";
import { MaskIndex, type PredictedRow, withRows } from "./prediction.ts";
import { countsUnder, IN_RANGE, MAX_SHIFT } from "./rules.ts";
import { isClose, KeyedAccumulators, type Search } from "./search.ts";

/** Every offset in use keeps to quarters of an hour. Not written as a product of `MINUTE`, which would stay in every bundle. */
const GRAIN = 900_000;
/** The offsets from UTC in use, in hours. */
const OFFSETS = /* @__PURE__ */ (() => [
  ...Array.from({ length: 27 }, (_, hour) => hour - 12).filter((hour) => hour !== 0),
  ...[-9.5, -3.5, -2.5, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 10.5, 12.75, 13.75],
])();

function offsetText(hours: number): string {
  const minutes = Math.abs(hours) * 60;
  const twoDigits = (number: number): string => String(Math.floor(number)).padStart(2, "0");
  return `${hours < 0 ? "-" : "+"}${twoDigits(minutes / 60)}:${twoDigits(minutes % 60)}`;
}

/**
 * The server's windows follow a fixed offset from UTC, not UTC: 39 offsets, with windows that are labelled by their
 * instants or by the wall clock. Only the windows can differ by that.
 */
export const windowOffsets: Hypothesis = { candidates: offsetCandidates };

function* offsetCandidates(search: Search): Candidates {
  const { classification, comparer, own, rules } = search;
  const { window } = classification.plan;
  const { windows } = comparer.server;
  if (window === undefined || windows === undefined || windows.size === 0) return;
  if (!comparer.fitsTotalQuantity(own.total())) return;
  const grain = Math.min(window, GRAIN);
  const maskIndex =
    grain === window ? search.maskIndex : new MaskIndex(classification, rules, { window: grain });
  const parts = maskIndex.windows;
  /** The accumulators that count, by the start of their part of a window. */
  const slots = new Map<number, readonly number[]>();
  for (const [number, accumulators] of parts?.of(maskIndex.included(rules)) ?? []) {
    slots.set(maskIndex.windowStarts[number] as number, accumulators);
  }
  /** The accumulators of a window that begins at an instant. */
  const accumulatorsFrom = (from: number): number[] => {
    const accumulators: number[] = [];
    for (let at = from; at < from + window; at += grain)
      accumulators.push(...(slots.get(at) ?? []));
    return accumulators;
  };
  const offsetOf = (hours: number, labels: "instants" | "wall-clock"): Candidate | undefined => {
    const offset = hours * 60 * MINUTE;
    if (offset % window === 0 && labels === "instants") return undefined; // these are the same windows
    const shift = labels === "instants" ? offset : 0;
    const rows = new Map<number, PredictedRow>();
    // The first window that does not fit is the end of it: most offsets are done with after one.
    for (const [start, { quantity: given }] of windows) {
      if ((start + shift) % window !== 0) return undefined;
      const { quantity, bounds } = parts?.merged(accumulatorsFrom(start + shift - offset)) ?? {};
      if (quantity === undefined || bounds === undefined) return undefined;
      if (!isClose({ quantity, bounds }, given)) return undefined;
      rows.set(start, { quantity, bounds });
    }
    const isCovered = (at: number): boolean => rows.has(startOf(at + offset, window) - shift);
    if (![...slots.keys()].every(isCovered)) return undefined;
    const utcOffset = offsetText(hours);
    return {
      hypotheses: [{ id: "window-offset", parameters: { utcOffset, labels } }],
      predict: () => withRows(own, { windows: () => rows }),
      chance: (evidence) => evidence.chance(2 * OFFSETS.length),
      advice: `The server's windows follow the clock at ${utcOffset}, not UTC: shift them before you compare, or ask for MINUTE windows and add them up.`,
    };
  };
  for (const hours of OFFSETS) {
    for (const labels of ["instants", "wall-clock"] as const) {
      const candidate = offsetOf(hours, labels);
      if (candidate !== undefined) yield candidate;
    }
  }
}

/** How many sources are looked at. */
const MAX_SOURCES = 64;

/** The events of one source, or of all of them. */
interface Shiftable {
  /** Undefined for all events. */
  readonly source: string | undefined;
  /** What they add up to in each part of a window, by its start. */
  readonly parts: ReadonlyMap<number, Exact>;
}

/**
 * The server has the events of one source, or all of them, some hours earlier or later: a gateway with a wrong clock or
 * time zone. They are in other windows, and those that cross an end of the range count on one side only. All events
 * together are looked for where some cross; else the windows alone are shifted, which is `windowOffsets`. Only where
 * quantities are added up, and with windows.
 */
export const clockShifts: Hypothesis = { candidates: shiftCandidates };

function* shiftCandidates(search: Search): Candidates {
  const { comparer, surplus } = search;
  const { window, aggregation, from, to } = search.classification.plan;
  const { windows } = comparer.server;
  if (window === undefined || windows === undefined || surplus === undefined) return;
  if (!isAdditive(aggregation)) return;
  // At an end of the range, events that are not in it may be in a window.
  const isInner = (start: number): boolean => start >= from && start + window <= to;
  const [first] = [...surplus].filter(([start]) => isInner(start));
  if (first === undefined) return;
  // One window that differs first: nearly always it leaves nothing to look at in the others.
  const grain = Math.min(window, GRAIN);
  const mayBeIn = (time: number): boolean => {
    const off = time - first[0] + MAX_SHIFT;
    return off >= 0 && off < 2 * MAX_SHIFT + window && off % GRAIN < window;
  };
  const possible = shiftsOf(search, shiftablesOf(search, grain, mayBeIn), [first], OFFSETS);
  if (possible.length === 0) return;
  const inner = new Map<number, Exact>();
  for (const start of new Set([...search.own.windows().keys(), ...windows.keys()])) {
    if (isInner(start)) inner.set(start, surplus.get(start) ?? ZERO);
  }
  const shiftables = shiftablesOf(search, grain, () => true);
  const hours = [...new Set(possible.map((shift) => shift.hours))];
  for (const shift of shiftsOf(search, shiftables, [...inner], hours)) {
    const candidate = shiftOf(search, shift, shiftables.length * OFFSETS.length);
    if (candidate !== undefined) yield candidate;
  }
}

/** Events of a source, or all of them, and by how much they are shifted. */
interface Shift {
  readonly source: string | undefined;
  readonly hours: number;
}

/** The shifts that account for what the server has more of some windows. */
function shiftsOf(
  search: Search,
  shiftables: readonly Shiftable[],
  windows: readonly (readonly [start: number, by: Exact])[],
  offsets: readonly number[],
): Shift[] {
  const { window = 0 } = search.classification.plan;
  return shiftables.flatMap(({ source, parts }) => {
    const sumFrom = (start: number): Exact => {
      let sum = ZERO;
      for (let at = start; at < start + window; at += GRAIN) {
        const part = parts.get(at);
        if (part !== undefined) sum = add(sum, part);
      }
      return sum;
    };
    const isFitting = (hours: number): boolean =>
      windows.every(([start, by]) => {
        const moved = subtract(sumFrom(start - hours * HOUR), sumFrom(start));
        return agreementOf(moved, by, search.boundAt(start)) !== "different";
      });
    return offsets.filter(isFitting).map((hours) => ({ source, hours }));
  });
}

function shiftOf(search: Search, { source, hours }: Shift, tried: number): Candidate | undefined {
  const { classification, sources } = search;
  const { columns, plan } = classification;
  const number = sources.texts.indexOf(source ?? "");
  const isOf = (row: number): boolean => source === undefined || sources.numberOf(row) === number;
  const timeOf = (row: number): number =>
    (columns.timestamp[row] as number) + (isOf(row) ? hours * HOUR : 0);
  // Whether an event is in the range is for its shifted time to say.
  const shifted = search.predictWithout(IN_RANGE, {
    weight: (row) => (timeOf(row) >= plan.from && timeOf(row) < plan.to ? 1 : 0),
    timeOf,
  });
  let isCrossing = false;
  let isLeft = false;
  for (let row = 0; row < columns.length; row++) {
    const isIn = shifted.counts(row);
    isCrossing ||= isIn !== search.counts(row);
    isLeft ||= isIn && isOf(row);
  }
  // Where the range has none of them any more, they are missing: nothing tells by how many hours they were shifted.
  if (!isLeft || (source === undefined && !isCrossing)) return undefined;
  const isTouched = (row: number): boolean =>
    isOf(row) && (search.counts(row) || shifted.counts(row));
  const [size, way] = [Math.abs(hours), hours > 0 ? "later" : "earlier"];
  const of = source === undefined ? "all events" : `the events of ${JSON.stringify(source)}`;
  return {
    hypotheses: [
      source === undefined
        ? { id: "events-shifted", parameters: { hours } }
        : { id: "source-shifted", parameters: { source, hours } },
    ],
    predict: () => shifted.prediction,
    events: () => search.rowsWhere(isTouched),
    chance: (evidence) => evidence.chance(tried),
    advice: `The server has ${of} ${counted(size, "hour")} ${way} than your log: check the clock and the time zone of what writes their timestamps.`,
  };
}

/** All events first, then those of each source, where there are several; only those of some times. */
function shiftablesOf(
  search: Search,
  grain: number,
  isWanted: (time: number) => boolean,
): Shiftable[] {
  const { classification, rules, sources } = search;
  const { columns } = classification;
  const counts = countsUnder(rules);
  const isSeveral = sources.texts.length > 1 && sources.texts.length <= MAX_SOURCES;
  /** By source, and by the starts of the parts. */
  const bySource = new Map<number, KeyedAccumulators<number>>();
  for (let row = 0; row < columns.length; row++) {
    const time = columns.timestamp[row] as number;
    const mask = columns.mask[row] as number;
    // Whether it is in the range is for its shifted time to say.
    if (mask === 0 || !isWanted(time) || !counts(mask | IN_RANGE)) continue;
    const source = isSeveral ? sources.numberOf(row) : NONE;
    let ofSource = bySource.get(source);
    if (ofSource === undefined) {
      ofSource = new KeyedAccumulators(search);
      bySource.set(source, ofSource);
    }
    ofSource.add(startOf(time, grain), row);
  }
  const all = new Map<number, Exact>();
  const shiftables: Shiftable[] = [{ source: undefined, parts: all }];
  for (const [number, ofSource] of bySource) {
    const parts = new Map<number, Exact>();
    for (const start of ofSource.numbers.keys()) {
      const sum = ofSource.quantity(start) ?? ZERO;
      parts.set(start, sum);
      all.set(start, add(all.get(start) ?? ZERO, sum));
    }
    if (number !== NONE) shiftables.push({ source: sources.texts[number], parts });
  }
  return shiftables;
}
