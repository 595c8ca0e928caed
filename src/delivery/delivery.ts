import type { paths } from "../../generated/paygentic.ts";
import { type AnyCostsError, type ApiError, ConnectionError, isCostsError } from "../errors.ts";
import type { OperationRules, ResponseReader } from "../http/call.ts";
import type { CallPromise, HttpClient } from "../http/client.ts";
import type { RequestOptions } from "../http/options.ts";
import { type AttemptSchedule, isRetriable, retryDelay } from "../http/retry.ts";
import { FOREVER, wait } from "../http/waiting.ts";
import type { EventReceipt } from "../models.ts";
import type { SentEvent } from "../schemas/requests.ts";
import { eventReceiptResponse } from "../schemas/responses.ts";
import { messageOf } from "../values/record.ts";
import { parseTimestamp } from "../values/timestamp.ts";
import { type Permit, RateLimiter, type RateLimiterOptions } from "./rate-limiter.ts";

const INGEST_EVENT: OperationRules = {
  operation: "ingestEvent",
  method: "events.ingest",
  // The key and the time are fixed before the first attempt.
  retry: "always-and-unreadable",
  isOutcomeReported: true,
};
/** How many events that keep failing are held in memory at most, before no other event is begun. */
export const MAX_DEFERRED = 10_000;

/** What became of one event. */
export type DeliveryResult =
  | { readonly result: "accepted"; readonly receipt: EventReceipt }
  | { readonly result: "rejected" | "unknown"; readonly error: AnyCostsError };

/** The key and the time that an event is sent with. */
export function keyAndTime(event: SentEvent): { idempotencyKey: string; timestamp: Date } {
  const { idempotencyKey, timestamp } = event;
  return { idempotencyKey, timestamp: new Date(parseTimestamp(timestamp)) };
}

/** Reads a receipt; it has the key and the time that were sent, whatever the server says. */
const readReceipt: ResponseReader<EventReceipt> = (body, onDrift, sent) => {
  const { model: receipt, unusable } = eventReceiptResponse.read(body, onDrift);
  if (unusable.length > 0) return { model: receipt as EventReceipt, unusable };
  const event = sent as SentEvent;
  const fixed = keyAndTime(event);
  for (const name of ["idempotencyKey", "timestamp"] as const) {
    if ((receipt[name] ?? fixed[name]).valueOf() === fixed[name].valueOf()) continue;
    const message = `sent ${JSON.stringify(event[name])}, the response has ${JSON.stringify(receipt[name])}`;
    onDrift({ path: [name], message });
  }
  return { model: { ...receipt, ...fixed }, unusable };
};

/** Sends one event, its key and time fixed, as one call. `makeEvent` is called once; what it throws rejects the call. */
export function sendEvent(
  client: HttpClient<paths>,
  makeEvent: () => SentEvent,
  options: RequestOptions,
  schedule?: AttemptSchedule,
): CallPromise<EventReceipt> {
  return client.call(
    INGEST_EVENT,
    options,
    readReceipt,
    (api, init) => api.POST("/v0/events", { ...init, body: makeEvent() }),
    schedule,
  );
}

/** What is known of an event that was taken over from a store. */
interface History {
  /** Milliseconds since it was added. */
  readonly age?: number;
  /** Whether the server may have counted it already. */
  readonly mayHaveArrived?: boolean;
}

interface DeliveryOptions extends RateLimiterOptions {
  /** The method that the caller called, for messages. */
  readonly method: string;
  /** The longest delay before an event is sent again, in milliseconds. */
  readonly maxDelay: number;
  /** Whether an event waits for another key when the server refuses this one, or when there is none. */
  readonly waitsForKey: boolean;
  /** Called when an event was deferred, with how often it has failed, and why. */
  readonly onDeferred: (event: SentEvent, failures: number, error: unknown) => void;
}

/** Whether an attempt failed because of the key: everything else that can be refused here was checked before. */
const isAboutKey = (error: Error): boolean =>
  error.name === "InvalidInputError" || (error as Partial<ApiError>).status === 401;

/** Sends events to one server, each until its outcome is known or its deadline has passed. */
export class Delivery {
  readonly #client: HttpClient<paths>;
  readonly #request: RequestOptions;
  readonly #options: DeliveryOptions;
  readonly #limiter: RateLimiter;
  #deferred = 0;

  constructor(client: HttpClient<paths>, request: RequestOptions, options: DeliveryOptions) {
    client.checkOptions(request, options.method);
    this.#client = client;
    this.#request = request;
    this.#options = options;
    this.#limiter = new RateLimiter(options);
  }

  /** How many events wait for another attempt, or behind others because their type keeps failing. */
  get deferred(): number {
    return this.#deferred;
  }

  /** Whether events that keep failing wait apart from the others, or are on their way. */
  get hasApart(): boolean {
    return this.#limiter.hasApart;
  }

