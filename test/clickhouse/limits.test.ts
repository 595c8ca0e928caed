import {
  type ClickHouseSource,
  eventToRow,
  summarizeOnClickHouse,
  summaryFromRows,
  summaryQuery,
} from "metered-costs/clickhouse";
import { type CostEvent, summarizeCost } from "metered-costs/summary";
import { beforeEach, describe, expect, test } from "vitest";
import { AGGREGATIONS } from "../summary/random-events.ts";
import { fillTable, insertRows, rowsOf, run, startEngine } from "./engine.ts";
import { LAYOUTS, sourceOf } from "./sources.ts";

const client = startEngine();
beforeEach(() => run(client, "DROP TABLE IF EXISTS limits"));

const cost = {
  unitCost: "1",
  aggregation: "SUM",
  eventType: "call",
  valueProperty: "$.v",
  groupBy: { d: "$.d" },
} as const;
const query = { from: "1900-01-01T00:00:00Z", to: "2200-01-01T00:00:00Z" };
const call = (data: object, timestamp = "2026-06-01T00:00:00.000Z"): CostEvent => ({
  type: "call",
  timestamp,
  data,
});
const refusal = (path: readonly string[], message: RegExp) =>
  expect.objectContaining({
    code: "INVALID_INPUT",
    issues: [{ path, message: expect.stringMatching(message) }],
  });

/** What the numbers of a table come to, by the engine and by the local summary. */
async function sumOf(
  values: readonly unknown[],
  layout: "typed" | "text",
  aggregation: string = "SUM",
) {
  const source = sourceOf(layout, cost, { table: "limits", unique: true });
  const events = values.map((v) => call({ v }));
  await fillTable(client, source, events);
  const local = summarizeCost({ ...cost, aggregation }, events, query).totalQuantity;
  const remote = summarizeOnClickHouse(client, { ...cost, aggregation }, query, source);
  return {
    local: local?.toString(),
    remote: remote.then(({ totalQuantity }) => totalQuantity?.toString()),
  };
}

describe.each(["typed", "text"] as const)("numbers, in the layout %s", (layout) => {
  test.each([
    ["38 digits before the point", "9".repeat(38)],
    ["38 digits behind it", `-0.${"0".repeat(37)}1`],
    ["both", `${"9".repeat(38)}.${"9".repeat(38)}`],
    ["an exponent", "1e37"],
    ["a negative exponent", "1e-38"],
    ["zero with any exponent", "0e99999"],
    ["needless zeros", `${"0".repeat(900)}1.${"0".repeat(90)}`],
  ])("%s are held", async (_, value) => {
    for (const aggregation of ["MIN", "MAX", "LATEST"]) {
      const { local, remote } = await sumOf([value], layout, aggregation);
      expect(await remote).toBe(local);
    }
  });

  test.each([
    ["39 digits before the point", `1${"0".repeat(38)}`],
    ["39 digits behind it", `0.${"0".repeat(38)}1`],
    ["an exponent beyond", "1e38"],
    ["a negative exponent beyond", "1e-39"],
    ["a thousand digits", "9".repeat(1_000)],
  ])("%s are an error", async (_, value) => {
    for (const aggregation of ["SUM", "AVG", "MIN", "MAX", "LATEST"]) {
      const { remote } = await sumOf([value, 1], layout, aggregation);
      await expect(remote).rejects.toEqual(
        refusal(["valueProperty"], /^1 value has more than 38 digits/),
      );
    }
  });

  test("a sum that might wrap is an error, one that cannot is not", async () => {
    const held = await sumOf(["4e37", "4.9e37"], layout);
    expect(await held.remote).toBe(held.local);
    for (const aggregation of ["SUM", "AVG"]) {
      const { remote } = await sumOf(
        Array.from({ length: 7 }, () => "9e37"),
        layout,
        aggregation,
      );
      await expect(remote).rejects.toEqual(refusal(["valueProperty"], /^a sum of 7 values/));
    }
  });

  test("a value beyond is an error whatever is filtered by", async () => {
    const source = sourceOf(layout, cost, { table: "limits", unique: true });
    await fillTable(client, source, [call({ v: "1e300", d: "a" }), call({ v: 1, d: "b" })]);
    const filtered = { ...query, filterGroupBy: { d: "b" } };
    await expect(summarizeOnClickHouse(client, cost, filtered, source)).rejects.toEqual(
      refusal(["valueProperty"], /more than 38 digits/),
    );
  });
});

