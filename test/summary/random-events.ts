import fc from "fast-check";
import {
  type CostDefinition,
  type CostEvent,
  type CostSummaryParams,
  Decimal,
} from "metered-costs/summary";
import { LosslessNumber } from "../../src/values/lossless-json.ts";

export const AGGREGATIONS = [
  "SUM",
  "COUNT",
  "AVG",
  "MIN",
  "MAX",
  "UNIQUE_COUNT",
  "LATEST",
] as const;
export type AggregationName = (typeof AGGREGATIONS)[number];

/** A cost, a query and events of about the same few types, subjects, values and days. */
export interface Scenario {
  readonly cost: CostDefinition;
  readonly query: CostSummaryParams;
  readonly events: readonly CostEvent[];
  /** What time it is, for events without one. */
  readonly now: string;
}

/** The subject of an externalSubject: some have one. */
export function resolveSubject(externalSubject: string): string | undefined {
  return externalSubject === "x1" ? "c1" : undefined;
}

const few = <Value>(...list: readonly Value[]) => fc.constantFrom<Value>(...list);
const mostly = <Value>(first: Value, ...others: readonly Value[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(first) }, { weight: 1, arbitrary: few(...others) });

// --- values of all JSON kinds, and in the forms in which programs have them

const digits = (least: number, most: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: least, maxLength: most });
const numericTexts = fc
  .record({
    sign: fc.constantFrom("", "", "-", "+"),
    whole: digits(1, 25),
    fraction: fc.option(digits(0, 25), { nil: undefined }),
    power: fc.option(fc.integer({ min: -900, max: 900 }), { nil: undefined, freq: 3 }),
  })
  .map(
    ({ sign, whole, fraction, power }) =>
      `${sign}${whole}${fraction === undefined ? "" : `.${fraction}`}${power === undefined ? "" : `e${power}`}`,
  );
const longNumbers = fc.oneof(
  fc.constantFrom(
    "9007199254740993",
    "9007199254740992.0",
    "1.000000000000000000",
    "1e400",
    "1E-400",
  ),
  digits(16, 30).map((text) => text.replace(/^0+(?=\d)/, "")),
  fc.tuple(digits(1, 15), digits(16, 30)).map(([a, b]) => `-${a.replace(/^0+(?=\d)/, "")}.${b}`),
);
const amounts = fc
  .tuple(fc.integer({ min: -100_000, max: 100_000 }), fc.integer({ min: 0, max: 6 }))
  .map(([units, places]) => Number(`${units}e-${places}`));
const almostNumbers = fc.constantFrom(
  ..."|-|+|.| 1|1 |1\n|0x10|1_000|1,5|NaN|Infinity|1.2.3|e5|1e|--1|١|null|true|__proto__|1.|.5|+.5e1|007|1.0|-0".split(
    "|",
  ),
);
const outOfBounds = fc.constantFrom("1e1001", "-1e-1001", "9".repeat(1_001), "1e99999");
const edges = fc.constantFrom("1e1000", "-1e-1000", "9".repeat(1_000), "0e99999", "-0.0e-99999");
const programValues = fc.constantFrom<unknown>(
  new Number(5),
  new String("2.5"),
  new Boolean(true),
  new Decimal("0.1"),
  new Date(0),
  new Date(Number.NaN),
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -0,
  { toJSON: () => 7 },
  { toJSON: () => ({ v: 1, e: "a" }) },
  { toJSON: () => undefined },
);
const trees = fc.constantFrom<unknown>(
  {},
  [],
  { a: 1, b: [1, "1", null] },
  { b: [1, "1", null], a: 1 },
  { a: new LosslessNumber("1.0000000000000000"), b: [1, "1", null] },
  '{"a":1,"b":[1,"1",null]}',
  [1],
  ["1"],
  [new LosslessNumber("9007199254740993")],
  [9007199254740992],
  [[], {}],
);
const values: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: amounts },
  { weight: 3, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 2, arbitrary: fc.integer({ min: -3, max: 3 }).map(String) },
  { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 3, arbitrary: numericTexts },
  { weight: 2, arbitrary: longNumbers.map((text) => new LosslessNumber(text)) },
  { weight: 2, arbitrary: almostNumbers },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(null, undefined, true, false, "true") },
  { weight: 1, arbitrary: edges },
  { weight: 1, arbitrary: fc.oneof({ weight: 4, arbitrary: edges }, outOfBounds) },
  { weight: 1, arbitrary: trees },
  { weight: 1, arbitrary: programValues },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

