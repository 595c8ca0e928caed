import { type ClickHouseSource, eventToRow, summarizeOnClickHouse } from "metered-costs/clickhouse";
import type { CostEvent } from "metered-costs/summary";
import { beforeEach, describe, expect, test } from "vitest";
import { insertRows, rowsOf, run, startEngine } from "./engine.ts";

// Tables and settings that gave a number, and a wrong one, without an error.

const client = startEngine();
beforeEach(() => run(client, "DROP TABLE IF EXISTS wrong"));

const cost = {
  unitCost: "1",
  aggregation: "SUM",
  eventType: "call",
  valueProperty: "$.v",
} as const;
const query = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
const source = {
  table: "wrong",
  columns: { subject: null, namespace: null, source: null, idempotencyKey: "key" },
  data: { layout: "typed", values: { "$.v": { column: "v", type: "decimal" } } },
  unique: false,
  received: "received",
} satisfies ClickHouseSource;
const COLUMNS =
  "type String, timestamp DateTime64(3, 'UTC'), key Nullable(String), v Decimal(18, 3)";

/** A table with rows of `[key, received, v]`. */
async function fill(
  received: string,
  rows: readonly (readonly [key: string | null, received: unknown, v: number])[],
): Promise<void> {
  await run(
    client,
    `CREATE TABLE wrong (${COLUMNS}, received ${received}) ENGINE = MergeTree ORDER BY type`,
  );
  await insertRows(
    client,
    "wrong",
    rows.map(([key, place, v]) => ({
      type: "call",
      timestamp: "2026-06-02 00:00:00.000",
      key,
      received: place,
      v,
    })),
  );
}
const sum = async (more: Partial<ClickHouseSource> = {}, aggregation = "SUM") => {
  const summary = await summarizeOnClickHouse(client, { ...cost, aggregation }, query, {
    ...source,
    ...more,
  });
  return summary.totalQuantity?.toString();
};
const refusal = (path: readonly string[], message: RegExp) =>
  expect.objectContaining({
    code: "INVALID_INPUT",
    issues: [{ path, message: expect.stringMatching(message) }],
  });

describe("the order of receipt", () => {
  test("is that of the copies of one key: another key's first place is not this one's", async () => {
    await fill("UInt64", [
      ["a", 1, 1],
      ["b", 2, 10],
      ["a", 2, 1],
    ]);
    expect(await sum()).toBe("11");
  });

  test("may be a counter for each shard", async () => {
    await fill("UInt64", [
      ["a", 1, 1],
      ["b", 1, 10],
      ["a", 2, 100],
      ["b", 2, 1000],
    ]);
    expect(await sum()).toBe("11");
  });

  test.each(["UInt32", "Int64", "UInt256", "DateTime", "DateTime64(6)", "Decimal(20, 3)"])(
    "is a column of the type %s",
    async (type) => {
      await fill(type, [
        ["a", 1780279201, 1],
        ["a", 1780279200, 10],
        [null, 1780279200, 100],
      ]);
      expect(await sum()).toBe("110");
    },
  );

  test("has a tie of two first copies: an error", async () => {
    await fill("DateTime", [
      ["a", "2026-06-02 00:00:00", 1],
      ["a", "2026-06-02 00:00:00", 10],
      ["b", "2026-06-02 00:00:00", 100],
    ]);
    await expect(sum()).rejects.toEqual(refusal(["source", "received"], /two copies of one event/));
  });

  test("may have a tie of later copies", async () => {
    await fill("UInt64", [
      ["a", 1, 1],
      ["a", 2, 10],
      ["a", 2, 100],
    ]);
    expect(await sum()).toBe("1");
  });

  test.each([
    ["Nullable(UInt64)", [null, 2]],
    ["Float64", [1, 2]],
    ["UUID", ["01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac97-7000-8000-000000000000"]],
    ["String", ["10", "9"]],
  ])("is refused as a column of the type %s", async (type, [first, second]) => {
    await fill(type as string, [
      ["a", first, 1],
      ["a", second, 10],
      ["b", second, 100],
    ]);
    await expect(sum()).rejects.toEqual(refusal(["source", "received"], /expected .*integer/));
  });

  test("of LATEST has a tie of two events of one millisecond: an error if their values differ", async () => {
    await fill("UInt64", [
      ["a", 1, 1],
      ["b", 1, 10],
    ]);
    await expect(sum({}, "LATEST")).rejects.toEqual(
      refusal(["source", "received"], /one millisecond/),
    );
    await run(client, "DROP TABLE wrong");
    await fill("UInt64", [
      ["a", 1, 7],
      ["b", 1, 7],
    ]);
    expect(await sum({}, "LATEST")).toBe("7");
  });
});

describe("the time of a row", () => {
  test.each(["DateTime64(3)", "DateTime64(3, 'America/New_York')", "DateTime64(3, 'UTC')"])(
    "is the event's, in a column of the type %s and a session of any zone",
    async (type) => {
      await run(
        client,
        `CREATE TABLE wrong (type String, timestamp ${type}, key Nullable(String), v Decimal(18, 3), received UInt64) ENGINE = MergeTree ORDER BY type`,
      );
      const times = [
        "2026-06-01T00:00:00.000Z",
        "1900-01-01T00:00:00.000Z",
        "1969-12-31T23:59:59.999Z",
        "2299-12-31T23:59:59.999Z",
      ];
      await client.insert({
        table: "wrong",
        format: "JSONEachRow",
        values: times.map((timestamp, received) => {
          const event: CostEvent = { type: "call", timestamp, data: { v: 1 } };
          return eventToRow(event, { ...source, columns: { ...source.columns } }, { received });
        }),
        clickhouse_settings: {
          session_timezone: "Asia/Tokyo",
          date_time_input_format: "best_effort",
        },
      });
      const stored = await rowsOf<{ at: string }>(
        client,
        "SELECT toString(toUnixTimestamp64Milli(timestamp)) AS at FROM wrong ORDER BY received",
      );
      expect(stored.map(({ at }) => new Date(Number(at)).toISOString())).toEqual(times);
    },
  );
});

