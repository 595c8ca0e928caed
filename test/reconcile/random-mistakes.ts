import {
  type CostEvent,
  type CostSummaryParams,
  type Reconciliation,
  reconcile,
  summarizeCost,
} from "metered-costs/summary";
import { randomNumbers } from "./traces.ts";

type Random = () => number;
const whole = (random: Random, below: number): number => Math.floor(random() * below);

export const BREAKDOWNS: Readonly<Record<string, Partial<CostSummaryParams>>> = {
  total: {},
  groups: { groupBy: "model" },
  "groups, DAY": { groupBy: "model", window: "DAY" },
  "groups, HOUR": { groupBy: "model", window: "HOUR" },
  MINUTE: { window: "MINUTE" },
  "groups, MINUTE": { groupBy: "model", window: "MINUTE" },
};
const range = { from: "2026-06-01T00:00:00Z", to: "2026-06-04T00:00:00Z" };

/** A log of three days: three models, four customers, two gateways, now and then a repeated key, small integers. */
function logOf(random: Random, times = 1): CostEvent[] {
  const count = 150 + whole(random, 150);
  const instants = Array.from({ length: count }, () => whole(random, 3 * 86_400_000));
  instants.sort((a, b) => a - b);
  return instants.map((time, index) => ({
    type: random() < 0.02 ? "ping" : "call",
    source: random() < 0.3 ? "gateway-b" : "gateway-a",
    subject: `cus_${whole(random, 4)}`,
    idempotencyKey: `key-${random() < 0.02 ? index - 1 : index}`,
    timestamp: new Date(Date.UTC(2026, 5, 1) + time),
    data: { model: ["a", "b", "c"][whole(random, 3)], value: (1 + whole(random, 5)) * times },
  }));
}

/** What happens to random logs of small integers, in which many events are like others. */
export interface RandomMistake {
  readonly aggregation: string;
  /** How many times as large the values are. */
  readonly times?: number;
  /** What the server received instead of the log. */
  readonly received: (log: readonly CostEvent[], random: Random) => CostEvent[];
}
/** The positions of some events that count, none twice. */
function picked(log: readonly CostEvent[], random: Random, count: number): Set<number> {
  const keys = log.map(({ idempotencyKey }) => idempotencyKey);
  const at = new Set<number>();
  while (at.size < count) {
    const index = whole(random, log.length);
    const key = log[index]?.idempotencyKey;
    if (log[index]?.type === "call" && keys.indexOf(key) === keys.lastIndexOf(key)) at.add(index);
  }
  return at;
}
const missing =
  (count: number): RandomMistake["received"] =>
  (log, random) => {
    const lost = picked(log, random, count);
    return log.filter((_, index) => !lost.has(index));
  };
const changed: RandomMistake["received"] = (log, random) => {
  const [which] = picked(log, random, 1);
  return log.map((event, index) => {
    if (index !== which) return event;
    const { value } = event.data as { value: number };
    return { ...event, data: { ...event.data, value: value + 1 + whole(random, 5) } };
  });
};
/** Those whose cause is not one that is looked for. */
export const WITHOUT_CAUSE: Readonly<Record<string, RandomMistake>> = {
  "COUNT, 2 events missing": { aggregation: "COUNT", received: missing(2) },
  "COUNT, 3 events missing": { aggregation: "COUNT", received: missing(3) },
  "COUNT, 4 events missing": { aggregation: "COUNT", received: missing(4) },
  "COUNT, 5 events missing": { aggregation: "COUNT", received: missing(5) },
  "SUM, 3 events missing": { aggregation: "SUM", received: missing(3) },
  "SUM, one value changed": { aggregation: "SUM", received: changed },
};

const inTime =
  (from: number, to: number) =>
  ({ timestamp }: CostEvent): boolean => {
    const day = (Number(timestamp) - Date.UTC(2026, 5, 1)) / 86_400_000;
    return day >= from && day < to;
  };
const lost =
  (isLost: (event: CostEvent) => boolean): RandomMistake["received"] =>
  (log) =>
    log.filter((event) => !isLost(event));
const isOfB = ({ source }: CostEvent): boolean => source === "gateway-b";

/** Those whose cause is looked for. */
export const WITH_CAUSE: Readonly<Record<string, RandomMistake>> = Object.fromEntries(
  ([["SUM"], ["SUM", 100], ["COUNT"], ["AVG"], ["LATEST"], ["UNIQUE_COUNT"]] as const).flatMap(
    ([aggregation, times = 1]) =>
      Object.entries({
        "1 event missing": missing(1),
        "the end missing": lost(inTime(2.9, 3)),
        "an hour missing": lost(inTime(1.21, 1.25)),
        "a gateway missing": lost(isOfB),
        "a gateway missing for a while": lost((event) => isOfB(event) && inTime(1.2, 1.6)(event)),
      }).map(([name, received]) => {
        const of = times === 1 ? aggregation : `${aggregation} of values times ${times}`;
        return [`${of}, ${name}`, { aggregation, times, received }];
      }),
  ),
);

/** What is found of a mistake in the log of a seed. */
export function foundOf(
  { aggregation, times, received }: RandomMistake,
  breakdown: Partial<CostSummaryParams>,
  seed: number,
): Reconciliation {
  const random = randomNumbers(seed);
  const events = logOf(random, times);
  const cost = {
    unitCost: "0.25",
    aggregation,
    eventType: "call",
    valueProperty: "$.value",
    groupBy: { model: "$.model" },
  };
  const query = { ...range, ...breakdown } as CostSummaryParams;
  const server = summarizeCost(cost, received(events, random), query);
  return reconcile({ cost, events, query, server });
}
