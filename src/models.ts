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
  /** `org_...` */
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
 * A metered cost. Fields and enum members that the contract does not know yet are kept as they came. Where an answer
 * breaks the contract in something that is no money (`name`, a date), that field is undefined and `onDrift` hears of it.
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

/** Where a page stands in the whole. */
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
 * What a cost came to: the API's answer, or the same computed from your own events. A local one has `id`, `name`,
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
  /** A URI that names the sender; not empty. */
  readonly source: string;
  /** What was used; sent as `JSON.stringify` writes it. */
  readonly data: object;
  /** The organization: `org_...` */
  readonly namespace?: string | null | undefined;
  /** When it was used: a Date, or RFC 3339 text with an offset, sent as given. Now, when absent. */
  readonly timestamp?: Date | string | undefined;
  /** The same key is counted once. Made up, once for all attempts, when absent. */
  readonly idempotencyKey?: string | null | undefined;
  readonly externalId?: string | null | undefined;
}

/** `events.ingest`: one usage event. It needs a `subject` or an `externalSubject`; `subject` wins. */
export type EventIngestParams = EventIngestCommon &
  (
    | {
        /** The customer's id. */
        readonly subject: string;
        readonly externalSubject?: string | null | undefined;
      }
    | {
        readonly subject?: string | null | undefined;
        /** Your own id of the customer: letters, digits, `_` and `-`, at most 255. */
        readonly externalSubject: string;
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
