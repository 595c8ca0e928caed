import {
  amountOf,
  costsForPrices,
  eventTypeOf,
  priceTable,
  readGenaiPrices,
  readLiteLlmPrices,
  type TokenUsage,
  usageEvent,
} from "metered-costs/ai";
import { summarizeCost } from "metered-costs/summary";
import { describe, expect, test } from "vitest";

const MILLION = { per: 1_000_000, currency: "USD" } as const;
const usageOf = (counts: Partial<TokenUsage>): TokenUsage => ({
  provider: "openai",
  model: "gpt-5",
  raw: undefined,
  ...counts,
});
const GPT_5 = { inputTokens: "1.25", cachedInputTokens: "0.125", outputTokens: "10" };

describe("amountOf", () => {
  const prices = priceTable(
    {
      "gpt-5": {
        ...GPT_5,
        serviceTiers: { flex: { inputTokens: "0.625", outputTokens: "5" } },
        contextTiers: [{ above: 272_000, inputTokens: "2.5", outputTokens: "15" }],
        serverTools: { web_search: "0.01" },
      },
      "acme/gpt-5": { inputTokens: "9" },
      "claude-*": { inputTokens: "3", outputTokens: "15" },
      "claude-opus-*": { inputTokens: "5", outputTokens: "25" },
    },
    MILLION,
  );

  test.each([
    [
      "each count by its price",
      { inputTokens: 3, cachedInputTokens: 7, outputTokens: 11 },
      "0.000114625",
    ],
    ["reasoning as output", { inputTokens: 1, reasoningTokens: 1 }, "0.00001125"],
    ["a count of 0 without a price", { inputTokens: 1, cacheWriteTokens: 0 }, "0.00000125"],
    ["a service tier", { serviceTier: "flex", inputTokens: 8 }, "0.000005"],
    ["a long context as a whole", { inputTokens: 272_001 }, "0.6800025"],
    ["a context at its bound", { inputTokens: 272_000 }, "0.34"],
    ["a tool of the provider", { inputTokens: 0, serverTools: { web_search: 3 } }, "0.03"],
    ["a provider of its own", { provider: "acme", inputTokens: 1 }, "0.000009"],
    ["a pattern", { model: "claude-haiku-4-5", inputTokens: 1 }, "0.000003"],
    ["the pattern with the most text", { model: "claude-opus-4-6", inputTokens: 1 }, "0.000005"],
  ])("prices %s", (_, counts, amount) => {
    expect(amountOf(usageOf(counts), prices).toString()).toBe(amount);
  });

  test("adds what other models used", () => {
    const advisor = usageOf({ model: "claude-opus-4-7", inputTokens: 2 });
    expect(amountOf(usageOf({ inputTokens: 4, others: [advisor] }), prices).toString()).toBe(
      "0.000015",
    );
  });

  test.each([
    ["a model", { model: "gpt-6", inputTokens: 1 }, "model"],
    ["no model", { model: undefined, inputTokens: 1 }, "model"],
    ["a service tier", { serviceTier: "priority", inputTokens: 1 }, "serviceTier"],
    ["a kind of tokens", { inputAudioTokens: 1 }, "inputAudioTokens"],
    ["a lifetime of cache writes", { cacheWrite1hTokens: 1 }, "cacheWrite1hTokens"],
    [
      "a kind in its service tier",
      { serviceTier: "flex", cachedInputTokens: 1 },
      "cachedInputTokens",
    ],
    [
      "a kind in a long context",
      { inputTokens: 272_000, cachedInputTokens: 1 },
      "cachedInputTokens",
    ],
    ["a tool", { inputTokens: 1, serverTools: { web_fetch: 1 } }, "serverTools.web_fetch"],
    ["anything without a count", {}, ""],
  ])("has no price for %s", (_, counts, path) => {
    expect(() => amountOf(usageOf(counts), prices)).toThrow(
      expect.objectContaining({
        code: "INVALID_INPUT",
        issues: [expect.objectContaining({ path: path === "" ? [] : path.split(".") })],
      }),
    );
  });

  test("takes the prices of the time", () => {
    const dated = priceTable(
      { "gpt-5": [{ inputTokens: "1" }, { from: "2026-07-01T00:00:00Z", inputTokens: "2" }] },
      { ...MILLION, from: "2026-01-01T00:00:00Z" },
    );
    const at = (timestamp: string) =>
      amountOf(usageOf({ inputTokens: 1_000_000 }), dated, { timestamp }).toString();
    expect(at("2026-06-30T23:59:59.999Z")).toBe("1");
    expect(at("2026-07-01T00:00:00Z")).toBe("2");
    expect(() => at("2025-12-31T23:59:59Z")).toThrow(/the prices of openai\/gpt-5 begin later/);
  });
});

