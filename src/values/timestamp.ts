import { notGiven } from "./given.ts";

/** Milliseconds. */
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** The start of the stretch of so many milliseconds that a time is in, counted from 1970. */
export const startOf = (time: number, length: number): number => Math.floor(time / length) * length;

/** What a time must look like, for messages, and what was given instead. */
export const expectedTime = (given: unknown): string =>
  `expected an RFC 3339 time with an offset, such as "2026-01-31T09:30:00Z", or a valid Date${notGiven(given)}`;

/** 0 for the value of a digit, not 0 for anything else (a missing character included). */
const notDigit = (value: number): number => (value | (value + 6)) & ~15;

/** Days from 1970-01-01 to a day of the proleptic Gregorian calendar, in integers. */
function daysFromEpoch(year: number, month: number, day: number): number {
  // Years begin in March, so that the leap day is a year's last.
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The day of the text parsed last, as its digits and in milliseconds since 1970: the next text has the same, mostly. */
let lastDate = -1;
let lastMidnight = 0;

/** Milliseconds from 1970 to a day; NaN where there is no such day. */
function midnightOf(century: number, yearOfCentury: number, month: number, day: number): number {
  const year = century * 100 + yearOfCentury;
  const date = (year * 100 + month) * 100 + day;
  if (date === lastDate) return lastMidnight;
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  lastMidnight = isDay ? daysFromEpoch(year, month, day) * DAY : Number.NaN;
  lastDate = date;
  return lastMidnight;
}

const MAX_USUAL_LENGTH = 64;
const usualCodes = /* @__PURE__ */ new Uint8Array(MAX_USUAL_LENGTH);

/**
 * The instant that an RFC 3339 date-time names, in milliseconds since 1970; NaN for any other text. `Z` or an offset is
 * required (`t` and `z` too), the day must exist, hours end at 23, minutes and seconds at 59. Digits beyond milliseconds
 * are cut toward the past.
 */
export function parseTimestamp(text: string): number {
  const { length } = text;
  const codes = length <= MAX_USUAL_LENGTH ? usualCodes : new Uint8Array(length);
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    codes[at] = code < 128 ? code : 0;
  }
  return timeOfBytes(codes, 0, length);
}

/** As `parseTimestamp`, of the text whose UTF-8 is in the bytes from `start` to `end`. */
export function timeOfBytes(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 20) return Number.NaN;
  const century = twoDigits(bytes, start);
  const year = twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const day = twoDigits(bytes, start + 8);
  const hour = twoDigits(bytes, start + 11);
  const minute = twoDigits(bytes, start + 14);
  const second = twoDigits(bytes, start + 17);
  const wrong =
    ((bytes[start + 4] as number) ^ 45) | // -
    ((bytes[start + 7] as number) ^ 45) |
    (((bytes[start + 10] as number) | 32) ^ 116) | // t or T
    ((bytes[start + 13] as number) ^ 58) | // :
    ((bytes[start + 16] as number) ^ 58);
  // Negative where a digit is none, or where there are too many of them.
  const below =
    century |
    year |
    month |
    day |
    hour |
    minute |
    second |
    (23 - hour) |
    (59 - minute) |
    (59 - second);
  if (wrong !== 0 || below < 0) return Number.NaN;
  const midnight = midnightOf(century, year, month, day);
  const seconds = (hour * 60 + minute) * 60 + second;
  return midnight + seconds * 1_000 + fractionAndOffset(bytes, start + 19, end);
}

/** The number of two digits in a text; negative where they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  return numberOfDigits(bytes[at] as number, bytes[at + 1] as number);
}

/** The number that two characters write; negative where they are no digits. */
function numberOfDigits(first: number, second: number): number {
  const tens = first - 48;
  const ones = second - 48;
  return (notDigit(tens) | notDigit(ones)) === 0 ? tens * 10 + ones : -1;
}

/** As `lastDate`, of bytes: the first eight, the next three, and the midnight. */
let lastYear = 0;
let lastMonth = 0;
let lastDay = 0;
let lastBytesMidnight = Number.NaN;

/** The midnight of the day whose `2026-01-31T` begins there; NaN where there is none. */
function midnightOfBytes(bytes: DataView, start: number): number {
  const byte = (at: number): number => bytes.getUint8(start + at);
  const century = numberOfDigits(byte(0), byte(1));
  const year = numberOfDigits(byte(2), byte(3));
  const month = numberOfDigits(byte(5), byte(6));
  const day = numberOfDigits(byte(8), byte(9));
  const wrong = (byte(4) ^ 45) | (byte(7) ^ 45) | (byte(10) ^ 84); // -, - and T
  if (wrong !== 0 || (century | year | month | day) < 0) return Number.NaN;
  return midnightOf(century, year, month, day);
}

