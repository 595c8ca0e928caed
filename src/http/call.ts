import {
  type AnswerInfo,
  type AnyOperation,
  type ApiError,
  ConnectionError,
  InvalidInputError,
  InvalidResponseError,
  type Issue,
} from "../errors.ts";
import { nothingSent, refuseInput } from "../schemas/input.ts";
import { pathOfUnfit } from "../values/json-form.ts";
import { parseJson, stringifyJson, withOrdinaryNumbers } from "../values/lossless-json.ts";
import { isRecord } from "../values/record.ts";
import { unreadableBecause } from "../values/unserializable-value.ts";
import { apiErrorOf, shortened } from "./api-error.ts";
import { type ReadBody, readBody } from "./body.ts";
import {
  type Api,
  callHook,
  checkKey,
  isLogged,
  type NextStep,
  type RequestOptions,
  type Settings,
} from "./options.ts";
import { isSecretHeader, Redaction } from "./redaction.ts";
import {
  type AttemptSchedule,
  isRetriable,
  isSuccess,
  MAX_RETRY_AFTER,
  mayBeCarriedOut,
  type RetryRule,
  readRetryAfter,
  retryDelay,
} from "./retry.ts";
import { untilAbort, wait } from "./waiting.ts";

const MAX_BODY_TEXT = 2_000;
const MAX_HEADER = 2_000;
const MAX_REQUEST_ID = 200;
const MAX_MESSAGE = 2_000;
const MAX_STEP = 200;
const MAX_ISSUES = 100;

/** How the calls of one operation behave. */
export interface OperationRules {
  /** The contract's name of the operation, such as `getCost`. */
  readonly operation: AnyOperation;
  /** The method that the user called, as messages name it, such as `costs.get`. */
  readonly method: string;
  readonly retry: RetryRule;
  /** A 404 is a success after an attempt that the server may have carried out: for a deletion. */
  readonly isDoneWhenNotFound?: true;
  /**
   * A refusal after an attempt that the server may have carried out says nothing about that attempt: the call rejects
   * with `OUTCOME_UNKNOWN`.
   */
  readonly isOutcomeReported?: true;
  /** A success may have no body: the call then resolves to undefined. */
  readonly mayBeEmpty?: boolean;
  /** The body of a success may be an array; otherwise it is an object. */
  readonly mayBeArray?: boolean;
}

/**
 * Makes the result of a success of its JSON, an object or an array. `onDrift` is called with what the contract does not
 * know; `sent` is the body of the request. With `unusable` issues the response is an `InvalidResponseError`.
 */
export type ResponseReader<T> = (
  body: object,
  onDrift: (issue: Issue) => void,
  sent: unknown,
) => { readonly model: T; readonly unusable: readonly Issue[] };

/** One response, its body read. */
interface Answer extends ReadBody {
  readonly status: number;
  readonly headers: Headers;
}

/** The request as every attempt sends it; the key is added by the attempt. */
interface SentRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | ArrayBuffer | null;
}

type Outcome<T> = { readonly model: T } | { readonly error: Error };

/**
 * Replaces `Request` in openapi-fetch when there is no middleware that could use a real one. Making a real one takes as
 * long as the rest of a call, and leaves a listener on the caller's signal.
 */
export class PlainRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | undefined;

  constructor(
    url: string,
    init: { readonly method: string; readonly headers: Headers; readonly body?: string },
  ) {
    this.url = url;
    this.method = init.method;
    this.headers = init.headers;
    this.body = init.body;
  }
}

/** The bodies that a `Response` cannot have. */
const hasNoBody = (status: number): boolean => status === 204 || status === 205 || status === 304;

/**
 * One call: its attempts, and what came of them. `fetch` is what openapi-fetch calls once; it authorizes, sends,
 * retries and reads the body, and leaves the outcome here.
 */
export class Call<T> {
  readonly rules: OperationRules;
  readonly options: RequestOptions;
  readonly #settings: Settings;
  readonly #read: ResponseReader<T> | undefined;
  /** Decides when attempts begin and whether another one follows. It takes precedence over `maxRetries`. */
  readonly #schedule: AttemptSchedule | undefined;
  /** Takes secrets that were sent out of whatever comes back. */
  readonly #redaction = new Redaction();
  /** The body of the request, before it is written as JSON. */
  #sent: unknown;
  #outcome: Outcome<T> | undefined;
  /** What openapi-fetch was given for the last answer. */
  #given: Response | undefined;
  /** The last answer. */
  #answer: Answer | undefined;
  attempts = 0;

  constructor(
    settings: Settings,
    rules: OperationRules,
    options: RequestOptions,
    read: ResponseReader<T> | undefined,
    schedule: AttemptSchedule | undefined,
  ) {
    this.#settings = settings;
    this.rules = rules;
    this.options = options;
    this.#read = read;
    this.#schedule = schedule;
  }