describe("priceTable", () => {
  test.each([
    ["a negative price", { "gpt-5": { inputTokens: "-1" } }, ["gpt-5", "inputTokens"]],
    ["a price that is no number", { "gpt-5": { inputTokens: "1,25" } }, ["gpt-5", "inputTokens"]],
    ["a kind that it does not know", { "gpt-5": { tokens: "1" } }, ["gpt-5", "tokens"]],
    ["no prices", { "gpt-5": [] }, ["gpt-5"]],
    [
      "two prices of one time",
      { "gpt-5": [{ inputTokens: "1" }, { inputTokens: "2" }] },
      ["gpt-5", 1, "from"],
    ],
    [
      "a mistake in a tier",
      { "gpt-5": { serviceTiers: { flex: { contextTiers: [{ above: -1 }] } } } },
      ["gpt-5", "serviceTiers", "flex", "contextTiers", 0, "above"],
    ],
  ])("refuses %s at its place", (_, models, path) => {
    expect(() => priceTable(models as never, MILLION)).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ path })] }),
    );
  });

  test.each([0, 3, 0.1, 2_000_000, Number.NaN])("refuses prices per %d tokens", (per) => {
    expect(() => priceTable({}, { per, currency: "USD" })).toThrow(/per: expected a power of ten/);
  });

  test("takes a wildcard at any place for any text, and no other sign for one", () => {
    const prices = priceTable({ "gpt.*-mini": { inputTokens: 1 } }, { per: 1, currency: "USD" });
    const amount = (model: string) => amountOf(usageOf({ model, inputTokens: 1 }), prices);
    expect(amount("gpt.5-mini").toString()).toBe("1");
    expect(() => amount("gpt-5-mini")).toThrow(/has no price there/);
  });
});

describe("costsForPrices", () => {
  const prices = priceTable(
    {
      "gpt-5": {
        ...GPT_5,
        serviceTiers: { flex: { inputTokens: "0.625", outputTokens: "5" } },
        serverTools: { web_search: "0.01" },
      },
    },
    MILLION,
  );

  test("gives costs that come to what amountOf says", () => {
    const costs = costsForPrices(prices, { productId: "prod_1" });
    const usages = [
      usageOf({ inputTokens: 3, cachedInputTokens: 5, outputTokens: 7, reasoningTokens: 11 }),
      usageOf({ serviceTier: "flex", inputTokens: 13, outputTokens: 17 }),
      usageOf({ serviceTier: "standard", inputTokens: 19, serverTools: { web_search: 2 } }),
    ];
    const events = usages.map((usage) =>
      usageEvent(usage, {
        type: (each) => eventTypeOf(each, prices),
        source: "urn:test",
        subject: "cus_1",
        timestamp: "2026-06-15T00:00:00Z",
      }),
    );
    const params = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
    const total = costs
      .map((cost) => summarizeCost(cost, events, params).totalCost)
      .reduce((sum, each) => sum?.plus(each ?? 0) ?? null);
    const amounts = usages.map((usage) => amountOf(usage, prices));
    expect(total?.toString()).toBe(amounts.reduce((sum, each) => sum.plus(each)).toString());
  });

  test("defines one cost for each tier and kind", () => {
    const costs = costsForPrices(prices, { productId: "prod_1", eventType: "ai" });
    expect(
      costs.map(({ eventType, unitCost, ...cost }) => [
        eventType,
        "valueProperty" in cost && cost.valueProperty,
        String(unitCost),
      ]),
    ).toEqual([
      ["ai.gpt-5", "$.tokens.inputTokens", "0.00000125"],
      ["ai.gpt-5", "$.tokens.cachedInputTokens", "0.000000125"],
      ["ai.gpt-5", "$.tokens.outputTokens", "0.00001"],
      ["ai.gpt-5", "$.tokens.reasoningTokens", "0.00001"],
      ["ai.gpt-5", "$.serverTools.web_search", "0.01"],
      ["ai.gpt-5.flex", "$.tokens.inputTokens", "0.000000625"],
      ["ai.gpt-5.flex", "$.tokens.outputTokens", "0.000005"],
      ["ai.gpt-5.flex", "$.tokens.reasoningTokens", "0.000005"],
      ["ai.gpt-5.flex", "$.serverTools.web_search", "0.01"],
    ]);
  });

  test("refuses a model without prices", () => {
    expect(() => costsForPrices(prices, { productId: "prod_1", models: ["gpt-6"] })).toThrow(
      /gpt-6 has no price/,
    );
  });

  test("types no event of which a part has no price", () => {
    expect(() => eventTypeOf(usageOf({ inputAudioTokens: 1 }), prices)).toThrow(/inputAudioTokens/);
  });
});

