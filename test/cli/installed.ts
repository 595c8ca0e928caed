import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { pack, root, run } from "../package/fixture.ts";

/** Each Node that the command line supports. */
export const NODES = ["20", "22", "24"].map(
  (version) => [version, join(root, `test/runtimes/node_modules/node${version}/bin/node`)] as const,
);

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project with the packed package installed, as its users have it. */
export function installPackage() {
  const folder = mkdtempSync(join(tmpdir(), "metered-costs-cli-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "package.json"), '{ "name": "user", "type": "module" }');
  const tarball = pack(folder);
  run(folder, "npm", "install", "--no-audit", "--no-fund", "--prefer-offline", tarball);
  mkdirSync(join(folder, "logs"));
  const program = join(folder, "node_modules/metered-costs/dist/cli.js");
  const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "" };
  const outcomeOf = ({ status, stdout, stderr }: SpawnSyncReturns<string>): Outcome => ({
    status,
    stdout,
    stderr,
  });
  return {
    folder,
    program,
    env,
    /** Writes a file into the project and gives its name. */
    write(name: string, content: string | Uint8Array): string {
      writeFileSync(join(folder, name), content);
      return name;
    },
    /** Runs the command line to its end. */
    call(
      args: readonly string[],
      options: { readonly input?: string; readonly node?: string; readonly env?: object } = {},
    ): Outcome {
      const { input = "", node = process.execPath } = options;
      return outcomeOf(
        spawnSync(node, [program, ...args], {
          cwd: folder,
          encoding: "utf8",
          input,
          env: { ...env, ...options.env },
          timeout: 60_000,
        }),
      );
    },
    npx(args: readonly string[]): Outcome {
      return outcomeOf(
        spawnSync("npx", ["--no-install", "metered-costs", ...args], {
          cwd: folder,
          encoding: "utf8",
          env,
          timeout: 60_000,
        }),
      );
    },
  };
}
