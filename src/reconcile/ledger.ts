import { isIncluded, type Rules, requiredBits } from "./rules.ts";
import { type Tally, tallyMaker } from "./tallies.ts";
import type { EventTrail } from "./trail.ts";

/** The tallies of the events of one mask: in total, and by the numbers of groups and windows. */
export interface MaskTallies {
  readonly mask: number;
  count: number;
  readonly total: Tally;
  readonly groups: (Tally | undefined)[];
  readonly windows: (Tally | undefined)[];
}

/** How often an event is taken in: 0, 1 or 2 times. */
export type Weight = (row: number) => number;

/**
 * What the events come to under any rules: one tally for each mask that occurs, so that rules are tried by merging
 * tallies, without touching an event again.
 */
export class Ledger {
  readonly trail: EventTrail;
  readonly masks: readonly MaskTallies[];
  /** The start of each window, by its number. */
  readonly windowStarts: readonly number[];
  readonly createTally: () => Tally;

  /**
   * `weight` leaves events out, or repeats them; `window` is the length of the windows, the plan's unless it is given.
   */
  constructor(trail: EventTrail, weight?: Weight, window = trail.plan.window) {
    const { columns, plan } = trail;
    const { mask: masks, timestamp, group, length } = columns;
    this.trail = trail;
    this.createTally = tallyMaker(plan.aggregation, columns, () => trail.texts.numberOf(""));
    const byMask = new Map<number, MaskTallies>();
    const starts: number[] = [];
    const windowNumbers = new Map<number, number>();
    let tallies: MaskTallies | undefined;
    let windowAt = Number.NaN;
    let windowNumber = 0;
    for (let row = 0; row < length; row++) {
      const mask = masks[row] as number;
      if (mask === 0) continue;
      const times = weight === undefined ? 1 : weight(row);
      if (times === 0) continue;
      if (tallies === undefined || tallies.mask !== mask) {
        tallies = byMask.get(mask);
        if (tallies === undefined) {
          tallies = { mask, count: 0, total: this.createTally(), groups: [], windows: [] };
          byMask.set(mask, tallies);
        }
      }
      tallies.count += times;
      let byGroup: Tally | undefined;
      let byWindow: Tally | undefined;
      if (plan.groupBy !== undefined) {
        const number = group[row] as number;
        byGroup = tallies.groups[number];
        if (byGroup === undefined) {
          byGroup = this.createTally();
          tallies.groups[number] = byGroup;
        }
      }
      if (window !== undefined) {
        const at = Math.floor((timestamp[row] as number) / window);
        if (at !== windowAt) {
          windowAt = at;
          windowNumber = windowNumbers.get(at) ?? starts.length;
          if (windowNumber === starts.length) {
            starts.push(at * window);
            windowNumbers.set(at, windowNumber);
          }
        }
        byWindow = tallies.windows[windowNumber];
        if (byWindow === undefined) {
          byWindow = this.createTally();
          tallies.windows[windowNumber] = byWindow;
        }
      }
      for (let time = 0; time < times; time++) {
        tallies.total.add(row);
        byGroup?.add(row);
        byWindow?.add(row);
      }
    }
    this.masks = [...byMask.values()];
    this.windowStarts = starts;
  }

  /** The tallies that the rules include. */
  included(rules: Rules): readonly MaskTallies[] {
    const required = requiredBits(rules);
    return this.masks.filter(({ mask }) => isIncluded(mask, required, rules.otherType));
  }
}
