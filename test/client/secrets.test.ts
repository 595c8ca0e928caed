import { inspect } from "node:util";
import {
  ApiError,
  ConnectionError,
  InvalidInputError,
  InvalidResponseError,
  Paygentic,
  type PaygenticOptions,
} from "metered-costs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OPERATIONS } from "./operations.ts";
import { COST, CREATE, EVENT, JUNE, PAGE, SUMMARY } from "./samples.ts";
import { errorOf, rejectionOf, scene } from "./scene.ts";
import {
  type Answer,
  brokenOff,
  empty,
  json,
  reset,
  ScriptedServer,
  silence,
  text,
} from "./scripted-server.ts";

const KEY = "sk_live_planted/=+key_42";
/** So much of the key gives it away. */
const TELLING = "sk_live_planted";

const { server, client: clientOf } = scene();
const client = (options: PaygenticOptions = {}): Paygentic => clientOf({ apiKey: KEY, ...options });

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Every way in which a text can be read: escapes of JSON, of URLs and of HTML undone, over and over. */
function readings(given: string): string {
  let plain = given;
  for (let round = 0; round < 4; round++) {
    plain = plain
      .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      )
      .replace(/\\(.)/g, "$1")
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      )
      .replace(/&#x0*([0-9a-f]+);/gi, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      )
      .replace(/&#0*(\d+);/g, (_, decimal: string) => String.fromCharCode(Number(decimal)));
  }
  return `${given}\n${plain}`;
}

/** Everything that can be reached from a value: properties shown and hidden, causes, headers, printed forms. */
function everythingOf(value: unknown, seen = new Set<unknown>()): string {
  if (typeof value === "string") return value;
  if ((typeof value !== "object" && typeof value !== "function") || value === null) {
    return String(value);
  }
  if (seen.has(value)) return "";
  seen.add(value);
  const parts = [inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true })];
  try {
    parts.push(JSON.stringify(value) ?? "", String(value));
  } catch {
    // What cannot be printed is looked at member by member.
  }
  if (value instanceof Headers) parts.push(...[...value].flat());
  if (value instanceof Response) parts.push(everythingOf(value.headers, seen), value.statusText);
  for (
    let at: object | null = value;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const name of Reflect.ownKeys(at)) {
      parts.push(String(name));
      const { value: member } = Object.getOwnPropertyDescriptor(at, name) ?? {};
      if (typeof member !== "function") parts.push(everythingOf(member, seen));
    }
  }
  return parts.join("\n");
}

const expectNoKeyIn = (value: unknown): void => {
  expect(readings(everythingOf(value))).not.toContain(TELLING);
};

/** A client whose hooks keep what they hear. */
const overheard = (options: PaygenticOptions = {}) => {
  const heard: unknown[] = [];
  return {
    heard,
    ...client({
      ...options,
      onResponse: (facts) => heard.push(facts),
      onDrift: (drift) => heard.push(drift),
    }),
  };
};

const escaped = [...KEY].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
const percent = [...KEY].map((c) => `%${c.charCodeAt(0).toString(16)}`).join("");
/** The key as a server may write it into a JSON text. */
const SPELLINGS: readonly (readonly [name: string, spelling: string])[] = [
  ["as it is", KEY],
  ["with its slash escaped", KEY.replace("/", "\\/")],
  ["with its underscores escaped", KEY.replaceAll("_", "\\u005f")],
  ["with its underscores escaped in capitals", KEY.replaceAll("_", "\\u005F")],
  ["with every character escaped", escaped],
  ["percent-encoded", encodeURIComponent(KEY)],
  ["percent-encoded in small letters", encodeURIComponent(KEY).toLowerCase()],
  ["with every character percent-encoded", percent],
  ["percent-encoded twice", encodeURIComponent(encodeURIComponent(KEY))],
  ["as JSON inside of JSON", JSON.stringify(JSON.stringify(KEY).replace("/", "\\/")).slice(1, -1)],
  ["as escaped HTML", KEY.replace("/", "&#x2F;").replace("=", "&#61;").replace("+", "&#x2b;")],
];

