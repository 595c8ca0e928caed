/** No timeout. */
export const FOREVER = Number.POSITIVE_INFINITY;
/** The longest delay of a timer, in milliseconds: a timer with a longer one fires at once. */
export const MAX_TIMER_DELAY = 2 ** 31 - 1;

const abortListeners = /* @__PURE__ */ new WeakMap<EventTarget, Set<() => void>>();

function callListeners({ target }: Event): void {
  for (const listener of [...(abortListeners.get(target as AbortSignal) ?? [])]) listener();
}

/**
 * Calls `listener` when the signal aborts; returns a function that removes the listener. A signal has at most one
 * event listener of ours, however many calls share the signal: Node warns of a leak from the eleventh on.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const all = abortListeners.get(signal) ?? new Set();
  if (all.size === 0) {
    abortListeners.set(signal, all);
    signal.addEventListener("abort", callListeners);
  }
  all.add(listener);
  return () => {
    if (all.delete(listener) && all.size === 0) signal.removeEventListener("abort", callListeners);
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
 * A promise that `begin` settles, that an abort rejects with the signal's reason, or that resolves to undefined after
 * `atMost` milliseconds. The function that `begin` returns is called when the promise settles; no timer and no listener
 * is left behind.
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
    const timer = atMost <= MAX_TIMER_DELAY ? startTimer(finish, atMost) : undefined;
    const callOff = signal && onAbort(signal, () => refuse(signal.reason));
    undo = begin(finish, refuse);
  });
}

/**
 * What a promise settles with; rejects with the signal's reason when it aborts before, and gives undefined after `atMost`
 * milliseconds. What the promise rejects with afterwards is ignored.
 */
export function untilAbort<T>(
  signal: AbortSignal | undefined,
  promise: Promise<T>,
  atMost?: number,
): Promise<T | undefined> {
  // It rejects at once then, and nobody is told of the promise's own rejection.
  if (signal?.aborted) promise.catch(() => undefined);
  return abortable<T>(signal, (resolve, reject) => void promise.then(resolve, reject), atMost);
}

/** Waits. A delay beyond `MAX_TIMER_DELAY` ends with an abort only. */
export function wait(
  milliseconds: number,
  signal: AbortSignal | undefined,
  startTimer?: StartTimer,
): Promise<undefined> {
  return abortable(signal, () => undefined, milliseconds, startTimer);
}
