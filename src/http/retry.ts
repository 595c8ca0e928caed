import type { ApiError, Operation } from "../errors.ts";

/** The longest `Retry-After` that is waited for, in seconds; a longer one is the caller's to decide. */
export const MAX_RETRY_AFTER = 60;
const FIRST_DELAY = 500;
const MAX_DELAY = 8_000;
/** Two of its three forms name their zone; the third ends with the year and means UTC. */
const HTTP_DATE = /^(?:sun|mon|tue|wed|thu|fri|sat)[a-z]*,? .*\d\d:\d\d:\d\d/i;

/** Decides when the attempts of a call begin, and how many there are. */
export interface AttemptSchedule {
  /**
   * Resolves when an attempt may begin, with the milliseconds it may take. After one that failed in a way that another
   * might mend, it has its error, and how long to wait for the next: what the server asked for, else some time of ours.
   * Rejects when there is to be none: with the error of the attempt that failed before, if there was one.
   */
  begin(error?: Error, delay?: number): Promise<number>;
  /** Whether another attempt might mend what an attempt failed with. */
  mayMend(error: Error): boolean;
}

export const isSuccess = (status: number): boolean => status >= 200 && status <= 299;

/**
 * Whether trying again can do no harm and may help, after an answer that was no success or incomplete, or none at all;
 * what was refused here is not tried again. Reading, deleting and setting absolute values can be repeated, and so can an
 * event, whose key and time are fixed. Creating a cost is only repeated when the server refused to look at it.
 */
export function isRetriable(operation: Operation, error: Error): boolean {
  if (error.name === "InvalidInputError") return false;
  const { status } = error as Partial<ApiError>;
  if (operation === "createCost") return status === 429;
  if (status === undefined) return true;
  if (isSuccess(status)) return operation === "ingestEvent";
  return status === 408 || status === 429 || status >= 500;
}

/** What a `Retry-After` header asks for, seconds or an HTTP date, in seconds from `now`; undefined when unreadable. */
export function readRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,15}(?:\.\d+)?$/.test(header)) return Number(header);
  if (!HTTP_DATE.test(header)) return undefined;
  const date = Date.parse(/ \d{4}$/.test(header) ? `${header} GMT` : header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1_000);
}

/** Milliseconds to wait after the `attempts`-th failure: what the server asked for, else full jitter, growing. */
export function retryDelay(attempts: number, retryAfterSeconds?: number): number {
  if (retryAfterSeconds !== undefined) return retryAfterSeconds * 1_000;
  return Math.random() * Math.min(MAX_DELAY, FIRST_DELAY * 2 ** (attempts - 1));
}
