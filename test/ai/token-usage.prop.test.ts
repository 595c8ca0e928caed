import fc from "fast-check";
import { tokenUsage } from "metered-costs/ai";
import { describe, expect, test } from "vitest";
import { TOKEN_KINDS } from "../../src/ai/token-usage.ts";

const count = fc.nat({ max: 10_000_000 });
const counted = (response: unknown): number => {
  const usage = tokenUsage(response);
  return TOKEN_KINDS.reduce((sum, kind) => sum + (usage[kind] ?? 0), 0);
};
const sum = (...counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);

/** What each provider's format says of so many tokens of each kind, and its own total. */
const FORMATS = {
  "OpenAI chat": fc
    .tuple(count, count, count, count, count)
    .map(([input, cached, audio, output, reasoning]) => ({
      response: {
        model: "gpt-5",
        usage: {
          prompt_tokens: input + cached + audio,
          completion_tokens: output + reasoning,
          total_tokens: sum(input, cached, audio, output, reasoning),
          prompt_tokens_details: { cached_tokens: cached, audio_tokens: audio },
          completion_tokens_details: { reasoning_tokens: reasoning },
        },
      },
      total: sum(input, cached, audio, output, reasoning),
    })),
  "xAI chat": fc.tuple(count, count, count, count).map(([input, cached, output, reasoning]) => ({
    response: {
      model: "grok-4",
      usage: {
        prompt_tokens: input + cached,
        completion_tokens: output,
        total_tokens: sum(input, cached, output, reasoning),
        prompt_tokens_details: { cached_tokens: cached },
        completion_tokens_details: { reasoning_tokens: reasoning },
      },
    },
    total: sum(input, cached, output, reasoning),
  })),
  "OpenAI responses": fc
    .tuple(count, count, count, count, count, count)
    .map(([input, cached, written, written12h, output, reasoning]) => ({
      response: {
        model: "gpt-5",
        usage: {
          input_tokens: sum(input, cached, written, written12h),
          input_tokens_details: {
            cached_tokens: cached,
            cache_write_tokens: written + written12h,
            cache_write_tokens_details: { ttl_12h_tokens: written12h, ttl_30m_tokens: written },
          },
          output_tokens: output + reasoning,
          output_tokens_details: { reasoning_tokens: reasoning },
          total_tokens: sum(input, cached, written, written12h, output, reasoning),
        },
      },
      total: sum(input, cached, written, written12h, output, reasoning),
    })),
  Gemini: fc
    .tuple(count, count, count, count, count, count, count)
    .map(([text, audio, cachedText, cachedAudio, tool, output, thoughts]) => ({
      response: {
        modelVersion: "gemini-3-pro",
        usageMetadata: {
          promptTokenCount: sum(text, audio, cachedText, cachedAudio),
          cachedContentTokenCount: cachedText + cachedAudio,
          toolUsePromptTokenCount: tool,
          candidatesTokenCount: output,
          thoughtsTokenCount: thoughts,
          totalTokenCount: sum(text, audio, cachedText, cachedAudio, tool, output, thoughts),
          promptTokensDetails: [
            { modality: "TEXT", tokenCount: text + cachedText },
            { modality: "AUDIO", tokenCount: audio + cachedAudio },
          ],
          cacheTokensDetails: [{ modality: "AUDIO", tokenCount: cachedAudio }],
        },
      },
      total: sum(text, audio, cachedText, cachedAudio, tool, output, thoughts),
    })),
  "Bedrock Converse": fc
    .tuple(count, count, count, count, count)
    .map(([input, cached, written, written1h, output]) => ({
      response: {
        stopReason: "end_turn",
        usage: {
          inputTokens: input,
          outputTokens: output,
          totalTokens: sum(input, cached, written, written1h, output),
          cacheReadInputTokens: cached,
          cacheWriteInputTokens: written + written1h,
          cacheDetails: [
            { ttl: "1h", inputTokens: written1h },
            { ttl: "5m", inputTokens: written },
          ],
        },
      },
      total: sum(input, cached, written, written1h, output),
    })),
  "AI SDK": fc
    .tuple(count, count, count, count, count)
    .map(([input, cached, written, output, reasoning]) => ({
      response: {
        usage: {
          inputTokens: {
            total: sum(input, cached, written),
            noCache: input,
            cacheRead: cached,
            cacheWrite: written,
          },
          outputTokens: { total: output + reasoning, text: output, reasoning },
        },
      },
      total: sum(input, cached, written, output, reasoning),
    })),
  OpenTelemetry: fc
    .tuple(count, count, count, count, count)
    .map(([input, cached, written, output, reasoning]) => ({
      response: {
        "gen_ai.usage.input_tokens": sum(input, cached, written),
        "gen_ai.usage.cache_read.input_tokens": cached,
        "gen_ai.usage.cache_creation.input_tokens": written,
        "gen_ai.usage.output_tokens": output + reasoning,
        "gen_ai.usage.reasoning.output_tokens": reasoning,
      },
      total: sum(input, cached, written, output, reasoning),
    })),
};

describe("disjoint counts add up to the provider's own total", () => {
  test.each(Object.entries(FORMATS))("%s", (_, format) => {
    fc.assert(
      fc.property(format, ({ response, total }) => {
        expect(counted(response)).toBe(total);
      }),
    );
  });
});
