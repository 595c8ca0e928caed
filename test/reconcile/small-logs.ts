import {
  type CostEvent,
  formatReconciliation,
  type ReconcileOptions,
  type Reconciliation,
  reconcile,
} from "metered-costs/summary";
import {
  answerOf,
  bookedOn,
  factor,
  mapEvents,
  notYetSettled,
  otherTypeCounted,
  otherUnitCost,
  RULES,
  renamed,
  repeated,
  resent,
  rounding,
  type ServerRule,
  type Setup,
  shifted,
  sourceLeftOut,
  sourceOutage,
  stretchLeftOut,
  subjectAlone,
  subjectLeftOut,
  unitCostChanged,
  windowOffset,
  without,
} from "./servers.ts";

type Changes = Readonly<Record<string, unknown>>;

const at = (second: number): string =>
  new Date(Date.UTC(2026, 5, 15, 12) + second * 1_000).toISOString();
/** The exclusive end of a stretch whose last event is at that second. */
const endAt = (second: number): string => new Date(Date.parse(at(second)) + 1).toISOString();
const MODELS = ["large", "small", "tiny"];

/** One event every so many seconds, of 3 models, 4 customers and 2 gateways; no two sums of a few values are equal. */
function logOf(count: number, seconds: number, changes: (index: number) => Changes = () => ({})) {
  return Array.from({ length: count }, (_, index) => {
    const { data, ...others } = changes(index);
    return {
      type: "call",
      source: index % 3 === 1 ? "urn:b" : "urn:a",
      subject: `cus_${(index * 5) % 4}`,
      idempotencyKey: `k${index}`,
      timestamp: at(index * seconds),
      data: {
        model: MODELS[(index * 7) % 3],
        kind: MODELS[(index * index) % 3],
        value: 1_009 + ((index * 7_919) % 9_973),
        other: 5_003 + ((index * 104_729) % 7_331),
        user: `user_${(index * 11) % 7}`,
        ...(data as Changes),
      },
      ...others,
    } as unknown as CostEvent;
  });
}

/** 6 minutes, with an event every 10 seconds. */
const MINUTES = logOf(36, 10);
/** 3 days, with an event every 2 hours and some minutes. */
const DAYS = logOf(36, 7_500);
/** What goes wrong in logs: retries, shared keys, other types and namespaces, nulls, missing values, equal times. */
const ODD = logOf(36, 10, (index) => ({
  ...(index % 11 === 4 && { idempotencyKey: `k${index - 2}` }),
  ...(index % 13 === 5 && { idempotencyKey: `k${index - 1}` }),
  ...(index % 7 === 2 && { type: "embedding" }),
  ...(index % 9 === 3 && { namespace: "org_2" }),
  ...(index % 5 === 1 && { namespace: "org_1" }),
  ...(index % 8 === 6 && { timestamp: at((index - 1) * 10 + 0.25) }),
  ...(index % 8 === 7 && { timestamp: at((index - 2) * 10 + 0.25) }),
  data: {
    ...(index % 6 === 5 && { model: null }),
    ...(index % 10 === 7 && { value: undefined }),
    ...(index % 12 === 9 && { value: "n/a" }),
  },
}));

/** Values of more digits than 19. */
const LONG = logOf(12, 30, (index) => ({
  data: { value: `0.0${index}34567890123456789${index}12` },
}));

/** Values in whole hundreds, some below zero. */
const HUNDREDS = logOf(36, 10, (index) => ({
  data: { value: 100 * (((index * 17) % 43) - 9) },
}));
/** The last minute first. */
const BACKWARDS = [...MINUTES].reverse();
/** 50 minutes. */
const LONGER = logOf(300, 10);
/** 4 hours, with an event every 2 minutes. */
const HOURS = logOf(120, 120, (index) => ({
  data: { model: MODELS[(index * index + (index >> 3)) % 3] },
}));
const OF_3_GATEWAYS = logOf(36, 10, (index) => ({ source: `urn:${index % 3}` }));
const OF_12_CUSTOMERS = logOf(36, 10, (index) => ({ subject: `cus_${index % 12}` }));

