import { NotJsonError } from "../json-form.ts";
import { readTime } from "../timestamp.ts";
import { checkEvent, type EventProblem } from "./event.ts";
import type { IncomingEvent } from "./incoming-event.ts";
import type { Meter } from "./meter.ts";
import { isPlainObject, type PathTree } from "./path-tree.ts";
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
  readonly #paths: PathTree;
  readonly #slots: unknown[];
  #data: unknown;
  #areSlotsRead = false;
  #areSlotsPlain = false;

  /** `paths` holds all that will be read. */
  constructor(paths: PathTree) {
    this.#paths = paths;
    this.#slots = new Array<unknown>(paths.size).fill(undefined);
  }

  /** Goes on to another event; says what is wrong with it. */
  load(given: unknown): EventProblem | undefined {
    this.#areSlotsRead = false;
    if (this.#isPlain(given)) return undefined;
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
    if (!this.#areSlotsRead) this.#readSlots();
    if (this.#areSlotsPlain) {
      try {
        meter.readSlots(this.#slots);
        return;
      } catch (error) {
        // The other way of reading says where the value is.
        if (!(error instanceof NotJsonError)) throw error;
      }
    }
    meter.readData(this.#data);
  }

  #readSlots(): void {
    this.#areSlotsRead = true;
    const slots = this.#slots;
    for (let slot = 0; slot < slots.length; slot++) slots[slot] = undefined;
    try {
      const data = this.#data;
      this.#areSlotsPlain =
        slots.length === 0 || (isPlainObject(data) && this.#paths.read(data, slots));
    } catch {
      this.#areSlotsPlain = false; // a getter threw; the other way of reading says so
    }
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
      if (!isPlainObject(given)) return false;
      for (const name in given) {
        switch (name) {
          case "type":
            type = given[name];
            break;
          case "namespace":
            namespace = given[name] ?? null;
            break;
          case "subject":
            subject = given[name] ?? null;
            break;
          case "externalSubject":
            externalSubject = given[name] ?? null;
            break;
          case "source":
            source = given[name] ?? null;
            break;
          case "idempotencyKey":
            idempotencyKey = given[name] ?? null;
            break;
          case "timestamp":
            time = given[name];
            break;
          case "data":
            data = given[name];
            break;
        }
      }
    } catch {
      return false;
    }
    if (
      typeof type !== "string" ||
      !isTextOrNull(namespace) ||
      !isTextOrNull(subject) ||
      !isTextOrNull(externalSubject) ||
      !isTextOrNull(source) ||
      !isTextOrNull(idempotencyKey) ||
      !isPlainObject(data)
    ) {
      return false;
    }
    const timestamp = time === undefined ? Number.NaN : readTime(time);
    if (Number.isNaN(timestamp) && time !== undefined) return false;
    this.type = type;
    this.namespace = namespace;
    this.subject = subject;
    this.externalSubject = externalSubject;
    this.source = source;
    this.idempotencyKey = idempotencyKey;
    this.timestamp = timestamp;
    this.#data = data;
    return true;
  }
}

function isTextOrNull(value: unknown): value is string | null {
  return typeof value === "string" || value === null;
}
