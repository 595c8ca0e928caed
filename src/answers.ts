import * as z from "zod/mini";
import { AGGREGATIONS, COST_ID, CURRENCY, JSON_PATH, MERCHANT_ID, PRODUCT_ID } from "./contract.ts";
import { type Decimal, decimalOf } from "./decimal.ts";
import type { Issue } from "./errors.ts";
import { parseExact } from "./exact.ts";
import { defineMember, LongNumber, withOrdinaryNumbers } from "./json.ts";
import { isJsonObject } from "./json-form.ts";
import type { Cost, CostPage, CostReport, CostSummary, EventReceipt } from "./models.ts";
import { readTime } from "./timestamp.ts";

type JsonObject = Record<string, unknown>;

/** Makes a model of an answer's JSON object, in place. `onDrift` hears what the contract does not know. */
export type AnswerReader<T> = (answer: JsonObject, onDrift: (issue: Issue) => void) => T;

/** Thrown for an answer in which a number of money is wrong or missing. Never leaves the client. */
export class UnusableAnswer extends Error {
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super("The answer cannot be used");
    this.issues = issues;
  }
}

/** What a field is for, where that decides what becomes of a bad one. */
type Role = "amount" | "date" | "dimension";

const roleOf = (params: unknown): Role | undefined => (params as { role?: Role } | undefined)?.role;
const field = (role: Role, isFine: (value: unknown) => boolean, message: string) =>
  z.custom<unknown>(isFine, { error: message, params: { role } });

const text = z.string("expected text");
const amount = field(
  "amount",
  (value) => typeof value !== "string" && readAmount(value) !== undefined,
  "expected a number",
);
const decimalText = field(
  "amount",
  (value) => typeof value === "string" && readAmount(value) !== undefined,
  "expected decimal text",
);
const date = field("date", (value) => isTimeText(value), "expected an RFC 3339 time");
const dimensionValue = field("dimension", (value) => typeof value === "string", "expected text");
const matching = (pattern: RegExp) => text.check(z.regex(pattern, `expected ${pattern.source}`));
const literal = (value: string) => z.literal(value, `expected ${JSON.stringify(value)}`);
const whole = z.number("expected a whole number").check(z.int("expected a whole number"));
const fields = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, "expected an object");
const rows = <Row extends z.core.SomeType>(row: Row) => z.array(row, "expected an array");
/** Every member of an object judged by one schema; by hand, because a record passes over `__proto__`. */
const everyMember = (member: z.core.$ZodType) =>
  z.custom<JsonObject>(isJsonObject, "expected an object").check(
    z.check(({ value, issues }) => {
      for (const [name, item] of Object.entries(value)) {
        for (const issue of z.safeParse(member, item).error?.issues ?? []) {
          issues.push({
            ...issue,
            path: [name, ...issue.path],
            input: item,
          } as z.core.$ZodRawIssue);
        }
      }
    }),
  );

