import fc from "fast-check";
import {
  type ClickHouseClient as AnyClient,
  type ClickHouseSource,
  createEventsTable,
  type EventsTableOptions,
  eventToRow,
  summarizeOnClickHouse,
  summaryQuery,
} from "metered-costs/clickhouse";
import { type CostEvent, summarizeCost } from "metered-costs/summary";
import { beforeAll, describe, expect, test } from "vitest";
import { AGGREGATIONS } from "../summary/random-events.ts";
import { fillTable, insertRows, rowsOf, run, startEngine } from "./engine.ts";
import { sourceOf } from "./sources.ts";

const client = startEngine();

const cost = {
  unitCost: "1",
  eventType: "call",
  valueProperty: "$.v",
  groupBy: { d: "$.d" },
};
const clock = () => new Date("2026-06-01T00:00:00Z");
const byHour = {
  from: "2026-06-01T00:00:00Z",
  to: "2026-06-01T05:00:00Z",
  groupBy: ["d"],
  window: "HOUR",
} as const;

function replaced(query: string, from: string, to: string): string {
  expect(query).toContain(from);
  return query.replaceAll(from, to);
}
/** The query as if the range had more keys than are looked up by name. */
const asMany = (query: string): string => replaced(query, "count() <= 100000", "count() < 0");
/** As if all keys had one hash. */
const withOneHash = (query: string): string => replaced(asMany(query), "cityHash64(", "ignore(");
const WAYS: Readonly<Record<string, (query: string) => string>> = {
  "few keys": (query) => query,
  "many keys": asMany,
  "many keys of one hash": withOneHash,
};

const few = <Value>(...list: readonly Value[]) => fc.constantFrom<Value>(...list);
/** Events of few keys, some of which are of another type, of before the range, or of another source. */
const events = fc.array(
  fc
    .record({
      type: few("call", "call", "other"),
      idempotencyKey: few("a", "b", "c", "d", "", null),
      source: few<string | null>("s", "", null),
      namespace: few<string | null>("n", "", null),
      hour: fc.integer({ min: -3, max: 6 }),
      v: fc.integer({ min: 0, max: 99 }),
      d: few("x", "y"),
    })
    .map(
      ({ hour, v, d, ...event }): CostEvent => ({
        ...event,
        timestamp: new Date(Date.UTC(2026, 5, 1, hour)),
        data: { v, d },
      }),
    ),
  { minLength: 5, maxLength: 40, size: "max" },
);

describe.each(Object.entries(WAYS))("%s", (_, change) => {
  const changed: AnyClient = {
    query: (params) => {
      const query = change(params.query);
      return client.query({ ...params, query });
    },
  };

  test("of copies everywhere the first received counts", async () => {
    const source = sourceOf("typed", cost, { table: "copies", unique: false });
    await fc.assert(
      fc.asyncProperty(events, fc.constantFrom(...AGGREGATIONS), async (given, aggregation) => {
        await fillTable(client, source, given);
        const definition = { ...cost, aggregation };
        const local = summarizeCost(definition, given, byHour, { clock });
        const remote = await summarizeOnClickHouse(changed, definition, byHour, source);
        expect(JSON.stringify(remote)).toBe(JSON.stringify(local));
      }),
      { numRuns: 25 },
    );
  });

  test("two copies that are first together are an error, later ones are not", async () => {
    const source = sourceOf("typed", cost, { table: "copies", unique: false });
    const event = { type: "call", timestamp: clock(), data: { v: 1, d: "x" } };
    const query = { from: "2026-06-01T00:00:00Z", to: "2026-06-02T00:00:00Z" };
    const sum = { ...cost, aggregation: "SUM" };
    const ask = async (places: readonly number[]) => {
      await run(client, "DROP TABLE IF EXISTS copies");
      await run(client, createEventsTable(source));
      const values = places.map((received) =>
        eventToRow({ ...event, idempotencyKey: "a" }, source, { received }),
      );
      await client.insert({
        table: "copies",
        values,
        format: "JSONEachRow",
        clickhouse_settings: { date_time_input_format: "best_effort" },
      });
      return (await summarizeOnClickHouse(changed, sum, query, source)).totalQuantity?.toString();
    };
    expect(await ask([3, 2, 3, 3])).toBe("1");
    await expect(ask([2, 3, 2])).rejects.toMatchObject({
      issues: [{ path: ["source", "received"] }],
    });
  });
});

/** The text between a parenthesis and the one that closes it. */
function inParentheses(text: string, opening: string): string {
  const from = text.indexOf(opening) + opening.length;
  expect(from).toBeGreaterThan(opening.length);
  let depth = 1;
  let at = from;
  for (; depth > 0; at++) {
    if (text[at] === "(") depth++;
    if (text[at] === ")") depth--;
  }
  return text.slice(from, at - 1);
}

