import { add, type Exact, exactOfNumber, ZERO } from "../values/scaled-integer.ts";

// Up to these bounds every step below is exact in a double: a decimal of at most 15 digits is the only one of that
// length that rounds to its double, and integers below 2^53 (about 9e15) add without loss.
const LARGEST_TERM = 1e15;
const LARGEST_SUM = 8e15;
const POWERS_OF_TEN = /* @__PURE__ */ Array.from({ length: 23 }, (_, power) =>
  Number(`1e${power}`),
);

/**
 * The exact sum of any numbers, at nearly the speed of a float sum: JS numbers are added as integers at a common
 * power of ten while that is safe, and in BigInt beyond.
 */
export class ExactSum {
  #scale = 0;
  #scaled = 0;
  #spilled: Exact = ZERO;

  add(value: number | Exact): void {
    if (typeof value !== "number") {
      this.#spilled = add(this.#spilled, value);
      return;
    }
    for (let scale = this.#scale; ; scale++) {
      const power = POWERS_OF_TEN[scale];
      if (power === undefined) break;
      const term = Math.round(value * power);
      if (!(Math.abs(term) <= LARGEST_TERM)) break;
      if (term / power !== value) continue;
      const sum = this.#scaled + term;
      if (scale !== this.#scale || !(Math.abs(sum) <= LARGEST_SUM)) {
        this.#spill();
        this.#scale = scale;
        this.#scaled = term;
      } else {
        this.#scaled = sum;
      }
      return;
    }
    this.#spilled = add(this.#spilled, exactOfNumber(value));
  }

  total(): Exact {
    this.#spill();
    return this.#spilled;
  }

  #spill(): void {
    if (this.#scaled === 0) return;
    this.#spilled = add(this.#spilled, {
      coefficient: BigInt(this.#scaled),
      exponent: 0 - this.#scale,
    });
    this.#scaled = 0;
  }
}
