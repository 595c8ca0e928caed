import type { CostSummary } from "metered-costs";
import {
  type ClickHouseClient,
  createRollupTable,
  summarizeOnClickHouse,
  summaryQuery,
} from "metered-costs/clickhouse";
import { describe, expectTypeOf, test } from "vitest";
import { grouped, RANGE, ungrouped } from "./fixtures.ts";

declare const client: ClickHouseClient;

describe("a rollup that cannot answer does not compile", () => {
  const source = {
    table: "events",
    data: { layout: "text", column: "data" },
    unique: true,
  } as const;
  const options = { source, table: "by_hour", granularity: "HOUR" } as const;
  const rollup = createRollupTable(grouped, { ...options, dimensions: ["model", "$source"] });
  const bySubject = createRollupTable([grouped, ungrouped], {
    ...options,
    granularity: "DAY",
    dimensions: ["$subject"],
  });

  test("of a dimension that no cost has", () => {
    // @ts-expect-error there is no such dimension
    createRollupTable(grouped, { ...options, dimensions: ["modle"] });
  });

  test("to a dimension that it lacks", () => {
    summaryQuery(
      grouped,
      { ...RANGE, groupBy: ["model", "$source"], filterGroupBy: { model: "large" } },
      { rollup },
    );
    // @ts-expect-error the cost has it, the rollup does not
    summaryQuery(grouped, { ...RANGE, groupBy: ["region"] }, { rollup });
    // @ts-expect-error the cost has it, the rollup does not
    summaryQuery(grouped, { ...RANGE, filterGroupBy: { region: "eu" } }, { rollup });
    expectTypeOf(
      summarizeOnClickHouse(client, grouped, { ...RANGE, groupBy: ["model"] }, { rollup }),
    ).toEqualTypeOf<Promise<CostSummary<"model">>>();
  });

  test("with windows shorter than its own", () => {
    summaryQuery(grouped, { ...RANGE, window: "HOUR" }, { rollup });
    summaryQuery(grouped, { ...RANGE, window: "DAY" }, { rollup });
    // @ts-expect-error it counts by hour
    summaryQuery(grouped, { ...RANGE, window: "MINUTE" }, { rollup });
    // @ts-expect-error it counts by day
    summaryQuery(grouped, { ...RANGE, window: "HOUR" }, { rollup: bySubject });
  });

  test("for a subject that it does not keep", () => {
    summaryQuery(grouped, { ...RANGE, subject: "cus_1" }, { rollup: bySubject });
    // @ts-expect-error $subject is none of its dimensions
    summaryQuery(grouped, { ...RANGE, subject: "cus_1" }, { rollup });
  });
});
