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
  const century = twoDigits(text, 0);
  const year = twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  const wrong =
    (text.charCodeAt(4) ^ 45) | // -
    (text.charCodeAt(7) ^ 45) |
    ((text.charCodeAt(10) | 32) ^ 116) | // t or T
    (text.charCodeAt(13) ^ 58) | // :
    (text.charCodeAt(16) ^ 58);
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
  const date = ((century * 100 + year) * 100 + month) * 100 + day;
  const seconds = (hour * 60 + minute) * 60 + second;
  return midnightOf(date) + seconds * 1_000 + fractionAndOffset(text);
}

/** The number of two digits in a text; negative where they are none. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return (notDigit(tens) | notDigit(ones)) === 0 ? tens * 10 + ones : -1;
}

/** As `lastDate`, of bytes: the first eight, the next two, and the midnight. */
let lastYear = 0;
let lastMonth = 0;
let lastDay = 0;
let lastBytesMidnight = Number.NaN;

/**
 * As `parseTimestamp`, of the ASCII text in the bytes from `start` to `end`; NaN also for what is rarer than a time in
 * UTC with milliseconds or none, which is to be read as text. Four bytes at a time.
 */
export function parseTimestampBytes(bytes: DataView, start: number, end: number): number {
  const length = end - start;
  if (length !== 24 && length !== 20) return Number.NaN;
  const year = bytes.getInt32(start, true);
  const month = bytes.getInt32(start + 4, true); // -06-
  const day = bytes.getInt32(start + 8, true); // 30T2
  if (year !== lastYear || month !== lastMonth || (day & 0xffffff) !== lastDay) {
    lastYear = year;
    lastMonth = month;
    lastDay = day & 0xffffff;
    let text = "";
    for (let at = start; at < start + 11; at++) text += String.fromCharCode(bytes.getUint8(at));
    lastBytesMidnight = text.endsWith("T") ? parseByHand(`${text}00:00:00Z`) : Number.NaN;
  }
  const minutes = bytes.getInt32(start + 12, true) ^ 0x30303a30; // 3:59
  const seconds = bytes.getInt32(start + 16, true) ^ 0x0030303a; // :59. or :59Z
  const h1 = (day >>> 24) - 48;
  const h2 = minutes & 255;
  const n1 = (minutes >>> 16) & 255;
  const n2 = minutes >>> 24;
  const s1 = (seconds >>> 8) & 255;
  const s2 = (seconds >>> 16) & 255;
  const hour = h1 * 10 + h2;
  let wrong = (minutes & 0xff00) | (seconds & 255);
  // Negative where a digit is none.
  let below = h1 | (9 - h2) | (23 - hour) | (5 - n1) | (9 - n2) | (5 - s1) | (9 - s2);
  let milliseconds = 0;
  if (length === 24) {
    const fraction = bytes.getInt32(start + 20, true) ^ 0x5a303030; // 999Z
    const f1 = fraction & 255;
    const f2 = (fraction >>> 8) & 255;
    const f3 = (fraction >>> 16) & 255;
    wrong |= ((seconds >>> 24) ^ 46) | (fraction >>> 24);
    below |= (9 - f1) | (9 - f2) | (9 - f3);
    milliseconds = f1 * 100 + f2 * 10 + f3;
  } else {
    wrong |= (seconds >>> 24) ^ 90;
  }
  if (wrong !== 0 || below < 0) return Number.NaN;
  return (
    lastBytesMidnight + ((hour * 60 + n1 * 10 + n2) * 60 + s1 * 10 + s2) * 1_000 + milliseconds
  );
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
  const hours = twoDigits(text, at + 1);
  const minutes = twoDigits(text, at + 4);
  const isOffset = hours >= 0 && hours <= 23 && minutes >= 0 && minutes <= 59;
  if (!isOffset || text.charCodeAt(at + 3) !== 58 || at + 6 !== text.length) return Number.NaN;
  const offset = (hours * 60 + minutes) * MINUTE;
  return zone === 45 ? milliseconds + offset : milliseconds - offset;
}

/** As `readTime`, for an engine that reads millions. */
export function readTimeByHand(time: unknown): number {
  return typeof time === "string" ? parseByHand(time) : timeOfDate(time);
}
