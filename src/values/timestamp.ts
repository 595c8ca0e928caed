/** Milliseconds. */
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** A reader of times: `readTime`, or one that gives the same. */
export type ReadTime = (time: unknown) => number;

/** What a time must look like, for messages. */
export const EXPECTED_TIME =
  'expected an RFC 3339 time with an offset, such as "2026-01-31T09:30:00Z", or a valid Date';

const RFC_3339 =
  /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * The instant that an RFC 3339 date-time names, in milliseconds since 1970; NaN for any other text.
 * `Z` or an offset is required (`t` and `z` too), the day must exist, hours end at 23, minutes and seconds at 59.
 * Digits beyond milliseconds are cut toward the past.
 */
export function parseTimestamp(text: string): number {
  if (!RFC_3339.test(text)) return Number.NaN;
  // `Date.parse` takes 30 February for 2 March.
  const day = Number(text.slice(8, 10));
  if (day > 28 && new Date(text.slice(0, 10)).getUTCDate() !== day) return Number.NaN;
  // Most are as `Date.parse` wants them: in UTC, with milliseconds or none.
  const isUsual = (text.length === 24 || text.length === 20) && text.endsWith("Z");
  if (isUsual && text[10] === "T") return Date.parse(text);
  const milliseconds = (digits: string): string => `${digits}00`.slice(0, 4);
  return Date.parse(text.toUpperCase().replace(/\.\d+/, milliseconds));
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