describe("readLiteLlmPrices", () => {
  // Fields and numbers as in model_prices_and_context_window.json of BerriAI/litellm.
  const LIST = `{
    "sample_spec": { "litellm_provider": "one of ...", "input_cost_per_token": 0.0 },
    "claude-sonnet-4-5": {
      "litellm_provider": "anthropic", "mode": "chat",
      "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
      "input_cost_per_token_above_200k_tokens": 6e-06, "output_cost_per_token_above_200k_tokens": 2.25e-05,
      "cache_read_input_token_cost": 3e-07, "cache_creation_input_token_cost": 3.75e-06,
      "cache_creation_input_token_cost_above_1hr": 6e-06,
      "search_context_cost_per_query": { "search_context_size_high": 0.01, "search_context_size_low": 0.01, "search_context_size_medium": 0.01 }
    },
    "gpt-5": {
      "litellm_provider": "openai", "input_cost_per_token": 1.25e-06, "output_cost_per_token": 1e-05,
      "input_cost_per_token_flex": 6.25e-07, "output_cost_per_token_flex": 5e-06,
      "input_cost_per_token_above_272k_tokens_flex": 1.25e-06,
      "search_context_cost_per_query": { "search_context_size_high": 0.05, "search_context_size_low": 0.03 }
    },
    "azure/gpt-5": { "litellm_provider": "azure", "input_cost_per_token": 0.00000137500000000000000001, "output_cost_per_token": 1e-05 },
    "gemini/gemini-2.5-pro": { "litellm_provider": "gemini", "input_cost_per_token": 1.25e-06, "input_cost_per_audio_token": 7e-07, "output_cost_per_token": 1e-05 },
    "gemini-2.5-pro": { "litellm_provider": "vertex_ai-language-models", "input_cost_per_token": 2e-06 },
    "1024-x-1024/dall-e-2": { "litellm_provider": "openai", "input_cost_per_pixel": 1.9e-08 }
  }`;
  const prices = readLiteLlmPrices(LIST);

  test("names each model by its provider", () => {
    expect(prices.models).toEqual([
      "anthropic/claude-sonnet-4-5",
      "openai/gpt-5",
      "azure/gpt-5",
      "google/gemini-2.5-pro",
      "vertex/gemini-2.5-pro",
    ]);
  });

  test.each([
    [
      "anthropic",
      "claude-sonnet-4-5",
      { inputTokens: 1, cacheWriteTokens: 1, cacheWrite1hTokens: 1 },
      "0.00001275",
    ],
    ["anthropic", "claude-sonnet-4-5", { inputTokens: 200_001, outputTokens: 1 }, "1.2000285"],
    ["anthropic", "claude-sonnet-4-5", { inputTokens: 0, serverTools: { web_search: 1 } }, "0.01"],
    ["openai", "gpt-5", { serviceTier: "flex", inputTokens: 300_000 }, "0.375"],
    ["azure.ai.openai", "gpt-5", { inputTokens: 1 }, "0.00000137500000000000000001"],
    ["google.generative-ai", "gemini-2.5-pro", { inputAudioTokens: 10 }, "0.000007"],
    ["vertex", "gemini-2.5-pro", { inputTokens: 1 }, "0.000002"],
  ])("prices a call of %s %s exactly: %o", (provider, model, counts, amount) => {
    expect(amountOf(usageOf({ provider, model, ...counts }), prices).toString()).toBe(amount);
  });

  test.each([
    ["another provider", { provider: "groq", inputTokens: 1 }],
    [
      "cached tokens without a price in a long context",
      {
        provider: "anthropic",
        model: "claude-sonnet-4-5",
        inputTokens: 200_000,
        cachedInputTokens: 1,
      },
    ],
    [
      "searches whose price depends on their context",
      { inputTokens: 1, serverTools: { web_search: 1 } },
    ],
  ])("has no price for %s", (_, counts) => {
    expect(() => amountOf(usageOf(counts), prices)).toThrow(/has no price/);
  });

  test("takes what JSON.parse made of it", () => {
    const { models } = readLiteLlmPrices(JSON.parse(LIST));
    expect(models).toEqual(prices.models);
  });

  test.each(["", "[]", "{}", "{", 3, null])("refuses %o", (list) => {
    expect(() => readLiteLlmPrices(list)).toThrow(/The price list cannot be read/);
  });
});

