import { describe, expect, test } from "vitest";
import { parseTimestamp, parseTimestamps, readTime } from "../../src/values/timestamp.ts";

describe.each([["parseTimestamp", parseTimestamp]])("%s", (_name, parse) => {
  test.each([
    ["1970-01-01T00:00:00Z", 0],
    ["1970-01-01T00:00:00.000Z", 0],
    ["1970-01-01t00:00:00z", 0],
    ["1970-01-01T00:00:00+00:00", 0],
    ["1970-01-01T00:00:00-00:00", 0],
    ["1970-01-01T00:00:01.5Z", 1_500],
    ["1970-01-01T00:00:00.001Z", 1],
    ["1970-01-01T00:00:00.0019999999999999999999Z", 1],
    ["1970-01-01T00:00:00.000999Z", 0],
    ["1969-12-31T23:59:59.999Z", -1],
    ["1969-12-31T23:59:59.9999Z", -1],
    ["1969-12-31T23:59:59.9989Z", -2],
    ["1970-01-01T01:00:00+01:00", 0],
    ["1969-12-31T18:30:00-05:30", 0],
    ["1970-01-01T23:59:00+23:59", 0],
    ["2000-02-29T00:00:00Z", 951_782_400_000],
    ["2026-06-15T12:34:56.789Z", 1_781_526_896_789],
    ["2026-06-15T14:34:56.789+02:00", 1_781_526_896_789],
    ["0000-01-01T00:00:00Z", -62_167_219_200_000],
    ["0000-02-29T00:00:00Z", -62_162_121_600_000],
    ["9999-12-31T23:59:59.999Z", 253_402_300_799_999],
    ["1900-02-28T00:00:00Z", -2_203_977_600_000],
    ["2100-03-01T00:00:00Z", 4_107_542_400_000],
  ])("reads %s", (text, instant) => {
    expect(parse(text)).toBe(instant);
  });

  test.each([
    "",
    "Z",
    "2026",
    "2026-06-15",
    "2026-06-15T12:00",
    "2026-06-15T12:00Z",
    "2026-06-15T12:00:00",
    "2026-06-15T12:00:00.5",
    "2026-06-15 12:00:00Z",
    "2026-06-15T12:00:00 Z",
    "2026-06-15T12:00:00Z ",
    "2026-06-15T12:00:00ZZ",
    "2026-06-15T12:00:00.Z",
    "2026-06-15T12:00:00.5.5Z",
    "2026-06-15T12:00:00,5Z",
    "2026-06-15T12:00:00+1:00",
    "2026-06-15T12:00:00+01",
    "2026-06-15T12:00:00+01:",
    "2026-06-15T12:00:00+01:0",
    "2026-06-15T12:00:00+01:000",
    "2026-06-15T12:00:00+0100",
    "2026-06-15T12:00:00+01:00Z",
    "2026-06-15T12:00:00+24:00",
    "2026-06-15T12:00:00-23:60",
    "2026-06-15T12:00:00±01:00",
    "2026-06-15T12:00:00−01:00",
    "2026-06-15T24:00:00Z",
    "2026-06-15T23:60:00Z",
    "2026-06-15T23:59:60Z",
    "2026-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2000-02-30T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-06-31T00:00:00Z",
    "2026-09-31T00:00:00Z",
    "2026-11-31T00:00:00Z",
    "2026-01-32T00:00:00Z",
    "2026-00-15T00:00:00Z",
    "2026-13-15T00:00:00Z",
    "2026-06-00T00:00:00Z",
    "+2026-06-15T12:00:00Z",
    "-2026-06-15T12:00:00Z",
    "+010000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "226-06-15T12:00:00Z",
    "2026/06/15T12:00:00Z",
    "2026-06-15T12.00.00Z",
    "20260615T120000Z",
    "2026-W25-1T12:00:00Z",
    "June 15",
    "Mon, 15 Jun 2026 12:00:00 GMT",
    "1781524800000",
    "２０２６-06-15T12:00:00Z",
    "2026-06-15T12:00:0٠Z",
    "2026-06-15\u0254 12:00:00Z",
    "2026-06-15T12:00:00\u015a",
  ])("does not read %j", (text) => {
    expect(parse(text)).toBeNaN();
  });

  test("reads a fraction of any length, and nothing of it is rounded up", () => {
    expect(parse(`1970-01-01T00:00:00.${"9".repeat(100_000)}Z`)).toBe(999);
  });
});

