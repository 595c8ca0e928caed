import { test } from "vitest";
import { hourScene, MISTAKES } from "../reconcile/mistakes.ts";
import { checkOutcomes, outcomeOf, SEEDS } from "../reconcile/planted.ts";
import { requestsOf } from "./requests.ts";

test.each(["code", "conv"] as const)(
  "forty mistakes planted in the trace %s are explained, or localized",
  (trace) => {
    const scene = hourScene(trace, requestsOf(trace));
    checkOutcomes(
      MISTAKES.flatMap((mistake) => SEEDS.map((seed) => outcomeOf(mistake, scene, seed))),
    );
  },
);
