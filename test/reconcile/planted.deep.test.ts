import { test } from "vitest";
import { MISTAKES, monthScene } from "./mistakes.ts";
import { checkOutcomes, outcomeOf, SEEDS } from "./planted.ts";

test("mistakes planted in 200,000 events of a month are explained, or localized", () => {
  const scene = monthScene(200_000, "MINUTE");
  checkOutcomes(
    MISTAKES.flatMap((mistake) => SEEDS.map((seed) => outcomeOf(mistake, scene, seed))),
  );
});