describe("typed Decimal columns", () => {
  const source = (type: "decimal" | "text" = "decimal"): ClickHouseSource => ({
    table: "limits",
    columns: { subject: null, namespace: null, source: null, idempotencyKey: null },
    data: { layout: "typed", values: { "$.v": { column: "v", type } }, dimensions: { "$.d": "d" } },
    unique: true,
  });
  const fill = async (column: string, values: readonly string[]): Promise<void> => {
    await run(
      client,
      `CREATE TABLE limits (type String, timestamp DateTime64(3), d String, v ${column}) ENGINE = MergeTree ORDER BY type`,
    );
    await insertRows(
      client,
      "limits",
      values.map((v) => ({ type: "call", timestamp: "2026-06-01 00:00:00", d: "a", v })),
    );
  };
  const sum = (aggregation = "SUM", type: "decimal" | "text" = "decimal") =>
    summarizeOnClickHouse(client, { ...cost, aggregation }, query, source(type));

  test.each([
    ["Decimal(9, 2)", ["9999999.99", "0.01"], "10000000"],
    ["Decimal(18, 18)", ["0.999999999999999999", "-0.5"], "0.499999999999999999"],
    ["Nullable(Decimal(38, 10))", [`${"9".repeat(27)}.5`, "0.5"], `1${"0".repeat(27)}`],
    [
      "Decimal(76, 38)",
      ["0.00000000000000000000000000000000000001"],
      "0.00000000000000000000000000000000000001",
    ],
  ])("%s sums exactly", async (column, values, expected) => {
    await fill(column, values);
    expect((await sum()).totalQuantity?.toString()).toBe(expected);
  });

  test.each([
    ["Decimal(38, 0)", `9${"0".repeat(37)}`],
    ["Decimal(38, 38)", "0.9"],
    ["Decimal(76, 0)", `9${"0".repeat(75)}`],
  ])("a sum of %s that might wrap is an error", async (column, value) => {
    await fill(
      column,
      Array.from({ length: 12 }, () => value),
    );
    await expect(sum()).rejects.toEqual(refusal(["valueProperty"], /^a sum of 12 values/));
    expect((await sum("MAX")).totalQuantity?.toString()).toBe(value);
  });

  test.each(["Float64", "UInt64", "Nullable(Float32)"])(
    "%s is not taken for Decimal",
    async (column) => {
      await fill(column, ["1"]);
      await expect(sum()).rejects.toMatchObject({
        code: "INVALID_INPUT",
        issues: [{ path: ["source", "v"] }],
      });
    },
  );

  test("a number is not taken for text", async () => {
    await fill("Float64", ["0.1"]);
    await expect(sum("UNIQUE_COUNT", "text")).rejects.toMatchObject({
      issues: [{ path: ["source", "v"] }],
    });
  });

  test("text that is not UTF-8 in a dimension is an error", async () => {
    await fill("Decimal(9, 2)", []);
    await run(client, "INSERT INTO limits SELECT 'call', '2026-06-01 00:00:00', unhex('ff'), 1");
    await expect(
      summarizeOnClickHouse(client, cost, { ...query, groupBy: ["d"] }, source()),
    ).rejects.toEqual(refusal(["groupBy"], /UTF-8/));
    expect((await sum()).totalQuantity?.toString()).toBe("1");
  });

  test("a path without a column is an error before anything is asked", () => {
    expect(() => summaryQuery({ ...cost, valueProperty: "$.other" }, query, source())).toThrow(
      refusal(["source", "data", "values", "$.other"], /expected a column/),
    );
    expect(() =>
      summaryQuery({ ...cost, groupBy: { d: "$.x" } }, { ...query, groupBy: ["d"] }, source()),
    ).toThrow(refusal(["source", "data", "dimensions", "$.x"], /expected a column/));
  });
});

