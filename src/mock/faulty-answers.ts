import { onAbort, wait } from "../http/waiting.ts";
import { isRecord } from "../values/record.ts";
import { type Answer, responseOf } from "./answer.ts";
import type { AnyFault, DriftedFields, DriftKind } from "./faults.ts";

/** A part of a body, and how many milliseconds to wait before it. */
interface Piece {
  readonly delay: number;
  readonly bytes: Uint8Array;
}

const PIECES = 10;
const FILLER_DELAY = 10;
const FILLER = new TextEncoder().encode(" ".repeat(64));

/** The whole body in pieces, spread evenly over a time. */
function* slowPieces(whole: Uint8Array, milliseconds: number): Generator<Piece> {
  const length = Math.ceil(whole.length / PIECES);
  const delay = milliseconds / Math.ceil(whole.length / length);
  for (let start = 0; start < whole.length; start += length) {
    yield { delay, bytes: whole.subarray(start, start + length) };
  }
}

/** The first half of the body, then an error. */
function* cutPieces(whole: Uint8Array): Generator<Piece> {
  yield { delay: 0, bytes: whole.subarray(0, Math.ceil(whole.length / 2)) };
  throw new TypeError("the mock cut the response off");
}

/** The body without its end, then spaces for ever: at no point is it whole, and at no point is it wrong. */
function* endlessPieces(whole: Uint8Array): Generator<Piece> {
  yield { delay: 0, bytes: whole.subarray(0, -1) };
  for (;;) yield { delay: FILLER_DELAY, bytes: FILLER };
}

/**
 * A body that comes piece by piece, as fast as it is read. An abort of the request errors it, and a reader that leaves
 * ends it; neither leaves a timer behind.
 */
function pacedBody(pieces: Iterator<Piece>, request: Request): ReadableStream<Uint8Array> {
  const stopping = new AbortController();
  // The request and not its signal: some engines collect a request that nobody holds, and its signal is then deaf.
  const stop = () => stopping.abort(request.signal.reason);
  const end = onAbort(request.signal, stop);
  if (request.signal.aborted) stop();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = pieces.next();
          if (done) {
            end();
            controller.close();
            return;
          }
          await wait(value.delay, stopping.signal);
          controller.enqueue(value.bytes);
        } catch (error) {
          end();
          throw error;
        }
      },
      cancel() {
        end();
        stopping.abort();
      },
    },
    { highWaterMark: 0 },
  );
}

/** A request that a fault hits. */
interface HitRequest {
  readonly request: Request;
  readonly requestId: string;
  /** Does what was asked for, and says how it would be answered. */
  readonly carryOut: () => Answer;
  readonly drifted: DriftedFields;
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

function late({ request, requestId, carryOut }: HitRequest, fault: AnyFault & { kind: "delay" }) {
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

/** A body that has moved on from the contract: so has what is in its `data`, an object or a list of them. */
function driftedBody(body: object, drift: DriftKind, drifted: DriftedFields): object {
  const fields: Readonly<Record<string, unknown>> = { ...body };
  const { data } = fields;
  const rowOf = (row: object): object => driftedBody(row, drift, drifted);
  const rows = Array.isArray(data)
    ? { data: data.map(rowOf) }
    : isRecord(data)
      ? { data: rowOf(data) }
      : {};
  const changed = drift === "unknown-field" ? { addedLater: true } : drifted(fields, drift);
  return { ...fields, ...rows, ...changed };
}

/** The answer to a request that a fault hits. Rejects where the fault cuts the connection, and on an abort. */
export async function faultyAnswer(fault: AnyFault, hit: HitRequest): Promise<Response> {
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
        { ...answer, body: driftedBody(answer.body ?? {}, fault.drift, hit.drifted) },
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
