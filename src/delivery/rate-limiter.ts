import type { ApiError } from "../errors.ts";
import { retryDelay } from "../http/retry.ts";
import { type StartTimer, wait } from "../http/waiting.ts";
import { WaitQueue } from "./wait-queue.ts";

/** How much one round changes the smoothed share of 429s: the gain of DCTCP (RFC 8257, section 3.3). */
const SHARE_GAIN = 1 / 16;
/** While less than one request is allowed at a time, each success shortens the gap between two by so much at least. */
const WINDOW_GROWTH = 0.05;
/** The longest gap between two requests after 429s, in milliseconds. */
const MAX_GAP = 10_000;
/** How many of the latest responses decide whether most requests are refused. */
const RECENT = 32;
/** So many failures in a row, without an answer between them, are evidence against a type of events, or a server. */
const MIN_EVIDENCE = 8;
/** After probes that succeed, so many failures in a row are accepted at most before the next slow-down. */
const MAX_EVIDENCE = 1_000;
const FIRST_FAILURE_GAP = 10;
/** The least and the greatest share of the requests for events that wait apart, while others wait, too. */
const MIN_SHARE_APART = 1 / 8;
const MAX_SHARE_APART = 7 / 8;
/** How much one outcome changes the smoothed share of successes. */
const SUCCESS_GAIN = 1 / 16;
/** Milliseconds before a key that the server refused is sent again, at least. */
const MIN_KEY_PAUSE = 50;
const MAX_TYPES = 1_000;
/** After so many failures an event waits apart from the others. */
const MAX_FAILURES = 3;

export interface RateLimiterOptions {
  /** The most requests at a time. */
  readonly concurrency: number;
  /** The longest pause that a server is granted, in milliseconds; at most `MAX_TIMER_DELAY`. */
  readonly maxPause: number;
  /** The longest gap between two requests while all of them fail, in milliseconds. */
  readonly maxFailureGap: number;
  readonly startTimer: StartTimer;
}

/** The permission for one attempt. */
export interface Permit {
  readonly type: string;
  readonly since: number;
  /** How often the event had failed. */
  readonly failures: number;
  /** Whether the event waited apart from the others, since it is likely to fail. */
  readonly isApart: boolean;
}

/** What asks for a permit. */
export interface PermitRequest {
  /** The type of the event. */
  readonly type: string;
  /** How often the event itself has failed. */
  readonly failures: number;
  /** The most milliseconds to wait. */
  readonly atMost: number;
  readonly signal: AbortSignal | undefined;
  /** Called when the event has to wait behind all others. */
  readonly onDeferred: () => void;
}

/** What is known of the events of one type. */
interface TypeState {
  failuresInARow: number;
  hasAnswered: boolean;
  pausedUntil: number;
  pausedBy: unknown;
}

/** Returned instead of a permit to an event that has to wait in another queue. */
const ELSEWHERE = Symbol();

/**
 * Decides when requests to one server begin.
 *
 * - At most `concurrency` are on their way. 429s reduce this window as marks do in DCTCP (RFC 8257): once per round, in
 *   proportion to the smoothed share of 429s. A constant share of `s` leaves about `2 / s` requests on their way. Each
 *   success increases the window by one per round. A window below one is a gap between two requests. After a series of
 *   429s each success doubles the window, up to the one after the first of them.
 * - A `Retry-After` pauses all requests only when most of the latest ones got a 429, or one type of events when this
 *   type gets nothing but failures. Else it delays the one event only, which the caller does.
 * - Events that failed repeatedly, and events of a type that gets nothing but failures, wait apart from the others. They
 *   get one request in eight while they keep failing. They get up to seven in eight when those that failed repeatedly
 *   succeed as often as the others: then chance failed them, and they are the oldest. When nothing but failures comes back
 *   from the server, these requests are probes, with gaps between them that grow to `maxFailureGap`. Each second probe is
 *   the newest event. The first answer ends the gaps.
 */
