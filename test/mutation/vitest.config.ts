import { defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

const { resolve } = shared;

/** The tests that `run.mjs` names for the part whose code is changed. */
export default mergeConfig(
  { resolve },
  defineConfig({
    test: {
      name: "mutation",
      include: process.env["MUTATION_TESTS"]?.split(",") ?? [],
      // A change that lets a call wait for ever ends its test here, before Stryker has to start over.
      testTimeout: 10_000,
    },
  }),
);
