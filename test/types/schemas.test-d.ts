import type { Cost, CostCreateParams, CostSummary, Decimal } from "metered-costs";
import { Paygentic } from "metered-costs";
import {
  CostCreateParamsSchema,
  CostReportParamsSchema,
  type CostSchema,
  CostSummaryParamsSchema,
  type CostSummarySchema,
  EventIngestParamsSchema,
} from "metered-costs/schemas";
import { describe, expectTypeOf, test } from "vitest";
import type { z } from "zod";

describe("the schemas", () => {
  test("give models of the client", () => {
    expectTypeOf<z.output<typeof CostSchema>>().toEqualTypeOf<Cost>();
    expectTypeOf<z.output<typeof CostSummarySchema>>().toEqualTypeOf<CostSummary>();
  });

  test("take what the client takes, and give it with Decimal and Date", () => {
    expectTypeOf<z.input<typeof CostCreateParamsSchema>>().toEqualTypeOf<CostCreateParams>();
    expectTypeOf<z.output<typeof CostCreateParamsSchema>["unitCost"]>().toEqualTypeOf<Decimal>();
    expectTypeOf<z.output<typeof CostSummaryParamsSchema>["from"]>().toEqualTypeOf<Date>();
  });

  test("give params that the client takes", () => {
    const { costs, events } = new Paygentic({ apiKey: "sk_test_1" });
    const calls = () => [
      costs.create(CostCreateParamsSchema.parse({})),
      costs.summary("cst_1", CostSummaryParamsSchema.parse({})),
      costs.report(CostReportParamsSchema.parse({})),
      events.ingest(EventIngestParamsSchema.parse({})),
    ];
    expectTypeOf(calls).returns.items.toExtend<Promise<unknown>>();
  });
});
