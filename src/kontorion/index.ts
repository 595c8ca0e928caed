/**
 * A client of Kontorion's versioned costs, and the timeline of a cost's versions. Written from public documentation;
 * nothing was tried against the service.
 *
 * @module metered-costs/kontorion
 */

export {
  type AnyCostsError,
  ApiError,
  type ApiErrorCategory,
  type ApiErrorCode,
  type ApiErrorCodes,
  ConnectionError,
  CostsError,
  type FieldError,
  InvalidInputError,
  InvalidResponseError,
  type Issue,
  isCostsError,
  type KontorionOperation,
  type UnknownErrorCode,
} from "../errors.ts";
export type { Drift, RequestOptions, ResponseInfo } from "../http/options.ts";
export { Decimal, type DecimalInput, type DecimalLike } from "../values/decimal.ts";
export type { Costs } from "./costs.ts";
export { Kontorion, type KontorionOptions } from "./kontorion.ts";
export type {
  Cost,
  CostAddress,
  CostCreateParams,
  CostListParams,
  CostScope,
  CostUpdateParams,
  CostVersion,
  Coverage,
  NextCursor,
  Page,
  TimeRange,
  UnitCostFrom,
  UnitCostHistoryOptions,
  VersionDates,
  VersionGap,
  VersionListParams,
  VersionOverlap,
  VersionPeriod,
  VersionProblem,
  VersionTimeline,
} from "./models.ts";
export { ROUTES, type Route, type Routes } from "./routes.ts";
export {
  checkCoverage,
  formatTimeline,
  previewUpdate,
  timelineSvg,
  unitCostHistoryOf,
  versionAt,
  versionTimeline,
} from "./timeline.ts";
