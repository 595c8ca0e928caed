import type {
  AnyCostsError,
  Cost,
  CostSummary,
  CostSummaryParams,
  DimensionNames,
  FilterValue,
} from "metered-costs";
import { defineCost } from "metered-costs";
import { summaryQuery } from "metered-costs/clickhouse";
import {
  CostSummarizer,
  reconcile,
  summarizeCost,
  summarizeCosts,
  summarizeNdjson,
} from "metered-costs/summary";
import { describe, expectTypeOf, test } from "vitest";
import { grouped, paygentic, RANGE, TOKENS, ungrouped } from "./fixtures.ts";

declare const cost: Cost<"model" | "region">;
declare const plain: Cost<never>;
declare const unknown: Cost;

/** The dimensions of a summary's rows. */
type Row<S extends CostSummary> = NonNullable<S["groups"]>[number]["dimensions"];

describe("a misspelt dimension does not compile", () => {
  test("in the groups of the server's summary", () => {
    paygentic.costs.summary(cost, { ...RANGE, groupBy: ["model", "region"] });
    paygentic.costs.summary(cost, { ...RANGE, groupBy: "model" });
    // @ts-expect-error there is no such dimension
    paygentic.costs.summary(cost, { ...RANGE, groupBy: ["modle"] });
    // @ts-expect-error the second is none
    paygentic.costs.summary(cost, { ...RANGE, groupBy: ["model", "regoin"] });
    // @ts-expect-error there is no such dimension
    paygentic.costs.summary(cost, { ...RANGE, groupBy: "modle" });
  });

  test("in the groups of many summaries", async () => {
    const many = await paygentic.costs.summaries([cost], { ...RANGE, groupBy: ["model"] });
    for (const outcome of many) {
      expectTypeOf(outcome.cost).toEqualTypeOf<Cost<"model" | "region">>();
      if (outcome.error === undefined) {
        expectTypeOf<Row<typeof outcome.summary>>().toEqualTypeOf<{ readonly model: string }>();
      } else {
        expectTypeOf(outcome.error).toEqualTypeOf<AnyCostsError>();
        expectTypeOf(outcome.summary).toEqualTypeOf<undefined>();
      }
    }
    const [byId] = await paygentic.costs.summaries(["cst_1"], { ...RANGE, groupBy: "a,b" });
    expectTypeOf(byId?.cost).toEqualTypeOf<"cst_1" | undefined>();
    // @ts-expect-error there is no such dimension
    paygentic.costs.summaries([cost], { ...RANGE, groupBy: ["modle"] });
  });

  test("in the filter of the server's summary", () => {
    paygentic.costs.summary(cost, { ...RANGE, filterGroupBy: { model: "large", region: "eu" } });
    // @ts-expect-error there is no such dimension
    paygentic.costs.summary(cost, { ...RANGE, filterGroupBy: { modle: "large" } });
  });

  test("in the groups of the local summary", () => {
    summarizeCost(grouped, [], { ...RANGE, groupBy: ["model", "region"] });
    summarizeCost(cost, [], { ...RANGE, groupBy: "region" });
    // @ts-expect-error there is no such dimension
    summarizeCost(grouped, [], { ...RANGE, groupBy: ["modle"] });
    // @ts-expect-error there is no such dimension
    summarizeCost(cost, [], { ...RANGE, groupBy: "modle" });
    // @ts-expect-error there is no such dimension
    new CostSummarizer(grouped, { ...RANGE, groupBy: ["modle"] });
  });

  test("in the filter of the local summary", () => {
    summarizeCost(grouped, [], { ...RANGE, filterGroupBy: { model: ["large", "small"] } });
    // @ts-expect-error there is no such dimension
    summarizeCost(grouped, [], { ...RANGE, filterGroupBy: { modle: "large" } });
    // @ts-expect-error there is no such dimension
    new CostSummarizer(grouped, { ...RANGE, filterGroupBy: { modle: "large" } });
  });

  test("in a literal that no defineCost has seen", () => {
    const definition = { unitCost: 1, aggregation: "COUNT", groupBy: { model: "$.model" } };
    summarizeCost(definition, [], { ...RANGE, groupBy: ["model"] });
    // @ts-expect-error there is no such dimension
    summarizeCost(definition, [], { ...RANGE, groupBy: ["modle"] });
  });
});

