import { readEventReceipt } from "./answers.ts";
import { type AnyCostsError, InvalidInputError, isCostsError } from "./errors.ts";
import { eventBody } from "./guards.ts";
import { tell } from "./hooks.ts";
import type { EventIngestParams, EventReceipt } from "./models.ts";
import type { RequestOptions } from "./options.ts";
import { isRetriable, onAbort } from "./retry.ts";
import { parseTimestamp } from "./timestamp.ts";
import type { Transport } from "./transport.ts";

const CONCURRENCY = 10;
const MOST_CONCURRENCY = 1_000;
const DEADLINE = 300_000;

/** What became of one event: `unknown` when the deadline passed before the server said yes or no. */
export type EventOutcome =
  | { readonly index: number; readonly result: "accepted"; readonly receipt: EventReceipt }
  | {
      readonly index: number;
      readonly result: "rejected" | "unknown";
      readonly error: AnyCostsError;
    };

/** How many events came to which end so far. */
export interface IngestProgress {
  readonly accepted: number;
  /** The server, or our guard before it, said no. */
  readonly rejected: number;
  /** The deadline passed without an answer: the event may have been counted, or not. */
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
   * Milliseconds, counted for each event from its first attempt, in which failures that may pass are tried again.
   * @default 300_000
   */
  readonly deadline?: number | undefined;
  /** Hears after every event. What it throws is ignored. */
  readonly onProgress?: ((progress: IngestProgress) => void) | undefined;
  /**
   * Which events the result lists one by one; `"none"` for endless streams.
   * @default "failed"
   */
  readonly outcomes?: "failed" | "all" | "none" | undefined;
}

/** Usage events. Reached as `paygentic.events`. */
export class Events {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
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
  async ingest(event: EventIngestParams, options: RequestOptions = {}): Promise<EventReceipt> {
    return this.#ingest(event, options);
  }

