import { Decimal as ForeignDecimal } from "decimal.js";
import {
  type Aggregation,
  type Cost,
  type CostCreateParams,
  type CostDefinition,
  type CostUpdateParams,
  Decimal,
  type DecimalInput,
  defineCost,
} from "metered-costs";
import { CostSummarizer, summarizeCost } from "metered-costs/summary";
import { describe, expectTypeOf, test } from "vitest";
import { CALLS, grouped, paygentic, RANGE, TOKENS, ungrouped } from "./fixtures.ts";

/** A decimal as big.js and bignumber.js have it. */
interface Big {
  c: number[];
  e: number | null;
  s: number | null;
  toFixed(decimalPlaces?: number): string;
}
declare const big: Big;
declare const cost: Cost;

describe("the value to measure", () => {
  test("is required where one is needed", () => {
    defineCost({ ...CALLS, aggregation: "SUM", valueProperty: "$.tokens" });
    defineCost({ ...CALLS, aggregation: "AVG", valueProperty: "$.tokens" });
    defineCost({ ...CALLS, aggregation: "MIN", valueProperty: "$.tokens" });
    defineCost({ ...CALLS, aggregation: "MAX", valueProperty: "$.tokens" });
    defineCost({ ...CALLS, aggregation: "LATEST", valueProperty: "$.tokens" });
    // @ts-expect-error a sum needs values
    defineCost({ ...CALLS, aggregation: "SUM" });
    // @ts-expect-error an average needs values
    defineCost({ ...CALLS, aggregation: "AVG" });
    // @ts-expect-error a least value needs values
    defineCost({ ...CALLS, aggregation: "MIN" });
    // @ts-expect-error a greatest value needs values
    defineCost({ ...CALLS, aggregation: "MAX" });
    // @ts-expect-error a latest value needs values
    defineCost({ ...CALLS, aggregation: "LATEST" });
    // @ts-expect-error undefined is no value
    defineCost({ ...CALLS, aggregation: "SUM", valueProperty: undefined });
  });

  test("is optional where events are counted", () => {
    defineCost({ ...CALLS, aggregation: "COUNT" });
    defineCost({ ...CALLS, aggregation: "COUNT", valueProperty: "$.tokens" });
    defineCost({ ...CALLS, aggregation: "UNIQUE_COUNT" });
    defineCost({ ...CALLS, aggregation: "UNIQUE_COUNT", valueProperty: undefined });
  });

  test("is required of costs.create alike", () => {
    paygentic.costs.create({ ...CALLS, aggregation: "COUNT" });
    // @ts-expect-error a sum needs values
    paygentic.costs.create({ ...CALLS, aggregation: "SUM" });
  });
});

describe("the aggregation", () => {
  test("is one of seven", () => {
    expectTypeOf<Aggregation>().toEqualTypeOf<
      "SUM" | "COUNT" | "AVG" | "MIN" | "MAX" | "UNIQUE_COUNT" | "LATEST"
    >();
    expectTypeOf<CostCreateParams["aggregation"]>().toEqualTypeOf<Aggregation>();
    expectTypeOf<CostUpdateParams["aggregation"]>().toEqualTypeOf<Aggregation | null | undefined>();
  });

  test("that is not known is refused on the way in", () => {
    // @ts-expect-error no such aggregation
    defineCost({ ...TOKENS, aggregation: "MEDIAN" });
    // @ts-expect-error written in capitals
    defineCost({ ...TOKENS, aggregation: "sum" });
    // @ts-expect-error no such aggregation
    paygentic.costs.update("cst_1", { aggregation: "MEDIAN" });
  });

  test("that is not known can come out, and the known ones are still proposed", () => {
    expectTypeOf<"MEDIAN">().toExtend<Cost["aggregation"]>();
    expectTypeOf<Extract<Cost["aggregation"], Aggregation>>().toEqualTypeOf<Aggregation>();
  });
});

describe("the unit cost", () => {
  test("is a decimal in any of its forms", () => {
    const forms: DecimalInput[] = ["0.0000015", 0.5, 3n, new Decimal("0.1"), big];
    expectTypeOf(forms).items.toEqualTypeOf<DecimalInput>();
    expectTypeOf<CostCreateParams["unitCost"]>().toEqualTypeOf<DecimalInput>();
    expectTypeOf<CostUpdateParams["unitCost"]>().toEqualTypeOf<DecimalInput | undefined>();
    expectTypeOf<CostDefinition["unitCost"]>().toEqualTypeOf<DecimalInput>();
    expectTypeOf<ForeignDecimal>().toExtend<DecimalInput>();
    expectTypeOf<Big>().toExtend<DecimalInput>();
    defineCost({ ...TOKENS, unitCost: big });
    defineCost({ ...TOKENS, unitCost: new ForeignDecimal("0.1") });
    paygentic.costs.create({ ...TOKENS, unitCost: 10n ** 20n });
    paygentic.costs.update("cst_1", { unitCost: new Decimal("0.1") });
  });

  test("is nothing else", () => {
    // @ts-expect-error a boolean is no number
    defineCost({ ...TOKENS, unitCost: true });
    // @ts-expect-error null is not free
    defineCost({ ...TOKENS, unitCost: null });
    // @ts-expect-error an object is no decimal
    paygentic.costs.create({ ...TOKENS, unitCost: { amount: "0.1" } });
    // @ts-expect-error null is not free
    paygentic.costs.update("cst_1", { unitCost: null });
  });
});

