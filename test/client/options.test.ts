import {
  InvalidInputError,
  Paygentic,
  type PaygenticOptions,
  type RequestOptions,
} from "metered-costs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { COST, EVENT, RECEIPT } from "./samples.ts";
import { errorOf, KEY, scene } from "./scene.ts";
import { json } from "./scripted-server.ts";

const { server, client } = scene();

beforeEach(() => {
  vi.stubEnv("PAYGENTIC_API_KEY", undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

/** The refusal of options that a client cannot be made with. */
function refusalOf(options: unknown): InvalidInputError {
  try {
    new Paygentic(options as PaygenticOptions);
  } catch (error) {
    if (error instanceof InvalidInputError) return error;
    throw new Error("expected an InvalidInputError", { cause: error });
  }
  throw new Error("expected a refusal");
}

const stubBrowser = (href: string): void => {
  const { origin } = new URL(href);
  vi.stubGlobal("window", { document: {}, location: { href, origin } });
};

describe("a client is refused", () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ["without a key, for production", {}, ["apiKey"]],
    ["without a key, for the mock", { environment: "sandbox" }, ["apiKey"]],
    [
      "without a key, for a known host by its URL",
      { baseUrl: "https://api.paygentic.io/" },
      ["apiKey"],
    ],
    ["with an empty key", { apiKey: "" }, ["apiKey"]],
    ["with a key that has spaces", { apiKey: "a b" }, ["apiKey"]],
    ["with a key that has a line break", { apiKey: "a\r\nX-Evil: 1" }, ["apiKey"]],
    ["with a key that is no text", { apiKey: 7 }, ["apiKey"]],
    ["with a key of null", { apiKey: null }, ["apiKey"]],
    ["for an unknown environment", { apiKey: "k", environment: "staging" }, ["environment"]],
    [
      "for an environment that every object has",
      { apiKey: "k", environment: "toString" },
      ["environment"],
    ],
    ["with a timeout of 0", { apiKey: "k", timeout: 0 }, ["timeout"]],
    ["with a negative timeout", { apiKey: "k", timeout: -1 }, ["timeout"]],
    ["with a timeout that is no number", { apiKey: "k", timeout: Number.NaN }, ["timeout"]],
    ["with an endless timeout", { apiKey: "k", timeout: Number.POSITIVE_INFINITY }, ["timeout"]],
    ["with a timeout longer than timers know", { apiKey: "k", timeout: 2 ** 31 }, ["timeout"]],
    ["with a timeout of text", { apiKey: "k", timeout: "30" }, ["timeout"]],
    ["with a negative maxRetries", { apiKey: "k", maxRetries: -1 }, ["maxRetries"]],
    ["with half a retry", { apiKey: "k", maxRetries: 0.5 }, ["maxRetries"]],
    ["with endless retries", { apiKey: "k", maxRetries: Number.POSITIVE_INFINITY }, ["maxRetries"]],
    ["with a fetch that is none", { apiKey: "k", fetch: "fetch" }, ["fetch"]],
    ["with headers of text", { apiKey: "k", headers: "X-A: 1" }, ["headers"]],
    ["with headers of null", { apiKey: "k", headers: null }, ["headers"]],
    ["with headers that are a list", { apiKey: "k", headers: [["a", "1"]] }, ["headers"]],
    [
      "with a header whose name HTTP does not allow",
      { apiKey: "k", headers: { "a b": "1" } },
      ["headers"],
    ],
    ["with a header of two lines", { apiKey: "k", headers: { a: "1\r\nb: 2" } }, ["headers", "a"]],
    ["with a header that is a number", { apiKey: "k", headers: { a: 1 } }, ["headers", "a"]],
    [
      "with a header that is undefined",
      { apiKey: "k", headers: { a: undefined } },
      ["headers", "a"],
    ],
    [
      "with an authorization header next to a key",
      { apiKey: "k", headers: { authorization: "b" } },
      ["headers", "authorization"],
    ],
    [
      "with an AUTHORIZATION header next to a key function",
      { apiKey: () => "k", headers: { AUTHORIZATION: "b" } },
      ["headers", "authorization"],
    ],
    ["with a hook that is none", { apiKey: "k", onResponse: {} }, ["onResponse"]],
    ["with an ear for drift that is none", { apiKey: "k", onDrift: 1 }, ["onDrift"]],
    [
      "with an option that does not exist",
      { apiKey: "k", baseURL: "https://example.com" },
      ["baseURL"],
    ],
    [
      "with dangerouslyAllowBrowser of text",
      { apiKey: "k", dangerouslyAllowBrowser: "yes" },
      ["dangerouslyAllowBrowser"],
    ],
  ])("%s", (_, options, path) => {
    const error = refusalOf(options);
    expect(error.code).toBe("INVALID_INPUT");
    expect(error.issues).toMatchObject([{ path }]);
  });

  test.each([null, "sk_test_1", 7])("with %j for options", (options) => {
    expect(refusalOf(options).issues).toMatchObject([{ path: [] }]);
  });

  test("with all that is wrong at once", () => {
    const error = refusalOf({ apiKey: "k", timeout: 0, maxRetries: -1, headers: { "": "" } });
    expect(error.issues.map(({ path }) => path)).toEqual([
      ["timeout"],
      ["maxRetries"],
      ["headers"],
    ]);
  });

  test.each([
    "",
    "api.paygentic.io",
    "localhost:8080",
    "http://example.com",
    "http://localhost.evil.com",
    "http://127.0.0.1.evil.com",
    "http://127.0.0.evil.com",
    "http://evil.com/127.0.0.1",
    "http://128.0.0.1",
    "http://0.0.0.0",
    "http://10.0.0.1",
    "http://[::2]",
    "http://localhost@evil.com",
    "https://user@example.com",
    "https://user:password@example.com",
    "https://:password@example.com",
    "https://example.com/?a=1",
    "https://example.com/#a",
    "ftp://example.com",
    "file:///etc",
    "data:text/plain,a",
    "javascript:alert(1)",
    "ws://localhost",
    "/api/paygentic",
    "//example.com",
    "./api",
    "https://",
  ])("for the base URL %j", (baseUrl) => {
    expect(refusalOf({ apiKey: "k", baseUrl }).issues).toMatchObject([{ path: ["baseUrl"] }]);
    expect(refusalOf({ baseUrl }).issues).toMatchObject([{ path: ["baseUrl"] }]);
  });
});

