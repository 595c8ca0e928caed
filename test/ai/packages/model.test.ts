import { createAnthropic as createAnthropic5 } from "@ai-sdk/anthropic-5";
import { createAnthropic as createAnthropic6 } from "@ai-sdk/anthropic-6";
import { createAnthropic as createAnthropic7 } from "@ai-sdk/anthropic-7";
import { createOpenAI as createOpenAI5 } from "@ai-sdk/openai-5";
import { createOpenAI as createOpenAI6 } from "@ai-sdk/openai-6";
import { createOpenAI as createOpenAI7 } from "@ai-sdk/openai-7";
import * as ai5 from "ai-5";
import * as ai6 from "ai-6";
import * as ai7 from "ai-7";
import { type MeterableModel, meterModel, type TokenCounts, tokenUsage } from "metered-costs/ai";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { all, outcome, startMetering, withoutIds } from "./metering.ts";
import { type ProviderServer, startProviderServer } from "./provider-server.ts";

// The warnings are about the names of the models.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

let server: ProviderServer;
let metering: ReturnType<typeof startMetering>;
beforeAll(async () => {
  server = await startProviderServer();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  metering = startMetering();
});
afterEach(() => metering.close());

/** The functions of `ai` that are used here: the same in all versions, but not by their types. */
interface Ai {
  generateText(options: object): Promise<Result>;
  streamText(options: object): Streamed;
  stepCountIs?(count: number): unknown;
  isStepCount?(count: number): unknown;
  tool(definition: object): unknown;
  wrapLanguageModel(options: object): MeterableModel;
}
interface Result {
  readonly text: string;
  readonly steps: readonly unknown[];
  readonly response: { readonly id: string };
}
interface Streamed {
  readonly fullStream: AsyncIterable<{ readonly type: string }>;
  readonly textStream: AsyncIterable<string>;
}
interface Version {
  readonly version: string;
  readonly ai: Ai;
  readonly openai: (settings: { apiKey: string; baseURL: string }) => {
    chat(model: string): MeterableModel;
    responses(model: string): MeterableModel;
  };
  readonly anthropic: (settings: {
    apiKey: string;
    baseURL: string;
  }) => (model: string) => MeterableModel;
}
const VERSIONS: readonly Version[] = [
  { version: "5", ai: ai5 as never, openai: createOpenAI5, anthropic: createAnthropic5 },
  { version: "6", ai: ai6 as never, openai: createOpenAI6, anthropic: createAnthropic6 },
  { version: "7", ai: ai7 as never, openai: createOpenAI7, anthropic: createAnthropic7 },
];

const settings = () => ({ apiKey: "k", baseURL: `${server.url}/v1` });
const CHAT = {
  provider: "openai",
  tokens: expect.objectContaining({
    inputTokens: 200,
    cachedInputTokens: 1000,
    outputTokens: 50,
    reasoningTokens: 250,
  }),
};
const RESPONSE = {
  provider: "openai",
  tokens: expect.objectContaining({
    inputTokens: 70,
    cachedInputTokens: 5,
    outputTokens: 162,
    reasoningTokens: 1024,
  }),
};
const MESSAGE = {
  provider: "anthropic",
  tokens: {
    inputTokens: 10,
    cachedInputTokens: 1000,
    cacheWriteTokens: 20,
    cacheWrite1hTokens: 50,
    outputTokens: 200,
  },
};

/** Parts of a stream without what differs from call to call: times and made-up ids. */
const steady = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(withoutIds(value)), (name, member) =>
    /^(?:timestamp|date|headers|performance|callId|messageId|id|warnings)$/.test(name) ||
    /Ms$|PerSecond$/.test(name)
      ? undefined
      : member,
  );

