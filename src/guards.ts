import * as z from "zod/mini";
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
import { type Decimal, decimalOf, readExact } from "./decimal.ts";
import { InvalidInputError, type Issue } from "./errors.ts";
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
import { isRecord } from "./record.ts";
import { EXPECTED_TIME, readTime } from "./timestamp.ts";

type Schemas = components["schemas"];
type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;

const text = z.string("expected text");
const matching = (pattern: RegExp, example: string) =>
  z
    .string(`expected text such as ${example}`)
    .check(z.regex(pattern, `expected text such as ${example} (${pattern.source})`));
const oneOf = <const T extends readonly string[]>(members: T) =>
  z.enum(members, `expected one of ${members.join(", ")}`);
const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const expected = `expected a whole number from ${least} to ${most}`;
  return z
    .number(expected)
    .check(z.refine((n) => Number.isInteger(n) && n >= least && n <= most, expected));
};
/** An object that has no other fields than these. */
const fields = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => {
  const object = z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `unknown; there are ${Object.keys(shape).join(", ")}`
        : "expected an object",
  });
  return z.pipe(z.custom<z.input<typeof object>>(isRecord, "expected an object"), object);
};
/** A value that is judged by a function: what is wrong with it, each with the path inside it. */
const judged = <T>(judge: (value: unknown) => readonly Issue[]) =>
  z.custom<T>().check(
    z.check((payload) => {
      for (const { path, message } of judge(payload.value)) {
        payload.issues.push({ code: "custom", path: [...path], message, input: payload.value });
      }
    }),
  );
const wrong = (message: string, ...path: readonly (string | number)[]): Issue[] => [
  { path, message },
];

const id = matching(COST_ID, "cst_1");
const path = matching(JSON_PATH, "$.usage.tokens");
const productId = matching(PRODUCT_ID, "prod_1");
const merchantId = matching(MERCHANT_ID, "org_1");
const currency = matching(CURRENCY, "USD");
const time = z.custom<Date | string>((value) => !Number.isNaN(readTime(value)), EXPECTED_TIME);
const unitCost = judged((value) => {
  const exact = readExact(value);
  if ("problem" in exact) return wrong(exact.problem);
  return exact.coefficient < 0n ? wrong("expected a number that is at least 0") : [];
});

/** The API takes names of dimensions in one text, with commas between them. */
const canBeSent = (name: string): boolean =>
  name !== "" && name === name.trim() && !name.includes(",");
const UNSENDABLE = "expected a name without a comma and without spaces around it";

const dimensions = judged((value) => {
  if (!isRecord(value)) return wrong("expected an object from dimension to path");
  return Object.entries(value).flatMap(([name, pathText]) => {
    if (!canBeSent(name)) return wrong(UNSENDABLE, name);
    return typeof pathText === "string" && JSON_PATH.test(pathText)
      ? []
      : wrong("expected a path such as $.model", name);
  });
});
/** Text is split at commas and trimmed, empty text is no name; anything else is left as it is. */
const namesIn = <T>(names: T | string): T | string[] => {
  if (typeof names !== "string") return names;
  return names === "" ? [] : names.split(",").map((name) => name.trim());
};
const groupBy = judged((value) => {
  const names: unknown = namesIn(value);
  if (!Array.isArray(names)) return wrong("expected names of dimensions: an array, or text");
  return names.flatMap((name: unknown, index) =>
    typeof name === "string" && canBeSent(name) ? [] : wrong(UNSENDABLE, index),
  );
});
const filterGroupBy = judged((value) => {
  if (!isRecord(value)) return wrong("expected an object from dimension to value");
  return Object.entries(value).flatMap(([name, wanted]) => {
    if (Array.isArray(wanted)) {
      return wrong("expected one value: the API cannot ask for any of several", name);
    }
    return isFilterValue(wanted) ? [] : wrong("expected text, a number, true, false or null", name);
  });
});
/** The API compares texts: numbers, booleans and null are sent as theirs. Nothing to filter by is not sent. */
const sentFilter = (
  filter: { readonly [name: string]: unknown } | undefined,
): string | undefined => {
  const texts = Object.entries(filter ?? {}).map(([name, value]) => [name, String(value)]);
  return texts.length === 0 ? undefined : JSON.stringify(Object.fromEntries(texts));
};
const reportFilterGroupBy = filterGroupBy.check(
  z.check(({ value, issues }) => {
    const filter = value as Readonly<Record<string, unknown>>;
    const refuse = (message: string) => issues.push({ code: "custom", message, input: value });
    if (Object.keys(filter).length > MOST_REPORT_FILTERS) {
      refuse(`expected at most ${MOST_REPORT_FILTERS} dimensions`);
    }
    if ((sentFilter(filter) ?? "").length > LONGEST_REPORT_FILTER) {
      refuse(`expected at most ${LONGEST_REPORT_FILTER} characters as JSON`);
    }
  }),
);

