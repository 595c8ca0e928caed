import type { InvalidEventError } from "../errors.ts";
import { InvalidInputError } from "../errors.ts";
import { timeOfDate } from "../values/timestamp.ts";

/** How a local summary treats its events. */
export interface SummaryOptions {
  /**
   * What time it is, for events without a timestamp; read once a summary.
   * @default () => new Date()
   */
  readonly clock?: (() => Date) | undefined;
  /**
   * Whether events with the same namespace, source and idempotency key are one, the first received. Say false only of
   * events that are known to hold each key once: no key is remembered then.
   * @default true
   */
  readonly deduplicate?: boolean | undefined;
  /** The subject of an event that has only an `externalSubject`; undefined when it has none. */
  readonly resolveSubject?: ((externalSubject: string) => string | undefined) | undefined;
  /** Takes each invalid event instead of its being thrown; such events are counted, and nothing else is done. */
  readonly onInvalidEvent?: ((error: InvalidEventError) => void) | undefined;
}

const OPTION_CHECKS: Readonly<Record<keyof SummaryOptions, (value: unknown) => boolean>> = {
  clock: isFunction,
  deduplicate: (value) => typeof value === "boolean",
  resolveSubject: isFunction,
  onInvalidEvent: isFunction,
};

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

/** Throws the `InvalidInputError` of an argument of a summary. */
export function refuse(path: readonly string[], message: string): never {
  throw new InvalidInputError("The summary cannot be computed", [{ path, message }]);
}

/** Refuses options that are unknown or of another type. */
export function checkOptions(options: SummaryOptions): void {
  if (typeof options !== "object" || options === null) refuse([], "expected an object of options");
  const checks = new Map(Object.entries(OPTION_CHECKS));
  for (const [name, value] of Object.entries(options)) {
    const check = checks.get(name);
    if (check === undefined) {
      refuse([name], `unknown option; there are ${[...checks.keys()].join(", ")}`);
    } else if (value !== undefined && !check(value)) {
      refuse([name], `expected a ${name === "deduplicate" ? "boolean" : "function"}`);
    }
  }
}

/** Refuses events that cannot be iterated over. */
export function checkEvents(events: unknown): void {
  if (typeof (events as Iterable<unknown>)?.[Symbol.iterator] !== "function") {
    refuse(["events"], "expected an array or another synchronous iterable of events");
  }
}

/** What time it is, in milliseconds since 1970; NaN where the clock gives no valid Date. */
export function timeOfClock({ clock }: SummaryOptions): number {
  return timeOfDate(clock === undefined ? new Date() : clock());
}

/** As `timeOfClock`, of a clock that is refused where it gives no valid Date. */
export function currentTime(options: SummaryOptions): number {
  const now = timeOfClock(options);
  return Number.isNaN(now) ? refuse(["clock"], "expected it to give a valid Date") : now;
}
