import { closenessOf } from "./closeness.ts";
import type { Finding } from "./finding.ts";
import { Ledger } from "./ledger.ts";
import { merged, type Predicted, type PredictedRow } from "./prediction.ts";
import type { Search } from "./search.ts";
import type { Tally } from "./tallies.ts";

const MINUTE = 60_000;
/** Every offset in use keeps to quarters of an hour. */
const GRAIN = 15 * MINUTE;
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
export function windowOffsetFindings(search: Search): Finding[] {
  const { trail, comparer, own, rules } = search;
  const { window } = trail.plan;
  const { windows, groups } = comparer.server;
  if (window === undefined || windows === undefined || windows.size === 0) return [];
  if (!comparer.fitsTotalQuantity(own.total())) return [];
  const grain = Math.min(window, GRAIN);
  const ledger = grain === window ? search.ledger : new Ledger(trail, undefined, grain);
  const slots = slotsOf(ledger, search);
  /** The tallies of a window that begins at an instant. */
  const talliesFrom = (from: number): Tally[] => {
    const tallies: Tally[] = [];
    for (let at = from; at < from + window; at += grain) tallies.push(...(slots.get(at) ?? []));
    return tallies;
  };
  return OFFSETS.flatMap((hours) => {
    const offset = hours * 60 * MINUTE;
    return (["instants", "wall-clock"] as const).flatMap((labels) => {
      if (offset % window === 0 && labels === "instants") return []; // these are the same windows
      const shift = labels === "instants" ? offset : 0;
      const rows = new Map<number, PredictedRow>();
      // The first window that does not fit is the end of it: most offsets are done with after one.
      for (const [start, { quantity: given }] of windows) {
        if ((start + shift) % window !== 0) return [];
        const tally = merged(ledger, talliesFrom(start + shift - offset));
        const quantity = tally?.quantity(rules);
        if (tally === undefined || quantity === undefined) return [];
        const bounds = tally.doubleBounds();
        if (closenessOf(quantity, given, bounds.quantity, undefined) === "different") return [];
        rows.set(start, { quantity, bounds });
      }
      const isCovered = (at: number): boolean =>
        rows.has(Math.floor((at + offset) / window) * window - shift);
      if (![...slots.keys()].every(isCovered)) return [];
      const predicted: Predicted = {
        total: () => own.total(),
        groups: () => (groups === undefined ? new Map() : own.groups()),
        windows: () => rows,
      };
      const utcOffset = offsetText(hours);
      const use = { id: "window-offset", parameters: { utcOffset, labels } } as const;
      const advice = `The server's windows follow the clock at ${utcOffset}, not UTC: shift them before you compare, or ask for MINUTE windows and add them up.`;
      return (
        search.findingOf([use], advice, predicted, (evidence) =>
          evidence.chance(2 * OFFSETS.length),
        ) ?? []
      );
    });
  });
}

/** The tallies that count, by the start of their part of a window. */
function slotsOf(ledger: Ledger, { rules }: Search): Map<number, Tally[]> {
  const slots = new Map<number, Tally[]>();
  for (const tallies of ledger.included(rules)) {
    for (const [number, tally] of tallies.windows.entries()) {
      // A part without a usable value makes no row.
      if (tally?.quantity(rules) === undefined) continue;
      const start = ledger.windowStarts[number] as number;
      const known = slots.get(start);
      if (known === undefined) slots.set(start, [tally]);
      else known.push(tally);
    }
  }
  return slots;
}
