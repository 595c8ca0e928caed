import type { Operation } from "metered-costs";
import type { Fault } from "metered-costs/mock";

/** Which calls are tried again after a fault. */
export type Again = "all" | "all but createCost" | "ingestEvent" | "none";

/** A fault that hits every request, and what the client makes of it when it tries twice. */
export interface FaultCase {
  readonly name: string;
  readonly fault: Fault;
  /** The code of the error; undefined where the call succeeds all the same. */
  readonly code: string | undefined;
  readonly again: Again;
  /** Operations that pass by the fault: they succeed at the first attempt. */
  readonly spared?: readonly Operation[];
  readonly timeout?: number;
}

const ALWAYS = { rate: 1 } as const;
const BODY = { message: "no" };
/** What answers without a body has no body to break, and nothing in it to drift. */
const WITHOUT_BODY = { spared: ["deleteCost"] } as const;
/** Milliseconds that are not enough for what takes long. */
const SHORT = 50;
const LONG = 60_000;

export const FAULTS: readonly FaultCase[] = [
  {
    name: "500 without a body",
    fault: { kind: "status", status: 500, ...ALWAYS },
    code: "SERVER_ERROR",
    again: "all but createCost",
  },
  {
    name: "503 with a body",
    fault: { kind: "status", status: 503, body: BODY, ...ALWAYS },
    code: "SERVER_ERROR",
    again: "all but createCost",
  },
  {
    name: "408",
    fault: { kind: "status", status: 408, ...ALWAYS },
    code: "UNEXPECTED_STATUS",
    again: "all but createCost",
  },
  {
    name: "429",
    fault: { kind: "status", status: 429, body: BODY, ...ALWAYS },
    code: "RATE_LIMITED",
    again: "all",
  },
  {
    name: "429 with a Retry-After",
    fault: { kind: "status", status: 429, retryAfter: 0, ...ALWAYS },
    code: "RATE_LIMITED",
    again: "all",
  },
  {
    name: "429 with a Retry-After that is too long",
    fault: { kind: "status", status: 429, retryAfter: 61, ...ALWAYS },
    code: "RATE_LIMITED",
    again: "none",
  },
  {
    name: "403",
    fault: { kind: "status", status: 403, body: BODY, ...ALWAYS },
    code: "FORBIDDEN",
    again: "none",
  },
  {
    name: "400 with fields",
    fault: {
      kind: "status",
      status: 400,
      body: { message: "no", errors: [{ field: "name", message: "is taken" }] },
      ...ALWAYS,
    },
    code: "VALIDATION_ERROR",
    again: "none",
  },
  {
    name: "a business code",
    fault: { kind: "status", status: 400, body: { ...BODY, code: "TAX_NOT_ENABLED" }, ...ALWAYS },
    code: "TAX_NOT_ENABLED",
    again: "none",
  },
  {
    name: "HTML of a proxy",
    fault: { kind: "html", ...ALWAYS },
    code: "SERVER_ERROR",
    again: "all but createCost",
  },
  {
    name: "HTML that says 200",
    fault: { kind: "html", status: 200, ...ALWAYS },
    code: "INVALID_RESPONSE",
    again: "ingestEvent",
    ...WITHOUT_BODY,
  },
  {
    name: "a success that is no object",
    fault: { kind: "status", status: 200, body: [], ...ALWAYS },
    code: "INVALID_RESPONSE",
    again: "ingestEvent",
    ...WITHOUT_BODY,
  },
  {
    name: "a redirect",
    fault: { kind: "redirect", location: "http://127.0.0.1:9/elsewhere", ...ALWAYS },
    code: "UNEXPECTED_STATUS",
    again: "none",
  },
  {
    name: "a permanent redirect",
    fault: { kind: "redirect", location: "/elsewhere", status: 301, ...ALWAYS },
    code: "UNEXPECTED_STATUS",
    again: "none",
  },
  {
    name: "a cut connection",
    fault: { kind: "cut-connection", ...ALWAYS },
    code: "CONNECTION_FAILED",
    again: "all but createCost",
  },
  {
    name: "a delay beyond the timeout",
    fault: { kind: "delay", milliseconds: LONG, ...ALWAYS },
    code: "TIMEOUT",
    again: "all but createCost",
    timeout: SHORT,
  },
  {
    name: "a delay within the timeout",
    fault: { kind: "delay", milliseconds: 5, ...ALWAYS },
    code: undefined,
    again: "none",
  },
  {
    name: "a body slower than the timeout",
    fault: { kind: "slow-body", milliseconds: LONG, ...ALWAYS },
    code: "TIMEOUT",
    again: "all but createCost",
    timeout: SHORT,
    ...WITHOUT_BODY,
  },
  {
    name: "a slow body within the timeout",
    fault: { kind: "slow-body", milliseconds: 20, ...ALWAYS },
    code: undefined,
    again: "none",
  },
  {
    name: "a body that breaks off",
    fault: { kind: "cut-body", ...ALWAYS },
    code: "CONNECTION_FAILED",
    again: "all but createCost",
    ...WITHOUT_BODY,
  },
  {
    name: "a body without end",
    fault: { kind: "endless-body", ...ALWAYS },
    code: "TIMEOUT",
    again: "all but createCost",
    timeout: SHORT,
    ...WITHOUT_BODY,
  },
  ...(["unknown-field", "unknown-member", "number-for-string"] as const).map(
    (drift): FaultCase => ({
      name: `drift: ${drift}`,
      fault: { kind: "drift", drift, ...ALWAYS },
      code: undefined,
      again: "none",
    }),
  ),
];

/** Whether a call of the operation is tried again. */
export const isTriedAgain = (again: Again, operation: Operation): boolean =>
  again === "all but createCost"
    ? operation !== "createCost"
    : again === "all" || again === operation;
