import { boolean, expecting, optional, strictObject } from "../schemas/fields.ts";
import { readInput, refuseInput } from "../schemas/input.ts";
import { isRecord } from "../values/record.ts";
import {
  type EndedCall,
  Meter,
  type MeteredCall,
  type MeterOptions,
  meterFields,
} from "./meter.ts";
import { StreamedResponse } from "./streamed-response.ts";
import { type CallStatus, type EventSubject, isSubject } from "./usage-event.ts";

/** What `meterClient` needs of a client: what those of `openai` and `@anthropic-ai/sdk` have. */
export interface MeterableClient {
  readonly baseURL: string;
  /** Gives a client with other options, as both clients do. */
  withOptions(options: never): unknown;
  /** Sends a POST request; what creates messages and completions calls it. */
  post(path: string, options?: never): unknown;
}

/** How the calls of a client are metered. */
export interface MeterClientOptions extends MeterOptions {
  /**
   * Asks OpenAI for the usage of streamed chat completions, which it reports only then, and hides the chunk that has it.
   * Without it such a stream is an event with `data.status: "usage-missing"`, unless the call itself asks.
   * @default false
   */
  readonly includeUsage?: boolean | undefined;
}
const clientOptions = /* @__PURE__ */ strictObject({
  ...meterFields,
  includeUsage: /* @__PURE__ */ optional(boolean),
});

const METERED = /^(?:\/v1)?\/(chat\/completions|completions|responses|embeddings|messages)(?:\?|$)/;

/** Where a call's options say who uses the model. Clients copy it along with the options that they know. */
const SUBJECT: unique symbol = /* @__PURE__ */ Symbol.for("metered-costs.ai.subject");

/**
 * Options of one call of a metered client, with the customer who uses the model.
 *
 * Throws an `InvalidInputError` for what is no subject.
 *
 * @example
 * ```ts
 * import { withSubject } from "metered-costs/ai";
 *
 * const options = withSubject("cus_1", { timeout: 20_000 });
 * // await client.chat.completions.create(body, options);
 * console.log(options.timeout); // 20000
 * ```
 */
export function withSubject<Options extends object = { readonly signal?: null | undefined }>(
  subject: EventSubject,
  options?: Options,
): Options {
  if (!isSubject(subject)) {
    refuseInput(
      "withSubject: the options cannot be made",
      [],
      "expected the customer's id as text, or { externalSubject }",
    );
  }
  return { ...options, [SUBJECT]: subject } as Options & { [SUBJECT]: EventSubject };
}

type Fields = Record<PropertyKey, unknown>;
type Props = { readonly options?: Fields } | undefined;
/** A promise of the clients: what is made of the response, when somebody asks for it. */
interface ApiPromise {
  _thenUnwrap: (transform: (data: unknown, props: Props) => unknown) => ApiPromise;
  parseResponse: (client: unknown, props: Props) => unknown;
  asResponse(): Promise<unknown>;
}

/**
 * Has a promise of a client show what it makes of the response, once that is asked for. Another promise around it, by
 * `_thenUnwrap`, would do the same, but take longer than all of the metering.
 */
function watch(promise: ApiPromise, observe: (data: unknown, props: Props) => void): void {
  const { parseResponse } = promise;
  promise.parseResponse = async (client, props) => {
    const data = await parseResponse.call(promise, client, props);
    observe(data, props);
    return data;
  };
  // That of `openai` 7 does not ask the promise for `parseResponse`.
  if (!Object.hasOwn(promise, "_thenUnwrap")) return;
  const unwrap = promise._thenUnwrap;
  promise._thenUnwrap = (transform) =>
    unwrap.call(promise, (data, props) => {
      observe(data, props);
      return transform(data, props);
    });
}

interface Client {
  post: (path: string, options?: unknown) => unknown;
  withOptions: (options: unknown) => Client;
}
interface ApiStream {
  iterator: () => AsyncIterator<unknown>;
  readonly controller: AbortController;
}

