/**
 * What `metered-costs/summary` is in bundles for browsers: the same names, with a small `summarizeCost`.
 *
 * @module metered-costs/summary
 */

export { defineCost } from "../contract.ts";
export { Decimal, type DecimalInput, type DecimalLike } from "../decimal.ts";
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
} from "../errors.ts";
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
  FilterValue,
  Pagination,
  ReportWindow,
  SummaryWindow,
} from "../models.ts";
export type { NdjsonChunk, NdjsonSource } from "../ndjson/byte-source.ts";
export { type ReadEventsOptions, readEvents } from "../ndjson/read-events.ts";
export type { NdjsonOptions, NdjsonProgress } from "../ndjson/reading.ts";
export {
  addNdjson,
  type NdjsonSummaryOptions,
  summarizeNdjson,
} from "../ndjson/summarize-ndjson.ts";
export {
  type EventExplanation,
  type ExplainEventOptions,
  explainEvent,
} from "../reconcile/explain-event.ts";
export { formatReconciliation } from "../reconcile/format.ts";
export { type ReconcileInput, reconcile } from "../reconcile/reconcile.ts";
export type { ReconcileOptions } from "../reconcile/reconcile-options.ts";
export type {
  AmountDiff,
  Audit,
  Diff,
  EventReference,
  EventSample,
  ExplainedEvents,
  Explanation,
  HypothesisId,
  HypothesisUse,
  Reason,
  Reconciliation,
  Verdict,
} from "../reconcile/result.ts";
export type { ServerSummary } from "../reconcile/server-summary.ts";
export {
  type WhatIf,
  type WhatIfChanges,
  type WhatIfPeriod,
  whatIf,
} from "../reconcile/what-if.ts";
export { CostSummarizer, type SummarizerState } from "./cost-summarizer.ts";
export type { EventCounts } from "./intake.ts";
export { reportCosts } from "./report.ts";
export { summarizeCost } from "./small/summarize.ts";
export type { SummaryOptions } from "./summary-options.ts";
