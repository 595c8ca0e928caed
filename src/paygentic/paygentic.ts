import type { paths } from "../../generated/paygentic.ts";
import { HttpClient } from "../http/client.ts";
import { type ClientOptions, readOptions } from "../http/options.ts";
import { PAYGENTIC } from "./api.ts";
import { BillableMetrics } from "./billable-metrics.ts";
import { Costs } from "./costs.ts";
import { Events } from "./events.ts";
import { Profitability, Revenue } from "./revenue.ts";

/** How a client calls Paygentic. */
export interface PaygenticOptions extends ClientOptions {
  /**
   * The API key, or a function that returns it, called at every attempt. Without it the client uses the environment
   * variable `PAYGENTIC_API_KEY`, for Paygentic's own two hosts only: another `baseUrl` gets no key that you did not
   * pass.
   */
  readonly apiKey?: ClientOptions["apiKey"];
  /**
   * Paygentic's production or its hosted sandbox; a `baseUrl` wins over it.
   * @default "production"
   */
  readonly environment?: "production" | "sandbox" | undefined;
}

/**
 * A client of Paygentic's metered costs. Making one sends nothing; it throws an `InvalidInputError` for options that
 * cannot work. The key is in none of its properties, errors or printed forms.
 *
 * @example
 * ```ts
 * import { Paygentic } from "metered-costs";
 *
 * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
 * const cost = await paygentic.costs.get("cst_1");
 * const summary = await paygentic.costs.summary(cost, {
 *   from: "2026-06-01T00:00:00Z",
 *   to: "2026-07-01T00:00:00Z",
 *   window: "DAY",
 * });
 * console.log(summary.totalCost?.toString());
 * ```
 */
export class Paygentic {
  /** Define metered costs and query what they cost. */
  readonly costs: Costs;
  /** Send usage events. */
  readonly events: Events;
  /** Query what billable metrics measured, and the events that the server stored for them. */
  readonly billableMetrics: BillableMetrics;
  /** Query profit by customer. */
  readonly profitability: Profitability;
  /** Query revenue. */
  readonly revenue: Revenue;

  constructor(options: PaygenticOptions = {}) {
    const client = new HttpClient<paths>(readOptions(options, PAYGENTIC));
    this.costs = new Costs(client);
    this.events = new Events(client);
    this.billableMetrics = new BillableMetrics(client);
    this.profitability = new Profitability(client);
    this.revenue = new Revenue(client);
  }
}