describe("a large table", () => {
  const source = {
    table: "large",
    data: {
      layout: "typed",
      values: { "$.v": { column: "v", type: "decimal", precision: 18, scale: 6 } },
    },
    unique: false,
    received: "received",
  } as const satisfies ClickHouseSource;
  const sum = { ...cost, aggregation: "SUM" };
  const DAY = { from: "2026-06-02T00:00:00Z", to: "2026-06-02T00:00:02Z" };
  const MONTH = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
  beforeAll(async () => {
    await run(client, createEventsTable(source));
    await run(
      client,
      `INSERT INTO large (type, timestamp, idempotencyKey, received, v) SELECT 'call',
        toDateTime64('2026-06-01 00:00:00', 3, 'UTC') + INTERVAL number SECOND,
        lower(hex(sipHash128(number - if(number % 100 = 99, 50, 0)))), number, 1 FROM numbers(400000)`,
    );
    await run(client, "OPTIMIZE TABLE large FINAL");
  });
  /** Granules that are read of all there are, in each place where copies are looked for. */
  const granulesOf = async (range: typeof DAY) => {
    const asked = summaryQuery(sum, range, source);
    const copies = inParentheses(asked.query, "GLOBAL NOT IN (");
    const repeated = `SELECT ${inParentheses(copies, "GLOBAL IN (SELECT cityHash64").replace(/^/, "cityHash64")}`;
    const found: string[] = [];
    for (const text of [copies, repeated]) {
      const plan = await rowsOf<{ explain: string }>(
        client,
        `EXPLAIN indexes = 1 ${text}`,
        asked.query_params,
      );
      const lines = plan.map(({ explain }) => explain.trim());
      found.push(lines.filter((line) => line.startsWith("Granules:")).at(-1) ?? "");
    }
    return found;
  };

  test("is read through the index on keys where few are in the range", async () => {
    expect((await summarizeOnClickHouse(client, sum, DAY, source)).totalQuantity?.toString()).toBe(
      "2",
    );
    for (const granules of await granulesOf(DAY)) {
      expect(Number(/(\d+)\/49/.exec(granules)?.[1])).toBeLessThan(10);
    }
  });

  test("is read once for all keys where many are, and gives the same", async () => {
    const summary = await summarizeOnClickHouse(client, sum, MONTH, source);
    expect(summary.totalQuantity?.toString()).toBe("396000");
    for (const granules of await granulesOf(MONTH)) expect(granules).toBe("Granules: 49/49");
  });

  test("is grouped on disk where its hashes would take a gigabyte", () => {
    const onDisk = "max_bytes_before_external_group_by = 1000000000";
    expect(summaryQuery(sum, MONTH, source).query).toContain(onDisk);
    expect(summaryQuery(sum, MONTH, { ...source, unique: true }).query).not.toContain(onDisk);
  });

  test("is deduplicated in less memory than its keys take", async () => {
    const limited: AnyClient = {
      query: (params) =>
        client.query({
          ...params,
          clickhouse_settings: { max_memory_usage: String(MEMORY), max_threads: 1 },
        }),
    };
    try {
      const summary = await summarizeOnClickHouse(limited, sum, MONTH, source);
      expect(summary.totalQuantity?.toString()).toBe("396000");
    } finally {
      for (const name of ["max_memory_usage", "max_threads"])
        await run(client, `SET ${name} = DEFAULT`);
    }
  });
});
/** Bytes; the 400,000 keys of the table and their places are 22 MB, and a set of them is twice as many. */
const MEMORY = 60_000_000;

