import { defineConfig, mergeConfig } from "vitest/config";
import { fromSource } from "../../vitest.config.ts";

/** The tests that `run.mjs` names for the part whose code is changed. Stryker runs every project of a configuration, so it has its own. */
export default mergeConfig(
  { resolve: { alias: fromSource } },
  defineConfig({
    test: {
      name: "mutation",
      include: process.env["MUTATION_TESTS"]?.split(",") ?? [],
      // A change that lets a call wait for ever ends its test here, before Stryker has to start over.
      testTimeout: 30_000,
      isolate: false,
    },
  }),
);
