import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export const alias = {
  "metered-costs/mock/server": source("mock/server.ts"),
  "metered-costs/mock": source("mock/index.ts"),
  "metered-costs/summary": source("summary.ts"),
  "metered-costs/msw": source("msw/index.ts"),
  "metered-costs/sqlite": source("delivery/sqlite/index.ts"),
  "metered-costs/clickhouse": source("clickhouse/index.ts"),
  "metered-costs": source("index.ts"),
};

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          // Generous: hundreds of requests on a busy machine take longer than the five seconds of the default.
          testTimeout: 30_000,
          include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
          exclude: [
            "test/**/*.{prop,deep}.test.ts",
            "test/{package,shared,runtimes,browser,docs,kill,load,faults,fuzz,regexp,clickhouse}/**",
            "**/node_modules/**",
          ],
        },
      },
      {
        extends: true,
        test: { name: "properties", include: ["test/**/*.prop.test.ts"], testTimeout: 60_000 },
      },
      {
        extends: true,
        // Long random and exhaustive suites: `npm run test:deep`, and `.ci/run`.
        test: { name: "deep", include: ["test/**/*.deep.test.ts"], testTimeout: 600_000 },
      },
      {
        extends: true,
        test: {
          name: "types",
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ["test/**/*.test-d.ts"],
            tsconfig: "./tsconfig.json",
          },
        },
      },
    ],
  },
});
