// What a test with msw does: the library's client against the handlers. Says as JSON what it saw; the test judges.
import { readFileSync } from "node:fs";
import { Paygentic } from "metered-costs";
import { Kontorion } from "metered-costs/kontorion";
import { createMockKontorion, createMockPaygentic } from "metered-costs/mock";
import { kontorionHandlers, paygenticHandlers } from "metered-costs/msw";
import { setupServer } from "msw/node";

const mock = createMockPaygentic();
const catalog = createMockKontorion();
const server = setupServer(...paygenticHandlers({ mock }), ...kontorionHandlers({ mock: catalog }));
server.listen({ onUnhandledRequest: "error" });
const paygentic = new Paygentic({ apiKey: "sk_msw", maxRetries: 0 });
const cost = await paygentic.costs.create({
  type: "metered",
  name: "Calls",
  unitCost: "0.1",
  currency: "USD",
  productId: "prod_1",
  eventType: "call",
  aggregation: "COUNT",
});
await paygentic.events.ingest({ type: "call", source: "urn:test", subject: "cus_1", data: {} });
const day = 86_400_000;
const summary = await paygentic.costs.summary(cost, {
  from: new Date(Date.now() - day),
  to: new Date(Date.now() + day),
});
mock.fault({ kind: "status", operation: "getCost", status: 503 });
const faulty = await paygentic.costs.get(cost.id).catch((error) => error);
const kontorion = new Kontorion({ apiKey: `sk_test_${"0".repeat(64)}`, maxRetries: 0 });
const versioned = await kontorion.costs.create({ key: "gpu_hour" });
server.close();
const installed = JSON.parse(readFileSync(new URL("msw/package.json", import.meta.url), "utf8"));
console.log(
  JSON.stringify({
    major: process.version.split(".")[0],
    msw: Number(installed.version.split(".")[0]),
    totalCost: summary.totalCost,
    requests: mock.requests.length,
    faulty: faulty.code,
    version: versioned.version,
  }),
);
