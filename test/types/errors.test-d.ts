import {
  type AnyCostsError,
  type AnyOperation,
  ApiError,
  type ApiErrorCategory,
  type ApiErrorCode,
  type ApiErrorCodes,
  type ConnectionError,
  CostsError,
  type FieldError,
  type InvalidEventError,
  type InvalidInputError,
  type InvalidResponseError,
  type Issue,
  isCostsError,
  type QueueError,
  type UnknownErrorCode,
} from "metered-costs";
import {
  isCostsError as isCostsErrorOfTheSummary,
  type ApiErrorCode as LocalApiErrorCode,
} from "metered-costs/summary";
import { describe, expectTypeOf, test } from "vitest";

declare module "metered-costs" {
  interface ApiErrorCodes {
    QUOTA_OF_A_TYPE_TEST_EXCEEDED: true;
  }
}

declare const error: AnyCostsError;
declare const thrown: unknown;
declare const apiError: ApiError;

describe("a switch on the code", () => {
  test("narrows to the error that has it", () => {
    switch (error.code) {
      case "TIMEOUT":
      case "OUTCOME_UNKNOWN":
      case "CONNECTION_FAILED":
        expectTypeOf(error).toEqualTypeOf<ConnectionError>();
        break;
      case "INVALID_INPUT":
        expectTypeOf(error).toEqualTypeOf<InvalidInputError>();
        expectTypeOf(error.issues).toEqualTypeOf<readonly Issue[]>();
        break;
      case "INVALID_EVENT":
        expectTypeOf(error).toEqualTypeOf<InvalidEventError>();
        expectTypeOf(error.index).toEqualTypeOf<number>();
        expectTypeOf(error.key).toEqualTypeOf<string | undefined>();
        break;
      case "INVALID_RESPONSE":
        expectTypeOf(error).toEqualTypeOf<InvalidResponseError>();
        expectTypeOf(error.bodyText).toEqualTypeOf<string>();
        break;
      case "VALIDATION_ERROR":
        expectTypeOf(error).toEqualTypeOf<ApiError>();
        expectTypeOf(error.fieldErrors).toEqualTypeOf<readonly FieldError[]>();
        break;
      case "RATE_LIMITED":
        expectTypeOf(error).toEqualTypeOf<ApiError>();
        expectTypeOf(error.retryAfterSeconds).toEqualTypeOf<number | undefined>();
        break;
      case "TAX_NOT_ENABLED":
      case "PAYMENT_SESSION_EXPIRED":
        expectTypeOf(error).toEqualTypeOf<ApiError>();
        expectTypeOf(error.serverCode).toEqualTypeOf<string | undefined>();
        break;
      case "QUEUE_CLOSED":
      case "STORE_IN_USE":
      case "STORE_UNUSABLE":
      case "STORE_FAILED":
      case "STORE_DRIVER_MISSING":
      case "CALLBACK_FAILED":
        expectTypeOf(error).toEqualTypeOf<QueueError>();
        break;
      default:
        expectTypeOf(error).toEqualTypeOf<ApiError>();
    }
  });

  test("knows every code that there is", () => {
    switch (error.code) {
      case "BAD_REQUEST":
      case "VALIDATION_ERROR":
      case "UNAUTHORIZED":
      case "FORBIDDEN":
      case "NOT_FOUND":
      case "CONFLICT":
      case "UNPROCESSABLE_ENTITY":
      case "RATE_LIMITED":
      case "SERVER_ERROR":
      case "UNEXPECTED_STATUS":
      case "TAX_NOT_ENABLED":
      case "PAYMENT_SESSION_EXPIRED":
      case "QUOTA_OF_A_TYPE_TEST_EXCEEDED":
      case "CONNECTION_FAILED":
      case "TIMEOUT":
      case "OUTCOME_UNKNOWN":
      case "INVALID_INPUT":
      case "INVALID_EVENT":
      case "INVALID_RESPONSE":
      case "QUEUE_CLOSED":
      case "STORE_IN_USE":
      case "STORE_UNUSABLE":
      case "STORE_FAILED":
      case "STORE_DRIVER_MISSING":
      case "CALLBACK_FAILED":
        break;
      default:
        expectTypeOf(error.code).toEqualTypeOf<UnknownErrorCode>();
        expectTypeOf(error).not.toBeNever();
    }
  });

  test("refuses a code that nobody knows", () => {
    switch (error.code) {
      // @ts-expect-error misspelt
      case "NOT_FUOND":
        break;
    }
    // @ts-expect-error misspelt
    error.code === "TIME_OUT";
  });

  test("holds for an ApiError alone", () => {
    if (apiError.code === "NOT_FOUND") expectTypeOf(apiError.code).toEqualTypeOf<"NOT_FOUND">();
    // @ts-expect-error the code of another error
    apiError.code === "TIMEOUT";
  });
});

