import type { Cost, CostSummary } from "metered-costs";
import {
  type AmountDiff,
  type Audit,
  type CostEvent,
  type Decimal,
  type Diff,
  type DifferenceFinding,
  type EventExplanation,
  type EventReference,
  type EventSample,
  type ExplainedEvents,
  type Explanation,
  explainEvent,
  formatReconciliation,
  type HypothesisUse,
  type NextQuery,
  type Reason,
  type Reconciliation,
  reconcile,
  type ServerSummary,
  type Verdict,
  type WhatIf,
  whatIf,
} from "metered-costs/summary";
import { describe, expectTypeOf, test } from "vitest";
import { grouped, RANGE, ungrouped } from "./fixtures.ts";

declare const events: readonly CostEvent[];
declare const server: CostSummary;
declare const cost: Cost;
declare const event: CostEvent;
declare const result: Reconciliation;

describe("reconcile takes", () => {
  test("a cost of the API or a definition, and a summary of the API or its JSON", () => {
    expectTypeOf(reconcile({ cost, events, query: RANGE, server })).toEqualTypeOf<Reconciliation>();
    reconcile({ cost: grouped, events, query: { ...RANGE, groupBy: "model" }, server });
    reconcile({ cost: grouped, events, query: RANGE, server: { totalCost: "1.5" } });
    reconcile({
      cost: grouped,
      events: new Set(events),
      query: RANGE,
      server: { totalCost: null },
    });
    reconcile({
      cost: { ...grouped, createdAt: "2026-01-01T00:00:00Z" },
      events,
      query: RANGE,
      server,
    });
    expectTypeOf<CostSummary>().toExtend<ServerSummary>();
  });

  test("dimensions of the cost only", () => {
    // @ts-expect-error a misspelt dimension
    reconcile({ cost: grouped, events, query: { ...RANGE, groupBy: "modell" }, server });
    // @ts-expect-error a cost without dimensions has nothing to group by
    reconcile({ cost: ungrouped, events, query: { ...RANGE, groupBy: "model" }, server });
    // @ts-expect-error the answer is what it is all about
    reconcile({ cost, events, query: RANGE });
    // @ts-expect-error an async iterable cannot be read in one go
    reconcile({ cost, events: (async function* () {})(), query: RANGE, server });
    // @ts-expect-error a tolerance is said of the quantity and of the cost
    reconcile({ cost, events, query: RANGE, server }, { tolerance: "0.01" });
  });
});

describe("reconcile gives", () => {
  test("a verdict of seven", () => {
    expectTypeOf<Verdict>().toEqualTypeOf<
      | "equal"
      | "equal-as-double"
      | "within-tolerance"
      | "explained"
      | "coincidence"
      | "different"
      | "unavailable"
    >();
    // @ts-expect-error no such verdict
    result.verdict === "unequal";
  });

  test("differences, explanations and an audit", () => {
    expectTypeOf<Reconciliation>().toEqualTypeOf<{
      readonly verdict: Verdict;
      readonly total: Diff;
      readonly groups: readonly Diff[];
      readonly timeSeries: readonly Diff[];
      readonly explanations: readonly Explanation[];
      readonly findings: readonly DifferenceFinding[];
      readonly nextQueries: readonly NextQuery[];
      readonly audit: Audit;
      toJSON(): unknown;
    }>();
    expectTypeOf<Diff>().toEqualTypeOf<{
      readonly dimensions?: Readonly<Record<string, string>> | undefined;
      readonly windowStart?: Date | undefined;
      readonly side: "both" | "local" | "server";
      readonly quantity: AmountDiff;
      readonly cost: AmountDiff;
    }>();
    expectTypeOf<AmountDiff>().toEqualTypeOf<{
      readonly local: Decimal | null;
      readonly server: Decimal | null;
      readonly difference: Decimal | null;
    }>();
    expectTypeOf<Explanation>().toEqualTypeOf<{
      readonly rank: number;
      readonly hypotheses: readonly HypothesisUse[];
      readonly exact: boolean;
      readonly chance: number;
      readonly residual: { readonly quantity: Decimal | null; readonly cost: Decimal | null };
      readonly predicted: {
        readonly totalQuantity: Decimal | null;
        readonly totalCost: Decimal | null;
      };
      readonly cells: { readonly explained: number; readonly total: number };
      readonly events: ExplainedEvents;
      readonly advice: string;
    }>();
    expectTypeOf<ExplainedEvents["all"]>().returns.toEqualTypeOf<
      IterableIterator<EventReference>
    >();
    expectTypeOf<Audit["leftOut"]>().toEqualTypeOf<Readonly<Record<Reason, EventSample>>>();
    // @ts-expect-error read only
    result.explanations.pop();
  });

  test("reasons, all eleven", () => {
    expectTypeOf<Reason>().toEqualTypeOf<
      | "duplicate"
      | "other-type"
      | "other-namespace"
      | "other-subject"
      | "unresolved-subject"
      | "before"
      | "after"
      | "filtered"
      | "no-value"
      | "unusable-value"
      | "invalid"
    >();
  });

  test("something to write down", () => {
    expectTypeOf(formatReconciliation(result)).toEqualTypeOf<string>();
    // @ts-expect-error a summary is no reconciliation
    formatReconciliation(server);
  });
});

describe("of one event, and of other unit costs", () => {
  test("explainEvent needs no query", () => {
    expectTypeOf(explainEvent(cost, event)).toEqualTypeOf<EventExplanation>();
    explainEvent(
      grouped,
      event,
      { ...RANGE, filterGroupBy: { model: "large" } },
      { earlier: events },
    );
    // @ts-expect-error a misspelt dimension
    explainEvent(grouped, event, { ...RANGE, filterGroupBy: { modell: "large" } });
    // @ts-expect-error nothing is thrown, so there is nothing to take
    explainEvent(cost, event, RANGE, { onInvalidEvent: () => {} });
  });

  test("whatIf takes one unit cost, or a history", () => {
    expectTypeOf(whatIf(cost, events, RANGE, { unitCost: "1" })).toEqualTypeOf<WhatIf>();
    const unitCostHistory = [{ from: new Date(0), unitCost: 2 }];
    whatIf(cost, events, RANGE, { unitCostHistory });
    // @ts-expect-error one of the two
    whatIf(cost, events, RANGE, { unitCost: "1", unitCostHistory });
    // @ts-expect-error at least one of the two
    whatIf(cost, events, RANGE, {});
  });
});
