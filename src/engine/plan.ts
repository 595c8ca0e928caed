import type {
  Aggregation,
  CostDefinition,
  CostSummaryParams,
  FilterValue,
  LocalSummaryParams,
  SummaryWindow,
} from "../models.ts";
import {
  isFilterValue,
  JSON_PATH,
  needsValueProperty,
  SUMMARY_WINDOWS,
  undeclaredDimension,
} from "../schemas/contract.ts";
import {
  aggregation,
  anything,
  exactAmount,
  expecting,
  field,
  inOrder,
  jsonPath,
  namesOf,
  nullish,
  oneOf,
  optional,
  pickedObject,
  readPart,
  record,
  refuse,
  strictObject,
  text,
  time,
} from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import { isRecord } from "../values/record.ts";
import { type Exact, exactText } from "../values/scaled-integer.ts";
import { DAY, HOUR, MINUTE } from "../values/timestamp.ts";
import { type Path, pathOf } from "./event-values.ts";
import { SUMMARY_REFUSED } from "./summary-options.ts";

const isText = (given: unknown): given is string => typeof given === "string";
const isPath = (given: unknown): given is string => isText(given) && JSON_PATH.test(given);

/** A field of the event itself that can be a dimension. */
export type EventField = "subject" | "source";

/** Where the value of a dimension is: at a path in the event's data, or in a field of the event. */
export interface DimensionPlace {
  /** Empty for a field. */
  readonly path: Path;
  readonly field?: EventField | undefined;
}

/** One dimension of a cost and where its value is. */
export interface Dimension extends DimensionPlace {
  readonly name: string;
}

/** The dimensions that every cost has in local summaries, unless it declares one of that name. */
const EVENT_FIELDS: ReadonlyMap<string, EventField> = /* @__PURE__ */ new Map([
  ["$subject", "subject"],
  ["$source", "source"],
]);

/** A cost and a query, checked and prepared once, before the first event. */
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
  readonly filters: readonly (DimensionPlace & { readonly texts: ReadonlySet<string> })[];
  /** Undefined when no groups were asked for. */
  readonly groupBy: readonly Dimension[] | undefined;
  /** Milliseconds; undefined when no windows were asked for. */
  readonly window: number | undefined;
}

/** How long each window is, in milliseconds. */
export const WINDOW_LENGTHS: Readonly<Record<SummaryWindow, number>> = { MINUTE, HOUR, DAY };

const label = /* @__PURE__ */ nullish(text);
const costDefinition = /* @__PURE__ */ pickedObject(
  {
    unitCost: exactAmount,
    aggregation,
    eventType: /* @__PURE__ */ expecting<string>("text: the type of the events to meter", isText),
    merchantId: label,
    id: label,
    name: label,
    currency: label,
    unit: label,
    valueProperty: /* @__PURE__ */ optional(/* @__PURE__ */ anything<unknown>()),
    groupBy: /* @__PURE__ */ nullish(
      /* @__PURE__ */ record(jsonPath, { what: "an object from dimension to path" }),
    ),
  },
  {
    what: "a cost: an object with unitCost, aggregation, ...",
    together: (cost, refuseField) => {
      const { aggregation: made, valueProperty } = cost;
      if (made === "COUNT" || isPath(valueProperty)) return;
      const why = needsValueProperty(made) ? "" : ": there is nothing to tell apart without one";
      refuseField(`expected a path such as $.usage.tokens${why}`, "valueProperty");
    },
  },
);

/** The texts that a filter's value means; an array means any of its values. */
const filterTexts = /* @__PURE__ */ field<
  ReadonlySet<string>,
  FilterValue | readonly FilterValue[]
