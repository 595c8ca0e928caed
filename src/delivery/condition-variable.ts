import { abortable, FOREVER, MAX_TIMER_DELAY } from "../http/waiting.ts";

/** Keeps the process alive while a promise is pending: the timers of a queue do not. */
export async function keepingAlive<T>(awaited: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, MAX_TIMER_DELAY);
  try {
    return await awaited;
  } finally {
    clearInterval(timer);
  }
}

/** Lets callers wait until a condition holds, and counts the tasks whose end may change one. */
export class ConditionVariable {
  readonly #checks = new Set<() => void>();
  readonly #tasks = new Set<Promise<unknown>>();

  /** How many tasks have not settled. */
  get taskCount(): number {
    return this.#tasks.size;
  }

  /** Counts a task until it settles, and returns it. */
  run<T>(task: Promise<T>): Promise<T> {
    const end = (): void => {
      this.#tasks.delete(watched);
      this.notifyAll();
    };
    const watched = task.then(end, end);
    this.#tasks.add(watched);
    return task;
  }

  /** Waits until all tasks have settled, those begun meanwhile included. */
  allSettled(): Promise<void> {
    return this.waitFor(() => this.#tasks.size === 0);
  }

  /** Checks the conditions that callers wait for. */
  notifyAll(): void {
    for (const check of [...this.#checks]) check();
  }

  /** Waits until a condition holds, at most so many milliseconds. Never rejects. */
  async waitFor(condition: () => boolean, milliseconds = FOREVER): Promise<void> {
    if (condition()) return;
    await abortable<void>(
      undefined,
      (resolve) => {
        const check = (): void => {
          if (condition()) resolve(undefined);
        };
        this.#checks.add(check);
        return () => this.#checks.delete(check);
      },
      milliseconds,
    );
  }
}
