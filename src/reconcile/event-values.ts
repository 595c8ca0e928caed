import type { EventColumns } from "./event-columns.ts";

/** How far a sum of doubles may be off: much more than it can be. */
const NEARLY = 1e-12;
const NEARLY_ALL = 1e-9;
/** Three values are tried where there are few events. */
const MAX_FOR_THREE = 120;
/** How many options of a gap are looked at, how many gaps may have several, and how many combinations are tried. */
const MAX_OPTIONS = 256;
const MAX_OPEN = 1_000;
const MAX_COMBINATIONS = 400_000;

/** A window that differs, or the total: the events that may be behind it, and by how much it differs. */
export interface Gap {
  readonly rows: readonly number[];
  readonly by: number;
}

/** Values of one to three events that make up a gap: how much of it is of which group, and the events. */
export interface Option {
  readonly byGroup: ReadonlyMap<number, number>;
  /** An event for each value. */
  readonly rows: readonly number[];
  /** All events with these values in these groups. */
  readonly all: readonly number[];
}

/** What may make up a gap, fewest events first, and how many sets of events were looked at for it. */
export interface Options {
  readonly options: readonly Option[];
  readonly tried: number;
}

/** One option for each gap. */
export interface Choice {
  /** Those of one combination that makes up what every group differs by; undefined where none is known. */
  readonly chosen: readonly Option[] | undefined;
  /** Those of every such combination; where none is known, all options. */
  readonly possible: readonly Option[];
}

/** Events of the same value and group. */
interface Alike {
  readonly value: number;
  readonly group: number;
  readonly rows: number[];
}

/** The sets of one or two events, or of three where there are none, whose values make up a gap. */
export function optionsFor(
  columns: Pick<EventColumns, "nearOf" | "group">,
  { rows, by }: Gap,
): Options {
  const sum = Math.abs(by);
  const count = rows.length;
  const isSum = (of: number): boolean => Math.abs(of - sum) <= NEARLY * sum;
  const byValue = new Map<number, Map<number, Alike>>();
  for (const row of rows) {
    const value = columns.nearOf(row);
    const group = columns.group[row] as number;
    let ofValue = byValue.get(value);
    if (ofValue === undefined) {
      ofValue = new Map();
      // An event of 0 makes no difference.
      if (value !== 0) byValue.set(value, ofValue);
    }
    const known = ofValue.get(group);
    if (known === undefined) ofValue.set(group, { value, group, rows: [row] });
    else known.rows.push(row);
  }
  const options: Option[] = [];
  const add = (...parts: readonly Alike[]): void => {
    const byGroup = new Map<number, number>();
    const used = new Map<Alike, number>();
    const some: number[] = [];
    for (const part of parts) {
      const at = used.get(part) ?? 0;
      const row = part.rows[at];
      if (row === undefined) return;
      used.set(part, at + 1);
      some.push(row);
      byGroup.set(part.group, (byGroup.get(part.group) ?? 0) + Math.sign(by) * part.value);
    }
    options.push({ byGroup, rows: some, all: [...used.keys()].flatMap((part) => part.rows) });
  };
  const values = [...byValue.keys()].sort((a, b) => a - b);
  const alikeOf = (value: number): Alike[] => [...(byValue.get(value)?.values() ?? [])];
  for (const value of values) if (isSum(value)) for (const one of alikeOf(value)) add(one);
  /** Adds the pairs with values from a position on that make up an amount, and other events. */
  const addPairs = (from: number, amount: number, ...others: readonly Alike[]): void => {
    for (let low = from, high = values.length - 1; low <= high; ) {
      const [small, large] = [values[low] as number, values[high] as number];
      if (Math.abs(small + large - amount) <= NEARLY * sum) {
        for (const [at, one] of alikeOf(small).entries()) {
          // Of one value, each pair of groups once.
          const rest = low === high ? alikeOf(large).slice(at) : alikeOf(large);
          for (const other of rest) if (options.length <= MAX_OPTIONS) add(...others, one, other);
        }
      }
      if (small + large < amount) low++;
      else high--;
    }
  };
  addPairs(0, sum);
  let tried = count + (count * (count - 1)) / 2;
  if (options.length === 0 && count <= MAX_FOR_THREE) {
    tried += (count * (count - 1) * (count - 2)) / 6;
    for (const [at, value] of values.entries()) {
      for (const one of alikeOf(value)) addPairs(at, sum - value, one);
    }
  }
  return { options, tried };
}

