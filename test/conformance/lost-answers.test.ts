import { createMockPaygentic, type Fault } from "metered-costs/mock";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CALLS } from "./calls.ts";
import { outcomeOf } from "./outcome.ts";
import { EVENT, SEEDS } from "./samples.ts";
import { type OpenTransport, TRANSPORTS } from "./transports.ts";

/** Milliseconds: too few for what takes long, enough for what comes at once. */
const MEDIUM = 300;
const LONG = 60_000;
/** What is asked for is done, and its answer is lost. */
const LOST: readonly Fault[] = [
  { kind: "cut-connection", carriedOut: true },
  { kind: "status", status: 503, carriedOut: true },
  { kind: "html", carriedOut: true },
  { kind: "delay", milliseconds: LONG, carriedOut: true },
  { kind: "cut-body", operation: ["createCost", "updateCost", "ingestEvent"] },
];

describe.each(TRANSPORTS)("$name", ({ open }) => {
  const mock = createMockPaygentic(SEEDS);
  let transport: OpenTransport;
  beforeEach(async () => {
    // No waiting between attempts: the jitter is between nothing and all.
    vi.spyOn(Math, "random").mockReturnValue(0);
    transport = await open(mock);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await transport.close();
    mock.reset();
  });

  test.each(LOST)("$kind: an event is counted once", async (fault) => {
    mock.fault(fault);
    expect(await outcomeOf(transport, CALLS, "ingestEvent", MEDIUM)).toMatchObject({
      code: undefined,
      attempts: 2,
    });
    expect(mock.events).toMatchObject([EVENT]);
    expect(mock.requests).toHaveLength(2);
  });

  test.each(LOST)("$kind: a cost is created once", async (fault) => {
    mock.fault(fault);
    const { code, attempts } = await outcomeOf(transport, CALLS, "createCost", MEDIUM);
    expect(code).toMatch(/^(?:CONNECTION_FAILED|TIMEOUT|SERVER_ERROR)$/);
    expect(attempts).toBe(1);
    expect(mock.costs.map(({ name }) => name)).toEqual(["Tokens", "Second"]);
  });

  test.each(LOST)("$kind: a change is made", async (fault) => {
    mock.fault(fault);
    expect(await outcomeOf(transport, CALLS, "updateCost", MEDIUM)).toMatchObject({
      code: undefined,
      attempts: 2,
    });
    expect(mock.costs.map(({ name }) => name)).toEqual(["Renamed"]);
  });

  test.each(LOST.slice(0, 4))(
    "$kind: a deletion is done, though it is asked twice",
    async (fault) => {
      mock.fault(fault);
      expect(await outcomeOf(transport, CALLS, "deleteCost", MEDIUM)).toMatchObject({
        code: undefined,
        attempts: 2,
      });
      expect(mock.costs[0]?.deletedAt).toBeInstanceOf(Date);
    },
  );

  test("many events at a rate of faults are each counted once", async () => {
    mock.fault({
      kind: "cut-connection",
      operation: "ingestEvent",
      carriedOut: true,
      rate: 0.2,
    });
    mock.fault({ kind: "status", status: 503, operation: "ingestEvent", rate: 0.2, seed: 2 });
    mock.fault({ kind: "cut-body", operation: "ingestEvent", rate: 0.2, seed: 3 });
    const events = Array.from({ length: 200 }, (_, index) => ({
      ...EVENT,
      idempotencyKey: `request-${index}`,
    }));
    const { accepted } = await transport.client().events.ingestAll(events);
    expect(accepted).toBe(200);
    expect(new Set(mock.events.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(200);
    expect(mock.events).toHaveLength(200);
    expect(mock.requests.length).toBeGreaterThan(250);
  });
});
