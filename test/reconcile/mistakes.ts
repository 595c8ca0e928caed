import {
  type CostDefinition,
  type CostEvent,
  type CostSummary,
  type CostSummaryParams,
  Decimal,
  type ReconcileOptions,
  summarizeCost,
} from "metered-costs/summary";
import {
  answerOf,
  deduplicated,
  factor,
  otherTypeCounted,
  otherUnitCost,
  RULES,
  renamed,
  rounding,
  type ServerRule,
  type Setup,
  windowOffset,
} from "./servers.ts";
import { merchantLog, type Request, randomNumbers } from "./traces.ts";

type Data = Readonly<Record<string, unknown>>;

/** A cost, a log and a query, and what else in the log a mistake may touch. */
export interface Scene {
  readonly name: string;
  readonly cost: CostDefinition & { readonly id: string };
  readonly events: readonly CostEvent[];
  readonly query: CostSummaryParams;
  /** Another number and another text of each event. */
  readonly otherValue: string;
  readonly otherGroup: string;
  readonly otherType: string;
  readonly models: readonly string[];
  /** About how long an outage lasts, in milliseconds. */
  readonly outage: number;
}

/** A mistake that was planted: what the server answers because of it, and where it is. */
export interface Planted {
  /** What the server answers, by the plain summary of altered events. */
  readonly serve: (query: CostSummaryParams) => CostSummary;
  /** What the server received, where that is all that differs. */
  readonly received?: readonly CostEvent[] | undefined;
  /** The cost, where it is not the scene's. */
  readonly cost?: Scene["cost"] | undefined;
  readonly query?: CostSummaryParams | undefined;
  readonly options?: ReconcileOptions | undefined;
  /** What the explanation must have found. */
  readonly parameters?: object | undefined;
  /** The local events that it concerns, by index. */
  readonly events: readonly number[];
}

export interface Mistake {
  readonly name: string;
  /** The ids of the hypotheses, sorted and joined by " + ", that say what was planted; none where no cause is known. */
  readonly causes: readonly string[];
  readonly plant: (scene: Scene, random: () => number) => Planted;
}

const timeOf = (event: CostEvent): number => new Date(event.timestamp ?? Number.NaN).getTime();
const dataOf = (event: CostEvent): Data => event.data as Data;
const below = (random: () => number, limit: number): number => Math.floor(random() * limit);
const pick = <T>(random: () => number, list: readonly T[]): T =>
  list[below(random, list.length)] as T;

/** Adds the amounts of two answers, row by row. */
function added(a: CostSummary, b: CostSummary): CostSummary {
  const rows = <Row extends { readonly quantity: Decimal; readonly cost: Decimal }>(
    all: readonly Row[],
    keyOf: (row: Row) => string,
  ): Row[] => {
    const byKey = new Map<string, Row>();
    for (const row of all) {
      const known = byKey.get(keyOf(row));
      const sum = known && {
        quantity: known.quantity.plus(row.quantity),
        cost: known.cost.plus(row.cost),
      };
      byKey.set(keyOf(row), { ...row, ...sum });
    }
    return [...byKey.values()];
  };
  return {
    ...a,
    totalQuantity: (a.totalQuantity as Decimal).plus(b.totalQuantity as Decimal),
    totalCost: (a.totalCost as Decimal).plus(b.totalCost as Decimal),
    ...(a.groups && {
      groups: rows([...a.groups, ...(b.groups ?? [])], ({ dimensions }) =>
        JSON.stringify(dimensions),
      ),
    }),
    ...(a.timeSeries && {
      timeSeries: rows([...a.timeSeries, ...(b.timeSeries ?? [])], ({ windowStart }) =>
        String(windowStart.getTime()),
      ),
    }),
  };
}

/** The log as the server deduplicates it, so that what becomes of an event does not make its repetition count. */
function uniqueEvents(scene: Scene): readonly CostEvent[] {
  let events = unique.get(scene.events);
  if (events === undefined) {
    const setup = { ...scene, options: {}, answer: (summary: CostSummary) => summary };
    events = deduplicated(setup).events;
    unique.set(scene.events, events);
  }
  return events;
}
const unique = new WeakMap<readonly CostEvent[], readonly CostEvent[]>();

