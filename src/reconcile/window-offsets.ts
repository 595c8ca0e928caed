import { MINUTE, startOf } from "../values/timestamp.ts";
import { agreementOf } from "./comparison.ts";
import type { Candidate, Candidates, Hypothesis } from "./hypothesis.ts";
import { MaskIndex, type Predicted, type PredictedRow } from "./prediction.ts";
import type { Search } from "./search.ts";

/** Every offset in use keeps to quarters of an hour. Not written as a product of `MINUTE`, which would stay in every bundle. */
export const GRAIN = 900_000;
/** The offsets from UTC in use, in hours. */
export const OFFSETS = /* @__PURE__ */ (() => [
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
export const windowOffsets: Hypothesis = { candidates: windowOffsetCandidates };

function* windowOffsetCandidates(search: Search): Candidates {
  const { classification, comparer, own, rules } = search;
  const { window } = classification.plan;
  const { windows, groups } = comparer.server;
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
  const candidateOf = (hours: number, labels: "instants" | "wall-clock"): Candidate | undefined => {
    const offset = hours * 60 * MINUTE;
    if (offset % window === 0 && labels === "instants") return undefined; // these are the same windows
    const shift = labels === "instants" ? offset : 0;
    const rows = new Map<number, PredictedRow>();
    // The first window that does not fit is the end of it: most offsets are done with after one.
    for (const [start, { quantity: given }] of windows) {
      if ((start + shift) % window !== 0) return undefined;
      const { quantity, bounds } = parts?.merged(accumulatorsFrom(start + shift - offset)) ?? {};
      if (quantity === undefined || bounds === undefined) return undefined;
      if (agreementOf(quantity, given, bounds.quantity, undefined) === "different")
        return undefined;
      rows.set(start, { quantity, bounds });
    }
    const isCovered = (at: number): boolean => rows.has(startOf(at + offset, window) - shift);
    if (![...slots.keys()].every(isCovered)) return undefined;
    const predicted: Predicted = {
      total: () => own.total(),
      groups: () => (groups === undefined ? new Map() : own.groups()),
      windows: () => rows,
    };
    const utcOffset = offsetText(hours);
    return {
      hypotheses: [{ id: "window-offset", parameters: { utcOffset, labels } }],
      predict: () => predicted,
      chance: (evidence) => evidence.chance(2 * OFFSETS.length),
      advice: `The server's windows follow the clock at ${utcOffset}, not UTC: shift them before you compare, or ask for MINUTE windows and add them up.`,
    };
  };
  for (const hours of OFFSETS) {
    for (const labels of ["instants", "wall-clock"] as const) {
      const candidate = candidateOf(hours, labels);
      if (candidate !== undefined) yield candidate;
    }
  }
}
