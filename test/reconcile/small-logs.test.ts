import { describe, expect, test } from "vitest";
import { linesOf, resultOf, SMALL_SCENES } from "./small-logs.ts";

describe("a small log", () => {
  test.each(SMALL_SCENES.map((scene) => [scene.name, scene] as const))("%s", (_, scene) => {
    const result = resultOf(scene);
    const best = result.explanations.filter(({ rank }) => rank === 1);
    if (scene.cause !== undefined) {
      expect(best.map(({ hypotheses }) => hypotheses)).toContainEqual(scene.cause);
    }
    // Every explanation with its rank and its numbers, every finding, every next query.
    expect(linesOf(result).join("\n")).toMatchSnapshot();
  });
});
