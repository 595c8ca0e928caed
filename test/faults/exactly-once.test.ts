import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type CostCreateParams, type EventIngestParams, Paygentic } from "metered-costs";
import { summarizeCost } from "metered-costs/summary";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { KINDS } from "./disturbances.ts";

const EVENTS = 50_000;
const SHARE = 0.3;
const JUNE = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" } as const;
const APIKEY = "sk_test_1";
/** More digits than a double has, behind the point and before it. */
const SCALE = 30;

/** The value of the n-th event, as an integer of 10^-30: different for every event. */
const scaledValue = (seed: number, n: number): bigint =>
  (BigInt(seed) * 1_000_003n + BigInt(n) * 987_654_321_987_654_321n) ** 2n % 10n ** 36n;
const textOf = (scaled: bigint): string => {
  const digits = scaled.toString().padStart(SCALE + 1, "0");
  return `${digits.slice(0, -SCALE)}.${digits.slice(-SCALE)}`;
};

function eventOf(seed: number, n: number): EventIngestParams {
  return {
    type: "llm.completion",
    source: "urn:example:gateway",
    subject: `cus_${n % 97}`,
    timestamp: new Date(Date.UTC(2026, 5, 1) + n * 50_000),
    // Every other event gets its key from the client: once, not anew with every try.
    ...(n % 2 === 0 ? {} : { idempotencyKey: `request-${seed}-${n}` }),
    data: { n, model: `model-${n % 7}`, tokens: textOf(scaledValue(seed, n)) },
  };
}
async function* log(seed: number): AsyncGenerator<EventIngestParams> {
  for (let n = 0; n < EVENTS; n++) yield eventOf(seed, n);
}

const COST: CostCreateParams<"model"> = {
  type: "metered",
  name: "Tokens",
  unitCost: "0.000000000000000000012345678901234567",
  currency: "USD",
  productId: "prod_1",
  eventType: "llm.completion",
  aggregation: "SUM",
  valueProperty: "$.tokens",
  groupBy: { model: "$.model" },
};
const COSTS: readonly CostCreateParams<"model">[] = [
  COST,
  { ...COST, aggregation: "COUNT" },
  { ...COST, aggregation: "UNIQUE_COUNT", valueProperty: "$.n" },
  { ...COST, aggregation: "AVG" },
];

/** Waits between attempts are shares of chance: a tenth of them makes the run shorter, and its meaning no other. */
beforeAll(() => {
  const { random } = Math;
  vi.spyOn(Math, "random").mockImplementation(() => random() / 10);
});
afterAll(() => {
  vi.restoreAllMocks();
});

/** The next message of the process. */
async function message<T>(from: ChildProcess): Promise<T> {
  const [said] = await once(from, "message");
  return said as T;
}

// Most of the time is waiting: for pauses that the proxy asks for, and for answers that never come.
test.concurrent.each([1, 2, 3])(
  "50,000 events through a proxy that disturbs three requests of ten count once each: seed %i",
  async (seed) => {
    const child = fork(
      fileURLToPath(new URL("proxied-mock.ts", import.meta.url)),
      [String(seed), String(SHARE)],
      { execArgv: ["--import", "tsx"] },
    );
    const { url, proxied } = await message<{ url: string; proxied: string }>(child);
    const undisturbed = new Paygentic({ baseUrl: url, apiKey: APIKEY });
    const paygentic = new Paygentic({
      baseUrl: proxied,
      apiKey: APIKEY,
      timeout: 5_000,
      maxResponseBytes: 100_000,
    });
    const costs = [];
    for (const params of COSTS) costs.push(await undisturbed.costs.create(params));

    // Longer than the default: on a busy machine the whole run takes more than five minutes.
    const result = await paygentic.events.ingestAll(log(seed), {
      concurrency: 100,
      deadline: 1_800_000,
    });

    expect(result).toEqual({ accepted: EVENTS, rejected: 0, unknown: 0, outcomes: [] });
    child.send("report");
    const { counts } = await message<{ counts: Record<string, number> }>(child);
    const { none = 0, ...harmed } = counts;
    const disturbed = Object.values(harmed).reduce((sum, count) => sum + count, 0);
    console.log(`seed ${seed}: ${none + disturbed} requests, ${disturbed} disturbed`, harmed);
    expect(disturbed / (none + disturbed)).toBeCloseTo(SHARE, 1);
    expect(Object.keys(harmed).sort()).toEqual(KINDS.filter((kind) => kind !== "redirect").sort());

    const events = Array.from({ length: EVENTS }, (_, n) => eventOf(seed, n));
    for (const cost of costs) {
      const query = { ...JUNE, groupBy: ["model"], window: "DAY" } as const;
      const server = await undisturbed.costs.summary(cost, query);
      const local = summarizeCost(cost, events, query);
      const numbers = ({ totalCost, totalQuantity, groups, timeSeries }: typeof server) =>
        JSON.parse(JSON.stringify({ totalCost, totalQuantity, groups, timeSeries }));
      expect(numbers(server)).toEqual(numbers(local));
    }
    const total = (await undisturbed.costs.summary("cst_1", JUNE)).totalQuantity;
    const sum = events.reduce((so, _, n) => so + scaledValue(seed, n), 0n);
    expect(total?.equals(textOf(sum))).toBe(true);
    const count = (await undisturbed.costs.summary("cst_2", JUNE)).totalQuantity;
    expect(count?.toString()).toBe(String(EVENTS));
    child.disconnect();
  },
);
