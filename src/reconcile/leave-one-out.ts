import type { Aggregation } from "../models.ts";
import { add, divide, type Exact, MEAN_DIGITS } from "../values/scaled-integer.ts";
import { approximately, compareValues, ExactSum, emptyQuantity, ofCount } from "./accumulators.ts";
import { agreementOf, type Cell, difference } from "./comparison.ts";
import type { EventColumns } from "./event-columns.ts";
import type { Candidate, Candidates, Hypothesis } from "./hypothesis.ts";
import { groupKey } from "./prediction.ts";
import type { Search } from "./search.ts";

/** What a row of a breakdown, or the total, comes to when one of its events is left out or counted twice. */
export interface WithoutOne {
  /** Takes in an event of the row. */
  add(row: number): void;
  /** Undefined where nothing would be left of the row. `row` is one of those taken in. */
  without(row: number): Exact | undefined;
  twice(row: number): Exact | undefined;
  /** Nearly the same in doubles, so that most events need no exact arithmetic; NaN where there is nothing. */
  nearly(row: number, isTwice: boolean): number;
}

class WithoutOneOfSum implements WithoutOne {
  readonly #columns: EventColumns;
  readonly #isMean: boolean;
  readonly #adding = new ExactSum();
  #sum: Exact | undefined;
  #nearSum = 0;
  #count = 0;

  constructor(columns: EventColumns, isMean: boolean) {
    this.#columns = columns;
    this.#isMean = isMean;
  }

  add(row: number): void {
    this.#adding.add(this.#columns.valueOf(row));
    this.#sum = undefined;
    this.#count++;
  }
  without(row: number): Exact | undefined {
    return this.#of(difference(this.#total(), this.#columns.exactOf(row)), this.#count - 1);
  }
  twice(row: number): Exact | undefined {
    return this.#of(add(this.#total(), this.#columns.exactOf(row)), this.#count + 1);
  }
  nearly(row: number, isTwice: boolean): number {
    const value = this.#columns.valueOf(row);
    const number = typeof value === "number" ? value : approximately(value);
    this.#total();
    const sum = this.#nearSum + (isTwice ? number : -number);
    const count = this.#count + (isTwice ? 1 : -1);
    return count === 0 ? Number.NaN : this.#isMean ? sum / count : sum;
  }

  #total(): Exact {
    if (this.#sum === undefined) {
      this.#sum = this.#adding.total();
      this.#nearSum = approximately(this.#sum);
    }
    return this.#sum;
  }

  #of(sum: Exact, count: number): Exact | undefined {
    if (count === 0) return undefined;
    return this.#isMean ? divide(sum, ofCount(count), MEAN_DIGITS) : sum;
  }
}

class WithoutOneOfCount implements WithoutOne {
  #count = 0;

  add(): void {
    this.#count++;
  }
  without(): Exact | undefined {
    return this.#count === 1 ? undefined : ofCount(this.#count - 1);
  }
  twice(): Exact | undefined {
    return ofCount(this.#count + 1);
  }
  nearly(_: number, isTwice: boolean): number {
    return this.#count === 1 && !isTwice ? Number.NaN : this.#count + (isTwice ? 1 : -1);
  }
}

/** MIN, MAX and LATEST: the best event, and the best of the others. */
class WithoutOneOfBest implements WithoutOne {
  readonly #columns: EventColumns;
  /** Whether a row is better than another, or as good. */
  readonly #isBetter: (row: number, than: number) => boolean;
  #best = -1;
  #second = -1;

  constructor(columns: EventColumns, isBetter: (row: number, than: number) => boolean) {
    this.#columns = columns;
    this.#isBetter = isBetter;
  }

  add(row: number): void {
    if (this.#best === -1 || this.#isBetter(row, this.#best)) {
      this.#second = this.#best;
      this.#best = row;
    } else if (this.#second === -1 || this.#isBetter(row, this.#second)) {
      this.#second = row;
    }
  }
  without(row: number): Exact | undefined {
    return this.#quantityOf(row === this.#best ? this.#second : this.#best);
  }
  twice(): Exact | undefined {
    return this.#quantityOf(this.#best);
  }
  nearly(row: number, isTwice: boolean): number {
    const quantity = isTwice ? this.twice() : this.without(row);
    return quantity === undefined ? Number.NaN : approximately(quantity);
  }

  #quantityOf(row: number): Exact | undefined {
    return row === -1 ? undefined : this.#columns.exactOf(row);
  }
}

class WithoutOneOfTexts implements WithoutOne {
  readonly #columns: EventColumns;
  readonly #counts = new Map<number, number>();
  #events = 0;

  constructor(columns: EventColumns) {
    this.#columns = columns;
  }

