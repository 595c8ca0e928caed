import { InvalidInputError, type Issue } from "../errors.ts";
import type { Aggregation, CostDefinition, CostSummaryParams, SummaryWindow } from "../models.ts";
import {
  AGGREGATIONS,
  isFilterValue,
  JSON_PATH,
  LABELS,
  MERCHANT_ID,
  needsValueProperty,
  SUMMARY_WINDOWS,
  undeclaredDimension,
} from "../schemas/contract.ts";
import { readExact } from "../values/decimal.ts";
import { isRecord } from "../values/record.ts";
import { type Exact, exactText } from "../values/scaled-integer.ts";
import { DAY, EXPECTED_TIME, HOUR, MINUTE, readTime } from "../values/timestamp.ts";
import { isTextOrAbsent, type Path, pathOf } from "./event-values.ts";

/** One dimension of a cost and where its value is. */
export interface Dimension {
  readonly name: string;
  readonly path: Path;
}

/** What a cost and a query come to, checked and made ready once, before the first event. */
export interface Plan {
  readonly unitCost: Exact;
  readonly aggregation: Aggregation;
  readonly eventType: string;
  readonly merchantId: string | undefined;
  /** Empty for COUNT, which reads no value. */
  readonly valuePath: Path;
  readonly subject: string | undefined;
  /** Milliseconds since 1970; `from` counts, `to` does not. */
  readonly from: number;
  readonly to: number;
  readonly filters: readonly { readonly path: Path; readonly texts: ReadonlySet<string> }[];
  /** Undefined when no groups were asked for. */
  readonly groupBy: readonly Dimension[] | undefined;
  /** Milliseconds; undefined when no windows were asked for. */
  readonly window: number | undefined;
}

const WINDOW_LENGTHS: Record<SummaryWindow, number> = { MINUTE, HOUR, DAY };
const QUERY_FIELDS = new Set(["from", "to", "subject", "groupBy", "window", "filterGroupBy"]);

const isMember = <T extends string>(list: readonly T[], value: unknown): value is T =>
  list.some((member) => member === value);
const listed = (names: Iterable<string>): string => [...names].join(", ") || "none";

/** The names in a `groupBy`: text is split at commas and trimmed; an array holds names as they are. */
function readGroupBy(groupBy: unknown): readonly string[] | { problem: string } {
  if (Array.isArray(groupBy)) {
    return groupBy.every((name) => typeof name === "string")
      ? [...new Set<string>(groupBy)]
      : { problem: "expected names of dimensions" };
  }
  if (typeof groupBy !== "string") {
    return { problem: "expected names of dimensions: an array, or text with commas between them" };
  }
  if (groupBy.trim() === "") return [];
  const names = groupBy.split(",").map((name) => name.trim());
  return names.includes("")
    ? { problem: "expected a name before and after each comma" }
    : [...new Set(names)];
}

/** The texts that a filter's value stands for. */
function readFilterTexts(value: unknown): ReadonlySet<string> | undefined {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.length > 0 && values.every(isFilterValue) ? new Set(values.map(String)) : undefined;
}

