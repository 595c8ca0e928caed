/**
 * `npm run bench`: all sections, saved as `results/latest.md` and `.json`; with `--release` also as `results/VERSION.md`,
 * which is committed. `npm run bench -- NAME...`: only these, shown and not saved. `--smoke`: a hundredth of the events,
 * no contestant that needs a package of `bench/`, no limits.
 * Ends with 1 when a cell of ours is wrong, a limit is missed, or a section fails.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { heading, isGood, markdown, type SectionResult } from "./report.ts";
import type { Section, Workload } from "./section.ts";
import { SECTIONS, sectionOf } from "./sections.ts";

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

/**
 * Without what Node itself reads of it: with NODE_EXTRA_CA_CERTS set, each process parses every certificate at its start,
 * which takes as long as all the rest of the start.
 */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith("NODE_")),
);

async function run({ name, title }: Section, workload: Workload): Promise<SectionResult> {
  const child = fork(pathOf("./run-section.js"), [name, JSON.stringify(workload)], {
    execArgv: ["--expose-gc"],
    env: environment,
  });
  let result: SectionResult = { name, title, measurements: [], limits: [] };
  child.once("message", (message) => {
    result = message as SectionResult;
  });
  await once(child, "close");
  return result;
}

const { values, positionals } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    release: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
if (values.release && (values.smoke || positionals.length > 0)) {
  throw new Error("--release saves the results of all sections: give neither names nor --smoke.");
}
const named = positionals.length === 0 ? SECTIONS : positionals.map(sectionOf);
const sections = values.smoke ? named.filter(({ needsPackages }) => !needsPackages) : named;
const folder = await mkdtemp(join(tmpdir(), "metered-costs-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true }));
process.once("SIGINT", () => process.exit(1));
process.once("SIGTERM", () => process.exit(1));

// Made first: a run of half an hour must not end with nowhere to save it.
mkdirSync(pathOf("../results"), { recursive: true });
const results: SectionResult[] = [];
for (const section of sections) {
  const result = await run(section, { folder, isSmoke: values.smoke });
  results.push(result);
  console.log(`\n${markdown(result)}`);
}
if (named === SECTIONS && !values.smoke) {
  const report = [heading(pathOf("../package.json")), ...results.map(markdown)].join("\n");
  await writeFile(pathOf("../results/latest.md"), report);
  await writeFile(pathOf("../results/latest.json"), JSON.stringify(results, null, 2));
  if (values.release) {
    const { version } = JSON.parse(readFileSync(pathOf("../../package.json"), "utf8"));
    await writeFile(pathOf(`../results/${version}.md`), report);
  }
}
const bad = results.filter((result) => !isGood(result)).map(({ name }) => name);
if (bad.length > 0) {
  console.error(`Failed, wrong, or slower than its limit: ${bad.join(", ")}`);
  process.exitCode = 1;
}