describe("text", () => {
  const source = sourceOf("text", cost, { table: "limits", unique: true });
  const fill = async (documents: readonly string[]): Promise<void> => {
    await fillTable(client, source, []);
    await insertRows(
      client,
      "limits",
      documents.map((data, received) => ({
        type: "call",
        timestamp: "2026-06-01 00:00:00.000",
        received,
        data,
      })),
    );
  };

  test.each([
    ["no JSON", '{"v":1'],
    ["a number that JSON does not know", '{"v":01}'],
    ["an escape that JSON does not know", '{"v":1,"z":"\\x","y":1e400}'],
    ["a list", "[1,2]"],
    ["a number alone", "5"],
    ["something behind it", '{"v":1} {"v":2}'],
    ["nothing", ""],
  ])("%s is an error", async (_, document) => {
    await fill(['{"v":1}', document]);
    await expect(summarizeOnClickHouse(client, cost, query, source)).rejects.toEqual(
      refusal(["source", "data"], /^1 event has data/),
    );
  });

  test("bytes that are no UTF-8 are an error", async () => {
    await fill([]);
    await run(
      client,
      `INSERT INTO limits (type, timestamp, received, data) SELECT 'call', '2026-06-01 00:00:00', 1, concat('{"v":1e2,"d":"', unhex('ff'), '"}')`,
    );
    await expect(summarizeOnClickHouse(client, cost, query, source)).rejects.toEqual(
      refusal(["source", "data"], /^1 event has/),
    );
  });

  test("half of a pair is an error in a dimension, and none elsewhere", async () => {
    await fill(['{"v":1,"d":"\\ud800"}']);
    expect(
      (await summarizeOnClickHouse(client, cost, query, source)).totalQuantity?.toString(),
    ).toBe("1");
    await expect(
      summarizeOnClickHouse(client, cost, { ...query, groupBy: ["d"] }, source),
    ).rejects.toEqual(refusal(["source", "data"], /^1 event has/));
  });

  test("an exponent beyond 64 bits is an error in a dimension", async () => {
    await fill(['{"v":1,"d":1e99999999999999999999}']);
    await expect(
      summarizeOnClickHouse(client, cost, { ...query, groupBy: ["d"] }, source),
    ).rejects.toEqual(refusal(["source", "data"], /^1 event has/));
  });

  test("UNIQUE_COUNT tells 10,000 objects apart, no more", async () => {
    const unique = { ...cost, aggregation: "UNIQUE_COUNT" } as const;
    const documents = (count: number) =>
      Array.from({ length: count }, (_, n) => `{"v":{"n":${n}}}`);
    await fill([...documents(10_000), '{"v":{"n":1.0}}']);
    await expect(summarizeOnClickHouse(client, unique, query, source)).rejects.toEqual(
      refusal(["valueProperty"], /more than 10000 distinct/),
    );
    await fill(documents(10_000));
    expect(
      (await summarizeOnClickHouse(client, unique, query, source)).totalQuantity?.toString(),
    ).toBe("10000");
  });
});

describe("the JSON type: what differs", () => {
  const source = sourceOf("json", cost, { table: "limits", unique: true });
  const fill = async (documents: readonly string[]): Promise<void> => {
    await fillTable(client, source, []);
    for (const [received, data] of documents.entries()) {
      await run(
        client,
        `INSERT INTO limits (type, timestamp, received, data) FORMAT JSONEachRow {"type":"call","timestamp":"2026-06-01 00:00:00","received":${received},"data":${data}}`,
      );
    }
  };
  const summarize = (aggregation: string, groupBy?: "d") =>
    summarizeOnClickHouse(
      client,
      { ...cost, aggregation },
      { ...query, ...(groupBy && { groupBy }) },
      source,
    );

  test("null is missing", async () => {
    await fill(['{"v":1,"d":null}', '{"v":1}']);
    expect((await summarize("COUNT", "d")).groups?.map(({ dimensions }) => dimensions.d)).toEqual([
      "",
    ]);
  });
  test("digits beyond a double are gone", async () => {
    await fill(['{"v":0.1000000000000000055}', '{"v":12345678901234567890.5}']);
    expect((await summarize("MIN")).totalQuantity?.toString()).toBe("0.1");
    expect((await summarize("MAX")).totalQuantity?.toString()).toBe("12345678901234567000");
  });
  test("integers of 64 bits, and 15 digits, are there", async () => {
    await fill([
      '{"v":18446744073709551615}',
      '{"v":-9223372036854775808}',
      '{"v":0.123456789012345}',
    ]);
    expect((await summarize("SUM")).totalQuantity?.toString()).toBe(
      "9223372036854775807.123456789012345",
    );
  });
  test("a name with points is a path", async () => {
    await fill(['{"n.v":5}']);
    const nested = { ...cost, valueProperty: "$.n.v" };
    expect(
      (await summarizeOnClickHouse(client, nested, query, source)).totalQuantity?.toString(),
    ).toBe("5");
  });
  test("an empty object is missing", async () => {
    await fill(['{"v":{}}']);
    expect((await summarize("UNIQUE_COUNT")).totalQuantity?.toString()).toBe("0");
  });
  test("text that looks like a time is one, and an error", async () => {
    await fill(['{"v":1,"d":"2026-06-01 10:00:00"}']);
    await expect(summarize("COUNT", "d")).rejects.toEqual(
      refusal(["source", "data"], /^1 event has/),
    );
  });
  test.each(['{"v":{"a":1}}', '{"v":[1]}'])("UNIQUE_COUNT of %s is an error", async (document) => {
    await fill([document]);
    await expect(summarize("UNIQUE_COUNT")).rejects.toEqual(
      refusal(["source", "data"], /^1 event has/),
    );
  });
  test.each([
    '{"v":18446744073709551616}',
    '{"v":-9223372036854775809}',
    '{"v":1e400}',
    '{"v":"\\ud800"}',
    '{"v":1,"v":2}',
  ])("%s is not stored at all", (document) => expect(fill([document])).rejects.toThrow());
});

