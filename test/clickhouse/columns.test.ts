import fc from "fast-check";
import {
  type ClickHouseSource,
  createEventsTable,
  eventToRow,
  summarizeOnClickHouse,
  summaryQuery,
  type ValueColumn,
} from "metered-costs/clickhouse";
import { type CostEvent, summarizeCost } from "metered-costs/summary";
import { beforeEach, describe, expect, test } from "vitest";
import { AGGREGATIONS } from "../summary/random-events.ts";
import { insertRows, rowsOf, run, startEngine } from "./engine.ts";
import { SUM_BY_D } from "./sources.ts";

// Tables that people have: each column gives the summary of the events that it holds, or an error.

const client = startEngine();
beforeEach(() => run(client, "DROP TABLE IF EXISTS columns"));

const cost = SUM_BY_D;
const query = {
  from: "2026-06-01T00:00:00Z",
  to: "2026-07-01T00:00:00Z",
  groupBy: ["d"],
  window: "HOUR",
} as const;
const source = {
  table: "columns",
  columns: { subject: null, namespace: null, source: null, idempotencyKey: null },
  data: {
    layout: "typed",
    values: { "$.v": { column: "v", type: "integer" } },
    dimensions: { "$.d": "d" },
  },
  unique: true,
  received: "received",
} satisfies ClickHouseSource;
const withValue = (value: ValueColumn): ClickHouseSource => ({
  ...source,
  data: { ...source.data, values: { "$.v": value } },
});
const refusal = (column: string, message: RegExp) =>
  expect.objectContaining({
    code: "INVALID_INPUT",
    issues: [{ path: ["source", column], message: expect.stringMatching(message) }],
  });

interface Columns {
  readonly v?: string;
  readonly d?: string;
  readonly timestamp?: string;
  readonly more?: string;
}
const create = ({ v = "UInt32", d = "String", timestamp = "DateTime64(3)", more = "" }: Columns) =>
  run(
    client,
    `CREATE TABLE columns (type LowCardinality(String), timestamp ${timestamp}, received UInt64, v ${v}, d ${d}${more}) ENGINE = MergeTree ORDER BY (type, timestamp) SETTINGS index_granularity = 2`,
  );
const insert = (rows: readonly object[]) =>
  insertRows(
    client,
    "columns",
    rows.map((row, received) => ({
      type: "call",
      timestamp: "2026-06-02 00:00:00",
      received,
      d: "a",
      v: 1,
      ...row,
    })),
  );
/** The same events for the local summary. */
const event = (data: object, timestamp = "2026-06-02T00:00:00Z"): CostEvent => ({
  type: "call",
  timestamp,
  data,
});
async function compare(
  table: ClickHouseSource,
  events: readonly CostEvent[],
  aggregations: readonly string[] = AGGREGATIONS,
) {
  for (const aggregation of aggregations) {
    const definition = { ...cost, aggregation };
    const remote = await summarizeOnClickHouse(client, definition, query, table);
    const local = summarizeCost(definition, events, query);
    expect(JSON.stringify(remote), aggregation).toBe(JSON.stringify(local));
  }
}

