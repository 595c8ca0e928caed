import {
  type ClickHouseClient,
  ClickHouseError,
  ClickHouseLogLevel,
  createClient,
} from "@clickhouse/client";
import {
  type ClickHouseSource,
  summarizeOnClickHouse,
  summaryQuery,
} from "metered-costs/clickhouse";
import { type CostEvent, isCostsError, summarizeCost } from "metered-costs/summary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CLUSTER, type Cluster, COPIES, DATABASE, startCluster } from "./cluster.ts";
import { rowsOf, run } from "./engine.ts";
import { fillShards } from "./shards.ts";

// Each setting of the server, changed: the same summary, or an error.

let cluster: Cluster;
let client: ClickHouseClient;
async function stop(): Promise<void> {
  await client.close();
  await cluster.stop();
}

const sum = {
  unitCost: "0.5",
  aggregation: "SUM",
  eventType: "call",
  valueProperty: "$.v",
  groupBy: { d: "$.d", isCached: "$.isCached" },
} as const;
const query = {
  from: "2026-06-01T00:00:00Z",
  to: "2026-07-01T00:00:00Z",
  groupBy: ["d", "isCached"],
  filterGroupBy: { d: ["d0", "d1", "other"] },
  window: "DAY",
} as const;
const EVENTS = Array.from(
  { length: 60 },
  (_, n): CostEvent => ({
    type: "call",
    timestamp: new Date(Date.UTC(2026, 5, 1 + (n % 20), n % 24)),
    idempotencyKey: `k${n % 50}`,
    data: { v: `${n}.${n % 10}`, d: `d${n % 3}`, isCached: n % 2 === 0 },
  }),
);
const copied = {
  table: "settled",
  data: {
    layout: "typed",
    values: { "$.v": { column: "v", type: "text" } },
    dimensions: { "$.d": "d", "$.isCached": "is_cached" },
  },
  unique: false,
  received: "received",
} satisfies ClickHouseSource;
const countOfValues = { ...sum, aggregation: "UNIQUE_COUNT" } as const;

/** A cost, the table that it is computed from, and its summary. */
interface Case {
  readonly cost: typeof sum | typeof countOfValues;
  readonly source: ClickHouseSource;
  readonly expected: string;
}
const caseOf = (cost: Case["cost"], unique: boolean): Case => ({
  cost,
  source: { ...copied, unique },
  expected: JSON.stringify(summarizeCost(cost, EVENTS, query, { deduplicate: !unique })),
});
/** The table as one of copies, whose first ones count, and as one whose rows all count. */
const CASES = [caseOf(sum, false), caseOf(sum, true)];

async function start(): Promise<void> {
  cluster = await startCluster(2);
  const [first] = cluster.nodes;
  // A setting that makes a query wait ends it after that time.
  client = createClient({
    url: first?.url ?? "",
    database: DATABASE,
    request_timeout: 20_000,
    log: { level: ClickHouseLogLevel.OFF },
  });
  await fillShards(cluster, copied, EVENTS, "2026-06-01T00:00:00Z", (_, index) => index % 2);
  // `eventToRow` writes text; a column of the type Bool holds it as a number.
  for (const node of cluster.nodes) {
    await run(node.client, "ALTER TABLE settled_local MODIFY COLUMN is_cached Bool");
  }
  await run(client, "ALTER TABLE settled MODIFY COLUMN is_cached Bool");
}
beforeAll(start);
afterAll(stop);

/** A setting and the value that it is given. */
type Change = readonly [name: string, value: string | number];
interface Attempt {
  readonly changes: readonly Change[];
  /** Settings that the changes need to have an effect. */
  readonly fixed?: Readonly<Record<string, string | number>>;
  readonly of: Case;
}

/** Errors of a node that another node is gone: after them, every query ends in one, whatever its settings. */
const GONE = [
  "NETWORK_ERROR",
  "ALL_CONNECTION_TRIES_FAILED",
  "ATTEMPT_TO_READ_AFTER_EOF",
  "ABORTED",
];

/** Whether a query with these settings gives the summary that is expected, or an error that says why not; unknown with a node `gone`. */
async function outcomeOf({
  changes,
  fixed,
  of: { cost, source, expected },
}: Attempt): Promise<"same" | "error" | "wrong" | "gone"> {
  const clickhouse_settings = { ...fixed, ...Object.fromEntries(changes) };
  const changed: Parameters<typeof summarizeOnClickHouse>[0] = {
    query: (params) => client.query({ ...params, clickhouse_settings }),
  };
  try {
    const summary = await summarizeOnClickHouse(changed, cost, query, source);
    return JSON.stringify(summary) === expected ? "same" : "wrong";
  } catch (error) {
    const isOfNode = error instanceof ClickHouseError && !GONE.includes(error.type ?? "");
    return isCostsError(error) || isOfNode ? "error" : "gone";
  }
}