  /**
   * Sends one event, repeatedly until `deadline` milliseconds have passed since its first attempt, or, with an age,
   * since it was new. Rejects only with the reason of the signal, and with what is not an error of ours.
   */
  async deliverUntil(
    event: SentEvent,
    deadline: number,
    { age, mayHaveArrived = false }: History = {},
  ): Promise<DeliveryResult> {
    const { signal } = this.#request;
    const { maxPause, maxDelay, startTimer, waitsForKey } = this.#options;
    const { type } = event;
    const limiter = this.#limiter;
    let end = age === undefined ? FOREVER : performance.now() + deadline - age;
    let permit: Permit | undefined;
    let failures = 0;
    let isDeferred = false;
    let isSent = false;
    /** What the event ends with when its deadline passes. */
    let last: unknown;
    const left = (): number => end - performance.now();
    const release = (): void => {
      if (permit !== undefined) limiter.release(permit);
      permit = undefined;
    };
    const setDeferred = (value: boolean): void => {
      if (value === isDeferred) return;
      isDeferred = value;
      this.#deferred += value ? 1 : -1;
      if (value) this.#options.onDeferred(event, failures, last);
    };
    const mayMend = (error: Error): boolean =>
      isRetriable(INGEST_EVENT.retry, error) || (waitsForKey && isAboutKey(error));
    /** How long to wait after a failure. Throws what the event ends with when there is no time for another attempt. */
    const pauseAfter = (error: Error, delay: number): number => {
      const { status, retryAfterSeconds } = error as Partial<ApiError>;
      if (permit !== undefined) limiter.failed(permit, error, isAboutKey(error));
      release();
      if (status !== 429 && !isAboutKey(error)) failures++;
      // An attempt that the deadline cut off says less than the one before it.
      const isCutOff = error.name === "ConnectionError" && left() <= 0;
      if (!isCutOff || last === undefined) last = error;
      const pause =
        retryAfterSeconds === undefined && failures > 0
          ? retryDelay(failures, undefined, maxDelay)
          : delay;
      const granted = Math.min(pause, maxPause);
      if (granted >= left()) throw last;
      setDeferred(true);
      return granted;
    };
    const begin = async (error?: Error, delay = 0): Promise<number> => {
      if (error !== undefined) {
        await wait(pauseAfter(error, delay), signal, startTimer);
      } else {
        // It is not sent when a pause outlasts it, and ends with what asked for the pause.
        const pausedBy = limiter.pauseBeyond(type, Math.min(deadline, left()));
        last = pausedBy ?? last;
        if (pausedBy !== undefined) throw pausedBy;
      }
      setDeferred(false);
      const onDeferred = (): void => setDeferred(true);
      permit = await limiter.acquire({ type, failures, atMost: left(), signal, onDeferred });
      setDeferred(false);
      if (permit === undefined || left() <= 0) {
        last ??= limiter.pauseBeyond(type, 0);
        if (last !== undefined) throw last;
        throw new ConnectionError(
          `${INGEST_EVENT.method}: the deadline passed before the first attempt`,
          {
            code: "TIMEOUT",
            operation: INGEST_EVENT.operation,
            attempts: 0,
          },
        );
      }
      isSent = true;
      if (end === FOREVER) {
        end = performance.now() + deadline;
        // Without time for another attempt, the one attempt has all the time of an attempt.
        if (deadline === 0) return FOREVER;
      }
      return left();
    };
    const schedule = { begin, mayMend };
    try {
      for (;;) {
        try {
          const receipt = await sendEvent(this.#client, () => event, this.#request, schedule);
          if (permit !== undefined) limiter.answered(permit);
          return { result: "accepted", receipt };
        } catch (error) {
          if (signal?.aborted || isCostsError(error)) throw error;
          // Only a middleware throws anything else. It sees a call once: before all attempts, and after them.
          mayHaveArrived ||= isSent;
          if (end === FOREVER) end = performance.now() + deadline;
          await wait(pauseAfter(middlewareFailed(error), 0), signal, startTimer);
          setDeferred(false);
        }
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!isCostsError(error)) throw error;
      const isRejected = error.name === "ApiError" && !mayMend(error);
      if (isRejected && permit !== undefined) limiter.answered(permit);
      if (isRejected && mayHaveArrived) return { result: "unknown", error: outcomeUnknown(error) };
      return { result: isRejected ? "rejected" : "unknown", error };
    } finally {
      release();
      setDeferred(false);
    }
  }
}

/** The error of an event that is refused after an earlier process, or a call that a middleware ended, may have sent it. */
function outcomeUnknown(cause: ApiError): ConnectionError {
  const { operation, method } = INGEST_EVENT;
  const message = `${method}: the event may have been sent before, the last attempt was refused: ${cause.message}`;
  const { attempts } = cause;
  return new ConnectionError(message, { code: "OUTCOME_UNKNOWN", operation, attempts, cause });
}

/** The error of an event whose call a middleware ended. */
function middlewareFailed(cause: unknown): ConnectionError {
  const { operation, method } = INGEST_EVENT;
  const message = `${method}: a middleware failed: ${messageOf(cause)}`;
  return new ConnectionError(message, {
    code: "CONNECTION_FAILED",
    operation,
    attempts: 0,
    cause,
  });
}