>((given, payload) => {
  const values: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (values.length > 0 && values.every(isFilterValue)) return new Set(values.map(String));
  const message = "expected text, a number, true, false or null, or a non-empty array of them";
  return refuse(payload, message, given);
});
const summaryQuery = /* @__PURE__ */ strictObject(
  {
    from: time,
    to: time,
    subject: /* @__PURE__ */ optional(text),
    groupBy: /* @__PURE__ */ optional(/* @__PURE__ */ namesOf(text)),
    window: /* @__PURE__ */ optional(/* @__PURE__ */ oneOf(SUMMARY_WINDOWS)),
    filterGroupBy: /* @__PURE__ */ optional(
      /* @__PURE__ */ record(filterTexts, { what: "an object from dimension to value" }),
    ),
  },
  {
    what: "a query: an object with from and to",
    together: inOrder,
  },
);

/** A cost and a query, which have one list of issues. */
const summaryArguments = /* @__PURE__ */ field<
  Plan,
  {
    readonly cost: CostDefinition;
    readonly query: LocalSummaryParams;
    readonly eventFields: ReadonlyMap<string, EventField>;
  }
>((given, payload) => {
  const {
    cost: givenCost,
    query: givenQuery,
    eventFields,
  } = given as Readonly<Record<string, unknown>> & {
    readonly eventFields: ReadonlyMap<string, EventField>;
  };
  const cost = readPart(costDefinition, givenCost, payload);
  const query = readPart(summaryQuery, givenQuery, payload);
  if (!isRecord(cost) || !isRecord(query)) return undefined;
  const declared = isRecord(cost.groupBy) ? Object.entries(cost.groupBy) : [];
  const dimensions = new Map(
    declared.filter((entry): entry is [string, string] => isPath(entry[1])),
  );
  const dimensionOf = (field: string, name: string): Dimension[] => {
    const path = dimensions.get(name);
    if (path !== undefined) return [{ name, path: pathOf(path) }];
    const eventField = eventFields.get(name);
    if (eventField !== undefined) return [{ name, path: [], field: eventField }];
    const problem = undeclaredDimension(name, dimensions.keys());
    const also =
      eventFields.size === 0
        ? ""
        : `, and ${[...eventFields.keys()].join(" and ")} are always there`;
    refuse(payload, `${problem}${also}`, undefined, field, name);
    return [];
  };
  const names = Array.isArray(query.groupBy) ? query.groupBy.filter(isText) : [];
  const groupBy = names.flatMap((name) => dimensionOf("groupBy", name));
  const filtered = isRecord(query.filterGroupBy) ? Object.entries(query.filterGroupBy) : [];
  const filters = filtered.flatMap(([name, texts]) =>
    dimensionOf("filterGroupBy", name).map(({ name: _name, ...place }) => ({ ...place, texts })),
  );
  if (payload.issues.length > 0) return undefined;
  return {
    unitCost: cost.unitCost,
    aggregation: cost.aggregation,
    eventType: cost.eventType,
    merchantId: cost.merchantId ?? undefined,
    valuePath:
      cost.aggregation !== "COUNT" && isPath(cost.valueProperty) ? pathOf(cost.valueProperty) : [],
    subject: query.subject,
    from: query.from.getTime(),
    to: query.to.getTime(),
    filters,
    groupBy: groupBy.length > 0 ? groupBy : undefined,
    window: query.window && WINDOW_LENGTHS[query.window],
  };
});

/**
 * Compiles a cost and a query that the server answers, too; throws an `InvalidInputError` that names everything that is
 * wrong with them.
 */
export function compilePlan(cost: CostDefinition, query: CostSummaryParams): Plan {
  return readInput(summaryArguments, { cost, query, eventFields: new Map() }, SUMMARY_REFUSED);
}

/** As `compilePlan`, of a query that only local summaries answer: `$subject` and `$source` are dimensions. */
export function compileLocalPlan(cost: CostDefinition, query: LocalSummaryParams): Plan {
  return readInput(summaryArguments, { cost, query, eventFields: EVENT_FIELDS }, SUMMARY_REFUSED);
}

/** A text that is equal for equal plans: parts are merged only when theirs are. */
export function planText(plan: Plan): string {
  // All of them must hold, in whatever order they were given.
  const filters = plan.filters
    .map(({ path, field, texts }) => JSON.stringify([field ?? path, [...texts].sort()]))
    .sort();
  return JSON.stringify({ ...plan, unitCost: exactText(plan.unitCost), filters });
}
