import type { Issue } from "../errors.ts";
import { stringifyJson } from "../values/lossless-json.ts";

/** An answer before it is written. */
export interface Answer<Body extends object | string = object> {
  readonly status: number;
  /** Written as JSON, a Decimal in it as a number with all its digits; text is written as it is. */
  readonly body?: Body;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Why a request gets no success. Each API has its own body for it. */
export interface Failure {
  readonly status: number;
  /** The coarse category, such as `not_found`. */
  readonly error: string;
  readonly message: string;
  /** What is wrong with the request, field by field. */
  readonly issues?: readonly Issue[];
  /** Other members of the body. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export function failure(
  status: number,
  error: string,
  message: string,
  details?: Failure["details"],
): Failure {
  return { status, error, message, ...(details && { details }) };
}

/** The issues as both APIs write them: each field by its dotted path. */
export const fieldsOf = (
  issues: Failure["issues"],
): { readonly field: string; readonly message: string }[] | undefined =>
  issues?.map(({ path, message }) => ({ field: path.join("."), message }));

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
