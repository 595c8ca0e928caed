import { describe, expect, test, vi } from "vitest";
import { Comparer } from "../../src/reconcile/comparison.ts";
import { linesOf, resultOf, SMALL_SCENES } from "./small-logs.ts";

/** The factors: 21, of quantities, of costs, or of both. No cheap check comes before. */
const FACTORS = 63;

describe("a small log", () => {
  test.each(SMALL_SCENES.map((scene) => [scene.name, scene] as const))("%s", (_, scene) => {
    const fit = vi.spyOn(Comparer.prototype, "fit");
    const result = resultOf(scene);
    const compared = fit.mock.calls.length - FACTORS;
    fit.mockRestore();
    const best = result.explanations.filter(({ rank }) => rank === 1);
    if (scene.cause !== undefined) {
      expect(best.map(({ hypotheses }) => hypotheses)).toContainEqual(scene.cause);
    }
    // Every explanation with its rank and its numbers, every finding, every next query; and how many causes were worth a
    // comparison in every cell, which takes a walk through the events.
    const lines = [...linesOf(result), `Compared in every cell: ${compared} and the factors`];
    expect(lines.join("\n")).toMatchSnapshot();
  });
});

/** The ids of the best explanations of a scene. */
function bestIdsOf(name: string): (string | undefined)[] {
  const scene = SMALL_SCENES.find((one) => one.name === name);
  if (scene === undefined) throw new Error(`no such scene: ${name}`);
  const best = resultOf(scene).explanations.filter(({ rank }) => rank === 1);
  return best.map(({ hypotheses }) => hypotheses[0]?.id);
}

test.each([
  ["a gateway lost", ["source-left-out"]],
  ["nothing settled", ["not-yet-settled"]],
  ["the end not yet settled", ["not-yet-settled"]],
])("%s is not taken for something else as well, such as a clock that is hours off", (name, ids) => {
  expect(bestIdsOf(name)).toEqual(ids);
});

test("one event alone in its window is no outage", () => {
  expect(bestIdsOf("one event lost, in hours")).toEqual(["event-left-out"]);
});
