import { InvalidInputError, type Issue } from "../errors.ts";
import type { CostCreateParams } from "../models.ts";
import {
  currency,
  exactAmount,
  expecting,
  field,
  filledText,
  list,
  merchantId,
  optional,
  productId,
  readPart,
  record,
  refuse,
  type Schema,
  strictObject,
  text,
  time,
  wholeNumber,
  withDefault,
} from "../schemas/fields.ts";
import { readInput, refuseInput } from "../schemas/input.ts";
import { type Decimal, type DecimalInput, decimalOf } from "../values/decimal.ts";
import { add, type Exact, multiply, ZERO } from "../values/scaled-integer.ts";
import {
  contextTokens,
  providerName,
  TOKEN_KINDS,
  type TokenKind,
  type TokenUsage,
} from "./token-usage.ts";

/** The price of each kind of tokens, by the names that `tokenUsage` gives its counts. */
export type TokenPrices = { readonly [Kind in TokenKind]?: DecimalInput | undefined };

/** The prices of one service tier. */
export interface ServiceTierPrices extends TokenPrices {
  /**
   * Prices of the whole call when its input, of all kinds together, has more than `above` tokens; of several that apply
   * the highest. A kind that is absent here has no price in this tier.
   */
  readonly contextTiers?: readonly (TokenPrices & { readonly above: number })[] | undefined;
}

/** The prices of one model, from a time on. */
export interface ModelPrices extends ServiceTierPrices {
  /** The first instant at which they apply; without it they always applied. */
  readonly from?: Date | string | undefined;
  /** Prices of other service tiers, such as `flex`, `priority`, `batch`, `fast+us`: see `TokenUsage.serviceTier`. */
  readonly serviceTiers?: { readonly [tier: string]: ServiceTierPrices } | undefined;
  /** The price of one use of a tool that the provider runs, such as `{ web_search: "0.01" }`. */
  readonly serverTools?: { readonly [tool: string]: DecimalInput } | undefined;
  /** The price of one call, beside its tokens. */
  readonly call?: DecimalInput | undefined;
}

/** What the prices of a table are in. */
export interface PriceTableOptions {
  /** How many tokens a price is for: a power of ten, such as 1_000_000 or 1. */
  readonly per: number;
  /** An ISO 4217 code: three capital letters. */
  readonly currency: string;
  /** The first instant at which prices apply that have no `from` of their own. */
  readonly from?: Date | string | undefined;
}

type Rates = { readonly [Kind in TokenKind]?: Exact | undefined };
interface ServiceTier {
  readonly rates: Rates;
  /** The highest first. */
  readonly contextTiers: readonly { readonly above: number; readonly rates: Rates }[];
}
interface Period extends ServiceTier {
  readonly from: number;
  readonly serviceTiers: ReadonlyMap<string, ServiceTier>;
  readonly serverTools: ReadonlyMap<string, Exact>;
  readonly call: Exact | undefined;
}
interface PricedModel {
  readonly name: string;
  /** The latest first. */
  readonly periods: readonly Period[];
}

/** Whether a model of a table is meant by a provider's name of a model. */
export type ModelMatcher = (provider: string, model: string) => boolean;

/** The prices that one call has. */
interface Applicable {
  readonly name: string;
  readonly rates: Rates;
  readonly serverTools: ReadonlyMap<string, Exact>;
  readonly call: Exact | undefined;
  /** What selects the prices within the model, in words for names: `flex`, `above-200000`. */
  readonly variant: readonly string[];
}

const CANNOT_PRICE = "The call cannot be priced";

/** Prices of models, to price usages with; made by `priceTable`, `readLiteLlmPrices` and `readGenaiPrices`. */
export class PriceTable {
  /** The currency of all prices. */
  readonly currency: string;
  readonly #byName = new Map<string, PricedModel>();
  readonly #patterns: { readonly matches: ModelMatcher; readonly model: PricedModel }[] = [];

  /** Whether models are named `provider/model` only, by rules of their own: as price lists have them. */
  readonly #isList: boolean;

