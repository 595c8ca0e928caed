import { isAdditive } from "../engine/accumulators.ts";
import {
  dimensionText,
  type Path,
  pathOf,
  pathText,
  readAt,
  uniqueText,
  usableNumber,
} from "../engine/event-values.ts";
import type { Aggregation, CostDefinition } from "../models.ts";
import { needsValueProperty } from "../schemas/contract.ts";
import { isJsonObject, ownMember } from "../values/json-form.ts";
import { type Exact, subtract, ZERO } from "../values/scaled-integer.ts";
import { timestampText } from "../values/timestamp.ts";
import { approximately, BoundedAccumulators } from "./accumulators.ts";
import { changeInstants } from "./change-instants.ts";
import { valuesOfGroup } from "./classification.ts";
import { agreementOf } from "./comparison.ts";
import { MAX_CHANCE } from "./evidence.ts";
import type { Candidate, Candidates, Hypothesis } from "./hypothesis.ts";
import { type Predicted, summed } from "./prediction.ts";
import { type Rereading, reclassified } from "./rereading.ts";
import type { HypothesisUse } from "./result.ts";
import { isIncluded, requiredBits } from "./rules.ts";
import { isClose, Search } from "./search.ts";

/** How many events are looked at for other paths, how deep, and how many members of each. */
const SAMPLE = 64;
const MAX_DEPTH = 4;
const MAX_MEMBERS = 64;
/** How many paths are looked at, and how many of a dimension are read in every event. */
const MAX_PATHS = 32;
const MAX_GROUP_PATHS = 4;
/** How many instants are tried. */
const MAX_INSTANTS = 8;
/** How far doubles may be off when groups are compared along time. */
const NEARLY = 1e-9;

/**
 * The definition of the server's cost says something else.
 *
 * - It has another aggregation, all along.
 * - It reads the value, or a dimension, at another path: all along, up to an instant, or from an instant on. A change at
 *   an instant is looked for where quantities are added up.
 *
 * The other paths are those of the events themselves; they are read again, so that they must be in an array.
 */
export const definitionChanges = (rereading: Rereading | undefined): Hypothesis => ({
  *candidates(search) {
    if (search.comparer.fitsQuantities(search.own)) return;
    const rows = includedRows(search);
    if (rows.length > 0) yield* otherAggregations(search);
    if (rereading === undefined) return;
    const sample = sampleOf(rows, rereading);
    yield* valuesOfCount(search, rereading, rows, sample);
    yield* valuePaths(search, rereading, rows, sample);
    yield* groupPaths(search, rereading, sample);
  },
});

/** The data of some events that count, spread over the log. */
function sampleOf(rows: readonly number[], { events }: Rereading): unknown[] {
  const every = Math.max(1, Math.floor(rows.length / SAMPLE));
  return rows
    .filter((_, at) => at % every === 0)
    .slice(0, SAMPLE)
    .map((row) => events[row]?.data);
}

/** The rows that count, or would if they had a usable value. */
function includedRows({ classification, rules }: Search): number[] {
  const { columns } = classification;
  const required = requiredBits(rules);
  const rows: number[] = [];
  for (let row = 0; row < columns.length; row++) {
    if (isIncluded(columns.mask[row] as number, required, 0)) rows.push(row);
  }
  return rows;
}

/** Whatever `read` makes of the value at a path; undefined where that cannot be read. */
function readValue<Read>(data: unknown, path: Path, read: (value: unknown) => Read) {
  try {
    return readAt(data, path, read);
  } catch {
    return undefined;
  }
}

/** The paths of some data that lead to what counts, as text. */
function pathsIn(sample: readonly unknown[], counts: (value: unknown) => boolean): string[] {
  const paths = new Set<string>();
  for (const data of sample) {
    const open: { readonly value: unknown; readonly path: Path }[] = [{ value: data, path: [] }];
    // Objects that are found on the way come behind it.
    for (const { value: object, path: way } of open) {
      if (!isJsonObject(object)) continue;
      for (const name of Object.keys(object).slice(0, MAX_MEMBERS)) {
        if (!/^\w+$/.test(name)) continue;
        const path = [...way, name];
        const value = ownMember(object, name);
        if (isJsonObject(value) && path.length < MAX_DEPTH) open.push({ value, path });
        if (readValue(data, path, counts) === true) paths.add(pathText(path));
      }
    }
  }
  return [...paths].slice(0, MAX_PATHS);
}

