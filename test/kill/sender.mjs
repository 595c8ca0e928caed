// Adds events to a queue with a SQLite store, and tells on stdout which `add` has resolved. It is killed now and then.
import { writeSync } from "node:fs";
import { Paygentic } from "metered-costs";
import { sqliteStore } from "metered-costs/sqlite";

const { path, url, numbers, isLast, callback } = JSON.parse(process.argv[2]);
const AT_ONCE = 64;

// Written before anything else goes on: what was told before a kill arrives.
const say = (what) => writeSync(1, `${JSON.stringify(what)}\n`);

/** What `onOutcome` does with an outcome. The last process handles every one. */
const CALLBACKS = {
  slow: () => new Promise((resolve) => setTimeout(resolve, 20)),
  // Now and then more often than the queue calls again.
  rejecting: () => (Math.random() < 0.3 ? Promise.reject(new Error("no")) : undefined),
  "never settling": () => (Math.random() < 0.1 ? new Promise(() => undefined) : undefined),
};
const onOutcome = isLast ? () => undefined : CALLBACKS[callback];

const queue = new Paygentic({ baseUrl: url, apiKey: "sk_test_1" }).events.queue({
  store: sqliteStore({ path }),
  concurrency: 16,
  ...(onOutcome && { onOutcome }),
});
const left = [...numbers];
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let n = left.shift(); n !== undefined; n = left.shift()) {
      await queue.add({
        type: "llm.completion",
        source: "urn:example:gateway",
        subject: `cus_${n % 7}`,
        idempotencyKey: `event-${n}`,
        timestamp: "2026-06-10T10:00:00Z",
        data: { n, tokens: 1 + (n % 13) },
      });
      say({ added: n });
    }
  }),
);
if (isLast) say({ stats: await queue.close({ deadline: 120_000 }) });
else setInterval(() => undefined, 1_000);