const isStream = (data: unknown): data is ApiStream =>
  typeof (data as Partial<ApiStream> | null | undefined)?.iterator === "function";

/** A chat completion's options that ask for the usage; as they are, when they ask or refuse themselves. */
function askingForUsage(options: unknown): { readonly options: unknown; readonly asks: boolean } {
  const body = isRecord(options) ? options["body"] : undefined;
  if (!isRecord(body) || body["stream"] !== true) return { options, asks: false };
  const given = isRecord(body["stream_options"]) ? body["stream_options"] : {};
  if (given["include_usage"] !== undefined) return { options, asks: false };
  const stream_options = { ...given, include_usage: true };
  return { options: { ...(options as Fields), body: { ...body, stream_options } }, asks: true };
}

/** Whether a chunk is the one that was not asked for by the caller. Others lose the member that came with it. */
function isExtra(chunk: unknown): boolean {
  if (!isRecord(chunk) || !("usage" in chunk)) return false;
  if (chunk["usage"] === null) {
    delete chunk["usage"];
    return false;
  }
  return Array.isArray(chunk["choices"]) && chunk["choices"].length === 0;
}

/** Whether an error says that the caller ended the request. */
const isAbort = (error: unknown): boolean =>
  error instanceof Error && /Abort/.test(`${error.name} ${error.constructor.name}`);

/**
 * Milliseconds that a reader has to ask for the rest of an aborted stream. A reader that writes to someone who has left may
 * never ask again.
 */
const ABORTED_READER_GRACE = 100;

