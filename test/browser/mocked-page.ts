/** A page that talks to Paygentic as in production, by a path of its own host, while msw answers. */
import { isCostsError, Paygentic } from "metered-costs";
import { mock, mockPaygentic } from "../../examples/merchant/browser.ts";

const JUNE = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" } as const;

async function codeOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
    return "none";
  } catch (error) {
    return isCostsError(error) ? String(error.code) : String(error);
  }
}

await mockPaygentic();
const { costs, events } = new Paygentic({ baseUrl: "/api/paygentic" });

mock.fault({ kind: "cut-connection", operation: "ingestEvent", carriedOut: true });
const receipt = await events.ingest({
  type: "llm.completion",
  source: "urn:test:page",
  subject: "cus_acme",
  idempotencyKey: "request-1",
  timestamp: "2026-06-10T10:00:00Z",
  data: { model: "large", tokens: 9007199254740991 },
});
const summary = await costs.summary("cst_tokens", { ...JUNE, groupBy: "model" });
const controller = new AbortController();
mock.fault({ kind: "delay", milliseconds: 60_000 });
setTimeout(() => controller.abort("enough"), 100);

const seen = {
  key: receipt.idempotencyKey,
  events: mock.events.length,
  requests: mock.requests.length,
  keys: [...new Set(mock.requests.map(({ headers }) => headers["authorization"]))],
  cost: String(summary.totalCost),
  model: summary.groups?.[0]?.dimensions.model,
  aborted: await codeOf(() => costs.list({}, { signal: controller.signal })),
  missing: await codeOf(() => costs.get("cst_none")),
  literalKey: await codeOf(async () => new Paygentic({ apiKey: "sk_test_1" })),
};
Object.assign(window, { seen });
document.documentElement.dataset["state"] = "done";
