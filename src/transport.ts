import createClient, { type ParamsOption, type RequestBodyOption } from "openapi-fetch";
import type { PathsWithMethod } from "openapi-typescript-helpers";
import type { paths } from "../generated/paygentic.ts";
import { type AnswerReader, UnusableAnswer } from "./answers.ts";
import { apiErrorOf } from "./api-error.ts";
import {
  type AnswerFacts,
  ConnectionError,
  InvalidInputError,
  InvalidResponseError,
  type Issue,
  type Operation,
} from "./errors.ts";
import { tell } from "./hooks.ts";
import { parseJson, stringifyJson, withOrdinaryNumbers } from "./json.ts";
import { isJsonObject } from "./json-form.ts";
import { checkKey, checkRequestOptions, type RequestOptions, type Settings } from "./options.ts";
import { Redaction } from "./redaction.ts";
import {
  isRetriable,
  LONGEST_RETRY_AFTER,
  mayHaveActed,
  onAbort,
  readRetryAfter,
  retryDelay,
  wait,
} from "./retry.ts";

const LONGEST_BODY_TEXT = 2_000;
/** Tells openapi-fetch that there is nothing left for it to read. */
const HANDLED = { status: 204, ok: true, headers: { get: () => null } } as unknown as Response;

type Method = "get" | "post" | "patch" | "delete";
type Init<M extends Method, P extends PathsWithMethod<paths, M>> = ParamsOption<
  paths[P] extends Record<M, infer Description> ? Description : never
> &
  RequestBodyOption<paths[P] extends Record<M, infer Description> ? Description : never>;

/** What openapi-fetch builds instead of a Request: the same parts, to be sent more than once. */
class OutgoingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string | undefined;

  constructor(url: string, init: { method: string; headers: Headers; body?: string }) {
    this.method = init.method;
    this.url = url;
    this.headers = init.headers;
    this.body = init.body;
  }
}

/** A body as far as it was read. */
interface ReadBody {
  readonly bodyText: string;
  /** Longer than `maxResponseBytes`: the rest of it was not read. */
  readonly isTooLong: boolean;
}

/** One answer, its body read. */
interface Answer extends ReadBody {
  readonly status: number;
  readonly headers: Headers;
  /** What `Retry-After` asks for, from the answer on. */
  readonly retryAfterSeconds: number | undefined;
}

/** One call on its way: what all of its attempts share. */
interface Call {
  readonly operation: Operation;
  readonly request: OutgoingRequest;
  readonly options: RequestOptions;
  /** Milliseconds since 1970 until which retriable failures are tried again, however often: wins over `maxRetries`. */
  readonly retryUntil: number | undefined;
  /** Takes the keys that were sent out of whatever comes back. */
  readonly redaction: Redaction;
  attempts: number;
  answer: Answer | undefined;
}

/** What a call ended with: a JSON object, or nothing where the contract has no body. */
type Body = Record<string, unknown> | undefined;

const isSuccess = (status: number): boolean => status >= 200 && status <= 299;

/** The JSON of a body, or in words why there is none. */
function readBody(bodyText: string): { value: unknown } | { problem: string } {
  if (bodyText === "") return { problem: "the body is empty" };
  try {
    return { value: parseJson(bodyText) };
  } catch {
    return { problem: "the body is no JSON, or was cut off" };
  }
}

