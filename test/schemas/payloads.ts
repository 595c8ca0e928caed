import fc from "fast-check";
import { Decimal } from "../../src/values/decimal.ts";
import { LosslessNumber } from "../../src/values/lossless-json.ts";

const ALPHABET = [..."abcXYZ019"];
const LABEL = [..."abcXYZ019_-"];
const NAME = [..."abcXYZ019_"];
const text = (characters: readonly string[], least: number, most: number) =>
  fc
    .array(fc.constantFrom(...characters), { minLength: least, maxLength: most })
    .map((picked) => picked.join(""));
const prefixed = (prefix: string) => text(ALPHABET, 1, 8).map((rest) => prefix + rest);

const costId = prefixed("cst_");
const productId = prefixed("prod_");
const merchantId = prefixed("org_");
const externalId = fc.oneof(text(LABEL, 1, 12), fc.constant("a".repeat(255)));
const currency = fc.constantFrom("USD", "EUR", "JPY", "XXX");
const path = fc
  .array(text(NAME, 1, 5), { minLength: 1, maxLength: 3 })
  .map((names) => `$.${names.join(".")}`);
const words = fc.oneof(fc.string(), fc.constantFrom("token", "Input tokens", "größe", "__proto__"));
const dimension = fc.constantFrom("model", "region", "tier", "größe", "a b", "constructor");
const oneOf = fc.constantFrom;
const AGGREGATIONS = ["SUM", "COUNT", "AVG", "MIN", "MAX", "UNIQUE_COUNT", "LATEST"];
const aggregation = oneOf(...AGGREGATIONS);
const entries = <T>(value: fc.Arbitrary<T>, most = 4) =>
  fc
    .array(fc.tuple(dimension, value), { maxLength: most })
    .map((members): Record<string, T> => Object.fromEntries(members));

/** A time in one of the forms that RFC 3339 allows. */
const written = (instant: number, form: number, fraction: string): string => {
  const [whole = ""] = new Date(instant).toISOString().split(".");
  const zone = ["Z", "+00:00", "-00:00", "+05:30", "-23:59", "z"][form % 6] ?? "Z";
  const digits = fraction === "" ? "" : `.${fraction}`;
  return form % 7 === 6 ? `${whole.replace("T", "t")}${digits}${zone}` : whole + digits + zone;
};
const timeText = (least: string, most: string) =>
  fc
    .tuple(
      fc.integer({ min: Date.parse(least) / 1_000, max: Date.parse(most) / 1_000 }),
      fc.nat({ max: 41 }),
      text([..."0123456789"], 0, 9),
    )
    .map(([seconds, form, fraction]) => written(seconds * 1_000, form, fraction));
const answeredTime = timeText("0001-01-01T00:00:00Z", "9999-12-30T00:00:00Z");
const asDate = (time: string): Date => new Date(time.toUpperCase());
const sentTime = (least: string, most: string) =>
  fc.oneof(
    { weight: 4, arbitrary: timeText(least, most) },
    { weight: 1, arbitrary: timeText(least, most).map(asDate) },
  );
const range = {
  from: sentTime("2020-01-03T00:00:00Z", "2024-12-29T00:00:00Z"),
  to: sentTime("2025-01-03T00:00:00Z", "2029-12-29T00:00:00Z"),
};

const price = fc.oneof(
  fc.nat(),
  fc.double({ min: 0, max: 1e9, noNaN: true }),
  fc.constantFrom(0, 5e-324, 1e-7, 1e21, 0.1),
);
const unitCost = fc.oneof(
  { weight: 4, arbitrary: price },
  { weight: 1, arbitrary: fc.constantFrom("0.00000015", "1.5e-7", " 1", "-1", "1_000", ".5") },
  { weight: 1, arbitrary: fc.constantFrom(0n, 10n ** 20n, -1n) },
  { weight: 1, arbitrary: fc.constantFrom("0.1", "12", "-3").map((digits) => new Decimal(digits)) },
);
/** A number as an answer may write it: with more digits than a double holds, too. */
const amount = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc
    .tuple(fc.integer(), text([..."0123456789"], 16, 30))
    .map(([whole, fraction]) => new LosslessNumber(`${whole}.${fraction}`)),
);
const decimalText = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom("0", "0.00000015", "1.50", "1e-7", "12345678901234567890.123456789"),
);
const scalar = fc.oneof(words, fc.integer(), fc.boolean(), fc.constant(null));
const filter = entries(fc.oneof({ weight: 5, arbitrary: words }, { weight: 1, arbitrary: scalar }));
const plain = fc.dictionary(text(NAME, 1, 5), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });

