// Makes or installs what a suite or an example needs, unless it is there: `tsx scripts/prepare.ts dist test chromium`.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Folders with a package.json of their own; CONTRIBUTING says why. */
const PACKAGES = [
  "test",
  "test/ai/packages",
  "test/clickhouse",
  "test/mutation",
  "test/package/consumer",
  "test/runtimes",
  "bench",
  "examples",
] as const;
type Folder = (typeof PACKAGES)[number];
/** Packages whose install script is run, and where they are: a native addon, compiled where none is at hand. */
const ADDONS = { "better-sqlite3": "test" } as const satisfies Record<string, Folder>;
/** Folders whose packages fetch a native library when they are installed. */
const WITH_SCRIPTS: readonly Folder[] = ["test/clickhouse", "bench"];
type Addon = keyof typeof ADDONS;
const PROGRAMS = ["chromium", "curl", "gcc", "zsh", "fish"] as const;
const isProgram = (name: Preparation): name is (typeof PROGRAMS)[number] =>
  PROGRAMS.some((program) => program === name);

/** What can be asked for: the built package or site, the packages of a folder, a native addon, or a program of Debian's. */
export type Preparation = "dist" | "site" | Folder | Addon | (typeof PROGRAMS)[number];

/** Makes or installs each of these, unless it is there and newer than what it is made from. */
export function prepare(preparations: readonly Preparation[]): void {
  for (const name of preparations) {
    if (name === "dist") build();
    else if (name === "site") buildSite();
    else if (isProgram(name)) installProgram(name);
    else if (name === "better-sqlite3") buildAddon(name);
    else installPackages(name);
  }
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
}

/** Runs `make` unless the stamp of its last success is at least as new as its sources. */
function unlessFresh(stamp: string, sources: readonly string[], make: () => void): void {
  const made = statSync(join(root, stamp), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (sources.every((source) => newestIn(join(root, source)) <= made)) return;
  const started = new Date();
  make();
  mkdirSync(join(root, stamp, ".."), { recursive: true });
  writeFileSync(join(root, stamp), "");
  utimesSync(join(root, stamp), started, started);
}

function newestIn(path: string): number {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  const files = readdirSync(path, { recursive: true, encoding: "utf8" });
  return Math.max(mtimeMs, ...files.map((file) => statSync(join(path, file)).mtimeMs));
}

function build(): void {
  const stamp = "dist/.built";
  const settings = ["tsup.config.ts", "package.json", "package-lock.json"];
  const sources = ["src", "generated", "scripts/declaration-maps.ts", ...settings];
  unlessFresh(stamp, sources, () => run("npm", "run", "--silent", "build"));
}

function buildSite(): void {
  const pages = ["docs/index.md", "docs/guides", "docs/decisions", "docs/images"];
  const settings = ["docs/.vitepress/config.ts", "docs/typedoc.json", "test/package-lock.json"];
  unlessFresh("docs/.vitepress/dist/.built", ["src", ...pages, ...settings], () =>
    run("npm", "run", "--silent", "docs"),
  );
}

function installPackages(folder: Folder): void {
  const stamp = `${folder}/node_modules/.prepared`;
  unlessFresh(stamp, [`${folder}/package-lock.json`], () => {
    const scripts = WITH_SCRIPTS.includes(folder) ? [] : ["--ignore-scripts"];
    run("npm", "ci", "--prefix", folder, ...scripts, "--no-audit", "--no-fund");
  });
}

function buildAddon(name: Addon): void {
  const folder = ADDONS[name];
  installPackages(folder);
  unlessFresh(`${folder}/node_modules/${name}/.prepared`, [`${folder}/package-lock.json`], () =>
    run("npm", "rebuild", "--prefix", folder, name),
  );
}

function installProgram(name: string): void {
  if (spawnSync(name, ["--version"]).error === undefined) return;
  run("apt-get", "update", "-qq");
  // The compiler's own package only recommends the headers.
  const packages = name === "gcc" ? [name, "libc6-dev"] : [name];
  run("apt-get", "install", "-y", "-qq", ...packages);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const known = ["dist", "site", ...PROGRAMS, ...PACKAGES, ...Object.keys(ADDONS)];
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !known.includes(name));
  if (names.length === 0 || unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(", ") || "nothing given"}. Known: ${known.join(", ")}.`);
    process.exit(1);
  }
  prepare(names as Preparation[]);
}
