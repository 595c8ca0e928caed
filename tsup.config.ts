import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, resolve } from "node:path";
import { defineConfig, type Options } from "tsup";

const portable = {
  index: "src/index.ts",
  schemas: "src/schemas.ts",
  summary: "src/summary.ts",
  mock: "src/mock/index.ts",
  msw: "src/msw/index.ts",
  clickhouse: "src/clickhouse/index.ts",
  ai: "src/ai/index.ts",
  kontorion: "src/kontorion/index.ts",
};

/** The sources are in the package: maps name them and do not repeat them. */
const mapped: Options = {
  sourcemap: true,
  esbuildOptions: (options) => {
    options.sourcesContent = false;
  },
};

const everywhere: Options = {
  format: ["esm", "cjs"],
  target: "es2022",
  platform: "neutral",
  // The entries share their code in both formats: an error of one is an instance of the class of the other.
  splitting: true,
  // Bundled libraries write the names of Node's modules without `node:`.
  external: ["msw", "better-sqlite3", /^node:/, ...builtinModules],
  removeNodeProtocol: false,
  ...mapped,
  // By Rollup, whose CommonJS is the same JavaScript; what tsup makes otherwise calls a function for every `?.`.
  treeshake: true,
};

/** The files that a build's entries share, each with those of ours that it is made of. */
type SharedFiles = Readonly<Record<string, ReadonlySet<string>>>;

const inSource = (file: string): string => resolve("src", file);
const CORE = inSource("core.ts");
const ERRORS = inSource("errors.ts");
const inErrors = new Set([ERRORS]);
const inCore = new Set(
  Array.from(readFileSync(CORE, "utf8").matchAll(/from "(.*)"/g), ([, file = ""]) =>
    inSource(file),
  ),
);

/** Has what is shared imported from its own file, wherever it is used. */
const importing = (shared: SharedFiles): NonNullable<Options["esbuildPlugins"]> => [
  {
    name: "what the entries share is in files of its own",
    setup({ initialOptions, onResolve }) {
      const extension = initialOptions.outExtension?.[".js"] ?? ".js";
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const file = resolve(resolveDir, path);
        const name = Object.keys(shared).find((each) => shared[each]?.has(file));
        return name === undefined ? undefined : { path: `./${name}${extension}`, external: true };
      });
    },
  },
];

/** Has the package's own entries imported from their built files beside. */
const usingEntries: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "the entries as they are built",
  setup({ onResolve }) {
    onResolve({ filter: /^metered-costs(?:\/|$)/ }, ({ path }) => {
      const [, ...rest] = path.split("/");
      return { path: `./${rest.join("-") || "index"}.js`, external: true };
    });
  },
};

const NOTICES = "dist/THIRD-PARTY-NOTICES.txt";
const bundledPackages = new Set<string>();

/** The name, version and whole licence of a package. */
function noticeOf(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    name: string;
    version: string;
  };
  const texts = readdirSync(folder)
    .filter((file) => /^(?:licen[cs]e|notice)/i.test(file))
    .flatMap((file) =>
      statSync(join(folder, file)).isDirectory()
        ? readdirSync(join(folder, file)).map((inside) => join(file, inside))
        : [file],
    );
  if (texts.length === 0) throw new Error(`${name} is bundled, and has no licence in ${folder}`);
  const whole = texts.map((file) => readFileSync(join(folder, file), "utf8").trim());
  return [`${name} ${version}`, ...whole].join("\n\n");
}

/** Writes the licences of all packages of which code is in a built file. */
const notices: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "licences of what is bundled",
  setup({ initialOptions, onEnd }) {
    initialOptions.metafile = true;
    onEnd(({ metafile }) => {
      for (const { inputs } of Object.values(metafile?.outputs ?? {})) {
        for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
          const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file) ?? [];
          if (folder !== undefined && bytesInOutput > 0) bundledPackages.add(folder);
        }
      }
      const all = [...bundledPackages].sort().map(noticeOf);
      mkdirSync("dist", { recursive: true });
      writeFileSync(NOTICES, `${all.join(`\n\n${"-".repeat(80)}\n\n`)}\n`);
    });
  },
};

const browsers = (options: Options): Options => ({
  ...everywhere,
  outDir: "dist/browser",
  external: [...(everywhere.external ?? []), "decimal.js"],
  ...options,
});

const { schemas, ...portableWithoutSchemas } = portable;
const forServers = {
  ...portableWithoutSchemas,
  "mock-server": "src/mock/server.ts",
  sqlite: "src/delivery/sqlite/index.ts",
  files: "src/files/index.ts",
};

export default defineConfig([
  // For servers, which look for what starts fast: few files, with the dependencies in them. Importing zod would open its
  // 90 files, of which 60 are languages.
  {
    ...everywhere,
    entry: { core: CORE },
    splitting: false,
    noExternal: ["decimal.js"],
    esbuildPlugins: [notices],
  },
  {
    ...everywhere,
    entry: forServers,
    noExternal: ["openapi-fetch", /^zod(?:\/|$)/],
    dts: { entry: { ...forServers, schemas }, compilerOptions: { stripInternal: true } },
    esbuildPlugins: [...importing({ core: inCore }), notices],
  },
  // The schemas are for the user's own zod objects, so they are made by the user's zod.
  { ...everywhere, entry: { schemas }, esbuildPlugins: importing({ core: inCore }) },
  // The command line uses the other entries as they are built.
  {
    ...mapped,
    entry: { cli: "src/cli/cli.ts", "cli-worker": "src/cli/cli-worker.ts" },
    format: "esm",
    target: "node20",
    platform: "node",
    // What draws charts is loaded by those who ask for them.
    splitting: true,
    // With its whitespace and comments, which name the packages that each file is made of.
    esbuildOptions(options) {
      options.sourcesContent = false;
      options.minifySyntax = true;
      options.minifyIdentifiers = true;
    },
    removeNodeProtocol: false,
    // commander is CommonJS, which asks for Node's modules by `require`.
    banner: {
      js: `#!/usr/bin/env node
import { createRequire as createRequireOfNode } from "node:module";
const require = createRequireOfNode(import.meta.url);`,
    },
    esbuildPlugins: [...importing({ core: inCore }), usingEntries, notices],
  },
  // For browsers, which look for what is small: whoever bundles it may have decimal.js already, and who only tells errors
  // apart bundles none.
  browsers({ entry: { errors: ERRORS }, splitting: false }),
  browsers({
    entry: { core: CORE },
    splitting: false,
    esbuildPlugins: importing({ errors: inErrors }),
  }),
  browsers({
    entry: portable,
    esbuildPlugins: importing({ errors: inErrors, core: inCore }),
  }),
]);
