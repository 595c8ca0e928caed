import {
  ApiError,
  InvalidInputError,
  Paygentic,
  type PaygenticOptions,
  VERSION,
} from "metered-costs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { COST, CREATE } from "./samples.ts";
import { errorOf, KEY, rejectionOf, scene } from "./scene.ts";
import { empty, json, silence, text } from "./scripted-server.ts";

const { server, client } = scene();
type Middleware = NonNullable<PaygenticOptions["middleware"]>[number];

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const withMiddleware = (...middleware: Middleware[]): Paygentic => client({ middleware });

describe("middleware of openapi-fetch", () => {
  test("sees each call once, before authorization, however many attempts it takes", async () => {
    server.answer(empty(503), empty(503), json(COST));
    const seen: [string, string, string[]][] = [];
    const { costs } = withMiddleware({
      onRequest: ({ request, schemaPath }) => {
        seen.push([request.url, schemaPath, [...request.headers].flat()]);
      },
      onResponse: async ({ response }) => {
        expect(response).toBeInstanceOf(Response);
        expect(await response.clone().json()).toEqual(COST);
      },
    });
    await costs.get("cst_1");
    expect(seen).toEqual([
      [
        `${server.url}/v0/costs/cst_1`,
        "/v0/costs/{id}",
        ["accept", "application/json", "user-agent", `metered-costs/${VERSION}`],
      ],
    ]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(
      Array(3).fill(`Bearer ${KEY}`),
    );
  });

  test("may change headers, the URL on the same origin, and the body; every attempt sends it", async () => {
    server.answer(empty(429), json(COST, 201));
    const { costs } = withMiddleware({
      onRequest: async ({ request }) => {
        const body = (await request.text()).replace("Input tokens", "Tokens");
        const changed = new Request(`${request.url}?dry=1`, {
          method: request.method,
          headers: request.headers,
          body,
        });
        changed.headers.set("x-tenant", "t1");
        return changed;
      },
    });
    await costs.create(CREATE);
    expect(server.requests).toHaveLength(2);
    for (const { target, headers, body } of server.requests) {
      expect(target).toBe("/v0/costs?dry=1");
      expect(headers["x-tenant"]).toBe("t1");
      expect(headers.authorization).toBe(`Bearer ${KEY}`);
      expect(JSON.parse(body)).toEqual({
        ...JSON.parse(JSON.stringify(CREATE)),
        name: "Tokens",
        unitCost: 0.0000025,
      });
    }
  });

  test.each(["https://example.com/v0/costs/cst_1", "http://127.0.0.1:1/v0/costs/cst_1"])(
    "cannot take the key to another origin: %s",
    async (url) => {
      const fetch = vi.fn(async () => Response.json(COST));
      const { costs } = client({
        fetch,
        middleware: [{ onRequest: ({ request }) => new Request(url, request) }],
      });
      const error = await errorOf(InvalidInputError, costs.get("cst_1"));
      expect(error.issues).toMatchObject([{ path: ["middleware"] }]);
      expect(fetch).not.toHaveBeenCalled();
    },
  );

  test("cannot set an authorization beside the client's key, and may set one without", async () => {
    const middleware: Middleware[] = [
      { onRequest: ({ request }) => request.headers.set("authorization", "Bearer token-of-mine") },
    ];
    const error = await errorOf(InvalidInputError, client({ middleware }).costs.get("cst_1"));
    expect(error.issues).toMatchObject([{ path: ["headers", "authorization"] }]);
    expect(server.requests).toEqual([]);
    server.answer(json({ message: "no token-of-mine" }, 403));
    const refused = client({ apiKey: undefined, middleware }).costs.get("cst_1");
    expect((await errorOf(ApiError, refused)).message).toContain("no [redacted]");
    expect(server.request.headers.authorization).toBe("Bearer token-of-mine");
  });

  test("may answer by itself: nothing is sent", async () => {
    const { costs } = withMiddleware({
      onRequest: () => Response.json({ ...COST, name: "cached" }),
    });
    expect(await costs.get("cst_1")).toMatchObject({ name: "cached" });
    expect(server.requests).toEqual([]);
  });

  test("may replace the response, of a success and of a refusal", async () => {
    server.answer(json(COST), json({ message: "gone" }, 404), json({ message: "gone" }, 404));
    const replaced = withMiddleware({
      onResponse: ({ response }) =>
        response.status === 404
          ? Response.json({ message: "renamed", code: "MOVED" }, { status: 410 })
          : Response.json({ ...COST, name: "renamed" }),
    });
    expect(await replaced.costs.get("cst_1")).toMatchObject({ name: "renamed" });
    const error = await errorOf(ApiError, replaced.costs.get("cst_1"));
    expect(error).toMatchObject({ status: 410, code: "MOVED", bodyText: expect.any(String) });
    expect(error.bodyText).toContain("renamed");
    const healed = withMiddleware({ onResponse: () => Response.json(COST) });
    expect(await healed.costs.get("cst_1")).toMatchObject({ id: "cst_1" });
  });

  test("sees a refusal with its body, read or not", async () => {
    server.answer(json({ message: "no", code: "TAX_NOT_ENABLED" }, 400));
    const said: unknown[] = [];
    const { costs } = withMiddleware({
      onResponse: async ({ response }) => {
        said.push(response.status, await response.clone().json());
      },
    });
    const error = await errorOf(ApiError, costs.get("cst_1"));
    expect(error).toMatchObject({ code: "TAX_NOT_ENABLED", status: 400 });
    expect(said).toEqual([400, { message: "no", code: "TAX_NOT_ENABLED" }]);
  });

  test("keeps the digits that a double would lose", async () => {
    const cost = JSON.stringify(COST).replace(
      '"deletedAt"',
      '"extra":12345678901234567.89,"deletedAt"',
    );
    server.answer(text(cost));
    const drift: string[] = [];
    const { costs } = client({
      middleware: [{ onResponse: () => undefined }],
      onDrift: ({ path }) => drift.push(path.join(".")),
    });
    await costs.get("cst_1");
    expect(drift).toEqual(["extra"]);
  });

  test("hears of a failed connection, once, and may answer instead", async () => {
    const { costs } = client({
      baseUrl: "http://127.0.0.1:1",
      maxRetries: 1,
      middleware: [{ onError: () => Response.json(COST) }],
    });
    expect(await costs.get("cst_1")).toMatchObject({ id: "cst_1" });
  });

  test("that never settles ends with the signal", async () => {
    server.otherwise(silence);
    const { costs } = withMiddleware({ onRequest: () => new Promise<undefined>(() => undefined) });
    const controller = new AbortController();
    const reason = rejectionOf(costs.get("cst_1", { signal: controller.signal }));
    controller.abort("left");
    expect(await reason).toBe("left");
  });

  test("sees the response of each status that a Response can have", async () => {
    const { costs } = withMiddleware({ onResponse: () => undefined });
    for (const status of [204, 205, 304, 599]) {
      server.answer(empty(status));
      await rejectionOf(costs.get("cst_1", { maxRetries: 0 }));
    }
    server.answer(empty(204));
    await costs.delete("cst_1");
  });

  test.each([7, {}, { onRequest: 1 }, null])("that is none is refused: %j", (each) => {
    const options = { apiKey: KEY, middleware: [each] } as unknown as PaygenticOptions;
    expect(() => new Paygentic(options)).toThrow(
      /middleware\.0: expected an object with onRequest/,
    );
  });
});

test("a signal that is aborted with a falsy reason rejects with it", async () => {
  server.otherwise(silence);
  for (const middleware of [[], [{ onResponse: () => undefined }]]) {
    for (const reason of [null, 0, ""]) {
      const controller = new AbortController();
      const call = rejectionOf(
        client({ middleware }).costs.get("cst_1", { signal: controller.signal }),
      );
      controller.abort(reason);
      expect(await call).toBe(reason);
    }
  }
});
