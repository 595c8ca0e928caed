import { parseTimestamps, readTimeByHand } from "../values/fast-timestamp.ts";
import { LOSSLESS_NUMBER } from "../values/lossless-json.ts";
import { CAPACITY, integerColumn, numberColumn, textColumn } from "./batch.ts";
import type { EventFields } from "./event.ts";
import type { IncomingEvents } from "./incoming-event.ts";
import type { Meter } from "./meter.ts";
import type { SeenKeys } from "./seen-keys.ts";
import { isTextOrAbsent } from "./values.ts";

/** What may be asked of the events of a batch beside their types, times and data. */
export interface NeededFields {
  /** Namespaces and subjects. */
  readonly scope: boolean;
  /** Whether external subjects stand for others: who has only such a one is not read here. */
  readonly isResolving: boolean;
  /** What keys are made of. */
  readonly keys: boolean;
}

/** Fewer times than these are not worth a text of all of them. */
const WORTH_BYTES = 8;
const LENGTH = 24;
const encoder = /* @__PURE__ */ new TextEncoder();

/**
 * Plain events in columns: objects made as literals or by `JSON.parse`, whose fields are what they must be. What is out
 * of the ordinary is left to the rules of `checkEvent`, which are the reference.
 */
export class EventColumns implements IncomingEvents {
  size = 0;
  readonly types = textColumn();
  readonly namespaces: (string | null | undefined)[] = textColumn();
  readonly subjects: (string | null | undefined)[] = textColumn();
  readonly externalSubjects: (string | null | undefined)[] = textColumn();
  /** Milliseconds since 1970. */
  readonly times = numberColumn();
  readonly #sources: (string | null | undefined)[] = textColumn();
  readonly #keys: (string | null | undefined)[] = textColumn();
  readonly #data: Readonly<Record<string, unknown>>[] = new Array(CAPACITY).fill({});
  readonly #needed: NeededFields;
  // Whose the times are that are 24 characters long: these are read from the bytes of one text of all of them.
  readonly #timeOwners = integerColumn();
  readonly #parsedTimes = numberColumn();
  #timeCount = 0;
  readonly #bytes = new Uint8Array(CAPACITY * LENGTH);
  readonly #view = new DataView(this.#bytes.buffer);

  constructor(needed: NeededFields) {
    this.#needed = needed;
  }

  fieldsOf(at: number): EventFields {
    return {
      type: this.types[at] as string,
      namespace: this.namespaces[at] ?? null,
      subject: this.subjects[at] ?? null,
      externalSubject: this.externalSubjects[at] ?? null,
    };
  }

  stageKey(seen: SeenKeys, at: number): boolean {
    const key = this.#keys[at] ?? null;
    if (key === null) return false;
    seen.stage(this.namespaces[at] ?? null, this.#sources[at] ?? null, key);
    return true;
  }

  readFor(meter: Meter, picked: Int32Array, size: number): number {
    return meter.readPlain(this.#data, picked, size);
  }

  /** Takes the events from `from` to `end`, or up to the first that is for `checkEvent`. */
  load(events: readonly unknown[], from: number, end: number, now: number): void {
    this.size = 0;
    this.#timeCount = 0;
    this.#readTimes(this.#load(events, from, end, now));
  }

  /** Gives the times that are 24 characters long, one behind the other. */
  #load(events: readonly unknown[], from: number, end: number, now: number): string {
    const { types, namespaces, subjects, externalSubjects, times } = this;
    const sources = this.#sources;
    const keys = this.#keys;
    const timeOwners = this.#timeOwners;
    let timeTexts = ""; // added to here: a field would cost more than the text
    const { scope, keys: hasKeys, isResolving } = this.#needed;
    try {
      for (let at = from; at < end; at++) {
        const given = events[at];
        // Both objects are asked here and not in a function, where the engine would see objects of all shapes: that
        // takes three times as long. A prototype costs nothing once a member has been asked for.
        if (typeof given !== "object" || given === null) break;
        if ((given as { toJSON?: unknown }).toJSON !== undefined) break;
        const prototype: unknown = Object.getPrototypeOf(given);
        if (prototype !== Object.prototype && prototype !== null) break;
        let type: unknown;
        let namespace: unknown;
        let subject: unknown;
        let externalSubject: unknown;
        let source: unknown;
        let key: unknown;
        let time: unknown;
        let data: unknown;
        for (const name in given) {
          switch (name) {
            case "type":
              type = (given as Record<string, unknown>)[name];
              break;
            case "namespace":
              namespace = (given as Record<string, unknown>)[name];
              break;
            case "subject":
              subject = (given as Record<string, unknown>)[name];
              break;
            case "externalSubject":
              externalSubject = (given as Record<string, unknown>)[name];
              break;
            case "source":
              source = (given as Record<string, unknown>)[name];
              break;
            case "idempotencyKey":
              key = (given as Record<string, unknown>)[name];
              break;
            case "timestamp":
              time = (given as Record<string, unknown>)[name];
              break;
            case "data":
              data = (given as Record<string, unknown>)[name];
              break;
          }
        }
        if (
          typeof type !== "string" ||
          !isTextOrAbsent(namespace) ||
          !isTextOrAbsent(subject) ||
          !isTextOrAbsent(externalSubject) ||
          !isTextOrAbsent(source) ||
          !isTextOrAbsent(key) ||
          typeof data !== "object" ||
          data === null
        ) {
          break;
        }
        if ((data as { toJSON?: unknown }).toJSON !== undefined) break;
        if ((data as { [LOSSLESS_NUMBER]?: unknown })[LOSSLESS_NUMBER] !== undefined) break;
        const dataPrototype: unknown = Object.getPrototypeOf(data);
        if (dataPrototype !== Object.prototype && dataPrototype !== null) break;
        const { size } = this;
        if (typeof time === "string" && time.length === LENGTH) {
          timeOwners[this.#timeCount++] = size;
          timeTexts += time;
        } else {
          const instant = time === undefined ? now : readTimeByHand(time);
          if (Number.isNaN(instant)) break;
          times[size] = instant;
        }
        types[size] = type;
        this.#data[size] = data as Record<string, unknown>;
        if (scope) {
          if (isResolving && (subject ?? null) === null && (externalSubject ?? null) !== null)
            break;
          namespaces[size] = namespace;
          subjects[size] = subject;
          externalSubjects[size] = externalSubject;
        }
        if (hasKeys) {
          namespaces[size] = namespace;
          sources[size] = source;
          keys[size] = key;
        }
        this.size = size + 1;
      }
    } catch {
      // A getter or a proxy threw.
    }
    return timeTexts;
  }

  #readTimes(texts: string): void {
    const { times, size } = this;
    const count = this.#timeCount;
    // Where all events have such a time, they are where they belong.
    const parsed = count === size ? times : this.#parsedTimes;
    let read = 0;
    if (count >= WORTH_BYTES) {
      encoder.encodeInto(texts, this.#bytes);
      // Up to the first that is no ASCII: what lies behind that is not where it would be looked for.
      read = parseTimestamps(this.#view, 0, LENGTH, count, parsed);
    }
    if (read === size) return;
    for (let index = 0; index < count; index++) {
      const at = this.#timeOwners[index] as number;
      const time =
        index < read
          ? (parsed[index] as number)
          : readTimeByHand(texts.slice(index * LENGTH, (index + 1) * LENGTH));
      if (Number.isNaN(time)) {
        this.size = at;
        return;
      }
      times[at] = time;
    }
  }
}
