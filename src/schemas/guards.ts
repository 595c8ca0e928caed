import type { components, operations } from "../../generated/paygentic.ts";
import type { Operation } from "../errors.ts";
import type {
  Cost,
  CostCreateParams,
  CostListParams,
  CostReportParams,
  CostSummaryParams,
  CostUpdateParams,
  EventIngestParams,
} from "../models.ts";
import { readDecimal } from "../values/decimal.ts";
import { LosslessNumber, parseJson, stringifyJson } from "../values/lossless-json.ts";
import { isRecord } from "../values/record.ts";
import { EXPECTED_TIME, readTime } from "../values/timestamp.ts";
import { unreadableBecause } from "../values/unserializable-value.ts";
import {
  EXTERNAL_ID,
  isFilterValue,
  LONGEST_REPORT_FILTER,
  MOST_REPORT_FILTERS,
  needsValueProperty,
  REPORT_WINDOWS,
  SUMMARY_WINDOWS,
  undeclaredDimension,
} from "./contract.ts";
import {
  aggregation,
  costId,
  currency,
  jsonPath,
  merchantId,
  metered,
  productId,
} from "./contract-fields.ts";
import {
  boolean,
  everyMember,
  expecting,
  isText,
  list,
  matching,
  nullish,
  oneOf,
  optional,
  optionalText,
  type Place,
  type Reader,
  readArgument,
  type Shape,
  text,
  wholeNumber,
} from "./reading.ts";

type Schemas = components["schemas"];
type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;
type Sent = Record<string, unknown>;

// A reader gives what is sent.

const textOf =
  /* @__NO_SIDE_EFFECTS__ */
  (what: string): Reader => expecting(what, (value) => isText(value) && value !== "");
const time: Reader = (value, at) =>
  Number.isNaN(readTime(value))
    ? at.wrong(EXPECTED_TIME)
    : value instanceof Date
      ? value.toISOString()
      : value;
const unitCost: Reader = (value, at) => {
  const number = readDecimal(value);
  if ("problem" in number) return at.wrong(number.problem);
  return number.isNegative() ? at.expected("a number that is at least 0", value) : number;
};

/** The API takes names of dimensions in one text, with commas between them. */
const nameToSend = expecting(
  "a name without commas and outer spaces",
  (name) => isText(name) && name !== "" && name === name.trim() && !name.includes(","),
);
const paths = everyMember(jsonPath);
const dimensions: Reader = (value, at) => {
  const made = paths(value, at) as object;
  for (const name of Object.keys(made ?? {})) at.inside(name, name, nameToSend);
  return made;
};
/** Text is split at commas and trimmed, empty text is no name; each name is sent once. */
const names = list(nameToSend, true, "names of dimensions: an array, or text");
const groupBy: Reader = (value, at) => {
  const given =
    value === "" ? [] : isText(value) ? value.split(",").map((name) => name.trim()) : value;
  return [...new Set(names(given, at) as string[])].join(",") || undefined;
};
/** The API compares texts: numbers, booleans and null are sent as theirs. */
const wanted: Reader = (value, at) =>
  isFilterValue(value)
    ? String(value)
    : at.wrong("expected one text, number, boolean or null: the API takes no list");
const filter = everyMember(wanted);
/** Nothing to filter by is not sent. */
const filterGroupBy: Reader = (value, at) => {
  const sent = JSON.stringify(filter(value, at));
  return sent === "{}" ? undefined : sent;
};
const reportFilterGroupBy: Reader = (value, at) => {
  const sent = filterGroupBy(value, at);
  if (!isText(sent)) return undefined;
  return sent.length <= LONGEST_REPORT_FILTER &&
    Object.keys(value as object).length <= MOST_REPORT_FILTERS
    ? sent
    : at.wrong(
        `expected at most ${MOST_REPORT_FILTERS} dimensions and ${LONGEST_REPORT_FILTER} characters as JSON`,
      );
};
const merchant = textOf("a merchant's id");
const reportCost = textOf("a cost's id");
const listOfIds = list(reportCost);
const costIds: Reader = (value, at) => {
  if (!Array.isArray(value)) return [reportCost(value, at)];
  return value.length > 0
    ? listOfIds(value, at)
    : at.wrong("expected a cost's id, or an array of at least one");
};
const jsonObject: Reader = (value, at) => {
  let tree: unknown;
  try {
    // A copy: what the caller changes afterwards is not sent. A Decimal in it is text, as for `JSON.stringify`.
    tree = parseJson(stringifyJson(value, [LosslessNumber]));
  } catch (error) {
    return at.wrong(unreadableBecause(error));
  }
  return isRecord(tree) ? tree : at.expected("an object", value);
};
const unlessNull =
  /* @__NO_SIDE_EFFECTS__ */
    (read: Reader): Reader =>
    (value, at) =>
      optional(read)(value ?? undefined, at);

const externalId = matching(EXTERNAL_ID, "customer-1");

