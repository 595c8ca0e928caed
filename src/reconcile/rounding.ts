import { isAdditive } from "../engine/accumulators.ts";
import type { Plan } from "../engine/plan.ts";
import {
  add,
  type Exact,
  exactOfNumber,
  multiply,
  subtract,
  ZERO,
} from "../values/scaled-integer.ts";
import { approximately, BoundedAccumulators } from "./accumulators.ts";
import type { Amounts, Pricing } from "./comparison.ts";
import type { EventColumns } from "./event-columns.ts";
import { MaskIndex, type Predicted, type PredictedRow, Prediction } from "./prediction.ts";
import { isIncluded, type Rules, requiredBits, USABLE } from "./rules.ts";
import type { Search } from "./search.ts";

/** Beyond this a double says little about what is behind the point. */
const MAX_UNITS = 1e12;
/** How near to a half doubles may have missed which side of it a cost is on: at least, and for each unit. */
const NEAR_HALF = 1e-9;
const NEAR_HALF_EACH = 4 * Number.EPSILON;

/** The whole number next to one that doubles may miss a little; NaN where it may as well be the other one. */
function surelyRounded(units: number): number {
  const whole = Math.floor(units);
  const rest = units - whole;
  const size = units < 0 ? -units : units;
  const off = rest < 0.5 ? 0.5 - rest : rest - 0.5;
  if (size > MAX_UNITS || off < NEAR_HALF + NEAR_HALF_EACH * size) return Number.NaN;
  return rest < 0.5 ? whole : whole + 1;
}

/**
 * What costs add up to when each is rounded first, in doubles, and for several places at once: it tells in one quick
 * walk which ways of rounding cannot have led to a total.
 */
class RoundingFilter {
  readonly #places: readonly number[];
  readonly #powers: readonly number[];
  /** In units of the last place. */
  readonly #sums: Float64Array;
  /** How many costs may as well be rounded the other way. */
  readonly #unsure: Float64Array;
  #count = 0;

  constructor(places: readonly number[]) {
    this.#places = places;
    this.#powers = places.map((place) => 10 ** place);
    this.#sums = new Float64Array(places.length);
    this.#unsure = new Float64Array(places.length);
  }

  add(cost: number): void {
    const powers = this.#powers;
    this.#count++;
    for (let at = 0; at < powers.length; at++) {
      const units = cost * (powers[at] as number);
      const rounded = surelyRounded(units);
      if (Number.isNaN(rounded)) {
        const isLarge = units > MAX_UNITS || units < -MAX_UNITS;
        this.#unsure[at] = (this.#unsure[at] as number) + (isLarge ? Number.POSITIVE_INFINITY : 1);
        this.#sums[at] = (this.#sums[at] as number) + Math.floor(units + 0.5);
      } else {
        this.#sums[at] = (this.#sums[at] as number) + rounded;
      }
    }
  }

