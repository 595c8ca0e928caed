import type { ApiError, Operation } from "../errors.ts";

/** The longest `Retry-After` that is waited for, in seconds; a longer one is the caller's to decide. */
export const LONGEST_RETRY_AFTER = 60;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 8_000;
/** Milliseconds that never pass. */
export const FOREVER = Number.POSITIVE_INFINITY;
/** The longest wait of a timer, in milliseconds; one for longer would ring at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;
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
  return Math.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempts - 1));
}

const listeners = /* @__PURE__ */ new WeakMap<EventTarget, Set<() => void>>();

function tellAll({ target }: Event): void {
  for (const listener of [...(listeners.get(target as AbortSignal) ?? [])]) listener();
}

/**
 * Calls `listener` when the signal aborts, and gives back what calls it off. However many listen, the signal has one
 * listener of ours, and none when all are called off: a runtime takes eleven for a leak, and warns.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const all = listeners.get(signal) ?? new Set();
  if (all.size === 0) {
    listeners.set(signal, all);
    signal.addEventListener("abort", tellAll);
  }
  all.add(listener);
  return () => {
    if (all.delete(listener) && all.size === 0) signal.removeEventListener("abort", tellAll);
  };
}

/** Starts a timer: `setTimeout`, or one that does not keep a process alive. */
export type StartTimer = (callback: () => void, milliseconds: number) => Timer;
type Timer = ReturnType<typeof setTimeout>;

/** A timer that does not keep a process alive, where the runtime has such. */
export const startIdleTimer: StartTimer = (callback, milliseconds) => {
  const timer = setTimeout(callback, milliseconds);
  // A number in browsers.
  if (typeof timer === "object") timer.unref();
  return timer;
};

/**
 * A promise that `begin` settles, or an abort with the signal's reason; undefined when so many milliseconds have passed
 * before. What `begin` gives back is called at the end, so that no timer and no listener is left behind.
 */
export function abortable<T>(
  signal: AbortSignal | undefined,
  begin: (
    resolve: (value: T | PromiseLike<T> | undefined) => void,
    reject: (reason: unknown) => void,
  ) => (() => unknown) | undefined,
  atMost = FOREVER,
  startTimer: StartTimer = setTimeout,
): Promise<T | undefined> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    // An abort may come while `begin` is at work.
    let undo: (() => unknown) | undefined;
    const ending =
      <A>(settle: (argument?: A) => void) =>
      (argument?: A): void => {
        clearTimeout(timer);
        callOff?.();
        undo?.();
        settle(argument);
      };
    const finish = ending(resolve);
    const refuse = ending(reject);
    const timer = atMost <= LONGEST_TIMER ? startTimer(finish, atMost) : undefined;
    const callOff = signal && onAbort(signal, () => refuse(signal.reason));
    undo = begin(finish, refuse);
  });
}

/** Waits; only an abort ends what is longer than a timer can wait. */
export function wait(
  milliseconds: number,
  signal: AbortSignal | undefined,
  startTimer?: StartTimer,
): Promise<undefined> {
  return abortable(signal, () => undefined, milliseconds, startTimer);
}
