import type { InvalidEventError } from "../errors.ts";
import { boolean, callback, optional, strictObject } from "../schemas/fields.ts";
import { readInput, refuseInput } from "../schemas/input.ts";
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

/** What a message begins with that says what is wrong with an argument. */
export const SUMMARY_REFUSED = "The summary cannot be computed";

const summaryOptions = /* @__PURE__ */ strictObject(
  {
    clock: /* @__PURE__ */ optional(/* @__PURE__ */ callback<() => Date>()),
    deduplicate: /* @__PURE__ */ optional(boolean),
    resolveSubject: /* @__PURE__ */ optional(
      /* @__PURE__ */ callback<(externalSubject: string) => string | undefined>(),
    ),
    onInvalidEvent: /* @__PURE__ */ optional(
      /* @__PURE__ */ callback<(error: InvalidEventError) => void>(),
    ),
  },
  { what: "an object of options" },
);

/** Throws the `InvalidInputError` of an argument of a summary. */
export function refuse(path: readonly string[], message: string): never {
  return refuseInput(SUMMARY_REFUSED, path, message);
}

/** Checks options; throws an `InvalidInputError` for those that are unknown or of another type. */
export function readOptions(options: SummaryOptions): SummaryOptions {
  return readInput(summaryOptions, options, SUMMARY_REFUSED);
}

/** Refuses events that cannot be iterated over. */
export function checkEvents(events: unknown, failed = SUMMARY_REFUSED, name = "events"): void {
  if (typeof (events as Iterable<unknown>)?.[Symbol.iterator] !== "function") {
    refuseInput(failed, [name], "expected an array or another synchronous iterable of events");
  }
}

/** What time it is, in milliseconds since 1970. A clock that gives no valid Date is refused. */
export function currentTime({ clock }: SummaryOptions): number {
  const now = timeOfDate(clock === undefined ? new Date() : clock());
  return Number.isNaN(now)
    ? refuse(["clock"], "expected a function that returns a valid Date")
    : now;
}