describe("order of receipt", () => {
  const events = [call({ v: 1 }), call({ v: 2 })];
  const latest = { ...cost, aggregation: "LATEST" } as const;
  const withoutOrder = (layout: (typeof LAYOUTS)[number]) => {
    const { received: _, ...rest } = sourceOf(layout, cost, { table: "limits", unique: true });
    return rest;
  };

  test.each(LAYOUTS)(
    "decides a tie of LATEST; without it a tie is an error, in the layout %s",
    async (layout) => {
      const ordered = sourceOf(layout, cost, { table: "limits", unique: true });
      await fillTable(client, ordered, events);
      expect(
        (await summarizeOnClickHouse(client, latest, query, ordered)).totalQuantity?.toString(),
      ).toBe("2");
      await expect(
        summarizeOnClickHouse(client, latest, query, withoutOrder(layout)),
      ).rejects.toEqual(refusal(["source", "received"], /one millisecond/));
      await fillTable(client, withoutOrder(layout), [call({ v: 2 }), call({ v: "2.0" })]);
      expect(
        (
          await summarizeOnClickHouse(client, latest, query, withoutOrder(layout))
        ).totalQuantity?.toString(),
      ).toBe("2");
    },
  );

  test("is needed for deduplication", () => {
    expect(() => summaryQuery(cost, query, { ...withoutOrder("text"), unique: false })).toThrow(
      refusal(["source", "received"], /strictly increasing/),
    );
  });
});

describe("times", () => {
  const source = sourceOf("text", cost, { table: "limits", unique: true });
  test.each(["1899-12-31T23:59:59.999Z", "2300-01-01T00:00:00Z"])(
    "%s is no time of a row",
    (timestamp) => {
      expect(() => eventToRow(call({}, timestamp), source, { received: 1 })).toThrow(
        expect.objectContaining({
          code: "INVALID_EVENT",
          issues: [{ path: ["timestamp"], message: "expected a time from 1900 to 2299" }],
        }),
      );
    },
  );
  test("the first and the last millisecond count, in windows before 1970, too", async () => {
    const events = [
      "1900-01-01T00:00:00.000Z",
      "1969-12-31T23:59:59.999Z",
      "2299-12-31T23:59:59.999Z",
    ].map((timestamp) => call({ v: 1 }, timestamp));
    await fillTable(client, source, events);
    for (const window of ["MINUTE", "HOUR", "DAY"] as const) {
      const all = { from: "0001-01-01T00:00:00Z", to: "9999-01-01T00:00:00Z", window };
      const summary = await summarizeOnClickHouse(client, cost, all, source);
      expect(JSON.stringify(summary)).toBe(JSON.stringify(summarizeCost(cost, events, all)));
      expect(summary.timeSeries).toHaveLength(3);
    }
    for (const [from, to] of [
      ["0001-01-01T00:00:00Z", "1900-01-01T00:00:00Z"],
      ["2300-01-01T00:00:00Z", "9999-01-01T00:00:00Z"],
    ] as const) {
      expect(
        (await summarizeOnClickHouse(client, cost, { from, to }, source)).totalQuantity?.toString(),
      ).toBe("0");
    }
  });
});

