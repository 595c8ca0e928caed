import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTimestamp, readTime } from "../../src/values/timestamp.ts";
import { runs } from "../runs.ts";
import { naiveInstant } from "../summary/naive-time.ts";

const EARLIEST = new Date("0000-01-01T00:00:00Z").getTime();
const LATEST = new Date("9999-12-31T23:59:59.999Z").getTime();
const YEAR = 366 * 86_400_000;

/** From the year 0 to 9999; often about 1970, and about the edges. */
const instants = fc.oneof(
  fc.integer({ min: EARLIEST, max: LATEST }),
  fc.integer({ min: -3 * YEAR, max: 3 * YEAR }),
  fc.integer({ min: EARLIEST, max: EARLIEST + YEAR }),
  fc.integer({ min: LATEST - YEAR, max: LATEST }),
);
const twoDigits = (number: number): string => String(number).padStart(2, "0");
const offsets = fc.record({
  sign: fc.constantFrom("+", "-"),
  hours: fc.integer({ min: 0, max: 23 }),
  minutes: fc.integer({ min: 0, max: 59 }),
});

describe.each([["parseTimestamp", parseTimestamp]])("%s", (_name, parse) => {
  test("reads back what a Date writes, from the year 0 to 9999", () => {
    fc.assert(
      fc.property(instants, (instant) => {
        expect(parse(new Date(instant).toISOString())).toBe(instant);
        expect(readTime(new Date(instant))).toBe(instant);
      }),
      { numRuns: runs(10_000) },
    );
  });

  test("reads every day of 400 years", () => {
    const first = Date.UTC(1800, 0, 1);
    for (let day = 0; day < 146_097; day++) {
      const instant = first + day * 86_400_000;
      const text = new Date(instant).toISOString();
      if (parse(text) !== instant) throw new Error(text);
    }
  });

  test("reads the same instant at any offset", () => {
    fc.assert(
      fc.property(
        instants.map((instant) => Math.min(Math.max(instant, EARLIEST + YEAR), LATEST - YEAR)),
        offsets,
        (instant, { sign, hours, minutes }) => {
          const shift = (hours * 60 + minutes) * 60_000 * (sign === "+" ? 1 : -1);
          const wallClock = new Date(instant + shift).toISOString().slice(0, -1);
          const text = `${wallClock}${sign}${twoDigits(hours)}:${twoDigits(minutes)}`;
          expect(parse(text)).toBe(instant);
        },
      ),
      { numRuns: runs(3_000) },
    );
  });

  test("cuts digits beyond milliseconds toward the past", () => {
    const more = fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength: 30 });
    fc.assert(
      fc.property(instants, more, (instant, digits) => {
        const text = `${new Date(instant).toISOString().slice(0, -1)}${digits}Z`;
        expect(parse(text)).toBe(instant);
      }),
      { numRuns: runs(2_000) },
    );
  });

  test("reads a fraction of fewer digits as if zeros followed", () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: 0, max: 3 }), (instant, places) => {
        const iso = new Date(instant).toISOString();
        const cut = places === 0 ? iso.slice(0, -5) : iso.slice(0, places - 4);
        expect(parse(`${cut}Z`)).toBe(Date.parse(`${cut}Z`));
      }),
      { numRuns: runs(2_000) },
    );
  });

  test("reads exactly the texts that a pattern and a calendar let through", () => {
    const fields = fc.record({
      year: fc.oneof(fc.integer({ min: 0, max: 9_999 }), fc.constantFrom(1900, 2000, 2024, 2026)),
      month: fc.integer({ min: 0, max: 14 }),
      day: fc.oneof(fc.integer({ min: 0, max: 33 }), fc.integer({ min: 28, max: 31 })),
      hour: fc.integer({ min: 0, max: 25 }),
      minute: fc.integer({ min: 0, max: 61 }),
      second: fc.integer({ min: 0, max: 61 }),
      separator: fc.constantFrom("T", "t", "T", "T", " "),
      fraction: fc.constantFrom("", "", ".5", ".", ".123456", ",5"),
      zone: fc.oneof(
        fc.constantFrom("Z", "z", "Z", "Z", ""),
        fc
          .tuple(fc.constantFrom("+", "-"), fc.integer({ min: 0, max: 25 }), fc.nat(61))
          .map(([sign, hours, minutes]) => `${sign}${twoDigits(hours)}:${twoDigits(minutes)}`),
      ),
    });
    let read = 0;
    fc.assert(
      fc.property(fields, (f) => {
        const date = `${String(f.year).padStart(4, "0")}-${twoDigits(f.month)}-${twoDigits(f.day)}`;
        const time = `${twoDigits(f.hour)}:${twoDigits(f.minute)}:${twoDigits(f.second)}`;
        const text = `${date}${f.separator}${time}${f.fraction}${f.zone}`;
        const instant = parse(text);
        if (!Number.isNaN(instant)) read++;
        expect(instant, text).toBe(naiveInstant(text));
      }),
      { numRuns: runs(10_000) },
    );
    expect(read).toBeGreaterThan(runs(1_000));
    expect(read).toBeLessThan(9_000);
  });

  test("reads a text with a character changed exactly where the pattern does", () => {
    const characters = fc.constantFrom(..."0123456789-+:.,TtZz /\u0660\uff10\u015a\u0000");
    const changes = fc.record({
      kind: fc.constantFrom("replace", "insert", "remove", "swap", "cut"),
      place: fc.nat(40),
      character: characters,
    });
    let read = 0;
    fc.assert(
      fc.property(
        instants,
        offsets,
        fc.boolean(),
        fc.array(changes, { minLength: 1, maxLength: 2 }),
        (instant, { sign, hours, minutes }, isZulu, edits) => {
          const iso = new Date(instant).toISOString();
          const zone = `${sign}${twoDigits(hours)}:${twoDigits(minutes)}`;
          let text = isZulu ? iso : iso.slice(0, -1) + zone;
          for (const { kind, place, character } of edits) {
            const at = place % (text.length + 1);
            const [before, after] = [text.slice(0, at), text.slice(at)];
            if (kind === "replace") text = before + character + after.slice(1);
            else if (kind === "insert") text = before + character + after;
            else if (kind === "remove") text = before + after.slice(1);
            else if (kind === "cut") text = before;
            else text = before + after.slice(1, 2) + after.slice(0, 1) + after.slice(2);
          }
          const parsed = parse(text);
          if (!Number.isNaN(parsed)) read++;
          expect(parsed, text).toBe(naiveInstant(text));
        },
      ),
      { numRuns: runs(10_000) },
    );
    expect(read).toBeGreaterThan(runs(500));
    expect(read).toBeLessThan(9_500);
  });
});