  add(row: number): void {
    const text = this.#columns.value[row] as number;
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
    this.#events++;
  }
  without(row: number): Exact | undefined {
    return this.#events === 1 ? undefined : ofCount(this.nearly(row, false));
  }
  twice(): Exact | undefined {
    return ofCount(this.#counts.size);
  }
  nearly(row: number, isTwice: boolean): number {
    const isOnly = this.#counts.get(this.#columns.value[row] as number) === 1;
    return this.#counts.size - (isOnly && !isTwice ? 1 : 0);
  }
}

/** What makes them, for an aggregation. */
export function withoutOneMaker(aggregation: Aggregation, columns: EventColumns): () => WithoutOne {
  const byValue = (sign: 1 | -1) => () =>
    new WithoutOneOfBest(
      columns,
      (row, than) => compareValues(columns.valueOf(row), columns.valueOf(than)) * sign >= 0,
    );
  switch (aggregation) {
    case "COUNT":
      return () => new WithoutOneOfCount();
    case "SUM":
      return () => new WithoutOneOfSum(columns, false);
    case "AVG":
      return () => new WithoutOneOfSum(columns, true);
    case "MIN":
      return byValue(-1);
    case "MAX":
      return byValue(1);
    case "LATEST":
      return () =>
        new WithoutOneOfBest(columns, (row, than) => {
          const later = (columns.timestamp[row] as number) - (columns.timestamp[than] as number);
          return later > 0 || (later === 0 && row > than);
        });
    case "UNIQUE_COUNT":
      return () => new WithoutOneOfTexts(columns);
  }
}

/** How far a double may be off before an event is passed over: much more than it can be. */
const NEARLY = 1e-12;

/**
 * The server lacks one event, or counted one twice: every event for which that accounts for all cells.
 *
 * Only an event of the one window and the one group that differ can be it, so only those are looked at: one step for
 * each event that counts, and one exact comparison for each that nearly fits. When more than one window or group
 * differs, or windows were given and none does, there is none.
 */
export const leaveOneOut: Hypothesis = { candidates: eventCandidates };

function* eventCandidates(search: Search): Candidates {
  const { cells } = search;
  const { classification, comparer } = search;
  const { columns, plan, groups } = classification;
  const { server } = comparer;
  const differing = (place: Cell["place"]): Cell[] =>
    cells.filter((cell) => cell.place === place && cell.agreement === "different");
  const [windowCell, otherWindow] = differing("window");
  const [groupCell, otherGroup] = differing("group");
  if (otherWindow !== undefined || otherGroup !== undefined) return;
  if (server.windows !== undefined && windowCell === undefined) return;
  if (server.windows === undefined && server.groups !== undefined && groupCell === undefined) {
    return;
  }

  const create = withoutOneMaker(plan.aggregation, columns);
  const { window = 1 } = plan;
  const keys = groups.combinations.map((texts) => groupKey(texts.map((text) => text ?? "null")));
  const total = create();
  const inWindow = create();
  const byGroup = new Map<string, WithoutOne>();
  const candidates: number[] = [];
  const groupOf = (row: number): string => keys[columns.group[row] as number] ?? "";
  const isInWindow = (row: number): boolean =>
    windowCell === undefined ||
    Math.floor((columns.timestamp[row] as number) / window) * window === windowCell.at;
  for (let row = 0; row < columns.length; row++) {
    if (!search.counts(row)) continue;
    total.add(row);
    if (server.groups !== undefined) {
      let withoutOne = byGroup.get(groupOf(row));
      if (withoutOne === undefined) {
        withoutOne = create();
        byGroup.set(groupOf(row), withoutOne);
      }
      withoutOne.add(row);
    }
    if (!isInWindow(row)) continue;
    inWindow.add(row);
    if (groupCell === undefined || groupOf(row) === groupCell.at) candidates.push(row);
  }

  const totalTarget = server.totalQuantity;
  const ownTotal = search.own.total().quantity;
  const scale = ownTotal === undefined ? 0 : Math.abs(approximately(ownTotal));
  const windowTarget = windowCell && (windowCell.server?.quantity ?? null);
  for (const isTwice of [false, true]) {
    const meets = (
      withoutOne: WithoutOne,
      row: number,
      target: Exact | null | undefined,
    ): boolean => {
      if (target === undefined) return true;
      const empty = withoutOne === total ? emptyQuantity(plan.aggregation) : undefined;
      const nearly = withoutOne.nearly(row, isTwice);
      if (target !== null && !Number.isNaN(nearly)) {
        const wanted = approximately(target);
        if (Math.abs(nearly - wanted) > NEARLY * (scale + Math.abs(wanted) + Math.abs(nearly)))
          return false;
      }
      const quantity = (isTwice ? withoutOne.twice(row) : withoutOne.without(row)) ?? empty;
      return agreementOf(quantity, target, 0, undefined) !== "different";
    };
    const fitting = candidates.filter((row) => {
      if (windowTarget !== undefined && !meets(inWindow, row, windowTarget)) return false;
      const key = groupOf(row);
      const withoutOne = byGroup.get(key);
      const groupTarget = server.groups && (server.groups.get(key)?.quantity ?? null);
      if (withoutOne !== undefined && !meets(withoutOne, row, groupTarget)) return false;
      return meets(total, row, totalTarget);
    });
    const [first] = fitting;
    if (first !== undefined) {
      yield candidateOf(search, fitting, first, isTwice, candidates.length);
    }
  }
}

function candidateOf(
  search: Search,
  rows: readonly number[],
  first: number,
  isTwice: boolean,
  candidates: number,
): Candidate {
  const which = rows.length === 1 ? "this event" : `one of these ${rows.length} events`;
  return {
    hypotheses: [{ id: isTwice ? "event-repeated" : "event-left-out" }],
    // All of them lead to the same quantities in the same rows: one represents all.
    predict: () => search.predictWeighted((row) => (row === first ? (isTwice ? 2 : 0) : 1)),
    events: () => ({ count: rows.length, rows: () => rows }),
    chance: (evidence) => evidence.chanceOfEvent(candidates, first, isTwice),
    advice: isTwice
      ? `The server counted ${which} twice: look for a retry under another key, or without one.${finer(search)}`
      : `The server lacks ${which}: check whether it was sent and answered with 202; sending it again under the same key is safe.${finer(search)}`,
  };
}

function finer({ classification, comparer }: Search): string {
  const isFinest = comparer.server.windows !== undefined && classification.plan.window === 60_000;
  return isFinest ? "" : " Ask for MINUTE windows to narrow it down.";
}
