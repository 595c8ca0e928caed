import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export const alias = {
  "metered-costs/sandbox/server": source("sandbox/server.ts"),
  "metered-costs/sandbox": source("sandbox/index.ts"),
  "metered-costs/summary": source("summary/index.ts"),
  "metered-costs/msw": source("msw/index.ts"),
  "metered-costs/sqlite": source("sqlite/index.ts"),
  "metered-costs/clickhouse": source("clickhouse/index.ts"),
  "metered-costs": source("index.ts"),
};

/** The tests of `summarizeCost` that look at what it gives, and not at how. */
const BROWSER_SUMMARY = [
  "golden.test",
  "counting.test",
  "breakdowns.test",
  "values.test",
  "events.test",
  "refusals.test",
  "plain-events.test",
  "long-arrays.test",
  "three-ways.test",
  "columns.prop.test",
];

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
            "test/**/*.prop.test.ts",
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
        // What browsers have in place of `summarizeCost`, held to the same tests.
        extends: true,
        resolve: { alias: { ...alias, "metered-costs/summary": source("summary/browser.ts") } },
        test: {
          name: "summary in browsers",
          include: BROWSER_SUMMARY.map((name) => `test/summary/${name}.ts`),
          testTimeout: 60_000,
        },
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
