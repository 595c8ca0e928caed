import type { Issue } from "../errors.ts";
import { refuseInput } from "../schemas/input.ts";
import { isRecord } from "../values/record.ts";
import { responseOfStream } from "./streamed-response.ts";

/**
 * The kinds of tokens that a model call is priced by. They are disjoint: no token is in two of them, and together they
 * are all tokens of the call.
 */
export const TOKEN_KINDS = [
  "inputTokens",
  "cachedInputTokens",
  "cacheWriteTokens",
  "cacheWrite1hTokens",
  "cacheWrite12hTokens",
  "inputAudioTokens",
  "cachedInputAudioTokens",
  "outputTokens",
  "reasoningTokens",
  "outputAudioTokens",
  "outputImageTokens",
] as const;
/** One of the kinds of tokens that a model call is priced by. */
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** Disjoint counts of tokens. A count is undefined when the provider does not report it, and never 0 instead. */
export interface TokenCounts {
  /** Input tokens that were neither read from a cache, nor written to one, nor audio. */
  readonly inputTokens?: number | undefined;
  /** Input tokens read from a cache, without audio. */
  readonly cachedInputTokens?: number | undefined;
  /** Input tokens written to a cache with the provider's shortest lifetime (Anthropic: 5 minutes, OpenAI: 30). */
  readonly cacheWriteTokens?: number | undefined;
  /** Input tokens written to a cache for one hour (Anthropic, Bedrock). */
  readonly cacheWrite1hTokens?: number | undefined;
  /** Input tokens written to a cache for twelve hours (OpenAI). */
  readonly cacheWrite12hTokens?: number | undefined;
  /** Audio input tokens that were not read from a cache. */
  readonly inputAudioTokens?: number | undefined;
  /** Audio input tokens read from a cache. */
  readonly cachedInputAudioTokens?: number | undefined;
  /** Output tokens without reasoning, audio and images. */
  readonly outputTokens?: number | undefined;
  /** Output tokens that the model spent on reasoning. */
  readonly reasoningTokens?: number | undefined;
  readonly outputAudioTokens?: number | undefined;
  readonly outputImageTokens?: number | undefined;
}

/** What one model call used. */
export interface TokenUsage extends TokenCounts {
  /** `openai`, `anthropic`, `google`, `bedrock`, `mistral`, or the name that the response or you give. */
  readonly provider: string;
  /** The model that answered, as the provider names it. */
  readonly model: string | undefined;
  /** The provider's id of the response. */
  readonly requestId?: string | undefined;
  /**
   * What else selects the price: the service tier, the speed and the region, in lower case and without those that are
   * priced as usual, joined by `+`: `flex`, `batch`, `fast+us`. `standard` when the response names none but the usual.
   */
  readonly serviceTier?: string | undefined;
  /** How often each tool that the provider runs and charges was used, such as `{ web_search: 2 }`. */
  readonly serverTools?: { readonly [tool: string]: number } | undefined;
  /** What other models used within the same call, such as Anthropic's advisor: it is not in the counts above. */
  readonly others?: readonly TokenUsage[] | undefined;
  /** The provider's own usage, as it came. */
  readonly raw: unknown;
}

/** What a reader gives: the parts of a `TokenUsage` that the response has. `raw` and `provider` have defaults. */
export type TokenUsageReading = Partial<TokenUsage>;
/** Reads the usage of one kind of response, or gives undefined for a response of another kind. */
export type TokenUsageReader = (response: unknown) => TokenUsageReading | undefined;

/** What a response does not say about itself. */
export interface TokenUsageOptions {
  /** Who answered, where it is not who defined the format, such as `azure` or `groq`. */
  readonly provider?: string | undefined;
  /** The model, where the response has none, as with Amazon Bedrock's Converse. */
  readonly model?: string | undefined;
}

type Fields = Record<string, unknown>;

const registered = new Map<string, TokenUsageReader>();

