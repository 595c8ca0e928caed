import type {
  Aggregation,
  Cost,
  CostCreateParams,
  CostListParams,
  CostPage,
  CostReport,
  CostReportGroup,
  CostReportParams,
  CostReportWindow,
  CostSummary,
  CostSummaryGroup,
  CostSummaryParams,
  CostSummaryWindow,
  CostUpdateParams,
  EventIngestParams,
  EventReceipt,
  FieldError,
  Operation,
  Pagination,
  ReportWindow,
  SummaryWindow,
} from "metered-costs";
import { describe, expectTypeOf, test } from "vitest";
import type { components, operations } from "../../generated/paygentic.ts";
import type { AGGREGATIONS, REPORT_WINDOWS, SUMMARY_WINDOWS } from "../../src/schemas/contract.ts";

type Schemas = components["schemas"];
type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;
/** The fields of a type, of every member of a union. */
type Fields<T> = T extends T ? keyof T : never;
/** The fields that must be there, in every member of a union. */
type RequiredFields<T> = keyof {
  [Name in keyof T as object extends Pick<T, Name> ? never : Name]: true;
};
type Subject = { readonly subject: string };
type ExternalSubject = { readonly externalSubject: string };

describe("the answers have the fields of the contract, and no others", () => {
  test("a cost", () => {
    expectTypeOf<Fields<Cost>>().toEqualTypeOf<Fields<Schemas["Cost"]>>();
    expectTypeOf<RequiredFields<Cost>>().toEqualTypeOf<RequiredFields<Schemas["Cost"]>>();
  });

  test("a page of costs", () => {
    expectTypeOf<Fields<CostPage>>().toEqualTypeOf<Fields<Schemas["CostPage"]>>();
    expectTypeOf<RequiredFields<CostPage>>().toEqualTypeOf<RequiredFields<Schemas["CostPage"]>>();
    expectTypeOf<Fields<Pagination>>().toEqualTypeOf<Fields<Schemas["Pagination"]>>();
  });

  test("a summary, which has its unit cost besides", () => {
    expectTypeOf<Fields<CostSummary>>().toEqualTypeOf<
      Fields<Schemas["CostSummary"]> | "unitCost"
    >();
    expectTypeOf<Fields<CostSummaryGroup>>().toEqualTypeOf<Fields<Schemas["CostSummaryGroup"]>>();
    expectTypeOf<Fields<CostSummaryWindow>>().toEqualTypeOf<Fields<Schemas["CostSummaryWindow"]>>();
    // A local one has no id, name and currency when its definition has none.
    expectTypeOf<RequiredFields<CostSummary>>().toEqualTypeOf<
      Exclude<RequiredFields<Schemas["CostSummary"]>, "id" | "name" | "currency">
    >();
  });

  test("a report", () => {
    expectTypeOf<Fields<CostReport>>().toEqualTypeOf<Fields<Schemas["CostReport"]>>();
    expectTypeOf<RequiredFields<CostReport>>().toEqualTypeOf<
      RequiredFields<Schemas["CostReport"]>
    >();
    expectTypeOf<Fields<CostReportGroup>>().toEqualTypeOf<Fields<Schemas["CostReportGroup"]>>();
    expectTypeOf<RequiredFields<CostReportGroup>>().toEqualTypeOf<
      RequiredFields<Schemas["CostReportGroup"]>
    >();
    expectTypeOf<Fields<NonNullable<CostReportGroup["priorPeriod"]>>>().toEqualTypeOf<
      Fields<NonNullable<Schemas["CostReportGroup"]["priorPeriod"]>>
    >();
    expectTypeOf<Fields<CostReportWindow>>().toEqualTypeOf<Fields<Schemas["CostReportWindow"]>>();
    expectTypeOf<Fields<CostReport["period"]>>().toEqualTypeOf<
      Fields<Schemas["CostReport"]["period"]>
    >();
  });

  test("a receipt, which always has its key and time", () => {
    expectTypeOf<Fields<EventReceipt>>().toEqualTypeOf<Fields<Schemas["EventReceipt"]>>();
    expectTypeOf<RequiredFields<EventReceipt>>().toEqualTypeOf<"idempotencyKey" | "timestamp">();
  });

  test("a refused field", () => {
    expectTypeOf<Fields<FieldError>>().toEqualTypeOf<Fields<Schemas["FieldError"]>>();
  });
});

