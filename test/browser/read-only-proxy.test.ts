import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isCostsError, Paygentic } from "metered-costs";
import { createMockPaygentic } from "metered-costs/mock";
import { type MockServer, startMockServer } from "metered-costs/mock/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readOnlyProxy } from "../../examples/backend/read-only-proxy.ts";
import { COSTS, usage } from "../../examples/backend/usage.ts";

const KEY = "sk_secret_of_the_proxy";
const JUNE = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" } as const;
const mock = createMockPaygentic({ costs: COSTS, events: usage() });

let running: MockServer;
let isSignedIn: boolean;
beforeEach(async () => {
  running = await startMockServer({ mock });
  isSignedIn = true;
});
afterEach(async () => {
  await running.close();
  mock.reset();
  vi.restoreAllMocks();
});
const ask = (path: string, init?: RequestInit): Promise<Response> => {
  const proxy = readOnlyProxy({ apiKey: KEY, upstream: running.url, mayRead: () => isSignedIn });
  return Promise.resolve(proxy.fetch(new Request(`https://shop.example${path}`, init)));
};
const client = (): Paygentic =>
  new Paygentic({
    baseUrl: "https://shop.example",
    maxRetries: 0,
    fetch: (url, init) => ask(String(url).replace("https://shop.example", ""), init),
  });
const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable(),
    (error: unknown) => (isCostsError(error) ? error : expect.unreachable(String(error))),
  );

describe("the read-only proxy", () => {
  test("passes lists, summaries and reports, with every digit", async () => {
    const { costs } = client();
    expect((await costs.list()).data.map(({ id }) => id)).toEqual(COSTS.map(({ id }) => id));
    const direct = new Paygentic({ baseUrl: running.url, apiKey: KEY });
    const query = { ...JUNE, groupBy: "model", window: "DAY" } as const;
    expect(JSON.stringify(await costs.summary("cst_input", query))).toBe(
      JSON.stringify(await direct.costs.summary("cst_input", query)),
    );
    const report = { ...JUNE, groupBy: "customer", costId: ["cst_input", "cst_search"] } as const;
    expect(JSON.stringify(await costs.report(report))).toBe(
      JSON.stringify(await direct.costs.report(report)),
    );
  });

  test("lets nothing else through: the mock does not hear of it", async () => {
    const { costs, events } = client();
    const [cost] = COSTS;
    if (cost === undefined) return expect.unreachable();
    const { id: _, ...params } = cost;
    for (const refused of [
      costs.create(params),
      costs.update("cst_input", { name: "x" }),
      costs.delete("cst_input"),
      costs.get("cst_input"),
      events.ingest({ type: "llm.completions", source: "x", subject: "cus_x", data: {} }),
    ]) {
      expect((await failureOf(refused)).code).toMatch(
        /^(?:UNEXPECTED_STATUS|BAD_REQUEST|NOT_FOUND)$/,
      );
    }
    for (const path of [
      "/v0/costs/cst_input/../cst_input",
      "/v0/costs/cst_input%2F..%2Fcst_output/summary",
      "/v0/costs/%2e%2e/events/summary",
      "/v0/costs/cst_input/summary/",
      "/v0//costs",
      "/v0/costs/report/summary",
      "/v1/costs",
      "/",
    ]) {
      expect((await ask(path)).status, path).toBe(404);
    }
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]) {
      const { status, headers } = await ask("/v0/costs", { method });
      expect([status, headers.get("allow")]).toEqual([405, "GET"]);
    }
    expect(mock.requests).toEqual([]);
  });

  test("asks who it is", async () => {
    isSignedIn = false;
    expect((await failureOf(client().costs.list())).code).toBe("FORBIDDEN");
    expect(mock.requests).toEqual([]);
  });

  test("sends the key, and nothing of the browser's but its query", async () => {
    await ask("/v0/costs?limit=1", {
      headers: { authorization: "Bearer of-the-browser", cookie: "session=1", "x-other": "x" },
    });
    const [request] = mock.requests;
    expect(request?.url).toBe(`${running.url}/v0/costs?limit=1`);
    expect(Object.keys(request?.headers ?? {})).not.toContain("cookie");
    expect(Object.keys(request?.headers ?? {})).not.toContain("x-other");
    expect(request?.headers["authorization"]).toBe("Bearer [redacted]");
  });

  test("passes errors on without the key", async () => {
    const errors = [{ field: KEY, message: `wrong ${KEY}` }];
    mock.fault({ kind: "status", status: 400, body: { message: KEY, errors } });
    const refused = await failureOf(client().costs.list());
    expect(refused).toMatchObject({ code: "VALIDATION_ERROR", requestId: "req_1" });
    expect(JSON.stringify(refused)).not.toContain(KEY);
    mock.fault({ kind: "status", status: 429, retryAfter: 7, headers: { "x-key": KEY } });
    expect(await failureOf(client().costs.list())).toMatchObject({
      code: "RATE_LIMITED",
      retryAfterSeconds: 7,
    });
    expect([...(await ask("/v0/costs")).headers.keys()].sort()).toEqual([
      "cache-control",
      "content-type",
      "x-request-id",
    ]);
  });

  test("keeps to itself that its own key is refused, and where a redirect leads", async () => {
    const logged = vi.spyOn(console, "error").mockReturnValue();
    mock.fault({ kind: "status", status: 401, body: { message: `bad key ${KEY}` } });
    mock.fault({ kind: "redirect", location: "https://elsewhere.example/" });
    for (const status of [401, 307]) {
      const response = await ask("/v0/costs");
      expect(response.status).toBe(502);
      expect(response.headers.get("location")).toBeNull();
      expect(await response.text()).not.toContain(KEY);
      expect(logged).toHaveBeenLastCalledWith(`Paygentic answered ${status} to GET /v0/costs`);
    }
  });

  test("answers 502 where Paygentic cannot be reached, or breaks off", async () => {
    mock.fault({ kind: "cut-connection", rate: 1 });
    expect((await failureOf(client().costs.list())).code).toBe("SERVER_ERROR");
    mock.reset();
    mock.fault({ kind: "cut-body" });
    expect((await ask("/v0/costs")).status).toBe(502);
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
    const upstream = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
    await new Promise((resolve) => gone.close(resolve));
    const proxy = readOnlyProxy({ apiKey: KEY, upstream, mayRead: () => true });
    expect((await proxy.fetch(new Request("https://shop.example/v0/costs"))).status).toBe(502);
  });
});
