/** Milliseconds. */
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;
const EARLIEST = -62_167_219_200_000; // 0000-01-01T00:00:00Z
const LATEST = 253_402_300_799_999; // 9999-12-31T23:59:59.999Z

/** What a time must look like, for messages. */
export const EXPECTED_TIME =
  'expected an RFC 3339 time with an offset, such as "2026-01-31T09:30:00Z", or a valid Date';

/** 0 for the value of a digit, not 0 for anything else. */
const notDigit = (value: number): number => (value | (value + 6)) & ~15;

/** The number of two digits, negative where there are none. */
function pairAt(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/** The day of the text parsed last, as its digits and in milliseconds since 1970: the next text has the same, mostly. */
let lastDate = -1;
let lastMidnight = 0;

/** Four centuries: the calendar repeats itself. */
const ERA = 146_097 * DAY;

/** Milliseconds from 1970 to the day of these digits (`20260131`); NaN where there is no such day. */
function midnightOf(date: number): number {
  if (date === lastDate) return lastMidnight;
  const month = Math.floor(date / 100) % 100;
  const day = date % 100;
  // `Date.UTC` takes the years from 0 to 99 for those from 1900.
  const later = Date.UTC(Math.floor(date / 10_000) + 400, month - 1, day);
  const isDay =
    month > 0 && month < 13 && day > 0 && (day < 29 || new Date(later).getUTCDate() === day);
  lastMidnight = isDay ? later - ERA : Number.NaN;
  lastDate = date;
  return lastMidnight;
}

/**
 * The instant that an RFC 3339 date-time names, in milliseconds since 1970; NaN for any other text.
 * `Z` or an offset is required (`t` and `z` too), the day must exist, hours end at 23, minutes and seconds at 59.
 * Digits beyond milliseconds are cut toward the past. Read by hand: `Date.parse` takes local times, 30 February and
 * "June 15" too, and takes three times as long.
 */
export function parseTimestamp(text: string): number {
  const century = pairAt(text, 0);
  const year = pairAt(text, 2);
  const month = pairAt(text, 5);
  const day = pairAt(text, 8);
  const hour = pairAt(text, 11);
  const minute = pairAt(text, 14);
  const second = pairAt(text, 17);
  const wrong =
    (text.charCodeAt(4) ^ 45) | // -
    (text.charCodeAt(7) ^ 45) |
    ((text.charCodeAt(10) | 32) ^ 116) | // t or T
    (text.charCodeAt(13) ^ 58) | // :
    (text.charCodeAt(16) ^ 58);
  // A negative number makes what it is put together with negative.
  if (wrong !== 0 || (century | year | month | day | hour | minute | second) < 0) return Number.NaN;
  if (hour > 23 || minute > 59 || second > 59) return Number.NaN;
  const date = ((century * 100 + year) * 100 + month) * 100 + day;
  const seconds = (hour * 60 + minute) * 60 + second;
  return midnightOf(date) + seconds * 1_000 + fractionAndOffset(text);
}

/**
 * As `parseTimestamp`, of the ASCII text in the bytes from `start` to `end`; NaN also for what is rarer than a time in
 * UTC with milliseconds or none, which is to be read as text.
 */
export function parseTimestampBytes(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length !== 24 && length !== 20) return Number.NaN;
  const digit = (at: number): number => (bytes[start + at] as number) - 48;
  const wrongAt = (at: number, byte: number): number => (bytes[start + at] as number) ^ byte;
  const y1 = digit(0);
  const y2 = digit(1);
  const y3 = digit(2);
  const y4 = digit(3);
  const m1 = digit(5);
  const m2 = digit(6);
  const d1 = digit(8);
  const d2 = digit(9);
  const h1 = digit(11);
  const h2 = digit(12);
  const n1 = digit(14);
  const n2 = digit(15);
  const s1 = digit(17);
  const s2 = digit(18);
  let wrong =
    notDigit(y1) |
    notDigit(y2) |
    notDigit(y3) |
    notDigit(y4) |
    notDigit(m1) |
    notDigit(m2) |
    notDigit(d1) |
    notDigit(d2) |
    notDigit(h1) |
    notDigit(h2) |
    notDigit(n1) |
    notDigit(n2) |
    notDigit(s1) |
    notDigit(s2) |
    wrongAt(4, 45) | // -
    wrongAt(7, 45) |
    wrongAt(10, 84) | // T
    wrongAt(13, 58) | // :
    wrongAt(16, 58) |
    wrongAt(length - 1, 90); // Z
  let milliseconds = 0;
  if (length === 24) {
    const f1 = digit(20);
    const f2 = digit(21);
    const f3 = digit(22);
    wrong |= wrongAt(19, 46) | notDigit(f1) | notDigit(f2) | notDigit(f3);
    milliseconds = f1 * 100 + f2 * 10 + f3;
  }
  const hour = h1 * 10 + h2;
  if (wrong !== 0 || hour > 23 || n1 > 5 || s1 > 5) return Number.NaN;
  const date = ((((((y1 * 10 + y2) * 10 + y3) * 10 + y4) * 10 + m1) * 10 + m2) * 10 + d1) * 10 + d2;
  return midnightOf(date) + ((hour * 60 + n1 * 10 + n2) * 60 + s1 * 10 + s2) * 1_000 + milliseconds;
}

/** What the text after the seconds adds, in milliseconds; NaN when it is no fraction and offset. */
function fractionAndOffset(text: string): number {
  let at = 19;
  let milliseconds = 0;
  if (text.charCodeAt(at) === 46) {
    let worth = 100;
    for (at++; ; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      milliseconds += digit * worth;
      worth = Math.floor(worth / 10);
    }
    if (at === 20) return Number.NaN;
  }
  const zone = text.charCodeAt(at);
  if ((zone | 32) === 122) return at + 1 === text.length ? milliseconds : Number.NaN;
  if (zone !== 43 && zone !== 45) return Number.NaN;
  const hours = pairAt(text, at + 1);
  const minutes = pairAt(text, at + 4);
  const wrong = text.charCodeAt(at + 3) !== 58 || at + 6 !== text.length;
  if (wrong || (hours | minutes) < 0 || hours > 23 || minutes > 59) return Number.NaN;
  const offset = (hours * 60 + minutes) * MINUTE;
  return zone === 45 ? milliseconds + offset : milliseconds - offset;
}

/**
 * The instant of RFC 3339 text or of a valid Date, in milliseconds since 1970; NaN for anything else, a Date that
 * RFC 3339 cannot write (before the year 0 or after 9999) included.
 */
export function readTime(time: unknown): number {
  if (typeof time === "string") return parseTimestamp(time);
  try {
    if (!(time instanceof Date)) return Number.NaN;
    const instant = time.getTime();
    return instant >= EARLIEST && instant <= LATEST ? instant : Number.NaN;
  } catch {
    return Number.NaN; // an object that only inherits from Date
  }
}
