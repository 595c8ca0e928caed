import { refuseInput } from "../schemas/input.ts";
import type { DecimalInput } from "../values/decimal.ts";
import { LosslessNumber, parseJson } from "../values/lossless-json.ts";
import { isRecord } from "../values/record.ts";
import { type ModelMatcher, PriceTable } from "./prices.ts";
import { providerName, type TokenKind } from "./token-usage.ts";

type Fields = Record<string, unknown>;

const CANNOT_READ = "The price list cannot be read";

/** The list, of which text is parsed with all digits of its numbers. */
function parsed(list: unknown): unknown {
  if (typeof list !== "string") return list;
  try {
    return parseJson(list);
  } catch (cause) {
    return refuseInput(CANNOT_READ, [], "expected JSON", { cause });
  }
}

/** A price of a list: a number means its shortest decimal text, and a long one of JSON text has all its digits. */
function priceOf(value: unknown): DecimalInput | undefined {
  if (value instanceof LosslessNumber) return value.text;
  return typeof value === "number" || typeof value === "string" ? value : undefined;
}

/** LiteLLM's fields, without what they say of tiers. */
const LITELLM_KINDS: Readonly<Record<string, TokenKind>> = {
  input_cost_per_token: "inputTokens",
  output_cost_per_token: "outputTokens",
  cache_read_input_token_cost: "cachedInputTokens",
  cache_creation_input_token_cost: "cacheWriteTokens",
  cache_creation_input_token_cost_above_1hr: "cacheWrite1hTokens",
  input_cost_per_audio_token: "inputAudioTokens",
  cache_read_input_audio_token_cost: "cachedInputAudioTokens",
  output_cost_per_audio_token: "outputAudioTokens",
  output_cost_per_reasoning_token: "reasoningTokens",
  output_cost_per_image_token: "outputImageTokens",
};
/** The longest first: a name may begin like another. */
const LITELLM_FIELDS = Object.keys(LITELLM_KINDS).sort((a, b) => b.length - a.length);
const LITELLM_SUFFIX =
  /^(?:_(flex|priority|batches|fast))?(?:_above_(\d+)k_tokens)?(?:_(flex|priority|batches|fast))?$/;

interface Tier {
  [kind: string]: unknown;
  contextTiers?: { above: number; [kind: string]: unknown }[];
}

/** Puts a price where a table has it. */
function setPrice(
  tier: Tier,
  above: number | undefined,
  kind: TokenKind,
  price: DecimalInput,
): void {
  if (above === undefined) {
    tier[kind] = price;
    return;
  }
  tier.contextTiers ??= [];
  const context = tier.contextTiers.find((each) => each.above === above);
  if (context === undefined) tier.contextTiers.push({ above, [kind]: price });
  else context[kind] = price;
}

function liteLlmPrices(entry: Fields): Fields | undefined {
  const model: Tier & { serviceTiers?: Record<string, Tier> } = {};
  for (const [name, value] of Object.entries(entry)) {
    const base = LITELLM_FIELDS.find((field) => name.startsWith(field));
    const suffix = base === undefined ? null : LITELLM_SUFFIX.exec(name.slice(base.length));
    const kind = LITELLM_KINDS[base ?? ""];
    const price = priceOf(value);
    if (suffix === null || kind === undefined || price === undefined) continue;
    const [, before, thousands, after] = suffix;
    const service = (before ?? after)?.replace("batches", "batch");
    let tier: Tier = model;
    if (service !== undefined) {
      model.serviceTiers ??= {};
      tier = model.serviceTiers[service] ??= {};
    }
    setPrice(tier, thousands === undefined ? undefined : Number(thousands) * 1_000, kind, price);
  }
  if (Object.keys(model).length === 0) return undefined;
  const call = priceOf(entry["input_cost_per_request"]);
  const searches = isRecord(entry["search_context_cost_per_query"])
    ? new Set(Object.values(entry["search_context_cost_per_query"]).map(priceOf))
    : new Set();
  return {
    ...model,
    ...(call === undefined ? {} : { call }),
    // The response does not say how much context a search had: a price that depends on it is unknown.
    ...(searches.size === 1 ? { serverTools: { web_search: [...searches][0] } } : {}),
  };
}

/** A name of LiteLLM without the provider before it. */
function nameWithin(provider: string, name: string): string {
  const slash = name.indexOf("/");
  return slash > 0 && providerName(name.slice(0, slash)) === provider
    ? name.slice(slash + 1)
    : name;
}

