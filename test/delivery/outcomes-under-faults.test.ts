import { Paygentic, type QueueOutcome } from "metered-costs";
import { createMockPaygentic } from "metered-costs/mock";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SharedStore } from "./shared-store.ts";

const LIVES = 3;
const PER_LIFE = 20;

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

test.each<[string, (call: number, key: string) => unknown, { deadline: number; failures: number }]>(
  [
    [
      "is slow",
      () => new Promise((resolve) => setTimeout(resolve, 5)),
      { deadline: 200, failures: 0 },
    ],
    [
      "rejects again and again for some events",
      (_, key) => /[05]$/.test(key) && Promise.reject("no"),
      // A callback that rejects is called 4 times, which takes 650 milliseconds.
      { deadline: 10_000, failures: LIVES },
    ],
    [
      "sometimes never settles",
      (call) => (call % 5 === 0 ? new Promise(() => undefined) : undefined),
      { deadline: 200, failures: 0 },
    ],
  ],
)(
  "under faults no event is lost and none counted twice when onOutcome %s",
  async (_, callback, expected) => {
    const mock = createMockPaygentic({
      costs: [
        {
          id: "cst_1",
          type: "metered",
          name: "Calls",
          unitCost: "1",
          currency: "USD",
          productId: "prod_1",
          eventType: "call",
          aggregation: "COUNT",
        },
      ],
    });
    const { events, costs } = new Paygentic({
      apiKey: "sk_test_1",
      environment: "sandbox",
      fetch: mock.fetch,
    });
    const store = new SharedStore();
    const handled = new Set<string>();
    let calls = 0;
    let failures = 0;
    const onOutcome = async (outcome: QueueOutcome): Promise<void> => {
      await callback(calls++, outcome.event.idempotencyKey);
      handled.add(outcome.event.idempotencyKey);
    };
    for (let life = 0; life < LIVES; life++) {
      mock.fault({
        kind: "status",
        status: 503,
        retryAfter: 0,
        operation: "ingestEvent",
        times: 6,
      });
      mock.fault({ kind: "cut-connection", carriedOut: true, operation: "ingestEvent", times: 6 });
      const queue = events.queue({ store, onOutcome });
      for (let n = 0; n < PER_LIFE; n++) {
        const idempotencyKey = `event-${life}-${n}`;
        const timestamp = "2026-06-10T10:00:00Z";
        await queue.add({
          type: "call",
          source: "urn:a",
          subject: "c",
          idempotencyKey,
          timestamp,
          data: {},
        });
      }
      await queue.close({ deadline: expected.deadline }).catch((error) => {
        expect(error).toMatchObject({ code: "CALLBACK_FAILED" });
        failures++;
      });
    }
    const last = events.queue({
      store,
      onOutcome: ({ event }) => void handled.add(event.idempotencyKey),
    });
    await last.close();

    expect(failures).toBe(expected.failures);
    expect(handled.size).toBe(LIVES * PER_LIFE);
    expect(store.kept.size).toBe(0);
    const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
    const { totalQuantity } = await costs.summary("cst_1", june);
    expect(totalQuantity?.toString()).toBe(String(LIVES * PER_LIFE));
    expect(mock.requests.length).toBeGreaterThan(LIVES * PER_LIFE);
  },
);
