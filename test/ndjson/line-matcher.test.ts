import { expect, test, vi } from "vitest";
import { LineMatcher } from "../../src/ndjson/line-matcher.ts";
import { LineScanner, Slots } from "../../src/ndjson/line-scanner.ts";
import { eventOf } from "../summary/events.ts";

const lineOf = (event: object): string => `${JSON.stringify(event)}\n`;

/** A matcher with these lines in it, and a scanner from which it learns. */
function scene(lines: readonly string[]) {
  const slots = new Slots();
  const fields = ["type", "subject", "timestamp", "data"].map((name) => slots.slotOf([name]));
  const value = slots.slotOf(["data", "value"]);
  const matcher = LineMatcher.create(slots.count, 512, [0, 1]) as LineMatcher;
  const scanner = new LineScanner(slots, matcher.columns, (slot, kind, start, end) =>
    matcher.note(slot, kind, start, end),
  );
  const length = matcher.fill(Buffer.from(lines.join("")), 0);
  scanner.json.set(matcher.bytes);
  /** Scans the line that begins there; gives where the next begins. */
  const learn = (at: number): number => {
    matcher.begin();
    const newline = scanner.scan(at, 0);
    matcher.learn(at, newline, fields.length - 1);
    return newline + 1;
  };
  return { matcher, learn, value, end: matcher.start + length };
}

test("all lines of the shapes that were learned are matched, up to the first other", () => {
  const one = eventOf({ source: "a", subject: "s" });
  const other = { ...eventOf({ source: "b" }), data: { value: 1, more: "text" } };
  const lines = [one, { ...one, source: "c", data: { value: 2.5 } }, other, one].map(lineOf);
  const { matcher, learn, value, end } = scene(lines);
  expect(matcher.match(matcher.start, end, 512)).toBe(0);
  learn(matcher.start);
  expect(matcher.match(matcher.start, end, 512)).toBe(2);
  const { numbers, capacity } = matcher.columns;
  expect([...numbers.subarray(value * capacity, value * capacity + 2)]).toEqual([1, 2.5]);
  const { position } = matcher;
  learn(position);
  expect(matcher.match(matcher.start, end, 3)).toBe(3);
  expect(matcher.lineStarts[2]).toBe(position);
  expect(matcher.match(matcher.start, end, 512)).toBe(4);
  expect(matcher.position).toBe(end);
});

test("a shape that was forgotten for newer ones is learned again", () => {
  const lines = Array.from({ length: 9 }, (_, at) =>
    lineOf({ ...eventOf(), data: { value: 1, [`name ${at}`]: 1 } }),
  );
  const { matcher, learn, end } = scene([...lines, ...lines]);
  let at = matcher.start;
  for (let line = 0; line < 9; line++) at = learn(at);
  expect(matcher.match(matcher.start, end, 512)).toBe(0);
  learn(matcher.start);
  expect(matcher.match(matcher.start, end, 512)).toBe(1);
});

test("whole lines go in, as many as there is room for", () => {
  const line = lineOf({ ...eventOf(), data: { value: 1, text: "x".repeat(100_000) } });
  const lines = Buffer.from(line.repeat(5));
  const { matcher } = scene([]);
  const length = matcher.fill(lines, 0);
  expect(length).toBe(2 * line.length);
  expect(matcher.fill(lines, length)).toBe(2 * line.length);
  expect(matcher.fill(lines, 4 * line.length)).toBe(line.length);
  expect(matcher.fill(Buffer.from(`${"x".repeat(300_000)}\n`), 0)).toBe(0);
});

test("there is none for more values than it has room for, and none but on a server", () => {
  expect(LineMatcher.create(65, 512, [])).toBeUndefined();
  vi.stubGlobal("process", undefined);
  try {
    expect(LineMatcher.create(8, 512, [])).toBeUndefined();
  } finally {
    vi.unstubAllGlobals();
  }
  expect(LineMatcher.create(64, 512, [])).toBeDefined();
});
