import type { paths } from "../../generated/paygentic.ts";
import { isCostsError, QueueError } from "../errors.ts";
import type { HttpClient } from "../http/client.ts";
import { callHook } from "../http/options.ts";
import { FOREVER, onAbort, startIdleTimer, untilAbort, wait } from "../http/waiting.ts";
import type { EventIngestParams } from "../models.ts";
import { readInput } from "../schemas/input.ts";
import { eventBody, type SentEvent } from "../schemas/requests.ts";
import { parseJson, stringifyJson, withNumbersAsText } from "../values/lossless-json.ts";
import { messageOf } from "../values/record.ts";
import { ConditionVariable, keepingAlive } from "./condition-variable.ts";
import { Delivery, type DeliveryResult, keyAndTime, MAX_DEFERRED } from "./delivery.ts";
import {
  ADD_OPTIONS,
  type AddedEvent,
  type AddOptions,
  DEADLINE_OPTIONS,
  type EventQueue,
  QUEUE_OPTIONS,
  type QueueDeadline,
  type QueuedEvent,
  type QueueOptions,
  type QueueOutcome,
  type QueueStats,
} from "./event-queue.ts";
import { type EventStore, type KeptEvent, MemoryStore } from "./event-store.ts";
import { WaitQueue } from "./wait-queue.ts";

/** Milliseconds that `close` takes at most, unless the caller passes a deadline. */
const CLOSE_DEADLINE = 10_000;
/** Milliseconds that `onOutcome` has, after this deadline, for what only memory held. */
const CALLBACK_GRACE = 1_000;
/** Milliseconds that the queue pauses at most, whatever a server asks for. */
const MAX_PAUSE = 3_600_000;
/** Milliseconds between two attempts while all of them fail. */
const MAX_FAILURE_GAP = 1_000;
/** Milliseconds before an event that keeps failing is sent again. */
const MAX_DELAY = 60_000;
/** How many events the queue holds in memory at most, without those that keep failing. */
const MAX_IN_HAND = 1_000;
/** How often `onOutcome` is called for one event when it rejects, and how many milliseconds pass between two calls. */
const MAX_CALLBACK_ATTEMPTS = 4;
const FIRST_CALLBACK_DELAY = 50;
/** After so many failures of its first event an ordered queue says that the others wait. */
const FAILURES_BEFORE_WARNING = 3;
const PAGE = 100;

/** The first of ascending ids; beyond all ids when there is none. */
function firstOf(ids: Iterable<number>): number {
  for (const id of ids) return id;
  return Number.POSITIVE_INFINITY;
}

function storeError(error: unknown): QueueError {
  if (isCostsError(error) && error.name === "QueueError") return error;
  return new QueueError(`The store of the queue failed: ${messageOf(error)}`, {
    code: "STORE_FAILED",
    cause: error,
  });
}

function closedError(message = "it takes no more events, make a new one"): QueueError {
  return new QueueError(`The queue is closed: ${message}`, { code: "QUEUE_CLOSED" });
}

function readDeadline(method: string, options: QueueDeadline, otherwise: number): number {
  return readInput(DEADLINE_OPTIONS, options, `${method}: the queue goes on`).deadline ?? otherwise;
}

const readOptions = (options: QueueOptions) =>
  readInput(QUEUE_OPTIONS, options, "events.queue: the queue cannot be made");

