import { withoutEndSlashes } from "./base-path.ts";
import { InvalidInputError, type Issue, type Operation } from "./errors.ts";

/** What `onResponse` hears of a call: for logs and metrics, without secrets. */
export interface ResponseFacts {
  readonly operation: Operation;
  /** The last attempt's HTTP status; undefined when no answer came. */
  readonly status: number | undefined;
  /** The `x-request-id` header of the last answer; browsers hide it unless the server exposes it. */
  readonly requestId: string | undefined;
  readonly attempts: number;
  /** Milliseconds from the call to its end, waiting between attempts included. */
  readonly duration: number;
}

/** What `onDrift` hears: the answer held what the contract does not know, or not what was sent. */
export interface Drift {
  readonly operation: Operation;
  /** The way to it in the answer, such as `["data", 3, "aggregation"]`. */
  readonly path: readonly (string | number)[];
  readonly problem: string;
}

/** How a client talks to the API. */
export interface PaygenticOptions {
  /**
   * The API key, or a function that gives it, asked at every attempt. Without it the environment variable
   * `PAYGENTIC_API_KEY` is used, for the two known hosts only: another `baseUrl` gets no key that was not named here.
   */
  readonly apiKey?: string | (() => string | Promise<string>) | undefined;
  /** @default "production" */
  readonly environment?: "production" | "sandbox" | undefined;
  /** Wins over `environment`: https, or http to loopback, or in a browser a path such as `/api/paygentic`. */
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
  /** Hears of every call once, when it has ended. What it throws is ignored. */
  readonly onResponse?: ((facts: ResponseFacts) => void) | undefined;
  /** Hears what an answer held beyond the contract. What it throws is ignored. */
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

/** The options, checked, with every default in place. */
export interface Settings {
  readonly baseUrl: string;
  readonly apiKey: string | (() => string | Promise<string>) | undefined;
  readonly fetch: typeof globalThis.fetch | undefined;
  readonly timeout: number;
  readonly maxRetries: number;
  readonly maxResponseBytes: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly onResponse: ((facts: ResponseFacts) => void) | undefined;
  readonly onDrift: ((drift: Drift) => void) | undefined;
}

const HOSTS = {
  production: "https://api.paygentic.io",
  sandbox: "https://api.sandbox.paygentic.io",
} as const;
const LONGEST_TIMEOUT = 2_147_483_647;
const MAX_RESPONSE_BYTES = 64 * 1_024 * 1_024;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const KEY = /^[\x21-\x7e]+$/;
const OPTION_KINDS: Readonly<Record<keyof PaygenticOptions, readonly string[]>> = {
  apiKey: ["string", "function"],
  environment: ["string"],
  baseUrl: ["string"],
  fetch: ["function"],
  timeout: ["number"],
  maxRetries: ["number"],
  maxResponseBytes: ["number"],
  headers: ["object"],
  onResponse: ["function"],
  onDrift: ["function"],
  dangerouslyAllowBrowser: ["boolean"],
};
const REQUEST_OPTION_KINDS: Readonly<Record<keyof RequestOptions, readonly string[]>> = {
  signal: ["object"],
  timeout: ["number"],
  maxRetries: ["number"],
  headers: ["object"],
};

const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);

function checkKinds(options: object, kinds: Readonly<Record<string, readonly string[]>>): Issue[] {
  return Object.entries(options).flatMap(([name, value]): Issue[] => {
    if (!Object.hasOwn(kinds, name)) {
      return [{ path: [name], message: `unknown; there are ${Object.keys(kinds).join(", ")}` }];
    }
    const kind = kinds[name] ?? [];
    return value === undefined || (value !== null && kind.includes(typeof value))
      ? []
      : [{ path: [name], message: `expected a ${kind.join(" or a ")}` }];
  });
}

function checkShared(options: RequestOptions): Issue[] {
  const { timeout, maxRetries, headers } = options;
  const issues: Issue[] = [];
  if (timeout !== undefined && !(timeout > 0 && timeout <= LONGEST_TIMEOUT)) {
    issues.push({ path: ["timeout"], message: "expected milliseconds, more than 0" });
  }
  if (maxRetries !== undefined && !(Number.isSafeInteger(maxRetries) && maxRetries >= 0)) {
    issues.push({ path: ["maxRetries"], message: "expected a whole number of at least 0" });
  }
  if (headers !== undefined && Symbol.iterator in headers) {
    return [...issues, { path: ["headers"], message: "expected an object from name to value" }];
  }
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!HEADER_NAME.test(name)) {
      issues.push({ path: ["headers"], message: "expected names that HTTP allows" });
    } else if (typeof value !== "string" || !HEADER_VALUE.test(value)) {
      // The value stays out of the message: it may be a secret.
      issues.push({ path: ["headers", name], message: "expected text without line breaks" });
    }
  }
  return issues;
}

/** A key of ours and a caller's own authorization cannot both be sent. */
function checkAuthorization(headers: RequestOptions["headers"], hasKey: boolean): Issue[] {
  const names = Object.keys(headers ?? {});
  return hasKey && names.some((name) => name.toLowerCase() === "authorization")
    ? [
        {
          path: ["headers", "authorization"],
          message: "expected either it or an apiKey, not both",
        },
      ]
    : [];
}

