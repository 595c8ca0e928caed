import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { hourScene, MISTAKES } from "../reconcile/mistakes.ts";
import { checkOutcomes, outcomeOf, SEEDS } from "../reconcile/planted.ts";
import type { Request } from "../reconcile/traces.ts";

const folder = "../shared/data/azure-llm-inference-2023";

function requestsOf(trace: "code" | "conv"): Request[] {
  const [, ...lines] = readFileSync(join(folder, `${trace}.csv`), "utf8")
    .trim()
    .split(/\r?\n/);
  return lines.map((line) => {
    const [time = "", context, generated] = line.split(",");
    return {
      time: `${time.replace(" ", "T")}Z`,
      contextTokens: Number(context),
      generatedTokens: Number(generated),
    };
  });
}

test.each(["code", "conv"] as const)(
  "forty mistakes planted in the trace %s are explained, or localized",
  (trace) => {
    const scene = hourScene(trace, requestsOf(trace));
    checkOutcomes(
      MISTAKES.flatMap((mistake) => SEEDS.map((seed) => outcomeOf(mistake, scene, seed))),
    );
  },
);
