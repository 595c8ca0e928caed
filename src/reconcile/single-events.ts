import type { Exact } from "../values/scaled-integer.ts";
import { closenessOf } from "./closeness.ts";
import type { Cell } from "./comparison.ts";
import type { Finding } from "./finding.ts";
import { type LoneEvent, loneEventMaker } from "./lone-event.ts";
import { groupKey } from "./prediction.ts";
import type { Search } from "./search.ts";
import { approximately, emptyQuantity } from "./tallies.ts";

/** How far a double may be off before an event is passed over: much more than it can be. */
const NEARLY = 1e-12;

/**
 * The server lacks one event, or counted one twice: every event for which that accounts for all cells.
 *
 * Only an event of the one window and the one group that differ can be it, so only those are looked at: one step for
 * each event that counts, and one exact comparison for each that nearly fits. When more than one window or group
 * differs, or windows were given and none does, there is none.
 */
export function singleEventFindings(search: Search, cells: readonly Cell[]): Finding[] {
  const { trail, comparer } = search;
  const { columns, plan, groups } = trail;
  const { server } = comparer;
  const differing = (place: Cell["place"]): Cell[] =>
    cells.filter((cell) => cell.place === place && cell.closeness === "different");
  const [windowCell, otherWindow] = differing("window");
  const [groupCell, otherGroup] = differing("group");
  if (otherWindow !== undefined || otherGroup !== undefined) return [];
  if (server.windows !== undefined && windowCell === undefined) return [];
  if (server.windows === undefined && server.groups !== undefined && groupCell === undefined) {
    return [];
  }

  const create = loneEventMaker(plan.aggregation, columns);
  const { window = 1 } = plan;
  const keys = groups.combinations.map((texts) => groupKey(texts.map((text) => text ?? "null")));
  const total = create();
  const inWindow = create();
  const byGroup = new Map<string, LoneEvent>();
  const candidates: number[] = [];
  const groupOf = (row: number): string => keys[columns.group[row] as number] ?? "";
  const isInWindow = (row: number): boolean =>
    windowCell === undefined ||
    Math.floor((columns.timestamp[row] as number) / window) * window === windowCell.at;
  for (let row = 0; row < columns.length; row++) {
    if (!search.counts(row)) continue;
    total.add(row);
    if (server.groups !== undefined) {
      let lone = byGroup.get(groupOf(row));
      if (lone === undefined) {
        lone = create();
        byGroup.set(groupOf(row), lone);
      }
      lone.add(row);
    }
    if (!isInWindow(row)) continue;
    inWindow.add(row);
    if (groupCell === undefined || groupOf(row) === groupCell.at) candidates.push(row);
  }

  const totalTarget = server.totalQuantity;
  const ownTotal = search.own.total().quantity;
  const scale = ownTotal === undefined ? 0 : Math.abs(approximately(ownTotal));
  const windowTarget = windowCell && (windowCell.server?.quantity ?? null);
  const findings: Finding[] = [];
  for (const isTwice of [false, true]) {
    const meets = (lone: LoneEvent, row: number, target: Exact | null | undefined): boolean => {
      if (target === undefined) return true;
      const empty = lone === total ? emptyQuantity(plan.aggregation) : undefined;
      const nearly = lone.nearly(row, isTwice);
      if (target !== null && !Number.isNaN(nearly)) {
        const wanted = approximately(target);
        if (Math.abs(nearly - wanted) > NEARLY * (scale + Math.abs(wanted) + Math.abs(nearly)))
          return false;
      }
      const quantity = (isTwice ? lone.twice(row) : lone.without(row)) ?? empty;
      return closenessOf(quantity, target, 0, undefined) !== "different";
    };
    const fitting = candidates.filter((row) => {
      if (windowTarget !== undefined && !meets(inWindow, row, windowTarget)) return false;
      const key = groupOf(row);
      const lone = byGroup.get(key);
      const groupTarget = server.groups && (server.groups.get(key)?.quantity ?? null);
      if (lone !== undefined && !meets(lone, row, groupTarget)) return false;
      return meets(total, row, totalTarget);
    });
    const found = findingOf(search, fitting, isTwice, candidates.length);
    if (found !== undefined) findings.push(found);
  }
  return findings;
}

function findingOf(
  search: Search,
  rows: readonly number[],
  isTwice: boolean,
  candidates: number,
): Finding | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  // All of them lead to the same quantities in the same rows: one stands for all.
  const prediction = search.predictWeighted((row) => (row === first ? (isTwice ? 2 : 0) : 1));
  const which = rows.length === 1 ? "this event" : `one of these ${rows.length} events`;
  return search.findingOf(
    [{ id: isTwice ? "event-repeated" : "event-left-out" }],
    isTwice
      ? `The server counted ${which} twice: look for a retry under another key, or without one.${finer(search)}`
      : `The server lacks ${which}: look at whether it was sent and answered with 202; sending it again under the same key is safe.${finer(search)}`,
    prediction,
    (evidence) => evidence.chanceOfEvent(candidates, first, isTwice),
    search.pricing,
    { count: rows.length, rows: () => rows },
  );
}

function finer({ trail, comparer }: Search): string {
  const isFinest = comparer.server.windows !== undefined && trail.plan.window === 60_000;
  return isFinest ? "" : " Ask for MINUTE windows to narrow it down.";
}
