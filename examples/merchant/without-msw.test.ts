import { Paygentic } from "metered-costs";
import { createMockPaygentic } from "metered-costs/mock";
import { expect, test } from "vitest";
import { createMerchant } from "./merchant.ts";
import { TOKENS } from "./tokens.ts";

test("a completion is billed to its customer", async () => {
  const mock = createMockPaygentic({ costs: [TOKENS] });
  const merchant = createMerchant({
    paygentic: new Paygentic({ apiKey: "sk_test_1", fetch: mock.fetch }),
    costId: "cst_tokens",
    complete: async () => ({ text: "Hello", tokens: 200 }),
  });

  await merchant(
    new Request("https://merchant.example/completions", {
      method: "POST",
      headers: { "idempotency-key": "request-1" },
      body: JSON.stringify({ customer: "cus_acme", model: "large", prompt: "Hi" }),
    }),
  );

  expect(mock.events).toMatchObject([{ subject: "cus_acme", data: { tokens: 200 } }]);
  expect(mock.requests[0]?.headers["authorization"]).toBe("Bearer [redacted]");
});
