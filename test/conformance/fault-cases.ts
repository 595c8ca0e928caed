import type { Fault } from "metered-costs/mock";

/**
 * Which calls are tried again after a fault: all of them; those that may be done twice; those whose repetition is safe even
 * after a success; none.
 */
export type Again = "all" | "repeatable" | "idempotent" | "none";

/** A fault that hits every request, and what the client makes of it when it tries twice. */
export interface FaultCase {
  readonly name: string;
  readonly fault: Fault & { readonly operation?: undefined };
  /** The code of the error; undefined where the call succeeds all the same. */
  readonly code: string | undefined;
  readonly again: Again;
  /** Operations that pass by the fault: they succeed at the first attempt. */
  readonly spared?: readonly string[];
  readonly timeout?: number;
}

const ALWAYS = { rate: 1 } as const;
const BODY = { message: "no" };
/** What answers without a body has no body to break, and nothing in it to drift. */
const WITHOUT_BODY = { spared: ["deleteCost"] } as const;
/** Milliseconds that are not enough for what takes long. */
const SHORT = 50;
const LONG = 60_000;

const FAULTS: readonly FaultCase[] = [
  {
    name: "500 without a body",
    fault: { kind: "status", status: 500, ...ALWAYS },
    code: "SERVER_ERROR",
    again: "repeatable",
  },
  {
    name: "503 with a body",
    fault: { kind: "status", status: 503, body: BODY, ...ALWAYS },
    code: "SERVER_ERROR",
    again: "repeatable",
  },
  {
    name: "408",
    fault: { kind: "status", status: 408, ...ALWAYS },
    code: "UNEXPECTED_STATUS",
    again: "repeatable",
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
    name: "a business code",
    fault: { kind: "status", status: 400, body: { ...BODY, code: "TAX_NOT_ENABLED" }, ...ALWAYS },
    code: "TAX_NOT_ENABLED",
    again: "none",
  },
  {
    name: "HTML of a proxy",
    fault: { kind: "html", ...ALWAYS },
    code: "SERVER_ERROR",
    again: "repeatable",
  },
  {
    name: "HTML that says 200",
    fault: { kind: "html", status: 200, ...ALWAYS },
    code: "INVALID_RESPONSE",
    again: "idempotent",
    ...WITHOUT_BODY,
  },
  {
    name: "a success that is no object",
    fault: { kind: "status", status: 200, body: [1], ...ALWAYS },
    code: "INVALID_RESPONSE",
    again: "idempotent",
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
    again: "repeatable",
  },
  {
    name: "a delay beyond the timeout",
    fault: { kind: "delay", milliseconds: LONG, ...ALWAYS },
    code: "TIMEOUT",
    again: "repeatable",
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
    again: "repeatable",
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
    again: "repeatable",
    ...WITHOUT_BODY,
  },
  {
    name: "a body without end",
    fault: { kind: "endless-body", ...ALWAYS },
    code: "TIMEOUT",
    again: "repeatable",
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

/** The faults of Paygentic, and which of its calls are tried again after one. */
export const PAYGENTIC_FAULTS: readonly FaultCase[] = [
  ...FAULTS,
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
];
export const isTriedAgain = (again: Again, operation: string): boolean =>
  again === "repeatable"
    ? operation !== "createCost"
    : again === "all" || (again === "idempotent" && operation === "ingestEvent");

/** The same of Kontorion: a write may be done once, unless it was refused for now. */
export const KONTORION_FAULTS: readonly FaultCase[] = [
  ...FAULTS,
  {
    name: "400 with fields",
    fault: {
      kind: "status",
      status: 400,
      body: { code: "VALIDATION", detail: "no", fields: [{ field: "key", message: "is taken" }] },
      ...ALWAYS,
    },
    code: "VALIDATION",
    again: "none",
  },
];
export const isKontorionTriedAgain = (again: Again, operation: string): boolean =>
  again === "repeatable" ? /^(?:list|get)/.test(operation) : again === "all";
