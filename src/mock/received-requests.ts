import type { Operation } from "../errors.ts";
import { Redaction } from "../http/redaction.ts";

/** A request as the mock received it, without its key. */
export interface ReceivedRequest {
  /** The contract's name of what was asked for; undefined where there is nothing at its path. */
  readonly operation: Operation | undefined;
  readonly method: string;
  /** The whole URL, as it was asked for. */
  readonly url: string;
  /** By lower-case name. Keys and cookies read `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the body's JSON says, as `JSON.parse` gives it; undefined without a body, and when it is no JSON. */
  readonly body: unknown;
  /** The body as it came, with every digit; empty when there was none. */
  readonly bodyText: string;
}

const SECRET_HEADER = /^(?:proxy-)?authorization$|^cookie$|^x-api-key$/;
const SCHEME = /^(?:bearer|basic) +/i;
/** A shorter text is no secret, and would be found in too many places. */
const SHORTEST_KEY = 8;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What is kept of a request. The key is taken out wherever it stands. */
export function receivedRequest(
  { method, url, headers }: Request,
  operation: Operation | undefined,
  bodyText: string,
): ReceivedRequest {
  const secret = [...headers].filter(([name]) => SECRET_HEADER.test(name));
  const keys = secret.map(([, value]) => value.replace(SCHEME, ""));
  const redaction = new Redaction(keys.filter(({ length }) => length >= SHORTEST_KEY));
  const shown = ([name, value]: [string, string]): [string, string] => [
    name,
    SECRET_HEADER.test(name) ? `${SCHEME.exec(value)?.[0] ?? ""}[redacted]` : redaction.text(value),
  ];
  const text = redaction.text(bodyText);
  return {
    operation,
    method,
    url: redaction.text(url),
    headers: Object.fromEntries([...headers].map(shown)),
    body: jsonOf(text),
    bodyText: text,
  };
}
