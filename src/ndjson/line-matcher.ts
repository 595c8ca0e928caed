import { LINE_MATCHER } from "../../generated/line-matcher.ts";
import {
  FALSE,
  GAPS_BYTES,
  GAPS_OFFSET,
  HEADER_BYTES,
  KINDS_OFFSET,
  LONG_NUMBER,
  MAX_SLOTS,
  MAX_VALUES,
  NULL,
  NUMBER,
  STEP_BYTES,
  TRUE,
} from "./line-layout.ts";
import type { LineColumns } from "./line-scanner.ts";

/** Of the matcher: addresses in its memory, and numbers. */
type MatcherGlobals = Readonly<
  Record<
    | "position"
    | "shape"
    | "input"
    | "inputBytes"
    | "lineStarts"
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
interface MatcherExports extends MatcherGlobals {
  readonly memory: WebAssembly.Memory;
  layOut(slots: number, lines: number): void;
  want(slot: number): void;
  learn(): void;
  match(start: number, end: number, room: number): number;
}

/** What is read 16 bytes at a time may go so far beyond. */
const MAX_GAPS = GAPS_BYTES - 16;
/** So many shapes are learned in all: a log whose lines are all different is scanned. */
const MAX_LEARNED = 64;
const NO_SLOT = -1;

/** In a shape, a value that is `true`, `false` or `null`, whichever. */
const WORD = TRUE;

let compiled: WebAssembly.Module | undefined | "refused";

/** The matcher; undefined where there is no WebAssembly with what it uses, or where the host lets none be made of bytes. */
function createExports(): MatcherExports | undefined {
  // A page with a strict Content-Security-Policy reports the mere try, so that it is made on servers alone.
  const host = globalThis as { process?: { versions?: { node?: string } } };
  if (host.process?.versions?.node === undefined || compiled === "refused") return undefined;
  try {
    compiled ??= new WebAssembly.Module(
      Uint8Array.from(atob(LINE_MATCHER), (character) => character.charCodeAt(0)),
    );
    return new WebAssembly.Instance(compiled).exports as unknown as MatcherExports;
  } catch {
    compiled = "refused";
    return undefined;
  }
}

/**
 * Matches lines against the shapes of lines before, some hundred at a time, in WebAssembly. The shape of a line is its
 * bytes without its strings, numbers and words: a log is written by a few statements and so has a few shapes. A line of
 * a known shape has the same names in the same places and is JSON where the known one is; only its values are left to
 * look at.
 */
export class LineMatcher {
  /** All the memory there is, in which the lines lie. */
  readonly bytes: Uint8Array;
  readonly columns: LineColumns;
  /** Where each matched line begins. */
  readonly lineStarts: Int32Array;
  readonly #exports: MatcherExports;
  readonly #input: number;
  readonly #room: number;
  #learned = 0;
  /** Of the line being scanned, its values. */
  #count = 0;
  readonly #kinds = new Uint8Array(MAX_VALUES);
  readonly #slots = new Int32Array(MAX_VALUES);
  readonly #starts = new Int32Array(MAX_VALUES);
  readonly #ends = new Int32Array(MAX_VALUES);

  private constructor(
    exports: MatcherExports,
    slots: number,
    capacity: number,
    textSlots: Iterable<number>,
  ) {
    this.#exports = exports;
    exports.layOut(slots, capacity);
    for (const slot of textSlots) exports.want(slot);
    const { buffer } = exports.memory;
    const { lineStarts, kinds, starts, ends, numbers, texts } = exports;
    const size = slots * capacity;
    this.bytes = new Uint8Array(buffer);
    this.lineStarts = new Int32Array(buffer, lineStarts.value, capacity);
    this.columns = {
      kinds: new Uint8Array(buffer, kinds.value, capacity * MAX_SLOTS),
      kindsPerRow: MAX_SLOTS,
      capacity,
      starts: new Int32Array(buffer, starts.value, size),
      ends: new Int32Array(buffer, ends.value, size),
      numbers: new Float64Array(buffer, numbers.value, size),
      texts: new Int32Array(buffer, texts.value, size),
      unknownText: exports.UNKNOWN.value,
    };
    this.#input = exports.input.value;
    this.#room = exports.inputBytes.value;
  }

