import {
  type CostListParams,
  type CostReportParams,
  type Drift,
  type IngestAllOptions,
  type IngestProgress,
  type InvalidEventError,
  Paygentic,
  type PaygenticOptions,
  type RequestOptions,
  type ResponseInfo,
} from "metered-costs";
import { CostSummarizer, type SummaryOptions, summarizeCost } from "metered-costs/summary";
import { describe, expectTypeOf, test } from "vitest";
import { grouped, paygentic, RANGE, TOKENS } from "./fixtures.ts";

const REPORT = { ...RANGE, groupBy: "cost" } as const;
const EVENT = { type: "e", source: "urn:x", data: {}, subject: "cus_1" };

describe("a client's options", () => {
  test("may all be absent or undefined", () => {
    new Paygentic();
    new Paygentic({});
    const options: PaygenticOptions = {
      apiKey: undefined,
      environment: undefined,
      baseUrl: undefined,
      fetch: undefined,
      timeout: undefined,
      maxRetries: undefined,
      headers: undefined,
      onResponse: undefined,
      onDrift: undefined,
      dangerouslyAllowBrowser: undefined,
    };
    new Paygentic(options);
  });

  test("take a key as text or as a function", () => {
    new Paygentic({ apiKey: "sk_test_1" });
    new Paygentic({ apiKey: () => "sk_test_1" });
    new Paygentic({ apiKey: async () => "sk_test_1" });
    // @ts-expect-error a number is no key
    new Paygentic({ apiKey: 3 });
    // @ts-expect-error it gives no key
    new Paygentic({ apiKey: () => undefined });
  });

  test("know two environments", () => {
    new Paygentic({ environment: "sandbox" });
    // @ts-expect-error there is no such environment
    new Paygentic({ environment: "staging" });
  });

  test("take functions that hear of calls and drift", () => {
    new Paygentic({ onResponse: (facts) => expectTypeOf(facts).toEqualTypeOf<ResponseInfo>() });
    new Paygentic({ onDrift: (drift) => expectTypeOf(drift).toEqualTypeOf<Drift>() });
    expectTypeOf<ResponseInfo["status"]>().toEqualTypeOf<number | undefined>();
  });

  test("are refused when misspelt", () => {
    // @ts-expect-error the option is called apiKey
    new Paygentic({ apikey: "sk_test_1" });
    // @ts-expect-error milliseconds are a number
    new Paygentic({ timeout: "30s" });
  });

  test("make a client whose parts cannot be replaced", () => {
    // @ts-expect-error read only
    paygentic.costs = new Paygentic().costs;
    // @ts-expect-error the key is nowhere to be read
    paygentic.apiKey;
  });
});

describe("the options of a call", () => {
  const options: RequestOptions = {
    signal: new AbortController().signal,
    timeout: 1_000,
    maxRetries: 0,
    headers: { "x-trace": "1" },
  };

  test("come last, everywhere", () => {
    paygentic.costs.create(grouped, options);
    paygentic.costs.get("cst_1", options);
    paygentic.costs.update("cst_1", { name: "x" }, options);
    paygentic.costs.delete("cst_1", options);
    paygentic.costs.list({}, options);
    paygentic.costs.listAll({}, options);
    paygentic.costs.summary("cst_1", RANGE, options);
    paygentic.costs.report(REPORT, options);
    paygentic.events.ingest(EVENT, options);
  });

  test("are the same everywhere", () => {
    expectTypeOf<Parameters<typeof paygentic.costs.get>[1]>().toEqualTypeOf<
      RequestOptions | undefined
    >();
    expectTypeOf<Parameters<typeof paygentic.costs.list>[1]>().toEqualTypeOf<
      RequestOptions | undefined
    >();
    expectTypeOf<Parameters<typeof paygentic.costs.report>[1]>().toEqualTypeOf<
      RequestOptions | undefined
    >();
    expectTypeOf<Parameters<typeof paygentic.events.ingest>[1]>().toEqualTypeOf<
      RequestOptions | undefined
    >();
  });

  test("may be undefined, each of them too", () => {
    paygentic.costs.get("cst_1", undefined);
    paygentic.costs.get("cst_1", {
      signal: undefined,
      timeout: undefined,
      maxRetries: undefined,
      headers: undefined,
    });
  });

  test("are refused when misspelt", () => {
    // @ts-expect-error the option is called signal
    paygentic.costs.get("cst_1", { abort: new AbortController().signal });
    // @ts-expect-error a signal, not its controller
    paygentic.costs.get("cst_1", { signal: new AbortController() });
    // @ts-expect-error an option of the client
    paygentic.costs.list({}, { apiKey: "sk_test_1" });
    // @ts-expect-error text, as headers are
    paygentic.costs.list({}, { headers: { "x-attempt": 1 } });
  });
});

