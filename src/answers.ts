import { AGGREGATIONS, COST_ID, CURRENCY, JSON_PATH, MERCHANT_ID, PRODUCT_ID } from "./contract.ts";
import { type Decimal, readDecimal } from "./decimal.ts";
import type { Issue } from "./errors.ts";
import { defineMember, LongNumber, withOrdinaryNumbers } from "./json.ts";
import { isJsonObject } from "./json-form.ts";
import type { Cost, CostPage, CostReport, CostSummary, EventReceipt } from "./models.ts";
import {
  expectedOneOf,
  isText,
  nullable,
  nullish,
  optional,
  Place,
  type Reader,
  type Shape,
} from "./reading.ts";
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

/** A value for people. Text is whole or not there at all: in a part of it a secret would not be known for one. */
const shown = (value: unknown): string => {
  if (isJsonObject(value)) return "an object";
  if (Array.isArray(value)) return "an array";
  const text = value instanceof LongNumber ? value.text : (JSON.stringify(value) ?? "nothing");
  return text.length > 80 ? `${text.length} characters` : text;
};

// What is light here is drift: a new field or member of a list, which stays, or a bad value that is no money, which is
// taken out. Anything else is a number of money that is wrong or missing, which makes the whole answer unusable.
const DRIFT = true;

const found = (at: Place, expected: string, value: unknown, isLight = DRIFT): undefined =>
  at.wrong(`${expected}, found ${shown(value)}`, isLight);

/** The Decimal of a number of the contract, or of decimal text; undefined for anything else. */
function readAmount(value: unknown): Decimal | undefined {
  const amount = readDecimal(value instanceof LongNumber ? value.text : value);
  return "problem" in amount ? undefined : amount;
}
const amountAs =
  /* @__NO_SIDE_EFFECTS__ */
    (isAsText: boolean, expected: string): Reader =>
    (value, at) => {
      const amount = readAmount(value);
      if (amount === undefined || isText(value) !== isAsText) {
        found(at, expected, value, amount !== undefined);
      }
      return amount;
    };
const amount = amountAs(false, "expected a number");
const decimalText = amountAs(true, "expected decimal text");

const expecting =
  /* @__NO_SIDE_EFFECTS__ */
    (expected: string, isFine: (value: unknown) => boolean): Reader =>
    (value, at) =>
      isFine(value) ? value : found(at, expected, value);
const text = expecting("expected text", isText);
const whole = expecting("expected a whole number", (value) => Number.isSafeInteger(value));
const boolean = expecting("expected true or false", (value) => typeof value === "boolean");
const date: Reader = (value, at) => {
  const time = isText(value) ? readTime(value) : Number.NaN;
  return Number.isNaN(time) ? found(at, "expected an RFC 3339 time", value) : new Date(time);
};
/** A dimension's value is text; a number or null is what its text would have been made of. */
const dimensionValue: Reader = (value, at) => {
  if (isText(value)) return value;
  found(at, "expected text", value);
  return isJsonObject(value) || Array.isArray(value)
    ? undefined
    : String(withOrdinaryNumbers(value));
};
/** Text that the contract does not know may be new, and stays. */
const known =
  /* @__NO_SIDE_EFFECTS__ */
    (expected: string, isKnown: (value: unknown) => boolean): Reader =>
    (value, at) => {
      if (isKnown(value)) return value;
      found(at, expected, value);
      return isText(value) ? value : undefined;
    };
const literal = /* @__NO_SIDE_EFFECTS__ */ (wanted: string) =>
  known(`expected "${wanted}"`, (value) => value === wanted);
const matching = /* @__NO_SIDE_EFFECTS__ */ (pattern: RegExp): Reader => {
  const fitting = known(`expected ${pattern.source}`, (value) => pattern.test(value as string));
  return (value, at) => (isText(value) ? fitting : text)(value, at);
};

/** An object, read in place. */
const fields =
  /* @__NO_SIDE_EFFECTS__ */
    (shape: Shape, isLight = !DRIFT): Reader =>
    (value, at) => {
      if (!isJsonObject(value)) return found(at, "expected an object", value, isLight);
      for (const name of Object.keys(shape)) {
        const given = value[name];
        const made = at.inside(name, given, shape[name] as Reader);
        if (made !== given) value[name] = made;
      }
      for (const name of Object.keys(value)) {
        if (Object.hasOwn(shape, name)) continue;
        at.wrong("unknown field", DRIFT, name);
        defineMember(value, name, withOrdinaryNumbers(value[name]));
      }
      return value;
    };
