import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(root + path, "utf8");
const guides = readdirSync(`${root}docs/guides`).filter((name) => name.startsWith("testing-"));
const blocksOf = (guide: string, language: string): string[] =>
  [
    ...read(`docs/guides/${guide}`).matchAll(
      new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"),
    ),
  ].map(([, code = ""]) => code);

describe("the guides on testing", () => {
  const programs = readdirSync(`${root}examples/merchant`).map((name) =>
    read(`examples/merchant/${name}`),
  );
  const blocks = guides.flatMap((guide) => blocksOf(guide, "ts").map((code) => [guide, code]));

  test("are three, and show code", () => {
    expect(guides).toEqual([
      "testing-any-language.md",
      "testing-with-msw.md",
      "testing-without-msw.md",
    ]);
    expect(blocks.length).toBeGreaterThanOrEqual(7);
  });

  test.each(blocks)("%s shows what runs in examples/merchant", (_, code = "") => {
    expect(programs.some((program) => program.includes(code))).toBe(true);
  });
});