describe("the options of sending many", () => {
  test("are those of a call, but for retries, which end with a deadline", () => {
    const options: IngestAllOptions = {
      concurrency: 20,
      deadline: 60_000,
      onProgress: (progress) => expectTypeOf(progress).toEqualTypeOf<IngestProgress>(),
      outcomes: "none",
      signal: new AbortController().signal,
      timeout: 1_000,
      headers: {},
    };
    paygentic.events.ingestAll([EVENT], options);
    paygentic.events.ingestAll([EVENT], { concurrency: undefined, outcomes: undefined });
    // @ts-expect-error it is the deadline that ends retries
    paygentic.events.ingestAll([EVENT], { maxRetries: 3 });
    // @ts-expect-error there is no such kind
    paygentic.events.ingestAll([EVENT], { outcomes: "some" });
  });
});

describe("the options of a local summary", () => {
  test("may all be absent or undefined", () => {
    const options: SummaryOptions = {
      clock: undefined,
      deduplicate: undefined,
      resolveSubject: undefined,
      onInvalidEvent: undefined,
    };
    summarizeCost(grouped, [], RANGE, options);
    new CostSummarizer(grouped, RANGE, options);
  });

  test("are functions and a boolean", () => {
    summarizeCost(grouped, [], RANGE, {
      clock: () => new Date(),
      deduplicate: false,
      resolveSubject: (externalSubject) => (externalSubject === "me" ? "cus_1" : undefined),
      onInvalidEvent: (error) => expectTypeOf(error).toEqualTypeOf<InvalidEventError>(),
    });
    // @ts-expect-error a clock gives Dates
    summarizeCost(grouped, [], RANGE, { clock: () => Date.now() });
    // @ts-expect-error there is no such option
    new CostSummarizer(grouped, RANGE, { dedup: false });
  });
});

describe("what to list", () => {
  test("may be undefined, all of it too", () => {
    const params: CostListParams = {
      merchantId: undefined,
      productId: undefined,
      limit: undefined,
      offset: undefined,
    };
    paygentic.costs.list(params);
    paygentic.costs.list(undefined);
    paygentic.costs.list();
    // @ts-expect-error a number of costs
    paygentic.costs.list({ limit: "10" });
    // @ts-expect-error there is no such field
    paygentic.costs.list({ page: 2 });
  });

  test("has no limit when everything is listed", () => {
    paygentic.costs.listAll({ productId: "prod_1", offset: 10 });
    // @ts-expect-error pages are our affair
    paygentic.costs.listAll({ limit: 10 });
  });
});

describe("what to report", () => {
  test("is a range and a grouping at least", () => {
    paygentic.costs.report({ ...RANGE, groupBy: "cost" });
    paygentic.costs.report({ ...RANGE, groupBy: "model" });
    // @ts-expect-error no grouping
    paygentic.costs.report(RANGE);
    // @ts-expect-error one grouping
    paygentic.costs.report({ ...RANGE, groupBy: ["cost", "customer"] });
    // @ts-expect-error milliseconds are no time
    paygentic.costs.report({ ...REPORT, from: 0 });
  });

  test("may be undefined where it is optional", () => {
    const params: CostReportParams = {
      ...REPORT,
      merchantId: undefined,
      costId: undefined,
      subject: undefined,
      filterGroupBy: undefined,
      topN: undefined,
      comparePriorPeriod: undefined,
      windowSize: undefined,
      sort: undefined,
      sortDir: undefined,
      offset: undefined,
      limit: undefined,
      currency: undefined,
    };
    paygentic.costs.report(params);
  });

  test("knows its own windows, ranks and directions", () => {
    paygentic.costs.report({
      ...REPORT,
      windowSize: "MONTH",
      sort: "totalQuantity",
      sortDir: "asc",
    });
    // @ts-expect-error a window of summaries
    paygentic.costs.report({ ...REPORT, windowSize: "MINUTE" });
    // @ts-expect-error the field is called windowSize
    paygentic.costs.report({ ...REPORT, window: "DAY" });
    // @ts-expect-error no such rank
    paygentic.costs.report({ ...REPORT, sort: "cost" });
    // @ts-expect-error no such direction
    paygentic.costs.report({ ...REPORT, sortDir: "ascending" });
  });

  test("is on one cost or several", () => {
    paygentic.costs.report({ ...REPORT, costId: "cst_1" });
    const several: readonly string[] = ["cst_1", "cst_2"];
    paygentic.costs.report({ ...REPORT, costId: several });
    // @ts-expect-error ids, not definitions
    paygentic.costs.report({ ...REPORT, costId: [TOKENS] });
  });

  test("is filtered by single values", () => {
    paygentic.costs.report({ ...REPORT, filterGroupBy: { model: "large", beta: true, tier: 2 } });
    // @ts-expect-error the API cannot ask for any of several
    paygentic.costs.report({ ...REPORT, filterGroupBy: { model: ["large", "small"] } });
  });
});
