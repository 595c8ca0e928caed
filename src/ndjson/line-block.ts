import { LINE_MATCHER } from "../../generated/line-matcher.ts";
import { CAPACITY, textColumn } from "../summary/batch.ts";
import type { EventFields } from "../summary/event.ts";
import type { NeededFields } from "../summary/event-columns.ts";
import {
  DATA,
  EXTERNAL_SUBJECT,
  type IncomingEvents,
  KEY,
  NAMESPACE,
  SOURCE,
  SUBJECT,
  TIMESTAMP,
  TYPE,
} from "../summary/incoming-event.ts";
import type { Meter, UsedDimension } from "../summary/meter.ts";
import type { SeenKeys } from "../summary/seen-keys.ts";
import { JsonBytes } from "./json-bytes.ts";
import { LineReader } from "./line-reader.ts";
import type { LineShape } from "./line-shape.ts";
import { GAPS_BYTES, MOST_SHAPES, MOST_SLOTS, MOST_VALUES } from "./line-shape-limits.ts";
import { MISSING, NULL, NUMBER, OBJECT, STRING } from "./line-values.ts";

/** Of the matcher: addresses in its memory, and numbers. */
type LineMatcherGlobals = Readonly<
  Record<
    | "position"
    | "shape"
    | "input"
    | "inputBytes"
    | "lineStarts"
    | "times"
    | "kinds"
    | "starts"
    | "ends"
    | "numbers"
    | "texts"
    | "UNKNOWN",
    WebAssembly.Global<"i32">
  >
>;

/** The exports of `assembly/line-matcher.ts`. */
interface LineMatcher extends LineMatcherGlobals {
  readonly memory: WebAssembly.Memory;
  layOut(slots: number, lines: number, slotOfTime: number): void;
  want(slot: number): void;
  learn(): void;
  match(start: number, end: number, room: number): number;
}

// How the matcher has a shape in its memory.
const STEP_WORDS = 4;
const HEADER_WORDS = 4 + MOST_SLOTS / 4;
/** What is read 16 bytes at a time may go so far beyond. */
const MOST_GAPS = GAPS_BYTES - 16;

let compiled: WebAssembly.Module | undefined | "refused";

/** The matcher; undefined where there is no WebAssembly with what it uses, or where the host lets none be made of bytes. */
function createMatcher(): LineMatcher | undefined {
  // A page with a strict Content-Security-Policy reports the mere try, so that it is made on servers alone.
  const host = globalThis as { process?: { versions?: { node?: string } } };
  if (host.process?.versions?.node === undefined || compiled === "refused") return undefined;
  try {
    compiled ??= new WebAssembly.Module(
      Uint8Array.from(atob(LINE_MATCHER), (character) => character.charCodeAt(0)),
    );
    return new WebAssembly.Instance(compiled).exports as unknown as LineMatcher;
  } catch {
    compiled = "refused";
    return undefined;
  }
}

/** Texts of the matcher that have no number, or no string, yet. */
const UNRESOLVED = -1;

/**
 * Events that are lines of known shapes, some hundred at a time: what the matcher has found in them. It names texts by
 * their places among the recent ones; what was last there is remembered here, as a string or as the number of a
 * dimension's text, and is forgotten when the matcher says that another has come to the place.
 */
export class LineBlock implements IncomingEvents {
  size = 0;
  readonly types = textColumn();
  readonly namespaces: (string | null)[] = textColumn();
  readonly subjects: (string | null)[] = textColumn();
  readonly times: Float64Array;
  /** All the bytes there are, in which the lines lie. */
  readonly bytes: Uint8Array;
  readonly #externalSubjects: (string | null)[] = textColumn();
  readonly #sources: (string | null)[] = textColumn();
  readonly #matcher: LineMatcher;
  readonly #unknown: number;
  readonly #input: number;
  readonly #room: number;
  readonly #needed: NeededFields;
  readonly #reader: LineReader;
  readonly #lineStarts: Int32Array;
  readonly #kinds: Uint8Array;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #numbers: Float64Array;
  readonly #texts: Int32Array;
  /** Of the recent texts of a field, the strings. */
  readonly #known = new Map<number, (string | undefined)[]>();
  /** Of the recent texts of a dimension, the numbers. */
  readonly #numbersOf = new Map<UsedDimension, Int32Array>();
  /** The shapes that the matcher knows. */
  readonly #shapes: LineShape[] = [];
  #matched = 0;
  #position = 0;