/**
 * Registers a reader of the responses of a provider that `tokenUsage` does not read itself, or reads differently than
 * you want. Registered readers are asked before the built-in ones, the last registered first. Registering the same
 * provider again replaces its reader.
 *
 * Returns a function that removes the reader; it does nothing when the reader was replaced meanwhile. A reader is known
 * to the copy of the package that registered it: `import` and `require` load two copies.
 *
 * @example
 * ```ts
 * import { register } from "metered-costs/ai";
 *
 * const unregister = register("acme", (response) => {
 *   const { acmeUsage } = response as { acmeUsage?: { read: number; written: number } };
 *   if (acmeUsage === undefined) return undefined;
 *   return { model: "acme-1", inputTokens: acmeUsage.read, outputTokens: acmeUsage.written };
 * });
 * unregister();
 * ```
 */
export function register(provider: string, read: TokenUsageReader): () => void {
  if (typeof provider !== "string" || provider === "" || typeof read !== "function") {
    const message = "expected the name of a provider and a function";
    refuseInput("register: the reader cannot be registered", [], message);
  }
  registered.delete(provider);
  registered.set(provider, read);
  return () => {
    if (registered.get(provider) === read) registered.delete(provider);
  };
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Fields)[name] : undefined;
const record = (value: unknown, name: string): Fields | undefined => {
  const member = field(value, name);
  return typeof member === "object" && member !== null && !Array.isArray(member)
    ? (member as Fields)
    : undefined;
};
const text = (value: unknown, name: string): string | undefined => {
  const member = field(value, name);
  return typeof member === "string" && member !== "" ? member : undefined;
};
const list = (value: unknown, name: string): readonly unknown[] => {
  const member = field(value, name);
  return Array.isArray(member) ? member : [];
};

const refuse = (path: Issue["path"], message: string): never =>
  refuseInput("tokenUsage: the usage cannot be read", path, message);

/** A count of tokens: undefined when it is absent or null. */
function count(value: unknown, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const member = field(value, name);
    if (member === undefined || member === null) continue;
    if (typeof member === "number" && Number.isSafeInteger(member) && member >= 0) return member;
    refuse([name], "expected a whole number of at least 0");
  }
  return undefined;
}

/** `total` without its parts. Undefined without a total; parts that are undefined are none. */
function without(
  what: string,
  total: number | undefined,
  ...parts: readonly (number | undefined)[]
): number | undefined {
  if (total === undefined) return undefined;
  let rest = total;
  for (const part of parts) rest -= part ?? 0;
  if (rest < 0) {
    const counted = parts.filter((part) => part !== undefined).join(" + ");
    refuse([], `${what} is ${total}, which is less than its parts ${counted}`);
  }
  return rest;
}

/** The sum of what is known; undefined when nothing is. */
function sum(...counts: readonly (number | undefined)[]): number | undefined {
  let total: number | undefined;
  for (const each of counts) if (each !== undefined) total = (total ?? 0) + each;
  return total;
}

/** What a total has beyond its parts; undefined when that is nothing, or the total is not known. */
function surplus(
  total: number | undefined,
  ...parts: readonly (number | undefined)[]
): number | undefined {
  const rest = (total ?? 0) - (sum(...parts) ?? 0);
  return rest > 0 ? rest : undefined;
}

const USUAL_TIERS =
  /^(?:standard|default|auto|on_demand|traffic_type_unspecified|global|not_available|unspecified)$/;

/** The service tier of the words that select a price; undefined when there is none. */
function tierOf(...words: readonly unknown[]): string | undefined {
  if (words.length === 1 && words[0] === undefined) return undefined;
  const named = words
    .filter((word): word is string => typeof word === "string" && word !== "")
    .map((word) => word.toLowerCase());
  if (named.length === 0) return undefined;
  return (
    named
      .map((word) => word.replace(/^on_demand_/, ""))
      .filter((word) => !USUAL_TIERS.test(word))
      .join("+") || "standard"
  );
}

