import fc from "fast-check";
import { eventToRow, summarizeOnClickHouse } from "metered-costs/clickhouse";
import { isCostsError, summarizeCost } from "metered-costs/summary";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scenarios } from "../summary/random-events.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { fillTable } from "./engine.ts";
import { fillShards } from "./shards.ts";
import { isHeld, isKeptByJsonType, LAYOUTS, sourceOf } from "./sources.ts";

/** For each layout 34 in each of five tests: 510 together. A query on three nodes is planned on each of them. */
const RUNS = 34;
const TESTS = [
  ["three nodes", 1],
  ["three nodes", 2],
  ["one node", 3],
  ["one node", 4],
  ["one node", 5],
] as const;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

describe.each(LAYOUTS)("in the layout %s", (layout) => {
  test.each(TESTS)(
    "on %s, random events give the local summary, or an error where ClickHouse cannot (%i)",
    async (place, part) => {
      let compared = 0;
      await fc.assert(
        fc.asyncProperty(scenarios(), fc.boolean(), async (scenario, deduplicate) => {
          const { cost, query, now } = scenario;
          const source = sourceOf(layout, cost, {
            table: `random_${layout}_${part}`,
            unique: !deduplicate,
          });
          const clock = () => new Date(now);
          const events = scenario.events.filter((event) => {
            try {
              eventToRow(event, source, { received: 0, clock });
              return layout !== "json" || isKeptByJsonType(event);
            } catch (error) {
              if (!isCostsError(error)) throw error;
              return false;
            }
          });
          if (place === "one node") await fillTable(cluster.client, source, events, now);
          else await fillShards(cluster, source, events, now);
          const local = outcome(() => summarizeCost(cost, events, query, { clock, deduplicate }));
          const remote = await summarizeOnClickHouse(cluster.client, cost, query, source).then(
            (summary) => JSON.stringify(summary),
            (error: unknown) => {
              if (!isCostsError(error)) throw error;
              return error.code;
            },
          );
          if (remote === "INVALID_INPUT") {
            if (local.startsWith("{")) expect(events.every(isHeld)).toBe(false);
            return;
          }
          expect(remote).toBe(local);
          compared++;
        }),
        { numRuns: RUNS },
      );
      expect(compared).toBeGreaterThan(RUNS / 3);
    },
  );
});

function outcome(compute: () => unknown): string {
  try {
    return JSON.stringify(compute());
  } catch (error) {
    if (isCostsError(error)) return error.code;
    throw error;
  }
}
