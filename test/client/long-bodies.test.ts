import { gzipSync } from "node:zlib";
import {
  ApiError,
  ConnectionError,
  CostsError,
  InvalidInputError,
  InvalidResponseError,
} from "metered-costs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Redaction } from "../../src/http/redaction.ts";
import { OPERATIONS } from "./operations.ts";
import { COST, EVENT, RECEIPT } from "./samples.ts";
import { errorOf, KEY, scene } from "./scene.ts";
import { type Answer, json, stalledAfter, text } from "./scripted-server.ts";

const { server, client } = scene();

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A cost whose JSON has so many bytes. */
const costOf = (bytes: number): string => {
  const cost = JSON.stringify(COST);
  return cost + " ".repeat(bytes - cost.length);
};
/** A body that goes on until its reader leaves; tells when that was. */
const endless =
  (start: string, left: () => void, status = 200): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json" }).write(start);
    const more = (): void => {
      while (!response.destroyed && response.write(" ".repeat(10_000)));
    };
    response.on("drain", more).on("close", left);
    more();
  };

describe("a body longer than maxResponseBytes", () => {
  test.each(OPERATIONS.filter(({ operation }) => operation !== "deleteCost"))(
    "of a success is refused, whatever it says: $operation",
    async ({ call, operation, status }) => {
      server.otherwise(text(`${JSON.stringify(COST)}${" ".repeat(5_000)}`, status));
      const error = await errorOf(
        InvalidResponseError,
        call(client({ maxResponseBytes: 4_999, maxRetries: 1 })),
      );
      expect(error).toMatchObject({ code: "INVALID_RESPONSE", operation, status });
      expect(error.issues).toEqual([
        { path: [], message: "the body is longer than maxResponseBytes, 4999" },
      ]);
      expect(error.bodyText.startsWith('{"id":"cst_1"')).toBe(true);
      expect(error.bodyText.length).toBeLessThanOrEqual(2_000);
      // The event has its key and its time: it can be sent again without being counted twice.
      expect(server.requests).toHaveLength(operation === "ingestEvent" ? 2 : 1);
    },
  );

  test("of an event's receipt is a success at another try", async () => {
    server.answer(text(" ".repeat(5_000), 202), json(RECEIPT, 202));
    const { events } = client({ maxResponseBytes: 1_000 });
    expect((await events.ingest(EVENT)).id).toBe("evt_1");
  });

  test("of a deletion is of no interest", async () => {
    server.answer(text("x".repeat(5_000)));
    await client({ maxResponseBytes: 1_000 }).costs.delete("cst_1");
  });

  test("of another answer is its status's error, with the body's beginning", async () => {
    const body = JSON.stringify({ message: "no", code: "TAX_NOT_ENABLED" });
    server.answer(text(`${body}${" ".repeat(5_000)}`, 403));
    const call = client({ maxResponseBytes: 1_000 }).costs.get("cst_1");
    const error = await errorOf(ApiError, call);
    expect(error).toMatchObject({ status: 403, code: "FORBIDDEN", serverCode: undefined });
    expect(error.bodyText.startsWith(body)).toBe(true);
    expect(error.bodyText.length).toBeLessThanOrEqual(2_000);
  });

  test("of an answer that passes is waited for again", async () => {
    server.answer(text("x".repeat(5_000), 503), json(COST));
    expect((await client({ maxResponseBytes: 1_000 }).costs.get("cst_1")).id).toBe("cst_1");
  });

  test("is not read on: the connection is closed", async () => {
    for (const status of [200, 503]) {
      const left = new Promise<void>((resolve) => {
        server.answer(endless("{", resolve, status));
      });
      const call = client({ maxResponseBytes: 100_000, maxRetries: 0 }).costs.get("cst_1");
      expect(await errorOf(CostsError, call)).toMatchObject({ status });
      await left;
    }
  });

  test("is counted in bytes after decompression", async () => {
    const bomb = gzipSync(" ".repeat(1_000_000));
    expect(bomb.length).toBeLessThan(2_000);
    server.answer((response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    });
    await errorOf(InvalidResponseError, client({ maxResponseBytes: 10_000 }).costs.get("cst_1"));
    server.otherwise(text(JSON.stringify({ ...COST, name: "é".repeat(1_000) })));
    await errorOf(InvalidResponseError, client({ maxResponseBytes: 2_000 }).costs.get("cst_1"));
    expect((await client({ maxResponseBytes: 2_600 }).costs.get("cst_1")).name).toHaveLength(1_000);
  });

  test("is one byte longer, not as long", async () => {
    server.otherwise(text(costOf(1_000)));
    expect((await client({ maxResponseBytes: 1_000 }).costs.get("cst_1")).id).toBe("cst_1");
    await errorOf(InvalidResponseError, client({ maxResponseBytes: 999 }).costs.get("cst_1"));
  });

  test("is refused where fetch gives no streams, too", async () => {
    const body = costOf(1_000);
    const fetch = async (): Promise<Response> =>
      ({ status: 200, headers: new Headers(), body: null, text: async () => body }) as Response;
    expect((await client({ fetch, maxResponseBytes: 1_000 }).costs.get("cst_1")).id).toBe("cst_1");
    const call = client({ fetch, maxResponseBytes: 999 }).costs.get("cst_1");
    await errorOf(InvalidResponseError, call);
  });

  test("has more than 64 MiB unless the client says otherwise", async () => {
    const chunk = new Uint8Array(1_048_576).fill(32);
    const bodyOf = (chunks: number): ReadableStream => {
      let left = chunks;
      return new ReadableStream({
        pull(controller) {
          if (left-- > 0) controller.enqueue(chunk);
          else {
            controller.enqueue(new TextEncoder().encode(JSON.stringify(COST)));
            controller.close();
          }
        },
      });
    };
    const get = (chunks: number) =>
      client({ fetch: async () => new Response(bodyOf(chunks)) }).costs.get("cst_1");
    expect((await get(63)).id).toBe("cst_1");
    await errorOf(InvalidResponseError, get(64));
  }, 30_000);

  test("does not leave part of the key where it was cut", async () => {
    const apiKey = "sk_live_planted_key_42";
    for (const spelled of [apiKey, [...apiKey].map((c) => `&#x${c.charCodeAt(0).toString(16)};`)]) {
      const body = `${"x".repeat(900)}${[spelled].flat().join("")}`;
      for (let cut = 895; cut <= body.length; cut += 3) {
        const fetch = async () => new Response(body.slice(0, cut), { status: 403 });
        const call = client({ apiKey, fetch, maxResponseBytes: cut - 1 }).costs.get("cst_1");
        const { bodyText } = await errorOf(ApiError, call);
        expect(bodyText).toMatch(/^x*$/);
      }
    }
  });
});