describe("a client is made", () => {
  test.each([
    "https://example.com",
    "https://example.com/proxy/",
    "http://localhost",
    "http://LOCALHOST:3000",
    "http://127.0.0.1:1",
    "http://127.1.2.3",
    "http://[::1]:8080/api",
  ])("for the base URL %s, with a key and without", (baseUrl) => {
    expect(new Paygentic({ baseUrl })).toBeInstanceOf(Paygentic);
    expect(new Paygentic({ baseUrl, apiKey: KEY })).toBeInstanceOf(Paygentic);
  });

  test.each<PaygenticOptions>([
    { apiKey: "k" },
    { apiKey: () => "k", environment: "sandbox", baseUrl: undefined, headers: undefined },
    { apiKey: "k", timeout: 2 ** 31 - 1, maxRetries: 0 },
    { apiKey: "k", timeout: 0.5, dangerouslyAllowBrowser: false },
    { apiKey: "k", headers: { "X-Empty": "", "X-Latin": "caf\u00e9" } },
    { baseUrl: "https://example.com", headers: { Authorization: "Bearer other" } },
  ])("with the options %j", (options) => {
    expect(new Paygentic(options)).toBeInstanceOf(Paygentic);
  });

  test("without options, when the environment has a key", () => {
    vi.stubEnv("PAYGENTIC_API_KEY", KEY);
    expect(new Paygentic()).toBeInstanceOf(Paygentic);
    vi.stubEnv("PAYGENTIC_API_KEY", "");
    expect(refusalOf({}).message).toContain("set PAYGENTIC_API_KEY");
  });

  test("where there is no process to ask for its environment", () => {
    vi.stubGlobal("process", undefined);
    expect(refusalOf({}).issues).toMatchObject([{ path: ["apiKey"] }]);
  });

  test("where asking for the environment is not allowed", () => {
    const env = new Proxy(
      {},
      {
        get: () => {
          throw new Error("permission denied");
        },
      },
    );
    vi.stubGlobal("process", { env });
    const { issues } = refusalOf({});
    expect(issues).toMatchObject([{ path: ["apiKey"] }]);
    expect(issues[0]?.message).toContain("denies reading PAYGENTIC_API_KEY");
    expect(issues[0]?.message).toContain("--allow-env=PAYGENTIC_API_KEY");
  });

  test("and sends nothing by itself, nor asks for the key", () => {
    const apiKey = vi.fn(() => KEY);
    client({ apiKey });
    expect(apiKey).not.toHaveBeenCalled();
    expect(server.requests).toEqual([]);
  });

  test("without a key, for another host, and sends none", async () => {
    server.answer(json(COST));
    await new Paygentic({ baseUrl: server.url }).costs.get("cst_1");
    expect(server.request.headers.authorization).toBeUndefined();
  });

  test("with an authorization of its own instead of a key", async () => {
    server.answer(json(COST));
    const headers = { Authorization: "Basic dTpw" };
    await new Paygentic({ baseUrl: server.url, headers }).costs.get("cst_1");
    expect(server.request.headers.authorization).toBe("Basic dTpw");
  });
});

