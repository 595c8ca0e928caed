import { onAbort, wait } from "../http/waiting.ts";

/** A part of a body, and how many milliseconds to wait before it. */
interface Piece {
  readonly delay: number;
  readonly bytes: Uint8Array;
}

const PIECES = 10;
const FILLER_DELAY = 10;
const FILLER = new TextEncoder().encode(" ".repeat(64));

/** The whole body in pieces, spread evenly over a time. */
export function* slowPieces(whole: Uint8Array, milliseconds: number): Generator<Piece> {
  const length = Math.ceil(whole.length / PIECES);
  const delay = milliseconds / Math.ceil(whole.length / length);
  for (let start = 0; start < whole.length; start += length) {
    yield { delay, bytes: whole.subarray(start, start + length) };
  }
}

/** The first half of the body, then an error. */
export function* cutPieces(whole: Uint8Array): Generator<Piece> {
  yield { delay: 0, bytes: whole.subarray(0, Math.ceil(whole.length / 2)) };
  throw new TypeError("the mock cut the response off");
}

/** The body without its end, then spaces for ever: at no point is it whole, and at no point is it wrong. */
export function* endlessPieces(whole: Uint8Array): Generator<Piece> {
  yield { delay: 0, bytes: whole.subarray(0, -1) };
  for (;;) yield { delay: FILLER_DELAY, bytes: FILLER };
}

/**
 * A body that comes piece by piece, as fast as it is read. An abort of the request errors it, and a reader that leaves
 * ends it; neither leaves a timer behind.
 */
export function pacedBody(pieces: Iterator<Piece>, request: Request): ReadableStream<Uint8Array> {
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
