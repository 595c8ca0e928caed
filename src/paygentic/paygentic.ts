import type { paths } from "../../generated/paygentic.ts";
import type { ApiErrorCategory, FieldError } from "../errors.ts";
import { type ErrorBody, isCategory } from "../http/api-error.ts";
import type { ResponseReader } from "../http/call.ts";
import { type CallPromise, HttpClient } from "../http/client.ts";
import {
  type Api,
  type ClientOptions,
  NO_OPTIONS,
  type RequestOptions,
  readOptions,
} from "../http/options.ts";
import { anything, expecting, oneOf, optional, strictObject } from "../schemas/fields.ts";
import { nothingSent, readInput } from "../schemas/input.ts";
import { withNumbersAsText } from "../values/lossless-json.ts";
import { isRecord } from "../values/record.ts";
import { BillableMetrics } from "./billable-metrics.ts";
import { Costs } from "./costs.ts";
import { Events } from "./events.ts";
import { Profitability, Revenue } from "./revenue.ts";

/** How a client calls Paygentic. */
export interface PaygenticOptions extends ClientOptions {
  /**
   * The API key, or a function that returns it, called at every attempt. Without it the client uses the environment
   * variable `PAYGENTIC_API_KEY`, for Paygentic's own two hosts only: another `baseUrl` gets no key that you did not
   * pass.
   */
  readonly apiKey?: ClientOptions["apiKey"];
  /**
   * Paygentic's production, or the Paygentic sandbox; a `baseUrl` wins over it.
   * @default "production"
   */
  readonly environment?: "production" | "sandbox" | undefined;
}

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
const PAYGENTIC: Api = {
  client: "Paygentic",
  environments: {
    production: "https://api.paygentic.io",
    sandbox: "https://api.sandbox.paygentic.io",
  },
  keyVariable: "PAYGENTIC_API_KEY",
  readErrorBody,
};

type QueryValue = string | number | boolean;

/** A request to an endpoint that has no method of its own. */
export interface PaygenticRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The path behind the base URL, such as `/v0/customers`: one slash first, no `..`, no query. */
  readonly path: string;
  /** An array repeats its name. */
  readonly query?:
    | Readonly<Record<string, QueryValue | readonly QueryValue[] | undefined>>
    | undefined;
  /** Written as JSON; a Decimal becomes a number with all its digits. A GET has none. */
  readonly body?: unknown;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
const isQueryValue = (value: unknown): boolean =>
  ["string", "boolean"].includes(typeof value) || Number.isFinite(value);
/** One slash first and no other host behind it; no dots of a step up, escaped or not; nothing that ends the path. */
const isPath = (given: unknown): boolean =>
  typeof given === "string" &&
  /^\/[\x21-\x7e]*$/.test(given) &&
  !given.startsWith("//") &&
  !/[?#\\{}]|\/(?:\.|%2e){1,2}(?:\/|$)/i.test(given);
const requestSchema = /* @__PURE__ */ strictObject(
  {
    method: /* @__PURE__ */ oneOf(METHODS),
    path: /* @__PURE__ */ expecting<string>(
      "a path such as /v0/customers, with one slash first, without .., query and host",
      isPath,
    ),
    query: /* @__PURE__ */ optional(
      /* @__PURE__ */ expecting<NonNullable<PaygenticRequest["query"]>>(
        "an object of texts, numbers, booleans or arrays of them",
        (given) =>
          isRecord(given) &&
          Object.values(given).every(
            (value) =>
              value === undefined ||
              (Array.isArray(value) ? value.every(isQueryValue) : isQueryValue(value)),
          ),
      ),
    ),
    body: /* @__PURE__ */ optional(/* @__PURE__ */ anything<unknown>()),
  },
  {
    together: ({ method, body }, refuseField) => {
      if (method === "GET" && body !== undefined) {
        refuseField("expected none: a GET has no body, pass a query", "body");
      }
    },
  },
);

const readAnything: ResponseReader<unknown> = (body) => ({
  model: withNumbersAsText(body),
  unusable: [],
});

/**
 * A client of Paygentic's metered costs. Making one sends nothing; it throws an `InvalidInputError` for options that
 * cannot work. The key is in none of its properties, errors or printed forms.
 *
 * @example
 * ```ts
 * import { Paygentic } from "metered-costs";
 *
 * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
 * const cost = await paygentic.costs.get("cst_1");
 * const summary = await paygentic.costs.summary(cost, {
 *   from: "2026-06-01T00:00:00Z",
 *   to: "2026-07-01T00:00:00Z",
 *   window: "DAY",
 * });
 * console.log(summary.totalCost?.toString());
 * ```
 */
export class Paygentic {
  /** Define metered costs and query what they cost. */
  readonly costs: Costs;
  /** Send usage events. */
  readonly events: Events;
  /** Query what billable metrics measured, and the events that the server stored for them. */
  readonly billableMetrics: BillableMetrics;
  /** Query profit by customer. */
  readonly profitability: Profitability;
  /** Query revenue. */
  readonly revenue: Revenue;

  readonly #options: PaygenticOptions;
  readonly #client: HttpClient<paths>;

  constructor(options: PaygenticOptions = {}) {
    const client = new HttpClient<paths>(readOptions(options, PAYGENTIC));
    this.#options = { ...options };
    this.#client = client;
    this.costs = new Costs(client);
    this.events = new Events(client);
    this.billableMetrics = new BillableMetrics(client);
    this.profitability = new Profitability(client);
    this.revenue = new Revenue(client);
  }

  /**
   * A client with the same options except for those that are given. Throws an `InvalidInputError` as the constructor
   * does.
   *
   * @example
   * ```ts
   * import { Paygentic } from "metered-costs";
   *
   * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
   * const patient = paygentic.withOptions({ timeout: 120_000, maxRetries: 5 });
   * ```
   */
  withOptions(options: PaygenticOptions): Paygentic {
    return new Paygentic({ ...this.#options, ...options });
  }

  /**
   * Sends a request to an endpoint that has no method here, with the same key, timeout and errors. GET and DELETE are
   * retried as usual, the others only after a 429. Resolves to the parsed body, in which numbers that a double would not
   * hold are text, or to undefined without a body. Rejects as the methods of `Costs` do.
   *
   * @example
   * ```ts
   * import { Paygentic } from "metered-costs";
   *
   * const paygentic = new Paygentic({ apiKey: "sk_test_1", environment: "sandbox" });
   * const customers = await paygentic.request({
   *   method: "GET",
   *   path: "/v0/customers",
   *   query: { limit: 10 },
   * });
   * console.log(customers);
   * ```
   */
  request(params: PaygenticRequest, options: RequestOptions = NO_OPTIONS): CallPromise<unknown> {
    const { method } = params ?? {};
    const rules = {
      operation: "request",
      method: "request",
      retry: method === "GET" || method === "DELETE" ? "always" : "refused",
      mayBeEmpty: true,
      mayBeArray: true,
    } as const;
    return this.#client.call(rules, options, readAnything, (api, init) => {
      const sent = readInput(requestSchema, params, nothingSent("request"));
      const query = Object.fromEntries(
        Object.entries(sent.query ?? {}).map(([name, value]) => [encodeURIComponent(name), value]),
      );
      // The types know the contract's paths only.
      const send = api.request as unknown as (
        method: string,
        path: string,
        init: object,
      ) => ReturnType<typeof api.GET>;
      return send(sent.method, sent.path, { ...init, params: { query }, body: sent.body });
    });
  }
}
