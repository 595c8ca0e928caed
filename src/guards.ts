import type { components, operations } from "../generated/paygentic.ts";
import {
  AGGREGATIONS,
  COST_ID,
  CURRENCY,
  EXTERNAL_ID,
  isFilterValue,
  JSON_PATH,
  LONGEST_REPORT_FILTER,
  MERCHANT_ID,
  MOST_REPORT_FILTERS,
  needsValueProperty,
  PRODUCT_ID,
  REPORT_WINDOWS,
  SUMMARY_WINDOWS,
  undeclaredDimension,
} from "./contract.ts";
import { readDecimal } from "./decimal.ts";
import { InvalidInputError, type Issue, type Operation } from "./errors.ts";
import { jsonTree } from "./json-form.ts";
import type {
  Cost,
  CostCreateParams,
  CostListParams,
  CostReportParams,
  CostSummaryParams,
  CostUpdateParams,
  EventIngestParams,
} from "./models.ts";
import {
  expectedOneOf,
  isText,
  nullish,
  optional,
  Place,
  type Reader,
  type Shape,
} from "./reading.ts";
import { isRecord } from "./record.ts";
import { EXPECTED_TIME, readTime } from "./timestamp.ts";

type Schemas = components["schemas"];
type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;
type Params = Readonly<Record<string, unknown>>;
type Sent = Record<string, unknown>;

// A reader gives what is sent. A light problem leaves a value of the right kind, which can be held against others.

const text: Reader = (value, at) => (isText(value) ? value : at.wrong("expected text"));
const textOr =
  /* @__NO_SIDE_EFFECTS__ */
    (expected: string): Reader =>
    (value, at) =>
      value === "" ? at.wrong(expected, true) : text(value, at);
const matching =
  /* @__NO_SIDE_EFFECTS__ */
    (pattern: RegExp, example: string): Reader =>
    (value, at) => {
      const expected = `expected text such as ${example}`;
      if (!isText(value)) return at.wrong(expected);
      return pattern.test(value) ? value : at.wrong(`${expected} (${pattern.source})`, true);
    };
const oneOf =
  /* @__NO_SIDE_EFFECTS__ */
    (members: readonly string[]): Reader =>
    (value, at) =>
      members.includes(value as string) ? value : at.wrong(expectedOneOf(members));
const wholeNumber =
  /* @__NO_SIDE_EFFECTS__ */
    (least: number, most = Number.MAX_SAFE_INTEGER): Reader =>
    (value, at) =>
      Number.isInteger(value) && (value as number) >= least && (value as number) <= most
        ? value
        : at.wrong(`expected a whole number from ${least} to ${most}`, Number.isFinite(value));

const id = matching(COST_ID, "cst_1");
const path = matching(JSON_PATH, "$.usage.tokens");
const productId = matching(PRODUCT_ID, "prod_1");
const merchantId = matching(MERCHANT_ID, "org_1");
const currency = matching(CURRENCY, "USD");
const time: Reader = (value, at) =>
  Number.isNaN(readTime(value))
    ? at.wrong(EXPECTED_TIME, true)
    : value instanceof Date
      ? value.toISOString()
      : value;
const unitCost: Reader = (value, at) => {
  const number = readDecimal(value);
  if ("problem" in number) return at.wrong(number.problem);
  return number.isNegative() ? at.wrong("expected a number that is at least 0") : number;
};

/** The API takes names of dimensions in one text, with commas between them. */
const nameToSend: Reader = (name, at) =>
  isText(name) && name !== "" && name === name.trim() && !name.includes(",")
    ? name
    : at.wrong("expected a name without a comma and without spaces around it");
/** An object from dimension to whatever `read` reads. */
const byDimension =
  /* @__NO_SIDE_EFFECTS__ */
    (of: string, read: (name: string) => Reader): Reader =>
    (value, at) => {
      if (!isRecord(value)) return at.wrong(`expected an object from dimension to ${of}`);
      let isFine = true;
      for (const [name, member] of Object.entries(value)) {
        if (at.inside(name, member, read(name)) === undefined) isFine = false;
      }
      return isFine ? value : undefined;
    };
