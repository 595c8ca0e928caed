// What TypeScript and AssemblyScript agree on: `assembly/line-matcher.ts` is compiled with this file.

// What a value of a line is.
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

/** So many values of a line can be used. */
export const MAX_SLOTS = 64;

// A shape in memory: a header (the number of values, the length of the last gap, the kinds of all slots), a step for
// each value (the length of the gap before it, its kind, its slot, whether it is a field of the event), and the gaps.
export const MAX_SHAPES = 8;
/** A line with more values than this has no shape. */
export const MAX_VALUES = 256;
/** For the bytes between the values of a shape. */
export const GAPS_BYTES = 8_192;
export const STEP_BYTES = 16;
export const KINDS_OFFSET = 16;
export const HEADER_BYTES = 16 + MAX_SLOTS;
export const GAPS_OFFSET = HEADER_BYTES + STEP_BYTES * MAX_VALUES;
export const SHAPE_BYTES = GAPS_OFFSET + GAPS_BYTES;
