import { countOf, emptyQuantity } from "../engine/accumulators.ts";
import { add, type Exact } from "../values/scaled-integer.ts";
import { approximately, type BoundedAccumulators, OF_TWICE } from "./accumulators.ts";
import { agreementOf } from "./comparison.ts";
import { altered, type Candidate, type Candidates, type Hypothesis } from "./hypothesis.ts";
import type { Search } from "./search.ts";

/** How far a double may be off before an event is passed over: much more than it can be. */
const NEARLY = 1e-12;

/** Some events of which one may be left out or counted twice. */
class AlteredEvents {
  readonly #search: Search;
  readonly #accumulators: BoundedAccumulators;
  #count = 0;
  #near: { readonly count: number; readonly quantity: number } | undefined;

  constructor(search: Search) {
    this.#search = search;
    this.#accumulators = search.classification.createAccumulators(true);
    this.#accumulators.create();
  }

  add(row: number): void {
    this.#search.addTo(this.#accumulators, 0, row);
    this.#count++;
  }

  /** Their value when one of them, given by its row, is altered; undefined where nothing would be left. */
  quantity(row: number, isTwice: boolean): Exact | undefined {
    if (!isTwice && this.#count === 1) return undefined;
    const { columns, plan } = this.#search.classification;
    if (plan.aggregation === "COUNT") return countOf(this.#count + (isTwice ? 1 : -1));
    const accumulators = this.#accumulators;
    if (!isTwice) return accumulators.without(0, columns.valueOf(row), this.#search.orderOf(row));
    const quantity = accumulators.quantity(0);
    if (plan.aggregation === "SUM") return quantity && add(quantity, columns.exactOf(row));
    if (plan.aggregation !== "AVG") return quantity;
    const again = this.#search.classification.createAccumulators();
    again.create();
    again.merge(0, accumulators, 0);
    this.#search.addTo(again, 0, row);
    return again.quantity(0);
  }

  /** How far doubles may miss their value, also when one of them is counted twice. */
  bound(): number {
    return OF_TWICE * this.#accumulators.bounds(0).quantity;
  }

  /** Nearly the same of sums and means in doubles, so that most events need no exact arithmetic; NaN for all else. */
  nearly(row: number, isTwice: boolean): number {
    const { columns, plan } = this.#search.classification;
    const isMean = plan.aggregation === "AVG";
    if (plan.aggregation !== "SUM" && !isMean) return Number.NaN;
    const count = this.#count + (isTwice ? 1 : -1);
    if (count === 0) return Number.NaN;
    if (this.#near?.count !== this.#count) {
      const quantity = this.#accumulators.quantity(0);
      this.#near = { count: this.#count, quantity: quantity ? approximately(quantity) : 0 };
    }
    const near = columns.nearOf(row);
    const sum = this.#near.quantity * (isMean ? this.#count : 1) + (isTwice ? near : -near);
    return isMean ? sum / count : sum;
  }
}

/**
 * The server lacks one event, or counted one twice: every event for which that accounts for all cells.
 *
 * Only an event of the one window and the one group that differ can be it, so only those are tried. That takes one
 * step for each event that counts, and one exact comparison for each that nearly fits. There is no candidate when more than one window or
 * group differs, or when windows were given and none differs.
 */
export const leaveOneOut: Hypothesis = { candidates: eventCandidates };

function* eventCandidates(search: Search): Candidates {
  const { classification, comparer } = search;
  const { columns, plan } = classification;
  const { server } = comparer;
  const [windowCell, otherWindow] = search.differing("window");
  const [groupCell, otherGroup] = search.differing("group");
  if (otherWindow !== undefined || otherGroup !== undefined) return;
  if (server.windows !== undefined && windowCell === undefined) return;
  if (server.windows === undefined && server.groups !== undefined && groupCell === undefined) {
    return;
  }

  const keys = classification.groupKeys();
  const total = new AlteredEvents(search);
  const inWindow = new AlteredEvents(search);
  const byGroup = new Map<string, AlteredEvents>();
  const candidates: number[] = [];
  const groupOf = (row: number): string => keys[columns.group[row] as number] ?? "";
  for (let row = 0; row < columns.length; row++) {
    if (!search.counts(row)) continue;
    total.add(row);
    if (server.groups !== undefined) {
      let inGroup = byGroup.get(groupOf(row));
      if (inGroup === undefined) {
        inGroup = new AlteredEvents(search);
        byGroup.set(groupOf(row), inGroup);
      }
      inGroup.add(row);
    }
    if (windowCell !== undefined && search.windowOf(row) !== windowCell.at) continue;
    inWindow.add(row);
    if (groupCell === undefined || groupOf(row) === groupCell.at) candidates.push(row);
  }

  const totalTarget = server.totalQuantity;
  const ownTotal = search.own.total().quantity;
  const scale = ownTotal === undefined ? 0 : Math.abs(approximately(ownTotal));
  const windowTarget = windowCell && (windowCell.server?.quantity ?? null);
  for (const isTwice of [false, true]) {
    /** `isNear`: as far as doubles can tell. */
    const meets = (
      events: AlteredEvents,
      row: number,
      target: Exact | null | undefined,
      isNear: boolean,
    ): boolean => {
      if (target === undefined) return true;
      const bound = isNear ? events.bound() : 0;
      const empty = events === total ? emptyQuantity(plan.aggregation) : undefined;
      const nearly = events.nearly(row, isTwice);
      if (target !== null && !Number.isNaN(nearly)) {
        const wanted = approximately(target);
        const off = NEARLY * (scale + Math.abs(wanted) + Math.abs(nearly));
        if (Math.abs(nearly - wanted) > Math.max(off, bound)) return false;
      }
      const quantity = events.quantity(row, isTwice) ?? empty;
      return agreementOf(quantity, target, bound) !== "different";
    };
    const isFitting = (row: number, isNear: boolean): boolean => {
      if (!meets(inWindow, row, windowTarget, isNear)) return false;
      const key = groupOf(row);
      const inGroup = byGroup.get(key);
      const groupTarget = server.groups && (server.groups.get(key)?.quantity ?? null);
      if (inGroup !== undefined && !meets(inGroup, row, groupTarget, isNear)) return false;
      return meets(total, row, totalTarget, isNear);
    };
    const exact = candidates.filter((row) => isFitting(row, false));
    const isExact = exact.length > 0 || total.bound() === 0;
    const fitting = isExact ? exact : candidates.filter((row) => isFitting(row, true));
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
    ...altered(search, (row) => row === first, isTwice ? 2 : 0),
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
