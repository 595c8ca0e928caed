/** Calls a hook. What it throws, and what a promise that it returns rejects with, is ignored. */
export function callHook<T>(hook: ((info: T) => unknown) | undefined, info: T): void {
  if (hook === undefined) return;
  try {
    Promise.resolve(hook(info)).catch(() => undefined);
  } catch {
    // A failing logger does not fail the call.
  }
}
