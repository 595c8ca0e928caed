import Anthropic from "@anthropic-ai/sdk";
import { meterClient, withSubject } from "metered-costs/ai";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { all, outcome, startMetering, withoutIds } from "./metering.ts";
import { type ProviderServer, startProviderServer } from "./provider-server.ts";

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

const openai = () => new OpenAI({ apiKey: "k", baseURL: `${server.url}/v1`, maxRetries: 0 });
const anthropic = () => new Anthropic({ apiKey: "k", baseURL: server.url, maxRetries: 0 });

const messages = [{ role: "user" as const, content: "Hello" }];
const chat = { model: "gpt-5", messages };
const input = { model: "gpt-5", input: "Hello" };
const message = { model: "claude-sonnet-4-5", max_tokens: 100, messages };
const WEATHER = { type: "object", properties: { city: { type: "string" } } } as const;

const CHAT_TOKENS = {
  inputTokens: 200,
  cachedInputTokens: 1000,
  inputAudioTokens: 0,
  outputTokens: 50,
  reasoningTokens: 250,
  outputAudioTokens: 0,
};
const RESPONSE_TOKENS = {
  inputTokens: 70,
  cachedInputTokens: 5,
  outputTokens: 162,
  reasoningTokens: 1024,
};
const MESSAGE_TOKENS = {
  inputTokens: 10,
  cachedInputTokens: 1000,
  cacheWriteTokens: 20,
  cacheWrite1hTokens: 50,
  outputTokens: 200,
};

interface Call<Client> {
  readonly name: string;
  readonly call: (client: Client) => Promise<unknown>;
  /** `data` of each event. */
  readonly events: readonly object[];
}

