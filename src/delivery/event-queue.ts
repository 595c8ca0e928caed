import type { paths } from "../../generated/paygentic.ts";
import type { HttpClient } from "../http/client.ts";
import type { EventIngestParams } from "../models.ts";
import type { QueueDeadline, QueueOptions, QueueStats } from "./queue-options.ts";
import { type AddedEvent, type AddOptions, SendingQueue } from "./sending-queue.ts";

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
   * Rejects with an `InvalidInputError` for an event that the API would not take, with a `QueueError` when the queue is
   * closed or its store fails, or with the reason of `signal`, which ends the wait. An event whose `add` rejected was
   * not added, except where a store failed without saying whether it has it; adding it again with the same key is safe.
   */
  readonly add: (event: EventIngestParams, options?: AddOptions) => Promise<AddedEvent>;
  /**
   * Waits until every event that was added before has its end, or until the deadline (none, unless given). Resolves
   * with the stats; rejects only with a `QueueError` when the store failed.
   */
  readonly flush: (options?: QueueDeadline) => Promise<QueueStats>;
  /**
   * Takes no more events, flushes within the deadline (10 seconds, unless given), and lets go of everything. What is not
   * sent by then stays in the store for the next process; without a store it is `unknown`. May be called again: all
   * calls resolve with the stats at the end. Rejects only with a `QueueError` when the store failed.
   */
  readonly close: (options?: QueueDeadline) => Promise<QueueStats>;
  /** What came of the events since the queue was made, and how many it keeps now. */
  readonly stats: QueueStats;
}

/** Makes a queue; `Events.queue` says how. */
export function createQueue(client: HttpClient<paths>, options: QueueOptions): EventQueue {
  const queue = new SendingQueue(client, options);
  // Older runtimes have no such symbol.
  if (Symbol.asyncDispose) {
    Object.assign(queue, { [Symbol.asyncDispose]: queue.close });
  }
  return queue as unknown as EventQueue;
}
