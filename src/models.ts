import type { components } from "../generated/paygentic.ts";
import type { Decimal, DecimalInput } from "./values/decimal.ts";

type Schemas = components["schemas"];

/** A closed list on the way in, an open one on the way out: the API may grow members at any time. */
type Open<Known extends string> = Known | (string & Record<never, never>);

/** How one quantity is made of many events. */
export type Aggregation = Schemas["Aggregation"];
/** The windows of a summary: UTC minutes, hours or days. */
export type SummaryWindow = Schemas["SummaryWindow"];
/** The windows of a report: UTC hours, days or calendar months. */
export type ReportWindow = Schemas["ReportWindow"];
/** The windows of a billable metric's meter: UTC minutes, hours, days or calendar months. */
export type MeterWindow = Schemas["MeterWindow"];
/** The length of one bucket of a revenue trend. */
export type BucketWidth = Schemas["BucketWidth"];

/** Dimension names, each with the path of its value in an event's `data`, such as `{ model: "$.model" }`. */
export type Dimensions<D extends string = string> = { readonly [Name in D]: string };

/**
 * The names in a `groupBy`. A cost whose dimensions are not known to the types may be grouped by comma-separated text,
 * which is split here as it is at run time.
 */
export type DimensionNames<D extends string, G extends string> = string extends D
  ? SplitNames<G>
  : G;
type SplitNames<Text extends string> = Text extends `${infer First},${infer Rest}`
  ? Trim<First> | SplitNames<Rest>
  : Trim<Text>;
type Trim<Text extends string> = Text extends ` ${infer Rest}` | `${infer Rest} `
  ? Trim<Rest>
  : Text;

interface CostCreateCommon<D extends string> {
  /** The only type there is. */
  readonly type: Schemas["CostCreateParams"]["type"];
  readonly name: string;
  /** The cost of one unit, at least 0; sent with all its digits. */
  readonly unitCost: DecimalInput;
  /** An ISO 4217 code: three capital letters. */
  readonly currency: string;
  /** `prod_...` */
  readonly productId: string;
  /** The CloudEvents `type` of the events to meter. */
  readonly eventType: string;
  /** Dimension names, each with its path; see `defineCost` for keeping the names in the type. */
  readonly groupBy?: Dimensions<D> | undefined;
  /** A label such as `token`. */
  readonly unit?: string | undefined;
  /** `org_...`; the API key's own merchant when absent. */
  readonly merchantId?: string | undefined;
}

/** `costs.create`: what a new cost is. `D` are the names of its dimensions. */
export type CostCreateParams<D extends string = string> = CostCreateCommon<D> &
  (
    | {
        readonly aggregation: Exclude<Aggregation, "COUNT" | "UNIQUE_COUNT">;
        /** Where in an event's `data` the value is, such as `$.usage.tokens`. */
        readonly valueProperty: string;
      }
    | {
        readonly aggregation: "COUNT" | "UNIQUE_COUNT";
        /** Where in an event's `data` the value is; `COUNT` needs none. */
        readonly valueProperty?: string | undefined;
      }
  );

/** `costs.update`: what to change, at least one field. Type, product and merchant cannot change; null removes. */
export interface CostUpdateParams {
  readonly name?: string | undefined;
  readonly unitCost?: DecimalInput | undefined;
  readonly currency?: string | undefined;
  readonly unit?: string | null | undefined;
  readonly aggregation?: Aggregation | null | undefined;
  readonly eventType?: string | null | undefined;
  readonly valueProperty?: string | null | undefined;
  readonly groupBy?: Dimensions | null | undefined;
}

/** `costs.list`: which costs, and which page of them. */
export interface CostListParams {
  readonly merchantId?: string | undefined;
  readonly productId?: string | undefined;
  /** 1 to 100; the server's default is 10. */
  readonly limit?: number | undefined;
  /** At least 0; the server's default is 0. */
  readonly offset?: number | undefined;
}

