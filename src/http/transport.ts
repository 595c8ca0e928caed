import type { ParamsOption, RequestBodyOption } from "openapi-fetch";
import type { PathsWithMethod } from "openapi-typescript-helpers";
import type { paths } from "../../generated/paygentic.ts";
import {
  type AnswerInfo,
  type ApiError,
  ConnectionError,
  InvalidInputError,
  InvalidResponseError,
  type Issue,
  type Operation,
} from "../errors.ts";
import { type AnswerReader, readAnswer } from "../schemas/answers.ts";
import { nothingSent } from "../schemas/guards.ts";
import { refuse } from "../schemas/reading.ts";
import { parseJson, stringifyJson, withOrdinaryNumbers } from "../values/lossless-json.ts";
import { isRecord } from "../values/record.ts";
import { apiErrorOf } from "./api-error.ts";
import { callHook } from "./hooks.ts";
import { checkKey, checkRequestOptions, type RequestOptions, type Settings } from "./options.ts";
import { Redaction } from "./redaction.ts";
import {
  type AttemptSchedule,
  isRetriable,
  isSuccess,
  MAX_RETRY_AFTER,
  readRetryAfter,
  retryDelay,
} from "./retry.ts";
import { abortable, wait } from "./waiting.ts";

const MAX_BODY_TEXT = 2_000;
const SECRET_HEADER = /^(?:(?:proxy-)?authorization|cookie)$/i;

type Text = string | number | boolean;
interface RequestParameters {
  readonly path?: Readonly<Record<string, Text>>;
  readonly query?: Readonly<Record<string, Text | readonly Text[] | undefined>>;
}
type Method = "get" | "post" | "patch" | "delete";
type Described<M extends Method, P extends keyof paths> =
  paths[P] extends Record<M, infer Description> ? Description : never;
/** The parameters of an operation by where they go, and its body. */
type Init<M extends Method, P extends PathsWithMethod<paths, M>> = (ParamsOption<
  Described<M, P>
> extends { readonly params?: infer Parameters }
  ? Parameters
  : unknown) &
  RequestBodyOption<Described<M, P>>;

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
}

/** One attempt on its way. */
interface Exchange {
  readonly signal: AbortSignal;
  /** Lets go of the body that is being read. */
  letGo: (() => void) | undefined;
}

/** One call on its way: what all of its attempts share. */
interface Call<T> {
  readonly operation: Operation;
  readonly url: string;
  readonly method: string;
  /** Without the key, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly options: RequestOptions;
  readonly read: AnswerReader<T>;
  /** Decides when attempts begin and whether there is another: wins over `maxRetries`. */
  readonly schedule: AttemptSchedule | undefined;
  /** Takes the keys that were sent out of whatever comes back. */
  readonly redaction: Redaction;
  attempts: number;
  answer: Answer | undefined;
}

function encoded(operation: Operation, name: string, text: Text): string {
  try {
    return encodeURIComponent(text);
  } catch {
    const message = "expected whole characters: half of one cannot be sent";
    return refuse(nothingSent(operation), [name], message);
  }
}

/** A path with its parameters and a query; values are encoded, a list is its name once for each item. */
function pathWith(
  operation: Operation,
  path: string,
  { path: steps = {}, query = {} }: RequestParameters,
): string {
  let target = path;
  for (const [name, value] of Object.entries(steps)) {
    target = target.replace(`{${name}}`, () => encoded(operation, name, value));
  }
  let separator = "?";
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item === undefined) continue;
      target += `${separator}${name}=${encoded(operation, name, item)}`;
      separator = "&";
    }
  }
  return target;
}

const decoder = /* @__PURE__ */ new TextDecoder();

/** Reads a body, and lets go of it when it is too long or the exchange is given up. */
async function readText(
  response: Response,
  mostBytes: number,
  exchange: Exchange,
): Promise<ReadBody> {
  const reader = response.body?.getReader();
  // Some runtimes know no streams, only whole bodies.
  if (reader === undefined) {
    const bodyText = await response.text();
    return { bodyText, isTooLong: bodyText.length > mostBytes };
  }
  exchange.letGo = () => void reader.cancel().catch(() => undefined);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  try {
    // A mock may give what has no length: that is too long.
    while (bytes <= mostBytes) {
      exchange.signal.throwIfAborted();
      const { done, value } = await reader.read();
      if (done) {
        exchange.letGo = undefined;
        break;
      }
      pieces.push(value);
      bytes += value.byteLength;
    }
  } finally {
    exchange.letGo?.();
  }
  // Most answers are one piece.
  const whole = pieces.length > 1 ? await new Blob(pieces).arrayBuffer() : pieces[0];
  return { bodyText: decoder.decode(whole), isTooLong: !(bytes <= mostBytes) };
}

