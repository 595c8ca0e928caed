import type { Exact } from "../values/scaled-integer.ts";
import { dimensionText, type Path, uniqueText, usableNumber } from "./event-values.ts";
import { lengthened, StringInterner } from "./interners.ts";
import type { DimensionPlace, EventField } from "./plan.ts";

/** The most events of a batch: few enough for the processor's cache. */
export const CAPACITY = 512;

/**
 * What is read of a value: the number it counts as, the text of a dimension, or the text by which UNIQUE_COUNT
 * distinguishes values. Or only whether there is a value: `ABSENT`, `IS_NULL` or `PRESENT`.
 */
export type ColumnKind = "number" | "dimension" | "distinct" | "presence";
export const ABSENT = 0;
export const IS_NULL = 1;
export const PRESENT = 2;

/** In place of the number of a text, in columns that keep null apart from the text `"null"`. */
export const NULL_TEXT = 0;

/** The values at one path of an event's data, or of one of its fields, of each event of a batch. */
export class Column {
  readonly kind: ColumnKind;
  /** From the event's data on. */
  readonly path: Path;
  /** The field, of which an absent one is `""`; undefined for a path. */
  readonly field: EventField | undefined;
  /** Numbers the texts; undefined for a column of numbers. */
  readonly interner: StringInterner | undefined;
  /** Of dimensions, the numbers of their texts. */
  texts = new Int32Array(0);
  /** JS numbers, or the numbers of distinct texts; NaN where the value is in `exacts`, or where there is none. */
  values = new Float64Array(0);
  exacts: (Exact | undefined)[] = [];
  /** Of a dimension: whether null is `NULL_TEXT`, and texts are numbered from 1. */
  isNullApart = false;

  constructor(
    kind: ColumnKind,
    path: Path,
    field: EventField | undefined,
    interner: StringInterner | undefined,
  ) {
    this.kind = kind;
    this.path = path;
    this.field = field;
    this.interner = interner;
  }

  /** Makes room for so many events. */
  reserve(capacity: number): void {
    if (this.kind === "dimension") this.texts = lengthened(this.texts, capacity);
    else this.values = lengthened(this.values, capacity);
    if (this.kind === "number") while (this.exacts.length < capacity) this.exacts.push(undefined);
  }

  /** Reads any value in its JSON form. Throws a `NotJsonError` where it is out of bounds, or could not be sent. */
  read(row: number, form: unknown): void {
    if (this.kind === "dimension") {
      this.texts[row] =
        form === null && this.isNullApart ? NULL_TEXT : this.numberOf(dimensionText(form));
    } else if (this.kind === "presence") {
      this.values[row] = form === undefined ? ABSENT : form === null ? IS_NULL : PRESENT;
    } else if (this.kind === "number") {
      this.setValue(row, usableNumber(form));
    } else {
      const text = uniqueText(form);
      this.setValue(row, text === undefined ? undefined : this.numberOf(text));
    }
  }

  /** The number of a text. Not for columns of numbers. */
  numberOf(text: string): number {
    return (this.interner as StringInterner).numberOf(text) + (this.isNullApart ? 1 : 0);
  }

  /** As `numberOf`, of the text whose UTF-8 the bytes from `start` to `end` are. */
  numberOfBytes(bytes: Uint8Array, start: number, end: number): number {
    const number = (this.interner as StringInterner).numberOfBytes(bytes, start, end);
    return number + (this.isNullApart ? 1 : 0);
  }

  /** Sets the value of an event, undefined where none counts. Not for dimensions. */
  setValue(row: number, value: number | Exact | undefined): void {
    if (typeof value === "number") {
      this.values[row] = value;
    } else {
      this.values[row] = Number.NaN;
      this.exacts[row] = value;
    }
  }
}

/** The columns that are read of the events of one type. */
export interface TypeLayout {
  readonly type: string;
  readonly columns: readonly Column[];
}