const OPENAI_CALLS: readonly Call<OpenAI>[] = [
  {
    name: "chat.completions.create",
    call: (client) => client.chat.completions.create(chat),
    events: [{ model: "gpt-5", provider: "openai", serviceTier: "standard", tokens: CHAT_TOKENS }],
  },
  {
    name: "chat.completions.create, with the response",
    call: async (client) => {
      const { data, response, request_id } = await client.chat.completions
        .create(chat)
        .withResponse();
      return { data, status: response.status, request_id };
    },
    events: [{ tokens: CHAT_TOKENS }],
  },
  {
    name: "chat.completions.create, awaited twice",
    call: async (client) => {
      const promise = client.chat.completions.create(chat);
      return [await promise, await promise];
    },
    events: [{ tokens: CHAT_TOKENS }],
  },
  {
    name: "chat.completions.parse",
    call: (client) =>
      client.chat.completions.parse({
        ...chat,
        response_format: {
          type: "json_schema",
          json_schema: { name: "ok", schema: { type: "object" } },
        },
      }),
    events: [{ tokens: CHAT_TOKENS }],
  },
  {
    name: "chat.completions.create, streamed",
    call: async (client) => all(await client.chat.completions.create({ ...chat, stream: true })),
    events: [{ model: "gpt-5", tokens: CHAT_TOKENS }],
  },
  {
    name: "chat.completions.create, streamed, with its own request for the usage",
    call: async (client) =>
      all(
        await client.chat.completions.create({
          ...chat,
          stream: true,
          stream_options: { include_usage: true },
        }),
      ),
    events: [{ tokens: CHAT_TOKENS }],
  },
  {
    name: "chat.completions.create, streamed and split in two",
    call: async (client) => {
      const stream = await client.chat.completions.create({ ...chat, stream: true });
      return Promise.all(stream.tee().map(all));
    },
    events: [{ tokens: CHAT_TOKENS }],
  },
  {
    name: "chat.completions.stream",
    call: (client) => client.chat.completions.stream(chat).finalChatCompletion(),
    events: [{ tokens: CHAT_TOKENS }],
  },
  {
    name: "chat.completions.runTools, two steps",
    call: (client) =>
      client.chat.completions
        .runTools({
          ...chat,
          tools: [
            {
              type: "function",
              function: {
                name: "weather",
                description: "The weather",
                parameters: WEATHER,
                function: () => "rain",
              },
            },
          ],
        })
        .finalContent(),
    events: [{ tokens: CHAT_TOKENS }, { tokens: CHAT_TOKENS }],
  },
  {
    name: "responses.create",
    call: (client) => client.responses.create(input),
    events: [{ provider: "openai", tokens: RESPONSE_TOKENS }],
  },
  {
    name: "responses.create, in the background",
    call: (client) => client.responses.create({ ...input, background: true }),
    events: [{ status: "usage-missing", model: "gpt-5" }],
  },
  {
    name: "responses.parse",
    call: (client) => client.responses.parse(input),
    events: [{ tokens: RESPONSE_TOKENS }],
  },
  {
    name: "responses.create, streamed",
    call: async (client) => all(await client.responses.create({ ...input, stream: true })),
    events: [{ tokens: RESPONSE_TOKENS }],
  },
  {
    name: "responses.stream",
    call: (client) => client.responses.stream(input).finalResponse(),
    events: [{ tokens: RESPONSE_TOKENS }],
  },
  {
    name: "responses.create, streamed, failing at its end",
    call: async (client) =>
      all(await client.responses.create({ ...input, model: "broken", stream: true })),
    events: [{ status: "failed", model: "broken" }],
  },
  {
    name: "embeddings.create",
    call: (client) =>
      client.embeddings.create({
        model: "text-embedding-3-small",
        input: "a",
        encoding_format: "float",
      }),
    events: [{ model: "text-embedding-3-small", tokens: { inputTokens: 8 } }],
  },
  {
    name: "a refused call",
    call: (client) => client.chat.completions.create({ ...chat, model: "refused" }),
    events: [],
  },
  {
    name: "a stream that is cut off",
    call: async (client) =>
      all(await client.chat.completions.create({ ...chat, model: "cut", stream: true })),
    events: [{ status: "failed", model: "cut" }],
  },
  {
    name: "a stream that the reader leaves",
    call: async (client) => {
      const stream = await client.chat.completions.create({ ...chat, stream: true });
      for await (const chunk of stream) return chunk;
      return undefined;
    },
    events: [{ status: "aborted", model: "gpt-5" }],
  },
  {
    name: "a stream that is aborted",
    call: async (client) => {
      const stream = await client.chat.completions.create({
        ...chat,
        model: "never",
        stream: true,
      });
      const chunks = [];
      for await (const chunk of stream) {
        chunks.push(chunk);
        if (chunks.length === 3) stream.controller.abort();
      }
      return chunks;
    },
    events: [{ status: "aborted", model: "never" }],
  },
  {
    name: "a stream that is aborted before it is read",
    call: async (client) => {
      const stream = await client.chat.completions.create({
        ...chat,
        model: "never",
        stream: true,
      });
      stream.controller.abort();
      return undefined;
    },
    events: [{ status: "aborted", model: "never" }],
  },
  {
    name: "a copy by withOptions",
    call: (client) => client.withOptions({ timeout: 5_000 }).chat.completions.create(chat),
    events: [{ tokens: CHAT_TOKENS }],
  },
];

const ANTHROPIC_CALLS: readonly Call<Anthropic>[] = [
  {
    name: "messages.create",
    call: (client) => client.messages.create(message),
    events: [
      {
        model: "claude-sonnet-4-5",
        provider: "anthropic",
        serviceTier: "standard",
        tokens: MESSAGE_TOKENS,
      },
    ],
  },
  {
    name: "messages.create, with the response",
    call: async (client) => {
      const { data, request_id } = await client.messages.create(message).withResponse();
      return { data, request_id };
    },
    events: [{ tokens: MESSAGE_TOKENS }],
  },
  {
    name: "messages.parse",
    call: (client) => client.messages.parse(message),
    events: [{ tokens: MESSAGE_TOKENS }],
  },
  {
    name: "messages.create, streamed",
    call: async (client) => all(await client.messages.create({ ...message, stream: true })),
    events: [{ tokens: MESSAGE_TOKENS }],
  },
  {
    name: "messages.stream",
    call: (client) => client.messages.stream(message).finalMessage(),
    events: [{ tokens: MESSAGE_TOKENS }],
  },
  {
    name: "beta.messages.create",
    call: (client) => client.beta.messages.create(message),
    events: [{ tokens: MESSAGE_TOKENS }],
  },
  {
    name: "beta.messages.toolRunner, two steps",
    call: (client) =>
      client.beta.messages
        .toolRunner({
          ...message,
          tools: [
            {
              type: "custom",
              name: "weather",
              description: "The weather",
              input_schema: WEATHER,
              run: () => "rain",
              parse: (given: unknown) => given,
            },
          ],
        })
        .runUntilDone(),
    events: [{ tokens: MESSAGE_TOKENS }, { tokens: MESSAGE_TOKENS }],
  },
  {
    name: "a refused call",
    call: (client) => client.messages.create({ ...message, model: "refused" }),
    events: [],
  },
  {
    name: "a stream that fails",
    call: async (client) =>
      all(await client.messages.create({ ...message, model: "broken", stream: true })),
    events: [
      {
        status: "failed",
        model: "broken",
        tokens: { ...MESSAGE_TOKENS, outputTokens: 1 },
      },
    ],
  },
  {
    name: "a stream that is cut off",
    call: async (client) =>
      all(await client.messages.create({ ...message, model: "cut", stream: true })),
    events: [{ status: "failed", tokens: { ...MESSAGE_TOKENS, outputTokens: 1 } }],
  },
  {
    name: "a stream that is aborted",
    call: async (client) => {
      const stream = client.messages.stream({ ...message, model: "never" });
      stream.on("text", () => stream.abort());
      return stream.finalMessage();
    },
    events: [{ status: "aborted", tokens: { ...MESSAGE_TOKENS, outputTokens: 1 } }],
  },
];

