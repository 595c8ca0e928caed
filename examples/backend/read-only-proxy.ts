/** Lets browsers read costs without a key: the key is added here, and only what is listed here passes. */
import { type Context, Hono } from "hono";

/** What the proxy asks, and on whose behalf. */
export interface ReadOnlyProxyOptions {
  readonly apiKey: string;
  /** @default "https://api.paygentic.io" */
  readonly upstream?: string;
  /** Whether whoever sent this request may see the costs of all customers: ask your own session. */
  readonly mayRead: (request: Request) => boolean | Promise<boolean>;
}

/** All that a browser gets to see of an answer's headers. */
const PASSED_HEADERS = ["content-type", "retry-after", "x-request-id"];
const TIMEOUT = 25_000;

/** An error in the form that Paygentic's own have, so that the client in the browser understands it. */
const refusal = (status: number, error: string, message: string, headers = {}): Response =>
  Response.json(
    { message, error },
    { status, headers: { "cache-control": "no-store", ...headers } },
  );

/** Makes the proxy: an app of hono, to be mounted at a path of yours such as `/api/paygentic`. */
export function readOnlyProxy({
  apiKey,
  upstream = "https://api.paygentic.io",
  mayRead,
}: ReadOnlyProxyOptions): Hono {
  /** The path is one of ours and never the browser's, so that no `..` and no encoded slash leads elsewhere. */
  async function read(path: string, { req }: Context): Promise<Response> {
    const { signal, url } = req.raw;
    let answer: Response;
    let body: string;
    try {
      answer = await fetch(upstream + path + new URL(url).search, {
        headers: { accept: "application/json", authorization: `Bearer ${apiKey}` },
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
      });
      body = await answer.text();
    } catch {
      return refusal(502, "server_error", "Paygentic could not be reached.");
    }
    // A key that is refused, or an answer from somewhere else, is for our logs and no business of the browser's.
    if (answer.status === 401 || (answer.status >= 300 && answer.status < 400)) {
      console.error(`Paygentic answered ${answer.status} to GET ${path}`);
      return refusal(502, "server_error", "The costs cannot be read at the moment.");
    }
    const headers = new Headers({ "cache-control": "no-store" });
    for (const name of PASSED_HEADERS) {
      const value = answer.headers.get(name);
      if (value !== null) headers.set(name, value.replaceAll(apiKey, "[redacted]"));
    }
    return new Response(body.replaceAll(apiKey, "[redacted]"), { status: answer.status, headers });
  }

  const proxy = new Hono();
  proxy.use(async ({ req }, next) => {
    if (req.method !== "GET") {
      return refusal(405, "bad_request", "Costs can only be read here.", { allow: "GET" });
    }
    if (!(await mayRead(req.raw))) {
      return refusal(403, "forbidden", "Please sign in to see costs.");
    }
    return next();
  });
  proxy.get("/v0/costs", (context) => read("/v0/costs", context));
  proxy.get("/v0/costs/report", (context) => read("/v0/costs/report", context));
  proxy.get("/v0/costs/:id{cst_[a-zA-Z0-9]+}/summary", (context) =>
    read(`/v0/costs/${context.req.param("id")}/summary`, context),
  );
  proxy.all("*", () => refusal(404, "not_found", "There is nothing here."));
  return proxy;
}