describe("values", () => {
  test.each([
    ["Int8", ["-128", "127"]],
    ["UInt8", ["0", "255"]],
    ["Int16", ["-32768", "32767"]],
    ["UInt16", ["0", "65535"]],
    ["Int32", ["-2147483648", "2147483647"]],
    ["UInt32", ["0", "4294967295"]],
    ["Int64", ["-9223372036854775808", "9223372036854775807", "9223372036854775807"]],
    ["UInt64", ["0", "18446744073709551615", "18446744073709551615"]],
    ["Nullable(UInt64)", ["18446744073709551615", null, "1"]],
    ["LowCardinality(Nullable(UInt8))", ["3", null, "3"]],
  ])("of %s are integers whose sums do not wrap", async (type, values) => {
    await run(client, "SET allow_suspicious_low_cardinality_types = 1");
    await create({ v: type });
    await insert(values.map((v) => ({ v })));
    const events = values.map((v) => event({ d: "a", ...(v !== null && { v }) }));
    await compare(source, events);
  });

  test.each(["Int128", "UInt128", "Int256", "UInt256", "Float64", "Decimal(9, 2)", "String"])(
    "of %s are not taken for integers of 64 bits",
    async (type) => {
      await create({ v: type });
      await insert([{ v: "7" }]);
      for (const aggregation of ["SUM", "UNIQUE_COUNT", "LATEST"]) {
        const asked = summarizeOnClickHouse(client, { ...cost, aggregation }, query, source);
        await expect(asked).rejects.toEqual(refusal("v", /an integer of up to 64 bits/));
      }
    },
  );

  test("texts of decimals are read to the last digit, however they are written", async () => {
    const zeros = fc.nat(45).map((count) => "0".repeat(count));
    const digits = fc
      .tuple(zeros, fc.stringMatching(/^\d{0,12}$/), zeros)
      .map((all) => all.join(""));
    const texts = fc.sample(
      fc
        .tuple(
          fc.constantFrom("", "+", "-"),
          digits,
          fc.constantFrom("", "."),
          digits,
          fc.constantFrom("", "", "e", "E", "e+", "e-", "E-00"),
          fc.nat(60),
        )
        .map(([sign, whole, point, fraction, exponent, power]) =>
          [sign, whole, point, fraction, exponent, exponent === "" ? "" : power].join(""),
        ),
      { numRuns: 8_000, seed: 38 },
    );
    const events = texts.map((v, index) => event({ v, d: String(index) }));
    // Of those that ClickHouse does not hold, one alone makes the summary an error.
    const held = events.filter((one) => {
      const quantity = summarizeCost(cost, [one], query).totalQuantity?.toFixed() ?? "";
      const [whole = "", fraction = ""] = quantity.replace("-", "").split(".");
      return whole.length <= 30 && fraction.length <= 38;
    });
    expect(held.length).toBeGreaterThan(1_500);
    await create({ v: "String" });
    await insert(held.map(({ data }) => data));
    await compare(withValue({ column: "v", type: "text" }), held, ["SUM"]);
  });

  test("of the type UUID are told apart", async () => {
    await create({ v: "UUID" });
    const ids = ["01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac97-7000-8000-000000000000"];
    const events = [...ids, ...ids].map((v) => ({ v, d: "a" }));
    await insert(events);
    const table = withValue({ column: "v", type: "text" });
    await compare(
      table,
      events.map((data) => event(data)),
      ["UNIQUE_COUNT", "COUNT"],
    );
    await expect(summarizeOnClickHouse(client, cost, query, table)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      issues: [{ path: ["source"], message: expect.stringMatching(/values in Decimal.*UUID/) }],
    });
  });

  test("of the type SimpleAggregateFunction are an error", async () => {
    await create({ v: "SimpleAggregateFunction(sum, UInt64)" });
    await insert([{ v: 7 }]);
    await expect(summarizeOnClickHouse(client, cost, query, source)).rejects.toEqual(
      refusal("v", /SimpleAggregateFunction/),
    );
  });

  test.each([
    ["String", "text", "1.25"],
    ["Decimal(18, 3)", "decimal", "1.25"],
    ["UInt64", "integer", "18446744073709551615"],
  ] as const)("of a Map(String, %s), by their keys", async (held, type, v) => {
    await create({
      more: `, values Map(LowCardinality(String), ${held}), labels Map(String, String)`,
    });
    await insert([
      { values: { "gen.v": v }, labels: { "gen.d": "a" } },
      { values: { other: v }, labels: { other: "b" } },
      { values: { "gen.v": 2 }, labels: { "gen.d": "a" } },
    ]);
    const table: ClickHouseSource = {
      ...source,
      data: {
        layout: "typed",
        values: { "$.v": { column: { map: "values", key: "gen.v" }, type } },
        dimensions: { "$.d": { map: "labels", key: "gen.d" } },
      },
    };
    await compare(table, [event({ v, d: "a" }), event({}), event({ v: 2, d: "a" })]);
  });

  test("of a Map of doubles are an error", async () => {
    await create({ more: ", values Map(String, Float64)" });
    await insert([{ values: { v: 0.1 } }]);
    const table = withValue({ column: { map: "values", key: "v" }, type: "decimal" });
    await expect(summarizeOnClickHouse(client, cost, query, table)).rejects.toEqual(
      refusal("values['v']", /Float64.*Decimal/),
    );
  });

  test.each([
    ["of a name with points", "usage.v", ", `usage.v` UInt64", { "usage.v": 5 }],
    ["in a tuple", "usage.v", ", usage Tuple(v UInt64, w String)", { usage: { v: 5, w: "" } }],
    ["under a type hint", "usage.v", ", usage JSON(v UInt64)", { usage: { v: 5, w: "" } }],
  ])("in a column %s", async (_, column, more, row) => {
    await create({ more });
    await insert([row, row]);
    await compare(withValue({ column, type: "integer" }), [
      event({ v: 5, d: "a" }),
      event({ v: 5, d: "a" }),
    ]);
  });
});