export class RateLimiter {
  readonly #options: RateLimiterOptions;
  readonly #fresh = new WaitQueue<Permit | typeof ELSEWHERE>();
  /** First attempts of events whose type gets nothing but failures. */
  readonly #suspected = new WaitQueue<Permit | typeof ELSEWHERE>();
  readonly #repetitions = new WaitQueue<Permit | typeof ELSEWHERE>();
  readonly #types = new Map<string, TypeState>();
  #timer: ReturnType<StartTimer> | undefined;
  /** Requests on their way, and how many of them are of events that waited apart. */
  #underway = 0;
  #apartUnderway = 0;
  /** How many requests of events that waited apart began. */
  #apartCount = 0;
  /** Grows with each request by the share of those that wait apart; from 1 on it is the turn of one. */
  #apartCredit = 0;
  /** The smoothed share of successes among events that failed repeatedly, and among the others. */
  #successOfRepetitions = 0;
  #successOfOthers = 1;
  #lastPermitAt = Number.NEGATIVE_INFINITY;

  #pausedUntil = 0;
  #pausedBy: unknown;
  #keyFailures = 0;

  /** How many requests may be on their way: the congestion window. */
  #window: number;
  /** Up to this window each success doubles it: the slow start threshold of TCP (RFC 5681). */
  #threshold = 0;
  /** Whether no response since the last reduction of the window was other than a 429. */
  #isRefused = false;
  /** The smoothed share of 429s, once a round has ended. */
  #share: number | undefined;
  #roundSize = 0;
  #roundResponses = 0;
  #roundRefusals = 0;
  /** Milliseconds from the beginning of an attempt to its response, smoothed. */
  #roundTrip = 1;
  /** Whether each of the latest responses was a 429. */
  #recent: boolean[] = [];

