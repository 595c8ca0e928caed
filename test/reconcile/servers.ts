import {
  type CostDefinition,
  type CostEvent,
  type CostSummary,
  type CostSummaryParams,
  Decimal,
  type HypothesisUse,
  type SummaryOptions,
  summarizeCost,
} from "metered-costs/summary";

/** A cost, events and a query, and how a server comes to its answer. */
export interface Setup {
  readonly cost: CostDefinition & { readonly createdAt?: string };
  readonly events: readonly CostEvent[];
  readonly query: CostSummaryParams;
  readonly options: SummaryOptions;
  /** What becomes of the summary in the end. */
  readonly answer: (summary: CostSummary) => CostSummary;
}

/** A rule of the server that differs from ours: it makes another setup, of which the plain summary is the answer. */
export type ServerRule = (setup: Setup) => Setup;

export function answerOf(setup: Setup): CostSummary {
  const { cost, events, query, options, answer } = setup;
  return answer(summarizeCost(cost, events, query, options));
}

const timeOf = (event: CostEvent): number => new Date(event.timestamp ?? Number.NaN).getTime();
const atTime = (event: CostEvent, time: number): CostEvent => ({
  ...event,
  timestamp: new Date(time),
});
const second = (time: number): number => Math.floor(time / 1_000) * 1_000;
const instant = (time: Date | string): number => new Date(time).getTime();

export const mapEvents =
  (change: (event: CostEvent, index: number) => CostEvent): ServerRule =>
  (setup) => ({ ...setup, events: setup.events.map(change) });
const scopeOf = ({ namespace, source, idempotencyKey }: CostEvent): string =>
  JSON.stringify([namespace ?? null, source ?? null, idempotencyKey]);

/** Keeps of the events with equal keys the first, or the last. */
function keep(
  events: readonly CostEvent[],
  which: "first" | "last",
  keyOf = scopeOf,
): readonly CostEvent[] {
  const kept = new Map<string, CostEvent>();
  for (const [at, event] of events.entries()) {
    const key = event.idempotencyKey == null ? `#${at}` : keyOf(event);
    if (which === "last" || !kept.has(key)) kept.set(key, event);
  }
  const all = new Set(kept.values());
  return events.filter((event) => all.has(event));
}

/** Deduplicates by our rules, so that a later rule cannot change what is a repetition. */
export const deduplicated: ServerRule = (setup) => ({
  ...setup,
  events: setup.options.deduplicate === false ? setup.events : keep(setup.events, "first"),
  options: { ...setup.options, deduplicate: false },
});
const onlyEvents =
  (test: (event: CostEvent, setup: Setup) => boolean): ServerRule =>
  (setup) => {
    const first = deduplicated(setup);
    return { ...first, events: first.events.filter((event) => test(event, setup)) };
  };
const mapAnswer =
  (change: (summary: CostSummary, setup: Setup) => CostSummary): ServerRule =>
  (setup) => ({ ...setup, answer: (summary) => change(setup.answer(summary), setup) });

const valueName = (setup: Setup): string => setup.cost.valueProperty?.slice(2) ?? "";
const mapValue =
  (change: (value: unknown) => unknown): ServerRule =>
  (setup) =>
    mapEvents((event) => {
      const name = valueName(setup);
      const value = change((event.data as Record<string, unknown>)[name]);
      return { ...event, data: { ...event.data, [name]: value } };
    })(setup);

const sumOf = (amounts: readonly Decimal[]): Decimal =>
  amounts.reduce((a, b) => a.plus(b), new Decimal(0));
const Mean = Decimal.clone({ precision: 34, rounding: 6 });

