import {
  type AnyCostsError,
  ApiError,
  type ConnectionError,
  type Cost,
  type CostVersion,
  type InvalidInputError,
  type InvalidResponseError,
  type Issue,
  isCostsError,
  Kontorion,
  type KontorionOperation,
} from "metered-costs/kontorion";
import {
  createMockKontorion,
  createMockPaygentic,
  type MockKontorion,
  type ReceivedRequest,
} from "metered-costs/mock";
import { startMockServer } from "metered-costs/mock/server";
import { kontorionHandlers, paygenticHandlers } from "metered-costs/msw";
import { describe, expectTypeOf, test } from "vitest";

declare const error: AnyCostsError;
declare const thrown: unknown;
declare const kontorion: Kontorion;
const address = { productId: "p", costId: "c" };

describe("a switch on the code of an error", () => {
  test("narrows to the error that has it", () => {
    switch (error.code) {
      case "TIMEOUT":
      case "CONNECTION_FAILED":
        expectTypeOf(error).toEqualTypeOf<ConnectionError>();
        break;
      case "INVALID_INPUT":
        expectTypeOf(error).toEqualTypeOf<InvalidInputError>();
        expectTypeOf(error.issues).toEqualTypeOf<readonly Issue[]>();
        break;
      case "INVALID_RESPONSE":
        expectTypeOf(error).toEqualTypeOf<InvalidResponseError>();
        break;
      case "NOT_FOUND":
      case "CONFLICT":
        expectTypeOf(error).toEqualTypeOf<ApiError>();
        expectTypeOf(error.requestId).toEqualTypeOf<string | undefined>();
        break;
      default:
        // Codes of the server's own get here.
        expectTypeOf(error).not.toBeNever();
    }
  });

  test("narrows what was thrown by anything", () => {
    if (isCostsError(thrown) && thrown.code === "RATE_LIMITED") {
      expectTypeOf(thrown).toEqualTypeOf<ApiError>();
      expectTypeOf(thrown.retryAfterSeconds).toEqualTypeOf<number | undefined>();
    }
    if (thrown instanceof ApiError) expectTypeOf(thrown.code).toExtend<string>();
  });
});

describe("an edit", () => {
  test("has at least one field, and is published, scheduled or a draft", () => {
    kontorion.costs.update(address, { description: "x" });
    kontorion.costs.update(address, { requires_continuous_coverage: false });
    kontorion.costs.update(address, { effective_at: new Date() });
    kontorion.costs.update(address, { description: "x", save_as_draft: true });
    // @ts-expect-error: it changes nothing
    kontorion.costs.update(address, {});
    // @ts-expect-error: null is no description
    kontorion.costs.update(address, { description: null });
    // @ts-expect-error: a draft takes no effect
    kontorion.costs.update(address, { save_as_draft: true, effective_at: new Date() });
    // @ts-expect-error: leave it out to publish
    kontorion.costs.update(address, { description: "x", save_as_draft: false });
    // @ts-expect-error: no such scope
    kontorion.costs.list({ scope: "TEAM" });
  });
});

describe("the mock", () => {
  test("holds models of the client, and is a client's fetch", () => {
    const mock = createMockKontorion({ costs: [{ key: "a" }] });
    expectTypeOf(mock.costs).toEqualTypeOf<readonly Cost[]>();
    expectTypeOf(mock.versions("c")).toEqualTypeOf<readonly CostVersion[] | undefined>();
    expectTypeOf(mock.requests).toEqualTypeOf<readonly ReceivedRequest<KontorionOperation>[]>();
    new Kontorion({ fetch: mock.fetch });
    mock.fault({ kind: "status", status: 403, operation: ["getCost", "copyCost"] });
    // @ts-expect-error: an operation of the other API
    mock.fault({ kind: "html", operation: "ingestEvent" });
    // @ts-expect-error: a cost has a key
    createMockKontorion({ costs: [{ description: "x" }] });
  });

  test("is served, and answered by handlers of its own", async () => {
    const mock = createMockKontorion();
    const server = await startMockServer({ mock });
    expectTypeOf(server.mock).toEqualTypeOf<MockKontorion>();
    // @ts-expect-error: the mock is there already
    startMockServer({ mock, costs: [] });
    kontorionHandlers({ mock });
    // @ts-expect-error: a mock of the other API
    kontorionHandlers({ mock: createMockPaygentic() });
    // @ts-expect-error: a mock of the other API
    paygenticHandlers({ mock });
  });
});
