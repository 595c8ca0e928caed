import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("../../", import.meta.url));
const built = (entry: string): string => `${root}dist/${entry}.js`;

export default defineConfig({
  root,
  resolve: {
    alias: {
      "metered-costs/mock/server": built("mock-server"),
      "metered-costs/mock": built("mock"),
      "metered-costs/msw": built("msw"),
      "metered-costs/summary": built("summary"),
      "metered-costs": built("index"),
    },
  },
  test: {
    include: ["test/runtimes/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
