import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A project of its own, with the packed library installed. */
export interface ConsumerProject {
  readonly folder: string;
  /** Builds one of our files into it and gives the path: with all that it imports, or with the packages left outside. */
  readonly build: (file: string, packages: "bundle" | "external") => Promise<string>;
  readonly remove: () => void;
}

/** Packs the built library and installs it, as its users do. */
export function makeConsumerProject(): ConsumerProject {
  const folder = mkdtempSync(join(tmpdir(), "metered-costs-runtimes-"));
  const npm = (cwd: string, ...args: string[]): string =>
    execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const packed = npm(root, "pack", "--ignore-scripts", "--json", "--pack-destination", folder);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  writeFileSync(join(folder, "package.json"), '{ "name": "consumer", "type": "module" }');
  npm(folder, "install", "--no-audit", "--no-fund", "--prefer-offline", join(folder, filename));
  return {
    folder,
    build: async (file, packages) => {
      const outfile = join(folder, file.replace(/^.*\//, "").replace(/\.ts$/, ".js"));
      await build({
        entryPoints: [join(root, file)],
        outfile,
        bundle: true,
        format: "esm",
        target: "es2022",
        // Where nothing is said, resolution would follow our own tsconfig to the sources.
        tsconfigRaw: {},
        nodePaths: [join(folder, "node_modules"), join(root, "node_modules")],
        conditions: ["import", "browser"],
        packages,
        logLevel: "error",
      });
      return outfile;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