  /** @internal `rules` are a price list's own, in its order; without them, names may be patterns. */
  constructor(
    models: unknown,
    rules: ReadonlyMap<string, ModelMatcher> | undefined,
    given: PriceTableOptions,
  ) {
    const options = readInput(tableOptions, given, "priceTable: the price table cannot be made");
    const read = readInput(modelsOfTable, models, "priceTable: the price table cannot be made");
    this.currency = options.currency;
    this.#isList = rules !== undefined;
    for (const [name, prices] of Object.entries(read)) {
      const periods = prices.map((each) => periodOf(each, options.per, options.from));
      const model = { name, periods: periods.sort((a, b) => b.from - a.from) };
      this.#byName.set(name, model);
      const matches = rules === undefined ? wildcards(name) : rules.get(name);
      if (matches !== undefined) this.#patterns.push({ matches, model });
    }
    if (!this.#isList) {
      this.#patterns.sort((a, b) => literalLength(b.model.name) - literalLength(a.model.name));
    }
  }

  /** The models that have prices, as they were named to the table. */
  get models(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** @internal The prices of a call. Throws an `InvalidInputError` when there are none. */
  pricesOf(usage: TokenUsage, at: number): Applicable {
    const { model, serviceTier = "standard" } = usage;
    if (model === undefined) {
      return refuseInput(
        CANNOT_PRICE,
        ["model"],
        "expected a model: the response does not name one, so pass it to tokenUsage as an option",
      );
    }
    const found = this.#find(providerName(usage.provider), model);
    const what = `${usage.provider}/${model}`;
    if (found === undefined) {
      return refuseInput(
        CANNOT_PRICE,
        ["model"],
        `expected a model of the table: ${what} has no price there`,
      );
    }
    const period = found.periods.find(({ from }) => from <= at);
    if (period === undefined) {
      const message = `expected a price at ${new Date(at).toISOString()}: the prices of ${what} begin later`;
      return refuseInput(CANNOT_PRICE, ["model"], message);
    }
    const tier = serviceTier === "standard" ? period : period.serviceTiers.get(serviceTier);
    if (tier === undefined) {
      const message = `expected a price: ${what} has no price in the service tier ${serviceTier}`;
      return refuseInput(CANNOT_PRICE, ["serviceTier"], message);
    }
    const input = contextTokens(usage) ?? 0;
    const context = tier.contextTiers.find(({ above }) => input > above);
    return {
      name: found.name,
      rates: context?.rates ?? tier.rates,
      serverTools: period.serverTools,
      call: period.call,
      variant: [
        ...(tier === period ? [] : [serviceTier]),
        ...(context === undefined ? [] : [`above-${context.above}`]),
      ],
    };
  }

  /** @internal Every variant of prices of a model at a time. Empty when it has none then. */
  variantsOf(name: string, at: number): Applicable[] {
    const period = this.#byName.get(name)?.periods.find(({ from }) => from <= at);
    if (period === undefined) return [];
    const tiers = [["standard", period] as const, ...period.serviceTiers];
    return tiers.flatMap(([tierName, tier]) => {
      const { serverTools, call } = period;
      const named = tier === period ? [] : [tierName];
      return [
        { name, serverTools, call, rates: tier.rates, variant: named },
        ...tier.contextTiers.map(({ above, rates }) => ({
          name,
          serverTools,
          call,
          rates,
          variant: [...named, `above-${above}`],
        })),
      ];
    });
  }

  #find(provider: string, model: string): PricedModel | undefined {
    return (
      this.#byName.get(`${provider}/${model}`) ??
      (this.#isList ? undefined : this.#byName.get(model)) ??
      this.#patterns.find(({ matches }) => matches(provider, model))?.model
    );
  }
}

const POWER_OF_TEN = /^10*$/;
const perTokens = /* @__PURE__ */ field<number>((given, payload) =>
  typeof given === "number" && POWER_OF_TEN.test(String(given))
    ? given
    : refuse(payload, "expected a power of ten, such as 1_000_000", given),
);
const tableOptions = /* @__PURE__ */ strictObject({
  per: perTokens,
  currency,
  from: /* @__PURE__ */ optional(time),
});

const kindPrices = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ TOKEN_KINDS.map((kind) => [kind, optional(exactAmount)]),
) as Readonly<Record<TokenKind, ReturnType<typeof optional<typeof exactAmount>>>>;
const tierPrices = {
  ...kindPrices,
  contextTiers: /* @__PURE__ */ optional(
    /* @__PURE__ */ list(
      /* @__PURE__ */ strictObject({ ...kindPrices, above: /* @__PURE__ */ wholeNumber(0) }),
      "an array of { above, inputTokens, ... }",
    ),
  ),
};
const modelPrices = /* @__PURE__ */ strictObject(
  {
    ...tierPrices,
    from: /* @__PURE__ */ optional(time),
    serviceTiers: /* @__PURE__ */ optional(
      /* @__PURE__ */ record(/* @__PURE__ */ strictObject(tierPrices)),
    ),
    serverTools: /* @__PURE__ */ optional(/* @__PURE__ */ record(exactAmount)),
    call: /* @__PURE__ */ optional(exactAmount),
  },
  { what: "an object with prices such as { inputTokens, outputTokens }" },
);
type ReadModelPrices = NonNullable<ReturnType<typeof modelPrices.parse>>;

