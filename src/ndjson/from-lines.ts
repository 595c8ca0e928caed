import type { EventLayout } from "../engine/event-batch.ts";
import {
  ABSENT,
  CAPACITY,
  type Column,
  type EventBatch,
  IS_NULL,
  NULL_TEXT,
  PRESENT,
} from "../engine/event-batch.ts";
import type { EventPipeline, ValueSource } from "../engine/event-pipeline.ts";
import { StringInterner } from "../engine/interners.ts";
import type { CostEvent } from "../models.ts";
import { numberText } from "../values/scaled-integer.ts";
import { parseTimestamps, timeOfBytes } from "../values/timestamp.ts";
import { FALSE, LONG_NUMBER, MISSING, NULL, NUMBER, OBJECT, STRING, TRUE } from "./line-layout.ts";
import { LineMatcher, scannedColumns } from "./line-matcher.ts";
import { type LineColumns, LineScanner, Slots, UNSURE } from "./line-scanner.ts";
import { isBlank, parseLine } from "./lines.ts";

const NEWLINE = 10;
const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });

/** The slots of an event's fields, in this order. */
const FIELDS = [
  "type",
  "source",
  "subject",
  "externalSubject",
  "namespace",
  "idempotencyKey",
  "timestamp",
  "data",
];
const [TYPE, SOURCE, SUBJECT, EXTERNAL_SUBJECT, NAMESPACE, KEY, TIMESTAMP, DATA] = [
  0, 1, 2, 3, 4, 5, 6, 7,
] as const;

/** Fewer bytes than these are scanned: in a new process, a matcher takes as long to make. */
const MIN_MATCHED_BYTES = 1 << 15;
/** More slots mean fewer rows, so that columns stay small. */
const MAX_PLACES = 1 << 16;
/** More texts than these are forgotten: a log may have a subject for each of its lines. */
const MAX_TEXTS = 4_096;
/** A text of the matcher that has no number, or no string, yet. */
const UNRESOLVED = -1;

/** Texts that come again and again, made of their bytes once. */
class KnownTexts {
  #interner = new StringInterner();
  #texts: string[] = [];

  textOf(bytes: Uint8Array, start: number, end: number): string {
    if (this.#texts.length === MAX_TEXTS) {
      this.#interner = new StringInterner();
      this.#texts = [];
    }
    const number = this.#interner.numberOfBytes(bytes, start, end);
    const known = this.#texts[number];
    if (known !== undefined) return known;
    const text = decoder.decode(bytes.subarray(start, end));
    this.#texts.push(text);
    return text;
  }
}

/** A column of the batch, where its values are in lines, and the numbers of the matcher's recent texts. */
interface LineColumn {
  readonly column: Column;
  readonly slot: number;
  known: Int32Array;
}

/**
 * Adds the events of lines to a pipeline: fills its batch from bytes where the matcher or the scanner is sure of a line,
 * and has the parser read the others.
 */
export class LineDecoder implements ValueSource {
  readonly #pipeline: EventPipeline;
  readonly #batch: EventBatch;
  readonly #layout: EventLayout;
  readonly #slots = new Slots();
  readonly #columnsByType: readonly (readonly LineColumn[])[];
  readonly #texts = new KnownTexts();
  /** Undefined while it is not worth it; null where there is none. */
  #matcher: LineMatcher | null | undefined;
  #columns: LineColumns;
  /** Of the matcher's memory. */
  #view: DataView = new DataView(new ArrayBuffer(0));
  #scanner: LineScanner;
  /** Of the fields that are read, the strings of the matcher's recent texts. */
  #knownFields = new Map<number, (string | undefined)[]>();
  /** Where the lines of the rows begin, and the one behind them. */
  #lineStarts: Int32Array;
  #rows = 0;
  #bytes = 0;
  #line = 0;

