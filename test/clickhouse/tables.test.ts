import type { ClickHouseClient } from "@clickhouse/client";
import {
  type ClickHouseClient as AnyClient,
  type ClickHouseSource,
  createEventsTable,
  eventToRow,
  summarizeOnClickHouse,
  summaryFromRows,
} from "metered-costs/clickhouse";
import {
  type CostEvent,
  type CostSummary,
  type CostSummaryParams,
  defineCost,
  InvalidEventError,
} from "metered-costs/summary";
import { describe, expect, expectTypeOf, test } from "vitest";
import { insertRows, rowsOf, run, startEngine } from "./engine.ts";

const client = startEngine();

const source = {
  table: "tables",
  columns: { timestamp: "time", idempotencyKey: "key" },
  data: {
    layout: "typed",
    values: {
      "$.v": { column: "v", type: "decimal", precision: 10, scale: 3 },
      "$.t": { column: "t", type: "text" },
      "$.w": { column: "w", type: "decimal", precision: 38, scale: 38 },
    },
    dimensions: { "$.d": "d" },
  },
  unique: false,
  received: "received",
} satisfies ClickHouseSource;
const event = (data: object, more: Partial<CostEvent> = {}): CostEvent => ({
  type: "call",
  timestamp: "2026-06-01T02:00:00.9999+02:00",
  data,
  ...more,
});
const rowOf = (data: object, more: Partial<CostEvent> = {}) =>
  eventToRow(event(data, more), source, { received: 7n });

test("the table says what it is ordered by, and how copies are found", async () => {
  const ddl = createEventsTable(source);
  expect(ddl).toBe(`CREATE TABLE \`tables\` (
  \`type\` LowCardinality(String),
  \`time\` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  \`subject\` Nullable(String),
  \`namespace\` Nullable(String),
  \`source\` Nullable(String),
  \`key\` Nullable(String),
  \`received\` UInt64 DEFAULT generateSnowflakeID() CODEC(Delta, ZSTD(1)),
  \`v\` Nullable(Decimal(10, 3)),
  \`t\` Nullable(String),
  \`w\` Nullable(Decimal(38, 38)),
  \`d\` LowCardinality(String),
  INDEX copies \`key\` TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (\`type\`, \`time\`)`);
  await run(client, ddl);
  expect(createEventsTable({ ...source, unique: true })).not.toContain("INDEX");
  const bare = {
    type: undefined,
    timestamp: undefined,
    subject: null,
    namespace: null,
    source: null,
    idempotencyKey: null,
  };
  await run(
    client,
    createEventsTable({
      table: "default.bare",
      columns: bare,
      data: { layout: "json", column: "data" },
      unique: true,
    }),
  );
});

test("what was inserted comes back", async () => {
  const data = {
    v: "-1234567.125",
    t: 1.5,
    w: "0.00000000000000000000000000000000000001",
    d: null,
  };
  await insertRows(client, "tables", [
    rowOf(data, { subject: "", source: "s", idempotencyKey: "\u{1f600}'\\\t\0" }),
    rowOf({ v: true, t: { b: 1, a: [1.0] }, w: "-", d: { x: 1 } }, { timestamp: new Date(-1) }),
  ]);
  expect(
    await rowsOf(
      client,
      "SELECT * EXCEPT(v, w, received), toString(v) AS v, toString(w) AS w, toString(received) AS received FROM tables ORDER BY time DESC",
    ),
  ).toEqual([
    {
      type: "call",
      time: "2026-06-01 00:00:00.999",
      subject: "",
      namespace: null,
      source: "s",
      key: "\u{1f600}'\\\t\0",
      received: "7",
      t: "1.5",
      d: "null",
      v: "-1234567.125",
      w: "0.00000000000000000000000000000000000001",
    },
    {
      type: "call",
      time: "1969-12-31 23:59:59.999",
      subject: null,
      namespace: null,
      source: null,
      key: null,
      received: "7",
      t: '{"a":[1],"b":1}',
      d: "",
      v: null,
      w: null,
    },
  ]);
});

