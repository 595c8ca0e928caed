import type { Finding } from "./finding.ts";
import { Ledger } from "./ledger.ts";
import { merged, type Predicted, type PredictedRow } from "./prediction.ts";
import type { Search } from "./search.ts";
import type { Tally } from "./tallies.ts";

const MINUTE = 60_000;
/** Every offset in use keeps to quarters of an hour. */
const GRAIN = 15 * MINUTE;
/** The offsets from UTC in use, in hours. */
const OFFSETS = [
  ...Array.from({ length: 27 }, (_, hour) => hour - 12).filter((hour) => hour !== 0),
  ...[-9.5, -3.5, -2.5, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 10.5, 12.75, 13.75],
];

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
  const starts = [...windows.keys()];
  if (!comparer.fitsTotalQuantity(own.total())) return [];
  const grain = Math.min(window, GRAIN);
  const ledger = grain === window ? search.ledger : new Ledger(trail, undefined, grain);
  const included = ledger.included(rules);
  return OFFSETS.flatMap((hours) => {
    const offset = hours * 60 * MINUTE;
    return (["instants", "wall-clock"] as const).flatMap((labels) => {
      const shift = labels === "instants" ? offset : 0;
      if (offset % window === 0 && labels === "instants") return []; // these are the same windows
      if (starts.some((start) => (start + shift) % window !== 0)) return [];
      const parts = new Map<number, Tally[]>();
      for (const tallies of included) {
        for (const [number, tally] of tallies.windows.entries()) {
          if (tally === undefined) continue;
          const at = (ledger.windowStarts[number] as number) + offset;
          const start = Math.floor(at / window) * window - shift;
          const known = parts.get(start);
          if (known === undefined) parts.set(start, [tally]);
          else known.push(tally);
        }
      }
      const rows = new Map<number, PredictedRow>();
      for (const [start, tallies] of parts) {
        const tally = merged(ledger, tallies);
        const quantity = tally?.quantity(rules);
        if (tally !== undefined && quantity !== undefined) {
          rows.set(start, { quantity, bounds: tally.doubleBounds() });
        }
      }
      const predicted: Predicted = {
        total: () => own.total(),
        groups: () => (groups === undefined ? new Map() : own.groups()),
        windows: () => rows,
      };
      const utcOffset = offsetText(hours);
      const use = { id: "window-offset", parameters: { utcOffset, labels } } as const;
      const advice = `The server's windows follow the clock at ${utcOffset}, not UTC: shift them before you compare, or ask for MINUTE windows and add them up.`;
      return search.findingOf([use], advice, predicted) ?? [];
    });
  });
}
