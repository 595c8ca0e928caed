/**
 * The API's contract as zod schemas, for your own forms, routes and queues. They read plain JSON: `...ParamsSchema` into
 * what the client takes, the others into the models that it returns. Each is a schema of `zod/mini` and so a Standard
 * Schema. Amounts become `Decimal` without passing through a double where they are text, times become `Date`.
 *
 * @module metered-costs/schemas
 */

import type {
  BillableMetricEventListParams,
  BillableMetricEventPage,
  BillableMetricMeter,
  BillableMetricMeterParams,
  Cost,
  CostCreateParams,
  CostEvent,
  CostListParams,
  CostPage,
  CostReport,
  CostReportParams,
  CostSummary,
  CostSummaryParams,
  CostUpdateParams,
  EventIngestParams,
  EventReceipt,
  ProfitabilityParams,
  ProfitabilitySummary,
  RevenueParams,
  RevenueSummary,
} from "./models.ts";
import { costEvent } from "./schemas/events.ts";
import { type Schema, time } from "./schemas/fields.ts";
import {
  billableMetricEventListParams,
  billableMetricMeterParams,
  costCreateParams,
  costListParams,
  costReportParams,
  costSummaryParams,
  costUpdateParams,
  eventIngestParams,
  profitabilityParams,
  revenueParams,
} from "./schemas/requests.ts";
import {
  costPageResponse,
  costReportResponse,
  costResponse,
  costSummaryResponse,
  eventReceiptResponse,
  meterResponse,
  profitabilityResponse,
  revenueResponse,
  storedEventPageResponse,
} from "./schemas/responses.ts";
import type { Decimal } from "./values/decimal.ts";

/** Params of which some fields are known better after they were read. */
type Read<Params, Fields> = Params extends unknown ? Omit<Params, keyof Fields> & Fields : never;
interface Range {
  readonly from: Date;
  readonly to: Date;
}

/**
 * What `costs.create` takes. Unknown fields are refused, each by its path, and so is an aggregation without the
 * `valueProperty` that it needs. `unitCost` may be text, a number, a bigint or a decimal; it is a `Decimal` afterwards.
 *
 * @example
 * ```ts
 * import { CostCreateParamsSchema } from "metered-costs/schemas";
 *
 * const params = CostCreateParamsSchema.parse({
 *   type: "metered",
 *   name: "Input tokens",
 *   unitCost: "0.0000025",
 *   currency: "USD",
 *   productId: "prod_1",
 *   eventType: "llm.completion",
 *   aggregation: "SUM",
 *   valueProperty: "$.tokens.input",
 * });
 * console.log(params.unitCost.times(1_000_000).toString()); // 2.5
 * ```
 */
export const CostCreateParamsSchema: Schema<
  Read<CostCreateParams, { readonly unitCost: Decimal }>,
  CostCreateParams
> = /* @__PURE__ */ paramsOf(costCreateParams);

/**
 * What `costs.update` takes: at least one field. Null removes what may be removed; unknown fields are refused.
 *
 * @example
 * ```ts
 * import { CostUpdateParamsSchema } from "metered-costs/schemas";
 *
 * console.log(CostUpdateParamsSchema.safeParse({}).success); // false
 * ```
 */
export const CostUpdateParamsSchema: Schema<
  Read<CostUpdateParams, { readonly unitCost?: Decimal | undefined }>,
  CostUpdateParams
> = /* @__PURE__ */ paramsOf(costUpdateParams);

/**
 * What `costs.list` takes. Numbers are numbers: convert the text of a query string first.
 *
 * @example
 * ```ts
 * import { CostListParamsSchema } from "metered-costs/schemas";
 *
 * console.log(CostListParamsSchema.parse({ limit: 100 }).limit); // 100
 * ```
 */
export const CostListParamsSchema: Schema<CostListParams> =
  /* @__PURE__ */ paramsOf(costListParams);

/**
 * What `costs.summary` takes. Times are RFC 3339 text or Dates, and Dates afterwards, in milliseconds; `groupBy` may be
 * text with commas and is an array afterwards.
 *
 * @example
 * ```ts
 * import { CostSummaryParamsSchema } from "metered-costs/schemas";
 *
 * const { from, groupBy } = CostSummaryParamsSchema.parse({
 *   from: "2026-06-01T00:00:00Z",
 *   to: "2026-07-01T00:00:00Z",
 *   groupBy: "model, region",
 * });
 * console.log(from.getUTCMonth(), groupBy?.[1]); // 5 region
 * ```
 */
