import { add, type Exact, subtract, ZERO } from "../values/scaled-integer.ts";
import { HOUR } from "../values/timestamp.ts";
import { agreementOf } from "./comparison.ts";
import { NONE } from "./event-columns.ts";
import type { Candidates, Hypothesis } from "./hypothesis.ts";
import { countsUnder, IN_RANGE } from "./rules.ts";
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
  const { classification, comparer, sources, surplus } = search;
  const { plan, columns } = classification;
  const { windows } = comparer.server;
  const { window, aggregation, from, to } = plan;
  if (window === undefined || windows === undefined || surplus === undefined) return;
  if (aggregation !== "SUM" && aggregation !== "COUNT") return;
  /** The windows that are wholly within the range, with what the server has more of them. */
  const inner = new Map<number, Exact>();
  for (const start of new Set([...search.own.windows().keys(), ...windows.keys()])) {
    if (start >= from && start + window <= to) inner.set(start, surplus.get(start) ?? ZERO);
  }
  if ([...inner.keys()].every((start) => !surplus.has(start))) return;
  // The windows that differ first: nearly every candidate is done with after one.
  const ordered = [...inner].sort(
    ([a, x], [b, y]) => Number(x === ZERO) - Number(y === ZERO) || a - b,
  );
  const shiftables = shiftablesOf(search, Math.min(window, GRAIN));
  const tried = shiftables.length * OFFSETS.length;
  for (const { source, parts } of shiftables) {
    const sumFrom = (start: number): Exact => {
      let sum = ZERO;
      for (let at = start; at < start + window; at += Math.min(window, GRAIN)) {
        const part = parts.get(at);
        if (part !== undefined) sum = add(sum, part);
      }
      return sum;
    };
    for (const hours of OFFSETS) {
      const shift = hours * HOUR;
      const moves = ([start, by]: readonly [number, Exact]): boolean => {
        const moved = subtract(sumFrom(start - shift), sumFrom(start));
        return agreementOf(moved, by, 0, undefined) !== "different";
      };
      if (!ordered.every(moves)) continue;
      const isOf = (row: number): boolean =>
        source === undefined || sources.texts[sources.numberOf(row)] === source;
      const timeOf = (row: number): number =>
        (columns.timestamp[row] as number) + (isOf(row) ? shift : 0);
      // Whether an event is in the range is for its shifted time to say.
      const shifted = search.predictWithout(IN_RANGE, {
        weight: (row) => (timeOf(row) >= from && timeOf(row) < to ? 1 : 0),
        timeOf,
      });
      const isTouched = (row: number): boolean =>
        isOf(row) && (search.counts(row) || shifted.counts(row));
      if (source === undefined) {
        let crossing = 0;
        for (let row = 0; row < columns.length && crossing === 0; row++) {
          if (search.counts(row) !== shifted.counts(row)) crossing++;
        }
        if (crossing === 0) continue;
      }
      const [size, way] = [Math.abs(hours), hours > 0 ? "later" : "earlier"];
      const of = source === undefined ? "all events" : `the events of ${JSON.stringify(source)}`;
      yield {
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
  }
}

/** All events first, then those of each source, where there are several. */
function shiftablesOf(search: Search, grain: number): Shiftable[] {
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
    const mask = columns.mask[row] as number;
    if (mask !== lastMask) {
      lastMask = mask;
      // Whether it is in the range is for its shifted time to say.
      isCounting = counts(mask | IN_RANGE);
    }
    if (mask === 0 || !isCounting) continue;
    const source = isSeveral ? sources.numberOf(row) : NONE;
    let ofSource = slots.get(source);
    if (ofSource === undefined) {
      ofSource = new Map();
      slots.set(source, ofSource);
    }
    const start = Math.floor((columns.timestamp[row] as number) / grain) * grain;
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
