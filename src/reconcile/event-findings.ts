import { ZERO } from "../values/scaled-integer.ts";
import { approximately } from "./accumulators.ts";
import { type Cell, differenceIn } from "./comparison.ts";
import type { DifferenceFinding } from "./result.ts";
import type { Search } from "./search.ts";

/** How far doubles may be off for amounts to be equal. */
const NEARLY = 1e-9;
/** How many ways of making up a window are looked at, and how many combinations of those of all windows. */
const MAX_OPTIONS = 256;
const MAX_COMBINATIONS = 400_000;

/** A window that differs, or the total: the events that may be behind it, and by how much it differs. */
interface Gap {
  readonly rows: number[];
  readonly by: number;
}

/** One or two values that make up a gap: how much of it is of which group, and the events that have them. */
interface Option {
  readonly byGroup: ReadonlyMap<number, number>;
  readonly rows: readonly number[];
}

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
  const keys = classification.groupKeys();
  const byGroup = new Map(
    ofQuantity(groups).map((cell) => [
      keys.indexOf(String(cell.at)),
      differenceIn(cell, "quantity"),
    ]),
  );
  const [total] = search.cells;
  const cells = windows.length > 0 ? ofQuantity(windows) : total === undefined ? [] : [total];
  const window = windows.length > 0 ? plan.window : undefined;
  const gaps = new Map<string | number, Gap>(
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
    const gap = gaps.get(window === undefined ? "" : Math.floor(time / window) * window);
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

/** The events that have what the gaps differ by, alone or two at a time; undefined where some gap has none. */
function rowsByValue(
  search: Search,
  gaps: readonly Gap[],
  byGroup: ReadonlyMap<number, number> | undefined,
): readonly number[] | undefined {
  const options = gaps.map((gap) => optionsFor(search, gap));
  if (options.some(({ alone, together }) => alone.length + together.length === 0)) return undefined;
  const every = options.map(({ alone, together }) => [...alone, ...together]);
  // One event is likelier than two.
  const fewest = options.map(({ alone, together }) => (alone.length > 0 ? alone : together));
  const met = byGroup && (optionsThatMeet(fewest, byGroup) ?? optionsThatMeet(every, byGroup));
  const rows = new Set((met ?? every.flat()).flatMap((option) => option.rows));
  return [...rows].sort((a, b) => a - b);
}

function optionsFor(
  search: Search,
  { rows, by }: Gap,
): { readonly alone: readonly Option[]; readonly together: readonly Option[] } {
  const { columns } = search.classification;
  const sum = Math.abs(by);
  if (sum === 0) return { alone: [], together: [] };
  const isSum = (of: number): boolean => Math.abs(of - sum) <= NEARLY * sum;
  /** By value, the rows of each group. */
  const byValue = new Map<number, Map<number, number[]>>();
  for (const row of rows) {
    const value = columns.nearOf(row);
    const group = columns.group[row] as number;
    let ofValue = byValue.get(value);
    if (ofValue === undefined) {
      ofValue = new Map();
      byValue.set(value, ofValue);
    }
    const known = ofValue.get(group);
    if (known === undefined) ofValue.set(group, [row]);
    else known.push(row);
  }
  const sign = Math.sign(by);
  const alone: Option[] = [];
  const together: Option[] = [];
  const values = [...byValue.keys()].sort((a, b) => a - b);
  for (const value of values) {
    if (!isSum(value)) continue;
    for (const [group, some] of byValue.get(value) ?? []) {
      alone.push({ byGroup: new Map([[group, sign * value]]), rows: some });
    }
  }
  for (let low = 0, high = values.length - 1; low <= high; ) {
    const [small, large] = [values[low] as number, values[high] as number];
    if (isSum(small + large)) {
      for (const [group, some] of byValue.get(small) ?? []) {
        for (const [other, others] of byValue.get(large) ?? []) {
          if (some === others && some.length < 2) continue;
          const amounts = new Map([[group, sign * small]]);
          amounts.set(other, (amounts.get(other) ?? 0) + sign * large);
          together.push({ byGroup: amounts, rows: [...some, ...others] });
        }
      }
    }
    if (small + large < sum) low++;
    else high--;
  }
  return { alone, together };
}

/**
 * Of the options of each gap, those that are part of a combination, one of each gap, that makes up what every group
 * differs by. Undefined where there is none, or where there are too many combinations to tell.
 */
function optionsThatMeet(
  gaps: readonly (readonly Option[])[],
  byGroup: ReadonlyMap<number, number>,
): readonly Option[] | undefined {
  if (gaps.some((options) => options.length > MAX_OPTIONS)) return undefined;
  const ordered = [...gaps].sort((a, b) => a.length - b.length);
  const groups = [...byGroup.keys()];
  const scale = [...byGroup.values()].reduce((sum, by) => sum + Math.abs(by), 0);
  /** The least and the most that the gaps from a position on can add to each group. */
  const reach = Array.from({ length: ordered.length + 1 }, () =>
    groups.map(() => ({ least: 0, most: 0 })),
  );
  for (let at = ordered.length - 1; at >= 0; at--) {
    for (const [position, group] of groups.entries()) {
      const amounts = (ordered[at] ?? []).map((option) => option.byGroup.get(group) ?? 0);
      const next = reach[at + 1]?.[position] ?? { least: 0, most: 0 };
      (reach[at] as { least: number; most: number }[])[position] = {
        least: next.least + Math.min(...amounts),
        most: next.most + Math.max(...amounts),
      };
    }
  }
  const left = groups.map((group) => byGroup.get(group) ?? 0);
  const chosen: Option[] = [];
  const met = new Set<Option>();
  let combinations = 0;
  const isReachable = (at: number): boolean =>
    left.every((amount, position) => {
      const { least, most } = reach[at]?.[position] ?? { least: 0, most: 0 };
      return amount >= least - NEARLY * scale && amount <= most + NEARLY * scale;
    });
  const choose = (at: number): void => {
    if (combinations++ > MAX_COMBINATIONS || !isReachable(at)) return;
    const options = ordered[at];
    if (options === undefined) {
      for (const option of chosen) met.add(option);
      return;
    }
    for (const option of options) {
      for (const [position, group] of groups.entries()) {
        left[position] = (left[position] as number) - (option.byGroup.get(group) ?? 0);
      }
      chosen.push(option);
      choose(at + 1);
      chosen.pop();
      for (const [position, group] of groups.entries()) {
        left[position] = (left[position] as number) + (option.byGroup.get(group) ?? 0);
      }
    }
  };
  choose(0);
  return combinations > MAX_COMBINATIONS || met.size === 0 ? undefined : [...met];
}