/** Names of one provider in other systems: LiteLLM, genai-prices, the AI SDK, OpenTelemetry. */
const PROVIDER_ALIASES: readonly (readonly [RegExp, string])[] = [
  [/^(?:amazon-)?bedrock|^aws/, "bedrock"],
  [/vertex/, "vertex"],
  [/^(?:google|gemini|gcp\.gemini|gcp\.gen_ai)/, "google"],
  [/^az(?:ure)?(?:\.|$)/, "azure"],
  [/^mistral/, "mistral"],
  [/^(?:x-?ai|x_ai)\b/, "xai"],
];

/** The one name of a provider, whichever of its names is given. */
export function providerName(given: string): string {
  const lower = given.toLowerCase();
  const alias = PROVIDER_ALIASES.find(([pattern]) => pattern.test(lower));
  return alias?.[1] ?? (lower.split(".", 1)[0] as string);
}

const MISTRAL = /^(?:open-)?(?:mi[sx]tral|ministral|codestral|magistral|pixtral|voxtral|devstral)/;

/** Whether it is an OpenAI usage of chat completions or embeddings. Mistral's client writes it in camel case. */
const isChatUsage = (usage: unknown): usage is Fields =>
  isRecord(usage) && ("prompt_tokens" in usage || "promptTokens" in usage);

function chatCounts(usage: Fields): TokenCounts {
  const prompt = record(usage, "prompt_tokens_details") ?? record(usage, "promptTokensDetails");
  const completion =
    record(usage, "completion_tokens_details") ?? record(usage, "completionTokensDetails");
  const promptTokens = count(usage, "prompt_tokens", "promptTokens");
  const completionTokens = count(usage, "completion_tokens", "completionTokens");
  const total = count(usage, "total_tokens", "totalTokens");
  const cachedInputTokens =
    count(prompt, "cached_tokens", "cachedTokens") ??
    count(usage, "num_cached_tokens", "numCachedTokens", "prompt_cache_hit_tokens");
  const cacheWriteTokens = count(prompt, "cache_write_tokens");
  const inputAudioTokens = count(prompt, "audio_tokens");
  const reported = count(completion, "reasoning_tokens", "reasoningTokens");
  const outputAudioTokens = count(completion, "audio_tokens");
  // Gemini's compatible endpoint counts thinking in the total alone.
  const reasoningTokens = reported ?? surplus(total, promptTokens, completionTokens);
  // xAI and some compatible servers leave reasoning out of the completion; their total tells.
  const isApart =
    total !== undefined && total === sum(promptTokens, completionTokens, reasoningTokens);
  return {
    inputTokens: without(
      "prompt_tokens",
      promptTokens,
      cachedInputTokens,
      cacheWriteTokens,
      inputAudioTokens,
    ),
    cachedInputTokens,
    cacheWriteTokens,
    inputAudioTokens,
    outputTokens: without(
      "completion_tokens",
      completionTokens,
      isApart ? undefined : reasoningTokens,
      outputAudioTokens,
    ),
    reasoningTokens,
    outputAudioTokens,
  };
}

function readChat(response: Fields): TokenUsageReading | undefined {
  const usage = record(response, "usage");
  if (!isChatUsage(usage)) return undefined;
  const model = text(response, "model");
  const isOfMistral =
    "promptTokens" in usage || (model !== undefined && MISTRAL.test(model.toLowerCase()));
  return {
    provider: isOfMistral ? "mistral" : "openai",
    model,
    requestId: text(response, "id"),
    serviceTier: tierOf(response["service_tier"]),
    ...chatCounts(usage),
    raw: usage,
  };
}

const isResponsesUsage = (usage: unknown): usage is Fields =>
  isRecord(usage) && "input_tokens" in usage && "total_tokens" in usage;

