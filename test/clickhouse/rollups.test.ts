import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import {
  type ClickHouseRollup,
  type ClickHouseSource,
  createEventsTable,
  createRollupTable,
  eventToRow,
  type RollupOptions,
  type RollupSummaryParams,
  summarizeOnClickHouse,
  summaryQuery,
} from "metered-costs/clickhouse";
import {
  type CostDefinition,
  type CostEvent,
  type CostSummaryParams,
  isCostsError,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { AGGREGATIONS, scenarios } from "../summary/random-events.ts";
import { fillTable, insertRows, rowsOf, run, startEngine } from "./engine.ts";
import {
  isHeld,
  isKeptByJsonType,
  LAYOUTS,
  type Layout,
  ODD_DIMENSIONS,
  sourceOf,
} from "./sources.ts";

const client = startEngine();

const GRANULARITIES = ["MINUTE", "HOUR", "DAY"] as const;
type Granularity = (typeof GRANULARITIES)[number];
const LENGTHS = { MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 };
/** The windows that a rollup answers. */
const windowsOf = (granularity: Granularity) =>
  GRANULARITIES.filter((window) => LENGTHS[window] >= LENGTHS[granularity]);
const now = "2026-06-15T12:00:00.000Z";
const clock = () => new Date(now);

/** Drops a rollup's table and its views. */
async function drop(table: string): Promise<void> {
  const views = await rowsOf<{ name: string }>(
    client,
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'MaterializedView'",
  );
  for (const { name } of views) await run(client, `DROP TABLE ${name}`);
  await run(client, `DROP TABLE IF EXISTS ${table}`);
}

/** Makes a rollup's table and its views, which count what is inserted after. */
async function create(rollup: ClickHouseRollup): Promise<void> {
  await drop(rollup.table);
  await run(client, rollup.createTable);
  for (const statement of rollup.createViews) await run(client, statement);
}

function isStored(event: CostEvent, layout: Layout, source: ClickHouseSource): boolean {
  try {
    eventToRow(event, source, { received: 0, clock });
  } catch {
    return false;
  }
  return isHeld(event) && (layout !== "json" || isKeptByJsonType(event));
}

const groupings = [undefined, ["d"], ["e", "__p", "x,y"], ["$subject", "$source"]] as const;
const filters = [undefined, { d: "a" }, { e: ["a", "", 1], $source: ["s1", ""] }] as const;
const ranges = [
  ["1900-01-01T00:00:00Z", "2200-01-01T00:00:00Z"],
  ["2026-06-14T00:00:00Z", "2026-06-16T00:00:00Z"],
] as const;
const subjects = [undefined, "c1", ""] as const;

/** Every grouping with every filter, with windows and without; ranges and subjects take turns. */
function* queries(granularity: Granularity): Generator<CostSummaryParams> {
  const windows = [undefined, ...windowsOf(granularity)];
  let turn = 0;
  for (const groupBy of groupings) {
    for (const filterGroupBy of filters) {
      for (const window of windows) {
        const [from, to] = ranges[turn % 7 < 5 ? 0 : 1];
        const subject = subjects[Math.floor(turn / 2) % 3];
        turn++;
        yield {
          from,
          to,
          ...(groupBy && { groupBy }),
          ...(window && { window }),
          ...(filterGroupBy && { filterGroupBy }),
          ...(subject !== undefined && { subject }),
        } as CostSummaryParams;
      }
    }
  }
}

describe.each(LAYOUTS)("of the layout %s", (layout) => {
  test.each(GRANULARITIES)(
    "by %s: every aggregation is that of the events",
    async (granularity) => {
      const events = fc
        .sample(scenarios(["COUNT"]), { numRuns: 12, seed: 26 })
        .flatMap((scenario) => scenario.events);
      const cost = ODD_DIMENSIONS;
      const costs: CostDefinition[] = AGGREGATIONS.map((aggregation) => ({ ...cost, aggregation }));
      const source = sourceOf(layout, cost, { table: "rolled", unique: true });
      const stored = events.filter((event) => isStored(event, layout, source));
      expect(stored.length).toBeGreaterThan(layout === "json" ? 15 : 40);
      const rollup: ClickHouseRollup = createRollupTable(costs, {
        source,
        table: "rolled_up",
        granularity,
        dimensions: ["d", "e", "__p", "x,y", "$subject", "$source"],
      });
      await fillTable(client, source, [], now);
      await create(rollup);
      // In several inserts, so that parts of a window meet.
      const rows = stored.map((event, received) => eventToRow(event, source, { received, clock }));
      for (let from = 0; from < rows.length; from += 50) {
        await client.insert({
          table: "rolled",
          values: rows.slice(from, from + 50),
          format: "JSONEachRow",
          clickhouse_settings: { date_time_input_format: "best_effort" },
        });
      }
      // A rollup is asked in the same way whatever the layout of the events: one layout is asked everything.
      const asked = [...queries(granularity)];
      const some = asked.filter((_, at) => layout === "text" || at % 5 === 0);
      expect(asked).toHaveLength(4 * 3 * (1 + windowsOf(granularity).length));
      let compared = 0;
      for (const definition of costs) {
        for (const query of some) {
          const local = summarizeCost(definition, stored, query, { clock, deduplicate: false });
          const params = query as RollupSummaryParams;
          const remote = await summarizeOnClickHouse(client, definition, params, { rollup });
          expect(JSON.stringify(remote), `${definition.aggregation} ${JSON.stringify(query)}`).toBe(
            JSON.stringify(local),
          );
          compared++;
        }
      }
      expect(compared).toBe(7 * some.length);
    },
  );
});

interface GoldenCase {
  readonly name: string;
  readonly cost: CostDefinition;
  readonly query: CostSummaryParams;
  readonly events: readonly CostEvent[];
  readonly now?: string;
  readonly expectedError?: true;
}
const folder = new URL("../cases/", import.meta.url);
const cases = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file): GoldenCase => JSON.parse(readFileSync(new URL(file, folder), "utf8")));

