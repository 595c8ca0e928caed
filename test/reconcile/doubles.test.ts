import {
  type CostEvent,
  type CostSummary,
  Decimal,
  reconcile,
  type ServerSummary,
  summarizeCost,
} from "metered-costs/summary";
import { expect, test } from "vitest";
import {
  answerOf,
  bookedOn,
  idsOf,
  mapEvents,
  otherUnitCost,
  renamed,
  repeated,
  type ServerRule,
  type Setup,
  shifted,
  sourceLeftOut,
  sourceOutage,
  stretchLeftOut,
  subjectAlone,
  subjectLeftOut,
  unitCostChanged,
  without,
} from "./servers.ts";
import { daysOf, randomNumbers } from "./traces.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 5, 1);
const at = (hour: number): string => new Date(START + hour * HOUR).toISOString();
const timeOf = ({ timestamp }: CostEvent): number => Date.parse(String(timestamp));
const isBetween = (from: number, to: number) => (event: CostEvent) =>
  timeOf(event) >= START + from * HOUR && timeOf(event) < START + to * HOUR;

/** A day of values with three digits behind the point: doubles miss nearly every sum of them. */
const DAY: Setup = (() => {
  const setup = daysOf(randomNumbers(3), { count: 900, days: 1, window: "HOUR" });
  const events = setup.events.map((event, index) => {
    const { tokens } = event.data as { readonly tokens: number };
    const data = {
      ...event.data,
      tokens: tokens / 1_000,
      other: ((index * 7_919) % 99_991) / 1_000,
    };
    return { ...event, data };
  });
  return { ...setup, events };
})();

/** Sums in doubles. */
interface Sums {
  quantity: number;
  cost: number;
}
/** Another unit cost from an hour on. */
interface Raise {
  readonly hour: number;
  readonly unitCost: string;
}

/** What a server answers that adds up in doubles, in the order received. */
function answerInDoubles({ cost, events, query }: Setup, raise?: Raise): CostSummary {
  const name = String(cost.valueProperty).slice(2);
  const all: Sums = { quantity: 0, cost: 0 };
  const groups = new Map<string, Sums>();
  const windows = new Map<number, Sums>();
  const sumsAt = <Key>(map: Map<Key, Sums>, key: Key): Sums => {
    const sums = map.get(key) ?? { quantity: 0, cost: 0 };
    map.set(key, sums);
    return sums;
  };
  for (const event of events) {
    const time = timeOf(event);
    if (time < Date.parse(String(query.from)) || time >= Date.parse(String(query.to))) continue;
    if (query.subject !== undefined && event.subject !== query.subject) continue;
    const data = event.data as Readonly<Record<string, unknown>>;
    const [value, model] = [Number(data[name]), String(data["model"])];
    const start = time - (time % HOUR);
    const isRaised = raise !== undefined && time >= START + raise.hour * HOUR;
    const unitCost = Number(isRaised ? raise.unitCost : cost.unitCost);
    for (const sums of [all, sumsAt(groups, model), sumsAt(windows, start)]) {
      sums.quantity += value;
      sums.cost += value * unitCost;
    }
  }
  const amounts = (sums: Sums) => ({
    quantity: new Decimal(sums.quantity),
    cost: new Decimal(sums.cost),
  });
  return {
    object: "cost",
    id: "cst_1",
    name: "Tokens",
    type: "metered",
    currency: "USD",
    totalQuantity: amounts(all).quantity,
    totalCost: amounts(all).cost,
    groups: [...groups].map(([model, sum]) => ({ dimensions: { model }, ...amounts(sum) })),
    timeSeries: [...windows].map(([start, sum]) => ({
      windowStart: new Date(start),
      windowEnd: new Date(start + HOUR),
      ...amounts(sum),
    })),
  } as CostSummary;
}

const readingElsewhere = (isOther: (event: CostEvent) => boolean): ServerRule =>
  mapEvents((event) => {
    const { other } = event.data as { readonly other: number };
    return isOther(event) ? { ...event, data: { ...event.data, tokens: other } } : event;
  });

