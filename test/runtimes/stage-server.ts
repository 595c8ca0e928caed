import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { createMockPaygentic } from "metered-costs/mock";
import { startMockServer } from "metered-costs/mock/server";
import type { StagePlace } from "./stage.ts";

/** A file that the stage serves. */
export interface ServedFile {
  readonly type: string;
  readonly content: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A mock on loopback for one runtime, and what tells it what to do. */
export interface RunningStage {
  /** For programs of any kind: straight to the mock. */
  readonly place: Required<StagePlace>;
  /** For pages: files, the mock behind a proxy at `/api/paygentic`, and the control. */
  readonly origin: string;
  /** The paths that pages asked for, in this order. */
  readonly visits: readonly string[];
  readonly close: () => Promise<void>;
}

const KEY = "sk_test_runtimes";
const PROXY = "/api/paygentic";
const casesFolder = new URL("../cases/", import.meta.url);
const cases = readdirSync(casesFolder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(new URL(name, casesFolder), "utf8")));

/** Passes a request on as it is, its failures included: a connection that is cut here is cut there. */
async function passOn(incoming: IncomingMessage, outgoing: ServerResponse, url: string) {
  const headers = { ...incoming.headers, authorization: `Bearer ${KEY}` };
  const passed = request(url, { method: incoming.method, headers });
  outgoing.once("close", () => passed.destroy());
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    passed.once("response", resolve).once("error", reject);
  });
  incoming.pipe(passed);
  const { statusCode = 502, headers: received } = await answer;
  outgoing.writeHead(statusCode, received);
  // Piece by piece: what came before a cut has left before the connection is cut here.
  for await (const piece of await answer) {
    await new Promise((resolve) => outgoing.write(piece, resolve));
  }
  outgoing.end();
}

/** Starts a stage that serves these files, too. */
export async function startStage(
  files: Readonly<Record<string, ServedFile>> = {},
): Promise<RunningStage> {
  const mock = createMockPaygentic();
  const { url, close } = await startMockServer({ mock });
  const controls: Readonly<Record<string, (body: never) => unknown>> = {
    reset: () => mock.reset(),
    fault: (fault) => mock.fault(fault),
    counts: () => ({ requests: mock.requests.length, events: mock.events.length }),
    cases: () => cases,
  };

  const visits: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const answer = async (): Promise<void> => {
      const { url: target = "/" } = incoming;
      visits.push(target);
      if (target.startsWith(`${PROXY}/`)) {
        return passOn(incoming, outgoing, url + target.slice(PROXY.length));
      }
      const control = controls[target.replace(/^\/control\//, "")];
      if (incoming.method === "POST" && control !== undefined) {
        const said = control(JSON.parse(await text(incoming)) as never);
        outgoing.writeHead(200, { "content-type": "application/json" });
        outgoing.end(JSON.stringify(said ?? null));
        return;
      }
      const file = files[target];
      if (file === undefined) outgoing.writeHead(404).end();
      else
        outgoing.writeHead(200, { "content-type": file.type, ...file.headers }).end(file.content);
    };
    answer().catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    place: { baseUrl: url, apiKey: KEY, control: `${origin}/control` },
    origin,
    visits,
    close: async () => {
      await close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
