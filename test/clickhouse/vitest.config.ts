import { defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

const { resolve } = shared;

export default mergeConfig(
  { resolve },
  defineConfig({
    test: {
      name: "clickhouse",
      include: ["test/clickhouse/*.test.ts"],
      testTimeout: 300_000,
      hookTimeout: 120_000,
    },
  }),
);