function responsesCounts(usage: Fields): TokenCounts {
  const input = record(usage, "input_tokens_details") ?? record(usage, "input_token_details");
  const output = record(usage, "output_tokens_details") ?? record(usage, "output_token_details");
  const cachedInputTokens = count(input, "cached_tokens");
  const written = count(input, "cache_write_tokens");
  const cacheWrite12hTokens = count(record(input, "cache_write_tokens_details"), "ttl_12h_tokens");
  const inputAudioTokens = count(input, "audio_tokens");
  const reasoningTokens = count(output, "reasoning_tokens");
  const outputAudioTokens = count(output, "audio_tokens");
  return {
    inputTokens: without(
      "input_tokens",
      count(usage, "input_tokens"),
      cachedInputTokens,
      written,
      inputAudioTokens,
    ),
    cachedInputTokens,
    cacheWriteTokens: without("cache_write_tokens", written, cacheWrite12hTokens),
    cacheWrite12hTokens,
    inputAudioTokens,
    outputTokens: without(
      "output_tokens",
      count(usage, "output_tokens"),
      reasoningTokens,
      outputAudioTokens,
    ),
    reasoningTokens,
    outputAudioTokens,
  };
}

/** The tools of OpenAI that are charged by the call, by the type of the output item. */
const CHARGED_CALL = /^(web_search|file_search|code_interpreter)_call$/;

function readResponses(response: Fields): TokenUsageReading | undefined {
  const usage = record(response, "usage");
  if (!isResponsesUsage(usage)) return undefined;
  const serverTools: Record<string, number> = {};
  for (const item of list(response, "output")) {
    const tool = CHARGED_CALL.exec(text(item, "type") ?? "")?.[1];
    // Opening a page and searching in it are free; only a search is charged.
    const action = text(record(item, "action"), "type") ?? "search";
    if (tool === undefined || (tool === "web_search" && action !== "search")) continue;
    serverTools[tool] = (serverTools[tool] ?? 0) + 1;
  }
  return {
    provider: "openai",
    model: text(response, "model"),
    requestId: text(response, "id"),
    serviceTier: tierOf(response["service_tier"]),
    ...responsesCounts(usage),
    ...(Object.keys(serverTools).length === 0 ? {} : { serverTools }),
    raw: usage,
  };
}

/** Anthropic's usage has no total, which OpenAI's has. */
const isAnthropicUsage = (usage: unknown): usage is Fields =>
  isRecord(usage) &&
  "input_tokens" in usage &&
  "output_tokens" in usage &&
  !("total_tokens" in usage);

const ITERATION_COUNTS = [
  "input_tokens",
  "output_tokens",
  "cache_creation_input_tokens",
  "cache_read_input_tokens",
] as const;

/**
 * Anthropic's own totals leave compaction out, which is charged; the iterations have all. Where another model answered
 * in the end, the totals are those of the answer.
 */
function anthropicTotals(usage: Fields, iterations: readonly unknown[]): Fields {
  const own = iterations.filter((each) =>
    /^(?:message|compaction)$/.test(text(each, "type") ?? ""),
  );
  const hasFallback = iterations.some((each) => text(each, "type") === "fallback_message");
  if (own.length === 0 || hasFallback) return usage;
  const totals: Fields = { ...usage };
  for (const name of ITERATION_COUNTS) {
    totals[name] = sum(...own.map((each) => count(each, name))) ?? usage[name];
  }
  return totals;
}

function anthropicCounts(usage: Fields): TokenCounts {
  const written = record(usage, "cache_creation");
  const cacheWrite1hTokens = count(written, "ephemeral_1h_input_tokens");
  const reasoningTokens = count(record(usage, "output_tokens_details"), "thinking_tokens");
  return {
    inputTokens: count(usage, "input_tokens"),
    cachedInputTokens: count(usage, "cache_read_input_tokens"),
    cacheWriteTokens:
      without(
        "cache_creation_input_tokens",
        count(usage, "cache_creation_input_tokens"),
        cacheWrite1hTokens,
      ) ?? count(written, "ephemeral_5m_input_tokens"),
    cacheWrite1hTokens,
    outputTokens: without("output_tokens", count(usage, "output_tokens"), reasoningTokens),
    reasoningTokens,
  };
}

