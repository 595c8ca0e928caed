/**
 * A back end that answers with a model and tracks what each customer costs: POST /chat with a customer and a prompt. It
 * meters every call, prices it exactly, and sends the event in the background. The model and Paygentic are stand-ins on
 * loopback, so that the example runs without keys: put your own URLs and keys in their place.
 */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Paygentic } from "metered-costs";
import { priceTable, usageEvent } from "metered-costs/ai";
import { startMockServer } from "metered-costs/mock/server";

async function listen(listener: RequestListener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
async function bodyOf(stream: AsyncIterable<Uint8Array>) {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString());
}

// A stand-in for the model: it answers in OpenAI's format, and has 1,000 tokens of each prompt in its cache.
let answers = 0;
const model = await listen(async (request, response) => {
  const body = await bodyOf(request);
  response.setHeader("content-type", "application/json");
  response.end(
    JSON.stringify({
      id: `chatcmpl-${++answers}`,
      object: "chat.completion",
      model: body.model,
      choices: [{ index: 0, message: { role: "assistant", content: "Hello!" } }],
      usage: {
        prompt_tokens: 1_200,
        completion_tokens: 300,
        total_tokens: 1_500,
        prompt_tokens_details: { cached_tokens: 1_000 },
        completion_tokens_details: { reasoning_tokens: 250 },
      },
    }),
  );
});
const mock = await startMockServer();

const paygentic = new Paygentic({ baseUrl: mock.url, apiKey: "sk_test_mock" });
const queue = paygentic.events.queue({
  onOutcome: (outcome) => {
    if (outcome.result !== "accepted") console.error(outcome.error);
  },
});
const prices = priceTable(
  {
    "gpt-5": { inputTokens: "1.25", cachedInputTokens: "0.125", outputTokens: "10" },
    "gpt-5-mini": { inputTokens: "0.25", cachedInputTokens: "0.025", outputTokens: "2" },
  },
  { per: 1_000_000, currency: "USD" },
);

// One cost sums the amounts of all calls.
const cost = await paygentic.costs.create({
  type: "metered",
  name: "Model calls",
  unitCost: 1,
  currency: prices.currency,
  productId: "prod_assistant",
  eventType: "llm.completion",
  aggregation: "SUM",
  valueProperty: "$.amount",
  groupBy: { model: "$.model" },
});

/** Meters an answer. What goes wrong here does not fail the answer. */
async function meter(completion: unknown, subject: string): Promise<void> {
  await queue.add(
    usageEvent(completion, {
      type: "llm.completion",
      source: "urn:example:assistant",
      subject,
      data: { feature: "chat" },
      prices,
    }),
  );
}

const backend = await listen(async (request, response) => {
  const { customer, prompt, model: name } = await bodyOf(request);
  const answer = await fetch(`${model.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: name, messages: [{ role: "user", content: prompt }] }),
  });
  const completion = await answer.json();
  meter(completion, customer).catch(console.error);
  response.end(JSON.stringify(completion.choices[0].message.content));
});

try {
  const asked = [
    ["cus_acme", "gpt-5"],
    ["cus_acme", "gpt-5-mini"],
    ["cus_bolt", "gpt-5-mini"],
  ];
  for (const [customer, name] of asked) {
    const body = JSON.stringify({ customer, prompt: "Hello", model: name });
    await fetch(`${backend.url}/chat`, { method: "POST", body });
  }
  await queue.flush();

  const now = Date.now();
  const range = { from: new Date(now - 3_600_000), to: new Date(now + 3_600_000) };
  for (const subject of ["cus_acme", "cus_bolt"]) {
    const { totalCost, groups = [] } = await paygentic.costs.summary(cost, {
      ...range,
      subject,
      groupBy: "model",
    });
    console.log(`${subject}: ${totalCost} USD`);
    for (const group of groups) console.log(`  ${group.dimensions.model}: ${group.cost} USD`);
  }
} finally {
  await queue.close();
  for (const server of [backend, model, mock]) await server.close();
}
