import type { paths } from "../../generated/paygentic.ts";
import { type AnyCostsError, type ApiError, ConnectionError, isCostsError } from "../errors.ts";
import type { OperationRules, ResponseReader } from "../http/call.ts";
import type { HttpClient } from "../http/client.ts";
import type { RequestOptions } from "../http/options.ts";
import { type AttemptSchedule, isRetriable } from "../http/retry.ts";
import { FOREVER, wait } from "../http/waiting.ts";
import type { EventReceipt } from "../models.ts";
import { readAnswer, readEventReceipt } from "../schemas/answers.ts";
import type { SentEvent } from "../schemas/guards.ts";
import { parseTimestamp } from "../values/timestamp.ts";
import { Turns, type TurnsOptions } from "./rate-limiter.ts";

const INGEST_EVENT: OperationRules = {
  operation: "ingestEvent",
  // The key and the time are fixed before the first attempt.
  retry: "always-and-unreadable",
  isOutcomeReported: true,
};

/** The end that one event came to. */
export type SendingResult =
  | { readonly result: "accepted"; readonly receipt: EventReceipt }
  | { readonly result: "rejected" | "unknown"; readonly error: AnyCostsError };

/** The key and the time that an event is sent with. */
export function keyAndTime(event: SentEvent): { idempotencyKey: string; timestamp: Date } {
  const { idempotencyKey, timestamp } = event;
  return { idempotencyKey, timestamp: new Date(parseTimestamp(timestamp)) };
}

/** Reads a receipt; it has the key and the time that were sent, whatever the server says. */
const readReceipt: ResponseReader<EventReceipt> = (body, onDrift, sent) => {
  const { model: receipt, unusable } = readAnswer(readEventReceipt, body, onDrift);
  const event = sent as SentEvent;
  const fixed = keyAndTime(event);
  for (const name of ["idempotencyKey", "timestamp"] as const) {
    if ((receipt[name] ?? fixed[name]).valueOf() === fixed[name].valueOf()) continue;
    const message = `sent ${JSON.stringify(event[name])}, the answer has another`;
    onDrift({ path: [name], message });
  }
  return { model: { ...receipt, ...fixed }, unusable };
};

/** Sends one event, its key and time fixed, as one call. */
export function sendEvent(
  client: HttpClient<paths>,
  event: SentEvent,
  options: RequestOptions,
  schedule?: AttemptSchedule,
): Promise<EventReceipt> {
  return client.call(
    INGEST_EVENT,
    options,
    readReceipt,
    (api, init) => api.POST("/v0/events", { ...init, body: event }),
    schedule,
  );
}

/** How events are sent. */
interface SendingOptions extends TurnsOptions {
  /** Whether an event waits for another key when this one is not taken, or cannot be had. */
  readonly waitsForKey: boolean;
}

/** Whether an attempt failed for its key: all else that may be refused here was looked at before. */
const isAboutKey = (error: Error): boolean =>
  error.name === "InvalidInputError" || (error as Partial<ApiError>).status === 401;

/**
 * Sends one event, tried for so many milliseconds `from` an instant, or else from its first attempt. Rejects with the
 * reason of the signal only, and with what is no error of ours.
 */
export type SendUntil = (
  event: SentEvent,
  deadline: number,
  from?: number,
) => Promise<SendingResult>;

/** Sends events to one server, each until it has an end: what `ingestAll` and a queue have in common. */
export function sendingUntil(
  client: HttpClient<paths>,
  request: RequestOptions,
  options: SendingOptions,
): SendUntil {
  const { signal } = request;
  const { longestPause, startTimer, waitsForKey } = options;
  const turns = new Turns(options);
  const mayMend = (error: Error): boolean =>
    isRetriable(INGEST_EVENT.retry, error) || (waitsForKey && isAboutKey(error));
  return async (event, deadline, from) => {
    let until = from === undefined ? FOREVER : from + deadline;
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
        turns.failed(since as number, error, isAboutKey(error));
        giveBack();
        // An attempt that the limit cut off says less than the one before it.
        const isCutOff = error.name === "ConnectionError" && left() <= 0;
        if (!isCutOff || last === undefined) last = error;
        const granted = Math.min(delay, longestPause);
        if (granted >= left()) throw last;
        await wait(granted, signal, startTimer);
      } else {
        // It is not sent when a pause outlasts it, and ends with what asked for the pause.
        last = turns.pauseBeyond(Math.min(deadline, left()));
        if (last !== undefined) throw last;
      }
      since = await turns.take(left(), signal);
      if (since === undefined || left() <= 0) {
        last ??= turns.pauseBeyond(0);
        if (last !== undefined) throw last;
        throw new ConnectionError(`ingestEvent: time was up before it was tried`, {
          code: "TIMEOUT",
          operation: "ingestEvent",
          attempts: 0,
        });
      }
      if (until === FOREVER) {
        until = Date.now() + deadline;
        // Without time to try again, the one attempt has all the time of an attempt.
        if (deadline === 0) return FOREVER;
      }
      return left();
    };
    try {
      const receipt = await sendEvent(client, event, request, { begin, mayMend });
      turns.answered();
      return { result: "accepted", receipt };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!isCostsError(error)) throw error;
      const isRejected = error.name === "ApiError" && !mayMend(error);
      if (isRejected) turns.answered();
      return { result: isRejected ? "rejected" : "unknown", error };
    } finally {
      giveBack();
    }
  };
}