describe("in a browser", () => {
  const PAGE = "https://shop.example.com/dashboard/costs.html?x=1#top";
  /** What a client asks for, and with which key. */
  const sent = async (options: PaygenticOptions): Promise<[string, string | null]> => {
    let call: [string, string | null] = ["", null];
    const { costs } = new Paygentic({
      ...options,
      fetch: async (url, init) => {
        call = [String(url), new Headers(init?.headers).get("authorization")];
        return Response.json(COST);
      },
    });
    await costs.get("cst_1");
    return call;
  };

  test.each<PaygenticOptions>([
    { apiKey: "k" },
    { apiKey: "k", baseUrl: "https://example.com" },
    { apiKey: "k", baseUrl: "/api" },
    { apiKey: "k", dangerouslyAllowBrowser: false },
  ])("a literal key is refused: %j", (options) => {
    stubBrowser(PAGE);
    expect(refusalOf(options).issues).toMatchObject([{ path: ["apiKey"] }]);
  });

  test("a key of a bundled environment is refused, too", () => {
    stubBrowser(PAGE);
    vi.stubEnv("PAYGENTIC_API_KEY", KEY);
    expect(refusalOf({}).issues).toMatchObject([{ path: ["apiKey"] }]);
  });

  test("a literal key is taken from whoever says that it is dangerous", async () => {
    stubBrowser(PAGE);
    expect(await sent({ apiKey: "k", dangerouslyAllowBrowser: true })).toEqual([
      "https://api.paygentic.io/v0/costs/cst_1",
      "Bearer k",
    ]);
  });

  test("a key function is taken", async () => {
    stubBrowser(PAGE);
    expect(await sent({ apiKey: () => "k" })).toEqual([
      "https://api.paygentic.io/v0/costs/cst_1",
      "Bearer k",
    ]);
  });

  test.each<[string, string]>([
    ["/api/paygentic", "https://shop.example.com/api/paygentic/v0/costs/cst_1"],
    ["/api/paygentic/", "https://shop.example.com/api/paygentic/v0/costs/cst_1"],
    ["/", "https://shop.example.com/v0/costs/cst_1"],
    ["https://proxy.example.com/p", "https://proxy.example.com/p/v0/costs/cst_1"],
  ])("a proxy without a key is taken: %s", async (baseUrl, url) => {
    stubBrowser(PAGE);
    const [asked, key] = await sent({ baseUrl });
    expect(new URL(asked, PAGE).href).toBe(url);
    expect(key).toBeNull();
  });

  test("a path goes to the page's own origin, whatever the page says is its base", async () => {
    stubBrowser(PAGE);
    const [asked] = await sent({ baseUrl: "/.//api", apiKey: () => "k" });
    // As fetch resolves it on a page with `<base href="https://cdn.example.net/">`.
    expect(new URL(asked, "https://cdn.example.net/").origin).toBe("https://shop.example.com");
  });

  test.each(["/api?", "/api#"])(
    "an empty query or fragment does not swallow the path: %s",
    async (baseUrl) => {
      stubBrowser(PAGE);
      const [asked] = await sent({ baseUrl });
      expect(new URL(asked, PAGE).href).toBe("https://shop.example.com/api/v0/costs/cst_1");
    },
  );

  test.each([
    "//example.com",
    "//example.com/api",
    "/\\example.com",
    "/\t/example.com",
    "//user@shop.example.com",
    "/api?a=1",
    "/api#a",
    "api",
    "./api",
    "http://example.com",
  ])("the base URL %j is refused", (baseUrl) => {
    stubBrowser(PAGE);
    expect(refusalOf({ baseUrl }).issues).toMatchObject([{ path: ["baseUrl"] }]);
  });

  test("a key does not go over plain HTTP, except to loopback", async () => {
    stubBrowser("http://shop.example.com/");
    expect(refusalOf({ baseUrl: "/api", apiKey: () => "k" }).issues).toMatchObject([
      { path: ["baseUrl"] },
    ]);
    expect((await sent({ baseUrl: "/api" }))[1]).toBeNull();
    stubBrowser("http://localhost:5173/");
    expect((await sent({ baseUrl: "/api", apiKey: () => "k" }))[1]).toBe("Bearer k");
  });

  test.each(["file:///home/me/page.html", "data:text/html,a"])(
    "a path means nothing on the page %s",
    (href) => {
      stubBrowser(href);
      expect(refusalOf({ baseUrl: "/api" }).issues).toMatchObject([{ path: ["baseUrl"] }]);
    },
  );
});

