import type { Middleware } from "openapi-fetch";
import type { AnyOperation } from "../errors.ts";
import { withoutEndSlashes } from "../schemas/contract.ts";
import {
  anything,
  boolean,
  callback,
  expecting,
  headers,
  list,
  oneOf,
  optional,
  type Schema,
  signal,
  strictObject,
  text,
  wholeNumber,
  withDefault,
  withFields,
} from "../schemas/fields.ts";
import { nothingSent, readInput, refuseInput } from "../schemas/input.ts";
import { isRecord } from "../values/record.ts";
import type { ErrorBodyReader } from "./api-error.ts";
import { MAX_TIMER_DELAY } from "./waiting.ts";

/** What `onResponse` is called with: for logs and metrics, without secrets. */
export interface ResponseInfo {
  readonly operation: AnyOperation;
  /** The last attempt's HTTP status; undefined when there was none. */
  readonly status: number | undefined;
  /** The `x-request-id` header of the last response; browsers hide it unless the server exposes it. */
  readonly requestId: string | undefined;
  readonly attempts: number;
  /** Milliseconds from the call until it settles, waiting between attempts included. */
  readonly duration: number;
  /** The call's `context`. */
  readonly context: unknown;
}

/** What happens after an attempt: the call is done, it fails, or it is repeated after `delay` milliseconds. */
export type NextStep =
  | { readonly action: "done" | "fail" }
  | { readonly action: "retry"; readonly delay: number };

/** What `onAttempt` is called with, without secrets. */
export interface AttemptInfo {
  readonly operation: AnyOperation;
  /** From 1. */
  readonly attempt: number;
  readonly method: string;
  readonly url: string;
  /** The response's status; undefined when there was none. */
  readonly status: number | undefined;
  /** What the attempt failed with: an error of the library, or the reason of your signal. */
  readonly error: unknown;
  /** Milliseconds of this attempt. */
  readonly duration: number;
  /** What happens now; a queue and `ingestAll` may still give up a retry when an event's deadline passes. */
  readonly next: NextStep;
  /** The call's `context`. */
  readonly context: unknown;
}

/** Takes messages of the client, one text each: `console` fits, and so does pino. */
export interface Logger {
  /** Called after each attempt. */
  readonly debug: (message: string) => void;
  /** Called before each retry. */
  readonly info: (message: string) => void;
  /** Called with what a person should look at, such as drift. */
  readonly warn: (message: string) => void;
  /** Called with nothing yet: a call that fails rejects instead. */
  readonly error: (message: string) => void;
}
/** The least level of which a logger is told; `off` for none. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "off";

/** What `onDrift` is called with: a response held what the contract does not know, or not what was sent. */
export interface Drift {
  readonly operation: AnyOperation;
  /** Where it is in the response, such as `["data", 3, "aggregation"]`. */
  readonly path: readonly (string | number)[];
  readonly problem: string;
  /** The call's `context`. */
  readonly context: unknown;
}

/** What the client calls for each attempt: the global `fetch`, undici's, or a function of yours. */
export type Fetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly redirect: "manual";
    readonly signal: AbortSignal;
    readonly body: string | ArrayBuffer | null;
  },
) => Promise<FetchedResponse>;

/** What the client needs of a response's headers; every `Headers` has it. */
export interface FetchedHeaders {
  /** The value of a header, by its name in any case; null without it. */
  get(name: string): string | null;
  /** Calls back with each header. */
  forEach(callback: (value: string, name: string) => void): void;
}

/** What the client needs of a response's body; every stream has it. */
export interface FetchedBody {
  /** A reader of the stream. */
  getReader(): unknown;
}

/** What the client needs of a response; every `Response` has it. */
export interface FetchedResponse {
  readonly status: number;
  readonly headers: FetchedHeaders;
  readonly body: FetchedBody | null;
  /** The whole body as text; for responses without a stream. */
  text(): Promise<string>;
}

