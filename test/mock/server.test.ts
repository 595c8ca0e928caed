import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import { createMockPaygentic, type MockPaygentic } from "../../src/mock/index.ts";
import { type MockServer, type MockServerOptions, startMockServer } from "../../src/mock/server.ts";
import { call, EVENT, JUNE, TOKENS } from "./call.ts";

const running: MockServer[] = [];
async function start(options?: MockServerOptions): Promise<MockServer> {
  const started = await startMockServer(options);
  running.push(started);
  return started;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ close }) => close()));
});

const headers = { authorization: "Bearer sk_test_1", "content-type": "application/json" };
const portOf = (url: string): number => Number(new URL(url).port);
const mockOf = (handle: (request: Request) => Promise<Response>): MockPaygentic => ({
  ...createMockPaygentic(),
  fetch: (input, init) => handle(new Request(input, init)),
});

/** Writes raw text to the server and gives everything that comes back. */
async function exchange(url: string, text: string): Promise<string> {
  const socket = connect(portOf(url), "127.0.0.1");
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk;
  });
  socket.on("error", () => {});
  socket.write(text);
  await once(socket, "close");
  return received;
}

describe("startMockServer", () => {
  test("does every operation over HTTP", async () => {
    const { url } = await start({ clock: () => new Date("2026-06-15T00:00:00Z") });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    const send = (method: string, path: string, body?: unknown): Promise<Response> =>
      fetch(`${url}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });

    const created = await send("POST", "/v0/costs", { ...TOKENS, name: "Tökens" });
    expect(created.status).toBe(201);
    expect(created.headers.get("content-type")).toBe("application/json");
    expect(created.headers.get("x-request-id")).toBe("req_1");
    expect(await created.json()).toMatchObject({ id: "cst_1", name: "Tökens" });
    expect((await send("POST", "/v0/events", EVENT)).status).toBe(202);
    const summary = await send("GET", `/v0/costs/cst_1/summary?${JUNE}&groupBy=model`);
    expect(await summary.json()).toMatchObject({ totalQuantity: 2, totalCost: 1 });
    expect((await send("PATCH", "/v0/costs/cst_1", { name: "x" })).status).toBe(200);
    expect((await send("GET", "/v0/costs/cst_1")).status).toBe(200);
    const deleted = await send("DELETE", "/v0/costs/cst_1");
    expect(deleted.status).toBe(204);
    expect(await deleted.text()).toBe("");
    expect((await send("GET", "/v0/costs")).status).toBe(200);
    const wrong = await send("PUT", "/v0/costs");
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get("allow")).toBe("GET, POST");
    expect((await send("HEAD", "/v0/costs")).status).toBe(405);
    expect((await fetch(`${url}/v0/costs`)).status).toBe(401);
  });

  test("sends the half of a body that a fault cuts off before it cuts the connection", async () => {
    const { url } = await start({ faults: [{ kind: "cut-body" }] });
    const received = await exchange(
      url,
      "GET /v0/costs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk_test_1\r\n\r\n",
    );
    const [head = "", body = ""] = received.split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(body).toMatch(/^\{"object":"list"/);
    expect(body.length).toBe(Math.ceil(Number(/content-length: (\d+)/.exec(head)?.[1]) / 2));
  });

  test("is the mock that it gives, and the one that it was given", async () => {
    const fresh = await start({ costs: [TOKENS] });
    await call(fresh.mock, "PATCH", "/v0/costs/cst_1", { name: "Renamed" });
    const response = await fetch(`${fresh.url}/v0/costs/cst_1`, { headers });
    expect(await response.json()).toMatchObject({ name: "Renamed" });

    const mock = createMockPaygentic({ costs: [TOKENS] });
    const given = await start({ mock });
    expect(given.mock).toBe(mock);
    expect((await fetch(`${given.url}/v0/costs/cst_1`, { headers })).status).toBe(200);
  });

  test("listens on the port it is told, and says when that is taken", async () => {
    const first = await start();
    const port = portOf(first.url);
    await expect(startMockServer({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    await first.close();
    expect((await start({ port })).url).toBe(`http://127.0.0.1:${port}`);
  });

  test("refuses what contradicts itself", async () => {
    const mock = createMockPaygentic();
    const refusal = async (options: unknown): Promise<string[]> => {
      const error = await startMockServer(options as MockServerOptions).catch((reason) => reason);
      expect(error).toBeInstanceOf(InvalidInputError);
      return error.issues.map(({ path }: { path: string[] }) => path.join("."));
    };
    expect(await refusal({ mock, costs: [TOKENS], clock: () => new Date() })).toEqual([
      "costs",
      "clock",
    ]);
    expect(await refusal({ mock, events: [] })).toEqual(["events"]);
    expect(await refusal({ costs: [{ ...TOKENS, unitCost: -1 }] })).toEqual(["costs.0.unitCost"]);
    expect(await refusal({ colour: "red" })).toEqual(["colour"]);
    for (const port of [-1, 65_536, 1.5, Number.NaN, "80"]) {
      expect(await refusal({ port })).toEqual(["port"]);
    }
    await expect(start({ mock, costs: undefined })).resolves.toBeDefined();
  });

  test("close ends connections that are kept alive, and may be called again", async () => {
    const { url, close } = await start();
    const agent = new Agent({ keepAlive: true });
    const request = httpRequest(`${url}/v0/costs`, { agent, headers });
    request.end();
    const [response] = await once(request, "response");
    response.resume();
    await once(response, "end");
    const idle = connect(portOf(url), "127.0.0.1");
    await once(idle, "connect");
    const ended = once(idle, "close");
    idle.on("error", () => {});
    await Promise.all([close(), close()]);
    await ended;
    await close();
    await expect(fetch(`${url}/v0/costs`, { headers })).rejects.toThrow();
    agent.destroy();
  });

  test("close does not wait for an answer that never comes", async () => {
    let asked = (): void => {};
    const arrived = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const mock = mockOf(() => {
      asked();
      return new Promise(() => {});
    });
    const { url, close } = await start({ mock });
    const pending = fetch(url).catch((error) => error);
    await arrived;
    await close();
    expect(await pending).toBeInstanceOf(TypeError);
  });
});

describe("what goes wrong on the way", () => {
  test("a mock that rejects or throws cuts the connection, and only that one", async () => {
    const working = createMockPaygentic();
    for (const handle of [
      () => Promise.reject(new Error("cut")),
      () => {
        throw new Error("thrown");
      },
    ]) {
      let calls = 0;
      const mock = mockOf((request) => (calls++ === 0 ? handle() : working.fetch(request)));
      const { url } = await start({ mock });
      await expect(fetch(`${url}/v0/costs`, { headers })).rejects.toThrow();
      expect((await fetch(`${url}/v0/costs`, { headers })).status).toBe(200);
    }
  });

  test("an answer that breaks off is one that breaks off", async () => {
    const mock = mockOf(async () => {
      let pulls = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (pulls++ === 0) controller.enqueue(new TextEncoder().encode('{"object":'));
          else setTimeout(() => controller.error(new Error("cut")), 20);
        },
      });
      return new Response(body, { status: 200, headers: { "x-request-id": "req_1" } });
    });
    const { url } = await start({ mock });
    const response = await fetch(url);
    expect(response.headers.get("x-request-id")).toBe("req_1");
    await expect(response.text()).rejects.toThrow();
    await expect(fetch(url).then(({ status }) => status)).resolves.toBe(200);
  });

  test("a request that breaks off is not handled, and hurts nobody", async () => {
    let handled = 0;
    const working = createMockPaygentic();
    const mock = mockOf((request) => {
      handled++;
      return working.fetch(request);
    });
    const { url } = await start({ mock });
    const socket = connect(portOf(url), "127.0.0.1");
    await once(socket, "connect");
    socket.write('POST /v0/events HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"type":');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(handled).toBe(0);
    expect((await fetch(`${url}/v0/costs`, { headers })).status).toBe(200);
  });

  test("a client that goes away before its answer hurts nobody", async () => {
    const working = createMockPaygentic();
    const mock = mockOf(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return working.fetch(request);
    });
    const { url } = await start({ mock });
    await expect(fetch(url, { signal: AbortSignal.timeout(10) })).rejects.toThrow();
    expect((await fetch(`${url}/v0/costs`, { headers })).status).toBe(200);
  });

  test.each([
    { kind: "delay", milliseconds: 60_000 },
    { kind: "slow-body", milliseconds: 60_000 },
    { kind: "endless-body" },
  ] as const)("a $kind ends when its client goes away", async (fault) => {
    const working = createMockPaygentic({ costs: [TOKENS], faults: [fault] });
    let arrive = (): void => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    let gone = (): void => {};
    const left = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const mock = mockOf((request) => {
      arrive();
      request.signal.addEventListener("abort", () => gone());
      return working.fetch(request);
    });
    const { url } = await start({ mock });
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const controller = new AbortController();
    const reading = fetch(`${url}/v0/costs`, { headers, signal: controller.signal }).then(
      (response) => response.text(),
    );
    await arrived;
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort();
    await expect(reading).rejects.toThrow();
    await left;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(timers()).toBeLessThanOrEqual(before);
  });

  test.each([
    ["localhost", 200],
    ["LOCALHOST:4010", 200],
    ["paygentic.localhost:80", 200],
    ["127.0.0.1", 200],
    ["127.8.9.10:1", 200],
    ["[::1]:4010", 200],
    ["evil.example", 403],
    ["evil.example:80", 403],
    ["localhost.evil.example", 403],
    ["evil-localhost", 403],
    ["127.0.0.1.evil.example", 403],
    ["api.sandbox.paygentic.io", 403],
    ["0.0.0.0", 403],
    ["", 403],
  ])("a request for the host %j gets %j", async (host, status) => {
    const { url, mock } = await start();
    const answer = await exchange(
      url,
      `GET /v0/costs HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer x\r\nconnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(mock.requests).toHaveLength(status === 200 ? 1 : 0);
    if (status === 403) expect(answer).toContain('"error":"forbidden"');
  });

  test("a body of more than 1 MiB gets 413, however long it is", async () => {
    const { url, mock } = await start({ costs: [TOKENS] });
    const body = JSON.stringify({ ...EVENT, data: { text: "x".repeat(8 * 2 ** 20) } });
    const answer = await fetch(`${url}/v0/events`, { method: "POST", headers, body });
    expect(answer.status).toBe(413);
    expect(mock.requests[0]?.bodyText.length).toBeLessThanOrEqual(2 ** 20);
    expect((await fetch(`${url}/v0/costs`, { headers })).status).toBe(200);
  });

  test("no URL, however odd, brings it down", async () => {
    const { url } = await start({ costs: [TOKENS] });
    const ask = (line: string): Promise<string> =>
      exchange(
        url,
        `${line} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer x\r\nconnection: close\r\n\r\n`,
      );
    expect(await ask("GET //host/v0/costs")).toMatch(/^HTTP\/1\.1 404 /);
    expect(await ask("GET http://api.paygentic.io/v0/costs/cst_1")).toMatch(/^HTTP\/1\.1 200 /);
    await ask("OPTIONS *");
    await ask("TRACE /v0/costs");
    await ask("CONNECT x:80");
    expect(await exchange(url, "nonsense\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    expect(await ask("GET /v0/costs/cst_1")).toMatch(/^HTTP\/1\.1 200 /);
  });
});

test.each([null, 7, "4010"])("%j is no options", async (options) => {
  const refusal = await startMockServer(options as unknown as object).catch((error) => error);
  expect(refusal).toMatchObject({ code: "INVALID_INPUT", issues: [{ path: [] }] });
});
