/**
 * What is sent to the API, each request described once. A schema reads what a caller gives into params, and the function
 * that is named after the wire (`...Body`, `...Query`) writes these as they are sent.
 */
import type * as z from "zod/mini";
import type { components, operations } from "../../generated/paygentic.ts";
import { InvalidInputError, type Issue } from "../errors.ts";
import type {
  BillableMetricEventListParams,
  BillableMetricMeterParams,
  Cost,
  CostCreateParams,
  CostListParams,
  CostReportParams,
  CostSummaryParams,
  CostUpdateParams,
  EventIngestParams,
  FilterValue,
  ProfitabilityParams,
  RevenueParams,
} from "../models.ts";
import { pathOfUnfit } from "../values/json-form.ts";
import { LosslessNumber, parseJson, stringifyJson } from "../values/lossless-json.ts";
import { isRecord } from "../values/record.ts";
import { expectedTime, readTime } from "../values/timestamp.ts";
import { unreadableBecause } from "../values/unserializable-value.ts";
import {
  AGGREGATIONS,
  BUCKET_WIDTHS,
  isFilterValue,
  MAX_REPORT_FILTER_LENGTH,
  MAX_REPORT_FILTERS,
  METER_WINDOWS,
  needsValueProperty,
  REPORT_WINDOWS,
  SUMMARY_WINDOWS,
  undeclaredDimension,
} from "./contract.ts";
import {
  aggregation,
  amount,
  boolean,
  costId,
  currency,
  expecting,
  externalId,
  field,
  filledText,
  inOrder,
  jsonPath,
  merchantId,
  metricId,
  namesOf,
  nullish,
  oneOf,
  oneOrMore,
  optional,
  productId,
  readPart,
  record,
  refuse,
  type Schema,
  strictObject,
  text,
  wholeNumber,
} from "./fields.ts";
import { nothingSent, readInput } from "./input.ts";

type Schemas = components["schemas"];
type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;

/** A time as it was given: text may have digits beyond milliseconds, which a Date has not. */
const timeAsGiven = /* @__PURE__ */ field<Date | string, Date | string>((given, payload) =>
  Number.isNaN(readTime(given))
    ? refuse(payload, expectedTime(given), given)
    : (given as Date | string),
);
const writtenTime = (time: Date | string): string =>
  time instanceof Date ? time.toISOString() : time;

/** The API takes names of dimensions in one text, with commas between them. */
const dimensionName = /* @__PURE__ */ expecting<string>(
  "a name without commas and outer spaces",
  (name) => typeof name === "string" && name !== "" && name === name.trim() && !name.includes(","),
);
const dimensions = /* @__PURE__ */ record(jsonPath, { name: dimensionName });
const dimensionNames = /* @__PURE__ */ namesOf(dimensionName);
const filter = /* @__PURE__ */ record(
  /* @__PURE__ */ expecting<FilterValue>(
    "one text, number, boolean or null: the API takes no list",
    isFilterValue,
  ),
);
/** The API compares texts: numbers, booleans and null are sent as theirs. Nothing to filter by is not sent. */
function writtenFilter(given: Readonly<Record<string, FilterValue>> = {}): string | undefined {
  const texts = Object.entries(given).map(([name, value]) => [name, String(value)]);
  return texts.length === 0 ? undefined : JSON.stringify(Object.fromEntries(texts));
}
const reportFilter = /* @__PURE__ */ field<
  Record<string, FilterValue>,
  Readonly<Record<string, FilterValue>>
>((given, payload) => {
  const made = readPart(filter, given, payload);
  const isTooMuch =
    Object.keys(made ?? {}).length > MAX_REPORT_FILTERS ||
    (writtenFilter(made)?.length ?? 0) > MAX_REPORT_FILTER_LENGTH;
  if (payload.issues.length > 0 || !isTooMuch) return made;
  const most = `at most ${MAX_REPORT_FILTERS} dimensions and ${MAX_REPORT_FILTER_LENGTH} characters as JSON`;
  return refuse(payload, `expected ${most}`, given);
});

/** A copy of what `JSON.stringify` writes of an object: what the caller changes afterwards is not sent. */
const data = /* @__PURE__ */ field<object, object>((given, payload) => {
  let tree: unknown;
  try {
    tree = parseJson(stringifyJson(given, [LosslessNumber]));
  } catch (error) {
    return refuse(payload, unreadableBecause(error), given, ...pathOfUnfit(given));
  }
  return isRecord(tree) ? tree : refuse(payload, "expected an object", given);
});