const setupOf = (events: readonly CostEvent[], changes: Changes, query: Changes): Setup =>
  ({
    cost: {
      unitCost: "0.0025",
      currency: "USD",
      aggregation: "SUM",
      eventType: "call",
      valueProperty: "$.value",
      groupBy: { model: "$.model" },
      ...changes,
    },
    events,
    query: { from: at(0), to: at(360), groupBy: ["model"], window: "MINUTE", ...query },
    options: {},
    answer: (summary) => summary,
  }) as Setup;

/** A server with a mistake, over a small log, and its cause. */
export interface SmallScene {
  readonly name: string;
  readonly setup: Setup;
  readonly rule: ServerRule;
  /** The ids and parameters of a best explanation; undefined where no cause is to be found. */
  readonly cause: readonly object[] | undefined;
  readonly options?: ReconcileOptions | undefined;
}

const TOTAL = { groupBy: undefined, window: undefined };
const GROUPS = { window: undefined };
const WINDOWS = { groupBy: undefined };
const IN_DAYS = { to: at(36 * 7_500), window: "DAY" };
const IN_4_HOURS = { to: at(14_400), window: "HOUR" };
const IN_HOURS = { to: at(36 * 7_500), window: "HOUR" };

const onlyEvents =
  (test: (event: CostEvent, index: number) => boolean): ServerRule =>
  (setup) => ({ ...setup, events: setup.events.filter(test) });
const again = (...indexes: readonly number[]): ServerRule =>
  resent((_, index) => indexes.includes(index));
const readingElsewhere = (cost: Changes, from: number, to = 1e9): ServerRule =>
  mapEvents((event, index) => {
    if (index < from || index >= to) return event;
    const data = event.data as Changes;
    const other = Object.fromEntries(
      Object.entries(cost).map(([name, path]) => [name, data[String(path)]]),
    );
    return { ...event, data: { ...data, ...other } } as CostEvent;
  });
const both =
  (...rules: readonly ServerRule[]): ServerRule =>
  (setup) =>
    rules.reduce((made, rule) => rule(made), setup);
const answering =
  (changes: Changes): ServerRule =>
  (setup) => ({ ...setup, answer: (summary) => ({ ...setup.answer(summary), ...changes }) });
const defining =
  (changes: Changes): ServerRule =>
  (setup) => ({ ...setup, cost: { ...setup.cost, ...changes } });
const asked =
  (changes: Changes): ServerRule =>
  (setup) => ({ ...setup, query: { ...setup.query, ...changes } });
const ofModel = (model: string): ServerRule => asked({ filterGroupBy: { model } });
const isWithin = ({ timestamp }: CostEvent, from: number, to: number): boolean =>
  String(timestamp) >= at(from) && String(timestamp) < at(to);
const lostAndAgain: ServerRule = (setup) => ({
  ...setup,
  options: { deduplicate: false },
  events: setup.events.flatMap((event) => {
    if (event.source === "urn:b" && isWithin(event, 60, 240)) return [];
    return event.subject === "cus_2" && isWithin(event, 240, 360) ? [event, event] : [event];
  }),
});
const isOfCustomer =
  (subject: string) =>
  (event: CostEvent): boolean =>
    event.subject === subject;

type Row = readonly [
  name: string,
  rule: ServerRule,
  cause: readonly object[] | undefined,
  query?: Changes,
  cost?: Changes,
  events?: readonly CostEvent[],
  options?: ReconcileOptions,
];

const use = (id: string, parameters?: object): readonly object[] => [
  parameters === undefined ? { id } : { id, parameters },
];
const COUNT = { aggregation: "COUNT" };
const AVG = { aggregation: "AVG" };
const MAX = { aggregation: "MAX" };
const MIN = { aggregation: "MIN" };
const LATEST = { aggregation: "LATEST" };
const UNIQUE = { aggregation: "UNIQUE_COUNT", valueProperty: "$.user" };

