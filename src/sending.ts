import { readEventReceipt } from "./answers.ts";
import { type AnyCostsError, ConnectionError, isCostsError } from "./errors.ts";
import type { SentEvent } from "./guards.ts";
import type { EventReceipt } from "./models.ts";
import type { RequestOptions } from "./options.ts";
import { type AttemptSchedule, type FailedAttempt, isRetriable, wait } from "./retry.ts";
import { parseTimestamp } from "./timestamp.ts";
import type { Transport } from "./transport.ts";
import { Turns, type TurnsOptions } from "./turns.ts";

const OPERATION = "ingestEvent";

/** The end that one event came to. */
export type SendingResult =
  | { readonly result: "accepted"; readonly receipt: EventReceipt }
  | { readonly result: "rejected" | "unknown"; readonly error: AnyCostsError };

/** How long one event is tried: so many milliseconds from its first attempt, or until an instant. */
export type TimeLimit = { readonly deadline: number } | { readonly until: number };

/** Sends one event, its key and time fixed, as one call. */
export async function sendEvent(
  transport: Transport,
  event: SentEvent,
  options: RequestOptions,
  schedule?: AttemptSchedule,
): Promise<EventReceipt> {
  const { idempotencyKey, timestamp } = event;
  const receipt = await transport.request(
    OPERATION,
    "post",
    "/v0/events",
    { body: event },
    options,
    readEventReceipt,
    schedule,
  );
  const sentTime = new Date(parseTimestamp(timestamp));
  if ((receipt.idempotencyKey ?? idempotencyKey) !== idempotencyKey) {
    transport.reportDrift(OPERATION, {
      path: ["idempotencyKey"],
      message: `sent ${JSON.stringify(idempotencyKey)}, the answer has another`,
    });
  }
  if ((receipt.timestamp ?? sentTime).getTime() !== sentTime.getTime()) {
    transport.reportDrift(OPERATION, {
      path: ["timestamp"],
      message: `sent ${timestamp}, the answer has another`,
    });
  }
  return { ...receipt, idempotencyKey, timestamp: sentTime };
}

/** Whether an error says that the key could not be had, or is not the right one: the event has no part in it. */
export function isAboutKey(error: AnyCostsError): boolean {
  return error.name === "InvalidInputError"
    ? error.issues[0]?.path[0] === "apiKey"
    : error.name === "ApiError" && error.status === 401;
}

/** The end of an event whose sending failed with `error`: a no, or an answer that never came. */
export function failedWith(error: AnyCostsError): SendingResult {
  const isRejection =
    error.name === "InvalidInputError"
      ? !isAboutKey(error)
      : error.name === "ApiError" && !isRetriable(OPERATION, error.status);
  return { result: isRejection ? "rejected" : "unknown", error };
}

/** The error of an event whose time was up before it was tried. */
export function neverTried(): ConnectionError {
  return new ConnectionError(`${OPERATION}: the event's time was up before it could be tried`, {
    code: "TIMEOUT",
    operation: OPERATION,
    attempts: 0,
  });
}

/** The attempts of one event, each at its turn, until its time is up. */
class EventAttempts implements AttemptSchedule {
  readonly #turns: Turns;
  readonly #limit: TimeLimit;
  readonly #signal: AbortSignal | undefined;
  readonly #options: TurnsOptions;
  #until: number | undefined;
  /** Since when it has a turn. */
  #since: number | undefined;
  /** What it ends with when its time is up. */
  #error: unknown;

  constructor(
    turns: Turns,
    limit: TimeLimit,
    signal: AbortSignal | undefined,
    options: TurnsOptions,
  ) {
    this.#turns = turns;
    this.#limit = limit;
    this.#signal = signal;
    this.#options = options;
    this.#until = "until" in limit ? limit.until : undefined;
  }

  async begin(failed?: FailedAttempt): Promise<number> {
    if (failed === undefined) return this.#beginFirst();
    if (this.#since !== undefined) this.#turns.failed(this.#since, failed);
    this.end();
    // An attempt that the limit cut off says less than the one before it.
    const isCutOff = failed.failure === "no-answer" && this.#left <= 0;
    if (!isCutOff || this.#error === undefined) this.#error = failed.error;
    const delay = Math.min(failed.delay, this.#options.longestPause);
    if (delay >= this.#left) throw this.#error;
    await wait(delay, this.#signal, this.#options.startTimer);
    if (!(await this.#takeTurn())) throw this.#error;
    return this.#left;
  }

  /** Gives the turn back, if there is one. */
  end(): void {
    if (this.#since === undefined) return;
    this.#since = undefined;
    this.#turns.giveBack();
  }

  async #beginFirst(): Promise<number> {
    const { pause } = this.#turns;
    const patience = "deadline" in this.#limit ? this.#limit.deadline : this.#left;
    // A pause that outlasts the event: it is not sent, and ends with what asked for the pause.
    if (pause !== undefined && pause.left > patience) throw pause.error;
    if (!(await this.#takeTurn())) throw this.#turns.pause?.error ?? neverTried();
    if ("deadline" in this.#limit) {
      this.#until = Date.now() + this.#limit.deadline;
      // Without time to try again, the one attempt has all the time of an attempt.
      if (this.#limit.deadline === 0) return Number.POSITIVE_INFINITY;
    }
    return this.#left;
  }

  /** Waits for a turn; whether one came, with time left for an attempt. */
  async #takeTurn(): Promise<boolean> {
    this.#since = await this.#turns.take(this.#left, this.#signal);
    return this.#since !== undefined && this.#left > 0;
  }

  get #left(): number {
    return this.#until === undefined ? Number.POSITIVE_INFINITY : this.#until - Date.now();
  }
}

/** Sends events to one server, each until it has an end: what `ingestAll` and a queue have in common. */
export class Sending {
  readonly #transport: Transport;
  readonly #request: RequestOptions;
  readonly #options: TurnsOptions;
  readonly #turns: Turns;

  constructor(transport: Transport, request: RequestOptions, options: TurnsOptions) {
    this.#transport = transport;
    this.#request = request;
    this.#options = options;
    this.#turns = new Turns(options);
  }

  /** Sends nothing for so many milliseconds. */
  hold(milliseconds: number, error: AnyCostsError): void {
    this.#turns.hold(milliseconds, error);
  }

  /** Sends one event. Rejects with the reason of the signal only, and with what is no error of ours. */
  async send(event: SentEvent, limit: TimeLimit): Promise<SendingResult> {
    const { signal } = this.#request;
    const attempts = new EventAttempts(this.#turns, limit, signal, this.#options);
    try {
      const receipt = await sendEvent(this.#transport, event, this.#request, attempts);
      this.#turns.answered();
      return { result: "accepted", receipt };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!isCostsError(error)) throw error;
      const failed = failedWith(error);
      if (failed.result === "rejected") this.#turns.answered();
      return failed;
    } finally {
      attempts.end();
    }
  }
}