const costCreateSchema = fields({
  type: z.literal("metered", 'expected "metered"'),
  name: text,
  unitCost,
  currency,
  productId,
  eventType: text,
  aggregation: oneOf(AGGREGATIONS),
  valueProperty: z.optional(path),
  groupBy: z.optional(dimensions),
  unit: z.optional(text),
  merchantId: z.optional(merchantId),
}).check(
  z.check(({ value, issues }) => {
    if (needsValueProperty(value.aggregation) && value.valueProperty === undefined) {
      const message = `expected a path such as $.usage.tokens: ${value.aggregation} needs a value`;
      issues.push({ code: "custom", path: ["valueProperty"], message, input: value });
    }
  }),
);
const costUpdateSchema = fields({
  name: z.optional(text),
  unitCost: z.optional(unitCost),
  currency: z.optional(currency),
  unit: z.nullish(text),
  aggregation: z.nullish(oneOf(AGGREGATIONS)),
  eventType: z.nullish(text),
  valueProperty: z.nullish(path),
  groupBy: z.nullish(dimensions),
}).check(
  z.refine(
    (params) => Object.values(params).some((value) => value !== undefined),
    "expected at least one field to change",
  ),
);
const costListSchema = fields({
  merchantId: z.optional(merchantId),
  productId: z.optional(productId),
  limit: z.optional(wholeNumber(1, 100)),
  offset: z.optional(wholeNumber(0)),
});
const orderedRange = z.check<{ from: Date | string; to: Date | string }>(({ value, issues }) => {
  if (readTime(value.from) >= readTime(value.to)) {
    const message = "expected a time after from";
    issues.push({ code: "custom", path: ["to"], message, input: value.to });
  }
});
const costSummarySchema = fields({
  from: time,
  to: time,
  subject: z.optional(text),
  groupBy: z.optional(groupBy),
  window: z.optional(oneOf(SUMMARY_WINDOWS)),
  filterGroupBy: z.optional(filterGroupBy),
}).check(orderedRange);
const COST_IDS = "expected a cost's id, or an array of ids that is not empty";
const costReportSchema = fields({
  from: time,
  to: time,
  groupBy: text.check(z.minLength(1, "expected cost, customer or the name of a dimension")),
  merchantId: z.optional(merchantId),
  costId: z.optional(z.union([id, z.array(id).check(z.minLength(1, COST_IDS))], COST_IDS)),
  subject: z.optional(text),
  filterGroupBy: z.optional(reportFilterGroupBy),
  topN: z.optional(wholeNumber(1, 25)),
  comparePriorPeriod: z.optional(z.boolean("expected true or false")),
  windowSize: z.optional(oneOf(REPORT_WINDOWS)),
  sort: z.optional(oneOf(["totalCost", "totalQuantity"])),
  sortDir: z.optional(oneOf(["asc", "desc"])),
  offset: z.optional(wholeNumber(0)),
  limit: z.optional(wholeNumber(1, 100)),
  currency: z.optional(currency),
}).check(orderedRange);
const eventSchema = fields({
  type: text,
  source: text.check(z.minLength(1, "expected a URI that names the sender")),
  data: judged((value) => {
    try {
      return isRecord(jsonTree(value)) ? [] : wrong("expected an object");
    } catch (error) {
      return wrong(error instanceof Error ? error.message : "expected a value of JSON");
    }
  }),
  subject: z.nullish(text),
  externalSubject: z.nullish(matching(EXTERNAL_ID, "customer-1")),
  namespace: z.nullish(merchantId),
  timestamp: z.optional(time),
  idempotencyKey: z.nullish(text),
  externalId: z.nullish(matching(EXTERNAL_ID, "usage-1")),
}).check(
  z.refine(
    (event) => (event.subject ?? event.externalSubject ?? undefined) !== undefined,
    "expected a subject or an externalSubject",
  ),
);

/** The schemas of what is sent, by the operation that sends it. */
export const REQUEST_SCHEMAS = {
  createCost: costCreateSchema,
  listCosts: costListSchema,
  getCost: id,
  updateCost: costUpdateSchema,
  deleteCost: id,
  getCostSummary: costSummarySchema,
  getCostReport: costReportSchema,
  ingestEvent: eventSchema,
};