const ROWS: readonly Row[] = [
  ["one event lost", without(7), use("event-left-out")],
  ["one event lost, windows alone", without(7), use("event-left-out"), WINDOWS],
  ["one event lost, groups alone", without(7), use("event-left-out"), GROUPS],
  ["one event lost, a total alone", without(7), use("event-left-out"), TOTAL],
  ["one event lost, in hours", without(20), use("event-left-out"), IN_HOURS, {}, DAYS],
  ["one event of a count lost", without(7), use("event-left-out"), {}, COUNT],
  ["one event of a mean lost", without(7), use("event-left-out"), {}, AVG],
  ["the largest event lost", without(34), use("event-left-out"), {}, MAX],
  ["the smallest event lost", without(0), use("event-left-out"), {}, MIN],
  ["the last event of a minute lost", without(11), use("event-left-out"), {}, LATEST],
  ["one value of its own lost", without(2), use("event-left-out"), {}, UNIQUE],
  ["one event counted again", again(8), use("event-repeated")],
  ["one event of a mean counted again", again(8), use("event-repeated"), {}, AVG],
  ["one event of a count again, a total alone", again(8), use("event-repeated"), TOTAL, COUNT],
  ["three events lost", without(3, 16, 33), use("events-left-out", { events: 3 })],
  ["three events counted again", again(3, 16, 33), use("events-repeated", { events: 3 })],
  ["three events lost, groups alone", without(3, 16, 33), undefined, GROUPS],
  ["three events of a count lost", without(3, 16, 33), undefined, {}, COUNT],
  [
    "one of every 5 events lost",
    onlyEvents((_, index) => index % 5 !== 2),
    use("events-left-out", { every: 5, first: 2, of: "received" }),
  ],
  [
    "one of every 6 events counted again in the next minute, the last out of the range",
    resent(
      (_, index) => index % 6 === 5,
      () => 15_000,
    ),
    use("events-repeated", { events: 5 }),
    WINDOWS,
  ],
  [
    "one of every 5 events counted again, some in the next minute",
    resent(
      (_, index) => index % 5 === 2,
      () => 12_000,
    ),
    use("events-repeated", { every: 5, first: 2, of: "received" }),
    { ...WINDOWS, to: at(420) },
  ],
  [
    "one of every 7 events counted again, one of them in the next hour",
    resent(
      (_, index) => index % 7 === 0,
      () => 45_000,
    ),
    use("events-repeated", { every: 7, first: 0, of: "received" }),
    { groupBy: undefined, to: at(18_000), window: "HOUR" },
    {},
    logOf(600, 30),
  ],
  ["a customer lost", subjectLeftOut("cus_3"), use("subject-left-out", { subject: "cus_3" })],
  [
    "a customer lost, a total alone",
    subjectLeftOut("cus_3"),
    use("subject-left-out", { subject: "cus_3" }),
    TOTAL,
  ],
  [
    "a customer counted twice",
    repeated(isOfCustomer("cus_2")),
    use("subject-repeated", { subject: "cus_2" }),
  ],
  [
    "a customer of a mean lost",
    subjectLeftOut("cus_3"),
    use("subject-left-out", { subject: "cus_3" }),
    {},
    AVG,
  ],
  [
    "one customer asked for alone",
    subjectAlone("cus_2"),
    use("subject-alone", { subject: "cus_2" }),
  ],
  [
    "one customer asked for alone, a total alone",
    subjectAlone("cus_2"),
    use("subject-alone", { subject: "cus_2" }),
    TOTAL,
  ],
  [
    "one customer of a mean asked for alone",
    subjectAlone("cus_2"),
    use("subject-alone", { subject: "cus_2" }),
    {},
    AVG,
  ],
  [
    "one customer's distinct users asked for alone",
    subjectAlone("cus_2"),
    use("subject-alone", { subject: "cus_2" }),
    {},
    UNIQUE,
  ],
  [
    "one gateway counted alone",
    onlyEvents((_, index) => index % 3 === 1),
    use("source-alone", { source: "urn:1" }),
    {},
    {},
    OF_3_GATEWAYS,
  ],
  [
    "one model asked for alone",
    ofModel("tiny"),
    use("dimension-alone", { dimension: "model", value: "tiny" }),
  ],
  [
    "one model asked for alone, a total alone",
    ofModel("tiny"),
    use("dimension-alone", { dimension: "model", value: "tiny" }),
    TOTAL,
  ],
  [
    "one model of a mean asked for alone",
    ofModel("tiny"),
    use("dimension-alone", { dimension: "model", value: "tiny" }),
    WINDOWS,
    AVG,
  ],
  [
    "one model asked for alone, and the unit cost changed",
    both(ofModel("tiny"), unitCostChanged(at(170), "0.003")),
    [
      ...use("dimension-alone", { dimension: "model", value: "tiny" }),
      ...use("unit-cost-changed", { at: at(170), before: "0.0025", after: "0.003" }),
    ],
    WINDOWS,
  ],
  [
    "a customer counted twice, and the unit cost changed",
    both(repeated(isOfCustomer("cus_2")), unitCostChanged(at(170), "0.003")),
    [
      ...use("subject-repeated", { subject: "cus_2" }),
      ...use("unit-cost-changed", { at: at(170), before: "0.0025", after: "0.003" }),
    ],
    WINDOWS,
  ],
  [
    "the events without a model asked for alone",
    asked({ filterGroupBy: { model: "" } }),
    use("dimension-alone", { dimension: "model", value: "" }),
    {},
    {},
    logOf(36, 10, (index) => ({ data: index % 5 === 3 ? { model: undefined } : {} })),
  ],
  ["a gateway lost", sourceLeftOut("urn:b"), use("source-left-out", { source: "urn:b" })],
  [
    "a gateway counted twice, of a count",
    repeated(({ source }) => source === "urn:b"),
    use("source-repeated", { source: "urn:b" }),
    {},
    COUNT,
  ],
  [
    "a gateway down for a while",
    sourceOutage("urn:b", at(65), at(215)),
    use("source-outage", {
      source: "urn:b",
      from: at(70),
      to: endAt(190),
    }),
  ],
  [
    "a customer lost for a while",
    onlyEvents((event, index) => event.subject !== "cus_1" || index < 10 || index >= 28),
    use("subject-outage", {
      subject: "cus_1",
      from: at(130),
      to: endAt(250),
    }),
  ],
  [
    "a gateway down for some minutes of an hour",
    sourceOutage("urn:b", at(3_900), at(6_500)),
    use("source-outage", { source: "urn:b", from: at(4_080), to: endAt(6_240) }),
    IN_4_HOURS,
    {},
    HOURS,
  ],
  [
    "a customer lost for some minutes of an hour",
    onlyEvents((event) => event.subject !== "cus_1" || !isWithin(event, 3_900, 6_800)),
    use("subject-outage", { subject: "cus_1", from: at(3_960), to: endAt(6_360) }),
    IN_4_HOURS,
    {},
    HOURS,
  ],
  [
    "everything lost for some minutes of an hour, of a log in no order of time",
    stretchLeftOut(at(4_000), at(5_000)),
    use("stretch-left-out", { from: at(4_080), to: endAt(4_920) }),
    IN_4_HOURS,
    {},
    [...HOURS].reverse(),
  ],
  [
    "everything lost for some minutes of an hour, of values in hundreds",
    stretchLeftOut(at(4_000), at(5_000)),
    undefined,
    IN_4_HOURS,
    {},
    HOURS.map((event) => ({ ...event, data: { ...event.data, value: 100 } })),
  ],
  ["some events of an hour lost", without(32, 35, 41, 50, 55), undefined, IN_4_HOURS, {}, HOURS],
  ["the end not yet settled", notYetSettled(at(205)), use("not-yet-settled", { from: at(210) })],
  [
    "the end not yet settled, a total alone",
    notYetSettled(at(205)),
    use("not-yet-settled", { from: at(210) }),
    TOTAL,
  ],
  [
    "the end of a count not yet settled",
    notYetSettled(at(205)),
    use("not-yet-settled", { from: at(210) }),
    {},
    COUNT,
  ],
  [
    "the end after a last value of 0 not yet settled, a total alone",
    notYetSettled(at(205)),
    use("not-yet-settled", { from: at(210) }),
    TOTAL,
    LATEST,
    logOf(36, 10, (index) => ({ data: index === 20 ? { value: 0 } : {} })),
  ],
  ["nothing settled", notYetSettled(at(0)), use("not-yet-settled", { from: at(0) })],
  [
    "everything lost for a while",
    stretchLeftOut(at(85), at(245)),
    use("stretch-left-out", { from: at(90), to: endAt(240) }),
  ],
  [
    "everything lost for whole minutes, of a mean",
    stretchLeftOut(at(120), at(240)),
    use("stretch-left-out", { from: at(120), to: endAt(230) }),
    {},
    AVG,
  ],
  [
    "everything counted twice for a while",
    repeated(({ timestamp }) => String(timestamp) >= at(85) && String(timestamp) < at(245)),
    use("stretch-repeated", { from: at(90), to: endAt(240) }),
  ],
  [
    "the unit cost changed within a minute",
    unitCostChanged(at(150), "0.003"),
    use("unit-cost-changed", { at: at(150), before: "0.0025", after: "0.003" }),
  ],
  [
    "the unit cost changed at a minute",
    unitCostChanged(at(180), "0.002"),
    use("unit-cost-changed", { at: at(180), before: "0.0025", after: "0.002" }),
    WINDOWS,
  ],
  [
    "the unit cost changed as told, groups alone",
    unitCostChanged(at(150), "0.003"),
    use("unit-cost-changed", { at: at(150), before: "0.0025", after: "0.003" }),
    GROUPS,
    {},
    MINUTES,
    { unitCostHistory: [{ from: at(150), unitCost: "0.003" }] },
  ],
  [
    "a gateway lost, and the unit cost changed",
    both(sourceLeftOut("urn:b"), unitCostChanged(at(150), "0.003")),
    [
      ...use("source-left-out", { source: "urn:b" }),
      ...use("unit-cost-changed", { at: at(150), before: "0.0025", after: "0.003" }),
    ],
  ],
  ["another unit cost", otherUnitCost("0.0031"), use("other-unit-cost", { unitCost: "0.0031" })],
  [
    "another unit cost that is named, a total alone",
    otherUnitCost("0.0031"),
    use("other-unit-cost", { unitCost: "0.0031" }),
    TOTAL,
    {},
    MINUTES,
    { unitCosts: ["0.0029", "0.0031"] },
  ],
  [
    "cents for dollars",
    factor("100", "cost"),
    use("constant-factor", { factor: "100", of: "cost" }),
  ],
  [
    "thousands for units",
    factor("0.001", "both"),
    use("constant-factor", { factor: "0.001", of: "both" }),
    TOTAL,
  ],
  [
    "quantities in another unit, of a largest value",
    factor("60", "quantity"),
    use("constant-factor", { factor: "60", of: "quantity" }),
    {},
    MAX,
  ],
  ["a model renamed", renamed("tiny", "wee"), use("group-renamed", { from: "tiny", to: "wee" })],
  ["a model merged", renamed("tiny", "small"), use("group-merged", { from: "tiny", to: "small" })],
  [
    "a model of a mean renamed",
    renamed("tiny", "wee"),
    use("group-renamed", { from: "tiny", to: "wee" }),
    GROUPS,
    AVG,
  ],
  [
    "the value read at another path",
    readingElsewhere({ value: "other" }, 0),
    use("definition-changed", { path: "$.other" }),
  ],
  [
    "the value read at another path up to an instant",
    readingElsewhere({ value: "other" }, 0, 21),
    use("definition-changed", { path: "$.other", until: at(210) }),
  ],
  [
    "the value read at another path from an instant on",
    readingElsewhere({ value: "other" }, 15),
    use("definition-changed", { path: "$.other", from: at(150) }),
    WINDOWS,
  ],
  [
    "the largest value read at another path",
    readingElsewhere({ value: "other" }, 0),
    use("definition-changed", { path: "$.other" }),
    {},
    MAX,
  ],
  [
    "a dimension read at another path",
    readingElsewhere({ model: "kind" }, 0),
    use("definition-changed", { path: "$.kind", dimension: "model" }),
  ],
  [
    "a dimension read at another path from an instant on",
    readingElsewhere({ model: "kind" }, 15),
    use("definition-changed", { path: "$.kind", dimension: "model", from: at(150) }),
  ],
  [
    "a dimension read at another path up to an instant",
    readingElsewhere({ model: "kind" }, 0, 18),
    use("definition-changed", { path: "$.kind", dimension: "model", until: at(180) }),
    GROUPS,
  ],
  ["a sum counted", defining(COUNT), use("other-aggregation", { local: "SUM", server: "COUNT" })],
  [
    "a sum counted, a total alone",
    defining(COUNT),
    use("other-aggregation", { local: "SUM", server: "COUNT" }),
    TOTAL,
  ],
  [
    "a sum counted, of a log in which not all events have a value",
    defining(COUNT),
    use("other-aggregation", { local: "SUM", server: "COUNT" }),
    {},
    {},
    ODD,
  ],
  [
    "a sum averaged",
    defining(AVG),
    use("other-aggregation", { local: "SUM", server: "AVG" }),
    WINDOWS,
  ],
  [
    "the largest value in place of the latest",
    defining(MAX),
    use("other-aggregation", { local: "LATEST", server: "MAX" }),
    { to: at(3_000) },
    LATEST,
    LONGER,
  ],
  [
    "distinct users counted each time",
    defining(COUNT),
    use("other-aggregation", { local: "UNIQUE_COUNT", server: "COUNT" }),
    {},
    UNIQUE,
  ],
  [
    "a count added up",
    defining({ aggregation: "SUM", valueProperty: "$.other" }),
    use("other-aggregation", { local: "COUNT", server: "SUM", path: "$.other" }),
    {},
    { ...COUNT, valueProperty: undefined },
  ],
  [
    "a count added up, a total alone",
    defining({ aggregation: "SUM", valueProperty: "$.other" }),
    use("other-aggregation", { local: "COUNT", server: "SUM", path: "$.other" }),
    TOTAL,
    { ...COUNT, valueProperty: undefined },
  ],
  [
    "days of another time zone",
    windowOffset(330, "instants"),
    use("window-offset", { utcOffset: "+05:30", labels: "instants" }),
    IN_DAYS,
    {},
    DAYS,
  ],
  [
    "days of another time zone by their wall clock",
    windowOffset(-210, "wall-clock"),
    use("window-offset", { utcOffset: "-03:30", labels: "wall-clock" }),
    IN_DAYS,
    {},
    DAYS,
  ],
  [
    "a gateway's clock 2 hours late",
    shifted(2, "urn:b"),
    use("source-shifted", { source: "urn:b", hours: 2 }),
    { ...IN_HOURS, from: at(20_000), to: at(200_000) },
    {},
    DAYS,
  ],
  [
    "all clocks 9 hours early",
    shifted(-9),
    use("events-shifted", { hours: -9 }),
    { ...IN_HOURS, from: at(20_000), to: at(200_000) },
    COUNT,
    DAYS,
  ],
  [
    "a customer booked on another",
    bookedOn("cus_2", "cus_1"),
    use("subject-merged", { from: "cus_1", to: "cus_2" }),
    { subject: "cus_2" },
  ],
  [
    "a customer booked on another since an instant",
    bookedOn("cus_2", "cus_1", 18),
    use("subject-merged", {
      from: "cus_1",
      to: "cus_2",
      since: at(210),
      until: endAt(330),
    }),
    { subject: "cus_2" },
  ],
  [
    "a customer booked on another, a total alone",
    bookedOn("cus_2", "cus_1"),
    use("subject-merged", { from: "cus_1", to: "cus_2" }),
    { ...TOTAL, subject: "cus_2" },
  ],
  ...(["event", "group", "window", "total", "amount"] as const).map((per): Row => {
    const parameters = { places: 2, per, mode: "half-up" };
    const cost = { unitCost: "0.0025371" };
    return [
      `costs rounded per ${per}`,
      rounding(2, per),
      use("cost-rounded", parameters),
      {},
      cost,
    ];
  }),
  [
    "costs rounded half to even",
    rounding(3, "event", "half-even"),
    use("cost-rounded", { places: 3, per: "event", mode: "half-even" }),
  ],
  [
    "costs rounded per event, of a log in which not all events count",
    rounding(3, "event"),
    use("cost-rounded", { places: 3, per: "event", mode: "half-up" }),
    {},
    {},
    ODD,
  ],
  [
    "costs of a mean rounded",
    rounding(3, "amount"),
    use("cost-rounded", { places: 3, per: "amount", mode: "half-up" }),
    {},
    AVG,
  ],
  [
    "both another value and a lost gateway",
    both(
      sourceLeftOut("urn:b"),
      mapEvents((event, index) =>
        index === 9 ? ({ ...event, data: { ...event.data, value: 77_777 } } as CostEvent) : event,
      ),
    ),
    undefined,
  ],
  ["amounts of nothing known", factor("1.17", "both"), undefined],
  ["amounts of nothing known, a total alone", factor("1.17", "quantity"), undefined, TOTAL],
  [
    "the last of equal keys kept",
    RULES["last-of-equal-keys"],
    use("last-of-equal-keys"),
    {},
    {},
    ODD,
  ],
  ["repeated keys counted", RULES["duplicates-counted"], use("duplicates-counted"), {}, {}, ODD],
  [
    "equal keys of several sources taken for one event",
    RULES["key-alone"],
    use("key-alone"),
    {},
    {},
    logOf(36, 10, (index) => ({
      ...(index % 9 === 4 && { idempotencyKey: `k${index - 1}`, source: "urn:c" }),
    })),
  ],
  [
    "repeated keys of a mean counted",
    RULES["duplicates-counted"],
    use("duplicates-counted"),
    {},
    AVG,
    ODD,
  ],
  [
    "the namespace ignored",
    RULES["namespace-ignored"],
    use("namespace-ignored"),
    {},
    { merchantId: "org_1" },
    ODD,
  ],
  ["null taken for empty", RULES["null-as-empty"], use("null-as-empty"), {}, {}, ODD],
  [
    "values cut after 19 digits",
    RULES["truncated-to-19-digits"],
    use("truncated-to-19-digits"),
    {},
    {},
    LONG,
  ],
  ["a mean over all", RULES["average-over-all"], use("average-over-all"), {}, AVG, ODD],
  [
    "missing values counted",
    RULES["missing-counted"],
    use("missing-counted"),
    {},
    { ...UNIQUE, valueProperty: "$.value" },
    ODD,
  ],
  [
    "the first of equal times",
    RULES["first-of-equal-timestamps"],
    use("first-of-equal-timestamps"),
    {},
    LATEST,
    ODD,
  ],
  [
    "the sum of distinct values",
    RULES["totals-folded"],
    use("totals-folded", { from: "groups" }),
    GROUPS,
    UNIQUE,
  ],
  [
    "whole seconds",
    RULES["whole-seconds"],
    use("whole-seconds"),
    { from: at(50.25), to: at(300.25) },
    {},
    ODD,
  ],
  ["the end counted too", RULES["to-inclusive"], use("to-inclusive"), { to: at(300) }],
  [
    "nothing before the creation",
    RULES["before-creation-left-out"],
    use("before-creation-left-out"),
    {},
    { createdAt: at(95) },
  ],
  [
    "another type counted too",
    otherTypeCounted("embedding"),
    use("other-type-counted", { type: "embedding" }),
    {},
    {},
    ODD,
  ],
  [
    "two rules at once",
    both(RULES["namespace-ignored"], RULES["null-as-empty"]),
    [{ id: "null-as-empty" }, { id: "namespace-ignored" }],
    {},
    { merchantId: "org_1" },
    ODD,
  ],
  [
    "a customer lost, of values in hundreds, a total alone",
    subjectLeftOut("cus_3"),
    use("subject-left-out", { subject: "cus_3" }),
    TOTAL,
    {},
    HUNDREDS,
  ],
  ["one event lost, of values in hundreds", without(7), use("event-left-out"), {}, {}, HUNDREDS],
  [
    "a customer of a count lost, a total alone",
    subjectLeftOut("cus_3"),
    use("subject-left-out", { subject: "cus_3" }),
    TOTAL,
    COUNT,
  ],
  [
    "everything lost for a while, of a log in no order of time",
    stretchLeftOut(at(85), at(245)),
    use("stretch-left-out", { from: at(90), to: endAt(240) }),
    {},
    {},
    BACKWARDS,
  ],
  [
    "everything lost for a while, of a longer log in no order of time",
    stretchLeftOut(at(845), at(965)),
    use("stretch-left-out", { from: at(850), to: endAt(960) }),
    { to: at(3_000) },
    {},
    [...LONGER].reverse(),
  ],
  [
    "one of every 50 events of a longer log lost",
    onlyEvents((_, index) => index % 50 !== 20),
    use("events-left-out", { every: 50, first: 20, of: "received" }),
    { to: at(3_000) },
    {},
    LONGER,
  ],
  [
    "costs at 1.17 times the unit cost",
    factor("1.17", "cost"),
    use("other-unit-cost", { unitCost: "0.002925" }),
  ],
  ["amounts of nothing known, groups alone", factor("1.17", "both"), undefined, GROUPS],
  ["amounts of nothing known, windows alone", factor("1.17", "both"), undefined, WINDOWS],
  [
    "amounts of nothing known, of one customer",
    factor("1.17", "both"),
    undefined,
    { subject: "cus_1" },
  ],
  [
    "amounts of nothing known, of an answer without groups",
    both(factor("1.17", "both"), answering({ groups: undefined })),
    undefined,
  ],
  [
    "amounts of nothing known, of an answer without windows",
    both(factor("1.17", "both"), answering({ timeSeries: undefined })),
    undefined,
  ],
  [
    "amounts of nothing known, of 12 customers",
    factor("1.17", "both"),
    undefined,
    {},
    {},
    OF_12_CUSTOMERS,
  ],
  [
    "amounts of nothing known, of a cost without dimensions",
    factor("1.17", "both"),
    undefined,
    WINDOWS,
    { groupBy: undefined },
  ],
  [
    "a customer counted twice in one minute, and a gateway lost in another",
    lostAndAgain,
    undefined,
    WINDOWS,
  ],
  [
    "a customer counted twice in one minute, and a gateway lost in another, in no order of time",
    lostAndAgain,
    undefined,
    {},
    {},
    BACKWARDS,
  ],
];

