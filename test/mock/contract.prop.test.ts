import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Operation } from "../../src/errors.ts";
import { createMockPaygentic } from "../../src/mock/index.ts";
import { PAYGENTIC } from "../../src/mock/paygentic/operations.ts";
import { runs } from "../runs.ts";
import { type CallAnswer, call, EVENT, TOKENS } from "./call.ts";
import { CONTRACT, type ContractOperation, isBadRequest } from "./contract.ts";
import { variantOf } from "./variants.ts";

/** A request before it is sent: each parameter with its texts, one or several. */
interface Draft {
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  readonly body: unknown;
}
/** Texts for a parameter: those that mean something here, and those that may not. */
interface Texts {
  readonly good: readonly string[];
  readonly odd: readonly string[];
}

const RUNS = 60;
const LEAST = 50;
const TEXTS: Readonly<Record<string, Texts>> = {
  id: {
    good: ["cst_1", "cst_2", "cst_9", "cst_aZ0"],
    odd: [
      "cst_",
      "cst-1",
      "prod_1",
      "CST_1",
      "cst_1 ",
      "cst_1\n",
      "cst_ä",
      "1",
      "null",
      "a/b",
      "%",
    ],
  },
  merchantId: { good: ["org_1", "org_mock"], odd: ["org_", "mer_1", "", "org_1,org_2"] },
  productId: { good: ["prod_1", "prod_2"], odd: ["prod_", "PROD_1", "", "prod_a-b"] },
  limit: { good: ["1", "10", "100"], odd: ["0", "101", "-1", "1.5", "ten", "", "01", " 1", "1e1"] },
  offset: { good: ["0", "1", "1000"], odd: ["-1", "0.5", "", "none", "+1"] },
  from: {
    good: ["2026-06-01T00:00:00Z", "2026-06-01t02:00:00.123456+02:00", "1969-12-31T23:59:59Z"],
    odd: ["2026-06-01", "2026-06-01T00:00:00", "yesterday", "", "2026-02-30T00:00:00Z", "0"],
  },
  to: {
    good: ["2026-07-01T00:00:00Z", "2026-07-01T00:00:00-05:00"],
    odd: ["2026-07-01", "2026-07-01T24:00:00Z", "tomorrow", "", "2026-13-01T00:00:00Z"],
  },
  subject: { good: ["cus_1", "", "ü & =", "null"], odd: [] },
  window: { good: ["MINUTE", "HOUR", "DAY"], odd: ["MONTH", "day", "", "P1D"] },
  windowSize: { good: ["HOUR", "DAY", "MONTH"], odd: ["MINUTE", "month", ""] },
  filterGroupBy: {
    good: ["{}", '{"model":"large"}', '{"model":""}'],
    odd: ["", "[]", "{", "null", '"x"', '{"model":1}', '{"model":null}', '{"model":["a"]}'],
  },
  costId: { good: ["cst_1", "cst_2"], odd: [""] },
  topN: { good: ["1", "9", "25"], odd: ["0", "26", "-1", "all", "", "2.5"] },
  comparePriorPeriod: { good: ["true", "false"], odd: ["yes", "1", "", "TRUE"] },
  sort: { good: ["totalCost", "totalQuantity"], odd: ["cost", "", "totalcost"] },
  sortDir: { good: ["asc", "desc"], odd: ["up", "", "DESC"] },
  currency: { good: ["USD"], odd: ["usd", "US", "", "USDT"] },
  bucketWidth: { good: ["day", "week"], odd: ["DAY", "", "month"] },
  startTime: { good: ["2026-06-01T00:00:00Z"], odd: ["2026-06-01", ""] },
  endTime: { good: ["2026-07-01T00:00:00Z"], odd: ["2026-07-01", ""] },
  customerId: { good: ["cus_1"], odd: [] },
  subscriptionIds: { good: ["sub_1"], odd: [] },
  groupLimit: { good: ["1", "500"], odd: ["0", "501", "x"] },
  groupOffset: { good: ["0", "100000"], odd: ["-1", "100001", "x"] },
  externalSubject: { good: ["customer-1"], odd: ["a b", ""] },
  externalId: { good: ["customer-1"], odd: ["a b", ""] },
};
const METRIC_IDS: Texts = { good: ["bm_1"], odd: ["bm_", "cst_1", "bm-1"] };
const GROUP_BY: Readonly<Partial<Record<Operation, Texts>>> = {
  getCostSummary: { good: ["", "model", " model ", "model,model"], odd: [] },
  getCostReport: { good: ["cost", "customer"], odd: [""] },
  getRevenue: { good: ["customer", "currency"], odd: ["", "cost"] },
  getBillableMetricMeter: { good: ["subject", "model", ""], odd: [] },
};
/** What the contract says in words: parameters that are not valid without another. */
const NEEDS: Readonly<Partial<Record<Operation, (given: Draft["parameters"]) => boolean>>> = {
  getRevenue: (given) =>
    ["merchantId", "customerId", "subscriptionIds"].some((name) => given[name]?.length),
  getBillableMetricMeter: ({ groupLimit, groupOffset }) =>
    Boolean(groupLimit?.length) || !groupOffset?.length,
};
const BODIES: Readonly<Partial<Record<Operation, object>>> = {
  createCost: { ...TOKENS, unit: "token", merchantId: "org_1" },
  updateCost: { name: "New", unitCost: 1, unit: null },
  ingestEvent: { ...EVENT, externalSubject: "c", namespace: "org_1", idempotencyKey: "a" },
};

