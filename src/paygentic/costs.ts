import type { paths } from "../../generated/paygentic.ts";
import { SENDING_OPTIONS } from "../delivery/ingest-all.ts";
import { type AnyCostsError, isCostsError } from "../errors.ts";
import type { ResponseReader } from "../http/call.ts";
import type { CallPromise, HttpClient } from "../http/client.ts";
import { callHook, NO_OPTIONS, type RequestOptions } from "../http/options.ts";
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
import { callback, optional, strictObject, wholeNumber, withFields } from "../schemas/fields.ts";
import { nothingSent, readInput, refuseInput } from "../schemas/input.ts";
import {
  costCreateBody,
  costListQuery,
  costPath,
  costReportQuery,
  costSummaryQuery,
  costUpdateBody,
} from "../schemas/requests.ts";
import {
  costPageResponse,
  costReportResponse,
  costResponse,
  costSummaryResponse,
} from "../schemas/responses.ts";
import type { Decimal } from "../values/decimal.ts";
import { allItems } from "./pages.ts";

const PAGE = 100;

/** Reads a cost that was sent; a unit cost that came back as another number, a rounded one say, is drift. */
const readSentCost: ResponseReader<Cost> = (body, onDrift, sent) => {
  const { model: cost, unusable } = costResponse.read(body, onDrift);
  const { unitCost } = sent as { readonly unitCost?: Decimal };
  if (unusable.length === 0 && unitCost !== undefined && !cost.unitCost.equals(unitCost)) {
    const message = `sent ${unitCost}, the response has ${cost.unitCost}`;
    onDrift({ path: ["unitCost"], message });
  }
  return { model: cost, unusable };
};

const CREATE = { operation: "createCost", method: "costs.create", retry: "refused" } as const;
const GET = { operation: "getCost", method: "costs.get", retry: "always" } as const;
const UPDATE = { operation: "updateCost", method: "costs.update", retry: "always" } as const;
const DELETE = {
  operation: "deleteCost",
  method: "costs.delete",
  retry: "always",
  isDoneWhenNotFound: true,
} as const;
const LIST = { operation: "listCosts", method: "costs.list", retry: "always" } as const;
const SUMMARY = { operation: "getCostSummary", method: "costs.summary", retry: "always" } as const;
const REPORT = { operation: "getCostReport", method: "costs.report", retry: "always" } as const;

/** How far `costs.summaries` is. */
export interface SummariesProgress {
  /** Costs whose summary was fetched or failed. */
  readonly done: number;
  /** Those of them that failed. */
  readonly failed: number;
  /** All costs that were given. */
  readonly total: number;
}

/** How many summaries are fetched. */
export interface CostSummariesOptions extends RequestOptions {
  /**
   * How many requests are on their way at once, 1 to 1,000.
   * @default 10
   */
  readonly concurrency?: number | undefined;
  /** Called after each cost. What it throws is ignored. */
  readonly onProgress?: ((progress: SummariesProgress) => void) | undefined;
}

/** What became of one cost of `costs.summaries`: its summary, or the error that `costs.summary` rejects with. */
export type CostSummaryOutcome<C extends string | Cost = string | Cost, D extends string = string> =
  | { readonly cost: C; readonly summary: CostSummary<D>; readonly error?: undefined }
  | { readonly cost: C; readonly error: AnyCostsError; readonly summary?: undefined };

const SUMMARIES = "costs.summaries";
const SUMMARIES_OPTIONS = /* @__PURE__ */ strictObject(
  /* @__PURE__ */ withFields(SENDING_OPTIONS, {
    maxRetries: /* @__PURE__ */ optional(/* @__PURE__ */ wholeNumber(0)),
    onProgress: /* @__PURE__ */ optional(
      /* @__PURE__ */ callback<(progress: SummariesProgress) => void>(),
    ),
  }),
);

/**
 * Metered costs: define them, change them, query what they cost. Reached as `paygentic.costs`.
 *
 * Every method rejects with an `InvalidInputError` when an argument is invalid (nothing is sent then), an `ApiError` when
 * the server answered without success, and a `ConnectionError` when there was no response. It rejects with an
 * `InvalidResponseError` when a success is unusable, and with the reason of your own `signal`.
 */
export class Costs {
  readonly #client: HttpClient<paths>;

  /** @internal */
  constructor(client: HttpClient<paths>) {
    this.#client = client;
  }

