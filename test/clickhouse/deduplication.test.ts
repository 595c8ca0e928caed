import type { ClickHouseClient } from "@clickhouse/client";
import fc from "fast-check";
import {
  type ClickHouseClient as AnyClient,
  type ClickHouseSource,
  createEventsTable,
  eventToRow,
  summarizeOnClickHouse,
  summaryQuery,
} from "metered-costs/clickhouse";
import { type CostEvent, summarizeCost } from "metered-costs/summary";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AGGREGATIONS } from "../summary/random-events.ts";
import { fillTable, rowsOf, run, startEngine } from "./engine.ts";
import { sourceOf } from "./sources.ts";

let client: ClickHouseClient;
beforeAll(() => {
  client = startEngine();
});
afterAll(() => client.close());

const cost = {
  unitCost: "1",
  eventType: "call",
  valueProperty: "$.v",
  groupBy: { d: "$.d" },
};
const clock = () => new Date("2026-06-01T00:00:00Z");

/** The query as if the range had more keys than are looked up by name. */
const asMany = (query: string): string => query.replaceAll("count() <= 100000", "count() < 0");
/** As if all keys had one hash. */
const withOneHash = (query: string): string => asMany(query).replaceAll("cityHash64(", "ignore(");
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
        const query = {
          from: "2026-06-01T00:00:00Z",
          to: "2026-06-01T05:00:00Z",
          groupBy: ["d"],
          window: "HOUR",
        } as const;
        const local = summarizeCost(definition, given, query, { clock });
        const remote = await summarizeOnClickHouse(changed, definition, query, source);
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
