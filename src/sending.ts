import { readEventReceipt } from "./answers.ts";
import { type AnyCostsError, ConnectionError, isCostsError } from "./errors.ts";
import type { SentEvent } from "./guards.ts";
import type { EventReceipt } from "./models.ts";
import type { RequestOptions } from "./options.ts";
import { type AttemptSchedule, isRetriable, wait } from "./retry.ts";
import { parseTimestamp } from "./timestamp.ts";
import type { Transport } from "./transport.ts";
import { Turns, type TurnsOptions } from "./turns.ts";

const OPERATION = "ingestEvent";

/** The end that one event came to. */
export type SendingResult =
  | { readonly result: "accepted"; readonly receipt: EventReceipt }
  | { readonly result: "rejected" | "unknown"; readonly error: AnyCostsError };

/** The key and the time that an event is sent with. */
export function keyAndTime(event: SentEvent): { idempotencyKey: string; timestamp: Date } {
  const { idempotencyKey, timestamp } = event;
  return { idempotencyKey, timestamp: new Date(parseTimestamp(timestamp)) };
}

/** Sends one event, its key and time fixed, as one call. */
export async function sendEvent(
  transport: Transport,
  event: SentEvent,
  options: RequestOptions,
  schedule?: AttemptSchedule,
): Promise<EventReceipt> {
  const receipt = await transport.request(
    OPERATION,
    "post",
    "/v0/events",
    { body: event },
    options,
    readEventReceipt,
    schedule,
  );
  const sent = keyAndTime(event);
  for (const path of ["idempotencyKey", "timestamp"] as const) {
    if ((receipt[path] ?? sent[path]).valueOf() === sent[path].valueOf()) continue;
    const message = `sent ${JSON.stringify(event[path])}, the answer has another`;
    transport.reportDrift(OPERATION, { path: [path], message });
  }
  return { ...receipt, ...sent };
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

/** Sends events to one server, each until it has an end: what `ingestAll` and a queue have in common. */
export class Sending {
  readonly turns: Turns;
  readonly #transport: Transport;
  readonly #request: RequestOptions;
  readonly #options: TurnsOptions;

  constructor(transport: Transport, request: RequestOptions, options: TurnsOptions) {
    this.turns = new Turns(options);
    this.#transport = transport;
    this.#request = request;
    this.#options = options;
  }

  /**
   * Sends one event, tried for so many milliseconds `from` an instant, or else from its first attempt. Rejects with the
   * reason of the signal only, and with what is no error of ours.
   */
  async send(event: SentEvent, deadline: number, from?: number): Promise<SendingResult> {
    const { turns } = this;
    const { signal } = this.#request;
    const { longestPause, startTimer } = this.#options;
    let until = from === undefined ? Number.POSITIVE_INFINITY : from + deadline;
    /** Since when it has a turn. */
    let since: number | undefined;
    /** What it ends with when its time is up. */
    let last: unknown;
    const left = (): number => until - Date.now();
    const giveBack = (): void => {
      if (since !== undefined) turns.giveBack();
      since = undefined;
    };
    const begin = async (error?: Error, delay = 0): Promise<number> => {
      if (error !== undefined) {
        turns.failed(since as number, error);
        giveBack();
        // An attempt that the limit cut off says less than the one before it.
        const isCutOff = error.name === "ConnectionError" && left() <= 0;
        if (!isCutOff || last === undefined) last = error;
        const granted = Math.min(delay, longestPause);
        if (granted >= left()) throw last;
        await wait(granted, signal, startTimer);
      } else if (turns.pause && turns.pause.left > Math.min(deadline, left())) {
        // A pause that outlasts the event: it is not sent, and ends with what asked for the pause.
        throw turns.pause.error;
      }
      since = await turns.take(left(), signal);
      if (since === undefined || left() <= 0) throw last ?? turns.pause?.error ?? neverTried();
      if (until === Number.POSITIVE_INFINITY) {
        until = Date.now() + deadline;
        // Without time to try again, the one attempt has all the time of an attempt.
        if (deadline === 0) return Number.POSITIVE_INFINITY;
      }
      return left();
    };
    try {
      const receipt = await sendEvent(this.#transport, event, this.#request, { begin });
      turns.answered();
      return { result: "accepted", receipt };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!isCostsError(error)) throw error;
      const failed = failedWith(error);
      if (failed.result === "rejected") turns.answered();
      return failed;
    } finally {
      giveBack();
    }
  }
}
