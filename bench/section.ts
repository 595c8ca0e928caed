import type { Row } from "./question.ts";
import type { Reference } from "./reference.ts";

/** What a run took. */
export interface Run {
  readonly milliseconds: number;
  /** Milliseconds of CPU, over all threads: what neighbours on the machine disturb least. */
  readonly cpu: number;
  /** Peak resident memory in bytes, of a run in a process of its own. */
  readonly peakMemory?: number;
  /** Bytes that the server that was asked received over its network, the query among them. */
  readonly received?: number;
}

/** What a run gave; what it took is measured, but where a process of its own says it. */
export interface Outcome extends Partial<Run> {
  /** Read after the clock has stopped, so the numbers have to be there already. */
  readonly rows: Iterable<Row>;
}

export interface Contestant {
  readonly name: string;
  /** Ours must have every cell right. */
  readonly isOurs?: boolean | undefined;
  /** The package of `bench/package.json` that it needs. */
  readonly needs?: string | undefined;
  /** Loads what it needs, and gives what is measured. */
  prepare(): Promise<() => Outcome | Promise<Outcome>>;
  /** The right answer; undefined when it answers nothing. */
  readonly expected: Reference | undefined;
}

/** What must hold between two contestants: by the median of the ratios of runs that followed one another. */
export type Limit = { readonly of: string; readonly against: string } & (
  | { readonly atLeastTimesAsFast: number }
  | { readonly atMostOfTime: number }
  | { readonly atMostOfAddedTime: number; readonly over: string }
  | { readonly atMostOfMemory: number }
);

/** Contestants on one piece of work. */
export interface Section {
  /** As in `npm run bench -- NAME`. */
  readonly name: string;
  readonly title: string;
  readonly limits?: readonly Limit[];
  /** Each contestant needs a package of `bench/package.json`: `--smoke` leaves the section out. */
  readonly needsPackages?: true;
  /** How often each contestant is measured, after one round to warm up; 7 times unless said. */
  readonly rounds?: number;
  /**
   * Leaves garbage to the runs themselves: where each is short and a collection between them would have V8 drop the
   * code that it optimized, since no object of the shapes that it relies on is left. A server has calls all the time.
   */
  readonly keepsGarbage?: true;
  /** Makes the data, and says who works on it. Times are shown relative to the first. */
  contestants(workload: Workload): Promise<readonly Contestant[]>;
}

export interface Workload {
  /** Where files may be put. */
  readonly folder: string;
  /** A hundredth of the events. */
  readonly isSmoke: boolean;
}

/** How many events there are to be, of so many in earnest. */
export function size(events: number, { isSmoke }: Workload): number {
  return isSmoke ? events / 100 : events;
}