/** The events under a changed definition of the cost. */
function searchWith(search: Search, rereading: Rereading, cost: Partial<CostDefinition>): Search {
  return new Search(reclassified(rereading, { cost }), search.comparer, search.rules);
}

/** What can be made of numbers. */
const OF_NUMBERS = ["SUM", "AVG", "MIN", "MAX", "LATEST"] as const;

/** Another aggregation of the values that are read, or the number of events; only where the answer proves it. */
function* otherAggregations(search: Search): Candidates {
  const { columns, plan } = search.classification;
  const required = requiredBits(search.rules);
  const ofValues = needsValueProperty(plan.aggregation) ? OF_NUMBERS : [];
  const others = ([...ofValues, "COUNT"] as const).filter((one) => one !== plan.aggregation);
  if (search.evidence.chance(others.length) > MAX_CHANCE) return;
  for (const server of others) {
    const prediction = search.predictAs(server);
    if (!search.comparer.fitsTotalQuantity(prediction.total())) continue;
    // COUNT counts events without a usable value, too.
    const isAdded = (row: number): boolean =>
      server === "COUNT" &&
      isIncluded(columns.mask[row] as number, required, 0) &&
      !search.counts(row);
    yield {
      ...aggregationUse(plan.aggregation, server),
      predict: () => prediction,
      events: () => search.rowsWhere(isAdded),
      chance: (evidence) => evidence.chance(others.length),
    };
  }
}

/** The server adds up values of events that are counted here; only where the answer proves it. */
function* valuesOfCount(
  search: Search,
  rereading: Rereading,
  rows: readonly number[],
  sample: readonly unknown[],
): Candidates {
  if (search.classification.plan.aggregation !== "COUNT") return;
  const paths = pathsIn(sample, (value) => usableNumber(value) !== undefined);
  if (search.evidence.chance(paths.length) > MAX_CHANCE) return;
  for (const valueProperty of pathsThatFit(search, rereading, rows, paths, "SUM")) {
    const other = searchWith(search, rereading, { aggregation: "SUM", valueProperty });
    yield {
      ...aggregationUse("COUNT", "SUM", valueProperty),
      predict: () => other.own,
      chance: (evidence) => evidence.chance(paths.length),
    };
  }
}

function aggregationUse(local: Aggregation, server: Aggregation, path?: string) {
  const use: HypothesisUse = {
    id: "other-aggregation",
    parameters: { local, server, ...(path !== undefined && { path }) },
  };
  const of = path === undefined ? "" : ` of ${path}`;
  return {
    hypotheses: [use],
    advice: `The server's cost has the aggregation ${server}${of}, yours has ${local}: compare the two definitions.`,
  };
}

/** What changed, for a candidate. */
interface Change {
  readonly parameters: { readonly path: string; readonly dimension?: string };
  readonly what: string;
  /** How many paths were looked at. */
  readonly paths: number;
}

function candidateOf(
  search: Search,
  other: Search,
  { parameters, what, paths }: Change,
  at?: { readonly time: number; readonly isUntil: boolean; readonly isChosen: boolean },
): Candidate {
  const { columns } = search.classification;
  const isOther = (row: number): boolean => {
    if (at === undefined) return true;
    return (columns.timestamp[row] as number) < at.time === at.isUntil;
  };
  const predict = (): Predicted =>
    at === undefined
      ? other.own
      : summed(
          search.predictWeighted((row) => (isOther(row) ? 0 : 1)),
          other.predictWeighted((row) => (isOther(row) ? 1 : 0)),
        );
  const since = at && timestampText(at.time);
  const when = at === undefined ? "" : at.isUntil ? ` before ${since}` : ` from ${since} on`;
  return {
    hypotheses: [
      {
        id: "definition-changed",
        parameters: { ...parameters, ...(since && { [at.isUntil ? "until" : "from"]: since }) },
      },
    ],
    predict,
    events: () =>
      search.rowsWhere((row) => isOther(row) && (search.counts(row) || other.counts(row))),
    chance: (evidence) => {
      if (at === undefined) return evidence.chance(paths);
      const instants = search.own.windows().size + 1;
      return evidence.chance(2 * paths * instants, at.isChosen ? 1 : 0);
    },
    advice: `The server reads ${what} at ${parameters.path}${when}: check when the definition of the cost was changed.`,
  };
}