/** A field of which null means that it is absent, as logs write it. */
/* @__NO_SIDE_EFFECTS__ */
function unlessNull<Output, Input>(
  schema: Schema<Output, Input>,
): z.ZodMiniOptional<Schema<Output | undefined, Input | null | undefined>> {
  const absent = optional(schema);
  return optional(
    field<Output | undefined, Input | null | undefined>((given, payload) =>
      readPart(absent, given ?? undefined, payload),
    ),
  );
}

export const costCreateParams = /* @__PURE__ */ strictObject(
  {
    type: /* @__PURE__ */ oneOf(["metered"]),
    name: text,
    unitCost: amount,
    currency,
    productId,
    eventType: text,
    aggregation,
    valueProperty: /* @__PURE__ */ optional(jsonPath),
    groupBy: /* @__PURE__ */ optional(dimensions),
    unit: /* @__PURE__ */ optional(text),
    merchantId: /* @__PURE__ */ optional(merchantId),
  },
  {
    together: ({ aggregation: made, valueProperty }, refuseField) => {
      const isKnown = AGGREGATIONS.some((known) => known === made);
      if (!isKnown || valueProperty !== undefined || !needsValueProperty(made)) return;
      refuseField(`expected a path such as $.usage.tokens: ${made} needs a value`, "valueProperty");
    },
  },
);
export const costUpdateParams = /* @__PURE__ */ strictObject(
  {
    name: /* @__PURE__ */ optional(text),
    unitCost: /* @__PURE__ */ optional(amount),
    currency: /* @__PURE__ */ optional(currency),
    unit: /* @__PURE__ */ nullish(text),
    aggregation: /* @__PURE__ */ nullish(aggregation),
    eventType: /* @__PURE__ */ nullish(text),
    valueProperty: /* @__PURE__ */ nullish(jsonPath),
    groupBy: /* @__PURE__ */ nullish(dimensions),
  },
  {
    together: (_made, refuseField, members) => {
      const isEmpty = Object.values(members).every((value) => value === undefined);
      if (isEmpty) refuseField("expected at least one field to change");
    },
  },
);
export const costListParams = /* @__PURE__ */ strictObject({
  merchantId: /* @__PURE__ */ optional(merchantId),
  productId: /* @__PURE__ */ optional(productId),
  limit: /* @__PURE__ */ optional(/* @__PURE__ */ wholeNumber(1, 100)),
  offset: /* @__PURE__ */ optional(/* @__PURE__ */ wholeNumber(0)),
});

