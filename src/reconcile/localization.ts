import { isAdditive } from "../engine/accumulators.ts";
import { NONE } from "../engine/exact-sums.ts";
import type { CostDefinition, LocalSummaryParams } from "../models.ts";
import { divide, exactText, ONE, ZERO } from "../values/scaled-integer.ts";
import { approximately } from "./accumulators.ts";
import { type Cell, compareCells, differenceIn, diffOf } from "./comparison.ts";
import { choose, type Gap, type Option, optionsFor } from "./event-values.ts";
import type { DifferenceFinding, NextQuery } from "./result.ts";
import type { Search } from "./search.ts";
import { traitsOf } from "./segments.ts";

/** How many groups, subjects and sources are named at most, each. */
const MAX_NAMED = 5;
/** From which share of the difference on a subject or a source is named. */
const MIN_SHARE = 0.1;
/** How far doubles may be off for a difference to equal the part of a subject. */
const NEARLY = 1e-9;

/** As `differenceIn`, of costs where quantities agree. */
const differenceOf = (cell: Cell): number =>
  differenceIn(cell, "quantity") || differenceIn(cell, "cost");

/** Where an unexplained difference is, by how much of it each finding accounts for. */
export function localize(search: Search): DifferenceFinding[] {
  const { plan } = search.classification;
  const windows = search.differing("window").sort(compareCells);
  const groups = search.differing("group");
  const findings: DifferenceFinding[] = [];
  const sizeOf = (cells: readonly Cell[]): number =>
    cells.reduce((sum, cell) => sum + Math.abs(differenceOf(cell)), 0);
  const first = windows[0];
  const last = windows.at(-1);
  if (first !== undefined && last !== undefined && plan.window !== undefined) {
    const all = search.cells.filter(({ place }) => place === "window").length;
    const from = new Date(Number(first.at));
    const to = new Date(Number(last.at) + plan.window);
    findings.push({
      kind: "windows",
      share: 1,
      message: `${windows.length} of ${all} windows ${windows.length === 1 ? "differs" : "differ"}.`,
      from,
      to,
    });
  }
  const size = sizeOf(groups);
  for (const cell of groups
    .sort((a, b) => Math.abs(differenceOf(b)) - Math.abs(differenceOf(a)) || compareCells(a, b))
    .slice(0, MAX_NAMED)) {
    const { dimensions } = diffOf(cell, plan);
    const share = size === 0 ? 0 : Math.abs(differenceOf(cell)) / size;
    findings.push({ kind: "group", share, message: "This group differs.", dimensions });
  }
  findings.push(...segmentFindings(search, windows), ...unitCostFindings(search));
  findings.push(...eventFindings(search, windows, groups));
  return findings.sort((a, b) => b.share - a.share);
}

/** Subjects and sources whose part of the windows (of the total, without windows) is exactly what the server lacks or has twice. */
function segmentFindings(search: Search, windows: readonly Cell[]): DifferenceFinding[] {
  const { columns, plan } = search.classification;
  if (!isAdditive(plan.aggregation)) return [];
  const [total] = search.cells;
  const cells = windows.length > 0 ? windows : total === undefined ? [] : [total];
  const differences = new Map(
    cells.map((cell) => [windows.length > 0 ? Number(cell.at) : 0, differenceOf(cell)]),
  );
  const size = [...differences.values()].reduce((sum, one) => sum + Math.abs(one), 0);
  if (size === 0) return [];
  const findings = traitsOf(search).map(({ name, numberOf, textOf }) => {
    if (name === "key") return [];
    const parts = new Map<number, Map<number, number>>();
    for (let row = 0; row < columns.length; row++) {
      const number = numberOf(row);
      const start = windows.length > 0 ? search.windowOf(row) : 0;
      if (number === NONE || !differences.has(start) || !search.counts(row)) continue;
      const sums = parts.get(number) ?? new Map<number, number>();
      parts.set(number, sums);
      sums.set(start, (sums.get(start) ?? 0) + search.nearAmountOf(row));
    }
    const named = [...parts].flatMap(([number, sums]): DifferenceFinding[] => {
      const met = { lacking: 0, repeated: 0 };
      for (const [start, by] of differences) {
        const part = sums.get(start) ?? 0;
        const isEqual = Math.abs(Math.abs(by) - part) <= NEARLY * Math.abs(by);
        if (isEqual && part !== 0) met[by < 0 ? "lacking" : "repeated"] += part;
      }
      const share = Math.max(met.lacking, met.repeated) / size;
      if (share < MIN_SHARE) return [];
      const where = windows.length > 0 ? "In windows that differ, the part of" : "The part of";
      const what =
        met.lacking >= met.repeated ? "is missing on the server" : "is counted twice there";
      const message = `${where} this ${name} ${what}.`;
      return [{ kind: name, share, message, [name]: textOf(number) }];
    });
    return named.sort((a, b) => b.share - a.share).slice(0, MAX_NAMED);
  });
  return findings.flat();
}

/** Significant digits of a unit cost that is read off a window: so few that a server which adds up in doubles has them. */
const SHOWN_DIGITS = 9;

