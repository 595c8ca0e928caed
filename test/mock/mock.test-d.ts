import { type Cost, type CostEvent, type Operation, Paygentic } from "metered-costs";
import { createMockPaygentic, type MockPaygentic, type ReceivedRequest } from "metered-costs/mock";
import { startMockServer } from "metered-costs/mock/server";
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

describe("createMockPaygentic", () => {
  test("takes costs as they are defined, with or without an id", () => {
    expectTypeOf(
      createMockPaygentic({ costs: [tokens, { ...tokens, id: "cst_1" }] }),
    ).toEqualTypeOf<MockPaygentic>();
    // @ts-expect-error: a SUM needs a valueProperty
    createMockPaygentic({ costs: [{ ...tokens, valueProperty: undefined }] });
    // @ts-expect-error: no such option
    createMockPaygentic({ cost: [tokens] });
  });

  test("its fetch is a function of its own, and a client's fetch", () => {
    const { fetch } = createMockPaygentic();
    expectTypeOf(fetch).toEqualTypeOf<
      (input: Request | string | URL, init?: RequestInit) => Promise<Response>
    >();
    expectTypeOf(fetch).toExtend<typeof globalThis.fetch>();
    new Paygentic({ fetch, apiKey: "sk_test_1" });
  });

  test("its state is models", () => {
    const { costs, events, requests } = createMockPaygentic();
    expectTypeOf(costs).toEqualTypeOf<readonly Cost[]>();
    expectTypeOf(events).toExtend<readonly CostEvent[]>();
    expectTypeOf(requests).toEqualTypeOf<readonly ReceivedRequest<Operation>[]>();
    // @ts-expect-error: it is looked at, not changed
    costs.push();
  });
});

describe("a fault", () => {
  const { fault } = createMockPaygentic();

  test("says what belongs to its kind", () => {
    fault({ kind: "status", status: 503 });
    fault({ kind: "status", status: 429, body: { message: "no" }, retryAfter: new Date() });
    fault({ kind: "html", operation: ["getCost", "deleteCost"], times: 3, carriedOut: true });
    fault({ kind: "slow-body", milliseconds: 50, operation: "getCost", rate: 0.5, seed: 2 });
    fault({ kind: "drift", drift: "unknown-field", rate: 1 });
    // @ts-expect-error: which status?
    fault({ kind: "status" });
    // @ts-expect-error: a redirect goes somewhere
    fault({ kind: "redirect" });
    // @ts-expect-error: not a redirect
    fault({ kind: "redirect", location: "/", status: 200 });
    // @ts-expect-error: a delay has no status
    fault({ kind: "delay", milliseconds: 5, status: 500 });
    // @ts-expect-error: no such drift
    fault({ kind: "drift", drift: "continental" });
    // @ts-expect-error: no such kind
    fault({ kind: "earthquake" });
  });

  test("of a body is always carried out, and hits nothing without a body", () => {
    // @ts-expect-error: the answer has begun
    fault({ kind: "cut-body", carriedOut: false });
    // @ts-expect-error: a deletion is answered without a body
    fault({ kind: "endless-body", operation: "deleteCost" });
  });

  test("hits a number of times or at a rate", () => {
    // @ts-expect-error: not both
    fault({ kind: "html", times: 2, rate: 0.5 });
    // @ts-expect-error: a seed is for a rate
    fault({ kind: "html", seed: 5 });
    // @ts-expect-error: no such operation
    fault({ kind: "html", operation: "getCosts" });
  });
});

describe("startMockServer", () => {
  test("takes a mock, or what one is made of", () => {
    const mock = createMockPaygentic();
    expectTypeOf(startMockServer).toBeCallableWith({ port: 0, mock });
    expectTypeOf(startMockServer).toBeCallableWith({ costs: [tokens], clock: () => new Date() });
    // @ts-expect-error: the mock is there already
    startMockServer({ mock, costs: [tokens] });
  });
});