async function behavesAs<Client>(
  client: Client,
  metered: Client,
  { call, events }: Call<Client>,
): Promise<void> {
  const bodies = server.requests.length;
  const plain = await outcome(() => call(client));
  const between = server.requests.length;
  const same = await outcome(() => call(metered));
  expect(withoutIds(same)).toEqual(withoutIds(plain));
  expect(server.requests.slice(between)).toHaveLength(between - bodies);
  expect(await metering.counted()).toBe(events.length);
  expect(metering.events.map(({ data }) => data)).toEqual(
    events.map((each) => expect.objectContaining(each)),
  );
  expect(metering.errors).toEqual([]);
}

describe("openai", () => {
  test.each(OPENAI_CALLS)("$name", async (each) => {
    await behavesAs(
      openai(),
      meterClient(openai(), { ...metering.options, includeUsage: true }),
      each,
    );
  });

  test("has the response's id as the key, and an embedding a random one", async () => {
    const metered = meterClient(openai(), metering.options);
    const { id } = await metered.chat.completions.create(chat);
    const embedding = { model: "text-embedding-3-small", input: "a" };
    await metered.embeddings.create(embedding);
    await metered.embeddings.create(embedding);
    await metering.counted();
    const keys = metering.events.map(({ idempotencyKey }) => idempotencyKey);
    expect(keys[0]).toBe(id);
    expect(new Set(keys).size).toBe(3);
  });

  test("sends what it was given, unless it is to ask for the usage", async () => {
    const plain = meterClient(openai(), metering.options);
    await all(await plain.chat.completions.create({ ...chat, stream: true }));
    expect(server.requests.at(-1)).toEqual({ ...chat, stream: true });
    expect(await metering.counted()).toBe(1);
    expect(metering.events[0]?.data).toMatchObject({ status: "usage-missing", model: "gpt-5" });
    expect(metering.events[0]?.data).not.toHaveProperty("tokens");
    const asking = meterClient(openai(), { ...metering.options, includeUsage: true });
    const body = Object.freeze({ ...chat, stream: true } as const);
    await all(await asking.chat.completions.create(body));
    expect(server.requests.at(-1)).toEqual({ ...body, stream_options: { include_usage: true } });
  });

  test("takes the customer of the call, also in helpers", async () => {
    const metered = meterClient(openai(), metering.options);
    await metered.chat.completions.create(chat, withSubject("cus_2", { timeout: 9_000 }));
    await metered.chat.completions.stream(chat, withSubject("cus_3")).finalChatCompletion();
    await metered.responses.stream(input, withSubject("cus_4")).finalResponse();
    await metered.chat.completions.create(chat, withSubject({ externalSubject: "acme" }));
    await metered.chat.completions.create(chat);
    await metering.counted();
    expect(metering.events.map((event) => event.subject ?? event.externalSubject)).toEqual([
      "cus_2",
      "cus_3",
      "cus_4",
      "acme",
      "cus_1",
    ]);
  });

  test("asks for the customer where the call begins", async () => {
    const { AsyncLocalStorage } = await import("node:async_hooks");
    const customers = new AsyncLocalStorage<string>();
    const metered = meterClient(openai(), {
      ...metering.options,
      subject: () => customers.getStore(),
    });
    await Promise.all(
      ["cus_a", "cus_b"].map((customer) =>
        customers.run(customer, async () =>
          all(await metered.chat.completions.create({ ...chat, stream: true })),
        ),
      ),
    );
    await metering.counted();
    expect(metering.events.map(({ subject }) => subject).sort()).toEqual(["cus_a", "cus_b"]);
  });

  test("goes on without a customer, and reports it", async () => {
    const metered = meterClient(openai(), { ...metering.options, subject: () => undefined });
    expect((await metered.chat.completions.create(chat)).model).toBe("gpt-5");
    expect(await metering.counted()).toBe(0);
    expect(metering.errors).toEqual([
      expect.objectContaining({
        code: "INVALID_INPUT",
        issues: [expect.objectContaining({ path: ["subject"] })],
      }),
    ]);
  });

  test("goes on when everything about metering throws or never ends", async () => {
    const fail = (): never => {
      throw new Error("metering failed");
    };
    const { options } = metering;
    for (const broken of [
      { queue: { add: fail } },
      { queue: { add: () => new Promise<never>(() => undefined) } },
      { queue: { add: () => Promise.reject(new Error("full")) }, onError: fail },
      { subject: fail },
      { type: fail },
      { waitUntil: fail },
    ]) {
      const metered = meterClient(openai(), { ...options, ...broken });
      expect((await metered.chat.completions.create(chat)).model).toBe("gpt-5");
      const stream = await metered.chat.completions.create({ ...chat, stream: true });
      expect(await all(stream)).toHaveLength(4);
    }
    expect(metering.errors.length).toBeGreaterThan(0);
  });

  test("has a worker wait until the event of each call is in the queue", async () => {
    const works: Promise<void>[] = [];
    const metered = meterClient(openai(), {
      ...metering.options,
      waitUntil: (work) => works.push(work),
    });
    const stream = await metered.chat.completions.create({ ...chat, stream: true });
    const refused = metered.chat.completions.create({ ...chat, model: "refused" });
    await expect(refused).rejects.toThrow("no such model");
    expect(works).toHaveLength(2);
    await works[1];
    expect(metering.events).toHaveLength(0);
    await all(stream);
    await works[0];
    expect(metering.events).toHaveLength(1);
  });

  test("counts a stream that is aborted while its reader waits for something else", async () => {
    const metered = meterClient(openai(), metering.options);
    const stream = await metered.chat.completions.create({ ...chat, model: "never", stream: true });
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    stream.controller.abort();
    await vi.waitFor(() => expect(metering.events).toHaveLength(1));
    expect(metering.events[0]?.data).toMatchObject({ status: "aborted", model: "never" });
    expect(await all({ [Symbol.asyncIterator]: () => reader })).toEqual([]);
    expect(await metering.counted()).toBe(1);
  });

  test("leaves the client that it was given alone", async () => {
    const client = openai();
    meterClient(client, metering.options);
    await client.chat.completions.create(chat);
    expect(metering.events).toEqual([]);
    expect(Object.hasOwn(client, "post")).toBe(false);
  });
});

