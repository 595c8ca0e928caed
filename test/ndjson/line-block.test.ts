import { expect, test, vi } from "vitest";
import { LineBlock } from "../../src/ndjson/line-block.ts";
import { LineEvent } from "../../src/ndjson/line-event.ts";
import { fieldPaths } from "../../src/summary/incoming-event.ts";
import { Meter } from "../../src/summary/meter.ts";
import { compilePlan } from "../../src/summary/plan.ts";
import { costOf, eventOf, JUNE } from "../summary/events.ts";

const NEEDED = { scope: true, isResolving: false, keys: true };
const lineOf = (event: object): string => `${JSON.stringify(event)}\n`;

/** A block for a SUM, with these lines in it; and what reads lines one by one. */
function scene(lines: readonly string[]) {
  const paths = fieldPaths();
  const meter = new Meter(compilePlan(costOf(), JUNE), paths);
  const event = new LineEvent(paths);
  const block = LineBlock.create(paths.size, [meter], NEEDED) as LineBlock;
  const length = block.fill(Buffer.from(lines.join("")), 0);
  event.setBytes(block.bytes);
  return { block, event, end: block.start + length };
}

test("a block matches all lines of the shapes that it has learned, and stops at the first other", () => {
  const one = eventOf({ source: "a", subject: "s" });
  const other = { ...eventOf({ source: "b" }), data: { value: 1, more: "text" } };
  const lines = [one, { ...one, source: "c" }, other, one].map(lineOf);
  const { block, event, end } = scene(lines);
  expect(block.match(block.start, end, 512)).toBe(0);
  event.load(block.start);
  if (event.shape !== undefined) block.learn(event.shape);
  expect(block.match(block.start, end, 512)).toBe(2);
  expect(block.position).toBe(block.startOf(2));
  event.load(block.position);
  if (event.shape !== undefined) block.learn(event.shape);
  expect(block.match(block.start, end, 3)).toBe(3);
  expect(block.match(block.start, end, 512)).toBe(4);
  expect(block.position).toBe(end);
  expect(block.types.slice(0, 4)).toEqual(Array(4).fill(one.type));
  expect(block.subjects.slice(0, 4)).toEqual(["s", "s", block.subjects[2], "s"]);
});

test("a shape that was forgotten for newer ones is learned again", () => {
  const lines = Array.from({ length: 9 }, (_, at) =>
    lineOf({ ...eventOf(), data: { value: 1, [`name ${at}`]: 1 } }),
  );
  const { block, event, end } = scene([...lines, ...lines]);
  const shapes = [];
  for (let at = block.start, line = 0; line < 9; line++) {
    at = event.load(at) + 1;
    if (event.shape !== undefined) shapes.push(event.shape);
  }
  for (const shape of shapes) block.learn(shape);
  expect(block.match(block.start, end, 512)).toBe(0);
  if (shapes[0] !== undefined) block.learn(shapes[0]);
  expect(block.match(block.start, end, 512)).toBe(1);
});

test("whole lines go in, as many as there is room for", () => {
  const line = lineOf({ ...eventOf(), data: { value: 1, text: "x".repeat(100_000) } });
  const lines = Buffer.from(line.repeat(5));
  const { block } = scene([]);
  const length = block.fill(lines, 0);
  expect(length).toBe(2 * line.length);
  expect(block.fill(lines, length)).toBe(2 * line.length);
  expect(block.fill(lines, 4 * line.length)).toBe(line.length);
  expect(block.fill(Buffer.from(`${"x".repeat(300_000)}\n`), 0)).toBe(0);
});

test("there is none for more values than it has room for, and none but on a server", () => {
  expect(LineBlock.create(65, [], NEEDED)).toBeUndefined();
  vi.stubGlobal("process", undefined);
  try {
    expect(LineBlock.create(8, [], NEEDED)).toBeUndefined();
  } finally {
    vi.unstubAllGlobals();
  }
  expect(LineBlock.create(64, [], NEEDED)).toBeDefined();
});
