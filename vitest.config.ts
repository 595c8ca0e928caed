import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

const alias = {
  "metered-costs/sandbox/server": source("sandbox/server.ts"),
  "metered-costs/sandbox": source("sandbox/index.ts"),
  "metered-costs/summary": source("summary/index.ts"),
  "metered-costs/msw": source("msw/index.ts"),
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
          include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
          exclude: ["test/**/*.prop.test.ts", "test/package/**", "test/shared/**", "test/clickhouse/**"],
        },
      },
      {
        extends: true,
        test: { name: "properties", include: ["test/**/*.prop.test.ts"], testTimeout: 60_000 },
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
