import { InvalidInputError, Paygentic } from "metered-costs";
import { createMockKontorion, createMockPaygentic, type Fault } from "metered-costs/mock";
import {
  kontorionHandlers,
  type PaygenticHandlersOptions,
  paygenticHandlers,
} from "metered-costs/msw";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

const TOKENS = {
  id: "cst_1",
  type: "metered",
  name: "Tokens",
  unitCost: "0.5",
  currency: "USD",
  productId: "prod_1",
  eventType: "llm.completion",
  aggregation: "SUM",
  valueProperty: "$.tokens",
} as const;
const OPERATIONS = [
  ["POST", "/v0/costs", "createCost"],
  ["GET", "/v0/costs", "listCosts"],
  ["GET", "/v0/costs/report", "getCostReport"],
  ["GET", "/v0/costs/cst_1", "getCost"],
  ["PATCH", "/v0/costs/cst_1", "updateCost"],
  ["DELETE", "/v0/costs/cst_1", "deleteCost"],
  ["GET", "/v0/costs/cst_1/summary", "getCostSummary"],
  ["POST", "/v0/events", "ingestEvent"],
  ["GET", "/v0/profitability", "getProfitability"],
  ["GET", "/v0/revenue", "getRevenue"],
  ["GET", "/v0/billableMetrics/bm_1/meter", "getBillableMetricMeter"],
  ["GET", "/v0/billableMetrics/bm_1/events", "listBillableMetricEvents"],
] as const;

/** What everything is answered with that no handler of ours takes. */
const ELSEWHERE = 599;
const server = setupServer(http.all("*", () => new HttpResponse(null, { status: ELSEWHERE })));
beforeAll(() => server.listen());
afterEach(() => server.resetHandlers());
afterAll(() => server.close());
const use = (options?: PaygenticHandlersOptions) => server.use(...paygenticHandlers(options));

describe("which requests are answered", () => {
  const mock = createMockPaygentic({ costs: [TOKENS] });
  beforeEach(() => mock.reset());

  test("those of every operation, one handler for each, on both of the API's hosts", async () => {
    use({ mock });
    expect(paygenticHandlers()).toHaveLength(OPERATIONS.length);
    for (const host of ["https://api.paygentic.io", "https://api.sandbox.paygentic.io"]) {
      for (const [method, path] of OPERATIONS) {
        const response = await fetch(`${host}${path}?a=b`, { method });
        expect(response.status).toBe(401);
      }
    }
    const names = OPERATIONS.map(([, , operation]) => operation);
    expect(mock.requests.map(({ operation }) => operation)).toEqual([...names, ...names]);
  });

  test("those of one host when it is named, and they need their key", async () => {
    use({ mock, baseUrl: "https://api.paygentic.io/" });
    expect((await fetch("https://api.paygentic.io/v0/costs")).status).toBe(401);
    expect((await fetch("https://api.sandbox.paygentic.io/v0/costs")).status).toBe(ELSEWHERE);
  });

  test("no others", async () => {
    use({ mock });
    for (const url of [
      "https://api.paygentic.io/v0/costs/cst_1/more",
      "https://api.paygentic.io/v1/costs",
      "https://api.paygentic.io.elsewhere.example/v0/costs",
      "https://apixpaygentic.io/v0/costs",
      "http://api.paygentic.io/v0/costs",
      "https://elsewhere.example/https://api.paygentic.io/v0/costs",
    ]) {
      expect((await fetch(url)).status).toBe(ELSEWHERE);
    }
    expect(mock.requests).toEqual([]);
  });

  test.each([
    ["https://shop.example/paygentic", "https://shop.example/paygentic"],
    ["https://shop.example/paygentic/", "https://shop.example/paygentic"],
    ["http://localhost:4010", "http://localhost:4010"],
    ["/api/pay.gentic", "http://localhost:5173/api/pay.gentic"],
    ["/", "https://shop.example:8443"],
  ])("those to the baseUrl %s, as a proxy would pass them on", async (baseUrl, asked) => {
    use({ baseUrl, mock });
    const keyless = await fetch(`${asked}/v0/costs?limit=1`);
    expect(await keyless.json()).toMatchObject({ pagination: { limit: 1, total: 1 } });
    const created = await fetch(`${asked}/v0/costs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...TOKENS, id: undefined, unitCost: 0.25 }),
    });
    expect(created.status).toBe(201);
    expect(mock.requests.map(({ url }) => new URL(url).pathname)).toEqual([
      "/v0/costs",
      "/v0/costs",
    ]);
    expect((await fetch(`${asked}/v1/costs`)).status).toBe(ELSEWHERE);
    expect((await fetch("https://shopxexample/paygentic/api/v0/costs")).status).toBe(ELSEWHERE);
  });

  test("a client without a key, behind a proxy", async () => {
    use({ baseUrl: "https://shop.example/paygentic", mock });
    const paygentic = new Paygentic({ baseUrl: "https://shop.example/paygentic" });
    expect((await paygentic.costs.get("cst_1")).name).toBe("Tokens");
  });

  test("those of a corrected path of Kontorion, its dot included, and no others", async () => {
    const routes = { getCost: { method: "GET", path: "/catalog.v2/{costId}" } } as const;
    const kontorion = createMockKontorion({ routes });
    server.use(...kontorionHandlers({ mock: kontorion }));
    const statusAt = async (path: string): Promise<number> =>
      (await fetch(`https://api.kontorion.eu/v1${path}`)).status;
    expect(await statusAt("/catalog.v2/1")).toBe(401);
    expect(await statusAt("/catalogxv2/1")).toBe(ELSEWHERE);
    expect(kontorion.requests.map(({ operation }) => operation)).toEqual(["getCost"]);
  });

  test("an abort ends what is slow behind a proxy, too", async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    use({ baseUrl: "https://shop.example", mock });
    for (const fault of [
      { kind: "delay", milliseconds: 60_000 },
      { kind: "endless-body" },
    ] satisfies Fault[]) {
      const before = timers();
      mock.fault(fault);
      const { costs } = new Paygentic({ baseUrl: "https://shop.example", maxRetries: 0 });
      await expect(costs.list({}, { timeout: 30 })).rejects.toMatchObject({ code: "TIMEOUT" });
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(timers()).toBeLessThanOrEqual(before);
    }
  });
});

