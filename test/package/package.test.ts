import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { consumer, dependenciesOf, pack, root, run } from "./fixture.ts";

const ENTRIES = {
  main: "metered-costs",
  summary: "metered-costs/summary",
  mock: "metered-costs/mock",
  server: "metered-costs/mock/server",
  sqlite: "metered-costs/sqlite",
  clickhouse: "metered-costs/clickhouse",
  kontorion: "metered-costs/kontorion",
};
const EXPECTED = {
  accepted: 3,
  server: "0.000000000000000000740740734",
  local: "0.000000000000000000740740734",
  groups: 1,
  days: 3,
  sharedClass: true,
  sharedBrand: true,
  sharedDecimal: true,
  missing: "NOT_FOUND",
  refused: true,
  inMemory: 200,
  periods: 1,
  kontorionShares: true,
};
/** Makes every use of `Function` and `eval` end the program. */
const TRAP = `
  const refuse = (name) => new Proxy(globalThis[name], {
    apply() { throw new Error(name + " was called"); },
    construct() { throw new Error(name + " was constructed"); },
  });
  globalThis.Function = refuse("Function");
  globalThis.eval = refuse("eval");
`;

const folder = mkdtempSync(join(tmpdir(), "metered-costs-package-"));
const projects = { module: join(folder, "esm"), commonjs: join(folder, "cjs") };

beforeAll(() => {
  const tarball = pack(folder);
  for (const [type, project] of Object.entries(projects)) {
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: type, type }));
    run(project, "npm", "install", "--no-audit", "--no-fund", tarball);
    copyFileSync(join(root, "test/package/program.mjs"), join(project, "program.mjs"));
  }
  const entries = Object.entries(ENTRIES);
  writeFileSync(
    join(projects.module, "run.js"),
    `${TRAP}
    const { program } = await import("./program.mjs");
    const entries = {};
    ${entries.map(([name, path]) => `entries.${name} = await import("${path}");`).join("\n")}
    console.log(JSON.stringify(await program(entries)));`,
  );
  writeFileSync(
    join(projects.commonjs, "run.js"),
    `${TRAP}
    const entries = {};
    ${entries.map(([name, path]) => `entries.${name} = require("${path}");`).join("\n")}
    import("./program.mjs").then(async ({ program }) => {
      console.log(JSON.stringify(await program(entries)));
    });`,
  );
});

