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
  "STORE_DRIVER_MISSING",
  "CALLBACK_FAILED",
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

const MAX_MESSAGE = 2_000;
const MAX_CODE = 200;
const MAX_FIELD_ERRORS = 100;
const MAX_DETAILS = 10_000;

/** The beginning of a text that a server controls. */
export function shortened(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}

/** A copy of plain JSON with at most so many characters of names and texts; what comes after them is left out. */
function shortenedTree(root: object, maxLength: number): object {
  let left = maxLength;
  const copyOf = (value: unknown): unknown => {
    if (typeof value === "string") {
      const text = shortened(value, Math.max(0, left));
      left -= text.length;
      return text;
    }
    if (typeof value !== "object" || value === null) return value;
    const entries: [string, unknown][] = [];
    for (const [name, member] of Object.entries(value)) {
      left -= name.length + 2;
      if (left <= 0) break;
      entries.push([name, copyOf(member)]);
    }
    return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
  };
  return copyOf(root) as object;
}

/** An error body of which every part has a length that a log can hold. */
function bounded({ message, code, category, fieldErrors = [], details }: ErrorBody): ErrorBody {
  return {
    category,
    message: message && shortened(message, MAX_MESSAGE),
    code: code && shortened(code, MAX_CODE),
    fieldErrors: fieldErrors.slice(0, MAX_FIELD_ERRORS).map((error) => ({
      field: shortened(error.field, MAX_CODE),
      message: shortened(error.message, MAX_CODE),
      ...(error.code !== undefined && { code: shortened(error.code, MAX_CODE) }),
    })),
    details: details && (shortenedTree(details, MAX_DETAILS) as Record<string, unknown>),
  };
}

/** Reads the body of an unsuccessful response: its JSON, or undefined when it has none. */
export type ErrorBodyReader = (body: unknown) => ErrorBody;

/** Whether text is a category. */
export const isCategory = (text: unknown): text is ApiErrorCategory =>
  CATEGORIES.includes(text as ApiErrorCategory);

const categoryOfStatus = (status: number): ApiErrorCategory =>
  CATEGORIES[STATUSES.indexOf(status)] ??
  (status >= 500 && status <= 599 ? "server_error" : "unexpected_status");

/** The error of an unsuccessful response to a call of `method`. */
export function apiErrorOf(
  method: string,
  body: ErrorBody,
  info: AnswerInfo & { readonly retryAfterSeconds: number | undefined },
): ApiError {
  const { message: said, code: serverCode, fieldErrors = [], details, ...read } = bounded(body);
  const category = read.category ?? categoryOfStatus(info.status);
  const code =
    serverCode !== undefined && !isOurs(serverCode)
      ? (serverCode as ApiErrorCode)
      : (category.toUpperCase() as Uppercase<ApiErrorCategory>);
  const redirected =
    info.status === 0 || (info.status >= 300 && info.status < 400)
      ? "; redirects are not followed, check the baseUrl"
      : "";
  const fields = fieldErrors.map(({ field, message }) => ` [${field}: ${message}]`).join("");
  const answered = `${method}: the server answered ${info.status || "with a redirect"}`;
  const message = `${answered}${said === undefined ? "" : `: ${said}`}${shortened(fields, MAX_MESSAGE)}${redirected}`;
  return new ApiError(message, { ...info, code, category, serverCode, fieldErrors, details });
}
