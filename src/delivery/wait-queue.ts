import { abortable, type StartTimer } from "../http/waiting.ts";

interface Waiter {
  readonly enter: () => void;
  readonly refuse: (reason: unknown) => void;
}

/** A queue of callers that wait for room, first come, first served. */
export class WaitQueue<T> {
  readonly #waiting = new Set<Waiter>();

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Waits for room. `enter` is called when there is room, and this resolves with what it returns, or with undefined when
   * there was no room within `atMost` milliseconds. Rejects as `enter` does, when refused, or with the signal's reason.
   */
  wait(
    enter: () => T | Promise<T>,
    signal: AbortSignal | undefined,
    atMost?: number,
    startTimer?: StartTimer,
  ): Promise<T | undefined> {
    return abortable<T>(
      signal,
      (resolve, reject) => {
        const waiter: Waiter = { enter: () => resolve(enter()), refuse: reject };
        this.#waiting.add(waiter);
        return () => this.#waiting.delete(waiter);
      },
      atMost,
      startTimer,
    );
  }

  /** Lets callers enter, the oldest first, as long as there is room. */
  release(hasRoom: () => boolean): void {
    for (const waiter of this.#waiting) {
      if (!hasRoom()) return;
      waiter.enter();
    }
  }

  /** Lets one caller enter: the one that waits longest, or the one that came last. */
  releaseOne(which: "oldest" | "newest" = "oldest"): void {
    const [oldest] = this.#waiting;
    (which === "oldest" ? oldest : [...this.#waiting].at(-1))?.enter();
  }

  /** Refuses all. */
  refuse(reason: unknown): void {
    for (const waiter of [...this.#waiting]) waiter.refuse(reason);
  }

  /** A condition: every caller that waits now has entered or left. */
  areThrough(): () => boolean {
    const last = [...this.#waiting].at(-1);
    return () => last === undefined || !this.#waiting.has(last);
  }
}