/** How a client calls an API. */
export interface ClientOptions {
  /**
   * The API key, or a function that returns it, called at every attempt. Without it the client reads the key from the
   * API's environment variable, for the API's own hosts only: another `baseUrl` gets no key that you did not pass.
   */
  readonly apiKey?: string | (() => string | Promise<string>) | undefined;
  /** https, or http to loopback, or in a browser a path such as `/api/paygentic`. */
  readonly baseUrl?: string | undefined;
  /** @default globalThis.fetch, looked up at every call */
  readonly fetch?: Fetch | undefined;
  /**
   * Milliseconds for one attempt, its body included.
   * @default 30_000
   */
  readonly timeout?: number | undefined;
  /**
   * How many times a call that can be repeated is tried again.
   * @default 2
   */
  readonly maxRetries?: number | undefined;
  /**
   * The longest body of an answer, in bytes after decompression; no more of it is read. A success that is longer is an
   * `InvalidResponseError`, another answer the `ApiError` of its status. The default holds a summary of a year of
   * minutes.
   * @default 67_108_864
   */
  readonly maxResponseBytes?: number | undefined;
  /** Extra headers of every request. */
  readonly headers?: Readonly<Record<string, string>> | Headers | undefined;
  /**
   * Middleware of openapi-fetch. It sees each call once, before the client adds the API key and before the attempts; the
   * response that it sees has a body within `maxResponseBytes`. A request that it sends to another origin than that of
   * the `baseUrl` is refused with an `InvalidInputError`. A call rejects with what a middleware throws, as it is; a queue
   * and `ingestAll` send the event again.
   */
  readonly middleware?: readonly Middleware[] | undefined;
  /** Takes messages about attempts and drift, without secrets. */
  readonly logger?: Logger | undefined;
  /**
   * The least important messages that the logger takes: `debug` for every attempt, `info` for retries, `warn` for failed
   * calls and drift.
   * @default "warn"
   */
  readonly logLevel?: LogLevel | undefined;
  /** Called once after each attempt. What it throws is ignored. */
  readonly onAttempt?: ((info: AttemptInfo) => void) | undefined;
  /** Called once per call, after it settles. What it throws is ignored. */
  readonly onResponse?: ((facts: ResponseInfo) => void) | undefined;
  /** Called with what a response held beyond the contract. What it throws is ignored. */
  readonly onDrift?: ((drift: Drift) => void) | undefined;
  /** Allows a literal `apiKey` in a browser, where every visitor can read it. */
  readonly dangerouslyAllowBrowser?: boolean | undefined;
}

/** How one call differs from the client's settings. */
export interface RequestOptions {
  /** Ends the call, waiting included; the call then rejects with the signal's reason, untouched. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for one attempt, its body included. */
  readonly timeout?: number | undefined;
  readonly maxRetries?: number | undefined;
  /** Extra headers of this request. */
  readonly headers?: Readonly<Record<string, string>> | Headers | undefined;
  /** Anything of yours, such as a trace: every hook of this call receives it. It is not sent. */
  readonly context?: unknown;
}

/** The properties of an API that its client needs. */
export interface Api {
  /** The class of the API's client. */
  readonly client: string;
  /** The base URL of each environment; the first is the default. Without a path at its end. */
  readonly environments: Readonly<Record<string, string>>;
  /** The environment variable with the key for these. */
  readonly keyVariable: string;
  /** The form of a key, described by an example; any text without spaces when absent. */
  readonly keyForm?: { readonly pattern: RegExp; readonly example: string } | undefined;
  readonly readErrorBody: ErrorBodyReader;
}

/** The options, checked, with every default in place. */
export interface Settings extends ClientOptions {
  readonly api: Api;
  readonly baseUrl: string;
  readonly timeout: number;
  readonly maxRetries: number;
  readonly maxResponseBytes: number;
}

/** This package's version. */
export const VERSION = "0.1.0";

const LEVELS = ["debug", "info", "warn", "error"] as const;
const KEY = /^[\x21-\x7e]+$/;
/** What a key may go to; plain http stays on this machine. */
const SAFE_HOST = /^(?:https:|http:(?:localhost|\[::1\]|127\.\d+\.\d+\.\d+)$)/;

const timeout = /* @__PURE__ */ expecting<number>(
  "milliseconds, more than 0",
  (given) => typeof given === "number" && given > 0 && given <= MAX_TIMER_DELAY,
);