test.each<[id: string, rule: ServerRule, query?: Partial<Setup["query"]>, raise?: Raise]>([
  ["event-left-out", without(77)],
  [
    "event-repeated",
    (setup) => ({ ...setup, events: [...setup.events, setup.events[77] as CostEvent] }),
  ],
  ["subject-left-out", subjectLeftOut("cus_3")],
  ["subject-repeated", repeated(({ subject }) => subject === "cus_3")],
  ["subject-alone", subjectAlone("cus_3")],
  [
    "dimension-alone",
    (setup) => ({
      ...setup,
      events: setup.events.filter(({ data }) => (data as { model: string }).model === "tiny"),
    }),
  ],
  ["source-left-out", sourceLeftOut("urn:gateway:b")],
  ["source-repeated", repeated(({ source }) => source === "urn:gateway:b")],
  ["source-outage", sourceOutage("urn:gateway:b", at(7.3), at(13.6))],
  ["source-outage", sourceOutage("urn:gateway:b", at(7.3), at(8.6))],
  ["stretch-left-out", stretchLeftOut(at(7.3), at(13.6))],
  ["stretch-repeated", repeated(isBetween(7.3, 13.6))],
  ["not-yet-settled", stretchLeftOut(at(13.6), at(24))],
  ["source-shifted", shifted(2, "urn:gateway:b")],
  ["subject-merged", bookedOn("cus_3", "cus_4"), { subject: "cus_3" }],
  ["group-renamed", renamed("tiny", "wee")],
  ["group-merged", renamed("tiny", "vast")],
  ["definition-changed", readingElsewhere(() => true)],
  ["definition-changed", readingElsewhere(isBetween(7.3, 24))],
  ["definition-changed", readingElsewhere(isBetween(0, 7.3))],
  ["other-unit-cost", otherUnitCost("0.0031")],
  ["constant-factor", otherUnitCost("0.25")],
  ["unit-cost-changed", unitCostChanged(at(7.3), "0.0031"), {}, { hour: 7.3, unitCost: "0.0031" }],
])("a server that adds up in doubles: %s %#", (id, rule, query = {}, raise = undefined) => {
  const setup = { ...DAY, query: { ...DAY.query, ...query } };
  const { cost, events } = setup;
  const made = rule(setup);
  const found = (server: CostSummary) => {
    const { verdict, explanations } = reconcile({ cost, events, query: setup.query, server });
    return [verdict, ...explanations.filter(({ rank }) => rank === 1).map(idsOf)];
  };
  const exact = found(answerOf({ ...made, options: { deduplicate: false } }));
  expect(exact).toContain(id);
  expect(found(answerInDoubles(made, raise))).toEqual(exact);
});

test("a total that is added up from the rows in doubles is found", () => {
  const events = DAY.events.map((event, index) => ({
    ...event,
    data: { ...event.data, model: `model-${index % 7}` },
  }));
  const cost = { ...DAY.cost, aggregation: "AVG" };
  const { from, to } = DAY.query;
  for (const [name, folded] of [
    ["groups", { groupBy: "model" }],
    ["windows", { window: "HOUR" }],
  ] as const) {
    const query = { from, to, ...folded };
    const { groups, timeSeries, ...summary } = summarizeCost(cost, events, query);
    const rows = (groups ?? timeSeries ?? []).map((row) => ({
      ...row,
      quantity: Number(row.quantity),
      cost: Number(row.quantity) * Number(cost.unitCost),
    }));
    let [totalQuantity, totalCost] = [0, 0];
    for (const row of rows) {
      totalQuantity += row.quantity / rows.length;
      totalCost += row.cost / rows.length;
    }
    const list = name === "groups" ? { groups: rows } : { timeSeries: rows };
    const server = { ...summary, ...list, totalQuantity, totalCost } as ServerSummary;
    const { verdict, explanations } = reconcile({ cost, events, query, server });
    expect([verdict, explanations[0]?.hypotheses]).toEqual([
      "explained",
      [{ id: "totals-folded", parameters: { from: name } }],
    ]);
  }
});

test("whole quantities at a whole unit cost leave doubles nothing to lose", () => {
  const cost = { unitCost: "3", aggregation: "SUM", eventType: "call", valueProperty: "$.value" };
  const events = Array.from({ length: 1_000 }, (_, index) => ({
    type: "call",
    timestamp: new Date(START + index * 60_000),
    data: { value: 1_000_003 + index },
  }));
  const query = { from: at(0), to: at(24) };
  const { totalQuantity, totalCost } = summarizeCost(cost, events, query);
  const verdictOf = (unitCost: string, off: string) =>
    reconcile({
      cost: { ...cost, unitCost },
      events,
      query,
      server: {
        totalQuantity,
        totalCost: totalCost?.div(3).times(unitCost).plus(off).toFixed() ?? null,
      },
    }).verdict;
  expect([verdictOf("3", "0"), verdictOf("3", "0.00001")]).toEqual(["equal", "different"]);
  // A hundredth is no double: what adds up costs loses about as much.
  expect(verdictOf("3.01", "0.00001")).toBe("within-tolerance");
});
