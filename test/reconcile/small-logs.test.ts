import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { linesOf, resultOf, SMALL_SCENES } from "./small-logs.ts";

/** What is said of each scene, in lines: every explanation with its rank and its numbers, every finding, every next query. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL("./small-logs.json", import.meta.url), "utf8"),
);

describe("a small log", () => {
  test.each(SMALL_SCENES.map((scene) => [scene.name, scene] as const))("%s", (name, scene) => {
    const result = resultOf(scene);
    const best = result.explanations.filter(({ rank }) => rank === 1);
    if (scene.cause !== undefined) {
      expect(best.map(({ hypotheses }) => hypotheses)).toContainEqual(scene.cause);
    }
    expect(linesOf(result)).toEqual(EXPECTED[name]);
  });

  test("is expected to give something in each scene, and in no other", () => {
    expect(Object.keys(EXPECTED)).toEqual(SMALL_SCENES.map(({ name }) => name));
  });
});