/**
 * A metered cost. Fields and enum members that the contract does not have yet are kept. Where a response
 * breaks the contract in a field that is not an amount (`name`, a date), that field is undefined and `onDrift` is called.
 */
export interface Cost<D extends string = string> {
  readonly id: string;
  readonly object: "cost";
  readonly type: Open<"metered">;
  readonly name: string;
  readonly currency: string;
  readonly unitCost: Decimal;
  readonly productId: string;
  readonly merchantId: string;
  readonly unit?: string | null | undefined;
  readonly aggregation?: Open<Aggregation> | null | undefined;
  readonly eventType?: string | null | undefined;
  readonly valueProperty?: string | null | undefined;
  readonly groupBy?: Dimensions<D> | null | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Null while the cost is active. */
  readonly deletedAt?: Date | null | undefined;
}

/** The position of a page in the whole list. */
export interface Pagination {
  readonly limit: number;
  readonly offset: number;
  readonly total: number;
}

/** One page of costs. */
export interface CostPage {
  readonly object: "list";
  readonly data: readonly Cost[];
  readonly pagination: Pagination;
}

/** What a dimension is compared with: numbers and booleans as their text, null as `"null"`, `""` matches missing. */
export type FilterValue = string | number | boolean | null;

/** Dimension to value, one of several values as an array. A cost without dimensions has nothing to filter by. */
type DimensionFilter<D extends string> = [D] extends [never]
  ? { readonly [dimension: string]: never }
  : { readonly [Name in D]?: FilterValue | readonly FilterValue[] };

/**
 * `costs.summary` and `summarizeCost`: which events, and how to break the total down.
 * `D` are the cost's dimensions, `G` those that are grouped by.
 */
export interface CostSummaryParams<D extends string = string, G extends D = D> {
  /** The first instant that counts: a Date, or RFC 3339 text with an offset, sent as given. */
  readonly from: Date | string;
  /** The first instant that counts no more; later than `from`. */
  readonly to: Date | string;
  /** Only this customer's events. */
  readonly subject?: string | undefined;
  /** Dimension names. Text is split at commas. */
  readonly groupBy?: G | readonly G[] | undefined;
  /** The length of a window of the time series, aligned to UTC. */
  readonly window?: SummaryWindow | undefined;
  /** Dimension to value; an array, which means any of its values, only locally: the API cannot say it. */
  readonly filterGroupBy?: DimensionFilter<NoInfer<D>> | undefined;
}

/**
 * The dimensions that every cost has in local summaries: the event's subject (what `resolveSubject` gives, where it has
 * only an `externalSubject`; `""` where there is none) and its source (`""` where it has none). A dimension of that
 * name which the cost itself declares wins.
 */
export type EventDimension = "$subject" | "$source";

/**
 * `summarizeCost` and its like: as `CostSummaryParams`, and `$subject` and `$source` are dimensions, too, which the API
 * does not have.
 */
export type LocalSummaryParams<
  D extends string = string,
  G extends D | EventDimension = D,
> = CostSummaryParams<D | EventDimension, G>;

/** The quantity and the cost of one combination of dimension values. */
export interface CostSummaryGroup<D extends string = string> {
  readonly dimensions: { readonly [Name in D]: string };
  readonly quantity: Decimal;
  readonly cost: Decimal;
}

/** The quantity and the cost of one window, `[windowStart, windowEnd)`, UTC. */
export interface CostSummaryWindow {
  readonly windowStart: Date;
  readonly windowEnd: Date;
  readonly quantity: Decimal;
  readonly cost: Decimal;
}

/**
 * The quantity and cost of one cost: the API's response, or the same computed from your own events. A local one has `id`, `name`,
 * `currency` where its definition has them, and `unitCost`. `D` are the dimensions that were grouped by.
 */
export interface CostSummary<D extends string = string> {
  readonly object: "cost";
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly type: Open<"metered">;
  readonly currency?: string | undefined;
  readonly unitCost?: Decimal | undefined;
  readonly eventType?: string | undefined;
  /** Null when there is no quantity: nothing to average, or usage that the server could not compute. */
  readonly totalCost: Decimal | null;
  readonly totalQuantity?: Decimal | null | undefined;
  /** With `groupBy` only. */
  readonly groups?: readonly CostSummaryGroup<D>[] | undefined;
  /** With `window` only. */
  readonly timeSeries?: readonly CostSummaryWindow[] | undefined;
}