  /** The last response's status; undefined when there was none. */
  get status(): number | undefined {
    return this.#answer?.status;
  }

  /** The `x-request-id` header of the last response. */
  get requestId(): string | undefined {
    const id = this.#answer?.headers.get("x-request-id") ?? undefined;
    return id === undefined ? undefined : shortened(this.#redaction.text(id), MAX_REQUEST_ID);
  }

  /** A copy of the last response's status and headers without secrets; undefined where a `Response` cannot be made. */
  get response(): Response | undefined {
    if (this.#answer === undefined) return undefined;
    const { status, headers } = this.#answer;
    if (status < 200 || status > 599) return undefined;
    const redacted = new Headers();
    headers.forEach((value, name) => {
      redacted.append(name, this.#redaction.text(value).slice(0, MAX_HEADER));
    });
    return new Response(null, { status, headers: redacted });
  }

  /** Writes the body of the request, for openapi-fetch. */
  readonly writeBody = (body: unknown): string => {
    this.#sent = body;
    try {
      return stringifyJson(body);
    } catch (error) {
      const summary = nothingSent(this.rules.method);
      return refuseInput(summary, ["body", ...pathOfUnfit(body)], unreadableBecause(error));
    }
  };

  /** Attempts until one succeeds, or fails in a way that another attempt would not mend. */
  readonly fetch = async (given: Request): Promise<Response> => {
    const { rules } = this;
    const request = await this.#readRequest(given);
    const outcome = await this.#sendRepeatedly(request);
    this.#outcome = outcome;
    if (this.#answer === undefined) {
      if ("error" in outcome) throw outcome.error;
      throw new TypeError(`${rules.method}: no response`);
    }
    this.#given = responseOf(this.#answer, given instanceof PlainRequest);
    return this.#given;
  };

  /**
   * The result, of the response that openapi-fetch gives. A middleware may have replaced it: then `error` is the body
   * of an unsuccessful one, which openapi-fetch has read.
   */
  async result(response: Response, error: unknown): Promise<T> {
    let outcome = this.#outcome;
    if (outcome === undefined || response !== this.#given) {
      const { status, headers, ok } = response;
      const text = typeof error === "string" ? error : (JSON.stringify(error) ?? "");
      const body = ok
        ? await readBody(response, this.#settings.maxResponseBytes, this.options.signal)
        : { bodyText: text, isTooLong: false };
      this.#answer = { status, headers, ...body };
      outcome = this.#judge(this.#answer);
    }
    if ("error" in outcome) throw outcome.error;
    return outcome.model;
  }

  /** Calls `onDrift` with something in a response. */
  readonly #reportDrift = (issue: Issue): void => {
    const { path, message } = this.#redacted(issue);
    const { operation, method } = this.rules;
    const { context } = this.options;
    callHook(this.#settings.onDrift, { operation, path, problem: message, context });
    this.#log("warn", () => `${method}: drift at ${path.join(".")}: ${message}`);
  };

  #redacted({ path, message }: Issue): Issue {
    return {
      path: path.map((step) =>
        typeof step === "string" ? shortened(this.#redaction.text(step), MAX_STEP) : step,
      ),
      message: shortened(this.#redaction.text(message), MAX_MESSAGE),
    };
  }

  /** What is sent of a request that middleware may have changed. It goes to the API's origin or nowhere. */
  async #readRequest(given: Request | PlainRequest): Promise<SentRequest> {
    const { url, method } = given;
    const { baseUrl, apiKey } = this.#settings;
    const headers: Record<string, string> = {};
    given.headers.forEach((value, name) => {
      headers[name] = value;
      if (!isSecretHeader(name)) return;
      for (const secret of [value, ...value.split(" ").slice(1)]) this.#redaction.add(secret);
    });
    if (given instanceof PlainRequest) return { url, method, headers, body: given.body ?? null };
    const summary = nothingSent(this.rules.method);
    if (new URL(url).origin !== new URL(baseUrl).origin) {
      const message = `expected a middleware that keeps to the origin of the baseUrl, ${new URL(baseUrl).origin}: the API key goes to no other`;
      refuseInput(summary, ["middleware"], message);
    }
    if (apiKey !== undefined && "authorization" in headers) {
      const message = "expected either it or an apiKey, not both: a middleware set it";
      refuseInput(summary, ["headers", "authorization"], message);
    }
    const body = given.body === null ? null : await given.arrayBuffer();
    return { url, method, headers, body };
  }

  async #sendRepeatedly(request: SentRequest): Promise<Outcome<T>> {
    const { rules, options } = this;
    const schedule = this.#schedule;
    const { maxRetries = this.#settings.maxRetries, timeout = this.#settings.timeout } = options;
    let mayBeDone = false;
    let timeLeft = await schedule?.begin();
    for (;;) {
      const started = performance.now();
      const report = (next: NextStep, error?: unknown): void =>
        this.#reportAttempt(request, started, next, error);
      const ending = (end: Outcome<T>): Outcome<T> => {
        const isDone = "model" in end;
        report({ action: isDone ? "done" : "fail" }, isDone ? undefined : end.error);
        return end;
      };
      let outcome: Outcome<T>;
      try {
        outcome = await this.#attempt(request, Math.min(timeout, timeLeft ?? timeout));
      } catch (reason) {
        report({ action: "fail" }, reason);
        throw reason;
      }
      if ("model" in outcome) return ending(outcome);
      const { error } = outcome;
      let last: Outcome<T> = outcome;
      // A ConnectionError has neither.
      const { status, retryAfterSeconds } = error as Partial<ApiError>;
      if (status === 404 && rules.isDoneWhenNotFound && mayBeDone) {
        return ending({ model: undefined as T });
      }
      if (rules.isOutcomeReported && mayBeDone && !mayBeCarriedOut(error)) {
        last = { error: this.#outcomeUnknown(error) };
      }
      if (!(schedule?.mayMend(error) ?? isRetriable(rules.retry, error))) return ending(last);
      mayBeDone ||= mayBeCarriedOut(error);
      const delay = retryDelay(this.attempts, retryAfterSeconds);
      if (schedule !== undefined) {
        report({ action: "retry", delay }, error);
        timeLeft = await schedule.begin(error, delay);
        continue;
      }
      const isTooFar = (retryAfterSeconds ?? 0) > MAX_RETRY_AFTER;
      if (this.attempts > maxRetries || isTooFar) return ending(last);
      report({ action: "retry", delay }, error);
      await wait(delay, options.signal);
    }
  }

  #log(level: "debug" | "info" | "warn", message: () => string): void {
    if (!isLogged(this.#settings, level)) return;
    callHook((text: string) => this.#settings.logger?.[level](text), message());
  }

  #reportAttempt(request: SentRequest, started: number, next: NextStep, error: unknown): void {
    const { onAttempt, logger } = this.#settings;
    // An attempt that was aborted before it began is none.
    if ((onAttempt === undefined && logger === undefined) || this.attempts === 0) return;
    const { method } = request;
    const { operation } = this.rules;
    const { context } = this.options;
    const duration = performance.now() - started;
    const url = this.#redaction.text(request.url);
    const { attempts: attempt, status } = this;
    callHook(onAttempt, {
      operation,
      attempt,
      method,
      url,
      status,
      error,
      duration,
      next,
      context,
    });
    const level = { done: "debug", retry: "info", fail: "warn" } as const;
    this.#log(level[next.action], () => {
      const after = next.action === "retry" ? `, next in ${Math.round(next.delay)} ms` : "";
      const why = error === undefined ? "" : `: ${this.#redaction.text(error)}`;
      const what = `${this.rules.method}: attempt ${attempt}, ${status ?? "no response"}`;
      return `${what}, ${method} ${url}, ${Math.round(duration)} ms${after}${why}`;
    });
  }

  #outcomeUnknown(error: Error): ConnectionError {
    const { operation, method } = this.rules;
    const message = `${method}: an earlier attempt may have been carried out, the last one was refused: ${error.message}`;
    const { attempts } = this;
    return new ConnectionError(message, {
      code: "OUTCOME_UNKNOWN",
      operation,
      attempts,
      cause: error,
    });
  }

  /** One attempt. Rejects with the signal's reason only. */
  async #attempt(request: SentRequest, timeout: number): Promise<Outcome<T>> {
    const { operation, method } = this.rules;
    const { signal } = this.options;
    if (signal?.aborted) throw signal.reason;
    this.attempts++;
    this.#answer = undefined;
    const controller = new AbortController();
    let cancelBody: (() => void) | undefined;
    let isTimeUp = false;
    try {
      const exchange = this.#exchange(request, controller.signal, (cancel) => {
        cancelBody = cancel;
      });
      // A fetch may ignore its signal: what is awaited ends here in any case.
      this.#answer = await untilAbort(signal, exchange, timeout);
      isTimeUp = this.#answer === undefined;
      if (this.#answer === undefined) throw new Error(`no complete response within ${timeout} ms`);
    } catch (error) {
      controller.abort(error);
      cancelBody?.();
      if (!isTimeUp && signal?.aborted) throw signal.reason;
      if (error instanceof InvalidInputError) return { error };
      const cause = this.#redaction.cause(error);
      const failed = isTimeUp ? "" : "the connection failed: ";
      return {
        error: new ConnectionError(
          `${method}: ${failed}${shortened(reasonOf(cause), MAX_MESSAGE)}`,
          {
            code: isTimeUp ? "TIMEOUT" : "CONNECTION_FAILED",
            operation,
            attempts: this.attempts,
            cause: isTimeUp ? undefined : cause,
          },
        ),
      };
    }
    return this.#judge(this.#answer);
  }

  async #exchange(
    { url, method, headers, body }: SentRequest,
    signal: AbortSignal,
    onReader: (cancel: (() => void) | undefined) => void,
  ): Promise<Answer> {
    const { apiKey, fetch = globalThis.fetch, maxResponseBytes } = this.#settings;
    const key =
      typeof apiKey === "function"
        ? await askForKey(apiKey, this.#settings.api, nothingSent(this.rules.method))
        : apiKey;
    if (key !== undefined) this.#redaction.add(key);
    signal.throwIfAborted();
    const response = (await fetch(url, {
      method,
      headers: key === undefined ? { ...headers } : { ...headers, authorization: `Bearer ${key}` },
      redirect: "manual",
      signal,
      body,
    })) as Response;
    const { status, headers: received } = response;
    const read = await readBody(response, maxResponseBytes, signal, onReader);
    return { status, headers: received, ...read };
  }

  /** What a response means: the model of a success, or an error. */
  #judge(answer: Answer): Outcome<T> {
    const { status, headers, bodyText, isTooLong } = answer;
    const { method, mayBeArray: isArray = false } = this.rules;
    const isWithoutBody = this.rules.mayBeEmpty === true && bodyText === "";
    if (isSuccess(status) && (this.#read === undefined || isWithoutBody)) {
      return { model: undefined as T };
    }
    let body: unknown;
    let message = isArray
      ? "the body is JSON, but neither an object nor an array"
      : "the body is JSON, but not an object";
    try {
      body = parseJson(isTooLong ? "" : bodyText);
    } catch {
      message = isTooLong
        ? `the body is longer than maxResponseBytes, ${this.#settings.maxResponseBytes}`
        : bodyText === ""
          ? "the body is empty"
          : "the body is not JSON, or was cut off";
    }
    if (!isSuccess(status)) {
      const retryAfterSeconds = readRetryAfter(headers.get("retry-after"), Date.now());
      const said = this.#redaction.tree(withOrdinaryNumbers(body));
      const error = this.#settings.api.readErrorBody(said);
      const info = { ...this.#infoOf(answer, error.requestId), retryAfterSeconds };
      return { error: apiErrorOf(method, error, info) };
    }
    let issues: readonly Issue[] = [{ path: [], message }];
    if (this.#read !== undefined && (isRecord(body) || (isArray && Array.isArray(body)))) {
      const { model, unusable } = this.#read(body, this.#reportDrift, this.#sent);
      if (unusable.length === 0) return { model };
      issues = unusable.slice(0, MAX_ISSUES).map((issue) => this.#redacted(issue));
    }
    const summary = `${method}: the response (${status}) cannot be used`;
    return { error: new InvalidResponseError(summary, issues, this.#infoOf(answer)) };
  }

  /** What an error contains of a response, without secrets. */
  #infoOf({ status, bodyText, isTooLong }: Answer, requestId = this.requestId): AnswerInfo {
    return {
      operation: this.rules.operation,
      attempts: this.attempts,
      status,
      requestId: requestId && shortened(requestId, MAX_REQUEST_ID),
      bodyText: this.#redaction.beginning(bodyText, MAX_BODY_TEXT, isTooLong),
      response: this.response,
    };
  }
}

/** What openapi-fetch is given: a real `Response` when middleware may look at it, its outline otherwise. */
function responseOf({ status, headers, bodyText }: Answer, isPlain: boolean): Response {
  if (!isPlain && status >= 200 && status <= 599) {
    return new Response(hasNoBody(status) ? null : bodyText, { status, headers });
  }
  const text = async (): Promise<string> => (isPlain ? "" : bodyText);
  return { status, headers, ok: isSuccess(status), body: null, text } as unknown as Response;
}

/** The key that the caller's function gives. */
async function askForKey(give: () => unknown, api: Api, summary: string): Promise<string> {
  let key: unknown;
  try {
    key = await give();
  } catch (error) {
    const message = "expected a function that returns the key: it threw or rejected";
    const cause = Redaction.causeWithoutKeys(error);
    refuseInput(summary, ["apiKey"], message, { cause });
  }
  return checkKey(key, api, summary);
}

/** The messages of an error and its causes: `fetch failed` alone helps nobody. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { code } = thrown as { code?: string };
  const own = thrown.message || code || thrown.name;
  return thrown.cause === undefined ? own : `${own}: ${reasonOf(thrown.cause)}`;
}
