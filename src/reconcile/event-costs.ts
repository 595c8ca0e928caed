import { add, type Exact, exactOfNumber, multiply } from "../values/scaled-integer.ts";
import type { EventColumns } from "./columns.ts";
import { NearSums, surelyRounded } from "./near-sums.ts";
import { groupKey, type Prediction } from "./prediction.ts";
import { PLACES, type Rounding, rounded } from "./rounding.ts";
import { isIncluded, requiredBits, USABLE } from "./rules.ts";
import { approximately } from "./tallies.ts";

/** What the rounded costs of events add up to. */
export interface CostSums {
  readonly total: Exact;
  readonly groups: ReadonlyMap<string, Exact>;
  readonly windows: ReadonlyMap<number, Exact>;
}

/** Adds up integers, in doubles while that is exact. */
class IntegerSum {
  #small = 0;
  #large = 0n;

  add(value: number | bigint): void {
    if (typeof value === "bigint") {
      this.#large += value;
      return;
    }
    const sum = this.#small + value;
    if (sum <= Number.MAX_SAFE_INTEGER && sum >= Number.MIN_SAFE_INTEGER) {
      this.#small = sum;
      return;
    }
    this.#large += BigInt(this.#small);
    this.#small = value;
  }

  total(exponent: number): Exact {
    return { coefficient: this.#large + BigInt(this.#small), exponent };
  }
}

/**
 * The costs of single events, rounded one by one and added up. It goes through the columns, not through the events:
 * once for each way of rounding that may fit.
 */
export class EventCosts {
  readonly #columns: EventColumns;
  readonly #unitCost: Exact;
  readonly #near = new WeakMap<Prediction, NearSums>();

  constructor(columns: EventColumns, unitCost: Exact) {
    this.#columns = columns;
    this.#unitCost = unitCost;
  }

  /** What the rounded costs add up to, nearly. */
  near(prediction: Prediction): NearSums {
    const known = this.#near.get(prediction);
    if (known !== undefined) return known;
    const near = new NearSums(PLACES);
    const { mask: masks, length } = this.#columns;
    const { rules, ledger } = prediction;
    const required = requiredBits(rules) | USABLE;
    const unitCost = approximately(this.#unitCost);
    const isCount = ledger.trail.plan.aggregation === "COUNT";
    for (let row = 0; row < length; row++) {
      if (!isIncluded(masks[row] as number, required, rules.otherType)) continue;
      const value = isCount ? 1 : this.#columns.valueOf(row);
      near.add(unitCost * (typeof value === "number" ? value : approximately(value)));
    }
    this.#near.set(prediction, near);
    return near;
  }

  rounded(prediction: Prediction, rounding: Rounding): CostSums {
    const { ledger, rules } = prediction;
    const { plan, groups: combinations } = ledger.trail;
    const { mask: masks, timestamp, group: groupNumbers, length } = this.#columns;
    const costOf = this.#roundedCosts(rounding);
    const isCount = plan.aggregation === "COUNT";
    const required = requiredBits(rules) | USABLE;
    const { window } = plan;
    const total = new IntegerSum();
    const groups: IntegerSum[] = combinations.combinations.map(() => new IntegerSum());
    const windows = new Map<number, IntegerSum>();
    let windowAt = Number.NaN;
    let byWindow: IntegerSum | undefined;
    for (let row = 0; row < length; row++) {
      if (!isIncluded(masks[row] as number, required, rules.otherType)) continue;
      const cost = costOf(isCount ? 1 : this.#columns.valueOf(row));
      total.add(cost);
      if (plan.groupBy !== undefined) groups[groupNumbers[row] as number]?.add(cost);
      if (window === undefined) continue;
      const at = Math.floor((timestamp[row] as number) / window);
      if (at !== windowAt) {
        windowAt = at;
        byWindow = windows.get(at * window);
        if (byWindow === undefined) {
          byWindow = new IntegerSum();
          windows.set(at * window, byWindow);
        }
      }
      byWindow?.add(cost);
    }
    const exponent = -rounding.places;
    const byKey = new Map<string, Exact>();
    const empty = rules.nullAsEmpty ? "" : "null";
    for (const [number, texts] of combinations.combinations.entries()) {
      const key = groupKey(texts.map((text) => text ?? empty));
      const sum = groups[number]?.total(exponent);
      const known = byKey.get(key);
      if (sum !== undefined) byKey.set(key, known === undefined ? sum : add(known, sum));
    }
    return {
      total: total.total(exponent),
      groups: byKey,
      windows: new Map([...windows].map(([start, sum]) => [start, sum.total(exponent)])),
    };
  }

  /**
   * What gives the rounded cost of a value, in units of the last place. Exact arithmetic is for those alone of which
   * doubles do not say which way to round, and once for each.
   */
  #roundedCosts(rounding: Rounding): (value: number | Exact) => number | bigint {
    const unitCost = approximately(this.#unitCost);
    const power = 10 ** rounding.places;
    const known = new Map<number, number | bigint>();
    const exactly = (value: Exact): number | bigint => {
      const cost = rounded(multiply(this.#unitCost, value), rounding);
      const units = cost.coefficient * 10n ** BigInt(cost.exponent + rounding.places);
      return units <= Number.MAX_SAFE_INTEGER && units >= Number.MIN_SAFE_INTEGER
        ? Number(units)
        : units;
    };
    return (value) => {
      const near = typeof value === "number" ? value : approximately(value);
      const sure = surelyRounded(unitCost * near * power);
      if (!Number.isNaN(sure)) return sure;
      if (typeof value !== "number") return exactly(value);
      let cost = known.get(value);
      if (cost === undefined) {
        cost = exactly(exactOfNumber(value));
        known.set(value, cost);
      }
      return cost;
    };
  }
}