describe("what a row cannot hold is an error", () => {
  test.each([
    ["more places", { v: "0.1234" }, /data.v: expected a number that Decimal\(10, 3\) holds/],
    ["more digits before the point", { v: 12_345_678 }, /Decimal\(10, 3\)/],
    ["one, where none is held", { w: 1 }, /Decimal\(38, 38\)/],
    ["a number out of bounds", { v: "1e1001" }, /Decimal\(10, 3\)/],
    ["a bigint", { v: 1n }, /data.v: JSON cannot carry a bigint/],
  ])("%s", (_, data, message) => {
    expect(() => rowOf(data)).toThrow(InvalidEventError);
    expect(() => rowOf(data)).toThrow(message);
  });

  test("a field that has no column, an event that is none, a clock that has stopped", () => {
    const without = { ...source, columns: { subject: null } };
    expect(() => eventToRow(event({}, { subject: "c" }), without, { received: 1 })).toThrow(
      /subject: the table has no column/,
    );
    expect(() => rowOf({}, { timestamp: "June 15" })).toThrow(/timestamp: expected an RFC 3339/);
    const { timestamp: _, ...timeless } = event({});
    expect(() =>
      eventToRow(timeless, source, { received: 1, clock: () => new Date(Number.NaN) }),
    ).toThrow(/1900/);
    expect(eventToRow(timeless, source, { received: 1, clock: () => new Date(0) })).toMatchObject({
      time: "1970-01-01T00:00:00.000Z",
    });
  });

  test.each([null, -1, 1.5, "1", 2 ** 53])("received: %s", (received) => {
    expect(() => eventToRow(event({}), source, { received: received as number })).toThrow(
      expect.objectContaining({
        code: "INVALID_INPUT",
        issues: [expect.objectContaining({ path: ["received"] })],
      }),
    );
  });
});

test.each([null, [], { clock: "now" }])("options of a row cannot be %j", (options) => {
  const row = () => eventToRow(event({}), source, options as never);
  expect(row).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
});

describe("a source is checked", () => {
  test.each([
    ["two uses of a column", { ...source, received: "d" }, ["source"]],
    [
      "a precision of 77",
      {
        ...source,
        data: {
          layout: "typed",
          values: { "$.v": { column: "v", type: "decimal", precision: 77 } },
        },
      },
      ["source", "data", "values", "$.v", "precision"],
    ],
    [
      "a scale above the precision",
      {
        ...source,
        data: {
          layout: "typed",
          values: { "$.v": { column: "v", type: "decimal", precision: 3 } },
        },
      },
      ["source", "data", "values", "$.v", "scale"],
    ],
    [
      "a type that is not known",
      { ...source, data: { layout: "typed", values: { "$.v": { column: "v", type: "float" } } } },
      ["source", "data", "values", "$.v", "type"],
    ],
    [
      "a layout that is not known",
      { ...source, data: { layout: "csv" } },
      ["source", "data", "layout"],
    ],
    ["no column of types", { ...source, columns: { type: null } }, ["source", "columns", "type"]],
    ["a field that is not known", { ...source, uniq: true }, ["source", "uniq"]],
    ["nothing", undefined, ["source"]],
  ])("%s", (_, wrong, path) => {
    expect(() => createEventsTable(wrong as unknown as ClickHouseSource)).toThrow(
      expect.objectContaining({
        code: "INVALID_INPUT",
        issues: expect.arrayContaining([expect.objectContaining({ path })]),
      }),
    );
  });
});

test("the client of the real package is one, an answer without rows is an error, its own errors come out as they are", async () => {
  expectTypeOf<ClickHouseClient>().toExtend<AnyClient>();
  const cost = defineCost({
    type: "metered",
    name: "Calls",
    unitCost: 1,
    currency: "USD",
    productId: "prod_1",
    eventType: "call",
    aggregation: "COUNT",
    groupBy: { d: "$.d" },
  });
  const query = {
    from: "2026-06-01T00:00:00Z",
    to: "2026-07-01T00:00:00Z",
    groupBy: ["d"],
  } as const;
  expectTypeOf(summarizeOnClickHouse(client, cost, query, source)).toEqualTypeOf<
    Promise<CostSummary<"d">>
  >();
  expectTypeOf(summaryFromRows<"d">).returns.toEqualTypeOf<CostSummary<"d">>();
  // @ts-expect-error The cost declares no such dimension.
  const wrong = { ...query, groupBy: ["x"] } satisfies CostSummaryParams<"d">;
  const asked = summarizeOnClickHouse(client, cost, wrong as unknown as typeof query, source);
  await expect(asked).rejects.toMatchObject({ code: "INVALID_INPUT" });
  const odd = { query: async () => ({ json: async () => ({}) }) };
  await expect(summarizeOnClickHouse(odd, cost, query, source)).rejects.toMatchObject({
    issues: [{ path: ["client"] }],
  });
  const failure = new Error("no connection");
  const broken = { query: () => Promise.reject(failure) };
  await expect(summarizeOnClickHouse(broken, cost, query, source)).rejects.toBe(failure);
  await expect(
    summarizeOnClickHouse(client, cost, query, { ...source, table: "nowhere" }),
  ).rejects.toMatchObject({ type: "UNKNOWN_TABLE" });
});
