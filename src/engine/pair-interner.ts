import { doubled } from "./event-batch.ts";
import { hashSeed } from "./string-interner.ts";

/** Pairs of numbers below this are found without a hash: most tables have no others. */
const FEW_BITS = 5;
const NO_PAIRS = new Int32Array(0);

/**
 * Distinct pairs of 32-bit integers, numbered from 0 in the order added: how two numbers become one that can index an
 * array, with nothing allocated for a pair. Unlike a JS Map it does not end at 2^24 entries.
 */
export class PairInterner {
  readonly #factor = (hashSeed()[0] as number) | 1;
  readonly #otherFactor = (hashSeed()[1] as number) | 1;
  #size = 0;
  /** Pair number + 1; 0 is free. */
  #slots = new Int32Array(16);
  #few = NO_PAIRS;
  #firsts = new Int32Array(8);
  #seconds = new Int32Array(8);

  get size(): number {
    return this.#size;
  }

  firstOf(number: number): number {
    return this.#firsts[number] as number;
  }

  secondOf(number: number): number {
    return this.#seconds[number] as number;
  }

  /** The number of a pair, which is added when it is new: then it is the `size` there was before. */
  numberOf(first: number, second: number): number {
    if ((first | second) >>> FEW_BITS !== 0) return this.#find(first, second);
    const place = (first << FEW_BITS) | second;
    if (this.#few === NO_PAIRS) this.#few = new Int32Array(1 << (2 * FEW_BITS));
    const few = this.#few[place] as number;
    if (few !== 0) return few - 1;
    const number = this.#find(first, second);
    this.#few[place] = number + 1;
    return number;
  }

  /** Puts the numbers of so many pairs in the place of their firsts. */
  numberAll(firsts: Int32Array, seconds: Int32Array, size: number): void {
    for (let at = this.#numberFew(firsts, seconds, 0, size); at < size; ) {
      firsts[at] = this.numberOf(firsts[at] as number, seconds[at] as number);
      at = this.#numberFew(firsts, seconds, at + 1, size);
    }
  }

  /** Up to the first pair that is new or not of the few. */
  #numberFew(firsts: Int32Array, seconds: Int32Array, from: number, size: number): number {
    const few = this.#few;
    let at = from;
    for (; at < size; at++) {
      const first = firsts[at] as number;
      const second = seconds[at] as number;
      if ((first | second) >>> FEW_BITS !== 0) break;
      const known = few[(first << FEW_BITS) | second];
      if (known === undefined || known === 0) break;
      firsts[at] = known - 1;
    }
    return at;
  }

  #find(first: number, second: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = this.#hashOf(first, second) & mask;
    for (let number = slots[slot] as number; number !== 0; number = slots[slot] as number) {
      if (this.#firsts[number - 1] === first && this.#seconds[number - 1] === second) {
        return number - 1;
      }
      slot = (slot + 1) & mask;
    }
    const number = this.#size++;
    if (number === this.#firsts.length) {
      this.#firsts = doubled(this.#firsts);
      this.#seconds = doubled(this.#seconds);
    }
    this.#firsts[number] = first;
    this.#seconds[number] = second;
    slots[slot] = number + 1;
    // At most half full.
    if (this.#size * 2 > slots.length) this.#grow();
    return number;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let number = 0; number < this.#size; number++) {
      let slot =
        this.#hashOf(this.#firsts[number] as number, this.#seconds[number] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }

  #hashOf(first: number, second: number): number {
    const hash = Math.imul(Math.imul(first, this.#factor) ^ second, this.#otherFactor);
    return hash ^ (hash >>> 15);
  }
}
