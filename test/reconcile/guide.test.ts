import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { formatWithOptions } from "node:util";
import { expect, test, vi } from "vitest";

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
const guide = read("docs/guides/when-the-numbers-differ.md");
const blocksOf = (language: string): string[] =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, block = ""]) => block,
  );

test("the guide shows the program, block by block", () => {
  const program = read("examples/when-the-numbers-differ.ts");
  const blocks = blocksOf("ts");
  expect(blocks.length).toBeGreaterThanOrEqual(10);
  const comments = /^(?:\/\*\*.*\*\/|\/\/.*)\n/gm;
  const code = (text: string): string => text.replace(comments, "").replace(/\n+/g, "\n").trim();
  expect(code(blocks.join("\n"))).toBe(code(program));
});

test("the program prints what the guide says", async () => {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => {
    lines.push(formatWithOptions({ colors: false }, ...values));
  });
  await import("../../examples/when-the-numbers-differ.ts");
  log.mockRestore();
  expect(`${lines.join("\n")}\n`).toBe(blocksOf("text").join(""));
});
