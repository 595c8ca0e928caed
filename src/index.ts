/**
 * The client of Paygentic's metered costs, its errors, its numbers and its types.
 *
 * @module metered-costs
 */

export { defineCost } from "./contract.ts";
export type { Costs } from "./costs.ts";
export { Decimal, type DecimalInput, type DecimalLike } from "./decimal.ts";
export {
  type AnyCostsError,
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
  type Operation,
  QueueError,
  type UnknownErrorCode,
} from "./errors.ts";
export type { AsyncClosing, EventQueue } from "./event-queue.ts";
export type { EventStore, KeptEvent } from "./event-store.ts";
export type { Events } from "./events.ts";
export type {
  EventOutcome,
  IngestAllOptions,
  IngestProgress,
  IngestResult,
} from "./ingest-all.ts";
export type {
  Aggregation,
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
  Pagination,
  ReportWindow,
  SummaryWindow,
} from "./models.ts";
export type { Drift, PaygenticOptions, RequestOptions, ResponseFacts } from "./options.ts";
export { Paygentic } from "./paygentic.ts";
export type {
  QueueDeadline,
  QueuedEvent,
  QueueOptions,
  QueueOutcome,
  QueueStats,
} from "./queue-options.ts";
export type { AddedEvent, AddOptions } from "./sending-queue.ts";