const cost = fc.record(
  {
    id: costId,
    object: fc.constant("cost"),
    type: fc.constant("metered"),
    name: words,
    currency,
    unitCost: decimalText,
    productId,
    merchantId,
    unit: fc.option(words),
    aggregation: fc.option(aggregation),
    eventType: fc.option(words),
    valueProperty: fc.option(path),
    groupBy: fc.option(entries(path)),
    createdAt: answeredTime,
    updatedAt: answeredTime,
    deletedAt: fc.option(answeredTime),
  },
  {
    requiredKeys: [
      "id",
      "object",
      "type",
      "name",
      "currency",
      "unitCost",
      "productId",
      "merchantId",
      "createdAt",
      "updatedAt",
    ],
  },
);
const pagination = fc.record({ limit: fc.nat(), offset: fc.nat(), total: fc.nat() });
const few = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 2 });

const ALL_OPTIONAL = { requiredKeys: [] };
const metricId = prefixed("bm_");
const filled = text(LABEL, 1, 12);
const total = fc.record({ count: fc.nat(), amount: decimalText }, ALL_OPTIONAL);
const invoices = fc.record(
  { issued: total, outstanding: total, paid: total, writtenOff: total },
  ALL_OPTIONAL,
);
const payments = fc.record(
  {
    completedCount: fc.nat(),
    completedAmount: decimalText,
    pendingCount: fc.nat(),
    pendingAmount: decimalText,
    expiredCount: fc.nat(),
    expiredAmount: decimalText,
  },
  ALL_OPTIONAL,
);

/** Payloads that mean something, for every schema; nearly all of them are valid. */
export const PAYLOADS: ReadonlyMap<string, fc.Arbitrary<unknown>> = new Map<
  string,
  fc.Arbitrary<unknown>
