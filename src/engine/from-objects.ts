import { LOSSLESS_NUMBER } from "../values/lossless-json.ts";
import { parseTimestamps, readTime } from "../values/timestamp.ts";
import { CAPACITY, type Column, type EventBatch, type EventLayout } from "./event-batch.ts";
import { isTextOrAbsent } from "./event-values.ts";
import { type JsonObject, PathReader } from "./path-reader.ts";

/** Fewer times than these are read one by one. */
const MIN_JOINED_TIMES = 8;
const TIME_LENGTH = 24;
const encoder = /* @__PURE__ */ new TextEncoder();

/**
 * Fills a batch from plain events: objects made as literals or by `JSON.parse`, whose fields are what they must be.
 * Everything else is for `checkEvent`, which is the reference.
 */
export class ObjectDecoder {
  readonly batch: EventBatch;
  readonly #layout: EventLayout;
  readonly #readers: readonly PathReader[];
  /** By types, the columns of fields. */
  readonly #fields: readonly (readonly Column[])[];
  readonly #data: JsonObject[] = [];
  // The rows whose times are 24 characters long: these are read from the bytes of one text of all of them.
  readonly #timeRows = new Int32Array(CAPACITY);
  readonly #parsedTimes = new Float64Array(CAPACITY);
  #timeCount = 0;
  readonly #bytes = new Uint8Array(CAPACITY * TIME_LENGTH);
  readonly #view = new DataView(this.#bytes.buffer);

  constructor(batch: EventBatch, layout: EventLayout) {
    this.batch = batch;
    this.#layout = layout;
    const isOfField = ({ field }: Column): boolean => field !== undefined;
    this.#readers = layout.types.map(
      ({ columns }) => new PathReader(columns.filter((column) => !isOfField(column))),
    );
    this.#fields = layout.types.map(({ columns }) => columns.filter(isOfField));
  }

  /** Takes the fields of the events from `from` to `end`, or up to the first that is not plain. */
  fill(events: readonly unknown[], from: number, end: number): void {
    const { batch } = this;
    batch.reserve(end - from);
    batch.size = 0;
    batch.hasAbsentTimes = false;
    batch.keyBytes = undefined;
    this.#timeCount = 0;
    const timeTexts = this.#fillFields(events, from, end);
    // The last time may be that of the event at which the batch ended.
    const last = this.#timeRows[this.#timeCount - 1] ?? -1;
    if (this.#timeCount > 0 && last >= batch.size) this.#timeCount--;
    this.#readTimes(timeTexts);
  }

  /**
   * Reads the columns of some rows, whose events are all of one type; returns how many of them come before one that is
   * to be read in another way.
   */
  readValues(type: number, rows: Int32Array, count: number): number {
    const { size, subjects, sources } = this.batch;
    const read = (this.#readers[type] as PathReader).readRows(this.#data, rows, count, size);
    for (const column of this.#fields[type] as readonly Column[]) {
      fillField(column, column.field === "subject" ? subjects : sources, rows, read);
    }
    return read;
  }

  /** Returns the times that are 24 characters long, one behind the other. */
  #fillFields(events: readonly unknown[], from: number, end: number): string {
    const { batch } = this;
    const { types, namespaces, subjects, externalSubjects, times, sources, keys } = batch;
    const timeRows = this.#timeRows;
    const allData = this.#data;
    let timeTexts = ""; // added to here: a field would cost more than the text
    const { hasKeys, isResolving, hasSourceColumn } = this.#layout;
    const hasScope = this.#layout.hasScope || this.#layout.hasSubjectColumn;
    try {
      for (let at = from; at < end; at++) {
        const given = events[at];
        // The prototypes of both objects are checked here and not in a function, where the engine would see objects of
        // all shapes: that takes three times as long. The check is free right after a property read.
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
              type = (given as JsonObject)[name];
              break;
            case "namespace":
              namespace = (given as JsonObject)[name];
              break;
            case "subject":
              subject = (given as JsonObject)[name];
              break;
            case "externalSubject":
              externalSubject = (given as JsonObject)[name];
              break;
            case "source":
              source = (given as JsonObject)[name];
              break;
            case "idempotencyKey":
              key = (given as JsonObject)[name];
              break;
            case "timestamp":
              time = (given as JsonObject)[name];
              break;
            case "data":
              data = (given as JsonObject)[name];
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
        const { size } = batch;
        if (typeof time === "string" && time.length === TIME_LENGTH) {
          timeRows[this.#timeCount++] = size;
          timeTexts += time;
        } else {
          const instant = time === undefined ? Number.NaN : readTime(time);
          if (Number.isNaN(instant)) {
            if (time !== undefined) break;
            batch.hasAbsentTimes = true;
          }
          times[size] = instant;
        }
        types[size] = type;
        allData[size] = data as JsonObject;
        if (hasScope) {
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
        } else if (hasSourceColumn) sources[size] = source;
        batch.size = size + 1;
      }
    } catch {
      // A getter or a proxy threw: checkEvent says which.
    }
    return timeTexts;
  }

  #readTimes(texts: string): void {
    const { batch } = this;
    const { times, size } = batch;
    const count = this.#timeCount;
    // Where all events have such a time, they are where they belong.
    const parsed = count === size ? times : this.#parsedTimes;
    let read = 0;
    if (count >= MIN_JOINED_TIMES) {
      encoder.encodeInto(texts, this.#bytes);
      // Up to the first that is not ASCII: behind it, bytes and characters are at different places.
      read = parseTimestamps(this.#view, 0, TIME_LENGTH, count, parsed);
    }
    if (read === size) return;
    for (let index = 0; index < count; index++) {
      const row = this.#timeRows[index] as number;
      const time =
        index < read
          ? (parsed[index] as number)
          : readTime(texts.slice(index * TIME_LENGTH, (index + 1) * TIME_LENGTH));
      if (Number.isNaN(time)) {
        batch.size = Math.min(row, size);
        return;
      }
      times[row] = time;
    }
  }
}

/** Reads a column of a field; that of an external subject which is to be resolved is not here. */
function fillField(
  column: Column,
  fields: EventBatch["sources"],
  rows: Int32Array,
  count: number,
): void {
  const { texts } = column;
  for (let index = 0; index < count; index++) {
    const row = rows[index] as number;
    texts[row] = column.numberOf(fields[row] ?? "");
  }
}
