import type { Drift, ResponseInfo } from "metered-costs";
import { expect } from "vitest";
import type { OpenTransport } from "./transports.ts";

/** What became of one call: the code of its error, how many attempts it took, and what had drifted. */
export interface Outcome {
  readonly code: string | undefined;
  readonly attempts: number | undefined;
  readonly drifts: readonly Drift[];
}

/** Calls an operation once, with one retry. */
export async function outcomeOf<Client, Operation extends string>(
  transport: OpenTransport<Client>,
  calls: Readonly<Record<Operation, (client: Client) => Promise<unknown>>>,
  operation: Operation,
  timeout = 10_000,
): Promise<Outcome> {
  let facts: ResponseInfo | undefined;
  const drifts: Drift[] = [];
  const client = transport.client({
    maxRetries: 1,
    timeout,
    onResponse: (heard) => {
      facts = heard;
    },
    onDrift: (drift) => drifts.push(drift),
  });
  const error = await calls[operation](client).then(
    () => undefined,
    (reason) => reason,
  );
  if (error !== undefined) expect(error).toMatchObject({ operation, attempts: facts?.attempts });
  return { code: error?.code, attempts: facts?.attempts, drifts };
}
