import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Fields = Record<string, unknown>;

/** What a provider answers: JSON, or events of a stream that may be cut off or never end. */
type Answer =
  | { readonly status?: number; readonly json: unknown }
  | {
      readonly events: readonly { readonly event?: string; readonly data: unknown }[];
      readonly end?: "done" | "plain" | "cut" | "never";
    };

/**
 * An HTTP server that answers in the wire formats of OpenAI and Anthropic. The request's `model` says what happens:
 * `cut` and `never` end a stream in its middle or not at all, `refused` is a 400, `broken` fails within a stream.
 * A request whose messages have no result of a tool is answered with a call of the tool when it offers one.
 */
export interface ProviderServer extends AsyncDisposable {
  readonly url: string;
  /** The bodies of all requests, in their order. */
  readonly requests: readonly Fields[];
}

export async function startProviderServer(): Promise<ProviderServer> {
  const requests: Fields[] = [];
  let calls = 0;
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      requests.push(body);
      const route = (request.url ?? "").split("?", 1)[0] ?? "";
      send(response, answerTo(route, body, ++calls));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Fields> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return JSON.parse(Buffer.concat(pieces).toString() || "{}");
}

function send(response: ServerResponse, answer: Answer): void {
  if ("json" in answer) {
    response.writeHead(answer.status ?? 200, {
      "content-type": "application/json",
      "x-request-id": "req_1",
      "request-id": "req_1",
    });
    response.end(JSON.stringify(answer.json));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const { event, data } of answer.events) {
    if (event !== undefined) response.write(`event: ${event}\n`);
    response.write(`data: ${JSON.stringify(data)}\n\n`);
  }
  if (answer.end === "done") response.write("data: [DONE]\n\n");
  if (answer.end === "cut") setTimeout(() => response.destroy(), 20);
  else if (answer.end !== "never") response.end();
}

function answerTo(route: string, body: Fields, call: number): Answer {
  if (body["model"] === "refused") {
    const error = { type: "invalid_request_error", message: "no such model" };
    return { status: 400, json: { type: "error", error } };
  }
  if (route.endsWith("/chat/completions")) return chat(body, `chatcmpl-${call}`);
  if (route.endsWith("/responses")) return responses(body, `resp_${call}`);
  if (route.endsWith("/messages")) return messages(body, `msg_${call}`);
  if (route.endsWith("/embeddings")) {
    return {
      json: {
        object: "list",
        data: [{ object: "embedding", index: 0, embedding: [0.25, -0.5] }],
        model: body["model"],
        usage: { prompt_tokens: 8, total_tokens: 8 },
      },
    };
  }
  return { status: 404, json: { error: { message: `no route ${route}` } } };
}

/** A stream as the model's name wants it: whole, or its first events and then nothing more. */
function streamed(
  body: Fields,
  events: readonly { readonly event?: string; readonly data: unknown }[],
  end: "done" | "plain",
): Answer {
  if (body["model"] === "cut") return { events: events.slice(0, 3), end: "cut" };
  if (body["model"] === "never") return { events: events.slice(0, 3), end: "never" };
  return { events, end };
}

const callsTool = (body: Fields): boolean =>
  Array.isArray(body["tools"]) &&
  !/"role":"tool"|tool_result|function_call_output/.test(
    JSON.stringify(body["messages"] ?? body["input"]),
  );

const CHAT_USAGE = {
  prompt_tokens: 1200,
  completion_tokens: 300,
  total_tokens: 1500,
  prompt_tokens_details: { cached_tokens: 1000, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 250, audio_tokens: 0 },
};

function chat(body: Fields, id: string): Answer {
  const about = { id, created: 1741569952, model: body["model"], service_tier: "default" };
  const call = {
    id: "call_1",
    type: "function",
    function: { name: "weather", arguments: '{"city":"Oslo"}' },
  };
  const withTool = callsTool(body);
  const finish_reason = withTool ? "tool_calls" : "stop";
  if (body["stream"] !== true) {
    const message = withTool
      ? { role: "assistant", content: null, tool_calls: [call] }
      : { role: "assistant", content: '{"ok":true}' };
    return {
      json: {
        ...about,
        object: "chat.completion",
        choices: [{ index: 0, message, finish_reason, logprobs: null }],
        usage: CHAT_USAGE,
      },
    };
  }
  const asks = (body["stream_options"] as Fields | undefined)?.["include_usage"] === true;
  const chunk = (delta: unknown, finished: string | null = null) => ({
    data: {
      ...about,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, finish_reason: finished }],
      ...(asks ? { usage: null } : {}),
    },
  });
  const usage = { ...about, object: "chat.completion.chunk", choices: [], usage: CHAT_USAGE };
  const deltas = withTool
    ? [chunk({ role: "assistant", content: null, tool_calls: [{ index: 0, ...call }] })]
    : [
        chunk({ role: "assistant", content: "" }),
        chunk({ content: '{"ok":' }),
        chunk({ content: "true}" }),
      ];
  return streamed(
    body,
    [...deltas, chunk({}, finish_reason), ...(asks ? [{ data: usage }] : [])],
    "done",
  );
}

