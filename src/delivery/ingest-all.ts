import type { paths } from "../../generated/paygentic.ts";
import { type AnyCostsError, isCostsError } from "../errors.ts";
import type { HttpClient } from "../http/client.ts";
import { CALL_OPTIONS, callHook, type RequestOptions } from "../http/options.ts";
import { MAX_DELAY } from "../http/retry.ts";
import { MAX_TIMER_DELAY, untilAbort } from "../http/waiting.ts";
import type { EventIngestParams, EventReceipt } from "../models.ts";
import {
  callback,
  milliseconds,
  oneOf,
  optional,
  strictObject,
  wholeNumber,
  withDefault,
  withFields,
} from "../schemas/fields.ts";
import { nothingSent, readInput, refuseInput } from "../schemas/input.ts";
import { eventBody } from "../schemas/requests.ts";
import { ConditionVariable } from "./condition-variable.ts";
import { Delivery, type DeliveryResult, MAX_DEFERRED } from "./delivery.ts";

/** The longest gap between two attempts while all of them fail, in milliseconds. */
const MAX_FAILURE_GAP = 100;

/** The options that `ingestAll` and queues have in common. */
export const SENDING_OPTIONS = /* @__PURE__ */ withFields(CALL_OPTIONS, {
  concurrency: /* @__PURE__ */ withDefault(/* @__PURE__ */ wholeNumber(1, 1_000), 10),
});
const INGEST_ALL_OPTIONS = /* @__PURE__ */ strictObject(
  /* @__PURE__ */ withFields(SENDING_OPTIONS, {
    deadline: /* @__PURE__ */ withDefault(milliseconds, 300_000),
    onProgress: /* @__PURE__ */ optional(
      /* @__PURE__ */ callback<(progress: IngestProgress) => void>(),
    ),
    outcomes: /* @__PURE__ */ withDefault(
      /* @__PURE__ */ oneOf(["failed", "all", "none"]),
      "failed",
    ),
  }),
);

/**
 * What became of one event: `unknown` when the deadline passed before the server accepted or refused it, or when the
 * server refused it after an attempt that it may have counted (`OUTCOME_UNKNOWN`).
 */
export type EventOutcome =
  | { readonly index: number; readonly result: "accepted"; readonly receipt: EventReceipt }
  | {
      readonly index: number;
      readonly result: "rejected" | "unknown";
      readonly error: AnyCostsError;
    };

/** How many events have each outcome so far. */
export interface IngestProgress {
  readonly accepted: number;
  /** The server refused the event, or the client did before it sent anything. */
  readonly rejected: number;
  /** The server may have counted the event or not: its deadline passed, or a refusal came after an unknown outcome. */
  readonly unknown: number;
}

/** What became of many events. */
export interface IngestResult extends IngestProgress {
  /** Each event that was not accepted, with its error; with `outcomes: "all"` the accepted ones too. By index. */
  readonly outcomes?: readonly EventOutcome[] | undefined;
}

/** How many events are sent. */
export interface IngestAllOptions extends Omit<RequestOptions, "maxRetries"> {
  /**
   * How many events are on their way at once, 1 to 1,000.
   * @default 10
   */
  readonly concurrency?: number | undefined;
  /**
   * Milliseconds, counted for each event from its first attempt, in which failures that may pass are tried again; an
   * attempt that is on its way at the end is cut off. With 0 nothing is tried again, and the one attempt has its whole
   * `timeout`. An event whose turn comes in a pause (`Retry-After`) that is longer than this is not sent: it is
   * `unknown`, with the error that asked for the pause.
   * @default 300_000
   */
  readonly deadline?: number | undefined;
  /** Called after every event. What it throws is ignored. */
  readonly onProgress?: ((progress: IngestProgress) => void) | undefined;
  /**
   * Which events the result lists one by one; `"none"` for endless streams.
   * @default "failed"
   */
  readonly outcomes?: "failed" | "all" | "none" | undefined;
}

