import type { BillableMetricEvent } from "metered-costs";
import { compareEvents, type EventComparison, readEvents } from "metered-costs/summary";
import { describe, expectTypeOf, test } from "vitest";
import { paygentic, RANGE, TOKENS } from "./fixtures.ts";

declare const stored: readonly BillableMetricEvent[];

describe("events are compared", () => {
  test("with what the client lists, as it is", () => {
    const server = paygentic.billableMetrics.listAllEvents("bm_1", RANGE);
    expectTypeOf(compareEvents([], server)).toEqualTypeOf<Promise<EventComparison>>();
    compareEvents(readEvents(""), stored, { cost: TOKENS, query: RANGE });
    compareEvents(new Blob(), new Response());
  });

  test("but not with anything else", () => {
    // @ts-expect-error numbers are no events
    compareEvents([1], stored);
    // @ts-expect-error a page is no list
    compareEvents([], { events: stored });
    // @ts-expect-error there is no such option
    compareEvents([], stored, { tolerance: 1 });
  });
});