function meterStream(
  stream: ApiStream,
  call: MeteredCall,
  request: EndedCall,
  hidesUsage: boolean,
): void {
  const original = stream.iterator;
  const { signal } = stream.controller;
  const streamed = new StreamedResponse();
  let isRead = false;
  /** How many chunks the reader waits for. */
  let awaited = 0;
  const end = (status: CallStatus | undefined): void => {
    const { model, provider, subject } = request;
    call.end({ model, provider, subject, response: streamed.response, status });
  };
  const finish = (status: CallStatus | undefined): void =>
    end(streamed.isWhole ? undefined : status);
  /** The same events by the same calls: a generator around them would cost as much as the client's own. */
  const metered = (source: AsyncIterator<unknown>): AsyncIterableIterator<unknown> => {
    const next = (): Promise<IteratorResult<unknown>> => {
      awaited++;
      return source.next().then(
        (result) => {
          awaited--;
          if (result.done) {
            // The clients end a stream that was aborted as if it were whole.
            finish(signal.aborted ? "aborted" : streamed.isCutOff ? "failed" : undefined);
            return result;
          }
          streamed.add(result.value);
          return hidesUsage && isExtra(result.value) ? next() : result;
        },
        (error: unknown) => {
          awaited--;
          // The clients abort a request whose stream failed, too: only the error tells.
          finish(isAbort(error) ? "aborted" : "failed");
          throw error;
        },
      );
    };
    return {
      next,
      async return(value?: unknown) {
        finish("aborted");
        return (await source.return?.(value)) ?? { done: true, value };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };
  const finishUnread = (): void => {
    if (awaited === 0) finish("aborted");
  };
  const onAbort = (): void => {
    if (isRead) setTimeout(finishUnread, ABORTED_READER_GRACE);
    else end("aborted");
  };
  signal.addEventListener("abort", onAbort, { once: true });
  stream.iterator = () => {
    // A second reader gets what the client has for one: an error.
    if (isRead) return original.call(stream);
    isRead = true;
    return metered(original.call(stream));
  };
}

/** Has a client, which is our own copy, metered in place. */
function instrument(client: Client, meter: Meter, includeUsage: boolean): Client {
  const post = client.post.bind(client);
  const withOptions = client.withOptions.bind(client);
  const define = (name: keyof Client, value: unknown): void => {
    Object.defineProperty(client, name, { value, configurable: true, writable: true });
  };
  define("withOptions", (options: unknown) =>
    instrument(withOptions(options), meter, includeUsage),
  );
  define("post", (path: string, options?: unknown): unknown => {
    const route = METERED.exec(path)?.[1];
    if (route === undefined) return post(path, options);
    const call = meter.begin();
    let hidesUsage = false;
    const asked = (given: unknown): unknown => {
      const { options: sent, asks } = askingForUsage(given);
      hidesUsage = asks;
      return sent;
    };
    const asks = includeUsage && route.endsWith("completions");
    // Some versions of the clients pass on a promise of the options.
    const sent = !asks
      ? options
      : options instanceof Promise
        ? options.then(asked)
        : asked(options);
    const promise = post(path, sent) as ApiPromise;
    if (meter.isAwaited) promise.asResponse().catch(() => call.abandon());
    const observe = (data: unknown, props: Props): void => {
      const { model } = (props?.options?.["body"] ?? {}) as { readonly model?: unknown };
      const { status } = (data ?? {}) as { readonly status?: unknown };
      const ended: EndedCall = {
        response: data,
        model: typeof model === "string" ? model : undefined,
        subject: props?.options?.[SUBJECT],
        provider: meter.provider ?? (route === "messages" ? "anthropic" : "openai"),
        isPending: status === "queued" || status === "in_progress",
      };
      if (isStream(data)) meterStream(data, call, ended, hidesUsage);
      else call.end(ended);
    };
    watch(promise, (data, props) => meter.attempt(() => observe(data, props)));
    return promise;
  });
  return client;
}

const meterable = /* @__PURE__ */ expecting<Client>(
  "a client of openai or @anthropic-ai/sdk, with post and withOptions",
  (given) => {
    const { post, withOptions } = (given ?? {}) as Partial<Client>;
    return typeof post === "function" && typeof withOptions === "function";
  },
);

/**
 * A copy of a client of `openai` or `@anthropic-ai/sdk` whose model calls become usage events, one event for each call
 * of the model: chat completions, completions, responses, embeddings and messages. It covers `create`, `stream`,
 * `parse` and tool runners. The client that you pass is not changed; a copy by `withOptions` is metered too.
 *
 * Metering changes neither arguments nor results nor errors, and a call never waits for it or fails because of it: what
 * goes wrong with an event goes to `onError`. The customer is `subject` of the options, or `withSubject(...)` of a call.
 * A stream is counted when it ends. One that is aborted or fails becomes an event with what is known and
 * `data.status: "aborted"` or `"failed"`; calls that fail before they have a response become none. A raw `asResponse()`
 * is not read, so it is not metered. A response in the background has no usage yet: its event has
 * `data.status: "usage-missing"`, and `usageEvent` makes another of what you retrieve.
 *
 * Throws an `InvalidInputError` for options that cannot work and for what is no such client.
 *
 * @example
 * ```ts
 * import { Paygentic } from "metered-costs";
 * import { type MeterableClient, meterClient } from "metered-costs/ai";
 *
 * declare const openai: MeterableClient; // new OpenAI()
 * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
 * const metered = meterClient(openai, {
 *   queue: paygentic.events.queue(),
 *   type: "llm.completion",
 *   source: "urn:example:api",
 *   subject: "cus_1",
 *   includeUsage: true,
 * });
 * // await metered.chat.completions.create({ model: "gpt-5", messages }, withSubject("cus_2"));
 * console.log(metered.baseURL);
 * ```
 */
export function meterClient<C extends MeterableClient>(client: C, options: MeterClientOptions): C {
  const summary = "meterClient: the client cannot be metered";
  const given: Client = readInput(meterable, client, summary);
  const { includeUsage = false, ...read } = readInput(clientOptions, options, summary);
  const copy = given.withOptions({});
  return instrument(copy, new Meter(read as MeterOptions), includeUsage) as unknown as C;
}