describe("a server that says the key back", () => {
  /** A body that has the key wherever text can be. */
  const BODY =
    '{"message":"Bearer @ is not valid","error":"@","code":"@","@":1,"unknown":{"@":"@"},' +
    '"errors":[{"field":"@","message":"got @","code":"@"}],' +
    '"details":{"@":"@","list":["a @ b",{"deep":"@"}]}}';
  const echo = (spelling: string, status: number): Answer =>
    text(
      BODY.replaceAll("@", () => spelling),
      status,
      {
        "x-request-id": `req_${KEY}`,
        "x-echo": `Bearer ${KEY}`,
        "set-cookie": [`a=${KEY}`, "b=1"],
      },
    );

  test.each(SPELLINGS)("in an error, %s, does not get it into ours", async (_, spelling) => {
    for (const status of [400, 401, 500]) {
      for (const { call } of OPERATIONS) {
        server.answer(echo(spelling, status));
        const { heard, ...apis } = overheard({ maxRetries: 0 });
        const error = await errorOf(ApiError, call(apis as unknown as Paygentic));
        expect(error.bodyText).toContain("[redacted]");
        expect(error.requestId).toBe("req_[redacted]");
        expectNoKeyIn(error);
        expectNoKeyIn(heard);
      }
    }
  });

  test.each(SPELLINGS)("in HTML, %s, does not get it into our error", async (_, spelling) => {
    server.answer(text(`<html><pre>Authorization: Bearer ${spelling}</pre></html>`, 502));
    const error = await errorOf(ApiError, client({ maxRetries: 0 }).costs.get("cst_1"));
    expect(error.bodyText).toMatch(/^<html><pre>Authorization: Bearer .*\[redacted\].*<\/pre>/);
    expectNoKeyIn(error);
  });

  test("where the kept beginning of a body ends, does not get part of it into our error", async () => {
    for (let before = 1_976; before <= 2_000; before++) {
      server.answer(text("x".repeat(before) + KEY, 502));
      expectNoKeyIn(await errorOf(ApiError, client({ maxRetries: 0 }).costs.get("cst_1")));
    }
  });

  test("in its status text and headers does not get it into our error", async () => {
    server.answer((response) => {
      response.writeHead(403, `No ${KEY}`, { "www-authenticate": `Bearer realm="${KEY}"` }).end();
    });
    const error = await errorOf(ApiError, client().costs.get("cst_1"));
    expect(error.response?.headers.get("www-authenticate")).toBe('Bearer realm="[redacted]"');
    expectNoKeyIn(error);
  });

  test("in the address of a redirect does not get it into our error", async () => {
    const location = `https://example.com/?key=${encodeURIComponent(KEY)}`;
    server.answer(empty(302, { location }));
    const error = await errorOf(ApiError, client().costs.get("cst_1"));
    expect(error.response?.headers.get("location")).toBe("https://example.com/?key=[redacted]");
    expectNoKeyIn(error);
  });

  test.each(SPELLINGS)(
    "in a success, %s, does not get it into a report of drift",
    async (_, spelling) => {
      const body = JSON.stringify({ ...COST, "@": "@", createdAt: "at @", aggregation: "@" });
      server.answer(text(body.replaceAll("@", () => spelling)));
      const { costs, heard } = overheard();
      await costs.get("cst_1");
      expect(heard).toHaveLength(4);
      expectNoKeyIn(heard);
    },
  );

  test("at the end of a long value does not get part of it into a report of drift", async () => {
    for (let before = 40; before <= 80; before++) {
      server.answer(json({ ...COST, createdAt: "x".repeat(before) + KEY }));
      const { costs, heard } = overheard();
      await costs.get("cst_1");
      expect(heard).toHaveLength(2);
      expectNoKeyIn(heard);
    }
  });

  test("in a success that cannot be used does not get it into our error", async () => {
    const bodies = [
      JSON.stringify({ ...SUMMARY, totalCost: KEY }),
      JSON.stringify({ ...SUMMARY, totalCost: "x".repeat(60) + KEY }),
      JSON.stringify({ ...SUMMARY, timeSeries: [{ [KEY]: KEY, cost: { [KEY]: KEY } }] }),
      `["${KEY}"]`,
      `{"${escaped}`,
    ];
    for (const body of bodies) {
      server.answer(text(body, 200, { "x-request-id": KEY }));
      const { costs, heard } = overheard();
      expectNoKeyIn(await errorOf(InvalidResponseError, costs.summary("cst_1", JUNE)));
      expectNoKeyIn(heard);
    }
    server.answer(json({ ...PAGE, data: [{ ...COST, id: KEY, unitCost: `no ${KEY}` }] }));
    expectNoKeyIn(await errorOf(InvalidResponseError, client().costs.list()));
  });

  test("that a key function gave, an older one too, does not get it into our error", async () => {
    const keys = [KEY, "sk_live_second_key", "sk_live_third_key"];
    server.otherwise(text(`${keys.join(" ")}`, 503, { "x-echo": keys.join(" ") }));
    let next = 0;
    const { costs } = client({ apiKey: () => keys[next++] ?? "" });
    const error = await errorOf(ApiError, costs.get("cst_1"));
    expect(error.bodyText).toBe("[redacted] [redacted] [redacted]");
    expectNoKeyIn(error);
    expect(everythingOf(error)).not.toMatch(/second_key|third_key/);
  });

  test.each([
    ["authorization", `Bearer ${KEY}`],
    ["Authorization", KEY],
    ["Proxy-Authorization", `Basic ${KEY}`],
    ["Cookie", `session=${KEY}`],
  ])("that came in the header %s does not get it into our error", async (name, value) => {
    server.otherwise((response, request) => {
      const { authorization, cookie, "proxy-authorization": proxy } = request.headers;
      const sent = authorization ?? proxy ?? cookie ?? "";
      // The token alone, without the scheme before it, too.
      text(`got ${sent}, that is ${sent.split(" ").at(-1)}`, 400)(response, request);
    });
    const { costs } = new Paygentic({ baseUrl: server.url, headers: { [name]: value } });
    const error = await errorOf(ApiError, costs.get("cst_1"));
    expect(error.bodyText).toBe("got [redacted], that is [redacted]");
    expectNoKeyIn(error);
    const ofCall = new Paygentic({ baseUrl: server.url }).costs.get("cst_1", {
      headers: { [name]: value },
    });
    expectNoKeyIn(await errorOf(ApiError, ofCall));
  });
});

