import { Paygentic, type PaygenticOptions } from "metered-costs";
import type { MockPaygentic } from "metered-costs/mock";
import { startMockServer } from "metered-costs/mock/server";
import { paygenticHandlers } from "metered-costs/msw";
import { setupServer } from "msw/node";

/** A transport to one mock, ready for requests. */
export interface OpenTransport {
  readonly client: (options?: PaygenticOptions) => Paygentic;
  /** Sends a request as it is, for requests that a client would refuse to send. */
  readonly send: (path: string, init?: RequestInit) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/** One way to reach a mock. */
export interface Transport {
  readonly name: string;
  readonly open: (mock: MockPaygentic) => Promise<OpenTransport>;
}

export const KEY = "sk_test_conformance";
/** Where Paygentic's hosted sandbox is. */
const SANDBOX_URL = "https://api.sandbox.paygentic.io";

const opened = (
  own: PaygenticOptions & { baseUrl: string; fetch?: typeof globalThis.fetch },
  close: () => Promise<void>,
): OpenTransport => ({
  client: (options = {}) => new Paygentic({ apiKey: KEY, ...own, ...options }),
  send: (path, init) => (own.fetch ?? globalThis.fetch)(own.baseUrl + path, init),
  close,
});

/** Every transport: a mock must behave the same over each of them. */
export const TRANSPORTS: readonly Transport[] = [
  {
    name: "in memory",
    open: async ({ fetch }) => opened({ baseUrl: SANDBOX_URL, fetch }, () => Promise.resolve()),
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
      return opened({ baseUrl: SANDBOX_URL }, async () => server.close());
    },
  },
];
