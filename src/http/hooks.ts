/** Calls a hook; neither what it throws nor a promise that it gives and that rejects reaches the call. */
export function tell<T>(hook: ((facts: T) => unknown) | undefined, facts: T): void {
  try {
    Promise.resolve(hook?.(facts)).catch(() => undefined);
  } catch {
    // A logger's failure is not the call's.
  }
}