/** `costs.report`: which costs and events, and how to group and rank them. */
export interface CostReportParams {
  /** The first instant that counts: a Date, or RFC 3339 text with an offset, sent as given. */
  readonly from: Date | string;
  /** The first instant that counts no more; later than `from`. */
  readonly to: Date | string;
  /** `cost`, `customer`, or a dimension of the one cost that `costId` names. */
  readonly groupBy: Open<"cost" | "customer">;
  /** The API key's own merchant when absent. */
  readonly merchantId?: string | undefined;
  /** Only these costs. */
  readonly costId?: string | readonly string[] | undefined;
  readonly subject?: string | undefined;
  /** Dimension to value: at most 5 keys, and 4,096 characters as JSON. */
  readonly filterGroupBy?: { readonly [dimension: string]: FilterValue } | undefined;
  /** 1 to 25; the server's default is 9. The rest is folded into `__other__`. */
  readonly topN?: number | undefined;
  /** The server's default is false. */
  readonly comparePriorPeriod?: boolean | undefined;
  readonly windowSize?: ReportWindow | undefined;
  /** The server's default is `totalCost`. */
  readonly sort?: "totalCost" | "totalQuantity" | undefined;
  /** The server's default is `desc`. */
  readonly sortDir?: "asc" | "desc" | undefined;
  /** At least 0; the server's default is 0. */
  readonly offset?: number | undefined;
  /** 1 to 100; the server's default is 25. */
  readonly limit?: number | undefined;
  /** An ISO 4217 code; the merchant's primary currency when absent. */
  readonly currency?: string | undefined;
}

/** One row of a report. */
export interface CostReportGroup {
  /** A cost's id, a customer's id, a dimension's value, or `__other__` for the rest. */
  readonly key: string;
  readonly label: string;
  readonly totalCost: Decimal;
  readonly totalQuantity: Decimal;
  /** 0 to 100. */
  readonly percentOfTotal: Decimal;
  readonly isOther: boolean;
  readonly unit?: string | null | undefined;
  readonly priorPeriod?:
    | { readonly cost: Decimal; readonly changePercent: Decimal | null }
    | null
    | undefined;
}

/** The cost of each group in one window, `[windowStart, windowEnd)`, UTC. */
export interface CostReportWindow {
  readonly windowStart: Date;
  readonly windowEnd: Date;
  readonly groups: { readonly [groupKey: string]: Decimal };
}

/** A report over many costs. */
export interface CostReport {
  readonly object: "cost_report";
  readonly currency: string;
  readonly period: { readonly from: Date; readonly to: Date };
  readonly groupBy: string;
  /** Over all groups, not only the top. */
  readonly totalCost: Decimal;
  readonly totalQuantity: Decimal;
  readonly groups: readonly CostReportGroup[];
  readonly timeSeries: readonly CostReportWindow[];
  readonly availableDimensions: readonly string[];
  readonly pagination: Pagination;
  readonly warnings?: readonly string[] | undefined;
}

interface EventIngestCommon {
  /** The CloudEvents type; one that no cost meters is refused with 422. */
  readonly type: string;
  /** The sender: a URI or a plain name such as `gateway`; not empty. */
  readonly source: string;
  /** What was used; sent as `JSON.stringify` writes it. */
  readonly data: object;
  /** The organization that the event belongs to; the API key's own when absent. */
  readonly namespace?: string | null | undefined;
  /** When it was used: a Date, or RFC 3339 text with an offset, sent as given. Now, when absent. */
  readonly timestamp?: Date | string | undefined;
  /** The same key is counted once. Made up, once for all attempts, when absent. */
  readonly idempotencyKey?: string | null | undefined;
  readonly externalId?: string | null | undefined;
}