/** Whether an event counts under the scene's cost and query. */
function counts({ cost, query }: Scene): (event: CostEvent) => boolean {
  const name = cost.valueProperty?.slice(2) ?? "";
  const [from, to] = [query.from, query.to].map((time) => new Date(time).getTime()) as [
    number,
    number,
  ];
  return (event) => {
    const time = timeOf(event);
    return (
      event.type === cost.eventType &&
      (event.namespace === undefined || event.namespace === cost.merchantId) &&
      time >= from &&
      time < to &&
      typeof dataOf(event)[name] === "number"
    );
  };
}

/** The server received other events: each one as it is, changed, left out or repeated. */
function receivedInstead(
  scene: Scene,
  of: (event: CostEvent, at: number) => readonly CostEvent[] | undefined,
  others: Partial<Planted> = {},
): Planted {
  const received: CostEvent[] = [];
  let next = 0;
  const planted: number[] = [];
  const isCounting = counts(scene);
  const kept = uniqueEvents(scene);
  for (const [at, event] of scene.events.entries()) {
    // Both are in the order received.
    if (kept[next] !== event) continue;
    next++;
    const instead = of(event, at);
    received.push(...(instead ?? [event]));
    if (instead !== undefined && isCounting(event)) planted.push(at);
  }
  const cost = others.cost ?? scene.cost;
  return {
    serve: (query) => summarizeCost(cost, received, query),
    received,
    events: planted,
    ...others,
  };
}

/** One definition of the cost before an instant, and another from then on. */
function changedAt(
  scene: Scene,
  instant: number,
  before: CostDefinition,
  after: CostDefinition,
  events = uniqueEvents(scene),
): Planted["serve"] {
  const early = events.filter((event) => timeOf(event) < instant);
  const late = events.filter((event) => timeOf(event) >= instant);
  return (query) => added(summarizeCost(before, early, query), summarizeCost(after, late, query));
}

/** The server counts by another rule, which is found without a parameter or with these. */
const byRule =
  (
    rule: (scene: Scene, random: () => number) => ServerRule,
    parameters?: (scene: Scene) => object,
  ): Mistake["plant"] =>
  (scene, random) => {
    const setup: Setup = { ...scene, options: {}, answer: (summary) => summary };
    const made = rule(scene, random);
    return {
      serve: (query) => answerOf(made({ ...setup, query })),
      parameters: parameters?.(scene),
      events: [],
    };
  };

/** The indices of some events that count and whose keys no other event has. */
function someEvents(scene: Scene, random: () => number, count: number): Set<number> {
  const isCounting = counts(scene);
  const keys = new Map<unknown, number>();
  for (const { idempotencyKey: key } of scene.events) keys.set(key, (keys.get(key) ?? 0) + 1);
  const some = new Set<number>();
  while (some.size < count) {
    const at = below(random, scene.events.length);
    const event = scene.events[at] as CostEvent;
    if (isCounting(event) && keys.get(event.idempotencyKey) === 1) some.add(at);
  }
  return some;
}

/** An event that counts, in the middle of the log. */
const eventAt = (scene: Scene, random: () => number, from = 0.2, to = 0.7): CostEvent => {
  const isCounting = counts(scene);
  let at = Math.floor(scene.events.length * (from + random() * (to - from)));
  while (!isCounting(scene.events[at] as CostEvent)) at++;
  return scene.events[at] as CostEvent;
};
const minute = (time: number): number => Math.floor(time / 60_000) * 60_000;
const text = (time: number): string => new Date(time).toISOString();
const sourcesOf = ({ events }: Scene): string[] => [
  ...new Set(events.slice(0, 1_000).flatMap(({ source }) => source ?? [])),
];
const subjectsOf = ({ events }: Scene): string[] =>
  [...new Set(events.slice(0, 5_000).flatMap(({ subject }) => subject ?? []))].sort();

/** What was not counted of one gateway: from a whole minute on, or from some event to another. */
function outageOf(scene: Scene, random: () => number, isWhole: boolean) {
  const source = pick(random, sourcesOf(scene));
  const begin = timeOf(eventAt(scene, random));
  const length = scene.outage * (0.5 + random());
  const from = isWhole ? minute(begin) : begin;
  const to = isWhole ? minute(begin + length) : Math.floor(begin + length);
  const isDown = (event: CostEvent): boolean =>
    event.source === source && timeOf(event) >= from && timeOf(event) < to;
  return { source, from, to, isDown };
}

const counted = ({ cost }: Scene): CostDefinition & { readonly id: string } => ({
  ...cost,
  aggregation: "COUNT",
});
const otherUnitCostOf = ({ cost }: Scene, random: () => number): string =>
  new Decimal(String(cost.unitCost))
    .times(51 + below(random, 40))
    .dividedBy(50)
    .toFixed();

