/** Milliseconds. */
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;
const EARLIEST = -62_167_219_200_000; // 0000-01-01T00:00:00Z
const LATEST = 253_402_300_799_999; // 9999-12-31T23:59:59.999Z

/** What a time must look like, for messages. */
export const EXPECTED_TIME =
  'expected an RFC 3339 time with an offset, such as "2026-01-31T09:30:00Z", or a valid Date';

/** The number that the two digits at `at` spell, or NaN. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

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

/**
 * The instant that an RFC 3339 date-time names, in milliseconds since 1970; NaN for any other text.
 * `Z` or an offset is required (`t` and `z` too), the day must exist, hours end at 23, minutes and seconds at 59.
 * Digits beyond milliseconds are cut toward the past. Read by hand: `Date.parse` takes local times, 30 February and
 * "June 15" too.
 */
export function parseTimestamp(text: string): number {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  const separator = text.charCodeAt(10) | 32;
  const shaped =
    text.charCodeAt(4) === 45 && // -
    text.charCodeAt(7) === 45 &&
    separator === 116 && // t or T
    text.charCodeAt(13) === 58 && // :
    text.charCodeAt(16) === 58;
  // Written so that a NaN of any part makes it false.
  const inRange =
    year >= 0 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(year, month) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59;
  if (!shaped || !inRange) return Number.NaN;

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

  let offset = 0;
  const zone = text.charCodeAt(at);
  if (zone === 43 || zone === 45) {
    const hours = twoDigits(text, at + 1);
    const minutes = twoDigits(text, at + 4);
    if (!(hours <= 23 && minutes <= 59) || text.charCodeAt(at + 3) !== 58) return Number.NaN;
    offset = (hours * 60 + minutes) * (zone === 45 ? -60_000 : 60_000);
    at += 6;
  } else if ((zone | 32) === 122) {
    at += 1;
  } else {
    return Number.NaN;
  }
  if (at !== text.length) return Number.NaN;
  const seconds = (hour * 60 + minute) * 60 + second;
  return daysFromEpoch(year, month, day) * DAY + seconds * 1_000 + milliseconds - offset;
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