const COST_CREATE: Shape = {
  type: metered,
  name: text,
  unitCost,
  currency,
  productId,
  eventType: text,
  aggregation,
  valueProperty: optional(jsonPath),
  groupBy: optional(dimensions),
  unit: optionalText,
  merchantId: optional(merchantId),
};
const COST_UPDATE: Shape = {
  name: optionalText,
  unitCost: optional(unitCost),
  currency: optional(currency),
  unit: nullish(text),
  aggregation: nullish(aggregation),
  eventType: nullish(text),
  valueProperty: nullish(jsonPath),
  groupBy: nullish(dimensions),
};
const COST_LIST: Shape = {
  merchantId: optional(merchantId),
  productId: optional(productId),
  limit: optional(wholeNumber(1, 100)),
  offset: optional(wholeNumber(0)),
};
const COST_SUMMARY: Shape = {
  from: time,
  to: time,
  subject: optionalText,
  groupBy: optional(groupBy),
  window: optional(oneOf(SUMMARY_WINDOWS)),
  filterGroupBy: optional(filterGroupBy),
};
const COST_REPORT: Shape = {
  from: time,
  to: time,
  groupBy: textOf("cost, customer or the name of a dimension"),
  merchantId: optional(merchant),
  costId: optional(costIds),
  subject: optionalText,
  filterGroupBy: optional(reportFilterGroupBy),
  topN: optional(wholeNumber(1, 25)),
  comparePriorPeriod: optional(boolean),
  windowSize: optional(oneOf(REPORT_WINDOWS)),
  sort: optional(oneOf(["totalCost", "totalQuantity"])),
  sortDir: optional(oneOf(["asc", "desc"])),
  offset: optional(wholeNumber(0)),
  limit: optional(wholeNumber(1, 100)),
  currency: optional(currency),
};
const EVENT: Shape = {
  type: text,
  source: textOf("a URI or a name of the sender"),
  data: jsonObject,
  subject: unlessNull(text),
  externalSubject: unlessNull(externalId),
  namespace: unlessNull(textOf("an organization's id")),
  timestamp: optional(time),
  idempotencyKey: unlessNull(text),
  externalId: unlessNull(externalId),
};

/** Begins the message of a refusal. */
export const nothingSent = (operation: Operation): string => `${operation}: nothing was sent`;

/** `costs.create`: the body to send. */
export function costCreateBody(params: CostCreateParams): Schemas["CostCreateParams"] {
  return readArgument(nothingSent("createCost"), COST_CREATE, params, (given, at) => {
    const { aggregation: made, valueProperty } = given;
    if (isText(made) && needsValueProperty(made) && valueProperty === undefined) {
      const message = `expected a path such as $.usage.tokens: ${made} needs a value`;
      at.wrong(message, true, "valueProperty");
    }
  });
}

/** `costs.update`: the body to send. */
export function costUpdateBody(params: CostUpdateParams): Schemas["CostUpdateParams"] {
  return readArgument(nothingSent("updateCost"), COST_UPDATE, params, (_, at) => {
    if (Object.values(params).every((value) => value === undefined)) {
      at.wrong("expected at least one field to change");
    }
  });
}

/** The path of an operation on one cost; `operation` is for the error. */
export function costPath(operation: Operation, id: string): { id: string } {
  return readArgument(nothingSent(operation), { id: costId }, { id });
}

/** `costs.list`: the query to send. */
export function costListQuery(params: CostListParams): Query<"listCosts"> {
  return readArgument(nothingSent("listCosts"), COST_LIST, params);
}

const ofRange = ({ from, to }: Sent, at: Place): void => {
  if (readTime(from) >= readTime(to)) at.wrong("expected a time after from", true, "to");
};

/** `costs.summary`: the query to send. A cost that is at hand says which dimensions there are. */
export function costSummaryQuery(
  params: CostSummaryParams,
  cost: string | Cost,
): Query<"getCostSummary"> {
  return readArgument(nothingSent("getCostSummary"), COST_SUMMARY, params, (query, at) => {
    ofRange(query, at);
    if (isText(cost) || cost.groupBy === undefined) return;
    const declared = Object.keys(cost.groupBy ?? {});
    const { groupBy: grouped, filterGroupBy: filtered = "{}" } = query as Query<"getCostSummary">;
    const used = { groupBy: grouped?.split(","), filterGroupBy: Object.keys(JSON.parse(filtered)) };
    for (const [field, names = []] of Object.entries(used)) {
      for (const name of names.filter((each) => !declared.includes(each))) {
        at.wrong(undeclaredDimension(name, declared), true, field, name);
      }
    }
  });
}

/** `costs.report`: the query to send. */
export function costReportQuery(params: CostReportParams): Query<"getCostReport"> {
  return readArgument(nothingSent("getCostReport"), COST_REPORT, params, ofRange);
}

/** An event as it is sent: with a key and a time, fixed once for all attempts. */
export type SentEvent = Schemas["EventIngestParams"] & {
  readonly idempotencyKey: string;
  readonly timestamp: string;
};

/** `events.ingest`: the body to send. */
export function eventBody(params: EventIngestParams): SentEvent {
  const event: Sent = readArgument(nothingSent("ingestEvent"), EVENT, params, (_, at) => {
    if ((params.subject ?? params.externalSubject ?? undefined) === undefined) {
      at.wrong("expected a subject or an externalSubject");
    }
  });
  event["timestamp"] ??= new Date().toISOString();
  event["idempotencyKey"] ??= newKey();
  return event as SentEvent;
}

const UUID = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";

/** A random UUID; `crypto.randomUUID` is only there on secure pages. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(UUID.length));
  return UUID.replace(/x/g, (_, at: number) => ((bytes[at] as number) & 15).toString(16));
}
