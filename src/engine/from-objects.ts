import { LOSSLESS_NUMBER } from "../values/lossless-json.ts";
import { parseTimestamps, readTime } from "../values/timestamp.ts";
import { CAPACITY, type Column, type EventBatch } from "./event-batch.ts";
import type { EventLayout } from "./event-layout.ts";
import { isTextOrAbsent, type Path } from "./event-values.ts";

/** Fewer times than these are read one by one. */
const MIN_JOINED_TIMES = 8;
const TIME_LENGTH = 24;
const encoder = /* @__PURE__ */ new TextEncoder();

type JsonObject = Readonly<Record<string, unknown>>;

/** Whether `Object.prototype` has members that a walk over names would meet. */
export function isObjectPrototypeBare(): boolean {
  for (const _ in Object.prototype) return false;
  return true;
}

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

/** So many members of an object are known by their place. */
const MAX_PLACES = 64;
/** In place of a value, and of the number of a text: none was taken. */
const NO_VALUE = Number.POSITIVE_INFINITY;
const NO_TEXT = -1;

/** An object is to be read in another way, it lacks members, or all of them were read. */
const UNREAD = 0;
const PARTIAL = 1;
const WHOLE = 2;
type Outcome = typeof UNREAD | typeof PARTIAL | typeof WHOLE;

/** A name on the way to values, with the columns of the value itself and what is beyond it. */
interface Member {
  readonly name: string;
  /** The first of its columns, which mostly is the only one. */
  column: Column | undefined;
  readonly others: Column[];
  beyond: PathTree | undefined;
  /** Whether there are others, or something beyond. */
  hasMore: boolean;
}

/** Whether a value is not an object, and its own JSON form. */
function isPlainValue(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return value === null || ["string", "boolean", "undefined"].includes(typeof value);
}

/** Whether a value is an object as a literal or `JSON.parse` makes them, whose members are all own. */
export function isPlainObject(value: unknown): value is JsonObject {
  if (typeof value !== "object" || value === null) return false;
  if ((value as { toJSON?: unknown }).toJSON !== undefined || LOSSLESS_NUMBER in value)
    return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && isObjectPrototypeBare();
}

/** Takes a value into a column; false where it is to be read in another way. */
function take(column: Column, row: number, value: unknown): boolean {
  if (typeof value === "string") {
    if (column.kind === "dimension") column.texts[row] = column.numberOf(value);
    else column.read(row, value);
    return true;
  }
  if (column.kind === "number" && typeof value === "number" && value - value === 0) {
    column.values[row] = value;
    return true;
  }
  if (!isPlainValue(value)) return false;
  column.read(row, value);
  return true;
}

/** The paths of columns as a tree of names, so that the members of an object are walked once, whatever their number. */
class PathTree {
  readonly members: Member[] = [];
  readonly #byName = new Map<string, Member>();
  // The names of the object before and what they led to: the next one mostly has the same names in the same places.
  readonly #names: string[] = [];
  readonly #found: (Member | undefined)[] = [];

  add(path: Path, column: Column): void {
    let tree: PathTree = this;
    for (let at = 0; at < path.length - 1; at++) {
      const member = tree.#memberOf(path[at] as string);
      member.hasMore = true;
      member.beyond ??= new PathTree();
      tree = member.beyond;
    }
    const member = tree.#memberOf(path.at(-1) as string);
    if (member.column === undefined) {
      member.column = column;
    } else {
      member.hasMore = true;
      member.others.push(column);
    }
  }

  #memberOf(name: string): Member {
    let member = this.#byName.get(name);
    if (member === undefined) {
      member = { name, column: undefined, others: [], beyond: undefined, hasMore: false };
      this.#byName.set(name, member);
      this.members.push(member);
    }
    return member;
  }

  /** Takes the values of a plain object. Throws what a getter throws, and for a number out of bounds. */
  read(object: JsonObject, row: number): Outcome {
    const names = this.#names;
    const found = this.#found;
    let left = this.members.length;
    let place = 0;
    let outcome: Outcome = WHOLE;
    for (const name in object) {
      const member = name === names[place] ? found[place] : this.#find(name, place);
      place++;
      if (member === undefined) continue;
      const value = object[name];
      const { column } = member;
      if (column !== undefined && !take(column, row, value)) return UNREAD;
      if (member.hasMore) {
        const more = readMore(member, row, value);
        if (more === UNREAD) return UNREAD;
        if (more === PARTIAL) outcome = PARTIAL;
      }
      if (--left === 0) return outcome;
    }
    return PARTIAL;
  }

  #find(name: string, place: number): Member | undefined {
    const member = this.#byName.get(name);
    if (place < MAX_PLACES) {
      // One behind the other from the start: places are met in order.
      this.#names[place] = name;
      this.#found[place] = member;
    }
    return member;
  }
}

function readMore({ others, beyond }: Member, row: number, value: unknown): Outcome {
  for (const column of others) if (!take(column, row, value)) return UNREAD;
  if (beyond === undefined) return WHOLE;
  // Beyond what is not an object everything is missing.
  if (isPlainValue(value)) return PARTIAL;
  return isPlainObject(value) ? beyond.read(value, row) : UNREAD;
}

/** Reads columns from the data of plain events. */
class PathReader {
  readonly #columns: readonly Column[];
  readonly #tree = new PathTree();

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    for (const column of columns) this.#tree.add(column.path, column);
  }

  readRows(data: readonly JsonObject[], rows: Int32Array, count: number, size: number): number {
    const tree = this.#tree;
    const columns = this.#columns;
    if (columns.length === 0) return count;
    for (const { kind, values, texts } of columns) {
      if (kind === "dimension") texts.fill(NO_TEXT, 0, size);
      else values.fill(NO_VALUE, 0, size);
    }
    let index = 0;
    try {
      for (; index < count; index++) {
        const row = rows[index] as number;
        const outcome = tree.read(data[row] as JsonObject, row);
        if (outcome === UNREAD) break;
        if (outcome === PARTIAL) for (const column of columns) complete(column, row);
      }
    } catch {
      // A getter threw, or a number is out of bounds: checkEvent and readFromAny say where.
    }
    return index;
  }
}

/** Where nothing was taken, the value is missing. */
function complete(column: Column, row: number): void {
  const isTaken =
    column.kind === "dimension" ? column.texts[row] !== NO_TEXT : column.values[row] !== NO_VALUE;
  if (!isTaken) column.read(row, undefined);
}