/**
 * Reads `count` consecutive ASCII timestamps of equal length from `start` on into `times` from `first` on, in
 * milliseconds since 1970, four bytes at a time. It reads timestamps in UTC with milliseconds (24 bytes) or without (20).
 * It stops at any other and returns how many it has read; that one is for `timeOfBytes`.
 */
export function parseTimestamps(
  bytes: DataView,
  start: number,
  length: 24 | 20,
  count: number,
  times: Float64Array,
  first = 0,
): number {
  const ending = length === 24 ? 0x2e30303a : 0x5a30303a; // :00. or :00Z
  for (let index = 0; index < count; index++) {
    const at = start + index * length;
    const year = bytes.getInt32(at, true);
    const month = bytes.getInt32(at + 4, true); // -06-
    const day = bytes.getInt32(at + 8, true); // 30T2
    if (year !== lastYear || month !== lastMonth || (day & 0xffffff) !== lastDay) {
      lastYear = year;
      lastMonth = month;
      lastDay = day & 0xffffff;
      lastBytesMidnight = midnightOfBytes(bytes, at);
    }
    // In each byte, the value of a digit, or 0 for the sign that has to be there.
    const minutes = bytes.getInt32(at + 12, true) ^ 0x30303a30; // 3:59
    const seconds = bytes.getInt32(at + 16, true) ^ ending;
    const fraction = length === 24 ? bytes.getInt32(at + 20, true) ^ 0x5a303030 : 0; // 999Z
    // A byte's highest bit is set where it was, or where there is more in it than 9, 5 or 0, by what is added to it.
    const beyond =
      (minutes + 0x767a7f76) |
      minutes |
      (seconds + 0x7f767a7f) |
      seconds |
      (fraction + 0x7f767676) |
      fraction;
    const hour = ((day >>> 24) - 48) * 10 + (minutes & 15);
    if ((beyond & 0x80808080) !== 0 || hour < 0 || hour > 23) return index;
    const minute = hour * 60 + ((minutes >>> 16) & 15) * 10 + (minutes >>> 24);
    const second = minute * 60 + ((seconds >>> 8) & 15) * 10 + (seconds >>> 16);
    const milliseconds = (fraction & 15) * 100 + ((fraction >>> 8) & 15) * 10 + (fraction >>> 16);
    const time = lastBytesMidnight + (second * 1_000 + milliseconds);
    if (Number.isNaN(time)) return index;
    times[first + index] = time;
  }
  return count;
}

/** What the bytes after the seconds add, in milliseconds; NaN unless they are an optional fraction and an offset. */
function fractionAndOffset(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let milliseconds = 0;
  if (bytes[at] === 46) {
    let worth = 100;
    for (at++; at < end; at++) {
      const digit = (bytes[at] as number) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      milliseconds += digit * worth;
      worth = Math.floor(worth / 10);
    }
    if (at === start + 1) return Number.NaN;
  }
  const zone = at < end ? (bytes[at] as number) : 0;
  if ((zone | 32) === 122) return at + 1 === end ? milliseconds : Number.NaN;
  if ((zone !== 43 && zone !== 45) || at + 6 !== end) return Number.NaN;
  const hours = twoDigits(bytes, at + 1);
  const minutes = twoDigits(bytes, at + 4);
  const isOffset = hours >= 0 && hours <= 23 && minutes >= 0 && minutes <= 59;
  if (!isOffset || bytes[at + 3] !== 58) return Number.NaN;
  const offset = (hours * 60 + minutes) * MINUTE;
  return zone === 45 ? milliseconds + offset : milliseconds - offset;
}

/** The instant of a valid Date that RFC 3339 can write, from the year 0 to 9999; NaN for anything else. */
export function timeOfDate(time: unknown): number {
  try {
    if (!(time instanceof Date)) return Number.NaN;
    const year = time.getUTCFullYear();
    return year >= 0 && year <= 9_999 ? time.getTime() : Number.NaN;
  } catch {
    return Number.NaN; // an object that only inherits from Date
  }
}

/**
 * The instant of RFC 3339 text or of a valid Date, in milliseconds since 1970; NaN for anything else, a Date that
 * RFC 3339 cannot write (before the year 0 or after 9999) included.
 */
export function readTime(time: unknown): number {
  return typeof time === "string" ? parseTimestamp(time) : timeOfDate(time);
}

/** An instant, in milliseconds since 1970, as RFC 3339 in UTC. */
export function timestampText(time: number): string {
  return new Date(time).toISOString();
}
