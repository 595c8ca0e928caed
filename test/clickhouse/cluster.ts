import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type ClickHouseClient, createClient } from "@clickhouse/client";

/** The database of every node, and the cluster whose shards the nodes are. */
export const DATABASE = "usage";
export const CLUSTER = "all_nodes";
/** A cluster in which every node is said to have the same rows. */
export const COPIES = "copies";
/** Clickhouse-local has no command that only serves: it sleeps instead. */
const SERVE = `SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP;
SELECT sleepEachRow(1) FROM numbers(1000000)
SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0, max_execution_time = 0 FORMAT Null`;

/** A ClickHouse server in a process of its own. */
export interface ClusterNode {
  readonly url: string;
  readonly client: ClickHouseClient;
  /** Kills the process, as when a machine loses power. */
  kill(): Promise<void>;
}

/** ClickHouse servers that know each other, over TCP and HTTP on loopback. */
export interface Cluster {
  readonly nodes: readonly ClusterNode[];
  /** The client of the first node, which every query of a test goes to. */
  readonly client: ClickHouseClient;
  /** Ends all processes and removes their files. */
  stop(): Promise<void>;
}

/** Where a cluster finds what its nodes are made of, and where they keep their files. */
export interface ClusterFiles {
  /** Where npm installed chDB; `test/clickhouse/node_modules` unless said. */
  readonly packages?: URL;
  /** The source of the nodes' program; the one beside this file unless said. */
  readonly server?: URL;
  /** A folder for the nodes' own files; the system's for temporary files unless said. */
  readonly folder?: string;
}

/** The native library of chDB that npm installed for this platform. */
function libraryPath(packages: URL): string {
  const folder = fileURLToPath(new URL("@chdb", packages));
  const [found] = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith("libchdb.so"),
  );
  if (found === undefined) throw new Error(`There is no libchdb.so in ${folder}`);
  return join(folder, found);
}

/** Ports that are free now; all are held until the last is chosen. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  for (const server of servers) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) {
    server.close();
    await once(server, "close");
  }
  return ports;
}

async function kill(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  process.kill("SIGKILL");
  await once(process, "exit");
}

/** Starts the nodes, each a shard of one cluster. They end with this process, however it ends. */
export async function startCluster(
  count = 3,
  {
    packages = new URL("node_modules/", import.meta.url),
    server = new URL("server.c", import.meta.url),
    folder: parent = tmpdir(),
  }: ClusterFiles = {},
): Promise<Cluster> {
  const library = libraryPath(packages);
  const folder = mkdtempSync(join(parent, "metered-costs-cluster-"));
  const program = join(folder, "server");
  const compiled = ["-O1", "-pthread", "-o", program, fileURLToPath(server), "-ldl"];
  execFileSync("gcc", compiled, { stdio: "inherit" });
  const ports = await freePorts(2 * count);
  const tcpPorts = ports.slice(0, count);
  const shards = tcpPorts.map(
    (port) => `<shard><replica><host>127.0.0.1</host><port>${port}</port></replica></shard>`,
  );
  const replicas = shards.map((shard) => shard.replace(/<\/?shard>/g, ""));
  const config = join(folder, "config.xml");
  writeFileSync(
    config,
    `<clickhouse>
  <query_log><database>system</database><table>query_log</table></query_log>
  <remote_servers>
    <${CLUSTER}>${shards.join("")}</${CLUSTER}>
    <${COPIES}><shard>${replicas.join("")}</shard></${COPIES}>
  </remote_servers>
</clickhouse>`,
  );

  const processes: ChildProcess[] = [];
  const start = async (tcpPort: number, httpPort: number): Promise<ClusterNode> => {
    const log = join(folder, `${tcpPort}.log`);
    const output = openSync(log, "w");
    const path = join(folder, String(tcpPort));
    const process = spawn(
      program,
      [
        library,
        ...[`--config-file=${config}`, `--path=${path}`, "--listen_host=127.0.0.1"],
        ...[`--tcp_port=${tcpPort}`, `--http_port=${httpPort}`, "--multiquery", "--query", SERVE],
      ],
      { stdio: ["ignore", output, output, "pipe"] },
    );
    processes.push(process);
    const url = `http://127.0.0.1:${httpPort}`;
    const isServing = (): Promise<boolean> =>
      fetch(`${url}/ping`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await isServing())) {
      if (process.exitCode !== null || process.signalCode !== null) {
        throw new Error(`ClickHouse did not start: ${readFileSync(log, "utf8")}`);
      }
      await sleep(50);
    }
    const admin = createClient({ url });
    await admin.command({ query: `CREATE DATABASE ${DATABASE}` });
    await admin.close();
    const client = createClient({ url, database: DATABASE });
    return { url, client, kill: () => kill(process) };
  };

  let nodes: readonly ClusterNode[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map(({ client }) => client.close()));
    await Promise.all(processes.map(kill));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    nodes = await Promise.all(
      tcpPorts.map((tcpPort, index) => start(tcpPort, ports[count + index] ?? 0)),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  const [first] = nodes;
  if (first === undefined) throw new Error("A cluster has at least one node");
  return { nodes, client: first.client, stop };
}