function anthropicReading(usage: Fields): TokenUsageReading {
  const iterations = list(usage, "iterations");
  const tools = Object.keys(record(usage, "server_tool_use") ?? {})
    .map(
      (name) =>
        [name.replace(/_requests$/, ""), count(usage["server_tool_use"], name) ?? 0] as const,
    )
    .filter(([, calls]) => calls > 0);
  const others = iterations
    .filter((each) => text(each, "type") === "advisor_message")
    .map((each) => ({
      provider: "anthropic",
      model: text(each, "model"),
      ...anthropicCounts(each as Fields),
      raw: each,
    }));
  const fallback = iterations.filter((each) => text(each, "type") === "fallback_message").at(-1);
  const answeredBy = text(fallback, "model");
  return {
    // A stream names only the model that was asked.
    ...(answeredBy === undefined ? {} : { model: answeredBy }),
    serviceTier: tierOf(usage["service_tier"], usage["speed"], usage["inference_geo"]),
    ...anthropicCounts(anthropicTotals(usage, iterations)),
    ...(tools.length === 0 ? {} : { serverTools: Object.fromEntries(tools) }),
    ...(others.length === 0 ? {} : { others }),
    raw: usage,
  };
}

function readAnthropic(response: Fields): TokenUsageReading | undefined {
  const usage = record(response, "usage");
  if (!isAnthropicUsage(usage)) return undefined;
  return {
    provider: "anthropic",
    model: text(response, "model"),
    requestId: text(response, "id"),
    ...anthropicReading(usage),
  };
}

/** The tokens of one modality in a list of Gemini's details; undefined when the list names it not. */
function modality(usage: Fields, details: string, wanted: string): number | undefined {
  return sum(
    ...list(usage, details)
      .filter((each) => text(each, "modality") === wanted)
      .map((each) => count(each, "tokenCount")),
  );
}

function geminiReading(usage: Fields): TokenUsageReading {
  const cached = count(usage, "cachedContentTokenCount");
  const cachedInputAudioTokens = modality(usage, "cacheTokensDetails", "AUDIO");
  const inputAudioTokens = without(
    "promptTokensDetails of AUDIO",
    modality(usage, "promptTokensDetails", "AUDIO"),
    cachedInputAudioTokens,
  );
  const toolTokens = count(usage, "toolUsePromptTokenCount");
  const toolAudio = modality(usage, "toolUsePromptTokensDetails", "AUDIO");
  // The Live API calls the candidates the response.
  const answered = count(usage, "candidatesTokenCount", "responseTokenCount");
  const answer = "candidatesTokensDetails" in usage ? "candidates" : "response";
  const outputAudioTokens = modality(usage, `${answer}TokensDetails`, "AUDIO");
  const outputImageTokens = modality(usage, `${answer}TokensDetails`, "IMAGE");
  return {
    serviceTier: tierOf(usage["trafficType"], usage["serviceTier"]),
    inputTokens: sum(
      without("promptTokenCount", count(usage, "promptTokenCount"), cached, inputAudioTokens),
      without("toolUsePromptTokenCount", toolTokens, toolAudio),
    ),
    cachedInputTokens: without("cachedContentTokenCount", cached, cachedInputAudioTokens),
    inputAudioTokens: sum(inputAudioTokens, toolAudio),
    cachedInputAudioTokens,
    outputTokens: without(`${answer}TokenCount`, answered, outputAudioTokens, outputImageTokens),
    // Beside the candidates, not among them.
    reasoningTokens: count(usage, "thoughtsTokenCount"),
    outputAudioTokens,
    outputImageTokens,
    raw: usage,
  };
}

const isGeminiUsage = (usage: unknown): usage is Fields =>
  isRecord(usage) &&
  ("promptTokenCount" in usage || "candidatesTokenCount" in usage || "responseTokenCount" in usage);

function readGemini(response: Fields): TokenUsageReading | undefined {
  const usage = record(response, "usageMetadata");
  if (!isGeminiUsage(usage)) return undefined;
  return {
    provider: "google",
    model: text(response, "modelVersion"),
    requestId: text(response, "responseId"),
    ...geminiReading(usage),
  };
}

const isConverseUsage = (usage: unknown): usage is Fields =>
  isRecord(usage) &&
  typeof usage["inputTokens"] === "number" &&
  typeof usage["outputTokens"] === "number";