describe("the beginning of a text", () => {
  const secret = "sk_secret";
  const redaction = new Redaction([secret]);
  test("is redacted, and whole when it fits", () => {
    expect(redaction.beginning(`a ${secret} b`, 100, false)).toBe("a [redacted] b");
    expect(redaction.beginning("a".repeat(100), 100, false)).toBe("a".repeat(100));
    expect(redaction.beginning("a".repeat(101), 100, false)).toBe("a".repeat(100));
    expect(redaction.beginning("a".repeat(100_000), 100, true)).toBe("a".repeat(100));
  });
  test("is shorter where a secret may have been cut off", () => {
    // The secret takes 15 characters in base64, each of which may take 12.
    expect(redaction.beginning("a".repeat(300), 1_000, true)).toBe("a".repeat(300 - 12 * 15));
    expect(redaction.beginning("sk_sec", 1_000, true)).toBe("");
    expect(new Redaction().beginning("sk_sec", 1_000, true)).toBe("sk_sec");
  });
});

describe("a body that comes in pieces", () => {
  test("is one text, wherever it was parted, a byte order mark left out", async () => {
    const name = "é €, 𝄞";
    const bytes = new TextEncoder().encode(`\ufeff${JSON.stringify({ ...COST, name })}`);
    for (const size of [1, 2, 3, 7]) {
      const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.slice(at * size, (at + 1) * size),
      );
      const body = (): ReadableStream =>
        new ReadableStream({
          start(controller) {
            for (const part of parts) controller.enqueue(part);
            controller.close();
          },
        });
      const fetch = async () => new Response(body());
      expect((await client({ fetch }).costs.get("cst_1")).name).toBe(name);
    }
  });
});

describe("a body that does not end", () => {
  test.each(OPERATIONS)("is a TIMEOUT: $operation", async ({ call, operation, status }) => {
    server.otherwise(stalledAfter('{"id":', status));
    const error = await errorOf(ConnectionError, call(client({ timeout: 60, maxRetries: 1 })));
    expect(error).toMatchObject({ code: "TIMEOUT", operation });
    expect(error.attempts).toBe(operation === "createCost" ? 1 : 2);
  });

  test("is let go of, by a fetch that ignores its signal, too", async () => {
    let pulled = 0;
    let cancelled: () => void = () => undefined;
    const isCancelled = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    const body = new ReadableStream({
      pull: async (controller) => {
        pulled++;
        await new Promise((resolve) => setTimeout(resolve, 5));
        controller.enqueue(new Uint8Array([32]));
      },
      cancel: () => cancelled(),
    });
    const fetch = async () => new Response(body);
    const call = client({ fetch, timeout: 40, maxRetries: 0 }).costs.get("cst_1");
    expect(await errorOf(ConnectionError, call)).toMatchObject({ code: "TIMEOUT" });
    await isCancelled;
    expect(pulled).toBeGreaterThan(1);
  });
});

describe("maxResponseBytes", () => {
  test.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "1", null])(
    "cannot be %s",
    (maxResponseBytes) => {
      let refusal: unknown;
      try {
        client({ maxResponseBytes: maxResponseBytes as number });
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toBeInstanceOf(InvalidInputError);
      expect(refusal).toMatchObject({ issues: [{ path: ["maxResponseBytes"] }] });
    },
  );

  test("belongs to a client, not to a call", async () => {
    const call = client({ apiKey: KEY }).costs.get("cst_1", { maxResponseBytes: 1 } as object);
    await errorOf(InvalidInputError, call);
  });
});
