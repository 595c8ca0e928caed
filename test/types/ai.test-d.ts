import type { EventIngestParams } from "metered-costs";
import {
  amountOf,
  costsForPrices,
  priceTable,
  type TokenUsage,
  tokenUsage,
  usageEvent,
} from "metered-costs/ai";
import { expectTypeOf, test } from "vitest";

const options = { type: "t", source: "s", subject: "cus_1" };
const prices = priceTable({ m: { inputTokens: "1" } }, { per: 1, currency: "USD" });

test("counts may be absent", () => {
  expectTypeOf(tokenUsage({})).toEqualTypeOf<TokenUsage>();
  expectTypeOf<TokenUsage["inputTokens"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<TokenUsage["model"]>().toEqualTypeOf<string | undefined>();
});

test("an event needs a subject, and leaves its own data alone", () => {
  expectTypeOf(usageEvent({}, options)).toEqualTypeOf<EventIngestParams>();
  usageEvent({}, { ...options, subject: { externalSubject: "acme" }, data: { feature: "chat" } });
  // @ts-expect-error no subject
  usageEvent({}, { type: "t", source: "s" });
  // @ts-expect-error the counts are written for you
  usageEvent({}, { ...options, data: { tokens: {} } });
});

test("prices are of kinds of tokens that there are", () => {
  priceTable({ m: [{ from: new Date(), inputTokens: 1n }] }, { per: 1, currency: "USD" });
  // @ts-expect-error no such kind
  priceTable({ m: { tokens: "1" } }, { per: 1, currency: "USD" });
  // @ts-expect-error per says what a price is for
  priceTable({ m: { inputTokens: "1" } }, { currency: "USD" });
  // @ts-expect-error a price is no boolean
  priceTable({ m: { inputTokens: true } }, { per: 1, currency: "USD" });
  // @ts-expect-error a table, not its models
  amountOf(tokenUsage({}), { m: { inputTokens: "1" } });
});

test("costs have the dimensions of the events", () => {
  const costs = costsForPrices(prices, { productId: "prod_1" });
  expectTypeOf(costs[0]?.groupBy?.model).toEqualTypeOf<string | undefined>();
  // @ts-expect-error costs belong to a product
  costsForPrices(prices, {});
});