function priceChange(
  scene: Scene,
  random: () => number,
  isWhole: boolean,
  isTold: boolean,
): Planted {
  const unitCost = otherUnitCostOf(scene, random);
  const event = timeOf(eventAt(scene, random));
  const at = isWhole ? minute(event) : event;
  const { cost } = scene;
  const history = [{ from: text(at), unitCost }];
  return {
    cost,
    serve: changedAt(scene, at, cost, { ...cost, unitCost }),
    ...(isTold && {
      options: { unitCostHistory: history },
      query: { ...scene.query, window: undefined },
    }),
    parameters: { before: cost.unitCost, after: unitCost, ...(!isWhole && { at: text(at) }) },
    events: [],
  };
}

function outageAndPriceChange(
  scene: Scene,
  random: () => number,
  { isTold = false, isDuring = false } = {},
): Planted {
  const { source, from, to, isDown } = outageOf(scene, random, random() < 0.5);
  const unitCost = otherUnitCostOf(scene, random);
  const at = isDuring ? Math.floor((from + to) / 2) : timeOf(eventAt(scene, random, 0.3, 0.8));
  const received = uniqueEvents(scene).filter((event) => !isDown(event));
  const isCounting = counts(scene);
  return {
    serve: changedAt(scene, at, scene.cost, { ...scene.cost, unitCost }, received),
    ...(isTold && { options: { unitCostHistory: [{ from: text(at), unitCost }] } }),
    parameters: { source },
    events: scene.events.flatMap((event, index) =>
      isDown(event) && isCounting(event) ? [index] : [],
    ),
  };
}

/** The cost read another path before an instant, or reads another one from then on. */
function definitionChange(
  scene: Scene,
  random: () => number,
  other: Partial<CostDefinition>,
  parameters: object,
): Planted {
  const at = timeOf(eventAt(scene, random));
  const changed = { ...scene.cost, ...other };
  const isUntil = random() < 0.5;
  return {
    serve: isUntil
      ? changedAt(scene, at, changed, scene.cost)
      : changedAt(scene, at, scene.cost, changed),
    parameters,
    events: [],
  };
}

/** Other customers: the one asked about, and one whose events are booked on it. */
function bookedOn(scene: Scene, random: () => number, since: number): Planted {
  const subjects = subjectsOf(scene);
  const from = below(random, subjects.length);
  const of = subjects[from] as string;
  const on = subjects[(from + 1 + below(random, subjects.length - 1)) % subjects.length] as string;
  const isMoved = (event: CostEvent): boolean => event.subject === of && timeOf(event) >= since;
  return receivedInstead(
    scene,
    (event) => (isMoved(event) ? [{ ...event, subject: on }] : undefined),
    { query: { ...scene.query, subject: on }, parameters: { from: of, to: on } },
  );
}

/** Repeats some events under keys of their own, so many milliseconds later at most. */
function repeatedUnderNewKeys(
  scene: Scene,
  random: () => number,
  isRepeated: (event: CostEvent, at: number) => boolean,
  later: number,
): Planted {
  return receivedInstead(scene, (event, at) => {
    if (!isRepeated(event, at)) return undefined;
    const timestamp =
      later === 0 ? event.timestamp : new Date(timeOf(event) + below(random, later));
    return [event, { ...event, idempotencyKey: `again-${at}`, timestamp }];
  });
}

/** Events of one source, or all of them, at times that are whole hours wrong. */
function shifted(scene: Scene, hours: number, source: string | undefined, since = 0): Planted {
  return receivedInstead(
    scene,
    (event) =>
      (source === undefined || event.source === source) && timeOf(event) >= since
        ? [{ ...event, timestamp: new Date(timeOf(event) + hours * 3_600_000) }]
        : undefined,
    { parameters: { hours } },
  );
}

const isOfStretch = (from: number, to: number) => (event: CostEvent) =>
  timeOf(event) >= from && timeOf(event) < to;