/** Every member of an object, however named, read in place. */
const everyMember =
  /* @__NO_SIDE_EFFECTS__ */
    (read: Reader, isLight = !DRIFT): Reader =>
    (value, at) => {
      if (!isJsonObject(value)) return found(at, "expected an object", value, isLight);
      for (const name of Object.keys(value)) {
        defineMember(value, name, at.inside(name, value[name], read));
      }
      return value;
    };
/** The items of an array, read in place. */
const rows =
  /* @__NO_SIDE_EFFECTS__ */
    (read: Reader, isLight = !DRIFT): Reader =>
    (value, at) => {
      if (!Array.isArray(value)) return found(at, "expected an array", value, isLight);
      value.forEach((item, index) => {
        value[index] = at.inside(index, item, read);
      });
      return value;
    };
/** A null in the place of rows that were not asked for says no more than their absence. */
const rowsAskedFor = /* @__NO_SIDE_EFFECTS__ */ (read: Reader): Reader => {
  const asked = optional(rows(read));
  return (value, at) => (value === null ? found(at, "expected an array", value) : asked(value, at));
};

const costId = matching(COST_ID);
const currency = matching(CURRENCY);
const jsonPath = matching(JSON_PATH);
const isCost = literal("cost");
const isMetered = literal("metered");
const optionalText = optional(text);

const cost = fields({
  id: costId,
  object: isCost,
  type: isMetered,
  name: text,
  currency,
  unitCost: decimalText,
  productId: matching(PRODUCT_ID),
  merchantId: matching(MERCHANT_ID),
  unit: nullish(text),
  aggregation: nullish(
    known(expectedOneOf(AGGREGATIONS), (value) => AGGREGATIONS.some((each) => each === value)),
  ),
  eventType: nullish(text),
  valueProperty: nullish(jsonPath),
  groupBy: nullish(everyMember(jsonPath, DRIFT)),
  createdAt: date,
  updatedAt: date,
  deletedAt: nullish(date),
});
const pagination = fields({ limit: whole, offset: whole, total: whole }, DRIFT);
const costPage = fields({ object: literal("list"), data: rows(cost), pagination });
const costSummary = fields({
  object: isCost,
  id: costId,
  name: text,
  type: isMetered,
  currency,
  eventType: optionalText,
  totalCost: nullable(amount),
  totalQuantity: nullish(amount),
  groups: rowsAskedFor(
    fields({ dimensions: everyMember(dimensionValue), quantity: amount, cost: amount }),
  ),
  timeSeries: rowsAskedFor(
    fields({ windowStart: date, windowEnd: date, quantity: amount, cost: amount }),
  ),
});
const costReport = fields({
  object: literal("cost_report"),
  currency,
  period: fields({ from: date, to: date }, DRIFT),
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
      isOther: boolean,
      unit: nullish(text),
      priorPeriod: nullish(fields({ cost: amount, changePercent: nullable(amount) })),
    }),
  ),
  timeSeries: rows(fields({ windowStart: date, windowEnd: date, groups: everyMember(amount) })),
  availableDimensions: rows(text, DRIFT),
  pagination,
  warnings: optional(rows(text, DRIFT)),
});
const eventReceipt = fields({
  id: optionalText,
  object: optional(literal("event")),
  type: optionalText,
  source: optionalText,
  subject: optionalText,
  externalSubject: optionalText,
  namespace: optionalText,
  timestamp: optional(date),
  idempotencyKey: optionalText,
  externalId: optionalText,
});

/** Reads an answer, made a model in place; tells of drift, and throws an `UnusableAnswer`. */
const tolerant =
  /* @__NO_SIDE_EFFECTS__ */
    <T>(read: Reader, describe = (_answer: JsonObject, issue: Issue) => issue): AnswerReader<T> =>
    (answer, onDrift) => {
      const unusable: Issue[] = [];
      read(
        answer,
        new Place((issue, isLight) => {
          if (isLight) onDrift(issue);
          else unusable.push(describe(answer, issue));
        }),
      );
      if (unusable.length > 0) throw new UnusableAnswer(unusable);
      return answer as T;
    };

/** The model of one cost. */
export const readCost = tolerant<Cost>(cost);
/** The model of a page of costs; an unusable cost is named by its id. */
export const readCostPage = tolerant<CostPage>(costPage, (answer, { path, message }) => {
  const [, index = ""] = path;
  const id = (answer["data"] as { id?: unknown }[] | undefined)?.[index as number]?.id;
  return { path, message: isText(id) ? `${message} (cost ${id})` : message };
});
/** The model of a summary. */
export const readCostSummary = tolerant<CostSummary>(costSummary);
/** The model of a report. */
export const readCostReport = tolerant<CostReport>(costReport);
/** The model of a receipt, the key and the time still as the server has them. */
export const readEventReceipt = tolerant<Partial<EventReceipt>>(eventReceipt);