// The compiler's message about an event that has neither names what the last of these requires.
/** `events.ingest`: one usage event. It needs a `subject` or an `externalSubject`; `subject` wins. */
export type EventIngestParams = EventIngestCommon &
  (
    | {
        readonly subject?: string | null | undefined;
        /** Your own id of the customer: letters, digits, `_` and `-`, at most 255. */
        readonly externalSubject: string;
      }
    | {
        /** The customer's id. */
        readonly subject: string;
        readonly externalSubject?: string | null | undefined;
      }
  );

/** What the server took: always with the key and the time that were sent. */
export interface EventReceipt {
  readonly id?: string | undefined;
  readonly object?: "event" | undefined;
  readonly type?: string | undefined;
  readonly source?: string | undefined;
  readonly subject?: string | undefined;
  readonly externalSubject?: string | undefined;
  readonly namespace?: string | undefined;
  readonly timestamp: Date;
  readonly idempotencyKey: string;
  readonly externalId?: string | undefined;
}

/** `profitability.get`: which merchant's customers to compare, and over which time range. */
export interface ProfitabilityParams {
  /** `org_...` */
  readonly merchantId: string;
  /** The inclusive start of the range: a Date, or RFC 3339 text with an offset, sent as given. */
  readonly from: Date | string;
  /** The exclusive end of the range; later than `from`. */
  readonly to: Date | string;
  /** How many customers to return by name, 1 to 100; the server's default is 10. The others are one row, `other`. */
  readonly topN?: number | undefined;
  /** An ISO 4217 code; the merchant's primary currency when absent. */
  readonly currency?: string | undefined;
  /** The length of a bucket of the trend; the server chooses one when absent. */
  readonly bucketWidth?: BucketWidth | undefined;
}

/** The revenue, the cost and the profit of one customer. Amounts have two decimals. */
export interface ProfitabilityRow {
  /** The customer's id; `other` for all customers that are not listed. */
  readonly customerId: string;
  readonly customerName: string;
  /** Paid and outstanding revenue. */
  readonly netRevenue: Decimal;
  readonly totalCost: Decimal;
  /** Revenue minus cost; may be negative. */
  readonly profit: Decimal;
  /** The profit in percent of the revenue; null when there is no revenue. */
  readonly marginPct: Decimal | null;
  /** The revenue of each bucket, and its change in percent; null when the server gives no trend. */
  readonly trend: {
    readonly values: readonly Decimal[];
    readonly periodChange: Decimal | null;
  } | null;
}

/**
 * The profit that each customer of a merchant brings, highest first. The server leaves out the costs of subjects that
 * are no customer of the merchant, so the costs can add up to less than a report's `totalCost`.
 */
export interface ProfitabilitySummary {
  readonly object: "profitability_summary";
  readonly currency: string;
  /** At most 101: up to 100 customers, then the row `other`. */
  readonly rows: readonly ProfitabilityRow[];
  /** Costs that the server could not query. */
  readonly warnings?: readonly string[] | undefined;
}

/** `revenue.get`: whose revenue, and over which time range. At least one of the three filters is needed. */
export type RevenueParams = {
  /** The inclusive start of the range: a Date, or RFC 3339 text with an offset, sent as given. */
  readonly startTime: Date | string;
  /** The exclusive end of the range; later than `startTime`. */
  readonly endTime: Date | string;
  /** The length of a bucket of the trend; the server's default is `day`. */
  readonly bucketWidth?: BucketWidth | undefined;
  /** An ISO 4217 code; all currencies when absent. */
  readonly currency?: string | undefined;
  /** What to break the amounts down by. With `currency`, the amounts are in `currencyBreakdown` only. */
  readonly groupBy?: "plan" | "customer" | "currency" | undefined;
  /** `org_...` */
  readonly merchantId?: string | undefined;
  readonly customerId?: string | undefined;
  readonly subscriptionIds?: string | readonly string[] | undefined;
} & (
  | { readonly merchantId: string }
  | { readonly customerId: string }
  | { readonly subscriptionIds: string | readonly string[] }
);