/** The mistakes that are planted. */
export const MISTAKES: readonly Mistake[] = [
  {
    name: "one event lost",
    causes: ["event-left-out"],
    plant: (scene, random) => {
      const lost = someEvents(scene, random, 1);
      return receivedInstead(scene, (_, at) => (lost.has(at) ? [] : undefined));
    },
  },
  {
    name: "one event sent again under a new key",
    causes: ["event-repeated"],
    plant: (scene, random) => {
      const again = someEvents(scene, random, 1);
      return repeatedUnderNewKeys(scene, random, (_, at) => again.has(at), 0);
    },
  },
  {
    name: "twelve events lost here and there",
    causes: ["events-left-out"],
    plant: (scene, random) => {
      const lost = someEvents(scene, random, 12);
      return receivedInstead(scene, (_, at) => (lost.has(at) ? [] : undefined));
    },
  },
  {
    name: "a customer lost",
    causes: ["subject-left-out"],
    plant: (scene, random) => {
      const lost = pick(random, subjectsOf(scene));
      return receivedInstead(scene, ({ subject }) => (subject === lost ? [] : undefined), {
        parameters: { subject: lost },
      });
    },
  },
  {
    name: "a customer sent again under new keys",
    causes: ["subject-repeated"],
    plant: (scene, random) => {
      const again = pick(random, subjectsOf(scene));
      return {
        ...repeatedUnderNewKeys(scene, random, ({ subject }) => subject === again, 0),
        parameters: { subject: again },
      };
    },
  },
  {
    name: "a gateway lost",
    causes: ["source-left-out"],
    plant: (scene, random) => {
      const lost = pick(random, sourcesOf(scene));
      return receivedInstead(scene, ({ source }) => (source === lost ? [] : undefined), {
        parameters: { source: lost },
      });
    },
  },
  {
    name: "a gateway sent again under new keys",
    causes: ["source-repeated"],
    plant: (scene, random) => {
      const again = pick(random, sourcesOf(scene));
      return {
        ...repeatedUnderNewKeys(scene, random, ({ source }) => source === again, 0),
        parameters: { source: again },
      };
    },
  },
  {
    name: "everything lost for a while",
    causes: ["stretch-left-out"],
    plant: (scene, random) => {
      const from = timeOf(eventAt(scene, random));
      const isLost = isOfStretch(from, from + scene.outage * (0.5 + random()));
      return receivedInstead(scene, (event) => (isLost(event) ? [] : undefined));
    },
  },
  {
    name: "a stretch of the log sent again under new keys",
    causes: ["stretch-repeated"],
    plant: (scene, random) => {
      const from = timeOf(eventAt(scene, random));
      const isAgain = isOfStretch(from, from + scene.outage * (0.5 + random()));
      return repeatedUnderNewKeys(scene, random, isAgain, 0);
    },
  },
  {
    name: "the latest events not yet settled",
    causes: ["not-yet-settled"],
    plant: (scene, random) => {
      const from = timeOf(eventAt(scene, random, 0.6, 0.95));
      return receivedInstead(scene, (event) => (timeOf(event) >= from ? [] : undefined), {
        parameters: { from: text(from) },
      });
    },
  },
  ...([true, false] as const).map((isWhole) => ({
    name: `a gateway down ${isWhole ? "for some minutes" : "from one event to another"}`,
    causes: ["source-outage"],
    plant: (scene: Scene, random: () => number) => {
      const { source, isDown } = outageOf(scene, random, isWhole);
      return receivedInstead(scene, (event) => (isDown(event) ? [] : undefined), {
        parameters: { source },
      });
    },
  })),
  {
    name: "a gateway down, events counted",
    causes: ["source-outage"],
    plant: (scene, random) => {
      const { source, isDown } = outageOf(scene, random, false);
      return receivedInstead(scene, (event) => (isDown(event) ? [] : undefined), {
        parameters: { source },
        cost: counted(scene),
      });
    },
  },
  {
    name: "a customer lost for a while",
    causes: ["subject-outage"],
    plant: (scene, random) => {
      const lost = pick(random, subjectsOf(scene));
      const from = timeOf(eventAt(scene, random));
      const isLost = isOfStretch(from, from + 3 * scene.outage);
      return receivedInstead(scene, (event) =>
        event.subject === lost && isLost(event) ? [] : undefined,
      );
    },
  },
  {
    name: "the unit cost changed at a whole minute",
    causes: ["unit-cost-changed"],
    plant: (scene, random) => priceChange(scene, random, true, false),
  },
  {
    name: "the unit cost changed within a window",
    causes: ["unit-cost-changed"],
    plant: (scene, random) => priceChange(scene, random, false, false),
  },
  {
    name: "the unit cost changed, of which the history is told",
    causes: ["unit-cost-changed"],
    plant: (scene, random) => priceChange(scene, random, false, true),
  },
  {
    name: "the unit cost changed twice, of which the history is told",
    causes: ["unit-cost-changed"],
    plant: (scene, random) => {
      const [first, second] = [0.2, 0.6].map((from) =>
        timeOf(eventAt(scene, random, from, from + 0.3)),
      ) as [number, number];
      const [lower, higher] = [otherUnitCostOf(scene, random), otherUnitCostOf(scene, random)];
      const { cost } = scene;
      const events = uniqueEvents(scene);
      const early = events.filter((event) => timeOf(event) < second);
      const late = events.filter((event) => timeOf(event) >= second);
      const before = changedAt(scene, first, cost, { ...cost, unitCost: lower }, early);
      return {
        serve: (query) =>
          added(before(query), summarizeCost({ ...cost, unitCost: higher }, late, query)),
        options: {
          unitCostHistory: [
            { from: text(second), unitCost: higher },
            { from: text(first), unitCost: lower },
          ],
        },
        events: [],
      };
    },
  },
  {
    name: "the unit cost of events changed",
    causes: ["unit-cost-changed"],
    plant: (scene, random) =>
      priceChange({ ...scene, cost: counted(scene) }, random, random() < 0.5, false),
  },
  {
    name: "another unit cost all along",
    causes: ["other-unit-cost"],
    plant: byRule((scene, random) => otherUnitCost(otherUnitCostOf(scene, random))),
  },
  {
    name: "a gateway down, and the unit cost changed",
    causes: ["source-outage + unit-cost-changed"],
    plant: (scene, random) => outageAndPriceChange(scene, random),
  },
  {
    name: "a gateway down, and the unit cost changed meanwhile",
    causes: ["source-outage + unit-cost-changed"],
    plant: (scene, random) => outageAndPriceChange(scene, random, { isDuring: true }),
  },
  {
    name: "a gateway down, and the unit cost changed as told",
    causes: ["source-outage + unit-cost-changed"],
    plant: (scene, random) => outageAndPriceChange(scene, random, { isTold: true }),
  },
  {
    name: "one event in 97 sent again under a new key",
    causes: ["events-repeated"],
    plant: (scene, random) => {
      const first = below(random, 97);
      return repeatedUnderNewKeys(scene, random, (_, at) => at % 97 === first, 0);
    },
  },
  {
    name: "some events sent again within a second",
    causes: ["events-repeated"],
    plant: (scene, random) => {
      const every = 80 + below(random, 80);
      return repeatedUnderNewKeys(scene, random, (_, at) => at % every === 7, 1_000);
    },
  },
  {
    name: "a customer's events booked on another",
    causes: ["subject-merged"],
    plant: (scene, random) => bookedOn(scene, random, 0),
  },
  {
    name: "a customer's events booked on another since an instant",
    causes: ["subject-merged"],
    plant: (scene, random) => bookedOn(scene, random, timeOf(eventAt(scene, random))),
  },
  {
    name: "a gateway's clock whole hours wrong",
    causes: ["source-shifted"],
    plant: (scene, random) =>
      shifted(scene, pick(random, [-5, -2, -1, 1, 2, 7]), pick(random, sourcesOf(scene))),
  },
  {
    name: "all times taken for those of another zone",
    causes: ["events-shifted", "window-offset"],
    plant: (scene, random) => ({
      ...shifted(scene, pick(random, [-8, -5, 1, 2, 9]), undefined),
      parameters: {},
    }),
  },
  {
    name: "windows of another zone",
    causes: ["window-offset"],
    plant: byRule(
      () => windowOffset(330, "wall-clock"),
      () => ({ utcOffset: "+05:30" }),
    ),
  },
  {
    name: "a model renamed",
    causes: ["group-renamed"],
    plant: byRule((scene, random) => renamed(pick(random, scene.models), "renamed")),
  },
  {
    name: "a model merged into another",
    causes: ["group-merged"],
    plant: byRule(({ models }, random) => {
      const at = below(random, models.length);
      return renamed(models[at] as string, models[(at + 1) % models.length] as string);
    }),
  },
  {
    name: "another value path up to an instant, or from then on",
    causes: ["definition-changed"],
    plant: (scene, random) =>
      definitionChange(
        scene,
        random,
        { valueProperty: scene.otherValue },
        { path: scene.otherValue },
      ),
  },
  {
    name: "another group path up to an instant, or from then on",
    causes: ["definition-changed"],
    plant: (scene, random) =>
      definitionChange(
        scene,
        random,
        { groupBy: { model: scene.otherGroup } },
        { path: scene.otherGroup, dimension: "model" },
      ),
  },
  {
    name: "another value path all along",
    causes: ["definition-changed"],
    plant: byRule(
      ({ otherValue }) =>
        (setup) => ({ ...setup, cost: { ...setup.cost, valueProperty: otherValue } }),
      ({ otherValue }) => ({ path: otherValue }),
    ),
  },
  {
    name: "another group path all along",
    causes: ["definition-changed"],
    plant: byRule(
      ({ otherGroup }) =>
        (setup) => ({ ...setup, cost: { ...setup.cost, groupBy: { model: otherGroup } } }),
      ({ otherGroup }) => ({ path: otherGroup, dimension: "model" }),
    ),
  },
  {
    name: "repeated keys counted again",
    causes: ["duplicates-counted"],
    plant: byRule(() => RULES["duplicates-counted"]),
  },
  {
    name: "another type counted too",
    causes: ["other-type-counted"],
    plant: byRule(
      ({ otherType }) => otherTypeCounted(otherType),
      ({ otherType }) => ({ type: otherType }),
    ),
  },
  {
    name: "costs in cents",
    causes: ["constant-factor"],
    plant: byRule(
      () => factor("100", "cost"),
      () => ({ factor: "100", of: "cost" }),
    ),
  },
  {
    name: "costs of windows rounded",
    causes: ["cost-rounded"],
    plant: byRule(
      () => rounding(3, "window"),
      () => ({ places: 3, per: "window" }),
    ),
  },
];