  /** Whether costs rounded to so many places may add up to the total. */
  mayBe(total: Exact, places: number): boolean {
    const at = this.#places.indexOf(places);
    const units = approximately(total) * (this.#powers[at] as number);
    const sum = this.#sums[at] as number;
    // Whole numbers of units are nearly always added without loss; a little is allowed for all the same.
    const slack = 1 + (Math.abs(sum) + Math.abs(units)) * Number.EPSILON * (this.#count + 4);
    return Math.abs(units - sum) <= (this.#unsure[at] as number) + slack;
  }
}

/** How a server may round costs. */
export interface Rounding {
  /** Digits behind the point: 2 to 6. */
  readonly places: number;
  /**
   * What is rounded: each event's cost before it is added; each row's, the total being the sum of a breakdown's rows;
   * the total alone; or each amount of the answer for itself.
   */
  readonly per: "event" | "group" | "window" | "total" | "amount";
  readonly mode: "half-up" | "half-even";
}

/** The places that are tried. */
const PLACES: readonly number[] = [2, 3, 4, 5, 6];
const MODES = ["half-up", "half-even"] as const;

/** The roundings to try, for a cost and a query: only what is added up can be rounded before. */
export function roundingsFor({ aggregation, groupBy, window }: Plan): Rounding[] {
  const isAdded = isAdditive(aggregation);
  const pers: Rounding["per"][] = ["amount", "total"];
  if (isAdded && groupBy !== undefined) pers.push("group");
  if (isAdded && window !== undefined) pers.push("window");
  if (isAdded) pers.push("event");
  return PLACES.flatMap((places) =>
    pers.flatMap((per) => MODES.map((mode) => ({ places, per, mode }))),
  );
}

/** A number rounded to `places` digits behind the point; halves away from zero, or to the even digit. */
function rounded(value: Exact, { places, mode }: Pick<Rounding, "places" | "mode">): Exact {
  const excess = -places - value.exponent;
  if (excess <= 0) return value;
  const divisor = 10n ** BigInt(excess);
  const isNegative = value.coefficient < 0n;
  const size = isNegative ? -value.coefficient : value.coefficient;
  let quotient = size / divisor;
  const twice = (size % divisor) * 2n;
  const isUp =
    twice > divisor || (twice === divisor && (mode === "half-up" || quotient % 2n === 1n));
  if (isUp) quotient += 1n;
  return { coefficient: isNegative ? -quotient : quotient, exponent: -places };
}

/** Whether the costs of events with a mask are added up under the rules. */
function takesUnder(rules: Rules): (mask: number) => boolean {
  const required = requiredBits(rules) | USABLE;
  return (mask) => isIncluded(mask, required, rules.otherType);
}

/** The rows of a breakdown. */
function rowsOf(prediction: Prediction, per: Rounding["per"]): readonly PredictedRow[] {
  return [...(per === "group" ? prediction.groups() : prediction.windows()).values()];
}

/**
 * The costs of single events or of rows, rounded one by one and added up. It goes through the columns, not through the
 * events: once for all ways of rounding, and once more for each that may fit.
 */
export class RoundedCosts {
  readonly #search: Search;
  readonly #columns: EventColumns;
  readonly #unitCost: Exact;
  readonly #near = new WeakMap<Prediction, Map<Rounding["per"], RoundingFilter>>();

  constructor(search: Search) {
    this.#search = search;
    this.#columns = search.classification.columns;
    this.#unitCost = search.unitCost;
  }

  /** Whether rounding may make the difference of the total at all; it spares exact sums for nothing. */
  mayBe(prediction: Prediction, { places, per }: Rounding): boolean {
    const { quantity, bounds } = prediction.total();
    const { totalCost } = this.#search.comparer.server;
    if (quantity === undefined || totalCost === null) return false;
    if (per !== "amount" && per !== "total") {
      return this.#nearSum(prediction, per).mayBe(totalCost, places);
    }
    const distance = Math.abs(
      approximately(subtract(totalCost, multiply(this.#unitCost, quantity))),
    );
    const loss = bounds.cost * approximately(this.#unitCost);
    return distance <= 2 * 10 ** -places + loss;
  }

  /** What the rounded costs of events or rows add up to, nearly. */
  #nearSum(prediction: Prediction, per: Rounding["per"]): RoundingFilter {
    const known = this.#near.get(prediction) ?? new Map<Rounding["per"], RoundingFilter>();
    this.#near.set(prediction, known);
    let near = known.get(per);
    if (near !== undefined) return near;
    near = new RoundingFilter(PLACES);
    known.set(per, near);
    const unitCost = approximately(this.#unitCost);
    if (per !== "event") {
      for (const { quantity } of rowsOf(prediction, per)) {
        near.add(unitCost * approximately(quantity));
      }
      return near;
    }
    const { mask: masks, length } = this.#columns;
    const isTaken = takesUnder(prediction.rules);
    for (let row = 0; row < length; row++) {
      if (isTaken(masks[row] as number)) near.add(unitCost * this.#search.nearAmountOf(row));
    }
    return near;
  }

  /** The amounts of an answer whose costs are rounded. */
  pricing(prediction: Prediction, rounding: Rounding): Pricing {
    const { per } = rounding;
    const exact = (quantity: Exact): Exact => multiply(this.#unitCost, quantity);
    const shown = (quantity: Exact): Exact => rounded(exact(quantity), rounding);
    const totalOf =
      (cost: (quantity: Exact) => Exact): Pricing["total"] =>
      ({ quantity }) => ({ quantity, cost: quantity && cost(quantity) });
    if (per === "event") {
      const units = this.#unitsOfEvents(prediction, rounding);
      const costOf = ({ coefficient, exponent }: Exact = ZERO): Exact => ({
        coefficient,
        exponent: exponent - rounding.places,
      });
      return {
        total: totalOf(() => costOf(units.total())),
        group: (key, { quantity }) => ({
          quantity,
          cost: costOf(units.rows().groups().get(key)?.quantity),
        }),
        window: (start, { quantity }) => ({
          quantity,
          cost: costOf(units.rows().windows().get(start)?.quantity),
        }),
      };
    }
    const costOfRow = per === "total" ? exact : shown;
    const row = (_: unknown, { quantity }: PredictedRow): Amounts => ({
      quantity,
      cost: costOfRow(quantity),
    });
    const sum = (): Exact =>
      rowsOf(prediction, per).reduce((all, { quantity }) => add(all, shown(quantity)), ZERO);
    const isSummed = per === "group" || per === "window";
    return { total: totalOf(isSummed ? sum : shown), group: row, window: row };
  }

  /**
   * What the rounded costs of the events add up to, in units of the last place. The total is added up alone: nearly
   * always it differs, and no row is needed.
   */
  #unitsOfEvents(
    { rules }: Prediction,
    rounding: Rounding,
  ): { readonly total: () => Exact | undefined; readonly rows: () => Predicted } {
    const { classification } = this.#search;
    const columns = this.#columns;
    const isCount = classification.plan.aggregation === "COUNT";
    const costOf = this.#roundedCosts(rounding);
    const amountOf = (row: number): number | Exact => costOf(isCount ? 1 : columns.valueOf(row));
    const isTaken = takesUnder(rules);
    let all: Exact | undefined;
    let rows: Predicted | undefined;
    return {
      total: () => {
        if (all !== undefined) return all;
        const sums = new BoundedAccumulators("SUM", undefined);
        const sum = sums.create();
        for (let row = 0; row < columns.length; row++) {
          if (isTaken(columns.mask[row] as number)) sums.add(sum, amountOf(row), 0);
        }
        all = sums.quantity(sum);
        return all;
      },
      rows: () => {
        if (rows === undefined) {
          const maskIndex = new MaskIndex(classification, rules, { isTaken, amountOf });
          rows = new Prediction(maskIndex, rules, maskIndex.parts);
        }
        return rows;
      },
    };
  }

  /**
   * What gives the rounded cost of a value, in units of the last place. Exact arithmetic is for those alone of which
   * doubles do not say which way to round, and once for each.
   */
  #roundedCosts(rounding: Rounding): (value: number | Exact) => number | Exact {
    const unitCost = approximately(this.#unitCost);
    const power = 10 ** rounding.places;
    const known = new Map<number, number | Exact>();
    const exactly = (value: Exact): number | Exact => {
      const cost = rounded(multiply(this.#unitCost, value), rounding);
      const units = cost.coefficient * 10n ** BigInt(cost.exponent + rounding.places);
      return units <= Number.MAX_SAFE_INTEGER && units >= Number.MIN_SAFE_INTEGER
        ? Number(units)
        : { coefficient: units, exponent: 0 };
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