describe("the codes of the server", () => {
  test("that are known by name are complete", () => {
    expectTypeOf<Exclude<ApiErrorCode, UnknownErrorCode>>().toEqualTypeOf<
      | "BAD_REQUEST"
      | "VALIDATION_ERROR"
      | "UNAUTHORIZED"
      | "FORBIDDEN"
      | "NOT_FOUND"
      | "CONFLICT"
      | "UNPROCESSABLE_ENTITY"
      | "RATE_LIMITED"
      | "SERVER_ERROR"
      | "UNEXPECTED_STATUS"
      | "TAX_NOT_ENABLED"
      | "PAYMENT_SESSION_EXPIRED"
      | "QUOTA_OF_A_TYPE_TEST_EXCEEDED"
    >();
  });

  test("can be widened by users, for both entries at once", () => {
    expectTypeOf<"QUOTA_OF_A_TYPE_TEST_EXCEEDED">().toExtend<keyof ApiErrorCodes>();
    expectTypeOf<"QUOTA_OF_A_TYPE_TEST_EXCEEDED">().toExtend<ApiErrorCode>();
    expectTypeOf<LocalApiErrorCode>().toEqualTypeOf<ApiErrorCode>();
    if (error.code === "QUOTA_OF_A_TYPE_TEST_EXCEEDED") {
      expectTypeOf(error).toEqualTypeOf<ApiError>();
    }
  });

  test("that are not known yet are no plain text, but read as one", () => {
    expectTypeOf<UnknownErrorCode>().toExtend<string>();
    // @ts-expect-error only the server makes one
    const code: ApiErrorCode = "SOMETHING_NEW";
    expectTypeOf(code).toExtend<string>();
  });

  test("have a category, and their list is closed", () => {
    expectTypeOf(apiError.category).toEqualTypeOf<ApiErrorCategory>();
    expectTypeOf<ApiErrorCategory>().toEqualTypeOf<
      | "bad_request"
      | "validation_error"
      | "unauthorized"
      | "forbidden"
      | "not_found"
      | "conflict"
      | "unprocessable_entity"
      | "rate_limited"
      | "server_error"
      | "unexpected_status"
    >();
  });
});

describe("isCostsError", () => {
  test("narrows what was thrown to all the errors that there are", () => {
    // @ts-expect-error it could be anything
    thrown.code;
    if (isCostsError(thrown)) expectTypeOf(thrown).toEqualTypeOf<AnyCostsError>();
    else expectTypeOf(thrown).toEqualTypeOf<unknown>();
    expectTypeOf(isCostsErrorOfTheSummary).toEqualTypeOf(isCostsError);
  });

  test("gives errors with a name to switch on, too", () => {
    if (isCostsError(thrown) && thrown.name === "ConnectionError") {
      expectTypeOf(thrown).toEqualTypeOf<ConnectionError>();
    }
    expectTypeOf<AnyCostsError["name"]>().toEqualTypeOf<
      | "ApiError"
      | "ConnectionError"
      | "InvalidInputError"
      | "InvalidEventError"
      | "InvalidResponseError"
      | "QueueError"
    >();
  });
});

describe("the errors", () => {
  test("are six leaves of one base, which is no leaf", () => {
    expectTypeOf<AnyCostsError>().toEqualTypeOf<
      | ApiError
      | ConnectionError
      | InvalidInputError
      | InvalidEventError
      | InvalidResponseError
      | QueueError
    >();
    expectTypeOf<AnyCostsError>().toExtend<CostsError>();
    expectTypeOf<CostsError>().toExtend<Error>();
    expectTypeOf<CostsError["code"]>().toEqualTypeOf<string>();
    // @ts-expect-error abstract
    new CostsError("x");
  });

  test("are told apart by instanceof, too", () => {
    if (thrown instanceof ApiError) expectTypeOf(thrown).toEqualTypeOf<ApiError>();
    if (thrown instanceof CostsError) expectTypeOf(thrown).toEqualTypeOf<CostsError>();
  });

  test("have codes of their own", () => {
    expectTypeOf<ApiError["code"]>().toEqualTypeOf<ApiErrorCode>();
    expectTypeOf<ConnectionError["code"]>().toEqualTypeOf<
      "CONNECTION_FAILED" | "TIMEOUT" | "OUTCOME_UNKNOWN"
    >();
    expectTypeOf<InvalidInputError["code"]>().toEqualTypeOf<"INVALID_INPUT">();
    expectTypeOf<InvalidEventError["code"]>().toEqualTypeOf<"INVALID_EVENT">();
    expectTypeOf<InvalidResponseError["code"]>().toEqualTypeOf<"INVALID_RESPONSE">();
  });

  test("cannot be written to", () => {
    // @ts-expect-error read only
    apiError.status = 200;
    // @ts-expect-error read only
    apiError.fieldErrors.push({ field: "x", message: "y" });
  });

  test("of a call know what was called", () => {
    expectTypeOf(apiError.operation).toEqualTypeOf<AnyOperation>();
    expectTypeOf(apiError.attempts).toEqualTypeOf<number>();
    expectTypeOf(apiError.requestId).toEqualTypeOf<string | undefined>();
    expectTypeOf(apiError.response).toEqualTypeOf<Response | undefined>();
    expectTypeOf(apiError.details).toEqualTypeOf<Readonly<Record<string, unknown>> | undefined>();
    // @ts-expect-error there was no answer to have a status
    (error as ConnectionError).status;
  });
});