describe("a failure of the connection", () => {
  test.each<[string, Answer, PaygenticOptions]>([
    ["a reset", reset, {}],
    ["a body that broke off", brokenOff(KEY), {}],
    ["a time limit", silence, { timeout: 30 }],
    [
      "an answer that is no HTTP",
      (response) => {
        response.socket?.end(`Bearer ${KEY}\r\n\r\n`);
      },
      {},
    ],
    [
      "a header that is no header",
      (response) => {
        response.socket?.end(`HTTP/1.1 200 OK\r\n${KEY} ${KEY}\r\n\r\n`);
      },
      {},
    ],
  ])("by %s does not show the key", async (_, answer, options) => {
    server.otherwise(answer);
    const { costs, heard } = overheard({ maxRetries: 1, ...options });
    const error = await errorOf(ConnectionError, costs.get("cst_1"));
    expect(error.attempts).toBe(2);
    expectNoKeyIn(error);
    expectNoKeyIn(heard);
  });

  test("by a fetch that throws what it was given does not show the key", async () => {
    const fetch = async (url: unknown, init?: RequestInit): Promise<Response> => {
      const headers = new Headers(init?.headers);
      const inner = Object.assign(new Error(`sent ${headers.get("authorization")}`), {
        code: `E_${KEY}`,
        headers,
        request: { url, init, raw: [...headers] },
      });
      inner.name = `Error of ${KEY}`;
      const [first, second] = [1, 2].map((n) => Object.assign(new Error(`${n} ${KEY}`), { init }));
      throw Object.assign(
        new AggregateError([first, second, KEY], `fetch failed for ${KEY}`, { cause: inner }),
        { config: { headers: [...headers] }, [Symbol("init")]: init, toJSON: () => init },
      );
    };
    const { costs, heard } = overheard({ fetch, maxRetries: 0 });
    const error = await errorOf(ConnectionError, costs.get("cst_1"));
    expect(error.message).toContain("fetch failed for [redacted]: sent Bearer [redacted]");
    expect(error.cause).toMatchObject({ cause: { code: "E_[redacted]" } });
    expectNoKeyIn(error);
    expectNoKeyIn(heard);
  });

  test("by a fetch that throws the key alone does not show it", async () => {
    const { costs } = client({ fetch: () => Promise.reject(KEY), maxRetries: 0 });
    expectNoKeyIn(await errorOf(ConnectionError, costs.get("cst_1")));
  });
});