/** The queue behind `EventQueue`: `add` waits for room, the store keeps the event, the queue sends and reports it. */
class SendingQueue {
  readonly #client: HttpClient<paths>;
  readonly #settings: ReturnType<typeof readOptions>;
  readonly #store: EventStore;
  readonly #delivery: Delivery;
  readonly #stopping = new AbortController();
  readonly #removeAbortListener: (() => void) | undefined;
  /** Calls of `add` that wait for room. */
  readonly #adding = new WaitQueue<void>();
  /** Ids of events that the store is making safe. */
  readonly #putting = new Set<number>();
  /** Ids of events that were read and are not finished. */
  readonly #inHand = new Set<number>();
  /** When events of this process were added, on the monotonic clock. */
  readonly #addedAt = new Map<number, number>();
  /** Ids of events that stay in the store although their outcome is known: `onOutcome` failed. */
  readonly #unreported = new Set<number>();
  /** Ids of events whose outcome is being reported. */
  readonly #reporting = new Set<number>();
  readonly #counts = { accepted: 0, rejected: 0, unknown: 0 };
  readonly #changes = new ConditionVariable();
  #size = 0;
  #lastId = 0;
  /** The highest id that was taken in hand. */
  #cursor = 0;
  /** The highest id of an earlier process. */
  #lastEarlierId = 0;
  /** When the store was opened, by the wall clock and by the monotonic clock. */
  #opened: { readonly wall: number; readonly monotonic: number } | undefined;
  #failure: QueueError | undefined;
  #callbackFailure: QueueError | undefined;
  #closing: Promise<QueueStats> | undefined;
  #isAnnounced = false;
  /** The key of the event that holds up an ordered queue, once the queue has warned of it. */
  #blockedBy: string | undefined;
  /** Whether the queue has warned that it drops events. */
  #hasWarned = false;
  readonly #opening: Promise<void>;