describe.each(["module", "commonjs"] as const)("installed into a %s project", (type) => {
  test("every entry works, they share their classes, and no code is made from text", () => {
    expect(JSON.parse(run(projects[type], "node", "run.js"))).toEqual(EXPECTED);
  });

  test("the trap would catch code made from text", () => {
    const caught = (): string =>
      run(
        projects[type],
        "node",
        "--input-type=commonjs",
        "-e",
        `${TRAP}; new Function("return 1")`,
      );
    expect(caught).toThrow("Function was constructed");
  });

  test("the packed manifest lists the three dependencies, and no other", () => {
    const manifest = join(projects[type], "node_modules/metered-costs/package.json");
    const { dependencies } = JSON.parse(readFileSync(manifest, "utf8")) as { dependencies: object };
    expect(Object.keys(dependencies).sort()).toEqual(["decimal.js", "openapi-fetch", "zod"]);
  });

  test("the licences of all bundled packages come with it, in full", () => {
    const library = join(projects[type], "node_modules/metered-costs/dist");
    const notices = readFileSync(join(library, "THIRD-PARTY-NOTICES.txt"), "utf8");
    // The files say in comments, which the build keeps, what they are made of.
    const files = readdirSync(library, { recursive: true, encoding: "utf8" });
    const bundled = new Set(
      files
        .filter((file) => /\.c?js$/.test(file))
        .flatMap((file) => [
          ...readFileSync(join(library, file), "utf8").matchAll(
            /^\/\/ (node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//gm,
          ),
        ])
        .map(([, folder = ""]) => folder),
    );
    for (const name of [
      "decimal.js",
      "openapi-fetch",
      "csv-parse",
      "hyparquet",
      "commander",
      "echarts",
    ])
      expect(bundled).toContain(`node_modules/${name}`);
    for (const name of bundled) {
      const folder = join(root, name);
      const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
      expect(licence, name).toBeDefined();
      expect(notices).toContain(readFileSync(join(folder, licence ?? ""), "utf8").trim());
    }
  });

  test("nothing but its dependencies comes with it", () => {
    const installed = readdirSync(join(projects[type], "node_modules")).filter(
      (name) => !name.startsWith("."),
    );
    const expected = ["metered-costs", ...dependenciesOf(join(root, "package.json"))];
    expect(installed.sort()).toEqual(expected.sort());
  });
});

describe.each(["module", "commonjs"] as const)("with msw, in a %s project", (type) => {
  const project = join(folder, `msw-${type}`);
  beforeAll(() => {
    cpSync(projects[type], project, { recursive: true });
    symlinkSync(join(root, "node_modules/msw"), join(project, "node_modules/msw"));
  });

  test("the handlers load, and share the mock's classes", () => {
    const load = (path: string): string =>
      type === "module" ? `await import("${path}")` : `require("${path}")`;
    writeFileSync(
      join(project, "msw.js"),
      `const { createMockPaygentic } = ${load(ENTRIES.mock)};
      const { paygenticHandlers } = ${load("metered-costs/msw")};
      const { InvalidInputError } = ${load(ENTRIES.main)};
      const { setupServer } = ${load("msw/node")};
      const mock = createMockPaygentic();
      const server = setupServer(...paygenticHandlers({ mock }));
      server.listen();
      let refused;
      try { paygenticHandlers({ baseUrl: "" }); } catch (error) { refused = error; }
      fetch("https://api.paygentic.io/v0/costs").then(({ status }) => {
        server.close();
        const seen = { status, requests: mock.requests.length };
        console.log(JSON.stringify({ ...seen, shared: refused instanceof InvalidInputError }));
      });`,
    );
    expect(JSON.parse(run(project, "node", "msw.js"))).toEqual({
      status: 401,
      requests: 1,
      shared: true,
    });
  });
});

interface Graph {
  readonly text: string;
  readonly files: Iterable<string>;
  readonly packages: ReadonlySet<string>;
}

/** The text of a built file and of all that it imports, and the packages among that. */
function graphOf(file: string): Graph {
  const seen = new Map<string, string>();
  const packages = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    const text = readFileSync(path, "utf8").replace(/^\s*(?:\/\*)?\*.*$/gm, "");
    seen.set(path, text);
    for (const [, specifier = ""] of text.matchAll(
      /(?:\bfrom\s*|^import\s*|\brequire\()["']([^"'\s]+)["']/gm,
    )) {
      if (specifier.startsWith(".")) visit(resolve(dirname(path), specifier));
      else packages.add(specifier);
    }
  };
  visit(file);
  return { text: [...seen.values()].join("\n"), files: seen.keys(), packages };
}

describe.each([
  ["js", "dist"],
  ["cjs", "dist"],
  ["js", "dist/browser"],
  ["cjs", "dist/browser"],
])("in the built .%s files of %s", (extension, folder) => {
  /** What is imported besides the libraries that an entry may have; the files for servers may hold copies of them. */
  const strays = (packages: Iterable<string>, ...allowed: string[]): string[] =>
    [...packages].filter((name) => !["decimal.js", "zod/mini", ...allowed].includes(name));
  const dist = (entry: string) => graphOf(join(root, folder, `${entry}.${extension}`));
  /** The key, a request, and the schemas of requests, which name the method that they check for. */
  const NETWORK = /Bearer|PAYGENTIC_API_KEY|\bfetch\(|costs\.create/;

  test("the client holds the guards and the key, and no other library than it should", () => {
    const { text, packages } = dist("index");
    for (const word of ["Bearer", "PAYGENTIC_API_KEY", "costs.create"])
      expect(text).toContain(word);
    expect(strays(packages, "openapi-fetch")).toEqual([]);
  });

  test("the summary loads no guards, and knows no key and no fetch", () => {
    const { text, packages } = dist("summary");
    expect(text).not.toMatch(NETWORK);
    expect(strays(packages)).toEqual([]);
  });

  test("the mock carries no reconciliation along, and neither does the client", () => {
    const RECONCILIATION = /event-left-out/;
    expect(dist("summary").text).toMatch(RECONCILIATION);
    for (const entry of ["index", "mock", "msw"]) {
      expect(dist(entry).text).not.toMatch(RECONCILIATION);
    }
  });

  test("summaries on ClickHouse come without a client, without guards, and know no key and no fetch", () => {
    const { text, packages } = dist("clickhouse");
    expect(text).toContain("GROUPING SETS");
    expect(text).not.toMatch(NETWORK);
    expect(strays(packages)).toEqual([]);
    expect(dist("summary").text).not.toContain("GROUPING SETS");
  });

  test("the mock needs no network and nothing of Node", () => {
    const { text, packages } = dist("mock");
    // The schemas of requests are no sign of the client: the mock reads with them too.
    expect(text).not.toMatch(/PAYGENTIC_API_KEY|\bcreateClient\b/);
    expect(strays(packages)).toEqual([]);
  });

  test("only the handlers of msw need msw", () => {
    const { packages } = dist("msw");
    expect([...packages]).toContain("msw");
    expect(strays(packages, "msw")).toEqual([]);
  });
});

describe.each(["js", "cjs"])("in the .%s files built for servers", (extension) => {
  const dist = (entry: string) => graphOf(join(root, "dist", `${entry}.${extension}`));

  test("only the SQLite store knows of SQLite, and loads none before it is used", () => {
    const { packages, text } = dist("sqlite");
    // Without it the program above has run.
    const known = ["better-sqlite3", "node:fs", "zod/mini", "decimal.js"];
    expect([...packages].filter((name) => !known.includes(name))).toEqual([]);
    expect(text).toMatch(/\bimport\(["']better-sqlite3["']\)/);
    expect(dist("index").text).not.toMatch(/sqlite/i);
  });

  test("only the mock's server needs the runtime's HTTP server", () => {
    const { packages, text } = dist("mock-server");
    expect([...packages].sort()).toEqual(["node:http"]);
    expect(text).not.toMatch(/event-left-out/);
  });

  test("only the schemas import zod, so that they fit into the user's own zod objects", () => {
    expect([...dist("schemas").packages]).toEqual(["zod/mini"]);
    for (const entry of ["index", "summary", "mock", "kontorion"]) {
      expect([...dist(entry).packages]).not.toContain("zod/mini");
    }
  });

  test("the entries share the core, and none of the others loads the client", () => {
    const files = (entry: string): string[] => [...dist(entry).files].map((file) => basename(file));
    expect(files("index")).toContain(`core.${extension}`);
    for (const entry of ["summary", "mock", "msw", "sqlite", "clickhouse"]) {
      expect(files(entry)).toContain(`core.${extension}`);
      expect(files(entry)).not.toContain(`index.${extension}`);
    }
  });
});

test("whoever takes summarizeCost alone gets no reconciliation with it", () => {
  const bundleOf = (name: string): string => {
    const file = join(folder, `${name}.js`);
    writeFileSync(
      file,
      `export { ${name} } from ${JSON.stringify(join(root, "dist/browser/summary.js"))};`,
    );
    return run(root, "npx", "esbuild", file, "--bundle", "--format=esm", "--external:decimal.js");
  };
  expect(bundleOf("reconcile")).toMatch(/event-left-out/);
  expect(bundleOf("summarizeCost")).not.toMatch(/event-left-out|no-value|duplicates-counted/);
});

test("the package holds what it should, and installs without scripts of its own", () => {
  const installed = join(projects.module, "node_modules/metered-costs");
  const { scripts, dependencies } = JSON.parse(
    readFileSync(join(installed, "package.json"), "utf8"),
  ) as { scripts: Record<string, string>; dependencies: Record<string, string> };
  expect(Object.keys(dependencies)).toEqual(["decimal.js", "openapi-fetch", "zod"]);
  const run = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare"];
  expect(run.filter((name) => Object.hasOwn(scripts, name))).toEqual([]);
  // npm makes an install script of it.
  expect(existsSync(join(installed, "binding.gyp"))).toBe(false);
  expect(readdirSync(installed).sort()).toEqual([
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "dist",
    "docs",
    "examples",
    "generated",
    "package.json",
    "src",
  ]);
});

const USE_OF_QUEUE = `
  import { type EventQueue, type EventStore, Paygentic, QueueError } from "metered-costs";
  import { sqliteStore } from "metered-costs/sqlite";
  const store: EventStore = sqliteStore({ path: "events.sqlite" });
  const queue: EventQueue = new Paygentic().events.queue({ store });
  export const closed: Promise<{ readonly size: number }> = queue.close();
  export const isClosed = (error: unknown): boolean =>
    error instanceof QueueError && error.code === "QUEUE_CLOSED";
`;

test.each([
  ["ES2022 and the DOM", ["es2022", "dom"], USE_OF_QUEUE],
  [
    "disposal, too",
    ["es2022", "dom", "esnext.disposable"],
    `${USE_OF_QUEUE}
    export async function send(): Promise<void> {
      await using used = new Paygentic().events.queue();
      const disposable: AsyncDisposable = used;
      await disposable[Symbol.asyncDispose]();
    }`,
  ],
])("the types compile where the consumer's know %s", (_, lib, program) => {
  const project = projects.module;
  writeFileSync(join(project, "consumer.ts"), program);
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        lib,
        target: "ES2022",
        module: "NodeNext",
        types: [],
        strict: true,
        skipLibCheck: false,
        noEmit: true,
      },
      files: ["consumer.ts"],
    }),
  );
  const compile = (): string => {
    try {
      return run(root, "npx", "tsc", "-p", project);
    } catch (error) {
      return String((error as { stdout: unknown }).stdout);
    }
  };
  expect(compile()).toBe("");
  writeFileSync(join(project, "consumer.ts"), `${program}\nqueue.add(7);`);
  expect(compile()).toMatch(/consumer\.ts.*'number' is not assignable/);
});

test("publint finds nothing to complain of", () => {
  expect(run(root, "npx", "publint", "--strict", "--pack", "false")).toMatch(/All good/);
});

test("attw finds that every entry's types are what its files are", () => {
  const attw = join(consumer, "node_modules/@arethetypeswrong/cli/dist/index.js");
  // TypeScript of before 2022 knows no entries but the main one.
  const said = run(
    folder,
    process.execPath,
    attw,
    pack(folder),
    "--profile",
    "node16",
    "--format",
    "json",
  );
  const { analysis } = JSON.parse(said) as {
    analysis: {
      entrypoints: Record<string, { resolutions: Record<string, { resolution?: object }> }>;
      problems: { resolutionKind?: string }[];
    };
  };
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: object;
  };
  expect(Object.keys(analysis.entrypoints)).toEqual(Object.keys(exports));
  for (const { resolutions } of Object.values(analysis.entrypoints)) {
    expect(resolutions["node16-cjs"]?.resolution).toBeDefined();
    expect(resolutions["node16-esm"]?.resolution).toBeDefined();
  }
  expect(analysis.problems.filter(({ resolutionKind }) => resolutionKind !== "node10")).toEqual([]);
});
