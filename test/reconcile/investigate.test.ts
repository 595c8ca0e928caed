import { Paygentic } from "metered-costs";
import { createMockPaygentic } from "metered-costs/mock";
import {
  type CostEvent,
  type InvestigateParams,
  type Investigation,
  investigate,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { Random } from "../ndjson/random.ts";

const START = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;
const cost = {
  id: "cst_tokens",
  type: "metered",
  name: "Tokens",
  unitCost: "0.25",
  currency: "USD",
  productId: "prod_1",
  merchantId: "org_1",
  eventType: "llm",
  aggregation: "SUM",
  valueProperty: "$.tokens",
  groupBy: { model: "$.model" },
} as const;
const query = { from: "2026-06-01T00:00:00Z", to: "2026-06-06T00:00:00Z" };

interface Event extends CostEvent {
  readonly idempotencyKey: string;
  readonly subject: string;
  readonly source: string;
  readonly timestamp: string;
  readonly data: { readonly model: string; readonly tokens: number };
}

function logOf(random: Random, count = 2_000): Event[] {
  return Array.from({ length: count }, (_, index) => ({
    type: "llm",
    source: `gateway-${random.below(3)}`,
    subject: `cus_${random.below(40)}`,
    idempotencyKey: `request-${index}`,
    timestamp: new Date(START + Math.floor((index / count) * 120 * HOUR)).toISOString(),
    data: { model: random.pick(["large", "small", "tiny"]), tokens: 1 + random.below(100_000) },
  }));
}

/** What the server received, and which of the events are behind the difference. */
interface Mistake {
  readonly received: readonly CostEvent[];
  readonly planted: readonly number[];
}
type Plant = (log: readonly Event[], random: Random) => Mistake;

const without = (log: readonly Event[], isLost: (event: Event, index: number) => boolean) => ({
  received: log.filter((event, index) => !isLost(event, index)),
  planted: log.flatMap((event, index) => (isLost(event, index) ? [index] : [])),
});
const changed = (
  log: readonly Event[],
  isChanged: (event: Event, index: number) => boolean,
  change: (event: Event) => CostEvent,
) => ({
  received: log.map((event, index) => (isChanged(event, index) ? change(event) : event)),
  planted: log.flatMap((event, index) => (isChanged(event, index) ? [index] : [])),
});
const timeOf = ({ timestamp }: Event): number => Date.parse(timestamp);

const MISTAKES: Readonly<Record<string, Plant>> = {
  "one event lost": (log, random) => {
    const lost = random.below(log.length);
    return without(log, (_, index) => index === lost);
  },
  "twelve events lost here and there": (log, random) => {
    const lost = new Set(Array.from({ length: 12 }, () => random.below(log.length)));
    return without(log, (_, index) => lost.has(index));
  },
  "a customer lost": (log) => without(log, ({ subject }) => subject === "cus_7"),
  "a gateway down for two hours": (log) =>
    without(log, (event) => {
      const since = timeOf(event) - START - 40 * HOUR;
      return event.source === "gateway-1" && since >= 0 && since < 2 * HOUR;
    }),
  "everything lost for an hour": (log) =>
    without(log, (event) => {
      const since = timeOf(event) - START - 40 * HOUR;
      return since >= 0 && since < HOUR;
    }),
  "a customer's day lost": (log) =>
    without(log, (event) => {
      const since = timeOf(event) - START - 24 * HOUR;
      return event.subject === "cus_7" && since >= 0 && since < 24 * HOUR;
    }),
  "another value of one event": (log, random) => {
    const which = random.below(log.length);
    return changed(
      log,
      (_, index) => index === which,
      (event) => ({ ...event, data: { ...event.data, tokens: event.data.tokens + 1_234 } }),
    );
  },
  "one model renamed": (log) =>
    changed(
      log,
      ({ data }) => data.model === "tiny",
      (event) => ({ ...event, data: { ...event.data, model: "tiny-2" } }),
    ),
};

async function investigated(
  log: readonly CostEvent[],
  received: readonly CostEvent[],
  options: Partial<InvestigateParams> = {},
): Promise<Investigation> {
  const mock = createMockPaygentic({ costs: [cost], events: received as never });
  const paygentic = new Paygentic({ apiKey: "test", fetch: mock.fetch });
  return investigate({ paygentic, cost, events: log, query, ...options });
}

/** What the cause must be where one is named for the whole. */
const CAUSES: Readonly<Record<string, string>> = {
  "one event lost": "event-left-out",
  "a customer lost": "subject-left-out",
  "a gateway down for two hours": "source-outage",
  "everything lost for an hour": "stretch-left-out",
  "one model renamed": "group-renamed",
};

describe.each(Object.entries(MISTAKES))("%s", (name, plant) => {
  test.each([1, 2, 3])(
    "is found with at most 30 requests, and narrowed down to ten times as many events, seed %i",
    async (seed) => {
      const random = new Random(seed);
      const log = logOf(random);
      const { received, planted } = plant(log, random);
      const { steps, events, verdict, causes } = await investigated(log, received);
      expect(steps.length).toBeLessThanOrEqual(30);
      const named = new Set(events.map(({ index }) => index));
      expect(planted.filter((index) => !named.has(index))).toEqual([]);
      expect(named.size).toBeLessThanOrEqual(10 * planted.length);
      const cause = CAUSES[name];
      if (cause === undefined) {
        expect(["explained", "different", "coincidence"]).toContain(verdict);
        return;
      }
      expect([verdict, causes[0]?.hypotheses.map(({ id }) => id)]).toEqual(["explained", [cause]]);
      expect(named.size).toBe(planted.length);
    },
  );
});

describe("an investigation", () => {
  const log = logOf(new Random(4), 500);
  const lost = log.filter((_, index) => index % 40 !== 0);

  test("of equal answers ends with the first", async () => {
    const { verdict, steps, causes, events } = await investigated(log, log);
    expect([verdict, steps.length, causes, events]).toEqual(["equal", 1, [], []]);
  });

  test("asks no more than it may, and says what it asked", async () => {
    const seen: number[] = [];
    // No cause that is known.
    const { received } = changed(
      log,
      (_, index) => index % 40 === 0,
      (event) => ({ ...event, data: { ...event.data, tokens: event.data.tokens + 777 } }),
    );
    const { steps, events } = await investigated(log, received, {
      maxRequests: 3,
      onProgress: ({ requests, reason }) => {
        expect(reason).toMatch(/\.$/);
        seen.push(requests);
      },
    });
    expect([steps.length, seen]).toEqual([3, [1, 2, 3]]);
    const named = new Set(events.map(({ index }) => index));
    expect(log.every((_, index) => index % 40 !== 0 || named.has(index))).toBe(true);
  });

  test("without local events has the server's alone", async () => {
    const { verdict, events } = await investigated([], log.slice(0, 5));
    expect([verdict, events]).toEqual(["different", []]);
  });

  test("rejects with the reason of its signal, and with what the server rejects with", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(investigated(log, lost, { signal })).rejects.toThrow("enough");
    const summary = (): Promise<never> => Promise.reject(new Error("down"));
    await expect(
      investigate({ paygentic: { costs: { summary } }, cost, events: log, query }),
    ).rejects.toThrow("down");
  });

  test.each<[string, object]>([
    ["paygentic", { paygentic: {} }],
    ["cost.id", { cost: { ...cost, id: undefined } }],
    ["events", { events: 5 }],
    ["maxRequests", { maxRequests: 0 }],
    ["signal", { signal: 1 }],
    ["onProgress", { onProgress: true }],
  ])("refuses a wrong %s", async (path, wrong) => {
    const paygentic = { costs: { summary: () => Promise.reject(new Error("asked")) } };
    await expect(
      investigate({ paygentic, cost, events: log, query, ...wrong } as never),
    ).rejects.toMatchObject({ code: "INVALID_INPUT", issues: [{ path: path.split(".") }] });
  });
});