/** Compiles a cost and a query; throws an `InvalidInputError` that names everything that is wrong with them. */
export function compilePlan(cost: CostDefinition, query: CostSummaryParams): Plan {
  const issues: Issue[] = [];
  const refuse = (path: Issue["path"], message: string): void => {
    issues.push({ path, message });
  };
  if (!isRecord(cost)) refuse([], "expected a cost: an object with unitCost, aggregation, ...");
  if (!isRecord(query)) refuse([], "expected a query: an object with from and to");
  if (issues.length > 0) throw new InvalidInputError("The summary cannot be computed", issues);

  const unitCost = readExact(cost.unitCost);
  if ("problem" in unitCost) refuse(["unitCost"], unitCost.problem);
  else if (unitCost.coefficient < 0n) refuse(["unitCost"], "expected a number that is at least 0");
  const { aggregation, eventType } = cost;
  if (!isMember(AGGREGATIONS, aggregation)) {
    refuse(["aggregation"], `expected one of ${listed(AGGREGATIONS)}`);
  }
  if (typeof eventType !== "string") {
    refuse(["eventType"], "expected text: the type of the events to meter");
  }
  const merchantId = cost.merchantId ?? undefined;
  if (merchantId !== undefined && typeof merchantId !== "string") {
    refuse(["merchantId"], `expected text such as org_1 (${MERCHANT_ID.source})`);
  }
  for (const label of LABELS) if (!isTextOrAbsent(cost[label])) refuse([label], "expected text");
  const isPath = (path: unknown): path is string =>
    typeof path === "string" && JSON_PATH.test(path);
  const { valueProperty } = cost;
  const readsValue = aggregation !== "COUNT";
  if (readsValue && !isPath(valueProperty)) {
    refuse(
      ["valueProperty"],
      `expected a path such as $.usage.tokens${needsValueProperty(aggregation) ? "" : ": there is nothing to tell apart without one"}`,
    );
  }
  const dimensions = new Map<string, Path>();
  const declared: unknown = cost.groupBy ?? {};
  if (!isRecord(declared)) {
    refuse(["groupBy"], "expected an object from dimension to path");
  } else {
    for (const [name, path] of Object.entries(declared)) {
      if (isPath(path)) dimensions.set(name, pathOf(path));
      else refuse(["groupBy", name], "expected a path such as $.model");
    }
  }

  for (const field of Object.keys(query)) {
    if (!QUERY_FIELDS.has(field)) {
      refuse([field], `unknown field of the query; it knows ${listed(QUERY_FIELDS)}`);
    }
  }
  const dimensionOf = (field: string, name: string): Dimension | undefined => {
    const path = dimensions.get(name);
    if (path !== undefined) return { name, path };
    refuse([field, name], undeclaredDimension(name, dimensions.keys()));
    return undefined;
  };
  const from = readTime(query.from);
  const to = readTime(query.to);
  if (Number.isNaN(from)) refuse(["from"], EXPECTED_TIME);
  if (Number.isNaN(to)) refuse(["to"], EXPECTED_TIME);
  if (from >= to) refuse(["to"], "expected a time after from");
  const { subject, window } = query;
  if (subject !== undefined && typeof subject !== "string") refuse(["subject"], "expected text");
  if (window !== undefined && !isMember(SUMMARY_WINDOWS, window)) {
    refuse(["window"], `expected one of ${listed(SUMMARY_WINDOWS)}`);
  }
  const names = query.groupBy === undefined ? [] : readGroupBy(query.groupBy);
  const groupBy: Dimension[] = [];
  if ("problem" in names) refuse(["groupBy"], names.problem);
  else {
    for (const name of names) {
      const dimension = dimensionOf("groupBy", name);
      if (dimension !== undefined) groupBy.push(dimension);
    }
  }
  const filters: { path: Path; texts: ReadonlySet<string> }[] = [];
  const given: unknown = query.filterGroupBy ?? {};
  if (!isRecord(given) || query.filterGroupBy === null) {
    refuse(["filterGroupBy"], "expected an object from dimension to value");
  } else {
    for (const [name, value] of Object.entries(given)) {
      const dimension = dimensionOf("filterGroupBy", name);
      const texts = readFilterTexts(value);
      if (texts === undefined) {
        refuse(
          ["filterGroupBy", name],
          "expected text, a number, true, false or null, or a non-empty array of them",
        );
      } else if (dimension !== undefined) filters.push({ path: dimension.path, texts });
    }
  }
  if (
    issues.length > 0 ||
    "problem" in unitCost ||
    !isMember(AGGREGATIONS, aggregation) ||
    typeof eventType !== "string"
  ) {
    throw new InvalidInputError("The summary cannot be computed", issues);
  }
  return {
    unitCost,
    aggregation,
    eventType,
    merchantId,
    valuePath: readsValue && isPath(valueProperty) ? pathOf(valueProperty) : [],
    subject,
    from,
    to,
    filters,
    groupBy: groupBy.length > 0 ? groupBy : undefined,
    window: window === undefined ? undefined : WINDOW_LENGTHS[window],
  };
}

/** A text that is equal for equal plans: parts are merged only when theirs are. */
export function planText(plan: Plan): string {
  // All of them must hold, in whatever order they were given.
  const filters = plan.filters
    .map(({ path, texts }) => JSON.stringify([path, [...texts].sort()]))
    .sort();
  return JSON.stringify({ ...plan, unitCost: exactText(plan.unitCost), filters });
}
