const BRAND: unique symbol = /* @__PURE__ */ Symbol.for("metered-costs.error");
/** What the consoles of Node, Bun and Deno call to print a value. */
const INSPECT: unique symbol = /* @__PURE__ */ Symbol.for("nodejs.util.inspect.custom");

/** One thing that is wrong with an argument, an event or an answer, and where. */
export interface Issue {
  /** The way to the value, such as `["groupBy", "model"]`; empty for the whole. */
  readonly path: readonly (string | number)[];
  /** What was expected and what to do. */
  readonly message: string;
}

/** One field that the server refused. */
export interface FieldError {
  /** The field, as the server names it. */
  readonly field: string;
  /** For people. */
  readonly message: string;
  /** The server's code for it, when it gave one. */
  readonly code?: string;
}

/** What went wrong, coarsely: a closed list, the same for every server. */
export type ApiErrorCategory =
  | "bad_request"
  | "validation_error"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "unprocessable_entity"
  | "rate_limited"
  | "server_error"
  | "unexpected_status";

/**
 * The business codes of the server that are known by name. Widen it with codes that you use, and
 * `switch (error.code)` accepts them too.
 *
 * @example
 * ```ts
 * declare module "metered-costs" {
 *   interface ApiErrorCodes {
 *     QUOTA_EXCEEDED: true;
 *   }
 * }
 * ```
 */
export interface ApiErrorCodes {
  TAX_NOT_ENABLED: true;
  PAYMENT_SESSION_EXPIRED: true;
}

/** An enum, because only a unit type lets a `switch` narrow the errors. It is declared, because it has no value. */
declare enum Opaque {
  unknownCode = "a code that has no type yet",
}
/**
 * Stands for the codes of the server that are in no type yet: it keeps `default` of a `switch` reachable. Compare such a
 * code by `serverCode`, or name it in `ApiErrorCodes`.
 */
export type UnknownErrorCode = Opaque.unknownCode;

/** The `code` of an `ApiError`. */
export type ApiErrorCode = Uppercase<ApiErrorCategory> | keyof ApiErrorCodes | UnknownErrorCode;

/** The name of an operation in Paygentic's contract. */
export type Operation =
  | "createCost"
  | "listCosts"
  | "getCost"
  | "updateCost"
  | "deleteCost"
  | "getCostSummary"
  | "getCostReport"
  | "ingestEvent"
  | "getProfitability"
  | "getRevenue"
  | "getBillableMetricMeter"
  | "listBillableMetricEvents";

/** The name of an operation in Kontorion's contract. */
export type KontorionOperation =
  | "listCosts"
  | "createCost"
  | "listProductCosts"
  | "createProductCost"
  | "getCost"
  | "updateCost"
  | "copyCost"
  | "listCostVersions";

/** The operation of a call to either API; `request` for a call of `paygentic.request`. */
export type AnyOperation = Operation | KontorionOperation | "request";

/** What every error of the library is. Switch on `code`; each leaf says when it is thrown. */
export abstract class CostsError extends Error {
  /** The field to switch on. */
  abstract readonly code: string;

  /** @internal */
  constructor(message: string, facts: object) {
    const { cause, ...known } = facts as { readonly cause?: unknown };
    super(message, cause === undefined ? undefined : { cause });
    Object.assign(this, known);
  }

  /** What `isCostsError` goes by. */
  get [BRAND](): true {
    return true;
  }

  /** Plain data for logs: name, code, message and the other fields that are not empty, without response and cause. */
  toJSON(): Record<string, unknown> {
    const { response: _response, cause: _cause, ...known } = this as Record<string, unknown>;
    const { name, code, message } = this;
    for (const [key, value] of Object.entries(known)) {
      if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0))
        delete known[key];
    }
    return { ...known, name, code, message };
  }

  /** What `console.error` prints in Node, Bun and Deno: at most a dozen lines. `toJSON` has the rest. */
  [INSPECT](): string {
    const { stack, status, requestId, attempts } = this as Partial<ApiError>;
    // Frames of the caller and of libraries, without those of Node itself.
    const frames = (stack?.match(/^ +at .*$/gm) ?? []).filter(
      (frame) => !frame.includes(":internal/"),
    );
    const facts = JSON.stringify({ status, requestId, attempts });
    const lines = [
      ...`${this.name} [${this.code}]: ${this.message}`.split("\n", 3),
      ...frames.slice(0, 6),
      ...(facts === "{}" ? [] : [`  ${facts}`]),
    ];
    for (let error: Partial<Error> = this; error?.cause && lines.length < 12; ) {
      error = error.cause as Partial<Error>;
      const text = typeof error === "string" ? error : `${error.name}: ${error.message}`;
      lines.push(`  cause: ${text.split("\n", 1)}`);
    }
    return lines.join("\n");
  }
}

