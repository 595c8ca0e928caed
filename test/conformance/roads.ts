import { Paygentic, type PaygenticOptions } from "metered-costs";
import type { MockPaygentic } from "metered-costs/mock";
import { startMockServer } from "metered-costs/mock/server";
import { paygenticHandlers } from "metered-costs/msw";
import { setupServer } from "msw/node";

/** A mock that can be asked. */
export interface OpenRoad {
  readonly client: (options?: PaygenticOptions) => Paygentic;
  /** Sends a request as it is, without a client's care: for what a client would refuse to send. */
  readonly send: (path: string, init?: RequestInit) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/** A way from a client to a mock. */
export interface Road {
  readonly name: string;
  readonly open: (mock: MockPaygentic) => Promise<OpenRoad>;
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

/** Every way there is: a mock must look the same from each of them. */
export const ROADS: readonly Road[] = [
  {
    name: "in memory",
    open: async ({ fetch }) => opened({ baseUrl: SANDBOX_HOST, fetch }, () => Promise.resolve()),
  },
  {
    name: "over HTTP",
    open: async (mock) => {
      const { url, close } = await startMockServer({ mock });
      return opened({ baseUrl: url }, close);
    },
  },
  {
    name: "through msw",
    open: async (mock) => {
      const server = setupServer(...paygenticHandlers({ mock }));
      server.listen({ onUnhandledRequest: "error" });
      return opened({ baseUrl: SANDBOX_HOST }, async () => server.close());
    },
  },
];
