import createClient, { type Client, createQuerySerializer } from "openapi-fetch";
import { InvalidInputError, isCostsError } from "../errors.ts";
import { nothingSent, refuseInput } from "../schemas/input.ts";
import { Call, type OperationRules, PlainRequest, type ResponseReader } from "./call.ts";
import {
  callHook,
  checkRequestOptions,
  isLogged,
  type RequestOptions,
  type Settings,
  userAgent,
} from "./options.ts";
import type { AttemptSchedule } from "./retry.ts";
import { untilAbort } from "./waiting.ts";

/** What a call adds to the init of openapi-fetch's methods: spread it. */
export interface CallInit {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly headers: Record<string, string>;
  readonly bodySerializer: (body: unknown) => string;
  readonly querySerializer: (query: Readonly<Record<string, unknown>>) => string;
  readonly parseAs: "stream";
  readonly signal?: AbortSignal | null;
}

/** Sends one request with openapi-fetch: `(api, init) => api.GET("/path", { ...init, params })`. */
export type Send<Paths extends object> = (
  api: Client<Paths>,
  init: CallInit,
) => Promise<{ readonly error?: unknown; readonly response: Response }>;

const writeQuery = /* @__PURE__ */ createQuerySerializer<Readonly<Record<string, unknown>>>();

/** Writes a query. Text that ends in half a character has no form in a URL. */
function querySerializer(method: string, query: Readonly<Record<string, unknown>>): string {
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      try {
        encodeURIComponent(item);
      } catch {
        const message =
          "expected text without a lone surrogate (half of a character): a URL cannot carry it";
        refuseInput(nothingSent(method), [name], message);
      }
    }
  }
  return writeQuery(query);
}

/** The result of a call and what is known of its response. */
export interface CallResult<T> {
  readonly data: T;
  /**
   * The status and the headers of the last response, without secrets; its body was read. Undefined where a browser
   * hides them.
   */
  readonly response: Response | undefined;
  /** The `x-request-id` header; browsers hide it unless the server exposes it. */
  readonly requestId: string | undefined;
  readonly attempts: number;
}

/** What every method of the client returns: a promise of the result, which also tells of its response. */
export class CallPromise<T> extends Promise<T> {
  readonly #infoOf: () => Omit<CallResult<T>, "data">;

  /** What `then` makes is an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** @internal */
  constructor(result: Promise<T>, infoOf: () => Omit<CallResult<T>, "data">) {
    super((resolve) => resolve(result));
    this.#infoOf = infoOf;
  }

  /**
   * The result together with its response, request id and number of attempts. Rejects as the promise itself does.
   *
   * @example
   * ```ts
   * import { Paygentic } from "metered-costs";
   *
   * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
   * const { data, requestId, attempts } = await paygentic.costs.get("cst_1").withResponse();
   * console.log(data.name, requestId, attempts);
   * ```
   */
  withResponse(): Promise<CallResult<T>> {
    return this.then((data) => ({ data, ...this.#infoOf() }));
  }
}

/** Sends the calls of one API: openapi-fetch makes the requests, `Call` sends them. */
export class HttpClient<Paths extends object> {
  readonly #settings: Settings;
  readonly #api: Client<Paths>;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #hasMiddleware: boolean;

  constructor(settings: Settings) {
    const { baseUrl, headers, middleware = [] } = settings;
    this.#settings = settings;
    const agent = userAgent();
    this.#headers = {
      accept: "application/json",
      ...(agent !== undefined && { "user-agent": agent }),
      ...lowerCased(headers),
    };
    this.#hasMiddleware = middleware.length > 0;
    this.#api = createClient<Paths>({
      baseUrl,
      redirect: "manual",
      ...(!this.#hasMiddleware && { Request: PlainRequest as unknown as typeof Request }),
    });
    this.#api.use(...middleware);
  }

  /**
   * Sends one operation and gives what `read` makes of the response; without `read` its body is not looked at. Rejects
   * with an `ApiError`, a `ConnectionError`, an `InvalidResponseError`, an `InvalidInputError` for arguments, options or
   * a key that cannot be used, or the signal's reason.
   */
  call<T>(
    rules: OperationRules,
    options: RequestOptions,
    read: ResponseReader<T> | undefined,
    send: Send<Paths>,
    schedule?: AttemptSchedule,
  ): CallPromise<T> {
    const call = new Call(this.#settings, rules, options, read, schedule);
    return new CallPromise(this.#result(call, send), () => ({
      response: call.response,
      requestId: call.requestId,
      attempts: call.attempts,
    }));
  }

  async #result<T>(call: Call<T>, send: Send<Paths>): Promise<T> {
    const { rules, options } = call;
    // What is no object is refused below.
    const signal = options?.signal;
    const started = performance.now();
    let isSent = false;
    let isRefused = false;
    try {
      this.checkOptions(options, call.rules.method);
      const sent = send(this.#api, {
        fetch: call.fetch,
        headers: { ...this.#headers, ...lowerCased(options.headers) },
        bodySerializer: call.writeBody,
        querySerializer: (query) => querySerializer(rules.method, query),
        parseAs: "stream",
        ...(this.#hasMiddleware && { signal: signal ?? null }),
      });
      isSent = true;
      // A middleware may never settle.
      const settled = this.#hasMiddleware ? untilAbort(signal, sent) : sent;
      const { response, error } = (await settled) as Awaited<typeof sent>;
      return await call.result(response, error);
    } catch (error) {
      if (isSent && signal?.aborted) throw signal.reason;
      isRefused = !isSent || (error instanceof InvalidInputError && call.attempts === 0);
      // From here the stack leads to the caller within a few frames; from where the error was made it may not reach it.
      if (isCostsError(error)) Error.captureStackTrace?.(error);
      throw error;
    } finally {
      const { onResponse } = this.#settings;
      // Building the payload doubles the cost of a call: without a hook it is skipped.
      if (onResponse !== undefined && !isRefused) {
        callHook(onResponse, {
          operation: rules.operation,
          status: call.status,
          requestId: call.requestId,
          attempts: call.attempts,
          duration: performance.now() - started,
          context: options.context,
        });
      }
    }
  }

  /** Passes a warning to the logger that takes warnings; to `print` where the client has no logger. */
  warn(message: string, print: (message: string) => void): void {
    const { logger } = this.#settings;
    if (logger === undefined) print(message);
    else if (isLogged(this.#settings, "warn")) callHook((text) => logger.warn(text), message);
  }

  /** Throws an `InvalidInputError` for options of a call that cannot be used. */
  checkOptions(options: RequestOptions, method: string): void {
    checkRequestOptions(options, method, this.#settings.apiKey !== undefined);
  }
}

/** One header for each name, however its letters were written. */
function lowerCased(
  headers: Readonly<Record<string, string>> | Headers | undefined,
): Record<string, string> | undefined {
  if (headers instanceof Headers) return Object.fromEntries(headers);
  return (
    headers &&
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  );
}
