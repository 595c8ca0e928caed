import {
  type AnswerFacts,
  ApiError,
  type ApiErrorCategory,
  type ApiErrorCode,
  type FieldError,
} from "./errors.ts";
import { isRecord } from "./record.ts";

const CATEGORY_OF_STATUS: Readonly<Record<number, ApiErrorCategory>> = {
  400: "bad_request",
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  422: "unprocessable_entity",
  429: "rate_limited",
};
const CATEGORIES: ReadonlySet<string> = new Set<ApiErrorCategory>([
  ...Object.values(CATEGORY_OF_STATUS),
  "validation_error",
  "server_error",
  "unexpected_status",
]);
/** Codes that mean something of ours: a server that sends one of them does not get to say it. */
const OWN_CODES: ReadonlySet<string> = new Set([
  ...[...CATEGORIES].map((category) => category.toUpperCase()),
  "CONNECTION_FAILED",
  "TIMEOUT",
  "INVALID_INPUT",
  "INVALID_EVENT",
  "INVALID_RESPONSE",
  "QUEUE_CLOSED",
  "STORE_IN_USE",
  "STORE_UNUSABLE",
  "STORE_FAILED",
]);

const isCategory = (text: unknown): text is ApiErrorCategory =>
  typeof text === "string" && CATEGORIES.has(text);
const textOrUndefined = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** The readable items of an `errors` array; undefined when the body is no validation error. */
function readFieldErrors(errors: unknown): FieldError[] | undefined {
  if (!Array.isArray(errors)) return undefined;
  const readable = errors.flatMap((error: unknown): FieldError[] => {
    if (!isRecord(error)) return [];
    const { field, message, code } = error;
    if (typeof field !== "string" || typeof message !== "string") return [];
    return [{ field, message, ...(typeof code === "string" ? { code } : {}) }];
  });
  return readable.length === 0 && errors.length > 0 ? undefined : readable;
}

function categoryOfStatus(status: number): ApiErrorCategory {
  const listed = CATEGORY_OF_STATUS[status];
  if (listed !== undefined) return listed;
  return status >= 500 && status <= 599 ? "server_error" : "unexpected_status";
}

/**
 * The error that an unsuccessful answer is. `body` is its JSON, or undefined when it has none. A validation error is
 * known by its `errors` array, first of all: it would pass for a plain error, too.
 */
export function apiErrorOf(
  body: unknown,
  facts: AnswerFacts & { readonly retryAfterSeconds: number | undefined },
): ApiError {
  const known = isRecord(body) ? body : {};
  const fieldErrors = readFieldErrors(known["errors"]);
  const stated = known["error"];
  const category: ApiErrorCategory =
    fieldErrors !== undefined
      ? "validation_error"
      : isCategory(stated)
        ? stated
        : categoryOfStatus(facts.status);
  const serverCode = textOrUndefined(known["code"]);
  const code =
    serverCode !== undefined && !OWN_CODES.has(serverCode)
      ? (serverCode as ApiErrorCode)
      : (category.toUpperCase() as Uppercase<ApiErrorCategory>);
  const said = textOrUndefined(known["message"]);
  const redirected =
    facts.status === 0 || (facts.status >= 300 && facts.status < 400)
      ? "; redirects are not followed, check the baseUrl"
      : "";
  const fields = (fieldErrors ?? [])
    .map(({ field, message }) => ` [${field}: ${message}]`)
    .join("");
  const message = `${facts.operation}: the server answered ${facts.status || "with a redirect"}${
    said === undefined ? "" : `: ${said}`
  }${fields}${redirected}`;
  return new ApiError(message, {
    ...facts,
    code,
    category,
    serverCode,
    fieldErrors: fieldErrors ?? [],
    details: isRecord(known["details"]) ? known["details"] : undefined,
  });
}