describe("what answers", () => {
  const paygentic = new Paygentic({ apiKey: "sk_test_1", maxRetries: 0 });

  test("is a new, empty mock when none is given", async () => {
    use();
    expect((await paygentic.costs.list()).data).toEqual([]);
    const { id: _, ...params } = TOKENS;
    expect((await paygentic.costs.create(params)).id).toBe("cst_1");
    expect((await paygentic.costs.list()).data).toHaveLength(1);
  });

  test("is one's own handler where there is one", async () => {
    use({ mock: createMockPaygentic({ costs: [TOKENS] }) });
    server.use(
      http.get("https://api.paygentic.io/v0/costs/:id", ({ params }) =>
        HttpResponse.json({ message: `no ${params["id"]}` }, { status: 403 }),
      ),
    );
    await expect(paygentic.costs.get("cst_1")).rejects.toMatchObject({
      code: "FORBIDDEN",
      message: expect.stringContaining("no cst_1"),
    });
    expect((await paygentic.costs.list()).data).toHaveLength(1);
  });

  test("gets through a cut connection as a network error, and nothing more", async () => {
    use({ mock: createMockPaygentic({ faults: [{ kind: "cut-connection" }] }) });
    await expect(paygentic.costs.list()).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    expect((await paygentic.costs.list()).data).toEqual([]);
  });

  test("comes through an ordinary fetch, too, redirects included", async () => {
    const mock = createMockPaygentic({
      costs: [TOKENS],
      faults: [{ kind: "redirect", location: "https://api.paygentic.io/v0/costs/cst_1" }],
    });
    use({ mock });
    const headers = { authorization: "Bearer sk_test_1" };
    const response = await fetch("https://api.paygentic.io/v0/costs", { headers });
    expect(await response.json()).toMatchObject({ id: "cst_1" });
  });
});

test.each<[unknown, string]>([
  [{ baseUrl: "shop.example" }, "baseUrl"],
  [{ baseUrl: "" }, "baseUrl"],
  [{ baseUrl: "//shop.example" }, "baseUrl"],
  [{ baseUrl: "ftp://shop.example" }, "baseUrl"],
  [{ baseUrl: "https://shop.example/?a=b" }, "baseUrl"],
  [{ baseUrl: 5 }, "baseUrl"],
  [{ mock: {} }, "mock"],
  [{ url: "https://shop.example" }, "url"],
])("%j is refused", (options, path) => {
  let error: unknown;
  try {
    paygenticHandlers(options as PaygenticHandlersOptions);
  } catch (reason) {
    error = reason;
  }
  expect(error).toBeInstanceOf(InvalidInputError);
  expect(error).toMatchObject({ issues: [{ path: [path] }] });
});
