/**
 * Local summaries: the quantity and cost of your own events, without network and key.
 *
 * @module metered-costs/summary
 */

export type { EventCounts } from "./engine/event-pipeline.ts";
export type { SummaryOptions } from "./engine/summary-options.ts";
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
  type KontorionOperation,
  type Operation,
  QueueError,
  type UnknownErrorCode,
} from "./errors.ts";
export type {
  Aggregation,
  Cost,
  CostCreateParams,
  CostDefinition,
  CostEvent,
  CostReport,
  CostReportGroup,
  CostReportParams,
  CostReportWindow,
  CostSummary,
  CostSummaryGroup,
  CostSummaryParams,
  CostSummaryWindow,
  DimensionNames,
  Dimensions,
  EventDimension,
  FilterValue,
  LocalSummaryParams,
  MeterWindow,
  Pagination,
  ReportWindow,
  SummaryWindow,
} from "./models.ts";
export type {
  NdjsonChunk,
  NdjsonOptions,
  NdjsonProgress,
  NdjsonSource,
} from "./ndjson/byte-source.ts";
export type { EventSource } from "./ndjson/event-source.ts";
export { type ReadEventsOptions, readEvents } from "./ndjson/read-events.ts";
export { reportNdjson, summarizeCostsNdjson } from "./ndjson/report-ndjson.ts";
export {
  addNdjson,
  type NdjsonSummaryOptions,
  summarizeNdjson,
} from "./ndjson/summarize-ndjson.ts";
export {
  type ComparedEvent,
  type ComparedSide,
  type CompareEventsOptions,
  compareEvents,
  type DifferentEvent,
  type EventComparison,
  type EventFieldDifference,
  type EventWorth,
  type StoredEvent,
} from "./reconcile/compare-events.ts";
export {
  type EventExplanation,
  type ExplainEventOptions,
  type ExplainNdjsonOptions,
  explainEvent,
  explainNdjson,
  type LoggedEventExplanation,
} from "./reconcile/explain-event.ts";
export { type FormatReconciliationOptions, formatReconciliation } from "./reconcile/format.ts";
export {
  type InvestigateParams,
  type Investigation,
  type InvestigationStep,
  investigate,
  type SummaryServer,
} from "./reconcile/investigate.ts";
export {
  type ReconcileInput,
  type ReconcileNdjsonInput,
  type ReconcileNdjsonOptions,
  type ReconcileOptions,
  reconcile,
  reconcileNdjson,
} from "./reconcile/reconcile.ts";
export type {
  AmountDiff,
  Audit,
  Diff,
  DifferenceFinding,
  EventReference,
  EventSample,
  ExplainedEvents,
  Explanation,
  HypothesisId,
  HypothesisUse,
  NextQuery,
  Reason,
  Reconciliation,
  Verdict,
} from "./reconcile/result.ts";
export type { ServerSummary } from "./reconcile/server-summary.ts";
export {
  type WhatIf,
  type WhatIfChanges,
  type WhatIfPeriod,
  whatIf,
} from "./reconcile/what-if.ts";
export { defineCost } from "./schemas/contract.ts";
export { CostSummarizer, type SummarizerState, summarizeCost } from "./summary/cost-summarizer.ts";
export { reportCosts } from "./summary/report.ts";
export {
  type CostsSummary,
  type CostsSummaryColumn,
  type CostsSummaryParams,
  type CostsSummaryRow,
  type SharedDimensions,
  summarizeCosts,
} from "./summary/summarize-costs.ts";
export { Decimal, type DecimalInput, type DecimalLike } from "./values/decimal.ts";