  /**
   * For lines in which `slots` values are used, of which the texts of `textSlots` are told apart; undefined where it
   * cannot be had.
   */
  static create(
    slots: number,
    capacity: number,
    textSlots: Iterable<number>,
  ): LineMatcher | undefined {
    const exports = slots > MAX_SLOTS ? undefined : createExports();
    return exports && new LineMatcher(exports, slots, capacity, textSlots);
  }

  /** Where the first line begins. */
  get start(): number {
    return this.#input;
  }

  /** Where the line behind those matched last begins. */
  get position(): number {
    return this.#exports.position.value;
  }

  /** Takes as many whole lines as there is room for, from `from` on; says how many bytes they are. */
  fill(lines: Uint8Array, from: number): number {
    const end = Math.min(from + this.#room, lines.length);
    const newline = end === lines.length ? end - 1 : lines.lastIndexOf(10, end - 1);
    if (newline < from) return 0;
    this.bytes.set(lines.subarray(from, newline + 1), this.#input);
    return newline + 1 - from;
  }

  /** Matches at most so many lines from `start` on, up to `end`, and fills the columns; says how many. */
  match(start: number, end: number, room: number): number {
    return this.#exports.match(start, end, room);
  }

  /** A line is about to be scanned. */
  begin(): void {
    this.#count = 0;
  }

  /** The line that is scanned has this value, after those noted before. */
  note(slot: number, kind: number, start: number, end: number): void {
    const at = this.#count++;
    if (at >= MAX_VALUES) return;
    this.#kinds[at] = kind === LONG_NUMBER ? NUMBER : kind === FALSE || kind === NULL ? WORD : kind;
    this.#slots[at] = slot;
    this.#starts[at] = start;
    this.#ends[at] = end;
  }

  /**
   * Learns the shape of the line that was scanned into the first row of the columns, from `start` to its newline. Slots
   * below `fields` are fields of the event, whose kinds must be the same.
   */
  learn(start: number, newline: number, fields: number): void {
    const count = this.#count;
    if (count > MAX_VALUES || this.#learned === MAX_LEARNED) return;
    let gapBytes = newline + 1 - start;
    for (let at = 0; at < count; at++) {
      gapBytes -= (this.#ends[at] as number) - (this.#starts[at] as number);
    }
    if (gapBytes > MAX_GAPS) return;
    this.#learned++;
    const { bytes } = this;
    const { kinds } = this.columns;
    const shape = this.#exports.shape.value;
    const words = new Int32Array(bytes.buffer, shape, GAPS_OFFSET / 4);
    bytes.set(kinds.subarray(0, MAX_SLOTS), shape + KINDS_OFFSET);
    let from = start;
    let gap = shape + GAPS_OFFSET;
    const addGap = (to: number): number => {
      const length = to - from;
      bytes.copyWithin(gap, from, to);
      gap += length;
      return length;
    };
    for (let at = 0; at < count; at++) {
      const slot = this.#slots[at] as number;
      const isField = slot !== NO_SLOT && slot < fields;
      words.set(
        [addGap(this.#starts[at] as number), this.#kinds[at] as number, slot, isField ? 1 : 0],
        (HEADER_BYTES + at * STEP_BYTES) / 4,
      );
      from = this.#ends[at] as number;
    }
    words[0] = count;
    words[1] = addGap(newline + 1);
    this.#exports.learn();
  }
}

/** Columns for lines that are scanned only. */
export function scannedColumns(slots: number, capacity: number): LineColumns {
  const size = slots * capacity;
  return {
    kinds: new Uint8Array(size),
    kindsPerRow: slots,
    capacity,
    starts: new Int32Array(size),
    ends: new Int32Array(size),
    numbers: new Float64Array(size),
    texts: new Int32Array(size),
    unknownText: 0,
  };
}
