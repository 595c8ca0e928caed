import type { ApiErrorCategory, FieldError } from "../errors.ts";
import { type ErrorBody, isCategory } from "../http/api-error.ts";
import type { Api } from "../http/options.ts";
import { isRecord } from "../values/record.ts";

/** The readable items of an `errors` array; undefined when the body is no validation error. */
function readFieldErrors(errors: unknown): FieldError[] | undefined {
  if (!Array.isArray(errors)) return undefined;
  const readable = errors
    .filter(
      (error) =>
        isRecord(error) &&
        typeof error["field"] === "string" &&
        typeof error["message"] === "string",
    )
    .map(({ field, message, code }) => ({
      field,
      message,
      ...(typeof code === "string" && { code }),
    }));
  return readable.length === 0 && errors.length > 0 ? undefined : readable;
}

const textOrUndefined = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/**
 * Reads both of the API's error bodies. A validation error is recognized by its `errors` array first: it would pass for
 * a plain error, too.
 */
function readErrorBody(body: unknown): ErrorBody {
  const { message, error, code, errors, details } = isRecord(body) ? body : {};
  const fieldErrors = readFieldErrors(errors);
  const stated: ApiErrorCategory | undefined = isCategory(error) ? error : undefined;
  return {
    message: textOrUndefined(message),
    code: textOrUndefined(code),
    category: fieldErrors === undefined ? stated : "validation_error",
    fieldErrors,
    details: isRecord(details) ? details : undefined,
  };
}

/** Paygentic's API. */
export const PAYGENTIC: Api = {
  client: "Paygentic",
  environments: {
    production: "https://api.paygentic.io",
    sandbox: "https://api.sandbox.paygentic.io",
  },
  keyVariable: "PAYGENTIC_API_KEY",
  readErrorBody,
};