/** Copies are dropped before the insert, as a rollup demands; the first received stays. */
function withoutCopies(events: readonly CostEvent[]): CostEvent[] {
  const seen = new Set<string>();
  return events.filter(({ namespace, source, idempotencyKey }) => {
    if (typeof idempotencyKey !== "string") return true;
    const key = JSON.stringify([namespace ?? null, source ?? null, idempotencyKey]);
    return !seen.has(key) && seen.add(key);
  });
}

test("golden cases, at each granularity that answers them", async () => {
  let compared = 0;
  for (const { name, cost, query, events, now = "2026-01-01T00:00:00Z", expectedError } of cases) {
    if (expectedError) continue;
    const source = sourceOf("text", cost, { table: "rolled", unique: true });
    await drop("rolled_up");
    await fillTable(client, source, withoutCopies(events), now);
    const local = summarizeCost(cost, events, query, { clock: () => new Date(now) });
    for (const granularity of GRANULARITIES) {
      const rollup: ClickHouseRollup = createRollupTable(cost, {
        source,
        table: "rolled_up",
        granularity,
        dimensions: Object.keys(cost.groupBy ?? {}).concat("$subject"),
      });
      const length = LENGTHS[granularity];
      const isWhole = [query.from, query.to].every(
        (time) => new Date(time).getTime() % length === 0,
      );
      const isAnswered = isWhole && (!query.window || LENGTHS[query.window] >= length);
      const ask = () =>
        summarizeOnClickHouse(client, cost, query as RollupSummaryParams, { rollup });
      if (isAnswered) {
        await create(rollup);
        for (const statement of rollup.backfill) await run(client, statement);
        expect(JSON.stringify(await ask()), name).toBe(JSON.stringify(local));
        compared++;
      } else {
        await expect(ask(), name).rejects.toMatchObject({
          code: "INVALID_INPUT",
          issues: expect.arrayContaining([
            expect.objectContaining({ path: [expect.stringMatching(/^(?:from|to|window)$/)] }),
          ]),
        });
      }
    }
  }
  expect(compared).toBeGreaterThan(100);
});

