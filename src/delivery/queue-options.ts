import type { AnyCostsError } from "../errors.ts";
import { callOptions, type RequestOptions } from "../http/options.ts";
import type { EventIngestParams, EventReceipt } from "../models.ts";
import {
  boolean,
  isFunction,
  milliseconds,
  optional,
  optionalFunction,
  type Reader,
  readArgument,
  wholeNumber,
} from "../schemas/reading.ts";
import type { EventStore } from "./event-store.ts";
import { atOnce, type IngestProgress } from "./ingest-all.ts";

/** An event of a queue, as it is sent: its key and time are fixed. */
export type QueuedEvent = EventIngestParams & {
  readonly idempotencyKey: string;
  readonly timestamp: string;
};

/**
 * The end of one event of a queue: `rejected` when the server said no, `unknown` when its time was up before the server
 * said yes or no. It may then have been counted, or not.
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
   * Milliseconds from `add` in which failures that may pass are tried again; then the event is `unknown`. It has to be
   * shorter than the time for which the server remembers keys, else an event may be counted twice.
   * @default 86_400_000 (24 hours)
   */
  readonly maxAge?: number | undefined;
  /**
   * Sends one event after the other, in the order of `add`: the next one when the one before has its end. For costs by
   * `LATEST`, where of two events with the same time the last received counts.
   * @default false
   */
  readonly ordered?: boolean | undefined;
  /** Keeps events beyond the process, such as `sqliteStore` of `metered-costs/sqlite`. Without it they are in memory. */
  readonly store?: EventStore | undefined;
  /** Hears of each event once it has its end, before the store forgets it. What it throws is ignored. */
  readonly onOutcome?: ((outcome: QueueOutcome) => void) | undefined;
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

/** The options of a queue, checked, with every default in place. */
export interface QueueSettings extends QueueOptions {
  readonly concurrency: number;
  readonly limit: number;
  readonly maxAge: number;
}

const STORE_FUNCTIONS = ["open", "put", "read", "remove", "close"] as const;
const store: Reader = (value, at) =>
  STORE_FUNCTIONS.every((name) => isFunction((value as Partial<EventStore> | null)?.[name]))
    ? value
    : at.expected(`a store, with ${STORE_FUNCTIONS.join(", ")}`, value);
const QUEUE_OPTIONS = callOptions({
  concurrency: atOnce,
  limit: optional(wholeNumber(1), 10_000),
  maxAge: optional(milliseconds, 86_400_000),
  ordered: optional(boolean),
  store: optional(store),
  onOutcome: optionalFunction,
  waitUntil: optionalFunction,
});

/** Checks the options of a queue and fills in the defaults. */
export function readQueueOptions(options: QueueOptions): QueueSettings {
  return readArgument("The queue cannot be made", QUEUE_OPTIONS, options);
}

/** The milliseconds that `flush` or `close` may take. */
export function readDeadline(options: QueueDeadline, otherwise: number): number {
  const shape = { deadline: optional(milliseconds, otherwise) };
  return readArgument<{ deadline: number }>("The queue goes on", shape, options).deadline;
}
