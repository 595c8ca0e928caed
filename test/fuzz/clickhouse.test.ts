import fc from "fast-check";
import type { CostEvent } from "metered-costs";
import {
  type ClickHouseSource,
  createEventsTable,
  eventToRow,
  summarizeOnClickHouse,
  summaryFromRows,
  summaryQuery,
} from "metered-costs/clickhouse";
import { fuzz, fuzzed } from "./fuzz.ts";
import { anyCost, COST, event, goodCost, goodQuery, QUERY, query } from "./good-values.ts";
import { bodyLike } from "./hostile-answers.ts";
import {
  hostile,
  mutatedOrAnything,
  plain,
  type Recipes,
  together,
  withoutKey,
} from "./hostile-values.ts";

const TEXT = {
  table: "events",
  data: { layout: "text", column: "data" },
  unique: false,
  received: "received",
} as const;
const TYPED = {
  table: "events",
  data: {
    layout: "typed",
    values: { "$.a": { column: "a", type: "text" } },
    dimensions: { "$.model": "model", "$.b": "b" },
  },
  unique: true,
} as const;
const JSON_TYPE = { ...TEXT, data: { layout: "json", column: "data" } } as const;
const source = fc.oneof(
  mutatedOrAnything(TEXT),
  mutatedOrAnything(TYPED),
  mutatedOrAnything(JSON_TYPE),
  mutatedOrAnything(TYPED.data).map((data) => () => ({ ...TYPED, data: data() })),
) as Recipes<ClickHouseSource>;
const goodSource: Recipes<ClickHouseSource> = fc
  .constantFrom<ClickHouseSource>(TEXT, TYPED, JSON_TYPE)
  .map((source) => () => source);
const ROW = {
  part: "total",
  dimensions: [],
  window: "0",
  quantity: "12.5",
  counted: "2",
  sum: "25",
  greatest: "1",
  tied: "0",
  rest: [],
  refused: "0",
  unreadable: "0",
  damaged: "0",
  types: [],
  definition: JSON.stringify({ ...COST, groupBy: ["model"], window: 86_400_000, checks: [] }),
};
const anyRow = fc.oneof(
  mutatedOrAnything(ROW),
  plain(
    bodyLike(JSON.parse(ROW.definition)).map((body) => ({
      ...ROW,
      definition: withoutKey(String(body)),
    })),
  ),
);

fuzz("metered-costs/clickhouse", [
  fuzzed(
    "summaryQuery",
    4,
    together<[never, never, ClickHouseSource]>(
      fc.oneof(anyCost, goodCost),
      fc.oneof(query, goodQuery),
      fc.oneof(source, goodSource),
    ),
    (args) => JSON.stringify(summaryQuery(...args)),
  ),
  fuzzed("createEventsTable", 1, source, (source) => createEventsTable(source)),
  fuzzed(
    "eventToRow",
    3,
    together<[CostEvent, ClickHouseSource, object]>(
      event,
      fc.oneof(source, goodSource),
      mutatedOrAnything({ received: 1 }),
    ),
    (args) => JSON.stringify(eventToRow(...args)),
  ),
  fuzzed("summaryFromRows", 2, together<unknown[]>(anyRow, anyRow), (rows) =>
    JSON.stringify(summaryFromRows(rows)),
  ),
  fuzzed("summaryFromRows, one row or anything", 1, fc.oneof(anyRow, hostile), (row) =>
    JSON.stringify(summaryFromRows([row])),
  ),
  fuzzed("summarizeOnClickHouse", 1, fc.oneof(anyRow, hostile), async (row) =>
    JSON.stringify(
      await summarizeOnClickHouse(
        { query: async () => ({ json: async () => [row] }) } as never,
        COST as never,
        QUERY as never,
        TEXT,
      ),
    ),
  ),
]);