/** The options that one call and many have in common. */
export const CALL_OPTIONS = {
  signal: /* @__PURE__ */ optional(signal),
  timeout: /* @__PURE__ */ optional(timeout),
  headers: /* @__PURE__ */ optional(headers),
  context: /* @__PURE__ */ optional(/* @__PURE__ */ anything<unknown>()),
};
const requestOptions = /* @__PURE__ */ strictObject(
  /* @__PURE__ */ withFields(CALL_OPTIONS, {
    maxRetries: /* @__PURE__ */ optional(/* @__PURE__ */ wholeNumber(0)),
  }),
);
const MIDDLEWARE_FUNCTIONS = ["onRequest", "onResponse", "onError"];
const middleware = /* @__PURE__ */ expecting<Middleware>(
  "an object with onRequest, onResponse or onError",
  (given) =>
    isRecord(given) && MIDDLEWARE_FUNCTIONS.some((name) => typeof given[name] === "function"),
);

/** The options of a client, of which `environments` may be chosen; the first is the default. */
/* @__NO_SIDE_EFFECTS__ */
function clientOptions(environments: readonly string[]) {
  return strictObject({
    apiKey: optional(
      expecting<NonNullable<ClientOptions["apiKey"]>>(
        "text or a function",
        (given) => typeof given === "string" || typeof given === "function",
      ),
    ),
    environment: withDefault(oneOf(environments) as Schema<string>, environments[0] as string),
    baseUrl: optional(text),
    fetch: optional(callback<Fetch>()),
    timeout: withDefault(timeout, 30_000),
    maxRetries: withDefault(wholeNumber(0), 2),
    maxResponseBytes: withDefault(wholeNumber(1), 67_108_864),
    headers: optional(headers),
    middleware: optional(list(middleware)),
    logger: optional(
      expecting<Logger>(
        "an object with the methods debug, info, warn and error",
        (given) =>
          typeof given === "object" &&
          given !== null &&
          LEVELS.every((level) => typeof Reflect.get(given, level) === "function"),
      ),
    ),
    logLevel: withDefault(oneOf([...LEVELS, "off"]), "warn"),
    onAttempt: optional(callback<NonNullable<ClientOptions["onAttempt"]>>()),
    onResponse: optional(callback<NonNullable<ClientOptions["onResponse"]>>()),
    onDrift: optional(callback<NonNullable<ClientOptions["onDrift"]>>()),
    dangerouslyAllowBrowser: optional(boolean),
  });
}
/** The schema of each API's options, made with its first client. */
const schemas = /* @__PURE__ */ new WeakMap<Api, ReturnType<typeof clientOptions>>();
function optionsOf(api: Api): ReturnType<typeof clientOptions> {
  const schema = schemas.get(api) ?? clientOptions(Object.keys(api.environments));
  schemas.set(api, schema);
  return schema;
}

/** A key of ours and a caller's own authorization cannot both be sent. */
function refuseTwoKeys(
  summary: string,
  { headers: given = {} }: RequestOptions,
  hasKey: boolean,
): void {
  if (hasKey && Object.keys(given).some((name) => name.toLowerCase() === "authorization")) {
    refuseInput(summary, ["headers", "authorization"], "expected either it or an apiKey, not both");
  }
}

/** What a call without options has: there is nothing to check. */
export const NO_OPTIONS: RequestOptions = {};

/** Checks the options of one call, of a client with a key or without. */
export function checkRequestOptions(
  options: RequestOptions,
  method: string,
  hasKey: boolean,
): void {
  if (options === NO_OPTIONS) return;
  const summary = nothingSent(method);
  refuseTwoKeys(summary, readInput(requestOptions, options, summary), hasKey);
}

/** The key as it may go into a header; throws without showing it. */
export function checkKey(key: unknown, { keyForm }: Api, summary: string): string {
  const { pattern = KEY, example = "text without spaces and line breaks, not empty" } =
    keyForm ?? {};
  if (typeof key === "string" && pattern.test(key)) return key;
  const message = `expected ${example}`;
  return refuseInput(summary, ["apiKey"], message);
}

/** The key in the environment. Deno asks for permission to read it, and its answer may be no. */
function keyOfEnvironment(variable: string): { readonly key?: string; readonly isDenied?: true } {
  try {
    const key = globalThis.process?.env?.[variable];
    return key ? { key } : {};
  } catch {
    return { isDenied: true };
  }
}

