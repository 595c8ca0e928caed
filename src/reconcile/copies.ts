import { isAdditive } from "../engine/accumulators.ts";
import { NONE } from "../engine/exact-sums.ts";
import { PairInterner } from "../engine/interners.ts";
import { compare, subtract, ZERO } from "../values/scaled-integer.ts";
import { NO_LOSS } from "./accumulators.ts";
import { altered, type Hypothesis } from "./hypothesis.ts";
import type { Search } from "./search.ts";

/** Within how many seconds of each other two events that say the same may be one; ascending. */
const SECONDS = [0, 1, 5, 10, 30, 60, 300, 600, 3_600, 86_400] as const;
const KEPT = ["first", "last"] as const;

/**
 * Your own log has events again under new keys, which the server counted once. Of events with the same source, subject,
 * group and value, within some seconds of each other, it kept the first or the last. Only where quantities are added up.
 */
export const copies: Hypothesis = {
  *candidates(search) {
    const { classification, comparer } = search;
    const { plan, columns } = classification;
    const { totalQuantity } = comparer.server;
    const own = search.own.total().quantity;
    if (!isAdditive(plan.aggregation)) return;
    if (totalQuantity === undefined || totalQuantity === null || own === undefined) return;
    if (compare(totalQuantity, own) === 0) return;
    const before = likeRowsBefore(search);
    /** The position in `SECONDS` of how far a row is from the one before it that says the same. */
    const levelOf = (row: number): number => {
      const other = before[row] as number;
      if (other === NONE) return NONE;
      const times = columns.timestamp;
      const apart = Math.abs((times[row] as number) - (times[other] as number));
      return SECONDS.findIndex((seconds) => apart <= seconds * 1_000);
    };
    const isDropped = (kept: (typeof KEPT)[number], level: number): Uint8Array => {
      const dropped = new Uint8Array(columns.length);
      for (let row = 0; row < columns.length; row++) {
        const at = levelOf(row);
        if (at === NONE || at > level) continue;
        dropped[kept === "first" ? row : (before[row] as number)] = 1;
      }
      return dropped;
    };
    const sums = classification.createAccumulators();
    for (const _ of SECONDS) sums.create();
    const counts = SECONDS.map(() => 0);
    for (let row = 0; row < columns.length; row++) {
      const level = levelOf(row);
      if (level === NONE) continue;
      search.addTo(sums, level, row);
      counts[level] = (counts[level] ?? 0) + 1;
    }
    const bounds = { ...NO_LOSS, quantity: search.boundAt() };
    let quantity = own;
    for (const [level, withinSeconds] of SECONDS.entries()) {
      if (counts[level] === 0) continue;
      quantity = subtract(quantity, sums.quantity(level) ?? ZERO);
      // Which of two that say the same is dropped shows in windows only.
      if (!comparer.fitsTotalQuantity({ quantity, bounds })) continue;
      for (const kept of KEPT) {
        const dropped = isDropped(kept, level);
        const lost = altered(search, (row) => dropped[row] === 1, 0);
        const candidates = SECONDS.length * KEPT.length;
        const found = yield {
          hypotheses: [{ id: "copies-left-out", parameters: { withinSeconds, kept } }],
          ...lost,
          chance: (evidence) =>
            Math.max(
              evidence.chance(candidates),
              candidates * evidence.oddsOfSet(lost.events().count),
            ),
          advice:
            "The server counted once what your log has again under new keys: give a retry the key of its first attempt.",
        };
        if (found !== undefined) return;
      }
    }
  },
};

/**
 * Of each row that counts, the last before it in time with the same source, subject, group and value; `NONE` where there is
 * none. Of equal times, it is the one received before.
 */
function likeRowsBefore(search: Search): Int32Array {
  const { columns } = search.classification;
  const senders = new PairInterner();
  const groups = new PairInterner();
  const values = new PairInterner();
  const valueNumbers = new Map<number, number>();
  const last: number[] = [];
  const before = new Int32Array(columns.length).fill(NONE);
  for (const row of search.classification.byTime()) {
    if (!search.counts(row)) continue;
    const value = columns.value[row] as number;
    let number = valueNumbers.get(value);
    if (number === undefined) {
      number = valueNumbers.size;
      valueNumbers.set(value, number);
    }
    // What no JS number holds is not looked at.
    if (Number.isNaN(value)) continue;
    const sender = senders.numberOf(columns.subject[row] as number, columns.scope[row] as number);
    const like = values.numberOf(groups.numberOf(sender, columns.group[row] as number), number);
    before[row] = last[like] ?? NONE;
    last[like] = row;
  }
  return before;
}
