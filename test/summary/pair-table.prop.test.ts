import { expect, test } from "vitest";
import { Groups } from "../../src/engine/breakdown.ts";
import { PairInterner, StringInterner } from "../../src/engine/interners.ts";
import { Slots } from "../../src/ndjson/line-scanner.ts";
import { parseTimestamp, parseTimestamps } from "../../src/values/timestamp.ts";
import { Random } from "../ndjson/random.ts";

test("pairs are numbered as a Map numbers them, negative numbers included", () => {
  for (const bound of [3, 100, 100_000]) {
    const random = new Random(bound);
    const table = new PairInterner();
    const model = new Map<string, number>();
    for (let count = 0; count < 40_000; count++) {
      const [first, second] = [random.below(bound) - 1, random.below(2 * bound) - bound];
      const number = model.get(`${first} ${second}`) ?? model.size;
      model.set(`${first} ${second}`, number);
      if (table.numberOf(first, second) !== number) {
        expect([first, second, table.numberOf(first, second)]).toEqual([first, second, number]);
      }
    }
    expect(table.size).toBe(model.size);
    const pairs = Array.from(model.keys(), (_, at) => `${table.firstOf(at)} ${table.secondOf(at)}`);
    expect(pairs).toEqual([...model.keys()]);
  }
});

test("groups are told apart by every text, as a Map of all of them does", () => {
  const random = new Random(1);
  const texts = ["", "a", "a,b", "b", "é", "\ud800", "__proto__", "a-b", "b-c", "c", "1", "null"];
  for (const count of [1, 2, 3, 5]) {
    const dimensions = Array.from({ length: count }, () => new StringInterner());
    const groups = new Groups(dimensions);
    const model = new Map<string, number>();
    for (let round = 0; round < 2_000; round++) {
      const values = dimensions.map(() => random.pick(texts));
      const number = groups.numberOf(values);
      const known = model.get(JSON.stringify(values)) ?? number;
      expect(number).toBe(known);
      model.set(JSON.stringify(values), number);
      expect(groups.textsOf(number)).toEqual(values);
    }
    expect(new Set(model.values()).size).toBe(model.size);
  }
});

test("a path has one slot", () => {
  const paths = [["a"], ["a", "b"], ["c", "d", "e"], ["__proto__"], ["c", "d"], ["c", "x"]];
  const tree = new Slots();
  expect(paths.map((path) => tree.slotOf(path))).toEqual([0, 1, 2, 3, 4, 5]);
  expect(paths.map((path) => tree.slotOf(path))).toEqual([0, 1, 2, 3, 4, 5]);
  expect(tree.count).toBe(6);
});

test("a time in bytes is the time of its text, wherever there is one", () => {
  const random = new Random(2);
  let read = 0;
  for (let count = 0; count < 50_000; count++) {
    const time = new Date(random.below(4e12) - 1e12).toISOString();
    const text = [...(random.chance(0.5) ? time : time.replace(/\.\d+/, ""))];
    if (random.chance(0.5))
      text[random.below(text.length)] = random.pick([..."0123456789TtZz:-+. /é"]);
    const bytes = Buffer.from(`"${text.join("")}"`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = bytes.length - 2;
    if (length !== 24 && length !== 20) continue;
    const times = new Float64Array(1);
    if (parseTimestamps(view, 1, length, 1, times) === 0) continue;
    const instant = times[0];
    read++;
    if (instant !== parseTimestamp(text.join(""))) {
      expect(instant).toBe(parseTimestamp(text.join("")));
    }
  }
  expect(read).toBeGreaterThan(25_000);
});
