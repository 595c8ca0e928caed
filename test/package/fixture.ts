import { execFileSync, type SpawnSyncReturns, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));
/** A project that uses the packed library, with its tools installed. */
export const consumer = join(root, "test/package/consumer");

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

/** The packages that come with the library, each once. */
export function dependenciesOf(manifest: string, found = new Set<string>()): Set<string> {
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, "utf8")) as {
    dependencies?: Record<string, string>;
  };
  for (const name of Object.keys(dependencies).filter((each) => !found.has(each))) {
    found.add(name);
    dependenciesOf(join(root, "node_modules", name, "package.json"), found);
  }
  return found;
}

/** Puts the packed library and what comes with it among the packages of a project, without a registry. */
export function installLibrary(project: string): void {
  const modules = join(project, "node_modules");
  const library = join(modules, "metered-costs");
  rmSync(library, { recursive: true, force: true });
  mkdirSync(library, { recursive: true });
  const tarball = pack(modules);
  run(library, "tar", "-xzf", tarball, "--strip-components=1");
  rmSync(tarball);
  for (const name of dependenciesOf(join(library, "package.json"))) {
    cpSync(join(root, "node_modules", name), join(modules, name), { recursive: true });
  }
}