/** The value is read at another path. */
function* valuePaths(
  search: Search,
  rereading: Rereading,
  rows: readonly number[],
  sample: readonly unknown[],
): Candidates {
  const { plan } = search.classification;
  if (plan.aggregation === "COUNT") return;
  const read = plan.aggregation === "UNIQUE_COUNT" ? uniqueText : usableNumber;
  const own = pathText(plan.valuePath);
  const paths = pathsIn(sample, (value) => read(value) !== undefined).filter(
    (path) => path !== own,
  );
  for (const valueProperty of pathsThatFit(search, rereading, rows, paths, plan.aggregation)) {
    const other = searchWith(search, rereading, { valueProperty });
    const change = { parameters: { path: valueProperty }, what: "the value", paths: paths.length };
    const whole = yield candidateOf(search, other, change);
    if (whole !== undefined || plan.aggregation !== "SUM") continue;
    for (const isUntil of [true, false]) {
      let tried = 0;
      for (const { time, isChosen } of windowInstants(search, other, isUntil)) {
        if (tried++ === MAX_INSTANTS) break;
        const found = yield candidateOf(search, other, change, { time, isUntil, isChosen });
        if (found !== undefined) return;
      }
    }
  }
}

/**
 * Of value paths, those whose values add up to what the server has. They are compared in the first or last window that
 * differs, of which at most one can be the window of the change; without windows, in all.
 */
function pathsThatFit(
  search: Search,
  { events }: Rereading,
  rows: readonly number[],
  paths: readonly string[],
  aggregation: Aggregation,
): readonly string[] {
  const { classification, comparer } = search;
  const { columns, plan } = classification;
  const { windows, totalQuantity } = comparer.server;
  if (aggregation !== "SUM") return paths.slice(0, MAX_INSTANTS);
  const { window } = plan;
  const targets: { readonly from: number; readonly to: number; readonly quantity: Exact }[] = [];
  if (windows !== undefined && window !== undefined) {
    const differing = [...windows].filter(([start]) => search.surplus?.has(start));
    for (const [from, { quantity }] of [...differing.slice(0, 1), ...differing.slice(-1)]) {
      targets.push({ from, to: from + window, quantity });
    }
  } else if (totalQuantity !== undefined && totalQuantity !== null) {
    targets.push({ from: plan.from, to: plan.to, quantity: totalQuantity });
  }
  const fitting = new Set<string>();
  for (const { from, to, quantity } of targets) {
    const inside = rows.filter((row) => {
      const time = columns.timestamp[row] as number;
      return time >= from && time < to;
    });
    for (const text of paths) {
      const path = pathOf(text);
      const sums = new BoundedAccumulators("SUM", undefined);
      const sum = sums.create();
      for (const row of inside) sums.add(sum, readValue(events[row]?.data, path, usableNumber), 0);
      const { quantity: bound } = sums.bounds(sum);
      if (agreementOf(sums.quantity(sum) ?? ZERO, quantity, bound) !== "different") {
        fitting.add(text);
      }
    }
  }
  return [...fitting];
}

/** The instants at which the windows say that a definition changed. */
function windowInstants(search: Search, other: Search, isUntil: boolean) {
  const { columns } = search.classification;
  const given = search.comparer.server.windows;
  if (given === undefined) return [];
  const [before, after] = isUntil ? [other, search] : [search, other];
  const starts = new Set([...given.keys(), ...before.own.windows().keys()]);
  const isOf =
    (side: Search) =>
    (start: number): boolean =>
      isClose(side.own.windows().get(start), given.get(start)?.quantity);
  return changeInstants(
    [...starts].sort((a, b) => a - b),
    {
      isBefore: isOf(before),
      isAfter: isOf(after),
      within: (start) => {
        const amountIn = (side: Search, row: number): Exact =>
          side.counts(row) ? side.amountOf(row) : ZERO;
        const rows = search.rowsWhere((row) => search.windowOf(row) === start);
        return {
          sum: after.own.windows().get(start)?.quantity ?? ZERO,
          target: given.get(start)?.quantity ?? ZERO,
          bound: Math.max(search.boundAt(start), other.boundAt(start)),
          steps: Array.from(rows.rows(), (row) => ({
            time: columns.timestamp[row] as number,
            by: subtract(amountIn(before, row), amountIn(after, row)),
          })),
        };
      },
    },
  );
}

