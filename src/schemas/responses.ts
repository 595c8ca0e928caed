/**
 * The responses of the API. Each is described once and read in three ways: `strict` is the contract, `open` is what the
 * client can use, and `model` is what a program may pass on, for `metered-costs/schemas`.
 */
import * as z from "zod/mini";
import type { Issue } from "../errors.ts";
import type {
  BillableMetricEventPage,
  BillableMetricMeter,
  Cost,
  CostPage,
  CostReport,
  CostSummary,
  EventReceipt,
  ProfitabilitySummary,
  RevenueSummary,
} from "../models.ts";
import { type Decimal, readDecimal } from "../values/decimal.ts";
import { defineMember, LosslessNumber, withOrdinaryNumbers } from "../values/lossless-json.ts";
import { isRecord } from "../values/record.ts";
import { readTime } from "../values/timestamp.ts";
import { AGGREGATIONS } from "./contract.ts";
import {
  boolean,
  costId,
  currency,
  field,
  jsonPath,
  list,
  merchantId,
  metricId,
  nullable,
  nullish,
  objectWith,
  oneOf,
  optional,
  type Payload,
  productId,
  record,
  refuse,
  run,
  type Schema,
  type Shape,
  text,
} from "./fields.ts";
import { pathOf } from "./input.ts";

/**
 * `strict`: what the contract says; unknown fields are kept, with an issue each. `open`: what is no amount may be
 * anything: other text stays, anything else is undefined. `model`: as `open`, but what is wrong is refused, and amounts
 * and times may also be what they are in a model.
 */
type Reading = "strict" | "open" | "model";

const UNKNOWN_FIELD = "unknown field";

/** Amounts of any form; `strict` tells text from numbers. */
function readAmount(given: unknown): Decimal | undefined {
  const number = readDecimal(given instanceof LosslessNumber ? given.text : given);
  return "problem" in number ? undefined : number;
}

/** The value of a dimension is text; a number, a boolean or null is what its text would have been made of. */
function dimensionText(given: unknown): string | undefined {
  const plain = withOrdinaryNumbers(given);
  return typeof plain === "object" && plain !== null ? undefined : String(plain);
}

/** A schema, or undefined where it refuses; `z.catch` would do the same, and bring all of zod's helpers into a bundle. */
/* @__NO_SIDE_EFFECTS__ */
function orUndefined(schema: z.core.$ZodType): z.core.$ZodType {
  return field((given) => {
    const { value, issues } = run(schema, given);
    return issues.length > 0 ? undefined : value;
  });
}