/** Values of a dimension: few, so that they meet, and with many of one text. */
export const DIMENSION_VALUES: readonly unknown[] = [
  "a",
  "b",
  "A",
  "a ",
  "",
  undefined,
  null,
  "null",
  1,
  "1",
  "1.0",
  true,
  "true",
  1e21,
  "1e+21",
  -0,
  new LosslessNumber("1.0000000000000000"),
  new LosslessNumber("9007199254740993"),
  {},
  [],
  "a,b",
  "1:a",
  "__proto__",
  "\ud800",
  "\u{1f600}",
  "\ufb33",
  new Number(1),
  { toJSON: () => "b" },
];
const dimensionValues = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom("a", "a", "b") },
  { weight: 3, arbitrary: fc.constantFrom(...DIMENSION_VALUES) },
);

const data = fc
  .record({
    v: values,
    d: dimensionValues,
    n: fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ v: values, e: dimensionValues }),
      },
      fc.constantFrom<unknown>(null, "text", 5, [{ v: 1, e: "a" }], undefined, {
        toJSON: () => ({ v: 1, e: "b" }),
      }),
    ),
    own: dimensionValues,
  })
  // By fromEntries, which defines members.
  .map(({ v, d, n, own }) =>
    Object.fromEntries([
      ["v", v],
      ["d", d],
      ["n", n],
      ["__proto__", own],
    ]),
  );

// --- times: milliseconds from a day of the scenario, written in many ways

const MINUTE = 60_000;
const DAY = 86_400_000;
const distances = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(0, 1, -1, 999, MINUTE, MINUTE - 1, DAY, DAY - 1, -DAY) },
  { weight: 1, arbitrary: fc.constantFrom(3_600_000, 3_599_999, 7_200_000) },
  { weight: 2, arbitrary: fc.integer({ min: -DAY, max: 2 * DAY }) },
);
const writings = fc.record({
  style: fc.constantFrom("Z", "z", "digits", "offset", "Date"),
  minutes: fc.integer({ min: -1_439, max: 1_439 }),
});
type Writing = typeof writings extends fc.Arbitrary<infer Value> ? Value : never;

function writeTime(instant: number, { style, minutes }: Writing): string | Date {
  const iso = new Date(instant).toISOString();
  if (style === "Date") return new Date(instant);
  if (style === "z") return iso.toLowerCase();
  if (style === "digits") return iso.replace("Z", "9876543210Z");
  if (style === "Z") return iso.replace(".000Z", "Z");
  const wallClock = new Date(instant + minutes * MINUTE).toISOString().replace("Z", "");
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const twoDigits = (number: number): string => String(number).padStart(2, "0");
  return `${wallClock}${minutes < 0 ? "-" : "+"}${twoDigits(hours)}:${twoDigits(rest)}`;
}

// --- events

const timed = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(distances, writings) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const events = fc.record({
  type: mostly("call", "other"),
  source: mostly<unknown>("s1", "s2", "", null, undefined),
  idempotencyKey: fc.oneof(
    mostly<unknown>(undefined, null),
    few<unknown>("k1", "k2", "k3", "k4", "k5", "k6", ""),
  ),
  namespace: mostly<unknown>("org_1", "org_2", "", null, undefined),
  subject: mostly<unknown>("c1", "c2", "", null, undefined),
  externalSubject: few<unknown>("x1", "x2", null, undefined),
  time: timed,
  data,
  damage: few<object>(
    ...Array.from({ length: 30 }, () => ({})),
    { data: null },
    { timestamp: "June 15" },
    { subject: 5 },
  ),
});

// --- costs and queries

