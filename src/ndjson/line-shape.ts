import { type JsonBytes, UNSURE } from "./json-bytes.ts";
import { MOST_SHAPES, MOST_VALUES } from "./line-shape-limits.ts";
import { FALSE, type LineValues, LONG_NUMBER, NULL, NUMBER, STRING, TRUE } from "./line-values.ts";

const NO_SLOT = -1;
/** So many shapes are learned in all: a log whose lines are all different is gone over in full. */
const MOST_LEARNED = 64;

/** In a shape, a value that is `true`, `false` or `null`, whichever. */
const WORD = TRUE;

/**
 * The shape of a line: its bytes without its strings, numbers and words. A log is written by a few statements and so
 * has a few shapes. A line of a known shape has the same names in the same places and is JSON where the known one is;
 * only its values are left to look at.
 */
export class LineShape {
  /** The bytes before each value, and those after the last, one after the other; and where each ends. */
  readonly gaps: DataView;
  readonly gapEnds: Int32Array;
  /** Of each value, its kind, and its slot: -1 where it has none. */
  readonly kinds: Uint8Array;
  readonly slots: Int32Array;
  /** The kinds of all slots: what is missing, an object or an array is so in every line of the shape. */
  readonly slotKinds: Uint8Array;

  constructor(
    gaps: Uint8Array,
    gapEnds: Int32Array,
    kinds: Uint8Array,
    slots: Int32Array,
    slotKinds: Uint8Array,
  ) {
    this.gaps = new DataView(gaps.buffer);
    this.gapEnds = gapEnds;
    this.kinds = kinds;
    this.slots = slots;
    this.slotKinds = slotKinds;
  }

  /** From the first byte of a line to its newline, or `UNSURE` where it is not of this shape. */
  match(start: number, json: JsonBytes, values: LineValues): number {
    const { bytes } = json;
    const { gaps, gapEnds, kinds, slots } = this;
    values.kinds.set(this.slotKinds);
    let at = start;
    let gap = 0;
    for (let index = 0; index < kinds.length; index++) {
      const end = gapEnds[index] as number;
      if (!json.hasAt(at, gaps, gap, end)) return UNSURE;
      at += end - gap;
      gap = end;
      const slot = slots[index] as number;
      const first = at;
      let kind = kinds[index] as number;
      if (kind === STRING) {
        at = json.string(at);
        if (at === UNSURE || (slot !== NO_SLOT && json.hasEscape)) return UNSURE;
      } else if (kind === NUMBER) {
        at = json.numeral(at);
        if (at === UNSURE) return UNSURE;
        if (Number.isNaN(json.number)) kind = LONG_NUMBER;
        if (slot !== NO_SLOT) values.numbers[slot] = json.number;
      } else {
        const byte = bytes[at];
        kind = byte === 116 ? TRUE : byte === 102 ? FALSE : NULL;
        at = json.word(at, kind === TRUE ? "true" : kind === FALSE ? "false" : "null");
        if (at === UNSURE) return UNSURE;
      }
      if (slot !== NO_SLOT) {
        values.kinds[slot] = kind;
        values.starts[slot] = first;
        values.ends[slot] = at;
      }
    }
    if (!json.hasAt(at, gaps, gap, gaps.byteLength)) return UNSURE;
    return at + gaps.byteLength - gap - 1;
  }
}

/** The shapes of the lines so far, the one met last in front. */
export class LineShapes {
  readonly #json: JsonBytes;
  readonly #values: LineValues;
  readonly #shapes: LineShape[] = [];
  #learned = 0;
  /** That of the line matched or gone over last; undefined where it was neither. */
  last: LineShape | undefined;
  /** Of the line being gone over: where it begins, and its values. */
  #start = 0;
  #count = 0;
  readonly #kinds = new Uint8Array(MOST_VALUES);
  readonly #slots = new Int32Array(MOST_VALUES);
  readonly #starts = new Int32Array(MOST_VALUES);
  readonly #ends = new Int32Array(MOST_VALUES);

  constructor(json: JsonBytes, values: LineValues) {
    this.#json = json;
    this.#values = values;
  }

  /** From the first byte of a line to its newline, its values noted; `UNSURE` where it is of no known shape. */
  match(start: number): number {
    const shapes = this.#shapes;
    for (let index = 0; index < shapes.length; index++) {
      const shape = shapes[index] as LineShape;
      const end = shape.match(start, this.#json, this.#values);
      if (end === UNSURE) continue;
      if (index > 0) {
        shapes.copyWithin(1, 0, index);
        shapes[0] = shape;
      }
      this.last = shape;
      return end;
    }
    this.last = undefined;
    return UNSURE;
  }

  /** A line is gone over in full, from here. */
  begin(start: number): void {
    this.#start = start;
    this.#count = 0;
  }

  /** It has this value, after those told before. */
  value(slot: number, kind: number, start: number, end: number): void {
    const at = this.#count++;
    if (at >= MOST_VALUES) return;
    this.#kinds[at] = kind === LONG_NUMBER ? NUMBER : kind >= TRUE ? WORD : kind;
    this.#slots[at] = slot;
    this.#starts[at] = start;
    this.#ends[at] = end;
  }

  /** It ends with this newline. */
  end(newline: number): void {
    const count = this.#count;
    if (count > MOST_VALUES || this.#learned === MOST_LEARNED) return;
    this.#learned++;
    const { bytes } = this.#json;
    const gapEnds = new Int32Array(count);
    const gaps = new Uint8Array(newline + 1 - this.#start);
    let from = this.#start;
    let length = 0;
    for (let at = 0; at <= count; at++) {
      const to = at === count ? newline + 1 : (this.#starts[at] as number);
      gaps.set(bytes.subarray(from, to), length);
      length += to - from;
      if (at === count) break;
      gapEnds[at] = length;
      from = this.#ends[at] as number;
    }
    const shape = new LineShape(
      gaps.slice(0, length),
      gapEnds,
      this.#kinds.slice(0, count),
      this.#slots.slice(0, count),
      this.#values.kinds.slice(),
    );
    if (this.#shapes.length === MOST_SHAPES) this.#shapes.pop();
    this.#shapes.unshift(shape);
    this.last = shape;
  }
}
