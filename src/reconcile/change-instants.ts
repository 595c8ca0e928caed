import { add, type Exact } from "../values/scaled-integer.ts";
import { agreementOf } from "./comparison.ts";

/** An event of a window, and by how much the window's sum changes when the event is before the change. */
interface Step {
  readonly time: number;
  readonly by: Exact;
}

/** What windows look like before and after something changed. */
interface Change {
  readonly isBefore: (start: number) => boolean;
  readonly isAfter: (start: number) => boolean;
  /** Of a window that is neither: what it adds up to when all of it is after the change, and what it should. */
  readonly within: (start: number) => {
    readonly sum: Exact;
    readonly target: Exact;
    /** How far the target may be off. */
    readonly bound?: number | undefined;
    readonly steps: readonly Step[];
  };
}

/**
 * The instants at which something may have changed, given windows in their order: those before one are as before it,
 * those after it as after it, and that one is split at an event. `isChosen` is whether it is.
 */
export function* changeInstants(
  starts: readonly number[],
  { isBefore, isAfter, within }: Change,
): Generator<{ readonly time: number; readonly isChosen: boolean }> {
  const position = starts.findIndex((start) => !isBefore(start));
  const mixed = starts[position];
  if (mixed === undefined || !starts.slice(position + 1).every(isAfter)) return;
  if (isAfter(mixed)) {
    yield { time: mixed, isChosen: false };
    return;
  }
  const { sum, target, bound, steps } = within(mixed);
  const sorted = [...steps].sort((a, b) => a.time - b.time);
  let reached = sum;
  for (const [at, { time, by }] of sorted.entries()) {
    const isNew = sorted[at - 1]?.time !== time;
    if (isNew && agreementOf(reached, target, bound) !== "different") {
      yield { time, isChosen: true };
    }
    reached = add(reached, by);
  }
}