const dimensionPaths = { d: "$.d", e: "$.n.e", __p: "$.__proto__", "x,y": "$.n.e" };
const costs = (aggregations: readonly AggregationName[]) =>
  fc.record({
    unitCost: fc.oneof(
      few("1", "0.0000025", "0", "1e-30", "12.5"),
      amounts.map((n) => String(Math.abs(n))),
    ),
    aggregation: few(...aggregations),
    eventType: few("call"),
    valueProperty: few("$.v", "$.v", "$.v", "$.n.v", "$.__proto__", "$.n.e"),
    groupBy: few(dimensionPaths),
    merchantId: few(undefined, undefined, "org_1"),
  });
const filterValues = fc.oneof(
  { weight: 1, arbitrary: few<unknown>("a", ["a", "b"], ["a", "", null, 1]) },
  { weight: 1, arbitrary: few<unknown>("b", "", null, 1, "1.0", true, 1e21, ["b"]) },
);
const queries = fc.record({
  span: fc.oneof(
    { weight: 3, arbitrary: few([-DAY, 2 * DAY]) },
    fc
      .tuple(distances, distances)
      .map(([a, b]) => (a < b ? [a, b] : [b, a + 1]) as [number, number]),
  ),
  writings: fc.tuple(writings, writings),
  subject: mostly(undefined, "c1", "c1", ""),
  groupBy: few<unknown>(undefined, "d", ["d"], " e , d ", ["__p", "d"], ["x,y"], ["e", "x,y", "d"]),
  /** With dimensions that the server does not have. */
  localGroupBy: few<unknown>("$subject", ["$source"], ["d", "$subject"], "$source, $subject, e"),
  window: few<unknown>(undefined, "MINUTE", "HOUR", "DAY"),
  filter: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: fc.record({ d: filterValues }) },
    { weight: 1, arbitrary: fc.record({ e: filterValues, __p: filterValues }) },
  ),
  localFilter: few<unknown>({ $subject: ["c1", ""] }, { $source: ["s1", ""], d: ["a", "", 1] }),
  isLocal: few("groupBy", "filter", "none", "none"),
});

/** Random scenarios whose queries the server can answer, too. */
export function serverScenarios(): fc.Arbitrary<Scenario> {
  return scenarios(AGGREGATIONS, {}, false);
}

/** Random scenarios of costs with one of these aggregations. */
export function scenarios(
  aggregations: readonly AggregationName[] = AGGREGATIONS,
  changes: {
    readonly groupBy?: unknown;
    readonly window?: unknown;
    readonly filter?: unknown;
  } = {},
  isLocal = true,
): fc.Arbitrary<Scenario> {
  return fc
    .record({
      day: few(Date.UTC(2026, 5, 15), 0, Date.UTC(1960, 1, 29), Date.UTC(1969, 11, 31)),
      cost: costs(aggregations),
      query: queries,
      events: fc.array(events, { maxLength: 24, size: "max" }),
      now: distances,
    })
    .map(({ day, cost, query, events, now }) => {
      const { span, writings, subject } = query;
      const local = {
        ...(query.isLocal === "groupBy" && { groupBy: query.localGroupBy }),
        ...(query.isLocal === "filter" && { filter: query.localFilter }),
      };
      const { groupBy, window, filter } = { ...query, ...(isLocal && local), ...changes };
      return {
        cost,
        query: {
          from: writeTime(day + span[0], writings[0]),
          to: writeTime(day + span[1], { ...writings[1], style: "Z" }),
          ...(subject === undefined ? {} : { subject }),
          ...(groupBy === undefined ? {} : { groupBy }),
          ...(window === undefined ? {} : { window }),
          ...(filter === undefined ? {} : { filterGroupBy: filter }),
        } as CostSummaryParams,
        events: events.map(({ time, damage, ...event }) => {
          const timestamp =
            time === undefined ? {} : { timestamp: writeTime(day + time[0], time[1]) };
          return { ...event, ...timestamp, ...damage } as unknown as CostEvent;
        }),
        now: new Date(day + now).toISOString(),
      };
    });
}
