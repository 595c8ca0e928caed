import { Paygentic, type PaygenticOptions } from "metered-costs";
import type { MockPaygentic } from "metered-costs/mock";
import { startMockServer } from "metered-costs/mock/server";
import { onTestFinished } from "vitest";
import { CREATE } from "../client/samples.ts";
import type { Decide } from "./disturbances.ts";
import { FaultyProxy } from "./faulty-proxy.ts";

/** A mock that has the cost `cst_1` and the metric `bm_1`, a proxy in front of it, and clients that go through the proxy. */
export async function proxied(
  decide: Decide,
  elsewhere?: string,
): Promise<{
  mock: MockPaygentic;
  proxy: FaultyProxy;
  client: (options?: PaygenticOptions) => Paygentic;
}> {
  const { url, mock, close } = await startMockServer({
    costs: [{ ...CREATE, id: "cst_1" }],
    billableMetrics: [{ id: "bm_1", eventType: CREATE.eventType, aggregation: "COUNT" }],
  });
  const proxy = new FaultyProxy(url, decide, elsewhere);
  const baseUrl = await proxy.listen();
  onTestFinished(async () => {
    await proxy.close();
    await close();
  });
  return {
    mock,
    proxy,
    client: (options = {}) =>
      new Paygentic({ baseUrl, apiKey: "sk_test_1", maxResponseBytes: 100_000, ...options }),
  };
}
