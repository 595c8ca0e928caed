import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { defineConfig } from "tsup";

const WORKERS = "examples/ndjson-workers.ts";

/** Compiled first, so that no run pays for a compiler, with the library as users get it: the files of `dist/`. */
export default defineConfig({
  entry: {
    main: "bench/main.ts",
    "run-section": "bench/run-section.ts",
    "summarize-file": "bench/summarize-file.ts",
    "deduplicate-keys": "bench/deduplicate-keys.ts",
    "accept-events": "bench/accept-events.ts",
    "print-usage": "bench/print-usage.ts",
    "read-log": "bench/read-log.ts",
    ...(existsSync(WORKERS) && { "ndjson-workers": WORKERS }),
  },
  outDir: "bench/dist",
  format: "esm",
  platform: "node",
  target: "node20",
  splitting: true,
  clean: true,
  external: ["@clickhouse/client", "@duckdb/node-api", "arquero", "chdb", "openai"],
  esbuildPlugins: [
    {
      name: "the built package",
      setup(build) {
        build.onResolve({ filter: /^metered-costs(?:\/|$)/ }, ({ path }) => ({
          path: pathToFileURL(resolve(`dist/${path.split("/")[1] ?? "index"}.js`)).href,
          external: true,
        }));
      },
    },
  ],
});
