import type {
  AddedEvent,
  AnyCostsError,
  EventIngestParams,
  EventQueue,
  EventReceipt,
  EventStore,
  QueueOptions,
  QueueStats,
} from "metered-costs";
import { sqliteStore } from "metered-costs/sqlite";
import { describe, expectTypeOf, test } from "vitest";
import { paygentic } from "./fixtures.ts";

declare const queue: EventQueue;
declare const event: EventIngestParams;

describe("a queue", () => {
  test("may be made without options, and with all of them undefined", () => {
    expectTypeOf(paygentic.events.queue()).toEqualTypeOf<EventQueue>();
    const options: QueueOptions = {
      concurrency: undefined,
      limit: undefined,
      maxAge: undefined,
      ordered: undefined,
      store: undefined,
      onOutcome: undefined,
      waitUntil: undefined,
      signal: undefined,
      timeout: undefined,
      headers: undefined,
    };
    paygentic.events.queue(options);
  });

  test("refuses options that it has not", () => {
    // @ts-expect-error it is maxAge that ends retries
    paygentic.events.queue({ maxRetries: 3 });
    // @ts-expect-error the option is called concurrency
    paygentic.events.queue({ concurency: 3 });
    // @ts-expect-error a store, not its path
    paygentic.events.queue({ store: "events.sqlite" });
  });

  test("takes events as ingest does, and gives their key and time", () => {
    expectTypeOf(queue.add(event)).resolves.toEqualTypeOf<AddedEvent>();
    queue.add(event, { signal: new AbortController().signal });
    // @ts-expect-error whose usage is it?
    queue.add({ type: "e", source: "urn:x", data: {} });
    // @ts-expect-error one event at a time
    queue.add([event]);
  });

  test("flushes and closes within a deadline, and comes to stats", () => {
    expectTypeOf(queue.flush({ deadline: 1_000 })).resolves.toEqualTypeOf<QueueStats>();
    expectTypeOf(queue.close()).resolves.toEqualTypeOf<QueueStats>();
    expectTypeOf(queue.stats.size).toEqualTypeOf<number>();
    // @ts-expect-error counted, not set
    queue.stats.size = 0;
    // @ts-expect-error milliseconds are in an object
    queue.close(1_000);
  });

  test("can be used with await using", () => {
    expectTypeOf(queue).toExtend<AsyncDisposable>();
  });

  test("tells outcomes apart by their result", () => {
    paygentic.events.queue({
      onOutcome: (outcome) => {
        expectTypeOf(outcome.event.idempotencyKey).toEqualTypeOf<string>();
        expectTypeOf(outcome.event).toExtend<EventIngestParams>();
        if (outcome.result === "accepted") {
          expectTypeOf(outcome.receipt).toEqualTypeOf<EventReceipt>();
        } else {
          expectTypeOf(outcome.error).toEqualTypeOf<AnyCostsError>();
          // @ts-expect-error no receipt for what was not taken
          outcome.receipt;
        }
      },
    });
  });
});

describe("a store", () => {
  test("in a SQLite file has a path", () => {
    expectTypeOf(sqliteStore({ path: "events.sqlite" })).toEqualTypeOf<EventStore>();
    // @ts-expect-error the path is in an object
    sqliteStore("events.sqlite");
    // @ts-expect-error a file has a path
    sqliteStore({});
  });
});
