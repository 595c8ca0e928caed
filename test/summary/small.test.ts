import { readFileSync } from "node:fs";
import * as ordinary from "metered-costs/summary";
import { afterEach, describe, expect, test, vi } from "vitest";
import * as browser from "../../src/summary/browser.ts";
import { costOf, eventWith, JUNE, plainJson } from "./events.ts";
import { AGGREGATIONS } from "./random-events.ts";

describe("the entry of browsers", () => {
  test("has all that the ordinary one has, and nothing of its own but summarizeCost", () => {
    expect(Object.keys(browser).sort()).toEqual(Object.keys(ordinary).sort());
    const { summarizeCost: fast, ...others } = ordinary;
    const { summarizeCost: small, ...same } = browser;
    expect(small).not.toBe(fast);
    expect([small.name, small.length]).toEqual([fast.name, fast.length]);
    for (const name of Object.keys(others)) {
      expect(same[name as keyof typeof same], name).toBe(others[name as keyof typeof others]);
    }
  });

  test("and the same types: it says no more than that", () => {
    const statements = readFileSync(
      new URL("../../src/summary/browser.ts", import.meta.url),
      "utf8",
    )
      .replace(/\/\*\*.*?\*\//gs, "")
      .split(/(?<=;)\s+/)
      .map((statement) => statement.trim())
      .filter(Boolean);
    expect(statements).toEqual([
      'export * from "./index.ts";',
      'export { summarizeCost } from "./small/summarize.ts";',
    ]);
  });
});

describe("a Map that is full", () => {
  afterEach(() => void vi.restoreAllMocks());

  /** Maps with room for ten, in place of some 16.7 million. */
  function fillMaps(): void {
    const { set } = Map.prototype;
    vi.spyOn(Map.prototype, "set").mockImplementation(function (
      this: Map<unknown, unknown>,
      key,
      value,
    ) {
      if (this.size === 10 && !this.has(key)) throw new RangeError("Map maximum size exceeded");
      return set.call(this, key, value);
    });
  }

  test.each(AGGREGATIONS)("is no limit to keys, groups, windows and values: %s", (aggregation) => {
    const events = Array.from({ length: 300 }, (_, at) => ({
      ...eventWith(`${at % 70}`, { model: `m${at % 25}`, region: `r${at % 3}` }),
      timestamp: new Date(Date.UTC(2026, 5, 1 + (at % 29))),
      idempotencyKey: `k${at % 200}`,
    }));
    const given: Parameters<typeof ordinary.summarizeCost> = [
      costOf({ aggregation }),
      events,
      { ...JUNE, groupBy: "model", window: "DAY" },
    ];
    const expected = plainJson(ordinary.summarizeCost(...given));
    expect([expected.groups?.length, expected.timeSeries?.length]).toEqual([25, 29]);
    fillMaps();
    expect(plainJson(browser.summarizeCost(...given))).toEqual(expected);
  });
});
