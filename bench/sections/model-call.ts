/** What metering adds to a call of a model's client: a fetch that answers at once, a queue that takes events at once. */
import type { MeterClientOptions } from "metered-costs/ai";
import type { Contestant, Section, Workload } from "../section.ts";
import { size } from "../section.ts";

const USAGE = {
  prompt_tokens: 1200,
  completion_tokens: 300,
  total_tokens: 1500,
  prompt_tokens_details: { cached_tokens: 1000, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 250, audio_tokens: 0 },
};
const ABOUT = { id: "chatcmpl-1", created: 1_741_569_952, model: "gpt-5" };
const COMPLETION = JSON.stringify({
  ...ABOUT,
  object: "chat.completion",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "Hello. ".repeat(50) },
      finish_reason: "stop",
    },
  ],
  usage: USAGE,
});
const chunk = (choices: readonly object[], usage: object | null) =>
  `data: ${JSON.stringify({ ...ABOUT, object: "chat.completion.chunk", choices, usage })}\n\n`;
const STREAM = [
  ...Array.from({ length: 50 }, () =>
    chunk([{ index: 0, delta: { content: "Hello. " }, finish_reason: null }], null),
  ),
  chunk([{ index: 0, delta: {}, finish_reason: "stop" }], null),
  chunk([], USAGE),
  "data: [DONE]\n\n",
].join("");

const METERING: MeterClientOptions = {
  queue: { add: async () => ({ idempotencyKey: "", timestamp: new Date(0) }) },
  type: "llm.completion",
  source: "urn:example:bench",
  subject: "cus_1",
};

function calling(workload: Workload, name: string, isStreamed: boolean): Contestant {
  const calls = size(isStreamed ? 200 : 1_000, workload);
  const isOurs = name === "metered";
  return {
    name,
    needs: "openai",
    isOurs,
    expected: undefined,
    async prepare() {
      const { default: OpenAI } = await import("openai");
      const { meterClient } = await import("metered-costs/ai");
      const client = new OpenAI({
        apiKey: "k",
        fetch: async () =>
          new Response(isStreamed ? STREAM : COMPLETION, {
            headers: { "content-type": isStreamed ? "text/event-stream" : "application/json" },
          }),
      });
      const used = isOurs ? meterClient(client, METERING) : client;
      const body = { model: "gpt-5", messages: [{ role: "user" as const, content: "Hello" }] };
      const call = isStreamed
        ? async () => {
            let chunks = 0;
            const stream = await used.chat.completions.create({
              ...body,
              stream: true,
              stream_options: { include_usage: true },
            });
            for await (const _ of stream) chunks++;
            return chunks;
          }
        : () => used.chat.completions.create(body);
      return async () => {
        for (let done = 0; done < calls; done++) await call();
        return { rows: [] };
      };
    },
  };
}

/** Many short rounds in turn, so that a disturbance of the machine is in a few of them, for both alike. */
const ROUNDS = 31;
const LIMITS = [{ of: "metered", against: "openai", atMostOfTime: 1.1 }] as const;

export const modelCallSections: readonly Section[] = [
  {
    name: "model-call",
    title: "1,000 chat completions by the client of openai, one after the other",
    limits: LIMITS,
    rounds: ROUNDS,
    keepsGarbage: true,
    needsPackages: true,
    contestants: async (workload) => [
      calling(workload, "openai", false),
      calling(workload, "metered", false),
    ],
  },
  {
    name: "model-call-streamed",
    title: "200 streamed chat completions of 52 chunks by the client of openai",
    limits: LIMITS,
    rounds: ROUNDS,
    keepsGarbage: true,
    needsPackages: true,
    contestants: async (workload) => [
      calling(workload, "openai", true),
      calling(workload, "metered", true),
    ],
  },
];