describe("members of a JSON column with type hints", () => {
  const json: ClickHouseSource = { ...source, data: { layout: "json", column: "data" } };
  const documents = [{ v: 5, d: "x" }, { v: 2.5 }, {}, { v: 5, d: "x", other: true }];
  const fill = async (hints: string, rows: readonly object[] = documents): Promise<void> => {
    await create({ more: `, data JSON(${hints})` });
    await insert(rows.map((data) => ({ data })));
  };

  test.each(["v Nullable(Decimal(18, 6))", "v Nullable(Float64), d Nullable(String)"])(
    "%s are read",
    async (hints) => {
      await fill(hints);
      const events = documents.map((data) => event(data));
      await compare(
        json,
        events,
        AGGREGATIONS.filter((name) => name !== "UNIQUE_COUNT" || !hints.includes("Decimal")),
      );
    },
  );

  test("integers are read, too", async () => {
    const whole = documents.map((data) => ({ ...data, ...("v" in data && { v: 7 }) }));
    await fill("v Nullable(UInt32), d Nullable(String)", whole);
    await compare(
      json,
      whole.map((data) => event(data)),
    );
  });

  test("the text of a Decimal is not always that of the number", async () => {
    await fill("d Nullable(Decimal(38, 18))", [{ v: 1, d: "0.0000001" }]);
    await expect(summarizeOnClickHouse(client, cost, query, json)).rejects.toMatchObject({
      issues: [{ path: ["source", "data"], message: expect.stringMatching(/^1 event has/) }],
    });
  });

  test.each([
    ["v UInt64", "data.v", /type hint/],
    ["d String", "data.d", /type hint/],
    ["SKIP v", "data", /without SKIP/],
    ["SKIP REGEXP 'v'", "data", /without SKIP/],
  ])("%s would give or drop members: an error", async (hints, column, message) => {
    await fill(hints, [{}]);
    await expect(summarizeOnClickHouse(client, cost, query, json)).rejects.toEqual(
      refusal(column, message),
    );
  });
});

describe("dimensions", () => {
  test.each([
    ["UUID", ["01890a5d-ac96-774b-bcce-b302099a8057"]],
    ["Date", ["2026-06-01", "1970-01-01"]],
    ["Date32", ["1900-01-01"]],
    ["FixedString(3)", ["EUR", "US"]],
    ["Nullable(String)", [null, "", "x"]],
    ["LowCardinality(Nullable(String))", [null, "", "x"]],
    ["Bool", ["true", "false"]],
    ["Int8", ["-1", "7"]],
    ["UInt256", ["115792089237316195423570985008687907853269984665640564039457584007913129639935"]],
    ["Enum8('small' = 1, 'large (new)' = 2)", ["small", "large (new)"]],
  ])("of %s", async (type, texts) => {
    await create({ d: type });
    await insert(texts.map((d) => ({ d: d === "true" || d === "false" ? d === "true" : d })));
    const events = texts.map((d) => event({ v: 1, d: d ?? "" }));
    await compare(source, events, ["SUM"]);
    const only = { ...query, filterGroupBy: { d: texts[0] ?? "" } };
    expect(JSON.stringify(await summarizeOnClickHouse(client, cost, only, source))).toBe(
      JSON.stringify(summarizeCost(cost, events, only)),
    );
  });

  test.each(["DateTime", "DateTime64(3)", "Float64", "Decimal(9, 2)", "IPv4", "Array(String)"])(
    "of %s are an error",
    async (type) => {
      await create({ d: type });
      await insert([{ d: type.startsWith("Array") ? ["a"] : type === "IPv4" ? "127.0.0.1" : 1 }]);
      await expect(summarizeOnClickHouse(client, cost, query, source)).rejects.toEqual(
        refusal("d", /expected String.*store the text/),
      );
    },
  );
});

