import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const root = fileURLToPath(new URL("./", import.meta.url));

/** Each entry of the package, and where it is built from. */
const ENTRIES = {
  "metered-costs/mock/server": { source: "mock/server.ts", built: "mock-server" },
  "metered-costs/mock": { source: "mock/index.ts", built: "mock" },
  "metered-costs/schemas": { source: "schemas.ts", built: "schemas" },
  "metered-costs/summary": { source: "summary.ts", built: "summary" },
  "metered-costs/files": { source: "files/index.ts", built: "files" },
  "metered-costs/msw": { source: "msw/index.ts", built: "msw" },
  "metered-costs/sqlite": { source: "delivery/sqlite/index.ts", built: "sqlite" },
  "metered-costs/kontorion": { source: "kontorion/index.ts", built: "kontorion" },
  "metered-costs/clickhouse": { source: "clickhouse/index.ts", built: "clickhouse" },
  "metered-costs/ai": { source: "ai/index.ts", built: "ai" },
  "metered-costs": { source: "index.ts", built: "index" },
};
/** Entries that browsers do not have: they are built for servers alone. */
const SERVER_ONLY = ["files", "mock-server", "sqlite"];

const mapEntries = (path: (entry: { source: string; built: string }) => string) =>
  Object.fromEntries(Object.entries(ENTRIES).map(([name, entry]) => [name, root + path(entry)]));
export const fromSource = mapEntries(({ source }) => `src/${source}`);
const fromDist = mapEntries(({ built }) => `dist/${built}.js`);
const fromBrowserDist = mapEntries(
  ({ built }) => `${SERVER_ONLY.includes(built) ? "dist" : "dist/browser"}/${built}.js`,
);

/** The tests that use only the entries of the package: they run against the built files too. */
const PUBLIC_TESTS = readdirSync(`${root}test`, { recursive: true, encoding: "utf8" })
  .filter((file) => /^(?:client|conformance|msw|mock|summary)\/.*\.test\.ts$/.test(file))
  .filter((file) => !/\.(?:prop|deep)\.test\.ts$/.test(file))
  .map((file) => `test/${file}`)
  .filter((file) => !readFileSync(root + file, "utf8").includes("/src/"));

/** Suites in folders of their own: slow, or in need of something that `npm ci` does not install. */
const SUITES = [
  ...[
    "browser",
    "cli",
    "clickhouse",
    "docs",
    "faults",
    "fuzz",
    "kill",
    "load",
    "package",
    "regexp",
  ],
  ...["runtimes", "shared"],
];

type Test = NonNullable<TestProjectInlineConfiguration["test"]>;

function suite(name: string, options: Test, alias = fromSource): TestProjectInlineConfiguration {
  return {
    resolve: { alias },
    test: {
      name,
      include: [`test/${name}/*.test.ts`],
      // Builds and installs what the suite needs.
      globalSetup: ["test/global-setup.ts"],
      hookTimeout: 120_000,
      ...options,
    },
  };
}

/** The built files as one instance for all tests of a file, and outside of Vite's own evaluation. */
const outsideOfVite = { server: { deps: { external: [/\/dist\//] } } };

/** Evaluates a module once in a worker instead of once for each test file, which takes a third of the time. */
const sharingModules = { isolate: false };

export default defineConfig({
  test: {
    // Vitest leaves one core to itself, which is half of a machine with two.
    maxWorkers: "100%",
    projects: [
      // `npm test`
      suite("unit", {
        ...sharingModules,
        // Hundreds of requests on a busy machine take longer than the five seconds of the default.
        testTimeout: 30_000,
        include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
        exclude: [
          "test/**/*.{prop,deep}.test.ts",
          `test/{${SUITES.join(",")}}/**`,
          "test/ai/packages/**",
          "**/node_modules/**",
        ],
      }),
      suite("properties", {
        ...sharingModules,
        include: ["test/**/*.prop.test.ts"],
        setupFiles: ["test/runs-by-default.ts"],
        testTimeout: 60_000,
      }),
      suite("types", {
        include: [],
        typecheck: {
          enabled: true,
          only: true,
          include: ["test/**/*.test-d.ts"],
          tsconfig: "./tsconfig.json",
        },
      }),
      // Long random and exhaustive suites, and every property with all of its runs.
      suite("deep", {
        include: ["test/**/*.{prop,deep}.test.ts"],
        env: { TEST_DEEP: "1" },
        testTimeout: 600_000,
      }),
      // From the sources, each for a reason that CONTRIBUTING names.
      suite("docs", { testTimeout: 60_000 }),
      suite("shared", { testTimeout: 300_000 }),
      suite("faults", { testTimeout: 1_800_000 }),
      suite("fuzz", { testTimeout: 24 * 3_600_000, pool: "forks" }),
      suite("regexp", { testTimeout: 120_000 }),
      suite("clickhouse", { testTimeout: 300_000 }),
      suite("ai", { include: ["test/ai/packages/*.test.ts"], testTimeout: 60_000 }),
      // Against the built package.
      suite("load", { testTimeout: 120_000 }),
      suite("cli", { testTimeout: 120_000 }),
      suite("kill", { testTimeout: 300_000, ...outsideOfVite }, {}),
      suite(
        "built for servers",
        { include: PUBLIC_TESTS, setupFiles: ["test/package/no-eval.ts"], ...outsideOfVite },
        fromDist,
      ),
      suite(
        "built for browsers",
        {
          include: PUBLIC_TESTS,
          // The engine of a browser bundle may do more work for an event.
          exclude: ["test/summary/work.test.ts"],
          setupFiles: ["test/package/no-eval.ts"],
          ...outsideOfVite,
        },
        fromBrowserDist,
      ),
      suite("package", { testTimeout: 120_000 }, {}),
      suite("runtimes", { testTimeout: 60_000 }, fromDist),
      suite("browser", { testTimeout: 60_000 }, fromDist),
    ],
  },
});
