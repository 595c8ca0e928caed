/**
 * Lines of known shapes, 16 bytes at a time, some hundred lines in one call. It says of each line where the needed
 * values are and what its numbers are, or stops in front of it; the line is then for `LineScanner`, whose rules these are.
 *
 * All of its memory is laid out once, by `layOut`, behind what the compiler puts there. Nothing is allocated.
 */
import {
  FALSE,
  GAPS_OFFSET,
  HEADER_BYTES,
  KINDS_OFFSET,
  LONG_NUMBER,
  MAX_SHAPES,
  MAX_SLOTS,
  NULL,
  NUMBER,
  SHAPE_BYTES,
  STEP_BYTES,
  STRING,
  TRUE,
} from "../line-layout";

/** In place of a position: not this shape. */
const NO = -1;

/** The texts that a slot has had of late, by their hash: the length, and the text with zeros behind it. */
const RECENT = 2_048;
const LONGEST = 32;
const RECENT_BYTES = 48;

/** The golden ratio, as hashes have it. */
const MULTIPLIER: i64 = ((0x9e3779b9 as i64) << 32) | 0x7f4a7c15;

const SAFE_DIGITS = 15;

// What the other side writes to and reads from: addresses, of columns with a place for each line.
export let shape: i32 = 0;
export let input: i32 = 0;
export const inputBytes: i32 = 1 << 18;
export let lineStarts: i32 = 0;
/** For each line, the kinds of its slots, in a row. */
export let kinds: i32 = 0;
/** For each slot, a column. */
export let starts: i32 = 0;
export let ends: i32 = 0;
export let numbers: i32 = 0;
export let texts: i32 = 0;
/** In the column of texts: of this line, the text is not among the recent ones. */
export const UNKNOWN: i32 = RECENT;
/** Behind the lines that were matched last. */
export let position: i32 = 0;

let capacity: i32 = 0;
let shapes: i32 = 0;
let masks: i32 = 0;
let powers: i32 = 0;
let wanted: i32 = 0;
let wantedCount: i32 = 0;
let recent: i32 = 0;
let shapeCount: i32 = 0;
let nextShape: i32 = 0;
let lastShape: i32 = 0;

let hasEscape = false;
let number: f64 = 0;

/** Lays out the memory for so many slots and lines. */
export function layOut(slots: i32, lines: i32): void {
  capacity = lines;
  let at: i32 = (i32(__heap_base) + 15) & ~15;
  shapes = at;
  at += SHAPE_BYTES * MAX_SHAPES;
  shape = at;
  at += SHAPE_BYTES;
  masks = at;
  at += 32;
  powers = at;
  at += (SAFE_DIGITS + 1) * 8;
  wanted = at;
  at += MAX_SLOTS * 4;
  recent = at;
  at += slots * RECENT * RECENT_BYTES;
  lineStarts = at;
  at += lines * 4;
  kinds = at;
  at += lines * MAX_SLOTS;
  starts = at;
  at += slots * lines * 4;
  ends = at;
  at += slots * lines * 4;
  numbers = at;
  at += slots * lines * 8;
  texts = at;
  at += slots * lines * 4;
  input = at;
  // What is read 16 bytes at a time may go so far beyond.
  at += inputBytes + 16;
  memory.grow((at >>> 16) + 1);
  memory.fill(masks, 0xff, 16);
  let power: f64 = 1;
  for (let places = 0; places <= SAFE_DIGITS; places++) {
    store<f64>(powers + places * 8, power);
    power *= 10;
  }
}

/** The texts of this slot are asked for. */
export function want(slot: i32): void {
  store<i32>(wanted + wantedCount * 4, slot);
  wantedCount++;
}

/** Takes the shape that was written to `shape` among those that are known, in place of the oldest. */
export function learn(): void {
  memory.copy(shapes + nextShape * SHAPE_BYTES, shape, SHAPE_BYTES);
  lastShape = nextShape;
  nextShape = (nextShape + 1) % MAX_SHAPES;
  if (shapeCount < MAX_SHAPES) shapeCount++;
}

