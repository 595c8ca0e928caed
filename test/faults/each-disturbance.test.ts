import type { AnyCostsError, Operation } from "metered-costs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OPERATIONS } from "../client/operations.ts";
import { rejectionOf } from "../client/scene.ts";
import { json, ScriptedServer } from "../client/scripted-server.ts";
import type { DisturbanceKind } from "./disturbances.ts";
import { proxied } from "./proxied.ts";

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** What a single attempt ends with; undefined where all is well. */
const CODES: Readonly<Record<DisturbanceKind, AnyCostsError["code"] | undefined>> = {
  "reset-request": "CONNECTION_FAILED",
  "reset-answer": "CONNECTION_FAILED",
  "end-answer": "CONNECTION_FAILED",
  "cut-json": "INVALID_RESPONSE",
  delay: undefined,
  repeat: undefined,
  "repeat-later": undefined,
  "429": "RATE_LIMITED",
  "429-retry-after": "RATE_LIMITED",
  "5xx": "SERVER_ERROR",
  "503-retry-after": "SERVER_ERROR",
  "408": "UNEXPECTED_STATUS",
  html: "SERVER_ERROR",
  "html-as-success": "INVALID_RESPONSE",
  "empty-success": "INVALID_RESPONSE",
  "no-object": "INVALID_RESPONSE",
  "wrong-type": undefined,
  garbage: "CONNECTION_FAILED",
  oversized: "INVALID_RESPONSE",
  "oversized-error": "SERVER_ERROR",
  endless: "TIMEOUT",
  silence: "TIMEOUT",
  redirect: "UNEXPECTED_STATUS",
};
const KINDS = Object.entries(CODES) as [DisturbanceKind, AnyCostsError["code"] | undefined][];
const CHANCES = [0, 0.3, 0.6, 0.95];
/** Short only where it has to pass: on a busy machine megabytes take more than a second. */
const timeoutOf = (kind: DisturbanceKind): number => (CODES[kind] === "TIMEOUT" ? 1_000 : 30_000);

/** A success of a deletion says nothing in its body; of two deletions at once, the second finds nothing. */
function codeOf(kind: DisturbanceKind, operation: Operation): string | undefined {
  if (operation !== "deleteCost") return CODES[kind];
  if (kind === "repeat") return "NOT_FOUND";
  return CODES[kind] === "INVALID_RESPONSE" ? undefined : CODES[kind];
}

describe.each(KINDS)("%s", (kind) => {
  test.each(OPERATIONS)(
    "ends a call in one way, whatever its chances: $operation",
    async ({ call, operation }) => {
      const attempts = CHANCES.flatMap((chance) =>
        [false, true].map(async (carriedOut) => {
          const { client } = await proxied(() => ({ kind, chance, carriedOut }));
          const outcome = await call(client({ maxRetries: 0, timeout: timeoutOf(kind) })).then(
            () => undefined,
            (error: AnyCostsError) => error,
          );
          expect(outcome?.code).toBe(codeOf(kind, operation));
          if (outcome !== undefined) {
            expect(outcome).toMatchObject({ operation, attempts: 1 });
            // Whatever length the server's text has.
            expect(outcome.message.length).toBeLessThan(5_000);
          }
        }),
      );
      await Promise.all(attempts);
    },
  );
});

describe("once, and then no more", () => {
  const hurting = KINDS.filter(([, code]) => code !== undefined && code !== "UNEXPECTED_STATUS");
  const once = (kind: DisturbanceKind, carriedOut: boolean) => (request: number) =>
    request === 0 ? { kind, chance: 0.5, carriedOut } : undefined;

  test.each(hurting)("%s does not keep an event from being counted once", async (kind) => {
    const ingest = OPERATIONS.find(({ operation }) => operation === "ingestEvent");
    for (const carriedOut of [false, true]) {
      const { mock, client } = await proxied(once(kind, carriedOut));
      await ingest?.call(client({ timeout: timeoutOf(kind) }));
      expect(mock.events).toHaveLength(1);
    }
  });

  test.each(hurting)("%s does not create a second cost", async (kind, code) => {
    const create = OPERATIONS.find(({ operation }) => operation === "createCost");
    const { mock, proxy, client } = await proxied(once(kind, code !== "RATE_LIMITED"));
    const call = create?.call(client({ timeout: timeoutOf(kind) }));
    if (code === "RATE_LIMITED") await call;
    else expect(await rejectionOf(Promise.resolve(call))).toMatchObject({ code });
    await proxy.settled();
    expect(mock.requests.filter(({ operation }) => operation === "createCost").length).toBe(
      kind === "reset-request" ? 0 : 1,
    );
  });
});

test("a redirect takes neither the request nor the key anywhere", async () => {
  const elsewhere = new ScriptedServer();
  await elsewhere.listen();
  elsewhere.otherwise(json({ id: "cst_1" }));
  try {
    for (const { call } of OPERATIONS) {
      for (const chance of [0, 0.2, 0.4, 0.6, 0.8]) {
        const { client } = await proxied(
          () => ({ kind: "redirect", chance, carriedOut: false }),
          elsewhere.url,
        );
        await rejectionOf(call(client()));
      }
    }
    expect(elsewhere.requests).toEqual([]);
  } finally {
    await elsewhere.close();
  }
});
