import { Agent, request as httpRequest } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Decide, Disturbance } from "./disturbances.ts";

/** A request as it came over the wire. */
interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const HTML = "<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>";
const END_OF_HEAD = Buffer.from("\r\n\r\n");
const LATEST = 200; // milliseconds
const USUAL_REQUEST = 600; // bytes
/** More than the clients of these tests read. */
export const OVERSIZED = 200_000;

/** An answer as its bytes go over the wire. */
function bytesOf({ status, headers, body }: RawAnswer): Buffer {
  const lines = Object.entries({ ...headers, "content-length": String(body.length) })
    .filter(([name]) => name !== "transfer-encoding" && name !== "connection")
    .map(([name, value]) => `${name}: ${value}\r\n`);
  const isEmpty = status === 204;
  const kept = isEmpty ? lines.filter((line) => !line.startsWith("content-length")) : lines;
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status} Something\r\n${kept.join("")}\r\n`, "latin1"),
    isEmpty ? Buffer.alloc(0) : body,
  ]);
}

const answerOf = (status: number, body = "", headers: Record<string, string> = {}): Buffer =>
  bytesOf({ status, headers, body: Buffer.from(body) });

/** The first whole request in some bytes, and how many of them it takes. */
function readRequest(bytes: Buffer): { request: RawRequest; length: number } | undefined {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end === -1) return undefined;
  const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const [method = "", target = ""] = first.split(" ");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const start = end + END_OF_HEAD.length;
  const length = start + Number(headers["content-length"] ?? 0);
  if (bytes.length < length) return undefined;
  return { request: { method, target, headers, body: bytes.subarray(start, length) }, length };
}

/** A proxy over raw sockets that harms what passes, request by request, as it is told. */
export class FaultyProxy {
  readonly #upstream: URL;
  readonly #decide: Decide;
  /** Where redirects point. */
  readonly #elsewhere: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 128 });
  readonly #sockets = new Set<Socket>();
  readonly #underway = new Set<Promise<unknown>>();
  readonly #server: Server;
  /** How many requests had which end; those that passed unharmed are `none`. */
  readonly counts: Record<string, number> = {};
  /** The most bytes that an answer of the mock had. */
  longestAnswer = 0;
  #arrived = 0;

  constructor(upstream: string, decide: Decide, elsewhere = "http://127.0.0.1:9") {
    this.#upstream = new URL(upstream);
    this.#decide = decide;
    this.#elsewhere = elsewhere;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", 1_024, resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Waits for what is still to be passed on (a request is repeated late), then ends every connection. */
  async close(): Promise<void> {
    await this.settled();
    for (const socket of this.#sockets) socket.destroy();
    this.#agent.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Resolves when nothing is on its way to the mock. */
  async settled(): Promise<void> {
    while (this.#underway.size > 0) await Promise.allSettled(this.#underway);
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => undefined);
    let received: Buffer = Buffer.alloc(0);
    let disturbance: Disturbance | undefined;
    let isKnown = false;
    socket.on("data", (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      if (!isKnown) {
        disturbance = this.#decide(this.#arrived++);
        isKnown = true;
        const kind = disturbance?.kind ?? "none";
        this.counts[kind] = (this.counts[kind] ?? 0) + 1;
      }
      const whole = readRequest(received);
      if (disturbance?.kind === "reset-request") {
        const isEnough = received.length >= disturbance.chance * USUAL_REQUEST;
        if (isEnough || whole !== undefined) socket.resetAndDestroy();
        return;
      }
      if (whole === undefined) return;
      received = received.subarray(whole.length);
      isKnown = false;
      this.#serve(whole.request, socket, disturbance).catch(() => socket.destroy());
    });
  }

  /** The mock's answer to a request. */
  async #passOn({ method, target, headers, body }: RawRequest): Promise<Buffer> {
    const passing = new Promise<Buffer>((resolve, reject) => {
      const { hostname, port } = this.#upstream;
      const { host: _host, connection: _connection, ...kept } = headers;
      const outgoing = httpRequest(
        { hostname, port, agent: this.#agent, method, path: target, headers: kept },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("error", reject);
          incoming.on("end", () =>
            resolve(
              bytesOf({
                status: incoming.statusCode ?? 0,
                headers: incoming.headers as Record<string, string>,
                body: Buffer.concat(chunks),
              }),
            ),
          );
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
    const answer = await this.#track(passing);
    this.longestAnswer = Math.max(this.longestAnswer, answer.length);
    return answer;
  }

  async #track<T>(promise: Promise<T>): Promise<T> {
    const tracked = promise.finally(() => this.#underway.delete(tracked));
    this.#underway.add(tracked);
    return tracked;
  }

  async #serve(
    request: RawRequest,
    socket: Socket,
    disturbance: Disturbance | undefined,
  ): Promise<void> {
    if (disturbance === undefined) {
      socket.write(await this.#passOn(request));
      return;
    }
    const { kind, chance, carriedOut } = disturbance;
    const success = request.method === "POST" ? 202 : 200;
    /** An answer of our own; the mock has had the request, or has not. */
    const instead = async (status: number, body = "", headers = {}): Promise<void> => {
      if (carriedOut) await this.#passOn(request);
      socket.write(answerOf(status, body, headers));
    };
    switch (kind) {
      case "reset-request":
        return;
      case "reset-answer":
      case "end-answer": {
        const answer = await this.#passOn(request);
        const part = answer.subarray(0, Math.floor(chance * answer.length));
        const end = (): void => {
          if (kind === "reset-answer") socket.resetAndDestroy();
          else socket.end();
        };
        if (part.length === 0) end();
        else socket.write(part, end);
        return;
      }
      case "cut-json": {
        const answer = await this.#passOn(request);
        const head = answer.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
        const cut = head + Math.floor(chance * (answer.length - head));
        socket.write(answerOf(success, answer.toString("utf8", head, cut)));
        return;
      }
      case "delay":
        await this.#track(new Promise((resolve) => setTimeout(resolve, chance * LATEST)));
        socket.write(await this.#passOn(request));
        return;
      case "repeat": {
        const answers = [this.#passOn(request), this.#passOn(request)] as const;
        await Promise.all(answers);
        socket.write(await answers[1]);
        return;
      }
      case "repeat-later":
        socket.write(await this.#passOn(request));
        await this.#track(new Promise((resolve) => setTimeout(resolve, chance * LATEST)));
        await this.#passOn(request);
        return;
      case "429":
        return instead(429);
      case "429-retry-after":
        return instead(429, '{"message":"slow down"}', { "retry-after": chance < 0.5 ? "0" : "1" });
      case "408":
        return instead(408);
      case "5xx":
        return instead(500 + Math.floor(chance * 5), chance < 0.5 ? '{"message":"broken"}' : "");
      case "503-retry-after":
        return instead(503, "", { "retry-after": new Date(Date.now() + 1_000).toUTCString() });
      case "html":
        return instead(502, HTML, { "content-type": "text/html" });
      case "html-as-success":
        return instead(success, HTML, { "content-type": "text/html" });
      case "empty-success":
        return instead(chance < 0.5 ? success : 204);
      case "no-object":
        return instead(success, ["[]", "null", '"ok"', "12"][Math.floor(chance * 4)]);
      case "wrong-type": {
        const answer = await this.#passOn(request);
        const types = ["text/html; charset=utf-16", "application/xml", "", "image/png"];
        const type = types[Math.floor(chance * types.length)] ?? "";
        const head = answer.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
        socket.write(
          Buffer.concat([
            Buffer.from(
              answer
                .toString("latin1", 0, head)
                .replace(/content-type: [^\r]*/i, `content-type: ${type}`),
              "latin1",
            ),
            answer.subarray(head),
          ]),
        );
        return;
      }
      case "garbage":
        if (carriedOut) await this.#passOn(request);
        socket.write(
          ["\x16\x03\x01\x02garbage\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "SSH-2.0-OpenSSH_9.6\r\n"][
            Math.floor(chance * 3)
          ] ?? "",
          () => socket.destroy(),
        );
        return;
      case "oversized":
        return instead(success, `{"id":"evt_1","padding":"${"x".repeat(OVERSIZED)}"}`);
      case "oversized-error":
        return instead(503, "x".repeat(OVERSIZED));
      case "endless": {
        if (carriedOut) await this.#passOn(request);
        socket.write(
          `HTTP/1.1 ${success} OK\r\ncontent-type: application/json\r\ncontent-length: 99999\r\n\r\n{"id":"`,
        );
        const timer = setInterval(() => socket.write("x"), 20);
        socket.on("close", () => clearInterval(timer));
        return;
      }
      case "silence":
        if (carriedOut) await this.#passOn(request);
        return;
      case "redirect":
        return instead([301, 302, 303, 307, 308][Math.floor(chance * 5)] ?? 307, "", {
          location: `${this.#elsewhere}${request.target}`,
        });
    }
  }
}
