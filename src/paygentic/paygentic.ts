import { type PaygenticOptions, readOptions } from "../http/options.ts";
import { Transport } from "../http/transport.ts";
import { Costs } from "./costs.ts";
import { Events } from "./events.ts";

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
  /** Define metered costs and ask what they came to. */
  readonly costs: Costs;
  /** Send usage events. */
  readonly events: Events;

  constructor(options: PaygenticOptions = {}) {
    const transport = new Transport(readOptions(options));
    this.costs = new Costs(transport);
    this.events = new Events(transport);
  }
}
