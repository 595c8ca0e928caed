import type { AnyFault } from "./faults.ts";

interface PlannedFault<Fault> {
  readonly fault: Fault;
  /** How many times it is still to hit. */
  left: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** Numbers that look random and are the same for the same seed: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Which requests are hit by which faults. */
export class FaultPlan<Fault extends AnyFault> {
  readonly #withoutBody: readonly string[];
  #planned: PlannedFault<Fault>[] = [];

  /** @param withoutBody the operations whose answers have no body, which faults of a body pass by */
  constructor(withoutBody: readonly string[] = []) {
    this.#withoutBody = withoutBody;
  }

  /** The faults that are still to hit, with the `times` they have left. */
  get faults(): readonly Fault[] {
    return this.#planned.map(({ fault, left }) =>
      fault.rate === undefined ? { ...fault, times: left } : fault,
    );
  }

  /** Plans a fault that was checked. */
  add(fault: Fault): void {
    const { times = 1, seed = 1 } = fault;
    this.#planned.push({ fault: { ...fault }, left: times, random: randomOf(seed) });
  }

  /** The fault that hits the next request: the first planned of those that do. One at most. */
  take(operation: string): Fault | undefined {
    const hit = this.#planned.find(
      ({ fault, random }) =>
        this.#canHit(fault, operation) && (fault.rate === undefined || random() < fault.rate),
    );
    if (hit === undefined || hit.fault.rate !== undefined) return hit?.fault;
    hit.left--;
    this.#planned = this.#planned.filter(({ left }) => left > 0);
    return hit.fault;
  }

  #canHit(fault: AnyFault, operation: string): boolean {
    if (fault.operation !== undefined) return [fault.operation].flat().includes(operation);
    return !this.#withoutBody.includes(operation) || !/^drift$|-body$/.test(fault.kind);
  }
}
