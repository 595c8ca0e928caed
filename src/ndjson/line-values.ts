/** What a value of a line is. */
export const MISSING = 0;
export const STRING = 1;
export const NUMBER = 2;
/** A number with an exponent or more than 15 digits: the lossless parser is to read it. */
export const LONG_NUMBER = 3;
export const TRUE = 4;
export const FALSE = 5;
export const NULL = 6;
export const OBJECT = 7;
export const ARRAY = 8;

/** Where the needed values of a line are in its bytes, by their slot in the tree of paths. */
export class LineValues {
  readonly kinds: Uint8Array;
  /** Of a string, between its quotes. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Of a `NUMBER`, what it is. */
  readonly numbers: Float64Array;

  constructor(slots: number) {
    this.kinds = new Uint8Array(slots);
    this.starts = new Int32Array(slots);
    this.ends = new Int32Array(slots);
    this.numbers = new Float64Array(slots);
  }
}
