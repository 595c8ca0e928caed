import { test } from "vitest";
import { MISTAKES, monthScene } from "./mistakes.ts";
import { checkOutcomes, outcomeOf, SEEDS } from "./planted.ts";

const EVENTS = 200_000;

test("mistakes planted in 200,000 events of a month are explained, or localized", () => {
  const scene = monthScene(EVENTS, "HOUR");
  const byMinute = { ...scene, query: { ...scene.query, window: "MINUTE" } as const };
  checkOutcomes(
    SEEDS.flatMap((seed) =>
      MISTAKES.map((mistake) => outcomeOf(mistake, seed === 1 ? byMinute : scene, seed)),
    ),
  );
});
