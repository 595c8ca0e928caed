import {
  type CostEvent,
  formatReconciliation,
  reconcile,
  reconcileNdjson,
  type ServerSummary,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import type { Setup } from "./servers.ts";
import { daysOf, randomNumbers } from "./traces.ts";

/** The events of a customer booked on another. */
const booked = (events: readonly CostEvent[], from: string, to: string): CostEvent[] =>
  events.map((event) => (event.subject === from ? { ...event, subject: to } : event));

/** What the server answers when it is asked for each subject in turn, put together. */
function bySubject({ cost, query }: Setup, received: readonly CostEvent[]): ServerSummary {
  const { from, to } = query;
  const { totalQuantity, totalCost } = summarizeCost(cost, received, { from, to });
  const groups = [...new Set(received.map(({ subject }) => subject ?? ""))].flatMap((subject) => {
    const answer = summarizeCost(cost, received, { from, to, subject });
    const { totalQuantity: quantity = null, totalCost: amount } = answer;
    if (quantity === null || amount === null) return [];
    return [{ dimensions: { $subject: subject }, quantity, cost: amount }];
  });
  return { totalQuantity, totalCost, groups };
}

describe("grouped by subject", () => {
  const setup = daysOf(randomNumbers(1));
  const { cost, events } = setup;
  const query = { from: setup.query.from, to: setup.query.to, groupBy: "$subject" } as const;

  test("answers to each subject compare with the local groups", async () => {
    const server = bySubject(setup, events);
    expect(reconcile({ cost, events, query, server }).verdict).toBe("equal");
    const source = events.map((event) => JSON.stringify(event)).join("\n");
    expect((await reconcileNdjson({ cost, source, query, server })).verdict).toBe("equal");
  });

  test("events without a subject, and of null, are one group of the empty text", async () => {
    const some = events
      .slice(0, 30)
      .map((event, at) =>
        at % 3 === 0 ? { ...event, subject: at % 2 === 0 ? null : undefined } : event,
      ) as CostEvent[];
    const { totalQuantity, totalCost, groups } = summarizeCost(cost, some, query);
    const server = { totalQuantity, totalCost, groups };
    expect(groups?.[0]?.dimensions.$subject).toBe("");
    expect(reconcile({ cost, events: some, query, server }).verdict).toBe("equal");
    const source = some.map((event) => JSON.stringify(event)).join("\n");
    expect((await reconcileNdjson({ cost, source, query, server })).verdict).toBe("equal");
  });

  test("a customer's events that are booked on another are found", () => {
    const server = bySubject(setup, booked(events, "cus_7", "cus_8"));
    const result = reconcile({ cost, events, query, server });
    expect(result.verdict).toBe("explained");
    const [best] = result.explanations;
    expect(best?.hypotheses).toEqual([
      { id: "group-merged", parameters: { from: "cus_7", to: "cus_8" } },
    ]);
    expect([...(best?.events.all() ?? [])].map(({ index }) => index)).toEqual(
      events.flatMap(({ subject }, index) => (subject === "cus_7" ? [index] : [])),
    );
    expect(formatReconciliation(result)).toContain("merged one group into another");
  });

  test("the next queries name no dimension that the server does not have", () => {
    const server = { ...bySubject(setup, events), totalQuantity: "0.5" };
    const { nextQueries } = reconcile({ cost, events, query, server });
    expect(nextQueries.length).toBeGreaterThan(0);
    for (const next of nextQueries) expect(next.query.groupBy).toEqual(["model"]);
  });
});
