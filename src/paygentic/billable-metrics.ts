import type { paths } from "../../generated/paygentic.ts";
import type { CallPromise, HttpClient } from "../http/client.ts";
import { NO_OPTIONS, type RequestOptions } from "../http/options.ts";
import type {
  BillableMetricEvent,
  BillableMetricEventListParams,
  BillableMetricEventPage,
  BillableMetricMeter,
  BillableMetricMeterParams,
} from "../models.ts";
import { meterQuery, metricPath, storedEventsQuery } from "../schemas/requests.ts";
import { meterResponse, storedEventPageResponse } from "../schemas/responses.ts";
import { allItems } from "./pages.ts";

const PAGE = 200;
const METER = {
  operation: "getBillableMetricMeter",
  method: "billableMetrics.meter",
  retry: "always",
} as const;
const LIST_EVENTS = {
  operation: "listBillableMetricEvents",
  method: "billableMetrics.listEvents",
  retry: "always",
} as const;

/**
 * Billable metrics: what they measured, and the events that the server stored for them. Reached as
 * `paygentic.billableMetrics`. The methods reject as those of `Costs` do.
 */
export class BillableMetrics {
  readonly #client: HttpClient<paths>;

  /** @internal */
  constructor(client: HttpClient<paths>) {
    this.#client = client;
  }

  /** What a billable metric measured in `[from, to)`. Values keep every digit of the response. */
  meter(
    id: string,
    params: BillableMetricMeterParams,
    options: RequestOptions = NO_OPTIONS,
  ): CallPromise<BillableMetricMeter> {
    return this.#client.call(METER, options, meterResponse.read, (api, init) =>
      api.GET("/v0/billableMetrics/{id}/meter", {
        ...init,
        params: { path: metricPath(METER.method, id), query: meterQuery(params) },
      }),
    );
  }

  /** Lists the events that the server stored for a metric in `[from, to)`, newest first: 20 unless `limit` says otherwise. */
  listEvents(
    id: string,
    params: BillableMetricEventListParams,
    options: RequestOptions = NO_OPTIONS,
  ): CallPromise<BillableMetricEventPage> {
    return this.#client.call(LIST_EVENTS, options, storedEventPageResponse.read, (api, init) =>
      api.GET("/v0/billableMetrics/{id}/events", {
        ...init,
        params: {
          path: metricPath(LIST_EVENTS.method, id),
          query: storedEventsQuery(params),
        },
      }),
    );
  }

  /**
   * All events that the server stored for a metric in `[from, to)`, each once, newest first, fetched in pages of 200 as
   * you iterate. Events that arrive meanwhile may be missed. A server that ignores the offset is handled as in
   * `costs.listAll`.
   *
   * @example
   * ```ts
   * import { Paygentic } from "metered-costs";
   *
   * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
   * const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
   * for await (const event of paygentic.billableMetrics.listAllEvents("bm_1", june)) {
   *   console.log(event.time.toISOString(), event.idempotencyKey);
   * }
   * ```
   */
  async *listAllEvents(
    id: string,
    params: Omit<BillableMetricEventListParams, "limit">,
    options: RequestOptions = NO_OPTIONS,
  ): AsyncGenerator<BillableMetricEvent, void, undefined> {
    const { offset = 0 } = storedEventsQuery(params);
    yield* allItems(
      LIST_EVENTS,
      (at) => this.listEvents(id, { limit: PAGE, ...params, offset: at }, options),
      ({ events }) => events,
      offset,
    );
  }
}
