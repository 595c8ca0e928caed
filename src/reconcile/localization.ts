import { exactText } from "../values/scaled-integer.ts";
import { approximately } from "./accumulators.ts";
import { valuesOfGroup } from "./classification.ts";
import { type Cell, compareCells, difference } from "./comparison.ts";
import type { DifferenceFinding } from "./result.ts";
import type { Search } from "./search.ts";

/** How many groups, subjects and sources are named at most, each. */
const MAX_NAMED = 5;
/** From which share of the difference on a subject or a source is named. */
const MIN_SHARE = 0.1;
/** How far doubles may be off for a difference to equal the part of a subject. */
const NEARLY = 1e-9;

/** Server less local, nearly; of costs where quantities agree. */
function differenceOf({ own, server }: Cell): number {
  const near = (part: "quantity" | "cost"): number => {
    const a = server?.[part] ?? { coefficient: 0n, exponent: 0 };
    const b = own?.[part] ?? { coefficient: 0n, exponent: 0 };
    return approximately(difference(a, b));
  };
  return near("quantity") || near("cost");
}

/** Where an unexplained difference is, by how much of it each finding accounts for. */
export function localize(search: Search): DifferenceFinding[] {
  const { plan } = search.classification;
  const differing = (place: Cell["place"]): Cell[] =>
    search.cells.filter((cell) => cell.place === place && cell.agreement === "different");
  const windows = differing("window").sort((a, b) => Number(a.at) - Number(b.at));
  const groups = differing("group");
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
      message: `${windows.length} of ${all} windows differ.`,
      from,
      to,
    });
  }
  const size = sizeOf(groups);
  for (const cell of groups
    .sort((a, b) => Math.abs(differenceOf(b)) - Math.abs(differenceOf(a)) || compareCells(a, b))
    .slice(0, MAX_NAMED)) {
    const values = valuesOfGroup(String(cell.at));
    const dimensions = Object.fromEntries(
      (plan.groupBy ?? []).map(({ name }, at) => [name, values[at] ?? ""]),
    );
    const share = size === 0 ? 0 : Math.abs(differenceOf(cell)) / size;
    findings.push({ kind: "group", share, message: "This group differs.", dimensions });
  }
  findings.push(...segmentFindings(search, windows), ...unitCostFindings(search));
  return findings.sort((a, b) => b.share - a.share);
}

/** Subjects and sources whose part of the windows (of the total, without windows) is just what the server lacks or has twice. */
function segmentFindings(search: Search, windows: readonly Cell[]): DifferenceFinding[] {
  const { classification } = search;
  const { plan, columns, subjects } = classification;
  const { aggregation, window } = plan;
  if (aggregation !== "SUM" && aggregation !== "COUNT") return [];
  const [total] = search.cells;
  const cells = windows.length > 0 ? windows : total === undefined ? [] : [total];
  const differences = new Map(
    cells.map((cell) => [windows.length > 0 ? Number(cell.at) : 0, differenceOf(cell)]),
  );
  const size = [...differences.values()].reduce((sum, one) => sum + Math.abs(one), 0);
  if (size === 0) return [];
  const parts = { subject: new Map<string, Map<number, number>>(), source: new Map() };
  for (let row = 0; row < columns.length; row++) {
    if (!search.counts(row)) continue;
    const time = columns.timestamp[row] as number;
    const start = windows.length > 0 && window ? Math.floor(time / window) * window : 0;
    if (!differences.has(start)) continue;
    const value = aggregation === "COUNT" ? 1 : approximately(columns.exactOf(row));
    const source = classification.sourceOf(row);
    const subject = subjects.texts[columns.subject[row] as number];
    for (const [kind, name] of [
      ["subject", subject],
      ["source", source],
    ] as const) {
      if (name === undefined || name === null) continue;
      let sums = parts[kind].get(name);
      if (sums === undefined) {
        sums = new Map();
        parts[kind].set(name, sums);
      }
      sums.set(start, (sums.get(start) ?? 0) + value);
    }
  }
  return (["subject", "source"] as const).flatMap((kind) => {
    const named: DifferenceFinding[] = [];
    for (const [name, sums] of parts[kind]) {
      const met = { lacking: 0, repeated: 0 };
      for (const [start, by] of differences) {
        const part = sums.get(start) ?? 0;
        const isEqual = Math.abs(Math.abs(by) - part) <= NEARLY * Math.abs(by);
        if (isEqual && part !== 0) met[by < 0 ? "lacking" : "repeated"] += part;
      }
      const share = Math.max(met.lacking, met.repeated) / size;
      if (share < MIN_SHARE) continue;
      const what =
        met.lacking >= met.repeated ? "is missing on the server" : "is counted twice there";
      const where = windows.length > 0 ? "in windows that differ, the part of " : "The part of ";
      const message = `${where}this ${kind} ${what}.`;
      named.push({
        kind,
        share,
        message: message.charAt(0).toUpperCase() + message.slice(1),
        [kind]: name,
      });
    }
    return named.sort((a, b) => b.share - a.share).slice(0, MAX_NAMED);
  });
}

/** Stretches of windows that the server charged at another unit cost than the cost's. */
function unitCostFindings(search: Search): DifferenceFinding[] {
  const { window } = search.classification.plan;
  const given = search.comparer.server.windows;
  if (given === undefined || window === undefined) return [];
  const rows = [...given]
    .filter(([, { quantity }]) => quantity.coefficient !== 0n)
    .sort(([a], [b]) => a - b)
    .map(([start, { quantity, cost }]) => ({
      start,
      unitCost: Number((approximately(cost) / approximately(quantity)).toPrecision(9)),
    }));
  const own = Number(approximately(search.unitCost).toPrecision(9));
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