function converseReading(usage: Fields): TokenUsageReading {
  const cacheWrite1hTokens = sum(
    ...list(usage, "cacheDetails")
      .filter((each) => text(each, "ttl") === "1h")
      .map((each) => count(each, "inputTokens")),
  );
  return {
    inputTokens: count(usage, "inputTokens"),
    cachedInputTokens: count(usage, "cacheReadInputTokens"),
    cacheWriteTokens: without(
      "cacheWriteInputTokens",
      count(usage, "cacheWriteInputTokens"),
      cacheWrite1hTokens,
    ),
    cacheWrite1hTokens,
    outputTokens: count(usage, "outputTokens"),
    raw: usage,
  };
}

function readConverse(response: Fields): TokenUsageReading | undefined {
  const usage = record(response, "usage");
  const isOfConverse = "stopReason" in response || "metrics" in response || "$metadata" in response;
  if (!isOfConverse || !isConverseUsage(usage)) return undefined;
  return {
    provider: "bedrock",
    model: text(record(record(response, "trace"), "promptRouter"), "invokedModelId"),
    requestId: text(record(response, "$metadata"), "requestId"),
    serviceTier: tierOf(
      text(record(response, "serviceTier"), "type"),
      text(record(response, "performanceConfig"), "latency"),
    ),
    ...converseReading(usage),
  };
}

/** The readers of a usage alone, without the response around it. */
function readUsage(usage: unknown): TokenUsageReading | undefined {
  if (isChatUsage(usage)) return { ...chatCounts(usage), raw: usage };
  if (isResponsesUsage(usage)) return { ...responsesCounts(usage), raw: usage };
  if (isAnthropicUsage(usage)) return anthropicReading(usage);
  if (isGeminiUsage(usage)) return geminiReading(usage);
  return undefined;
}

/**
 * The usage of the AI SDK, whose totals contain their parts: `inputTokens.total` of a model of specification 3 and 4,
 * `inputTokens` beside `inputTokenDetails` of results since version 6, and `inputTokens` alone in version 5.
 */
function aiSdkCounts(usage: Fields): TokenCounts {
  const total = (name: string): number | undefined =>
    isRecord(usage[name]) ? count(usage[name], "total") : count(usage, name);
  const input = record(usage, "inputTokens") ?? record(usage, "inputTokenDetails");
  const output = record(usage, "outputTokens") ?? record(usage, "outputTokenDetails");
  const cachedInputTokens =
    count(input, "cacheRead", "cacheReadTokens") ?? count(usage, "cachedInputTokens");
  const cacheWriteTokens = count(input, "cacheWrite", "cacheWriteTokens");
  const reasoningTokens =
    count(output, "reasoning", "reasoningTokens") ?? count(usage, "reasoningTokens");
  return {
    inputTokens: without("inputTokens", total("inputTokens"), cachedInputTokens, cacheWriteTokens),
    cachedInputTokens,
    cacheWriteTokens,
    outputTokens: without("outputTokens", total("outputTokens"), reasoningTokens),
    reasoningTokens,
  };
}

/** Where providers of the AI SDK put their own usage, which says more than the SDK's, or what that leaves out. */
function readProviderMetadata(metadata: Fields | undefined): TokenUsageReading | undefined {
  const anthropic = record(record(metadata, "anthropic"), "usage");
  if (isAnthropicUsage(anthropic)) return anthropicReading(anthropic);
  for (const name of ["google", "vertex", "googleVertex"]) {
    const gemini = record(record(metadata, name), "usageMetadata");
    if (isGeminiUsage(gemini)) return geminiReading(gemini);
  }
  return undefined;
}

