import { ConnectionError } from "metered-costs";
import { describe, expect, test } from "vitest";
import { OPERATIONS } from "../client/operations.ts";
import { proxied } from "./proxied.ts";

/** More than any answer of these tests has bytes: evenly spaced, so many places are every byte. */
const PLACES = 600;
const AT_ONCE = 25;

describe.each(["end-answer", "reset-answer"] as const)("%s: an answer that stops", (kind) => {
  test.each(OPERATIONS)("at whatever byte is no answer: $operation", async ({ call }) => {
    const decide = (request: number) => ({ kind, chance: request / PLACES, carriedOut: true });
    const { proxy, client } = await proxied(decide);
    const paygentic = client({ maxRetries: 0 });
    let left = PLACES;
    const outcomes: unknown[] = [];
    const calls = async (): Promise<void> => {
      while (left-- > 0) outcomes.push(await call(paygentic).catch((error: unknown) => error));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, calls));
    expect(outcomes).toHaveLength(PLACES);
    expect(proxy.counts).toEqual({ [kind]: PLACES });

    expect(proxy.longestAnswer).toBeLessThanOrEqual(PLACES);
    for (const outcome of outcomes) {
      expect(outcome).toBeInstanceOf(ConnectionError);
      expect(outcome).toMatchObject({ code: "CONNECTION_FAILED", attempts: 1 });
    }
  });
});
