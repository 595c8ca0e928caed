import { defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

const { resolve } = shared;

/** Hostile input for every public function. `FUZZ_RUNS` says how many cases in all, `FUZZ_SEED` which ones. */
export default mergeConfig(
  { resolve },
  defineConfig({
    test: {
      name: "fuzz",
      include: ["test/fuzz/*.test.ts"],
      testTimeout: 24 * 3_600_000,
      pool: "forks",
      maxWorkers: 2,
    },
  }),
);