/** The parts of a response in one reading. */
/* @__NO_SIDE_EFFECTS__ */
function partsOf(reading: Reading) {
  const isStrict = reading === "strict";
  /** What is no amount: where it is wrong, the response is usable without it. */
  const plain = <S extends z.core.$ZodType>(schema: S): S =>
    (reading === "open" ? orUndefined(schema) : schema) as S;
  const amountOf = (what: string, isForm: (given: unknown) => boolean): Schema<Decimal> =>
    field((given, payload) => {
      const amount = isStrict && !isForm(given) ? undefined : readAmount(given);
      return amount ?? refuse(payload, `expected ${what}`, given);
    });
  const wholeNumber = z.custom<number>(Number.isSafeInteger, "expected a whole number");
  /** Null in the place of what may be absent says no more than its absence. */
  const notNull = (given: unknown, payload: Payload): unknown => {
    if (given !== null) return given;
    return isStrict ? refuse(payload, "expected no null", given) : undefined;
  };
  return {
    plain,
    isModel: reading === "model",
    /** What the client fills in where the server leaves it out: every model has it. */
    filledIn: <S extends z.core.$ZodType>(schema: S) =>
      reading === "model" ? schema : optional(schema),
    /** What the API always says, and a summary that was computed locally may not. */
    unlessLocal: <S extends z.core.$ZodType>(schema: S) =>
      reading === "model" ? optional(schema) : schema,
    text: plain(text),
    boolean: plain(boolean),
    count: plain(wholeNumber),
    /** Text of which some is known: other text may be new to the contract. */
    known: <S extends z.core.$ZodType<string>>(schema: S) =>
      isStrict ? (schema as unknown as typeof text) : plain(text),
    number: amountOf(
      "a number",
      (given) => typeof given === "number" || given instanceof LosslessNumber,
    ),
    decimalText: amountOf("decimal text", (given) => typeof given === "string"),
    time: plain(
      field<Date>((given, payload) => {
        const isForm = typeof given === "string" || reading === "model";
        const instant = isForm ? readTime(given) : Number.NaN;
        return Number.isNaN(instant)
          ? refuse(payload, "expected an RFC 3339 time", given)
          : new Date(instant);
      }),
    ),
    /** What a row's amounts are of: without it they mean nothing. */
    dimensions: record(
      field<string>((given, payload) =>
        typeof given === "string"
          ? given
          : reading === "open"
            ? dimensionText(given)
            : refuse(payload, "expected text", given),
      ),
    ),
    /** A member whose type is not known. */
    anything: optional(field<unknown>(withOrdinaryNumbers)),
    /** An object as it was sent. */
    data: plain(
      field<object>((given, payload) =>
        isRecord(given)
          ? (withOrdinaryNumbers(given) as object)
          : refuse(payload, "expected an object", given),
      ),
    ),
    object: <const S extends Shape>(shape: S) =>
      objectWith(
        shape,
        (made, name, value, payload) => {
          defineMember(made, name, withOrdinaryNumbers(value));
          if (isStrict) refuse(payload, UNKNOWN_FIELD, value, name);
        },
        { isParsed: reading !== "model" },
      ),
    /** Amounts that are there when they were asked for. */
    whenAsked: <S extends z.core.$ZodType>(schema: S) =>
      z.pipe(field<unknown>(notNull), optional(schema)),
  };
}
export type Parts = ReturnType<typeof partsOf>;

/** A list in a response, of which items are read openly one by one. */
interface ItemsOf {
  readonly item: (parts: Parts) => z.core.$ZodType;
  /** What an item is called in an error, and the field that tells it from others. */
  readonly name?: string;
  readonly id?: string;
}

/** A response, and how to read it. */
interface Response<T> {
  /** The schema of models, for users. */
  readonly model: () => Schema<T, unknown>;
  readonly read: ResponseReader<T>;
}
/** Reads a body; `onDrift` is called with everything that is not as the contract says, bad amounts excepted. */
export type ResponseReader<T> = (body: unknown, onDrift: (issue: Issue) => void) => ReadResponse<T>;
/** A response as it was read; with `unusable` issues, which are wrong or missing amounts, there is no model. */
export interface ReadResponse<T> {
  readonly model: T;
  readonly unusable: readonly Issue[];
}

/** A value for people. Text is whole or not there at all: in a part of it a secret would not be recognized. */
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

/** The message of an issue before zod has made an error of it: its own, or that of the schema or check that refused. */
function messageOf(raw: z.core.$ZodRawIssue): string {
  const message = raw.message ?? raw.inst?._zod.def.error?.(raw as z.core.$ZodRawIssue & never);
  return typeof message === "string" ? message : (message?.message ?? "expected another value");
}

function issueOf(raw: z.core.$ZodRawIssue): Issue {
  const message = messageOf(raw);
  return {
    path: pathOf(raw.path),
    message: message === UNKNOWN_FIELD ? message : message + found(raw.input),
  };
}
const keyOf = ({ path }: { readonly path?: readonly PropertyKey[] | undefined }): string =>
  JSON.stringify(path);

