import { Paygentic, type PaygenticOptions } from "metered-costs";
import { afterEach, beforeEach } from "vitest";
import { ScriptedServer } from "./scripted-server.ts";

export const KEY = "sk_test_1";

/** A scripted server, opened anew for each test of a file, and clients that talk to it. */
export function scene(): {
  server: ScriptedServer;
  client: (options?: PaygenticOptions) => Paygentic;
} {
  const server = new ScriptedServer();
  beforeEach(() => server.listen());
  afterEach(() => server.close());
  return {
    server,
    client: (options = {}) => new Paygentic({ baseUrl: server.url, apiKey: KEY, ...options }),
  };
}

/** What a promise rejects with; fails when it does not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (reason) {
    return reason;
  }
  throw new Error(`expected a rejection, got ${JSON.stringify(value)}`);
}

/** The error of the given class that a promise rejects with. */
export async function errorOf<E extends Error>(
  kind: abstract new (...args: never[]) => E,
  promise: Promise<unknown>,
): Promise<E> {
  const reason = await rejectionOf(promise);
  if (reason instanceof kind) return reason;
  throw new Error(`expected ${kind.name}`, { cause: reason });
}
