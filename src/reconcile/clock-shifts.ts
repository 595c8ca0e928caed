import { isAdditive } from "../engine/accumulators.ts";
import { add, type Exact, subtract, ZERO } from "../values/scaled-integer.ts";
import { HOUR, startOf } from "../values/timestamp.ts";
import { agreementOf } from "./comparison.ts";
import { NONE } from "./event-columns.ts";
import type { Candidate, Candidates, Hypothesis } from "./hypothesis.ts";
import { countsUnder, IN_RANGE, MAX_SHIFT } from "./rules.ts";
import { rowsWhere, type Search } from "./search.ts";
import { GRAIN, OFFSETS } from "./window-offsets.ts";

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
  const possible = shiftsOf(shiftablesOf(search, grain, mayBeIn), [first], window, OFFSETS);
  if (possible.length === 0) return;
  const inner = new Map<number, Exact>();
  for (const start of new Set([...search.own.windows().keys(), ...windows.keys()])) {
    if (isInner(start)) inner.set(start, surplus.get(start) ?? ZERO);
  }
  const shiftables = shiftablesOf(search, grain, () => true);
  const hours = [...new Set(possible.map((shift) => shift.hours))];
  for (const shift of shiftsOf(shiftables, [...inner], window, hours)) {
    const candidate = candidateOf(search, shift, shiftables.length * OFFSETS.length);
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
  shiftables: readonly Shiftable[],
  windows: readonly (readonly [start: number, by: Exact])[],
  window: number,
  offsets: readonly number[],
): Shift[] {
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
        return agreementOf(moved, by, 0, undefined) !== "different";
      });
    return offsets.filter(isFitting).map((hours) => ({ source, hours }));
  });
}

function candidateOf(
  search: Search,
  { source, hours }: Shift,
  tried: number,
): Candidate | undefined {
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
  if (source === undefined) {
    let isCrossing = false;
    for (let row = 0; row < columns.length && !isCrossing; row++) {
      isCrossing = search.counts(row) !== shifted.counts(row);
    }
    if (!isCrossing) return undefined;
  }
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
    events: () => rowsWhere(columns.length, isTouched),
    chance: (evidence) => evidence.chance(tried),
    advice: `The server has ${of} ${size} ${size === 1 ? "hour" : "hours"} ${way} than your log: check the clock and the time zone of what writes their timestamps.`,
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
  const accumulators = classification.createAccumulators();
  /** By source, the accumulators by the starts of their parts. */
  const slots = new Map<number, Map<number, number>>();
  let lastMask = 0;
  let isCounting = false;
  for (let row = 0; row < columns.length; row++) {
    const time = columns.timestamp[row] as number;
    const mask = columns.mask[row] as number;
    if (mask === 0 || !isWanted(time)) continue;
    if (mask !== lastMask) {
      lastMask = mask;
      // Whether it is in the range is for its shifted time to say.
      isCounting = counts(mask | IN_RANGE);
    }
    if (!isCounting) continue;
    const source = isSeveral ? sources.numberOf(row) : NONE;
    let ofSource = slots.get(source);
    if (ofSource === undefined) {
      ofSource = new Map();
      slots.set(source, ofSource);
    }
    const start = startOf(time, grain);
    let slot = ofSource.get(start);
    if (slot === undefined) {
      slot = accumulators.create();
      ofSource.set(start, slot);
    }
    search.addTo(accumulators, slot, row);
  }
  const all = new Map<number, Exact>();
  const shiftables: Shiftable[] = [{ source: undefined, parts: all }];
  for (const [number, ofSource] of slots) {
    const parts = new Map<number, Exact>();
    for (const [start, slot] of ofSource) {
      const sum = accumulators.quantity(slot) ?? ZERO;
      parts.set(start, sum);
      all.set(start, add(all.get(start) ?? ZERO, sum));
    }
    if (number !== NONE) shiftables.push({ source: sources.texts[number], parts });
  }
  return shiftables;
}