/** What is known of every call that reached the point of being sent. */
export interface CallInfo {
  /** The contract's name of the operation, such as `getCost`. */
  readonly operation: AnyOperation;
  /** How many times it was tried. */
  readonly attempts: number;
}

/** What is known of a call that was answered. */
export interface AnswerInfo extends CallInfo {
  /** The HTTP status; 0 for a redirect that a browser hides. */
  readonly status: number;
  /** The `x-request-id` header; browsers hide it unless the server exposes it. */
  readonly requestId: string | undefined;
  /** The beginning of the body as it came, at most 2,000 characters. */
  readonly bodyText: string;
  /** The answer's status and headers; its body was read, see `bodyText`. Undefined where a browser hides them. */
  readonly response: Response | undefined;
}

/** What a server's refusal says. */
export interface ApiErrorInfo extends AnswerInfo {
  readonly code: ApiErrorCode;
  readonly category: ApiErrorCategory;
  readonly serverCode: string | undefined;
  readonly fieldErrors: readonly FieldError[];
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterSeconds: number | undefined;
}

/**
 * The server answered, and not with success (redirects, which are not followed, too).
 *
 * @example
 * ```ts
 * import { isCostsError, Paygentic } from "metered-costs";
 *
 * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
 * try {
 *   await paygentic.costs.get("cst_1");
 * } catch (error) {
 *   if (!isCostsError(error)) throw error;
 *   switch (error.code) {
 *     case "NOT_FOUND":
 *       console.log("no such cost", error.requestId);
 *       break;
 *     case "VALIDATION_ERROR":
 *       console.log(error.fieldErrors);
 *       break;
 *     default:
 *       throw error;
 *   }
 * }
 * ```
 */
export class ApiError extends CostsError implements ApiErrorInfo {
  override readonly name = "ApiError";
  /** The server's own code when it sent one, else one for its category, such as `NOT_FOUND`. */
  declare readonly code: ApiErrorCode;
  /** The coarse kind: from a known `error` of the body, else from the status. */
  declare readonly category: ApiErrorCategory;
  declare readonly status: number;
  /** The server's `code` verbatim, whatever it was. */
  declare readonly serverCode: string | undefined;
  /** The fields that the server refused; empty when it named none. */
  declare readonly fieldErrors: readonly FieldError[];
  /** The server's `details`, plain JSON. */
  declare readonly details: Readonly<Record<string, unknown>> | undefined;
  /** What `Retry-After` asks for, in seconds from the answer on; browsers hide it unless the server exposes it. */
  declare readonly retryAfterSeconds: number | undefined;
  declare readonly operation: AnyOperation;
  declare readonly attempts: number;
  declare readonly requestId: string | undefined;
  declare readonly bodyText: string;
  declare readonly response: Response | undefined;

  constructor(message: string, facts: ApiErrorInfo) {
    super(message, facts);
  }
}

/**
 * There was no response: the connection failed (`CONNECTION_FAILED`), or no whole response arrived within `timeout`
 * (`TIMEOUT`). With `OUTCOME_UNKNOWN`, thrown by `events.ingest` only, an earlier attempt had no response and may have
 * been carried out, and a later one was refused: the event may have been counted. Its `cause` is the error of the later
 * attempt. Sending the same event again under the same key is safe. An event of a queue or of `ingestAll` whose calls a
 * middleware ended has `CONNECTION_FAILED`, too; what the middleware threw is its `cause`.
 */
export class ConnectionError extends CostsError implements CallInfo {
  override readonly name = "ConnectionError";
  declare readonly code: "CONNECTION_FAILED" | "TIMEOUT" | "OUTCOME_UNKNOWN";
  declare readonly operation: AnyOperation;
  declare readonly attempts: number;

  constructor(
    message: string,
    facts: CallInfo & { readonly code: ConnectionError["code"]; readonly cause?: unknown },
  ) {
    super(message, facts);
  }
}

/** The issues that a message lists; `issues` has all. */
const MAX_LISTED_ISSUES = 20;

