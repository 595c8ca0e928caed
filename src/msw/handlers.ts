import { type HttpHandler, HttpResponse, http } from "msw";
import {
  createMockKontorion,
  type MockKontorion,
  mockKontorion,
} from "../mock/kontorion/mock-kontorion.ts";
import {
  createMockPaygentic,
  type MockPaygentic,
  mockPaygentic,
} from "../mock/paygentic/mock-paygentic.ts";
import { PAYGENTIC } from "../mock/paygentic/operations.ts";
import type { RequestLine } from "../mock/routes.ts";
import { withoutEndSlashes } from "../schemas/contract.ts";
import { optional, strictObject, text } from "../schemas/fields.ts";
import { readInput, refuseInput } from "../schemas/input.ts";

/** What the handlers answer, and what answers. */
export interface PaygenticHandlersOptions {
  /**
   * The base URL that the client has: a URL, or a path such as `/api/paygentic`, which means that path on any host. Any
   * other than the API's own means a proxy of yours, which would add the key: requests need none then.
   */
  readonly baseUrl?: string | undefined;
  /**
   * What answers, and what tests look into.
   * @default createMockPaygentic()
   */
  readonly mock?: MockPaygentic | undefined;
}

/** What the handlers of Kontorion answer, and what answers. */
export interface KontorionHandlersOptions {
  /** The base URL that the client has, as for `paygenticHandlers`. What is behind it stands for `/v1` of the API. */
  readonly baseUrl?: string | undefined;
  /**
   * What answers, and what tests look into.
   * @default createMockKontorion()
   */
  readonly mock?: MockKontorion | undefined;
}

const kontorionOptions = strictObject({ baseUrl: optional(text), mock: optional(mockKontorion) });
const handlersOptions = strictObject({ baseUrl: optional(text), mock: optional(mockPaygentic) });
const SUMMARY = "The handlers cannot be made";
const ANY_HOST = "https?://[^/]+";
const LISTEN = {
  GET: http.get,
  POST: http.post,
  PUT: http.put,
  PATCH: http.patch,
  DELETE: http.delete,
};

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The pattern of a route's path: a name in braces stands for one segment. */
const patternOfPath = (path: string): string => escaped(path).replaceAll(/\\\{\w+\\\}/g, "[^/]+");

/** The pattern of a base URL, its path without a slash at the end. */
function patternOf(baseUrl: string): string {
  const isPath = /^\/(?!\/)/.test(baseUrl);
  try {
    const { protocol, origin, pathname, search, hash } = new URL(
      baseUrl,
      isPath ? "http://localhost" : undefined,
    );
    if (/^https?:$/.test(protocol) && search === "" && hash === "") {
      return (isPath ? ANY_HOST : escaped(origin)) + escaped(withoutEndSlashes(pathname));
    }
  } catch {
    // Said below.
  }
  const message = "expected a URL such as https://shop.example/paygentic, or a path such as /api";
  return refuseInput(SUMMARY, ["baseUrl"], message);
}

/** The request as a proxy would pass it on: at the API's own path, and with a key. */
async function passedOn(request: Request, base: RegExp, basePath: string): Promise<Request> {
  const { method, url, signal } = request;
  const headers = new Headers(request.headers);
  if (!headers.has("authorization")) headers.set("authorization", "Bearer of-the-proxy");
  const body = (await request.text()) || null;
  const copy = new Request(new URL(url.replace(base, basePath), url), {
    method,
    headers,
    body,
    signal,
  });
  // The original comes along: in some engines its signal is deaf once nobody holds it.
  return Object.assign(copy, { original: request });
}

/** The handlers of one API, one for each operation. `hosts` is the pattern of the origins that are its own. */
function handlersOf(
  {
    routes,
    basePath,
  }: {
    readonly routes: Readonly<Record<string, RequestLine>>;
    readonly basePath: string;
  },
  hosts: string,
  { fetch }: Pick<MockPaygentic, "fetch">,
  baseUrl: string | undefined,
): HttpHandler[] {
  const own = `${hosts}${escaped(basePath)}`;
  const base = baseUrl === undefined ? own : patternOf(baseUrl);
  const beginning = new RegExp(`^${base}`);
  const isProxy = baseUrl !== undefined && !new RegExp(`^${own}/?$`).test(baseUrl);
  return Object.values(routes).map(({ method, path }) => {
    const pattern = new RegExp(`^${base}${patternOfPath(path)}$`);
    return LISTEN[method](pattern, async ({ request }) => {
      try {
        return await fetch(isProxy ? await passedOn(request, beginning, basePath) : request);
      } catch {
        return HttpResponse.error();
      }
    });
  });
}

/**
 * Handlers of msw (2.10 or later) that answer as the API would, one for each operation. What they hold, receive and do
 * wrong is their mock's; handlers of your own go before them, with `server.use(...)`.
 *
 * Without options they answer for both of the API's hosts, production and the Paygentic sandbox, from a new, empty mock.
 * Where the mock cuts the connection, they answer with a network error. Throws an `InvalidInputError` for unknown options
 * and an invalid `baseUrl`.
 *
 * @example
 * ```ts
 * import { createMockPaygentic } from "metered-costs/mock";
 * import { paygenticHandlers } from "metered-costs/msw";
 * import { setupServer } from "msw/node";
 *
 * const mock = createMockPaygentic();
 * const server = setupServer(...paygenticHandlers({ mock }));
 * server.listen();
 * ```
 */
export function paygenticHandlers(options: PaygenticHandlersOptions = {}): HttpHandler[] {
  const { baseUrl, mock = createMockPaygentic() } = readInput(handlersOptions, options, SUMMARY);
  return handlersOf(PAYGENTIC, "https://api\\.(?:sandbox\\.)?paygentic\\.io", mock, baseUrl);
}

/**
 * Handlers of msw (2.10 or later) that answer as Kontorion's catalog of costs would, one for each request line of their
 * mock. They behave as those of `paygenticHandlers` do; without options they answer for `https://api.kontorion.eu/v1`.
 *
 * Throws an `InvalidInputError` for unknown options and an invalid `baseUrl`.
 *
 * @example
 * ```ts
 * import { createMockKontorion } from "metered-costs/mock";
 * import { kontorionHandlers } from "metered-costs/msw";
 * import { setupServer } from "msw/node";
 *
 * const mock = createMockKontorion({ costs: [{ key: "gpu_hour" }] });
 * const server = setupServer(...kontorionHandlers({ mock }));
 * server.listen();
 * ```
 */
export function kontorionHandlers(options: KontorionHandlersOptions = {}): HttpHandler[] {
  const { baseUrl, mock = createMockKontorion() } = readInput(kontorionOptions, options, SUMMARY);
  const api = { routes: mock.routes, basePath: "/v1" };
  return handlersOf(api, "https://api\\.kontorion\\.eu", mock, baseUrl);
}