describe("readGenaiPrices", () => {
  // As in prices/data.json of pydantic/genai-prices.
  const LIST = JSON.stringify([
    {
      id: "google",
      name: "Google",
      models: [
        {
          id: "gemini-2.5-pro",
          match: { and: [{ starts_with: "gemini-2.5-pro" }, { regex: "^(?!.*-tts$)" }] },
          prices: {
            input_mtok: { base: 1.25, tiers: [{ start: 200_000, price: 2.5 }] },
            cache_read_mtok: { base: 0.125, tiers: [{ start: 200_000, price: 0.25 }] },
            output_mtok: 10,
            web_searches_kcount: 35,
          },
        },
      ],
    },
    {
      id: "anthropic",
      models: [
        {
          id: "claude-opus-4-6",
          match: { or: [{ equals: "claude-opus-4-6" }, { contains: "opus-4.6" }] },
          prices: [
            { prices: { input_mtok: 5 } },
            {
              constraint: { type: "start_date", start_date: "2026-03-13" },
              prices: { input_mtok: 4.1, requests_kcount: 0.5 },
            },
          ],
        },
      ],
    },
    {
      id: "deepseek",
      models: [
        {
          id: "deepseek-chat",
          match: { starts_with: "deepseek" },
          prices: [
            { prices: { input_mtok: 1 } },
            {
              constraint: { type: "time_of_date", start_time: "00:30:00Z", end_time: "16:30:00Z" },
              prices: { input_mtok: 2 },
            },
          ],
        },
      ],
    },
  ]);
  const prices = readGenaiPrices(LIST);
  const at = { timestamp: "2026-06-01T00:00:00Z" };

  test.each([
    [
      "google",
      "gemini-2.5-pro-preview",
      { inputTokens: 1, cachedInputTokens: 1, outputTokens: 1 },
      "0.000011375",
    ],
    [
      "google",
      "gemini-2.5-pro",
      { inputTokens: 200_000, cachedInputTokens: 1, outputTokens: 1 },
      "0.50001025",
    ],
    ["google", "gemini-2.5-pro", { inputTokens: 0, serverTools: { web_search: 1 } }, "0.035"],
    ["anthropic", "us.anthropic.Claude-Opus-4.6", { inputTokens: 10 }, "0.000541"],
  ])("prices a call of %s %s exactly: %o", (provider, model, counts, amount) => {
    expect(amountOf(usageOf({ provider, model, ...counts }), prices, at).toString()).toBe(amount);
  });

  test("takes the prices of the time", () => {
    const usage = usageOf({ provider: "anthropic", model: "claude-opus-4-6", inputTokens: 1 });
    expect(amountOf(usage, prices, { timestamp: "2026-03-12T23:59:59Z" }).toString()).toBe(
      "0.000005",
    );
  });

  test.each([
    ["google", "gemini-2.5-pro-tts"],
    ["openrouter", "gemini-2.5-pro"],
    ["deepseek", "deepseek-chat"],
  ])("has no price for %s %s", (provider, model) => {
    expect(() => amountOf(usageOf({ provider, model, inputTokens: 1 }), prices)).toThrow(
      /no price/,
    );
  });

  test.each(["", "{}", "[]", "[1]", null])("refuses %o", (list) => {
    expect(() => readGenaiPrices(list)).toThrow(/The price list cannot be read/);
  });
});
