import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { createMockPaygentic } from "metered-costs/mock";
import { type MockServer, startMockServer } from "metered-costs/mock/server";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type ConsumerProject, makeConsumerProject, root } from "./built-program.ts";
import { installed, startWorker } from "./runtimes.ts";

const guide = readFileSync(join(root, "docs/guides/edge-workers.md"), "utf8");

/** The first program under a heading of the guide, as it is printed there. */
function printed(heading: string): string {
  const [, code] =
    new RegExp(`^## ${heading}\n[\\s\\S]*?\`\`\`ts\n([\\s\\S]*?)\`\`\``, "m").exec(guide) ?? [];
  if (code === undefined) throw new Error(`The guide has no program under ${heading}`);
  return code;
}

const mock = createMockPaygentic({
  costs: [
    {
      id: "cst_calls",
      type: "metered",
      name: "Calls",
      unitCost: "0.0001",
      currency: "USD",
      productId: "prod_1",
      eventType: "api.call",
      aggregation: "COUNT",
    },
  ],
});
let project: ConsumerProject;
let running: MockServer;
let environment: { readonly PAYGENTIC_API_KEY: string; readonly PAYGENTIC_BASE_URL: string };
beforeAll(async () => {
  project = makeConsumerProject();
  running = await startMockServer({ mock });
  environment = { PAYGENTIC_API_KEY: "sk_test_edge", PAYGENTIC_BASE_URL: running.url };
});
afterEach(() => {
  vi.unstubAllEnvs();
  mock.reset();
});
afterAll(async () => {
  await running?.close();
  project?.remove();
});

/** Writes a program into the project and gives its path. */
function write(file: string, code: string): string {
  const path = join(project.folder, file);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, code);
  return path;
}

describe("Cloudflare Workers", () => {
  /** Starts a worker of a program's text, and gives the response to one request. */
  async function askWorker<T>(
    name: string,
    code: string,
    ask: (url: string) => Promise<T>,
  ): Promise<T> {
    const built = await project.build(relative(root, write(`${name}.ts`, code)), "bundle");
    const { url, close } = await startWorker(project, built, environment);
    try {
      return await ask(url);
    } finally {
      await close();
    }
  }
  const askAndWait = async (url: string): Promise<string> => {
    const answer = await (await fetch(`${url}/a/b`)).text();
    await vi.waitFor(() => expect(mock.events).toHaveLength(1), 5_000);
    return answer;
  };

  test("the worker responds, and sends the event afterwards with waitUntil, retries included", async () => {
    mock.fault({ kind: "status", status: 503, retryAfter: 0, times: 2 });
    mock.fault({ kind: "delay", milliseconds: 300 });
    expect(await askWorker("printed", printed("Cloudflare Workers"), askAndWait)).toBe("ok");
    expect(mock.requests).toHaveLength(3);
    expect(mock.events[0]).toMatchObject({ type: "api.call", data: { path: "/a/b" } });
  });

  test("without waitUntil workerd ends the work with the response, so that the recipe is needed", async () => {
    const code = printed("Cloudflare Workers").replace(/^.*waitUntil: .*$/m, "");
    expect(code).not.toBe(printed("Cloudflare Workers"));
    mock.fault({ kind: "status", status: 503, retryAfter: 1, times: 1 });
    await expect(askWorker("frozen", code, askAndWait)).rejects.toThrow(/to have a length of 1/);
    expect(mock.events).toEqual([]);
  });

  test("a log is summarized as it streams in", async () => {
    const line = (tokens: number, model: string): string =>
      `${JSON.stringify({ type: "llm.completion", timestamp: "2026-06-02T00:00:00Z", data: { tokens, model } })}\n`;
    const body = line(1200, "large").repeat(3_000) + line(1, "small");
    const summary = await askWorker("local", printed("Local summaries in a worker"), async (url) =>
      (
        await fetch(`${url}/?from=2026-06-01T00:00:00Z&to=2026-07-01T00:00:00Z`, {
          method: "POST",
          body,
        })
      ).json(),
    );
    expect(summary).toMatchObject({ totalQuantity: "3600001", totalCost: "9.0000025" });
    expect(summary.groups).toMatchObject([
      { dimensions: { model: "large" }, cost: "9" },
      { dimensions: { model: "small" }, cost: "0.0000025" },
    ]);
  });

  test("each entry that the guide says runs there is loaded, and the others have no build for it", async () => {
    const [, table = ""] = /^## Which entries run there\n([\s\S]*?)\n\n[^|\n]/m.exec(guide) ?? [];
    const entriesOf = (row: RegExp): string[] =>
      table
        .split("\n")
        .filter((line) => row.test(line))
        .flatMap((line) => [
          ...(line.split("|", 2)[1]?.matchAll(/`(metered-costs[\w/-]*)`/g) ?? []),
        ])
        .map(([, name = ""]) => name);
    const [here, elsewhere] = [entriesOf(/\| yes/), entriesOf(/\| no:/)];
    const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const nameOf = (path: string): string => `metered-costs${path.slice(1)}`;
    const builtForBrowsers = Object.keys(exports).filter((path) => exports[path].import?.browser);
    const builtForServers = Object.keys(exports).filter(
      (path) => exports[path].import && !exports[path].import.browser,
    );
    // msw has handlers for browsers and for Node, none for workers.
    expect([...here, "metered-costs/msw"].sort()).toEqual(builtForBrowsers.map(nameOf).sort());
    expect(elsewhere.sort()).toEqual(builtForServers.map(nameOf).sort());
    const code = `${here.map((name, index) => `import * as entry${index} from "${name}";`).join("\n")}
      const entries = [${here.map((_, index) => `entry${index}`).join(", ")}];
      export default { fetch: async () => Response.json(entries.map((entry) => Object.keys(entry).length)) };`;
    const counts: number[] = await askWorker("entries", code, async (url) =>
      (await fetch(url)).json(),
    );
    expect(counts).toHaveLength(here.length);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });
});

