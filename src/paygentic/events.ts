import type { paths } from "../../generated/paygentic.ts";
import { sendEvent } from "../delivery/delivery.ts";
import type { EventQueue, QueueOptions } from "../delivery/event-queue.ts";
import { type IngestAllOptions, type IngestResult, ingestAll } from "../delivery/ingest-all.ts";
import { createQueue } from "../delivery/sending-queue.ts";
import type { CallPromise, HttpClient } from "../http/client.ts";
import { NO_OPTIONS, type RequestOptions } from "../http/options.ts";
import type { EventIngestParams, EventReceipt } from "../models.ts";
import { eventBody } from "../schemas/requests.ts";

/** Usage events. Reached as `paygentic.events`. */
export class Events {
  readonly #client: HttpClient<paths>;

  /** @internal */
  constructor(client: HttpClient<paths>) {
    this.#client = client;
  }

  /**
   * Sends one event. Its key and time are fixed before the first attempt (a random key and now, when absent), so that
   * trying again never counts twice; the receipt says which they were. `data` is sent as `JSON.stringify` writes it; a
   * bigint, a function, a symbol or a cycle in it is refused.
   *
   * Rejects with an `InvalidInputError`, an `ApiError` (`UNPROCESSABLE_ENTITY` when no cost meters the type), a
   * `ConnectionError`, an `InvalidResponseError`, or the reason of your own `signal`.
   *
   * @example
   * ```ts
   * import { Paygentic } from "metered-costs";
   *
   * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
   * const receipt = await paygentic.events.ingest({
   *   type: "llm.completion",
   *   source: "urn:example:gateway",
   *   subject: "cus_1",
   *   idempotencyKey: "request-4711",
   *   data: { model: "large", tokens: { input: 1200, output: 345 } },
   * });
   * console.log(receipt.timestamp.toISOString());
   * ```
   */
  ingest(
    event: EventIngestParams,
    options: RequestOptions = NO_OPTIONS,
  ): CallPromise<EventReceipt> {
    return sendEvent(this.#client, () => eventBody(event), options);
  }

  /**
   * Sends many events of any iterable, synchronous or not, with a bounded number on their way at once, in no promised
   * order. A failure that may pass is tried again until the event's deadline; a rejected event does not hold up the
   * others. Resolves with the counts, all 0 for no events. Rejects only when the iterable throws, when options are
   * invalid, or with the reason of your own `signal`, in each case after the requests in flight have settled.
   *
   * @example
   * ```ts
   * import { type EventIngestParams, Paygentic } from "metered-costs";
   *
   * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
   * declare const log: AsyncIterable<EventIngestParams>;
   * const result = await paygentic.events.ingestAll(log, {
   *   concurrency: 20,
   *   onProgress: ({ accepted }) => console.log(accepted),
   * });
   * for (const outcome of result.outcomes ?? []) console.error(outcome.index, outcome.result);
   * ```
   */
  async ingestAll(
    events: Iterable<EventIngestParams> | AsyncIterable<EventIngestParams>,
    options: IngestAllOptions = {},
  ): Promise<IngestResult> {
    return ingestAll(this.#client, events, options);
  }

  /**
   * Makes a queue that sends events in the background, with a bounded number on their way and a bounded number kept.
   * The queue repeats attempts whose failure may pass until an event is older than `maxAge`; it reports rejected events to
   * `onOutcome`. An event that keeps failing waits by itself and does not hold up the others. A `Retry-After` delays its
   * event, and all events (for an hour at most) when most responses are 429s; the share of 429s reduces the number of
   * requests on their way. When the server refuses the key (401), events wait for another key. Events that a `store`
   * still has of an earlier process are sent first.
   *
   * The promise: at least once from us, once by the server while key, source and namespace are unchanged and its memory
   * lasts; `maxAge` turns older events into `unknown`.
   *
   * Close it before the process ends: its timers keep no process alive. Throws an `InvalidInputError` for options that
   * cannot work; a store that cannot be opened makes `add`, `flush` and `close` reject with a `QueueError`.
   *
   * @example
   * ```ts
   * import { Paygentic } from "metered-costs";
   *
   * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
   * const queue = paygentic.events.queue({
   *   onOutcome: (outcome) => {
   *     if (outcome.result !== "accepted") console.error(outcome.event.idempotencyKey, outcome.error);
   *   },
   * });
   * await queue.add({
   *   type: "llm.completion",
   *   source: "urn:example:gateway",
   *   subject: "cus_1",
   *   idempotencyKey: "request-4711",
   *   data: { model: "large", tokens: { input: 1200, output: 345 } },
   * });
   * const { accepted, size } = await queue.close({ deadline: 5_000 });
   * console.log(accepted, size); // 1 0
   * ```
   */
  queue(options: QueueOptions = {}): EventQueue {
    return createQueue(this.#client, options);
  }
}
