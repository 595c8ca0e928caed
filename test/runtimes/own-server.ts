/** Starts the sandbox's HTTP server inside Node, Bun or Deno, and says what a client of the same runtime sees of it. */
import { isCostsError, Paygentic } from "metered-costs";
import { startSandbox } from "metered-costs/sandbox/server";

const { url, sandbox, close } = await startSandbox();
const { costs, events } = new Paygentic({ baseUrl: url, apiKey: "sk_test_own" });
const codeOf = (error: unknown): unknown => (isCostsError(error) ? error.code : String(error));

const { id } = await costs.create({
  type: "metered",
  name: "Calls",
  unitCost: "0.123456789012345678901",
  currency: "USD",
  productId: "prod_1",
  eventType: "call",
  aggregation: "COUNT",
});
sandbox.fault({ kind: "cut-body", operation: "ingestEvent" });
await events.ingest({
  type: "call",
  source: "urn:test:own",
  subject: "cus_1",
  timestamp: "2026-06-10T10:00:00Z",
  data: { text: "Zürich" },
});
const { totalCost } = await costs.summary(id, {
  from: "2026-06-01T00:00:00Z",
  to: "2026-07-01T00:00:00Z",
});
const codes: unknown[] = [];
for (const kind of ["cut-connection", "cut-body", "endless-body"] as const) {
  sandbox.fault({ kind, rate: 1 });
  codes.push(await costs.list({}, { maxRetries: 0, timeout: 500 }).catch(codeOf));
  sandbox.reset();
}
await close();
await close();
codes.push(await costs.list({}, { maxRetries: 0 }).catch(codeOf));
console.log(JSON.stringify({ events: sandbox.events.length, totalCost, codes }));