const dimensions = byDimension("path", (name) => (value, at) => {
  if (nameToSend(name, at) === undefined) return undefined;
  return isText(value) && JSON_PATH.test(value)
    ? value
    : at.wrong("expected a path such as $.model");
});
/** Text is split at commas and trimmed, empty text is no name; each name is sent once. */
const groupBy: Reader = (value, at) => {
  const names: unknown =
    value === "" ? [] : isText(value) ? value.split(",").map((name) => name.trim()) : value;
  if (!Array.isArray(names)) return at.wrong("expected names of dimensions: an array, or text");
  // What is wrong is none of them: it may not even have a text.
  const sent = Array.from(names, (name, index) => at.inside(index, name, nameToSend));
  return [...new Set(sent)].join(",") || undefined;
};
const filter = byDimension("value", () => (value, at) => {
  if (Array.isArray(value)) {
    return at.wrong("expected one value: the API cannot ask for any of several");
  }
  return isFilterValue(value) ? value : at.wrong("expected text, a number, true, false or null");
});
/** The API compares texts: numbers, booleans and null are sent as theirs. Nothing to filter by is not sent. */
const filterGroupBy: Reader = (value, at) => {
  const texts = Object.entries(filter(value, at) ?? {}).map(([name, wanted]) => [
    name,
    String(wanted),
  ]);
  return texts.length === 0 ? undefined : JSON.stringify(Object.fromEntries(texts));
};
const reportFilterGroupBy: Reader = (value, at) => {
  const sent = filterGroupBy(value, at);
  if (!isText(sent)) return undefined;
  if (Object.keys(value as object).length > MOST_REPORT_FILTERS) {
    at.wrong(`expected at most ${MOST_REPORT_FILTERS} dimensions`);
  }
  if (sent.length > LONGEST_REPORT_FILTER) {
    at.wrong(`expected at most ${LONGEST_REPORT_FILTER} characters as JSON`);
  }
  return sent;
};
const costIds: Reader = (value, at) => {
  const ids: readonly unknown[] = [value].flat();
  if (ids.length === 0 || !ids.every(isText)) {
    return at.wrong("expected a cost's id, or an array of ids that is not empty", ids.length === 0);
  }
  return isText(value) ? [id(value, at)] : ids.map((each, index) => at.inside(index, each, id));
};
const jsonObject: Reader = (value, at) => {
  try {
    const tree = jsonTree(value);
    return isRecord(tree) ? tree : at.wrong("expected an object");
  } catch (error) {
    return at.wrong(error instanceof Error ? error.message : "expected a value of JSON");
  }
};

/** What fields must be together: looked at when each for itself is of the right kind. */
type Together = (given: Params, at: Place) => void;

const ofRange: Together = ({ from, to }, at) => {
  if (readTime(from) >= readTime(to)) at.wrong("expected a time after from", true, "to");
};

const aggregation = oneOf(AGGREGATIONS);
const optionalText = optional(text);
const optionalPath = optional(path);
const unlessNull =
  /* @__NO_SIDE_EFFECTS__ */
    (read: Reader): Reader =>
    (value, at) =>
      value === null ? undefined : optional(read)(value, at);

const COST_CREATE: Shape = {
  type: (value, at) => (value === "metered" ? value : at.wrong('expected "metered"')),
  name: text,
  unitCost,
  currency,
  productId,
  eventType: text,
  aggregation,
  valueProperty: optionalPath,
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
  valueProperty: nullish(path),
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
  groupBy: textOr("expected cost, customer or the name of a dimension"),
  merchantId: optional(merchantId),
  costId: optional(costIds),
  subject: optionalText,
  filterGroupBy: optional(reportFilterGroupBy),
  topN: optional(wholeNumber(1, 25)),
  comparePriorPeriod: optional((value, at) =>
    typeof value === "boolean" ? value : at.wrong("expected true or false"),
  ),
  windowSize: optional(oneOf(REPORT_WINDOWS)),
  sort: optional(oneOf(["totalCost", "totalQuantity"])),
  sortDir: optional(oneOf(["asc", "desc"])),
  offset: optional(wholeNumber(0)),
  limit: optional(wholeNumber(1, 100)),
  currency: optional(currency),
};
const EVENT: Shape = {
  type: text,
  source: textOr("expected a URI that names the sender"),
  data: jsonObject,
  subject: unlessNull(text),
  externalSubject: unlessNull(matching(EXTERNAL_ID, "customer-1")),
  namespace: unlessNull(merchantId),
  timestamp: optional(time),
  idempotencyKey: unlessNull(text),
  externalId: unlessNull(matching(EXTERNAL_ID, "usage-1")),
};

function refuse(operation: Operation, issues: readonly Issue[]): never {
  throw new InvalidInputError(`${operation}: nothing was sent`, issues);
}

