import { readdirSync, readFileSync } from "node:fs";
import { summarizeOnClickHouse } from "metered-costs/clickhouse";
import {
  type CostDefinition,
  type CostEvent,
  type CostSummaryParams,
  summarizeCost,
} from "metered-costs/summary";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "./cluster.ts";
import { fillShards } from "./shards.ts";
import { LAYOUTS, sourceOf } from "./sources.ts";

interface GoldenCase {
  readonly name: string;
  readonly why: string;
  readonly cost: CostDefinition;
  readonly query: CostSummaryParams;
  readonly events: readonly CostEvent[];
  readonly now?: string;
  readonly expected?: object;
  readonly expectedError?: true;
}

const folder = new URL("../cases/", import.meta.url);
const cases = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file): GoldenCase => JSON.parse(readFileSync(new URL(file, folder), "utf8")));

/** Where the JSON type cannot say what was in an event: null is missing, a name with points is a path. */
const DIFFERENT_AS_JSON = new Set(["group-null-is-null-text", "path-nested"]);

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

test("there are golden cases", () => {
  expect(cases.length).toBeGreaterThanOrEqual(49);
});

describe.each(LAYOUTS)("on three nodes, in the layout %s", (layout) => {
  test.each(cases)("$name: $why", async ({ name, cost, events, query, now, expectedError }) => {
    const { client } = cluster;
    const source = sourceOf(layout, cost, { table: "golden", unique: false });
    if (expectedError) {
      await expect(summarizeOnClickHouse(client, cost, query, source)).rejects.toMatchObject({
        code: "INVALID_INPUT",
      });
      return;
    }
    const read = now ?? "2026-01-01T00:00:00Z";
    await fillShards(cluster, source, events, read);
    const summary = await summarizeOnClickHouse(client, cost, query, source);
    const clock = () => new Date(read);
    const local = JSON.stringify(summarizeCost(cost, events, query, { clock }));
    const isDifferent = layout === "json" && DIFFERENT_AS_JSON.has(name);
    expect(JSON.stringify(summary) === local).toBe(!isDifferent);
    if (!isDifferent) expect(JSON.stringify(summary)).toBe(local);
  });
});
