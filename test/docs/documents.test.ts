import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createMockPaygentic } from "metered-costs/mock";
import { startMockServer } from "metered-costs/mock/server";
import { describe, expect, test } from "vitest";
import { TOKENS } from "../../examples/merchant/tokens.ts";
import { BLOCKS, EXAMPLES, isShownFromExamples, root } from "./blocks.ts";
import { PROGRAMS, type Program, programOf } from "./programs.ts";
import { typeCheck } from "./type-check.ts";

const named = <T extends { file: string; line: number }>(blocks: readonly T[]) =>
  blocks.map((block) => [`${block.file}:${block.line}`, block] as const);

test("there are blocks of every kind", () => {
  const count = (language: string): number =>
    BLOCKS.filter((block) => block.language === language).length;
  expect(count("ts")).toBeGreaterThanOrEqual(20);
  expect(count("sh")).toBeGreaterThanOrEqual(5);
  expect(BLOCKS.filter(isShownFromExamples).length).toBeGreaterThanOrEqual(7);
  expect(PROGRAMS.filter(({ isRun }) => isRun).length).toBeGreaterThanOrEqual(6);
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(12);
});

test.each(named(BLOCKS))("%s says what language it is, and notes that are known", (_, block) => {
  expect(["ts", "js", "sh", "json", "sql", "html", "text"]).toContain(block.language);
  expect([undefined, "by itself", "not run"]).toContain(block.note);
});

const alone = EXAMPLES.map((block) => programOf(`${block.file}:${block.line}`, [block]));

describe("every program compiles", () => {
  const complaints = typeCheck([...PROGRAMS, ...alone]);
  test.each([...complaints].map(([{ name }, found]) => [name, found] as const))(
    "%s",
    (_, found) => {
      expect(found).toEqual([]);
    },
  );

  test("and one that does not would be found", () => {
    const wrong = programOf("wrong.md", [
      {
        file: "wrong.md",
        line: 3,
        language: "ts",
        code: "const n: number = 'x';\n",
        note: undefined,
      },
    ]);
    expect([...typeCheck([wrong]).values()]).toEqual([
      ["4: Type 'string' is not assignable to type 'number'."],
    ]);
  });
});

/** Runs a program against a mock on loopback. Gives the lines it printed. */
async function run({ code }: Program): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "metered-costs-documents-"));
  const file = join(folder, "program.mts");
  writeFileSync(file, code);
  // Programs import the packages that they show.
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const mock = createMockPaygentic({ costs: [TOKENS] });
  const { url, close } = await startMockServer({ mock });
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", "--import", `${root}test/docs/mock-fetch.ts`, file],
      {
        cwd: root,
        env: { ...process.env, MOCK_URL: url, PAYGENTIC_API_KEY: "sk_test_documents" },
        timeout: 30_000,
      },
    );
    return stdout.split("\n");
  } finally {
    await close();
    rmSync(folder, { recursive: true });
  }
}

describe("every program runs, and prints what it says it prints", () => {
  const programs = [
    ...PROGRAMS.filter(({ isRun }) => isRun),
    ...alone.filter(({ prints }) => prints.length > 0),
  ];
  test.concurrent.each(programs.map((program) => [program.name, program] as const))(
    "%s",
    async (_, program) => {
      const lines = await run(program);
      let from = 0;
      for (const text of program.prints) {
        const at = lines.indexOf(text, from);
        expect(lines.slice(from), `nothing printed ${text}`).toContain(text);
        from = at + 1;
      }
    },
  );
});

describe("every line for a shell", () => {
  const scripts = JSON.parse(readFileSync(`${root}package.json`, "utf8")).scripts;
  const blocks = BLOCKS.filter(({ language }) => language === "sh");

  test.each(named(blocks))("%s is one, and what it starts is there", (_, { code }) => {
    execFileSync("bash", ["-n"], { input: code });
    for (const [, name = ""] of code.matchAll(/\bnpm run (?:--\S+ )*([\w:-]+)/g)) {
      expect(Object.keys(scripts)).toContain(name);
    }
    for (const [, file = ""] of code.matchAll(/\bnpx tsx (\S+)/g)) {
      expect(existsSync(join(root, file)), file).toBe(true);
    }
  });

  test("the mock for any language does what its guide says", async () => {
    const calls = blocks.filter(({ code }) => code.includes("http://127.0.0.1:4010"));
    expect(calls).toHaveLength(1);
    const program = `${root}examples/merchant/mock-server.ts`;
    const server = spawn(process.execPath, ["--import", "tsx", program, "0"], { cwd: root });
    try {
      const [line] = await once(server.stdout.setEncoding("utf8"), "data");
      const script = calls[0]?.code.replaceAll("http://127.0.0.1:4010", String(line).trim()) ?? "";
      const said = execFileSync("sh", ["-c", script], { encoding: "utf8" });
      expect(said).toContain('"totalCost":0.0005,"totalQuantity":200');
      expect(said.match(/"id":"evt_\d+"/g)).toEqual(['"id":"evt_1"', '"id":"evt_1"']);
    } finally {
      server.kill();
    }
    const [code] = await once(server, "exit");
    expect(code).toBe(0);
  });
});

test.each(
  BLOCKS.map(({ file }) => file)
    .filter((file, index, all) => all.indexOf(file) === index)
    .map((file) => [file, readFileSync(root + file, "utf8")] as const),
)("%s links to files that are there", (file, text) => {
  for (const [, target = ""] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
    expect(existsSync(join(root, file, "..", target)), target).toBe(true);
  }
});
