import { type AnyCostsError, type ApiError, ConnectionError, isCostsError } from "../errors.ts";
import type { RequestOptions } from "../http/options.ts";
import { type AttemptSchedule, isRetriable } from "../http/retry.ts";
import type { Transport } from "../http/transport.ts";
import { FOREVER, wait } from "../http/waiting.ts";
import type { EventReceipt } from "../models.ts";
import { readEventReceipt } from "../schemas/answers.ts";
import type { SentEvent } from "../schemas/guards.ts";
import { parseTimestamp } from "../values/timestamp.ts";
import { Turns, type TurnsOptions } from "./rate-limiter.ts";

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
  transport: Transport,
  request: RequestOptions,
  options: SendingOptions,
): SendUntil {
  const { signal } = request;
  const { longestPause, startTimer, waitsForKey } = options;
  const turns = new Turns(options);
  const mayMend = (error: Error): boolean =>
    isRetriable(OPERATION, error) || (waitsForKey && isAboutKey(error));
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
        throw new ConnectionError(`${OPERATION}: time was up before it was tried`, {
          code: "TIMEOUT",
          operation: OPERATION,
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
      const receipt = await sendEvent(transport, event, request, { begin, mayMend });
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
