import type { EventStore, KeptEvent } from "metered-costs";

/** A store in memory that can be handed from one queue to the next, as a file from process to process. */
export class SharedStore implements EventStore {
  readonly kept = new Map<number, KeptEvent>();
  /** What a call is to throw, by its name. */
  readonly failures: Partial<Record<keyof EventStore, unknown>> = {};
  /** Held up until the promise resolves. */
  putting: Promise<void> = Promise.resolve();
  isClosed = false;

  #check(call: keyof EventStore): void {
    if (call in this.failures) throw this.failures[call];
  }
  async open() {
    this.#check("open");
    this.isClosed = false;
    return { size: this.kept.size, lastId: Math.max(0, ...this.kept.keys()) };
  }
  async put(event: KeptEvent) {
    await this.putting;
    this.#check("put");
    this.kept.set(event.id, event);
  }
  async read(after: number, count: number) {
    this.#check("read");
    return [...this.kept.values()]
      .filter(({ id }) => id > after)
      .sort((a, b) => a.id - b.id)
      .slice(0, count);
  }
  async remove(id: number) {
    this.#check("remove");
    this.kept.delete(id);
  }
  async close() {
    this.#check("close");
    this.isClosed = true;
  }
}
