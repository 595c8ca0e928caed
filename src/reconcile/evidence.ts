import { subtract, ZERO } from "../values/scaled-integer.ts";
import { startOf } from "../values/timestamp.ts";
import { approximately } from "./accumulators.ts";
import type { EventClassification } from "./classification.ts";
import { type Cell, type Comparer, differenceIn } from "./comparison.ts";
import type { Predicted } from "./prediction.ts";

/**
 * How many wrong candidates may be expected to fit for a finding to count as an explanation. Above this, an unrelated
 * cause leads to the same answer too often.
 */
export const MAX_CHANCE = 4e-4;
/** How many events are looked at for the grid and the density of values. */
const SAMPLE = 4_096;

/** What the evidence is weighed on. */
interface Compared {
  readonly classification: EventClassification;
  readonly comparer: Comparer;
  readonly own: Predicted;
  readonly cells: readonly Cell[];
  counts(row: number): boolean;
}

/** One row that differs. */
interface DifferingRow {
  readonly position: number;
  /** `server` - `local`, nearly. */
  readonly difference: number;
  readonly own: number;
  /** How many local events count in it. */
  readonly events: number;
  /** Whether the server has no such row. */
  readonly isGone: boolean;
}

/** The rows of one breakdown. */
interface Breakdown {
  readonly rows: number;
  readonly events: number;
  readonly differing: readonly DifferingRow[];
}

const logFactorial = (count: number): number => {
  if (count < 256) {
    let sum = 0;
    for (let at = 2; at <= count; at++) sum += Math.log(at);
    return sum;
  }
  return count * Math.log(count) - count + 0.5 * Math.log(2 * Math.PI * count); // Stirling
};
const logChoose = (count: number, some: number): number =>
  logFactorial(count) - logFactorial(some) - logFactorial(count - some);

/** How likely an unknown cause is to concern so many of some events: few are likelier than many. */
const oddsOfCount = (count: number, events: number): number =>
  1 / (Math.max(1, count) * (1 + Math.log(Math.max(1, events))));

/**
 * Estimates how many candidates of a hypothesis would fit the server's answer by chance, if something unrelated had
 * caused the difference.
 *
 * Two kinds of unrelated causes are considered, and the likelier one counts: events scattered over the log, and
 * something unknown that concerns only the rows that differ. The estimate is the number of candidates tried, times the
 * probability that such a cause gives these very differences. Amounts that a candidate can choose freely (the number of
 * events behind an instant) prove nothing and are left out.
 */
export class Evidence {
  readonly #classification: EventClassification;
  readonly #windows: Breakdown | undefined;
  readonly #groups: Breakdown | undefined;
  readonly #total: { readonly difference: number; readonly events: number };
  readonly #isCostOnly: boolean;
  /** The sizes of some values, and the step between two that can occur. */
  readonly #sizes: readonly number[];
  readonly #step: number;
  /** The size that more than half of these values have, 0 where there is none, and the share of those that have it. */
  readonly #usual: { readonly size: number; readonly share: number };