/** A dimension is read at another path. */
function* groupPaths(search: Search, rereading: Rereading, sample: readonly unknown[]): Candidates {
  const { plan } = search.classification;
  const given = search.comparer.server.groups;
  if (plan.groupBy === undefined || given === undefined) return;
  // Totals and windows do not show it.
  if (!search.comparer.fitsQuantities(search.own, false)) return;
  const isText = (value: unknown): boolean =>
    typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  const paths = pathsIn(sample, isText);
  const isAdded = isAdditive(plan.aggregation);
  for (const [position, { name, path: ownPath, field }] of plan.groupBy.entries()) {
    // What is no member of the data has no path.
    if (field !== undefined) continue;
    const values = new Set([...given.keys()].map((key) => valuesOfGroup(key)[position] ?? ""));
    const share = (text: string): number => {
      const path = pathOf(text);
      let met = 0;
      let isOther = false;
      for (const data of sample) {
        const value = readValue(data, path, dimensionText) ?? "";
        if (values.has(value)) met++;
        isOther ||= value !== readValue(data, ownPath, dimensionText);
      }
      return isOther ? met / sample.length : 0;
    };
    const likely = paths
      .map((path) => ({ path, share: share(path) }))
      .filter(({ share: some }) => some > 0)
      .sort((a, b) => b.share - a.share)
      .slice(0, MAX_GROUP_PATHS);
    for (const { path } of likely) {
      const groupBy = { ...rereading.cost.groupBy, [name]: path };
      const other = searchWith(search, rereading, { groupBy });
      const change = {
        parameters: { path, dimension: name },
        what: `the dimension ${name}`,
        paths: paths.length,
      };
      const whole = yield candidateOf(search, other, change);
      if (whole !== undefined || !isAdded) continue;
      for (const isUntil of [true, false]) {
        for (const time of groupInstants(search, other, isUntil)) {
          const at = { time, isUntil, isChosen: true };
          const found = yield candidateOf(search, other, change, at);
          if (found !== undefined) return;
        }
      }
    }
  }
}

/** The instants at which all groups fit when events before it are grouped at one path and all others at the other. */
function groupInstants(search: Search, other: Search, isUntil: boolean): number[] {
  const [before, after] = isUntil ? [other, search] : [search, other];
  /** What each group has more than on the server, and how large it is. */
  const excess = new Map<string, number>();
  let scale = 0;
  for (const [key, { quantity }] of search.comparer.server.groups ?? []) {
    const near = approximately(quantity);
    scale += Math.abs(near);
    excess.set(key, -near);
  }
  for (const [key, { quantity }] of after.own.groups()) {
    excess.set(key, (excess.get(key) ?? 0) + approximately(quantity));
  }
  const isMet = (amount: number): boolean => Math.abs(amount) <= NEARLY * scale;
  let unmet = [...excess.values()].filter((amount) => !isMet(amount)).length;
  const keysOf = (side: Search): readonly string[] => side.classification.groupKeys();
  const keys = { before: keysOf(before), after: keysOf(after) };
  const change = (side: Search, names: readonly string[], row: number, sign: number): void => {
    if (!side.counts(row)) return;
    const { columns } = side.classification;
    const key = names[columns.group[row] as number] ?? "";
    const amount = excess.get(key) ?? 0;
    const next = amount + sign * side.nearAmountOf(row);
    excess.set(key, next);
    unmet += Number(isMet(amount)) - Number(isMet(next));
  };
  const instants: number[] = [];
  const { timestamp } = search.classification.columns;
  let last = Number.NaN;
  for (const row of search.classification.byTime()) {
    const time = timestamp[row] as number;
    if (time !== last && unmet === 0) {
      instants.push(time);
      if (instants.length === MAX_INSTANTS) break;
    }
    last = time;
    change(after, keys.after, row, -1);
    change(before, keys.before, row, 1);
  }
  return instants;
}
