import { readTimeByHand } from "../time-by-hand.ts";
import { checkEvent, type EventProblem } from "./event.ts";
import type { IncomingEvent } from "./incoming-event.ts";
import type { Meter } from "./meter.ts";
import { isObjectPrototypeBare } from "./path-tree.ts";
import type { SeenKeys } from "./seen-keys.ts";

/**
 * An event that is an object in memory. One that is made as a literal or by `JSON.parse` is read in one walk over its
 * members; any other, and whatever such a walk meets that is out of the ordinary, by the rules of `checkEvent`, which
 * are the reference.
 */
export class ObjectEvent implements IncomingEvent {
  type = "";
  namespace: string | null = null;
  subject: string | null = null;
  externalSubject: string | null = null;
  source: string | null = null;
  idempotencyKey: string | null = null;
  timestamp = Number.NaN;
  #data: Readonly<Record<string, unknown>> = {};
  /** Whether it was found to be plain; else nothing is known of it. */
  #isDataPlain = false;

  /** Goes on to another event; says what is wrong with it. */
  load(given: unknown): EventProblem | undefined {
    this.#isDataPlain = this.#isPlain(given);
    if (this.#isDataPlain) return undefined;
    const checked = checkEvent(given);
    if ("issues" in checked) return checked;
    this.type = checked.type;
    this.namespace = checked.namespace;
    this.subject = checked.subject;
    this.externalSubject = checked.externalSubject;
    this.source = checked.source;
    this.idempotencyKey = checked.idempotencyKey;
    this.timestamp = checked.timestamp ?? Number.NaN;
    this.#data = checked.data;
    return undefined;
  }

  stageKey(seen: SeenKeys): boolean {
    if (this.idempotencyKey === null) return false;
    seen.stage(this.namespace, this.source, this.idempotencyKey);
    return true;
  }

  keyText(): string | undefined {
    return this.idempotencyKey ?? undefined;
  }

  readFor(meter: Meter): void {
    let isRead = false;
    try {
      isRead = this.#isDataPlain && meter.readPlain(this.#data);
    } catch {
      // A getter threw; the other way of reading says where.
    }
    if (!isRead) meter.readData(this.#data);
  }

  #isPlain(given: unknown): boolean {
    let type: unknown;
    let namespace: unknown = null;
    let subject: unknown = null;
    let externalSubject: unknown = null;
    let source: unknown = null;
    let idempotencyKey: unknown = null;
    let time: unknown;
    let data: unknown;
    try {
      // The two prototypes are asked for in two places and not in a function, where the engine would see objects of
      // all shapes: that takes three times as long.
      if (typeof given !== "object" || given === null) return false;
      const prototype: unknown = Object.getPrototypeOf(given);
      if (prototype !== Object.prototype && prototype !== null) return false;
      if ((given as { toJSON?: unknown }).toJSON !== undefined) return false;
      for (const name in given) {
        switch (name) {
          case "type":
            type = (given as Record<string, unknown>)[name];
            break;
          case "namespace":
            namespace = (given as Record<string, unknown>)[name] ?? null;
            break;
          case "subject":
            subject = (given as Record<string, unknown>)[name] ?? null;
            break;
          case "externalSubject":
            externalSubject = (given as Record<string, unknown>)[name] ?? null;
            break;
          case "source":
            source = (given as Record<string, unknown>)[name] ?? null;
            break;
          case "idempotencyKey":
            idempotencyKey = (given as Record<string, unknown>)[name] ?? null;
            break;
          case "timestamp":
            time = (given as Record<string, unknown>)[name];
            break;
          case "data":
            data = (given as Record<string, unknown>)[name];
            break;
        }
      }
      if (typeof data !== "object" || data === null) return false;
      const dataPrototype: unknown = Object.getPrototypeOf(data);
      if (dataPrototype !== Object.prototype && dataPrototype !== null) return false;
      if ((data as { toJSON?: unknown }).toJSON !== undefined) return false;
      // After the walk, and before that over the data.
      if (!isObjectPrototypeBare()) return false;
    } catch {
      return false;
    }
    if (
      typeof type !== "string" ||
      !isTextOrNull(namespace) ||
      !isTextOrNull(subject) ||
      !isTextOrNull(externalSubject) ||
      !isTextOrNull(source) ||
      !isTextOrNull(idempotencyKey)
    ) {
      return false;
    }
    const timestamp = time === undefined ? Number.NaN : readTimeByHand(time);
    if (Number.isNaN(timestamp) && time !== undefined) return false;
    this.type = type;
    this.namespace = namespace;
    this.subject = subject;
    this.externalSubject = externalSubject;
    this.source = source;
    this.idempotencyKey = idempotencyKey;
    this.timestamp = timestamp;
    this.#data = data as Record<string, unknown>;
    return true;
  }
}

function isTextOrNull(value: unknown): value is string | null {
  return typeof value === "string" || value === null;
}
