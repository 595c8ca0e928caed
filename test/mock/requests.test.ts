import { describe, expect, test } from "vitest";
import { createMockPaygentic } from "../../src/mock/index.ts";
import { call, EVENT, TOKENS } from "./call.ts";

const OPERATIONS = [
  ["POST", "/v0/costs"],
  ["GET", "/v0/costs"],
  ["GET", "/v0/costs/report"],
  ["GET", "/v0/costs/cst_1"],
  ["PATCH", "/v0/costs/cst_1"],
  ["DELETE", "/v0/costs/cst_1"],
  ["GET", "/v0/costs/cst_1/summary"],
  ["POST", "/v0/events"],
] as const;

describe("the key", () => {
  test.each(OPERATIONS)("is asked for by %s %s", async (method, path) => {
    for (const headers of [
      {},
      { authorization: "" },
      { authorization: "Bearer " },
      { authorization: "Basic c2s6" },
      { authorization: "sk_test_1" },
    ]) {
      const answer = await call(createMockPaygentic(), method, path, undefined, headers as never);
      expect(answer.status).toBe(401);
      expect(answer.json).toEqual({ message: expect.any(String), error: "unauthorized" });
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    }
  });

  test("is asked for before anything else is told", async () => {
    expect((await call(createMockPaygentic(), "GET", "/nowhere", undefined, {})).status).toBe(401);
    expect((await call(createMockPaygentic(), "PUT", "/v0/costs", undefined, {})).status).toBe(401);
  });

  test("may be any bearer token, the scheme in any case", async () => {
    const headers = { authorization: "bearer x" };
    expect((await call(createMockPaygentic(), "GET", "/v0/costs", undefined, headers)).status).toBe(
      200,
    );
  });
});

describe("paths and methods", () => {
  test.each([
    "/",
    "/v0",
    "/v0/",
    "/v0/costs/",
    "/v1/costs",
    "/costs",
    "/v0/costs/cst_1/summaries",
    "/v0/costs/cst_1/summary/x",
    "/v0/costs//summary",
    "/v0/events/evt_1",
    "/v0/Costs",
  ])("nothing is at %s", async (path) => {
    const answer = await call(createMockPaygentic(), "GET", path);
    expect(answer.status).toBe(404);
    expect(answer.json).toEqual({ message: expect.any(String), error: "not_found" });
  });

  test.each([
    ["PUT", "/v0/costs", "GET, POST"],
    ["HEAD", "/v0/costs", "GET, POST"],
    ["OPTIONS", "/v0/costs", "GET, POST"],
    ["POST", "/v0/costs/cst_1", "GET, PATCH, DELETE"],
    ["DELETE", "/v0/costs/report", "GET"],
    ["PATCH", "/v0/costs/report", "GET"],
    ["POST", "/v0/costs/cst_1/summary", "GET"],
    ["GET", "/v0/events", "POST"],
  ])("%s %s is answered with the methods there are", async (method, path, allow) => {
    const answer = await call(createMockPaygentic(), method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe(allow);
    expect(answer.json).toEqual({ message: expect.any(String), error: "method_not_allowed" });
  });

  test("report is no cost, however it is written", async () => {
    for (const path of ["/v0/costs/report", "/v0/costs/%72eport"]) {
      const query = "from=2026-06-01T00:00:00Z&to=2026-06-02T00:00:00Z&groupBy=cost";
      const answer = await call(createMockPaygentic(), "GET", `${path}?${query}`);
      expect(answer.status).toBe(200);
      expect(answer.json.object).toBe("cost_report");
    }
  });

  test.each(["foo", "cst_", "cst_a-b", "prod_1", "cst_1%0A", "cst_1%2Fsummary", "%zz", "%20cst_1"])(
    "an id that no cost can have is a validation error: %s",
    async (id) => {
      for (const [method, path, body] of [
        ["GET", `/v0/costs/${id}`],
        ["DELETE", `/v0/costs/${id}`],
        ["PATCH", `/v0/costs/${id}`, { name: "New" }],
        ["GET", `/v0/costs/${id}/summary?from=2026-06-01T00:00:00Z&to=2026-06-02T00:00:00Z`],
      ] as const) {
        const answer = await call(createMockPaygentic(), method, path, body);
        expect(answer.status).toBe(400);
        expect(answer.json).toEqual({
          message: expect.any(String),
          error: "validation_error",
          errors: [{ field: "id", message: expect.any(String) }],
        });
      }
    },
  );

  test("an encoded id is decoded", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    expect((await call(mock, "GET", "/v0/costs/cst%5F1")).json.id).toBe("cst_1");
  });

  test("the host and unknown parameters do not matter", async () => {
    const response = await createMockPaygentic().fetch(
      new Request("http://localhost:9/v0/costs?colour=red", {
        headers: { authorization: "Bearer x" },
      }),
    );
    expect(response.status).toBe(200);
  });
});

describe("bodies", () => {
  test.each([
    "",
    "{",
    "[]",
    "[{}]",
    "null",
    "1",
    '"text"',
    "123456789012345678901234567890",
    "{'a':1}",
  ])("%j is no JSON object", async (body) => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    for (const [method, path] of [
      ["POST", "/v0/costs"],
      ["PATCH", "/v0/costs/cst_1"],
      ["POST", "/v0/events"],
    ] as const) {
      const answer = await call(mock, method, path, body);
      expect(answer.status).toBe(400);
      expect(answer.json).toEqual({ message: expect.any(String), error: "bad_request" });
    }
  });
});