describe("what a rollup cannot answer is an error that says what to do", () => {
  const cost = {
    unitCost: "1",
    aggregation: "SUM",
    eventType: "call",
    valueProperty: "$.v",
    groupBy: { d: "$.d", e: "$.e" },
  } as const;
  const source = {
    table: "rolled",
    data: { layout: "text", column: "data" },
    unique: true,
  } satisfies ClickHouseSource;
  const options = {
    source,
    table: "rolled_up",
    granularity: "HOUR",
    dimensions: ["d"],
  } as const satisfies RollupOptions;
  const rollup: ClickHouseRollup = createRollupTable(cost, options);
  const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
  const refused = (
    definition: CostDefinition,
    query: RollupSummaryParams,
    made: ClickHouseRollup = rollup,
  ) => {
    try {
      summaryQuery(definition, query, { rollup: made });
    } catch (error) {
      return isCostsError(error) && error.code === "INVALID_INPUT" ? error.issues : error;
    }
    return undefined;
  };

  test("windows, ranges, groups, filters and subjects", () => {
    expect(refused(cost, { ...june, from: "2026-06-01T10:30:00+05:30", window: "HOUR" })).toEqual(
      undefined,
    );
    expect(
      refused(cost, {
        from: "2026-06-01T00:00:00.001Z",
        to: "1969-12-31T23:59:00Z".replace("1969", "2026"),
        window: "MINUTE",
        groupBy: ["e", "$source"],
        filterGroupBy: { d: "a", e: "b" },
        subject: "c1",
      }),
    ).toEqual([
      {
        path: ["from"],
        message: expect.stringMatching(/counts by hour: .*2026-06-01T00:00:00.000Z; or use/),
      },
      { path: ["to"], message: expect.stringMatching(/2026-12-31T23:00:00.000Z/) },
      { path: ["window"], message: expect.stringMatching(/expected HOUR or longer/) },
      { path: ["groupBy"], message: expect.stringMatching(/unknown dimension e: .*dimensions d:/) },
      { path: ["groupBy"], message: expect.stringMatching(/unknown dimension \$source/) },
      { path: ["filterGroupBy"], message: expect.stringMatching(/unknown dimension e/) },
      { path: ["subject"], message: expect.stringMatching(/\$subject/) },
    ]);
  });

  test.each<[string, Partial<CostDefinition>]>([
    ["an event type", { eventType: "other" }],
    ["an aggregation", { aggregation: "MAX" }],
    ["a count", { aggregation: "COUNT" }],
    ["a path", { valueProperty: "$.w" }],
  ])("%s that is in none of its costs", (_, change) => {
    expect(refused({ ...cost, ...change }, june)).toEqual([
      { path: ["cost"], message: expect.stringMatching(/create one from this cost/) },
    ]);
  });

  test("a mean is answered by a sum, another unit cost by the same states", () => {
    expect(refused({ ...cost, aggregation: "AVG", unitCost: "7" }, june)).toBeUndefined();
  });

  test("namespaces, unless one of its costs has a merchant", () => {
    const merchant = { ...cost, merchantId: "org_1" };
    expect(refused(merchant, june)).toEqual([
      { path: ["merchantId"], message: expect.stringMatching(/namespaces/) },
    ]);
    expect(refused(merchant, june, createRollupTable(merchant, options))).toBeUndefined();
    const without = { ...source, columns: { namespace: null } };
    const one = createRollupTable(cost, { ...options, source: without });
    expect(refused(merchant, june, one)).toBeUndefined();
  });

  test.each<[string, unknown, Partial<RollupOptions>, readonly string[]]>([
    ["no costs", [], {}, ["costs"]],
    ["a cost without an aggregation", [{ ...cost, aggregation: null }], {}, ["aggregation"]],
    ["a dimension of no cost", cost, { dimensions: ["x"] }, ["dimensions"]],
    ["a granularity that is none", cost, { granularity: "WEEK" as never }, ["granularity"]],
    ["a name that is none", cost, { table: "a b" }, ["table"]],
    ["an unknown option", cost, { by: "x" } as never, ["by"]],
    ["a type that is none", cost, { receivedType: "UInt64) --" }, ["receivedType"]],
    ["half of a pair", { ...cost, eventType: "\ud800" }, {}, ["eventType"]],
    [
      "copies that a query would drop",
      cost,
      { source: { ...source, unique: false, received: "received" } },
      ["source", "unique"],
    ],
    [
      "copies that the engine drops",
      cost,
      { source: { ...source, final: true } },
      ["source", "final"],
    ],
    ["a source that is none", cost, { source: undefined as never }, ["source"]],
  ])("%s", (_, costs, change, path) => {
    expect(() => createRollupTable(costs as CostDefinition, { ...options, ...change })).toThrow(
      expect.objectContaining({
        code: "INVALID_INPUT",
        issues: expect.arrayContaining([expect.objectContaining({ path })]),
      }),
    );
  });

  test("a rollup that is none", () => {
    for (const given of [null, {}, { ...rollup, costs: [] }, { ...rollup, table: "a b" }]) {
      expect(refused(cost, june, given as ClickHouseRollup)).toContainEqual({
        path: [expect.stringMatching(/^(?:rollup|source|costs|table)$/)],
        message: expect.stringMatching(/^expected/),
      });
    }
  });

  test("a table of another rollup, and one that is none", async () => {
    await fillTable(client, source, []);
    await create(createRollupTable(cost, { ...options, granularity: "DAY" }));
    const ask = () => summarizeOnClickHouse(client, cost, june, { rollup });
    const isAnother = {
      code: "INVALID_INPUT",
      issues: [
        { path: ["source", "rollup"], message: expect.stringMatching(/AggregatingMergeTree/) },
      ],
    };
    await expect(ask()).rejects.toMatchObject(isAnother);
    await create(rollup);
    expect((await ask()).totalQuantity?.toString()).toBe("0");
    await run(client, "ALTER TABLE rolled_up MODIFY COMMENT 'mine'");
    await expect(ask()).rejects.toMatchObject(isAnother);
  });
});

