import { type EventIngestParams, type EventQueue, Paygentic } from "metered-costs";
import { createMockPaygentic } from "metered-costs/mock";

const RANGE = { from: "2020-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" };

/** A queue whose server fails 30 % of requests, half of them after it took the event. */
export function startMetering() {
  const mock = createMockPaygentic({
    costs: [
      {
        id: "cst_calls",
        type: "metered",
        name: "calls",
        unitCost: 1,
        currency: "USD",
        productId: "prod_1",
        eventType: "llm.completion",
        aggregation: "COUNT",
      },
    ],
    faults: [
      { kind: "status", status: 503, rate: 0.15, seed: 3, operation: "ingestEvent" },
      {
        kind: "status",
        status: 503,
        rate: 0.18,
        seed: 4,
        operation: "ingestEvent",
        carriedOut: true,
      },
    ],
  });
  const paygentic = new Paygentic({
    apiKey: "sk_test_1",
    environment: "sandbox",
    fetch: mock.fetch,
  });
  const events: EventIngestParams[] = [];
  const errors: unknown[] = [];
  const queue = paygentic.events.queue();
  return {
    /** What was added, in its order. */
    events,
    /** What went wrong with metering. */
    errors,
    options: {
      queue: {
        add: (event: EventIngestParams) => {
          events.push(event);
          return queue.add(event);
        },
      } satisfies Pick<EventQueue, "add">,
      type: "llm.completion",
      source: "urn:test",
      subject: "cus_1",
      onError: (error: unknown) => errors.push(error),
    },
    /** How many events the server counted, after all were sent. */
    async counted(): Promise<number> {
      await queue.flush();
      const summary = await paygentic.costs.summary("cst_calls", RANGE);
      return Number(summary.totalQuantity);
    },
    close: () => queue.close(),
  };
}

/** What an attempt gives: a value, or the error without what differs from call to call. */
export async function outcome(attempt: () => Promise<unknown>): Promise<unknown> {
  try {
    return { value: await attempt() };
  } catch (error) {
    const { name, message, status } = error as Error & { status?: number };
    return { error: name, message, status };
  }
}

/** The same without ids, which differ from call to call. */
export function withoutIds(value: unknown): unknown {
  return JSON.parse(
    (JSON.stringify(value) ?? "null").replace(
      /(chatcmpl-|resp_|msg_|aitxt-|req_)[A-Za-z0-9]+/g,
      "$1",
    ),
  );
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(structuredClone(item));
  return list;
}
