import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const source = join(root, "src");
const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .sort();

/**
 * The layers of `src`, from the top down. A file imports from its own layer and from those below it, never from above;
 * layers on one line do not import from each other.
 */
const LAYERS: readonly (readonly string[])[] = [
  ["index.ts", "schemas.ts", "summary.ts", "core.ts"],
  ["cli/"],
  ["ai/", "clickhouse/", "files/", "msw/"],
  ["mock/"],
  ["kontorion/", "paygentic/"],
  ["delivery/"],
  ["http/"],
  ["reconcile/"],
  ["ndjson/"],
  ["summary/"],
  ["engine/"],
  ["schemas/"],
  ["models.ts"],
  ["values/"],
  ["errors.ts"],
];
/** What may import what is not ours. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  "openapi-fetch": ["http/"],
  "openapi-typescript-helpers": ["http/"],
  "zod/mini": ["schemas/"],
  "decimal.js": ["values/decimal.ts"],
  msw: ["msw/"],
  "better-sqlite3": ["delivery/sqlite/"],
  "node:sqlite": ["delivery/sqlite/"],
  "node:http": ["mock/server.ts"],
  "node:buffer": ["files/"],
  "node:crypto": ["cli/"],
  "node:fs": ["cli/", "delivery/sqlite/", "files/"],
  "node:fs/promises": ["files/"],
  "node:stream": ["files/"],
  "node:zlib": ["files/"],
  "csv-parse": ["files/"],
  // The command line is a program that uses the package, by its entries.
  ...Object.fromEntries(
    ["", "/schemas", "/summary", "/files", "/mock/server", "/kontorion"].map((entry) => [
      `metered-costs${entry}`,
      ["cli/"],
    ]),
  ),
  commander: ["cli/"],
  ...Object.fromEntries(
    ["charts", "components", "core", "renderers"].map((part) => [`echarts/${part}`, ["cli/"]]),
  ),
  tinyglobby: ["cli/"],
  "node:os": ["cli/"],
  "node:util": ["cli/"],
  "node:worker_threads": ["cli/"],
  hyparquet: ["files/"],
  "hyparquet-compressors": ["files/"],
};

function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), "utf8").replace(/^\s*(?:\*|\/\/).*$/gm, "");
  const at = [
    /^(?:import|export)\s(?:[^;]*?\sfrom\s)?"([^"]+)";$/gm,
    /\b(?:import|getBuiltinModule\?\.)\("([^"]+)"\)/g,
  ];
  return at.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([, specifier = ""]) => specifier),
  );
}
const isIn = (file: string, place: string): boolean =>
  place.endsWith("/") ? file.startsWith(place) : file === place;
const layerOf = (file: string): number =>
  LAYERS.findIndex((layer) => layer.some((place) => isIn(file, place)));
/** Where in its layer a file is: two places of one layer do not import from each other. */
const placeOf = (file: string): string =>
  LAYERS[layerOf(file)]?.find((place) => isIn(file, place)) ?? "";
const isOurs = (specifier: string): boolean => specifier.startsWith(".");
// AssemblyScript has no endings in its imports.
const inSource = (file: string, specifier: string): string =>
  relative(source, join(source, dirname(file), specifier.replace(/(?<!\.ts)$/, ".ts")));
const isGenerated = (file: string): boolean => file.startsWith("../generated/");

describe("the layers", () => {
  test.each(files)("%s is in one, under a name that says what it is", (file) => {
    expect(layerOf(file)).toBeGreaterThanOrEqual(0);
    expect(file).not.toMatch(/util|helper|common|\blib\b|misc/);
  });
});

describe("imports point down", () => {
  test.each(files)("from %s", (file) => {
    const upward = importsOf(file)
      .filter(isOurs)
      .map((specifier) => inSource(file, specifier))
      .filter((target) => !isGenerated(target))
      .filter((target) =>
        layerOf(target) === layerOf(file)
          ? placeOf(target) !== placeOf(file)
          : layerOf(target) < layerOf(file),
      );
    expect(upward).toEqual([]);
  });

  test("in no circle", () => {
    const circles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, way: readonly string[]): void => {
      if (way.includes(file)) circles.push([...way, file].join(" -> "));
      if (done.has(file) || way.includes(file)) return;
      for (const specifier of importsOf(file).filter(isOurs)) {
        const target = inSource(file, specifier);
        if (!target.startsWith("..")) visit(target, [...way, file]);
      }
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  test("and to other packages only where the list says so", () => {
    const isListed = (file: string, specifier: string): boolean =>
      OUTSIDE[specifier]?.some((place) => isIn(file, place)) === true;
    const strays = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => !isOurs(specifier) && !isListed(file, specifier))
        .map((specifier) => `${file}: ${specifier}`),
    );
    expect(strays).toEqual([]);
  });

  test("local summaries import nothing of the client", () => {
    const isLocal = (file: string): boolean =>
      /^(?:reconcile|ndjson|summary|engine)\//.test(file) || file === "summary.ts";
    const client = files
      .filter(isLocal)
      .flatMap((file) =>
        importsOf(file)
          .filter(isOurs)
          .map((target) => inSource(file, target)),
      )
      .filter((target) => /^(?:http|delivery|paygentic|kontorion|mock)\//.test(target));
    expect(client).toEqual([]);
  });

  test("what all mocks share imports nothing of one API", () => {
    const strays = files
      .filter((file) => /^mock\/[^/]+$/.test(file))
      // These two offer the mocks to users.
      .filter((file) => !["mock/index.ts", "mock/server.ts"].includes(file))
      .flatMap((file) =>
        importsOf(file)
          .filter(isOurs)
          .map((target) => inSource(file, target)),
      )
      .filter((target) => /^(?:mock\/)?(?:paygentic|kontorion)\//.test(target));
    expect(strays).toEqual([]);
  });

  test("the reading of imports sees them", () => {
    expect(importsOf("paygentic/paygentic.ts")).toContain("./costs.ts");
    expect(importsOf("delivery/sqlite/database.ts")).toEqual([
      "../../errors.ts",
      "../../values/record.ts",
      "node:sqlite",
      "better-sqlite3",
    ]);
  });
});

describe("ARCHITECTURE.md", () => {
  const page = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const named = [...page.matchAll(/`([^`\s]+\/|[^`\s]+\.(?:ts|json))`/g)].map(
    ([, path = ""]) => path,
  );
  /** The places of the table of layers, from the top down. */
  const places = [...page.matchAll(/^\| ((?:`src\/[^`]+` ?)+) *\|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`src\/([^`]+)`/g)].map(([, place = ""]) => place),
  );

  test("names what exists", () => {
    const missing = named.filter((path) =>
      ["", "src/", "src/mock/"].every((base) => !existsSync(join(root, base, path))),
    );
    expect(missing, "rename or remove these in ARCHITECTURE.md").toEqual([]);
  });

  test("has a row for every place in src, in the order of the layers", () => {
    const present = readdirSync(source, { withFileTypes: true }).map((entry) =>
      entry.isDirectory() ? `${entry.name}/` : entry.name,
    );
    expect([...places].sort(), "add a row to the layers in ARCHITECTURE.md").toEqual(
      present.sort(),
    );
    const order = places.map((place) => LAYERS.findIndex((layer) => layer.includes(place)));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });
});