describe.each(VERSIONS)("ai $version", ({ ai, openai, anthropic }) => {
  const models = {
    "OpenAI chat": { make: (name: string) => openai(settings()).chat(name), data: CHAT },
    "OpenAI responses": {
      make: (name: string) => openai(settings()).responses(name),
      data: RESPONSE,
    },
    Anthropic: { make: (name: string) => anthropic(settings())(name), data: MESSAGE },
  };

  describe.each(Object.entries(models))("%s", (_, { make, data }) => {
    const metered = (name: string) => meterModel(make(name), metering.options);
    const common = { prompt: "Hello", maxRetries: 0, onError: () => undefined };

    async function behaves(
      call: (model: MeterableModel) => Promise<unknown>,
      name: string,
      events: readonly object[],
    ): Promise<void> {
      const plain = await outcome(() => call(make(name)));
      const between = server.requests.length;
      const same = await outcome(() => call(metered(name)));
      expect(steady(same)).toEqual(steady(plain));
      expect(server.requests.slice(between)).toHaveLength(events.length);
      expect(await metering.counted()).toBe(events.length);
      expect(metering.events.map((event) => event.data)).toEqual(
        events.map((each) => expect.objectContaining(each)),
      );
      expect(metering.errors).toEqual([]);
    }

    test("generateText", async () => {
      const call = async (model: MeterableModel) => {
        const { text, steps } = await ai.generateText({ ...common, model });
        return { text, steps };
      };
      await behaves(call, "m-1", [{ ...data, model: "m-1" }]);
    });

    test("streamText", async () => {
      const call = (model: MeterableModel) => all(ai.streamText({ ...common, model }).fullStream);
      await behaves(call, "m-1", [{ ...data, model: "m-1" }]);
    });

    test.each(["generateText", "streamText"] as const)(
      "%s with a tool, two steps",
      async (name) => {
        const stopWhen = (ai.isStepCount ?? ai.stepCountIs)?.(5);
        const call = async (model: MeterableModel) => {
          const tools = {
            weather: ai.tool({
              description: "The weather",
              inputSchema: z.object({ city: z.string() }),
              execute: async () => "rain",
            }),
          };
          const options = { ...common, model, stopWhen, tools };
          if (name === "streamText") return all(ai.streamText(options).fullStream);
          const { text, steps } = await ai.generateText(options);
          return { text, steps: steps.length };
        };
        await behaves(call, "m-1", [data, data]);
      },
    );

    test("a refused call", async () => {
      const plain = await outcome(() => ai.generateText({ ...common, model: make("refused") }));
      const same = await outcome(() => ai.generateText({ ...common, model: metered("refused") }));
      expect(same).toEqual(plain);
      expect(await metering.counted()).toBe(0);
    });

    test("a stream that is cut off", async () => {
      const call = (model: MeterableModel) =>
        all(ai.streamText({ ...common, model }).fullStream).then((parts) =>
          parts.map(({ type }) => type),
        );
      await behaves(call, "cut", [{ status: "failed", model: "cut" }]);
    });

    test("a stream that is aborted", async () => {
      const controller = new AbortController();
      const { fullStream } = ai.streamText({
        ...common,
        model: metered("never"),
        abortSignal: controller.signal,
      });
      await outcome(async () => {
        for await (const { type } of fullStream) if (type === "text-start") controller.abort();
      });
      expect(await metering.counted()).toBe(1);
      expect(metering.events[0]?.data).toMatchObject({ status: "aborted", model: "never" });
    });

    test("takes the customer of the call, and the key of the response", async () => {
      const { response } = await ai.generateText({
        ...common,
        model: metered("m-1"),
        providerOptions: { meteredCosts: { subject: "cus_2" } },
      });
      await metering.counted();
      expect(metering.events).toEqual([
        expect.objectContaining({ subject: "cus_2", idempotencyKey: response.id }),
      ]);
    });

    test("works within other middleware, and with it around", async () => {
      const model = ai.wrapLanguageModel({ model: metered("m-1"), middleware: {} });
      await ai.generateText({ ...common, model });
      await ai.generateText({
        ...common,
        model: meterModel(
          ai.wrapLanguageModel({ model: make("m-1"), middleware: {} }),
          metering.options,
        ),
      });
      expect(await metering.counted()).toBe(2);
    });

    test("tokenUsage reads of the result what the event has", async () => {
      const usage = tokenUsage(await ai.generateText({ ...common, model: metered("m-1") }));
      await metering.counted();
      const [{ data: sent } = { data: {} }] = metering.events;
      const { tokens } = sent as { tokens: TokenCounts };
      const outputOf = ({ outputTokens = 0, reasoningTokens = 0 }: TokenCounts) =>
        outputTokens + reasoningTokens;
      expect(usage).toMatchObject({
        provider: data.provider,
        model: "m-1",
        inputTokens: tokens.inputTokens,
        cachedInputTokens: tokens.cachedInputTokens,
      });
      expect(outputOf(usage)).toBe(outputOf(tokens));
    });
  });
});