describe("copies that are dropped before a summary", () => {
  const source = {
    table: "dropped",
    data: {
      layout: "typed",
      values: { "$.v": { column: "v", type: "text" } },
      dimensions: { "$.d": "d" },
    },
    unique: true,
    received: "received",
  } as const satisfies ClickHouseSource;
  const merged = { ...source, final: true } as const;
  const recreate = async (ddl: string) => {
    await run(client, "DROP TABLE IF EXISTS dropped");
    await run(client, ddl);
  };

  test("by the insert: its retry stores nothing", async () => {
    await recreate(createEventsTable(source, { deduplicate: "inserts" }));
    const insert = (v: number, insert_deduplication_token: string) =>
      client.insert({
        table: "dropped",
        values: [
          eventToRow({ type: "call", timestamp: clock(), data: { v } }, source, { received: v }),
        ],
        format: "JSONEachRow",
        clickhouse_settings: { date_time_input_format: "best_effort", insert_deduplication_token },
      });
    try {
      for (const [v, token] of [
        [1, "a"],
        [1, "a"],
        [1, "b"],
        [20, "c"],
        [1, "a"],
      ] as const) {
        await insert(v, token);
      }
    } finally {
      await run(client, "SET insert_deduplication_token = DEFAULT");
    }
    const sum = await summarizeOnClickHouse(
      client,
      { ...cost, aggregation: "SUM" },
      byHour,
      source,
    );
    expect(sum.totalQuantity?.toString()).toBe("22");
  });

  test("by merges: of copies that agree in type and time the first received counts", async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.constantFrom(...AGGREGATIONS), async (given, aggregation) => {
        // Type and time are those of the key; values and dimensions differ among copies.
        const copies = given.map(({ idempotencyKey, namespace, source: from, ...event }, index) => {
          const text = JSON.stringify([idempotencyKey, namespace, from]);
          const hour = idempotencyKey === null ? index % 7 : (text.length * 5) % 7;
          return {
            ...event,
            ...{ idempotencyKey, namespace, source: from },
            type: hour === 3 ? "other" : "call",
            timestamp: new Date(Date.UTC(2026, 5, 1, hour - 1)),
          };
        });
        await recreate(
          createEventsTable(merged, { deduplicate: "merges", orderBy: ["type", "timestamp"] }),
        );
        const rows = copies.map((event, received) => eventToRow(event, merged, { received }));
        // The last received first, so that what is kept is not what was inserted first or last.
        for (const part of [rows.slice(7), rows.slice(0, 4), rows.slice(4, 7)]) {
          await insertRows(client, "dropped", part.reverse());
        }
        const definition = { ...cost, aggregation };
        const local = summarizeCost(definition, copies, byHour, { clock });
        const remote = await summarizeOnClickHouse(client, definition, byHour, merged);
        expect(JSON.stringify(remote)).toBe(JSON.stringify(local));
      }),
      { numRuns: 25 },
    );
  });

  test("by merges: the engine, its version, what tells events apart", () => {
    const ddl = createEventsTable(merged, {
      deduplicate: "merges",
      engine: "ReplicatedMergeTree",
      orderBy: ["type", "source", "timestamp"],
      partitionBy: "MONTH",
    });
    expect(ddl.split("\n")).toEqual(
      expect.arrayContaining([
        "  `idempotencyKey` String DEFAULT toString(generateUUIDv4()),",
        "  `metered_costs_version` Int64 MATERIALIZED -toInt64(`received`),",
        "ENGINE = ReplicatedReplacingMergeTree(`metered_costs_version`)",
        "ORDER BY (`type`, `source`, `timestamp`, isNull(`namespace`), ifNull(`namespace`, ''), `idempotencyKey`)",
        "SETTINGS allow_nullable_key = 1",
      ]),
    );
    expect(
      createEventsTable(source, { deduplicate: "inserts", engine: "ReplicatedMergeTree" }),
    ).toMatch(
      /SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800$/,
    );
  });

  test.each<[string, ClickHouseSource, EventsTableOptions, readonly string[]]>([
    ["merges without final", source, { deduplicate: "merges" }, ["source", "final"]],
    ["final without merges", merged, {}, ["deduplicate"]],
    [
      "merges without an order of receipt",
      { ...merged, received: undefined },
      { deduplicate: "merges" },
      ["source", "received"],
    ],
    [
      "merges without keys",
      { ...merged, columns: { idempotencyKey: null } },
      { deduplicate: "merges" },
      ["source", "columns"],
    ],
    ["what is not known", source, { deduplicate: "later" as never }, ["deduplicate"]],
    [
      "a cluster that is no name",
      source,
      { distributed: { cluster: "a', b", table: "local" } },
      ["distributed", "cluster"],
    ],
  ])("%s is an error", (_, given, options, path) => {
    expect(() => createEventsTable(given, options)).toThrow(
      expect.objectContaining({
        code: "INVALID_INPUT",
        issues: [expect.objectContaining({ path })],
      }),
    );
  });

  test("on shards: all copies of an event meet on one", () => {
    expect(
      createEventsTable(
        { ...source, columns: { source: null } },
        { distributed: { cluster: "all", table: "usage.dropped" } },
      ),
    ).toBe(`CREATE TABLE \`dropped\` AS \`usage\`.\`dropped\`
ENGINE = Distributed('all', 'usage', 'dropped', cityHash64(ifNull(toString(\`namespace\`), ''), ifNull(toString(\`idempotencyKey\`), toString(rand()))))`);
  });
});
