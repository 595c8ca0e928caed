import {
  type CostEvent,
  formatReconciliation,
  reconcile,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { daysOf, randomNumbers } from "./traces.ts";

/** A log that has some events again, so many milliseconds later, and which of the two the server has not. */
function logOf(
  seed: number,
  { aggregation = "SUM", delay = 400, kept = "first" as "first" | "last" } = {},
) {
  const setup = daysOf(randomNumbers(seed), { aggregation });
  const random = randomNumbers(seed + 1);
  const events: CostEvent[] = [];
  const dropped: number[] = [];
  for (const event of setup.events) {
    const at = events.push(event) - 1;
    if (random() >= 0.02) continue;
    const timestamp = new Date(Number(new Date(event.timestamp ?? 0)) + delay);
    events.push({ ...event, idempotencyKey: `retry-${at}`, timestamp });
    dropped.push(kept === "first" ? at + 1 : at);
  }
  const received = events.filter((_, at) => !dropped.includes(at));
  const server = summarizeCost(setup.cost, received, setup.query);
  return { ...setup, events, dropped, server };
}

describe("events that the log has again under new keys, and the server once", () => {
  test.each([
    ["SUM", 0, "first", 0],
    ["SUM", 400, "first", 1],
    ["SUM", 45_000, "last", 60],
    ["COUNT", 400, "first", 1],
  ] as const)("of %s, %d ms later, the %s kept", (aggregation, delay, kept, withinSeconds) => {
    const { cost, events, query, server, dropped } = logOf(3, { aggregation, delay, kept });
    const result = reconcile({ cost, events, query, server });
    expect(result.verdict).toBe("explained");
    const best = result.explanations.filter(({ rank }) => rank === 1);
    expect(best.flatMap(({ hypotheses }) => hypotheses)).toEqual([
      { id: "copies-left-out", parameters: { withinSeconds, kept } },
    ]);
    expect(best[0]?.exact).toBe(true);
    expect([...(best[0]?.events.all() ?? [])].map(({ index }) => index)).toEqual(dropped);
  });

  test("are found of amounts below zero, too: the server has more then", () => {
    const { cost, events, query, dropped } = logOf(3);
    const refunds = events.map((event) => {
      const { tokens } = event.data as { readonly tokens: number };
      return { ...event, data: { ...event.data, tokens: -tokens } };
    });
    const received = refunds.filter((_, index) => !dropped.includes(index));
    const server = summarizeCost(cost, received, query);
    const { verdict, explanations } = reconcile({ cost, events: refunds, query, server });
    expect(verdict).toBe("explained");
    expect(explanations[0]?.hypotheses).toMatchObject([{ id: "copies-left-out" }]);
    expect([...(explanations[0]?.events.all() ?? [])].map(({ index }) => index)).toEqual(dropped);
  });

  test("are found at the end of a log, too, behind other events that say the same", () => {
    const setup = daysOf(randomNumbers(6), {});
    // Few different values: most events have another that says the same, at another time.
    const events = setup.events.map((event, at) => ({
      ...event,
      data: { ...event.data, tokens: at % 5 },
    }));
    const again = events
      .filter((_, at) => at % 37 === 0)
      .map((event) => ({ ...event, idempotencyKey: `again ${event.idempotencyKey}` }));
    const server = summarizeCost(setup.cost, events, setup.query);
    const log = [...events, ...again];
    const result = reconcile({ cost: setup.cost, events: log, query: setup.query, server });
    expect(result.verdict).toBe("explained");
    expect(result.explanations[0]?.hypotheses).toEqual([
      { id: "copies-left-out", parameters: { withinSeconds: 0, kept: "first" } },
    ]);
    const named = [...(result.explanations[0]?.events.all() ?? [])];
    expect(named.map(({ key }) => key)).toEqual(again.map(({ idempotencyKey }) => idempotencyKey));
  });

  test("which both count are no difference", () => {
    const { cost, events, query } = logOf(4);
    const server = summarizeCost(cost, events, query);
    expect(reconcile({ cost, events, query, server }).verdict).toBe("equal");
  });

  test("are written in a sentence", () => {
    const { cost, events, query, server, dropped } = logOf(5);
    const text = formatReconciliation(reconcile({ cost, events, query, server }));
    expect(text.split("\n")[1]).toContain(
      `the server counted once what your log has again under new keys (${dropped.length} events).`,
    );
  });
});