/** Matches at most so many lines from `start` on, up to `end`; gives how many there were before one of no known shape. */
export function match(start: i32, end: i32, room: i32): i32 {
  let at = start;
  let line = 0;
  while (line < room && at < end) {
    let next = shapeCount === 0 ? NO : matchShape(lastShape, at, line);
    for (let index = 0; next === NO && index < shapeCount; index++) {
      if (index === lastShape) continue;
      next = matchShape(index, at, line);
      if (next !== NO) lastShape = index;
    }
    if (next === NO) break;
    store<i32>(lineStarts + line * 4, at);
    // Only now: a text that is noted here is told to the other side.
    for (let index = 0; index < wantedCount; index++) noteText(load<i32>(wanted + index * 4), line);
    at = next + 1;
    line++;
  }
  position = at;
  return line;
}

function isAt(at: i32, other: i32, length: i32): bool {
  let a = at;
  let b = other;
  let left = length;
  while (left > 16) {
    if (v128.any_true(v128.xor(v128.load(a), v128.load(b)))) return false;
    a += 16;
    b += 16;
    left -= 16;
  }
  const differences = v128.xor(v128.load(a), v128.load(b));
  return !v128.any_true(v128.and(differences, v128.load(masks + 16 - left)));
}

/** The newline of the line that begins at `start`, when it has this shape. */
function matchShape(index: i32, start: i32, line: i32): i32 {
  const known = shapes + index * SHAPE_BYTES;
  const lineKinds = kinds + line * MAX_SLOTS;
  for (let slot = 0; slot < MAX_SLOTS; slot += 16) {
    v128.store(lineKinds + slot, v128.load(known + slot, KINDS_OFFSET));
  }
  const count = load<i32>(known);
  let step = known + HEADER_BYTES;
  let gap = known + GAPS_OFFSET;
  let at = start;
  for (let value = 0; value < count; value++) {
    const length = load<i32>(step);
    let kind = load<i32>(step, 4);
    const slot = load<i32>(step, 8);
    const isField = load<i32>(step, 12) !== 0;
    step += STEP_BYTES;
    if (!isAt(at, gap, length)) return NO;
    at += length;
    gap += length;
    const first = at;
    if (kind === STRING) {
      at = stringEnd(at);
      if (at === NO || (slot !== NO && hasEscape)) return NO;
    } else if (kind === NUMBER) {
      at = numberEnd(at);
      if (at === NO) return NO;
      if (isNaN(number)) kind = LONG_NUMBER;
      if (slot !== NO) store<f64>(numbers + (slot * capacity + line) * 8, number);
    } else {
      const four = load<u32>(at);
      if (four === 0x6c6c756e) {
        kind = NULL;
        at += 4;
      } else if (isField) {
        return NO;
      } else if (four === 0x65757274) {
        kind = TRUE;
        at += 4;
      } else if (four === 0x736c6166 && load<u8>(at, 4) === 0x65) {
        kind = FALSE;
        at += 5;
      } else {
        return NO;
      }
    }
    if (slot !== NO) {
      store<u8>(lineKinds + slot, u8(kind));
      const place = (slot * capacity + line) * 4;
      store<i32>(starts + place, first);
      store<i32>(ends + place, at);
    }
  }
  const length = load<i32>(known, 4);
  return isAt(at, gap, length) ? at + length - 1 : NO;
}

/** From behind the opening quote of a string to its closing quote. */
function stringEnd(start: i32): i32 {
  hasEscape = false;
  let at = start;
  while (true) {
    const bytes = v128.load(at);
    // Signed: control characters, and all that is not ASCII.
    const stops = i8x16.bitmask(
      v128.or(
        i8x16.lt_s(bytes, i8x16.splat(32)),
        v128.or(i8x16.eq(bytes, i8x16.splat(34)), i8x16.eq(bytes, i8x16.splat(92))),
      ),
    );
    if (stops === 0) {
      at += 16;
      continue;
    }
    at += ctz(stops);
    const byte = load<u8>(at);
    if (byte === 34) return at;
    if (byte === 92) at = escapeEnd(at + 1);
    else if (byte > 127) at = characterEnd(at);
    else return NO;
    if (at === NO) return NO;
  }
}