describe("texts and rows", () => {
  const source = sourceOf("text", cost, { table: "limits", unique: true });
  test("half of a pair is an error where it would be bound or stored", () => {
    const half = "\ud800";
    expect(() => summaryQuery({ ...cost, eventType: half }, query, source)).toThrow(
      refusal(["eventType"], /half of a character/),
    );
    expect(() => summaryQuery(cost, { ...query, subject: half }, source)).toThrow(
      refusal(["subject"], /half of a character/),
    );
    expect(() =>
      summaryQuery(cost, { ...query, filterGroupBy: { d: ["a", half] } }, source),
    ).toThrow(refusal(["filterGroupBy", "$.d"], /half of a character/));
    expect(() => eventToRow({ ...call({}), subject: half }, source, { received: 1 })).toThrow(
      /subject: expected text without a lone surrogate/,
    );
    expect(() =>
      eventToRow(call({ d: half }), sourceOf("typed", cost, { table: "t", unique: true }), {
        received: 1,
      }),
    ).toThrow(/data\.d: expected text without a lone surrogate/);
    expect(() =>
      eventToRow(call({ d: half }), sourceOf("json", cost, { table: "t", unique: true }), {
        received: 1,
      }),
    ).toThrow(/JSON type would change it/);
    expect(eventToRow(call({ d: half }), source, { received: 1 })).toMatchObject({
      data: '{"d":"\\ud800"}',
    });
  });

  test("an id that is no text is refused", () => {
    expect(() => summaryQuery({ ...cost, id: 7n as never }, query, source)).toThrow(
      "The summary cannot be computed: id: expected text",
    );
  });

  test("rows that are not all of one answer are an error", async () => {
    await fillTable(client, source, [call({ v: 1 })]);
    const { query: text, query_params } = summaryQuery(cost, { ...query, groupBy: ["d"] }, source);
    const rows = await rowsOf<object>(client, text, query_params);
    expect(summaryFromRows(rows).totalQuantity?.toString()).toBe("1");
    const groups = rows.filter((row) => "part" in row && row.part === "group");
    for (const wrong of [
      [],
      groups,
      [...rows, ...rows],
      [{}],
      ["total"],
      [{ ...rows[0], quantity: 1 }],
      rows.map((row) => ({ ...row, definition: "SELECT 1" })),
      rows.map((row) => ({ ...row, definition: '{"unitCost":"1","checks":[]}' })),
    ]) {
      expect(() => summaryFromRows(wrong)).toThrow(
        expect.objectContaining({ code: "INVALID_INPUT" }),
      );
    }
    // @ts-expect-error No rows at all.
    expect(() => summaryFromRows(undefined)).toThrow(
      refusal(["rows"], /expected an array of rows/),
    );
  });
});

test("on a Distributed table of two shards partial states go together", async () => {
  const source = sourceOf("text", cost, { table: "limits", unique: false });
  const events = Array.from(
    { length: 50 },
    (_, n): CostEvent => ({
      ...call({ v: `${n}.5`, d: `d${n % 3}` }),
      idempotencyKey: `k${n % 40}`,
    }),
  );
  await fillTable(client, source, events);
  await run(client, "DROP TABLE IF EXISTS both_shards");
  await run(
    client,
    "CREATE TABLE both_shards AS remote('localhost,127.0.0.1', currentDatabase(), limits)",
  );
  const asked = { ...query, groupBy: ["d"], window: "DAY" } as const;
  // Both shards are this one table: as it is, every row is there twice; by the view each is there once, from one of them.
  await run(client, "DROP VIEW IF EXISTS each_once");
  await run(
    client,
    "CREATE VIEW each_once AS SELECT * FROM both_shards WHERE _shard_num = 1 + received % 2",
  );
  const twice = [...events, ...events];
  for (const aggregation of AGGREGATIONS) {
    const definition = { ...cost, aggregation };
    const doubled = { ...source, table: "both_shards", unique: true };
    expect(JSON.stringify(await summarizeOnClickHouse(client, definition, asked, doubled))).toBe(
      JSON.stringify(summarizeCost(definition, twice, asked, { deduplicate: false })),
    );
    for (const deduplicate of [true, false]) {
      const shards = { ...source, table: "each_once", unique: !deduplicate };
      expect(JSON.stringify(await summarizeOnClickHouse(client, definition, asked, shards))).toBe(
        JSON.stringify(summarizeCost(definition, events, asked, { deduplicate })),
      );
    }
  }
});
