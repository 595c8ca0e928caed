import { execFileSync, fork } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type MockServer, startMockServer } from "metered-costs/mock/server";
import { afterAll, beforeAll, expect, test } from "vitest";

const VERSIONS = "/usr/lib/postgresql";
const sender = fileURLToPath(new URL("postgres-sender.ts", import.meta.url));
const LEASE = 3_000;

let folder: string;
let database: string;
let server: MockServer;

/** Runs a program of Postgres, which does not run as root. */
function postgres(program: string, ...args: string[]): void {
  const [version = ""] = readdirSync(VERSIONS);
  const path = join(VERSIONS, version, "bin", program);
  const isRoot = process.getuid?.() === 0;
  const [command, given] = isRoot
    ? ["runuser", ["-u", "postgres", "--", path, ...args]]
    : [path, args];
  execFileSync(command as string, given as string[], {
    cwd: "/",
    stdio: ["ignore", "ignore", "inherit"],
  });
}

beforeAll(async () => {
  if (!existsSync(VERSIONS)) {
    execFileSync("apt-get", ["update", "-qq"]);
    execFileSync("apt-get", ["install", "-y", "-qq", "postgresql"]);
  }
  folder = mkdtempSync(join(tmpdir(), "metered-costs-postgres-"));
  chmodSync(folder, 0o777);
  const data = join(folder, "data");
  postgres("initdb", "--auth=trust", "--username=test", `--pgdata=${data}`);
  const port = 20_000 + (process.pid % 20_000);
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder}`;
  postgres(
    "pg_ctl",
    "start",
    "--wait",
    `--pgdata=${data}`,
    `--log=${join(folder, "log")}`,
    `--options=${options}`,
  );
  database = `postgresql://test@127.0.0.1:${port}/postgres`;
  server = await startMockServer({
    costs: [
      {
        id: "cst_requests",
        type: "metered",
        name: "Requests",
        unitCost: "0.001",
        currency: "USD",
        productId: "prod_1",
        eventType: "llm.completion",
        aggregation: "COUNT",
      },
    ],
  });
}, 120_000);
afterAll(async () => {
  await server.close();
  postgres("pg_ctl", "stop", "--mode=immediate", `--pgdata=${join(folder, "data")}`);
  rmSync(folder, { recursive: true });
});

interface Life {
  readonly added: readonly number[];
  readonly stats: { readonly size: number } | undefined;
}

/** One process that sends events, until it ends by itself or is killed after so many adds. */
function live(numbers: readonly number[], killAfter?: number): Promise<Life> {
  return new Promise((resolve, reject) => {
    const order = { database, url: server.url, numbers, isLast: killAfter === undefined };
    const child = fork(sender, [JSON.stringify(order)], { execArgv: ["--import", "tsx"] });
    const added: number[] = [];
    let stats: Life["stats"];
    child.on("message", (said: { added?: number; stats?: { size: number } }) => {
      if (said.added !== undefined) added.push(said.added);
      if (said.stats !== undefined) stats = said.stats;
      if (added.length === killAfter) child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("exit", () => resolve({ added, stats }));
  });
}
const numbersFrom = (start: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => start + at);

test("several processes share one Postgres; the events of those that were killed go to the next one", async () => {
  const lives = await Promise.all([
    live(numbersFrom(0, 400), 200),
    live(numbersFrom(1_000, 400), 300),
    live(numbersFrom(2_000, 200)),
  ]);
  expect(lives[2]).toMatchObject({ stats: { size: 0 } });
  // Not before the leases of the dead have ended.
  await new Promise((done) => setTimeout(done, LEASE + 500));
  expect(await live([])).toMatchObject({ stats: { size: 0 } });

  const added = lives.flatMap((life) => life.added);
  expect(added.length).toBeGreaterThanOrEqual(700);
  const counted = server.mock.events.map(({ data }) => (data as { n: number }).n);
  expect(new Set(counted).size).toBe(counted.length);
  expect(added.filter((n) => !counted.includes(n))).toEqual([]);
});
