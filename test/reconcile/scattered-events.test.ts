import { Decimal, formatReconciliation, reconcile } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { answerOf, resent, type ServerRule, type Setup, subjectLeftOut } from "./servers.ts";
import { daysOf, randomNumbers } from "./traces.ts";

function compared(rule: ServerRule, setup: Setup) {
  const { cost, events, query } = setup;
  const result = reconcile({ cost, events, query, server: answerOf(rule(setup)) });
  const best = result.explanations.filter(({ rank }) => rank === 1);
  const named = [...(best[0]?.events.all() ?? [])].map(({ index }) => index);
  return { result, best, named, uses: best.flatMap(({ hypotheses }) => hypotheses) };
}
const lost =
  (isLost: (at: number) => boolean): ServerRule =>
  (setup) => ({ ...setup, events: setup.events.filter((_, at) => !isLost(at)) });
const indexesOf = ({ events }: Setup, test: (at: number) => boolean): number[] =>
  [...events.keys()].filter(test);

describe("one of every so many events", () => {
  test.each(["SUM", "COUNT"])("sent again under new keys is found, of %s", (aggregation) => {
    const setup = daysOf(randomNumbers(1), { count: 4_000, aggregation });
    const isAgain = (at: number): boolean => at % 97 === 11;
    const { result, best, uses, named } = compared(
      resent((_, at) => isAgain(at)),
      setup,
    );
    expect(result.verdict).toBe("explained");
    expect(uses).toEqual([
      { id: "events-repeated", parameters: { every: 97, first: 11, of: "received" } },
    ]);
    expect(best[0]?.exact).toBe(true);
    expect(named).toEqual(indexesOf(setup, isAgain));
  });

  test("lost is found too: the last of each batch, say", () => {
    const setup = daysOf(randomNumbers(2), { count: 4_000, window: "HOUR" });
    const isLost = (at: number): boolean => at % 50 === 49;
    const { result, uses, named } = compared(lost(isLost), setup);
    expect(result.verdict).toBe("explained");
    expect(uses).toEqual([
      { id: "events-left-out", parameters: { every: 50, first: 49, of: "received" } },
    ]);
    expect(named).toEqual(indexesOf(setup, isLost));
  });

  test("is counted among the events of the cost, where those alone were sent", () => {
    const setup = daysOf(randomNumbers(3), { count: 4_000 });
    const random = randomNumbers(4);
    const events = setup.events.flatMap((event) =>
      random() < 0.5
        ? [{ ...event, type: "ping", idempotencyKey: `p-${event.idempotencyKey}` }, event]
        : [event],
    );
    const ours = events.flatMap(({ type }, at) => (type === "ping" ? [] : [at]));
    const again = new Set(ours.filter((_, at) => at % 60 === 7));
    const { uses, named } = compared(
      resent((_, at) => again.has(at)),
      { ...setup, events },
    );
    expect(uses).toEqual([
      { id: "events-repeated", parameters: { every: 60, first: 7, of: "counted" } },
    ]);
    expect(named).toEqual([...again]);
  });

  test("are no cause where something unknown moved from one window to the next", () => {
    const setup = daysOf(randomNumbers(1), { count: 4_000, window: "HOUR" });
    const query = { from: setup.query.from, to: setup.query.to, window: "HOUR" } as const;
    const answer = answerOf(resent((_, at) => at % 37 === 11)({ ...setup, query }));
    const moved = (by: number): ReturnType<typeof reconcile> => {
      const timeSeries = answer.timeSeries?.map((row, at) => {
        const sign = at === 20 ? -1 : at === 21 ? 1 : 0;
        const { unitCost } = setup.cost;
        return {
          ...row,
          quantity: row.quantity.plus(by * sign),
          cost: row.cost.plus(new Decimal(String(unitCost)).times(by * sign)),
        };
      });
      const { cost, events } = setup;
      return reconcile({ cost, events, query, server: { ...answer, timeSeries } });
    };
    expect(moved(0).explanations[0]?.hypotheses).toEqual([
      { id: "events-repeated", parameters: { every: 37, first: 11, of: "received" } },
    ]);
    expect([moved(0.125).verdict, moved(0.125).explanations]).toEqual(["different", []]);
  });

  test("that arrived again within a second may be in the next window", () => {
    const setup = daysOf(randomNumbers(5), { count: 60_000 });
    const random = randomNumbers(6);
    const rule = resent(
      (_, at) => at % 40 === 3,
      () => 500 + Math.floor(random() * 500),
    );
    const { result, uses, named } = compared(rule, setup);
    const later = result.timeSeries.length;
    expect(later).toBeGreaterThan(1_000);
    expect(result.verdict).toBe("explained");
    expect(uses).toEqual([
      { id: "events-repeated", parameters: { every: 40, first: 3, of: "received" } },
    ]);
    expect(named).toEqual(indexesOf(setup, (at) => at % 40 === 3));
  });
});

