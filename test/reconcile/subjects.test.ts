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

  test("a value that the server reads at another path is found", () => {
    const both = events.map((event, at) => ({
      ...event,
      data: { ...(event.data as object), other: 1 + ((at * 7) % 11) },
    }));
    const server = bySubject({ ...setup, cost: { ...cost, valueProperty: "$.other" } }, both);
    const result = reconcile({ cost, events: both, query, server });
    expect(result.explanations[0]?.hypotheses).toEqual([
      { id: "definition-changed", parameters: { path: "$.other" } },
    ]);
    expect(result.verdict).toBe("explained");
  });

  test("a member of the data that has the names of the subjects is not called the subject", () => {
    const owned = events.map((event, at) => ({
      ...event,
      data: { ...(event.data as object), owner: `cus_${(at * 5) % 12}` },
    }));
    const byOwner = { ...cost, groupBy: { owner: "$.owner" } } as const;
    const { from, to } = query;
    const {
      totalQuantity,
      totalCost,
      groups = [],
    } = summarizeCost(byOwner, owned, {
      from,
      to,
      groupBy: ["owner"],
    });
    const server = {
      totalQuantity,
      totalCost,
      groups: groups.map(({ dimensions, ...row }) => ({
        ...row,
        dimensions: { $subject: dimensions.owner },
      })),
    };
    const { verdict, explanations } = reconcile({ cost, events: owned, query, server });
    expect([verdict, explanations]).toEqual(["different", []]);
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
    expect(formatReconciliation(result)).toContain(
      'the server counts your group "cus_7" in the group "cus_8".',
    );
  });

  test("the next queries name no dimension that the server does not have", () => {
    const server = { ...bySubject(setup, events), totalQuantity: "0.5" };
    const { nextQueries } = reconcile({ cost, events, query, server });
    expect(nextQueries.length).toBeGreaterThan(0);
    for (const next of nextQueries) expect(next.query.groupBy).toEqual(["model"]);
  });
});

describe("asked about one subject", () => {
  const setup = daysOf(randomNumbers(2));
  const { cost, events } = setup;
  const found = (received: readonly CostEvent[], changes: object = {}, ours = cost) => {
    const query = { ...setup.query, subject: "cus_8", ...changes };
    const result = reconcile({
      cost: ours,
      events,
      query,
      server: summarizeCost(ours, received, query),
    });
    const best = result.explanations.filter(({ rank }) => rank === 1);
    const named = [...(best[0]?.events.all() ?? [])].map(({ index }) => index);
    return { result, named, uses: best.flatMap(({ hypotheses }) => hypotheses) };
  };
  const all = events.flatMap(({ subject }, index) => (subject === "cus_7" ? [index] : []));
  const use = { id: "subject-merged", parameters: { from: "cus_7", to: "cus_8" } };

  test.each([
    ["MINUTE windows", {}],
    ["HOUR windows", { window: "HOUR" }],
    ["groups alone", { window: undefined }],
    ["a total alone", { window: undefined, groupBy: undefined }],
  ])("another's events that are booked on it are found, by %s", (_, changes) => {
    const { result, named, uses } = found(booked(events, "cus_7", "cus_8"), changes);
    expect(result.verdict).toBe("explained");
    expect(uses).toEqual([use]);
    expect(named).toEqual(all);
    expect(result.explanations[0]?.exact).toBe(true);
    expect(formatReconciliation(result)).toContain(
      'the server booked the events of the customer "cus_7" on "cus_8".',
    );
  });

  test("of a count too", () => {
    const counted = { ...cost, aggregation: "COUNT" };
    const { result, uses } = found(booked(events, "cus_7", "cus_8"), {}, counted);
    expect([result.verdict, uses]).toEqual(["explained", [use]]);
  });

  test("with amounts below zero too, such as refunds", () => {
    const refunded = events.map((event) =>
      event.subject === "cus_7" ? { ...event, data: { ...event.data, tokens: -5.25 } } : event,
    );
    const query = { ...setup.query, subject: "cus_8" };
    const server = summarizeCost(cost, booked(refunded, "cus_7", "cus_8"), query);
    const { verdict, explanations } = reconcile({ cost, events: refunded, query, server });
    expect([verdict, explanations[0]?.hypotheses]).toEqual(["explained", [use]]);
  });

  test("an answer without a quantity says nothing of another's events", () => {
    const query = { from: setup.query.from, to: setup.query.to, subject: "cus_8" };
    const { totalCost } = summarizeCost(cost, booked(events, "cus_7", "cus_8"), query);
    const { verdict, explanations } = reconcile({ cost, events, query, server: { totalCost } });
    const ids = explanations.flatMap(({ hypotheses }) => hypotheses.map(({ id }) => id));
    expect([verdict, ids]).toEqual(["different", []]);
  });

  test("those since an instant are found with the stretch", () => {
    const at = all[20] ?? 0;
    const received = events.map((event, index) =>
      event.subject === "cus_7" && index >= at ? { ...event, subject: "cus_8" } : event,
    );
    const { result, named, uses } = found(received);
    expect(result.verdict).toBe("explained");
    const since = new Date(events[at]?.timestamp ?? 0).toISOString();
    expect(uses).toEqual([
      { ...use, parameters: { ...use.parameters, since, until: expect.any(String) } },
    ]);
    expect(named).toEqual(all.filter((index) => index >= at));
  });

  test("the customer who has lost them is left out", () => {
    const received = booked(events, "cus_7", "cus_8");
    const { uses } = found(received, { subject: "cus_7" });
    expect(uses.map(({ id }) => id)).toContain("subject-left-out");
  });

  test("is not told by the events of others that cannot be read", () => {
    const odd = events.map((event) =>
      event.subject === "cus_9" ? { ...event, data: { tokens: "9".repeat(2_000) } } : event,
    );
    const query = { ...setup.query, subject: "cus_8" };
    const server = summarizeCost(cost, events, query);
    const { verdict, audit } = reconcile({ cost, events: odd, query, server });
    expect([verdict, audit.leftOut.invalid.count]).toEqual(["equal", 0]);
  });
});
