import { defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

const { resolve } = shared;

/** The tests that run for each change of the code: those of the client, of the numbers and of the summary. */
export default mergeConfig(
  { resolve },
  defineConfig({
    test: {
      name: "mutation",
      include: [
        "test/*.test.ts",
        "test/client/*.test.ts",
        "test/guards/*.test.ts",
        "test/summary/*.test.ts",
      ],
      exclude: ["test/architecture.test.ts"],
      testTimeout: 30_000,
    },
  }),
);
