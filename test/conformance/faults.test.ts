import { createMockKontorion, createMockPaygentic } from "metered-costs/mock";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CALLS, KONTORION_CALLS } from "./calls.ts";
import {
  type Again,
  type FaultCase,
  isKontorionTriedAgain,
  isTriedAgain,
  KONTORION_FAULTS,
  PAYGENTIC_FAULTS,
} from "./fault-cases.ts";
import { outcomeOf } from "./outcome.ts";
import { KONTORION_SEEDS, SEEDS } from "./samples.ts";
import {
  KONTORION_TRANSPORTS,
  type OpenTransport,
  TRANSPORTS,
  type Transport,
} from "./transports.ts";

/** Milliseconds: too few for what takes long, enough for what comes at once. */
const MEDIUM = 300;

/** The mocks of all APIs have this in common. */
interface FaultyMock {
  readonly fault: (fault: FaultCase["fault"]) => void;
  readonly reset: () => void;
  readonly requests: readonly { readonly operation: string | undefined }[];
}

/** An API whose faults are the same over each transport. */
interface FaultyApi<Client, ServedMock extends FaultyMock> {
  readonly mock: ServedMock;
  readonly transports: readonly Transport<Client, ServedMock>[];
  readonly calls: Readonly<Record<string, (client: Client) => Promise<unknown>>>;
  readonly faults: readonly FaultCase[];
  readonly isTriedAgain: (again: Again, operation: string) => boolean;
  /** Some of its operations, for what takes long. */
  readonly sample: readonly string[];
}

/** A fault that hits so many requests only. */
function limited(
  { rate: _, seed: __, ...fault }: FaultCase["fault"],
  times: number,
): FaultCase["fault"] {
  return { ...fault, times };
}

function testFaults<Client, ServedMock extends FaultyMock>({
  mock,
  transports,
  calls,
  faults,
  isTriedAgain,
  sample,
}: FaultyApi<Client, ServedMock>): void {
  describe.each(transports)("$name", ({ open }) => {
    let transport: OpenTransport<Client>;
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

    describe.each(faults)("$name", ({ fault, code, again, spared = [], timeout }) => {
      const check = async (operation: string): Promise<void> => {
        const isSpared = spared.includes(operation);
        const { drifts, ...outcome } = await outcomeOf(
          transport,
          calls,
          operation,
          isSpared ? undefined : timeout,
        );
        const attempts = !isSpared && isTriedAgain(again, operation) ? 2 : 1;
        expect({ operation, ...outcome }).toEqual({
          operation,
          code: isSpared ? undefined : code,
          attempts,
        });
        const received = mock.requests.map((request) => request.operation);
        const sent = Array.from({ length: attempts }, () => operation);
        // In so short a time a request may not even arrive.
        if (timeout === undefined) expect(received).toEqual(sent);
        else
          expect(received.filter((each) => each === operation).length).toBeLessThanOrEqual(
            attempts,
          );
        const isDrift = fault.kind === "drift" && operation !== "deleteCost";
        expect(drifts.length > 0).toBe(isDrift);
      };

      if (timeout === undefined) {
        test.each(Object.keys(calls))("%s", async (operation) => {
          mock.fault(fault);
          await check(operation);
        });
      } else {
        test("every operation, all at once", async () => {
          mock.fault(fault);
          const operations = Object.keys(calls);
          await Promise.all(operations.filter((each) => !spared.includes(each)).map(check));
          for (const operation of operations.filter((each) => spared.includes(each)))
            await check(operation);
        });
      }
    });

    describe("once: what is tried again succeeds", () => {
      const cases = faults.filter(({ code }) => code !== undefined);
      test.each(cases)("$name", async ({ fault, code, again, spared = [], timeout }) => {
        const check = async (operation: string): Promise<void> => {
          const outcome = await outcomeOf(
            transport,
            calls,
            operation,
            timeout === undefined ? undefined : MEDIUM,
          );
          const isSpared = spared.includes(operation);
          const isAgain = isTriedAgain(again, operation);
          expect([operation, outcome]).toMatchObject([
            operation,
            {
              code: isSpared || isAgain ? undefined : code,
              attempts: !isSpared && isAgain ? 2 : 1,
            },
          ]);
        };
        if (timeout !== undefined) {
          // The faults hit the first attempts of all: the second ones come after the timeout.
          mock.fault(limited(fault, sample.length));
          await Promise.all(sample.map(check));
          return;
        }
        for (const operation of Object.keys(calls)) {
          mock.reset();
          mock.fault(limited(fault, 1));
          await check(operation);
        }
      });
    });
  });
}

describe("Paygentic", () => {
  testFaults({
    mock: createMockPaygentic(SEEDS),
    transports: TRANSPORTS,
    calls: CALLS,
    faults: PAYGENTIC_FAULTS,
    isTriedAgain,
    sample: ["getCost", "ingestEvent"],
  });
});

describe("Kontorion", () => {
  testFaults({
    mock: createMockKontorion(KONTORION_SEEDS),
    transports: KONTORION_TRANSPORTS,
    calls: KONTORION_CALLS,
    faults: KONTORION_FAULTS,
    isTriedAgain: isKontorionTriedAgain,
    sample: ["getCost", "updateCost"],
  });
});