describe("the subject and the source of an event", () => {
  test("are dimensions of every local summary", () => {
    expectTypeOf(
      summarizeCost(grouped, [], { ...RANGE, groupBy: ["model", "$subject"] }),
    ).toEqualTypeOf<CostSummary<"model" | "$subject">>();
    const summarizer = new CostSummarizer(ungrouped, { ...RANGE, groupBy: "$source" });
    expectTypeOf(summarizer.summary()).toEqualTypeOf<CostSummary<"$source">>();
    expectTypeOf(summarizeNdjson(ungrouped, "", { ...RANGE, groupBy: ["$subject"] })).toEqualTypeOf<
      Promise<CostSummary<"$subject">>
    >();
    summarizeCost(ungrouped, [], { ...RANGE, filterGroupBy: { $subject: ["cus_1", "cus_2"] } });
    summaryQuery(
      grouped,
      { ...RANGE, groupBy: ["$subject"] },
      {
        table: "events",
        data: { layout: "text", column: "data" },
        unique: true,
      },
    );
    // @ts-expect-error there is no such dimension
    summarizeCost(grouped, [], { ...RANGE, groupBy: ["$customer"] });
    // @ts-expect-error it was not grouped by
    summarizer.summary().groups?.[0]?.dimensions.$subject;
  });

  test("are none of the server's", () => {
    // @ts-expect-error the API has no such dimension
    paygentic.costs.summary(cost, { ...RANGE, groupBy: ["$subject"] });
    // @ts-expect-error the API has no such dimension
    paygentic.costs.summary(plain, { ...RANGE, groupBy: ["$source"] });
  });

  test("group answers of the server that were put together", () => {
    const server = { totalCost: 0 };
    reconcile({ cost: grouped, events: [], query: { ...RANGE, groupBy: ["$subject"] }, server });
    reconcile({
      cost: grouped,
      events: [],
      // @ts-expect-error there is no such dimension
      query: { ...RANGE, groupBy: ["$customer"] },
      server,
    });
  });
});

describe("several costs", () => {
  const other = defineCost({ ...TOKENS, groupBy: { model: "$.m", tier: "$.tier" } });

  test("are grouped by the dimensions that all of them declare", () => {
    const query = { ...RANGE, groupBy: ["model", "$subject"], window: "MONTH" } as const;
    const { rows } = summarizeCosts([grouped, other], [], query);
    expectTypeOf(rows[0]?.dimensions).toEqualTypeOf<
      { readonly model: string; readonly $subject: string } | undefined
    >();
    // @ts-expect-error only the first declares it
    summarizeCosts([grouped, other], [], { ...RANGE, groupBy: ["region"] });
    // @ts-expect-error only the second declares it
    summarizeCosts([grouped, other], [], { ...RANGE, groupBy: "tier" });
    // @ts-expect-error the second declares none
    summarizeCosts([grouped, ungrouped], [], { ...RANGE, groupBy: ["model"] });
  });
});

describe("a cost without dimensions", () => {
  test("cannot be grouped", () => {
    paygentic.costs.summary(plain, RANGE);
    summarizeCost(ungrouped, [], RANGE);
    // @ts-expect-error it has none
    paygentic.costs.summary(plain, { ...RANGE, groupBy: ["model"] });
    // @ts-expect-error it has none
    paygentic.costs.summary(plain, { ...RANGE, groupBy: "model" });
    // @ts-expect-error it has none
    summarizeCost(ungrouped, [], { ...RANGE, groupBy: ["model"] });
    // @ts-expect-error it has none
    new CostSummarizer(ungrouped, { ...RANGE, groupBy: ["model"] });
  });

  test("cannot be filtered by one", () => {
    paygentic.costs.summary(plain, { ...RANGE, filterGroupBy: {} });
    // @ts-expect-error it has none
    paygentic.costs.summary(plain, { ...RANGE, filterGroupBy: { model: "large" } });
    // @ts-expect-error it has none
    summarizeCost(ungrouped, [], { ...RANGE, filterGroupBy: { model: "large" } });
    // @ts-expect-error it has none
    new CostSummarizer(ungrouped, { ...RANGE, filterGroupBy: { model: "large" } });
  });
});