/** The rules of a server without a parameter, by the hypothesis that names them. */
export const RULES = {
  "whole-seconds": (setup) => ({
    ...mapEvents((event) => atTime(event, second(timeOf(event))))(setup),
    query: {
      ...setup.query,
      from: new Date(second(instant(setup.query.from))),
      to: new Date(second(instant(setup.query.to))),
    },
  }),
  "to-inclusive": (setup) => ({
    ...setup,
    query: { ...setup.query, to: new Date(instant(setup.query.to) + 1) },
  }),
  "duplicates-counted": (setup) => ({
    ...setup,
    options: { ...setup.options, deduplicate: false },
  }),
  "last-of-equal-keys": (setup) => ({
    ...setup,
    events: keep(setup.events, "last"),
    options: { ...setup.options, deduplicate: false },
  }),
  "key-alone": (setup) => ({
    ...setup,
    events: keep(setup.events, "first", ({ idempotencyKey }) => String(idempotencyKey)),
    options: { ...setup.options, deduplicate: false },
  }),
  "totals-folded": mapAnswer((summary, { cost }) => {
    const quantities = (summary.groups ?? []).map(({ quantity }) => quantity);
    const sum = sumOf(quantities);
    const totalQuantity =
      cost.aggregation === "AVG" ? new Decimal(Mean.div(sum, quantities.length)) : sum;
    return { ...summary, totalQuantity, totalCost: totalQuantity.times(String(cost.unitCost)) };
  }),
  "truncated-to-19-digits": mapValue((value) =>
    typeof value === "number" || typeof value === "string"
      ? new Decimal(value).toDecimalPlaces(19, Decimal.ROUND_DOWN).toFixed()
      : value,
  ),
  "missing-counted": mapValue((value) => (value === undefined ? "" : value)),
  "first-of-equal-timestamps": (setup) => {
    const first = deduplicated(setup);
    return { ...first, events: [...first.events].reverse() };
  },
  "null-as-empty": mapEvents((event) => ({
    ...event,
    data: Object.fromEntries(Object.entries(event.data).filter(([, value]) => value !== null)),
  })),
  "namespace-ignored": (setup) => {
    const { merchantId: _, ...cost } = setup.cost;
    return { ...setup, cost };
  },
  "average-over-all": mapValue((value) => (typeof value === "number" ? value : 0)),
  "before-creation-left-out": onlyEvents(
    (event, { cost }) => timeOf(event) >= instant(cost.createdAt ?? ""),
  ),
} satisfies Readonly<Record<string, ServerRule>>;

const MODES = { "half-up": Decimal.ROUND_HALF_UP, "half-even": Decimal.ROUND_HALF_EVEN };

/** Costs rounded, in one of the ways. */
export function rounding(
  places: number,
  per: "event" | "group" | "window" | "total" | "amount",
  mode: keyof typeof MODES = "half-up",
): ServerRule {
  const round = (cost: Decimal): Decimal => cost.toDecimalPlaces(places, MODES[mode]);
  if (per === "event") {
    return (setup) => {
      const priced = mapValue((value) =>
        typeof value === "number" || (typeof value === "string" && /^-?\d/.test(value))
          ? round(new Decimal(value).times(String(setup.cost.unitCost))).toFixed()
          : value,
      )({ ...setup, cost: { ...setup.cost, unitCost: "1" } });
      const costs = summarizeCost(priced.cost, priced.events, priced.query, priced.options);
      return mapAnswer((summary) => ({
        ...summary,
        totalCost: costs.totalCost,
        groups: summary.groups?.map((row, at) => ({
          ...row,
          cost: costs.groups?.[at]?.cost ?? row.cost,
        })),
        timeSeries: summary.timeSeries?.map((row, at) => ({
          ...row,
          cost: costs.timeSeries?.[at]?.cost ?? row.cost,
        })),
      }))(setup);
    };
  }
  return mapAnswer((summary) => {
    const { totalCost, groups, timeSeries } = summary;
    const rows = <Row extends { readonly cost: Decimal }>(list: readonly Row[] | undefined) =>
      per === "total" ? list : list?.map((row) => ({ ...row, cost: round(row.cost) }));
    const all = { groups: rows(groups), timeSeries: rows(timeSeries) };
    const folded = {
      group: all.groups,
      window: all.timeSeries,
      total: undefined,
      amount: undefined,
    };
    const parts = folded[per];
    return {
      ...summary,
      ...all,
      totalCost: parts ? sumOf(parts.map(({ cost }) => cost)) : totalCost && round(totalCost),
    };
  });
}

export const otherTypeCounted =
  (type: string): ServerRule =>
  (setup) =>
    mapEvents((event) =>
      event.type === type ? { ...event, type: setup.cost.eventType ?? "" } : event,
    )(setup);
export const subjectLeftOut = (subject: string): ServerRule =>
  onlyEvents((event) => event.subject !== subject);
export const subjectAlone = (subject: string): ServerRule =>
  onlyEvents((event) => event.subject === subject);
export const sourceLeftOut = (source: string): ServerRule =>
  onlyEvents((event) => event.source !== source);
export const notYetSettled = (from: Date | string): ServerRule =>
  onlyEvents((event) => timeOf(event) < instant(from));
export const stretchLeftOut = (from: Date | string, to: Date | string): ServerRule =>
  onlyEvents((event) => timeOf(event) < instant(from) || timeOf(event) >= instant(to));
/** The events at some places, counted from 0, are lost. */
export const without =
  (...indexes: readonly number[]): ServerRule =>
  (setup) => ({ ...setup, events: setup.events.filter((_, index) => !indexes.includes(index)) });
/** What one customer used is booked on another, from an event on. */
export const bookedOn = (subject: string, from: string, since = 0): ServerRule =>
  mapEvents((event, index) =>
    event.subject === from && index >= since ? { ...event, subject } : event,
  );
