/** Made-up usage for the mock behind the dashboard: May and June 2026, always the same. */
import type { CostEvent } from "metered-costs";
import type { CostSeed } from "metered-costs/mock";

const SHARED = { type: "metered", currency: "USD", productId: "prod_atlas" } as const;
const BY_MODEL = { model: "$.model" };

/** What a completion costs: the tokens that go in, those that come out, and each search on the web. */
export const COSTS: readonly CostSeed[] = [
  {
    ...SHARED,
    id: "cst_input",
    name: "Input tokens",
    unitCost: "0.0000025",
    eventType: "llm.completions",
    aggregation: "SUM",
    valueProperty: "$.tokens.input",
    groupBy: BY_MODEL,
    unit: "token",
  },
  {
    ...SHARED,
    id: "cst_output",
    name: "Output tokens",
    unitCost: "0.0000103",
    eventType: "llm.completions",
    aggregation: "SUM",
    valueProperty: "$.tokens.output",
    groupBy: BY_MODEL,
    unit: "token",
  },
  {
    ...SHARED,
    id: "cst_search",
    name: "Web searches",
    unitCost: "0.0085",
    eventType: "llm.completions",
    aggregation: "SUM",
    valueProperty: "$.searches",
    groupBy: BY_MODEL,
    unit: "search",
  },
];

/** Each customer with its size; the last one came in the middle of June. */
const CUSTOMERS = { cus_globex: 9, cus_acme: 6, cus_initech: 4, cus_umbrella: 2, cus_hooli: 5 };
const MODELS = { "atlas-large": 5, "atlas-small": 3, "atlas-reason": 2 };
const FIRST_DAY = Date.UTC(2026, 4, 1);
const NEWCOMER_DAY = 61 - 17;

/** Numbers from 0 to 1 that look random, and are the same every time (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One event for each customer, model and day: less at weekends, a little more every day. */
export function usage(): CostEvent[] {
  const next = numbersFrom(2026);
  const events: CostEvent[] = [];
  for (let day = 0; day < 61; day++) {
    const date = new Date(FIRST_DAY + day * 86_400_000);
    const pace = ([0, 6].includes(date.getUTCDay()) ? 0.45 : 1) * (1 + day / 90);
    for (const [customer, size] of Object.entries(CUSTOMERS)) {
      if (customer === "cus_hooli" && day < NEWCOMER_DAY) continue;
      for (const [model, share] of Object.entries(MODELS)) {
        const amount = size * share * pace * (0.7 + 0.6 * next());
        date.setUTCHours(Math.floor(next() * 24), Math.floor(next() * 60));
        events.push({
          type: "llm.completions",
          source: "urn:example:gateway",
          subject: customer,
          idempotencyKey: `${customer}-${model}-${day}`,
          timestamp: date.toISOString(),
          data: {
            model,
            tokens: {
              input: Math.round(amount * 320_000),
              output: Math.round(amount * 81_000 * (model === "atlas-reason" ? 2 : 1)),
            },
            searches: model === "atlas-small" ? 0 : Math.round(amount * 18),
          },
        });
      }
    }
  }
  return events;
}
