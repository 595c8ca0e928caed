// `npm run release:check`: everything that a release needs, or what is still missing. Before the version is tagged, and
// with `--tag v1.2.3` in the workflow that the tag starts.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { prepare } from "./prepare.ts";
import { type ReleaseFacts, releaseProblems } from "./release-problems.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const tools = "test/package/consumer";

function output(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: root, encoding: "utf8" }).trim();
}
function run(command: string, ...args: string[]): void {
  console.log(`\n$ ${[command, ...args].join(" ")}`);
  execFileSync(command, args, { cwd: root, stdio: "inherit" });
}

const { values } = parseArgs({ options: { tag: { type: "string" } } });
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const facts: ReleaseFacts = {
  manifest,
  hasBenchResults: existsSync(join(root, `bench/results/${manifest.version}.md`)),
  changelog: readFileSync(join(root, "CHANGELOG.md"), "utf8"),
  tags: output("git", "tag", "--list").split("\n"),
  changedFiles: output("git", "status", "--porcelain").split("\n").filter(Boolean),
  startedBy: values.tag,
};
const problems = releaseProblems(facts);
if (problems.length > 0) {
  console.error(`${facts.manifest.version} is not ready:\n- ${problems.join("\n- ")}`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), "metered-costs-release-"));
try {
  run("npm", "run", "size"); // builds, too
  run("npx", "publint", "--strict", "--pack", "false");
  run("npm", "pack", "--ignore-scripts", "--pack-destination", folder);
  prepare([tools]);
  const tarball = join(folder, `metered-costs-${facts.manifest.version}.tgz`);
  run(
    process.execPath,
    `${tools}/node_modules/@arethetypeswrong/cli/dist/index.js`,
    tarball,
    "--profile",
    "node16",
  );
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`\n${facts.manifest.version} is ready.`);
