import { InvalidInputError, type Issue } from "../errors.ts";
import type { CostReportParams } from "../models.ts";
import { REPORT_WINDOWS } from "../schemas/contract.ts";
import {
  boolean,
  currency,
  expecting,
  filledText,
  inOrder,
  oneOf,
  oneOrMore,
  optional,
  strictObject,
  text,
  time,
  wholeNumber,
  withDefault,
} from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import { isRecord } from "../values/record.ts";

export const REPORT_REFUSED = "The report cannot be computed";

/** What the API names at most, and the rows of its pages unless they are asked for. */
const MAX_NAMED = 25;
const DEFAULT_LIMIT = 25;

type WithDefault =
  | "groupBy"
  | "topN"
  | "comparePriorPeriod"
  | "sort"
  | "sortDir"
  | "offset"
  | "limit"
  | "filterGroupBy";

/** A report's query, checked, with every default in place. */
export interface ReportQuery
  extends Readonly<{ [Name in WithDefault]: NonNullable<CostReportParams[Name]> }> {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly merchantId: string | undefined;
  /** Undefined for all costs. */
  readonly costIds: readonly string[] | undefined;
  readonly subject: string | undefined;
  readonly windowSize: CostReportParams["windowSize"];
  readonly currency: string | undefined;
}

/**
 * As the API has it, but a filter may have several values, which each cost's own plan checks, and `topN` and `limit` may
 * be any number.
 */
const reportQuery = /* @__PURE__ */ strictObject(
  {
    from: time,
    to: time,
    groupBy: /* @__PURE__ */ filledText("cost, customer or the name of a dimension"),
    merchantId: /* @__PURE__ */ optional(text),
    costId: /* @__PURE__ */ optional(/* @__PURE__ */ oneOrMore("a cost's id")),
    subject: /* @__PURE__ */ optional(text),
    filterGroupBy: /* @__PURE__ */ withDefault(
      /* @__PURE__ */ expecting<NonNullable<CostReportParams["filterGroupBy"]>>(
        "an object from dimension to value",
        isRecord,
      ),
      {},
    ),
    topN: /* @__PURE__ */ withDefault(/* @__PURE__ */ wholeNumber(1), 9),
    comparePriorPeriod: /* @__PURE__ */ withDefault(boolean, false),
    windowSize: /* @__PURE__ */ optional(/* @__PURE__ */ oneOf(REPORT_WINDOWS)),
    sort: /* @__PURE__ */ withDefault(
      /* @__PURE__ */ oneOf(["totalCost", "totalQuantity"]),
      "totalCost",
    ),
    sortDir: /* @__PURE__ */ withDefault(/* @__PURE__ */ oneOf(["asc", "desc"]), "desc"),
    offset: /* @__PURE__ */ withDefault(/* @__PURE__ */ wholeNumber(0), 0),
    limit: /* @__PURE__ */ optional(/* @__PURE__ */ wholeNumber(1)),
    currency: /* @__PURE__ */ optional(currency),
  },
  {
    what: "a query: an object with from, to, groupBy",
    together: inOrder,
  },
);

/** Throws an `InvalidInputError` about a report's arguments. */
export function refuseReport(...issues: readonly Issue[]): never {
  throw new InvalidInputError(REPORT_REFUSED, issues);
}

/** Checks a report's query and fills in the defaults; throws an `InvalidInputError` that names all that is wrong. */
export function readReportQuery(query: CostReportParams): ReportQuery {
  const { from, to, costId, limit, ...others } = readInput(reportQuery, query, REPORT_REFUSED);
  return {
    ...others,
    // Who asks for more rows than the API can name gets them all, and the one that folds the rest.
    limit: limit ?? Math.max(DEFAULT_LIMIT, others.topN > MAX_NAMED ? others.topN + 1 : 0),
    from: from.getTime(),
    to: to.getTime(),
    costIds: costId,
    merchantId: others.merchantId,
    subject: others.subject,
    windowSize: others.windowSize,
    currency: others.currency,
  };
}