function guard(operation: keyof typeof REQUEST_SCHEMAS, value: unknown): void {
  const { error } = z.safeParse(REQUEST_SCHEMAS[operation], value);
  if (error === undefined) return;
  refuse(
    operation,
    error.issues.flatMap((issue) => {
      const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
      const wrong = issue.code === "unrecognized_keys" ? issue.keys : [[]];
      return wrong.map((key) => ({ path: path.concat(key), message: issue.message }));
    }),
  );
}

function refuse(operation: string, issues: readonly Issue[]): never {
  throw new InvalidInputError(`${operation}: nothing was sent`, issues);
}

const sentTime = (moment: Date | string): string =>
  typeof moment === "string" ? moment : moment.toISOString();
const sentUnitCost = (input: unknown): Decimal => {
  const exact = readExact(input);
  if ("problem" in exact) throw new TypeError(exact.problem);
  return decimalOf(exact);
};

/** `costs.create`: the body to send. */
export function costCreateBody(params: CostCreateParams): Schemas["CostCreateParams"] {
  guard("createCost", params);
  return { ...params, unitCost: sentUnitCost(params.unitCost) } as Schemas["CostCreateParams"];
}

/** `costs.update`: the body to send. */
export function costUpdateBody(params: CostUpdateParams): Schemas["CostUpdateParams"] {
  guard("updateCost", params);
  return {
    ...params,
    ...(params.unitCost === undefined ? {} : { unitCost: sentUnitCost(params.unitCost) }),
  } as Schemas["CostUpdateParams"];
}

/** The path of an operation on one cost; `operation` is for the error. */
export function costPath(
  operation: "getCost" | "updateCost" | "deleteCost" | "getCostSummary",
  costId: string,
): { id: string } {
  const { error } = z.safeParse(id, costId);
  if (error !== undefined) {
    refuse(
      operation,
      error.issues.map(({ message }) => ({ path: ["id"], message })),
    );
  }
  return { id: costId };
}

/** `costs.list`: the query to send. */
export function costListQuery(params: CostListParams): Query<"listCosts"> {
  guard("listCosts", params);
  return params as Query<"listCosts">;
}

/** `costs.summary`: the query to send. A cost that is at hand says which dimensions there are. */
export function costSummaryQuery(
  params: CostSummaryParams,
  cost: string | Cost,
): Query<"getCostSummary"> {
  guard("getCostSummary", params);
  const names = new Set<string>(namesIn(params.groupBy ?? []));
  const declared = typeof cost === "string" ? undefined : cost.groupBy;
  const unknown = (field: string, used: Iterable<string>): Issue[] =>
    [...used]
      .filter((name) => declared !== undefined && !Object.hasOwn(declared ?? {}, name))
      .flatMap((name) =>
        wrong(undeclaredDimension(name, Object.keys(declared ?? {})), field, name),
      );
  const issues = [
    ...unknown("groupBy", names),
    ...unknown("filterGroupBy", Object.keys(params.filterGroupBy ?? {})),
  ];
  if (issues.length > 0) refuse("getCostSummary", issues);
  const filter = sentFilter(params.filterGroupBy);
  return {
    from: sentTime(params.from),
    to: sentTime(params.to),
    ...(params.subject === undefined ? {} : { subject: params.subject }),
    ...(names.size === 0 ? {} : { groupBy: [...names].join(",") }),
    ...(params.window === undefined ? {} : { window: params.window }),
    ...(filter === undefined ? {} : { filterGroupBy: filter }),
  };
}

/** `costs.report`: the query to send. */
export function costReportQuery(params: CostReportParams): Query<"getCostReport"> {
  guard("getCostReport", params);
  const { from, to, costId, filterGroupBy: wanted, ...rest } = params;
  const filter = sentFilter(wanted);
  return {
    ...rest,
    from: sentTime(from),
    to: sentTime(to),
    ...(costId === undefined ? {} : { costId: [costId].flat() }),
    ...(filter === undefined ? {} : { filterGroupBy: filter }),
  } as Query<"getCostReport">;
}

/** An event as it is sent: with a key and a time, fixed once for all attempts. */
export type SentEvent = Schemas["EventIngestParams"] & {
  readonly idempotencyKey: string;
  readonly timestamp: string;
};

/** `events.ingest`: the body to send. */
export function eventBody(params: EventIngestParams): SentEvent {
  guard("ingestEvent", params);
  const present = Object.entries(params).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  return {
    ...Object.fromEntries(present),
    data: jsonTree(params.data),
    timestamp: sentTime(params.timestamp ?? new Date()),
    idempotencyKey: params.idempotencyKey ?? newKey(),
  } as SentEvent;
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