/* @__NO_SIDE_EFFECTS__ */
export function costSummaryParams<Time extends Date | string>(time: Schema<Time, Date | string>) {
  return strictObject(
    {
      from: time,
      to: time,
      subject: optional(text),
      groupBy: optional(dimensionNames),
      window: optional(oneOf(SUMMARY_WINDOWS)),
      filterGroupBy: optional(filter),
    },
    { together: inOrder },
  );
}
/* @__NO_SIDE_EFFECTS__ */
export function costReportParams<Time extends Date | string>(time: Schema<Time, Date | string>) {
  return strictObject(
    {
      from: time,
      to: time,
      groupBy: filledText("cost, customer or the name of a dimension"),
      merchantId: optional(filledText("a merchant's id")),
      costId: optional(oneOrMore("a cost's id")),
      subject: optional(text),
      filterGroupBy: optional(reportFilter),
      topN: optional(wholeNumber(1, 25)),
      comparePriorPeriod: optional(boolean),
      windowSize: optional(oneOf(REPORT_WINDOWS)),
      sort: optional(oneOf(["totalCost", "totalQuantity"])),
      sortDir: optional(oneOf(["asc", "desc"])),
      offset: optional(wholeNumber(0)),
      limit: optional(wholeNumber(1, 100)),
      currency: optional(currency),
    },
    { together: inOrder },
  );
}
/* @__NO_SIDE_EFFECTS__ */
export function eventIngestParams<Time extends Date | string>(time: Schema<Time, Date | string>) {
  return strictObject(
    {
      type: text,
      source: filledText("a URI or a name of the sender"),
      data,
      subject: unlessNull(text),
      externalSubject: unlessNull(externalId),
      namespace: unlessNull(filledText("an organization's id")),
      timestamp: optional(time),
      idempotencyKey: unlessNull(text),
      externalId: unlessNull(externalId),
    },
    {
      together: ({ subject, externalSubject }, refuseField) => {
        if ((subject ?? externalSubject) === undefined) {
          refuseField("expected a subject or an externalSubject", "subject");
        }
      },
    },
  );
}
/* @__NO_SIDE_EFFECTS__ */
export function profitabilityParams<Time extends Date | string>(time: Schema<Time, Date | string>) {
  return strictObject(
    {
      merchantId,
      from: time,
      to: time,
      topN: optional(wholeNumber(1, 100)),
      currency: optional(currency),
      bucketWidth: optional(oneOf(BUCKET_WIDTHS)),
    },
    { together: inOrder },
  );
}
/* @__NO_SIDE_EFFECTS__ */
export function revenueParams<Time extends Date | string>(time: Schema<Time, Date | string>) {
  return strictObject(
    {
      startTime: time,
      endTime: time,
      merchantId: optional(merchantId),
      customerId: optional(filledText("a customer's id")),
      subscriptionIds: optional(oneOrMore("a subscription's id")),
      bucketWidth: optional(oneOf(BUCKET_WIDTHS)),
      currency: optional(currency),
      groupBy: optional(oneOf(["plan", "customer", "currency"])),
    },
    {
      together: (made, refuseField) => {
        inOrder({ from: made.startTime, to: made.endTime }, () =>
          refuseField("expected a time after startTime", "endTime"),
        );
        if ((made.merchantId ?? made.customerId ?? made.subscriptionIds) === undefined) {
          refuseField("expected a merchantId, a customerId or subscriptionIds");
        }
      },
    },
  );
}
/* @__NO_SIDE_EFFECTS__ */
export function billableMetricMeterParams<Time extends Date | string>(
  time: Schema<Time, Date | string>,
) {
  return strictObject(
    {
      from: time,
      to: time,
      subject: optional(text),
      windowSize: optional(oneOf(METER_WINDOWS)),
      filterGroupBy: optional(filter),
      groupBy: optional(dimensionNames),
      groupLimit: optional(wholeNumber(1, 500)),
      groupOffset: optional(wholeNumber(0, 100_000)),
    },
    {
      together: ({ groupLimit, groupOffset, ...range }, refuseField) => {
        inOrder(range, refuseField);
        if (groupOffset !== undefined && groupLimit === undefined) {
          refuseField("expected a groupLimit beside groupOffset", "groupLimit");
        }
      },
    },
  );
}
/* @__NO_SIDE_EFFECTS__ */
export function billableMetricEventListParams<Time extends Date | string>(
  time: Schema<Time, Date | string>,
) {
  return strictObject(
    {
      from: time,
      to: time,
      subject: optional(text),
      externalSubject: optional(externalId),
      externalId: optional(externalId),
      limit: optional(wholeNumber(1, 200)),
      offset: optional(wholeNumber(0)),
    },
    { together: inOrder },
  );
}

const costPathParams = /* @__PURE__ */ strictObject({ id: costId });
const metricPathParams = /* @__PURE__ */ strictObject({ id: metricId });
const sentCostSummary = /* @__PURE__ */ costSummaryParams(timeAsGiven);
const sentCostReport = /* @__PURE__ */ costReportParams(timeAsGiven);
const sentEvent = /* @__PURE__ */ eventIngestParams(timeAsGiven);
const sentProfitability = /* @__PURE__ */ profitabilityParams(timeAsGiven);
const sentRevenue = /* @__PURE__ */ revenueParams(timeAsGiven);
const sentMeter = /* @__PURE__ */ billableMetricMeterParams(timeAsGiven);
const sentEventList = /* @__PURE__ */ billableMetricEventListParams(timeAsGiven);

/** The path of an operation on one cost; `method` is for the error. */
export function costPath(method: string, id: string): { id: string } {
  return readInput(costPathParams, { id }, nothingSent(method));
}

/** The path of an operation on one billable metric; `method` is for the error. */
export function metricPath(method: string, id: string): { id: string } {
  return readInput(metricPathParams, { id }, nothingSent(method));
}

/** `costs.create`: the body to send. Its unit cost is a Decimal, which is written as a number with all its digits. */
export function costCreateBody(params: CostCreateParams): Schemas["CostCreateParams"] {
  const made = readInput(costCreateParams, params, nothingSent("costs.create"));
  return made as object as Schemas["CostCreateParams"];
}

/** `costs.update`: the body to send; see `costCreateBody`. */
export function costUpdateBody(params: CostUpdateParams): Schemas["CostUpdateParams"] {
  const made = readInput(costUpdateParams, params, nothingSent("costs.update"));
  return made as object as Schemas["CostUpdateParams"];
}

