import type { CostEvent } from "metered-costs/summary";
import type { Setup } from "./servers.ts";

/** One request of a log. */
export interface Request {
  /** RFC 3339. */
  readonly time: string;
  readonly contextTokens: number;
  readonly generatedTokens: number;
}

/** A generator of numbers in [0, 1) that gives the same ones every time (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Requests of an hour, about as a real log has them: sizes of a long tail, times to the tenth of a microsecond. */
export function generatedRequests(count: number, seed = 1): Request[] {
  const random = randomNumbers(seed);
  let time = Date.UTC(2023, 10, 16, 18, 17, 3) * 1_000;
  const step = (3_540_000_000 / count) * 2;
  return Array.from({ length: count }, () => {
    time += Math.floor(random() * step);
    const iso = new Date(Math.floor(time / 1_000)).toISOString().slice(0, -1);
    return {
      time: `${iso}${String(time % 1_000).padStart(3, "0")}0Z`,
      contextTokens: Math.floor(Math.exp(4 + 4 * random())),
      generatedTokens: Math.floor(Math.exp(2 + 4 * random())),
    };
  });
}

const MODELS = ["atlas-large", "atlas-small", "sonar"];

/**
 * The log of a merchant that sends these requests: 7 customers, 2 gateways, and everything that can go wrong: retries,
 * keys that two gateways share, other namespaces and types, dimensions that are null or missing, values that are
 * missing or of many digits, equal times.
 */
export function merchantLog(requests: readonly Request[]): CostEvent[] {
  const random = randomNumbers(7);
  const log: CostEvent[] = [];
  for (const [at, { time, contextTokens, generatedTokens }] of requests.entries()) {
    const model = at % 41 === 0 ? null : at % 43 === 0 ? undefined : MODELS[at % 3];
    const event = {
      type: at % 59 === 3 ? "llm.embedding" : "llm.completion",
      source: at % 5 === 0 ? "urn:gateway:b" : "urn:gateway:a",
      subject: `cus_${Math.floor(random() * 7)}`,
      namespace: at % 67 === 5 ? "org_2" : at % 2 === 0 ? "org_1" : undefined,
      idempotencyKey: `request-${at % 131 === 7 ? at - 2 : at}`,
      timestamp: time,
      data: {
        model,
        user: `user_${Math.floor(random() * 90)}`,
        context: contextTokens,
        generated: generatedTokens,
        seconds: at % 37 === 1 ? "0.01234567890123456789012" : generatedTokens / 50,
        rating: at % 29 === 2 ? undefined : at % 31 === 4 ? "n/a" : Math.floor(random() * 5) + 1,
        tag: at % 23 === 6 ? undefined : `tag_${Math.floor(random() * 40)}`,
      },
    };
    log.push(event);
    const before = log.at(-3);
    // A retry that says something else, and an event at the very same time.
    if (at % 97 === 11 && before !== undefined) {
      log.push({
        ...before,
        data: {
          ...before.data,
          context: contextTokens + 17,
          generated: 9_999,
          rating: 5,
          seconds: 77,
        },
      });
    }
    if (at % 13 === 8) {
      log.push({
        ...event,
        idempotencyKey: `twin-${at}`,
        data: { ...event.data, rating: 2, context: 3 },
      });
    }
  }
  return log;
}

/** A setup over such a log: groups, MINUTE windows, and bounds within a second, at an event each. */
export function setupOf(
  events: readonly CostEvent[],
  aggregation: string,
  valueProperty: string,
  changes: Partial<Setup> = {},
): Setup {
  const timeAt = (at: number): Date => new Date(events[at]?.timestamp ?? 0);
  // An event that another one precedes by less than a second, in the same second.
  const time = (share: number): Date => {
    const second = (at: number): number => Math.floor(timeAt(at).getTime() / 1_000);
    let at = Math.floor(events.length * share);
    while (second(at) !== second(at - 1) || +timeAt(at) === +timeAt(at - 1)) at++;
    return timeAt(at);
  };
  return {
    cost: {
      unitCost: "0.00000253",
      currency: "USD",
      aggregation,
      eventType: "llm.completion",
      valueProperty,
      groupBy: { model: "$.model" },
      merchantId: "org_1",
      createdAt: time(0.1).toISOString(),
    },
    events,
    query: { from: time(0.05), to: time(0.95), groupBy: ["model"], window: "MINUTE" },
    options: {},
    answer: (summary) => summary,
    ...changes,
  };
}

/** A log of some days as a setup: 3 sources, 12 customers, 4 models, values of a long tail, each event with a key. */
export function daysOf(
  random: () => number,
  {
    count = 1_500,
    days = 3,
    aggregation = "SUM",
    window = "MINUTE",
  }: {
    readonly count?: number;
    readonly days?: number;
    readonly aggregation?: string;
    readonly window?: "MINUTE" | "HOUR" | "DAY";
  } = {},
): Setup {
  const from = Date.UTC(2026, 5, 1);
  const times = Array.from({ length: count }, () => Math.floor(random() * days * 86_400_000));
  times.sort((a, b) => a - b);
  const one = (names: readonly string[]): string =>
    names[Math.floor(random() * names.length)] ?? "";
  const events = times.map((time, index) => ({
    type: "llm.completion",
    source: one(["urn:gateway:a", "urn:gateway:b", "urn:gateway:c"]),
    subject: `cus_${Math.floor(random() * 12)}`,
    idempotencyKey: `request-${index}`,
    timestamp: new Date(from + time).toISOString(),
    data: {
      model: one(["large", "small", "tiny", "vast"]),
      tokens: Math.floor(Math.exp(4 + 7 * random())),
    },
  }));
  return {
    cost: {
      unitCost: "0.0025",
      currency: "USD",
      aggregation,
      eventType: "llm.completion",
      valueProperty: "$.tokens",
      groupBy: { model: "$.model" },
    },
    events,
    query: {
      from: new Date(from).toISOString(),
      to: new Date(from + days * 86_400_000).toISOString(),
      groupBy: ["model"],
      window,
    },
    options: {},
    answer: (summary) => summary,
  };
}