describe("readTime", () => {
  test("reads text and valid Dates", () => {
    expect(readTime("1970-01-01T00:00:01Z")).toBe(1_000);
    expect(readTime(new Date(-5))).toBe(-5);
  });

  test("reads Dates from the year 0 to 9999, which RFC 3339 can write, and no others", () => {
    expect(readTime(new Date("0000-01-01T00:00:00Z"))).toBe(-62_167_219_200_000);
    expect(readTime(new Date(-62_167_219_200_001))).toBeNaN();
    expect(readTime(new Date("9999-12-31T23:59:59.999Z"))).toBe(253_402_300_799_999);
    expect(readTime(new Date(253_402_300_800_000))).toBeNaN();
    expect(readTime(new Date(Number.NaN))).toBeNaN();
  });

  test("reads nothing else", () => {
    for (const time of [undefined, null, 0, 5n, true, {}, [], () => 0, Symbol("a")]) {
      expect(readTime(time)).toBeNaN();
    }
    expect(readTime(new String("1970-01-01T00:00:00Z"))).toBeNaN();
  });
});

test("what only passes for a Date is no time", () => {
  class Broken extends Date {
    override getTime(): never {
      throw new Error("broken");
    }
  }
  const { proxy, revoke } = Proxy.revocable(new Date(0), {});
  revoke();
  for (const given of [
    Object.create(Date.prototype),
    new Broken(),
    proxy,
    new Proxy(new Date(0), {}),
  ]) {
    expect(readTime(given)).toBeNaN();
  }
});

describe("times in bytes", () => {
  const viewOf = (text: string): DataView =>
    new DataView(Uint8Array.from(Buffer.from(text, "latin1")).buffer);

  test.each(["2026-06-15T12:34:56.789Z", "2026-06-15T09:00:00Z", "2026-12-31T23:59:59.999Z"])(
    "%s is read, and with any byte of it another, read right or left to the text",
    (text) => {
      const read = (one: string): number => {
        const times = Float64Array.of(Number.NaN);
        const { length } = one;
        if (length === 24 || length === 20) parseTimestamps(viewOf(one), 0, length, 1, times);
        return times[0] as number;
      };
      const wrong: unknown[] = [];
      for (let at = 0; at < text.length; at++) {
        for (let byte = 0; byte < 256; byte++) {
          const other = text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1);
          const expected = parseTimestamp(other);
          // In small letters it is rare.
          const isLeft = Number.isNaN(expected) || /[a-z]/.test(other);
          const time = read(other);
          if (!(isLeft ? Number.isNaN(time) : time === expected)) wrong.push([other, time]);
        }
      }
      expect(wrong).toEqual([]);
      expect(read(text)).toBe(parseTimestamp(text));
    },
  );

  test("are read up to the first that is to be read as text", () => {
    const good = [
      "2026-06-15T12:34:56.789Z",
      "2026-06-16T00:00:00.000Z",
      "1969-12-31T23:59:59.999Z",
    ];
    const times = new Float64Array(6).fill(7);
    const count = (texts: readonly string[]): number =>
      parseTimestamps(viewOf(`""${texts.join("")}`), 2, 24, texts.length, times);
    expect(count([...good, ...good])).toBe(6);
    expect([...times]).toEqual([...good, ...good].map(parseTimestamp));
    times.fill(7);
    expect(count([...good, "2026-02-30T12:34:56.789Z", ...good.slice(1)])).toBe(3);
    expect([...times]).toEqual([...good.map(parseTimestamp), 7, 7, 7]);
    expect(count([])).toBe(0);
  });
});
