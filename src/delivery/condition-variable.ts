import { abortable, FOREVER, MAX_TIMER_DELAY } from "../http/waiting.ts";

/** Keeps the process alive while somebody waits: the timers of a queue do not. */
export async function keepingAlive<T>(awaited: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, MAX_TIMER_DELAY);
  try {
    return await awaited;
  } finally {
    clearInterval(timer);
  }
}

/** Lets others wait until something has changed so that a condition holds, the end of some work for one. */
export class Changes {
  readonly #looks = new Set<() => void>();
  readonly #work = new Set<Promise<unknown>>();

  /** How much work goes on. */
  get underway(): number {
    return this.#work.size;
  }

  /** Counts some work as underway, and gives it back. */
  run<T>(work: Promise<T>): Promise<T> {
    const end = (): void => {
      this.#work.delete(watched);
      this.tell();
    };
    const watched = work.then(end, end);
    this.#work.add(watched);
    return work;
  }

  /** Waits until all work has ended, that which is begun meanwhile included. */
  allEnded(): Promise<void> {
    return this.until(() => this.#work.size === 0);
  }

  /** Has those who wait look again. */
  tell(): void {
    for (const look of [...this.#looks]) look();
  }

  /** Waits until a condition holds, at most so many milliseconds. Never rejects. */
  async until(condition: () => boolean, milliseconds = FOREVER): Promise<void> {
    if (condition()) return;
    await abortable<void>(
      undefined,
      (resolve) => {
        const look = (): void => {
          if (condition()) resolve(undefined);
        };
        this.#looks.add(look);
        return () => this.#looks.delete(look);
      },
      milliseconds,
    );
  }
}
