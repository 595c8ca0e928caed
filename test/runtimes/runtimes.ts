import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { type ConsumerProject, root } from "./built-program.ts";
import { launchChromium } from "./chromium.ts";
import type { Outcomes } from "./program.ts";
import { startStage } from "./stage-server.ts";
import { openUntilDone, strictPage } from "./strict-page.ts";

/** Something that the library runs in. */
export interface Runtime {
  readonly name: string;
  /** Runs the whole program in it. */
  readonly run: (project: ConsumerProject) => Promise<Outcomes>;
}

/** Where a package of this suite is. */
export const installed = (path: string): string => join(root, "test/runtimes/node_modules", path);

/** A runtime that is told what to run on its command line. */
export interface CommandLine {
  readonly name: string;
  /** Runs a built file with one argument. Gives what it prints, as JSON. It may talk to these hosts, or to loopback. */
  readonly execute: (
    project: ConsumerProject,
    file: string,
    argument?: string,
    hosts?: readonly string[],
  ) => Promise<unknown>;
}

function commandLine(
  name: string,
  binary: string,
  options: (hosts: readonly string[]) => readonly string[] = () => [],
): CommandLine {
  return {
    name,
    execute: async (project, file, argument = "", hosts = ["127.0.0.1"]) => {
      const { PATH, HOME } = process.env;
      const { stdout } = await promisify(execFile)(
        installed(binary),
        [...options(hosts), file, argument],
        { cwd: project.folder, env: { PATH, HOME, NO_COLOR: "1" }, timeout: 60_000 },
      );
      return JSON.parse(stdout);
    },
  };
}

/** Every runtime that has a command line. */
export const COMMAND_LINES: readonly CommandLine[] = [
  ...[20, 22, 24, 26].map((version) => commandLine(`Node ${version}`, `node${version}/bin/node`)),
  commandLine("Bun", "@oven/bun-linux-x64/bin/bun", () => ["run"]),
  // It may talk to these hosts and do nothing else: no environment, no files.
  commandLine("Deno", "@deno/linux-x64-glibc/deno", (hosts) => [
    "run",
    "--no-prompt",
    "--cached-only",
    `--allow-net=${hosts.join(",")}`,
  ]),
];

const onCommandLine = ({ name, execute }: CommandLine): Runtime => ({
  name,
  run: async (project) => {
    const program = await project.build("test/runtimes/in-process.ts", "external");
    const { place, close } = await startStage();
    const hosts = [place.baseUrl, place.control].map((url) => new URL(url).host);
    try {
      return (await execute(project, program, JSON.stringify(place), hosts)) as Outcomes;
    } finally {
      await close();
    }
  },
});

/** Starts a worker of one module and gives the URL where it listens. It may reach loopback. */
export async function startWorker(
  project: ConsumerProject,
  module: string,
  bindings: Readonly<Record<string, string>> = {},
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const config = join(project.folder, `${basename(module, ".js")}.capnp`);
  const texts = Object.entries(bindings).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  );
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [
        (name = "worker", worker = (
          modules = [(name = "worker", esModule = embed "${basename(module)}")],
          compatibilityDate = "2026-06-01",
          bindings = [${texts.join(", ")}],
        )),
        (name = "internet", network = (allow = ["local", "private"])),
      ],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
    );`,
  );
  const binary = installed("@cloudflare/workerd-linux-64/bin/workerd");
  const worker = spawn(binary, ["serve", config, "--control-fd=3"], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const exited = once(worker, "exit");
  const listening = async (): Promise<string> => {
    let said = "";
    for await (const chunk of worker.stdio[3] as Readable) {
      said += chunk;
      const port = /"event":"listen","socket":"http","port":(\d+)/.exec(said)?.[1];
      if (port !== undefined) return `http://127.0.0.1:${port}`;
    }
    throw new Error(`workerd ended before it listened: ${said}`);
  };
  const close = async (): Promise<void> => {
    worker.kill();
    await exited;
  };
  try {
    return { url: await listening(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

const workerd: Runtime = {
  name: "workerd",
  run: async (project) => {
    const module = await project.build("test/runtimes/in-worker.ts", "bundle");
    const stage = await startStage();
    const worker = await startWorker(project, module);
    try {
      const body = JSON.stringify(stage.place);
      const response = await fetch(worker.url, { method: "POST", body });
      return (await response.json()) as Outcomes;
    } finally {
      await worker.close();
      await stage.close();
    }
  },
};

const chromium: Runtime = {
  name: "Chromium",
  run: async (project) => {
    const script = await project.build("test/runtimes/in-page.ts", "bundle");
    const stage = await startStage({
      "/": strictPage("/in-page.js"),
      "/in-page.js": { type: "text/javascript", content: readFileSync(script, "utf8") },
    });
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const complaints = await openUntilDone(page, `${stage.origin}/`);
      if (complaints.length > 0) throw new Error(complaints.join("\n"));
      return await page.evaluate(() => (window as unknown as { outcomes: Outcomes }).outcomes);
    } finally {
      await browser.close();
      await stage.close();
    }
  },
};

/** Every runtime that the library promises to run in. */
export const RUNTIMES: readonly Runtime[] = [
  ...COMMAND_LINES.map(onCommandLine),
  workerd,
  chromium,
];