describe("single events, here and there", () => {
  const some = (share: number, seed: number) => {
    const random = randomNumbers(seed);
    const drawn = new Map<number, boolean>();
    return (at: number): boolean => {
      if (!drawn.has(at)) drawn.set(at, random() < share);
      return drawn.get(at) as boolean;
    };
  };

  test("sent again are named where the windows tell", () => {
    const setup = daysOf(randomNumbers(7), { count: 3_000 });
    const isAgain = some(0.01, 8);
    const { result, best, uses, named } = compared(
      resent((_, at) => isAgain(at)),
      setup,
    );
    const planted = indexesOf(setup, isAgain);
    expect(planted.length).toBeGreaterThan(20);
    expect(result.verdict).toBe("explained");
    expect(uses).toEqual([{ id: "events-repeated", parameters: { events: planted.length } }]);
    expect(best[0]?.exact).toBe(true);
    expect(named).toEqual(planted);
  });

  test("lost are named", () => {
    const setup = daysOf(randomNumbers(9), { count: 3_000 });
    const isLost = some(0.004, 10);
    const { result, uses, named } = compared(lost(isLost), setup);
    const planted = indexesOf(setup, isLost);
    expect(result.verdict).toBe("explained");
    expect(uses).toEqual([{ id: "events-left-out", parameters: { events: planted.length } }]);
    expect(named).toEqual(planted);
  });

  test.each([1_000, 60_000])("sent again up to %d ms later are named", (delay) => {
    const setup = daysOf(randomNumbers(11), { count: 3_000 });
    const isAgain = some(0.01, 12);
    const random = randomNumbers(13);
    const rule = resent(
      (_, at) => isAgain(at),
      () => Math.floor(random() * delay),
    );
    const { result, uses, named } = compared(rule, setup);
    const planted = indexesOf(setup, isAgain);
    expect(result.verdict).toBe("explained");
    expect(uses).toEqual([{ id: "events-repeated", parameters: { events: planted.length } }]);
    expect(named).toEqual(planted);
  });

  test("are not told apart by a count, and nothing is explained", () => {
    const setup = daysOf(randomNumbers(14), { aggregation: "COUNT" });
    const isAgain = some(0.01, 15);
    const { result } = compared(
      resent((_, at) => isAgain(at)),
      setup,
    );
    expect(["different", "coincidence"]).toContain(result.verdict);
  });

  test("are not told apart in long windows, and nothing is explained", () => {
    const setup = daysOf(randomNumbers(16), { window: "DAY", count: 4_000 });
    const isAgain = some(0.01, 17);
    const { result } = compared(
      resent((_, at) => isAgain(at)),
      setup,
    );
    expect(["different", "coincidence"]).toContain(result.verdict);
  });
});

describe("of events with the same value in one window", () => {
  // Each minute has three values, each of them in two groups.
  const plain = daysOf(randomNumbers(20));
  const events = Array.from({ length: 600 }, (_, at) => ({
    type: "llm.completion",
    idempotencyKey: `request-${at}`,
    timestamp: new Date(Date.UTC(2026, 5, 1) + Math.floor(at / 6) * 60_000 + (at % 6) * 1_000),
    data: {
      model: at % 2 === 0 ? "large" : "small",
      tokens: 1_009 + ((Math.floor(at / 2) * 7_919) % 65_521),
    },
  }));
  const isLost = (at: number): boolean => [14, 101, 250, 377].includes(at);

  test("groups tell which are lost", () => {
    const { result, named, best } = compared(lost(isLost), { ...plain, events });
    expect([result.verdict, best[0]?.exact]).toEqual(["explained", true]);
    expect(named).toEqual([14, 101, 250, 377]);
  });

  test("all are named where no groups tell", () => {
    const { groupBy: _, ...query } = plain.query;
    const { result, best, named } = compared(lost(isLost), { ...plain, events, query });
    expect(result.verdict).toBe("explained");
    expect(best[0]?.hypotheses).toEqual([{ id: "events-left-out", parameters: { events: 4 } }]);
    expect(named).toEqual([14, 15, 100, 101, 250, 251, 376, 377]);
  });
});

test("what another cause explains is left to that", () => {
  const { uses } = compared(subjectLeftOut("cus_3"), daysOf(randomNumbers(18)));
  expect(uses).toEqual([{ id: "subject-left-out", parameters: { subject: "cus_3" } }]);
});

test("is written in a sentence", () => {
  const setup = daysOf(randomNumbers(1), { count: 4_000 });
  const sentenceOf = (rule: ServerRule): string | undefined =>
    formatReconciliation(compared(rule, setup).result).split("\n")[1];
  expect(sentenceOf(resent((_, at) => at % 97 === 11))).toMatch(
    /: the server counted one of every 97 events twice\.$/,
  );
  expect(sentenceOf(lost((at) => at % 511 === 11 || at === 2_000))).toMatch(
    /: the server lacks 9 single events\.$/,
  );
});

test("ten thousand windows that lack an event or have it twice are localized", () => {
  const plain = daysOf(randomNumbers(20));
  const events = Array.from({ length: 20_000 }, (_, at) => ({
    type: "llm.completion",
    idempotencyKey: `request-${at}`,
    timestamp: new Date(Date.UTC(2026, 5, 1) + Math.floor(at / 2) * 60_000),
    data: { model: at % 4 < 2 ? "large" : "small", tokens: 1 + ((at * 7_919) % 65_521) },
  }));
  const setup = { ...plain, events, query: { ...plain.query, to: "2026-06-10T00:00:00Z" } };
  const changed: ServerRule = (one) => ({
    ...one,
    events: one.events.flatMap((event, at) => {
      if (at % 2 === 0) return [event];
      return at % 4 === 1 ? [] : [event, { ...event, idempotencyKey: `again-${at}` }];
    }),
  });
  const { result } = compared(changed, setup);
  expect(result.verdict).toBe("different");
  expect(result.findings.map(({ kind }) => kind)).toContain("event-values");
});