/** A number of invoices and their amount, in currency units. */
export interface RevenueTotal {
  readonly count?: number | undefined;
  readonly amount?: Decimal | undefined;
}

/** Invoices by what became of them. */
export interface RevenueInvoices {
  readonly issued?: RevenueTotal | undefined;
  readonly outstanding?: RevenueTotal | undefined;
  readonly paid?: RevenueTotal | undefined;
  readonly writtenOff?: RevenueTotal | undefined;
}

/** Payments by what became of them. Amounts are in currency units. */
export interface RevenuePayments {
  readonly completedCount?: number | undefined;
  readonly completedAmount?: Decimal | undefined;
  readonly pendingCount?: number | undefined;
  readonly pendingAmount?: Decimal | undefined;
  readonly expiredCount?: number | undefined;
  readonly expiredAmount?: Decimal | undefined;
}

/** The revenue of one bucket of the trend. */
export interface RevenueBucket {
  /** The start of the bucket. */
  readonly timestamp?: Date | undefined;
  readonly issuedInvoices?: Decimal | undefined;
  readonly writtenOffInvoices?: Decimal | undefined;
  readonly completedPayments?: Decimal | undefined;
  /** With `groupBy` of `plan` or `customer` only. */
  readonly groupBreakdown?:
    | readonly {
        readonly groupKey?: string | undefined;
        readonly groupLabel?: string | undefined;
        readonly issuedInvoices?: Decimal | undefined;
      }[]
    | undefined;
}

/** The invoices of one plan or one customer. */
export interface RevenueGroup {
  readonly groupKey?: string | undefined;
  readonly groupLabel?: string | undefined;
  readonly outstanding?: RevenueTotal | undefined;
  readonly paid?: RevenueTotal | undefined;
  readonly writtenOff?: RevenueTotal | undefined;
}

/** The revenue in one currency. */
export interface RevenueCurrency {
  readonly currency?: string | undefined;
  readonly netRevenue?: Decimal | undefined;
  readonly invoices?: RevenueInvoices | undefined;
  readonly payments?: RevenuePayments | undefined;
}

/**
 * The revenue of a time range, in currency units. The API promises only `object`; every other field may be absent.
 * `netRevenue` is paid invoices and completed payments minus refunds, whereas a `ProfitabilityRow` counts outstanding
 * invoices too.
 */
export interface RevenueSummary {
  readonly object: "revenue_summary";
  readonly netRevenue?: Decimal | undefined;
  readonly totalRefunds?: Decimal | undefined;
  readonly refundCount?: number | undefined;
  readonly totalRebates?: Decimal | undefined;
  readonly rebateCount?: number | undefined;
  readonly invoices?: RevenueInvoices | undefined;
  readonly payments?: RevenuePayments | undefined;
  readonly trend?: readonly RevenueBucket[] | undefined;
  /** With `groupBy` of `plan` or `customer` only. */
  readonly groupBreakdown?: readonly RevenueGroup[] | undefined;
  /** With `groupBy` of `currency` only. */
  readonly currencyBreakdown?: readonly RevenueCurrency[] | undefined;
}

/** `billableMetrics.meter`: which events, and how to break the value down. */
export type BillableMetricMeterParams = {
  /** The inclusive start of the range: a Date, or RFC 3339 text with an offset, sent as given. */
  readonly from: Date | string;
  /** The exclusive end of the range; later than `from`. */
  readonly to: Date | string;
  /** Only this customer's events. */
  readonly subject?: string | undefined;
  /** The length of a window of `windowedValues`, aligned to UTC. */
  readonly windowSize?: MeterWindow | undefined;
  /** Dimension to value. */
  readonly filterGroupBy?: { readonly [dimension: string]: FilterValue } | undefined;
  /** `subject`, and the dimensions that the metric defines. Text is split at commas. */
  readonly groupBy?: string | readonly string[] | undefined;
} & (
  | { readonly groupLimit?: undefined; readonly groupOffset?: undefined }
  | {
      /** The maximum number of groups, 1 to 500. */
      readonly groupLimit: number;
      /** How many groups to skip, 0 to 100,000. */
      readonly groupOffset?: number | undefined;
    }
);