function readAiSdk(response: Fields): TokenUsageReading | undefined {
  const usage = record(response, "usage");
  if (usage === undefined || !("inputTokens" in usage && "outputTokens" in usage)) return undefined;
  const steps = list(response, "steps").filter(isRecord);
  if (steps.length > 1) return sumOfSteps(steps);
  const about = record(response, "response");
  const metadata = record(response, "providerMetadata");
  const provider = Object.keys(metadata ?? {})[0];
  const bedrock = record(record(metadata, "bedrock"), "usage");
  // In version 5 Bedrock's input has no cached tokens in it, and only its metadata has those that were written.
  const isBedrockOf5 =
    bedrock !== undefined && isConverseUsage(usage) && !("inputTokenDetails" in usage);
  const own =
    readUsage(usage["raw"]) ??
    readProviderMetadata(metadata) ??
    (isBedrockOf5
      ? converseReading({ ...bedrock, ...usage, cacheReadInputTokens: usage["cachedInputTokens"] })
      : { ...aiSdkCounts(usage), raw: usage["raw"] ?? usage });
  return {
    ...(provider === undefined ? {} : { provider: providerName(provider) }),
    model: text(about, "modelId"),
    requestId: text(about, "id"),
    serviceTier: tierOf(text(record(metadata, provider ?? ""), "serviceTier")),
    ...own,
  };
}

/** Several steps of the AI SDK are several calls: their counts are added, and everything else is that of the last. */
function sumOfSteps(steps: readonly Fields[]): TokenUsageReading | undefined {
  const readings = steps.map((step) => readAiSdk(step));
  const last = readings.at(-1);
  if (last === undefined || readings.includes(undefined)) return undefined;
  const counts = Object.fromEntries(
    TOKEN_KINDS.map((kind) => [kind, sum(...readings.map((reading) => reading?.[kind]))]),
  );
  return { ...last, ...counts, raw: readings.map((reading) => reading?.raw) };
}