/** Sends all events of an iterable; `Events.ingestAll` says how. */
export async function ingestAll(
  client: HttpClient<paths>,
  events: Iterable<EventIngestParams> | AsyncIterable<EventIngestParams>,
  options: IngestAllOptions,
): Promise<IngestResult> {
  const {
    concurrency,
    context,
    deadline,
    headers,
    onProgress,
    outcomes: listed,
    signal,
    timeout,
  } = readInput(INGEST_ALL_OPTIONS, options, nothingSent("events.ingestAll"));
  const request = { context, headers, signal, timeout };
  const changes = new ConditionVariable();
  const delivery = new Delivery(client, request, {
    method: "events.ingestAll",
    concurrency,
    maxPause: MAX_TIMER_DELAY,
    maxFailureGap: MAX_FAILURE_GAP,
    maxDelay: MAX_DELAY,
    startTimer: setTimeout,
    waitsForKey: false,
    onDeferred: () => changes.notifyAll(),
  });
  const counts = { accepted: 0, rejected: 0, unknown: 0 };
  const outcomes: EventOutcome[] = [];
  let failure: { readonly reason: unknown } | undefined;

  const sendAndCount = async (event: EventIngestParams, index: number): Promise<void> => {
    let outcome: DeliveryResult;
    try {
      outcome = await delivery.deliverUntil(eventBody(event, "events.ingestAll"), deadline);
    } catch (error) {
      if (error === signal?.reason || !isCostsError(error)) throw error;
      outcome = { result: "rejected", error };
    }
    counts[outcome.result]++;
    if (listed === "all" || (listed === "failed" && outcome.result !== "accepted")) {
      outcomes.push({ index, ...outcome });
    }
    callHook(onProgress, { ...counts });
  };
  const iterator = iteratorOf(events);
  let isAsked = false;
  let isDone = false;
  try {
    for (let index = 0; failure === undefined; index++) {
      isAsked = true;
      const asked = Promise.resolve(iterator.next());
      // An item that may never come is not waited for after an abort.
      const step = await untilAbort<IteratorResult<EventIngestParams, unknown>>(signal, asked);
      isAsked = false;
      if (typeof step !== "object" || step === null) {
        // As `for await` would: an iterator that never says `done` would be asked for ever.
        refuseEvents("an iterator whose next() returns objects with done and value");
      }
      isDone = step.done === true;
      if (step.done) break;
      const sent = sendAndCount(step.value, index);
      changes.run(
        sent.catch((reason: unknown) => {
          failure ??= { reason };
        }),
      );
      // Events that keep failing do not hold up the others: these must be waiting when the next may be sent.
      await changes.waitFor(() => {
        const { deferred, hasApart } = delivery;
        const isFull = changes.taskCount - deferred >= (hasApart ? 2 : 1) * concurrency;
        return failure !== undefined || (!isFull && deferred < MAX_DEFERRED);
      });
    }
  } finally {
    if (!isDone) {
      // Only reached when the sending has failed: that is told, not how the source closed.
      const closing = (async () => iterator.return?.())().catch(() => undefined);
      // A source that is asked for an item closes no sooner than it has one, which may be never.
      if (!isAsked) await closing;
    }
    await changes.allSettled();
  }
  if (failure !== undefined) throw failure.reason;
  outcomes.sort((a, b) => a.index - b.index);
  return listed === "none" ? counts : { ...counts, outcomes };
}

function refuseEvents(expected: string): never {
  return refuseInput(
    "events.ingestAll: the events cannot be read",
    ["events"],
    `expected ${expected}`,
  );
}

type Source<T> = Iterable<T> | AsyncIterable<T>;

/** As `for await` has it, of an object only: text would be its characters. */
function iteratorOf<T>(items: Source<T>): Iterator<T> | AsyncIterator<T> {
  if (typeof items === "object" && items !== null) {
    const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = items as Partial<
      Iterable<T> & AsyncIterable<T>
    >;
    const begin: (() => Iterator<T> | AsyncIterator<T>) | undefined = later ?? now;
    const iterator = typeof begin === "function" ? begin.call(items) : undefined;
    if (typeof iterator?.next === "function") return iterator;
  }
  return refuseEvents("an iterable of events, synchronous or not");
}
