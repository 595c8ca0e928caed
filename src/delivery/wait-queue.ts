import { abortable, type StartTimer } from "../http/waiting.ts";

interface Entrant {
  readonly enter: () => void;
  readonly refuse: (reason: unknown) => void;
}

/** Those who wait to be let in, first come, first served. */
export class Entrants<T> {
  readonly #waiting = new Set<Entrant>();

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Lines up: `enter` is called when it is let in, and says what this resolves with; undefined when it was not let in
   * within so many milliseconds. Rejects as `enter` does, when refused, or with the signal's reason.
   */
  lineUp(
    enter: () => T | Promise<T>,
    signal: AbortSignal | undefined,
    atMost?: number,
    startTimer?: StartTimer,
  ): Promise<T | undefined> {
    return abortable<T>(
      signal,
      (resolve, reject) => {
        const entrant: Entrant = { enter: () => resolve(enter()), refuse: reject };
        this.#waiting.add(entrant);
        return () => this.#waiting.delete(entrant);
      },
      atMost,
      startTimer,
    );
  }

  /** Lets the next ones in, as long as there is room. */
  letIn(hasRoom: () => boolean): void {
    for (const entrant of this.#waiting) {
      if (!hasRoom()) return;
      entrant.enter();
    }
  }

  /** Refuses all. */
  refuse(reason: unknown): void {
    for (const entrant of [...this.#waiting]) entrant.refuse(reason);
  }

  /** A condition: that all who wait now were let in, or left. */
  areThrough(): () => boolean {
    const last = [...this.#waiting].at(-1);
    return () => last === undefined || !this.#waiting.has(last);
  }
}
