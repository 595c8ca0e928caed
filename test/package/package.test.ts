import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const ENTRIES = {
  main: "metered-costs",
  summary: "metered-costs/summary",
  sandbox: "metered-costs/sandbox",
  server: "metered-costs/sandbox/server",
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
const run = (cwd: string, command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

beforeAll(() => {
  const packed = run(
    root,
    "npm",
    "pack",
    "--ignore-scripts",
    "--json",
    "--pack-destination",
    folder,
  );
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  for (const [type, project] of Object.entries(projects)) {
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: type, type }));
    run(project, "npm", "install", "--no-audit", "--no-fund", join(folder, filename));
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

  test("nothing but decimal.js comes with it", () => {
    const installed = readdirSync(join(projects[type], "node_modules")).filter(
      (name) => !name.startsWith("."),
    );
    expect(installed.sort()).toEqual(["decimal.js", "metered-costs"]);
  });
});

describe.each(["module", "commonjs"] as const)("with msw, in a %s project", (type) => {
  const project = join(folder, `msw-${type}`);
  beforeAll(() => {
    cpSync(projects[type], project, { recursive: true });
    symlinkSync(join(root, "node_modules/msw"), join(project, "node_modules/msw"));
  });

  test("the handlers load, and share the sandbox's classes", () => {
    const load = (path: string): string =>
      type === "module" ? `await import("${path}")` : `require("${path}")`;
    writeFileSync(
      join(project, "msw.js"),
      `const { createSandbox } = ${load(ENTRIES.sandbox)};
      const { paygenticHandlers } = ${load("metered-costs/msw")};
      const { InvalidInputError } = ${load(ENTRIES.main)};
      const { setupServer } = ${load("msw/node")};
      const sandbox = createSandbox();
      const server = setupServer(...paygenticHandlers({ sandbox }));
      server.listen();
      let refused;
      try { paygenticHandlers({ baseUrl: "" }); } catch (error) { refused = error; }
      fetch("https://api.paygentic.io/v0/costs").then(({ status }) => {
        server.close();
        const seen = { status, requests: sandbox.requests.length };
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

/** The text of a built file and of all that it imports, and the packages among that. */
function graphOf(file: string): { text: string; packages: Set<string> } {
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
  return { text: [...seen.values()].join("\n"), packages };
}

describe.each(["js", "cjs"])("in the built .%s files", (extension) => {
  const dist = (entry: string) => graphOf(join(root, "dist", `${entry}.${extension}`));
  const NETWORK = /\$ZodType|openapi|Bearer|PAYGENTIC_API_KEY|\bfetch\(/;

  test("the client holds the guards, openapi-fetch and the key", () => {
    const { text, packages } = dist("index");
    expect(text).toMatch(/\$ZodType/);
    expect(text).toMatch(/Bearer/);
    expect([...packages]).toEqual(["decimal.js"]);
  });

  test("the summary loads neither zod nor openapi-fetch, and knows no key and no fetch", () => {
    const { text, packages } = dist("summary");
    expect(text).not.toMatch(NETWORK);
    expect([...packages]).toEqual(["decimal.js"]);
  });

  test("the sandbox carries no reconciliation along, and neither does the client", () => {
    const RECONCILIATION = /event-left-out/;
    expect(dist("summary").text).toMatch(RECONCILIATION);
    for (const entry of ["index", "sandbox", "sandbox-server", "msw"]) {
      expect(dist(entry).text).not.toMatch(RECONCILIATION);
    }
  });

  test("the sandbox needs no network and nothing of Node", () => {
    const { text, packages } = dist("sandbox");
    expect(text).not.toMatch(/\$ZodType|openapi-fetch|PAYGENTIC_API_KEY/);
    expect([...packages]).toEqual(["decimal.js"]);
  });

  test("only the handlers of msw need msw", () => {
    const { packages } = dist("msw");
    expect([...packages].sort()).toEqual(["decimal.js", "msw"]);
  });

  test("only the sandbox's server needs the runtime's HTTP server", () => {
    const { packages } = dist("sandbox-server");
    expect([...packages].sort()).toEqual(["decimal.js", "node:http", "node:stream/promises"]);
  });
});

test("whoever takes summarizeCost alone gets no reconciliation with it", () => {
  const bundleOf = (name: string): string => {
    const file = join(folder, `${name}.js`);
    writeFileSync(
      file,
      `export { ${name} } from ${JSON.stringify(join(root, "dist/summary.js"))};`,
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
  expect(Object.keys(dependencies)).toEqual(["decimal.js"]);
  expect(Object.keys(scripts)).not.toContain("install");
  expect(Object.keys(scripts)).not.toContain("postinstall");
  expect(readdirSync(installed).sort()).toEqual([
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "THIRD-PARTY.md",
    "dist",
    "package.json",
  ]);
});

test("publint finds nothing to complain of", () => {
  expect(run(root, "npx", "publint", "--strict", "--pack", "false")).toMatch(/All good/);
});