test("every answer has a request id of its own", async () => {
  const mock = createMockPaygentic({ costs: [TOKENS] });
  const answers = [
    await call(mock, "GET", "/v0/costs", undefined, {}),
    await call(mock, "GET", "/nowhere"),
    await call(mock, "PUT", "/v0/costs"),
    await call(mock, "POST", "/v0/costs", "{"),
    await call(mock, "POST", "/v0/costs", {}),
    await call(mock, "POST", "/v0/events", EVENT),
    await call(mock, "POST", "/v0/events", { ...EVENT, type: "other" }),
    await call(mock, "GET", "/v0/costs/cst_9"),
    await call(mock, "DELETE", "/v0/costs/cst_1"),
  ];
  expect(answers.map(({ status }) => status)).toEqual([
    401, 404, 405, 400, 400, 202, 422, 404, 204,
  ]);
  const ids = answers.map(({ headers }) => headers.get("x-request-id"));
  expect(ids).toEqual(answers.map((_, index) => `req_${index + 1}`));
  for (const { status, headers } of answers) {
    expect(headers.get("content-type")).toBe(status === 204 ? null : "application/json");
  }
});

test("fetch needs no mock before it", async () => {
  const { fetch } = createMockPaygentic();
  expect((await fetch(new Request("http://x/"))).status).toBe(401);
});

test("a body that breaks off rejects", async () => {
  const body = new ReadableStream({
    start: (controller) => controller.error(new Error("cut")),
  });
  const request = new Request("http://x/v0/events", {
    method: "POST",
    headers: { authorization: "Bearer x" },
    body,
    duplex: "half",
  } as RequestInit);
  await expect(createMockPaygentic().fetch(request)).rejects.toThrow();
});

describe("limits", () => {
  const MEBIBYTE = 2 ** 20;
  const eventOf = (text: string): object => ({ ...EVENT, data: { tokens: 2, text } });

  test("a body of more than 1 MiB gets 413, and only its beginning is kept", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    const answer = await call(mock, "POST", "/v0/events", eventOf("é".repeat(MEBIBYTE)));
    expect(answer.status).toBe(413);
    expect(answer.json).toEqual({ message: expect.any(String), error: "payload_too_large" });
    expect(mock.events).toEqual([]);
    const [request] = mock.requests;
    expect(request?.bodyText).toMatch(/^\{"type":"llm.completion"/);
    expect(request?.bodyText.length).toBeLessThanOrEqual(MEBIBYTE);
    expect(request?.body).toBeUndefined();
  });

  test("a body of 1 MiB is accepted", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    const empty = JSON.stringify(eventOf("")).length;
    const answer = await call(mock, "POST", "/v0/events", eventOf("x".repeat(MEBIBYTE - empty)));
    expect(answer.status).toBe(202);
  });

  test("a body without end is not read to its end", async () => {
    let isCanceled = false;
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      cancel: () => {
        isCanceled = true;
      },
    });
    const { fetch } = createMockPaygentic();
    const headers = { authorization: "Bearer x" };
    const init = { method: "POST", headers, body, duplex: "half" } as RequestInit;
    expect((await fetch("http://x/v0/events", init)).status).toBe(413);
    expect(isCanceled).toBe(true);
  });

  test.each([
    ["objects", (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`],
    ["arrays", (levels: number) => "[".repeat(levels) + "]".repeat(levels)],
  ])("a body may nest 100 levels of %s, not more", async (_, nested) => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    const sent = (levels: number): string =>
      JSON.stringify({ ...EVENT, data: { a: "@" } }).replace('"@"', nested(levels - 2));
    const accepted = await call(mock, "POST", "/v0/events", sent(100));
    expect(accepted.status).toBe(202);
    for (const levels of [101, 100_000]) {
      const refused = await call(mock, "POST", "/v0/events", sent(levels));
      expect(refused.status).toBe(400);
      expect(refused.json.message).toContain("100 levels");
    }
    expect(mock.requests.map(({ body }) => body !== undefined)).toEqual([true, false, false]);
  });

  test("brackets in text do not nest", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    const text = `${"[{".repeat(200)}\\"${"[{".repeat(200)}`;
    expect((await call(mock, "POST", "/v0/events", eventOf(text))).status).toBe(202);
  });

  test("the latest 10,000 requests are kept", async () => {
    const mock = createMockPaygentic();
    for (let index = 0; index < 10_010; index++) await mock.fetch(`http://x/${index}`);
    expect(mock.requests).toHaveLength(10_000);
    expect(mock.requests[0]?.url).toBe("http://x/10");
  });

  test("at most 64 MiB of bodies are kept", async () => {
    const mock = createMockPaygentic();
    const body = "x".repeat(MEBIBYTE);
    for (let index = 0; index < 70; index++) {
      await mock.fetch(`http://x/${index}`, { method: "POST", body });
    }
    expect(mock.requests).toHaveLength(64);
    expect(mock.requests[0]?.url).toBe("http://x/6");
  });
});
