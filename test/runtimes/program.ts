/**
 * What must hold in every runtime. It uses the library by its entries alone, and of the runtime nothing but what all of
 * them have: `fetch`, `AbortController`, timers.
 */
import { type CostCreateParams, Decimal, defineCost, isCostsError, Paygentic } from "metered-costs";
import { Kontorion, versionTimeline } from "metered-costs/kontorion";
import { createMockKontorion, createMockPaygentic } from "metered-costs/mock";
import {
  CostSummarizer,
  type CostSummary,
  readEvents,
  reportCosts,
  summarizeCost,
  summarizeNdjson,
} from "metered-costs/summary";
import { Stage, type StagePlace } from "./stage.ts";

type Check = (paygentic: Paygentic, stage: Stage) => Promise<void>;

const TOKENS = defineCost({
  type: "metered",
  name: "Tokens",
  unitCost: "0.000000000000000000123456789",
  currency: "USD",
  productId: "prod_1",
  eventType: "llm.completion",
  aggregation: "SUM",
  valueProperty: "$.tokens",
  groupBy: { model: "$.model" },
});
const eventOf = (index: number) => ({
  type: "llm.completion",
  source: "urn:test:runtimes",
  subject: `cus_${index % 3}`,
  idempotencyKey: `request-${index}`,
  timestamp: new Date(Date.UTC(2026, 5, 1 + (index % 20), index % 24)).toISOString(),
  data: { tokens: 1000 + index, model: index % 2 === 0 ? "large" : "small" },
});
const EVENTS = Array.from({ length: 60 }, (_, index) => eventOf(index));
const JUNE = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" } as const;
const BY_MODEL_AND_DAY = { ...JUNE, groupBy: ["model"], window: "DAY" } as const;
const LONG = 60_000;

/** Both as JSON: Decimals and Dates compare by their text. */
function expectSame(actual: unknown, expected: unknown, what: string): void {
  const [seen, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (seen !== wanted) throw new Error(`${what}: expected ${wanted}, it was ${seen}`);
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => {
      throw new Error("the call succeeded, it should not have");
    },
    (error) => error,
  );
}

async function expectCode(call: Promise<unknown>, code: string): Promise<void> {
  const error = await failureOf(call);
  if (!isCostsError(error)) throw error;
  expectSame(error.code, code, `the code of ${error.message}`);
}

/** Makes the cost, and sends its events. */
async function billEvents({ costs, events }: Paygentic) {
  const cost = await costs.create(TOKENS);
  const sent = await events.ingestAll(EVENTS, { concurrency: 5 });
  expectSame(sent, { accepted: 60, rejected: 0, unknown: 0, outcomes: [] }, "what was sent");
  return cost;
}

