import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("../../", import.meta.url));
const built = (entry: string): string => `${root}dist/${entry}.js`;

/** The tests that know the library by its entries alone: they run against the built ones as they are. */
const publicTests = readdirSync(`${root}test`, { recursive: true, encoding: "utf8" })
  .filter((file) => /^(?:client|conformance|msw|sandbox|summary)\/.*\.test\.ts$/.test(file))
  .filter((file) => !file.endsWith(".prop.test.ts"))
  .map((file) => `test/${file}`)
  .filter((file) => !readFileSync(root + file, "utf8").includes("/src/"));

export default defineConfig({
  root,
  resolve: {
    alias: {
      "metered-costs/sandbox/server": built("sandbox-server"),
      "metered-costs/sandbox": built("sandbox"),
      "metered-costs/summary": built("summary"),
      "metered-costs/msw": built("msw"),
      "metered-costs/sqlite": built("sqlite"),
      "metered-costs/clickhouse": built("clickhouse"),
      "metered-costs": built("index"),
    },
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "built",
          include: publicTests,
          setupFiles: ["test/package/no-eval.ts"],
          // As one instance for all tests of a file, and outside of Vite's own evaluation.
          server: { deps: { external: [/\/dist\//] } },
        },
      },
      {
        extends: true,
        test: {
          name: "package",
          include: ["test/package/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
