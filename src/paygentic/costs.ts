import type { Operation } from "../errors.ts";
import { NO_OPTIONS, type RequestOptions } from "../http/options.ts";
import type { Transport } from "../http/transport.ts";
import type {
  Cost,
  CostCreateParams,
  CostListParams,
  CostPage,
  CostReport,
  CostReportParams,
  CostSummary,
  CostSummaryParams,
  CostUpdateParams,
  DimensionNames,
} from "../models.ts";
import { readCost, readCostPage, readCostReport, readCostSummary } from "../schemas/answers.ts";
import {
  costCreateBody,
  costListQuery,
  costPath,
  costReportQuery,
  costSummaryQuery,
  costUpdateBody,
} from "../schemas/guards.ts";
import type { Decimal } from "../values/decimal.ts";

const PAGE = 100;

/**
 * Metered costs: define them, change them, ask what they came to. Reached as `paygentic.costs`.
 *
 * Every method rejects with an `InvalidInputError` when an argument is refused (nothing is sent then), an `ApiError`
 * when the server said no, a `ConnectionError` when no answer came, an `InvalidResponseError` when a success cannot be
 * used, or with the reason of your own `signal`.
 */
export class Costs {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Creates a cost. `unitCost` is sent with all its digits. Only tried again after a 429: a repetition after anything
   * else could create a second cost.
   */
  async create<const D extends string = string>(
    params: CostCreateParams<D>,
    options: RequestOptions = NO_OPTIONS,
  ): Promise<Cost<D>> {
    const body = costCreateBody(params);
    const sent = this.#transport.request(
      "createCost",
      "post",
      "/v0/costs",
      { body },
      options,
      readCost,
    );
    return this.#compared("createCost", body, sent) as Promise<Cost<D>>;
  }

  /** Reads a cost by its id. A deleted one is `NOT_FOUND`. */
  async get(id: string, options: RequestOptions = NO_OPTIONS): Promise<Cost> {
    const path = costPath("getCost", id);
    return this.#transport.request("getCost", "get", "/v0/costs/{id}", { path }, options, readCost);
  }

  /** Changes fields of a cost, at least one; null removes those that may be removed. */
  async update(
    id: string,
    params: CostUpdateParams,
    options: RequestOptions = NO_OPTIONS,
  ): Promise<Cost> {
    const path = costPath("updateCost", id);
    const body = costUpdateBody(params);
    const sent = this.#transport.request(
      "updateCost",
      "patch",
      "/v0/costs/{id}",
      { path, body },
      options,
      readCost,
    );
    return this.#compared("updateCost", body, sent);
  }

  /** Deletes a cost. What it metered stays. A 404 after a try that may have reached the server counts as done. */
  async delete(id: string, options: RequestOptions = NO_OPTIONS): Promise<void> {
    const path = costPath("deleteCost", id);
    return this.#transport.request(
      "deleteCost",
      "delete",
      "/v0/costs/{id}",
      { path },
      options,
      () => undefined,
    );
  }

  /** Lists costs, one page: 10 unless `limit` says otherwise, 100 at the most. */
  async list(params: CostListParams = {}, options: RequestOptions = NO_OPTIONS): Promise<CostPage> {
    const query = costListQuery(params);
    return this.#transport.request(
      "listCosts",
      "get",
      "/v0/costs",
      { query },
      options,
      readCostPage,
    );
  }

  /**
   * All costs, fetched in pages of 100 as they are asked for. It moves on by the costs received and ends with an empty
   * page; costs that come and go meanwhile may be missed or come twice. A refused argument shows at the first step.
   *
   * @example
   * ```ts
   * import { Paygentic } from "metered-costs";
   *
   * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
   * for await (const cost of paygentic.costs.listAll({ productId: "prod_1" })) {
   *   console.log(cost.name, cost.unitCost.toString());
   * }
   * ```
   */
  async *listAll(
    params: Omit<CostListParams, "limit"> = {},
    options: RequestOptions = NO_OPTIONS,
  ): AsyncGenerator<Cost, void, undefined> {
    let offset = costListQuery(params).offset ?? 0;
    for (;;) {
      const { data } = await this.list({ limit: PAGE, ...params, offset }, options);
      if (data.length === 0) return;
      yield* data;
      offset += data.length;
    }
  }

  /**
   * What a cost came to in `[from, to)`. With a `Cost` instead of an id the types know its dimensions, and a name that
   * it does not declare is refused before anything is sent. `totalCost` is null when the server could not compute it;
   * null is not zero. Amounts keep every digit of the answer.
   */
  async summary<D extends string = string, const G extends D = D>(
    cost: string | Cost<D>,
    query: CostSummaryParams<D, G>,
    options: RequestOptions = NO_OPTIONS,
  ): Promise<CostSummary<DimensionNames<D, G>>> {
    const path = costPath("getCostSummary", typeof cost === "string" ? cost : cost?.id);
    return this.#transport.request(
      "getCostSummary",
      "get",
      "/v0/costs/{id}/summary",
      { path, query: costSummaryQuery(query, cost) },
      options,
      readCostSummary,
    ) as Promise<CostSummary<DimensionNames<D, G>>>;
  }

  /** A report over many costs, limited by the API to 600 requests a minute. */
  async report(query: CostReportParams, options: RequestOptions = NO_OPTIONS): Promise<CostReport> {
    return this.#transport.request(
      "getCostReport",
      "get",
      "/v0/costs/report",
      { query: costReportQuery(query) },
      options,
      readCostReport,
    );
  }

  /** Reports a unit cost that came back as another number than was sent: a rounded one, say. */
  async #compared(
    operation: Operation,
    { unitCost: sent }: { readonly unitCost?: unknown },
    answered: Promise<Cost>,
  ): Promise<Cost> {
    const cost = await answered;
    if (sent !== undefined && !cost.unitCost.equals(sent as Decimal)) {
      const message = `sent ${sent}, the answer says ${cost.unitCost}`;
      this.#transport.reportDrift(operation, { path: ["unitCost"], message });
    }
    return cost;
  }
}
