import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import pinned from "./exports.json" with { type: "json" };
import { root } from "./fixture.ts";

/** The entries as package.json has them, each with its built file. */
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, Record<"import" | "require", { browser?: string; default: string }>>;
};
const entries = Object.keys(exports).filter((entry) => entry !== "./package.json");

/** The names that a declaration file exports, types and values alike. */
function declared(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/^export \{([^}]*)\}/gm)]
    .flatMap(([, list = ""]) => list.split(","))
    .map((item) =>
      item
        .trim()
        .replace(/^type /, "")
        .replace(/^.* as /, ""),
    )
    .sort();
}

// To add a name is a feature, to take one away a breaking change: neither happens unseen.
describe("what each entry exports is pinned", () => {
  test("in exports.json, and there is no other entry", () => {
    expect([...entries].sort()).toEqual(Object.keys(pinned).sort());
  });

  test.each(Object.entries(pinned))("%s", async (entry, { values, types }) => {
    const built = exports[entry];
    if (built === undefined) throw new TypeError(`no entry ${entry}`);
    const require = createRequire(import.meta.url);
    for (const condition of ["default", "browser"] as const) {
      const { [condition]: file = built.import.default } = built.import;
      const module: object = await import(join(root, file));
      expect(Object.keys(module).sort()).toEqual(values);
      const { [condition]: script = built.require.default } = built.require;
      const required: object = require(join(root, script));
      expect(Object.keys(required).sort()).toEqual(values);
    }
    const all = [...values, ...types].sort();
    expect(declared(built.import.default.replace(/\.js$/, ".d.ts"))).toEqual(all);
    expect(declared(built.require.default.replace(/\.cjs$/, ".d.cts"))).toEqual(all);
  });
});