/** Whether the contract takes the request. */
function isValid({ parameters, acceptsBody }: ContractOperation, draft: Draft): boolean {
  return (
    (acceptsBody?.(draft.body) ?? true) &&
    parameters.every(({ name, isRequired, accepts }) => {
      const texts = draft.parameters[name] ?? [];
      return texts.length === 0 ? !isRequired : accepts(texts);
    })
  );
}

/** Requests of all kinds: `odd` ones have something in them that is wrong more often than not. */
function drafts(operation: Operation, kind: "good" | "odd"): fc.Arbitrary<Draft> {
  const { parameters, acceptsBody } = CONTRACT[operation];
  const textsOf = (name: string): fc.Arbitrary<readonly string[]> => {
    const isMetric = name === "id" && CONTRACT[operation].path.includes("billableMetrics");
    const own = isMetric ? METRIC_IDS : name === "groupBy" ? GROUP_BY[operation] : undefined;
    const { good, odd } = own ?? TEXTS[name] ?? { good: [], odd: [] };
    const one = fc.constantFrom(...good).map((text) => [text]);
    if (kind === "good") return one;
    const wrong = fc.oneof(
      odd.length === 0 ? one : fc.constantFrom(...odd).map((text) => [text]),
      fc.tuple(fc.constantFrom(...good), fc.constantFrom(...good, ...odd)),
      fc.constant([]),
    );
    return fc.oneof({ weight: 2, arbitrary: one }, { weight: 1, arbitrary: wrong });
  };
  const record = Object.fromEntries(
    parameters.map(({ name, isRequired, in: place }) => {
      const texts = textsOf(name).filter((given) => place === "query" || given.length === 1);
      return [name, isRequired ? texts : fc.oneof(fc.constant([]), texts)];
    }),
  );
  const base = BODIES[operation] ?? {};
  return fc.record({
    parameters: fc.record(record).filter(NEEDS[operation] ?? (() => true)),
    body: acceptsBody === undefined ? fc.constant(undefined) : variantOf(base, Object.keys(base)),
  });
}

async function send(operation: Operation, { parameters, body }: Draft): Promise<CallAnswer> {
  const { method, path, parameters: known } = CONTRACT[operation];
  const query = new URLSearchParams(
    known
      .filter((parameter) => parameter.in === "query")
      .flatMap(({ name }) => (parameters[name] ?? []).map((text) => [name, text])),
  );
  const target = path.replace("{id}", encodeURIComponent(parameters["id"]?.[0] ?? ""));
  const mock = createMockPaygentic({
    costs: [TOKENS, { ...TOKENS, aggregation: "AVG", merchantId: "org_1" }],
    events: [EVENT],
    billableMetrics: [
      {
        id: "bm_1",
        eventType: EVENT.type,
        aggregation: "SUM",
        valueProperty: "$.tokens",
        groupBy: { model: "$.model" },
      },
    ],
    revenue: [
      { customerId: "cus_1", amount: 3, currency: "USD", timestamp: "2026-06-02T00:00:00Z" },
    ],
    clock: () => new Date("2026-06-15T00:00:00Z"),
  });
  return call(mock, method, `${target}?${query}`, body);
}

describe.each(Object.keys(PAYGENTIC.routes) as Operation[])("%s", (operation) => {
  const contract = CONTRACT[operation];
  const check = async (verdict: boolean, kind: "good" | "odd"): Promise<void> => {
    const ofVerdict = drafts(operation, kind).filter(
      (draft) => isValid(contract, draft) === verdict,
    );
    let judged = 0;
    await fc.assert(
      fc.asyncProperty(ofVerdict, async (draft) => {
        const { status, json, text } = await send(operation, draft);
        expect(verdict ? [200, 201, 202, 204, 404, 422] : [400]).toContain(status);
        // The reference names no 400 for some operations, and does not say what else a wrong request gets.
        const isRight = status === 400 ? isBadRequest(json) : contract.answers(status, json, text);
        expect(isRight).toBe(true);
        judged++;
      }),
      { numRuns: runs(RUNS) },
    );
    expect(judged).toBeGreaterThanOrEqual(runs(LEAST));
  };

  test("takes what the contract takes, and answers as it says", () => check(true, "good"));
  test("refuses what the contract refuses, and answers as it says", () => check(false, "odd"));
  test("takes what is odd, but valid", () => check(true, "odd"));

  test("answers as the contract says without a key, too", async () => {
    const { method, path, answers } = contract;
    const { status, json, text } = await call(
      createMockPaygentic(),
      method,
      path.replace("{id}", "cst_1"),
      undefined,
      {},
    );
    expect(status).toBe(401);
    expect(answers(status, json, text)).toBe(true);
  });
});