  constructor(client: HttpClient<paths>, options: QueueOptions) {
    this.#client = client;
    this.#settings = readOptions(options);
    const {
      concurrency,
      context,
      headers,
      signal,
      store = new MemoryStore(),
      timeout,
    } = this.#settings;
    this.#store = store;
    this.#delivery = new Delivery(
      client,
      { context, headers, timeout, signal: this.#stopping.signal },
      {
        method: "events.queue",
        concurrency,
        maxPause: MAX_PAUSE,
        maxFailureGap: MAX_FAILURE_GAP,
        maxDelay: MAX_DELAY,
        startTimer: startIdleTimer,
        waitsForKey: true,
        onDeferred: (event, failures, error) => {
          this.#changes.notifyAll();
          const { idempotencyKey: key } = event;
          const isBlocked = this.#settings.ordered && failures >= FAILURES_BEFORE_WARNING;
          if (isBlocked && this.#blockedBy !== key) {
            this.#blockedBy = key;
            this.#warn(
              `The ordered queue waits for the event ${JSON.stringify(key)}, which failed ${failures} times: ${messageOf(error)}`,
            );
          }
        },
      },
    );
    const abort = (): void => {
      this.#adding.refuse(signal?.reason);
      this.close({ deadline: 0 }).catch(() => undefined);
    };
    this.#removeAbortListener = signal && onAbort(signal, abort);
    const opening = this.#open();
    this.#opening = opening.catch((error) => {
      this.#fail(error);
    });
    this.#runUnattended(
      opening.then(
        () => this.#sendAll(),
        () => undefined,
      ),
    );
    if (signal?.aborted) abort();
  }

  readonly ready = async (): Promise<void> => {
    await keepingAlive(this.#opening);
    if (this.#failure !== undefined) throw this.#failure;
  };

  get stats(): QueueStats {
    return { ...this.#counts, size: this.#size };
  }

  readonly add = async (event: EventIngestParams, options?: AddOptions): Promise<AddedEvent> => {
    const { signal } =
      options === undefined
        ? {}
        : readInput(ADD_OPTIONS, options, "queue.add: the event was not added");
    if (signal?.aborted) throw signal.reason;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closing !== undefined) throw closedError();
    const body = eventBody(event, "queue.add");
    const text = stringifyJson(body);
    const times = { wall: Date.now(), monotonic: performance.now() };
    const entered = this.#adding.wait(() => this.#changes.run(this.#put(times, text)), signal);
    this.#announce();
    this.#changed();
    await keepingAlive(entered).finally(() => this.#changed());
    return keyAndTime(body);
  };

  readonly flush = async (options: QueueDeadline = {}): Promise<QueueStats> => {
    const deadline = readDeadline("queue.flush", options, FOREVER);
    await this.#flush(deadline);
    this.#throwFailure();
    return this.stats;
  };

  readonly close = async (options: QueueDeadline = {}): Promise<QueueStats> => {
    // A later call may end a close that is under way sooner, and only when it says so.
    const otherwise = this.#closing === undefined ? CLOSE_DEADLINE : FOREVER;
    const deadline = readDeadline("queue.close", options, otherwise);
    const stopped = this.#flush(deadline).then(() => this.#stop());
    this.#closing ??= this.#close(stopped);
    return this.#closing;
  };

  async #flush(deadline: number): Promise<void> {
    const areThrough = this.#adding.areThrough();
    let last = Number.POSITIVE_INFINITY;
    const isThrough = (): boolean => {
      if (this.#opened !== undefined && areThrough()) last = Math.min(last, this.#lastId);
      return this.#isOver || this.#first > last || this.#unreported.size >= this.#settings.limit;
    };
    await keepingAlive(this.#changes.waitFor(isThrough, deadline));
  }

  /** Sends no more, and refuses the calls of `add` that wait. */
  #stop(): void {
    this.#adding.refuse(closedError());
    this.#stopping.abort();
    this.#changed();
  }

  async #close(stopped: Promise<void>): Promise<QueueStats> {
    await stopped;
    if (this.#settings.store === undefined) await this.#giveUp();
    else await this.#changes.allSettled();
    try {
      // Another queue may hold this very object: it is not ours to close.
      const isOfAnother = this.#opened === undefined && this.#failure?.code === "STORE_IN_USE";
      if (!isOfAnother) await this.#store.close();
    } catch (error) {
      this.#fail(error);
    }
    this.#removeAbortListener?.();
    unfinished.delete(this);
    this.#throwFailure();
    return this.stats;
  }

  #throwFailure(): void {
    const failure = this.#failure ?? this.#callbackFailure;
    if (failure !== undefined) throw failure;
  }

  /** Whether the queue has stopped sending. */
  get #isOver(): boolean {
    return this.#failure !== undefined || this.#stopping.signal.aborted;
  }

  /** Whether one more event may be taken in hand. */
  get #hasHandFree(): boolean {
    if (this.#settings.ordered) return this.#inHand.size === 0;
    const { deferred } = this.#delivery;
    return this.#inHand.size - deferred < MAX_IN_HAND && deferred < MAX_DEFERRED;
  }

  /** Up to this id all events are safe. What the store is still making safe comes later, and so does all behind it. */
  get #safe(): number {
    return Math.min(this.#lastId, firstOf(this.#putting) - 1);
  }

  /** All events before this id are finished. */
  get #first(): number {
    return Math.min(firstOf(this.#putting), firstOf(this.#inHand), this.#cursor + 1);
  }

  async #open(): Promise<void> {
    const { size, lastId } = await this.#store.open();
    this.#size = size;
    this.#lastId = lastId;
    this.#lastEarlierId = lastId;
    this.#opened = { wall: Date.now(), monotonic: performance.now() };
    if (size > 0) this.#announce();
    else this.#cursor = lastId;
  }

  /** Takes events in hand, the oldest first, as long as there is a hand free. */
  async #sendAll(): Promise<void> {
    for (;;) {
      this.#changed();
      await this.#changes.waitFor(
        () => this.#isOver || (this.#hasHandFree && this.#cursor < this.#safe),
      );
      if (this.#isOver) return;
      const safe = this.#safe;
      const read = await this.#store.read(this.#cursor, PAGE);
      const page = read.filter(({ id }) => id <= safe);
      for (const event of page) {
        await this.#changes.waitFor(() => this.#isOver || this.#hasHandFree);
        if (this.#isOver) return;
        this.#cursor = event.id;
        this.#inHand.add(event.id);
        this.#runUnattended(this.#deliver(event));
      }
      if (page.length === 0) this.#cursor = safe;
    }
  }

  #warn(message: string): void {
    this.#client.warn(message, emitWarning);
  }

  /** Warns of the events that the queue holds when the process exits. */
  warnAtExit(): void {
    const count = this.#size + this.#adding.size;
    const [events, are, stay] = count === 1 ? ["event", "is", "stays"] : ["events", "are", "stay"];
    const fate = this.#settings.store === undefined ? `${are} lost` : `${stay} in the store`;
    const message = `The process exits while a queue of metered-costs holds ${count} ${events}, which ${fate}: await queue.close() before it exits`;
    // A warning of the process would come too late.
    this.#client.warn(message, console.warn);
  }

  /** Lets calls of `add` enter that have room now, and checks the conditions that others wait for. */
  #changed(): void {
    if (this.#size + this.#adding.size > 0) unfinished.add(this);
    else unfinished.delete(this);
    this.#adding.release(
      () => this.#opened !== undefined && !this.#isOver && this.#size < this.#settings.limit,
    );
    this.#changes.notifyAll();
  }

  /** Resolves when the store has the event. */
  async #put(
    { wall, monotonic }: { readonly wall: number; readonly monotonic: number },
    body: string,
  ): Promise<void> {
    this.#size++;
    const id = ++this.#lastId;
    this.#putting.add(id);
    this.#addedAt.set(id, monotonic);
    try {
      await this.#store.put({ id, addedAt: wall, body });
    } catch (error) {
      this.#size--;
      this.#addedAt.delete(id);
      throw storeError(error);
    } finally {
      this.#putting.delete(id);
      this.#changed();
    }
  }

  /** Milliseconds since an event was added. A clock that was set back makes no event younger than new. */
  #ageOf({ id, addedAt }: KeptEvent): number {
    const now = performance.now();
    const added = this.#addedAt.get(id);
    if (added !== undefined || this.#opened === undefined) return now - (added ?? now);
    return Math.max(0, this.#opened.wall - addedAt) + now - this.#opened.monotonic;
  }

  /** Sends one event until its outcome is known, reports it, and has the store forget it. */
  async #deliver(event: KeptEvent): Promise<void> {
    const body = readBody(event.body);
    if (body === undefined) return this.#setAside(event.id);
    const result = await this.#delivery.deliverUntil(body, this.#settings.maxAge, {
      age: this.#ageOf(event),
      // An earlier process may have sent it.
      mayHaveArrived: event.id <= this.#lastEarlierId,
    });
    // What only memory holds is reported in any case; what a store has is sent again by the next queue.
    await this.#finish(event, result, this.#settings.store && this.#stopping.signal);
    this.#inHand.delete(event.id);
    this.#changed();
  }

  /** An event that cannot be read is put aside, and the others are sent. */
  async #setAside(id: number): Promise<void> {
    const { onUnreadable } = this.#settings;
    let where = "stays there";
    if (this.#store.setAside !== undefined) {
      await this.#store.setAside(id);
      this.#size--;
      where = "was put aside";
    } else {
      this.#unreported.add(id);
    }
    const message = `The store has an event that cannot be read, with the id ${id}: it ${where}, and is not sent`;
    if (onUnreadable === undefined) this.#warn(message);
    else callHook(onUnreadable, { id, message });
    this.#inHand.delete(id);
    this.#changed();
  }

  /** Reports the outcome of an event and has the store forget it. */
  async #finish(
    { id, body }: KeptEvent,
    result: DeliveryResult,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    this.#counts[result.result]++;
    const { onOutcome } = this.#settings;
    if (onOutcome === undefined && result.result !== "accepted" && !this.#hasWarned) {
      this.#hasWarned = true;
      this.#warn(
        `The queue drops events that were not accepted (the first one: ${result.error.message}): pass onOutcome to save them`,
      );
    }
    if (onOutcome !== undefined) {
      this.#reporting.add(id);
      const event = withNumbersAsText(parseJson(body)) as QueuedEvent;
      const outcome = { ...result, event } as QueueOutcome;
      const failure = await this.#report(onOutcome, outcome, signal).finally(() =>
        this.#reporting.delete(id),
      );
      if (failure !== undefined) {
        this.#unreported.add(id);
        this.#callbackFailure ??= failure;
        return;
      }
    }
    await this.#store.remove(id);
    this.#addedAt.delete(id);
    this.#size--;
  }

  /** Calls `onOutcome` until it has handled the outcome, a few times at most. Rejects with the signal's reason. */
  async #report(
    onOutcome: (outcome: QueueOutcome) => unknown,
    outcome: QueueOutcome,
    signal: AbortSignal | undefined,
  ): Promise<QueueError | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        // Most callbacks return nothing to wait for: an outcome that they handled counts even while the queue stops.
        const handled = onOutcome(outcome);
        if (isPromise(handled)) await untilAbort(signal, Promise.resolve(handled));
        return undefined;
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        if (attempt === MAX_CALLBACK_ATTEMPTS) {
          const { idempotencyKey } = outcome.event;
          const isStored = this.#settings.store !== undefined;
          const next = isStored
            ? "the store keeps the event, and the next queue sends it again"
            : `without a store, its outcome (${outcome.result}) is not reported again`;
          const message = `onOutcome failed ${attempt} times for the event ${JSON.stringify(idempotencyKey)}: ${next}`;
          return new QueueError(message, { code: "CALLBACK_FAILED", cause: error });
        }
        await wait(FIRST_CALLBACK_DELAY * 3 ** (attempt - 1), signal, startIdleTimer);
      }
    }
  }

  /** Nothing keeps what is in memory when the queue ends: it is reported, within a bounded time. */
  async #giveUp(): Promise<void> {
    await this.#changes.waitFor(() => this.#changes.taskCount === this.#reporting.size);
    const error = closedError("the outcome of the event is not known");
    for (const event of await this.#store.read(0, this.#size)) {
      if (this.#reporting.has(event.id) || this.#unreported.has(event.id)) continue;
      this.#runUnattended(this.#finish(event, { result: "unknown", error }, undefined));
    }
    await this.#changes.waitFor(() => this.#changes.taskCount === 0, CALLBACK_GRACE);
  }

  /** Runs work that only `close` awaits: its failure is the queue's, and its end by a stop is not a failure. */
  #runUnattended(work: Promise<void>): void {
    this.#changes.run(
      work.catch((error: unknown) => {
        if (error !== this.#stopping.signal.reason) this.#fail(error);
      }),
    );
  }

  #fail(error: unknown): void {
    this.#failure ??= storeError(error);
    this.#adding.refuse(this.#failure);
    this.#changed();
  }

  /** Passes a promise to `waitUntil` that settles when there is nothing left to send. */
  #announce(): void {
    const { waitUntil } = this.#settings;
    if (waitUntil === undefined || this.#isAnnounced) return;
    this.#isAnnounced = true;
    const isIdle = (): boolean =>
      this.#isOver || (this.#size === this.#unreported.size && this.#adding.size === 0);
    const work = keepingAlive(this.#changes.waitFor(isIdle)).then(() => {
      this.#isAnnounced = false;
    });
    callHook(waitUntil, work);
  }
}