  constructor(search: Compared) {
    const { cells } = search;
    const { columns, plan } = search.classification;
    const { window } = plan;
    this.#classification = search.classification;
    const counts = { group: new Map<string | number, number>(), window: new Map() };
    const keys = search.classification.groupKeys();
    const rows: number[] = [];
    const countAt = (map: Map<string | number, number>, at: string | number): void => {
      map.set(at, (map.get(at) ?? 0) + 1);
    };
    for (let row = 0; row < columns.length; row++) {
      if (!search.counts(row)) continue;
      rows.push(row);
      if (plan.groupBy !== undefined) {
        countAt(counts.group, keys[columns.group[row] as number] ?? "");
      }
      if (window === undefined) continue;
      countAt(counts.window, startOf(columns.timestamp[row] as number, window));
    }
    const breakdown = (place: "group" | "window"): Breakdown | undefined => {
      const ofPlace = cells.filter((cell) => cell.place === place);
      if (ofPlace.length === 0) return undefined;
      if (place === "window") ofPlace.sort((a, b) => Number(a.at) - Number(b.at));
      const differing = ofPlace.flatMap((cell, position): DifferingRow[] => {
        if (cell.agreement !== "different") return [];
        const difference = differenceIn(cell, "quantity");
        const own = approximately(cell.own?.quantity ?? ZERO);
        const events = counts[place].get(cell.at) ?? 0;
        return [{ position, difference, own, events, isGone: cell.server === undefined }];
      });
      return { rows: ofPlace.length, events: rows.length, differing };
    };
    this.#groups = breakdown("group");
    this.#windows = breakdown("window");
    const own = search.own.total().quantity;
    const server = search.comparer.server.totalQuantity ?? undefined;
    const isKnown = own !== undefined && server !== undefined;
    this.#total = {
      difference: isKnown ? approximately(subtract(server, own)) : Number.NaN,
      events: rows.length,
    };
    this.#isCostOnly = isKnown && search.comparer.fitsQuantities(search.own);
    const every = Math.max(1, Math.ceil(rows.length / SAMPLE));
    const sample = rows.filter((_, at) => at % every === 0);
    const { aggregation } = plan;
    const areCounted = aggregation === "COUNT" || aggregation === "UNIQUE_COUNT";
    const values = areCounted ? [] : sample.map((row) => columns.exactOf(row));
    const exponent = values.reduce((least, value) => Math.min(least, value.exponent), 0);
    let step = 0n;
    for (const value of values) {
      let a = value.coefficient * 10n ** BigInt(value.exponent - exponent);
      if (a < 0n) a = -a;
      while (a !== 0n) [step, a] = [a, step % a];
    }
    this.#step = areCounted || step === 0n ? 1 : approximately({ coefficient: step, exponent });
    this.#sizes = values.map((value) => Math.abs(approximately(value)));
    const bySize = new Map<number, number>();
    for (const size of this.#sizes) bySize.set(size, (bySize.get(size) ?? 0) + 1);
    const [size, count] = [...bySize].find(([, of]) => of > this.#sizes.length / 2) ?? [0, 0];
    this.#usual = { size, share: count / this.#sizes.length };
  }

  /**
   * For a hypothesis with so many candidates, each of which predicts every amount but `free` ones: those it can choose.
   */
  chance(candidates: number, free = 0, freeOdds = 1): number {
    if (this.#isCostOnly) return 0;
    const windows = this.#windows?.differing.length ?? 0;
    const groups = this.#groups?.differing.length ?? 0;
    let odds = 0;
    if (windows > 0) odds += this.#logOdds(this.#windows, free, true);
    if (groups > 0) odds += this.#logOdds(this.#groups, windows > 0 ? 1 : free, false);
    if (windows === 0 && groups === 0) {
      if (free === 0) odds += Math.log(this.#totalOdds());
      // No event is in every total and in no row.
      const rows = Math.max(this.#windows?.rows ?? 0, this.#groups?.rows ?? 0);
      if (rows > 1) odds += Math.log(0.01);
    }
    return candidates * Math.exp(odds) * freeOdds ** free;
  }

  /** For an event, given by its row, among `events` that could be it by their place. */
  chanceOfEvent(events: number, row: number, isRepeated: boolean): number {
    const others = isRepeated ? events : events - 1;
    const { columns, plan } = this.#classification;
    switch (plan.aggregation) {
      case "COUNT":
        return others;
      case "SUM":
      case "AVG":
        return others * this.#density(Math.abs(columns.nearOf(row)));
      case "LATEST":
        return this.#density(Math.abs(columns.nearOf(row)));
      default:
        return 1;
    }
  }

  /** How many of some events in order, taken one by one, are expected to add up to any given amount. */
  oddsOfCut(rows: readonly number[]): number {
    const { plan, columns } = this.#classification;
    if (plan.aggregation !== "SUM") return 1;
    let sum = 0;
    let usual = 0;
    for (const row of rows) {
      sum += columns.nearOf(row);
      if (this.#usualIn(Math.abs(sum)) > 0) usual++;
    }
    if (sum === 0) return 1;
    const ofUsual = (usual * this.#usual.size) / Math.abs(sum);
    return Math.min(1, Math.max(this.oddsOfAmount(rows.length, sum), ofUsual));
  }

  /** How likely so many events, picked at random, are to be those of a candidate. */
  oddsOfSet(count: number): number {
    return Math.exp(-logChoose(this.#total.events, Math.min(count, this.#total.events)));
  }

  /** How likely so many of some rows, picked at random, are to be of the same values and groups as a candidate's. */
  oddsOfAlike(chosen: readonly number[], rows: readonly number[]): number {
    const { columns, plan } = this.#classification;
    const kindOf = (row: number): string => {
      const group = this.#groups === undefined ? "" : columns.group[row];
      return `${group} ${plan.aggregation === "COUNT" ? 1 : columns.nearOf(row)}`;
    };
    const countsOf = (some: readonly number[]): ReadonlyMap<string, number> => {
      const counts = new Map<string, number>();
      for (const row of some) counts.set(kindOf(row), (counts.get(kindOf(row)) ?? 0) + 1);
      return counts;
    };
    const all = countsOf(rows);
    let odds = -logChoose(rows.length, chosen.length);
    for (const [kind, count] of countsOf(chosen)) odds += logChoose(all.get(kind) ?? count, count);
    return Math.exp(odds);
  }

  /** How many of so many sums of values are expected to be of any given amount; at most 1. */
  oddsOfAmount(sums: number, amount: number): number {
    return Math.min(1, (sums * this.#step) / Math.abs(amount));
  }

  /** The probability that a value is of exactly this size: from how many are about as large. */
  #density(size: number): number {
    const sizes = this.#sizes;
    if (sizes.length === 0) return 1;
    const near = sizes.filter((other) => other >= size / 2 && other <= size * 2).length;
    const steps = Math.max(1, (1.5 * size) / this.#step);
    return Math.max(1, near) / sizes.length / steps;
  }

  #totalOdds(): number {
    const { difference, events } = this.#total;
    if (Number.isNaN(difference) || difference === 0) return 1;
    return this.#amountOdds({ difference, own: 0, events, isGone: false, position: 0 });
  }

  /** How likely an unknown cause is to change a row by exactly this. */
  #amountOdds({ difference, own, events, isGone }: DifferingRow): number {
    if (isGone) return 2 ** -Math.min(events, 1_000);
    const size = Math.abs(difference);
    switch (this.#classification.plan.aggregation) {
      case "COUNT":
      case "UNIQUE_COUNT":
        return oddsOfCount(size, events);
      case "SUM":
        return Math.min(1, Math.max(this.#step / size, this.#oddsOfUsual(size, events)));
      case "AVG":
        return Math.min(1, this.#step / (Math.max(1, events) * size));
      default:
        return own === 0 && size === 0 ? 1 : 0.5;
    }
  }

  /** How likely some of so many events, each of the usual size, are to add up to an amount. */
  #oddsOfUsual(amount: number, events: number): number {
    const count = this.#usualIn(amount);
    return count === 0 ? 0 : this.#usual.share ** count * oddsOfCount(count, events);
  }

  /** How many values of the usual size add up to an amount, 0 where none do. */
  #usualIn(amount: number): number {
    const { size } = this.#usual;
    const count = size === 0 ? 0 : Math.round(amount / size);
    return Math.abs(count * size - amount) <= this.#step / 2 ? count : 0;
  }

  #logOdds(breakdown: Breakdown | undefined, free: number, isTime: boolean): number {
    if (breakdown === undefined) return 0;
    const { rows, differing } = breakdown;
    const { aggregation } = this.#classification.plan;
    // The amounts that can be chosen are the ones that would prove the most.
    const amounts = differing
      .map((row) => Math.log(this.#amountOdds(row)))
      .sort((a, b) => a - b)
      .slice(free);
    const ofAmounts = amounts.reduce((sum, one) => sum + one, 0);
    const share = ({ events }: DifferingRow): number =>
      Math.log((events + 0.5) / (breakdown.events + 0.5 * rows));
    let scattered: number;
    if (aggregation === "COUNT") {
      const total = differing.reduce((sum, row) => sum + Math.abs(row.difference), 0);
      scattered = logFactorial(total);
      for (const row of differing) {
        const size = Math.abs(row.difference);
        scattered += size * share(row) - logFactorial(size);
      }
      if (free === 0) scattered -= Math.log(total * (1 + Math.log(breakdown.events)));
    } else {
      scattered = logFactorial(differing.length) + ofAmounts;
      for (const row of differing) scattered += share(row);
    }
    return Math.max(scattered, ofAmounts + this.#logOddsOfPlace(breakdown, isTime));
  }

  /** How likely an unknown cause is to concern exactly these rows. */
  #logOddsOfPlace({ rows, differing }: Breakdown, isTime: boolean): number {
    const some = differing.length;
    if (some === rows) return 0;
    const first = differing[0]?.position ?? 0;
    const last = differing.at(-1)?.position ?? 0;
    if (!isTime || last - first + 1 !== some) return -logChoose(rows, some);
    return last === rows - 1 ? Math.log(0.5) : -Math.log(rows);
  }
}
