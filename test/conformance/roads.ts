import { Paygentic, type PaygenticOptions } from "metered-costs";
import { paygenticHandlers } from "metered-costs/msw";
import type { Sandbox } from "metered-costs/sandbox";
import { startSandbox } from "metered-costs/sandbox/server";
import { setupServer } from "msw/node";

/** A sandbox that can be asked. */
export interface OpenRoad {
  readonly client: (options?: PaygenticOptions) => Paygentic;
  /** Sends a request as it is, without a client's care: for what a client would refuse to send. */
  readonly send: (path: string, init?: RequestInit) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/** A way from a client to a sandbox. */
export interface Road {
  readonly name: string;
  readonly open: (sandbox: Sandbox) => Promise<OpenRoad>;
}

export const KEY = "sk_test_conformance";
const SANDBOX_HOST = "https://api.sandbox.paygentic.io";

const opened = (
  own: PaygenticOptions & { baseUrl: string },
  close: () => Promise<void>,
): OpenRoad => ({
  client: (options = {}) => new Paygentic({ apiKey: KEY, ...own, ...options }),
  send: (path, init) => (own.fetch ?? globalThis.fetch)(own.baseUrl + path, init),
  close,
});

/** Every way there is: a sandbox must look the same from each of them. */
export const ROADS: readonly Road[] = [
  {
    name: "in memory",
    open: async ({ handle }) =>
      opened({ baseUrl: SANDBOX_HOST, fetch: handle }, () => Promise.resolve()),
  },
  {
    name: "over HTTP",
    open: async (sandbox) => {
      const { url, close } = await startSandbox({ sandbox });
      return opened({ baseUrl: url }, close);
    },
  },
  {
    name: "through msw",
    open: async (sandbox) => {
      const server = setupServer(...paygenticHandlers({ sandbox }));
      server.listen({ onUnhandledRequest: "error" });
      return opened({ baseUrl: SANDBOX_HOST }, async () => server.close());
    },
  },
];
