/**
 * A serverless worker that sells shortened links: it answers at once, and sends the usage event afterwards. It needs
 * nothing but web standards, so that it runs wherever workers do.
 */
import { isCostsError, Paygentic } from "metered-costs";

/** What the platform gives: texts for the settings, and a way to go on after the answer. */
export interface Environment {
  readonly PAYGENTIC_API_KEY: string;
  /** Only where the API is not asked itself: a mock. */
  readonly PAYGENTIC_BASE_URL?: string;
  readonly COST_ID: string;
}
interface Execution {
  waitUntil(work: Promise<unknown>): void;
}

/** One client for each environment: it is made once, not for each request. */
const clients = new WeakMap<Environment, Paygentic>();

function clientOf(environment: Environment): Paygentic {
  const { PAYGENTIC_API_KEY: apiKey, PAYGENTIC_BASE_URL: baseUrl } = environment;
  const client = clients.get(environment) ?? new Paygentic({ apiKey, baseUrl, timeout: 5_000 });
  clients.set(environment, client);
  return client;
}

/** `POST /links` with `{ customer, url }` and an `Idempotency-Key` header. */
async function sellLink(request: Request, paygentic: Paygentic, execution: Execution) {
  const idempotencyKey = request.headers.get("idempotency-key");
  if (idempotencyKey === null) {
    return Response.json({ message: "Send an Idempotency-Key." }, { status: 400 });
  }
  const { customer, url } = await request.json();
  const sent = paygentic.events.ingest({
    type: "link.shortened",
    source: "urn:example:links",
    subject: customer,
    idempotencyKey,
    data: { host: new URL(url).host },
  });
  // The customer does not wait for the bill. What still failed after all retries is for the log.
  execution.waitUntil(sent.catch((error) => console.error(JSON.stringify(error))));
  return Response.json({ link: `https://links.example/${idempotencyKey}` }, { status: 201 });
}

/** `GET /customers/{id}/cost?from=...&to=...` */
async function showCost(
  customer: string,
  { searchParams }: URL,
  costId: string,
  paygentic: Paygentic,
) {
  const { totalQuantity, totalCost, currency } = await paygentic.costs.summary(costId, {
    from: searchParams.get("from") ?? "",
    to: searchParams.get("to") ?? "",
    subject: customer,
  });
  return Response.json({ customer, links: totalQuantity, cost: totalCost, currency });
}

export default {
  async fetch(request: Request, environment: Environment, execution: Execution): Promise<Response> {
    const paygentic = clientOf(environment);
    const url = new URL(request.url);
    const customer = /^\/customers\/([\w-]+)\/cost$/.exec(url.pathname)?.[1];
    try {
      if (request.method === "POST" && url.pathname === "/links") {
        return await sellLink(request, paygentic, execution);
      }
      if (request.method === "GET" && customer !== undefined) {
        return await showCost(customer, url, environment.COST_ID, paygentic);
      }
      return Response.json({ message: "There is nothing here." }, { status: 404 });
    } catch (error) {
      if (!isCostsError(error)) throw error;
      const status = error.code === "INVALID_INPUT" ? 400 : 503;
      return Response.json({ message: error.message }, { status });
    }
  },
};