/** What is sent for the argument of an operation: an object that has no other fields than those of the shape. */
function read(operation: Operation, shape: Shape, given: unknown, together?: Together): Sent {
  const issues: Issue[] = [];
  let isOfRightKinds = true;
  const at = new Place((issue, isLight) => {
    issues.push(issue);
    isOfRightKinds &&= isLight;
  });
  const sent: Sent = { ...(given as Params) };
  if (isRecord(given)) {
    const names = Object.keys(shape);
    for (const name of names) {
      const value = at.inside(name, sent[name], shape[name] as Reader);
      if (value !== sent[name]) sent[name] = value;
    }
    for (const name of Object.keys(given)) {
      if (Object.hasOwn(shape, name)) continue;
      at.wrong(`unknown; there are ${names.join(", ")}`, true, name);
    }
    if (isOfRightKinds) together?.(given, at);
  } else {
    at.wrong("expected an object");
  }
  if (issues.length > 0) refuse(operation, issues);
  return sent;
}

/** `costs.create`: the body to send. */
export function costCreateBody(params: CostCreateParams): Schemas["CostCreateParams"] {
  return read("createCost", COST_CREATE, params, ({ aggregation, valueProperty }, at) => {
    if (needsValueProperty(aggregation) && valueProperty === undefined) {
      const message = `expected a path such as $.usage.tokens: ${aggregation} needs a value`;
      at.wrong(message, false, "valueProperty");
    }
  }) as Schemas["CostCreateParams"];
}

/** `costs.update`: the body to send. */
export function costUpdateBody(params: CostUpdateParams): Schemas["CostUpdateParams"] {
  return read("updateCost", COST_UPDATE, params, (given, at) => {
    if (Object.keys(COST_UPDATE).every((name) => given[name] === undefined)) {
      at.wrong("expected at least one field to change");
    }
  }) as Schemas["CostUpdateParams"];
}

/** The path of an operation on one cost; `operation` is for the error. */
export function costPath(operation: Operation, costId: string): { id: string } {
  new Place(({ message }) => refuse(operation, [{ path: ["id"], message }])).inside(
    "id",
    costId,
    id,
  );
  return { id: costId };
}

/** `costs.list`: the query to send. */
export function costListQuery(params: CostListParams): Query<"listCosts"> {
  return read("listCosts", COST_LIST, params) as Query<"listCosts">;
}

/** `costs.summary`: the query to send. A cost that is at hand says which dimensions there are. */
export function costSummaryQuery(
  params: CostSummaryParams,
  cost: string | Cost,
): Query<"getCostSummary"> {
  const query = read("getCostSummary", COST_SUMMARY, params, ofRange) as Query<"getCostSummary">;
  if (isText(cost) || cost.groupBy === undefined) return query;
  const declared = Object.keys(cost.groupBy ?? {});
  const issues = [
    ...(query.groupBy?.split(",") ?? []).map((name) => ["groupBy", name] as const),
    ...Object.keys(params.filterGroupBy ?? {}).map((name) => ["filterGroupBy", name] as const),
  ]
    .filter(([, name]) => !declared.includes(name))
    .map((path) => ({ path, message: undeclaredDimension(path[1], declared) }));
  if (issues.length > 0) refuse("getCostSummary", issues);
  return query;
}

/** `costs.report`: the query to send. */
export function costReportQuery(params: CostReportParams): Query<"getCostReport"> {
  return read("getCostReport", COST_REPORT, params, ofRange) as Query<"getCostReport">;
}

/** An event as it is sent: with a key and a time, fixed once for all attempts. */
export type SentEvent = Schemas["EventIngestParams"] & {
  readonly idempotencyKey: string;
  readonly timestamp: string;
};

/** `events.ingest`: the body to send. */
export function eventBody(params: EventIngestParams): SentEvent {
  const event = read("ingestEvent", EVENT, params, ({ subject, externalSubject }, at) => {
    if ((subject ?? externalSubject ?? undefined) === undefined) {
      at.wrong("expected a subject or an externalSubject");
    }
  });
  event["timestamp"] ??= new Date().toISOString();
  event["idempotencyKey"] ??= newKey();
  return event as SentEvent;
}

/** A random UUID; browsers have `randomUUID` on secure pages only. */
function newKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte, index) => {
    const value = index === 6 ? (byte & 0x0f) | 0x40 : index === 8 ? (byte & 0x3f) | 0x80 : byte;
    return value.toString(16).padStart(2, "0");
  }).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