describe("AWS Lambda", () => {
  /** The handler of a program's text, as Lambda loads it: once, and with the environment of the function. */
  async function handlerOf(
    name: string,
    code: string,
  ): Promise<(event?: unknown) => Promise<unknown>> {
    for (const [variable, value] of Object.entries(environment)) vi.stubEnv(variable, value);
    const built = await project.build(relative(root, write(`${name}.ts`, code)), "external");
    return (await import(pathToFileURL(built).href)).handler;
  }

  test("the event has arrived when the handler's promise resolves, retries included", async () => {
    const handler = await handlerOf("lambda", printed("AWS Lambda"));
    mock.fault({ kind: "status", status: 503, retryAfter: 0, times: 2 });
    expect(await handler()).toEqual({ statusCode: 200 });
    expect(mock.requests).toHaveLength(3);
    expect(mock.events).toMatchObject([{ type: "api.call", data: { calls: 1 } }]);
    await handler();
    expect(mock.events).toHaveLength(2);
  });

  test("an event that cannot be sent within the deadline is reported before it resolves", async () => {
    const code = printed("AWS Lambda").replace("deadline: 3_000", "deadline: 200");
    const handler = await handlerOf("outage", code);
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    mock.fault({ kind: "status", status: 503, rate: 1 });
    expect(await handler()).toEqual({ statusCode: 200 });
    expect(logged.mock.calls).toEqual([["unknown", expect.stringContaining('"calls":1')]]);
    logged.mockRestore();
  });

  test("without close the handler's promise resolves first, so that the recipe is needed", async () => {
    const code = printed("AWS Lambda").replace(/^.*queue\.close.*$/m, "");
    expect(code).not.toBe(printed("AWS Lambda"));
    const handler = await handlerOf("unclosed", code);
    mock.fault({ kind: "delay", milliseconds: 300 });
    await handler();
    expect(mock.events).toEqual([]);
    await vi.waitFor(() => expect(mock.events).toHaveLength(1), 5_000);
  });

  test("a process that is frozen with an unsent event sends it when it goes on, once and with its key", async () => {
    const code = printed("AWS Lambda").replace(/^.*queue\.close.*$/m, "");
    const file = write(
      "thawed.ts",
      `${code}await handler(); setInterval(() => {}, 1_000); console.log("responded");`,
    );
    const built = await project.build(relative(root, file), "external");
    // The first attempt is taken in and its response lost; the next one would come while the process is frozen.
    mock.fault({ kind: "status", status: 503, retryAfter: 1, times: 1 });
    mock.fault({ kind: "cut-connection", carriedOut: true, times: 1 });
    const lambda = spawn(process.execPath, [built], {
      cwd: project.folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(lambda, "exit");
    try {
      await once(lambda.stdout, "data");
      await vi.waitFor(() => expect(mock.requests).toHaveLength(1), 5_000);
      lambda.kill("SIGSTOP");
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(mock.requests).toHaveLength(1);
      lambda.kill("SIGCONT");
      await vi.waitFor(() => expect(mock.requests).toHaveLength(3), 10_000);
    } finally {
      lambda.kill("SIGKILL");
      await exited;
    }
    expect(mock.events).toHaveLength(1);
  });

  test("a consumer of a queue gives back the messages whose events were not accepted", async () => {
    const handler = await handlerOf("consumer", printed("Events that must survive an outage"));
    const message = (idempotencyKey: string, type: string) => ({
      messageId: `message-${idempotencyKey}`,
      body: JSON.stringify({
        type,
        source: "urn:example:checkout",
        subject: "cus_acme",
        idempotencyKey,
        timestamp: "2026-06-01T00:00:00Z",
        data: {},
      }),
    });
    const Records = [
      message("1", "api.call"),
      message("2", "not.metered"),
      message("3", "api.call"),
    ];
    const expected = { batchItemFailures: [{ itemIdentifier: "message-2" }] };
    expect(await handler({ Records })).toEqual(expected);
    expect(await handler({ Records }), "delivered twice").toEqual(expected);
    expect(mock.events.map(({ idempotencyKey }) => idempotencyKey).sort()).toEqual(["1", "3"]);
  });
});

/** The URL of a server that prints where it listens. */
async function printedUrl(server: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  let said = "";
  const listening = new Promise<string>((resolve, reject) => {
    for (const output of [server.stdout, server.stderr]) {
      output.setEncoding("utf8").on("data", (chunk: string) => {
        said += chunk;
        const url = /https?:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
        if (url !== undefined) resolve(url);
      });
    }
    server.once("exit", () => reject(new Error(`It ended before it listened: ${said}`)));
  });
  return listening;
}

/** Starts a server, asks it, and ends it. */
async function askServer<T>(
  folder: string,
  binary: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  ask: (url: string) => Promise<T>,
): Promise<T> {
  const { PATH = "", HOME = "" } = process.env;
  const server = spawn(binary, args, {
    cwd: folder,
    env: { PATH, HOME, NO_COLOR: "1", ...environment, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(server, "exit");
  try {
    return await ask(await printedUrl(server));
  } finally {
    server.kill();
    await exited;
  }
}

test("Deno Deploy: the event has arrived when the response has", async () => {
  const file = await project.build(
    relative(root, write("deno.ts", printed("Deno Deploy"))),
    "external",
  );
  mock.fault({ kind: "status", status: 503, retryAfter: 0, times: 1 });
  const answer = await askServer(
    project.folder,
    installed("@deno/linux-x64-glibc/deno"),
    ["run", "--no-prompt", "--cached-only", "--allow-net", "--allow-env", file],
    { DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0" },
    async (url) => {
      const text = await (await fetch(`${url}/a/b`)).text();
      expect(mock.events).toMatchObject([{ type: "api.call", data: { path: "/a/b" } }]);
      return text;
    },
  );
  expect(answer).toBe("ok");
});

describe("Next.js", () => {
  const next = installed("next/dist/bin/next");
  beforeAll(async () => {
    for (const name of ["next", "react", "react-dom", "@types/react"]) {
      mkdirSync(join(project.folder, "node_modules", name, ".."), { recursive: true });
      symlinkSync(installed(name), join(project.folder, "node_modules", name));
    }
    for (const name of ["typescript", "@types/node"]) {
      mkdirSync(join(project.folder, "node_modules", name, ".."), { recursive: true });
      symlinkSync(join(root, "node_modules", name), join(project.folder, "node_modules", name));
    }
    // Links lead out of the project, which has no folder of its own for packages of half a gigabyte.
    write("next/next.config.mjs", 'export default { turbopack: { root: "/" } };\n');
    const code = printed("Next.js on Vercel");
    write("next/app/usage/route.ts", code);
    write("next/app/edge/route.ts", `${code}export const runtime = "edge";\n`);
    const build = spawn(process.execPath, [next, "build"], {
      cwd: join(project.folder, "next"),
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" },
      stdio: ["ignore", "inherit", "inherit"],
    });
    expect(await once(build, "exit")).toEqual([0, null]);
  }, 300_000);

  test.each(["usage", "edge"])(
    "app/%s/route.ts responds before the event arrives, and after sends it, retries included",
    async (route) => {
      mock.fault({ kind: "status", status: 503, retryAfter: 0, times: 1 });
      mock.fault({ kind: "delay", milliseconds: 500 });
      await askServer(
        join(project.folder, "next"),
        process.execPath,
        [next, "start", "--hostname", "127.0.0.1", "--port", "0"],
        { NEXT_TELEMETRY_DISABLED: "1" },
        async (url) => {
          const body = JSON.stringify({ order: "order-1", calls: 3 });
          const response = await fetch(`${url}/${route}`, { method: "POST", body });
          expect(await response.json()).toEqual({ ok: true });
          expect(mock.events).toEqual([]);
          await vi.waitFor(() => expect(mock.events).toHaveLength(1), 5_000);
        },
      );
      expect(mock.events).toMatchObject([{ idempotencyKey: "order-1", data: { calls: 3 } }]);
      expect(mock.requests).toHaveLength(2);
    },
  );
});
