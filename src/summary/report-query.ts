import { InvalidInputError, type Issue } from "../errors.ts";
import type { CostReportParams } from "../models.ts";
import { CURRENCY, REPORT_WINDOWS } from "../schemas/contract.ts";
import { isRecord } from "../values/record.ts";
import { EXPECTED_TIME, readTime } from "../values/timestamp.ts";

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

type Check = readonly [expected: string, isFine: (value: unknown) => boolean];

const isText = (value: unknown): boolean => typeof value === "string";
const isWhole =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (value: unknown): boolean =>
    Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
const oneOf = (members: readonly string[]): Check => [
  `expected one of ${members.join(", ")}`,
  (value) => members.some((member) => member === value),
];
const time: Check = [EXPECTED_TIME, (value) => !Number.isNaN(readTime(value))];

// Bundlers leave out what no report needs: calls are marked as free of side effects.
const CHECKS: Readonly<Record<keyof CostReportParams, Check>> = {
  from: time,
  to: time,
  groupBy: [
    "expected cost, customer or the name of a dimension",
    (value) => isText(value) && value !== "",
  ],
  merchantId: ["expected text", isText],
  costId: [
    "expected a cost's id, or an array of ids that is not empty",
    (value) => isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText)),
  ],
  subject: ["expected text", isText],
  filterGroupBy: ["expected an object from dimension to value", isRecord],
  topN: ["expected a whole number from 1 to 25", /* @__PURE__ */ isWhole(1, 25)],
  comparePriorPeriod: ["expected true or false", (value) => typeof value === "boolean"],
  windowSize: /* @__PURE__ */ oneOf(REPORT_WINDOWS),
  sort: /* @__PURE__ */ oneOf(["totalCost", "totalQuantity"]),
  sortDir: /* @__PURE__ */ oneOf(["asc", "desc"]),
  offset: ["expected a whole number of at least 0", /* @__PURE__ */ isWhole(0)],
  limit: ["expected a whole number from 1 to 100", /* @__PURE__ */ isWhole(1, 100)],
  currency: [
    "expected three capital letters",
    (value) => isText(value) && CURRENCY.test(String(value)),
  ],
};
const REQUIRED: ReadonlySet<string> = new Set(["from", "to", "groupBy"]);

/** Throws an `InvalidInputError` about a report's arguments. */
export function refuseReport(...issues: readonly Issue[]): never {
  throw new InvalidInputError("The report cannot be computed", issues);
}

/** Checks a report's query and fills in the defaults; throws an `InvalidInputError` that names all that is wrong. */
export function readReportQuery(query: CostReportParams): ReportQuery {
  if (!isRecord(query)) {
    return refuseReport({
      path: [],
      message: "expected a query: an object with from, to, groupBy",
    });
  }
  const unknown = Object.keys(query)
    .filter((name) => !Object.hasOwn(CHECKS, name))
    .map((name) => ({
      path: [name],
      message: `unknown field of the query; it knows ${Object.keys(CHECKS).join(", ")}`,
    }));
  const wrong = Object.entries(CHECKS).flatMap(([name, [expected, isFine]]): Issue[] => {
    const value = query[name as keyof CostReportParams];
    const isAbsent = value === undefined && !REQUIRED.has(name);
    return isAbsent || isFine(value) ? [] : [{ path: [name], message: expected }];
  });
  const from = readTime(query.from);
  const to = readTime(query.to);
  const reversed = from >= to ? [{ path: ["to"], message: "expected a time after from" }] : [];
  const issues = [...unknown, ...wrong, ...reversed];
  if (issues.length > 0) refuseReport(...issues);
  const { costId } = query;
  return {
    from,
    to,
    groupBy: query.groupBy,
    merchantId: query.merchantId,
    costIds: costId === undefined ? undefined : [costId].flat(),
    subject: query.subject,
    filterGroupBy: query.filterGroupBy ?? {},
    topN: query.topN ?? 9,
    comparePriorPeriod: query.comparePriorPeriod ?? false,
    windowSize: query.windowSize,
    sort: query.sort ?? "totalCost",
    sortDir: query.sortDir ?? "desc",
    offset: query.offset ?? 0,
    limit: query.limit ?? 25,
    currency: query.currency,
  };
}
