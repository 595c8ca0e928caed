import { readFileSync } from "node:fs";
import type { TokenUsage } from "metered-costs/ai";

/** A response of a provider, and what it means. */
interface ProviderResponse {
  readonly name: string;
  /** Where it was recorded, or what it was composed from. */
  readonly source: unknown;
  readonly response: unknown;
  /** Null for a response that says nothing of its usage. */
  readonly expected: Omit<TokenUsage, "raw"> | null;
  /** The provider's own total, where it gives one. */
  readonly total?: number;
}

/**
 * Responses that others recorded, in public repositories, without their content: of events that differ in nothing but
 * content, one or two are kept. What each means was worked out from the providers' documentation, not by this package.
 */
const RECORDED: readonly ProviderResponse[] = JSON.parse(
  readFileSync(new URL("recorded-responses.json", import.meta.url), "utf8"),
);

const ANTHROPIC = "https://docs.anthropic.com/en/docs/build-with-claude";
const GEMINI = "https://ai.google.dev/api/generate-content#UsageMetadata";
const BEDROCK = "https://docs.aws.amazon.com/bedrock/latest";

/** Responses composed from the documentation or from types, for what no public recording has. */
const COMPOSED: readonly ProviderResponse[] = [
  {
    name: "OpenAI chat completion, audio, in the flex tier",
    source: "openai 7.59.0, resources/completions.d.ts",
    response: {
      id: "chatcmpl-audio",
      object: "chat.completion",
      model: "gpt-audio",
      service_tier: "flex",
      usage: {
        prompt_tokens: 120,
        completion_tokens: 90,
        total_tokens: 210,
        prompt_tokens_details: { cached_tokens: 20, audio_tokens: 60, cache_write_tokens: 10 },
        completion_tokens_details: { reasoning_tokens: 5, audio_tokens: 70 },
      },
    },
    expected: {
      provider: "openai",
      model: "gpt-audio",
      requestId: "chatcmpl-audio",
      serviceTier: "flex",
      inputTokens: 30,
      cachedInputTokens: 20,
      cacheWriteTokens: 10,
      inputAudioTokens: 60,
      outputTokens: 15,
      reasoningTokens: 5,
      outputAudioTokens: 70,
    },
    total: 210,
  },
  {
    name: "OpenAI response, cache writes of two lifetimes",
    source: "openai 7.59.0, resources/responses/responses.d.ts",
    response: {
      id: "resp_2",
      object: "response",
      model: "gpt-5.6",
      output: [],
      usage: {
        input_tokens: 5000,
        input_tokens_details: {
          cached_tokens: 1000,
          cache_write_tokens: 3000,
          cache_write_tokens_details: { ttl_12h_tokens: 2000, ttl_30m_tokens: 1000 },
        },
        output_tokens: 12,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 5012,
      },
    },
    expected: {
      provider: "openai",
      model: "gpt-5.6",
      requestId: "resp_2",
      inputTokens: 1000,
      cachedInputTokens: 1000,
      cacheWriteTokens: 1000,
      cacheWrite12hTokens: 2000,
      outputTokens: 12,
      reasoningTokens: 0,
    },
    total: 5012,
  },
  {
    name: "Mistral chat completion of the official client",
    source: "https://github.com/mistralai/client-ts, models/components/usageinfo.ts",
    response: {
      id: "cmpl-1",
      object: "chat.completion",
      model: "codestral-latest",
      usage: { promptTokens: 16, completionTokens: 34, totalTokens: 50 },
    },
    expected: {
      provider: "mistral",
      model: "codestral-latest",
      requestId: "cmpl-1",
      inputTokens: 16,
      outputTokens: 34,
    },
    total: 50,
  },
  {
    name: "Anthropic message, cached for 5 minutes and 1 hour, thinking, fast, in the US",
    source: `${ANTHROPIC}/prompt-caching; @anthropic-ai/sdk 1.14.0, resources/messages/messages.d.ts`,
    response: {
      id: "msg_cached",
      type: "message",
      model: "claude-opus-4-6",
      usage: {
        input_tokens: 2048,
        cache_read_input_tokens: 1800,
        cache_creation_input_tokens: 248,
        output_tokens: 503,
        output_tokens_details: { thinking_tokens: 400 },
        cache_creation: { ephemeral_5m_input_tokens: 148, ephemeral_1h_input_tokens: 100 },
        server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 },
        service_tier: "standard",
        speed: "fast",
        inference_geo: "us",
      },
    },
    expected: {
      provider: "anthropic",
      model: "claude-opus-4-6",
      requestId: "msg_cached",
      serviceTier: "fast+us",
      inputTokens: 2048,
      cachedInputTokens: 1800,
      cacheWriteTokens: 148,
      cacheWrite1hTokens: 100,
      outputTokens: 103,
      reasoningTokens: 400,
      serverTools: { web_search: 1 },
    },
  },
  {
    name: "Gemini, cached, audio, a tool and an image, on Vertex AI's flex tier",
    source: GEMINI,
    response: {
      usageMetadata: {
        promptTokenCount: 1000,
        cachedContentTokenCount: 600,
        toolUsePromptTokenCount: 50,
        candidatesTokenCount: 1300,
        thoughtsTokenCount: 10,
        totalTokenCount: 2360,
        promptTokensDetails: [
          { modality: "TEXT", tokenCount: 700 },
          { modality: "AUDIO", tokenCount: 300 },
        ],
        cacheTokensDetails: [
          { modality: "TEXT", tokenCount: 500 },
          { modality: "AUDIO", tokenCount: 100 },
        ],
        candidatesTokensDetails: [
          { modality: "TEXT", tokenCount: 10 },
          { modality: "IMAGE", tokenCount: 1290 },
        ],
        trafficType: "ON_DEMAND_FLEX",
      },
      modelVersion: "gemini-2.5-flash-image",
      responseId: "r2",
    },
    expected: {
      provider: "google",
      model: "gemini-2.5-flash-image",
      requestId: "r2",
      serviceTier: "flex",
      inputTokens: 250,
      cachedInputTokens: 500,
      inputAudioTokens: 200,
      cachedInputAudioTokens: 100,
      outputTokens: 10,
      reasoningTokens: 10,
      outputImageTokens: 1290,
    },
    total: 2360,
  },
  {
    name: "Bedrock Converse, cached",
    source: `${BEDROCK}/userguide/prompt-caching.html, ${BEDROCK}/APIReference/API_runtime_TokenUsage.html`,
    response: {
      stopReason: "tool_use",
      serviceTier: { type: "flex" },
      usage: {
        inputTokens: 4,
        outputTokens: 39,
        totalTokens: 2966,
        cacheReadInputTokens: 1423,
        cacheWriteInputTokens: 1500,
        cacheDetails: [
          { ttl: "1h", inputTokens: 1000 },
          { ttl: "5m", inputTokens: 500 },
        ],
      },
      metrics: { latencyMs: 1 },
    },
    expected: {
      provider: "bedrock",
      model: undefined,
      serviceTier: "flex",
      inputTokens: 4,
      cachedInputTokens: 1423,
      cacheWriteTokens: 500,
      cacheWrite1hTokens: 1000,
      outputTokens: 39,
    },
    total: 2966,
  },
  {
    name: "OpenTelemetry attributes of a GenAI span",
    source: "https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/",
    response: {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "aws.bedrock",
      "gen_ai.request.model": "claude-sonnet-4-5",
      "gen_ai.response.model": "claude-sonnet-4-5-20250929",
      "gen_ai.response.id": "msg_9",
      "gen_ai.usage.input_tokens": 100,
      "gen_ai.usage.cache_read.input_tokens": 50,
      "gen_ai.usage.cache_creation.input_tokens": 25,
      "gen_ai.usage.output_tokens": 180,
      "gen_ai.usage.reasoning.output_tokens": 30,
    },
    expected: {
      provider: "bedrock",
      model: "claude-sonnet-4-5-20250929",
      requestId: "msg_9",
      inputTokens: 25,
      cachedInputTokens: 50,
      cacheWriteTokens: 25,
      outputTokens: 150,
      reasoningTokens: 30,
    },
    total: 280,
  },
  {
    name: "AI SDK 7 result, several steps",
    source: "ai 7.0.173, LanguageModelUsage",
    response: {
      finishReason: "stop",
      usage: { inputTokens: 300, outputTokens: 30 },
      response: { id: "msg_b", modelId: "claude-x" },
      steps: [
        {
          response: { id: "msg_a", modelId: "claude-x" },
          providerMetadata: { anthropic: {} },
          usage: {
            inputTokens: 100,
            inputTokenDetails: { noCacheTokens: 40, cacheReadTokens: 50, cacheWriteTokens: 10 },
            outputTokens: 10,
            outputTokenDetails: { textTokens: 7, reasoningTokens: 3 },
            totalTokens: 110,
          },
        },
        {
          response: { id: "msg_b", modelId: "claude-x" },
          providerMetadata: { anthropic: {} },
          usage: {
            inputTokens: 200,
            inputTokenDetails: { noCacheTokens: 100, cacheReadTokens: 100, cacheWriteTokens: 0 },
            outputTokens: 20,
            outputTokenDetails: { textTokens: 20, reasoningTokens: 0 },
            totalTokens: 220,
          },
        },
      ],
    },
    expected: {
      provider: "anthropic",
      model: "claude-x",
      requestId: "msg_b",
      inputTokens: 140,
      cachedInputTokens: 150,
      cacheWriteTokens: 10,
      outputTokens: 27,
      reasoningTokens: 3,
    },
    total: 330,
  },
  {
    name: "AI SDK 5 result of Anthropic, whose own usage is in the metadata",
    source: "ai 5.0.277, @ai-sdk/anthropic 2.0.112",
    response: {
      usage: { inputTokens: 10, outputTokens: 200, totalTokens: 210, cachedInputTokens: 1000 },
      response: { id: "msg_c", modelId: "claude-y" },
      providerMetadata: {
        anthropic: {
          usage: {
            input_tokens: 10,
            cache_creation_input_tokens: 70,
            cache_read_input_tokens: 1000,
            output_tokens: 200,
          },
          cacheCreationInputTokens: 70,
        },
      },
      steps: [],
    },
    expected: {
      provider: "anthropic",
      model: "claude-y",
      requestId: "msg_c",
      inputTokens: 10,
      cachedInputTokens: 1000,
      cacheWriteTokens: 70,
      outputTokens: 200,
    },
  },
];

export const RESPONSES = [...RECORDED, ...COMPOSED];