const isBrowser = (): boolean => globalThis.window?.document !== undefined;

/**
 * The `User-Agent` on servers; browsers have their own, and ask the server's permission for another. Undefined where it
 * is not known to be a server.
 */
export function userAgent(): string | undefined {
  const isServer =
    globalThis.process?.versions?.node !== undefined ||
    globalThis.navigator?.userAgent === "Cloudflare-Workers";
  return isServer && !isBrowser() ? `metered-costs/${VERSION}` : undefined;
}

/** Whether the logger takes messages of a level. */
export function isLogged(settings: Settings, level: Exclude<LogLevel, "off">): boolean {
  const { logger, logLevel = "warn" } = settings;
  return (
    logger !== undefined && logLevel !== "off" && LEVELS.indexOf(level) >= LEVELS.indexOf(logLevel)
  );
}

/** Calls a hook. What it throws, and what a promise that it returns rejects with, is ignored. */
export function callHook<T>(hook: ((info: T) => unknown) | undefined, info: T): void {
  if (hook === undefined) return;
  try {
    Promise.resolve(hook(info)).catch(() => undefined);
  } catch {
    // A failing logger does not fail the call.
  }
}

/** The URL that is meant, or in words what was expected. */
function readBaseUrl(given: string, hasKey: boolean, example: string): URL | string {
  // Only a page in a browser can resolve a relative one.
  const page = given.startsWith("/") && isBrowser() ? window.location : undefined;
  let url: URL;
  try {
    url = new URL(given, page?.href);
  } catch {
    return `a URL such as ${example}, or in a browser a path such as /api/paygentic`;
  }
  if (url.username + url.password + url.search + url.hash !== "") {
    return "a URL without credentials, query and fragment";
  }
  // A file's origin is "null", like that of every other file.
  if (page && (url.origin !== page.origin || url.origin === "null")) {
    return "a path of this page's own origin";
  }
  if (SAFE_HOST.test(url.protocol + url.hostname) || (page && !hasKey)) return url;
  return "https, or http to loopback (localhost, 127.0.0.0/8, [::1]), where a key is safe";
}

/** Checks the options of a client and fills in the defaults. Throws an `InvalidInputError` that shows no secret. */
export function readOptions(
  options: ClientOptions & { readonly environment?: string | undefined },
  api: Api,
): Settings {
  const summary = `new ${api.client}: the client cannot be made`;
  const expected = (option: string, what: string): never =>
    refuseInput(summary, [option], `expected ${what}`);
  const names = Object.keys(api.environments);
  const { environment, ...settings } = readInput(optionsOf(api), options, summary);
  const { apiKey: given, baseUrl = api.environments[environment] ?? "" } = settings;
  const read = readBaseUrl(baseUrl, given !== undefined, api.environments[names[0] ?? ""] ?? "");
  const url = typeof read === "string" ? expected("baseUrl", read) : read;
  const isKnownHost = Object.values(api.environments).some(
    (known) => new URL(known).origin === url.origin,
  );
  const { keyVariable } = api;
  const found = given === undefined && isKnownHost ? keyOfEnvironment(keyVariable) : {};
  const apiKey = given ?? found.key;
  if (typeof apiKey === "string") {
    checkKey(apiKey, api, summary);
    if (isBrowser() && !settings.dangerouslyAllowBrowser) {
      expected(
        "apiKey",
        "no literal key in a browser, where every visitor can read it: use a proxy as baseUrl, or set dangerouslyAllowBrowser: true",
      );
    }
  } else if (apiKey === undefined && isKnownHost) {
    expected(
      "apiKey",
      found.isDenied
        ? `an API key: the runtime denies reading ${keyVariable} from the environment; in Deno run with --allow-env=${keyVariable}, or pass apiKey`
        : `an API key: pass apiKey, or set ${keyVariable} in the environment`,
    );
  }
  refuseTwoKeys(summary, settings, apiKey !== undefined);
  // Always whole: a page's `<base>` has no say in where a key goes.
  return { ...settings, api, apiKey, baseUrl: url.origin + withoutEndSlashes(url.pathname) };
}