/**
 * Makes a table of LiteLLM's price list, `model_prices_and_context_window.json` of the repository BerriAI/litellm: the
 * JSON text, or what `JSON.parse` made of it. Prices are exact: each number means its decimal text. They are in USD.
 *
 * The table names models `provider/model`, with the providers of `tokenUsage`, and finds a model only when the usage
 * has that provider. It has the prices of all kinds of tokens, of the service tiers flex, priority, batch and fast, of
 * long contexts, and of web searches where they cost the same whatever their context. Where LiteLLM has several
 * entries for one model of a provider, the one without a prefix counts, else the first. Entries without a price of
 * tokens are left out.
 *
 * Throws an `InvalidInputError` for what is no such list.
 *
 * @example
 * ```ts
 * import { readLiteLlmPrices } from "metered-costs/ai";
 *
 * const prices = readLiteLlmPrices(
 *   `{ "gpt-5": { "litellm_provider": "openai", "input_cost_per_token": 1.25e-06, "output_cost_per_token": 1e-05 } }`,
 * );
 * console.log(prices.models.join()); // openai/gpt-5
 * ```
 */
export function readLiteLlmPrices(list: unknown): PriceTable {
  const entries = parsed(list);
  if (!isRecord(entries)) {
    return refuseInput(
      CANNOT_READ,
      [],
      "expected an object from model to prices, or its JSON text",
    );
  }
  const models: Fields = {};
  const isPlain = new Set<string>();
  for (const [name, entry] of Object.entries(entries)) {
    const { litellm_provider: named } = isRecord(entry) ? entry : ({} as Fields);
    if (name === "sample_spec" || typeof named !== "string") continue;
    const provider = providerName(named);
    const within = nameWithin(provider, name);
    const key = `${provider}/${within}`;
    if (Object.hasOwn(models, key) && (within !== name || isPlain.has(key))) continue;
    const prices = liteLlmPrices(entry as Fields);
    if (prices === undefined) continue;
    models[key] = prices;
    if (within === name) isPlain.add(key);
  }
  if (Object.keys(models).length === 0) {
    refuseInput(CANNOT_READ, [], "expected models with litellm_provider and input_cost_per_token");
  }
  return new PriceTable(models, new Map(), { per: 1, currency: "USD" });
}

/** The fields of genai-prices that are prices of a million tokens. */
const GENAI_KINDS: Readonly<Record<string, TokenKind>> = {
  input_mtok: "inputTokens",
  cache_read_mtok: "cachedInputTokens",
  cache_write_mtok: "cacheWriteTokens",
  cache_write_1h_mtok: "cacheWrite1hTokens",
  input_audio_mtok: "inputAudioTokens",
  cache_audio_read_mtok: "cachedInputAudioTokens",
  output_mtok: "outputTokens",
  output_reasoning_mtok: "reasoningTokens",
  output_audio_mtok: "outputAudioTokens",
  output_image_mtok: "outputImageTokens",
};

/** A price of a thousand, for one. */
function perThousand(price: DecimalInput): string {
  return `${String(price).replace(/e[+-]?\d+$/i, "")}e${Number(/e([+-]?\d+)$/i.exec(String(price))?.[1] ?? 0) - 3}`;
}

function genaiPrices(prices: Fields): Fields {
  const starts = new Set<number>();
  for (const price of Object.values(prices)) {
    for (const tier of isRecord(price) && Array.isArray(price["tiers"]) ? price["tiers"] : []) {
      if (isRecord(tier) && typeof tier["start"] === "number") starts.add(tier["start"]);
    }
  }
  /** The price of a field in calls whose input has more than `above` tokens. */
  const priceAbove = (price: unknown, above: number): DecimalInput | undefined => {
    if (!isRecord(price)) return priceOf(price);
    const tiers: readonly Fields[] = Array.isArray(price["tiers"]) ? price["tiers"] : [];
    const reached = tiers
      .filter((tier) => Number(tier["start"]) <= above)
      .sort((a, b) => Number(b["start"]) - Number(a["start"]));
    return priceOf(reached[0]?.["price"] ?? price["base"]);
  };
  const ratesAbove = (above: number): Fields =>
    Object.fromEntries(
      Object.entries(GENAI_KINDS).map(([name, kind]) => [kind, priceAbove(prices[name], above)]),
    );
  const call = priceOf(prices["requests_kcount"]);
  const search = priceOf(prices["web_searches_kcount"]);
  return {
    ...ratesAbove(-1),
    ...(starts.size === 0
      ? {}
      : { contextTiers: [...starts].map((above) => ({ above, ...ratesAbove(above) })) }),
    ...(call === undefined ? {} : { call: perThousand(call) }),
    ...(search === undefined ? {} : { serverTools: { web_search: perThousand(search) } }),
  };
}

