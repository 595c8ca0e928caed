import { DAY, MINUTE, timeOfDate } from "./timestamp.ts";

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

/** Milliseconds from 1970 to the day of these digits (`20260131`); NaN where there is no such day. */
function midnightOf(date: number): number {
  if (date === lastDate) return lastMidnight;
  const year = Math.floor(date / 10_000);
  const month = Math.floor(date / 100) % 100;
  const day = date % 100;
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  lastMidnight = isDay ? daysFromEpoch(year, month, day) * DAY : Number.NaN;
  lastDate = date;
  return lastMidnight;
}

/** As `parseTimestamp`, eight times as fast. */
function parseByHand(text: string): number {
  const y1 = text.charCodeAt(0) - 48;
  const y2 = text.charCodeAt(1) - 48;
  const y3 = text.charCodeAt(2) - 48;
  const y4 = text.charCodeAt(3) - 48;
  const m1 = text.charCodeAt(5) - 48;
  const m2 = text.charCodeAt(6) - 48;
  const d1 = text.charCodeAt(8) - 48;
  const d2 = text.charCodeAt(9) - 48;
  const h1 = text.charCodeAt(11) - 48;
  const h2 = text.charCodeAt(12) - 48;
  const n1 = text.charCodeAt(14) - 48;
  const n2 = text.charCodeAt(15) - 48;
  const s1 = text.charCodeAt(17) - 48;
  const s2 = text.charCodeAt(18) - 48;
  const wrong =
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
    (text.charCodeAt(4) ^ 45) | // -
    (text.charCodeAt(7) ^ 45) |
    ((text.charCodeAt(10) | 32) ^ 116) | // t or T
    (text.charCodeAt(13) ^ 58) | // :
    (text.charCodeAt(16) ^ 58);
  if (wrong !== 0) return Number.NaN;
  const hour = h1 * 10 + h2;
  if (hour > 23 || n1 > 5 || s1 > 5) return Number.NaN;
  const date = ((((((y1 * 10 + y2) * 10 + y3) * 10 + y4) * 10 + m1) * 10 + m2) * 10 + d1) * 10 + d2;
  const seconds = (hour * 60 + n1 * 10 + n2) * 60 + s1 * 10 + s2;
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
  const h1 = text.charCodeAt(at + 1) - 48;
  const h2 = text.charCodeAt(at + 2) - 48;
  const n1 = text.charCodeAt(at + 4) - 48;
  const n2 = text.charCodeAt(at + 5) - 48;
  const wrong =
    notDigit(h1) | notDigit(h2) | notDigit(n1) | notDigit(n2) | (text.charCodeAt(at + 3) ^ 58);
  const hours = h1 * 10 + h2;
  if (wrong !== 0 || hours > 23 || n1 > 5 || at + 6 !== text.length) return Number.NaN;
  const offset = (hours * 60 + n1 * 10 + n2) * MINUTE;
  return zone === 45 ? milliseconds + offset : milliseconds - offset;
}

/** As `readTime`, for an engine that reads millions. */
export function readTimeByHand(time: unknown): number {
  return typeof time === "string" ? parseByHand(time) : timeOfDate(time);
}
