// Adds events to a queue with a store in Postgres, and tells its parent which `add` has resolved.
import { Paygentic } from "metered-costs";
import pg from "pg";
import { PostgresStore } from "../../examples/postgres-store.ts";

const { database, url, numbers, isLast } = JSON.parse(process.argv[2] ?? "");
const pool = new pg.Pool({ connectionString: database, max: 8 });
const store = new PostgresStore(pool, 3_000);
const queue = new Paygentic({ baseUrl: url, apiKey: "sk_test_1" }).events.queue({ store });
await queue.ready();
await Promise.all(
  (numbers as number[]).map(async (n) => {
    await queue.add({
      type: "llm.completion",
      source: "urn:example:gateway",
      subject: "cus_1",
      idempotencyKey: `event-${n}`,
      timestamp: "2026-06-10T10:00:00Z",
      data: { n },
    });
    process.send?.({ added: n });
  }),
);
if (isLast) {
  process.send?.({ stats: await queue.close({ deadline: 60_000 }) });
  await pool.end();
  process.disconnect?.();
}