  /**
   * Sends many events of any iterable, synchronous or not, with a bounded number on their way at once, in no promised
   * order. A failure that may pass is tried again until the event's deadline; a rejected event does not hold up the
   * others. Resolves with the counts, all 0 for no events; rejects only when the iterable throws, when options are
   * refused, or with the reason of your own `signal`, and then after all that was on its way has ended.
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
    checkIngestAll(events, options);
    const {
      concurrency = CONCURRENCY,
      deadline = DEADLINE,
      onProgress,
      outcomes: listed = "failed",
      ...request
    } = options;
    this.#transport.checkOptions(request);
    const counts = { accepted: 0, rejected: 0, unknown: 0 };
    const outcomes: EventOutcome[] = [];
    const underway = new Set<Promise<void>>();
    let failure: { readonly reason: unknown } | undefined;
    let resume: (() => void) | undefined;

    const send = async (event: EventIngestParams, index: number): Promise<void> => {
      const outcome = await this.#outcome(event, index, request, Date.now() + deadline);
      counts[outcome.result]++;
      if (listed === "all" || (listed === "failed" && outcome.result !== "accepted")) {
        outcomes.push(outcome);
      }
      tell(onProgress, { ...counts });
    };
    try {
      let index = 0;
      for await (const event of untilAborted(events, request.signal)) {
        const sending = send(event, index++)
          .catch((reason: unknown) => {
            failure ??= { reason };
          })
          .finally(() => {
            underway.delete(sending);
            resume?.();
          });
        underway.add(sending);
        while (underway.size >= concurrency) {
          await new Promise<void>((resolve) => {
            resume = resolve;
          });
        }
        if (failure !== undefined) break;
      }
    } finally {
      await Promise.all(underway);
    }
    if (failure !== undefined) throw failure.reason;
    outcomes.sort((a, b) => a.index - b.index);
    return listed === "none" ? counts : { ...counts, outcomes };
  }

  async #outcome(
    event: EventIngestParams,
    index: number,
    options: RequestOptions,
    retryUntil: number,
  ): Promise<EventOutcome> {
    try {
      return { index, result: "accepted", receipt: await this.#ingest(event, options, retryUntil) };
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      if (!isCostsError(error)) throw error;
      return { index, result: isRejection(error) ? "rejected" : "unknown", error };
    }
  }

  async #ingest(
    event: EventIngestParams,
    options: RequestOptions,
    retryUntil?: number,
  ): Promise<EventReceipt> {
    const body = eventBody(event);
    const { idempotencyKey, timestamp } = body;
    const operation = "ingestEvent";
    const receipt = await this.#transport.request(
      operation,
      "post",
      "/v0/events",
      { body },
      options,
      readEventReceipt,
      retryUntil,
    );
    const sentTime = new Date(parseTimestamp(timestamp));
    if ((receipt.idempotencyKey ?? idempotencyKey) !== idempotencyKey) {
      this.#transport.reportDrift(operation, {
        path: ["idempotencyKey"],
        message: `sent ${JSON.stringify(idempotencyKey)}, the answer has another`,
      });
    }
    if ((receipt.timestamp ?? sentTime).getTime() !== sentTime.getTime()) {
      this.#transport.reportDrift(operation, {
        path: ["timestamp"],
        message: `sent ${timestamp}, the answer has another`,
      });
    }
    return { ...receipt, idempotencyKey, timestamp: sentTime };
  }
}

/** Whether an error is a no, rather than an answer that never came. */
function isRejection(error: AnyCostsError): boolean {
  switch (error.name) {
    case "InvalidInputError":
      // A key that could not be had says nothing of the event.
      return error.issues[0]?.path[0] !== "apiKey";
    case "ApiError":
      return !isRetriable("ingestEvent", error.status);
    default:
      return false;
  }
}

const isFunction = (value: unknown): boolean => typeof value === "function";

/** The items of an iterable, until the signal aborts: an item that may never come is waited for no longer. */
async function* untilAborted<T>(
  items: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  const iterator =
    Symbol.asyncIterator in items && isFunction(items[Symbol.asyncIterator])
      ? items[Symbol.asyncIterator]()
      : (items as Iterable<T>)[Symbol.iterator]();
  let isAsked = false;
  let isDone = false;
  try {
    for (;;) {
      if (signal?.aborted) throw signal.reason;
      isAsked = true;
      const step = await orAborted(iterator.next(), signal);
      isAsked = false;
      if (typeof step !== "object" || step === null) {
        // As `for await` would: an iterator that never says `done` would be asked for ever.
        throw new InvalidInputError("ingestAll: the events cannot be read", [
          {
            path: ["events"],
            message: "expected an iterator that gives objects with done and value",
          },
        ]);
      }
      isDone = step.done === true;
      if (step.done) return;
      yield step.value;
    }
  } finally {
    if (!isDone) {
      // Only reached when the sending has failed: that is told, not how the source closed.
      const closing = (async () => iterator.return?.())().catch(() => undefined);
      // A source that is asked for an item closes no sooner than it has one, which may be never.
      if (!isAsked) await closing;
    }
  }
}

/** What is awaited, or the signal's reason when that comes first. */
async function orAborted<T>(
  awaited: T | PromiseLike<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return awaited;
  let callOff = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    callOff = onAbort(signal, () => reject(signal.reason));
  });
  return Promise.race([awaited, aborted]).finally(callOff);
}

function checkIngestAll(events: unknown, options: IngestAllOptions): void {
  const refuse = (option: string, message: string): never => {
    throw new InvalidInputError("ingestAll: nothing was sent", [{ path: [option], message }]);
  };
  if (typeof options !== "object" || options === null) {
    throw new InvalidInputError("ingestAll: nothing was sent", [
      { path: [], message: "expected an object of options" },
    ]);
  }
  const { concurrency = CONCURRENCY, deadline = DEADLINE, outcomes = "failed" } = options;
  const isIterable =
    typeof events === "object" &&
    events !== null &&
    (isFunction((events as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator]) ||
      isFunction((events as Partial<Iterable<unknown>>)[Symbol.iterator]));
  if (!isIterable) refuse("events", "expected an iterable of events, synchronous or not");
  if (!(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= MOST_CONCURRENCY)) {
    refuse("concurrency", `expected a whole number from 1 to ${MOST_CONCURRENCY}`);
  }
  if (!(typeof deadline === "number" && deadline >= 0)) {
    refuse("deadline", "expected milliseconds, at least 0");
  }
  if (!["function", "undefined"].includes(typeof options.onProgress)) {
    refuse("onProgress", "expected a function");
  }
  if ((options as RequestOptions).maxRetries !== undefined) {
    refuse("maxRetries", "expected none: events are tried again until the deadline");
  }
  if (!["failed", "all", "none"].includes(outcomes)) {
    refuse("outcomes", 'expected "failed", "all" or "none"');
  }
}
