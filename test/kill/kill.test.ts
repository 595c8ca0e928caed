import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type MockServer, startMockServer } from "metered-costs/mock/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const RUNTIMES = [
  ["better-sqlite3", process.execPath],
  ["node:sqlite", join(here, "../runtimes/node_modules/node22/bin/node")],
] as const;
const KILLS = 50;
/** What `onOutcome` does, and through how many kills events are sent so. */
const CALLBACKS = [
  ["slow", 8],
  ["rejecting", 8],
  ["never settling", 8],
] as const;
/** How many events one life is given: more than it can send before it ends, as a rule. */
const GIVEN = 550;
/** As many as a sender offers at once: behind the last that resolved, so many may have been offered, too. */
const AT_ONCE = 64;
/** Every life has some to add, however quick the machine is: it is killed when the first is added. */
const EVENTS = KILLS * (GIVEN + AT_ONCE);

const tokensOf = (n: number): number => 1 + (n % 13);
const numbersFrom = (start: number, count: number): number[] =>
  Array.from({ length: Math.max(0, Math.min(count, EVENTS - start)) }, (_, at) => start + at);

interface Life {
  readonly added: readonly number[];
  readonly stats: { readonly size: number; readonly accepted: number } | undefined;
  readonly signal: string | null;
  readonly code: number | null;
}

let server: MockServer;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "metered-costs-kill-"));
  server = await startMockServer({
    costs: [
      {
        id: "cst_tokens",
        type: "metered",
        name: "Tokens",
        unitCost: "0.001",
        currency: "USD",
        productId: "prod_1",
        eventType: "llm.completion",
        aggregation: "SUM",
        valueProperty: "$.tokens",
      },
    ],
    faults: [
      { kind: "status", status: 503, operation: "ingestEvent", rate: 0.02, seed: 1 },
      { kind: "cut-connection", carriedOut: true, operation: "ingestEvent", rate: 0.02, seed: 2 },
      { kind: "delay", milliseconds: 15, operation: "ingestEvent", rate: 0.1, seed: 3 },
    ],
  });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** One life of the sender, until it ends by itself or is killed. */
function live(
  runtime: string,
  numbers: readonly number[],
  kill: { readonly after: "start" | "first add"; readonly milliseconds: number } | undefined,
  callback?: string,
): Promise<Life> {
  return new Promise((resolve, reject) => {
    const order = {
      path: join(folder, "events.sqlite"),
      url: server.url,
      numbers,
      isLast: kill === undefined,
      callback,
    };
    const child = spawn(runtime, ["sender.mjs", JSON.stringify(order)], {
      cwd: here,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NODE_NO_WARNINGS: "1" },
    });
    const killLater = () => setTimeout(() => child.kill("SIGKILL"), kill?.milliseconds);
    const added: number[] = [];
    let stats: Life["stats"];
    if (kill?.after === "start") killLater();
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = JSON.parse(line);
      if (said.added !== undefined) added.push(said.added);
      if (added.length === 1 && kill?.after === "first add") killLater();
      if (said.stats !== undefined) stats = said.stats;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ added, stats, code, signal }));
  });
}

/** How often each event was counted, by its number. */
function timesCounted(): Map<number, number> {
  const times = new Map<number, number>();
  for (const { data } of server.mock.events) {
    const { n } = data as { n: number };
    times.set(n, (times.get(n) ?? 0) + 1);
  }
  return times;
}

/** How many of the latest requests, which are those that the server keeps, repeat the event of another one. */
function repeatedRequests(): number {
  const sent = server.mock.requests.filter(({ operation }) => operation === "ingestEvent");
  return sent.length - new Set(sent.map(({ bodyText }) => bodyText)).size;
}

describe.each(RUNTIMES)("with %s", (_, runtime) => {
  test.each(CALLBACKS)(
    "every event whose add resolved is counted once with an onOutcome that is %s, through %i kills",
    async (callback, kills) => {
      const resolved = new Set<number>();
      let next = 0;
      for (let kill = 0; kill < kills; kill++) {
        const milliseconds = Math.random() * 400;
        const order = { after: "first add", milliseconds } as const;
        const life = await live(runtime, numbersFrom(next, GIVEN), order, callback);
        expect(life).toMatchObject({ signal: "SIGKILL", code: null });
        for (const n of life.added) resolved.add(n);
        if (life.added.length > 0) next = Math.max(...life.added) + 1 + AT_ONCE;
      }
      const drain = await live(runtime, [], undefined);
      expect(drain).toMatchObject({ code: 0, stats: { size: 0 } });
      const times = timesCounted();
      expect([...resolved].filter((n) => times.get(n) !== 1)).toEqual([]);
      expect(resolved.size).toBeGreaterThan(100);
    },
  );

  test(`every event whose add resolved is counted once, through ${KILLS} kills`, async () => {
    const resolved = new Set<number>();
    let next = 0;
    let midway = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const life = await live(
        runtime,
        numbersFrom(next, GIVEN),
        kill % 5 === 4
          ? { after: "start", milliseconds: Math.random() * 400 }
          : { after: "first add", milliseconds: Math.random() * 400 },
      );
      expect(life).toMatchObject({ signal: "SIGKILL", code: null });
      for (const n of life.added) resolved.add(n);
      if (life.added.length > 0) next = Math.max(...life.added) + 1 + AT_ONCE;
      const counted = new Set(server.mock.events.map(({ data }) => (data as { n: number }).n));
      if ([...resolved].some((n) => !counted.has(n))) midway++;
    }

    // What the kills left behind is sent by a process that adds nothing.
    const drain = await live(runtime, [], undefined);
    expect(drain).toMatchObject({ code: 0, stats: { size: 0 } });
    const times = timesCounted();
    const addedAndNotOnce = [...resolved].filter((n) => times.get(n) !== 1);
    expect(addedAndNotOnce).toEqual([]);
    console.log(
      `${resolved.size} adds resolved in ${KILLS} lives, ${midway} of which ended with some unsent; ` +
        `${server.mock.events.length} events, ${repeatedRequests()} repeated requests among the latest`,
    );
    // Else nothing was tried.
    expect(resolved.size).toBeGreaterThan(EVENTS / 10);
    expect(midway).toBeGreaterThan(KILLS / 5);

    // The caller adds the others again, with the same keys.
    const others = numbersFrom(0, EVENTS).filter((n) => !resolved.has(n));
    const last = await live(runtime, others, undefined);
    expect(last).toMatchObject({ code: 0, stats: { size: 0 } });
    // Else nothing was sent twice, and that each counts once says little.
    expect(repeatedRequests()).toBeGreaterThan(0);
    const response = await fetch(
      `${server.url}/v0/costs/cst_tokens/summary?from=2026-06-01T00:00:00Z&to=2026-07-01T00:00:00Z`,
      { headers: { authorization: "Bearer sk_test_1" } },
    );
    const expected = numbersFrom(0, EVENTS).reduce((sum, n) => sum + tokensOf(n), 0);
    expect(await response.json()).toMatchObject({ totalQuantity: expected });
    expect(server.mock.events).toHaveLength(EVENTS);
  });
});