describe("an engine that merges rows", () => {
  const create = (engine: string, order = "key", more = "") =>
    run(
      client,
      `CREATE TABLE wrong (type String, timestamp DateTime64(3, 'UTC'), key String, v Decimal(18, 3), received UInt64${more}) ENGINE = ${engine} ORDER BY ${order}`,
    );
  const insert = (key: string, received: number, v: number) =>
    insertRows(client, "wrong", [
      { type: "call", timestamp: "2026-06-02 00:00:00.000", key, received, v },
    ]);
  const final = { unique: true, final: true } as const;

  test("ReplacingMergeTree is an error without final, whether keys are said to be unique or not", async () => {
    await create("ReplacingMergeTree");
    await insert("a", 1, 1);
    await insert("a", 2, 1);
    const message = /ReplacingMergeTree.*final: true/;
    await expect(sum({ unique: true })).rejects.toEqual(refusal(["source", "final"], message));
    await expect(sum({ unique: false })).rejects.toEqual(refusal(["source", "final"], message));
    expect(await sum(final)).toBe("1");
  });

  test("ReplacingMergeTree keeps the copy with the greatest version, so one that falls keeps the first", async () => {
    const version = ", version Int64 MATERIALIZED -toInt64(received)";
    await create("ReplacingMergeTree(version) PARTITION BY received", "key", version);
    await insert("a", 1, 1);
    await insert("a", 2, 10);
    await insert("b", 3, 100);
    expect(await sum(final)).toBe("101");
    expect(await sum({ ...final, received: undefined })).toBe("101");
  });

  test("a sorting key without the idempotency key merges different events: an error", async () => {
    await create("ReplacingMergeTree", "(type, timestamp)");
    await insert("a", 1, 1);
    await insert("b", 2, 10);
    await expect(sum(final)).rejects.toEqual(
      refusal(["source", "final"], /sorting key .*\(type, timestamp\).* key/),
    );
  });

  test("events without a key would be merged: a nullable key is an error", async () => {
    await run(
      client,
      `CREATE TABLE wrong (${COLUMNS}, received UInt64) ENGINE = ReplacingMergeTree ORDER BY key SETTINGS allow_nullable_key = 1`,
    );
    await insertRows(client, "wrong", [
      { type: "call", timestamp: "2026-06-02 00:00:00.000", key: null, received: 1, v: 1 },
    ]);
    await expect(sum(final)).rejects.toEqual(refusal(["source", "key"], /not Nullable/));
  });

  test.each([
    "SummingMergeTree",
    "AggregatingMergeTree",
    "CollapsingMergeTree(sign)",
    "CoalescingMergeTree",
  ])("%s is an error, with final and without", async (engine) => {
    await create(engine, "key", ", sign Int8 DEFAULT 1");
    await insert("a", 1, 1);
    const message = new RegExp(`${engine.split("(")[0]}.*expected a table`);
    await expect(sum({ unique: true })).rejects.toEqual(refusal(["source", "table"], message));
    await expect(sum(final)).rejects.toEqual(refusal(["source", "table"], message));
  });

  test("final is for a table whose engine merges copies, and for unique: true", async () => {
    await create("MergeTree");
    await expect(sum(final)).rejects.toEqual(refusal(["source", "final"], /no copies/));
    await expect(sum({ unique: false, final: true })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      issues: [{ path: ["source", "final"] }],
    });
  });
});

describe("a setting of the session", () => {
  test.each([
    ["drops rows of the answer", { additional_result_filter: "part != 'window'" }],
    ["drops rows of a table", { additional_table_filters: "{'wrong': 'v > 1'}" }],
    ["cuts what a shard reads", { max_rows_to_read_leaf: 1, read_overflow_mode_leaf: "break" }],
    ["brings deleted rows back", { apply_deleted_mask: 0 }],
  ])("that %s changes no number", async (_, settings) => {
    await fill("UInt64", [
      ["a", 1, 1],
      ["b", 2, 10],
      ["c", 3, 100],
    ]);
    await run(client, "DELETE FROM wrong WHERE key = 'c'");
    await run(client, "DROP TABLE IF EXISTS both_shards");
    await run(
      client,
      "CREATE TABLE both_shards AS remote('localhost,127.0.0.1', currentDatabase(), wrong)",
    );
    const limited: Parameters<typeof summarizeOnClickHouse>[0] = {
      query: (params) =>
        client.query({
          ...params,
          clickhouse_settings: { ...settings, max_block_size: "1" } as Record<string, string>,
        }),
    };
    try {
      for (const [table, unique, expected] of [
        ["wrong", false, "11"],
        ["both_shards", true, "22"],
      ] as const) {
        const asking = { ...query, window: "DAY" } as const;
        const asked = summarizeOnClickHouse(limited, cost, asking, { ...source, table, unique });
        if ("max_rows_to_read_leaf" in settings) {
          await expect(asked).rejects.toThrow(/Limit for rows/);
          continue;
        }
        const summary = await asked;
        expect(summary.totalQuantity?.toString()).toBe(expected);
        expect(summary.timeSeries).toHaveLength(1);
      }
    } finally {
      // A query that fails leaves its settings to the session of this process.
      for (const name of Object.keys(settings)) await run(client, `SET ${name} = DEFAULT`);
      await run(client, "SET max_block_size = DEFAULT");
    }
  });
});
