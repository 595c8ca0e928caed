/**
 * Checks what Paygentic answers against a log of your own in NDJSON, without holding the log in memory.
 *
 * Without settings it fills a mock on loopback with `examples/usage.ndjson` first. With PAYGENTIC_API_KEY it reads
 * the costs of your account and checks them against the file that is named: `npx tsx examples/ndjson-check.ts
 * june.ndjson 2026-06-01T00:00:00Z 2026-07-01T00:00:00Z`. It ends with 1 when something differs.
 */
import { fileURLToPath } from "node:url";
import { type Cost, type EventIngestParams, Paygentic } from "metered-costs";
import { startMockServer } from "metered-costs/mock/server";
import { readEvents, summarizeNdjson } from "metered-costs/summary";
import { piecesOf } from "./file-pieces.ts";
import { printTable } from "./table.ts";

const [
  file = fileURLToPath(new URL("./usage.ndjson", import.meta.url)),
  from = "2026-06-01T00:00:00Z",
  to = "2026-07-01T00:00:00Z",
] = process.argv.slice(2);
const mock = process.env["PAYGENTIC_API_KEY"] === undefined ? await startMockServer() : undefined;
const paygentic = new Paygentic(
  mock === undefined ? {} : { baseUrl: mock.url, apiKey: "sk_test_mock" },
);

/** Makes two costs and sends the log, as a back end would have done all month. */
async function fill(): Promise<void> {
  for (const kind of ["input", "output"]) {
    await paygentic.costs.create({
      type: "metered",
      name: `Tokens, ${kind}`,
      unitCost: kind === "input" ? "0.0000025" : "0.00001",
      currency: "USD",
      productId: "prod_check",
      eventType: "llm.completion",
      aggregation: "SUM",
      valueProperty: `$.tokens.${kind}`,
    });
  }
  // What the API would refuse is in the log, too: it is counted as rejected, here and there.
  const events = readEvents(piecesOf(file)) as AsyncIterable<EventIngestParams>;
  const { accepted, rejected } = await paygentic.events.ingestAll(events);
  console.log(`${accepted} events accepted, ${rejected} rejected`);
}

if (mock !== undefined) await fill();
const costs: Cost[] = [];
for await (const cost of paygentic.costs.listAll()) costs.push(cost);

// One pass over the file for all costs, and the server's answer for each.
const local = await summarizeNdjson(costs, piecesOf(file), { from, to });
const rows = await Promise.all(
  costs.map(async (cost, index) => {
    const server = await paygentic.costs.summary(cost, { from, to });
    const [own, theirs] = [String(local[index]?.totalCost), String(server.totalCost)];
    return [cost.name, own, theirs, own === theirs ? "=" : "DIFFERS"];
  }),
);
printTable(["", "cost, own log", "cost, server", ""], rows);
await mock?.close();
process.exitCode = rows.every(([, , , verdict]) => verdict === "=") ? 0 : 1;
