/**
 * The mock behind HTTP on loopback.
 *
 * @module metered-costs/mock/server
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { field, optional, readPart, refuse, strictObject, wholeNumber } from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import { isRecord } from "../values/record.ts";
import { mockMadeBy } from "./mock.ts";
import {
  createMockPaygentic,
  type MockPaygentic,
  type MockPaygenticOptions,
} from "./paygentic/mock-paygentic.ts";
import { MAX_BODY } from "./received-requests.ts";

/** A mock of any API. */
type Served = Pick<MockPaygentic, "fetch">;

/** Where the mock listens and which it is: one that is there already, or a new one made of the other options. */
export type MockServerOptions<ServedMock extends Served = MockPaygentic> = {
  /**
   * The port to listen on; 0 takes a free one.
   * @default 0
   */
  readonly port?: number | undefined;
} & (
  | ({ readonly mock?: undefined } & MockPaygenticOptions)
  | ({ readonly mock: ServedMock } & {
      readonly [Name in keyof MockPaygenticOptions]?: undefined;
    })
);

/** A mock that listens. */
export interface MockServer<ServedMock extends Served = MockPaygentic> {
  /** Where it listens, such as `http://127.0.0.1:4010`, without a slash at its end. */
  readonly url: string;
  readonly mock: ServedMock;
  /** Stops listening and ends all connections; resolves when that is done. May be called again. */
  readonly close: () => Promise<void>;
}

const startOptions = strictObject({
  port: optional(wholeNumber(0, 65_535)),
  mock: optional(mockMadeBy<Served>("createMockPaygentic or createMockKontorion")),
});
/** The port and the mock, and the other options, which are those of a new mock. */
const serverOptions = field<
  {
    readonly port?: number | undefined;
    readonly mock?: Served | undefined;
    readonly others: MockPaygenticOptions;
  },
  MockServerOptions<Served>
>((given, payload) => {
  if (!isRecord(given)) return refuse(payload, "expected an object of options", given);
  const { port, mock, ...others } = given;
  for (const [name, value] of mock === undefined ? [] : Object.entries(others)) {
    const message =
      "expected either it or mock, not both: an existing mock keeps the options it was made with";
    if (value !== undefined) refuse(payload, message, value, name);
  }
  return { ...readPart(startOptions, { port, mock }, payload), others };
});

const HOST = "127.0.0.1";
const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

async function requestOf(
  incoming: IncomingMessage,
  url: string,
  signal: AbortSignal,
): Promise<Request> {
  const { method = "GET", url: target = "/" } = incoming;
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    for (const line of [value ?? []].flat()) headers.append(name, line);
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  // What exceeds the limit is read, so that the client gets its response, and dropped.
  for await (const chunk of incoming) {
    if (length <= MAX_BODY) chunks.push(chunk);
    length += chunk.length;
  }
  const body = method === "GET" || method === "HEAD" ? null : new Blob(chunks);
  // A client may name the whole URL, as it would to a proxy.
  return new Request(target.startsWith("/") ? url + target : target, {
    method,
    headers,
    body,
    signal,
  });
}

/** A web page may reach the server under a host name of its own (DNS rebinding): such a request is not answered. */
function refuseForeignHost(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
  const { host } = incoming.headers;
  if (host !== undefined && LOOPBACK.test(host)) return false;
  const message = `The mock server answers only for a loopback host such as localhost, not for ${host ?? "none"}`;
  outgoing.writeHead(403, { "content-type": "application/json", connection: "close" });
  outgoing.end(JSON.stringify({ message, error: "forbidden" }));
  return true;
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  // Each piece is on its way before the next is asked for: what came before a cut is not lost with the connection.
  for await (const piece of response.body ?? []) {
    await new Promise<void>((resolve, reject) => {
      outgoing.write(piece, (error) => (error ? reject(error) : resolve()));
    });
  }
  outgoing.end();
}

/**
 * Starts a mock behind HTTP on 127.0.0.1, for clients in other processes and for tests over a real connection.
 * It runs wherever `node:http` does: Node, Bun, Deno.
 *
 * Without options it is an empty mock on a free port. Where the mock rejects or its answer breaks off, the
 * connection is cut. Close it at the end, else it keeps the process alive.
 *
 * Rejects with an `InvalidInputError` for an invalid port, for options that `createMockPaygentic` refuses, and when you
 * pass a mock together with options for another one. Rejects with the system's error when the port is taken.
 *
 * @example
 * ```ts
 * import { startMockServer } from "metered-costs/mock/server";
 *
 * const { url, close } = await startMockServer();
 * const response = await fetch(`${url}/v0/costs`, { headers: { authorization: "Bearer sk_test_1" } });
 * console.log((await response.json()).object); // list
 * await close();
 * ```
 */
export async function startMockServer<ServedMock extends Served = MockPaygentic>(
  options: MockServerOptions<ServedMock> = {},
): Promise<MockServer<ServedMock>> {
  const read = readInput(serverOptions, options, "startMockServer: the mock server cannot start");
  const { port = 0, mock: given = createMockPaygentic(read.others) } = read;
  const mock = given as ServedMock;

  let url = "";
  const server = createServer((incoming, outgoing) => {
    if (refuseForeignHost(incoming, outgoing)) return;
    const gone = new AbortController();
    outgoing.once("close", () => gone.abort());
    const answered = async (): Promise<void> =>
      send(await mock.fetch(await requestOf(incoming, url, gone.signal)), outgoing);
    answered().catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, resolve);
  });
  const address = server.address();
  url = `http://${HOST}:${typeof address === "object" && address !== null ? address.port : port}`;

  let closed: Promise<void> | undefined;
  return {
    url,
    mock,
    close: () => {
      closed ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closed;
    },
  };
}
