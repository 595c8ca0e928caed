import { expect, test } from "vitest";
import { hourScene, MISTAKES } from "./mistakes.ts";
import { checkOutcomes, outcomeOf } from "./planted.ts";
import { generatedRequests } from "./traces.ts";

test("forty mistakes planted in a generated hour are explained, or localized", () => {
  expect(MISTAKES).toHaveLength(40);
  const scene = hourScene("generated", generatedRequests(2_000));
  checkOutcomes(MISTAKES.map((mistake) => outcomeOf(mistake, scene, 1)));
});
