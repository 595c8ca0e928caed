import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** The entries, each as it is built in a folder; those that browsers do not have are built in one alone. */
const builtIn = (folder: string): Record<string, string> => ({
  "metered-costs/mock/server": `${root}dist/mock-server.js`,
  "metered-costs/mock": `${root}${folder}/mock.js`,
  "metered-costs/summary": `${root}${folder}/summary.js`,
  "metered-costs/msw": `${root}${folder}/msw.js`,
  "metered-costs/sqlite": `${root}dist/sqlite.js`,
  "metered-costs/clickhouse": `${root}${folder}/clickhouse.js`,
  "metered-costs": `${root}${folder}/index.js`,
});

/** The tests that know the library by its entries alone: they run against the built ones as they are. */
const publicTests = readdirSync(`${root}test`, { recursive: true, encoding: "utf8" })
  .filter((file) => /^(?:client|conformance|msw|mock|summary)\/.*\.test\.ts$/.test(file))
  .filter((file) => !/\.(?:prop|deep)\.test\.ts$/.test(file))
  .map((file) => `test/${file}`)
  .filter((file) => !readFileSync(root + file, "utf8").includes("/src/"));

export default defineConfig({
  root,
  test: {
    projects: [
      ...[
        { name: "built for servers", folder: "dist", exclude: [] },
        {
          name: "built for browsers",
          folder: "dist/browser",
          // How little the engine of servers does for an event.
          exclude: ["test/summary/work.test.ts"],
        },
      ].map(({ name, folder, exclude }) => ({
        extends: true as const,
        resolve: { alias: builtIn(folder) },
        test: {
          name,
          include: publicTests,
          exclude,
          setupFiles: ["test/package/no-eval.ts"],
          // As one instance for all tests of a file, and outside of Vite's own evaluation.
          server: { deps: { external: [/\/dist\//] } },
        },
      })),
      {
        extends: true as const,
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