  /**
   * Creates a cost. `unitCost` is sent with all its digits. Only repeated after a 429: a repetition after anything else
   * could create a second cost.
   */
  create<const D extends string = string>(
    params: CostCreateParams<D>,
    options: RequestOptions = NO_OPTIONS,
  ): CallPromise<Cost<D>> {
    return this.#client.call(
      CREATE,
      options,
      readSentCost as ResponseReader<Cost<D>>,
      (api, init) => api.POST("/v0/costs", { ...init, body: costCreateBody(params) }),
    );
  }

  /** Reads a cost by its id. A deleted one is `NOT_FOUND`. */
  get(id: string, options: RequestOptions = NO_OPTIONS): CallPromise<Cost> {
    return this.#client.call(GET, options, costResponse.read, (api, init) =>
      api.GET("/v0/costs/{id}", { ...init, params: { path: costPath(GET.method, id) } }),
    );
  }

  /** Changes fields of a cost, at least one; null removes those that may be removed. */
  update(
    id: string,
    params: CostUpdateParams,
    options: RequestOptions = NO_OPTIONS,
  ): CallPromise<Cost> {
    return this.#client.call(UPDATE, options, readSentCost, (api, init) =>
      api.PATCH("/v0/costs/{id}", {
        ...init,
        params: { path: costPath(UPDATE.method, id) },
        body: costUpdateBody(params),
      }),
    );
  }

  /**
   * Deletes a cost. What was metered stays. A 404 is a success after an attempt that the server may have carried out.
   */
  delete(id: string, options: RequestOptions = NO_OPTIONS): CallPromise<void> {
    return this.#client.call<void>(DELETE, options, undefined, (api, init) =>
      api.DELETE("/v0/costs/{id}", { ...init, params: { path: costPath(DELETE.method, id) } }),
    );
  }

  /** Lists costs, one page: 10 unless `limit` says otherwise, at most 100. */
  list(params: CostListParams = {}, options: RequestOptions = NO_OPTIONS): CallPromise<CostPage> {
    return this.#client.call(LIST, options, costPageResponse.read, (api, init) =>
      api.GET("/v0/costs", { ...init, params: { query: costListQuery(params) } }),
    );
  }

  /**
   * All costs, each once, fetched in pages of 100 as you iterate. It moves on by the costs received and ends with an empty
   * page; costs that are created meanwhile, and others when one is deleted, may be missed. A page without any cost that is
   * new, of a list that did not grow, ends the iteration with an `InvalidResponseError`: the server ignores the offset. A
   * refused argument rejects the first step.
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
    const { offset = 0 } = costListQuery(params);
    yield* allItems(
      LIST,
      (at) => this.list({ limit: PAGE, ...params, offset: at }, options),
      ({ data }) => data,
      offset,
    );
  }

  /**
   * What a cost amounts to in `[from, to)`. With a `Cost` instead of an id the types know its dimensions, and a name
   * that it does not declare is refused before anything is sent. `totalCost` is null when the server could not compute
   * it; null is not zero. Amounts keep every digit of the response.
   */
  summary<D extends string = string, const G extends D = D>(
    cost: string | Cost<D>,
    query: CostSummaryParams<D, G>,
    options: RequestOptions = NO_OPTIONS,
  ): CallPromise<CostSummary<DimensionNames<D, G>>> {
    return this.#client.call(
      SUMMARY,
      options,
      costSummaryResponse.read as ResponseReader<CostSummary<DimensionNames<D, G>>>,
      (api, init) =>
        api.GET("/v0/costs/{id}/summary", {
          ...init,
          params: {
            path: costPath(SUMMARY.method, typeof cost === "string" ? cost : cost?.id),
            query: costSummaryQuery(query, cost),
          },
        }),
    );
  }

  /**
   * The summaries of many costs in `[from, to)`, with a bounded number of requests on their way at once: the API has one
   * request for each cost. Resolves with one outcome for each cost, in the order of `costs`; a cost that fails does not
   * fail the others.
   *
   * Rejects with an `InvalidInputError` when the query or the options are invalid for all costs (nothing is sent then).
   * Rejects with the reason of your own `signal` after the requests in flight have settled.
   *
   * @example
   * ```ts
   * import { Paygentic } from "metered-costs";
   *
   * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
   * const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
   * const outcomes = await paygentic.costs.summaries(["cst_1", "cst_2"], june, { concurrency: 20 });
   * for (const { cost, summary, error } of outcomes) {
   *   console.log(cost, error === undefined ? summary.totalCost?.toString() : error.code);
   * }
   * ```
   */
  async summaries<
    C extends string | Cost<D>,
    D extends string = C extends Cost<infer Names> ? Names : string,
    const G extends D = D,
  >(
    costs: readonly C[],
    query: CostSummaryParams<D, G>,
    options: CostSummariesOptions = {},
  ): Promise<CostSummaryOutcome<C, DimensionNames<D, G>>[]> {
    const summary = nothingSent(SUMMARIES);
    const { concurrency, onProgress, ...request } = readInput(SUMMARIES_OPTIONS, options, summary);
    this.#client.checkOptions(request, SUMMARIES);
    costSummaryQuery(query, "", SUMMARIES);
    if (!Array.isArray(costs)) refuseInput(summary, ["costs"], "expected an array of ids or costs");
    const given = [...costs];
    const outcomes = new Array<CostSummaryOutcome<C, DimensionNames<D, G>>>(given.length);
    let next = 0;
    let done = 0;
    let failed = 0;
    let failure: { readonly reason: unknown } | undefined;
    const fetchSome = async (): Promise<void> => {
      while (next < given.length && failure === undefined) {
        const index = next++;
        const cost = given[index] as C;
        try {
          outcomes[index] = { cost, summary: await this.summary<D, G>(cost, query, request) };
        } catch (error) {
          if (request.signal?.aborted || !isCostsError(error)) {
            failure ??= { reason: error };
            return;
          }
          outcomes[index] = { cost, error };
          failed++;
        }
        callHook(onProgress, { done: ++done, failed, total: given.length });
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, given.length) }, fetchSome));
    if (failure !== undefined) throw failure.reason;
    return outcomes;
  }

  /** A report over many costs, limited by the API to 600 requests a minute. */
  report(query: CostReportParams, options: RequestOptions = NO_OPTIONS): CallPromise<CostReport> {
    return this.#client.call(REPORT, options, costReportResponse.read, (api, init) =>
      api.GET("/v0/costs/report", { ...init, params: { query: costReportQuery(query) } }),
    );
  }
}
