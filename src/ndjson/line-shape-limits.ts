// What there is room for, here and in the memory of `assembly/line-matcher.ts`, which has these numbers from here.

export const MOST_SHAPES = 8;
/** A line with more values than this is not worth a shape. */
export const MOST_VALUES = 256;
/** So many values of a line can be used. */
export const MOST_SLOTS = 64;
/** For the bytes between the values of a shape. */
export const GAPS_BYTES = 8_192;
