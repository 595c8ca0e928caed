/** An event as a store keeps it. */
export interface KeptEvent {
  /** Its place in the queue: later events have higher ones. */
  readonly id: number;
  /** When it was added, in milliseconds since 1970. */
  readonly addedAt: number;
  /** The event as it is sent: JSON text, to be given back unchanged. */
  readonly body: string;
}

/**
 * Keeps a queue's events beyond the process. `metered-costs/sqlite` has one; write another for a database of your own.
 * A store belongs to one queue at a time. What it throws comes out of the queue as a `QueueError`: as it is when it is
 * one, else as `STORE_FAILED` with what was thrown as its `cause`.
 */
export interface EventStore {
  /**
   * Called first, once for each queue: takes hold of the store, or throws when another queue holds it. Resolves with
   * how many events are in it, and the highest id among them, 0 when there is none.
   */
  open(): Promise<{ readonly size: number; readonly lastId: number }>;
  /**
   * Resolves once the event is safe, that is, as soon as it would be there after a crash. Called again before earlier
   * calls have resolved, so that many may be made safe together; ids ascend from call to call.
   */
  put(event: KeptEvent): Promise<void>;
  /** The first events after an id, at most `count`, in the order of their ids: at least all whose `put` has resolved. */
  read(after: number, count: number): Promise<readonly KeptEvent[]>;
  /** Forgets an event. One that comes back after a crash is sent again, with its key. */
  remove(id: number): Promise<void>;
  /**
   * Puts an event aside whose body is not JSON, so that `read` does not return it again; it stays where a person can
   * look at it. Without this method the event stays where it is, and each queue reports it again.
   */
  setAside?(id: number): Promise<void>;
  /**
   * Called last, once: finishes what was begun, and lets go of the store. Not called when `open` threw a `QueueError` with
   * the code `STORE_IN_USE`.
   */
  close(): Promise<void>;
}

/** Keeps events as long as the process lives. */
export class MemoryStore implements EventStore {
  readonly #events = new Map<number, KeptEvent>();

  async open(): Promise<{ size: number; lastId: number }> {
    return { size: 0, lastId: 0 };
  }

  async put(event: KeptEvent): Promise<void> {
    this.#events.set(event.id, event);
  }

  async read(after: number, count: number): Promise<KeptEvent[]> {
    const events: KeptEvent[] = [];
    for (const event of this.#events.values()) {
      if (events.length === count) break;
      if (event.id > after) events.push(event);
    }
    return events;
  }

  async remove(id: number): Promise<void> {
    this.#events.delete(id);
  }

  async close(): Promise<void> {
    // What is left in it was reported, and forgotten.
  }
}
