// Compiled, never run: what must and must not compile with the real packages.

import { createOpenAI as createOpenAI5 } from "@ai-sdk/openai-5";
import { createOpenAI as createOpenAI6 } from "@ai-sdk/openai-6";
import { createOpenAI as createOpenAI7 } from "@ai-sdk/openai-7";
import Anthropic from "@anthropic-ai/sdk";
import { BatchSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-base";
import { generateText as generateText5 } from "ai-5";
import { generateText as generateText6 } from "ai-6";
import { generateText as generateText7 } from "ai-7";
import type { EventQueue } from "metered-costs";
import { MeteringSpanExporter, meterClient, meterModel, withSubject } from "metered-costs/ai";
import OpenAI, { AzureOpenAI } from "openai";

declare const queue: EventQueue;
const options = { queue, type: "llm.completion", source: "urn:test", subject: "cus_1" };
const messages = [{ role: "user" as const, content: "Hello" }];

export const openai: OpenAI = meterClient(new OpenAI(), options);
export const azure: AzureOpenAI = meterClient(new AzureOpenAI(), options);
export const anthropic: Anthropic = meterClient(new Anthropic(), options);

export async function calls(): Promise<void> {
  const completion = await meterClient(new OpenAI(), options).chat.completions.create(
    { model: "gpt-5", messages },
    withSubject("cus_2"),
  );
  completion.usage?.prompt_tokens satisfies number | undefined;
  await openai.chat.completions.create(
    { model: "m", messages },
    withSubject("cus_2", { timeout: 1 }),
  );
  await anthropic.messages.create(
    { model: "m", max_tokens: 1, messages },
    withSubject({ externalSubject: "acme" }),
  );
  // @ts-expect-error a timeout is a number
  await openai.chat.completions.create(
    { model: "m", messages },
    withSubject("c", { timeout: "1" }),
  );
  // @ts-expect-error the wrapped client has the methods of the client, and no others
  await openai.messages.create({});
  await generateText5({ model: meterModel(createOpenAI5()("gpt-5"), options), prompt: "" });
  await generateText6({ model: meterModel(createOpenAI6()("gpt-5"), options), prompt: "" });
  await generateText7({ model: meterModel(createOpenAI7()("gpt-5"), options), prompt: "" });
}

// @ts-expect-error a queue is required
meterClient(new OpenAI(), { type: "t", source: "s" });
// @ts-expect-error an option by another name
meterClient(new OpenAI(), { ...options, includeUsages: true });
// @ts-expect-error a function is no client
meterClient(fetch, options);
// @ts-expect-error the name of a model is no model
meterModel("gpt-5", options);
// @ts-expect-error only streams of clients are asked for their usage
meterModel(createOpenAI7()("gpt-5"), { ...options, includeUsage: true });
// @ts-expect-error data has no member that is written for you
meterClient(new OpenAI(), { ...options, data: { model: "mine" } });

export const exporter: SpanExporter = new MeteringSpanExporter({
  ...options,
  subject: (span) => String(span.attributes["user.id"]),
});
export const processor = new BatchSpanProcessor(exporter);
// @ts-expect-error spans have no subject by themselves
new MeteringSpanExporter({ queue, type: "t", source: "s" });