export const repeated =
  (test: (event: CostEvent) => boolean): ServerRule =>
  (setup) => {
    const first = deduplicated(setup);
    return { ...first, events: first.events.flatMap((one) => (test(one) ? [one, one] : [one])) };
  };

/** Windows of a fixed UTC offset, labelled with their instants or with the wall clock. */
export function windowOffset(minutes: number, labels: "instants" | "wall-clock"): ServerRule {
  const offset = minutes * 60_000;
  return (setup) => {
    const { from, to } = setup.query;
    const moved = mapEvents((event) => atTime(event, timeOf(event) + offset))(setup);
    return mapAnswer((summary) => ({
      ...summary,
      timeSeries: summary.timeSeries?.map((row) =>
        labels === "wall-clock"
          ? row
          : { ...row, windowStart: new Date(row.windowStart.getTime() - offset) },
      ),
    }))({
      ...moved,
      query: {
        ...setup.query,
        from: new Date(instant(from) + offset),
        to: new Date(instant(to) + offset),
      },
    });
  };
}

/** Amounts times a factor. */
export function factor(by: string, of: "quantity" | "cost" | "both"): ServerRule {
  const times = (amount: Decimal, part: "quantity" | "cost"): Decimal =>
    of === part || of === "both" ? amount.times(by) : amount;
  return mapAnswer((summary) => {
    const { totalQuantity, totalCost, groups, timeSeries } = summary;
    const row = <Row extends { readonly quantity: Decimal; readonly cost: Decimal }>(one: Row) => ({
      ...one,
      quantity: times(one.quantity, "quantity"),
      cost: times(one.cost, "cost"),
    });
    return {
      ...summary,
      totalQuantity: totalQuantity && times(totalQuantity, "quantity"),
      totalCost: totalCost && times(totalCost, "cost"),
      groups: groups?.map(row),
      timeSeries: timeSeries?.map(row),
    };
  });
}
/** Some events that the server has twice, under new keys: at the same time, or a little later. */
export const resent =
  (test: (event: CostEvent, at: number) => boolean, delay: () => number = () => 0): ServerRule =>
  (setup) => ({
    ...setup,
    events: setup.events.flatMap((event, at) =>
      test(event, at)
        ? [event, { ...atTime(event, timeOf(event) + delay()), idempotencyKey: `again-${at}` }]
        : [event],
    ),
  });
/** Events that the server has some hours later: those of one source, or all of them. */
export const shifted = (hours: number, source?: string): ServerRule =>
  mapEvents((event) =>
    source === undefined || event.source === source
      ? atTime(event, timeOf(event) + hours * 3_600_000)
      : event,
  );
/** A gateway that was down from one instant to another. */
export const sourceOutage = (source: string, from: Date | string, to: Date | string): ServerRule =>
  onlyEvents(
    (event) =>
      event.source !== source || timeOf(event) < instant(from) || timeOf(event) >= instant(to),
  );
/** One value of a dimension under another name. */
export const renamed = (from: string, to: string): ServerRule =>
  mapEvents((event) => {
    const { model } = event.data as { readonly model?: unknown };
    return model === from ? { ...event, data: { ...event.data, model: to } } : event;
  });
/** Another unit cost from an instant on; of a sum, by a value that is the cost of each event. */
export const unitCostChanged =
  (at: Date | string, unitCost: string): ServerRule =>
  (setup) => {
    const name = valueName(setup);
    const priced = mapEvents((event) => {
      const value = (event.data as Record<string, unknown>)[name];
      if (typeof value !== "number") return event;
      const each = timeOf(event) < instant(at) ? String(setup.cost.unitCost) : unitCost;
      return {
        ...event,
        data: { ...event.data, [name]: new Decimal(value).times(each).toFixed() },
      };
    })({ ...setup, cost: { ...setup.cost, unitCost: "1" } });
    const costs = summarizeCost(priced.cost, priced.events, priced.query, priced.options);
    return mapAnswer((summary) => ({
      ...summary,
      totalCost: costs.totalCost,
      groups: summary.groups?.map((row, at) => ({
        ...row,
        cost: costs.groups?.[at]?.cost ?? row.cost,
      })),
      timeSeries: summary.timeSeries?.map((row, at) => ({
        ...row,
        cost: costs.timeSeries?.[at]?.cost ?? row.cost,
      })),
    }))(setup);
  };
export const otherUnitCost =
  (unitCost: string): ServerRule =>
  (setup) => ({ ...setup, cost: { ...setup.cost, unitCost } });

/** The ids of an explanation's hypotheses, sorted. */
export const idsOf = ({ hypotheses }: { readonly hypotheses: readonly HypothesisUse[] }): string =>
  hypotheses
    .map(({ id }) => id)
    .sort()
    .join(" + ");
