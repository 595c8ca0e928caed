import type { ApiError } from "../errors.ts";

/** The longest `Retry-After` that is waited for, in seconds; a longer one is the caller's to decide. */
export const MAX_RETRY_AFTER = 60;
const FIRST_DELAY = 500;
export const MAX_DELAY = 8_000;
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
 * Which failed attempts of an operation are repeated:
 *
 * - `always`: where repeating does no harm: reading, deleting, setting absolute values. After connection failures, 408,
 *   429 and 5xx.
 * - `always-and-unreadable`: the same, and after a success whose body is incomplete or unreadable.
 * - `refused`: only after a 429, since the server did nothing then.
 */
export type RetryRule = "always" | "always-and-unreadable" | "refused";

/** Whether another attempt does no harm and may help. An `InvalidInputError` of ours is not repeated. */
export function isRetriable(rule: RetryRule, error: Error): boolean {
  if (error.name === "InvalidInputError") return false;
  const { status } = error as Partial<ApiError>;
  if (rule === "refused") return status === 429;
  if (status === undefined) return true;
  if (isSuccess(status)) return rule === "always-and-unreadable";
  return status === 408 || status === 429 || status >= 500;
}

/**
 * Whether the server may have carried out an attempt that failed: it is not known after a connection failure, a 408, a
 * 5xx, and a success whose body is unreadable.
 */
export function mayBeCarriedOut(error: Error): boolean {
  const { status } = error as Partial<ApiError>;
  if (status === undefined) return error.name !== "InvalidInputError";
  return isSuccess(status) || status === 408 || status >= 500;
}

/** What a `Retry-After` header asks for, seconds or an HTTP date, in seconds from `now`; undefined when unreadable. */
export function readRetryAfter(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Number(text), Number.MAX_VALUE);
  if (!HTTP_DATE.test(text)) return undefined;
  const date = Date.parse(/ \d{4}$/.test(text) ? `${text} GMT` : text);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1_000);
}

/** Milliseconds to wait after the `attempts`-th failure: what the server asked for, else full jitter, growing. */
export function retryDelay(
  attempts: number,
  retryAfterSeconds?: number,
  maxDelay = MAX_DELAY,
): number {
  if (retryAfterSeconds !== undefined) return retryAfterSeconds * 1_000;
  return Math.random() * Math.min(maxDelay, FIRST_DELAY * 2 ** (attempts - 1));
}