/** The value of one window, `[windowStart, windowEnd)`, UTC. */
export interface BillableMetricMeterWindow {
  readonly windowStart: Date;
  readonly windowEnd: Date;
  readonly value: Decimal;
}

/** The value of one combination of dimension values. */
export interface BillableMetricMeterGroup {
  readonly groupBy: { readonly [dimension: string]: string };
  readonly value: Decimal;
  readonly eventCount?: number | undefined;
}

/** The usage of a billable metric, as the server measured it. */
export interface BillableMetricMeter {
  readonly object: "meter";
  readonly billableMetricId: string;
  /** Null when there is nothing to aggregate. */
  readonly totalValue: Decimal | null;
  /** With `windowSize` only. */
  readonly windowedValues?: readonly BillableMetricMeterWindow[] | undefined;
  /** With `groupBy` only. */
  readonly groupedValues?: readonly BillableMetricMeterGroup[] | undefined;
  /** The number of groups before `groupLimit` and `groupOffset`. */
  readonly groupCount?: number | undefined;
}

/** `billableMetrics.listEvents`: which stored events, and which page of them. */
export interface BillableMetricEventListParams {
  /** The inclusive start of the range: a Date, or RFC 3339 text with an offset, sent as given. */
  readonly from: Date | string;
  /** The exclusive end of the range; later than `from`. */
  readonly to: Date | string;
  /** Only this customer's events. */
  readonly subject?: string | undefined;
  /** Only the events with this id of the customer in your own system. */
  readonly externalSubject?: string | undefined;
  readonly externalId?: string | undefined;
  /** 1 to 200; the server's default is 20. */
  readonly limit?: number | undefined;
  /** At least 0; the server's default is 0. */
  readonly offset?: number | undefined;
}

/** An event as the server stored it for a billable metric. */
export interface BillableMetricEvent {
  readonly id: string;
  readonly object: "meterEvent";
  readonly type: string;
  readonly source: string;
  /** The customer's id; empty while the server has matched the event to no customer. */
  readonly subject: string;
  /** When the usage happened: the event's `timestamp`, or the server's time where it had none. */
  readonly time: Date;
  readonly idempotencyKey: string;
  /** As it was sent. */
  readonly data: object;
  readonly externalId?: string | undefined;
  readonly externalSubject?: string | undefined;
}

/** One page of a billable metric's stored events, newest first. */
export interface BillableMetricEventPage {
  readonly object: "list";
  readonly billableMetricId: string;
  readonly events: readonly BillableMetricEvent[];
  readonly pagination: Pagination;
}

/** A usage event of your own log: what `events.ingest` takes is one, and so is a line of NDJSON. */
export interface CostEvent {
  readonly type: string;
  readonly data: object;
  readonly source?: string | null | undefined;
  readonly subject?: string | null | undefined;
  readonly externalSubject?: string | null | undefined;
  readonly namespace?: string | null | undefined;
  /** RFC 3339 text with an offset, or a valid Date; the time of the summary when absent. */
  readonly timestamp?: Date | string | undefined;
  readonly idempotencyKey?: string | null | undefined;
}

/** What a local summary needs of a cost: a `Cost` and `CostCreateParams` both are one. */
export interface CostDefinition<D extends string = string> {
  readonly unitCost: DecimalInput;
  readonly aggregation?: Open<Aggregation> | null | undefined;
  readonly eventType?: string | null | undefined;
  readonly valueProperty?: string | null | undefined;
  readonly groupBy?: Dimensions<D> | null | undefined;
  readonly currency?: string | undefined;
  readonly merchantId?: string | undefined;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  /** A label such as `token`; reports show it. */
  readonly unit?: string | null | undefined;
  /** Reports leave a deleted cost out. */
  readonly deletedAt?: Date | string | null | undefined;
}
