import { test } from "vitest";
import { MISTAKES, monthScene } from "./mistakes.ts";
import { checkOutcomes, outcomeOf, SEEDS } from "./planted.ts";

const scene = monthScene(200_000, "HOUR");
const byMinute = { ...scene, query: { ...scene.query, window: "MINUTE" } as const };

test.each(SEEDS)(
  "forty mistakes planted in 200,000 events of a month are explained, or localized, seed %i",
  (seed) => {
    const asked = seed === 1 ? byMinute : scene;
    checkOutcomes(MISTAKES.map((mistake) => outcomeOf(mistake, asked, seed)));
  },
);
