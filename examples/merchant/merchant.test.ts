import { Paygentic } from "metered-costs";
import { createMockPaygentic } from "metered-costs/mock";
import { paygenticHandlers } from "metered-costs/msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createMerchant } from "./merchant.ts";
import { TOKENS } from "./tokens.ts";

const mock = createMockPaygentic({ costs: [TOKENS] });
const server = setupServer(...paygenticHandlers({ mock }));

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => mock.reset());
afterAll(() => server.close());

const merchant = createMerchant({
  paygentic: new Paygentic({ apiKey: "sk_test_1", environment: "sandbox", maxRetries: 1 }),
  costId: "cst_tokens",
  complete: async (model, prompt) => ({
    text: `${model} says hello`,
    tokens: prompt.length * 100,
  }),
});
const buy = (key: string, customer: string, model: string, prompt: string) =>
  merchant(
    new Request("https://merchant.example/completions", {
      method: "POST",
      headers: { "idempotency-key": key },
      body: JSON.stringify({ customer, model, prompt }),
    }),
  );
const costOf = async (customer: string): Promise<unknown> => {
  const range = "from=2026-06-01T00:00:00Z&to=2100-01-01T00:00:00Z";
  const url = `https://merchant.example/customers/${customer}/cost?${range}`;
  return (await merchant(new Request(url))).json();
};

test("a completion is billed to its customer", async () => {
  const response = await buy("request-1", "cus_acme", "large", "Hi");
  expect(await response.json()).toEqual({ text: "large says hello", tokens: 200 });
  expect(mock.events).toMatchObject([
    { subject: "cus_acme", idempotencyKey: "request-1", data: { model: "large", tokens: 200 } },
  ]);
});

test("a customer sees what it came to, by model", async () => {
  await buy("request-1", "cus_acme", "large", "Hi");
  await buy("request-2", "cus_acme", "small", "Hello");
  await buy("request-3", "cus_other", "large", "Hi");
  expect(await costOf("cus_acme")).toEqual({
    customer: "cus_acme",
    currency: "USD",
    cost: "0.00175",
    models: [
      { model: "large", tokens: "200", cost: "0.0005" },
      { model: "small", tokens: "500", cost: "0.00125" },
    ],
  });
});

test("an answer that is lost on the way does not bill twice", async () => {
  mock.fault({ kind: "cut-connection", operation: "ingestEvent", carriedOut: true });
  expect((await buy("request-1", "cus_acme", "large", "Hi")).status).toBe(200);
  expect(mock.requests).toHaveLength(2);
  expect(mock.events).toHaveLength(1);
});

test("while Paygentic is down customers are asked to try again, and are billed once", async () => {
  mock.fault({ kind: "status", status: 503, retryAfter: 0, times: 2 });
  const refused = await buy("request-1", "cus_acme", "large", "Hi");
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("5");
  expect((await buy("request-1", "cus_acme", "large", "Hi")).status).toBe(200);
  expect(await costOf("cus_acme")).toMatchObject({ cost: "0.0005" });
});

test("a range that is none is the customer's to mend", async () => {
  const url = "https://merchant.example/customers/cus_acme/cost?from=June";
  const response = await merchant(new Request(url));
  expect(response.status).toBe(400);
  expect(mock.requests).toEqual([]);
});