/** One object of prices, or several with different `from`. */
const pricesOfModel = /* @__PURE__ */ field<ReadModelPrices[]>((given, payload) => {
  const several: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (several.length === 0) {
    return refuse(payload, "expected at least one object with prices", given);
  }
  const starts = new Set<number | undefined>();
  return several.map((each, index) => {
    const path = Array.isArray(given) ? [index] : [];
    const read = readPart(modelPrices, each, payload, ...path);
    const start = (read?.from as Date | undefined)?.getTime?.();
    if (starts.has(start)) {
      refuse(payload, "expected each start (from) once", each, ...path, "from");
    }
    starts.add(start);
    return read;
  });
});
const modelsOfTable = /* @__PURE__ */ record(pricesOfModel, {
  what: "an object from model to prices",
});

function periodOf(read: ReadModelPrices, per: number, from: Date | undefined): Period {
  // A price is for 10^shift tokens: moving the exponent divides exactly.
  const shift = String(per).length - 1;
  const ratesOf = (prices: Rates): Rates =>
    Object.fromEntries(
      TOKEN_KINDS.map((kind) => {
        const price = prices[kind];
        return [kind, price && { ...price, exponent: price.exponent - shift }];
      }),
    );
  const tierOf = (tier: Omit<ReadModelPrices, "from">): ServiceTier => ({
    rates: ratesOf(tier),
    contextTiers: (tier.contextTiers ?? [])
      .map(({ above, ...prices }) => ({ above, rates: ratesOf(prices) }))
      .sort((a, b) => b.above - a.above),
  });
  return {
    ...tierOf(read),
    from: (read.from ?? from)?.getTime() ?? Number.NEGATIVE_INFINITY,
    serviceTiers: new Map(
      Object.entries(read.serviceTiers ?? {}).map(([name, tier]) => [
        name,
        tierOf(tier as ReadModelPrices),
      ]),
    ),
    serverTools: new Map(Object.entries(read.serverTools ?? {})),
    call: read.call,
  };
}

/** What of a key with wildcards is text: the more of it, the closer is the match. */
const literalLength = (key: string): number => key.replaceAll("*", "").length;

function wildcards(key: string): ModelMatcher | undefined {
  if (!key.includes("*")) return undefined;
  const [first = "", ...others] = key.split("*");
  const last = others.pop() ?? "";
  const matches = (name: string): boolean => {
    if (!name.startsWith(first)) return false;
    let end = first.length;
    for (const part of others) {
      const start = name.indexOf(part, end);
      if (start === -1) return false;
      end = start + part.length;
    }
    return name.length - last.length >= end && name.endsWith(last);
  };
  return (provider, model) => matches(model) || matches(`${provider}/${model}`);
}

