import type { Issue } from "../errors.ts";
import { stringifyJson } from "../values/lossless-json.ts";

/** An answer before it is written. */
export interface Answer<Body extends object | string = object> {
  readonly status: number;
  /** Written as JSON, a Decimal in it as a number with all its digits; text is written as it is. */
  readonly body?: Body;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A plain error, with one of the contract's coarse categories. */
export function failure(status: number, error: string, message: string): Answer {
  return { status, body: { message, error } };
}

/** A 400 that names each field that is wrong by its dotted path. */
export function validationFailure(issues: readonly Issue[]): Answer {
  const errors = issues.map(({ path, message }) => ({ field: path.join("."), message }));
  return {
    status: 400,
    body: { message: "The request is not valid", error: "validation_error", errors },
  };
}

/** The answer as it goes out. */
export function responseOf(
  { status, body, headers: given }: Answer<object | string>,
  requestId: string,
): Response {
  const headers = new Headers(given);
  if (typeof body === "object" && !headers.has("content-type")) {
    headers.set("content-type", "application/json");
  }
  if (!headers.has("x-request-id")) headers.set("x-request-id", requestId);
  const text = typeof body === "object" ? stringifyJson(body) : body;
  return new Response(text ?? null, { status, headers });
}