/** From behind a backslash. */
function escapeEnd(at: i32): i32 {
  hasEscape = true;
  switch (load<u8>(at)) {
    case 34: // "
    case 47: // /
    case 92:
    case 98: // b
    case 102: // f
    case 110: // n
    case 114: // r
    case 116: // t
      return at + 1;
    case 117: // u
      for (let hex = at + 1; hex < at + 5; hex++) {
        const byte = load<u8>(hex);
        const letter = byte | 32;
        if (!isDigit(byte) && (letter < 97 || letter > 102)) return NO;
      }
      return at + 5;
    default:
      return NO;
  }
}

/** From the first byte of a character of two, three or four bytes in UTF-8: the shortest form, no surrogates. */
function characterEnd(at: i32): i32 {
  const first = load<u8>(at);
  const second = load<u8>(at, 1);
  if (!isContinuation(second)) return NO;
  if (first < 0xe0) return first >= 0xc2 ? at + 2 : NO;
  if (!isContinuation(load<u8>(at, 2))) return NO;
  if (first < 0xf0) {
    const isLong = first === 0xe0 && second < 0xa0;
    const isSurrogate = first === 0xed && second > 0x9f;
    return isLong || isSurrogate ? NO : at + 3;
  }
  if (!isContinuation(load<u8>(at, 3))) return NO;
  const isLong = first === 0xf0 && second < 0x90;
  return isLong || first > 0xf4 || (first === 0xf4 && second > 0x8f) ? NO : at + 4;
}

function isDigit(byte: u8): bool {
  return byte - 48 <= 9;
}

function isContinuation(byte: u8): bool {
  return (byte & 0xc0) === 0x80;
}

/** Behind a number, which is `number` then; NaN where it is one for the lossless parser. */
function numberEnd(start: i32): i32 {
  let at = start;
  const isNegative = load<u8>(at) === 45;
  if (isNegative) at++;
  const first = at;
  let digits: i64 = 0;
  while (isDigit(load<u8>(at))) digits = digits * 10 + (load<u8>(at++) - 48);
  let count = at - first;
  if (count === 0 || (count > 1 && load<u8>(first) === 48)) return NO;
  let places = 0;
  if (load<u8>(at) === 46) {
    const point = at++;
    while (isDigit(load<u8>(at))) digits = digits * 10 + (load<u8>(at++) - 48);
    places = at - point - 1;
    if (places === 0) return NO;
    count += places;
  }
  if ((load<u8>(at) | 32) === 101) {
    at++;
    if (load<u8>(at) === 43 || load<u8>(at) === 45) at++;
    if (!isDigit(load<u8>(at))) return NO;
    while (isDigit(load<u8>(at))) at++;
    number = NaN;
    return at;
  }
  if (count > SAFE_DIGITS) {
    number = NaN;
  } else {
    const size = f64(digits) / load<f64>(powers + places * 8);
    number = isNegative ? -size : size;
  }
  return at;
}

/** Looks a text up among the recent ones of its slot: its number there, below zero (`~`) where it is new there. */
function noteText(slot: i32, line: i32): void {
  const place = (slot * capacity + line) * 4;
  const start = load<i32>(starts + place);
  const length = load<i32>(ends + place) - start;
  if (load<u8>(kinds + line * MAX_SLOTS + slot) !== STRING || length > LONGEST) {
    store<i32>(texts + place, UNKNOWN);
    return;
  }
  const more = max(length - 16, 0);
  const low = v128.and(v128.load(start), v128.load(masks + 16 - (length - more)));
  const high = v128.and(v128.load(start + 16), v128.load(masks + 16 - more));
  const both = v128.xor(low, i32x4.mul(high, i32x4.splat(0x2c1b3c6d)));
  let hash = (i64x2.extract_lane(both, 0) ^ length) * MULTIPLIER;
  hash = (hash ^ (hash >>> 29) ^ i64x2.extract_lane(both, 1)) * MULTIPLIER;
  const index = i32(hash >>> 53);
  const entry = recent + (slot * RECENT + index) * RECENT_BYTES;
  if (
    load<i32>(entry) === length + 1 &&
    !v128.any_true(
      v128.or(v128.xor(low, v128.load(entry, 16)), v128.xor(high, v128.load(entry, 32))),
    )
  ) {
    store<i32>(texts + place, index);
    return;
  }
  store<i32>(entry, length + 1);
  v128.store(entry, low, 16);
  v128.store(entry, high, 32);
  store<i32>(texts + place, ~index);
}
