import type { Issue } from "../errors.ts";
import { stringifyJson } from "../json.ts";

/** An answer before it is written. */
export interface Answer {
  readonly status: number;
  /** Written as JSON; a Decimal in it is a number with all its digits. */
  readonly body?: object;
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
export function responseOf({ status, body, headers }: Answer, requestId: string): Response {
  const type = body === undefined ? {} : { "content-type": "application/json" };
  return new Response(body === undefined ? null : stringifyJson(body), {
    status,
    headers: { ...type, ...headers, "x-request-id": requestId },
  });
}