describe("rows and inserts", () => {
  const cost = {
    unitCost: "1",
    aggregation: "SUM",
    eventType: "it's a \\ {p0:String}; --",
    valueProperty: "$.v",
    groupBy: { d: "$.d" },
  } as const satisfies CostDefinition;
  const typed = {
    table: "rolled",
    data: {
      layout: "typed",
      values: { "$.v": { column: "v", type: "decimal", precision: 18, scale: 6 } },
      dimensions: { "$.d": "d" },
    },
    unique: true,
    received: "received",
  } as const satisfies ClickHouseSource;
  const rollupOf = (more: Partial<RollupOptions> = {}, aggregation: string = "SUM") =>
    createRollupTable({ ...cost, aggregation } as CostDefinition, {
      source: typed,
      table: "rolled_up",
      granularity: "DAY",
      dimensions: ["d"],
      ...more,
    }) as ClickHouseRollup;
  const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
  const event = (v: unknown, d: unknown = "a"): CostEvent => ({
    type: cost.eventType,
    timestamp: "2026-06-02T10:00:00Z",
    data: { v, d },
  });
  const ask = async (rollup: ClickHouseRollup, aggregation: string = "SUM", more = {}) => {
    const summary = await summarizeOnClickHouse(
      client,
      { ...cost, aggregation },
      { ...june, ...more } as RollupSummaryParams,
      { rollup },
    );
    return summary.totalQuantity?.toString() ?? null;
  };

  test("an event type of any text is counted, before a merge and after", async () => {
    const rollup = rollupOf();
    await fillTable(client, typed, []);
    await create(rollup);
    for (const v of ["0.000001", "12", 7]) {
      await insertRows(client, "rolled", [eventToRow(event(v), typed, { received: 1 })]);
    }
    expect(await ask(rollup)).toBe("19.000001");
    await run(client, "OPTIMIZE TABLE rolled_up FINAL");
    expect(await rowsOf(client, "SELECT toString(count()) AS rows FROM rolled_up")).toEqual([
      { rows: "1" },
    ]);
    expect(await ask(rollup)).toBe("19.000001");
  });

  test("the retry of an insert counts once with a token and a window of deduplication", async () => {
    const rollup = rollupOf();
    await fillTable(client, typed, []);
    await run(
      client,
      "ALTER TABLE rolled MODIFY SETTING non_replicated_deduplication_window = 100",
    );
    await create(rollup);
    const insert = (v: number, insert_deduplication_token: string) =>
      client.insert({
        table: "rolled",
        values: [eventToRow(event(v), typed, { received: 1 })],
        format: "JSONEachRow",
        clickhouse_settings: {
          date_time_input_format: "best_effort",
          insert_deduplication_token,
          deduplicate_blocks_in_dependent_materialized_views: 1,
        },
      });
    await insert(1, "first");
    await insert(1, "first");
    expect(await ask(rollup)).toBe("1");
    await insert(10, "second");
    expect(await ask(rollup)).toBe("11");
    // The rows were inserted and the view was not run: the retry makes up for it, and changes nothing else.
    await drop("rolled_up");
    await insert(100, "third");
    await run(client, rollup.createTable);
    for (const statement of rollup.createViews) await run(client, statement);
    await insert(100, "third");
    expect(await ask(rollup)).toBe("100");
    expect(await rowsOf(client, "SELECT toString(sum(v)) AS v FROM rolled")).toEqual([
      { v: "111" },
    ]);
    for (const name of ["insert_deduplication_token"]) await run(client, `SET ${name} = DEFAULT`);
  });

  test("a value that ClickHouse does not hold is an error whatever the filter says", async () => {
    const source = { ...typed, data: { layout: "text", column: "data" } } as const;
    const rollup = rollupOf({ source });
    await fillTable(client, source, []);
    await create(rollup);
    const rows = [event(1), event(`1${"0".repeat(40)}`, "b"), event("none", "c")];
    await insertRows(
      client,
      "rolled",
      rows.map((one, received) => eventToRow(one, source, { received })),
    );
    await expect(ask(rollup, "SUM", { filterGroupBy: { d: "a" } })).rejects.toMatchObject({
      issues: [{ path: ["valueProperty"], message: expect.stringMatching(/^1 value has/) }],
    });
    await expect(ask(rollup, "SUM", { from: "2026-06-03T00:00:00Z" })).resolves.toBe("0");
  });

  test("a sum that might wrap is an error", async () => {
    const source = {
      ...typed,
      data: {
        ...typed.data,
        values: { "$.v": { column: "v", type: "decimal", precision: 38, scale: 0 } },
      },
    } as const;
    const rollup = rollupOf({ source });
    await fillTable(client, source, []);
    await create(rollup);
    const rows = Array.from({ length: 3 }, () => event(`4${"0".repeat(37)}`));
    await insertRows(
      client,
      "rolled",
      rows.map((one) => eventToRow(one, source, { received: 1 })),
    );
    await expect(ask(rollup)).rejects.toMatchObject({ issues: [{ path: ["valueProperty"] }] });
  });

  test("LATEST is decided by what was received, and a tie is an error", async () => {
    const rollup = rollupOf({}, "LATEST");
    await fillTable(client, typed, []);
    await create(rollup);
    const insert = (v: number, received: number) =>
      insertRows(client, "rolled", [eventToRow(event(v), typed, { received })]);
    await insert(5, 2);
    await insert(9, 1);
    expect(await ask(rollup, "LATEST")).toBe("5");
    await insert(4, 2);
    await expect(ask(rollup, "LATEST")).rejects.toMatchObject({
      issues: [{ path: ["source", "received"] }],
    });
    const unordered = rollupOf({ source: { ...typed, received: undefined } }, "LATEST");
    await create(unordered);
    for (const statement of unordered.backfill) await run(client, statement);
    await expect(ask(unordered, "LATEST")).rejects.toMatchObject({
      issues: [{ path: ["source", "received"] }],
    });
  });

  test("a received of another type is named", async () => {
    await run(client, "DROP TABLE IF EXISTS rolled");
    await run(
      client,
      createEventsTable(typed).replace("`received` UInt64", "`received` DateTime64(9, 'UTC')"),
    );
    const rollup = rollupOf({ receivedType: "DateTime64(9, 'UTC')" }, "LATEST");
    await create(rollup);
    for (const [v, received] of [
      [1, "2026-06-02 10:00:00.000000002"],
      [2, "2026-06-02 10:00:00.000000001"],
    ]) {
      const row = eventToRow(event(v), typed, { received: 1 });
      await insertRows(client, "rolled", [{ ...row, received }]);
    }
    expect(await ask(rollup, "LATEST")).toBe("1");
    // Said to be something else, the states of the view are not those of the table, and it is not made.
    const wrong = rollupOf({}, "LATEST");
    await expect(create(wrong)).rejects.toThrow(/AggregateFunction\(argMax/);
  });

  test("columns of the table of events that have another type than the source says", async () => {
    await run(client, "DROP TABLE IF EXISTS rolled");
    const ddl = createEventsTable(typed);
    await run(client, ddl.replace("Nullable(Decimal(18, 6))", "Nullable(Float64)"));
    const rollup = rollupOf();
    await expect(create(rollup)).rejects.toThrow(/AggregateFunction/);
    await drop("rolled_up");
    await run(client, "DROP TABLE rolled");
    await run(client, ddl.replace("`d` LowCardinality(String)", "`d` Float64"));
    await create(rollup);
    await expect(ask(rollup)).rejects.toMatchObject({
      issues: [{ path: ["source", "d"], message: expect.stringMatching(/Float64/) }],
    });
    // Their types are looked up only as long as there is a table.
    await run(client, "DROP TABLE rolled_up_view");
    await run(client, "DROP TABLE rolled");
    expect(await ask(rollup)).toBe("0");
  });

  test("another table is read, such as one over the rollups of all shards", async () => {
    const rollup = rollupOf();
    await fillTable(client, typed, []);
    await create(rollup);
    await insertRows(client, "rolled", [eventToRow(event(3), typed, { received: 1 })]);
    await run(client, "DROP TABLE IF EXISTS all_rolled_up");
    await run(
      client,
      "CREATE TABLE all_rolled_up AS remote('localhost,127.0.0.1', currentDatabase(), rolled_up)",
    );
    const table = "all_rolled_up";
    const summary = await summarizeOnClickHouse(
      client,
      cost,
      { ...june, groupBy: ["d"] },
      { rollup, table },
    );
    expect(summary.totalQuantity?.toString()).toBe("6");
    expect(summary.groups).toHaveLength(1);
  });
});