/** OpenTelemetry's attributes of a GenAI span. By its conventions the input has the cached tokens in it. */
function readSpan(response: Fields): TokenUsageReading | undefined {
  const attributes = record(response, "attributes") ?? response;
  const inputTotal = count(attributes, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens");
  const outputTotal = count(
    attributes,
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
  );
  if (inputTotal === undefined && outputTotal === undefined) return undefined;
  const cachedInputTokens = count(
    attributes,
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
  );
  const cacheWriteTokens = count(
    attributes,
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
  );
  const reasoningTokens = count(attributes, "gen_ai.usage.reasoning.output_tokens");
  return {
    provider: providerName(
      text(attributes, "gen_ai.provider.name") ?? text(attributes, "gen_ai.system") ?? "unknown",
    ),
    model: text(attributes, "gen_ai.response.model") ?? text(attributes, "gen_ai.request.model"),
    requestId: text(attributes, "gen_ai.response.id"),
    serviceTier: tierOf(
      text(attributes, "openai.response.service_tier") ??
        text(attributes, "gen_ai.openai.response.service_tier"),
    ),
    inputTokens: without(
      "gen_ai.usage.input_tokens",
      inputTotal,
      cachedInputTokens,
      cacheWriteTokens,
    ),
    cachedInputTokens,
    cacheWriteTokens,
    outputTokens: without("gen_ai.usage.output_tokens", outputTotal, reasoningTokens),
    reasoningTokens,
    raw: attributes,
  };
}

/** In this order: the first that recognizes a response reads it. */
const READERS = [
  readChat,
  readResponses,
  readAnthropic,
  readGemini,
  readConverse,
  readAiSdk,
  readSpan,
] as const;

const LOOKED_FOR =
  "expected a response with usage.prompt_tokens (OpenAI chat completions and embeddings, Mistral), " +
  "usage.input_tokens (OpenAI responses, Anthropic messages), usageMetadata (Google Gemini), " +
  "usage.inputTokens (Amazon Bedrock Converse, AI SDK), or the attributes gen_ai.usage.* " +
  "(OpenTelemetry), or an array of the events of one such stream; register a reader for others";

function readRegistered(response: unknown): TokenUsageReading | undefined {
  if (registered.size === 0) return undefined;
  for (const [provider, read] of [...registered].reverse()) {
    const reading = read(response);
    if (reading === undefined) continue;
    for (const kind of TOKEN_KINDS) count(reading, kind);
    return { provider, ...reading };
  }
  return undefined;
}

/**
 * What a model call used, in disjoint counts: add them up and you have all tokens of the call, price each by its kind
 * and you have its cost. Providers do not agree on what contains what: OpenAI's prompt tokens include cached ones,
 * Anthropic's input tokens exclude them; reasoning is part of the output, except Gemini's. Here input excludes tokens
 * read from and written to a cache, and output excludes reasoning, whoever answered.
 *
 * `response` is one of these:
 *
 * - the response of OpenAI (chat completions, responses, embeddings), Anthropic messages, Google Gemini, Amazon Bedrock
 *   Converse or Mistral, as the API or its official client gives it;
 * - a result of the AI SDK, versions 5 to 7; several steps are added up;
 * - an OpenTelemetry GenAI span, or its attributes;
 * - an array of all events of one stream.
 *
 * A count that the provider does not report is undefined.
 *
 * Throws an `InvalidInputError` for a response that it does not recognize or that has no usage, and for counts that
 * contradict each other.
 *
 * @example
 * ```ts
 * import { tokenUsage } from "metered-costs/ai";
 *
 * const usage = tokenUsage({
 *   id: "chatcmpl-1",
 *   object: "chat.completion",
 *   model: "gpt-5",
 *   usage: {
 *     prompt_tokens: 1200,
 *     completion_tokens: 300,
 *     total_tokens: 1500,
 *     prompt_tokens_details: { cached_tokens: 1000 },
 *     completion_tokens_details: { reasoning_tokens: 250 },
 *   },
 * });
 * console.log(usage.inputTokens, usage.cachedInputTokens); // 200 1000
 * console.log(usage.outputTokens, usage.reasoningTokens); // 50 250
 * ```
 */
export function tokenUsage(response: unknown, options: TokenUsageOptions = {}): TokenUsage {
  return withoutAbsent(readTokenUsage(response, options) ?? refuse([], LOOKED_FOR));
}

/** A usage without members that are there and undefined, except for the model. */
function withoutAbsent(usage: TokenUsage): TokenUsage {
  const members = Object.entries({ ...usage, others: usage.others?.map(withoutAbsent) });
  return Object.fromEntries(
    members.filter(([name, value]) => name === "model" || value !== undefined),
  ) as unknown as TokenUsage;
}

/**
 * As `tokenUsage`, but undefined for a response that it does not recognize or that has no usage. Members may be there and
 * undefined: a copy without them takes as long as all of the reading.
 */
export function readTokenUsage(
  response: unknown,
  { provider, model }: TokenUsageOptions,
): TokenUsage | undefined {
  const whole = Array.isArray(response) ? responseOfStream(response) : response;
  const event = unwrapped(whole);
  // Every reader makes an object of its own.
  const usage: { -readonly [Name in keyof TokenUsage]?: TokenUsage[Name] } | undefined =
    readRegistered(whole) ??
    (typeof event === "object" && event !== null ? readBuiltIn(event as Fields) : undefined);
  if (usage === undefined) return undefined;
  usage.provider = provider ?? usage.provider ?? "unknown";
  usage.model = model ?? usage.model;
  usage.raw ??= whole;
  return usage as TokenUsage;
}

/** The response in an event of OpenAI's responses stream. */
const unwrapped = (response: unknown): unknown =>
  text(response, "type")?.startsWith("response.") ? field(response, "response") : response;

function readBuiltIn(response: Fields): TokenUsageReading | undefined {
  for (const read of READERS) {
    const reading = read(response);
    if (reading !== undefined) return reading;
  }
  return undefined;
}

/** The input tokens of all kinds, by which providers choose the tier of a long context; undefined when none is known. */
export function contextTokens(usage: TokenCounts): number | undefined {
  return sum(
    usage.inputTokens,
    usage.cachedInputTokens,
    usage.cacheWriteTokens,
    usage.cacheWrite1hTokens,
    usage.cacheWrite12hTokens,
    usage.inputAudioTokens,
    usage.cachedInputAudioTokens,
  );
}
