import {
  type AnswerInfo,
  ApiError,
  type ApiErrorCategory,
  type ApiErrorCode,
  type FieldError,
} from "../errors.ts";
import { isText } from "../schemas/reading.ts";
import { isRecord } from "../values/record.ts";

const STATUSES = [400, 401, 403, 404, 409, 422, 429];
/** The first ones stand where their statuses do. */
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
  "INVALID_INPUT",
  "INVALID_RESPONSE",
  "INVALID_EVENT",
  "QUEUE_CLOSED",
  "STORE_FAILED",
  "STORE_IN_USE",
  "STORE_UNUSABLE",
];
/** Whether a code means something of ours: a server that sends such a one does not get to say it. */
const isOurs = (code: string): boolean =>
  OTHER_CODES.includes(code) || CATEGORIES.some((category) => category.toUpperCase() === code);

const isCategory = (text: unknown): text is ApiErrorCategory =>
  CATEGORIES.includes(text as ApiErrorCategory);
const textOrUndefined = (value: unknown): string | undefined =>
  isText(value) && value !== "" ? value : undefined;

/** The readable items of an `errors` array; undefined when the body is no validation error. */
function readFieldErrors(errors: unknown): FieldError[] | undefined {
  if (!Array.isArray(errors)) return undefined;
  const readable = errors
    .filter((error) => isRecord(error) && isText(error["field"]) && isText(error["message"]))
    .map(({ field, message, code }) => ({ field, message, ...(isText(code) && { code }) }));
  return readable.length === 0 && errors.length > 0 ? undefined : readable;
}

const categoryOfStatus = (status: number): ApiErrorCategory =>
  CATEGORIES[STATUSES.indexOf(status)] ??
  (status >= 500 && status <= 599 ? "server_error" : "unexpected_status");

/**
 * The error that an unsuccessful answer is. `body` is its JSON, or undefined when it has none. A validation error is
 * known by its `errors` array, first of all: it would pass for a plain error, too.
 */
export function apiErrorOf(
  body: unknown,
  facts: AnswerInfo & { readonly retryAfterSeconds: number | undefined },
): ApiError {
  const known = isRecord(body) ? body : {};
  const read = readFieldErrors(known["errors"]);
  const fieldErrors = read ?? [];
  const stated = known["error"];
  const category: ApiErrorCategory =
    read !== undefined
      ? "validation_error"
      : isCategory(stated)
        ? stated
        : categoryOfStatus(facts.status);
  const serverCode = textOrUndefined(known["code"]);
  const code =
    serverCode !== undefined && !isOurs(serverCode)
      ? (serverCode as ApiErrorCode)
      : (category.toUpperCase() as Uppercase<ApiErrorCategory>);
  const said = textOrUndefined(known["message"]);
  const redirected =
    facts.status === 0 || (facts.status >= 300 && facts.status < 400)
      ? "; redirects are not followed, check the baseUrl"
      : "";
  const fields = fieldErrors.map(({ field, message }) => ` [${field}: ${message}]`).join("");
  const message = `${facts.operation}: the server answered ${facts.status || "with a redirect"}${
    said === undefined ? "" : `: ${said}`
  }${fields}${redirected}`;
  return new ApiError(message, {
    ...facts,
    code,
    category,
    serverCode,
    fieldErrors,
    details: isRecord(known["details"]) ? known["details"] : undefined,
  });
}
