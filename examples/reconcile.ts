/**
 * Sends a log of usage events to a mock on loopback, but loses one of them on the way: a mistake that is planted.
 * The server's summary is then compared with the log, and the event that is missing is named.
 */
import { readFileSync } from "node:fs";
import { defineCost, Paygentic } from "metered-costs";
import { startMockServer } from "metered-costs/mock/server";
import { explainEvent, formatReconciliation, reconcile } from "metered-costs/summary";

const log = readFileSync(new URL("./usage.ndjson", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");
const events = log.map((line) => JSON.parse(line));
const LOST = 123;

const mock = await startMockServer();
try {
  const paygentic = new Paygentic({ baseUrl: mock.url, apiKey: "sk_test_mock" });
  const cost = await paygentic.costs.create(
    defineCost({
      type: "metered",
      name: "Output tokens",
      unitCost: "0.00001",
      currency: "USD",
      productId: "prod_reconcile",
      eventType: "llm.completion",
      aggregation: "SUM",
      valueProperty: "$.tokens.output",
      groupBy: { model: "$.model" },
    }),
  );

  // 1. The API accepts every well-formed event. What would meter nothing is found before it is sent.
  const { tokens, ...data } = events[LOST].data;
  const misspelt = { ...events[LOST], data: { ...data, token: tokens } };
  const explained = explainEvent(cost, misspelt);
  console.log(`Before sending: ${explained.message}\n`);

  // 2. All of the log is sent, but for one event.
  const sent = await paygentic.events.ingestAll(events.filter((_, index) => index !== LOST));
  console.log(`${sent.accepted} of ${events.length} events accepted, ${sent.rejected} rejected\n`);

  // 3. The server's answer, in minutes and by model, against the whole log.
  const query = {
    from: "2026-06-01T00:00:00Z",
    to: "2026-07-01T00:00:00Z",
    groupBy: ["model"],
    window: "MINUTE",
  } as const;
  const server = await paygentic.costs.summary(cost, query);
  const result = reconcile({ cost, events, query, server });
  console.log(formatReconciliation(result));

  const isFound =
    !explained.counts &&
    result.verdict === "explained" &&
    result.explanations.some(
      ({ rank, exact, hypotheses: [hypothesis], events: lost }) =>
        rank === 1 &&
        exact &&
        hypothesis?.id === "event-left-out" &&
        [...lost.all()].some(({ index }) => index === LOST),
    );
  console.log(`\nThe planted mistake was ${isFound ? "found" : "NOT FOUND"}.`);
  process.exitCode = isFound ? 0 : 1;
} finally {
  await mock.close();
}
