import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { consumer, run } from "./fixture.ts";

const output = mkdtempSync(join(tmpdir(), "metered-costs-bundles-"));
afterAll(() => rmSync(output, { recursive: true }));

describe.each(["esbuild", "rollup", "vite", "webpack"])("%s", (bundler) => {
  test("bundles a program for browsers without a complaint, and the bundle does its work", () => {
    const target = join(output, bundler);
    run(consumer, process.execPath, "build.js", bundler, target);
    const bundle = join(target, "bundle.js");
    expect(JSON.parse(run(output, process.execPath, bundle))).toEqual({
      server: "0.000000000000000000740740734",
      local: "0.000000000000000000740740734",
      isDecimal: true,
      code: "NOT_FOUND",
    });
    const text = readFileSync(bundle, "utf8");
    expect(text).not.toMatch(/\bnode:|\brequire\(|\beval\(|new Function\b/);
  });
});
