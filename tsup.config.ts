import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig, type Options } from "tsup";

const portable = {
  index: "src/index.ts",
  summary: "src/summary/index.ts",
  sandbox: "src/sandbox/index.ts",
  msw: "src/msw/index.ts",
  clickhouse: "src/clickhouse/index.ts",
};

const everywhere: Options = {
  format: ["esm", "cjs"],
  target: "es2022",
  platform: "neutral",
  // The entries share their code in both formats: an error of one is an instance of the class of the other.
  splitting: true,
  external: ["msw", "better-sqlite3", /^node:/],
  removeNodeProtocol: false,
  // By Rollup, whose CommonJS is the same JavaScript; what tsup makes otherwise calls a function for every `?.`.
  treeshake: true,
};

const CORE = resolve("src/core.ts");
const inCore = new Set(
  Array.from(readFileSync(CORE, "utf8").matchAll(/from "(.*)"/g), ([, file = ""]) =>
    resolve("src", file),
  ),
);

export default defineConfig([
  // For servers, which look for what starts fast: few files, and decimal.js in one of them.
  { ...everywhere, entry: { core: CORE }, splitting: false, noExternal: ["decimal.js"] },
  {
    ...everywhere,
    entry: {
      ...portable,
      "sandbox-server": "src/sandbox/server.ts",
      sqlite: "src/sqlite/index.ts",
    },
    dts: { compilerOptions: { stripInternal: true } },
    esbuildPlugins: [
      {
        name: "what the entries share is one file",
        setup({ initialOptions, onResolve }) {
          const path = `./core${initialOptions.outExtension?.[".js"] ?? ".js"}`;
          onResolve({ filter: /^\.\.?\// }, (file) =>
            inCore.has(resolve(file.resolveDir, file.path)) ? { path, external: true } : undefined,
          );
        },
      },
    ],
  },
  // For browsers, which look for what is small: whoever bundles it may have decimal.js already.
  {
    ...everywhere,
    // No entry of the package, but a file of its own: who only tells errors apart bundles no decimal.js.
    entry: { ...portable, summary: "src/summary/browser.ts", errors: "src/errors.ts" },
    outDir: "dist/browser",
    external: [...(everywhere.external ?? []), "decimal.js"],
  },
]);