describe("a new cost", () => {
  test("is refused with a field that the API does not know", () => {
    // @ts-expect-error there is no such field
    defineCost({ ...TOKENS, colour: "red" });
    // @ts-expect-error there is no such field
    paygentic.costs.create({ ...TOKENS, colour: "red" });
    // @ts-expect-error the server gives the id
    const withId: CostCreateParams = { ...TOKENS, id: "cst_1" };
    expectTypeOf(withId).not.toBeAny();
  });

  test("is refused without what it needs", () => {
    // @ts-expect-error no name, product and so on
    paygentic.costs.create({ type: "metered", aggregation: "COUNT" });
    // @ts-expect-error there is one type only
    paygentic.costs.create({ ...TOKENS, type: "flat" });
    // @ts-expect-error a path is text
    paygentic.costs.create({ ...TOKENS, groupBy: { model: ["$.model"] } });
  });

  test("may say undefined for what is optional, and not null", () => {
    const params: CostCreateParams = {
      ...CALLS,
      aggregation: "COUNT",
      valueProperty: undefined,
      groupBy: undefined,
      unit: undefined,
      merchantId: undefined,
    };
    paygentic.costs.create(params);
    // @ts-expect-error absent is undefined here
    paygentic.costs.create({ ...TOKENS, unit: null });
  });
});

describe("a changed cost", () => {
  test("may say undefined for every field, and null for those that may be removed", () => {
    const nothing: CostUpdateParams = {
      name: undefined,
      unitCost: undefined,
      currency: undefined,
      unit: undefined,
      aggregation: undefined,
      eventType: undefined,
      valueProperty: undefined,
      groupBy: undefined,
    };
    paygentic.costs.update("cst_1", nothing);
    paygentic.costs.update("cst_1", {
      unit: null,
      aggregation: null,
      eventType: null,
      valueProperty: null,
      groupBy: null,
    });
    // @ts-expect-error a name cannot be removed
    paygentic.costs.update("cst_1", { name: null });
    // @ts-expect-error a currency cannot be removed
    paygentic.costs.update("cst_1", { currency: null });
  });

  test("keeps its type, product and merchant", () => {
    // @ts-expect-error it cannot change
    paygentic.costs.update("cst_1", { type: "metered" });
    // @ts-expect-error it cannot change
    paygentic.costs.update("cst_1", { productId: "prod_2" });
    // @ts-expect-error it cannot change
    paygentic.costs.update("cst_1", { merchantId: "org_2" });
  });

  test("is named by its id", () => {
    // @ts-expect-error an id is text
    paygentic.costs.update(cost, { name: "Tokens" });
  });
});

describe("defineCost", () => {
  test("keeps the names of the dimensions", () => {
    expectTypeOf(grouped).toEqualTypeOf<CostCreateParams<"model" | "region">>();
    expectTypeOf(ungrouped).toEqualTypeOf<CostCreateParams<never>>();
  });

  test("gives what costs.create takes, which gives a cost of the same dimensions", () => {
    expectTypeOf(paygentic.costs.create(grouped)).resolves.toEqualTypeOf<
      Cost<"model" | "region">
    >();
    expectTypeOf(paygentic.costs.create(ungrouped)).resolves.toEqualTypeOf<Cost<never>>();
    expectTypeOf(
      paygentic.costs.create({ ...TOKENS, groupBy: { tier: "$.tier" } }),
    ).resolves.toEqualTypeOf<Cost<"tier">>();
  });
});

describe("a cost's definition", () => {
  test("is what a cost is, and what makes one", () => {
    expectTypeOf<Cost>().toExtend<CostDefinition>();
    expectTypeOf<Cost<"model">>().toExtend<CostDefinition<"model">>();
    expectTypeOf<CostCreateParams>().toExtend<CostDefinition>();
    expectTypeOf<CostCreateParams<"model">>().toExtend<CostDefinition<"model">>();
    expectTypeOf<Cost<"model">>().toExtend<Cost>();
    expectTypeOf<CostCreateParams<never>>().toExtend<CostDefinition>();
  });

  test("is a literal, an object made before, and what a file of JSON has", () => {
    summarizeCost({ unitCost: 1, aggregation: "COUNT", eventType: "api.call" }, [], RANGE);
    const before = { unitCost: "0.1", aggregation: "SUM", eventType: "e", valueProperty: "$.v" };
    summarizeCost(before, [], RANGE);
    const config: {
      unitCost: string;
      aggregation: string;
      eventType: string;
      valueProperty: string | null;
      groupBy: Record<string, string>;
    } = JSON.parse("{}");
    const summary = summarizeCost(config, [], { ...RANGE, groupBy: ["model"] });
    expectTypeOf(summary.groups?.[0]?.dimensions).toEqualTypeOf<
      { readonly model: string } | undefined
    >();
    expectTypeOf(new CostSummarizer(config, RANGE)).toEqualTypeOf<CostSummarizer>();
  });

  test("needs a unit cost", () => {
    // @ts-expect-error nothing to multiply with
    summarizeCost({ aggregation: "COUNT", eventType: "api.call" }, [], RANGE);
    // @ts-expect-error a boolean is no number
    summarizeCost({ unitCost: true, aggregation: "COUNT", eventType: "api.call" }, [], RANGE);
    // @ts-expect-error a path is text
    summarizeCost({ unitCost: 1, aggregation: "COUNT", groupBy: { model: 3 } }, [], RANGE);
    // @ts-expect-error there is no such field
    const misspelt: CostDefinition = { unitCost: 1, agregation: "COUNT" };
    expectTypeOf(misspelt).not.toBeAny();
  });
});