/* @__NO_SIDE_EFFECTS__ */
export function response<T>(
  define: (parts: Parts) => z.core.$ZodType,
  lists: Readonly<Record<string, ItemsOf>> = {},
): Response<T> {
  const made: Partial<Record<string, z.core.$ZodType>> = {};
  // Made at the first use: most programs read few kinds of responses, and hardly any openly.
  const schemaOf = (
    reading: Reading,
    name = "",
    part: (parts: Parts) => z.core.$ZodType = define,
  ): z.core.$ZodType => {
    made[reading + name] ??= part(partsOf(reading));
    return made[reading + name] as z.core.$ZodType;
  };
  /** Reads openly what the strict reading refused: only the items of lists, where all that is wrong is in them. */
  const readOpenly = (body: unknown, strict: z.core.ParsePayload): z.core.ParsePayload => {
    const wrong = strict.issues.filter(({ message }) => message !== UNKNOWN_FIELD);
    const isInItem = ({ path: [name = "", index] = [] }: z.core.$ZodRawIssue): boolean =>
      Object.hasOwn(lists, name) && typeof index === "number";
    if (!wrong.every(isInItem)) return run(schemaOf("open"), body);
    const issues: z.core.$ZodRawIssue[] = [];
    const places = new Map(
      wrong.map(({ path = [] }) => [`${String(path[0])}.${String(path[1])}`, path]),
    );
    for (const [name, index] of places.values() as Iterable<readonly [string, number]>) {
      const { item } = lists[name] as ItemsOf;
      const given = (body as Record<string, unknown[]>)[name]?.[index];
      const read = run(schemaOf("open", name, item), given);
      ((strict.value as Record<string, unknown[]>)[name] as unknown[])[index] = read.value;
      for (const issue of read.issues) {
        issues.push({ ...issue, path: [name, index, ...(issue.path ?? [])] });
      }
    }
    return { value: strict.value, issues };
  };
  /** The end of a message that names the item of a list that an issue is in. */
  const itemOf = (body: unknown, { path: [list = "", index = 0] }: Issue): string => {
    const { name, id } = lists[list] ?? {};
    const item = (body as Record<string, unknown[]>)[list]?.[index as number];
    const value = id !== undefined && isRecord(item) ? item[id] : undefined;
    return typeof value === "string" ? ` (${name} ${value})` : "";
  };
  return {
    model: () => schemaOf("model") as Schema<T, unknown>,
    read: (body, onDrift) => {
      const strict = run(schemaOf("strict"), body);
      const isAsExpected = strict.issues.every(({ message }) => message === UNKNOWN_FIELD);
      const { value, issues } = isAsExpected
        ? { value: strict.value, issues: [] }
        : readOpenly(body, strict);
      const unusable = new Set(issues.map(keyOf));
      for (const issue of strict.issues) if (!unusable.has(keyOf(issue))) onDrift(issueOf(issue));
      return {
        model: value as T,
        unusable: issues.map(issueOf).map((issue) => ({
          ...issue,
          message: issue.message + itemOf(body, issue),
        })),
      };
    },
  };
}

const cost = (p: Parts) =>
  p.object({
    id: p.known(costId),
    object: p.known(oneOf(["cost"])),
    type: p.known(oneOf(["metered"])),
    name: p.text,
    currency: p.known(currency),
    unitCost: p.decimalText,
    productId: p.known(productId),
    merchantId: p.known(merchantId),
    unit: p.plain(nullish(p.text)),
    aggregation: p.plain(nullish(p.known(oneOf(AGGREGATIONS)))),
    eventType: p.plain(nullish(p.text)),
    valueProperty: p.plain(nullish(p.known(jsonPath))),
    groupBy: p.plain(nullish(record(p.known(jsonPath)))),
    createdAt: p.time,
    updatedAt: p.time,
    deletedAt: p.plain(nullish(p.time)),
  });
const pagination = (p: Parts) =>
  p.plain(p.object({ limit: p.count, offset: p.count, total: p.count }));
const texts = (p: Parts) => p.plain(list(p.text));
const summaryGroup = (p: Parts) =>
  p.object({ dimensions: p.dimensions, quantity: p.number, cost: p.number });