function halvesOf(attempt: Attempt): Attempt[] {
  const { changes } = attempt;
  if (changes.length < 2) return [attempt];
  const half = Math.ceil(changes.length / 2);
  return [changes.slice(0, half), changes.slice(half)].map((part) => ({
    ...attempt,
    changes: part,
  }));
}

type Outcomes = Record<"same" | "error" | "wrong", Attempt[]>;
/**
 * Tries every attempt, some of them at once. Several changes that give an error are taken apart, until each error is
 * that of one change. Returns the attempts in which a node was gone; after that, the nodes are started again.
 */
async function tryAll(
  attempts: readonly Attempt[],
  outcomes: Outcomes,
  atOnce: number,
): Promise<readonly Attempt[]> {
  const waiting = [...attempts];
  const unknown: Attempt[] = [];
  while (waiting.length > 0) {
    let isGone = false;
    const work = async (): Promise<void> => {
      for (let attempt = waiting.shift(); attempt !== undefined; attempt = waiting.shift()) {
        const outcome = await outcomeOf(attempt);
        if (outcome === "gone") unknown.push(attempt);
        else if (outcome === "error" && attempt.changes.length > 1) {
          waiting.unshift(...halvesOf(attempt));
        } else outcomes[outcome].push(attempt);
        isGone ||= outcome === "gone";
        if (isGone) return;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    if (!isGone) continue;
    await stop();
    await start();
  }
  return unknown;
}

/**
 * The attempts of each outcome. Those in which a node was gone are tried again one after the other, and then in halves:
 * only what ends a node each time is left in `gone`.
 */
async function outcomesOf(attempts: readonly Attempt[]) {
  const outcomes: Outcomes = { same: [], error: [], wrong: [] };
  let gone = await tryAll(attempts, outcomes, 4);
  for (let round = 0; round < 6 && gone.length > 0; round += 1) {
    gone = await tryAll(gone.flatMap(round === 0 ? (attempt) => attempt : halvesOf), outcomes, 1);
  }
  const textOf = ({ changes, of }: Attempt): string =>
    `${JSON.stringify(Object.fromEntries(changes))}, ${of.cost.aggregation}, unique: ${of.source.unique}`;
  return { ...outcomes, wrong: outcomes.wrong.map(textOf), gone: gone.map(textOf) };
}

interface Setting {
  readonly name: string;
  readonly value: string;
  readonly type: string;
}
const listed = (condition: string) =>
  rowsOf<Setting>(
    client,
    `SELECT name, value, type FROM system.settings WHERE NOT is_obsolete AND ${condition} ORDER BY name`,
  );

// First, while all nodes are there.
test.each([
  ["writes rows as one array", "output_format_json_array_of_rows"],
  ["keeps results, which may be older than the rows", "use_query_cache"],
])("a profile that %s gives the same summary", async (_, name) => {
  for (const of of CASES) expect(await outcomeOf({ changes: [[name, 1]], of })).toBe("same");
});

/** The limits that give less than all of it where an overflow mode does not say otherwise. */
const IS_LIMIT =
  "match(name, '^(?:max|min)_(?:rows|bytes|execution|result|estimated|size)|^(?:limit|offset)$') AND NOT match(name, 'execution_speed')";

test("each limit of the server gives the same summary or an error where it may cut", async () => {
  const modes = await listed("type LIKE '%OverflowMode%'");
  const limits = await listed(IS_LIMIT);
  expect(modes.length).toBeGreaterThan(10);
  expect(limits.length).toBeGreaterThan(20);
  // What cuts only after some time cannot be provoked here: no mode is left to the server.
  const { query: text } = summaryQuery(sum, query, copied);
  for (const { name } of modes) expect(text).toContain(`${name} = 'throw'`);
  const cutting = Object.fromEntries(modes.map(({ name }) => [name, "break"]));
  const { same, error, wrong, gone } = await outcomesOf(
    limits.flatMap(({ name }) =>
      [1, 40].flatMap((limit) =>
        CASES.map((of) => ({
          changes: [[name, limit] as const],
          fixed: { ...cutting, max_block_size: 1 },
          of,
        })),
      ),
    ),
  );
  expect(wrong).toEqual([]);
  expect(gone).toEqual([]);
  expect(error.length).toBeGreaterThan(20);
  expect(same.length).toBeGreaterThan(20);
}, 900_000);

/** Settings that are not tried, and why. */
const LEFT_OUT = [
  // At one byte a second, a query ends in the client's own timeout.
  "max_local_read_bandwidth",
  "max_local_write_bandwidth",
  "max_network_bandwidth",
  "max_network_bandwidth_for_all_users",
  "max_network_bandwidth_for_user",
  // Whether a node connects to another one within a millisecond depends on the load of the machine.
  "connect_timeout_with_failover_ms",
  "handshake_timeout_ms",
  // The query waits five seconds for others to free memory.
  "max_memory_usage_for_user",
  // It fails at random, also where the node needs the memory for itself.
  "memory_tracker_fault_probability",
  // The node runs changed copies of the query, which may end it.
  "ast_fuzzer_any_query",
  "ast_fuzzer_runs",
  // It ends a node: see the last test.
  "max_network_bytes",
];

/** Values of settings that are texts, where an arbitrary text has no effect or is no value. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  additional_result_filter: ["0"],
  additional_table_filters: [`{'${DATABASE}.settled_local': '0', '${DATABASE}.settled': '0'}`],
  bool_false_representation: ["true"],
  bool_true_representation: ["1"],
  cluster_for_parallel_replicas: [COPIES, CLUSTER],
  compatibility: ["25.3", "24.3", "23.3", "20.3"],
  count_distinct_implementation: ["uniq", "uniqHLL12"],
  distributed_plan_force_exchange_kind: ["Persisted", "Streaming"],
  http_response_headers: ["{'X-Test': '1'}"],
  implicit_table_at_top_level: ["settled"],
  local_filesystem_read_method: ["read", "pread", "mmap"],
  network_compression_method: ["NONE", "ZSTD"],
  parallel_replicas_custom_key: ["cityHash64(d)"],
  session_timezone: ["America/New_York", "Asia/Kathmandu"],
  temporary_files_codec: ["NONE"],
};

/** Changes of a setting to other values, from its type and its own value. */
async function changesOf({ name, value, type }: Setting): Promise<readonly Change[]> {
  const changesTo = (values: readonly Change[1][]): readonly Change[] =>
    values.filter((other) => String(other) !== value).map((other) => [name, other]);
  if (name in TEXTS) return changesTo(TEXTS[name] ?? []);
  if (type === "Bool") return changesTo([0, 1]);
  if (/^(?:(?:NonZero)?U?Int\d|Float|Double|Seconds|Milliseconds|MaxThreads|BoolAuto)/.test(type)) {
    const doubled = 2 * Number(value);
    const numbers = new Set([0, 1, ...(Number.isFinite(doubled) ? [doubled] : [])]);
    if (type.startsWith("NonZero")) numbers.delete(0);
    return changesTo([...numbers]);
  }
  // An unknown member of an enum is an error that lists them; other types take the text.
  try {
    await client.command({ query: "SELECT 1", clickhouse_settings: { [name]: "?" } });
    return changesTo(["?"]);
  } catch (error) {
    const [, members = ""] = /Must be one of \[(.*)\]/.exec(String(error)) ?? [];
    return changesTo([...members.matchAll(/'([^']*)'/g)].map(([, member = ""]) => member));
  }
}

/** The changes in groups, each of neighbours or of changes that are far from each other. */
function groupsOf(changes: readonly Change[], areNeighbours: boolean): readonly Change[][] {
  const size = 16;
  const count = Math.ceil(changes.length / size);
  return Array.from({ length: count }, (_, group) =>
    changes.filter(
      (_, place) => group === (areNeighbours ? Math.floor(place / size) : place % count),
    ),
  );
}

test("every other setting of the server gives the same summary or an error", async () => {
  const all = await listed(`NOT (${IS_LIMIT})`);
  const settings = all.filter(({ name }) => !LEFT_OUT.includes(name));
  expect(settings.length).toBeGreaterThan(1500);
  const changes = await Promise.all(settings.map(changesOf));
  expect(settings.filter((_, index) => changes[index]?.length === 0)).toEqual([]);
  // The first changes of all settings, the second ones, and so on: a setting has one value in a query.
  const passes = Array.from(
    { length: Math.max(...changes.map(({ length }) => length)) },
    (_, pass) => changes.flatMap((ofSetting) => ofSetting.slice(pass, pass + 1)),
  );
  const refused = new Set<Change>();
  for (const of of [...CASES, caseOf(countOfValues, true)]) {
    const attempts = passes.flatMap((pass) => {
      const others = pass.filter((change) => !refused.has(change));
      // What gave an error in a case before is tried alone, so that there is less to take apart.
      const alone = pass.filter((change) => refused.has(change)).map((change) => [change]);
      return [...groupsOf(others, refused.size === 0), ...alone];
    });
    const { same, error, wrong, gone } = await outcomesOf(
      attempts.map((group) => ({ changes: group, of })),
    );
    expect(wrong).toEqual([]);
    expect(gone).toEqual([]);
    // Every change has an outcome, and many have an effect.
    const unchanged = same.flatMap((attempt) => attempt.changes);
    const failed = error.flatMap((attempt) => attempt.changes);
    expect(new Set([...unchanged, ...failed]).size).toBe(passes.flat().length);
    expect(unchanged.length).toBeGreaterThan(2000);
    expect(failed.length).toBeGreaterThan(30);
    for (const change of failed) refused.add(change);
  }
}, 900_000);

// Last: the node that is asked gives an error, and the other one, which still sends to it, ends now and then.
test("a limit of bytes over the network is an error", async () => {
  for (const of of CASES) {
    expect(await outcomeOf({ changes: [["max_network_bytes", 1]], of })).toBe("error");
    await stop();
    await start();
  }
});