describe("what is refused before it is sent", () => {
  test.each([`${KEY} `, `${KEY}\n`, `${KEY}\u00fc`, ` ${KEY}`])(
    "does not show the key %j",
    (apiKey) => {
      let refusal: unknown;
      try {
        client({ apiKey });
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toBeInstanceOf(InvalidInputError);
      expect(refusal).toMatchObject({ issues: [{ path: ["apiKey"] }] });
      expectNoKeyIn(refusal);
    },
  );

  test("does not show the key of the environment", () => {
    vi.stubEnv("PAYGENTIC_API_KEY", `${KEY}\n`);
    let refusal: unknown;
    try {
      new Paygentic();
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ issues: [{ path: ["apiKey"] }] });
    expectNoKeyIn(refusal);
  });

  test("does not show what a key function gave", async () => {
    for (const key of [`${KEY}\n`, [KEY], { key: KEY }]) {
      const apiKey = () => key as string;
      expectNoKeyIn(await errorOf(InvalidInputError, client({ apiKey }).costs.get("cst_1")));
    }
  });

  test("does not show the value of a header", async () => {
    for (const headers of [
      { "X-Token": `${KEY}\n` },
      { "X-Token": `${KEY}\u2028` },
      { "X-Token": [KEY] },
    ]) {
      const given = headers as unknown as Record<string, string>;
      let refusal: unknown;
      try {
        client({ headers: given });
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toMatchObject({ issues: [{ path: ["headers", "X-Token"] }] });
      expectNoKeyIn(refusal);
      const call = client().costs.get("cst_1", { headers: given });
      expectNoKeyIn(await errorOf(InvalidInputError, call));
    }
    const both = client().costs.get("cst_1", { headers: { Authorization: KEY } });
    expectNoKeyIn(await errorOf(InvalidInputError, both));
  });

  test("does not show the credentials of a base URL", () => {
    for (const baseUrl of [
      `https://user:${KEY.replace("/", "")}@example.com`,
      `https://example.com/?key=${KEY}`,
    ]) {
      let refusal: unknown;
      try {
        client({ baseUrl });
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toMatchObject({ issues: [{ path: ["baseUrl"] }] });
      expectNoKeyIn(refusal);
    }
  });
});

describe("a client that is printed", () => {
  test("does not show the key, whether it is text or a function's", async () => {
    const print = vi.spyOn(console, "log").mockImplementation(() => undefined);
    for (const apiKey of [KEY, () => KEY]) {
      const printed = client({ apiKey, headers: { Cookie: KEY } });
      server.answer(json(COST));
      await printed.costs.get("cst_1");
      console.log(printed);
      for (const part of [printed, printed.costs, printed.events]) {
        expectNoKeyIn(part);
        expect(JSON.stringify(part)).not.toContain(TELLING);
        expect(`${part}`).not.toContain(TELLING);
      }
    }
    expectNoKeyIn(inspect(print.mock.calls, { depth: Number.POSITIVE_INFINITY, showHidden: true }));
  });
});

describe("where the key goes", () => {
  test("is not where a redirect points", async () => {
    const other = new ScriptedServer();
    await other.listen();
    try {
      other.otherwise(json(COST));
      server.otherwise(empty(307, { location: `${other.url}/v0/costs` }));
      await rejectionOf(client().costs.get("cst_1"));
      await rejectionOf(client().costs.create(CREATE));
      await rejectionOf(client().events.ingest(EVENT));
      expect(other.requests).toEqual([]);
    } finally {
      await other.close();
    }
  });

  test("is the header alone: neither the address nor the body has it", async () => {
    for (const { call, success } of OPERATIONS) {
      server.answer(success);
      await call(client());
    }
    for (const { target, body, headers } of server.requests) {
      const { authorization, ...others } = headers;
      expect(authorization).toBe(`Bearer ${KEY}`);
      expectNoKeyIn([target, body, others]);
    }
  });

  /** Where the key of the environment went; no test asks the real hosts. */
  const sent = async (options: PaygenticOptions): Promise<(string | null)[][]> => {
    const calls: (string | null)[][] = [];
    const { costs } = new Paygentic({
      ...options,
      fetch: async (url, init) => {
        calls.push([String(url), new Headers(init?.headers).get("authorization")]);
        return Response.json(COST);
      },
    });
    await costs.get("cst_1");
    return calls;
  };

  test.each<[PaygenticOptions, string]>([
    [{}, "https://api.paygentic.io/v0/costs/cst_1"],
    [{ environment: "production" }, "https://api.paygentic.io/v0/costs/cst_1"],
    [{ environment: "sandbox" }, "https://api.sandbox.paygentic.io/v0/costs/cst_1"],
    [{ baseUrl: "https://API.paygentic.io:443/" }, "https://api.paygentic.io/v0/costs/cst_1"],
    [
      { baseUrl: "https://api.sandbox.paygentic.io" },
      "https://api.sandbox.paygentic.io/v0/costs/cst_1",
    ],
  ])("is a known host when the environment names it: %j", async (options, url) => {
    vi.stubEnv("PAYGENTIC_API_KEY", KEY);
    expect(await sent(options)).toEqual([[url, `Bearer ${KEY}`]]);
  });

  test.each([
    "https://example.com",
    "https://api.paygentic.io.example.com",
    "https://api.paygentic.io:8443",
    "https://paygentic.io",
    "https://evil-api.paygentic.io",
    "https://api.paygentic.io.",
    "http://localhost:8080",
  ])("is not another host when the environment names it: %s", async (baseUrl) => {
    vi.stubEnv("PAYGENTIC_API_KEY", KEY);
    expect(await sent({ baseUrl })).toMatchObject([[expect.any(String), null]]);
  });

  test("is not loopback, over the network, when the environment names it", async () => {
    vi.stubEnv("PAYGENTIC_API_KEY", KEY);
    server.answer(json(COST));
    await new Paygentic({ baseUrl: server.url }).costs.get("cst_1");
    expect(server.request.headers.authorization).toBeUndefined();
    expectNoKeyIn(server.request);
  });

  test("is any host that the key was named for", async () => {
    vi.stubEnv("PAYGENTIC_API_KEY", "sk_test_of_environment");
    expect(await sent({ baseUrl: "https://example.com", apiKey: KEY })).toEqual([
      ["https://example.com/v0/costs/cst_1", `Bearer ${KEY}`],
    ]);
  });
});