/** Reads a body, and lets go of it when it is too long or the signal aborts. */
async function readText(
  response: Response,
  mostBytes: number,
  signal: AbortSignal,
): Promise<ReadBody> {
  const reader = response.body?.getReader();
  // Some runtimes know no streams, only whole bodies.
  if (reader === undefined) {
    const bodyText = await response.text();
    return { bodyText, isTooLong: bodyText.length > mostBytes };
  }
  const decoder = new TextDecoder();
  let bodyText = "";
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { bodyText: bodyText + decoder.decode(), isTooLong: false };
      signal.throwIfAborted();
      bodyText += decoder.decode(value, { stream: true });
      bytes += value.byteLength;
      if (bytes > mostBytes) return { bodyText, isTooLong: true };
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/** Rejects when the signal aborts; never resolves. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Sends requests: the key, the time limit, retries, and either a model or one of our errors. */
export class Transport {
  readonly #settings: Settings;
  readonly #client;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#client = createClient<paths>({
      baseUrl: settings.baseUrl,
      Request: OutgoingRequest as unknown as typeof Request,
      bodySerializer: stringifyJson,
    });
  }

  /**
   * Sends one operation and gives what `read` makes of the answer. Rejects with an `ApiError`, a `ConnectionError`, an
   * `InvalidResponseError`, an `InvalidInputError` for options or a key that cannot be used, or the signal's reason.
   */
  async request<T, M extends Method, P extends PathsWithMethod<paths, M>>(
    operation: Operation,
    method: M,
    path: P,
    init: Init<M, P>,
    options: RequestOptions,
    read: AnswerReader<T>,
    retryUntil?: number,
  ): Promise<T> {
    this.checkOptions(options);
    const headers = { ...this.#settings.headers, ...options.headers };
    const started = performance.now();
    let call: Call | undefined;
    let body: Body;
    // Kept aside: openapi-fetch passes over a falsy one, and the reason of an abort may be anything.
    const failures: unknown[] = [];
    try {
      await this.#client.request(method, path, {
        ...(init as object),
        headers: { Accept: "application/json", ...headers },
        fetch: async (request: unknown) => {
          call = {
            operation,
            request: request as OutgoingRequest,
            options,
            retryUntil,
            redaction: new Redaction(
              Object.entries(headers)
                .filter(([name]) => /^(?:proxy-)?authorization$|^cookie$/i.test(name))
                .flatMap(([, value]) => [value, ...value.split(" ").slice(1)]),
            ),
            attempts: 0,
            answer: undefined,
          };
          try {
            body = await this.#send(call);
          } catch (reason) {
            failures.push(reason);
          }
          return HANDLED;
        },
      } as never);
      if (failures.length > 0) throw failures[0];
      return this.#readModel(call, body, read);
    } finally {
      const { onResponse } = this.#settings;
      if (onResponse !== undefined) {
        tell(onResponse, {
          operation,
          status: call?.answer?.status,
          requestId: call?.answer && requestIdOf(call, call.answer),
          attempts: call?.attempts ?? 0,
          duration: performance.now() - started,
        });
      }
    }
  }

  /** Tells `onDrift` of something in an answer. */
  reportDrift(operation: Operation, { path, message }: Issue): void {
    tell(this.#settings.onDrift, { operation, path, problem: message });
  }

  /** Throws an `InvalidInputError` for options of a call that cannot work. */
  checkOptions(options: RequestOptions): void {
    checkRequestOptions(options, this.#settings.apiKey !== undefined);
  }

  /** Attempts until one succeeds, or fails in a way that trying again would not mend. */
  async #send(call: Call): Promise<Body> {
    const { operation, options, retryUntil } = call;
    const maxRetries = options.maxRetries ?? this.#settings.maxRetries;
    let mayBeDone = false;
    for (;;) {
      const outcome = await this.#attempt(call);
      const { status, retryAfterSeconds: retryAfter } = call.answer ?? {};
      if (status !== undefined && isSuccess(status)) {
        if (!(outcome instanceof Error)) return outcome;
      } else if (status === 404 && operation === "deleteCost" && mayBeDone) {
        return undefined;
      }
      const failure =
        status === undefined ? "no-answer" : isSuccess(status) ? "incomplete" : status;
      if (!isRetriable(operation, failure)) throw outcome;
      const delay = retryDelay(call.attempts, retryAfter);
      const isWorthIt =
        retryUntil === undefined
          ? call.attempts <= maxRetries && !(retryAfter && retryAfter > LONGEST_RETRY_AFTER)
          : Date.now() + delay < retryUntil;
      if (!isWorthIt) throw outcome;
      mayBeDone ||= mayHaveActed(failure);
      await wait(delay, options.signal);
    }
  }

  /** One attempt: a body, or the error that it would be. Throws what no further attempt can mend. */
  async #attempt(call: Call): Promise<Body | Error> {
    const { signal, timeout = this.#settings.timeout } = call.options;
    if (signal?.aborted) throw signal.reason;
    call.attempts++;
    call.answer = undefined;
    const controller = new AbortController();
    const timeUp = new Error(`no whole answer within ${timeout} ms`);
    const timer = setTimeout(() => controller.abort(timeUp), timeout);
    const callOff = signal && onAbort(signal, () => controller.abort(signal.reason));
    try {
      call.answer = await Promise.race([
        this.#exchange(call, controller.signal),
        aborted(controller.signal),
      ]);
    } catch (error) {
      if (signal?.aborted && controller.signal.reason === signal.reason) throw signal.reason;
      if (error instanceof InvalidInputError) throw error;
      return this.#connectionError(call, error, controller.signal.reason === timeUp);
    } finally {
      clearTimeout(timer);
      callOff?.();
    }
    return this.#judge(call, call.answer);
  }

  async #exchange(call: Call, signal: AbortSignal): Promise<Answer> {
    const { method, url, headers, body } = call.request;
    const key = await this.#key();
    const sent = new Headers(headers);
    if (key !== undefined) {
      sent.set("Authorization", `Bearer ${key}`);
      call.redaction.add(key);
    }
    signal.throwIfAborted();
    const send = this.#settings.fetch ?? globalThis.fetch;
    const response = await send(url, {
      method,
      headers: sent,
      redirect: "manual",
      signal,
      ...(body === undefined ? {} : { body }),
    });
    const { status, headers: received } = response;
    const read = await readText(response, this.#settings.maxResponseBytes, signal);
    const retryAfterSeconds = readRetryAfter(received.get("retry-after"), Date.now());
    return { status, headers: received, ...read, retryAfterSeconds };
  }

  async #key(): Promise<string | undefined> {
    const { apiKey } = this.#settings;
    if (typeof apiKey !== "function") return apiKey;
    let key: unknown;
    try {
      key = await apiKey();
    } catch (error) {
      throw new InvalidInputError(
        "The API key could not be had",
        [{ path: ["apiKey"], message: "expected a function that gives the key; it failed" }],
        { cause: new Redaction().cause(error) },
      );
    }
    return checkKey(key);
  }

  #connectionError(call: Call, cause: unknown, isTimeout: boolean): ConnectionError {
    const { operation, attempts } = call;
    const safe = call.redaction.cause(cause);
    const reason = reasonOf(safe);
    return new ConnectionError(
      isTimeout ? `${operation}: ${reason}` : `${operation}: the connection failed: ${reason}`,
      {
        code: isTimeout ? "TIMEOUT" : "CONNECTION_FAILED",
        operation,
        attempts,
        ...(isTimeout ? {} : { cause: safe }),
      },
    );
  }

  /** What an answer is: the JSON object of a success, or the error that it means. */
  #judge(call: Call, answer: Answer): Body | Error {
    if (call.operation === "deleteCost" && isSuccess(answer.status)) return undefined;
    const body = answer.isTooLong
      ? { problem: `the body is longer than maxResponseBytes, ${this.#settings.maxResponseBytes}` }
      : readBody(answer.bodyText);
    if (isSuccess(answer.status)) {
      if ("value" in body && isJsonObject(body.value)) return body.value;
      const message =
        "problem" in body ? body.problem : "the body is JSON, but no object as the contract has it";
      return new InvalidResponseError(
        `${call.operation}: the answer (${answer.status}) cannot be used`,
        [{ path: [], message }],
        factsOf(call, answer),
      );
    }
    const said = "value" in body ? withOrdinaryNumbers(body.value) : undefined;
    const { retryAfterSeconds } = answer;
    return apiErrorOf(call.redaction.tree(said), { ...factsOf(call, answer), retryAfterSeconds });
  }

  #readModel<T>(call: Call | undefined, body: Body, read: AnswerReader<T>): T {
    if (call?.answer === undefined) throw new TypeError("nothing was sent");
    const { redaction } = call;
    const redacted = ({ path, message }: Issue): Issue => ({
      path: path.map((step) => (typeof step === "string" ? redaction.text(step) : step)),
      message: redaction.text(message),
    });
    try {
      return read(body ?? {}, (issue) => this.reportDrift(call.operation, redacted(issue)));
    } catch (error) {
      if (!(error instanceof UnusableAnswer)) throw error;
      throw new InvalidResponseError(
        `${call.operation}: a number of the answer is wrong or missing`,
        error.issues.map(redacted),
        factsOf(call, call.answer),
      );
    }
  }
}

/** The messages of an error and its causes: `fetch failed` alone helps nobody. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { code } = thrown as { code?: string };
  const own = thrown.message || code || thrown.name;
  return thrown.cause === undefined ? own : `${own}: ${reasonOf(thrown.cause)}`;
}

function requestIdOf({ redaction }: Call, { headers }: Answer): string | undefined {
  const id = headers.get("x-request-id");
  return id === null ? undefined : redaction.text(id);
}

/** What an error may know of an answer: everything without the key, and no body that is still to be read. */
function factsOf(call: Call, answer: Answer): AnswerFacts {
  const { status, headers, bodyText, isTooLong } = answer;
  // A Response of a hidden redirect (status 0) cannot be made.
  const response =
    status < 200 || status > 599
      ? undefined
      : new Response(null, {
          status,
          headers: [...headers].map(([name, value]): [string, string] => [
            name,
            call.redaction.text(value),
          ]),
        });
  return {
    operation: call.operation,
    attempts: call.attempts,
    status,
    requestId: requestIdOf(call, answer),
    bodyText: call.redaction.beginning(bodyText, LONGEST_BODY_TEXT, isTooLong),
    response,
  };
}
