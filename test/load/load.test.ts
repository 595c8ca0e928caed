import { spawn } from "node:child_process";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";

const caller = fileURLToPath(new URL("caller.mjs", import.meta.url));
/** On a busy machine everything takes longer; a call without an end takes forever. */
const LENIENCY = 5_000;
const MEBIBYTE = 2 ** 20;

let close = async (): Promise<void> => undefined;
afterEach(() => close());

async function serve(answer: (response: ServerResponse) => void): Promise<string> {
  const server: Server = createServer((incoming, response) => {
    incoming.resume();
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const SERVERS: Readonly<Record<string, () => Promise<string>>> = {
  "never answers": () => serve(() => undefined),
  "answers a byte a second": () =>
    serve((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const next = setInterval(() => response.write(" "), 1_000);
      response.on("close", () => clearInterval(next));
    }),
  "is down": async () => {
    const url = await serve(() => undefined);
    await close();
    close = async () => undefined;
    return url;
  },
};

interface Told {
  readonly result: unknown;
  readonly listeners: number;
  readonly timers: number;
}

/** What a caller told, in a process that ended by itself. */
function callerTold(url: string, scenario: string): Promise<Told> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ["--expose-gc", caller, JSON.stringify({ url, scenario })],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    // It is killed, so that the test fails, and does not hang.
    const patience = setTimeout(() => child.kill("SIGKILL"), 100_000);
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(patience);
      if (code === 0) resolve(JSON.parse(said));
      else reject(new Error(`the caller ended with ${code ?? signal}, and said ${said}`));
    });
  });
}

describe.each(Object.keys(SERVERS))("a server that %s", (name) => {
  const start = SERVERS[name] as () => Promise<string>;

  test("lets every call end within its deadline, and leaves nothing behind", async () => {
    const { result, listeners, timers } = await callerTold(await start(), "calls");
    const calls = result as Record<string, { late: number; [fact: string]: unknown }>;
    for (const [call, { late }] of Object.entries(calls)) {
      expect({ call, isLate: late > LENIENCY, late }).toMatchObject({ isLate: false });
    }
    const code = name === "is down" ? "CONNECTION_FAILED" : "TIMEOUT";
    for (const call of ["get", "list", "summary", "update", "ingest"]) {
      expect([call, calls[call]]).toMatchObject([call, { code }]);
    }
    for (const call of ["ingestAll", "a queue that is flushed", "a queue of short-lived events"]) {
      expect([call, calls[call]]).toMatchObject([call, { accepted: 0, rejected: 0, unknown: 30 }]);
    }
    expect({ listeners, timers }).toEqual({ listeners: 0, timers: 0 });
  });

  test("is offered 100,000 events: 10,000 are kept, the others wait, and memory is bounded", async () => {
    const { result, timers } = await callerTold(await start(), "offer");
    const { heaps, after, ...counts } = result as { heaps: number[]; after: number };
    expect(counts).toEqual({
      added: 10_000,
      refused: 90_000,
      size: 10_000,
      closed: { accepted: 0, rejected: 0, unknown: 10_000, size: 0 },
    });
    const [full = 0] = heaps;
    const most = Math.max(...heaps);
    console.log(
      `${name}: heap ${(full / MEBIBYTE).toFixed(1)} MiB when full, at most ` +
        `${(most / MEBIBYTE).toFixed(1)} MiB, ${(after / MEBIBYTE).toFixed(1)} MiB when closed`,
    );
    expect(most).toBeLessThan(full + 8 * MEBIBYTE);
    expect(after).toBeLessThan(full);
    expect(timers).toBe(0);
  });
});

test("a process can end although its queue waits for a server that is down", async () => {
  const url = await (SERVERS["is down"] as () => Promise<string>)();
  expect((await callerTold(url, "leave")).result).toBe(30);
});
