import type { Middleware } from "openapi-fetch";
import type { KontorionOperation, Operation } from "../errors.ts";
import { withoutEndSlashes } from "../schemas/contract.ts";
import {
  boolean,
  everyMember,
  expecting,
  isFunction,
  isText,
  list,
  oneOf,
  optional,
  optionalFunction,
  optionalText,
  type Reader,
  readArgument,
  refuse,
  type Shape,
  wholeNumber,
} from "../schemas/reading.ts";
import { isRecord } from "../values/record.ts";
import type { ErrorBodyReader } from "./api-error.ts";
import { MAX_TIMER_DELAY } from "./waiting.ts";

/** What `onResponse` is called with: for logs and metrics, without secrets. */
export interface ResponseInfo {
  readonly operation: Operation | KontorionOperation;
  /** The last attempt's HTTP status; undefined when there was none. */
  readonly status: number | undefined;
  /** The `x-request-id` header of the last response; browsers hide it unless the server exposes it. */
  readonly requestId: string | undefined;
  readonly attempts: number;
  /** Milliseconds from the call until it settles, waiting between attempts included. */
  readonly duration: number;
}

/** What `onDrift` is called with: a response held what the contract does not know, or not what was sent. */
export interface Drift {
  readonly operation: Operation | KontorionOperation;
  /** Where it is in the response, such as `["data", 3, "aggregation"]`. */
  readonly path: readonly (string | number)[];
  readonly problem: string;
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
  readonly fetch?: typeof globalThis.fetch | undefined;
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
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Middleware of openapi-fetch. It sees each call once, before the client adds the API key and before the attempts; the
   * response that it sees has a body within `maxResponseBytes`. A request that it sends to another origin than that of
   * the `baseUrl` is refused with an `InvalidInputError`.
   */
  readonly middleware?: readonly Middleware[] | undefined;
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
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What a client knows of the API that it calls. */
export interface Api {
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

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const KEY = /^[\x21-\x7e]+$/;
/** What a key may go to; plain http stays on this machine. */
const SAFE_HOST = /^(?:https:|http:(?:localhost|\[::1\]|127\.\d+\.\d+\.\d+)$)/;

// A header's value stays out of the message: it may be a secret. So does a name that is none.
const headerValues = everyMember(
  expecting("text without line breaks", (value) => isText(value) && HEADER_VALUE.test(value)),
);
const headers: Reader = (value, at) =>
  isRecord(value) && !Object.keys(value).every((name) => HEADER_NAME.test(name))
    ? at.wrong("expected names that HTTP allows")
    : headerValues(value, at);
const timeout = expecting(
  "milliseconds, more than 0",
  (value) => typeof value === "number" && value > 0 && value <= MAX_TIMER_DELAY,
);
const signal = expecting(
  "an AbortSignal",
  (value) =>
    typeof value === "object" &&
    value !== null &&
    "aborted" in value &&
    "addEventListener" in value,
);

/** What the options of one call may be, or of many, and which others there are. */
/* @__NO_SIDE_EFFECTS__ */
export function callOptions(others: Shape): Shape {
  return {
    signal: optional(signal),
    timeout: optional(timeout),
    headers: optional(headers),
    ...others,
  };
}
const REQUEST_OPTIONS = callOptions({ maxRetries: optional(wholeNumber(0)) });
const middleware = expecting(
  "an object with onRequest, onResponse or onError",
  (value) =>
    isRecord(value) &&
    ["onRequest", "onResponse", "onError"].some((name) => isFunction(value[name])),
);
const OPTIONS: Shape = {
  apiKey: optional(expecting("text or a function", (value) => isText(value) || isFunction(value))),
  baseUrl: optionalText,
  fetch: optionalFunction,
  timeout: optional(timeout, 30_000),
  maxRetries: optional(wholeNumber(0), 2),
  maxResponseBytes: optional(wholeNumber(1), 67_108_864),
  headers: optional(headers),
  middleware: optional(list(middleware)),
  onResponse: optionalFunction,
  onDrift: optionalFunction,
  dangerouslyAllowBrowser: optional(boolean),
};

/** A key of ours and a caller's own authorization cannot both be sent. */
function refuseTwoKeys(
  summary: string,
  { headers: given = {} }: RequestOptions,
  hasKey: boolean,
): void {
  if (hasKey && Object.keys(given).some((name) => name.toLowerCase() === "authorization")) {
    refuse(summary, ["headers", "authorization"], "expected either it or an apiKey, not both");
  }
}

/** What a call without options has: there is nothing to check. */
export const NO_OPTIONS: RequestOptions = {};

/** Checks the options of one call, of a client with a key or without. */
export function checkRequestOptions(options: RequestOptions, hasKey: boolean): void {
  if (options === NO_OPTIONS) return;
  const summary = "options: nothing was sent";
  refuseTwoKeys(summary, readArgument(summary, REQUEST_OPTIONS, options), hasKey);
}

/** The key as it may go into a header; throws without showing it. */
export function checkKey(key: unknown, { keyForm }: Api): string {
  const { pattern = KEY, example = "text without spaces and line breaks, not empty" } =
    keyForm ?? {};
  if (isText(key) && pattern.test(key)) return key;
  const message = `expected ${example}`;
  return refuse("The API key cannot be used", ["apiKey"], message);
}

/** Deno asks for permission here, and may say no. */
function keyOfEnvironment(variable: string): string | undefined {
  try {
    return globalThis.process?.env?.[variable] || undefined;
  } catch {
    return undefined;
  }
}

const isBrowser = (): boolean => globalThis.window?.document !== undefined;

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
  const summary = "The client cannot be made";
  const expected = (option: string, what: string): never =>
    refuse(summary, [option], `expected ${what}`);
  const names = Object.keys(api.environments);
  const shape = { ...OPTIONS, environment: optional(oneOf(names), names[0]) };
  const { environment, ...settings } = readArgument<
    Omit<Settings, "api" | "baseUrl"> & { baseUrl?: string; environment: string }
  >(summary, shape, options);
  const { apiKey: given, baseUrl = api.environments[environment] ?? "" } = settings;
  const read = readBaseUrl(baseUrl, given !== undefined, api.environments[names[0] ?? ""] ?? "");
  const url = isText(read) ? expected("baseUrl", read) : read;
  const isKnownHost = Object.values(api.environments).some(
    (known) => new URL(known).origin === url.origin,
  );
  const apiKey = given ?? (isKnownHost ? keyOfEnvironment(api.keyVariable) : undefined);
  if (isText(apiKey)) {
    checkKey(apiKey, api);
    if (isBrowser() && !settings.dangerouslyAllowBrowser) {
      expected(
        "apiKey",
        "no literal key in a browser, where every visitor can read it: use a proxy as baseUrl, or say dangerouslyAllowBrowser: true",
      );
    }
  } else if (apiKey === undefined && isKnownHost) {
    expected("apiKey", `an API key: pass apiKey, or set ${api.keyVariable} in the environment`);
  }
  refuseTwoKeys(summary, settings, apiKey !== undefined);
  // Always whole: a page's `<base>` has no say in where a key goes.
  return { ...settings, api, apiKey, baseUrl: url.origin + withoutEndSlashes(url.pathname) };
}