/**
 * A table of prices. Each key is a model's name as the provider gives it, `provider/model` where providers differ, or a
 * pattern with `*` for any text. An exact name is preferred to a pattern, and of patterns the one with the most text.
 * Each value has the prices of `per` tokens by the names of `tokenUsage`'s counts, or is an array of them with
 * different `from`.
 *
 * Prices are exact decimals: text and bigints keep all digits, a number means its shortest decimal text. Throws an
 * `InvalidInputError` that names everything that is wrong.
 *
 * @example
 * ```ts
 * import { priceTable } from "metered-costs/ai";
 *
 * const prices = priceTable(
 *   {
 *     "gpt-5": { inputTokens: "1.25", cachedInputTokens: "0.125", outputTokens: "10" },
 *     "claude-sonnet-*": [
 *       { inputTokens: "3", cachedInputTokens: "0.30", cacheWriteTokens: "3.75", outputTokens: "15" },
 *       { from: "2026-07-01T00:00:00Z", inputTokens: "2.50", outputTokens: "12.50" },
 *     ],
 *   },
 *   { per: 1_000_000, currency: "USD" },
 * );
 * console.log(prices.models.join()); // gpt-5,claude-sonnet-*
 * ```
 */
export function priceTable(
  models: { readonly [model: string]: ModelPrices | readonly ModelPrices[] },
  options: PriceTableOptions,
): PriceTable {
  return new PriceTable(models, undefined, options);
}

/** When a call was made, for tables whose prices change. */
export interface AmountOptions {
  /** Now, when absent. */
  readonly timestamp?: Date | string | undefined;
}
const amountOptions = /* @__PURE__ */ strictObject({ timestamp: /* @__PURE__ */ optional(time) });

const instantOf = ({ timestamp }: { timestamp?: Date | undefined }): number =>
  timestamp?.getTime() ?? Date.now();

/** The price of one token of a kind. Only reasoning has that of another kind: it is output, so it costs as output. */
const rateOf = (rates: Rates, kind: TokenKind): Exact | undefined =>
  rates[kind] ?? (kind === "reasoningTokens" ? rates.outputTokens : undefined);

/** Whether the usage has a count of any kind. */
export const hasCounts = (usage: TokenUsage): boolean =>
  TOKEN_KINDS.some((kind) => usage[kind] !== undefined);

/** What was used more than 0 times, each with its price, if it has one. */
function used(
  usage: TokenUsage,
  { rates, serverTools, call }: Applicable,
): { readonly path: Issue["path"]; readonly count: number; readonly price: Exact | undefined }[] {
  return [
    ...TOKEN_KINDS.map((kind) => ({
      path: [kind],
      count: usage[kind] ?? 0,
      price: rateOf(rates, kind),
    })),
    ...Object.entries(usage.serverTools ?? {}).map(([tool, count]) => ({
      path: ["serverTools", tool],
      count,
      price: serverTools.get(tool),
    })),
    { path: ["call"], count: call === undefined ? 0 : 1, price: call },
  ].filter(({ count }) => count > 0);
}

function pricedOf(usage: TokenUsage, prices: PriceTable, at: number): Applicable {
  if (!hasCounts(usage)) {
    refuseInput(CANNOT_PRICE, [], "expected at least one count of tokens: the usage has none");
  }
  const applicable = prices.pricesOf(usage, at);
  const issues = used(usage, applicable)
    .filter(({ price }) => price === undefined)
    .map(({ path }) => ({
      path,
      message: `expected a price: ${[applicable.name, ...applicable.variant].join(", ")} has no price for it`,
    }));
  if (issues.length > 0) throw new InvalidInputError(CANNOT_PRICE, issues);
  return applicable;
}

