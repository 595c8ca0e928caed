/** What the client adds to a call: a fetch that answers at once, each time with a new Response. */
import type { Contestant, Section, Workload } from "../section.ts";
import { size } from "../section.ts";

const BASE_URL = "https://api.example.com";
const RANGE = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
const COST = JSON.stringify({
  id: "cst_1",
  object: "cost",
  type: "metered",
  name: "Input tokens",
  currency: "USD",
  unitCost: "0.0000025",
  productId: "prod_1",
  merchantId: "org_1",
  unit: "token",
  aggregation: "SUM",
  eventType: "llm.completion",
  valueProperty: "$.tokens",
  groupBy: { model: "$.model" },
  createdAt: "2026-06-01T00:00:00Z",
  updatedAt: "2026-06-01T00:00:00Z",
  deletedAt: null,
});
const SUMMARY = JSON.stringify({
  object: "cost",
  id: "cst_1",
  name: "Input tokens",
  type: "metered",
  currency: "USD",
  eventType: "llm.completion",
  totalCost: 0.003085,
  totalQuantity: 1234,
  groups: [
    { dimensions: { model: "large" }, quantity: 1200, cost: 0.003 },
    { dimensions: { model: "small" }, quantity: 34, cost: 0.000085 },
  ],
});

type Call = () => Promise<unknown>;
type Answer = typeof fetch;

const answering =
  (body: string): Answer =>
  async () =>
    new Response(body, {
      headers: { "content-type": "application/json", "x-request-id": "req_1" },
    });

/** One after the other, as many as the workload asks for. */
function calling(
  name: string,
  { calls, needs, isOurs }: { calls: number; needs?: string; isOurs?: boolean },
  load: () => Promise<Call>,
): Contestant {
  return {
    name,
    needs,
    isOurs,
    expected: undefined,
    async prepare() {
      const call = await load();
      return async () => {
        for (let done = 0; done < calls; done++) await call();
        return { rows: [] };
      };
    },
  };
}

const WATCHED = "metered-costs with a logger and hooks";
const ignore = (): void => undefined;
const WATCHING = {
  logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  logLevel: "debug",
  onAttempt: ignore,
  onResponse: ignore,
} as const;

async function callOf(
  ours: "get" | "summary",
  options: { readonly fetch: Answer } & Partial<typeof WATCHING>,
): Promise<Call> {
  const { Paygentic } = await import("metered-costs");
  const { costs } = new Paygentic({ apiKey: "sk_1", baseUrl: BASE_URL, ...options });
  return ours === "get"
    ? () => costs.get("cst_1")
    : () => costs.summary("cst_1", { ...RANGE, groupBy: ["model"] });
}

function contestants(workload: Workload, path: string, body: string, ours: "get" | "summary") {
  const calls = size(5_000, workload);
  const fetch = answering(body);
  return [
    calling("fetch and JSON.parse", { calls }, async () => async () => {
      const headers = { accept: "application/json", authorization: "Bearer sk_1" };
      return JSON.parse(await (await fetch(BASE_URL + path, { headers })).text());
    }),
    calling("metered-costs", { calls, isOurs: true }, () => callOf(ours, { fetch })),
    // Shows that a call without logger and hooks does not pay for them.
    calling(WATCHED, { calls, isOurs: true }, () => callOf(ours, { fetch, ...WATCHING })),
    calling("openapi-fetch", { calls, needs: "openapi-fetch" }, async () => {
      const { default: createClient } = await import("openapi-fetch");
      const headers = { authorization: "Bearer sk_1" };
      const client = createClient<never>({ baseUrl: BASE_URL, fetch, headers });
      const get = client.GET as unknown as (path: string) => Promise<unknown>;
      return () => get(path);
    }),
  ];
}

const LIMITS = [
  { of: "metered-costs", against: "fetch and JSON.parse", atMostOfTime: 3 },
  { of: "metered-costs", against: WATCHED, atMostOfTime: 1 },
] as const;

export const callSections: readonly Section[] = [
  {
    name: "call",
    title: "5,000 calls of costs.get, one after the other",
    limits: LIMITS,
    contestants: async (workload) => contestants(workload, "/v0/costs/cst_1", COST, "get"),
  },
  {
    name: "call-summary",
    title: "5,000 calls of costs.summary, one after the other",
    limits: LIMITS,
    contestants: async (workload) => {
      const query = new URLSearchParams({ ...RANGE, groupBy: "model" });
      return contestants(workload, `/v0/costs/cst_1/summary?${query}`, SUMMARY, "summary");
    },
  },
];