const summaryWindow = (p: Parts) =>
  p.object({ windowStart: p.time, windowEnd: p.time, quantity: p.number, cost: p.number });
const reportGroup = (p: Parts) =>
  p.object({
    key: p.text,
    label: p.text,
    totalCost: p.number,
    totalQuantity: p.number,
    percentOfTotal: p.number,
    isOther: p.boolean,
    unit: p.plain(nullish(p.text)),
    priorPeriod: nullish(p.object({ cost: p.number, changePercent: nullable(p.number) })),
  });
const reportWindow = (p: Parts) =>
  p.object({ windowStart: p.time, windowEnd: p.time, groups: record(p.number) });
const profitabilityRow = (p: Parts) =>
  p.object({
    customerId: p.text,
    customerName: p.text,
    netRevenue: p.decimalText,
    totalCost: p.decimalText,
    profit: p.decimalText,
    marginPct: nullable(p.decimalText),
    trend: nullable(p.object({ values: list(p.decimalText), periodChange: nullable(p.number) })),
  });
const revenueTotal = (p: Parts) =>
  p.whenAsked(p.object({ count: optional(p.count), amount: optional(p.decimalText) }));
const invoices = (p: Parts) =>
  p.whenAsked(
    p.object({
      issued: revenueTotal(p),
      outstanding: revenueTotal(p),
      paid: revenueTotal(p),
      writtenOff: revenueTotal(p),
    }),
  );
const payments = (p: Parts) =>
  p.whenAsked(
    p.object({
      completedCount: optional(p.count),
      completedAmount: optional(p.decimalText),
      pendingCount: optional(p.count),
      pendingAmount: optional(p.decimalText),
      expiredCount: optional(p.count),
      expiredAmount: optional(p.decimalText),
    }),
  );
const revenueBucket = (p: Parts) =>
  p.object({
    timestamp: optional(p.time),
    issuedInvoices: optional(p.decimalText),
    writtenOffInvoices: optional(p.decimalText),
    completedPayments: optional(p.decimalText),
    groupBreakdown: p.whenAsked(
      list(
        p.object({
          groupKey: optional(p.text),
          groupLabel: optional(p.text),
          issuedInvoices: optional(p.decimalText),
        }),
      ),
    ),
  });
const revenueGroup = (p: Parts) =>
  p.object({
    groupKey: optional(p.text),
    groupLabel: optional(p.text),
    outstanding: revenueTotal(p),
    paid: revenueTotal(p),
    writtenOff: revenueTotal(p),
  });
const revenueCurrency = (p: Parts) =>
  p.object({
    currency: optional(p.known(currency)),
    netRevenue: optional(p.decimalText),
    invoices: invoices(p),
    payments: payments(p),
  });
const meterWindow = (p: Parts) =>
  p.object({ windowStart: p.time, windowEnd: p.time, value: p.number });
const meterGroup = (p: Parts) =>
  p.object({ groupBy: p.dimensions, value: p.number, eventCount: optional(p.count) });
const storedEvent = (p: Parts) =>
  p.plain(
    p.object({
      id: p.text,
      object: p.known(oneOf(["meterEvent"])),
      type: p.text,
      source: p.text,
      subject: p.text,
      time: p.time,
      idempotencyKey: p.text,
      data: p.data,
      externalId: optional(p.text),
      externalSubject: optional(p.text),
    }),
  );

