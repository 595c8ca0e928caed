import { Paygentic, type PaygenticOptions } from "metered-costs";
import type { Sandbox } from "metered-costs/sandbox";
import { startSandbox } from "metered-costs/sandbox/server";
import { onTestFinished } from "vitest";
import { CREATE } from "../client/samples.ts";
import type { Decide } from "./disturbances.ts";
import { FaultyProxy } from "./faulty-proxy.ts";

/** A sandbox that has one cost, `cst_1`, a proxy in front of it, and clients that go through the proxy. */
export async function proxied(
  decide: Decide,
  elsewhere?: string,
): Promise<{
  sandbox: Sandbox;
  proxy: FaultyProxy;
  client: (options?: PaygenticOptions) => Paygentic;
}> {
  const { url, sandbox, close } = await startSandbox({ costs: [{ ...CREATE, id: "cst_1" }] });
  const proxy = new FaultyProxy(url, decide, elsewhere);
  const baseUrl = await proxy.listen();
  onTestFinished(async () => {
    await proxy.close();
    await close();
  });
  return {
    sandbox,
    proxy,
    client: (options = {}) =>
      new Paygentic({ baseUrl, apiKey: "sk_test_1", maxResponseBytes: 100_000, ...options }),
  };
}