const CHECKS: Readonly<Record<string, Check>> = {
  "all operations": async ({ costs, events }) => {
    const cost = await costs.create(TOKENS);
    expectSame((await costs.get(cost.id)).name, "Tokens", "the cost's name");
    const renamed = await costs.update(cost.id, { name: "Renamed" });
    expectSame(renamed.name, "Renamed", "the new name");
    expectSame((await costs.list({ limit: 1 })).pagination.total, 1, "the number of costs");
    const all: string[] = [];
    for await (const { id } of costs.listAll()) all.push(id);
    expectSame(all, [cost.id], "all costs");
    const receipt = await events.ingest(eventOf(1));
    expectSame(receipt.idempotencyKey, "request-1", "the receipt's key");
    expectSame(receipt.timestamp, new Date(eventOf(1).timestamp), "the receipt's time");
    expectSame((await costs.summary(cost, JUNE)).totalQuantity, "1001", "the quantity");
    const report = await costs.report({ ...JUNE, groupBy: "customer" });
    expectSame(report.groups[0]?.key, "cus_1", "the report's customer");
    await costs.delete(cost.id);
    await expectCode(costs.get(cost.id), "NOT_FOUND");
  },

  "errors by code": async ({ costs, events }, stage) => {
    await expectCode(costs.get("cst_none"), "NOT_FOUND");
    await expectCode(costs.get("no id"), "INVALID_INPUT");
    await expectCode(costs.create({ ...TOKENS, unitCost: "-1" }), "INVALID_INPUT");
    await expectCode(events.ingest(eventOf(1)), "UNPROCESSABLE_ENTITY");
    const errors = [{ field: "name", message: "is taken" }];
    await stage.fault({ kind: "status", status: 400, body: { message: "no", errors } });
    const refused = await failureOf(costs.create(TOKENS));
    if (!isCostsError(refused) || refused.code !== "VALIDATION_ERROR") throw refused;
    expectSame(refused.fieldErrors, errors, "the fields");
    await stage.fault({ kind: "html", status: 403 });
    await expectCode(costs.list(), "FORBIDDEN");
    // Every time, for some runtimes quietly try once more when a connection that they had kept turns out to be cut.
    await stage.fault({ kind: "cut-connection", rate: 1 });
    await expectCode(costs.list({}, { maxRetries: 0 }), "CONNECTION_FAILED");
    await expectCode(costs.create(TOKENS), "CONNECTION_FAILED");
    await stage.reset();
    await stage.fault({ kind: "cut-body" });
    await expectCode(costs.list({}, { maxRetries: 0 }), "CONNECTION_FAILED");
  },

  "versioned costs of Kontorion": async () => {
    const productId = "7d8a4d5e-0b1f-4c55-9f2a-0c6f3a1f9e11";
    const mock = createMockKontorion({ clock: () => new Date("2026-06-15T00:00:00Z") });
    const { costs } = new Kontorion({
      apiKey: `sk_test_${"0".repeat(64)}`,
      fetch: mock.fetch,
      dangerouslyAllowBrowser: true,
      maxRetries: 0,
    });
    const { id: costId } = await costs.create({ key: "gpu_hour", productId });
    const address = { productId, costId };
    await costs.update(address, { effective_at: "2026-07-01T00:00:00Z" });
    await costs.update(address, { save_as_draft: true });
    const { data } = await costs.versions(costId);
    const statuses = data.map(({ status }) => status);
    expectSame(statuses, ["active", "scheduled", "draft"], "the statuses");
    const { periods, drafts } = versionTimeline(data as never);
    expectSame(periods[1]?.from, "2026-07-01T00:00:00.000Z", "the start of version 2");
    expectSame(drafts, [3], "the drafts");
    mock.advance(30 * 24 * 60 * 60 * 1000);
    expectSame((await costs.get(address)).version, 2, "the version in force");
    expectSame((await costs.copy(address)).key, "gpu_hour_copy", "the copy's key");
    const keys: unknown[] = [];
    for await (const { key } of costs.listAll({ limit: 1 })) keys.push(key);
    expectSame(keys, ["gpu_hour", "gpu_hour_copy"], "all costs");
    await expectCode(costs.get({ ...address, costId: productId }), "NOT_FOUND");
    await expectCode(costs.create({ key: "gpu_hour", productId }), "CONFLICT");
    await expectCode(costs.get({ ...address, costId: "cst_1" }), "INVALID_INPUT");
    mock.fault({ kind: "cut-body", operation: "getCost" });
    await expectCode(costs.get(address), "CONNECTION_FAILED");
  },

  retries: async ({ costs }, stage) => {
    await stage.fault({ kind: "status", status: 503 });
    await stage.fault({ kind: "cut-connection" });
    expectSame((await costs.list()).data, [], "the list after two failures");
    expectSame((await stage.counts()).requests, 3, "the requests");
    await stage.fault({ kind: "status", status: 429, retryAfter: 0 });
    await costs.create(TOKENS);
    expectSame((await stage.counts()).requests, 5, "the requests");
    await stage.fault({ kind: "status", status: 500 });
    await expectCode(costs.create(TOKENS), "SERVER_ERROR");
    expectSame((await stage.counts()).requests, 6, "the requests");
    await stage.fault({ kind: "status", status: 429, retryAfter: 3600 });
    const error = await failureOf(costs.list());
    if (!isCostsError(error) || error.code !== "RATE_LIMITED") throw error;
    expectSame(error.retryAfterSeconds, 3600, "Retry-After");
  },

  "events counted once": async ({ costs, events }, stage) => {
    const cost = await costs.create(TOKENS);
    for (const kind of ["cut-connection", "cut-body"] as const) {
      const operation = "ingestEvent";
      await stage.fault(
        kind === "cut-body" ? { kind, operation } : { kind, operation, carriedOut: true },
      );
      await events.ingest(eventOf(kind.length));
    }
    const { requests, events: kept } = await stage.counts();
    expectSame({ requests, kept }, { requests: 5, kept: 2 }, "requests and events");
    const { totalQuantity } = await costs.summary(cost, JUNE);
    expectSame(totalQuantity, String(1014 + 1008), "the quantity");
  },

  aborts: async ({ costs }, stage) => {
    const reason = new Error("enough");
    for (const fault of [
      { kind: "delay", milliseconds: LONG },
      { kind: "endless-body" },
      { kind: "status", status: 503, retryAfter: 60 },
    ] as const) {
      await stage.fault(fault);
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 100);
      const error = await failureOf(costs.list({}, { signal: controller.signal }));
      if (error !== reason) throw new Error(`${fault.kind}: the reason came out as ${error}`);
    }
    const before = await failureOf(costs.list({}, { signal: AbortSignal.abort(reason) }));
    if (before !== reason) throw new Error(`aborted before: the reason came out as ${before}`);
  },

  timeouts: async ({ costs }, stage) => {
    for (const fault of [
      { kind: "delay", milliseconds: LONG },
      { kind: "endless-body" },
      { kind: "slow-body", milliseconds: LONG },
    ] as const) {
      await stage.fault(fault);
      await expectCode(costs.list({}, { timeout: 100, maxRetries: 0 }), "TIMEOUT");
    }
  },

  "exact numbers": async ({ costs, events }) => {
    const unitCost = "0.1234567890123456789012345678901234567891";
    const cost = await costs.create({ ...TOKENS, unitCost });
    expectSame(cost.unitCost, unitCost, "the unit cost");
    const { id: largeId } = await costs.create({
      ...TOKENS,
      unitCost: 10n ** 30n,
    } as CostCreateParams);
    for (const tokens of ["9007199254740993", "0.1", "0.2"]) {
      await events.ingest({ ...eventOf(1), idempotencyKey: tokens, data: { tokens, model: "m" } });
    }
    const { totalQuantity, totalCost } = await costs.summary(cost, JUNE);
    expectSame(totalQuantity, "9007199254740993.3", "the quantity");
    expectSame(totalCost, new Decimal(unitCost).times("9007199254740993.3"), "the cost");
    expectSame(
      (await costs.summary(largeId, JUNE)).totalCost,
      `90071992547409933${"0".repeat(29)}`,
      "the large cost",
    );
  },

  "no redirect followed": async ({ costs }, stage) => {
    await stage.fault({ kind: "redirect", location: `${stage.place.control}/elsewhere` });
    await expectCode(costs.list(), "UNEXPECTED_STATUS");
    expectSame((await stage.counts()).requests, 1, "the requests");
  },

  "keys kept inside": async (_, stage) => {
    const apiKey = "sk_conformance_secret";
    const { costs } = new Paygentic({ baseUrl: stage.place.baseUrl, apiKey: () => apiKey });
    const body = { message: `no key ${apiKey}`, details: { key: apiKey } };
    await stage.fault({ kind: "status", status: 403, body });
    const error = await failureOf(costs.list());
    if (!isCostsError(error) || error.code !== "FORBIDDEN") throw error;
    const shown = [String(error), error.stack, JSON.stringify(error), error.bodyText].join("\n");
    expectSame(shown.includes(apiKey), false, "whether the key is shown");
  },

  "golden summaries": async (_, stage) => {
    const cases = await stage.cases();
    if (cases.length < 49) throw new Error(`expected the golden cases, there are ${cases.length}`);
    for (const { name, cost, query, events, now, expected, expectedError } of cases) {
      const options = { clock: () => new Date(now ?? "2026-01-01T00:00:00Z") };
      const summarize = async () => summarizeCost(cost, events, query, options);
      if (expectedError) await expectCode(summarize(), "INVALID_INPUT");
      else expectSame(goldenForm(await summarize()), goldenForm(expected), name);
    }
  },

  NDJSON: async (_, stage) => {
    for (const { name, cost, events, query, now, expected } of await stage.cases()) {
      if (expected === undefined) continue;
      const options = { clock: () => new Date(now ?? "2026-01-01T00:00:00Z") };
      const summary = await summarizeNdjson(cost, ndjsonOf(events), query, options);
      expectSame(goldenForm(summary), goldenForm(expected), name);
    }
    const whole = goldenForm(summarizeCost(TOKENS, EVENTS, BY_MODEL_AND_DAY));
    const bytes = new TextEncoder().encode(ndjsonOf(EVENTS));
    for (const source of [new Response(bytes), new Blob([bytes]), piecesOf(bytes, 7)]) {
      const summary = await summarizeNdjson(TOKENS, source, BY_MODEL_AND_DAY);
      expectSame(goldenForm(summary), whole, "the summary of a source");
    }
    // So many that they are matched in blocks, where the runtime lets them.
    const many = Array.from({ length: 100 }, () => EVENTS).flat();
    const options = { deduplicate: false };
    expectSame(
      goldenForm(await summarizeNdjson(TOKENS, ndjsonOf(many), BY_MODEL_AND_DAY, options)),
      goldenForm(summarizeCost(TOKENS, many, BY_MODEL_AND_DAY, options)),
      "the summary of a long log",
    );
    const read: unknown[] = [];
    for await (const event of readEvents(piecesOf(bytes, 11))) read.push(event);
    expectSame(read, EVENTS, "the events one by one");
    await expectCode(summarizeNdjson(TOKENS, "no JSON\n", JUNE), "INVALID_EVENT");
  },

  "server and local agree": async (paygentic) => {
    const cost = await billEvents(paygentic);
    const server = await paygentic.costs.summary(cost, BY_MODEL_AND_DAY);
    const local = summarizeCost(cost, EVENTS, BY_MODEL_AND_DAY);
    expectSame(goldenForm(server), goldenForm(local), "the summary");
    const query = { ...JUNE, groupBy: "customer", windowSize: "DAY", topN: 2 } as const;
    const report = await paygentic.costs.report(query);
    const { groups, timeSeries, totalCost } = reportCosts([cost], EVENTS, query);
    expectSame(report.groups, groups, "the report's groups");
    expectSame(report.timeSeries, timeSeries, "the report's windows");
    expectSame(report.totalCost, totalCost, "the report's total");
  },

  "parts are one whole": async () => {
    const whole = summarizeCost(TOKENS, EVENTS, BY_MODEL_AND_DAY);
    const parts = [EVENTS.slice(0, 25), EVENTS.slice(25)].map((events) => {
      const summarizer = new CostSummarizer(TOKENS, BY_MODEL_AND_DAY);
      for (const event of events) summarizer.add(event);
      return summarizer;
    });
    const [first, second] = parts as [CostSummarizer<"model">, CostSummarizer<"model">];
    first.merge(JSON.parse(JSON.stringify(second.state())));
    expectSame(goldenForm(first.summary()), goldenForm(whole), "the parts");
  },

  "mock in memory": async () => {
    const mock = createMockPaygentic({ costs: [{ ...TOKENS, id: "cst_tokens" }], events: EVENTS });
    const paygentic = new Paygentic({
      environment: "sandbox",
      apiKey: () => "sk_memory",
      fetch: mock.fetch,
    });
    const { totalQuantity } = await paygentic.costs.summary("cst_tokens", JUNE);
    expectSame(totalQuantity, String(60 * 1000 + (59 * 60) / 2), "the quantity");
    expectSame(mock.requests.length, 1, "the requests");
  },
};

