import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const source = new URL("../../src/", import.meta.url);
const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => ({ file, text: readFileSync(new URL(file, source), "utf8") }));
const filesWith = (pattern: RegExp): string[] =>
  files.filter(({ text }) => pattern.test(text)).map(({ file }) => file);

describe("zod is the only schema language", () => {
  test("and only src/schemas imports it, as zod/mini", () => {
    const importing = filesWith(/from "zod[^"]*"/);
    expect(importing.length).toBeGreaterThan(0);
    expect(importing.filter((file) => !file.startsWith("schemas/"))).toEqual([]);
    expect(filesWith(/from "zod(?!\/mini")/)).toEqual([]);
  });

  test("its global settings, which a user's own zod shares, are left alone", () => {
    expect(filesWith(/\bz(?:\.core)?\.config\(|\bconfig\b[^;]*from "zod|globalConfig/)).toEqual([]);
  });

  test("no code is made of text: pages with a strict policy run it as it is", () => {
    expect(filesWith(/\beval\(|\bnew Function\(|[^.\w]Function\(/)).toEqual([]);
  });

  test("the patterns find what they look for", () => {
    expect("z.config({})").toMatch(/\bz(?:\.core)?\.config\(/);
    expect("new Function('a')").toMatch(/\bnew Function\(/);
  });
});