export const CostSummaryParamsSchema: Schema<
  Read<CostSummaryParams, Range & { readonly groupBy?: readonly string[] | undefined }>,
  CostSummaryParams
> = /* @__PURE__ */ paramsOf(/* @__PURE__ */ costSummaryParams(time));

/**
 * What `costs.report` takes. Times are Dates afterwards, `costId` is an array.
 *
 * @example
 * ```ts
 * import { CostReportParamsSchema } from "metered-costs/schemas";
 *
 * const range = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 * console.log(CostReportParamsSchema.parse({ ...range, groupBy: "cost", costId: "cst_1" }).costId);
 * ```
 */
export const CostReportParamsSchema: Schema<
  Read<CostReportParams, Range & { readonly costId?: readonly string[] | undefined }>,
  CostReportParams
> = /* @__PURE__ */ paramsOf(/* @__PURE__ */ costReportParams(time));

/**
 * What `events.ingest` takes: a usage event with a `subject` or an `externalSubject`. `data` is copied as JSON; null for
 * an optional field means that it is absent.
 *
 * @example
 * ```ts
 * import { EventIngestParamsSchema } from "metered-costs/schemas";
 *
 * const event = EventIngestParamsSchema.parse({
 *   type: "llm.completion",
 *   source: "gateway",
 *   subject: "cus_1",
 *   timestamp: "2026-06-01T10:00:00Z",
 *   data: { tokens: { input: 1200 } },
 * });
 * console.log(event.timestamp?.toISOString()); // 2026-06-01T10:00:00.000Z
 * ```
 */
export const EventIngestParamsSchema: Schema<
  Read<EventIngestParams, { readonly timestamp?: Date | undefined }>,
  EventIngestParams
> = /* @__PURE__ */ paramsOf(/* @__PURE__ */ eventIngestParams(time));

/**
 * An event of your own log, as `summarizeCost` takes it: an event without a customer, a source or a time is one too.
 * Fields that no summary reads are left out.
 *
 * @example
 * ```ts
 * import { CostEventSchema } from "metered-costs/schemas";
 *
 * const line = '{"type":"api.call","timestamp":"2026-06-01T10:00:00Z","data":{}}';
 * console.log(CostEventSchema.parse(JSON.parse(line)).timestamp?.getUTCDate()); // 1
 * ```
 */
export const CostEventSchema: Schema<
  Read<CostEvent, { readonly timestamp?: Date | undefined }>,
  CostEvent
> = /* @__PURE__ */ paramsOf(costEvent);

/**
 * What `profitability.get` takes. Times are Dates afterwards.
 *
 * @example
 * ```ts
 * import { ProfitabilityParamsSchema } from "metered-costs/schemas";
 *
 * const range = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 * console.log(ProfitabilityParamsSchema.parse({ ...range, merchantId: "org_1" }).merchantId); // org_1
 * ```
 */
export const ProfitabilityParamsSchema: Schema<
  Read<ProfitabilityParams, Range>,
  ProfitabilityParams
> = /* @__PURE__ */ paramsOf(/* @__PURE__ */ profitabilityParams(time));

/**
 * What `revenue.get` takes: a time range, and at least one of `merchantId`, `customerId` and `subscriptionIds`, which is
 * an array afterwards.
 *
 * @example
 * ```ts
 * import { RevenueParamsSchema } from "metered-costs/schemas";
 *
 * const range = { startTime: "2026-06-01T00:00:00Z", endTime: "2026-07-01T00:00:00Z" };
 * console.log(RevenueParamsSchema.safeParse(range).success); // false
 * ```
 */
export const RevenueParamsSchema: Schema<
  Read<RevenueParams, { readonly startTime: Date; readonly endTime: Date }>,
  RevenueParams
> = /* @__PURE__ */ paramsOf(/* @__PURE__ */ revenueParams(time));

/**
 * What `billableMetrics.meter` takes. Times are Dates afterwards, `groupBy` is an array.
 *
 * @example
 * ```ts
 * import { BillableMetricMeterParamsSchema } from "metered-costs/schemas";
 *
 * const range = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 * console.log(BillableMetricMeterParamsSchema.parse({ ...range, groupBy: "subject" }).groupBy);
 * ```
 */