describe("the dimensions of a row", () => {
  test("are those that were grouped by, each of them text", async () => {
    const summary = await paygentic.costs.summary(cost, { ...RANGE, groupBy: ["model"] });
    expectTypeOf(summary).toEqualTypeOf<CostSummary<"model">>();
    for (const row of summary.groups ?? []) {
      expectTypeOf(row.dimensions.model).toEqualTypeOf<string>();
      // @ts-expect-error there is no such dimension
      row.dimensions.modle;
      // @ts-expect-error it was not grouped by
      row.dimensions.region;
    }
  });

  test("are the same in the local summary", () => {
    const summary = summarizeCost(grouped, [], { ...RANGE, groupBy: ["region", "model"] });
    expectTypeOf(summary).toEqualTypeOf<CostSummary<"model" | "region">>();
    const summarizer = new CostSummarizer(grouped, { ...RANGE, groupBy: "model" });
    expectTypeOf(summarizer).toEqualTypeOf<CostSummarizer<"model" | "region", "model">>();
    expectTypeOf(summarizer.summary()).toEqualTypeOf<CostSummary<"model">>();
    expectTypeOf<Row<CostSummary<"model">>>().toEqualTypeOf<{ readonly model: string }>();
  });

  test("are all of them when the query is not known to name some", () => {
    expectTypeOf(summarizeCost(grouped, [], RANGE)).toEqualTypeOf<
      CostSummary<"model" | "region">
    >();
  });
});

describe("a cost whose dimensions are not known", () => {
  test("is grouped by any text, whose names are those of the rows", async () => {
    const byText = await paygentic.costs.summary(unknown, { ...RANGE, groupBy: "model, region" });
    expectTypeOf(byText).toEqualTypeOf<CostSummary<"model" | "region">>();
    const byId = await paygentic.costs.summary("cst_1", { ...RANGE, groupBy: "model" });
    expectTypeOf(byId).toEqualTypeOf<CostSummary<"model">>();
    // @ts-expect-error it was not grouped by
    byId.groups?.[0]?.dimensions.region;
  });

  test("is grouped by an array alike", async () => {
    const summary = await paygentic.costs.summary("cst_1", {
      ...RANGE,
      groupBy: ["model", "tier"],
    });
    expectTypeOf(summary).toEqualTypeOf<CostSummary<"model" | "tier">>();
    const local = summarizeCost(unknown, [], { ...RANGE, groupBy: ["model"] });
    expectTypeOf(local).toEqualTypeOf<CostSummary<"model">>();
  });

  test("is grouped by names that are known at run time only", async () => {
    const names: string[] = ["model"];
    const summary = await paygentic.costs.summary("cst_1", { ...RANGE, groupBy: names });
    expectTypeOf(summary).toEqualTypeOf<CostSummary>();
    expectTypeOf(summary.groups?.[0]?.dimensions["model"]).toEqualTypeOf<string | undefined>();
  });

  test("is filtered by any dimension", () => {
    paygentic.costs.summary("cst_1", { ...RANGE, filterGroupBy: { model: "large" } });
    summarizeCost(unknown, [], { ...RANGE, filterGroupBy: { model: ["large", null] } });
  });

  test("is read by its id and from lists", () => {
    expectTypeOf(paygentic.costs.get("cst_1")).resolves.toEqualTypeOf<Cost>();
    expectTypeOf<Cost>().toEqualTypeOf<Cost<string>>();
    expectTypeOf<Cost["groupBy"]>().toEqualTypeOf<
      { readonly [name: string]: string } | null | undefined
    >();
  });
});

