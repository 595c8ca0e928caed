import { type CheckedEvent, checkEvent, type EventProblem } from "./event.ts";
import type { IncomingEvent } from "./incoming-event.ts";
import type { Meter } from "./meter.ts";
import type { SeenKeys } from "./seen-keys.ts";

/** An event that is an object in memory, read by the rules of `checkEvent`, whatever it is. */
export class ReferenceEvent implements IncomingEvent {
  readonly #checked: CheckedEvent;

  constructor(checked: CheckedEvent) {
    this.#checked = checked;
  }

  /** Of an event that was given; what is wrong with it where it is none. */
  static of(given: unknown): ReferenceEvent | EventProblem {
    const checked = checkEvent(given);
    return "issues" in checked ? checked : new ReferenceEvent(checked);
  }

  get type(): string {
    return this.#checked.type;
  }
  get namespace(): string | null {
    return this.#checked.namespace;
  }
  get subject(): string | null {
    return this.#checked.subject;
  }
  get externalSubject(): string | null {
    return this.#checked.externalSubject;
  }
  get timestamp(): number {
    return this.#checked.timestamp ?? Number.NaN;
  }

  stageKey(seen: SeenKeys): boolean {
    const { namespace, source, idempotencyKey } = this.#checked;
    if (idempotencyKey === null) return false;
    seen.stage(namespace, source, idempotencyKey);
    return true;
  }

  keyText(): string | undefined {
    return this.#checked.idempotencyKey ?? undefined;
  }

  readFor(meter: Meter): void {
    meter.readData(this.#checked.data);
  }
}
