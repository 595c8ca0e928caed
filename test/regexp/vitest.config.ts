import { defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

const { resolve } = shared;

/** The checker is heavy, so it has an own package.json. */
export default mergeConfig(
  { resolve },
  defineConfig({
    test: { name: "regexp", include: ["test/regexp/*.test.ts"], testTimeout: 120_000 },
  }),
);
