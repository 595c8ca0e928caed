import { createMockPaygentic, type Fault } from "metered-costs/mock";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OPERATIONS } from "./calls.ts";
import { FAULTS, isTriedAgain } from "./fault-cases.ts";
import { outcomeOf } from "./outcome.ts";
import { SEEDS } from "./samples.ts";
import { type OpenTransport, TRANSPORTS } from "./transports.ts";

/** Milliseconds: too few for what takes long, enough for what comes at once. */
const MEDIUM = 300;

/** What `fault` comes to when it hits once only. */
function once({ rate: _, seed: __, ...fault }: Fault): Fault {
  return { ...fault, times: 1 };
}

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

  describe.each(FAULTS)("$name", ({ fault, code, again, spared = [], timeout }) => {
    test.each(OPERATIONS)("%s", async (operation) => {
      mock.fault(fault);
      const isSpared = spared.includes(operation);
      const { drifts, ...outcome } = await outcomeOf(
        transport,
        operation,
        isSpared ? undefined : timeout,
      );
      const attempts = !isSpared && isTriedAgain(again, operation) ? 2 : 1;
      expect(outcome).toEqual({ code: isSpared ? undefined : code, attempts });
      const received = mock.requests.map((request) => request.operation);
      const sent = Array.from({ length: attempts }, () => operation);
      // In so short a time a request may not even arrive.
      if (timeout === undefined) expect(received).toEqual(sent);
      else expect(sent).toEqual(expect.arrayContaining(received));
      const isDrift = fault.kind === "drift" && operation !== "deleteCost";
      expect(drifts.length > 0).toBe(isDrift);
    });
  });

  describe("once: what is tried again succeeds", () => {
    const cases = FAULTS.filter(({ code }) => code !== undefined);
    test.each(cases)("$name", async ({ fault, code, again, spared = [], timeout }) => {
      const operations = timeout === undefined ? OPERATIONS : (["getCost", "ingestEvent"] as const);
      for (const operation of operations) {
        mock.reset();
        mock.fault(once(fault));
        const { code: found, attempts } = await outcomeOf(
          transport,
          operation,
          timeout === undefined ? undefined : MEDIUM,
        );
        const isSpared = spared.includes(operation);
        const isAgain = isTriedAgain(again, operation);
        expect([operation, found]).toEqual([operation, isSpared || isAgain ? undefined : code]);
        expect([operation, attempts]).toEqual([operation, !isSpared && isAgain ? 2 : 1]);
      }
    });
  });
});
