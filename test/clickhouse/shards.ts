import {
  type ClickHouseSource,
  createEventsTable,
  type EventRow,
  eventToRow,
} from "metered-costs/clickhouse";
import type { CostEvent } from "metered-costs/summary";
import { CLUSTER, type Cluster, DATABASE } from "./cluster.ts";
import { insertRows, run } from "./engine.ts";

/** A node with half of the events and two with a quarter each. */
export const unevenly = (_: CostEvent, index: number): number => (index % 7) % 3;

/**
 * A new `Distributed` table on the first node that holds the events, each on the node that `nodeOf` gives. They were
 * received in the order given. Every node has a table of its own, `..._local`, under the source's own DDL.
 */
export async function fillShards(
  { nodes, client }: Cluster,
  source: ClickHouseSource,
  events: readonly CostEvent[],
  now: string,
  nodeOf: (event: CostEvent, index: number) => number = unevenly,
): Promise<readonly EventRow[]> {
  const local = `${source.table}_local`;
  const rows = events.map((event, index) =>
    eventToRow(event, source, { received: index, clock: () => new Date(now) }),
  );
  await Promise.all(
    nodes.map(async (node, place) => {
      await run(node.client, `DROP TABLE IF EXISTS ${local} SYNC`);
      await run(node.client, createEventsTable({ ...source, table: local }));
      const own = rows.filter((_, index) => {
        const event = events[index];
        return event !== undefined && nodeOf(event, index) === place;
      });
      await insertRows(node.client, local, own);
    }),
  );
  await run(client, `DROP TABLE IF EXISTS ${source.table} SYNC`);
  await run(
    client,
    `CREATE TABLE ${source.table} AS ${local} ENGINE = Distributed(${CLUSTER}, ${DATABASE}, ${local})`,
  );
  return rows;
}
