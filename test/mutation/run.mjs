// Runs Stryker part by part, each with the tests that are there for it: `npm run test:mutation -- json retry` runs two.
// Ends with the score of each part, and fails below 90 %.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = new URL("./", import.meta.url);
const parts = JSON.parse(readFileSync(new URL("parts.json", here), "utf8"));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !parts.some((part) => part.name === name));
if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(", ")}`);

const scores = [];
for (const { name, mutate, tests } of parts) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { status } = spawnSync(
    fileURLToPath(new URL("node_modules/.bin/stryker", here)),
    [
      "run",
      "test/mutation/stryker.config.json",
      "--mutate",
      mutate.join(","),
      "--incrementalFile",
      `test/mutation/reports/${name}.incremental.json`,
    ],
    {
      cwd: fileURLToPath(new URL("../../", here)),
      stdio: "inherit",
      // A test of dates wants a place far from UTC, which a thread cannot choose for itself.
      env: { ...process.env, TZ: "Asia/Kolkata", MUTATION_TESTS: tests.join(",") },
    },
  );
  if (status !== 0) process.exitCode = 1;
  const { files } = JSON.parse(
    readFileSync(new URL(`reports/${name}.incremental.json`, here), "utf8"),
  );
  const counted = Object.entries(files)
    .filter(([, { mutants }]) => mutants.length > 0)
    .flatMap(([, { mutants }]) => mutants.map(({ status }) => status));
  const killed = counted.filter((each) => each === "Killed" || each === "Timeout").length;
  const all = counted.filter((each) => each !== "Ignored" && each !== "CompileError").length;
  scores.push(`${name}: ${killed} of ${all}, ${((100 * killed) / all).toFixed(1)} %`);
}
console.log(scores.join("\n"));
