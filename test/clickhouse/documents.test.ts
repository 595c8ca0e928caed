import fc from "fast-check";
import {
  type ClickHouseSource,
  createEventsTable,
  summarizeOnClickHouse,
} from "metered-costs/clickhouse";
import { type CostEvent, summarizeCost } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/values/lossless-json.ts";
import { AGGREGATIONS } from "../summary/random-events.ts";
import { insertRows, run, startEngine } from "./engine.ts";

const client = startEngine();

const source = {
  table: "documents",
  data: { layout: "text", column: "data" },
  unique: true,
  received: "received",
} satisfies ClickHouseSource;
const query = {
  from: "2026-06-01T00:00:00Z",
  to: "2026-07-01T00:00:00Z",
  groupBy: ["d", "e"],
} as const;
const costs = ["$.v", "$.n.v"].flatMap((valueProperty) =>
  AGGREGATIONS.map((aggregation) => ({
    unitCost: "1",
    aggregation,
    eventType: "call",
    valueProperty,
    groupBy: { d: "$.d", e: "$.n.e" },
  })),
);

/** Inserts the documents as they are written, and compares every aggregation with what JSON.parse makes of them. */
async function compare(documents: readonly string[], compared = costs): Promise<void> {
  const at = (index: number): string =>
    `2026-06-01 00:00:00.${String(index % 1_000).padStart(3, "0")}`;
  await run(client, "DROP TABLE IF EXISTS documents");
  await run(client, createEventsTable(source));
  const rows = documents.map((data, index) => ({
    type: "call",
    timestamp: at(index),
    received: index,
    data,
  }));
  await insertRows(client, "documents", rows);
  const events = documents.map(
    (text, index): CostEvent => ({
      type: "call",
      timestamp: `${at(index).replace(" ", "T")}Z`,
      data: parseJson(text) as object,
    }),
  );
  for (const cost of compared) {
    const remote = await summarizeOnClickHouse(client, cost, query, source);
    const local = summarizeCost(cost, events, query, { deduplicate: false });
    expect(JSON.stringify(remote), `${cost.aggregation} of ${cost.valueProperty}`).toBe(
      JSON.stringify(local),
    );
  }
}

/** One of each thing in which ClickHouse's own functions and JSON.parse part. */
const documents = [
  '{"v":1,"v":2,"d":"a","d":"b"}',
  '{"v":1,"\\u0076":3,"d":"escaped name"}',
  '{"n":{"v":1,"e":"x"},"n":{"v":2}}',
  '{"n":{"v":1,"v":2,"e":"x","e":"y"}}',
  '{"n":{"v":5},"v":7,"x":{"v":9007199254740993.5},"d":"elsewhere"}',
  '{"v":0.1000000000000000055,"d":1.0}',
  '{"v":9007199254740993,"d":9007199254740993}',
  '{"v":18446744073709551616,"d":-0}',
  '{"v":123456789012345678901234567890.123456789,"d":1E21}',
  '{"v":1e5,"d":1e-7}',
  '{"v":-1.5E+3,"d":0.0000001}',
  '{"v":4,"z":1e400}',
  '{"v":4,"z":"\\ud800","d":"beside half a pair"}',
  '{"v":"1e-38","d":"1e-38"}',
  '{"v":"+.5","d":"\\u00e9\\"\\\\/\\b"}',
  '{"v":true,"d":false}',
  '{"v":null,"d":null}',
  '{"v":"","d":""}',
  "{}",
  '  {"v" :\n 6 , "d"\t: "spaces" }  ',
  '{"v":                                                   12345678901234567,"d":"far away"}',
  '{"v":                                                   7,"d":"far away"}',
  '{"v":[1,2],"d":[1],"n":[{"v":1,"e":"in a list"}]}',
  '{"v":{"b":1.0,"a":[1,"1",null]},"d":{"v":1}}',
  '{"v":"{\\"a\\":[1,\\"1\\",null],\\"b\\":1}","d":"{x"}',
  '{"v":{"a":[1,"1",null],"b":10e-1},"d":"[x"}',
  '{"v":"say \\"v\\": 5","d":"\\u0000\\"v\\":1"}',
  '{"v":0.00,"d":1.50}',
  '{"v":-0,"d":123456789012345678901}',
  '{"v":0e99999999999999999999999,"d":"zero"}',
];

describe("text that ClickHouse reads otherwise", () => {
  const [sum, ...others] = costs.filter(({ aggregation }) => /SUM|UNIQUE/.test(aggregation));
  test.each(documents)("%s", (document) => compare([document], sum && [sum, ...others]));
  test("all at once", () => compare(documents));
});

test("documents written in many ways", async () => {
  const withEscapes = (text: string, every: number): string =>
    JSON.stringify(text).replace(/[\w!"\\]/g, (character, offset: number) =>
      offset > 0 && /\w/.test(character) && offset % every === 0
        ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
        : character,
    );
  const space = fc.constantFrom("", "", " ", "\n\t ");
  const name = fc.constantFrom("v", "d", "n", "e", "other");
  const scalar = fc.oneof(
    fc.constantFrom(
      "1",
      "-2.5",
      "1.0",
      "1E2",
      "0.30000000000000004",
      "12345678901234567890",
      "null",
      "true",
      '"v"',
      '"1"',
      '"a\\"b"',
      '"\\\\"',
      '"\\u0031"',
    ),
    fc.integer().map(String),
    fc.string({ unit: "grapheme", maxLength: 4 }).map((text) => JSON.stringify(text)),
  );
  const { value } = fc.letrec<{ value: string; object: string }>((tie) => ({
    value: fc.oneof(
      { weight: 4, arbitrary: scalar },
      tie("object"),
      tie("object").map((o) => `[${o}]`),
    ),
    object: fc
      .array(
        fc.tuple(
          space,
          name,
          fc.integer({ min: 1, max: 40 }),
          space,
          fc.oneof({ depthSize: "small" }, scalar, tie("value")),
        ),
        { maxLength: 5 },
      )
      .map(
        (members) =>
          `{${members.map(([before, key, every, after, member]) => `${before}${every < 4 ? withEscapes(key, every) : JSON.stringify(key)}${after}:${member}${before}`).join(",")}}`,
      ),
  }));
  const object = value.filter((text) => text.startsWith("{"));
  await fc.assert(
    fc.asyncProperty(fc.array(object, { minLength: 20, maxLength: 40, size: "max" }), (texts) =>
      compare(texts),
    ),
    { numRuns: 8 },
  );
});
