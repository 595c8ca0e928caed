import type { MockPaygentic } from "../../src/mock/index.ts";

export interface CallAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  readonly json: any;
}

/** Sends a request with a key; a body that is text goes out as it is, any other as JSON. */
export async function call(
  mock: MockPaygentic,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = { authorization: "Bearer sk_test_1" },
): Promise<CallAnswer> {
  const response = await mock.fetch(
    new Request(`https://api.sandbox.paygentic.io${path}`, {
      method,
      headers,
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    }),
  );
  const text = await response.text();
  const isJson = response.headers.get("content-type") === "application/json";
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
}

export const TOKENS = {
  type: "metered",
  name: "Tokens",
  unitCost: 0.5,
  currency: "USD",
  productId: "prod_1",
  eventType: "llm.completion",
  aggregation: "SUM",
  valueProperty: "$.tokens",
  groupBy: { model: "$.model" },
} as const;

export const EVENT = {
  type: "llm.completion",
  source: "/tests",
  subject: "cus_1",
  timestamp: "2026-06-01T10:00:00Z",
  data: { tokens: 2, model: "large" },
} as const;

export const JUNE = "from=2026-06-01T00:00:00Z&to=2026-07-01T00:00:00Z";

/** A clock that goes on by a second each time it is read. */
export function tickingClock(): () => Date {
  let seconds = 0;
  return () => new Date(Date.UTC(2026, 5, 15, 12, 0, seconds++));
}

/** The dotted paths that a validation error names. */
export function fieldsOf({ json }: CallAnswer): string[] {
  return json.errors.map((error: { field: string }) => error.field);
}