/** Chooses one option for each gap, so that together they make up what every group differs by, where that is known. */
export function choose(
  gaps: readonly (readonly Option[])[],
  byGroup: ReadonlyMap<number, number> | undefined,
): Choice {
  // One event is likelier than two.
  const fewest = gaps.map((options) => {
    const least = Math.min(...options.map(({ rows }) => rows.length));
    return options.filter(({ rows }) => rows.length === least);
  });
  if (byGroup === undefined) {
    return { chosen: fewest.flatMap(([first]) => first ?? []), possible: fewest.flat() };
  }
  const likeliest = combined(fewest, byGroup);
  // Two events may make up what one does: both are named, where all can be told.
  const any = combined(gaps, byGroup);
  return {
    chosen: (likeliest ?? any)?.chosen,
    possible: (any ?? likeliest)?.possible ?? gaps.flat(),
  };
}

/** The combinations that make up every group; undefined where there is none, or where there are too many to tell. */
function combined(
  gaps: readonly (readonly Option[])[],
  byGroup: ReadonlyMap<number, number>,
): Choice | undefined {
  if (gaps.some(({ length }) => length > MAX_OPTIONS)) return undefined;
  const groups = [...byGroup.keys()];
  const left = groups.map((group) => byGroup.get(group) ?? 0);
  const slack = NEARLY_ALL * left.reduce((sum, by) => sum + Math.abs(by), 0);
  const take = (option: Option, sign: 1 | -1): void => {
    for (const [position, group] of groups.entries()) {
      left[position] = (left[position] as number) - sign * (option.byGroup.get(group) ?? 0);
    }
  };
  const certain = gaps.flatMap((options) => (options.length === 1 ? options : []));
  for (const option of certain) take(option, 1);
  const open = gaps.filter(({ length }) => length !== 1).sort((a, b) => a.length - b.length);
  if (open.length > MAX_OPEN) return undefined;
  /** The least and the most that the gaps from a position on can add to each group. */
  const reach = [groups.map(() => ({ least: 0, most: 0 }))];
  for (const options of [...open].reverse()) {
    const [next = []] = reach;
    reach.unshift(
      groups.map((group, position) => {
        const amounts = options.map((option) => option.byGroup.get(group) ?? 0);
        return {
          least: (next[position]?.least ?? 0) + Math.min(...amounts),
          most: (next[position]?.most ?? 0) + Math.max(...amounts),
        };
      }),
    );
  }
  const isReachable = (at: number): boolean =>
    left.every((amount, position) => {
      const { least, most } = reach[at]?.[position] ?? { least: 0, most: 0 };
      return amount >= least - slack && amount <= most + slack;
    });
  const taken: Option[] = [];
  const met = new Set<Option>();
  let chosen: readonly Option[] | undefined;
  let combinations = 0;
  const next = (at: number): void => {
    if (combinations++ > MAX_COMBINATIONS || !isReachable(at)) return;
    const options = open[at];
    if (options === undefined) {
      chosen ??= [...certain, ...taken];
      for (const option of taken) met.add(option);
      return;
    }
    for (const option of options) {
      take(option, 1);
      taken.push(option);
      next(at + 1);
      taken.pop();
      take(option, -1);
    }
  };
  next(0);
  if (combinations > MAX_COMBINATIONS || chosen === undefined) return undefined;
  return { chosen, possible: [...certain, ...met] };
}
