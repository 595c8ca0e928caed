/** Starts the mock's HTTP server inside Node, Bun or Deno, and says what a client of the same runtime sees of it. */
import { isCostsError, Paygentic } from "metered-costs";
import { startMockServer } from "metered-costs/mock/server";

const { url, mock, close } = await startMockServer();
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
mock.fault({ kind: "cut-body", operation: "ingestEvent" });
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
  mock.fault({ kind, rate: 1 });
  codes.push(await costs.list({}, { maxRetries: 0, timeout: 500 }).catch(codeOf));
  mock.reset();
}
await close();
await close();
codes.push(await costs.list({}, { maxRetries: 0 }).catch(codeOf));
console.log(JSON.stringify({ events: mock.events.length, totalCost, codes }));
