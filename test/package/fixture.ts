import { execFileSync, type SpawnSyncReturns, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** What a program prints; throws when it fails. */
export function run(cwd: string, command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** What a program prints, whether it fails or not. */
export function tried(cwd: string, command: string, ...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(command, args, { cwd, encoding: "utf8" });
}

/** Packs the library as it is built; the path of the tarball. */
export function pack(folder: string): string {
  const packed = run(
    root,
    "npm",
    "pack",
    "--ignore-scripts",
    "--json",
    "--pack-destination",
    folder,
  );
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  return join(folder, filename);
}

/** A project with its tools as its lock has them, and the packed library among them; its folder. */
export function fixture(name: string): string {
  const folder = join(root, "test/package/fixtures", name);
  run(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
  const modules = join(folder, "node_modules");
  const library = join(modules, "metered-costs");
  mkdirSync(library);
  const tarball = pack(modules);
  run(library, "tar", "-xzf", tarball, "--strip-components=1");
  rmSync(tarball);
  cpSync(join(root, "node_modules/decimal.js"), join(modules, "decimal.js"), { recursive: true });
  return folder;
}