/** What is read of events, for all costs together: decided once, before the first event. */
export class EventLayout {
  readonly columns: Column[] = [];
  readonly types: TypeLayout[] = [];
  /** Whether namespaces and subjects are read. */
  hasScope = false;
  /** Whether sources and idempotency keys are read. */
  hasKeys = false;
  /** Whether there are columns of subjects, and of sources. */
  hasSubjectColumn = false;
  hasSourceColumn = false;
  /** Whether external subjects are read though nothing resolves them. */
  hasExternalSubjects = false;
  /** Whether `resolveSubject` gives the subjects of events that have only an external one. */
  isResolving = false;
  readonly #types = new Map<string, Column[]>();
  readonly #columns = new Map<string, Column>();

  /** The column of a path in the events of one type, which costs of that type share. */
  column(type: string, kind: ColumnKind, path: Path): Column {
    return this.#column(type, kind, path, undefined);
  }

  /** The column of a dimension, which costs of that type share. */
  dimension(type: string, { path, field }: DimensionPlace): Column {
    this.#readField(field);
    return this.#column(type, "dimension", path, field);
  }

  #readField(field: EventField | undefined): void {
    if (field === "subject") this.hasSubjectColumn = true;
    if (field === "source") this.hasSourceColumn = true;
  }

  #column(type: string, kind: ColumnKind, path: Path, field: EventField | undefined): Column {
    const id = JSON.stringify([type, kind, path, field]);
    const known = this.#columns.get(id);
    if (known !== undefined) return known;
    const interner = kind === "number" || kind === "presence" ? undefined : new StringInterner();
    const column = new Column(kind, path, field, interner);
    this.#columns.set(id, column);
    this.columns.push(column);
    this.#columnsOf(type).push(column);
    return column;
  }

  /** As `column`, of a dimension that keeps null apart. */
  nullableColumn(type: string, { path, field }: DimensionPlace): Column {
    this.#readField(field);
    const column = new Column("dimension", path, field, new StringInterner());
    column.isNullApart = true;
    this.columns.push(column);
    this.#columnsOf(type).push(column);
    return column;
  }

  /** The position in `types` of a type, which is added when it is new. */
  typeNumber(type: string): number {
    this.#columnsOf(type);
    return this.#numbers.get(type) as number;
  }

  readonly #numbers = new Map<string, number>();

  #columnsOf(type: string): Column[] {
    let columns = this.#types.get(type);
    if (columns === undefined) {
      columns = [];
      this.#numbers.set(type, this.types.length);
      this.#types.set(type, columns);
      this.types.push({ type, columns });
    }
    return columns;
  }
}

type TextOrAbsent = string | null | undefined;

/** The idempotency keys of a batch as UTF-8; `starts` is -1 for an event without one. */
export interface KeyBytes {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Some hundred events in columns, as plain data: decoders fill it, aggregators read it. */
export class EventBatch {
  size = 0;
  #capacity = 0;
  readonly types: string[] = [];
  // Absent and null are the same. Read only where a cost or query asks for them.
  readonly namespaces: TextOrAbsent[] = [];
  readonly subjects: TextOrAbsent[] = [];
  readonly externalSubjects: TextOrAbsent[] = [];
  readonly sources: TextOrAbsent[] = [];
  readonly keys: TextOrAbsent[] = [];
  /** In place of `keys`. */
  keyBytes: KeyBytes | undefined;
  /** Milliseconds since 1970; NaN for an event without a timestamp. */
  times = new Float64Array(0);
  /** Whether some of the times are NaN. */
  hasAbsentTimes = false;
  /** By their numbers. */
  readonly columns: readonly Column[];

  constructor(columns: readonly Column[]) {
    this.columns = columns;
  }

  /** Makes room for at least so many events: small batches take little memory, whatever the number of columns. */
  reserve(size: number): void {
    if (size <= this.#capacity) return;
    const capacity = Math.min(CAPACITY, Math.max(16, this.#capacity * 2, size));
    this.#capacity = capacity;
    this.times = lengthened(this.times, capacity);
    const { types, namespaces, subjects, externalSubjects, sources, keys } = this;
    for (const texts of [namespaces, subjects, externalSubjects, sources, keys, types]) {
      // Filled from the start to the end, so that V8 keeps the array without holes.
      while (texts.length < capacity) texts.push("");
    }
    for (const column of this.columns) column.reserve(capacity);
  }
}
