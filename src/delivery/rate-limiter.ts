import type { ApiError } from "../errors.ts";
import { retryDelay } from "../http/retry.ts";
import type { StartTimer } from "../http/waiting.ts";
import { Entrants } from "./wait-queue.ts";

/** Milliseconds between two attempts after the first 429. */
const FIRST_GAP = 10;
const LONGEST_GAP = 10_000;
/** Timers count no finer. */
const SHORTEST_GAP = 1;
const SLOWER = 2;
const QUICKER = 0.98;
const FIRST_FAILURE_GAP = 10;
/** Milliseconds before a key that was not taken is tried again, at least. */
const SHORTEST_KEY_PAUSE = 50;

/** How turns are given. */
export interface TurnsOptions {
  /** How many may have one at once. */
  readonly concurrency: number;
  /** The longest pause that a server is granted, in milliseconds; no longer than a timer can wait. */
  readonly longestPause: number;
  /** The longest gap between two attempts while all of them fail, in milliseconds; 0 for none. */
  readonly longestFailureGap: number;
  readonly startTimer: StartTimer;
}

/**
 * Whose turn it is to try, among all attempts that go to one server: at most so many at once, none during a pause that
 * the server asked for, and after a 429 with gaps between them. Each 429 doubles the gap, once for all attempts that
 * were on their way; each answer takes 2 % of it back. While nothing but failures comes, there are gaps that grow, and
 * end with the first answer. Who waits longest comes first.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #waiting = new Entrants<number>();
  #taken = 0;
  #failuresInARow = 0;
  #timer: ReturnType<StartTimer> | undefined;
  #pausedUntil = 0;
  #pausedBy: unknown;
  #gap = 0;
  #nextAt = 0;
  #slowedAt = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** What asked for the pause that is on, as an error, if it goes on for longer than so many milliseconds. */
  pauseBeyond(milliseconds: number): unknown {
    return this.#pausedUntil - performance.now() > milliseconds ? this.#pausedBy : undefined;
  }

  /**
   * Waits for a turn: its beginning, for `giveBack`; undefined when none came within so many milliseconds. Rejects with
   * the signal's reason. Leaves no timer and no listener behind.
   */
  async take(atMost: number, signal: AbortSignal | undefined): Promise<number | undefined> {
    const { startTimer } = this.#options;
    const turn = this.#waiting.lineUp(() => this.#give(), signal, atMost, startTimer);
    this.#letIn();
    try {
      return await turn;
    } finally {
      if (this.#waiting.size === 0) clearTimeout(this.#timer);
    }
  }

  /** Ends a turn that was taken, without a word about the server. */
  giveBack(): void {
    this.#taken--;
    this.#letIn();
  }

  /** The attempt of a turn that began at `since` failed: what that says of the server, or of the key. */
  failed(since: number, error: Error, isAboutKey: boolean): void {
    const { status, retryAfterSeconds } = error as Partial<ApiError>;
    this.#failuresInARow++;
    if (status === 429 && since >= this.#slowedAt) {
      this.#slowedAt = performance.now();
      this.#gap = Math.min(Math.max(this.#gap * SLOWER, FIRST_GAP), LONGEST_GAP);
    }
    if (retryAfterSeconds !== undefined) this.#hold(retryAfterSeconds * 1_000, error);
    // All attempts have the same key: none is made until it may have changed.
    if (isAboutKey) this.#hold(SHORTEST_KEY_PAUSE + retryDelay(this.#failuresInARow), error);
  }

  /** An attempt got a yes or a no. */
  answered(): void {
    this.#gap *= QUICKER;
    if (this.#gap < SHORTEST_GAP) this.#gap = 0;
    if (this.#failureGap > 0) this.#nextAt = 0;
    this.#failuresInARow = 0;
  }

  /** Gives no turns for so many milliseconds, or for longer if a longer pause is on. */
  #hold(milliseconds: number, error: unknown): void {
    const until = performance.now() + Math.min(milliseconds, this.#options.longestPause);
    if (until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    this.#pausedBy = error;
  }

  get #failureGap(): number {
    const { concurrency, longestFailureGap } = this.#options;
    const failures = this.#failuresInARow - concurrency;
    return failures < 0 ? 0 : Math.min(FIRST_FAILURE_GAP * 2 ** failures, longestFailureGap);
  }

  #give(): number {
    const now = performance.now();
    this.#taken++;
    this.#nextAt = Math.max(this.#nextAt, now) + Math.max(this.#gap, this.#failureGap);
    return now;
  }

  /** Gives turns to those who may have one now, and looks again when the next may. */
  #letIn(): void {
    const { concurrency, startTimer } = this.#options;
    clearTimeout(this.#timer);
    this.#waiting.letIn(() => {
      if (this.#taken >= concurrency) return false;
      const opensIn = Math.max(this.#pausedUntil, this.#nextAt) - performance.now();
      if (opensIn <= 0) return true;
      this.#timer = startTimer(() => this.#letIn(), Math.ceil(opensIn));
      return false;
    });
  }
}
