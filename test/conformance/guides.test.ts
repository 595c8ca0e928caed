import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
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

  test("the sandbox for any language does what the guide says", async () => {
    const [script = ""] = blocksOf("testing-any-language.md", "sh");
    const program = `${root}examples/merchant/sandbox-server.ts`;
    const server = spawn(process.execPath, ["--import", "tsx", program, "0"], { cwd: root });
    try {
      const [line] = await once(server.stdout.setEncoding("utf8"), "data");
      const local = script.replaceAll("http://127.0.0.1:4010", String(line).trim());
      const said = execFileSync("sh", ["-c", local], { encoding: "utf8" });
      expect(said).toContain('"totalCost":0.0005,"totalQuantity":200');
      expect(said.match(/"id":"evt_\d+"/g)).toEqual(['"id":"evt_1"', '"id":"evt_1"']);
    } finally {
      server.kill();
    }
    const [code] = await once(server, "exit");
    expect(code).toBe(0);
  });
});