describe("the time", () => {
  const times = [
    "1969-12-31T23:59:59.999999Z",
    "2026-06-01T00:00:00.000000Z",
    "2026-06-02T10:59:59.999999Z",
    "2026-06-02T11:00:00.000001Z",
    "2026-06-30T23:59:59.999999Z",
    "2026-07-01T00:00:00.000000Z",
  ];
  test.each([
    ["DateTime", 0],
    ["DateTime('Asia/Kathmandu')", 0],
    ["DateTime64(0)", 0],
    ["DateTime64(3, 'America/New_York')", 3],
    ["DateTime64(6)", 6],
    ["DateTime64(6, 'Asia/Tokyo')", 6],
    ["DateTime64(9, 'UTC')", 9],
  ])("of %s is the event's, its digits cut toward the past", async (type, digits) => {
    await create({ timestamp: type });
    const held = times
      .filter((time) => digits > 0 || !time.startsWith("1969"))
      .map((time) => (digits >= 6 ? time : `${time.slice(0, digits === 0 ? 19 : 23)}Z`));
    await insert(held.map((timestamp, v) => ({ timestamp, v })));
    const events = held.map((timestamp, v) => event({ v, d: "a" }, timestamp));
    await compare(source, events);
    const all = {
      from: "1969-12-31T00:00:00Z",
      to: "2026-07-02T00:00:00Z",
      window: "HOUR",
    } as const;
    for (const range of [all, { ...all, from: "2026-06-02T10:59:59.999Z" }]) {
      expect(JSON.stringify(await summarizeOnClickHouse(client, cost, range, source))).toBe(
        JSON.stringify(summarizeCost(cost, events, range)),
      );
    }
  });

  test("events of one millisecond are in the order of receipt, whatever their microseconds", async () => {
    await create({ timestamp: "DateTime64(6)" });
    const rows = ["2026-06-02T00:00:00.000900Z", "2026-06-02T00:00:00.000100Z"];
    await insert(rows.map((timestamp, v) => ({ timestamp, v })));
    await compare(
      source,
      rows.map((timestamp, v) => event({ v, d: "a" }, timestamp)),
    );
  });

  test("of DateTime64(9) ends in 2262: a later range is an error", async () => {
    await create({ timestamp: "DateTime64(9)" });
    await insert([{}]);
    const late = { ...query, to: "2290-01-01T00:00:00Z" };
    await expect(summarizeOnClickHouse(client, cost, late, source)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      issues: [{ path: ["source"], message: expect.stringMatching(/2262/) }],
    });
  });

  test.each(["Nullable(DateTime64(3))", "Nullable(DateTime)", "Date", "Date32"])(
    "of %s is an error, with windows and without",
    async (type) => {
      await run(
        client,
        `CREATE TABLE columns (type String, timestamp ${type}, received UInt64, v UInt8, d String) ENGINE = MergeTree ORDER BY type`,
      );
      await insert([{ timestamp: type.includes("Time") ? "2026-06-02 00:00:00" : "2026-06-02" }]);
      const { window: _, ...whole } = query;
      for (const asked of [query, whole]) {
        await expect(summarizeOnClickHouse(client, cost, asked, source)).rejects.toEqual(
          refusal("timestamp", /expected DateTime or DateTime64, not Nullable/),
        );
      }
    },
  );

  test.each(["String", "Int64"])("of %s is an error", async (type) => {
    await create({ timestamp: type });
    await insert([{ timestamp: type === "String" ? "2026-06-02 00:00:00" : "1780358400000" }]);
    await expect(summarizeOnClickHouse(client, cost, query, source)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      issues: [{ message: expect.stringMatching(/DateTime/) }],
    });
  });

  test.each(["DateTime", "DateTime64(3)", "DateTime64(6, 'Asia/Tokyo')", "DateTime64(9)"])(
    "of %s prunes what is not in the range",
    async (type) => {
      await create({ timestamp: type });
      await run(
        client,
        "INSERT INTO columns SELECT 'call', toDateTime('2026-06-01 00:00:00') + number * 3600, number, 1, 'a' FROM numbers(100)",
      );
      expect(await granulesRead(source, { ...query, to: "2026-06-01T02:00:00Z" })).toBeLessThan(5);
    },
  );
});

/** How many granules the query would read. */
async function granulesRead(
  table: ClickHouseSource,
  asked: typeof query | (Omit<typeof query, "to"> & { readonly to: string }),
): Promise<number> {
  const { query: text, query_params } = summaryQuery(cost, asked, table);
  const lines = await rowsOf<{ explain: string }>(
    client,
    `EXPLAIN indexes = 1 ${text}`,
    query_params,
  );
  const granules = lines.flatMap(({ explain }) => /Granules: (\d+)\/\d+/.exec(explain) ?? []);
  return Number(granules.at(-1));
}