function withIssues(summary: string, issues: readonly Issue[]): string {
  const lines = issues
    .slice(0, MAX_LISTED_ISSUES)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`));
  if (issues.length > MAX_LISTED_ISSUES)
    lines.push(`and ${issues.length - MAX_LISTED_ISSUES} more`);
  return lines.length === 0 ? summary : `${summary}: ${lines.join("; ")}`;
}

/** An argument was refused: nothing was sent and nothing computed. */
export class InvalidInputError extends CostsError {
  override readonly name = "InvalidInputError";
  readonly code: "INVALID_INPUT" = "INVALID_INPUT";
  /** Each thing that is wrong, by its path in the argument. */
  declare readonly issues: readonly Issue[];

  constructor(summary: string, issues: readonly Issue[], options?: { readonly cause?: unknown }) {
    super(withIssues(summary, issues), { ...options, issues });
  }
}

/** An invalid event: a field of the wrong type, an unparsable timestamp, or a number out of bounds. */
export class InvalidEventError extends CostsError {
  override readonly name = "InvalidEventError";
  readonly code: "INVALID_EVENT" = "INVALID_EVENT";
  /** The event's position among those read, from 0. */
  declare readonly index: number;
  /** The line it was read from, from 1, blank lines included; undefined when it was in memory. */
  declare readonly line: number | undefined;
  /** The event's idempotency key, when it has a readable one. */
  declare readonly key: string | undefined;
  /** Each thing that is wrong, by its path in the event. */
  declare readonly issues: readonly Issue[];

  constructor(facts: {
    readonly index: number;
    readonly line?: number | undefined;
    readonly key: string | undefined;
    readonly issues: readonly Issue[];
  }) {
    const key = facts.key === undefined ? "" : ` (idempotency key ${JSON.stringify(facts.key)})`;
    const line = facts.line === undefined ? "" : ` on line ${facts.line}`;
    super(withIssues(`Event ${facts.index}${line}${key} is not valid`, facts.issues), {
      index: facts.index,
      line: facts.line,
      key: facts.key,
      issues: facts.issues,
    });
  }
}

/**
 * The server answered with success, but the body is no JSON object, is longer than `maxResponseBytes`, or a number of
 * money is wrong or missing.
 */
export class InvalidResponseError extends CostsError implements AnswerInfo {
  override readonly name = "InvalidResponseError";
  readonly code: "INVALID_RESPONSE" = "INVALID_RESPONSE";
  /** Each thing that is wrong, by its path in the answer. */
  declare readonly issues: readonly Issue[];
  declare readonly status: number;
  declare readonly operation: AnyOperation;
  declare readonly attempts: number;
  declare readonly requestId: string | undefined;
  declare readonly bodyText: string;
  declare readonly response: Response | undefined;

  constructor(summary: string, issues: readonly Issue[], facts: AnswerInfo) {
    super(withIssues(summary, issues), { ...facts, issues });
  }
}

/**
 * A queue cannot do its work:
 *
 * - `QUEUE_CLOSED`: it takes no more events.
 * - `STORE_IN_USE`: another queue holds its store.
 * - `STORE_UNUSABLE`: its store is damaged, or is not a store of this library.
 * - `STORE_FAILED`: its store failed at its work, such as on a full disk; the store's own error is the `cause`.
 * - `STORE_DRIVER_MISSING`: there is no SQLite driver; the message says what to install.
 * - `CALLBACK_FAILED`: `onOutcome` rejected repeatedly; what it rejected with is the `cause`, and the store keeps the
 *   event.
 */
export class QueueError extends CostsError {
  override readonly name = "QueueError";
  declare readonly code:
    | "QUEUE_CLOSED"
    | "STORE_IN_USE"
    | "STORE_UNUSABLE"
    | "STORE_FAILED"
    | "STORE_DRIVER_MISSING"
    | "CALLBACK_FAILED";

  constructor(
    message: string,
    facts: { readonly code: QueueError["code"]; readonly cause?: unknown },
  ) {
    super(message, facts);
  }
}

/** Every error of the library, told apart by `code`. */
export type AnyCostsError =
  | ApiError
  | ConnectionError
  | InvalidInputError
  | InvalidEventError
  | InvalidResponseError
  | QueueError;

/**
 * Whether `error` is one of the library's. It goes by a brand, not by `instanceof`, so that it holds between two
 * copies of the package, too.
 *
 * @example
 * ```ts
 * import { isCostsError } from "metered-costs";
 *
 * export function isWorthAnotherTry(error: unknown): boolean {
 *   return isCostsError(error) && error.code === "CONNECTION_FAILED";
 * }
 * ```
 */
export function isCostsError(error: unknown): error is AnyCostsError {
  return typeof error === "object" && error !== null && BRAND in error;
}
