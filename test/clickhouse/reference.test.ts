import { readdirSync, readFileSync } from "node:fs";
import {
  type CostDefinition,
  type CostEvent,
  type CostSummaryParams,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { insertRows, rowsOf, run, startEngine } from "./engine.ts";

// A second voice: the query of OpenMeter's kind that the rules of the summary were observed on, over its kind of
// table. Where it and the summary differ is the list of rules that were chosen.

const client = startEngine();

interface ReferenceRow {
  readonly value: string | null;
  readonly at?: string;
  readonly [dimension: string]: unknown;
}

const MS: Record<string, number> = { MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 };
const seconds = (time: Date | string): number => Math.floor(new Date(time).getTime() / 1_000);

/** Events as that system stores them: whole seconds, one for each namespace, source and key. */
async function store(events: readonly CostEvent[], now: string): Promise<void> {
  await run(client, "DROP TABLE IF EXISTS om_events");
  await run(
    client,
    "CREATE TABLE om_events (namespace String, id String, type LowCardinality(String), source String, subject String, time DateTime('UTC'), data String) ENGINE = MergeTree ORDER BY (namespace, type, subject)",
  );
  const seen = new Set<string>();
  const rows = events.flatMap((event, index) => {
    const { namespace, source, idempotencyKey, type, subject, timestamp = now, data } = event;
    const key = JSON.stringify([namespace, source, idempotencyKey ?? `made up ${index}`]);
    if (seen.has(key)) return [];
    seen.add(key);
    return [
      {
        namespace: "",
        id: key,
        type,
        source: source ?? "",
        subject: subject ?? "",
        time: seconds(timestamp),
        data: JSON.stringify(data),
      },
    ];
  });
  await insertRows(client, "om_events", rows);
}

function aggregate({ aggregation, valueProperty }: CostDefinition): string {
  const text = `JSON_VALUE(data, '${valueProperty}')`;
  const number = `toDecimal128OrNull(${text}, 19)`;
  switch (aggregation) {
    case "COUNT":
      return "toDecimal128(count(*), 19)";
    case "UNIQUE_COUNT":
      return `toDecimal128(uniq(${text}), 0)`;
    case "LATEST":
      return `argMax(${number}, time)`;
    default:
      return `${aggregation?.toLowerCase()}(${number})`;
  }
}

async function ask(
  cost: CostDefinition,
  query: CostSummaryParams,
  by: readonly string[],
  window?: string,
) {
  const { from, to, subject, filterGroupBy = {} } = query;
  const pathOf = (name: string): string => `JSON_VALUE(data, '${cost.groupBy?.[name]}')`;
  const dimensions = by.map((name, index) => `${pathOf(name)} AS d${index}`);
  const at = `intDiv(toUnixTimestamp(time) * 1000, ${MS[window ?? "DAY"]}) * ${MS[window ?? "DAY"]} AS at`;
  const columns = [
    ...dimensions,
    ...(window === undefined ? [] : [`toString(${at.replace(" AS at", "")}) AS at`]),
  ];
  const conditions = [
    "type = {type:String}",
    `time >= toDateTime(${seconds(from)}, 'UTC')`,
    `time < toDateTime(${seconds(to)}, 'UTC')`,
    ...(subject === undefined ? [] : ["subject = {subject:String}"]),
    ...Object.entries(filterGroupBy).map(([name, value]) => `${pathOf(name)} = '${String(value)}'`),
  ];
  const keys = [...by.map((_, index) => `d${index}`), ...(window === undefined ? [] : ["at"])];
  return rowsOf<ReferenceRow>(
    client,
    `SELECT ${[...columns, `toString(${aggregate(cost)}) AS value`].join(", ")} FROM om_events WHERE ${conditions.join(" AND ")}${keys.length === 0 ? "" : ` GROUP BY ${keys.join(", ")}`}`,
    { type: cost.eventType, ...(subject === undefined ? {} : { subject }) },
  );
}

/** Totals, groups and windows of both, in one form. Doubles, which its mean is, are compared as doubles. */
async function both(
  cost: CostDefinition,
  query: CostSummaryParams,
  events: readonly CostEvent[],
  now: string,
) {
  await store(events, now);
  const names =
    typeof query.groupBy === "string" ? query.groupBy.split(",") : (query.groupBy ?? []);
  const number = (value: string | null | undefined): string | null =>
    value === null || value === undefined
      ? null
      : cost.aggregation === "AVG"
        ? String(Number(value))
        : value;
  const [total] = await ask(cost, query, []);
  const groups = names.length === 0 ? [] : await ask(cost, query, names);
  const windows = query.window === undefined ? [] : await ask(cost, query, [], query.window);
  const isThere = ({ value }: ReferenceRow): boolean => value !== null;
  const theirs = {
    // A mean of nothing is NaN there.
    total: number(total?.value === "nan" ? null : total?.value),
    groups: groups
      .filter(isThere)
      .map((row) =>
        [...names.map((_, index) => row[`d${index}`]), number(row.value)].join("\u0001"),
      )
      .sort(),
    windows: windows
      .filter(isThere)
      .map(({ at, value }) => `${at} ${number(value)}`)
      .sort(),
  };
  const local = summarizeCost(cost, events, query, { clock: () => new Date(now) });
  const ours = {
    total: number(local.totalQuantity?.toString()),
    groups: (local.groups ?? [])
      .map(({ dimensions, quantity }) =>
        [...names.map((name) => dimensions[name]), number(quantity.toString())].join("\u0001"),
      )
      .sort(),
    windows: (local.timeSeries ?? [])
      .map(({ windowStart, quantity }) => `${windowStart.getTime()} ${number(quantity.toString())}`)
      .sort(),
  };
  return { ours, theirs };
}

const folder = new URL("../cases/", import.meta.url);
const cases = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")))
  .filter(({ expectedError }) => !expectedError);

/** Cases in which the reference says something else: each is a rule marked as chosen. */
const CHOSEN = ["empty-sum", "latest-tie-same-second", "sum-overflow-wraps", "unique-missing"];

test.each(cases)(
  "$name: the reference agrees, unless a rule was chosen",
  async ({ name, cost, query, events, now = "2026-01-01T00:00:00Z" }) => {
    const { ours, theirs } = await both(cost, query, events, now);
    if (CHOSEN.includes(name)) expect(theirs).not.toEqual(ours);
    else expect(theirs).toEqual(ours);
  },
);

describe("rules that were chosen, of which no golden case tells", () => {
  const at = (milliseconds: number): string =>
    new Date(Date.UTC(2026, 5, 1) + milliseconds).toISOString();
  const call = (v: unknown, milliseconds = 0): CostEvent => ({
    type: "call",
    timestamp: at(milliseconds),
    data: { v },
  });
  test.each([
    ["a sign alone is no number", "SUM", [call("-"), call(1)], "1", "1"],
    ["a mean does not count a sign alone", "AVG", [call("-"), call(1)], "1", "0.5"],
    ["1.2.3 is no number", "SUM", [call("1.2.3"), call(1)], "1", "2.23"],
    [
      "digits beyond the nineteenth are kept",
      "SUM",
      [call("0.12345678901234567891")],
      "0.12345678901234567891",
      "0.1234567890123456789",
    ],
    ["milliseconds decide which is the latest", "LATEST", [call(2, 2), call(1, 1)], "2", "2"],
    ["milliseconds decide, in whatever order", "LATEST", [call(1, 1), call(2, 2)], "2", "1"],
    [
      "null is not counted as a value, the text null is",
      "UNIQUE_COUNT",
      [call(null), call("null")],
      "1",
      "1",
    ],
    ["objects are told apart", "UNIQUE_COUNT", [call({ a: 1 }), call({ a: 2 })], "2", "1"],
  ] as const)("%s", async (_, aggregation, events, ours, theirs) => {
    const cost = { unitCost: "1", aggregation, eventType: "call", valueProperty: "$.v" };
    const query = { from: at(0), to: at(86_400_000) };
    const answers = await both(cost, query, events, at(0));
    expect([answers.ours.total, answers.theirs.total]).toEqual([ours, theirs]);
  });
});
