import { InvalidInputError } from "../errors.ts";
import type { CostReportParams, ReportWindow, SummaryWindow } from "../models.ts";
import {
  COST_ID,
  CURRENCY,
  MAX_REPORT_FILTER_LENGTH,
  MAX_REPORT_FILTERS,
  MERCHANT_ID,
  PRODUCT_ID,
  REPORT_WINDOWS,
  SUMMARY_WINDOWS,
} from "../schemas/contract.ts";
import {
  assertShape,
  type Check,
  dateTime,
  expecting,
  matching,
  nonEmptyText,
  oneOf,
  recordOf,
  type Shape,
  text,
} from "./checks.ts";

/** Which costs, and which page of them. */
export interface CostListQuery {
  readonly merchantId: string | undefined;
  readonly productId: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Which events, and how to break the total down. */
export interface CostSummaryQuery {
  from: string;
  to: string;
  subject?: string;
  groupBy?: string;
  window?: SummaryWindow;
  filterGroupBy?: Record<string, string>;
}

const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const DEFAULT_LIMIT = 10;

function integer(minimum: number, maximum = Number.MAX_VALUE): Check {
  const range =
    maximum === Number.MAX_VALUE ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
  return expecting(
    `an integer ${range}`,
    (value) =>
      typeof value === "string" &&
      INTEGER.test(value) &&
      Number(value) >= minimum &&
      Number(value) <= maximum,
  );
}

const COST_LIST: Shape<{
  merchantId?: string;
  productId?: string;
  limit?: string;
  offset?: string;
}> = {
  fields: {
    merchantId: matching(MERCHANT_ID, "org_1"),
    productId: matching(PRODUCT_ID, "prod_1"),
    limit: integer(1, 100),
    offset: integer(0),
  },
  required: [],
};

const COST_SUMMARY: Shape<CostSummaryQuery> = {
  fields: {
    from: dateTime,
    to: dateTime,
    subject: text,
    groupBy: text,
    window: oneOf(SUMMARY_WINDOWS),
    filterGroupBy: recordOf(text),
  },
  required: ["from", "to"],
};

const costId = matching(COST_ID, "cst_1");

const COST_REPORT: Shape<{
  from: string;
  to: string;
  groupBy: string;
  merchantId?: string;
  costId?: string | string[];
  subject?: string;
  filterGroupBy?: Record<string, string>;
  topN?: string;
  comparePriorPeriod?: "true" | "false";
  windowSize?: ReportWindow;
  sort?: "totalCost" | "totalQuantity";
  sortDir?: "asc" | "desc";
  offset?: string;
  limit?: string;
  currency?: string;
}> = {
  fields: {
    from: dateTime,
    to: dateTime,
    groupBy: nonEmptyText,
    merchantId: nonEmptyText,
    costId: (value, path) => [value].flat().flatMap((id) => nonEmptyText(id, path)),
    subject: text,
    filterGroupBy: (value, path) =>
      Object.keys(value ?? {}).length > MAX_REPORT_FILTERS
        ? [{ path, message: `expected at most ${MAX_REPORT_FILTERS} dimensions` }]
        : recordOf(text)(value, path),
    topN: integer(1, 25),
    comparePriorPeriod: oneOf(["true", "false"]),
    windowSize: oneOf(REPORT_WINDOWS),
    sort: oneOf(["totalCost", "totalQuantity"]),
    sortDir: oneOf(["asc", "desc"]),
    offset: integer(0),
    limit: integer(1, 100),
    currency: matching(CURRENCY, "USD"),
  },
  required: ["from", "to", "groupBy"],
};

const PATH: Shape<{ id: string }> = {
  fields: { id: costId },
  required: ["id"],
};

/** The parameters that a shape knows; one that is repeated is an array, which no check of a single value takes. */
function parametersOf<Fields>(
  query: URLSearchParams,
  { fields }: Shape<Fields>,
): Record<string, unknown> {
  const given = Object.keys(fields).flatMap((name): [string, unknown][] => {
    const values = query.getAll(name);
    return values.length === 0 ? [] : [[name, values.length === 1 ? values[0] : values]];
  });
  return Object.fromEntries(given);
}

/** What a parameter means as JSON; text that is no JSON stays text. */
function jsonOf(parameter: unknown): unknown {
  if (typeof parameter !== "string") return parameter;
  try {
    return JSON.parse(parameter);
  } catch {
    return parameter;
  }
}

/** Reads the query of `listCosts`; throws an `InvalidInputError`. Other parameters are ignored. */
export function readCostList(query: URLSearchParams): CostListQuery {
  const given = parametersOf(query, COST_LIST);
  assertShape(given, COST_LIST);
  const { merchantId, productId, limit = DEFAULT_LIMIT, offset = 0 } = given;
  return { merchantId, productId, limit: Number(limit), offset: Number(offset) };
}

/** Reads the query of `getCostSummary`; throws an `InvalidInputError`. Other parameters are ignored. */
export function readCostSummary(query: URLSearchParams): CostSummaryQuery {
  const given = parametersOf(query, COST_SUMMARY);
  if (given["filterGroupBy"] !== undefined) given["filterGroupBy"] = jsonOf(given["filterGroupBy"]);
  assertShape(given, COST_SUMMARY);
  return given;
}

/** Reads the query of `getCostReport`; throws an `InvalidInputError`. Other parameters are ignored. */
export function readCostReport(query: URLSearchParams): CostReportParams {
  const given = parametersOf(query, COST_REPORT);
  const filter = given["filterGroupBy"];
  if (typeof filter === "string" && filter.length > MAX_REPORT_FILTER_LENGTH) {
    throw new InvalidInputError("The request is not valid", [
      {
        path: ["filterGroupBy"],
        message: `expected at most ${MAX_REPORT_FILTER_LENGTH} characters`,
      },
    ]);
  }
  if (filter !== undefined) given["filterGroupBy"] = jsonOf(filter);
  assertShape(given, COST_REPORT);
  const { topN, offset, limit, comparePriorPeriod, ...rest } = given;
  const numbers = Object.entries({ topN, offset, limit }).filter(
    ([, value]) => value !== undefined,
  );
  return {
    ...rest,
    ...Object.fromEntries(numbers.map(([name, value]) => [name, Number(value)])),
    ...(comparePriorPeriod && { comparePriorPeriod: comparePriorPeriod === "true" }),
  };
}

/** Refuses an id in a path that no cost can have, with an `InvalidInputError`. */
export function assertCostId(id: string): void {
  assertShape({ id }, PATH);
}
