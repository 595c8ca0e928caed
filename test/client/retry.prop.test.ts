import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { readRetryAfter, retryDelay } from "../../src/http/retry.ts";
import { wait } from "../../src/http/waiting.ts";
import { runs } from "../runs.ts";

const NOW = Date.UTC(2026, 5, 10);
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe("what Retry-After asks for", () => {
  test("is the seconds that it says", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999 }), (seconds) => {
        expect(readRetryAfter(String(seconds), NOW)).toBe(seconds);
        expect(readRetryAfter(`${seconds}.5`, NOW)).toBe(seconds + 0.5);
      }),
    );
  });

  test("is the time until the date that it says, in each of HTTP's three forms, or nothing", () => {
    // A place far from UTC: the third form names no zone.
    vi.stubEnv("TZ", "Asia/Kolkata");
    expect(new Date(NOW).getTimezoneOffset()).toBe(-330);
    // The second form has two digits for the year: those from 50 on are of the century before.
    const dates = fc.date({
      min: new Date(Date.UTC(2000, 0, 1)),
      max: new Date(Date.UTC(2049, 11, 31)),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, fc.integer({ min: -1e12, max: 1e12 }), (date, shift) => {
        const whole = Math.floor(date.getTime() / 1_000) * 1_000;
        const now = whole + shift;
        const expected = Math.max(0, -shift / 1_000);
        const fixed = new Date(whole).toUTCString();
        const [weekday = "", day = "", month = "", year = "", time = ""] = fixed.split(/,? /);
        const full = DAYS.find((name) => name.startsWith(weekday));
        const forms = [
          fixed,
          `${full}, ${day}-${month}-${year.slice(2)} ${time} GMT`,
          `${weekday} ${month} ${day.replace(/^0/, " ")} ${time} ${year}`,
        ];
        for (const form of forms) expect(readRetryAfter(form, now)).toBe(expected);
      }),
    );
  });

  test("is nothing that is less than 0 or no number, whatever it says", () => {
    const words = fc.stringMatching(/^[a-zA-Z]{0,9}[ ,:;-]?[a-zA-Z0-9 ,:;.+-]{0,20}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), words), (header) => {
        const seconds = readRetryAfter(header, NOW);
        if (seconds === undefined) return;
        expect(seconds).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(seconds)).toBe(true);
        expect(header).toMatch(/^\s*\d+(?:\.\d+)?\s*$|^(?:sun|mon|tue|wed|thu|fri|sat)/i);
      }),
      { numRuns: runs(2_000) },
    );
    expect(readRetryAfter(null, NOW)).toBeUndefined();
  });
});

describe("the wait before another try", () => {
  test("is from nothing up to a limit that doubles from half a second to eight", () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), chance, (attempts, share) => {
        vi.spyOn(Math, "random").mockReturnValue(share);
        const limit = attempts > 5 ? 8_000 : [500, 1_000, 2_000, 4_000, 8_000][attempts - 1];
        expect(retryDelay(attempts, undefined)).toBe(share * (limit ?? 0));
        expect(retryDelay(attempts, undefined)).toBeLessThan(8_000);
      }),
    );
  });

  test("is what the server asked for, to the millisecond and without chance", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 60 }),
        (attempts, seconds) => {
          expect(retryDelay(attempts, seconds)).toBe(seconds * 1_000);
        },
      ),
    );
  });

  test("ends once for each of those that wait on one signal, and leaves no listener", async () => {
    const delays = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(delays, fc.option(fc.integer({ min: 0, max: 10 })), async (each, abort) => {
        const controller = new AbortController();
        const { signal } = controller;
        const add = vi.spyOn(signal, "addEventListener");
        const remove = vi.spyOn(signal, "removeEventListener");
        const timer =
          abort === null ? undefined : setTimeout(() => controller.abort("over"), abort);
        const ends = await Promise.allSettled(each.map((delay) => wait(delay, signal)));
        clearTimeout(timer);
        for (const end of ends) if (end.status === "rejected") expect(end.reason).toBe("over");
        if (abort === null) expect(ends.every(({ status }) => status === "fulfilled")).toBe(true);
        expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
      }),
      { numRuns: runs(30) },
    );
  });
});