/**
 * What a call cost: each count times its price, added up exactly, with no rounding.
 *
 * Nothing is guessed. An `InvalidInputError` is thrown when the table has no price for the model, service tier, context
 * tier, kind of tokens or tool of the usage, and for a usage without any count. Only `reasoningTokens` fall
 * back to the price of `outputTokens`, of which they are a part. A count of 0 needs no price.
 *
 * @example
 * ```ts
 * import { amountOf, priceTable, tokenUsage } from "metered-costs/ai";
 *
 * const prices = priceTable(
 *   { "claude-*": { inputTokens: "3", cachedInputTokens: "0.30", outputTokens: "15" } },
 *   { per: 1_000_000, currency: "USD" },
 * );
 * const usage = tokenUsage({
 *   id: "msg_1",
 *   type: "message",
 *   model: "claude-sonnet-4-5",
 *   usage: { input_tokens: 10, cache_read_input_tokens: 1000, output_tokens: 200 },
 * });
 * console.log(amountOf(usage, prices).toString()); // 0.00333
 * ```
 */
export function amountOf(
  usage: TokenUsage,
  prices: PriceTable,
  options: AmountOptions = {},
): Decimal {
  return decimalOf(
    exactAmountOf(usage, prices, instantOf(readInput(amountOptions, options, CANNOT_PRICE))),
  );
}

function exactAmountOf(usage: TokenUsage, prices: PriceTable, at: number): Exact {
  const own = used(usage, pricedOf(usage, prices, at)).map(({ count, price = ZERO }) =>
    multiply({ coefficient: BigInt(count), exponent: 0 }, price),
  );
  const others = (usage.others ?? []).map((each) => exactAmountOf(each, prices, at));
  return [...own, ...others].reduce(add, ZERO);
}

/** The type of the events of one variant of a model's prices. */
const typeOf = (eventType: string, { name, variant }: Applicable): string =>
  [eventType, name, ...variant].join(".");

const DEFAULT_TYPE = "llm.usage";
const eventType = /* @__PURE__ */ withDefault(
  /* @__PURE__ */ filledText("the beginning of an event type"),
  DEFAULT_TYPE,
);

/** How events of calls are typed so that the costs of `costsForPrices` count them. */
export interface EventTypeOptions extends AmountOptions {
  /**
   * The beginning of all event types.
   * @default "llm.usage"
   */
  readonly eventType?: string | undefined;
}
const eventTypeOptions = /* @__PURE__ */ strictObject({
  timestamp: /* @__PURE__ */ optional(time),
  eventType,
});

/**
 * The type of a call's event by which the costs of `costsForPrices` count it: the beginning, the table's name of the
 * model, and what else selects its prices, such as `llm.usage.gpt-5.flex`.
 *
 * Throws an `InvalidInputError` where the costs would not count all of the call: as `amountOf`, and for a call in which
 * other models took part.
 *
 * @example
 * ```ts
 * import { eventTypeOf, priceTable } from "metered-costs/ai";
 *
 * const prices = priceTable(
 *   { "gpt-5": { inputTokens: "1.25", outputTokens: "10" } },
 *   { per: 1_000_000, currency: "USD" },
 * );
 * const usage = { provider: "openai", model: "gpt-5", inputTokens: 8, raw: undefined };
 * console.log(eventTypeOf(usage, prices)); // llm.usage.gpt-5
 * ```
 */
export function eventTypeOf(
  usage: TokenUsage,
  prices: PriceTable,
  options: EventTypeOptions = {},
): string {
  const read = readInput(eventTypeOptions, options, CANNOT_PRICE);
  if (usage.others !== undefined) {
    refuseInput(CANNOT_PRICE, ["others"], "expected a call of one model: price it with amountOf");
  }
  return typeOf(read.eventType, pricedOf(usage, prices, instantOf(read)));
}

