/**
 * Creates two costs, sends the usage events of a log, asks what they came to, and computes the same locally.
 *
 * Without settings it talks to a mock on loopback. With PAYGENTIC_API_KEY and PAYGENTIC_PRODUCT_ID it talks to the
 * real API (PAYGENTIC_ENVIRONMENT=sandbox for the Paygentic sandbox), and deletes the costs it made at the end.
 */
import { readFileSync } from "node:fs";
import { type Cost, type CostSummary, defineCost, Paygentic } from "metered-costs";
import { startMockServer } from "metered-costs/mock/server";
import { summarizeCost } from "metered-costs/summary";
import { printTable } from "./table.ts";

const { PAYGENTIC_API_KEY, PAYGENTIC_PRODUCT_ID, PAYGENTIC_ENVIRONMENT } = process.env;
const isReal = PAYGENTIC_API_KEY !== undefined && PAYGENTIC_PRODUCT_ID !== undefined;
const mock = isReal ? undefined : await startMockServer();
const paygentic = new Paygentic(
  mock === undefined
    ? { environment: PAYGENTIC_ENVIRONMENT === "sandbox" ? "sandbox" : "production" }
    : { baseUrl: mock.url, apiKey: "sk_test_mock" },
);
console.log(`Talking to ${mock === undefined ? "the real API" : `a mock at ${mock.url}`}.`);

// 1. Define what a token costs: one cost for those that go in, one for those that come out.
const shared = {
  type: "metered",
  currency: "USD",
  productId: PAYGENTIC_PRODUCT_ID ?? "prod_quickstart",
  eventType: "llm.completion",
  aggregation: "SUM",
  unit: "token",
  groupBy: { model: "$.model" },
} as const;
const inputTokens = await paygentic.costs.create(
  defineCost({
    ...shared,
    name: "Input tokens",
    unitCost: "0.0000025",
    valueProperty: "$.tokens.input",
  }),
);
const outputTokens = await paygentic.costs.create(
  defineCost({
    ...shared,
    name: "Output tokens",
    unitCost: "0.00001",
    valueProperty: "$.tokens.output",
  }),
);

// 2. Send the log. It holds a retry (the same idempotency key twice) and an event that no cost meters.
const log = readFileSync(new URL("./usage.ndjson", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");
const events = log.map((line) => JSON.parse(line));
let shown = 0;
const sent = await paygentic.events.ingestAll(events, {
  onProgress: ({ accepted, rejected }) => {
    const done = accepted + rejected;
    if (done < shown + 100 && done < events.length) return;
    shown = done;
    console.log(`  sent ${done} of ${events.length} events`);
  },
});
console.log(`${sent.accepted} accepted, ${sent.rejected} rejected, ${sent.unknown} unknown`);
for (const outcome of sent.outcomes ?? []) {
  if (outcome.result !== "accepted") console.log(`  event ${outcome.index}: ${outcome.error}`);
}

// 3. Ask the server what it came to, and compute the same from the log.
const query = {
  from: "2026-06-01T00:00:00Z",
  to: "2026-07-01T00:00:00Z",
  groupBy: ["model"],
  window: "DAY",
} as const;

interface Row {
  readonly what: string;
  readonly quantity: string;
  readonly cost: string;
}
function rowsOf({ totalQuantity, totalCost, groups = [], timeSeries = [] }: CostSummary): Row[] {
  const row = (what: string, quantity: unknown, cost: unknown): Row => ({
    what,
    quantity: String(quantity),
    cost: String(cost),
  });
  return [
    ...groups.map((group) => row(group.dimensions["model"] ?? "", group.quantity, group.cost)),
    ...timeSeries.map((day) =>
      row(day.windowStart.toISOString().slice(0, 10), day.quantity, day.cost),
    ),
    row("total", totalQuantity, totalCost),
  ];
}

async function compare(cost: Cost<"model">): Promise<boolean> {
  const server = rowsOf(await paygentic.costs.summary(cost, query));
  const local = new Map(rowsOf(summarizeCost(cost, events, query)).map((row) => [row.what, row]));
  const rows = server.map((row) => ({
    ...row,
    local: local.get(row.what)?.cost ?? "absent",
    isEqual:
      row.cost === local.get(row.what)?.cost && row.quantity === local.get(row.what)?.quantity,
  }));
  console.log(`\n${cost.name} at ${cost.unitCost} ${cost.currency} each`);
  printTable(
    ["", "tokens", "cost, server", "cost, local", ""],
    rows.map((row) => [row.what, row.quantity, row.cost, row.local, row.isEqual ? "=" : "DIFFERS"]),
  );
  return rows.length === local.size && rows.every(({ isEqual }) => isEqual);
}

let isEqual = true;
try {
  for (const cost of [inputTokens, outputTokens]) isEqual = (await compare(cost)) && isEqual;
  console.log(`\nServer and local: ${isEqual ? "equal to the last digit" : "DIFFERENT"}.`);
} finally {
  if (mock === undefined) {
    for (const cost of [inputTokens, outputTokens]) await paygentic.costs.delete(cost.id);
  }
  await mock?.close();
}
process.exitCode = isEqual ? 0 : 1;