  private constructor(matcher: LineMatcher, slots: number, needed: NeededFields) {
    this.#matcher = matcher;
    this.#needed = needed;
    matcher.layOut(slots, CAPACITY, TIMESTAMP);
    const { buffer } = matcher.memory;
    const { lineStarts, times, kinds, starts, ends, numbers, texts } = matcher;
    const size = slots * CAPACITY;
    this.times = new Float64Array(buffer, times.value, CAPACITY);
    this.bytes = new Uint8Array(buffer);
    this.#lineStarts = new Int32Array(buffer, lineStarts.value, CAPACITY);
    this.#kinds = new Uint8Array(buffer, kinds.value, CAPACITY * MOST_SLOTS);
    this.#starts = new Int32Array(buffer, starts.value, size);
    this.#ends = new Int32Array(buffer, ends.value, size);
    this.#numbers = new Float64Array(buffer, numbers.value, size);
    this.#texts = new Int32Array(buffer, texts.value, size);
    this.#unknown = matcher.UNKNOWN.value;
    this.#input = matcher.input.value;
    this.#room = matcher.inputBytes.value;
    const json = new JsonBytes();
    json.set(this.bytes);
    this.#reader = new LineReader(json);
    const { scope, isResolving, keys } = needed;
    const fields = [
      TYPE,
      ...(scope || keys ? [NAMESPACE] : []),
      ...(scope ? [SUBJECT] : []),
      ...(scope && isResolving ? [EXTERNAL_SUBJECT] : []),
      ...(keys ? [SOURCE] : []),
    ];
    for (const slot of fields) {
      matcher.want(slot);
      this.#known.set(slot, new Array(this.#unknown).fill(undefined));
    }
  }

  /** For lines in which `slots` values are used; undefined where it cannot be had. */
  static create(
    slots: number,
    meters: readonly Meter[],
    needed: NeededFields,
  ): LineBlock | undefined {
    const matcher = slots > MOST_SLOTS ? undefined : createMatcher();
    if (matcher === undefined) return undefined;
    const block = new LineBlock(matcher, slots, needed);
    const dimensions = meters.flatMap((meter) => meter.dimensions);
    for (const dimension of dimensions) {
      if (dimension.slot !== -1) {
        block.#numbersOf.set(dimension, new Int32Array(block.#unknown).fill(UNRESOLVED));
      }
    }
    for (const slot of new Set(dimensions.map((one) => one.slot))) {
      if (slot !== -1) matcher.want(slot);
    }
    return block;
  }

  /** Where the first line begins. */
  get start(): number {
    return this.#input;
  }

  /** Where the line behind those matched begins. */
  get position(): number {
    return this.#position;
  }

  /** Where a line of those matched begins. */
  startOf(line: number): number {
    return line < this.#matched ? (this.#lineStarts[line] as number) : this.#position;
  }

