// Runs Stryker part by part, each with the tests that are there for it: `npm run test:mutation -- json retry` runs two,
// `npm run test:mutation -- summary` all whose names begin with `summary/`. What stands from the first option on goes
// to Stryker: `-- json --concurrency 1`. Ends with the score of each part, and fails when one is below 85 %.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = new URL("./", import.meta.url);
const parts = JSON.parse(readFileSync(new URL("parts.json", here), "utf8"));
const root = fileURLToPath(new URL("../../", here));
const listed = parts.flatMap(({ mutate }) => mutate);
/**
 * Folders of which every file with code in it is in a part. Not `delivery/sqlite`: its tests run it in processes of their
 * own, which Stryker does not see.
 */
const covered = ["summary", "engine", "reconcile", "delivery"].flatMap((folder) =>
  readdirSync(`${root}src/${folder}`, { recursive: true })
    .filter((file) => file.endsWith(".ts") && !/^sqlite\/|(?:^|\/)(?:index|result)\.ts$/.test(file))
    .map((file) => `src/${folder}/${file}`),
);
const astray = [
  ...covered.filter((file) => !listed.includes(file)),
  ...parts
    .flatMap(({ mutate, tests }) => [...mutate, ...tests])
    .filter((file) => !existsSync(root + file)),
];
if (astray.length > 0) throw new Error(`in no part, or no file: ${astray.join(", ")}`);

const words = process.argv.slice(2);
const firstOption = words.findIndex((word) => word.startsWith("-"));
const names = firstOption === -1 ? words : words.slice(0, firstOption);
const options = firstOption === -1 ? [] : words.slice(firstOption);

const isCalled = (part, name) => part.name === name || part.name.startsWith(`${name}/`);
const unknown = names.filter((name) => !parts.some((part) => isCalled(part, name)));
if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(", ")}`);
const wanted = parts.filter(
  (part) => names.length === 0 || names.some((name) => isCalled(part, name)),
);

const scores = [];
for (const { name, mutate, tests } of wanted) {
  const known = `reports/${name.replaceAll("/", "-")}.incremental.json`;
  const { status } = spawnSync(
    fileURLToPath(new URL("node_modules/.bin/stryker", here)),
    [
      ...["run", "test/mutation/stryker.config.json", "--mutate", mutate.join(",")],
      ...["--incrementalFile", `test/mutation/${known}`, ...options],
    ],
    {
      cwd: root,
      stdio: "inherit",
      // A test of dates wants a place far from UTC, which a thread cannot choose for itself.
      env: { ...process.env, TZ: "Asia/Kolkata", MUTATION_TESTS: tests.join(",") },
    },
  );
  if (status !== 0) process.exitCode = 1;
  const { files } = JSON.parse(readFileSync(new URL(known, here), "utf8"));
  const counted = Object.values(files).flatMap(({ mutants }) => mutants.map((each) => each.status));
  const killed = counted.filter((each) => each === "Killed" || each === "Timeout").length;
  const all = counted.filter((each) => each !== "Ignored" && each !== "CompileError").length;
  scores.push(`${name}: ${killed} of ${all}, ${((100 * killed) / all).toFixed(1)} %`);
}
console.log(scores.join("\n"));
