import type { paths } from "../../generated/paygentic.ts";
import { isCostsError, QueueError } from "../errors.ts";
import type { HttpClient } from "../http/client.ts";
import { callHook } from "../http/hooks.ts";
import { FOREVER, onAbort, startIdleTimer } from "../http/waiting.ts";
import type { EventIngestParams } from "../models.ts";
import { eventBody, type SentEvent } from "../schemas/guards.ts";
import { parseJson, stringifyJson } from "../values/lossless-json.ts";
import { Changes, keepingAlive } from "./condition-variable.ts";
import { keyAndTime, type SendingResult, type SendUntil, sendingUntil } from "./delivery.ts";
import { type EventStore, type KeptEvent, MemoryStore } from "./event-store.ts";
import {
  type QueueDeadline,
  type QueuedEvent,
  type QueueOptions,
  type QueueOutcome,
  type QueueSettings,
  type QueueStats,
  readDeadline,
  readQueueOptions,
} from "./queue-options.ts";
import { Entrants } from "./wait-queue.ts";

/** Milliseconds that `close` takes at most, unless the caller says otherwise. */
const CLOSE_DEADLINE = 10_000;
/** Milliseconds that the queue pauses at most, whatever a server asks for. */
const LONGEST_PAUSE = 3_600_000;
/** Milliseconds between two attempts while no attempt gets an answer. */
const LONGEST_FAILURE_GAP = 1_000;
/** So many events may wait for another attempt before no other is begun. */
const MOST_IN_HAND = 1_000;
const PAGE = 100;

/** What `add` gives: the key and the time that the event is sent with, however often. */
export interface AddedEvent {
  readonly idempotencyKey: string;
  readonly timestamp: Date;
}

/** How one event is added. */
export interface AddOptions {
  /** Ends the wait for room; the event is then not added. */
  readonly signal?: AbortSignal | undefined;
}

/** The first of ascending ids; beyond all ids when there is none. */
function firstOf(ids: Iterable<number>): number {
  for (const id of ids) return id;
  return Number.POSITIVE_INFINITY;
}

function storeError(error: unknown): QueueError {
  if (isCostsError(error) && error.name === "QueueError") return error;
  return new QueueError("The store of the queue failed", { code: "STORE_FAILED", cause: error });
}

function closedError(message = "it takes no more events"): QueueError {
  return new QueueError(`The queue is closed: ${message}`, { code: "QUEUE_CLOSED" });
}

/** The queue behind `EventQueue`: entrants -> store -> in hand -> end. */
export class SendingQueue {
  readonly #settings: QueueSettings;
  readonly #store: EventStore;
  readonly #send: SendUntil;
  readonly #stopping = new AbortController();
  readonly #callOff: (() => void) | undefined;
  readonly #entrants = new Entrants<void>();
  /** Ids that the store is making safe. */
  readonly #putting = new Set<number>();
  /** Ids that were read and have no end yet. */
  readonly #inHand = new Set<number>();
  readonly #counts = { accepted: 0, rejected: 0, unknown: 0 };
  readonly #changes = new Changes();
  #size = 0;
  #lastId = 0;
  /** The highest id that was taken in hand. */
  #cursor = 0;
  #isOpen = false;
  #failure: QueueError | undefined;
  #closing: Promise<QueueStats> | undefined;
  #isAnnounced = false;

