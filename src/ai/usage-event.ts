import type { EventIngestParams } from "../models.ts";
import {
  anything,
  expecting,
  filledText,
  merchantId,
  optional,
  record,
  strictObject,
  text,
  time,
} from "../schemas/fields.ts";
import { readInput, refuseInput } from "../schemas/input.ts";
import { amountOf, hasCounts, type PriceTable, priceTableOption } from "./prices.ts";
import { TOKEN_KINDS, type TokenCounts, type TokenUsage, tokenUsage } from "./token-usage.ts";

/** Who used it: the customer's id, or your own id of the customer. */
export type EventSubject = string | { readonly externalSubject: string };

/** How a call ended that has no usage, or not all of it. */
export type CallStatus = "usage-missing" | "aborted" | "failed";

/** The members of an event's `data` that are written for you. */
const OWN_DATA = [
  "model",
  "provider",
  "tokens",
  "requestId",
  "serviceTier",
  "serverTools",
  "others",
  "amount",
  "currency",
  "status",
] as const;

/** Your own members of an event's `data`: none that is written for you. */
export type UsageEventData = { readonly [name: string]: unknown } & {
  readonly [Name in (typeof OWN_DATA)[number]]?: never;
};

/** What every event of a model call has, whichever way it is made. */
export interface UsageEventDefaults {
  /** The CloudEvents type, or what gives it for a usage: `(usage) => eventTypeOf(usage, prices)`. */
  readonly type: string | ((usage: TokenUsage) => string);
  /** A URI that names the sender. */
  readonly source: string;
  /** The organization: `org_...` */
  readonly namespace?: string | undefined;
  /** Your own members of `data`, such as `{ feature: "chat" }`. */
  readonly data?: UsageEventData | undefined;
  /** Puts `amount`, exact decimal text, and `currency` into `data`: for a cost that sums `$.amount` at unit cost 1. */
  readonly prices?: PriceTable | undefined;
  /** The provider, where the response does not say: `azure` or `groq` for OpenAI's format. */
  readonly provider?: string | undefined;
}

/** How one event of a model call is made. */
export interface UsageEventOptions extends UsageEventDefaults {
  readonly subject: EventSubject;
  /** When it was used: a Date, or RFC 3339 text with an offset. Now, when absent. */
  readonly timestamp?: Date | string | undefined;
  /** The provider's id of the response, when absent, so that reporting a response twice counts once; else random. */
  readonly idempotencyKey?: string | undefined;
  /** The model, where the response has none, as with Amazon Bedrock's Converse. */
  readonly model?: string | undefined;
}

/** Whether it says who used something. */
export function isSubject(given: unknown): given is EventSubject {
  const id =
    typeof given === "object" && given !== null && "externalSubject" in given
      ? given.externalSubject
      : given;
  return typeof id === "string" && id !== "";
}

const subjectOption = /* @__PURE__ */ expecting<EventSubject>(
  "the customer's id as text, or { externalSubject }",
  isSubject,
);

/** Fields that options of single events and of meters have in common. */
export const eventDefaults = {
  type: /* @__PURE__ */ expecting<UsageEventDefaults["type"]>(
    "an event type as text, or a function that returns one",
    (given) => typeof given === "function" || (typeof given === "string" && given !== ""),
  ),
  source: /* @__PURE__ */ filledText("a URI that names the sender"),
  namespace: /* @__PURE__ */ optional(merchantId),
  data: /* @__PURE__ */ optional(
    /* @__PURE__ */ record(/* @__PURE__ */ anything<unknown>(), {
      name: /* @__PURE__ */ expecting<string>(
        `another name than ${OWN_DATA.join(", ")}, which are written for you`,
        (name) => !OWN_DATA.some((own) => own === name),
      ),
    }),
  ),
  prices: /* @__PURE__ */ optional(priceTableOption),
  provider: /* @__PURE__ */ optional(/* @__PURE__ */ filledText("the name of a provider")),
};
const usageEventOptions = /* @__PURE__ */ strictObject({
  ...eventDefaults,
  subject: subjectOption,
  timestamp: /* @__PURE__ */ optional(time),
  idempotencyKey: /* @__PURE__ */ optional(/* @__PURE__ */ filledText("a key that is not empty")),
  model: /* @__PURE__ */ optional(text),
});

