import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    summary: "src/summary/index.ts",
    sandbox: "src/sandbox/index.ts",
    "sandbox-server": "src/sandbox/server.ts",
    msw: "src/msw/index.ts",
    // No entry of the package, but a file of its own: who only tells errors apart bundles no decimal.js.
    errors: "src/errors.ts",
    sqlite: "src/sqlite/index.ts",
    clickhouse: "src/clickhouse/index.ts",
  },
  format: ["esm", "cjs"],
  target: "es2022",
  platform: "neutral",
  // The entries share their code in both formats: an error of one is an instance of the class of the other.
  splitting: true,
  external: ["decimal.js", "msw", "better-sqlite3", /^node:/],
  removeNodeProtocol: false,
  dts: { compilerOptions: { stripInternal: true } },
  clean: true,
});