  constructor(client: HttpClient<paths>, options: QueueOptions) {
    this.#settings = readQueueOptions(options);
    const { concurrency, headers, signal, store = new MemoryStore(), timeout } = this.#settings;
    const request = { headers, timeout, signal: this.#stopping.signal };
    client.checkOptions(request);
    this.#store = store;
    this.#send = sendingUntil(client, request, {
      concurrency,
      longestPause: LONGEST_PAUSE,
      longestFailureGap: LONGEST_FAILURE_GAP,
      startTimer: startIdleTimer,
      waitsForKey: true,
    });
    const abort = (): void => {
      this.#entrants.refuse(signal?.reason);
      this.close({ deadline: 0 }).catch(() => undefined);
    };
    this.#callOff = signal && onAbort(signal, abort);
    this.#runUnattended(this.#sendAll());
    if (signal?.aborted) abort();
  }

  get stats(): QueueStats {
    return { ...this.#counts, size: this.#size };
  }

  readonly add = async (
    event: EventIngestParams,
    { signal }: AddOptions = {},
  ): Promise<AddedEvent> => {
    if (signal?.aborted) throw signal.reason;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closing !== undefined) throw closedError();
    const body = eventBody(event);
    const text = stringifyJson(body);
    const addedAt = Date.now();
    const entered = this.#entrants.lineUp(
      () => this.#changes.run(this.#put(addedAt, text)),
      signal,
    );
    this.#announce();
    this.#changed();
    await keepingAlive(entered).finally(() => this.#changed());
    return keyAndTime(body);
  };

  readonly flush = async (options: QueueDeadline = {}): Promise<QueueStats> => {
    const deadline = readDeadline(options, FOREVER);
    const areThrough = this.#entrants.areThrough();
    let last = Number.POSITIVE_INFINITY;
    const isThrough = (): boolean => {
      if (this.#isOpen && areThrough()) last = Math.min(last, this.#lastId);
      return this.#isOver || this.#first > last;
    };
    await keepingAlive(this.#changes.until(isThrough, deadline));
    if (this.#failure !== undefined) throw this.#failure;
    return this.stats;
  };

  readonly close = async (options: QueueDeadline = {}): Promise<QueueStats> => {
    const deadline = readDeadline(options, CLOSE_DEADLINE);
    this.#closing ??= this.#close(deadline);
    return this.#closing;
  };

  async #close(deadline: number): Promise<QueueStats> {
    await this.flush({ deadline }).catch(() => undefined);
    this.#entrants.refuse(closedError());
    this.#stopping.abort();
    this.#changed();
    await this.#changes.allEnded();
    if (this.#settings.store === undefined) await this.#giveUp();
    try {
      await this.#store.close();
    } catch (error) {
      this.#fail(error);
    }
    this.#callOff?.();
    if (this.#failure !== undefined) throw this.#failure;
    return this.stats;
  }

  /** Whether it sends no more. */
  get #isOver(): boolean {
    return this.#failure !== undefined || this.#stopping.signal.aborted;
  }

  /** Whether one more event may be taken in hand. */
  get #hasHandFree(): boolean {
    return this.#inHand.size < (this.#settings.ordered ? 1 : MOST_IN_HAND);
  }

  /** Up to this id all events are safe. What the store is still making safe comes later, and so does all behind it. */
  get #safe(): number {
    return Math.min(this.#lastId, firstOf(this.#putting) - 1);
  }

  /** All before this id have their end. */
  get #first(): number {
    return Math.min(firstOf(this.#putting), firstOf(this.#inHand), this.#cursor + 1);
  }

  /** Opens the store and takes events in hand, the oldest first, as long as there is a hand free. */
  async #sendAll(): Promise<void> {
    const { size, lastId } = await this.#store.open();
    this.#size = size;
    this.#lastId = lastId;
    this.#isOpen = true;
    if (size > 0) this.#announce();
    else this.#cursor = lastId;
    for (;;) {
      this.#changed();
      await this.#changes.until(
        () => this.#isOver || (this.#hasHandFree && this.#cursor < this.#safe),
      );
      if (this.#isOver) return;
      const safe = this.#safe;
      const read = await this.#store.read(this.#cursor, PAGE);
      const page = read.filter(({ id }) => id <= safe);
      for (const event of page) {
        await this.#changes.until(() => this.#isOver || this.#hasHandFree);
        if (this.#isOver) return;
        this.#cursor = event.id;
        this.#inHand.add(event.id);
        this.#runUnattended(this.#deliver(event));
      }
      if (page.length === 0) this.#cursor = safe;
    }
  }

  /** Lets in who has room now, and has those who wait look again. */
  #changed(): void {
    this.#entrants.letIn(() => this.#isOpen && !this.#isOver && this.#size < this.#settings.limit);
    this.#changes.tell();
  }

  /** Resolves when the store has the event. */
  async #put(addedAt: number, body: string): Promise<void> {
    this.#size++;
    const id = ++this.#lastId;
    this.#putting.add(id);
    try {
      await this.#store.put({ id, addedAt, body });
    } catch (error) {
      this.#size--;
      throw storeError(error);
    } finally {
      this.#putting.delete(id);
      this.#changed();
    }
  }

  /** Sends one event until it has its end, reports it, and has the store forget it. */
  async #deliver(event: KeptEvent): Promise<void> {
    const body = parseJson(event.body) as SentEvent;
    await this.#end(event, await this.#send(body, this.#settings.maxAge, event.addedAt));
    this.#inHand.delete(event.id);
    this.#changed();
  }

  async #end({ id, body }: KeptEvent, end: SendingResult): Promise<void> {
    this.#counts[end.result]++;
    const { onOutcome } = this.#settings;
    if (onOutcome !== undefined) {
      callHook(onOutcome, { ...end, event: JSON.parse(body) as QueuedEvent } as QueueOutcome);
    }
    await this.#store.remove(id);
    this.#size--;
  }

  /** Nothing keeps what is in memory when the queue ends: it is reported. */
  async #giveUp(): Promise<void> {
    const error = closedError("the event had no end yet");
    for (const event of await this.#store.read(0, this.#size)) {
      await this.#end(event, { result: "unknown", error });
    }
  }

  /** Has `close` wait for work that nobody awaits: its failure is the queue's, its end by a stop is none. */
  #runUnattended(work: Promise<void>): void {
    this.#changes.run(
      work.catch((error: unknown) => {
        if (error !== this.#stopping.signal.reason) this.#fail(error);
      }),
    );
  }

  #fail(error: unknown): void {
    this.#failure ??= storeError(error);
    this.#entrants.refuse(this.#failure);
    this.#changed();
  }

  /** Tells a worker that there is work, until there is none. */
  #announce(): void {
    const { waitUntil } = this.#settings;
    if (waitUntil === undefined || this.#isAnnounced) return;
    this.#isAnnounced = true;
    const isIdle = (): boolean => this.#isOver || (this.#size === 0 && this.#entrants.size === 0);
    const work = keepingAlive(this.#changes.until(isIdle)).then(() => {
      this.#isAnnounced = false;
    });
    callHook(waitUntil, work);
  }
}
