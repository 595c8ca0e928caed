import fc from "fast-check";
import {
  type ClickHouseSource,
  createEventsTable,
  eventToRow,
  summarizeOnClickHouse,
  summaryQuery,
} from "metered-costs/clickhouse";
import {
  type CostDefinition,
  type CostSummaryParams,
  isCostsError,
  summarizeCost,
} from "metered-costs/summary";
import { expect, test } from "vitest";
import { fillTable, rowsOf, startEngine } from "./engine.ts";
import { LAYOUTS } from "./sources.ts";

const client = startEngine();

const EVIL = "ev1l";
const pieces = [
  ..."'|`|\"|\\|;|--|/*|*/|)|(|}|{|{p0:String}|\n|\0|\t|$.|.|,|#|%27|\\'|''|\u2019|\u{1f600}".split(
    "|",
  ),
  " OR 1=1 ",
  " UNION ALL SELECT ",
  "; DROP TABLE events; ",
  "') FROM system.one --",
  "` FROM system.one --",
];
/** Text with a word of its own that no query of ours has, among what might end a literal or a name. */
const attacks = fc
  .tuple(
    fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 4 }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 3 }),
  )
  .map(([before, after]) => `${before.join("")}${EVIL}${after.join("")}`);

interface Arguments {
  cost: Record<string, unknown>;
  query: Record<string, unknown>;
  source: Record<string, unknown>;
}
const places: Record<string, (text: string, all: Arguments) => void> = {
  eventType: (text, { cost }) => Object.assign(cost, { eventType: text }),
  merchantId: (text, { cost }) => Object.assign(cost, { merchantId: text }),
  unitCost: (text, { cost }) => Object.assign(cost, { unitCost: text }),
  aggregation: (text, { cost }) => Object.assign(cost, { aggregation: text }),
  id: (text, { cost }) => Object.assign(cost, { id: text }),
  name: (text, { cost }) => Object.assign(cost, { name: text }),
  currency: (text, { cost }) => Object.assign(cost, { currency: text }),
  valueProperty: (text, { cost }) => Object.assign(cost, { valueProperty: text }),
  "a path": (text, { cost }) => Object.assign(cost, { valueProperty: `$.${text}` }),
  "a dimension's name": (text, { cost, query }) => {
    Object.assign(cost, { groupBy: { [text]: "$.model" } });
    Object.assign(query, { groupBy: [text] });
  },
  "a dimension's path": (text, { cost }) =>
    Object.assign(cost, { groupBy: { model: `$.${text}` } }),
  from: (text, { query }) => Object.assign(query, { from: text }),
  to: (text, { query }) => Object.assign(query, { to: text }),
  subject: (text, { query }) => Object.assign(query, { subject: text }),
  groupBy: (text, { query }) => Object.assign(query, { groupBy: text }),
  window: (text, { query }) => Object.assign(query, { window: text }),
  "a filter": (text, { query }) => Object.assign(query, { filterGroupBy: { model: text } }),
  "one of a filter": (text, { query }) =>
    Object.assign(query, { filterGroupBy: { model: ["a", text] } }),
  "a filter's name": (text, { query }) => Object.assign(query, { filterGroupBy: { [text]: "a" } }),
  table: (text, { source }) => Object.assign(source, { table: text }),
  "a table behind a database": (text, { source }) => Object.assign(source, { table: `db.${text}` }),
  received: (text, { source }) => Object.assign(source, { received: text }),
  unique: (text, { source }) => Object.assign(source, { unique: text }),
  "a column": (text, { source }) => Object.assign(source, { columns: { subject: text } }),
  "a field": (text, { source }) => Object.assign(source, { columns: { [text]: "subject" } }),
  "the column of data": (text, { source }) =>
    Object.assign(source, { data: { ...(source["data"] as object), column: text } }),
  "the column of a value": (text, { source }) =>
    Object.assign(source, {
      data: { layout: "typed", values: { "$.v": { column: text, type: "text" } } },
    }),
  "the path of a value": (text, { source }) =>
    Object.assign(source, {
      data: { layout: "typed", values: { [text]: { column: "v", type: "text" } } },
    }),
  "the column of a dimension": (text, { source }) =>
    Object.assign(source, { data: { layout: "typed", dimensions: { "$.model": text } } }),
  layout: (text, { source }) => Object.assign(source, { data: { layout: text, column: "data" } }),
};

function plainArguments(layout: (typeof LAYOUTS)[number]): Arguments {
  const data =
    layout === "typed"
      ? {
          layout,
          values: { "$.v": { column: "v", type: "text" } },
          dimensions: { "$.model": "model" },
        }
      : { layout, column: "data" };
  return {
    cost: {
      unitCost: "1",
      aggregation: "SUM",
      eventType: "call",
      valueProperty: "$.v",
      groupBy: { model: "$.model" },
    },
    query: { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" },
    source: { table: "events", data, unique: false, received: "received" },
  };
}

test("no text of an argument reaches the text of a query", () => {
  let bound = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(places)),
      fc.constantFrom(...LAYOUTS),
      attacks,
      (place, layout, text) => {
        const all = plainArguments(layout);
        places[place]?.(text, all);
        const source = all.source as unknown as ClickHouseSource;
        for (const make of [
          () => createEventsTable(source),
          () => eventToRow({ type: "call", data: {} }, source, { received: 1 }),
        ]) {
          try {
            const made = make();
            if (typeof made === "string") expect(made).not.toContain(EVIL);
          } catch (error) {
            expect(isCostsError(error)).toBe(true);
          }
        }
        try {
          const { query, query_params } = summaryQuery(
            all.cost as unknown as CostDefinition,
            all.query as unknown as CostSummaryParams,
            source,
          );
          expect(query).not.toContain(EVIL);
          expect(JSON.stringify(query_params)).toContain(EVIL);
          bound++;
        } catch (error) {
          if (!isCostsError(error)) throw error;
          expect(error.code).toBe("INVALID_INPUT");
          refused++;
        }
      },
    ),
    { numRuns: 1_000 },
  );
  expect(bound).toBeGreaterThan(150);
  expect(refused).toBeGreaterThan(400);
});

test("a bound value means itself in the engine, whatever is in it", async () => {
  const texts = [...new Set(fc.sample(attacks, { numRuns: 40, seed: 4 }))];
  const events = texts.map((text, index) => ({
    type: text,
    subject: text,
    namespace: text,
    source: text,
    idempotencyKey: text,
    timestamp: `2026-06-01T00:00:00.${String(index).padStart(3, "0")}Z`,
    data: { model: text, v: index },
  }));
  const { source: given } = plainArguments("text");
  const source = { ...given, table: "attacked" } as unknown as ClickHouseSource;
  await fillTable(client, source, events);
  for (const [index, text] of texts.entries()) {
    const cost = {
      unitCost: "1",
      name: text,
      aggregation: "SUM",
      eventType: text,
      merchantId: text,
      valueProperty: "$.v",
      groupBy: { [text]: "$.model" },
    };
    const query = {
      from: "2026-06-01T00:00:00Z",
      to: "2026-07-01T00:00:00Z",
      subject: text,
      groupBy: [text],
      filterGroupBy: { [text]: index % 2 === 0 ? text : [text, "other"] },
    };
    const summary = await summarizeOnClickHouse(client, cost, query, source);
    expect(JSON.stringify(summary)).toBe(JSON.stringify(summarizeCost(cost, events, query)));
    expect(summary.totalQuantity?.toString()).toBe(String(index));
  }
  expect(await rowsOf(client, "SELECT count() AS count FROM attacked")).toEqual([
    { count: texts.length },
  ]);
});