>([
  [
    "createCost body",
    fc.record(
      {
        type: fc.constant("metered"),
        name: words,
        unitCost,
        currency,
        productId,
        eventType: words,
        aggregation,
        valueProperty: path,
        groupBy: entries(path),
        unit: words,
        merchantId,
      },
      {
        requiredKeys: [
          "type",
          "name",
          "unitCost",
          "currency",
          "productId",
          "eventType",
          "aggregation",
          "valueProperty",
        ],
      },
    ),
  ],
  [
    "listCosts query",
    fc.record(
      { merchantId, productId, limit: fc.integer({ min: 1, max: 100 }), offset: fc.nat() },
      { requiredKeys: [] },
    ),
  ],
  ["getCost id", costId],
  ["updateCost id", costId],
  [
    "updateCost body",
    fc.record(
      {
        name: words,
        unitCost,
        currency,
        unit: fc.option(words),
        aggregation: fc.option(aggregation),
        eventType: fc.option(words),
        valueProperty: fc.option(path),
        groupBy: fc.option(entries(path)),
      },
      { requiredKeys: [] },
    ),
  ],
  ["deleteCost id", costId],
  ["getCostSummary id", costId],
  [
    "getCostSummary query",
    fc.record(
      {
        ...range,
        subject: words,
        groupBy: fc.oneof(
          few(dimension).map((names) => names.join(", ")),
          few(dimension),
        ),
        window: oneOf("MINUTE", "HOUR", "DAY"),
        filterGroupBy: filter,
      },
      { requiredKeys: ["from", "to"] },
    ),
  ],
  [
    "getCostReport query",
    fc.record(
      {
        ...range,
        groupBy: fc.oneof(oneOf("cost", "customer"), dimension),
        merchantId,
        costId: fc.oneof(few(costId), costId),
        subject: words,
        filterGroupBy: entries(words, 8),
        topN: fc.integer({ min: 1, max: 25 }),
        comparePriorPeriod: fc.boolean(),
        windowSize: oneOf("HOUR", "DAY", "MONTH"),
        sort: oneOf("totalCost", "totalQuantity"),
        sortDir: oneOf("asc", "desc"),
        offset: fc.nat(),
        limit: fc.integer({ min: 1, max: 100 }),
        currency,
      },
      { requiredKeys: ["from", "to", "groupBy"] },
    ),
  ],
  [
    "ingestEvent body",
    fc
      .tuple(
        fc.record(
          {
            type: words,
            source: fc.constantFrom("urn:example:gateway", "https://example.com/app", "x"),
            data: plain,
            namespace: merchantId,
            timestamp: sentTime("2020-01-01T00:00:00Z", "2029-12-29T00:00:00Z"),
            idempotencyKey: words,
            externalId,
          },
          { requiredKeys: ["type", "source", "data"] },
        ),
        fc.oneof(
          fc.record({ subject: words }),
          fc.record({ externalSubject: externalId }),
          fc.record({ subject: words, externalSubject: externalId }),
        ),
      )
      .map(([event, customer]) => ({ ...event, ...customer })),
  ],
  ["Cost", cost],
  ["CostPage", fc.record({ object: fc.constant("list"), data: few(cost), pagination })],
  [
    "CostSummary",
    fc.record(
      {
        object: fc.constant("cost"),
        id: costId,
        name: words,
        type: fc.constant("metered"),
        currency,
        eventType: words,
        totalCost: fc.option(amount),
        totalQuantity: fc.option(amount),
        groups: few(fc.record({ dimensions: entries(words), quantity: amount, cost: amount })),
        timeSeries: few(
          fc.record({
            windowStart: answeredTime,
            windowEnd: answeredTime,
            quantity: amount,
            cost: amount,
          }),
        ),
      },
      { requiredKeys: ["object", "id", "name", "type", "currency", "totalCost"] },
    ),
  ],
  [
    "CostReport",
    fc.record(
      {
        object: fc.constant("cost_report"),
        currency,
        period: fc.record({ from: answeredTime, to: answeredTime }),
        groupBy: words,
        totalCost: amount,
        totalQuantity: amount,
        groups: few(
          fc.record(
            {
              key: words,
              label: words,
              totalCost: amount,
              totalQuantity: amount,
              percentOfTotal: amount,
              isOther: fc.boolean(),
              unit: fc.option(words),
              priorPeriod: fc.option(fc.record({ cost: amount, changePercent: fc.option(amount) })),
            },
            {
              requiredKeys: [
                "key",
                "label",
                "totalCost",
                "totalQuantity",
                "percentOfTotal",
                "isOther",
              ],
            },
          ),
        ),
        timeSeries: few(
          fc.record({
            windowStart: answeredTime,
            windowEnd: answeredTime,
            groups: entries(amount),
          }),
        ),
        availableDimensions: few(words),
        pagination,
        warnings: few(words),
      },
      {
        requiredKeys: [
          "object",
          "currency",
          "period",
          "groupBy",
          "totalCost",
          "totalQuantity",
          "groups",
          "timeSeries",
          "availableDimensions",
          "pagination",
        ],
      },
    ),
  ],
  [
    "EventReceipt",
    fc.record(
      {
        id: words,
        object: fc.constant("event"),
        type: words,
        source: words,
        subject: words,
        externalSubject: words,
        namespace: words,
        timestamp: answeredTime,
        idempotencyKey: words,
        externalId: words,
      },
      { requiredKeys: [] },
    ),
  ],
  [
    "getProfitability query",
    fc.record(
      {
        merchantId,
        ...range,
        topN: fc.integer({ min: 1, max: 100 }),
        currency,
        bucketWidth: oneOf("hour", "day", "week"),
      },
      { requiredKeys: ["merchantId", "from", "to"] },
    ),
  ],
  [
    "getRevenue query",
    fc.record(
      {
        startTime: range.from,
        endTime: range.to,
        merchantId,
        customerId: filled,
        subscriptionIds: fc.oneof(fc.array(filled, { minLength: 1, maxLength: 2 }), filled),
        bucketWidth: oneOf("hour", "day", "week"),
        currency,
        groupBy: oneOf("plan", "customer", "currency"),
      },
      { requiredKeys: ["startTime", "endTime", "customerId"] },
    ),
  ],
  ["getBillableMetricMeter id", metricId],
  [
    "getBillableMetricMeter query",
    fc.record(
      {
        ...range,
        subject: words,
        windowSize: oneOf("MINUTE", "HOUR", "DAY", "MONTH"),
        filterGroupBy: filter,
        groupBy: few(dimension).map((names) => names.join(", ")),
        groupLimit: fc.integer({ min: 1, max: 500 }),
        groupOffset: fc.integer({ min: 0, max: 100_000 }),
      },
      { requiredKeys: ["from", "to", "groupLimit"] },
    ),
  ],
  ["listBillableMetricEvents id", metricId],
  [
    "listBillableMetricEvents query",
    fc.record(
      {
        ...range,
        subject: words,
        externalSubject: externalId,
        externalId,
        limit: fc.integer({ min: 1, max: 200 }),
        offset: fc.nat(),
      },
      { requiredKeys: ["from", "to"] },
    ),
  ],
  [
    "ProfitabilitySummary",
    fc.record(
      {
        object: fc.constant("profitability_summary"),
        currency,
        rows: few(
          fc.record({
            customerId: words,
            customerName: words,
            netRevenue: decimalText,
            totalCost: decimalText,
            profit: decimalText,
            marginPct: fc.option(decimalText),
            trend: fc.option(
              fc.record({ values: few(decimalText), periodChange: fc.option(amount) }),
            ),
          }),
        ),
        warnings: few(words),
      },
      { requiredKeys: ["object", "currency", "rows"] },
    ),
  ],
  [
    "RevenueSummary",
    fc.record(
      {
        object: fc.constant("revenue_summary"),
        netRevenue: decimalText,
        totalRefunds: decimalText,
        refundCount: fc.nat(),
        totalRebates: decimalText,
        rebateCount: fc.nat(),
        invoices,
        payments,
        trend: few(
          fc.record(
            {
              timestamp: answeredTime,
              issuedInvoices: decimalText,
              writtenOffInvoices: decimalText,
              completedPayments: decimalText,
              groupBreakdown: few(
                fc.record(
                  { groupKey: words, groupLabel: words, issuedInvoices: decimalText },
                  ALL_OPTIONAL,
                ),
              ),
            },
            ALL_OPTIONAL,
          ),
        ),
        groupBreakdown: few(
          fc.record(
            {
              groupKey: words,
              groupLabel: words,
              outstanding: total,
              paid: total,
              writtenOff: total,
            },
            ALL_OPTIONAL,
          ),
        ),
        currencyBreakdown: few(
          fc.record({ currency, netRevenue: decimalText, invoices, payments }, ALL_OPTIONAL),
        ),
      },
      { requiredKeys: ["object"] },
    ),
  ],
  [
    "BillableMetricMeter",
    fc.record(
      {
        object: fc.constant("meter"),
        billableMetricId: metricId,
        totalValue: fc.option(amount),
        windowedValues: few(
          fc.record({ windowStart: answeredTime, windowEnd: answeredTime, value: amount }),
        ),
        groupedValues: few(
          fc.record(
            { groupBy: entries(words), value: amount, eventCount: fc.nat() },
            { requiredKeys: ["groupBy", "value"] },
          ),
        ),
        groupCount: fc.nat(),
      },
      { requiredKeys: ["object", "billableMetricId", "totalValue"] },
    ),
  ],
  [
    "BillableMetricEventPage",
    fc.record({
      object: fc.constant("list"),
      billableMetricId: metricId,
      events: few(
        fc.record(
          {
            id: words,
            object: fc.constant("meterEvent"),
            type: words,
            source: words,
            subject: words,
            time: answeredTime,
            idempotencyKey: words,
            data: plain,
            externalId: words,
            externalSubject: words,
          },
          {
            requiredKeys: [
              "id",
              "object",
              "type",
              "source",
              "subject",
              "time",
              "idempotencyKey",
              "data",
            ],
          },
        ),
      ),
      pagination,
    }),
  ],
]);