/** The prices of a model of genai-prices by their start; undefined when they depend on something else, too. */
function genaiPeriods(prices: unknown): Fields[] | undefined {
  if (isRecord(prices)) return [genaiPrices(prices)];
  if (!Array.isArray(prices)) return undefined;
  const periods = prices.map((each: unknown) => {
    if (!isRecord(each) || !isRecord(each["prices"])) return undefined;
    const { constraint } = each;
    const from = isRecord(constraint) ? constraint["start_date"] : undefined;
    if (isRecord(constraint) && typeof from !== "string") return undefined;
    const start = typeof from === "string" ? { from: `${from}T00:00:00Z` } : {};
    return { ...genaiPrices(each["prices"]), ...start };
  });
  return periods.includes(undefined) ? undefined : (periods as Fields[]);
}

/** Whether a model's name, in lower case, is one that a rule of genai-prices means. */
function isMeant(rule: unknown, model: string): boolean {
  if (!isRecord(rule)) return false;
  const [[kind = "", value] = []] = Object.entries(rule);
  if (Array.isArray(value)) {
    const isOne = (each: unknown): boolean => isMeant(each, model);
    return kind === "or" ? value.some(isOne) : kind === "and" && value.every(isOne);
  }
  if (typeof value !== "string") return false;
  const wanted = value.toLowerCase();
  switch (kind) {
    case "equals":
      return model === wanted;
    case "starts_with":
      return model.startsWith(wanted);
    case "ends_with":
      return model.endsWith(wanted);
    case "contains":
      return model.includes(wanted);
    case "regex":
      return new RegExp(value, "i").test(model);
    default:
      return false;
  }
}

/**
 * Makes a table of the price list of `@pydantic/genai-prices`: the JSON text of `prices/data.json` of the repository
 * pydantic/genai-prices, or what `JSON.parse` made of it. Prices are exact: each number means its decimal text. They
 * are in USD.
 *
 * The table names models `provider/model`, with the providers of `tokenUsage`, finds them by the list's own rules, and
 * only when the usage has that provider. Start dates begin at midnight UTC. A model whose prices depend on the time of
 * day is left out, so that it has no price instead of a wrong one.
 *
 * Throws an `InvalidInputError` for what is no such list.
 *
 * @example
 * ```ts
 * import { readGenaiPrices } from "metered-costs/ai";
 *
 * const prices = readGenaiPrices([
 *   {
 *     id: "openai",
 *     models: [
 *       { id: "gpt-5", match: { equals: "gpt-5" }, prices: { input_mtok: 1.25, output_mtok: 10 } },
 *     ],
 *   },
 * ]);
 * console.log(prices.models.join()); // openai/gpt-5
 * ```
 */
export function readGenaiPrices(data: unknown): PriceTable {
  const list = parsed(data);
  const providers = isRecord(list) ? list["providers"] : list;
  const models: Fields = {};
  const rules = new Map<string, ModelMatcher>();
  for (const each of Array.isArray(providers) ? providers : []) {
    if (!isRecord(each) || typeof each["id"] !== "string") continue;
    const provider = providerName(each["id"]);
    for (const model of Array.isArray(each["models"]) ? each["models"] : []) {
      if (!isRecord(model) || typeof model["id"] !== "string") continue;
      const periods = genaiPeriods(model["prices"]);
      const key = `${provider}/${model["id"]}`;
      if (periods === undefined || Object.hasOwn(models, key)) continue;
      models[key] = periods;
      rules.set(
        key,
        (other, name) => other === provider && isMeant(model["match"], name.toLowerCase()),
      );
    }
  }
  if (rules.size === 0) {
    refuseInput(CANNOT_READ, [], "expected an array of providers with models, or its JSON text");
  }
  return new PriceTable(models, rules, { per: 1_000_000, currency: "USD" });
}
