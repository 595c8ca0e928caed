import {
  type AnswerInfo,
  ApiError,
  type ApiErrorCategory,
  type ApiErrorCode,
  type FieldError,
} from "../errors.ts";

const STATUSES = [400, 401, 403, 404, 409, 422, 429];
/** The first ones are in the order of `STATUSES`. */
const CATEGORIES: readonly ApiErrorCategory[] = [
  "bad_request",
  "unauthorized",
  "forbidden",
  "not_found",
  "conflict",
  "unprocessable_entity",
  "rate_limited",
  "validation_error",
  "server_error",
  "unexpected_status",
];
const OTHER_CODES: readonly string[] = [
  "CONNECTION_FAILED",
  "TIMEOUT",
  "OUTCOME_UNKNOWN",
  "INVALID_INPUT",
  "INVALID_RESPONSE",
  "INVALID_EVENT",
  "QUEUE_CLOSED",
  "STORE_FAILED",
  "STORE_IN_USE",
  "STORE_UNUSABLE",
];
/** Whether a code is one of the library's: a server cannot set it. */
const isOurs = (code: string): boolean =>
  OTHER_CODES.includes(code) || CATEGORIES.some((category) => category.toUpperCase() === code);

/** What the body of an unsuccessful response says, in the terms of an `ApiError`. */
export interface ErrorBody {
  readonly message?: string | undefined;
  readonly code?: string | undefined;
  readonly category?: ApiErrorCategory | undefined;
  /** The request's id, of an API that has it in the body. */
  readonly requestId?: string | undefined;
  readonly fieldErrors?: readonly FieldError[] | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** Reads the body of an unsuccessful response: its JSON, or undefined when it has none. */
export type ErrorBodyReader = (body: unknown) => ErrorBody;

/** Whether text is a category. */
export const isCategory = (text: unknown): text is ApiErrorCategory =>
  CATEGORIES.includes(text as ApiErrorCategory);

const categoryOfStatus = (status: number): ApiErrorCategory =>
  CATEGORIES[STATUSES.indexOf(status)] ??
  (status >= 500 && status <= 599 ? "server_error" : "unexpected_status");

/** The error of an unsuccessful response. */
export function apiErrorOf(
  body: ErrorBody,
  info: AnswerInfo & { readonly retryAfterSeconds: number | undefined },
): ApiError {
  const { code: serverCode, fieldErrors = [], details } = body;
  const category = body.category ?? categoryOfStatus(info.status);
  const code =
    serverCode !== undefined && !isOurs(serverCode)
      ? (serverCode as ApiErrorCode)
      : (category.toUpperCase() as Uppercase<ApiErrorCategory>);
  const redirected =
    info.status === 0 || (info.status >= 300 && info.status < 400)
      ? "; redirects are not followed, check the baseUrl"
      : "";
  const fields = fieldErrors.map(({ field, message }) => ` [${field}: ${message}]`).join("");
  const message = `${info.operation}: the server answered ${info.status || "with a redirect"}${
    body.message === undefined ? "" : `: ${body.message}`
  }${fields}${redirected}`;
  return new ApiError(message, { ...info, code, category, serverCode, fieldErrors, details });
}
