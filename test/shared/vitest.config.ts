import { defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

const { resolve } = shared;

export default mergeConfig(
  { resolve },
  defineConfig({
    test: { name: "shared", include: ["test/shared/*.test.ts"], testTimeout: 300_000 },
  }),
);