/** Stretches of windows that the server charged at another unit cost than the cost's. */
function unitCostFindings(search: Search): DifferenceFinding[] {
  const { window } = search.classification.plan;
  const given = search.comparer.server.windows;
  if (given === undefined || window === undefined) return [];
  const rows = [...given]
    .filter(([, { quantity }]) => quantity.coefficient !== 0n)
    .map(([start, { quantity, cost }]) => ({
      start,
      unitCost: exactText(divide(cost, quantity, SHOWN_DIGITS)),
    }));
  const own = exactText(divide(search.unitCost, ONE, SHOWN_DIGITS));
  const findings: DifferenceFinding[] = [];
  let at = 0;
  while (at < rows.length) {
    const { start, unitCost } = rows[at] as (typeof rows)[number];
    let end = at + 1;
    while (rows[end]?.unitCost === unitCost) end++;
    const last = rows[end - 1] as (typeof rows)[number];
    if (unitCost !== own) {
      findings.push({
        kind: "unit-cost",
        share: (end - at) / rows.length,
        message: `The server charged ${unitCost} a unit here, not ${exactText(search.unitCost)}.`,
        from: new Date(start),
        to: new Date(last.start + window),
      });
    }
    at = end;
  }
  return findings.sort((a, b) => b.share - a.share).slice(0, MAX_NAMED);
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
function eventFindings(
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
  const gaps = new Map<string | number, { readonly rows: number[]; readonly by: number }>(
    cells.map((cell) => [
      windows.length > 0 ? cell.at : "",
      { rows: [], by: differenceIn(cell, "quantity") },
    ]),
  );
  const all: number[] = [];
  let counting = 0;
  for (let row = 0; row < columns.length; row++) {
    if (!search.counts(row)) continue;
    counting++;
    if (groups.length > 0 && !byGroup.has(columns.group[row] as number)) continue;
    const gap = gaps.get(windows.length > 0 ? search.windowOf(row) : "");
    if (gap === undefined) continue;
    gap.rows.push(row);
    all.push(row);
  }
  const findingOf = (
    kind: "events" | "event-values",
    rows: readonly number[],
    ofOne: string,
    ofSeveral: string,
  ): DifferenceFinding => ({
    kind,
    share: 1,
    message: `${rows.length} of your events ${rows.length === 1 ? ofOne : ofSeveral}`,
    events: classification.eventsAt({ count: rows.length, rows: () => rows }),
  });
  if (all.length === 0) return [];
  const where = "where the two differ.";
  const findings =
    all.length < counting ? [findingOf("events", all, `counts ${where}`, `count ${where}`)] : [];
  if (plan.aggregation !== "SUM") return findings;
  const named = rowsByValue(search, [...gaps.values()], groups.length > 0 ? byGroup : undefined);
  if (named === undefined || 2 * named.length > all.length) return findings;
  const [its, each] =
    windows.length > 0 ? ["its window", "each window"] : ["the total", "the total"];
  const values = findingOf(
    "event-values",
    named,
    `has the value that ${its} differs by.`,
    `have values that, alone or up to three together, make up exactly what ${each} differs by.`,
  );
  return [values, ...findings];
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
    const found = gap.by === 0 ? [] : optionsFor(search.classification.columns, gap).options;
    if (found.length === 0) return undefined;
    options.push(found);
  }
  const { possible } = choose(options, byGroup);
  return [...new Set(possible.flatMap(({ all }) => all))].sort((a, b) => a - b);
}

/** How many subjects are proposed one by one. */
const MAX_SUBJECTS = 10;

/** What to ask the server next: finer windows over the stretch that differs, all dimensions, then each subject. */
export function nextQueries(
  cost: CostDefinition,
  query: LocalSummaryParams,
  search: Search,
): NextQuery[] {
  const { plan, subjects, columns } = search.classification;
  const starts = search.differing("window").map(({ at }) => Number(at));
  const { window } = plan;
  const range =
    window === undefined || starts.length === 0
      ? {}
      : {
          from: new Date(Math.max(plan.from, Math.min(...starts))),
          to: new Date(Math.min(plan.to, Math.max(...starts) + window)),
        };
  const dimensions = Object.keys(cost.groupBy ?? {});
  // The server has no dimension but the cost's.
  const groupBy = dimensions.length > 0 ? dimensions : undefined;
  const finest = { ...query, ...range, groupBy, window: "MINUTE" as const };
  const next: NextQuery[] = [];
  const hasAllDimensions = (plan.groupBy?.length ?? 0) === dimensions.length;
  if (window !== 60_000 || search.comparer.server.windows === undefined) {
    const reason = hasAllDimensions
      ? "MINUTE windows show when the difference arose."
      : "MINUTE windows and all dimensions show when and where the difference arose.";
    next.push({ query: finest, reason });
  } else if (!hasAllDimensions || search.comparer.server.groups === undefined) {
    if (dimensions.length > 0) {
      next.push({ query: finest, reason: "All dimensions show where the difference arose." });
    }
  }
  if (plan.subject !== undefined) return next;
  const counting = new Set<number>();
  const from = range.from?.getTime() ?? plan.from;
  const to = range.to?.getTime() ?? plan.to;
  for (let row = 0; row < columns.length && counting.size <= MAX_SUBJECTS; row++) {
    const time = columns.timestamp[row] as number;
    if (time >= from && time < to && search.counts(row)) counting.add(columns.subject[row] ?? -1);
  }
  if (counting.size < 2 || counting.size > MAX_SUBJECTS) return next;
  for (const number of counting) {
    const subject = subjects.texts[number];
    if (subject === undefined) continue;
    const reason = `Whether the difference is among the events of ${JSON.stringify(subject)}.`;
    next.push({ query: { ...finest, subject }, reason });
  }
  return next;
}