/** Checks the options of one call, of a client with a key or without. */
export function checkRequestOptions(options: RequestOptions, hasKey: boolean): void {
  const isObject = typeof options === "object" && options !== null;
  const issues = isObject
    ? [...checkKinds(options, REQUEST_OPTION_KINDS)]
    : [{ path: [], message: "expected an object" }];
  if (issues.length === 0) issues.push(...checkShared(options));
  const { signal } = issues.length === 0 ? options : {};
  if (signal !== undefined && !("aborted" in signal && "addEventListener" in signal)) {
    issues.push({ path: ["signal"], message: "expected an AbortSignal" });
  }
  if (issues.length === 0) issues.push(...checkAuthorization(options.headers, hasKey));
  if (issues.length > 0) throw new InvalidInputError("options: nothing was sent", issues);
}

/** The key as it may go into a header; throws without showing it. */
export function checkKey(key: unknown): string {
  if (typeof key === "string" && KEY.test(key)) return key;
  throw new InvalidInputError("The API key cannot be used", [
    { path: ["apiKey"], message: "expected text without spaces and line breaks, not empty" },
  ]);
}

/** Deno asks for permission here, and may say no. */
function keyOfEnvironment(): string | undefined {
  try {
    const key = globalThis.process?.env?.["PAYGENTIC_API_KEY"];
    return key === "" ? undefined : key;
  } catch {
    return undefined;
  }
}

const isBrowser = (): boolean =>
  typeof window !== "undefined" && typeof window.document !== "undefined";

/**
 * The base URL and its text without a slash at its end, or in words what is wrong with it. The text is always whole:
 * a page's `<base>` has no say in where a key goes.
 */
function readBaseUrl(given: string, hasKey: boolean): { url: URL; text: string } | string {
  const isRelative = given.startsWith("/");
  if (isRelative && !isBrowser()) {
    return "expected a whole URL: only a page in a browser can resolve a relative one";
  }
  let url: URL;
  try {
    url = isRelative ? new URL(given, window.location.href) : new URL(given);
  } catch {
    return "expected a URL such as https://api.paygentic.io";
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return "expected a URL without credentials, query and fragment";
  }
  if (isRelative) {
    // A file's origin is "null", like that of every other file.
    if (url.origin !== window.location.origin || url.origin === "null") {
      return "expected a path of this page's own origin";
    }
    if (hasKey && url.protocol !== "https:" && !isLoopback(url.hostname)) {
      return "expected a page on https: a key goes over plain http to loopback only";
    }
  } else if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    return "expected https, or http to loopback (localhost, 127.0.0.0/8, [::1])";
  }
  return { url, text: url.origin + withoutEndSlashes(url.pathname) };
}

/** Checks the options of a client and fills in the defaults. Throws an `InvalidInputError` that shows no secret. */
export function readOptions(options: PaygenticOptions): Settings {
  const refuse = (issues: readonly Issue[]): never => {
    throw new InvalidInputError("The client cannot be made", issues);
  };
  if (typeof options !== "object" || options === null) {
    return refuse([{ path: [], message: "expected an object" }]);
  }
  const issues = checkKinds(options, OPTION_KINDS);
  if (issues.length === 0) issues.push(...checkShared(options));
  const { environment = "production", apiKey, maxResponseBytes = MAX_RESPONSE_BYTES } = options;
  if (issues.length === 0 && !(Number.isSafeInteger(maxResponseBytes) && maxResponseBytes > 0)) {
    issues.push({ path: ["maxResponseBytes"], message: "expected a whole number of at least 1" });
  }
  if (issues.length === 0 && !Object.hasOwn(HOSTS, environment)) {
    issues.push({ path: ["environment"], message: 'expected "production" or "sandbox"' });
  }
  if (issues.length > 0) return refuse(issues);

  const base = readBaseUrl(options.baseUrl ?? HOSTS[environment], apiKey !== undefined);
  if (typeof base === "string") return refuse([{ path: ["baseUrl"], message: base }]);
  const isKnownHost = Object.values<string>(HOSTS).includes(base.url.origin);
  const key = apiKey ?? (isKnownHost ? keyOfEnvironment() : undefined);
  if (typeof key === "string") checkKey(key);
  if (key === undefined && isKnownHost) {
    return refuse([
      {
        path: ["apiKey"],
        message: "expected an API key: pass apiKey, or set PAYGENTIC_API_KEY in the environment",
      },
    ]);
  }
  if (typeof key === "string" && isBrowser() && options.dangerouslyAllowBrowser !== true) {
    return refuse([
      {
        path: ["apiKey"],
        message:
          "expected no literal key in a browser, where every visitor can read it: put a proxy in between and pass its baseUrl without a key, or say dangerouslyAllowBrowser: true",
      },
    ]);
  }
  const headers = options.headers ?? {};
  const contradiction = checkAuthorization(headers, key !== undefined);
  if (contradiction.length > 0) return refuse(contradiction);
  return {
    baseUrl: base.text,
    apiKey: key,
    fetch: options.fetch,
    timeout: options.timeout ?? 30_000,
    maxRetries: options.maxRetries ?? 2,
    maxResponseBytes,
    headers,
    onResponse: options.onResponse,
    onDrift: options.onDrift,
  };
}
