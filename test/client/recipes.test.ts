import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { Paygentic } from "metered-costs";
import { fetch, ProxyAgent } from "undici";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { recordAttempt, traced } from "../../examples/opentelemetry.ts";
import { proxiedPaygentic } from "../../examples/proxy.ts";
import { COST, EVENT, RECEIPT } from "./samples.ts";
import { KEY, rejectionOf, scene } from "./scene.ts";
import { empty, json, reset } from "./scripted-server.ts";

const { server, client } = scene();
afterEach(() => {
  vi.unstubAllEnvs();
});

describe("the OpenTelemetry recipe", () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  beforeAll(() => {
    trace.setGlobalTracerProvider(provider);
  });
  afterAll(() => {
    trace.disable();
  });
  beforeEach(() => {
    exporter.reset();
  });
  const spans = (): {
    calls: ReadableSpan[];
    attemptsOf: (call?: ReadableSpan) => ReadableSpan[];
  } => {
    const all = exporter.getFinishedSpans();
    return {
      calls: all.filter(({ parentSpanContext }) => parentSpanContext === undefined),
      attemptsOf: (call) =>
        all.filter(
          ({ parentSpanContext }) => parentSpanContext?.spanId === call?.spanContext().spanId,
        ),
    };
  };

  test("makes one span for a call and one child for each attempt, with HTTP attributes", async () => {
    const api = client({ onAttempt: recordAttempt });
    server.answer(empty(503, { "retry-after": "0" }), reset, json(COST));
    const cost = await traced("costs.get", (options) => api.costs.get("cst_1", options));
    expect(cost.id).toBe("cst_1");
    const { calls, attemptsOf } = spans();
    expect(calls.map(({ name, status }) => [name, status.code])).toEqual([
      ["costs.get", SpanStatusCode.UNSET],
    ]);
    const attempts = attemptsOf(calls[0]);
    expect(attempts.map(({ name, kind }) => [name, kind])).toEqual(
      Array.from({ length: 3 }, () => ["GET", SpanKind.CLIENT]),
    );
    const shared = {
      "http.request.method": "GET",
      "url.full": `${server.url}/v0/costs/cst_1`,
      "server.address": "127.0.0.1",
      "server.port": Number(new URL(server.url).port),
      "metered_costs.operation": "getCost",
    };
    expect(attempts.map(({ attributes }) => attributes)).toEqual([
      { ...shared, "http.response.status_code": 503, "error.type": "503" },
      { ...shared, "http.request.resend_count": 1, "error.type": "CONNECTION_FAILED" },
      { ...shared, "http.request.resend_count": 2, "http.response.status_code": 200 },
    ]);
    expect(attempts.map(({ status }) => status.code)).toEqual([
      SpanStatusCode.ERROR,
      SpanStatusCode.ERROR,
      SpanStatusCode.UNSET,
    ]);
    expect(
      JSON.stringify(attempts.map(({ attributes, status }) => [attributes, status])),
    ).not.toContain(KEY);
  });

  test("keeps calls apart that run at once, and marks one that fails", async () => {
    const api = client({ onAttempt: recordAttempt, maxRetries: 0 });
    server.otherwise((response, request) =>
      (request.path.endsWith("2") ? json({ message: "no" }, 404) : json(COST))(response, request),
    );
    await Promise.all(
      ["cst_1", "cst_2", "cst_3"].map((id) =>
        traced(id, (options) => api.costs.get(id, options)).catch(() => undefined),
      ),
    );
    const { calls, attemptsOf } = spans();
    expect(calls.map(({ name }) => name).sort()).toEqual(["cst_1", "cst_2", "cst_3"]);
    for (const call of calls) {
      expect(attemptsOf(call).map(({ attributes }) => attributes["url.full"])).toEqual([
        `${server.url}/v0/costs/${call.name}`,
      ]);
    }
    const failed = calls.find(({ name }) => name === "cst_2");
    expect(failed?.status.code).toBe(SpanStatusCode.ERROR);
    expect(failed?.attributes).toEqual({ "error.type": "NOT_FOUND" });
  });

  test("makes the attempts of many events children of one span", async () => {
    const api = client({ onAttempt: recordAttempt });
    server.otherwise(json(RECEIPT, 202));
    await traced("events.ingestAll", (options) => api.events.ingestAll([EVENT, EVENT], options));
    const { calls, attemptsOf } = spans();
    expect(calls).toHaveLength(1);
    expect(attemptsOf(calls[0])).toHaveLength(2);
  });
});

describe("the proxy recipe", () => {
  /** What the proxy was asked for. */
  const asked: string[] = [];
  let proxy: Server;
  let proxyUrl: string;
  beforeEach(async () => {
    asked.length = 0;
    // Tunnels only, as for https: undici tunnels plain http, too.
    proxy = createServer((_, response) => response.writeHead(405).end());
    proxy.on("connect", ({ method, url = "", headers }, socket, head) => {
      asked.push(`${method} ${url} ${headers.authorization ?? "without a key"}`);
      const { hostname, port } = new URL(`http://${url}`);
      const upstream = connect(Number(port), hostname, () => {
        socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
        upstream.write(head);
        upstream.pipe(socket).pipe(upstream);
      });
      for (const end of [upstream, socket]) end.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });

  test("sends every attempt through the proxy that the environment names", async () => {
    vi.stubEnv("http_proxy", proxyUrl);
    vi.stubEnv("no_proxy", "");
    server.answer(empty(503, { "retry-after": "0" }), json(COST));
    const paygentic = proxiedPaygentic({ baseUrl: server.url, apiKey: KEY });
    expect((await paygentic.costs.get("cst_1")).id).toBe("cst_1");
    const { host } = new URL(server.url);
    expect(asked.length).toBeGreaterThan(0);
    for (const line of asked) expect(line).toBe(`CONNECT ${host} without a key`);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${KEY}`,
      `Bearer ${KEY}`,
    ]);
  });

  test("goes past the proxy where the environment says so", async () => {
    vi.stubEnv("http_proxy", proxyUrl);
    vi.stubEnv("no_proxy", "127.0.0.1");
    server.answer(json(COST));
    await proxiedPaygentic({ baseUrl: server.url, apiKey: KEY }).costs.get("cst_1");
    expect(asked).toEqual([]);
  });

  test("a dispatcher of one's own works, too, and its failure is a ConnectionError", async () => {
    const dispatcher = new ProxyAgent(proxyUrl);
    const paygentic = new Paygentic({
      baseUrl: server.url,
      apiKey: KEY,
      maxRetries: 0,
      fetch: (url, init) => fetch(url, { ...init, dispatcher }),
    });
    server.answer(json(COST));
    await paygentic.costs.get("cst_1");
    expect(asked).toHaveLength(1);
    await dispatcher.destroy();
    expect(await rejectionOf(paygentic.costs.get("cst_1"))).toMatchObject({
      code: "CONNECTION_FAILED",
    });
  });
});
