import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { consumer, root } from "./fixture.ts";

const library = join(consumer, "node_modules/metered-costs");
/** Each `|` is where a reader asks for the definition of the name behind it. */
const PROGRAM = `
import { |Paygentic, |isCostsError, type |CostEvent, type |RequestOptions } from "metered-costs";
import { |summarizeCost, |CostSummarizer } from "metered-costs/summary";
import { |createMockPaygentic } from "metered-costs/mock";
import { |sqliteStore } from "metered-costs/sqlite";
import { |Kontorion } from "metered-costs/kontorion";
declare const paygentic: Paygentic;
paygentic.costs.|get("cst_1").|withResponse();
paygentic.events.|queue().|flush();
const options: RequestOptions = { |timeout: 1 };
`;
interface Place {
  readonly line: number;
  readonly offset: number;
}
interface Span {
  readonly file: string;
  readonly start: Place;
  readonly end: Place;
}

/** TypeScript's server, as editors run it. */
function startServer(): {
  ask: (command: string, argument: object) => Promise<Span[]>;
  close: () => void;
} {
  const program = join(root, "node_modules/typescript/lib/tsserver.js");
  const server = spawn(process.execPath, [program, "--disableAutomaticTypingAcquisition"], {
    cwd: consumer,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = new Map<number, (body: Span[]) => void>();
  createInterface({ input: server.stdout }).on("line", (line) => {
    if (!line.startsWith("{")) return;
    const { request_seq: seq, body } = JSON.parse(line) as { request_seq: number; body: Span[] };
    waiting.get(seq)?.(body);
  });
  let seq = 0;
  return {
    ask: (command, argument) =>
      new Promise((resolve) => {
        seq++;
        if (command === "open") resolve([]);
        else waiting.set(seq, resolve);
        const request = { seq, type: "request", command, arguments: argument };
        server.stdin.write(`${JSON.stringify(request)}\n`);
      }),
    close: () => server.kill(),
  };
}

describe("go to definition, in a project that uses the package", () => {
  const project = join(consumer, "definitions");
  const file = join(project, "program.ts");
  const [, ...asked] = PROGRAM.split("|").map((_, index, all) => ({
    before: all.slice(0, index).join(""),
    name: /^\w+/.exec(all[index] as string)?.[0] ?? "",
  }));
  let server: ReturnType<typeof startServer>;
  beforeAll(async () => {
    mkdirSync(project, { recursive: true });
    writeFileSync(file, PROGRAM.replaceAll("|", ""));
    const compilerOptions = { module: "nodenext", target: "es2022", types: [], strict: true };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    server = startServer();
    await server.ask("open", { file });
  });
  afterAll(() => {
    server.close();
    rmSync(project, { recursive: true });
  });

  test.each(asked.map(({ name, before }) => [name, before] as const))(
    "of %s ends in our TypeScript",
    async (name, before) => {
      const lines = before.split("\n");
      const at = { line: lines.length, offset: (lines.at(-1) as string).length + 1 };
      const [found] = await server.ask("definition", { file, ...at });
      expect(found?.file).toContain(`${library}/src/`);
      const line = readFileSync(found?.file ?? "", "utf8").split("\n")[
        (found?.start.line ?? 0) - 1
      ];
      expect(line?.slice((found?.start.offset ?? 0) - 1)).toMatch(new RegExp(`^${name}\\b`));
    },
  );
});

describe("the maps of the installed package", () => {
  const maps = readdirSync(join(library, "dist"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".map"))
    .map((name) => join(library, "dist", name));

  test("are there for each file of ours, and name sources that are there", () => {
    const files = readdirSync(join(library, "dist"), { recursive: true, encoding: "utf8" });
    const mapped = files.filter((name) => /\.(?:c?js|d\.c?ts)$/.test(name));
    expect(mapped.filter((name) => !files.includes(`${name}.map`))).toEqual([]);
    const missing = maps.flatMap((map) => {
      const { sources } = JSON.parse(readFileSync(map, "utf8")) as { sources: string[] };
      return sources.filter(
        (source) => !source.includes("node_modules") && !existsSync(join(dirname(map), source)),
      );
    });
    expect(missing).toEqual([]);
  });
});

describe("the documents of the installed package", () => {
  const documents = [
    "README.md",
    ...readdirSync(join(library, "docs/guides")).map((name) => `docs/guides/${name}`),
  ];

  test("are the README and all guides", () => {
    expect(documents.length).toBe(1 + readdirSync(join(root, "docs/guides")).length);
  });

  test.each(documents)("%s links to files that came with it", (file) => {
    const text = readFileSync(join(library, file), "utf8");
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      expect(existsSync(join(library, file, "..", target)), target).toBe(true);
    }
  });
});
