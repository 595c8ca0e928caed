import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import {
  type ClickHouseClient,
  type ClickHouseSource,
  createEventsTable,
  summarizeOnClickHouse,
  summaryFromRows,
  summaryQuery,
} from "metered-costs/clickhouse";
import { type CostEvent, summarizeCost } from "metered-costs/summary";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OLDEST } from "../../src/clickhouse/summary-from-rows.ts";
import { AGGREGATIONS } from "../summary/random-events.ts";
import { type Cluster, DATABASE, startCluster } from "./cluster.ts";
import { rowsOf } from "./engine.ts";
import { fillShards } from "./shards.ts";
import { LAYOUTS, SUM_BY_D, sourceOf } from "./sources.ts";

// What a server refuses, over HTTP: an error that says what to do.

let cluster: Cluster;
let client: ReturnType<typeof createClient>;
const cost = SUM_BY_D;
const query = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
const source = sourceOf("typed", cost, { table: "errors", unique: false });
const EVENTS = [1, 2, 3].map(
  (v): CostEvent => ({
    type: "call",
    timestamp: "2026-06-02T00:00:00Z",
    idempotencyKey: `k${v}`,
    data: { v, d: `d${v}` },
  }),
);
beforeAll(async () => {
  cluster = await startCluster(1);
  client = createClient({
    url: cluster.nodes[0]?.url ?? "",
    database: DATABASE,
    log: { level: ClickHouseLogLevel.OFF },
  });
  await fillShards(cluster, source, EVENTS, "2026-06-02T00:00:00Z", () => 0);
});
afterAll(async () => {
  await client.close();
  await cluster.stop();
});

const refusal = (path: readonly string[], message: RegExp) =>
  expect.objectContaining({
    code: "INVALID_INPUT",
    issues: [{ path, message: expect.stringMatching(message) }],
  });
const withSettings = (settings: Record<string, string>): ClickHouseClient => ({
  query: (params) => client.query({ ...params, clickhouse_settings: settings }),
});

describe("a filter", () => {
  const filtered = (count: number, length: number) => ({
    ...query,
    filterGroupBy: {
      d: ["d1", ...Array.from({ length: count }, (_, n) => String(n).padStart(length, "x"))],
    },
  });

  test("of a hundred kilobytes is answered", async () => {
    const asked = filtered(1_000, 100);
    expect(JSON.stringify(await summarizeOnClickHouse(client, cost, asked, source))).toBe(
      JSON.stringify(summarizeCost(cost, EVENTS, asked)),
    );
  });

  test.each([
    ["a list of 200 kB", filtered(2_000, 100)],
    ["a list of 2 MB", filtered(20_000, 100)],
    ["a text of 200 kB", filtered(1, 200_000)],
  ])("is too long for HTTP as %s", async (_, asked) => {
    await expect(summarizeOnClickHouse(client, cost, asked, source)).rejects.toEqual(
      refusal(["filterGroupBy"], /too long for a request.*http_max_field_value_size/),
    );
  });
});

describe("a user", () => {
  test("whose profile is read-only gets the summary where no setting differs", async () => {
    const reader = withSettings({ readonly: "1" });
    expect(JSON.stringify(await summarizeOnClickHouse(reader, cost, query, source))).toBe(
      JSON.stringify(summarizeCost(cost, EVENTS, query)),
    );
  });

  test("whose profile is read-only and drops rows is an error", async () => {
    const reader = withSettings({ additional_result_filter: "0", readonly: "1" });
    await expect(summarizeOnClickHouse(reader, cost, query, source)).rejects.toEqual(
      refusal(["client"], /readonly = 2.*additional_result_filter/s),
    );
  });

  test("who asks for the old analyzer gets the new one, or an error", async () => {
    const old = withSettings({ enable_analyzer: "0" });
    expect(JSON.stringify(await summarizeOnClickHouse(old, cost, query, source))).toBe(
      JSON.stringify(summarizeCost(cost, EVENTS, query)),
    );
    const fixed = withSettings({ enable_analyzer: "0", readonly: "1" });
    await expect(summarizeOnClickHouse(fixed, cost, query, source)).rejects.toEqual(
      refusal(["client"], /readonly = 2.*analyzer/s),
    );
  });
});

test("a column that the table lacks is an error that names it", async () => {
  const wrong = { ...source, columns: { idempotencyKey: "nothing" } };
  await expect(summarizeOnClickHouse(client, cost, query, wrong)).rejects.toEqual(
    refusal(["source"], /lacks a column.*nothing/),
  );
});

describe("the version", () => {
  const rowsFrom = (version: string) => async () => {
    const { query: text, query_params } = summaryQuery(cost, query, source);
    const rows = await rowsOf<object>(client, text, query_params);
    return summaryFromRows(rows.map((row) => ({ ...row, version })));
  };

  test("of a server that is too old is an error", async () => {
    for (const version of ["25.2.9.1", "24.8.14.39", "9.10"]) {
      await expect(rowsFrom(version)()).rejects.toEqual(
        refusal(["client"], /expected 25.3 or newer/),
      );
    }
    for (const version of ["25.3.1.1", "26.1", "100.1.1"]) {
      expect((await rowsFrom(version)()).totalQuantity?.toString()).toBe("6");
    }
  });

  test.each(["UNKNOWN_FUNCTION", "UNKNOWN_SETTING"])(
    "is named where ClickHouse says %s",
    async (type) => {
      const failing: ClickHouseClient = {
        query: () => Promise.reject(Object.assign(new Error("no arrayFold"), { type })),
      };
      await expect(summarizeOnClickHouse(failing, cost, query, source)).rejects.toEqual(
        refusal(["client"], /expected ClickHouse 25.3 or newer.*arrayFold/),
      );
    },
  );

  test("is one that has all functions and settings of the queries", async () => {
    const texts = LAYOUTS.flatMap((layout) =>
      [true, false].flatMap((unique) => {
        const table: ClickHouseSource = sourceOf(layout, cost, { table: "errors", unique });
        return [
          createEventsTable(table),
          ...AGGREGATIONS.map(
            (aggregation) =>
              summaryQuery(
                { ...cost, aggregation },
                { ...query, groupBy: ["d"], window: "DAY", filterGroupBy: { d: "a" } },
                table,
              ).query,
          ),
        ];
      }),
    ).join("\n");
    const names = new Set([...texts.matchAll(/\b([A-Za-z_]\w*)\(/g)].map(([, name]) => name));
    const settings = new Set(
      [...texts.matchAll(/\b([a-z_]+) = (?:'|\d|\{\})/g)].map(([, name]) => name),
    );
    const known = await rowsOf<{ name: string; since: string }>(
      client,
      "SELECT name, introduced_in AS since FROM system.functions WHERE name IN {names:Array(String)} AND introduced_in != ''",
      { names: [...names] },
    );
    expect(known.length).toBeGreaterThan(30);
    const changed = await rowsOf<{ name: string; since: string }>(
      client,
      "SELECT change.name AS name, version AS since FROM system.settings_changes ARRAY JOIN changes AS change WHERE name IN {settings:Array(String)}",
      { settings: [...settings] },
    );
    expect(settings).toContain("additional_result_filter");
    const isNewer = ({ since }: { readonly since: string }): boolean => {
      const [major = 0, minor = 0] = since.split(".").map(Number);
      return major > OLDEST[0] || (major === OLDEST[0] && minor > OLDEST[1]);
    };
    expect([...known, ...changed].filter(isNewer)).toEqual([]);
  });
});
