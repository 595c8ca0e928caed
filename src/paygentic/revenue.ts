import type { paths } from "../../generated/paygentic.ts";
import type { CallPromise, HttpClient } from "../http/client.ts";
import { NO_OPTIONS, type RequestOptions } from "../http/options.ts";
import type {
  ProfitabilityParams,
  ProfitabilitySummary,
  RevenueParams,
  RevenueSummary,
} from "../models.ts";
import { profitabilityQuery, revenueQuery } from "../schemas/requests.ts";
import { profitabilityResponse, revenueResponse } from "../schemas/responses.ts";

const GET_REVENUE = { operation: "getRevenue", method: "revenue.get", retry: "always" } as const;
const GET_PROFITABILITY = {
  operation: "getProfitability",
  method: "profitability.get",
  retry: "always",
} as const;

/** Revenue of a merchant, a customer or subscriptions. Reached as `paygentic.revenue`. */
export class Revenue {
  readonly #client: HttpClient<paths>;

  /** @internal */
  constructor(client: HttpClient<paths>) {
    this.#client = client;
  }

  /**
   * The revenue in `[startTime, endTime)` of a merchant, a customer or subscriptions, at least one of them. Net revenue
   * counts paid invoices and completed payments minus refunds. Rejects as the methods of `Costs` do.
   */
  get(params: RevenueParams, options: RequestOptions = NO_OPTIONS): CallPromise<RevenueSummary> {
    return this.#client.call(GET_REVENUE, options, revenueResponse.read, (api, init) =>
      api.GET("/v0/revenue", { ...init, params: { query: revenueQuery(params) } }),
    );
  }
}

/** Profit by customer. Reached as `paygentic.profitability`. */
export class Profitability {
  readonly #client: HttpClient<paths>;

  /** @internal */
  constructor(client: HttpClient<paths>) {
    this.#client = client;
  }

  /**
   * Revenue, cost and profit of a merchant's customers in `[from, to)`, the highest profit first. Net revenue counts
   * paid and outstanding invoices. Costs of subjects that are no customer are not in it. Rejects as the methods of
   * `Costs` do.
   */
  get(
    params: ProfitabilityParams,
    options: RequestOptions = NO_OPTIONS,
  ): CallPromise<ProfitabilitySummary> {
    return this.#client.call(GET_PROFITABILITY, options, profitabilityResponse.read, (api, init) =>
      api.GET("/v0/profitability", { ...init, params: { query: profitabilityQuery(params) } }),
    );
  }
}
