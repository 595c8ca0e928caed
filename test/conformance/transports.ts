import { Paygentic, type PaygenticOptions } from "metered-costs";
import { Kontorion, type KontorionOptions } from "metered-costs/kontorion";
import type { MockKontorion, MockPaygentic } from "metered-costs/mock";
import { startMockServer } from "metered-costs/mock/server";
import { kontorionHandlers, paygenticHandlers } from "metered-costs/msw";
import type { HttpHandler } from "msw";
import { setupServer } from "msw/node";

/** The options that the clients of both APIs have. */
type CommonOptions = Pick<PaygenticOptions, keyof PaygenticOptions & keyof KontorionOptions>;

/** A transport to one mock, ready for requests. */
export interface OpenTransport<Client = Paygentic> {
  readonly client: (options?: CommonOptions) => Client;
  /** Sends a request as it is, for requests that a client would refuse to send. */
  readonly send: (path: string, init?: RequestInit) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/** One way to reach a mock. */
export interface Transport<Client = Paygentic, ServedMock = MockPaygentic> {
  readonly name: string;
  readonly open: (mock: ServedMock) => Promise<OpenTransport<Client>>;
}

/** What differs from API to API on the way to a mock. */
interface Served<Client, ServedMock> {
  /** Where the API itself is. */
  readonly origin: string;
  readonly basePath: string;
  readonly connect: (options: CommonOptions) => Client;
  readonly handlers: (mock: ServedMock) => HttpHandler[];
}

/** Every transport to a mock: it must behave the same over each of them. */
function transportsOf<Client, ServedMock extends Pick<MockPaygentic, "fetch">>({
  origin,
  basePath,
  connect,
  handlers,
}: Served<Client, ServedMock>): readonly Transport<Client, ServedMock>[] {
  const opened = (
    own: { readonly fetch?: typeof globalThis.fetch },
    host: string,
    close: () => Promise<void>,
  ): OpenTransport<Client> => {
    const baseUrl = host + basePath;
    return {
      client: (options = {}) => connect({ ...own, baseUrl, ...options }),
      send: (path, init) => (own.fetch ?? globalThis.fetch)(baseUrl + path, init),
      close,
    };
  };
  return [
    {
      name: "in memory",
      open: async ({ fetch }) => opened({ fetch }, origin, () => Promise.resolve()),
    },
    {
      name: "over HTTP",
      open: async (mock) => {
        const { url, close } = await startMockServer<ServedMock>({ mock } as never);
        return opened({}, url, close);
      },
    },
    {
      name: "through msw",
      open: async (mock) => {
        const server = setupServer(...handlers(mock));
        server.listen({ onUnhandledRequest: "error" });
        return opened({}, origin, async () => server.close());
      },
    },
  ];
}

export const KEY = "sk_test_conformance";
/** Paygentic's hosted sandbox. */
export const TRANSPORTS = transportsOf<Paygentic, MockPaygentic>({
  origin: "https://api.sandbox.paygentic.io",
  basePath: "",
  connect: (options) => new Paygentic({ apiKey: KEY, ...options }),
  handlers: (mock) => paygenticHandlers({ mock }),
});

export const KONTORION_KEY = `sk_test_${"0123456789abcdef".repeat(4)}`;
export const KONTORION_TRANSPORTS = transportsOf<Kontorion, MockKontorion>({
  origin: "https://api.kontorion.eu",
  basePath: "/v1",
  connect: (options) => new Kontorion({ apiKey: KONTORION_KEY, ...options }),
  handlers: (mock) => kontorionHandlers({ mock }),
});