/** Requests of a real or generated hour as the log of a merchant, asked about by minute over two days. */
export function hourScene(name: string, requests: readonly Request[]): Scene {
  const events = merchantLog(requests);
  return {
    name,
    events,
    cost: {
      id: "cst_tokens",
      unitCost: "0.00000253",
      currency: "USD",
      aggregation: "SUM",
      eventType: "llm.completion",
      valueProperty: "$.context",
      groupBy: { model: "$.model" },
      merchantId: "org_1",
    },
    query: {
      from: "2023-11-16T00:00:00Z",
      to: "2023-11-18T00:00:00Z",
      groupBy: ["model"],
      window: "MINUTE",
    },
    otherValue: "$.generated",
    otherGroup: "$.user",
    otherType: "llm.embedding",
    models: ["atlas-large", "atlas-small", "sonar"],
    outage: 10 * 60_000,
  };
}

/** A generated month of 50 customers and three gateways. */
export function monthScene(count: number, window: "MINUTE" | "HOUR", customers = 50): Scene {
  const random = randomNumbers(2_026);
  const start = Date.UTC(2026, 5, 1);
  const step = (30 * 86_400_000) / count;
  const models = ["large", "small", "tiny", "vision"];
  const events: CostEvent[] = [];
  for (let at = 0; at < count; at++) {
    const model = at % 301 === 7 ? null : pick(random, models);
    const event = {
      type: at % 499 === 3 ? "llm.embedding" : "llm.completion",
      source: `gateway-${"abc"[below(random, 3)]}`,
      subject: `cus_${Math.floor(customers * random() ** 1.5)}`,
      idempotencyKey: `request-${at}`,
      timestamp: new Date(start + Math.floor((at + random()) * step)).toISOString(),
      data: {
        model,
        region: pick(random, ["eu", "us", "asia"]),
        usage: {
          input: Math.floor(Math.exp(4 + 5 * random())),
          output: Math.floor(Math.exp(2 + 5 * random())),
        },
        input: Math.floor(Math.exp(4 + 5 * random())),
        seconds: below(random, 100_000) / 1_000,
      },
    };
    events.push(event);
    // A retry with other data under the same key.
    if (at % 397 === 11) {
      events.push({ ...event, data: { ...event.data, input: 1 + below(random, 9_999) } });
    }
  }
  return {
    name: `${count} events`,
    events,
    cost: {
      id: "cst_tokens",
      unitCost: "0.000003",
      currency: "USD",
      aggregation: "SUM",
      eventType: "llm.completion",
      valueProperty: "$.input",
      groupBy: { model: "$.model" },
    },
    query: {
      from: "2026-06-01T00:00:00Z",
      to: "2026-07-01T00:00:00Z",
      groupBy: ["model"],
      window,
    },
    otherValue: "$.usage.output",
    otherGroup: "$.region",
    otherType: "llm.embedding",
    models,
    outage: 3_600_000,
  };
}
