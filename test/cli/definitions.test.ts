import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { afterAll, describe, expect, test } from "vitest";
import { completionScript, placesOf } from "../../src/cli/completion.ts";
import { createProgram } from "../../src/cli/program.ts";

const program = createProgram("0.1.0");
const folder = mkdtempSync(join(tmpdir(), "metered-costs-completion-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "june.ndjson"), "");
for (const shell of ["bash", "zsh", "fish"] as const) {
  writeFileSync(join(folder, shell), completionScript(program, shell));
}

function run(shell: string, script: string): string[] {
  const { stdout, stderr, status } = spawnSync(shell, ["-c", script], {
    cwd: folder,
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.split("\n").filter((line) => line !== "");
}
/** What a shell offers for the last word of a line. */
const OFFERS: Readonly<Record<string, (line: string) => string[]>> = {
  bash: (line) => {
    const words = line.split(" ").map((word) => `'${word}'`);
    return run(
      "bash",
      `source ./bash; COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _metered_costs; printf '%s\\n' "\${COMPREPLY[@]}"`,
    );
  },
  fish: (line) =>
    run("fish", `source ./fish; complete -C '${line}'`).map((offer) => offer.split("\t")[0] ?? ""),
};

describe.each(Object.keys(OFFERS))("in %s", (shell) => {
  const offers = OFFERS[shell] as (line: string) => string[];

  test("commands, options, values and files are completed", () => {
    expect(offers("metered-costs re").sort()).toEqual(["reconcile", "report"]);
    expect(
      offers("metered-costs costs ")
        .filter((name) => /^[a-z]+$/.test(name))
        .sort(),
    ).toEqual([...["create", "delete", "get", "list", "update"]]);
    expect(offers("metered-costs summary --group")).toEqual(["--group-by"]);
    expect(offers("metered-costs costs list --mer")).toEqual(["--merchant"]);
    expect(offers("metered-costs summary --window ")).toEqual(
      expect.arrayContaining(["MINUTE", "HOUR", "DAY"]),
    );
    expect(offers("metered-costs completion z")).toEqual(["zsh"]);
    expect(offers("metered-costs summary ju")).toEqual(["june.ndjson"]);
    expect(offers("metered-costs summary --cost ju")).toEqual(["june.ndjson"]);
  });
});

test("zsh takes the script, which has every option of every command", () => {
  expect(
    run(
      "zsh",
      "autoload -U compinit; compinit -D -u; source ./zsh; whence -w _metered_costs; echo $_comps[metered-costs]",
    ),
  ).toEqual(["_metered_costs: function", "_metered_costs"]);
  const script = completionScript(program, "zsh");
  for (const { command } of placesOf(program)) {
    for (const { long, short } of command.options) expect(script).toContain(`*${long ?? short}[`);
  }
});

function helpOf(command: Command): string {
  let help = "";
  command
    .configureHelp({ helpWidth: 96 })
    .configureOutput({
      writeOut: (text) => {
        help += text;
      },
      getOutHasColors: () => false,
    })
    .outputHelp();
  return help.trimEnd();
}

test("the reference in the documentation is made of the same definitions", async () => {
  const page = [
    "# Reference of the command line",
    "",
    "What `npx metered-costs COMMAND --help` prints. The guide [The command line](command-line.md) explains files, formats",
    "and exit codes. This page is generated from the definitions of the commands; a test keeps it equal to them.",
    "",
    ...[
      { names: [] as readonly string[], command: program as Command },
      ...placesOf(program),
    ].flatMap(({ names, command }) => [
      `## ${["metered-costs", ...names].join(" ")}`,
      "",
      "```text",
      helpOf(command),
      "```",
      "",
    ]),
  ].join("\n");
  // `npx vitest run --project cli test/cli/definitions.test.ts -u` writes it anew.
  await expect(page).toMatchFileSnapshot("../../docs/guides/command-line-reference.md");
});