/** Which costs to define for a table of prices. */
export interface CostsForPricesOptions {
  /** `prod_...` */
  readonly productId: string;
  /** `org_...` */
  readonly merchantId?: string | undefined;
  /**
   * The beginning of all event types, as in `eventTypeOf`.
   * @default "llm.usage"
   */
  readonly eventType?: string | undefined;
  /** Only these models, as the table names them; all, when absent. */
  readonly models?: readonly string[] | undefined;
  /** The prices at this time; now, when absent. */
  readonly timestamp?: Date | string | undefined;
}
const costsForPricesOptions = /* @__PURE__ */ strictObject({
  productId,
  merchantId: /* @__PURE__ */ optional(merchantId),
  eventType,
  models: /* @__PURE__ */ optional(/* @__PURE__ */ list(text, "an array of models")),
  timestamp: /* @__PURE__ */ optional(time),
});
const CANNOT_DEFINE = "costsForPrices: the costs cannot be defined";

/**
 * The costs to create so that Paygentic prices the tokens itself: one for each model, service tier, context tier and
 * kind of tokens that has a price, and one for each tool of the provider. Each sums its count in events of the type
 * that `eventTypeOf` gives, with the price of one token as its unit cost, to the last digit. Costs are grouped by
 * model and provider.
 *
 * Throws an `InvalidInputError` for options that cannot work and for a model without prices at the time.
 *
 * @example
 * ```ts
 * import { costsForPrices, priceTable } from "metered-costs/ai";
 *
 * const prices = priceTable(
 *   { "gpt-5": { inputTokens: "1.25", outputTokens: "10" } },
 *   { per: 1_000_000, currency: "USD" },
 * );
 * for (const cost of costsForPrices(prices, { productId: "prod_1" })) {
 *   console.log(cost.eventType, cost.valueProperty, String(cost.unitCost));
 * }
 * // llm.usage.gpt-5 $.tokens.inputTokens 0.00000125
 * // llm.usage.gpt-5 $.tokens.outputTokens 0.00001
 * // llm.usage.gpt-5 $.tokens.reasoningTokens 0.00001
 * ```
 */
export function costsForPrices(
  prices: PriceTable,
  options: CostsForPricesOptions,
): CostCreateParams<"model" | "provider">[] {
  const read = readInput(costsForPricesOptions, options, CANNOT_DEFINE);
  const at = instantOf(read);
  return (read.models ?? prices.models).flatMap((model) => {
    const variants = prices.variantsOf(model, at);
    if (variants.length === 0) {
      const message = `expected a model with prices at ${new Date(at).toISOString()}: ${model} has no price then`;
      refuseInput(CANNOT_DEFINE, ["models"], message);
    }
    return variants.flatMap((variant) => {
      const cost = (what: string, unit: string, unitCost: Exact) => ({
        type: "metered" as const,
        name: [model, ...variant.variant, what].join(" "),
        unit,
        unitCost: decimalOf(unitCost),
        currency: prices.currency,
        productId: read.productId,
        ...(read.merchantId === undefined ? {} : { merchantId: read.merchantId }),
        eventType: typeOf(read.eventType, variant),
        groupBy: { model: "$.model", provider: "$.provider" },
      });
      const tokens = TOKEN_KINDS.flatMap((kind) => {
        const rate = rateOf(variant.rates, kind);
        if (rate === undefined) return [];
        const valueProperty = `$.tokens.${kind}`;
        return [{ ...cost(kind, "token", rate), aggregation: "SUM" as const, valueProperty }];
      });
      const tools = [...variant.serverTools].map(([tool, price]) => ({
        ...cost(tool, "use", price),
        aggregation: "SUM" as const,
        valueProperty: `$.serverTools.${tool}`,
      }));
      const calls =
        variant.call === undefined
          ? []
          : [{ ...cost("call", "call", variant.call), aggregation: "COUNT" as const }];
      return [...tokens, ...tools, ...calls];
    });
  });
}

/** The schema of an option that is a table of prices. */
export const priceTableOption: Schema<PriceTable> = /* @__PURE__ */ expecting<PriceTable>(
  "a table made by priceTable",
  // Not by its class: the table may be of another copy of the package.
  (given) => typeof (given as Partial<PriceTable> | null | undefined)?.pricesOf === "function",
);
