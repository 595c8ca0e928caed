import type { Issue } from "../errors.ts";
import type { Cost, CostPage, CostReport, CostSummary, EventReceipt } from "../models.ts";
import { readDecimal } from "../values/decimal.ts";
import { LosslessNumber, withOrdinaryNumbers } from "../values/lossless-json.ts";
import { isRecord } from "../values/record.ts";
import { parseTimestamp } from "../values/timestamp.ts";
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
  fields,
  isText,
  list,
  nullable,
  nullish,
  oneOf,
  optional,
  optionalText,
  Place,
  type Reader,
  type Shape,
  text,
} from "./reading.ts";

type JsonObject = Record<string, unknown>;

/** Makes a model of an answer's JSON object, in place. */
export type AnswerReader<T> = (answer: unknown, at: Place) => T;

/** A value for people. Text is whole or not there at all: in a part of it a secret would not be known for one. */
function found(value: unknown): string {
  const shown = isRecord(value)
    ? "an object"
    : Array.isArray(value)
      ? "an array"
      : value instanceof LosslessNumber
        ? value.text
        : (JSON.stringify(value) ?? "nothing");
  return `, found ${shown.length > 80 ? `${shown.length} characters` : shown}`;
}

// Drift is a new field or member of a list, which stays, or a bad value that is no money, which is taken out. Anything
// else is a number of money that is wrong or missing, which makes the whole answer unusable.
const DRIFT = true;

const amountAs =
  /* @__NO_SIDE_EFFECTS__ */
    (isAsText: boolean, what: string): Reader =>
    (value, at) => {
      const amount = readDecimal(value instanceof LosslessNumber ? value.text : value);
      const isAmount = !("problem" in amount);
      if (!isAmount || isText(value) !== isAsText) at.expected(what, value, isAmount);
      return isAmount ? amount : undefined;
    };
const amount = amountAs(false, "a number");
const decimalText = amountAs(true, "decimal text");
const date: Reader = (value, at) => {
  const time = isText(value) ? parseTimestamp(value) : Number.NaN;
  return Number.isNaN(time) ? at.expected("an RFC 3339 time", value) : new Date(time);
};
/** A dimension's value is text; a number or null is what its text would have been made of. */
const dimensionValue: Reader = (value, at) => {
  if (isText(value)) return value;
  at.expected("text", value);
  const plain = withOrdinaryNumbers(value);
  return typeof plain === "object" && plain !== null ? undefined : String(plain);
};
const unknown: Reader = (value, at) => {
  at.wrong("unknown field");
  return withOrdinaryNumbers(value);
};
const object = /* @__NO_SIDE_EFFECTS__ */ <T>(shape: Shape, isDrift?: boolean) =>
  fields(shape, unknown, isDrift) as AnswerReader<T>;
/** A null in the place of rows that were not asked for says no more than their absence. */
const rowsAskedFor = /* @__NO_SIDE_EFFECTS__ */ (shape: Shape): Reader => {
  const asked = optional(list(object(shape)));
  return (value, at) => (value === null ? at.expected("an array", value) : asked(value, at));
};

const isCost = oneOf(["cost"]);
const whole = expecting("a whole number", (value) => Number.isSafeInteger(value));

/** The model of one cost. */
export const readCost: AnswerReader<Cost> = object({
  id: costId,
  object: isCost,
  type: metered,
  name: text,
  currency,
  unitCost: decimalText,
  productId,
  merchantId,
  unit: nullish(text),
  aggregation: nullish(aggregation),
  eventType: nullish(text),
  valueProperty: nullish(jsonPath),
  groupBy: nullish(everyMember(jsonPath, DRIFT)),
  createdAt: date,
  updatedAt: date,
  deletedAt: nullish(date),
});
const pagination = object({ limit: whole, offset: whole, total: whole }, DRIFT);
/** The model of a page of costs. */
export const readCostPage: AnswerReader<CostPage> = object({
  object: oneOf(["list"]),
  data: list(readCost),
  pagination,
});
/** The model of a summary. */
export const readCostSummary: AnswerReader<CostSummary> = object({
  object: isCost,
  id: costId,
  name: text,
  type: metered,
  currency,
  eventType: optionalText,
  totalCost: nullable(amount),
  totalQuantity: nullish(amount),
  groups: rowsAskedFor({
    dimensions: everyMember(dimensionValue),
    quantity: amount,
    cost: amount,
  }),
  timeSeries: rowsAskedFor({ windowStart: date, windowEnd: date, quantity: amount, cost: amount }),
});
/** The model of a report. */
export const readCostReport: AnswerReader<CostReport> = object({
  object: oneOf(["cost_report"]),
  currency,
  period: object({ from: date, to: date }, DRIFT),
  groupBy: text,
  totalCost: amount,
  totalQuantity: amount,
  groups: list(
    object({
      key: text,
      label: text,
      totalCost: amount,
      totalQuantity: amount,
      percentOfTotal: amount,
      isOther: boolean,
      unit: nullish(text),
      priorPeriod: nullish(object({ cost: amount, changePercent: nullable(amount) })),
    }),
  ),
  timeSeries: list(object({ windowStart: date, windowEnd: date, groups: everyMember(amount) })),
  availableDimensions: list(text, DRIFT),
  pagination,
  warnings: optional(list(text, DRIFT)),
});
/** The model of a receipt, the key and the time still as the server has them. */
export const readEventReceipt: AnswerReader<Partial<EventReceipt>> = object({
  id: optionalText,
  object: optional(oneOf(["event"])),
  type: optionalText,
  source: optionalText,
  subject: optionalText,
  externalSubject: optionalText,
  namespace: optionalText,
  timestamp: optional(date),
  idempotencyKey: optionalText,
  externalId: optionalText,
});

/**
 * Reads an answer, made a model in place. `onDrift` hears what the contract does not know; what is `unusable` of it are
 * numbers of money that are wrong or missing, those of one cost among many named by its id.
 */
export function readAnswer<T>(
  read: AnswerReader<T>,
  answer: JsonObject,
  onDrift: (issue: Issue) => void,
): { readonly model: T; readonly unusable: readonly Issue[] } {
  const unusable: Issue[] = [];
  const at = new Place(({ path, message }, isDrift) => {
    if (isDrift) return onDrift({ path, message });
    const listed = answer["data"] as { readonly id?: unknown }[] | undefined;
    const id = listed?.[path[1] as number]?.id;
    unusable.push({ path, message: isText(id) ? `${message} (cost ${id})` : message });
  }, found);
  return { model: read(answer, at), unusable };
}
