import type { CheckedEvent } from "./event.ts";
import type { IncomingEvent } from "./incoming-event.ts";
import type { Meter } from "./meter.ts";
import type { SeenKeys } from "./seen-keys.ts";

/** An event in memory, whatever it is, after the checks of `checkEvent`. */
export class MemoryEvent implements IncomingEvent {
  readonly type: string;
  readonly namespace: string | null;
  readonly subject: string | null;
  readonly externalSubject: string | null;
  readonly timestamp: number;
  readonly #checked: CheckedEvent;

  constructor(checked: CheckedEvent) {
    this.type = checked.type;
    this.namespace = checked.namespace;
    this.subject = checked.subject;
    this.externalSubject = checked.externalSubject;
    this.timestamp = checked.timestamp ?? Number.NaN;
    this.#checked = checked;
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
