import { SpanStatusCode } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { MeteringSpanExporter, priceTable } from "metered-costs/ai";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startMetering } from "./metering.ts";

let metering: ReturnType<typeof startMetering>;
beforeEach(() => {
  metering = startMetering();
});
afterEach(() => metering.close());

const CHAT = {
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "openai",
  "gen_ai.request.model": "gpt-5",
  "gen_ai.response.model": "gpt-5-2025-08-07",
  "gen_ai.response.id": "chatcmpl-1",
  "gen_ai.usage.input_tokens": 1200,
  "gen_ai.usage.cache_read.input_tokens": 1000,
  "gen_ai.usage.output_tokens": 300,
  "user.id": "cus_7",
};
const bySpan = (span: { attributes: Readonly<Record<string, unknown>> }) =>
  span.attributes["user.id"] as string | undefined;

function tracing(exporter: MeteringSpanExporter) {
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  return { provider, tracer: provider.getTracer("test") };
}

test("spans of model calls become events, and no others", async () => {
  const prices = priceTable(
    { "gpt-5*": { inputTokens: "1.25", cachedInputTokens: "0.125", outputTokens: "10" } },
    { per: 1_000_000, currency: "USD" },
  );
  const { provider, tracer } = tracing(
    new MeteringSpanExporter({ ...metering.options, prices, subject: bySpan }),
  );
  const agent = { ...CHAT, "gen_ai.operation.name": "invoke_agent" };
  tracer.startSpan("invoke_agent", { attributes: agent }).end();
  tracer.startSpan("GET /").end();
  const startTime = new Date("2026-06-01T12:00:00Z");
  const span = tracer.startSpan("chat gpt-5", { attributes: CHAT, startTime });
  span.end(new Date("2026-06-01T12:00:00.250Z"));
  await provider.forceFlush();
  expect(await metering.counted()).toBe(1);
  const { traceId, spanId } = span.spanContext();
  expect(metering.events).toEqual([
    {
      type: "llm.completion",
      source: "urn:test",
      subject: "cus_7",
      timestamp: new Date("2026-06-01T12:00:00.250Z"),
      idempotencyKey: `${traceId}-${spanId}`,
      data: {
        provider: "openai",
        model: "gpt-5-2025-08-07",
        requestId: "chatcmpl-1",
        tokens: { inputTokens: 200, cachedInputTokens: 1000, outputTokens: 300 },
        amount: "0.003375",
        currency: "USD",
      },
    },
  ]);
  expect(metering.errors).toEqual([]);
  await provider.shutdown();
});

test("a span that is exported twice counts once", async () => {
  const exporters = [1, 2].map(
    () => new MeteringSpanExporter({ ...metering.options, subject: bySpan }),
  );
  const provider = new BasicTracerProvider({
    spanProcessors: exporters.map((exporter) => new SimpleSpanProcessor(exporter)),
  });
  const tracer = provider.getTracer("test");
  for (let at = 0; at < 20; at++) tracer.startSpan("chat", { attributes: CHAT }).end();
  await provider.forceFlush();
  expect(metering.events).toHaveLength(40);
  expect(await metering.counted()).toBe(20);
  await provider.shutdown();
});

test("an error and missing usage are reported as what they are", async () => {
  const { provider, tracer } = tracing(
    new MeteringSpanExporter({ ...metering.options, subject: bySpan }),
  );
  const { "gen_ai.usage.input_tokens": _in, "gen_ai.usage.output_tokens": _out, ...rest } = CHAT;
  tracer.startSpan("chat", { attributes: rest }).end();
  const failed = tracer.startSpan("chat", { attributes: CHAT });
  failed.setStatus({ code: SpanStatusCode.ERROR, message: "timeout" });
  failed.end();
  await provider.forceFlush();
  expect(await metering.counted()).toBe(2);
  expect(metering.events.map(({ data }) => data)).toEqual([
    expect.objectContaining({ status: "usage-missing", model: "gpt-5-2025-08-07" }),
    expect.objectContaining({ status: "failed", tokens: expect.anything() }),
  ]);
  await provider.shutdown();
});

test("an export fails when an event cannot be added, and says why to onError", async () => {
  const exporter = new MeteringSpanExporter({ ...metering.options, subject: bySpan });
  const { provider, tracer } = tracing(exporter);
  const { "user.id": _, ...nobody } = CHAT;
  tracer.startSpan("chat", { attributes: nobody }).end();
  await provider.forceFlush().catch(() => undefined);
  expect(await metering.counted()).toBe(0);
  expect(metering.errors).toEqual([expect.objectContaining({ code: "INVALID_INPUT" })]);
  await provider.shutdown();
  const codes: number[] = [];
  exporter.export([], ({ code }) => codes.push(code));
  expect(codes).toEqual([1]);
});

test("counts that contradict each other are reported, and the event says that usage is missing", async () => {
  const exporter = new MeteringSpanExporter({ ...metering.options, subject: bySpan });
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const attributes = { ...CHAT, "gen_ai.usage.cache_read.input_tokens": 1300 };
  provider.getTracer("test").startSpan("chat gpt-5", { attributes }).end();
  await provider.forceFlush();
  expect(await metering.counted()).toBe(1);
  expect(metering.events[0]?.data).toMatchObject({ status: "usage-missing" });
  expect(metering.errors).toEqual([
    expect.objectContaining({
      message: expect.stringContaining("gen_ai.usage.input_tokens is 1200, which is less"),
    }),
  ]);
  await provider.shutdown();
});
