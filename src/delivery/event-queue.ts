import type { AnyCostsError } from "../errors.ts";
import type { RequestOptions } from "../http/options.ts";
import type { EventIngestParams, EventReceipt } from "../models.ts";
import {
  boolean,
  callback,
  expecting,
  milliseconds,
  optional,
  signal,
  strictObject,
  wholeNumber,
  withDefault,
  withFields,
} from "../schemas/fields.ts";
import type { EventStore } from "./event-store.ts";
import { type IngestProgress, SENDING_OPTIONS } from "./ingest-all.ts";

/**
 * An event of a queue, as it is sent: its key and time are fixed. A number that a JS number does not hold is text with all
 * its digits, which counts the same when it is added again.
 */
export type QueuedEvent = EventIngestParams & {
  readonly idempotencyKey: string;
  readonly timestamp: string;
};

/**
 * The outcome of one event of a queue. It is `rejected` when the server refused the event. It is `unknown` when the event
 * became older than `maxAge` before the server accepted or refused it, and when a refusal came after an attempt that may
 * have been counted. The server may have counted an `unknown` event or not.
 */
export type QueueOutcome =
  | {
      readonly result: "accepted";
      readonly event: QueuedEvent;
      readonly receipt: EventReceipt;
    }
  | {
      readonly result: "rejected" | "unknown";
      readonly event: QueuedEvent;
      readonly error: AnyCostsError;
    };

