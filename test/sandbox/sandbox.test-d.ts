import { createSandbox, type Sandbox } from "metered-costs/sandbox";
import { startSandbox } from "metered-costs/sandbox/server";
import { defineCost } from "metered-costs/summary";
import { describe, expectTypeOf, test } from "vitest";

const tokens = defineCost({
  type: "metered",
  name: "Tokens",
  unitCost: "0.5",
  currency: "USD",
  productId: "prod_1",
  eventType: "llm.completion",
  aggregation: "SUM",
  valueProperty: "$.tokens",
  groupBy: { model: "$.model" },
});

describe("createSandbox", () => {
  test("takes costs as they are defined, with or without an id", () => {
    expectTypeOf(
      createSandbox({ costs: [tokens, { ...tokens, id: "cst_1" }] }),
    ).toEqualTypeOf<Sandbox>();
    // @ts-expect-error: a SUM needs a valueProperty
    createSandbox({ costs: [{ ...tokens, valueProperty: undefined }] });
    // @ts-expect-error: no such option
    createSandbox({ cost: [tokens] });
  });

  test("its handle is a function of its own", () => {
    const { handle } = createSandbox();
    expectTypeOf(handle).toEqualTypeOf<(request: Request) => Promise<Response>>();
  });
});

describe("startSandbox", () => {
  test("takes a sandbox, or what one is made of", () => {
    const sandbox = createSandbox();
    expectTypeOf(startSandbox).toBeCallableWith({ port: 0, sandbox });
    expectTypeOf(startSandbox).toBeCallableWith({ costs: [tokens], clock: () => new Date() });
    // @ts-expect-error: the sandbox is there already
    startSandbox({ sandbox, costs: [tokens] });
  });
});
