import { type EventIngestParams, Paygentic } from "metered-costs";
import { type MockServer, startMockServer } from "metered-costs/mock/server";
import { summarizeCost } from "metered-costs/summary";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requestsOf } from "./requests.ts";

/** The table that comes with the data. */
const TABLE = {
  code: { rows: 8_819, context: "18059974", generated: "245896" },
  conv: { rows: 19_366, context: "22361870", generated: "4088665" },
};
const COSTS = {
  context: { valueProperty: "$.context_tokens", unitCost: "0.0000025" },
  generated: { valueProperty: "$.generated_tokens", unitCost: "0.00001" },
};
const query = {
  from: "2023-11-16T00:00:00Z",
  to: "2023-11-18T00:00:00Z",
  window: "MINUTE",
} as const;

function eventsOf(trace: keyof typeof TABLE): EventIngestParams[] {
  return requestsOf(trace).map(({ time, contextTokens, generatedTokens }, index) => ({
    type: `llm.${trace}`,
    source: "urn:azure:llm-inference-2023",
    subject: "cus_azure",
    idempotencyKey: `${trace}-${index}`,
    timestamp: time,
    data: { context_tokens: contextTokens, generated_tokens: generatedTokens },
  }));
}

describe.each(["code", "conv"] as const)("the trace %s, over HTTP to the mock", (trace) => {
  let running: MockServer;
  let paygentic: Paygentic;
  const events = eventsOf(trace);
  const expected = TABLE[trace];

  beforeAll(async () => {
    running = await startMockServer();
    paygentic = new Paygentic({ baseUrl: running.url, apiKey: "sk_traces" });
  });
  afterAll(() => running.close());

  test(`has ${expected.rows} events, which all arrive, and sums as in its table`, async () => {
    expect(events).toHaveLength(expected.rows);
    const define = (name: keyof typeof COSTS) =>
      paygentic.costs.create({
        type: "metered",
        name,
        currency: "USD",
        productId: "prod_1",
        eventType: `llm.${trace}`,
        aggregation: "SUM",
        ...COSTS[name],
      });
    const costs = { context: await define("context"), generated: await define("generated") };
    const sent = await paygentic.events.ingestAll(events, { concurrency: 16 });
    expect(sent).toMatchObject({ accepted: expected.rows, rejected: 0, unknown: 0 });

    for (const name of ["context", "generated"] as const) {
      const server = await paygentic.costs.summary(costs[name], query);
      const local = summarizeCost(costs[name], events, query);
      expect(server.totalQuantity?.toString()).toBe(expected[name]);
      expect(local.totalQuantity?.toString()).toBe(expected[name]);
      expect(server.totalCost?.toString()).toBe(local.totalCost?.toString());
      expect(server.timeSeries?.length).toBeGreaterThan(40);
      expect(JSON.stringify(server.timeSeries)).toBe(JSON.stringify(local.timeSeries));
    }
  });
});