describe("the names in a groupBy text", () => {
  test("are split at commas and trimmed", () => {
    expectTypeOf<DimensionNames<string, "model">>().toEqualTypeOf<"model">();
    expectTypeOf<DimensionNames<string, "model,region">>().toEqualTypeOf<"model" | "region">();
    expectTypeOf<DimensionNames<string, " model ,  region ">>().toEqualTypeOf<"model" | "region">();
    expectTypeOf<DimensionNames<string, string>>().toEqualTypeOf<string>();
  });

  test("are taken as they are when the dimensions are known", () => {
    expectTypeOf<DimensionNames<"a, b", "a, b">>().toEqualTypeOf<"a, b">();
  });
});

describe("a query", () => {
  test("takes times as Date or text", () => {
    expectTypeOf<CostSummaryParams["from"]>().toEqualTypeOf<Date | string>();
    expectTypeOf<CostSummaryParams["to"]>().toEqualTypeOf<Date | string>();
    paygentic.costs.summary(cost, { from: new Date(0), to: "2026-07-01T00:00:00Z" });
    // @ts-expect-error milliseconds are no time
    paygentic.costs.summary(cost, { from: 0, to: new Date() });
    // @ts-expect-error milliseconds are no time
    summarizeCost(grouped, [], { from: new Date(0), to: Date.now() });
  });

  test("of known dimensions groups by those only", () => {
    // @ts-expect-error there is no such dimension
    type Wrong = CostSummaryParams<"model", "modle">;
    expectTypeOf<Wrong>().not.toBeAny();
  });

  test("needs a range", () => {
    // @ts-expect-error no end
    paygentic.costs.summary(cost, { from: new Date(0) });
    // @ts-expect-error no query at all
    paygentic.costs.summary(cost);
    // @ts-expect-error no beginning
    summarizeCost(grouped, [], { to: new Date(0) });
  });

  test("knows three windows", () => {
    expectTypeOf<NonNullable<CostSummaryParams["window"]>>().toEqualTypeOf<
      "MINUTE" | "HOUR" | "DAY"
    >();
    // @ts-expect-error a window of reports
    paygentic.costs.summary(cost, { ...RANGE, window: "MONTH" });
    // @ts-expect-error written in capitals
    summarizeCost(grouped, [], { ...RANGE, window: "day" });
  });

  test("filters by text, numbers, booleans and null", () => {
    expectTypeOf<FilterValue>().toEqualTypeOf<string | number | boolean | null>();
    // @ts-expect-error an object is no value
    paygentic.costs.summary(cost, { ...RANGE, filterGroupBy: { model: {} } });
    // @ts-expect-error a Date is no value
    summarizeCost(grouped, [], { ...RANGE, filterGroupBy: { model: new Date() } });
  });

  test("is refused with a field that there is not", () => {
    // @ts-expect-error the field is called filterGroupBy
    paygentic.costs.summary(cost, { ...RANGE, filter: { model: "large" } });
    // @ts-expect-error a field of reports
    summarizeCost(grouped, [], { ...RANGE, topN: 3 });
  });

  test("may say undefined for what is optional, and not null", () => {
    const query: CostSummaryParams = {
      ...RANGE,
      subject: undefined,
      groupBy: undefined,
      window: undefined,
      filterGroupBy: undefined,
    };
    paygentic.costs.summary("cst_1", query);
    // @ts-expect-error absent is undefined here
    paygentic.costs.summary("cst_1", { ...RANGE, subject: null });
  });

  test("takes arrays that cannot be written to", () => {
    const names = ["model", "region"] as const;
    expectTypeOf(summarizeCost(grouped, [], { ...RANGE, groupBy: names })).toEqualTypeOf<
      CostSummary<"model" | "region">
    >();
    expectTypeOf(
      paygentic.costs.summary(cost, { ...RANGE, groupBy: names }),
    ).resolves.toEqualTypeOf<CostSummary<"model" | "region">>();
  });
});
