import {
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it arrived over the network. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query, as they stood in the request line. */
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The body's text, untouched. */
  readonly body: string;
}

/** What the server does with one request. */
export type Answer = (response: ServerResponse, request: ReceivedRequest) => void;

/** Text as the body, whatever it says. */
export function text(body: string, status = 200, headers: OutgoingHttpHeaders = {}): Answer {
  return (response) => {
    response.writeHead(status, headers).end(body);
  };
}

/** A JSON body. */
export function json(value: unknown, status = 200, headers: OutgoingHttpHeaders = {}): Answer {
  return text(JSON.stringify(value), status, { "content-type": "application/json", ...headers });
}

/** A status without a body. */
export function empty(status: number, headers: OutgoingHttpHeaders = {}): Answer {
  return (response) => {
    response.writeHead(status, headers).end();
  };
}

/** The connection is reset, without an answer. */
export const reset: Answer = (response) => {
  response.socket?.resetAndDestroy();
};

/** The connection ends in the middle of a body that was announced to be longer. */
export function brokenOff(start: string, status = 200): Answer {
  return (response) => {
    response.writeHead(status, { "content-length": Buffer.byteLength(start) + 100 });
    response.write(start, () => response.socket?.destroy());
  };
}

/** Nothing comes, and the connection stays open. */
export const silence: Answer = () => undefined;

/** Headers and the start of a body come, then nothing more. */
export function stalledAfter(start: string, status = 200): Answer {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.write(start);
  };
}

/** The same answer, later. */
export function delayed(milliseconds: number, answer: Answer): Answer {
  return (response, request) => {
    setTimeout(() => answer(response, request), milliseconds);
  };
}

const unscripted: Answer = json({ message: "no answer was scripted for this request" }, 418);

/** What one test sees of the server: a latecomer of the test before is not in it. */
class Visit {
  readonly requests: ReceivedRequest[] = [];
  readonly script: Answer[] = [];
  readonly underway = new Set<ServerResponse>();
  otherwise: Answer = unscripted;
  mostUnderway = 0;

  readonly server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    this.underway.add(response);
    this.mostUnderway = Math.max(this.mostUnderway, this.underway.size);
    for (const end of ["finish", "close"]) {
      response.on(end, () => this.underway.delete(response));
    }
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const target = incoming.url ?? "";
      const { pathname, searchParams } = new URL(target, "http://127.0.0.1");
      const request: ReceivedRequest = {
        method: incoming.method ?? "",
        target,
        path: pathname,
        query: searchParams,
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      };
      this.requests.push(request);
      (this.script.shift() ?? this.otherwise)(response, request);
    });
  });
}

/** An HTTP server on loopback that answers as it is told, request by request, and keeps what it received. */
export class ScriptedServer {
  #visit = new Visit();

  /** Opens, on a port of its own, with nothing received and nothing scripted. */
  async listen(): Promise<void> {
    this.#visit = new Visit();
    const { server } = this.#visit;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }

  async close(): Promise<void> {
    const { server } = this.#visit;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#visit.server.address() as AddressInfo).port}`;
  }

  /** What was received so far, in this order. */
  get requests(): readonly ReceivedRequest[] {
    return this.#visit.requests;
  }

  /** The only request so far. */
  get request(): ReceivedRequest {
    const [first, ...more] = this.requests;
    if (first === undefined || more.length > 0) {
      throw new Error(`expected one request, the server received ${this.requests.length}`);
    }
    return first;
  }

  /** The most requests that were open at the same time. */
  get mostUnderway(): number {
    return this.#visit.mostUnderway;
  }

  /** Answers the next requests so, one after the other. */
  answer(...answers: readonly Answer[]): void {
    this.#visit.script.push(...answers);
  }

  /** Answers every request so that has no answer of its own. */
  otherwise(answer: Answer): void {
    this.#visit.otherwise = answer;
  }
}
