import type { Exact } from "../values/scaled-integer.ts";
import { approximately } from "./tallies.ts";

/** Beyond this a double says little about what is behind the point. */
const LARGEST = 1e12;
/** How near to a half doubles may have missed which side of it a cost is on: at least, and for each unit. */
const NEAR_HALF = 1e-9;
const NEAR_HALF_EACH = 4 * Number.EPSILON;

/** The whole number next to one that doubles may miss a little; NaN where it may as well be the other one. */
export function surelyRounded(units: number): number {
  const whole = Math.floor(units);
  const rest = units - whole;
  const size = units < 0 ? -units : units;
  const off = rest < 0.5 ? 0.5 - rest : rest - 0.5;
  if (size > LARGEST || off < NEAR_HALF + NEAR_HALF_EACH * size) return Number.NaN;
  return rest < 0.5 ? whole : whole + 1;
}

/**
 * What costs add up to when each is rounded first, in doubles, and for several places at once: it tells in one quick
 * walk which ways of rounding cannot have led to a total.
 */
export class NearSums {
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
        const isLarge = units > LARGEST || units < -LARGEST;
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