describe("the options of a call", () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ["a timeout of 0", { timeout: 0 }, ["timeout"]],
    ["a timeout of text", { timeout: "5" }, ["timeout"]],
    ["a negative maxRetries", { maxRetries: -1 }, ["maxRetries"]],
    ["a signal that is none", { signal: "abort" }, ["signal"]],
    ["a signal of null", { signal: null }, ["signal"]],
    ["a controller instead of its signal", { signal: new AbortController() }, ["signal"]],
    ["something that only looks like a signal", { signal: { aborted: false } }, ["signal"]],
    ["headers of text", { headers: "a: 1" }, ["headers"]],
    ["a header of two lines", { headers: { a: "1\n2" } }, ["headers", "a"]],
    [
      "an authorization next to the client's key",
      { headers: { Authorization: "b" } },
      ["headers", "authorization"],
    ],
    ["an option that does not exist", { retries: 3 }, ["retries"]],
    ["an option of the client", { apiKey: "k" }, ["apiKey"]],
    ["an option of our own", { retryUntil: 1 }, ["retryUntil"]],
  ])("are refused, and nothing is sent: %s", async (_, options, path) => {
    const call = client().costs.get("cst_1", options as RequestOptions);
    expect((await errorOf(InvalidInputError, call)).issues).toMatchObject([{ path }]);
    expect(server.requests).toEqual([]);
  });

  test.each([null, "fast", 7])("are refused when they are %j", async (options) => {
    const given = options as unknown as RequestOptions;
    const { costs, events } = client();
    await errorOf(InvalidInputError, costs.get("cst_1", given));
    await errorOf(InvalidInputError, costs.delete("cst_1", given));
    await errorOf(InvalidInputError, events.ingest(EVENT, given));
    expect(server.requests).toEqual([]);
  });

  test("may all be undefined", async () => {
    server.answer(json(RECEIPT, 202));
    await client().events.ingest(EVENT, {
      signal: undefined,
      timeout: undefined,
      maxRetries: undefined,
      headers: undefined,
    });
    expect(server.requests).toHaveLength(1);
  });

  test("may have an authorization where the client has no key", async () => {
    server.answer(json(COST));
    const { costs } = new Paygentic({ baseUrl: server.url });
    await costs.get("cst_1", { headers: { authorization: "Bearer of-this-call" } });
    expect(server.request.headers.authorization).toBe("Bearer of-this-call");
  });
});
