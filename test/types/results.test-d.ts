import type {
  Cost,
  CostPage,
  CostReport,
  CostReportGroup,
  CostReportWindow,
  CostSummary,
  CostSummaryGroup,
  CostSummaryWindow,
  Decimal,
  EventReceipt,
  Pagination,
} from "metered-costs";
import type {
  Cost as LocalCost,
  CostSummary as LocalCostSummary,
  Decimal as LocalDecimal,
} from "metered-costs/summary";
import { describe, expectTypeOf, test } from "vitest";
import { grouped, paygentic, RANGE } from "./fixtures.ts";

declare const cost: Cost;
declare const page: CostPage;
declare const summary: CostSummary;
declare const report: CostReport;
declare const receipt: EventReceipt;

describe("amounts, quantities and unit costs are Decimals", () => {
  test("of a cost", () => {
    expectTypeOf(cost.unitCost).toEqualTypeOf<Decimal>();
    expectTypeOf(paygentic.costs.create(grouped)).resolves.toHaveProperty("unitCost");
    // @ts-expect-error a Decimal is no number
    cost.unitCost * 2;
  });

  test("of a summary, null when there is none", () => {
    expectTypeOf(summary.totalCost).toEqualTypeOf<Decimal | null>();
    expectTypeOf(summary.totalQuantity).toEqualTypeOf<Decimal | null | undefined>();
    expectTypeOf(summary.unitCost).toEqualTypeOf<Decimal | undefined>();
    expectTypeOf<CostSummaryGroup["quantity"]>().toEqualTypeOf<Decimal>();
    expectTypeOf<CostSummaryGroup["cost"]>().toEqualTypeOf<Decimal>();
    expectTypeOf<CostSummaryWindow["quantity"]>().toEqualTypeOf<Decimal>();
    expectTypeOf<CostSummaryWindow["cost"]>().toEqualTypeOf<Decimal>();
    // @ts-expect-error null is not zero
    summary.totalCost.toString();
    // @ts-expect-error it may be absent or null
    summary.totalQuantity.toString();
    // @ts-expect-error there are groups with groupBy only
    summary.groups.length;
    // @ts-expect-error there are windows with window only
    summary.timeSeries.length;
  });

  test("of a report, never null but for a change from nothing", () => {
    expectTypeOf(report.totalCost).toEqualTypeOf<Decimal>();
    expectTypeOf(report.totalQuantity).toEqualTypeOf<Decimal>();
    expectTypeOf<CostReportGroup["totalCost"]>().toEqualTypeOf<Decimal>();
    expectTypeOf<CostReportGroup["totalQuantity"]>().toEqualTypeOf<Decimal>();
    expectTypeOf<CostReportGroup["percentOfTotal"]>().toEqualTypeOf<Decimal>();
    expectTypeOf<NonNullable<CostReportGroup["priorPeriod"]>>().toEqualTypeOf<{
      readonly cost: Decimal;
      readonly changePercent: Decimal | null;
    }>();
    expectTypeOf<CostReportWindow["groups"][string]>().toEqualTypeOf<Decimal>();
  });

  test("and what counts rows is a number", () => {
    expectTypeOf<Pagination>().toEqualTypeOf<{
      readonly limit: number;
      readonly offset: number;
      readonly total: number;
    }>();
    expectTypeOf(report.pagination).toEqualTypeOf<Pagination>();
    expectTypeOf(page.pagination).toEqualTypeOf<Pagination>();
  });
});

describe("times are Dates", () => {
  test("of a cost", () => {
    expectTypeOf(cost.createdAt).toEqualTypeOf<Date>();
    expectTypeOf(cost.updatedAt).toEqualTypeOf<Date>();
    expectTypeOf(cost.deletedAt).toEqualTypeOf<Date | null | undefined>();
  });

  test("of windows and periods", () => {
    expectTypeOf<CostSummaryWindow["windowStart"]>().toEqualTypeOf<Date>();
    expectTypeOf<CostSummaryWindow["windowEnd"]>().toEqualTypeOf<Date>();
    expectTypeOf<CostReportWindow["windowStart"]>().toEqualTypeOf<Date>();
    expectTypeOf<CostReportWindow["windowEnd"]>().toEqualTypeOf<Date>();
    expectTypeOf(report.period).toEqualTypeOf<{ readonly from: Date; readonly to: Date }>();
  });

  test("of a receipt, which always has one, and a key", () => {
    expectTypeOf(receipt.timestamp).toEqualTypeOf<Date>();
    expectTypeOf(receipt.idempotencyKey).toEqualTypeOf<string>();
    expectTypeOf(receipt.subject).toEqualTypeOf<string | undefined>();
  });
});

describe("what comes back cannot be written to", () => {
  test("not its fields", () => {
    // @ts-expect-error read only
    cost.name = "x";
    // @ts-expect-error read only
    summary.totalCost = null;
    // @ts-expect-error read only
    report.currency = "EUR";
    // @ts-expect-error read only
    report.period.from = new Date();
    // @ts-expect-error read only
    receipt.idempotencyKey = "x";
    // @ts-expect-error read only
    page.pagination.total = 0;
  });

  test("not its rows", () => {
    // @ts-expect-error read only
    page.data.push(cost);
    // @ts-expect-error read only
    report.groups.sort();
    // @ts-expect-error read only
    report.warnings?.pop();
    // @ts-expect-error read only
    report.availableDimensions[0] = "x";
    // @ts-expect-error read only
    summary.groups?.reverse();
    for (const group of summary.groups ?? []) {
      // @ts-expect-error read only
      group.dimensions["model"] = "x";
      // @ts-expect-error read only
      group.cost = group.quantity;
    }
    for (const row of report.timeSeries) {
      // @ts-expect-error read only
      row.groups["cst_1"] = report.totalCost;
    }
    for (const row of summary.timeSeries ?? []) {
      // @ts-expect-error read only
      row.windowStart = new Date();
    }
    // @ts-expect-error read only
    (cost.groupBy ?? {})["model"] = "$.model";
  });
});

describe("the methods give", () => {
  test("costs and pages of costs", () => {
    expectTypeOf(paygentic.costs.get("cst_1")).resolves.toEqualTypeOf<Cost>();
    expectTypeOf(paygentic.costs.update("cst_1", { name: "x" })).resolves.toEqualTypeOf<Cost>();
    expectTypeOf(paygentic.costs.delete("cst_1")).resolves.toEqualTypeOf<void>();
    expectTypeOf(paygentic.costs.list()).resolves.toEqualTypeOf<CostPage>();
    expectTypeOf(paygentic.costs.listAll()).toExtend<AsyncIterable<Cost>>();
    expectTypeOf(page.data).toEqualTypeOf<readonly Cost[]>();
  });

  test("summaries, reports and receipts", () => {
    expectTypeOf(paygentic.costs.summary(cost, RANGE)).resolves.toEqualTypeOf<CostSummary>();
    expectTypeOf(
      paygentic.costs.report({ ...RANGE, groupBy: "cost" }),
    ).resolves.toEqualTypeOf<CostReport>();
    expectTypeOf(
      paygentic.events.ingest({ type: "e", source: "urn:x", data: {}, subject: "cus_1" }),
    ).resolves.toEqualTypeOf<EventReceipt>();
  });

  test("types that both entries share", () => {
    expectTypeOf<LocalCost>().toEqualTypeOf<Cost>();
    expectTypeOf<LocalCostSummary>().toEqualTypeOf<CostSummary>();
    expectTypeOf<LocalDecimal>().toEqualTypeOf<Decimal>();
  });
});
