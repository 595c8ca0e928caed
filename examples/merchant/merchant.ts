/**
 * The back end of a small merchant who sells completions of a language model. It sends an event for each completion,
 * and shows customers what they have used.
 */
import { type ApiError, type ConnectionError, isCostsError, type Paygentic } from "metered-costs";

/** What a model answered, and how many tokens that took. */
export interface Completion {
  readonly text: string;
  readonly tokens: number;
}

/** What the merchant works with. */
export interface MerchantOptions {
  readonly paygentic: Paygentic;
  /** The cost that meters tokens: a SUM of `$.tokens`, grouped by `$.model`. */
  readonly costId: string;
  readonly complete: (model: string, prompt: string) => Promise<Completion>;
}

const COST_PATH = /^\/customers\/([^/]+)\/cost$/;

/** Answers a failure of the billing: the customer may ask again with the same key, and is not billed twice. */
function unavailable({ code }: ApiError | ConnectionError): Response {
  const message = `Billing is not available (${code}). Please try again.`;
  return Response.json({ message }, { status: 503, headers: { "retry-after": "5" } });
}

/** Makes the handler of the merchant's HTTP requests. */
export function createMerchant({
  paygentic,
  costId,
  complete,
}: MerchantOptions): (request: Request) => Promise<Response> {
  /** `POST /completions` with `{ customer, model, prompt }` and an `Idempotency-Key` header. */
  async function sellCompletion(request: Request): Promise<Response> {
    const idempotencyKey = request.headers.get("idempotency-key");
    if (idempotencyKey === null) {
      return Response.json({ message: "Send an Idempotency-Key." }, { status: 400 });
    }
    const { customer, model, prompt } = await request.json();
    const { text, tokens } = await complete(model, prompt);
    await paygentic.events.ingest({
      type: "llm.completion",
      source: "urn:example:merchant",
      subject: customer,
      idempotencyKey,
      data: { model, tokens },
    });
    return Response.json({ text, tokens });
  }

  /** `GET /customers/{id}/cost?from=...&to=...` */
  async function showCost(customer: string, { searchParams }: URL): Promise<Response> {
    const summary = await paygentic.costs.summary(costId, {
      from: searchParams.get("from") ?? "",
      to: searchParams.get("to") ?? "",
      subject: customer,
      groupBy: ["model"],
    });
    return Response.json({
      customer,
      currency: summary.currency,
      cost: summary.totalCost,
      models: summary.groups?.map(({ dimensions, quantity, cost }) => ({
        model: dimensions["model"],
        tokens: quantity,
        cost,
      })),
    });
  }

  return async (request) => {
    const url = new URL(request.url);
    const customer = COST_PATH.exec(url.pathname)?.[1];
    try {
      if (request.method === "POST" && url.pathname === "/completions") {
        return await sellCompletion(request);
      }
      if (request.method === "GET" && customer !== undefined) {
        return await showCost(decodeURIComponent(customer), url);
      }
      return Response.json({ message: "There is nothing here." }, { status: 404 });
    } catch (error) {
      if (!isCostsError(error)) throw error;
      switch (error.name) {
        case "ApiError":
        case "ConnectionError":
          return unavailable(error);
        case "InvalidInputError":
          return Response.json({ message: error.message, issues: error.issues }, { status: 400 });
        default:
          throw error;
      }
    }
  };
}
