import type { EventReference, EventSample, Reason } from "./result.ts";

/** Every reason, in the order in which they are looked at. */
export const REASONS: readonly Reason[] = [
  "duplicate",
  "other-type",
  "other-namespace",
  "other-subject",
  "unresolved-subject",
  "before",
  "after",
  "filtered",
  "no-value",
  "unusable-value",
  "invalid",
];

/** How many events a sample names. */
const FIRST = 5;

/** The first few of some events, and how many they are. */
export class GrowingSample implements EventSample {
  count = 0;
  readonly first: EventReference[] = [];

  add(index: number, key: string | null): void {
    if (this.count++ < FIRST) this.first.push(referenceOf(index, key));
  }

  sample(): EventSample {
    return { count: this.count, first: [...this.first] };
  }
}

export function referenceOf(index: number, key: string | null): EventReference {
  return key === null ? { index } : { index, key };
}

/** The first few of some rows. */
export function firstReferences(
  rows: Iterable<number>,
  keys: readonly (string | null)[],
): EventReference[] {
  const first: EventReference[] = [];
  for (const row of rows) {
    first.push(referenceOf(row, keys[row] ?? null));
    if (first.length === FIRST) break;
  }
  return first;
}

/** What becomes of each event as it is read. */
export class AuditCounts {
  used = 0;
  readonly #leftOut = new Map(REASONS.map((reason) => [reason, new GrowingSample()]));
  readonly #withoutTime = new GrowingSample();

  leaveOut(reason: Reason, index: number, key: string | null): void {
    this.#leftOut.get(reason)?.add(index, key);
  }

  missTime(index: number, key: string | null): void {
    this.#withoutTime.add(index, key);
  }

  get withoutTime(): EventSample {
    return this.#withoutTime;
  }

  leftOut(): Record<Reason, EventSample> {
    return Object.fromEntries(
      [...this.#leftOut].map(([reason, sample]) => [reason, sample.sample()]),
    ) as Record<Reason, EventSample>;
  }
}