const ndjsonOf = (events: readonly unknown[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join("");

/** Bytes in pieces that fit no line. */
async function* piecesOf(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += length) {
    yield bytes.subarray(start, start + length);
  }
}

/** A summary's numbers: a breakdown that was not asked for as null, groups as a set. */
function goldenForm(
  summary: Pick<CostSummary, "totalCost"> | Record<string, unknown> | undefined,
): unknown {
  const {
    totalQuantity,
    totalCost,
    groups = null,
    timeSeries = null,
  } = JSON.parse(JSON.stringify(summary));
  const rows = groups?.map(({ dimensions, quantity, cost }: Record<string, unknown>) =>
    JSON.stringify([Object.entries(dimensions as object).sort(), quantity, cost]),
  );
  return { totalQuantity, totalCost, groups: rows?.sort() ?? null, timeSeries };
}

/** The names of the checks, in their order. */
export const CHECK_NAMES: readonly string[] = Object.keys(CHECKS);

/** The outcome of each check: `passed`, or what went wrong. */
export type Outcomes = Readonly<Record<string, string>>;

/** Runs every check, each from a new beginning of the mock. */
export async function runProgram(place: StagePlace): Promise<Outcomes> {
  const stage = new Stage(place);
  const { baseUrl, apiKey } = place;
  const outcomes: Record<string, string> = {};
  for (const [name, check] of Object.entries(CHECKS)) {
    try {
      await stage.reset();
      await check(new Paygentic({ baseUrl, ...(apiKey === undefined ? {} : { apiKey }) }), stage);
      outcomes[name] = "passed";
    } catch (error) {
      outcomes[name] = error instanceof Error ? String(error.stack) : String(error);
    }
  }
  return outcomes;
}