const costSchema = fields({
  id: matching(COST_ID),
  object: literal("cost"),
  type: literal("metered"),
  name: text,
  currency: matching(CURRENCY),
  unitCost: decimalText,
  productId: matching(PRODUCT_ID),
  merchantId: matching(MERCHANT_ID),
  unit: z.nullish(text),
  aggregation: z.nullish(z.enum(AGGREGATIONS, `expected one of ${AGGREGATIONS.join(", ")}`)),
  eventType: z.nullish(text),
  valueProperty: z.nullish(matching(JSON_PATH)),
  groupBy: z.nullish(everyMember(matching(JSON_PATH))),
  createdAt: date,
  updatedAt: date,
  deletedAt: z.nullish(date),
});
const pagination = fields({ limit: whole, offset: whole, total: whole });
const costPageSchema = fields({ object: literal("list"), data: rows(costSchema), pagination });
const costSummarySchema = fields({
  object: literal("cost"),
  id: matching(COST_ID),
  name: text,
  type: literal("metered"),
  currency: matching(CURRENCY),
  eventType: z.optional(text),
  totalCost: z.nullable(amount),
  totalQuantity: z.nullish(amount),
  groups: z.optional(
    rows(fields({ dimensions: everyMember(dimensionValue), quantity: amount, cost: amount })),
  ),
  timeSeries: z.optional(
    rows(fields({ windowStart: date, windowEnd: date, quantity: amount, cost: amount })),
  ),
});
const costReportSchema = fields({
  object: literal("cost_report"),
  currency: matching(CURRENCY),
  period: fields({ from: date, to: date }),
  groupBy: text,
  totalCost: amount,
  totalQuantity: amount,
  groups: rows(
    fields({
      key: text,
      label: text,
      totalCost: amount,
      totalQuantity: amount,
      percentOfTotal: amount,
      isOther: z.boolean("expected true or false"),
      unit: z.nullish(text),
      priorPeriod: z.nullish(fields({ cost: amount, changePercent: z.nullable(amount) })),
    }),
  ),
  timeSeries: rows(fields({ windowStart: date, windowEnd: date, groups: everyMember(amount) })),
  availableDimensions: rows(text),
  pagination,
  warnings: z.optional(rows(text)),
});
const eventReceiptSchema = fields({
  id: z.optional(text),
  object: z.optional(literal("event")),
  type: z.optional(text),
  source: z.optional(text),
  subject: z.optional(text),
  externalSubject: z.optional(text),
  namespace: z.optional(text),
  timestamp: z.optional(date),
  idempotencyKey: z.optional(text),
  externalId: z.optional(text),
});

/** The schemas of what is answered, as the contract has it: whatever they find is drift, or worse. */
export const ANSWER_SCHEMAS = {
  Cost: costSchema,
  CostPage: costPageSchema,
  CostSummary: costSummarySchema,
  CostReport: costReportSchema,
  EventReceipt: eventReceiptSchema,
};

/** Members that hold rows of money, or say whose money a row is: without them a number is missing. */
const HOLDS_MONEY: ReadonlySet<PropertyKey | undefined> = new Set([
  "data",
  "groups",
  "timeSeries",
  "priorPeriod",
  "dimensions",
]);

function isTimeText(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(readTime(value));
}

/** The Decimal of a number of the contract, or of decimal text; undefined for anything else. */
function readAmount(value: unknown): Decimal | undefined {
  const digits =
    value instanceof LongNumber ? value.text : typeof value === "number" ? String(value) : value;
  if (typeof digits !== "string") return undefined;
  const exact = parseExact(digits);
  return typeof exact === "string" ? undefined : decimalOf(exact);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, step)
        ? (value as Record<PropertyKey, unknown>)[step]
        : undefined,
    root,
  );
}

function replaceAt(root: unknown, path: readonly PropertyKey[], value: unknown): void {
  const parent = valueAt(root, path.slice(0, -1));
  const last = path.at(-1);
  if (typeof parent === "object" && parent !== null && last !== undefined) {
    defineMember(parent, last, value);
  }
}

/** A value for people. Text is whole or not there at all: in a part of it a secret would not be known for one. */
const shown = (value: unknown): string => {
  if (isJsonObject(value)) return "an object";
  if (Array.isArray(value)) return "an array";
  const text = value instanceof LongNumber ? value.text : (JSON.stringify(value) ?? "nothing");
  return text.length > 80 ? `${text.length} characters` : text;
};

/**
 * Holds an answer against the contract. What is new (fields, members of a list) is kept and reported; a bad value that
 * is no money is taken out and reported; a wrong or missing number of money makes the whole answer unusable.
 */
