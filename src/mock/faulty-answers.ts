import { wait } from "../http/waiting.ts";
import { type Answer, responseOf } from "./answers.ts";
import { driftedBody } from "./drift.ts";
import type { Fault } from "./faults.ts";
import { cutPieces, endlessPieces, pacedBody, slowPieces } from "./paced-body.ts";

/** A request that a fault hits. */
export interface HitRequest {
  readonly request: Request;
  readonly requestId: string;
  /** Does what was asked for, and says how it would be answered. */
  readonly carryOut: () => Answer;
}

/** Bytes: hours of an endless body. */
const ENDLESS = 100_000_000;
const PAGE = "<!doctype html><html><body><h1>The page of a proxy</h1></body></html>";

/**
 * The operation's own answer with a body at a pace of its own. Its length is always stated: msw 3 brings the process
 * down when a body of unknown length is aborted.
 */
async function paced(
  { request, requestId, carryOut }: HitRequest,
  paceOf: (whole: Uint8Array) => Parameters<typeof pacedBody>[0],
  statedLength?: number,
): Promise<Response> {
  const answer = responseOf(carryOut(), requestId);
  const { status, headers } = answer;
  const whole = new Uint8Array(await answer.arrayBuffer());
  headers.set("content-length", String(statedLength ?? whole.length));
  return new Response(pacedBody(paceOf(whole), request), { status, headers });
}

function late({ request, requestId, carryOut }: HitRequest, fault: Fault & { kind: "delay" }) {
  const done = fault.carriedOut === true ? carryOut() : undefined;
  return wait(fault.milliseconds, request.signal).then(() =>
    responseOf(done ?? carryOut(), requestId),
  );
}

function retryAfterOf(retryAfter: number | Date | undefined): Record<string, string> {
  if (retryAfter === undefined) return {};
  const text = retryAfter instanceof Date ? retryAfter.toUTCString() : String(retryAfter);
  return { "retry-after": text };
}

/** The answer to a request that a fault hits. Rejects where the fault cuts the connection, and on an abort. */
export async function faultyAnswer(fault: Fault, hit: HitRequest): Promise<Response> {
  const { requestId } = hit;
  switch (fault.kind) {
    case "delay":
      return late(hit, fault);
    case "slow-body":
      return paced(hit, (whole) => slowPieces(whole, fault.milliseconds));
    case "cut-body":
      return paced(hit, cutPieces);
    case "endless-body":
      return paced(hit, endlessPieces, ENDLESS);
    case "drift": {
      const answer = hit.carryOut();
      return responseOf(
        { ...answer, body: driftedBody(answer.body ?? {}, fault.drift) },
        requestId,
      );
    }
  }
  if (fault.carriedOut === true) hit.carryOut();
  switch (fault.kind) {
    case "cut-connection":
      throw new TypeError("the mock cut the connection");
    case "redirect":
      return responseOf(
        { status: fault.status ?? 307, headers: { location: fault.location } },
        requestId,
      );
    case "html":
      return responseOf(
        { status: fault.status ?? 502, body: PAGE, headers: { "content-type": "text/html" } },
        requestId,
      );
    case "status":
      return responseOf(
        {
          status: fault.status,
          ...(fault.body === undefined ? {} : { body: fault.body }),
          headers: { ...fault.headers, ...retryAfterOf(fault.retryAfter) },
        },
        requestId,
      );
  }
}