/** The counts alone. */
function countsOf(usage: TokenUsage): TokenCounts {
  const counts: { -readonly [Kind in keyof TokenCounts]: number } = {};
  for (const kind of TOKEN_KINDS) {
    const count = usage[kind];
    if (count !== undefined) counts[kind] = count;
  }
  return counts;
}

/** What `data` says of a usage. */
function usageData(usage: TokenUsage): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const name of ["model", "provider", "requestId", "serviceTier", "serverTools"] as const) {
    if (usage[name] !== undefined) data[name] = usage[name];
  }
  if (hasCounts(usage)) data["tokens"] = countsOf(usage);
  if (usage.others !== undefined) {
    data["others"] = usage.others.map((other) => ({
      model: other.model,
      tokens: countsOf(other),
    }));
  }
  return data;
}

/** What `data` says of the cost of a usage. Throws an `InvalidInputError` for a usage that has no price. */
export function priceData(
  usage: TokenUsage,
  prices: PriceTable,
  timestamp: Date,
): { readonly amount: string; readonly currency: string } {
  const amount = amountOf(usage, prices, { timestamp }).toString();
  return { amount, currency: prices.currency };
}

/** What is known of one event beside its usage. */
interface EventFields {
  readonly subject: EventSubject;
  readonly timestamp: Date;
  readonly idempotencyKey: string | undefined;
  /** Members of `data` that are not the caller's own. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The event of a usage. An event without a key gets a random one. */
export function eventOf(
  usage: TokenUsage,
  { type, source, namespace, data: own }: UsageEventDefaults,
  { subject, timestamp, idempotencyKey = crypto.randomUUID(), data }: EventFields,
): EventIngestParams {
  return {
    type: typeOfEvent(type, usage),
    source,
    ...(typeof subject === "string" ? { subject } : { externalSubject: subject.externalSubject }),
    ...(namespace === undefined ? {} : { namespace }),
    timestamp,
    idempotencyKey,
    data: { ...own, ...usageData(usage), ...data },
  };
}

/**
 * The event of a model call, for `events.ingest` or a queue. `response` is what `tokenUsage` takes, or what it gave.
 * `data` has `model`, `provider`, the counts under `tokens` by the names that `tokenUsage` gives them, and what else is
 * known: `requestId`, `serviceTier`, `serverTools`, `others`, and with `prices` `amount` and `currency`.
 *
 * The idempotency key is the provider's id of the response, so that an event that is reported twice counts once. Without
 * such an id, as for embeddings, it is random, never derived from content: two equal calls are two.
 *
 * Throws an `InvalidInputError` for a response that `tokenUsage` refuses, for options that cannot work, and with
 * `prices` for a call that `amountOf` cannot price.
 *
 * @example
 * ```ts
 * import { usageEvent } from "metered-costs/ai";
 *
 * const event = usageEvent(
 *   { id: "msg_1", type: "message", model: "claude-sonnet-4-5", usage: { input_tokens: 10, output_tokens: 200 } },
 *   { type: "llm.completion", source: "urn:example:api", subject: "cus_1" },
 * );
 * console.log(event.idempotencyKey, event.data);
 * ```
 */
export function usageEvent(response: unknown, options: UsageEventOptions): EventIngestParams {
  const read = readInput(usageEventOptions, options, "usageEvent: the event cannot be made");
  const { model, prices, provider, subject, timestamp = new Date() } = read;
  const usage = isUsage(response) ? response : tokenUsage(response, { model, provider });
  return eventOf(usage, read as UsageEventDefaults, {
    subject,
    timestamp,
    idempotencyKey: read.idempotencyKey ?? usage.requestId,
    data: prices === undefined ? {} : priceData(usage, prices, timestamp),
  });
}

/** The type of a usage's event. */
function typeOfEvent(type: UsageEventDefaults["type"], usage: TokenUsage): string {
  const given: unknown = typeof type === "function" ? type(usage) : type;
  return typeof given === "string" && given !== ""
    ? given
    : refuseInput(
        "The event cannot be made",
        ["type"],
        "expected a function that returns an event type as text",
      );
}

/** Whether it is what `tokenUsage` gave. */
const isUsage = (response: unknown): response is TokenUsage =>
  typeof response === "object" &&
  response !== null &&
  "provider" in response &&
  "raw" in response &&
  typeof response.provider === "string";