describe("the arguments have the fields of the contract, and no others", () => {
  test("of costs.create", () => {
    expectTypeOf<Fields<CostCreateParams>>().toEqualTypeOf<Fields<Schemas["CostCreateParams"]>>();
    expectTypeOf<
      RequiredFields<Extract<CostCreateParams, { aggregation: "COUNT" | "UNIQUE_COUNT" }>>
    >().toEqualTypeOf<RequiredFields<Schemas["CostCreateParams"]>>();
  });

  test("of costs.update", () => {
    expectTypeOf<Fields<CostUpdateParams>>().toEqualTypeOf<Fields<Schemas["CostUpdateParams"]>>();
    expectTypeOf<RequiredFields<CostUpdateParams>>().toBeNever();
  });

  test("of costs.list", () => {
    expectTypeOf<Fields<CostListParams>>().toEqualTypeOf<Fields<Query<"listCosts">>>();
    expectTypeOf<RequiredFields<CostListParams>>().toBeNever();
  });

  test("of costs.summary", () => {
    expectTypeOf<Fields<CostSummaryParams>>().toEqualTypeOf<Fields<Query<"getCostSummary">>>();
    expectTypeOf<RequiredFields<CostSummaryParams>>().toEqualTypeOf<
      RequiredFields<Query<"getCostSummary">>
    >();
  });

  test("of costs.report", () => {
    expectTypeOf<Fields<CostReportParams>>().toEqualTypeOf<Fields<Query<"getCostReport">>>();
    expectTypeOf<RequiredFields<CostReportParams>>().toEqualTypeOf<
      RequiredFields<Query<"getCostReport">>
    >();
  });

  test("of events.ingest", () => {
    expectTypeOf<Fields<EventIngestParams>>().toEqualTypeOf<Fields<Schemas["EventIngestParams"]>>();
    expectTypeOf<RequiredFields<Extract<EventIngestParams, Subject>>>().toEqualTypeOf<
      RequiredFields<Extract<Schemas["EventIngestParams"], Subject>>
    >();
    expectTypeOf<RequiredFields<Extract<EventIngestParams, ExternalSubject>>>().toEqualTypeOf<
      RequiredFields<Extract<Schemas["EventIngestParams"], ExternalSubject>>
    >();
  });
});

describe("the lists have the members of the contract, and no others", () => {
  test("of aggregations and windows", () => {
    expectTypeOf<Aggregation>().toEqualTypeOf<Schemas["Aggregation"]>();
    expectTypeOf<(typeof AGGREGATIONS)[number]>().toEqualTypeOf<Schemas["Aggregation"]>();
    expectTypeOf<SummaryWindow>().toEqualTypeOf<Schemas["SummaryWindow"]>();
    expectTypeOf<(typeof SUMMARY_WINDOWS)[number]>().toEqualTypeOf<Schemas["SummaryWindow"]>();
    expectTypeOf<ReportWindow>().toEqualTypeOf<Schemas["ReportWindow"]>();
    expectTypeOf<(typeof REPORT_WINDOWS)[number]>().toEqualTypeOf<Schemas["ReportWindow"]>();
  });

  test("of what reports are sorted by", () => {
    expectTypeOf<NonNullable<CostReportParams["sort"]>>().toEqualTypeOf<
      NonNullable<Query<"getCostReport">["sort"]>
    >();
    expectTypeOf<NonNullable<CostReportParams["sortDir"]>>().toEqualTypeOf<
      NonNullable<Query<"getCostReport">["sortDir"]>
    >();
  });

  test("of operations", () => {
    expectTypeOf<Operation>().toEqualTypeOf<keyof operations>();
  });
});
