import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const source = join(root, "src");
const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .sort();

/** From the top down. A file imports from its own floor and from those below, never from above. */
const FLOORS: readonly (readonly string[])[] = [
  [
    "index.ts",
    "summary/index.ts",
    "summary/browser.ts",
    "sandbox/server.ts",
    "msw/",
    "sqlite/",
    "clickhouse/index.ts",
  ],
  ["paygentic.ts", "sandbox/", "reconcile/"],
  [
    "costs.ts",
    "events.ts",
    "event-queue.ts",
    "sending-queue.ts",
    "queue-options.ts",
    "ingest-all.ts",
    "sending.ts",
    "ndjson/",
    "clickhouse/",
  ],
  ["summary/"],
  ["transport.ts"],
  ["turns.ts", "entrants.ts", "changes.ts", "event-store.ts"],
  [
    "core.ts",
    "retry.ts",
    "guards.ts",
    "answers.ts",
    "api-error.ts",
    "options.ts",
    "redaction.ts",
    "hooks.ts",
  ],
  [
    "json.ts",
    "json-form.ts",
    "not-json.ts",
    "decimal.ts",
    "exact.ts",
    "timestamp.ts",
    "time-by-hand.ts",
    "reading.ts",
    "contract-fields.ts",
    "record.ts",
    "contract.ts",
    "errors.ts",
    "models.ts",
  ],
];
/** What may import what is not ours. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  "openapi-fetch": ["transport.ts"],
  "openapi-typescript-helpers": ["transport.ts"],
  "decimal.js": ["decimal.ts"],
  msw: ["msw/handlers.ts"],
  "better-sqlite3": ["sqlite/database.ts"],
  "node:sqlite": ["sqlite/database.ts"],
  "node:http": ["sandbox/server.ts"],
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
const floorOf = (file: string): number =>
  FLOORS.findIndex((floor) =>
    floor.some((room) => (room.endsWith("/") ? file.startsWith(room) : file === room)),
  );
const isOurs = (specifier: string): boolean => specifier.startsWith(".");
// AssemblyScript has no endings in its imports.
const inSource = (file: string, specifier: string): string =>
  relative(source, join(source, dirname(file), specifier.replace(/(?<!\.ts)$/, ".ts")));
const isGenerated = (file: string): boolean => file.startsWith("../generated/");

describe("the house", () => {
  test.each([
    "openapi.json",
    "generated/paygentic.ts",
    "CHANGELOG.md",
    "examples",
    ...["index", "paygentic", "costs", "events", "transport", "retry", "guards", "json"].map(
      (name) => `src/${name}.ts`,
    ),
    ...[
      "decimal",
      "errors",
      "models",
      "summary/index",
      "summary/browser",
      "reconcile/reconcile",
      "sandbox/index",
      "sandbox/server",
    ].map((name) => `src/${name}.ts`),
    "src/msw/index.ts",
    "src/sqlite/index.ts",
    "src/clickhouse/index.ts",
  ])("has %s", (path) => {
    expect(existsSync(join(root, path))).toBe(true);
  });

  test.each(files)("%s has a floor, and a name that says what it is", (file) => {
    expect(floorOf(file)).toBeGreaterThanOrEqual(0);
    expect(file).not.toMatch(/util|helper|common|\blib\b|misc/);
  });
});

describe("imports point down", () => {
  test.each(files)("from %s", (file) => {
    const upward = importsOf(file)
      .filter(isOurs)
      .map((specifier) => inSource(file, specifier))
      .filter((target) => !isGenerated(target))
      .filter((target) => floorOf(target) < floorOf(file) || floorOf(target) === -1);
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

  test("and to other packages only where the house says so", () => {
    const strays = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => !isOurs(specifier) && OUTSIDE[specifier]?.includes(file) !== true)
        .map((specifier) => `${file}: ${specifier}`),
    );
    expect(strays).toEqual([]);
  });

  test("the local summary knows nothing of the network", () => {
    const above = files
      .filter((file) => /^(?:summary|ndjson|reconcile)\//.test(file))
      .flatMap((file) =>
        importsOf(file)
          .filter(isOurs)
          .map((target) => inSource(file, target)),
      )
      .filter((target) => !/^(?:summary|ndjson|reconcile)\//.test(target))
      .filter((target) => target !== "../generated/line-matcher.ts")
      .filter((target) => floorOf(target) < FLOORS.length - 1);
    expect(above).toEqual([]);
  });

  test("and the sandbox nothing of the reconciliation", () => {
    const targets = files
      .filter((file) => file.startsWith("sandbox/"))
      .flatMap((file) => importsOf(file).map((target) => inSource(file, target)));
    expect(targets.filter((target) => target.startsWith("reconcile/"))).toEqual([]);
    expect(targets).not.toContain("summary/index.ts");
  });

  test("and nobody but the entry of browsers of the small summary, which knows no columns", () => {
    const isSmall = (file: string): boolean => file.startsWith("summary/small/");
    const targetsOf = (file: string): string[] =>
      importsOf(file).map((target) => inSource(file, target));
    const users = files.filter((file) => !isSmall(file) && targetsOf(file).some(isSmall));
    expect(users).toEqual(["summary/browser.ts"]);
    const targets = files.filter(isSmall).flatMap(targetsOf);
    for (const fast of ["intake", "meter", "event-columns", "text-table", "one-cost"]) {
      expect(targets).not.toContain(`summary/${fast}.ts`);
    }
    expect(targets).not.toContain("time-by-hand.ts");
  });

  test("summaries on ClickHouse know the local summary, and nothing of the network", () => {
    const others = files
      .filter((file) => file.startsWith("clickhouse/"))
      .flatMap((file) => importsOf(file).map((target) => inSource(file, target)))
      .filter((target) => !/^(?:clickhouse|summary)\//.test(target))
      .filter((target) => floorOf(target) < FLOORS.length - 1);
    expect(others).toEqual([]);
  });

  test("the reading of imports sees them", () => {
    expect(importsOf("paygentic.ts")).toEqual([
      "./costs.ts",
      "./events.ts",
      "./options.ts",
      "./transport.ts",
    ]);
    expect(importsOf("sqlite/database.ts")).toEqual([
      "../errors.ts",
      "node:sqlite",
      "better-sqlite3",
    ]);
  });
});
