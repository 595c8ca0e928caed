import type { CostEvent, EventIngestParams, EventReceipt, IngestResult } from "metered-costs";
import {
  CostSummarizer,
  type EventCounts,
  type SummarizerState,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expectTypeOf, test } from "vitest";
import { grouped, paygentic, RANGE } from "./fixtures.ts";

const SENT = { type: "api.call", source: "urn:example:gateway", data: { tokens: 3 } };

declare const events: EventIngestParams[];
declare const stream: AsyncIterable<EventIngestParams>;
declare const generated: Generator<EventIngestParams>;
declare const lines: AsyncIterable<string>;

describe("an event to send", () => {
  test("needs a subject or an externalSubject", () => {
    paygentic.events.ingest({ ...SENT, subject: "cus_1" });
    paygentic.events.ingest({ ...SENT, externalSubject: "customer-1" });
    paygentic.events.ingest({ ...SENT, subject: "cus_1", externalSubject: "customer-1" });
    paygentic.events.ingest({ ...SENT, subject: null, externalSubject: "customer-1" });
    paygentic.events.ingest({ ...SENT, subject: "cus_1", externalSubject: undefined });
    // @ts-expect-error whose usage is it?
    paygentic.events.ingest(SENT);
    // @ts-expect-error whose usage is it?
    paygentic.events.ingest({ ...SENT, subject: undefined });
    // @ts-expect-error whose usage is it?
    paygentic.events.ingest({ ...SENT, subject: null, externalSubject: undefined });
  });

  test("needs a type, a source and data", () => {
    // @ts-expect-error no type
    paygentic.events.ingest({ source: "urn:x", data: {}, subject: "cus_1" });
    // @ts-expect-error no source
    paygentic.events.ingest({ type: "api.call", data: {}, subject: "cus_1" });
    // @ts-expect-error no data
    paygentic.events.ingest({ type: "api.call", source: "urn:x", subject: "cus_1" });
    // @ts-expect-error text is no object
    paygentic.events.ingest({ ...SENT, data: "{}", subject: "cus_1" });
    // @ts-expect-error null is no object
    paygentic.events.ingest({ ...SENT, data: null, subject: "cus_1" });
  });

  test("has data of any interface", () => {
    interface Usage {
      readonly model: string;
      readonly tokens?: number;
    }
    const data: Usage = { model: "large" };
    paygentic.events.ingest({ ...SENT, data, subject: "cus_1" });
  });

  test("has a time as Date or text", () => {
    paygentic.events.ingest({ ...SENT, subject: "cus_1", timestamp: new Date() });
    paygentic.events.ingest({ ...SENT, subject: "cus_1", timestamp: "2026-06-01T00:00:00Z" });
    // @ts-expect-error milliseconds are no time
    paygentic.events.ingest({ ...SENT, subject: "cus_1", timestamp: Date.now() });
    // @ts-expect-error an absent time is undefined
    paygentic.events.ingest({ ...SENT, subject: "cus_1", timestamp: null });
  });

  test("may say null or undefined for what is absent", () => {
    const event: EventIngestParams = {
      ...SENT,
      subject: "cus_1",
      externalSubject: null,
      namespace: null,
      timestamp: undefined,
      idempotencyKey: null,
      externalId: undefined,
    };
    paygentic.events.ingest(event);
  });

  test("is refused with a field that the API does not know", () => {
    // @ts-expect-error values are in data
    paygentic.events.ingest({ ...SENT, subject: "cus_1", value: 3 });
  });
});

describe("many events to send", () => {
  test("are any iterable of events", () => {
    paygentic.events.ingestAll(events);
    paygentic.events.ingestAll(stream);
    paygentic.events.ingestAll(generated);
    paygentic.events.ingestAll(new Set(events));
    // @ts-expect-error text is no event
    paygentic.events.ingestAll(lines);
    // @ts-expect-error one event is not many
    paygentic.events.ingestAll(events[0]);
  });

  test("come to counts and outcomes", () => {
    expectTypeOf(paygentic.events.ingestAll(events)).resolves.toEqualTypeOf<IngestResult>();
    expectTypeOf<IngestResult>().toHaveProperty("accepted").toEqualTypeOf<number>();
  });

  test("have outcomes that are told apart by their result", async () => {
    const { outcomes = [] } = await paygentic.events.ingestAll(events, { outcomes: "all" });
    for (const outcome of outcomes) {
      if (outcome.result === "accepted") {
        expectTypeOf(outcome.receipt).toEqualTypeOf<EventReceipt>();
      } else {
        expectTypeOf(outcome.error.code).toExtend<string>();
        // @ts-expect-error no receipt for what was not taken
        outcome.receipt;
      }
    }
  });
});

describe("an event of a log", () => {
  test("is what is sent, and less", () => {
    expectTypeOf<EventIngestParams>().toExtend<CostEvent>();
    const event: CostEvent = { type: "api.call", data: {} };
    summarizeCost(grouped, [event, ...events], RANGE);
  });

  test("may say null for what is absent, but not for its time", () => {
    const event: CostEvent = {
      type: "api.call",
      data: {},
      source: null,
      subject: null,
      externalSubject: null,
      namespace: null,
      timestamp: undefined,
      idempotencyKey: null,
    };
    summarizeCost(grouped, [event], RANGE);
    // @ts-expect-error an absent time is undefined
    summarizeCost(grouped, [{ ...event, timestamp: null }], RANGE);
    // @ts-expect-error milliseconds are no time
    summarizeCost(grouped, [{ ...event, timestamp: 0 }], RANGE);
  });

  test("is read from any iterable that needs no waiting", () => {
    summarizeCost(grouped, generated, RANGE);
    summarizeCost(grouped, new Set(events), RANGE);
    // @ts-expect-error it cannot wait
    summarizeCost(grouped, stream, RANGE);
    // @ts-expect-error text is no event
    summarizeCost(grouped, ["{}"], RANGE);
  });
});

describe("a summary in the making", () => {
  test("takes events and parts, and gives its state", () => {
    const summarizer = new CostSummarizer(grouped, RANGE);
    expectTypeOf(summarizer.add).toEqualTypeOf<(event: CostEvent) => void>();
    expectTypeOf(summarizer.merge).toEqualTypeOf<(state: SummarizerState) => void>();
    expectTypeOf(summarizer.state()).toEqualTypeOf<SummarizerState>();
    expectTypeOf(summarizer.events).toEqualTypeOf<EventCounts>();
    // @ts-expect-error counted, not set
    summarizer.events = { read: 0, used: 0, invalid: 0, withoutValue: 0, withoutTime: 0 };
    // @ts-expect-error a number is no event
    summarizer.add(3);
  });

  test("has parameters of its own for its dimensions", () => {
    expectTypeOf<CostSummarizer>().toEqualTypeOf<CostSummarizer<string, string>>();
    expectTypeOf<CostSummarizer<"model">>().toEqualTypeOf<CostSummarizer<"model", "model">>();
    // @ts-expect-error what is grouped by is a dimension
    type Wrong = CostSummarizer<"model", "modle">;
    expectTypeOf<Wrong>().not.toBeAny();
  });
});