/** How a queue sends and keeps events. */
export interface QueueOptions extends Omit<RequestOptions, "maxRetries"> {
  /**
   * How many events are on their way at once, 1 to 1,000.
   * @default 10
   */
  readonly concurrency?: number | undefined;
  /**
   * How many events are kept at most, on their way or waiting, in the store or in memory. While there are so many,
   * `add` waits.
   * @default 10_000
   */
  readonly limit?: number | undefined;
  /**
   * Milliseconds from `add`, more than 0, in which an event is sent and failures that may pass are tried again. Then the
   * event is `unknown`, sent or not. It has to be shorter than the time for which the server remembers keys, else an event
   * may be counted twice.
   * @default 86_400_000 (24 hours)
   */
  readonly maxAge?: number | undefined;
  /**
   * Sends one event after the other, in the order of `add`: the next one when the one before is settled. For costs by
   * `LATEST`, where of two events with the same time the last received counts.
   * @default false
   */
  readonly ordered?: boolean | undefined;
  /** Keeps events beyond the process, such as `sqliteStore` of `metered-costs/sqlite`. Without it they are in memory. */
  readonly store?: EventStore | undefined;
  /**
   * Called with the outcome of each event before the store forgets the event. The store keeps the event until the
   * promise that this returns resolves, so it is the place to save rejected events. While the promise is pending, it
   * holds no place among the requests, but it is one of at most 1,000 events in memory.
   *
   * When it throws or rejects, it is called again, 4 times in all. After that the event stays in the store, `flush`
   * and `close` reject with a `QueueError` (`CALLBACK_FAILED`), and the next queue sends the event again with its key.
   */
  readonly onOutcome?: ((outcome: QueueOutcome) => unknown) | undefined;
  /**
   * Called for an event in the store that cannot be read, such as after damage to the disk. The event is put aside and
   * the others are sent. Without this callback, the queue warns as it does without `onOutcome`.
   */
  readonly onUnreadable?: ((info: { id: number; message: string }) => unknown) | undefined;
  /** Is given a promise for as long as there are events to send: `(work) => context.waitUntil(work)` in a worker. */
  readonly waitUntil?: ((work: Promise<void>) => void) | undefined;
  /** Ends the queue at once, as `close({ deadline: 0 })` does; an `add` that waits rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What came of the events of a queue since it was made, and how many it still keeps. */
export interface QueueStats extends IngestProgress {
  /** Events that are kept: on their way, or waiting; those of an earlier process too. */
  readonly size: number;
}

/** How long `flush` or `close` may take. */
export interface QueueDeadline {
  /** Milliseconds; what is not sent by then is not waited for. */
  readonly deadline?: number | undefined;
}

/** What `add` gives: the key and the time that the event is sent with, however often. */
export interface AddedEvent {
  readonly idempotencyKey: string;
  readonly timestamp: Date;
}

/** How one event is added. */
export interface AddOptions {
  /** Ends the wait for room; the event is then not added. */
  readonly signal?: AbortSignal | undefined;
}

/** The name of a disposal method, where the consumer's types know it. */
type AsyncDisposeName = SymbolConstructor extends { readonly asyncDispose: infer Name }
  ? Name extends symbol
    ? Name
    : never
  : never;
/** `await using` closes what has this. */
export type AsyncClosing = {
  /** As `close` without options. */
  readonly [Name in AsyncDisposeName]: () => Promise<void>;
};

/**
 * Sends events in the background, each until it has an end. Reached as `paygentic.events.queue(options)`.
 *
 * At least once from us, once by the server while key, source and namespace are unchanged and its memory lasts;
 * `maxAge` turns older events into `unknown`.
 */
export interface EventQueue extends AsyncClosing {
  /**
   * Adds one event. Its key and time are fixed here (a random key and now, when absent), and it is copied: a later
   * change of the object is not sent. Resolves once the event is accepted for safe keeping: with a store when the store
   * has it, without one when there is room in memory. While the queue is full, it waits.
   *
   * Rejects with an `InvalidInputError` for an event that the API would not take and for invalid options. Rejects with a
   * `QueueError` when the queue is closed or its store fails, or with the reason of `signal`, which ends the wait. An event
   * whose `add` rejected was not added, except where a store failed without saying whether it has it; adding it again with
   * the same key is safe.
   */
  readonly add: (event: EventIngestParams, options?: AddOptions) => Promise<AddedEvent>;
  /**
   * Resolves when the store is open. Call it when the process starts, so that a store that cannot be opened is noticed
   * then, not at the first `add`. Rejects with the `QueueError` that `add` would reject with.
   */
  readonly ready: () => Promise<void>;
  /**
   * Waits until every event that was added before is settled, or until the deadline (none, unless given). Resolves
   * with the stats; rejects only with a `QueueError` when the store failed.
   */
  readonly flush: (options?: QueueDeadline) => Promise<QueueStats>;
  /**
   * Takes no more events, flushes within the deadline (10 seconds, unless given), and lets go of everything. What is not
   * sent by then stays in the store for the next process; without a store it is `unknown`. May be called again, to end
   * sooner with another deadline: all calls resolve with the stats at the end. Rejects only with a `QueueError` when the
   * store failed.
   */
  readonly close: (options?: QueueDeadline) => Promise<QueueStats>;
  /** What came of the events since the queue was made, and how many it keeps now. */
  readonly stats: QueueStats;
}

/** With 0 no event would ever be sent. */
const maxAge = /* @__PURE__ */ expecting<number>(
  "milliseconds, more than 0: an older event is not sent",
  (given) => typeof given === "number" && given > 0,
);
const STORE_FUNCTIONS = ["open", "put", "read", "remove", "close"] as const;

/** The options of a queue. */
export const QUEUE_OPTIONS = /* @__PURE__ */ strictObject(
  /* @__PURE__ */ withFields(SENDING_OPTIONS, {
    limit: /* @__PURE__ */ withDefault(/* @__PURE__ */ wholeNumber(1), 10_000),
    maxAge: /* @__PURE__ */ withDefault(maxAge, 86_400_000),
    ordered: /* @__PURE__ */ withDefault(boolean, false),
    store: /* @__PURE__ */ optional(
      /* @__PURE__ */ expecting<EventStore>(
        "a store, with open, put, read, remove, close",
        (given) =>
          STORE_FUNCTIONS.every(
            (name) =>
              typeof (given as Partial<EventStore> | null | undefined)?.[name] === "function",
          ),
      ),
    ),
    onOutcome: /* @__PURE__ */ optional(
      /* @__PURE__ */ callback<(outcome: QueueOutcome) => unknown>(),
    ),
    onUnreadable: /* @__PURE__ */ optional(
      /* @__PURE__ */ callback<(info: { id: number; message: string }) => unknown>(),
    ),
    waitUntil: /* @__PURE__ */ optional(/* @__PURE__ */ callback<(work: Promise<void>) => void>()),
  }),
);

/** The options of `add`. */
export const ADD_OPTIONS = /* @__PURE__ */ strictObject({
  signal: /* @__PURE__ */ optional(signal),
});

/** The options of `flush` and `close`. */
export const DEADLINE_OPTIONS = /* @__PURE__ */ strictObject({
  deadline: /* @__PURE__ */ optional(milliseconds),
});
