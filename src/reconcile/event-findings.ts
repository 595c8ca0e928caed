import { ZERO } from "../values/scaled-integer.ts";
import { startOf } from "../values/timestamp.ts";
import { approximately } from "./accumulators.ts";
import { type Cell, differenceIn } from "./comparison.ts";
import { NONE } from "./event-columns.ts";
import { choose, type Gap, type Option, optionsFor } from "./event-values.ts";
import type { DifferenceFinding } from "./result.ts";
import type { Search } from "./search.ts";

/** How far doubles may be off for amounts to be equal. */
const NEARLY = 1e-9;
/** The cells that differ in their quantities; where none does, those that differ in their costs. */
function ofQuantity(cells: readonly Cell[]): readonly Cell[] {
  const some = cells.filter((cell) => {
    const size = Math.abs(approximately(cell.own?.quantity ?? ZERO));
    return Math.abs(differenceIn(cell, "quantity")) > NEARLY * size;
  });
  return some.length > 0 ? some : cells;
}

/** The events of the windows and groups that differ, and those of them whose values are what differs. */
export function eventFindings(
  search: Search,
  windows: readonly Cell[],
  groups: readonly Cell[],
): DifferenceFinding[] {
  const { classification } = search;
  const { columns, plan } = classification;
  const numbers = new Map(classification.groupKeys().map((key, number) => [key, number]));
  const byGroup = new Map(
    ofQuantity(groups).map((cell) => [
      numbers.get(String(cell.at)) ?? NONE,
      differenceIn(cell, "quantity"),
    ]),
  );
  const [total] = search.cells;
  const cells = windows.length > 0 ? ofQuantity(windows) : total === undefined ? [] : [total];
  const window = windows.length > 0 ? plan.window : undefined;
  const gaps = new Map<string | number, { readonly rows: number[]; readonly by: number }>(
    cells.map((cell) => [
      window === undefined ? "" : cell.at,
      { rows: [], by: differenceIn(cell, "quantity") },
    ]),
  );
  const all: number[] = [];
  let counting = 0;
  for (let row = 0; row < columns.length; row++) {
    if (!search.counts(row)) continue;
    counting++;
    if (groups.length > 0 && !byGroup.has(columns.group[row] as number)) continue;
    const time = columns.timestamp[row] as number;
    const gap = gaps.get(window === undefined ? "" : startOf(time, window));
    if (gap === undefined) continue;
    gap.rows.push(row);
    all.push(row);
  }
  const findingOf = (
    kind: "events" | "event-values",
    rows: readonly number[],
    message: string,
  ): DifferenceFinding => ({
    kind,
    share: 1,
    message: `${rows.length} of your events ${message}`,
    events: classification.eventsAt({ count: rows.length, rows: () => rows }),
  });
  if (all.length === 0) return [];
  const findings =
    all.length < counting ? [findingOf("events", all, "count where the two differ.")] : [];
  if (plan.aggregation !== "SUM") return findings;
  const named = rowsByValue(search, [...gaps.values()], groups.length > 0 ? byGroup : undefined);
  if (named === undefined || 2 * named.length > all.length) return findings;
  const where = window === undefined ? "the total" : "each window";
  const message = `have values that, alone or two at a time, make up exactly what ${where} differs by.`;
  return [findingOf("event-values", named, message), ...findings];
}

/** The events that have what the gaps differ by; undefined where some gap has none. */
function rowsByValue(
  search: Search,
  gaps: readonly Gap[],
  byGroup: ReadonlyMap<number, number> | undefined,
): readonly number[] | undefined {
  const options: (readonly Option[])[] = [];
  for (const gap of gaps) {
    // Where quantities are equal, costs differ: no event's value is that.
    const found = gap.by === 0 ? [] : optionsFor(search, gap).options;
    if (found.length === 0) return undefined;
    options.push(found);
  }
  const { possible } = choose(options, byGroup);
  return [...new Set(possible.flatMap(({ all }) => all))].sort((a, b) => a - b);
}