  constructor(pipeline: EventPipeline) {
    const { batch, layout } = pipeline;
    this.#pipeline = pipeline;
    this.#batch = batch;
    this.#layout = layout;
    for (const field of FIELDS) this.#slots.slotOf([field]);
    this.#columnsByType = layout.types.map(({ columns }) =>
      columns.map((column) => ({
        column,
        slot: this.#slots.slotOf(
          column.field === undefined ? ["data", ...column.path] : [column.field],
        ),
        known: new Int32Array(0),
      })),
    );
    const { count } = this.#slots;
    const capacity = Math.max(1, Math.min(CAPACITY, Math.floor(MAX_PLACES / count)));
    this.#columns = scannedColumns(count, capacity);
    this.#lineStarts = new Int32Array(capacity + 1);
    this.#scanner = new LineScanner(this.#slots, this.#columns, () => undefined);
  }

  /** Adds whole lines, each with its newline. */
  add(lines: Uint8Array): void {
    this.#bytes += lines.length;
    if (this.#matcher === undefined && this.#bytes >= MIN_MATCHED_BYTES) this.#createMatcher();
    const matcher = this.#matcher ?? undefined;
    if (matcher === undefined) {
      this.#addScanned(lines, 0, lines.length);
      return;
    }
    for (let from = 0; from < lines.length; ) {
      const length = matcher.fill(lines, from);
      if (length > 0) {
        this.#addMatched(matcher, matcher.start + length);
        from += length;
      } else {
        // A line that is longer than the matcher has room for.
        const end = lines.indexOf(NEWLINE, from) + 1;
        this.#addScanned(lines, from, end);
        from = end;
      }
    }
  }

  readValues(type: number, rows: Int32Array, count: number): number {
    const columns = this.#columnsByType[type] as readonly LineColumn[];
    let read = count;
    for (const { column, slot } of columns) {
      if (column.kind !== "dimension") read = this.#readNumbers(column, slot, rows, read);
    }
    for (const one of columns) {
      if (one.column.kind === "dimension") this.#readDimension(one, rows, read);
    }
    return read;
  }

  #createMatcher(): void {
    const { hasScope, hasKeys } = this.#layout;
    const fields = [
      TYPE,
      ...(hasScope || hasKeys ? [NAMESPACE] : []),
      ...(hasScope ? [SUBJECT] : []),
      ...(hasKeys ? [SOURCE] : []),
    ];
    const dimensions = this.#columnsByType
      .flat()
      .flatMap(({ column, slot }) => (column.kind === "dimension" ? [slot] : []));
    const textSlots = new Set([...fields, ...dimensions]);
    const matcher = LineMatcher.create(this.#slots.count, CAPACITY, textSlots);
    this.#matcher = matcher ?? null;
    if (matcher === undefined) return;
    this.#columns = matcher.columns;
    this.#view = new DataView(matcher.bytes.buffer);
    this.#lineStarts = new Int32Array(CAPACITY + 1);
    this.#scanner = new LineScanner(this.#slots, matcher.columns, (slot, kind, start, end) =>
      matcher.note(slot, kind, start, end),
    );
    const { unknownText } = matcher.columns;
    for (const slot of fields) {
      this.#knownFields.set(slot, new Array<undefined>(unknownText).fill(undefined));
    }
    for (const columns of this.#columnsByType) {
      for (const one of columns) {
        if (one.column.kind !== "dimension") continue;
        one.known = new Int32Array(unknownText).fill(UNRESOLVED);
      }
    }
  }

  /** Adds the lines in the matcher's memory up to `end`. */
  #addMatched(matcher: LineMatcher, end: number): void {
    const { bytes } = matcher;
    this.#scanner.json.set(bytes);
    let room = CAPACITY;
    for (let at = matcher.start; at < end; ) {
      const matched = matcher.match(at, end, room);
      let count = 0;
      if (matched > 0) {
        this.#lineStarts.set(matcher.lineStarts);
        this.#lineStarts[matched] = matcher.position;
        this.#batch.reserve(matched);
        count = this.#addRows(matched, this.#readTimes(matched));
      }
      const isFull = count === room;
      if (count > 0) at = this.#lineStarts[count] as number;
      if (count < matched) {
        // Lines were matched in vain: the next few mostly are not for the matcher, either.
        room = 1;
        at = this.#parse(bytes, at);
        continue;
      }
      room = Math.min(CAPACITY, room * 2);
      if (!isFull && at < end) at = this.#addUnmatched(matcher, at);
    }
  }

  /** Adds the line that begins there, whose shape the matcher learns; returns where the next begins. */
  #addUnmatched(matcher: LineMatcher, at: number): number {
    this.#batch.reserve(1);
    matcher.begin();
    const newline = this.#scanRow(at, 0);
    if (newline === UNSURE) return this.#parse(matcher.bytes, at);
    const isAdded = this.#addRows(1) === 1;
    if (this.#kindOf(TIMESTAMP, 0) === STRING) matcher.learn(at, newline, DATA);
    return isAdded ? newline + 1 : this.#parse(matcher.bytes, at);
  }

  #addScanned(bytes: Uint8Array, from: number, end: number): void {
    this.#scanner.json.set(bytes);
    const { capacity } = this.#columns;
    let room = Math.min(16, capacity);
    for (let at = from; at < end; ) {
      let row = 0;
      for (let next = at; row < room && next < end; row++) {
        this.#batch.reserve(row + 1);
        const newline = this.#scanRow(next, row);
        if (newline === UNSURE) break;
        this.#lineStarts[row] = next;
        next = newline + 1;
        this.#lineStarts[row + 1] = next;
      }
      const count = row === 0 ? 0 : this.#addRows(row);
      if (count > 0) at = this.#lineStarts[count] as number;
      const isFull = count === room;
      room = count === row ? Math.min(capacity, room * 2) : 1;
      if (!isFull && at < end) at = this.#parse(bytes, at);
    }
  }

  /** Scans the line that begins there into a row; its newline, or `UNSURE` where it is for the parser. */
  #scanRow(start: number, row: number): number {
    const end = this.#scanner.scan(start, row);
    return end !== UNSURE && this.#isEvent(row) ? end : UNSURE;
  }

  /** Whether the fields of a scanned row are what they must be; sets its time. */
  #isEvent(row: number): boolean {
    if (this.#kindOf(TYPE, row) !== STRING || this.#kindOf(DATA, row) !== OBJECT) return false;
    for (const field of [SOURCE, SUBJECT, EXTERNAL_SUBJECT, NAMESPACE, KEY]) {
      const kind = this.#kindOf(field, row);
      if (kind !== STRING && kind !== MISSING && kind !== NULL) return false;
    }
    const { times } = this.#batch;
    const kind = this.#kindOf(TIMESTAMP, row);
    const { starts, ends, capacity } = this.#columns;
    const at = TIMESTAMP * capacity + row;
    times[row] =
      kind === STRING
        ? timeOfBytes(this.#scanner.json.bytes, starts[at] as number, ends[at] as number)
        : Number.NaN;
    return kind === MISSING || !Number.isNaN(times[row] as number);
  }

  /** Reads the times of matched rows, all of which have one as text; returns how many before one that is no time. */
  #readTimes(rows: number): number {
    const { starts, ends, capacity } = this.#columns;
    const { times } = this.#batch;
    const { bytes } = this.#scanner.json;
    const view = this.#view;
    for (let row = 0; row < rows; row++) {
      const start = starts[TIMESTAMP * capacity + row] as number;
      const end = ends[TIMESTAMP * capacity + row] as number;
      const length = end - start;
      const isUsual = length === 24 || length === 20;
      if (isUsual && parseTimestamps(view, start, length, 1, times, row) === 1) continue;
      const time = timeOfBytes(bytes, start, end);
      if (Number.isNaN(time)) return row;
      times[row] = time;
    }
    return rows;
  }

  /** Adds the first `size` of some rows, whose times are set; returns how many before one that is for the parser. */
  #addRows(rows: number, size = rows): number {
    const batch = this.#batch;
    this.#rows = rows;
    batch.size = size;
    this.#readFields();
    const count = this.#pipeline.addBatch(this);
    this.#line += count;
    return count;
  }

  /** Has the parser read the line that begins there; returns where the next begins. */
  #parse(bytes: Uint8Array, at: number): number {
    const newline = bytes.indexOf(NEWLINE, at);
    const line = bytes.subarray(at, newline);
    this.#line++;
    if (isBlank(line)) return newline + 1;
    const parsed = parseLine(line);
    if ("value" in parsed) {
      this.#pipeline.add(parsed.value as CostEvent, this.#line);
    } else {
      const issues = [{ path: [], message: parsed.problem }];
      this.#pipeline.refuse({ key: undefined, issues }, this.#line);
    }
    return newline + 1;
  }

  #readFields(): void {
    const batch = this.#batch;
    const { hasScope, isResolving, hasKeys, hasSubjectColumn, hasExternalSubjects } = this.#layout;
    const rows = this.#rows;
    const { times } = batch;
    batch.hasAbsentTimes = false;
    for (let row = 0; row < rows; row++) {
      if (Number.isNaN(times[row] as number)) batch.hasAbsentTimes = true;
    }
    this.#readField(TYPE, batch.types as (string | null)[]);
    if (hasScope || hasKeys) this.#readField(NAMESPACE, batch.namespaces as (string | null)[]);
    if (hasKeys) {
      this.#readField(SOURCE, batch.sources as (string | null)[]);
      const { starts, ends, capacity } = this.#columns;
      const keyStarts = starts.subarray(KEY * capacity, (KEY + 1) * capacity);
      for (let row = 0; row < rows; row++) {
        if (this.#kindOf(KEY, row) !== STRING) keyStarts[row] = -1;
      }
      batch.keyBytes = {
        bytes: this.#scanner.json.bytes,
        starts: keyStarts,
        ends: ends.subarray(KEY * capacity, (KEY + 1) * capacity),
      };
    }
    if (hasScope) {
      this.#readField(SUBJECT, batch.subjects as (string | null)[]);
      batch.externalSubjects.fill(null, 0, rows);
      for (let row = 0; hasExternalSubjects && row < rows; row++) {
        if (this.#kindOf(EXTERNAL_SUBJECT, row) !== STRING) continue;
        batch.externalSubjects[row] = this.#textAt(EXTERNAL_SUBJECT, row);
      }
    }
    if (!isResolving || !(hasScope || hasSubjectColumn)) return;
    // An event that has only an external subject is for the reference.
    for (let row = 0; row < batch.size; row++) {
      const isExternal = this.#kindOf(EXTERNAL_SUBJECT, row) === STRING;
      if (isExternal && this.#kindOf(SUBJECT, row) !== STRING) batch.size = row;
    }
  }

  #readField(slot: number, into: (string | null)[]): void {
    const { texts, capacity, unknownText } = this.#columns;
    const column = slot * capacity;
    const known = this.#knownFields.get(slot) ?? [];
    for (let row = 0; row < this.#rows; row++) {
      const text = texts[column + row] as number;
      if (text >= 0 && text !== unknownText) {
        into[row] = known[text] as string;
      } else if (this.#kindOf(slot, row) === STRING) {
        const string = this.#textAt(slot, row);
        into[row] = string;
        if (text < 0) known[~text] = string;
      } else {
        into[row] = null;
      }
    }
  }

  /** Reads a column of values, up to the first that is for the parser; returns how many rows come before it. */
  #readNumbers(column: Column, slot: number, rows: Int32Array, count: number): number {
    const { kinds, kindsPerRow, numbers, starts, ends, capacity } = this.#columns;
    const isUnique = column.kind === "distinct";
    const isPresence = column.kind === "presence";
    const at = slot * capacity;
    const { values } = column;
    for (let index = 0; index < count; index++) {
      const row = rows[index] as number;
      const kind = kinds[row * kindsPerRow + slot] as number;
      if (isPresence) {
        values[row] = kind === MISSING ? ABSENT : kind === NULL ? IS_NULL : PRESENT;
      } else if (kind === NUMBER && !isUnique) {
        values[row] = numbers[at + row] as number;
      } else if (kind === MISSING || kind === NULL) {
        column.setValue(row, undefined);
      } else if (kind !== STRING) {
        return index;
      } else {
        const start = starts[at + row] as number;
        const end = ends[at + row] as number;
        const { json } = this.#scanner;
        if (isUnique) {
          values[row] = column.numberOfBytes(json.bytes, start, end);
        } else {
          // Text that is a plain number.
          if (json.numeral(start) !== end || Number.isNaN(json.number)) return index;
          values[row] = json.number;
        }
      }
    }
    return count;
  }

  #readDimension({ column, slot, known }: LineColumn, rows: Int32Array, count: number): void {
    const { texts, capacity, unknownText } = this.#columns;
    const at = slot * capacity;
    const into = column.texts;
    let index = this.#readKnown(at, known, into, rows, count, 0);
    while (index < count) {
      const row = rows[index] as number;
      const number = this.#numberOfText(column, slot, row);
      into[row] = number;
      const text = texts[at + row] as number;
      if (text !== unknownText) known[text < 0 ? ~text : text] = number;
      index = this.#readKnown(at, known, into, rows, count, index + 1);
    }
  }

  /**
   * Up to the first of `rows` whose text has no number. Goes over all rows, not only these: any may have brought a new
   * text to a place.
   */
  #readKnown(
    column: number,
    known: Int32Array,
    into: Int32Array,
    rows: Int32Array,
    count: number,
    from: number,
  ): number {
    const { texts, unknownText } = this.#columns;
    const all = this.#rows;
    let index = from;
    for (let row = from === 0 ? 0 : (rows[from - 1] as number) + 1; row < all; row++) {
      let text = texts[column + row] as number;
      if (text < 0) {
        text = ~text;
        known[text] = UNRESOLVED;
      }
      if (index === count || rows[index] !== row) continue;
      const number = text === unknownText ? UNRESOLVED : (known[text] as number);
      if (number === UNRESOLVED) return index;
      into[row] = number;
      index++;
    }
    return index;
  }

  /** The number of the text of a dimension; null is `"null"` in the data, but nothing as a field. */
  #numberOfText(column: Column, slot: number, row: number): number {
    const { starts, ends, capacity } = this.#columns;
    const at = slot * capacity + row;
    switch (this.#kindOf(slot, row)) {
      case STRING:
        return column.numberOfBytes(
          this.#scanner.json.bytes,
          starts[at] as number,
          ends[at] as number,
        );
      case NUMBER:
      case LONG_NUMBER:
        return column.numberOf(numberText(this.#decoded(slot, row)));
      case TRUE:
        return column.numberOf("true");
      case FALSE:
        return column.numberOf("false");
      case NULL:
        if (column.field !== undefined) return column.numberOf("");
        return column.isNullApart ? NULL_TEXT : column.numberOf("null");
      default:
        return column.numberOf("");
    }
  }

  #decoded(slot: number, row: number): string {
    const { starts, ends, capacity } = this.#columns;
    const at = slot * capacity + row;
    return decoder.decode(this.#scanner.json.bytes.subarray(starts[at], ends[at]));
  }

  #textAt(slot: number, row: number): string {
    const { starts, ends, capacity } = this.#columns;
    const at = slot * capacity + row;
    return this.#texts.textOf(this.#scanner.json.bytes, starts[at] as number, ends[at] as number);
  }

  #kindOf(slot: number, row: number): number {
    return this.#columns.kinds[row * this.#columns.kindsPerRow + slot] as number;
  }
}
