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
import { type Cluster, DATABASE, startCluster } from "./cluster.ts";
import { rowsOf, run } from "./engine.ts";
import { fillShards } from "./shards.ts";

// Each limit of the server, in the mode that cuts: the same summary, or an error.

let cluster: Cluster;
let client: ClickHouseClient;
afterAll(async () => {
  await client.close();
  await cluster.stop();
});

const cost = {
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
const summaryOf = (deduplicate: boolean): string =>
  JSON.stringify(summarizeCost(cost, EVENTS, query, { deduplicate }));
/** The table as one of copies, whose first ones count, and as one whose rows all count. */
const SOURCES = [
  [{ ...copied, unique: true }, summaryOf(false)],
  [copied, summaryOf(true)],
] as const satisfies readonly (readonly [source: ClickHouseSource, expected: string])[];

/** The values of a setting that are tried, each with the settings that it needs to have an effect. */
type Settings = Readonly<Record<string, string | number>>;
interface Setting {
  readonly name: string;
  readonly value: string;
  readonly type: string;
}
beforeAll(async () => {
  cluster = await startCluster(2);
  const [first] = cluster.nodes;
  // A setting that makes a query wait is an error after that time.
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
});

/** Errors of a node that another node is gone: after them, every query ends in one, whatever its settings. */
const GONE = [
  "NETWORK_ERROR",
  "ALL_CONNECTION_TRIES_FAILED",
  "ATTEMPT_TO_READ_AFTER_EOF",
  "ABORTED",
];

/** What comes of a query with these settings: whether it is the summary that is expected, or an error that says why not. */
async function outcomeWith(
  settings: Settings,
  [source, expected]: (typeof SOURCES)[number],
): Promise<"same" | "error" | "gone" | "wrong"> {
  const limited: Parameters<typeof summarizeOnClickHouse>[0] = {
    query: (params) => client.query({ ...params, clickhouse_settings: { ...settings } }),
  };
  try {
    const summary = await summarizeOnClickHouse(limited, cost, query, source);
    return JSON.stringify(summary) === expected ? "same" : "wrong";
  } catch (error) {
    const isOfNode = error instanceof ClickHouseError && !GONE.includes(error.type ?? "");
    return isCostsError(error) || isOfNode ? "error" : "gone";
  }
}

interface Attempt {
  readonly settings: Settings;
  readonly source: (typeof SOURCES)[number];
}
/** How many attempts had each outcome, and the settings of wrong numbers; a few attempts at a time. */
async function outcomesOf(attempts: readonly Attempt[]) {
  const outcomes = { same: 0, error: 0, gone: 0, wrong: [] as string[] };
  const waiting = attempts.values();
  const work = async (): Promise<void> => {
    for (const attempt of waiting) await count(attempt);
  };
  // Several settings at once that give an error are taken apart, until each error is that of one setting.
  const count = async ({ settings, source }: Attempt): Promise<void> => {
    const outcome = await outcomeWith(settings, source);
    const names = Object.entries(settings);
    const half = Math.ceil(names.length / 2);
    if (outcome === "wrong") {
      outcomes.wrong.push(`${JSON.stringify(settings)}, unique: ${source[0].unique}`);
    } else if (outcome === "same" || names.length < 2 || "max_block_size" in settings) {
      outcomes[outcome] += Math.max(1, names.length);
    } else {
      for (const part of [names.slice(0, half), names.slice(half)]) {
        await count({ settings: Object.fromEntries(part), source });
      }
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return outcomes;
}

const listed = (condition = "1") =>
  rowsOf<Setting>(
    client,
    `SELECT name, value, type FROM system.settings WHERE NOT is_obsolete AND ${condition} ORDER BY name`,
  );

// First, while all nodes are there.
test("a profile that writes rows as one array gives the same summary", async () => {
  for (const source of SOURCES) {
    expect(await outcomeWith({ output_format_json_array_of_rows: 1 }, source)).toBe("same");
  }
});

test("each limit of the server gives the same summary or an error where it may cut", async () => {
  const modes = await listed("type LIKE '%OverflowMode%'");
  // At the limit of `max_network_bytes`, the node that is asked gives an error, and the other one ends.
  const limits = await listed(
    "match(name, '^(?:max|min)_(?:rows|bytes|execution|result|estimated|size)|^(?:limit|offset)$') AND NOT match(name, 'execution_speed')",
  );
  expect(modes.length).toBeGreaterThan(10);
  expect(limits.length).toBeGreaterThan(20);
  // What cuts only after some time cannot be provoked here: no mode is left to the server.
  const { query: text } = summaryQuery(cost, query, copied);
  for (const { name } of modes) expect(text).toContain(`${name} = 'throw'`);
  const cutting = Object.fromEntries(modes.map(({ name }) => [name, "break"]));
  const { same, error, wrong } = await outcomesOf(
    limits.flatMap(({ name }) =>
      [1, 40].flatMap((limit) =>
        SOURCES.map((source) => ({
          settings: { ...cutting, max_block_size: 1, [name]: limit },
          source,
        })),
      ),
    ),
  );
  expect(wrong).toEqual([]);
  // Some limits of one row or byte end a node now and then: what follows is counted as `gone`, not as an error.
  expect(error).toBeGreaterThan(15);
  expect(same).toBeGreaterThan(15);
}, 900_000);