export const SMALL_SCENES: readonly SmallScene[] = ROWS.map(
  ([name, rule, cause, query = {}, cost = {}, events = MINUTES, options]) => ({
    name,
    setup: setupOf(events, cost, query),
    rule,
    cause,
    options,
  }),
);

export const resultOf = ({ setup, rule, options }: SmallScene): Reconciliation => {
  const { cost, events, query } = setup;
  return reconcile({ cost, events, query, server: answerOf(rule(setup)) }, options);
};

const digits = (number: number): string => Number(number.toPrecision(6)).toString();
const indexesOf = (events: Iterable<{ readonly index: number }>): string =>
  [...events].map(({ index }) => index).join(" ");

/** Everything that a reconciliation says but the rows, in lines. */
export function linesOf(result: Reconciliation): string[] {
  const { explanations, findings, nextQueries } = result;
  return [
    // The verdict, and what happened in one sentence.
    ...formatReconciliation(result).split("\n").slice(0, 2),
    ...explanations.flatMap(
      ({ rank, hypotheses, exact, chance, residual, predicted, cells, events, advice }) => [
        `${rank}. ${hypotheses.map(({ id, parameters = {} }) => [id, ...Object.entries(parameters).flat()].join(" ")).join(" + ")}`,
        `   ${exact ? "exact" : "near"}, chance ${digits(chance)}, ${cells.explained} of ${cells.total} cells; ${predicted.totalQuantity} at ${predicted.totalCost}, off by ${residual.quantity} at ${residual.cost}`,
        `   ${events.count} events: ${indexesOf(events.all())}`,
        `   ${advice}`,
      ],
    ),
    ...findings.flatMap(
      ({ kind, share, message, from, to, dimensions, subject, source, events }) => [
        `${kind} ${digits(share)}: ${message}`,
        `   ${JSON.stringify({ from, to, dimensions, subject, source })}${events ? ` ${indexesOf(events.all())}` : ""}`,
      ],
    ),
    ...nextQueries.map(({ query, reason }) => `ask ${JSON.stringify(query)}: ${reason}`),
  ];
}