  #failuresInARow = 0;
  #evidence: number;
  #failureGap = 0;
  #failureGapSince = Number.NEGATIVE_INFINITY;
  #lastProbeAt = Number.NEGATIVE_INFINITY;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
    this.#window = options.concurrency;
    this.#evidence = this.#minEvidence;
  }

  /** Whether events wait apart from the others, or are on their way. */
  get hasApart(): boolean {
    return this.#suspected.size + this.#repetitions.size + this.#apartUnderway > 0;
  }

  /** The error that asked for the current pause, if the pause lasts longer than so many milliseconds. */
  pauseBeyond(type: string, milliseconds: number): unknown {
    const end = performance.now() + milliseconds;
    if (this.#pausedUntil > end) return this.#pausedBy;
    const state = this.#types.get(type);
    return state !== undefined && state.pausedUntil > end ? state.pausedBy : undefined;
  }

  /**
   * Waits for a permit, to be passed to `release`; undefined when there was none in time. Rejects with the signal's
   * reason. Leaves no timer and no listener behind.
   */
  async acquire(request: PermitRequest): Promise<Permit | undefined> {
    const { type, failures, signal, onDeferred } = request;
    const { startTimer } = this.#options;
    const end = performance.now() + request.atMost;
    for (;;) {
      const left = end - performance.now();
      if (left <= 0) return undefined;
      const pause = this.#pauseOf(type);
      if (pause > 0) {
        onDeferred();
        await wait(Math.min(pause, left), signal, startTimer);
        continue;
      }
      const queue = this.#queueOf(type, failures);
      if (queue !== this.#fresh) onDeferred();
      const enter = (): Permit | typeof ELSEWHERE => this.#permit(type, failures, queue);
      const entered = queue.wait(enter, signal, left, startTimer);
      this.#release();
      let permit: Permit | typeof ELSEWHERE | undefined;
      try {
        permit = await entered;
      } finally {
        if (this.#fresh.size + this.#suspected.size + this.#repetitions.size === 0) {
          clearTimeout(this.#timer);
        }
      }
      if (permit !== ELSEWHERE) return permit;
    }
  }

  /** Ends an attempt. */
  release({ isApart }: Permit): void {
    this.#underway--;
    if (isApart) this.#apartUnderway--;
    this.#release();
  }

  /** An attempt was answered: the server accepted or refused the event. */
  answered({ type, since, failures }: Permit): void {
    this.#countResponse(since, false);
    this.#countOutcome(failures, true);
    const state = this.#types.get(type);
    if (state !== undefined) Object.assign(state, { failuresInARow: 0, hasAnswered: true });
    else this.#newType(type).hasAnswered = true;
    if (this.#failuresInARow >= this.#evidence) {
      this.#evidence = Math.min(2 * this.#evidence, MAX_EVIDENCE);
    } else if (this.#evidence > this.#minEvidence) {
      this.#evidence--;
    }
    this.#failuresInARow = 0;
    this.#failureGap = 0;
    this.#keyFailures = 0;
  }

  /** An attempt failed in a way that another may mend. */
  failed({ type, since, failures }: Permit, error: Error, isAboutKey: boolean): void {
    const { status, retryAfterSeconds } = error as Partial<ApiError>;
    const pause = retryAfterSeconds === undefined ? 0 : retryAfterSeconds * 1_000;
    if (isAboutKey) {
      // All requests have the same key: none is sent until it may have changed.
      this.#pauseAll(Math.max(pause, MIN_KEY_PAUSE + retryDelay(++this.#keyFailures)), error);
      return;
    }
    if (status === 429) {
      this.#countResponse(since, true);
      const refusals = this.#recent.filter(Boolean).length;
      if (pause > 0 && refusals > this.#recent.length / 2) this.#pauseAll(pause, error);
      return;
    }
    this.#countOutcome(failures, false);
    this.#failuresInARow++;
    if (this.#failuresInARow >= this.#evidence && since >= this.#failureGapSince) {
      const { maxFailureGap } = this.#options;
      this.#failureGap = Math.min(Math.max(2 * this.#failureGap, FIRST_FAILURE_GAP), maxFailureGap);
      this.#failureGapSince = performance.now();
    }
    const state = this.#types.get(type) ?? this.#newType(type);
    state.failuresInARow++;
    if (pause > 0 && (!state.hasAnswered || state.failuresInARow >= MIN_EVIDENCE)) {
      state.pausedUntil = this.#pauseEnd(pause);
      state.pausedBy = error;
    }
  }

  get #minEvidence(): number {
    return Math.max(MIN_EVIDENCE, this.#options.concurrency);
  }

  #isSuspected(type: string): boolean {
    return (this.#types.get(type)?.failuresInARow ?? 0) >= MIN_EVIDENCE;
  }

  #queueOf(type: string, failures: number): WaitQueue<Permit | typeof ELSEWHERE> {
    const isSuspected = this.#isSuspected(type);
    if (failures >= MAX_FAILURES || (isSuspected && failures > 0)) return this.#repetitions;
    return isSuspected ? this.#suspected : this.#fresh;
  }

  #newType(type: string): TypeState {
    const state = {
      failuresInARow: 0,
      hasAnswered: false,
      pausedUntil: Number.NEGATIVE_INFINITY,
      pausedBy: undefined,
    };
    if (this.#types.size >= MAX_TYPES) {
      for (const oldest of this.#types.keys()) {
        this.#types.delete(oldest);
        break;
      }
    }
    this.#types.set(type, state);
    return state;
  }

  #pauseOf(type: string): number {
    return (this.#types.get(type)?.pausedUntil ?? Number.NEGATIVE_INFINITY) - performance.now();
  }

  #pauseEnd(milliseconds: number): number {
    return performance.now() + Math.min(milliseconds, this.#options.maxPause);
  }

  #pauseAll(milliseconds: number, error: unknown): void {
    // What comes after the pause is judged anew.
    this.#recent = [];
    const end = this.#pauseEnd(milliseconds);
    if (end <= this.#pausedUntil) return;
    this.#pausedUntil = end;
    this.#pausedBy = error;
  }

  #countOutcome(failures: number, isSuccess: boolean): void {
    const outcome = isSuccess ? 1 : 0;
    if (failures >= MAX_FAILURES) {
      this.#successOfRepetitions += SUCCESS_GAIN * (outcome - this.#successOfRepetitions);
    } else {
      this.#successOfOthers += SUCCESS_GAIN * (outcome - this.#successOfOthers);
    }
  }

  /** The share of the requests for events that wait apart, while others wait, too. */
  get #shareApart(): number {
    const relative = this.#successOfRepetitions / this.#successOfOthers;
    return Math.min(Math.max(relative, MIN_SHARE_APART), MAX_SHARE_APART);
  }

  /** Counts a response of a server that is at work. */
  #countResponse(since: number, isRefused: boolean): void {
    this.#roundTrip += (Math.max(performance.now() - since, 1) - this.#roundTrip) / 8;
    this.#recent.push(isRefused);
    if (this.#recent.length > RECENT) this.#recent.shift();
    const { concurrency } = this.#options;
    if (!isRefused) {
      const slow = this.#window < 1 ? this.#window * WINDOW_GROWTH : 1 / this.#window;
      const fast = Math.min(this.#window, this.#threshold - this.#window);
      this.#window = Math.min(concurrency, this.#window + Math.max(slow, fast));
      this.#isRefused = false;
    }
    this.#roundResponses++;
    if (isRefused) this.#roundRefusals++;
    if (this.#roundResponses >= Math.min(this.#roundSize, this.#window)) this.#endRound();
  }

  #endRound(): void {
    const share = this.#roundRefusals / this.#roundResponses;
    // A server that refuses most requests is believed at once.
    if (this.#share === undefined || share > Math.max(this.#share, 0.5)) this.#share = share;
    else this.#share += SHARE_GAIN * (share - this.#share);
    if (this.#roundRefusals > 0) {
      this.#window = Math.max(this.#window * (1 - this.#share / 2), this.#roundTrip / MAX_GAP);
      // The first of a series of refusals tells how much is too much; the others only that it is not over.
      if (!this.#isRefused) this.#threshold = this.#window;
      this.#isRefused = true;
    }
    this.#roundResponses = 0;
    this.#roundRefusals = 0;
    this.#roundSize = this.#underway;
  }

  /** A permit for the event whose turn it is in a queue, unless the event now belongs into another. */
  #permit(type: string, failures: number, queue: WaitQueue<unknown>): Permit | typeof ELSEWHERE {
    if (this.#pauseOf(type) > 0) return ELSEWHERE;
    if (queue === this.#fresh && this.#queueOf(type, failures) !== queue) return ELSEWHERE;
    const since = performance.now();
    const isApart = queue !== this.#fresh;
    this.#underway++;
    this.#roundSize = Math.max(this.#roundSize, this.#underway);
    this.#lastPermitAt = since;
    this.#apartCredit += this.#shareApart;
    if (isApart) {
      this.#apartUnderway++;
      this.#apartCount++;
      this.#apartCredit--;
      this.#lastProbeAt = since;
    }
    // A turn that was not used is not made up for.
    this.#apartCredit = Math.min(Math.max(this.#apartCredit, 0), 1);
    return { type, since, failures, isApart };
  }

  /** When the next request may begin. */
  get #opensAt(): number {
    const gap = this.#window < 1 ? this.#roundTrip / this.#window : 0;
    return Math.max(this.#pausedUntil, this.#lastPermitAt + gap);
  }

  /** The queue whose turn it is; a number is the time at which there will be one. */
  #next(now: number): WaitQueue<unknown> | number | undefined {
    const hasFresh = this.#fresh.size > 0;
    const share = this.#shareApart;
    const interval = this.#failureGap > 0 ? 2 : Math.max(2, Math.round(1 / share));
    const [first, second] =
      this.#apartCount % interval === 0
        ? [this.#repetitions, this.#suspected]
        : [this.#suspected, this.#repetitions];
    const apart = first.size > 0 ? first : second.size > 0 ? second : undefined;
    const mostApart = Math.max(1, Math.floor(this.#options.concurrency * share));
    const isTurnOfApart = !hasFresh || (this.#apartCredit >= 1 && this.#apartUnderway < mostApart);
    if (apart === undefined || !isTurnOfApart) return hasFresh ? this.#fresh : undefined;
    const probeAt = this.#lastProbeAt + this.#failureGap;
    if (probeAt <= now) return apart;
    return hasFresh ? this.#fresh : probeAt;
  }

  /** Gives permits to those who may have one now, and sets a timer for the next. */
  #release(): void {
    const { startTimer } = this.#options;
    clearTimeout(this.#timer);
    while (this.#underway < Math.max(1, Math.floor(this.#window))) {
      const now = performance.now();
      const opensAt = this.#opensAt;
      const next = opensAt > now ? opensAt : this.#next(now);
      if (next === undefined) return;
      if (typeof next === "number") {
        this.#timer = startTimer(() => this.#release(), Math.ceil(next - now));
        return;
      }
      const isProbe = this.#failureGap > 0 && next !== this.#fresh;
      next.releaseOne(isProbe && this.#apartCount % 2 === 1 ? "newest" : "oldest");
    }
  }
}
