/**
 * The client of Paygentic's metered costs, its errors, its numbers and its types.
 *
 * @module metered-costs
 */

export type {
  AddedEvent,
  AddOptions,
  AsyncClosing,
  EventQueue,
  QueueDeadline,
  QueuedEvent,
  QueueOptions,
  QueueOutcome,
  QueueStats,
} from "./delivery/event-queue.ts";
export type { EventStore, KeptEvent } from "./delivery/event-store.ts";
export type {
  EventOutcome,
  IngestAllOptions,
  IngestProgress,
  IngestResult,
} from "./delivery/ingest-all.ts";
export {
  type AnyCostsError,
  type AnyOperation,
  ApiError,
  type ApiErrorCategory,
  type ApiErrorCode,
  type ApiErrorCodes,
  ConnectionError,
  CostsError,
  type FieldError,
  InvalidEventError,
  InvalidInputError,
  InvalidResponseError,
  type Issue,
  isCostsError,
  type KontorionOperation,
  type Operation,
  QueueError,
  type UnknownErrorCode,
} from "./errors.ts";
export type { CallPromise, CallResult } from "./http/client.ts";
export {
  type AttemptInfo,
  type Drift,
  type Fetch,
  type FetchedBody,
  type FetchedHeaders,
  type FetchedResponse,
  type Logger,
  type LogLevel,
  type NextStep,
  type RequestOptions,
  type ResponseInfo,
  VERSION,
} from "./http/options.ts";
export type {
  Aggregation,
  BillableMetricEvent,
  BillableMetricEventListParams,
  BillableMetricEventPage,
  BillableMetricMeter,
  BillableMetricMeterGroup,
  BillableMetricMeterParams,
  BillableMetricMeterWindow,
  BucketWidth,
  Cost,
  CostCreateParams,
  CostDefinition,
  CostEvent,
  CostListParams,
  CostPage,
  CostReport,
  CostReportGroup,
  CostReportParams,
  CostReportWindow,
  CostSummary,
  CostSummaryGroup,
  CostSummaryParams,
  CostSummaryWindow,
  CostUpdateParams,
  DimensionNames,
  Dimensions,
  EventIngestParams,
  EventReceipt,
  FilterValue,
  MeterWindow,
  Pagination,
  ProfitabilityParams,
  ProfitabilityRow,
  ProfitabilitySummary,
  ReportWindow,
  RevenueBucket,
  RevenueCurrency,
  RevenueGroup,
  RevenueInvoices,
  RevenueParams,
  RevenuePayments,
  RevenueSummary,
  RevenueTotal,
  SummaryWindow,
} from "./models.ts";
export type { BillableMetrics } from "./paygentic/billable-metrics.ts";
export type {
  CostSummariesOptions,
  CostSummaryOutcome,
  Costs,
  SummariesProgress,
} from "./paygentic/costs.ts";
export type { Events } from "./paygentic/events.ts";
export { Paygentic, type PaygenticOptions, type PaygenticRequest } from "./paygentic/paygentic.ts";
export type { Profitability, Revenue } from "./paygentic/revenue.ts";
export { defineCost } from "./schemas/contract.ts";
export { Decimal, type DecimalInput, type DecimalLike } from "./values/decimal.ts";