const RESPONSE_USAGE = {
  input_tokens: 75,
  input_tokens_details: { cached_tokens: 5 },
  output_tokens: 1186,
  output_tokens_details: { reasoning_tokens: 1024 },
  total_tokens: 1261,
};

function responses(body: Fields, id: string): Answer {
  const text = { type: "output_text", text: '{"ok":true}', annotations: [], logprobs: [] };
  const item = { id: "msg_1", type: "message", role: "assistant", status: "completed" };
  const common = {
    id,
    object: "response",
    created_at: 1741569952,
    error: null,
    incomplete_details: null,
    model: body["model"],
    service_tier: "default",
    tools: [],
  };
  const call = {
    id: "fc_1",
    type: "function_call",
    status: "completed",
    call_id: "call_1",
    name: "weather",
    arguments: '{"city":"Oslo"}',
  };
  const withTool = callsTool(body);
  const output = withTool ? [call] : [{ ...item, content: [text] }];
  const whole = { ...common, status: "completed", output, usage: RESPONSE_USAGE };
  if (body["background"] === true) {
    return { json: { ...common, status: "queued", background: true, output: [], usage: null } };
  }
  if (body["stream"] !== true) return { json: whole };
  let sequence_number = 0;
  const event = (type: string, data: Fields) => ({
    event: type,
    data: { type, sequence_number: sequence_number++, ...data },
  });
  const started = { ...common, status: "in_progress", output: [], usage: null };
  const part = { item_id: "msg_1", output_index: 0, content_index: 0 };
  const events = withTool
    ? [
        event("response.created", { response: started }),
        event("response.output_item.added", {
          output_index: 0,
          item: { ...call, status: "in_progress", arguments: "" },
        }),
        event("response.function_call_arguments.delta", {
          item_id: "fc_1",
          output_index: 0,
          delta: call.arguments,
        }),
        event("response.function_call_arguments.done", {
          item_id: "fc_1",
          output_index: 0,
          name: "weather",
          arguments: call.arguments,
        }),
        event("response.output_item.done", { output_index: 0, item: call }),
      ]
    : [
        event("response.created", { response: started }),
        event("response.output_item.added", {
          output_index: 0,
          item: { ...item, status: "in_progress", content: [] },
        }),
        event("response.content_part.added", { ...part, part: { ...text, text: "" } }),
        event("response.output_text.delta", { ...part, delta: text.text, logprobs: [] }),
        event("response.output_text.done", { ...part, text: text.text, logprobs: [] }),
        event("response.content_part.done", { ...part, part: text }),
        event("response.output_item.done", {
          output_index: 0,
          item: { ...item, content: [text] },
        }),
      ];
  const last =
    body["model"] === "broken"
      ? event("response.failed", {
          response: {
            ...whole,
            status: "failed",
            error: { code: "server_error", message: "no more" },
            usage: null,
          },
        })
      : event("response.completed", { response: whole });
  return streamed(body, [...events, last], "plain");
}

const MESSAGE_USAGE = {
  input_tokens: 10,
  cache_creation_input_tokens: 70,
  cache_read_input_tokens: 1000,
  cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 50 },
  output_tokens: 200,
  service_tier: "standard",
};

function messages(body: Fields, id: string): Answer {
  const about = { id, type: "message", role: "assistant", model: body["model"] };
  const withTool = callsTool(body);
  const tool = { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Oslo" } };
  const content = withTool ? [tool] : [{ type: "text", text: '{"ok":true}' }];
  const stop = { stop_reason: withTool ? "tool_use" : "end_turn", stop_sequence: null };
  if (body["stream"] !== true)
    return { json: { ...about, content, ...stop, usage: MESSAGE_USAGE } };
  const event = (type: string, data: Fields = {}) => ({ event: type, data: { type, ...data } });
  const start = withTool ? { ...tool, input: {} } : { type: "text", text: "" };
  const delta = withTool
    ? { type: "input_json_delta", partial_json: '{"city":"Oslo"}' }
    : { type: "text_delta", text: '{"ok":true}' };
  const failure = { type: "overloaded_error", message: "Overloaded" };
  return streamed(
    body,
    [
      event("message_start", {
        message: {
          ...about,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { ...MESSAGE_USAGE, output_tokens: 1 },
        },
      }),
      event("content_block_start", { index: 0, content_block: start }),
      event("content_block_delta", { index: 0, delta }),
      ...(body["model"] === "broken"
        ? [event("error", { error: failure })]
        : [
            event("content_block_stop", { index: 0 }),
            event("message_delta", { delta: stop, usage: { output_tokens: 200 } }),
            event("message_stop"),
          ]),
    ],
    "plain",
  );
}