describe("@anthropic-ai/sdk", () => {
  test.each(ANTHROPIC_CALLS)("$name", async (each) => {
    await behavesAs(anthropic(), meterClient(anthropic(), metering.options), each);
  });

  test("counts no count of tokens, and takes the customer of the call", async () => {
    const metered = meterClient(anthropic(), metering.options);
    await metered.messages.countTokens({ model: "m", messages }).catch(() => undefined);
    const { id } = await metered.messages.create(message, withSubject("cus_2"));
    await metered.messages.stream(message, withSubject("cus_3")).finalMessage();
    expect(await metering.counted()).toBe(2);
    expect(metering.events.map(({ subject }) => subject)).toEqual(["cus_2", "cus_3"]);
    expect(metering.events[0]?.idempotencyKey).toBe(id);
  });
});

test("a hundred calls at once through a server that fails are each counted once", async () => {
  const metered = meterClient(openai(), { ...metering.options, includeUsage: true });
  await Promise.all(
    Array.from({ length: 100 }, async (_, at) =>
      at % 2 === 0
        ? metered.chat.completions.create(chat)
        : all(await metered.chat.completions.create({ ...chat, stream: true })),
    ),
  );
  expect(await metering.counted()).toBe(100);
  expect(metering.events).toHaveLength(100);
});