export const BillableMetricMeterParamsSchema: Schema<
  Read<BillableMetricMeterParams, Range & { readonly groupBy?: readonly string[] | undefined }>,
  BillableMetricMeterParams
> = /* @__PURE__ */ paramsOf(/* @__PURE__ */ billableMetricMeterParams(time));

/**
 * What `billableMetrics.listEvents` takes. Times are Dates afterwards.
 *
 * @example
 * ```ts
 * import { BillableMetricEventListParamsSchema } from "metered-costs/schemas";
 *
 * const range = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 * console.log(BillableMetricEventListParamsSchema.parse({ ...range, limit: 200 }).limit); // 200
 * ```
 */
export const BillableMetricEventListParamsSchema: Schema<
  Read<BillableMetricEventListParams, Range>,
  BillableMetricEventListParams
> = /* @__PURE__ */ paramsOf(/* @__PURE__ */ billableMetricEventListParams(time));

/**
 * A cost: the API's JSON, or a model that was written with `JSON.stringify`. Unknown fields are kept, and so is text that
 * the contract does not know yet, such as a new aggregation; anything else that breaks the contract is refused.
 *
 * @example
 * ```ts
 * import { CostSchema } from "metered-costs/schemas";
 *
 * const answer = `{
 *   "id": "cst_1", "object": "cost", "type": "metered", "name": "Input tokens", "currency": "USD",
 *   "unitCost": "0.0000025", "productId": "prod_1", "merchantId": "org_1",
 *   "createdAt": "2026-06-01T00:00:00Z", "updatedAt": "2026-06-01T00:00:00Z"
 * }`;
 * const cost = CostSchema.parse(JSON.parse(answer));
 * console.log(cost.unitCost.toString(), cost.createdAt.getUTCFullYear()); // 0.0000025 2026
 * ```
 */
export const CostSchema: Schema<Cost, unknown> = /* @__PURE__ */ costResponse.model();

/** A page of costs; see `CostSchema`. */
export const CostPageSchema: Schema<CostPage, unknown> = /* @__PURE__ */ costPageResponse.model();

/**
 * A summary, of `costs.summary` or computed locally; see `CostSchema`. A number in JSON was a double once `JSON.parse`
 * has read it: hand amounts on as text, as `JSON.stringify` of a model does, to keep every digit.
 */
export const CostSummarySchema: Schema<CostSummary, unknown> =
  /* @__PURE__ */ costSummaryResponse.model();

/** A report over many costs; see `CostSchema` and, for amounts, `CostSummarySchema`. */
export const CostReportSchema: Schema<CostReport, unknown> =
  /* @__PURE__ */ costReportResponse.model();

/** A receipt as `events.ingest` returns it: with the key and the time that were sent. See `CostSchema`. */
export const EventReceiptSchema: Schema<EventReceipt, unknown> =
  /* @__PURE__ */ eventReceiptResponse.model() as Schema<EventReceipt, unknown>;

/** What `profitability.get` returns; see `CostSchema`. */
export const ProfitabilitySummarySchema: Schema<ProfitabilitySummary, unknown> =
  /* @__PURE__ */ profitabilityResponse.model();

/** What `revenue.get` returns; see `CostSchema`. */
export const RevenueSummarySchema: Schema<RevenueSummary, unknown> =
  /* @__PURE__ */ revenueResponse.model();

/** What `billableMetrics.meter` returns; see `CostSchema` and, for amounts, `CostSummarySchema`. */
export const BillableMetricMeterSchema: Schema<BillableMetricMeter, unknown> =
  /* @__PURE__ */ meterResponse.model();

/** A page of a billable metric's stored events; see `CostSchema`. */
export const BillableMetricEventPageSchema: Schema<BillableMetricEventPage, unknown> =
  /* @__PURE__ */ storedEventPageResponse.model();

/** A schema of params under the type that the client takes, whose unions a schema's own type does not tell apart. */
/* @__NO_SIDE_EFFECTS__ */
function paramsOf<Output, Input>(schema: unknown): Schema<Output, Input> {
  return schema as Schema<Output, Input>;
}