/** `costs.list`: the query to send. */
export function costListQuery(params: CostListParams): Query<"listCosts"> {
  const made = readInput(costListParams, params, nothingSent("costs.list"));
  return made as Query<"listCosts">;
}

/** A range as it is sent. */
const writtenRange = ({ from, to }: { from: Date | string; to: Date | string }) => ({
  from: writtenTime(from),
  to: writtenTime(to),
});

/** Names and a filter as they are sent. */
const writtenDimensions = ({
  groupBy,
  filterGroupBy,
}: {
  groupBy?: readonly string[] | undefined;
  filterGroupBy?: Readonly<Record<string, FilterValue>> | undefined;
}) => ({
  groupBy: groupBy?.join(",") || undefined,
  filterGroupBy: writtenFilter(filterGroupBy),
});

/** `costs.summary`: the query to send. Where the cost is given, not only its id, its dimensions are checked; `method` is for the error. */
export function costSummaryQuery(
  params: CostSummaryParams,
  cost: string | Cost,
  method = "costs.summary",
): Query<"getCostSummary"> {
  const made = readInput(sentCostSummary, params, nothingSent(method));
  if (typeof cost !== "string" && cost.groupBy !== undefined) {
    const declared = Object.keys(cost.groupBy ?? {});
    const used = {
      groupBy: made.groupBy ?? [],
      filterGroupBy: Object.keys(made.filterGroupBy ?? {}),
    };
    const issues: Issue[] = Object.entries(used).flatMap(([name, dimensions]) =>
      dimensions
        .filter((dimension) => !declared.includes(dimension))
        .map((dimension) => ({
          path: [name, dimension],
          message: undeclaredDimension(dimension, declared),
        })),
    );
    if (issues.length > 0) throw new InvalidInputError(nothingSent(method), issues);
  }
  return { ...made, ...writtenRange(made), ...writtenDimensions(made) } as Query<"getCostSummary">;
}

/** `costs.report`: the query to send. */
export function costReportQuery(params: CostReportParams): Query<"getCostReport"> {
  const made = readInput(sentCostReport, params, nothingSent("costs.report"));
  const { filterGroupBy } = writtenDimensions({ filterGroupBy: made.filterGroupBy });
  return { ...made, ...writtenRange(made), filterGroupBy } as Query<"getCostReport">;
}

/** `profitability.get`: the query to send. */
export function profitabilityQuery(params: ProfitabilityParams): Query<"getProfitability"> {
  const made = readInput(sentProfitability, params, nothingSent("profitability.get"));
  return { ...made, ...writtenRange(made) } as Query<"getProfitability">;
}

/** `revenue.get`: the query to send. */
export function revenueQuery(params: RevenueParams): Query<"getRevenue"> {
  const made = readInput(sentRevenue, params, nothingSent("revenue.get"));
  const { startTime, endTime } = made;
  const range = { startTime: writtenTime(startTime), endTime: writtenTime(endTime) };
  return { ...made, ...range } as Query<"getRevenue">;
}

/** `billableMetrics.meter`: the query to send. */
export function meterQuery(params: BillableMetricMeterParams): Query<"getBillableMetricMeter"> {
  const made = readInput(sentMeter, params, nothingSent("billableMetrics.meter"));
  return {
    ...made,
    ...writtenRange(made),
    ...writtenDimensions(made),
  } as Query<"getBillableMetricMeter">;
}

/** `billableMetrics.listEvents`: the query to send. */
export function storedEventsQuery(
  params: BillableMetricEventListParams,
): Query<"listBillableMetricEvents"> {
  const made = readInput(sentEventList, params, nothingSent("billableMetrics.listEvents"));
  return { ...made, ...writtenRange(made) } as Query<"listBillableMetricEvents">;
}

/** An event as it is sent: with a key and a time, fixed once for all attempts. */
export type SentEvent = Schemas["EventIngestParams"] & {
  readonly idempotencyKey: string;
  readonly timestamp: string;
};

/** `events.ingest`: the body to send; `method` is for the error. */
export function eventBody(params: EventIngestParams, method = "events.ingest"): SentEvent {
  const made = readInput(sentEvent, params, nothingSent(method));
  return {
    ...made,
    timestamp: writtenTime(made.timestamp ?? new Date()),
    idempotencyKey: made.idempotencyKey ?? newKey(),
  } as SentEvent;
}

const UUID = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";

/** A random UUID; `crypto.randomUUID` is only there on secure pages. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(UUID.length));
  return UUID.replace(/x/g, (_, at: number) => ((bytes[at] as number) & 15).toString(16));
}