/** Sends requests: the key, the time limit, retries, and either a model or one of our errors. */
export class Transport {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
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
    schedule?: AttemptSchedule,
  ): Promise<T> {
    this.checkOptions(options);
    const { body, ...parameters } = init as RequestParameters & { body?: object };
    const headers: Record<string, string> = { accept: "application/json" };
    if (body !== undefined) headers["content-type"] = "application/json";
    const secrets: string[] = [];
    for (const extra of [this.#settings.headers, options.headers]) {
      for (const [name, value] of Object.entries(extra ?? {})) {
        headers[name.toLowerCase()] = value;
        if (SECRET_HEADER.test(name)) secrets.push(value, ...value.split(" ").slice(1));
      }
    }
    const call: Call<T> = {
      operation,
      url: this.#settings.baseUrl + pathWith(operation, path, parameters),
      method: method.toUpperCase(),
      headers,
      body: body ? stringifyJson(body) : null,
      options,
      read,
      schedule,
      redaction: new Redaction(secrets),
      attempts: 0,
      answer: undefined,
    };
    const started = performance.now();
    try {
      return await this.#send(call);
    } finally {
      const { onResponse } = this.#settings;
      // What it is told takes as long as the rest of a call that nobody listens to.
      if (onResponse !== undefined) {
        callHook(onResponse, {
          operation,
          status: call.answer?.status,
          requestId: call.answer && requestIdOf(call, call.answer),
          attempts: call.attempts,
          duration: performance.now() - started,
        });
      }
    }
  }

  /** Tells `onDrift` of something in an answer. */
  reportDrift(operation: Operation, { path, message }: Issue): void {
    callHook(this.#settings.onDrift, { operation, path, problem: message });
  }

  /** Throws an `InvalidInputError` for options of a call that cannot work. */
  checkOptions(options: RequestOptions): void {
    checkRequestOptions(options, this.#settings.apiKey !== undefined);
  }

  /** Attempts until one succeeds, or fails in a way that trying again would not mend. */
  async #send<T>(call: Call<T>): Promise<T> {
    const { operation, options, schedule } = call;
    const { maxRetries = this.#settings.maxRetries, timeout = this.#settings.timeout } = options;
    let mayBeDone = false;
    let timeLeft = await schedule?.begin();
    for (;;) {
      const outcome = await this.#attempt(call, Math.min(timeout, timeLeft ?? timeout));
      if (!(outcome instanceof Error)) return outcome;
      // A ConnectionError has neither.
      const { status, retryAfterSeconds } = outcome as Partial<ApiError>;
      if (status === 404 && operation === "deleteCost" && mayBeDone) return undefined as T;
      if (!(schedule?.mayMend(outcome) ?? isRetriable(operation, outcome))) throw outcome;
      // After a 429 it has done nothing.
      mayBeDone ||= status !== 429;
      const delay = retryDelay(call.attempts, retryAfterSeconds);
      if (schedule !== undefined) {
        timeLeft = await schedule.begin(outcome, delay);
        continue;
      }
      const isTooFar = (retryAfterSeconds ?? 0) > MAX_RETRY_AFTER;
      if (call.attempts > maxRetries || isTooFar) throw outcome;
      await wait(delay, options.signal);
    }
  }

  /** One attempt: what was answered, or the error that it would be. Rejects with the signal's reason only. */
  async #attempt<T>(call: Call<T>, timeout: number): Promise<T | Error> {
    const { operation, options, redaction } = call;
    const { signal } = options;
    if (signal?.aborted) throw signal.reason;
    call.attempts++;
    call.answer = undefined;
    const controller = new AbortController();
    const exchange: Exchange = { signal: controller.signal, letGo: undefined };
    let isTimeUp = false;
    try {
      // A fetch may be deaf to its signal: what is awaited ends here in any case.
      call.answer = await abortable<Answer>(
        signal,
        (resolve, reject) => void this.#exchange(call, exchange).then(resolve, reject),
        timeout,
      );
      isTimeUp = call.answer === undefined;
      if (call.answer === undefined) throw new Error(`no whole answer within ${timeout} ms`);
    } catch (error) {
      controller.abort(error);
      exchange.letGo?.();
      if (!isTimeUp && signal?.aborted) throw signal.reason;
      if (error instanceof InvalidInputError) return error;
      const cause = redaction.cause(error);
      const failed = isTimeUp ? "" : "the connection failed: ";
      return new ConnectionError(`${operation}: ${failed}${reasonOf(cause)}`, {
        code: isTimeUp ? "TIMEOUT" : "CONNECTION_FAILED",
        operation,
        attempts: call.attempts,
        cause: isTimeUp ? undefined : cause,
      });
    }
    return this.#judge(call, call.answer);
  }

  async #exchange(call: Call<unknown>, exchange: Exchange): Promise<Answer> {
    const { signal } = exchange;
    const { apiKey, fetch = globalThis.fetch, maxResponseBytes } = this.#settings;
    const { url, method, headers, body } = call;
    const key = typeof apiKey === "function" ? await askForKey(apiKey) : apiKey;
    if (key !== undefined) call.redaction.add(key);
    signal.throwIfAborted();
    const response = await fetch(url, {
      method,
      headers: key === undefined ? headers : { ...headers, authorization: `Bearer ${key}` },
      redirect: "manual",
      signal,
      body,
    });
    const { status, headers: received } = response;
    return { status, headers: received, ...(await readText(response, maxResponseBytes, exchange)) };
  }

  /** What an answer is: the model of a success, or the error that it means. */
  #judge<T>(call: Call<T>, answer: Answer): T | Error {
    const { operation, redaction, read } = call;
    const { status, headers, bodyText, isTooLong } = answer;
    if (operation === "deleteCost" && isSuccess(status)) return undefined as T;
    let body: unknown;
    let message = "the body is JSON, but no object";
    try {
      body = parseJson(isTooLong ? "" : bodyText);
    } catch {
      message = isTooLong
        ? `the body is longer than maxResponseBytes, ${this.#settings.maxResponseBytes}`
        : bodyText === ""
          ? "the body is empty"
          : "the body is no JSON, or was cut off";
    }
    if (!isSuccess(status)) {
      const retryAfterSeconds = readRetryAfter(headers.get("retry-after"), Date.now());
      const said = redaction.tree(withOrdinaryNumbers(body));
      return apiErrorOf(said, { ...factsOf(call, answer), retryAfterSeconds });
    }
    let issues: readonly Issue[] = [{ path: [], message }];
    if (isRecord(body)) {
      const redacted = (issue: Issue): Issue => ({
        path: issue.path.map((step) => (typeof step === "string" ? redaction.text(step) : step)),
        message: redaction.text(issue.message),
      });
      const { model, unusable } = readAnswer(read, body, (issue) =>
        this.reportDrift(operation, redacted(issue)),
      );
      if (unusable.length === 0) return model;
      issues = unusable.map(redacted);
    }
    const summary = `${operation}: the answer (${status}) cannot be used`;
    return new InvalidResponseError(summary, issues, factsOf(call, answer));
  }
}

/** The key that the caller's function gives. */
async function askForKey(give: () => unknown): Promise<string> {
  let key: unknown;
  try {
    key = await give();
  } catch (error) {
    const message = "expected a function that gives the key; it failed";
    const cause = new Redaction().cause(error);
    refuse("The API key cannot be used", ["apiKey"], message, { cause });
  }
  return checkKey(key);
}

/** The messages of an error and its causes: `fetch failed` alone helps nobody. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { code } = thrown as { code?: string };
  const own = thrown.message || code || thrown.name;
  return thrown.cause === undefined ? own : `${own}: ${reasonOf(thrown.cause)}`;
}

function requestIdOf({ redaction }: Call<unknown>, { headers }: Answer): string | undefined {
  const id = headers.get("x-request-id");
  return id === null ? undefined : redaction.text(id);
}

/** What an error may know of an answer: everything without the key, and no body that is still to be read. */
function factsOf(call: Call<unknown>, answer: Answer): AnswerInfo {
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
    bodyText: call.redaction.beginning(bodyText, MAX_BODY_TEXT, isTooLong),
    response,
  };
}