function tolerate(
  schema: z.core.$ZodType,
  answer: JsonObject,
  onDrift: (issue: Issue) => void,
  mayBeAbsent: readonly string[] = [],
): void {
  const unusable: Issue[] = [];
  for (const issue of z.safeParse(schema, answer).error?.issues ?? []) {
    const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) {
        replaceAt(answer, [...path, key], withOrdinaryNumbers(valueAt(answer, [...path, key])));
        onDrift({ path: [...path, key], message: "unknown field" });
      }
      continue;
    }
    const value = valueAt(answer, path);
    const role = issue.code === "custom" ? roleOf(issue.params) : undefined;
    const isDimension = path.at(-2) === "groupBy";
    // A null in the place of rows that were not asked for says no more than their absence.
    const isAbsent = value === null && path.length === 1 && mayBeAbsent.includes(String(path[0]));
    const holdsMoney =
      !isDimension &&
      !isAbsent &&
      HOLDS_MONEY.has(path.filter((step) => typeof step === "string").at(-1));
    const found = { path, message: `${issue.message}, found ${shown(value)}` };
    if (role === "amount" ? readAmount(value) === undefined : role === undefined && holdsMoney) {
      unusable.push(found);
      continue;
    }
    onDrift(found);
    const isNewMember =
      typeof value === "string" &&
      (issue.code === "invalid_value" || issue.code === "invalid_format");
    if (role === "amount" || isNewMember || value === undefined) continue;
    const hasText = role === "dimension" && !isJsonObject(value) && !Array.isArray(value);
    replaceAt(answer, path, hasText ? String(withOrdinaryNumbers(value)) : undefined);
  }
  if (unusable.length > 0) throw new UnusableAnswer(unusable);
}

/** Makes Decimals and Dates of the named members, where they are there and not null. */
function convert(row: JsonObject, amounts: readonly string[], dates: readonly string[]): void {
  for (const name of amounts) {
    const value = readAmount(row[name]);
    if (value !== undefined) defineMember(row, name, value);
  }
  for (const name of dates) {
    const value = row[name];
    if (isTimeText(value)) row[name] = new Date(readTime(value));
  }
}

const rowsOf = (value: unknown): JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];

function convertCost(cost: JsonObject): void {
  convert(cost, ["unitCost"], ["createdAt", "updatedAt", "deletedAt"]);
}

/** The model of one cost. */
export const readCost: AnswerReader<Cost> = (answer, onDrift) => {
  tolerate(costSchema, answer, onDrift);
  convertCost(answer);
  return answer as unknown as Cost;
};

/** The model of a page of costs; an unusable cost is named by its id. */
export const readCostPage: AnswerReader<CostPage> = (answer, onDrift) => {
  try {
    tolerate(costPageSchema, answer, onDrift);
  } catch (error) {
    if (!(error instanceof UnusableAnswer)) throw error;
    throw new UnusableAnswer(
      error.issues.map(({ path, message }) => {
        const id = valueAt(answer, [...path.slice(0, 2), "id"]);
        return { path, message: typeof id === "string" ? `${message} (cost ${id})` : message };
      }),
    );
  }
  rowsOf(answer["data"]).forEach(convertCost);
  return answer as unknown as CostPage;
};

/** The model of a summary. */
export const readCostSummary: AnswerReader<CostSummary> = (answer, onDrift) => {
  tolerate(costSummarySchema, answer, onDrift, ["groups", "timeSeries"]);
  convert(answer, ["totalCost", "totalQuantity"], []);
  for (const group of rowsOf(answer["groups"])) convert(group, ["quantity", "cost"], []);
  for (const row of rowsOf(answer["timeSeries"])) {
    convert(row, ["quantity", "cost"], ["windowStart", "windowEnd"]);
  }
  return answer as unknown as CostSummary;
};

/** The model of a report. */
export const readCostReport: AnswerReader<CostReport> = (answer, onDrift) => {
  tolerate(costReportSchema, answer, onDrift);
  convert(answer, ["totalCost", "totalQuantity"], []);
  for (const period of rowsOf([answer["period"]])) convert(period, [], ["from", "to"]);
  for (const group of rowsOf(answer["groups"])) {
    convert(group, ["totalCost", "totalQuantity", "percentOfTotal"], []);
    for (const prior of rowsOf([group["priorPeriod"]]))
      convert(prior, ["cost", "changePercent"], []);
  }
  for (const row of rowsOf(answer["timeSeries"])) {
    convert(row, [], ["windowStart", "windowEnd"]);
    for (const costs of rowsOf([row["groups"]])) convert(costs, Object.keys(costs), []);
  }
  return answer as unknown as CostReport;
};

/** The model of a receipt, the key and the time still as the server has them. */
export const readEventReceipt: AnswerReader<Partial<EventReceipt>> = (answer, onDrift) => {
  tolerate(eventReceiptSchema, answer, onDrift);
  convert(answer, [], ["timestamp"]);
  return answer as Partial<EventReceipt>;
};