  /** Takes as many whole lines as there is room for, from `from` on; says how many bytes they are. */
  fill(lines: Uint8Array, from: number): number {
    const end = Math.min(from + this.#room, lines.length);
    const newline = end === lines.length ? end - 1 : lines.lastIndexOf(10, end - 1);
    if (newline < from) return 0;
    this.bytes.set(lines.subarray(from, newline + 1), this.#input);
    return newline + 1 - from;
  }

  /** Matches at most so many lines from `start` on, up to `end`; says how many. */
  match(start: number, end: number, room: number): number {
    const matcher = this.#matcher;
    const matched = matcher.match(start, end, room);
    this.#position = matcher.position.value;
    this.#matched = matched;
    this.size = matched;
    this.#readFields();
    return matched;
  }

  #readFields(): void {
    const { scope, isResolving, keys } = this.#needed;
    this.#readField(TYPE, this.types as (string | null)[]);
    if (scope || keys) this.#readField(NAMESPACE, this.namespaces);
    if (keys) this.#readField(SOURCE, this.#sources);
    if (!scope) return;
    this.#readField(SUBJECT, this.subjects);
    if (!isResolving) return;
    this.#readField(EXTERNAL_SUBJECT, this.#externalSubjects);
    // Who has only an external subject is not read here.
    const external = this.#externalSubjects;
    for (let line = 0; line < this.size; line++) {
      if (this.subjects[line] === null && external[line] !== null) this.size = line;
    }
  }

  /** Has the matcher know a shape, if it does not. */
  learn(shape: LineShape): void {
    const { gaps, gapEnds, kinds, slots, slotKinds } = shape;
    if (this.#shapes.includes(shape) || gaps.byteLength > MOST_GAPS || !isEvent(slotKinds)) return;
    if (this.#shapes.length === MOST_SHAPES) this.#shapes.shift();
    this.#shapes.push(shape);
    const start = this.#matcher.shape.value;
    const words = new Int32Array(this.bytes.buffer, start);
    const last = kinds.length === 0 ? 0 : (gapEnds[kinds.length - 1] as number);
    words[0] = kinds.length;
    words[1] = gaps.byteLength - last;
    this.bytes.fill(0, start + 16, start + 16 + MOST_SLOTS);
    this.bytes.set(slotKinds, start + 16);
    let before = 0;
    for (let at = 0; at < kinds.length; at++) {
      const end = gapEnds[at] as number;
      const slot = slots[at] as number;
      words.set(
        [end - before, kinds[at] as number, slot, slot !== -1 && slot < DATA ? 1 : 0],
        HEADER_WORDS + at * STEP_WORDS,
      );
      before = end;
    }
    const gapsStart = start + (HEADER_WORDS + MOST_VALUES * STEP_WORDS) * 4;
    this.bytes.set(new Uint8Array(gaps.buffer), gapsStart);
    this.#matcher.learn();
  }

  fieldsOf(at: number): EventFields {
    return {
      type: this.types[at] as string,
      namespace: this.namespaces[at] as string | null,
      subject: this.subjects[at] as string | null,
      externalSubject: this.#needed.isResolving
        ? (this.#externalSubjects[at] as string | null)
        : null,
    };
  }

  stageKey(seen: SeenKeys, at: number): boolean {
    if (this.#kindOf(KEY, at) !== STRING) return false;
    const place = KEY * CAPACITY + at;
    const start = this.#starts[place] as number;
    const end = this.#ends[place] as number;
    const namespace = this.namespaces[at] as string | null;
    seen.stageBytes(namespace, this.#sources[at] as string | null, this.bytes, start, end);
    return true;
  }

  readFor(meter: Meter, picked: Int32Array, size: number): number {
    const { valueSlot, dimensions, batch } = meter;
    const count = valueSlot === -1 ? size : this.#readValues(meter, picked, size);
    for (let at = 0; at < dimensions.length; at++) {
      const dimension = dimensions[at] as UsedDimension;
      if (dimension.slot === -1) continue;
      this.#readTexts(
        dimension,
        (batch.texts[at] as Int32Array).subarray(batch.size),
        picked,
        count,
      );
    }
    return count;
  }

  #readValues(meter: Meter, picked: Int32Array, size: number): number {
    const { valueSlot: slot, isUnique, batch } = meter;
    const { size: first, values } = batch;
    const column = slot * CAPACITY;
    const kinds = this.#kinds;
    const numbers = this.#numbers;
    for (let index = 0; index < size; index++) {
      const line = picked[index] as number;
      const kind = kinds[line * MOST_SLOTS + slot] as number;
      const number = numbers[column + line] as number;
      if (kind === NUMBER && !isUnique) {
        values[first + index] = number;
        continue;
      }
      const start = this.#starts[column + line] as number;
      const end = this.#ends[column + line] as number;
      if (!this.#reader.readValue(meter, first + index, kind, start, end, number)) return index;
    }
    return size;
  }

  #readTexts(dimension: UsedDimension, into: Int32Array, picked: Int32Array, count: number): void {
    const { slot, texts } = dimension;
    const column = slot * CAPACITY;
    const known = this.#numbersOf.get(dimension) as Int32Array;
    let index = this.#readKnown(column, known, into, picked, count, 0);
    while (index < count) {
      const line = picked[index] as number;
      const start = this.#starts[column + line] as number;
      const end = this.#ends[column + line] as number;
      const number = this.#reader.numberOfText(texts, this.#kindOf(slot, line), start, end);
      into[index] = number;
      const text = this.#texts[column + line] as number;
      if (text !== this.#unknown) known[text < 0 ? ~text : text] = number;
      index = this.#readKnown(column, known, into, picked, count, index + 1);
    }
  }

  /**
   * Up to the first picked line whose text has no number. Goes over all lines, not only those picked: any may have
   * brought a new text to a place.
   */
  #readKnown(
    column: number,
    known: Int32Array,
    into: Int32Array,
    picked: Int32Array,
    count: number,
    from: number,
  ): number {
    const unknown = this.#unknown;
    const texts = this.#texts;
    const matched = this.#matched;
    let index = from;
    for (let line = from === 0 ? 0 : (picked[from - 1] as number) + 1; line < matched; line++) {
      let text = texts[column + line] as number;
      if (text < 0) {
        text = ~text;
        known[text] = UNRESOLVED;
      }
      if (index === count || picked[index] !== line) continue;
      const number = text === unknown ? UNRESOLVED : (known[text] as number);
      if (number === UNRESOLVED) return index;
      into[index++] = number;
    }
    return index;
  }

  #readField(slot: number, into: (string | null)[]): void {
    const column = slot * CAPACITY;
    const known = this.#known.get(slot) as (string | undefined)[];
    const unknown = this.#unknown;
    const texts = this.#texts;
    const matched = this.#matched;
    for (let line = 0; line < matched; line++) {
      const text = texts[column + line] as number;
      if (text >= 0 && text !== unknown) {
        into[line] = known[text] as string;
      } else if (this.#kindOf(slot, line) === STRING) {
        const start = this.#starts[column + line] as number;
        const string = this.#reader.textOf(start, this.#ends[column + line] as number);
        into[line] = string;
        if (text < 0) known[~text] = string;
      } else {
        into[line] = null;
      }
    }
  }

  #kindOf(slot: number, line: number): number {
    return this.#kinds[line * MOST_SLOTS + slot] as number;
  }
}

/** Whether the lines of a shape with these kinds of slots are events, if their times are times. */
function isEvent(kinds: Uint8Array): boolean {
  for (let field = SOURCE as number; field <= (KEY as number); field++) {
    if (![MISSING, STRING, NULL].includes(kinds[field] as number)) return false;
  }
  return kinds[TYPE] === STRING && kinds[TIMESTAMP] === STRING && kinds[DATA] === OBJECT;
}
