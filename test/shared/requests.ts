import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Request } from "../reconcile/traces.ts";

/**
 * A production trace of LLM inference (AzurePublicDataset, AzureLLMInferenceDataset2023, CC-BY 4.0). It is not part of
 * this repository: where it is missing a suite fails, it does not skip.
 */
export function requestsOf(trace: "code" | "conv"): Request[] {
  const file = join("../shared/data/azure-llm-inference-2023", `${trace}.csv`);
  const [, ...lines] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  return lines.map((line) => {
    const [time = "", context, generated] = line.split(",");
    return {
      time: `${time.replace(" ", "T")}Z`,
      contextTokens: Number(context),
      generatedTokens: Number(generated),
    };
  });
}
