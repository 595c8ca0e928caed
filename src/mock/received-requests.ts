import { readBody } from "../http/body.ts";
import { isSecretHeader, Redaction } from "../http/redaction.ts";

/** A request as the mock received it, without its key. */
export interface ReceivedRequest<Operation extends string = string> {
  /** The contract's name of the requested operation; undefined when no operation has this method and path. */
  readonly operation: Operation | undefined;
  readonly method: string;
  /** The whole URL, as it was requested. */
  readonly url: string;
  /** By lower-case name. Keys and cookies read `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as `JSON.parse` reads it; undefined without a body and when the body is not JSON. */
  readonly body: unknown;
  /** The body as it arrived, with every digit; empty when there was none, cut off at 1 MiB. */
  readonly bodyText: string;
}

/** The body of a request: what was read of it, and why the rest is of no interest. */
export interface RequestBody {
  readonly text: string;
  readonly problem?: "too long" | "nested too deeply";
}

/** Bytes. */
export const MAX_BODY = 2 ** 20;
export const MAX_NESTING = 100;
const MAX_KEPT_REQUESTS = 10_000;
/** Characters, of all kept bodies together. */
const MAX_KEPT_TEXT = 64 * MAX_BODY;
const SCHEME = /^(?:bearer|basic) +/i;
/** A shorter text is no secret, and would be found in too many places. */
const SHORTEST_KEY = 8;

function nestsTooDeeply(text: string): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[{]|[\]}]/gs)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    if (depth > MAX_NESTING) return true;
  }
  return false;
}

/** Reads a body up to its limits. Rejects when the body breaks off. */
export async function readRequestBody(request: Request): Promise<RequestBody> {
  const { bodyText, isTooLong } = await readBody(request, MAX_BODY, undefined);
  if (isTooLong) return { text: bodyText.slice(0, MAX_BODY), problem: "too long" };
  return nestsTooDeeply(bodyText)
    ? { text: bodyText, problem: "nested too deeply" }
    : { text: bodyText };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What is kept of a request. The key is taken out wherever it occurs. */
function receivedRequest<Operation extends string>(
  { method, url, headers }: Request,
  operation: Operation | undefined,
  { text: bodyText, problem }: RequestBody,
): ReceivedRequest<Operation> {
  const secret = [...headers].filter(([name]) => isSecretHeader(name));
  const keys = secret.map(([, value]) => value.replace(SCHEME, ""));
  const redaction = new Redaction(keys.filter(({ length }) => length >= SHORTEST_KEY));
  const shown = ([name, value]: [string, string]): [string, string] => [
    name,
    isSecretHeader(name) ? `${SCHEME.exec(value)?.[0] ?? ""}[redacted]` : redaction.text(value),
  ];
  const isCut = problem === "too long";
  const text = isCut ? redaction.beginning(bodyText, MAX_BODY, true) : redaction.text(bodyText);
  return {
    operation,
    method,
    url: redaction.text(url),
    headers: Object.fromEntries([...headers].map(shown)),
    body: problem === undefined ? jsonOf(text) : undefined,
    bodyText: text,
  };
}

/** The latest requests, at most 10,000 and at most 64 MiB of their bodies. */
export class RequestLog<Operation extends string> {
  readonly #requests: ReceivedRequest<Operation>[] = [];
  #count = 0;
  #textLength = 0;

  get requests(): readonly ReceivedRequest<Operation>[] {
    return this.#requests;
  }

  /** Keeps a request; returns its id: `req_1`, `req_2`, ... */
  add(request: Request, operation: Operation | undefined, body: RequestBody): string {
    const received = receivedRequest(request, operation, body);
    this.#requests.push(received);
    this.#textLength += received.bodyText.length;
    while (this.#requests.length > MAX_KEPT_REQUESTS || this.#textLength > MAX_KEPT_TEXT) {
      this.#textLength -= this.#requests.shift()?.bodyText.length ?? 0;
    }
    this.#count++;
    return `req_${this.#count}`;
  }
}