/** The event in a body; undefined when it is not one. */
function readBody(text: string): SentEvent | undefined {
  try {
    const event = parseJson(text) as SentEvent | null;
    return typeof event === "object" && event !== null ? event : undefined;
  } catch {
    return undefined;
  }
}

/** The process, where there is one: in the edge runtime of Next, it has the functions of Node's, and all of them throw. */
const hostProcess = () =>
  globalThis.process?.versions?.node === undefined ? undefined : globalThis.process;

/** Says what nobody would notice otherwise. */
function emitWarning(message: string): void {
  const process = hostProcess();
  if (typeof process?.emitWarning === "function")
    process.emitWarning(message, "MeteredCostsWarning");
  else console.warn(message);
}

/** Queues that hold events: one listener tells of all of them when the process exits. */
const unfinished = {
  queues: new Set<SendingQueue>(),
  isListening: false,
  add(queue: SendingQueue): void {
    this.queues.add(queue);
    const process = hostProcess();
    if (this.isListening || typeof process?.once !== "function") return;
    this.isListening = true;
    process.once("exit", () => {
      for (const queue of this.queues) queue.warnAtExit();
    });
  },
  delete(queue: SendingQueue): void {
    this.queues.delete(queue);
  },
};

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | undefined | null)?.then === "function";
}

/** Makes a queue; `Events.queue` says how. */
export function createQueue(client: HttpClient<paths>, options: QueueOptions): EventQueue {
  const queue = new SendingQueue(client, options);
  // Older runtimes have no such symbol.
  if (Symbol.asyncDispose) {
    Object.assign(queue, { [Symbol.asyncDispose]: queue.close });
  }
  return queue as unknown as EventQueue;
}