export const costResponse = /* @__PURE__ */ response<Cost>(cost);
export const costPageResponse = /* @__PURE__ */ response<CostPage>(
  (p) =>
    p.object({ object: p.known(oneOf(["list"])), data: list(cost(p)), pagination: pagination(p) }),
  { data: { item: cost, name: "cost", id: "id" } },
);
export const costSummaryResponse = /* @__PURE__ */ response<CostSummary>(
  (p) =>
    p.object({
      object: p.known(oneOf(["cost"])),
      id: p.unlessLocal(p.known(costId)),
      name: p.unlessLocal(p.text),
      type: p.known(oneOf(["metered"])),
      currency: p.unlessLocal(p.known(currency)),
      ...(p.isModel && { unitCost: optional(p.decimalText) }),
      eventType: optional(p.text),
      totalCost: nullable(p.number),
      totalQuantity: nullish(p.number),
      groups: p.whenAsked(list(summaryGroup(p))),
      timeSeries: p.whenAsked(list(summaryWindow(p))),
    }),
  { groups: { item: summaryGroup }, timeSeries: { item: summaryWindow } },
);
export const costReportResponse = /* @__PURE__ */ response<CostReport>(
  (p) =>
    p.object({
      object: p.known(oneOf(["cost_report"])),
      currency: p.known(currency),
      period: p.plain(p.object({ from: p.time, to: p.time })),
      groupBy: p.text,
      totalCost: p.number,
      totalQuantity: p.number,
      groups: list(reportGroup(p)),
      timeSeries: list(reportWindow(p)),
      availableDimensions: texts(p),
      pagination: pagination(p),
      warnings: optional(texts(p)),
    }),
  { groups: { item: reportGroup, name: "group", id: "key" }, timeSeries: { item: reportWindow } },
);
export const eventReceiptResponse = /* @__PURE__ */ response<Partial<EventReceipt>>((p) =>
  p.object({
    id: optional(p.text),
    object: optional(p.known(oneOf(["event"]))),
    type: optional(p.text),
    source: optional(p.text),
    subject: optional(p.text),
    externalSubject: optional(p.text),
    namespace: optional(p.text),
    timestamp: p.filledIn(p.time),
    idempotencyKey: p.filledIn(p.text),
    externalId: optional(p.text),
  }),
);
export const profitabilityResponse = /* @__PURE__ */ response<ProfitabilitySummary>(
  (p) =>
    p.object({
      object: p.known(oneOf(["profitability_summary"])),
      currency: p.known(currency),
      rows: list(profitabilityRow(p)),
      warnings: optional(texts(p)),
    }),
  { rows: { item: profitabilityRow, name: "customer", id: "customerId" } },
);
export const revenueResponse = /* @__PURE__ */ response<RevenueSummary>(
  (p) =>
    p.object({
      object: p.known(oneOf(["revenue_summary"])),
      netRevenue: optional(p.decimalText),
      totalRefunds: optional(p.decimalText),
      refundCount: optional(p.count),
      totalRebates: optional(p.decimalText),
      rebateCount: optional(p.count),
      invoices: invoices(p),
      payments: payments(p),
      trend: p.whenAsked(list(revenueBucket(p))),
      groupBreakdown: p.whenAsked(list(revenueGroup(p))),
      currencyBreakdown: p.whenAsked(list(revenueCurrency(p))),
    }),
  {
    trend: { item: revenueBucket },
    groupBreakdown: { item: revenueGroup, name: "group", id: "groupKey" },
    currencyBreakdown: { item: revenueCurrency, name: "currency", id: "currency" },
  },
);
export const meterResponse = /* @__PURE__ */ response<BillableMetricMeter>(
  (p) =>
    p.object({
      object: p.known(oneOf(["meter"])),
      billableMetricId: p.known(metricId),
      totalValue: nullable(p.number),
      windowedValues: p.whenAsked(list(meterWindow(p))),
      groupedValues: p.whenAsked(list(meterGroup(p))),
      groupCount: optional(p.count),
    }),
  { windowedValues: { item: meterWindow }, groupedValues: { item: meterGroup } },
);
export const storedEventPageResponse = /* @__PURE__ */ response<BillableMetricEventPage>(
  (p) =>
    p.object({
      object: p.known(oneOf(["list"])),
      billableMetricId: p.known(metricId),
      events: list(storedEvent(p)),
      pagination: pagination(p),
    }),
  { events: { item: storedEvent } },
);
