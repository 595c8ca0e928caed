import fc from "fast-check";
import { amountOf, priceTable, readGenaiPrices, readLiteLlmPrices } from "metered-costs/ai";
import { expect, test } from "vitest";
import { TOKEN_KINDS, type TokenKind } from "../../src/ai/token-usage.ts";
import { runs } from "../runs.ts";

/** A price as text of `digits` with `places` behind the point. */
const price = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.nat({ max: 25 }))
  .map(([digits, places]) => ({ digits, places }));
const textOf = ({ digits, places }: { digits: bigint; places: number }): string => {
  const padded = digits.toString().padStart(places + 1, "0");
  const point = padded.length - places;
  return places === 0 ? padded : `${padded.slice(0, point)}.${padded.slice(point)}`;
};
/** So many places has a price of one token at most. */
const PLACES = 25 + 9;
const inPlaces = (digits: bigint, places: number): bigint =>
  digits * 10n ** BigInt(PLACES - places);

/** The exact text of a whole number of 10^-PLACES. */
function exactText(value: bigint): string {
  const padded = value.toString().padStart(PLACES + 1, "0");
  const fraction = padded.slice(-PLACES).replace(/0+$/, "");
  return padded.slice(0, -PLACES) + (fraction === "" ? "" : `.${fraction}`);
}

test("random usages and prices give the amount of a reference in BigInt, to the last digit", () => {
  const pricesOfKinds = fc.tuple(...TOKEN_KINDS.map(() => price));
  const countsOfKinds = fc.tuple(
    ...TOKEN_KINDS.map(() => fc.option(fc.maxSafeNat(), { nil: undefined })),
  );
  fc.assert(
    fc.property(pricesOfKinds, countsOfKinds, fc.nat({ max: 9 }), (prices, counts, shift) => {
      fc.pre(counts.some((count) => count !== undefined));
      const table = priceTable(
        {
          m: Object.fromEntries(TOKEN_KINDS.map((kind, at) => [kind, textOf(prices[at] as never)])),
        },
        { per: 10 ** shift, currency: "USD" },
      );
      const usage = Object.fromEntries(TOKEN_KINDS.map((kind, at) => [kind, counts[at]]));
      const reference = counts.reduce<bigint>((sum, count = 0, at) => {
        const { digits, places } = prices[at] as { digits: bigint; places: number };
        return sum + BigInt(count) * inPlaces(digits, places + shift);
      }, 0n);
      const amount = amountOf({ provider: "p", model: "m", raw: undefined, ...usage }, table);
      expect(amount.toString()).toBe(exactText(reference));
    }),
    { numRuns: runs(10_000) },
  );
});

test("both price lists give the prices that they have, digit by digit", () => {
  const FIELDS: readonly (readonly [TokenKind, string, string])[] = [
    ["inputTokens", "input_cost_per_token", "input_mtok"],
    ["cachedInputTokens", "cache_read_input_token_cost", "cache_read_mtok"],
    ["outputTokens", "output_cost_per_token", "output_mtok"],
  ];
  fc.assert(
    fc.property(fc.tuple(price, price, price), fc.nat({ max: 2 }), (prices, at) => {
      const [kind] = FIELDS[at] as (typeof FIELDS)[number];
      const { digits, places } = prices[at] as { digits: bigint; places: number };
      const usage = { provider: "openai", model: "m", raw: undefined, [kind]: 1 };
      const json = (name: 1 | 2): string =>
        FIELDS.map((field, each) => `"${field[name]}": ${textOf(prices[each] as never)}`).join();
      const liteLlm = readLiteLlmPrices(`{ "m": { "litellm_provider": "openai", ${json(1)} } }`);
      expect(amountOf(usage, liteLlm).toString()).toBe(exactText(inPlaces(digits, places)));
      const genai = readGenaiPrices(
        `[{ "id": "openai", "models": [{ "id": "m", "match": { "equals": "m" }, "prices": { ${json(2)} } }] }]`,
      );
      expect(amountOf(usage, genai).toString()).toBe(exactText(inPlaces(digits, places + 6)));
    }),
  );
});