describe("an event's own columns", () => {
  test("of integers are an error where text is compared with them, which may write them in other ways", async () => {
    await create({ more: ", customer UInt64" });
    await insert([{ customer: 7 }]);
    const table: ClickHouseSource = {
      ...source,
      columns: { ...source.columns, subject: "customer" },
    };
    await expect(
      summarizeOnClickHouse(client, cost, { ...query, subject: "7" }, table),
    ).rejects.toEqual(refusal("customer", /view.*toString/));
    await expect(
      summarizeOnClickHouse(client, cost, { ...query, subject: "007" }, table),
    ).rejects.toMatchObject({ code: "INVALID_INPUT", issues: [{ path: ["source"] }] });
    const bySubject = { ...query, groupBy: ["$subject"] } as const;
    const summary = await summarizeOnClickHouse(client, cost, bySubject, table);
    expect(summary.groups?.[0]?.dimensions).toEqual({ $subject: "7" });
  });
});

describe("createEventsTable", () => {
  const everything = {
    table: "columns",
    data: {
      layout: "typed",
      values: {
        "$.v": { column: "v", type: "integer" },
        "$.w": { column: { map: "values", key: "w" }, type: "decimal" },
      },
      dimensions: { "$.d": { map: "labels", key: "d" } },
    },
    unique: false,
    received: "received",
  } satisfies ClickHouseSource;
  const events = [1, 2, 3].map(
    (v): CostEvent => ({
      ...event({ v, w: `${v}.5`, d: `d${v % 2}` }, `2026-06-0${v}T00:00:00Z`),
      idempotencyKey: `k${v}`,
      subject: "s",
    }),
  );

  test("stores what it is asked to, and the summary stays the same", async () => {
    const ddl = createEventsTable(everything, {
      partitionBy: "MONTH",
      ttlDays: 36_500,
      orderBy: ["namespace", "type", "subject", "timestamp"],
      compression: 3,
    });
    expect(ddl).toContain(`  \`v\` Nullable(Int64),
  \`values\` Map(LowCardinality(String), Decimal(38, 18)),
  \`labels\` Map(LowCardinality(String), String),`);
    expect(ddl.slice(ddl.indexOf("ENGINE"))).toBe(`ENGINE = MergeTree
PARTITION BY toYYYYMM(\`timestamp\`)
ORDER BY (\`namespace\`, \`type\`, \`subject\`, \`timestamp\`)
TTL \`timestamp\` + toIntervalDay(36500)
SETTINGS allow_nullable_key = 1`);
    await run(client, ddl);
    await insertRows(
      client,
      "columns",
      events.map((one) => eventToRow(one, everything)),
    );
    await compare(everything, events);
    const other = { ...cost, valueProperty: "$.w" };
    expect(JSON.stringify(await summarizeOnClickHouse(client, other, query, everything))).toBe(
      JSON.stringify(summarizeCost(other, events, query)),
    );
  });

  test("numbers rows in the order of receipt, however many write", async () => {
    await run(client, createEventsTable(everything));
    const first = events.map((one) => eventToRow(one, everything));
    expect(first[0]).not.toHaveProperty("received");
    await insertRows(client, "columns", first);
    const copies = events.map((one) => ({ ...one, data: { v: 1000, d: "copy" } }));
    await Promise.all(
      copies.map((copy) => insertRows(client, "columns", [eventToRow(copy, everything)])),
    );
    await compare(everything, events);
    expect(
      await rowsOf(client, "SELECT toString(uniqExact(received)) AS places FROM columns"),
    ).toEqual([{ places: "6" }]);
  });

  test("an integer that Int64 does not hold is no row", () => {
    const row = (v: unknown) => eventToRow(event({ v, d: "a" }), source, { received: 1 });
    expect(row("9223372036854775807")).toMatchObject({ v: "9223372036854775807" });
    expect(row("1.0")).toMatchObject({ v: "1" });
    expect(row("text")).toMatchObject({ v: null });
    for (const v of ["9223372036854775808", "0.5", "1e300"]) {
      expect(() => row(v)).toThrow(/data.v: expected an integer that Int64 holds/);
    }
  });

  test.each([
    ["a column that is not there", { orderBy: ["nothing"] }, ["orderBy", 0]],
    ["days that are none", { ttlDays: 0 }, ["ttlDays"]],
    ["another engine", { engine: "Log" }, ["engine"]],
    ["another option", { order: [] }, ["order"]],
  ])("refuses %s", (_, options, path) => {
    expect(() => createEventsTable(source, options as never)).toThrow(
      expect.objectContaining({
        code: "INVALID_INPUT",
        issues: [expect.objectContaining({ path })],
      }),
    );
  });

  test("a map has values of one type", () => {
    const mixed: ClickHouseSource = {
      ...everything,
      data: { ...everything.data, dimensions: { "$.d": { map: "values", key: "d" } } },
    };
    expect(() => createEventsTable(mixed)).toThrow(/one type in the map values/);
  });
});
