import { refuseReading } from "./reading.ts";

/** A piece of a source: bytes, or text. */
export type NdjsonChunk = Uint8Array | ArrayBuffer | string;

/**
 * Where NDJSON can be read from: a web stream or a Node stream, a `Blob` or a `File`, a `Response` of `fetch`, bytes or
 * text as a whole, or any iterable, asynchronous or not, of pieces of them. Pieces may end anywhere.
 */
export type NdjsonSource =
  | NdjsonChunk
  | Iterable<NdjsonChunk>
  | AsyncIterable<NdjsonChunk>
  | ReadableStream<NdjsonChunk>
  | {
      /** Its bytes or text from the start, as a `Blob` gives them. */
      stream(): ReadableStream<NdjsonChunk>;
    }
  | { readonly body: ReadableStream<NdjsonChunk> | null };

const EXPECTED_SOURCE =
  "expected a web or Node stream, a Blob, a Response, or an iterable of bytes or text";

const refuseSource = (message: string): never => refuseReading(["source"], message);

const isObject = (value: unknown): value is Record<PropertyKey, unknown> =>
  typeof value === "object" && value !== null;

/** The pieces of a web stream, which is cancelled when the reading of it ends early. */
async function* piecesOfStream(
  stream: ReadableStream<unknown>,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown> {
  const reader = stream.getReader();
  // Not waited for: a source that hangs is to keep nobody.
  const cancel = (): void => void reader.cancel(signal?.reason).catch(() => undefined);
  signal?.addEventListener("abort", cancel);
  let isDone = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      isDone = done;
      if (done) return;
      yield value;
    }
  } finally {
    signal?.removeEventListener("abort", cancel);
    if (!isDone) cancel();
    reader.releaseLock();
  }
}

function piecesOf(
  source: unknown,
  signal: AbortSignal | undefined,
): AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof source === "string" || source instanceof Uint8Array || source instanceof ArrayBuffer) {
    return [source];
  }
  if (!isObject(source)) return refuseSource(EXPECTED_SOURCE);
  if (typeof source["getReader"] === "function") {
    return piecesOfStream(source as unknown as ReadableStream<unknown>, signal);
  }
  if (typeof source[Symbol.asyncIterator] === "function") {
    return source as unknown as AsyncIterable<unknown>;
  }
  if (typeof source[Symbol.iterator] === "function") return source as unknown as Iterable<unknown>;
  if (typeof source["stream"] === "function") {
    return piecesOf((source["stream"] as () => unknown).call(source), signal);
  }
  if ("body" in source && source["body"] === null) return [];
  if (isObject(source["body"])) return piecesOf(source["body"], signal);
  return refuseSource(EXPECTED_SOURCE);
}

/** The bytes of pieces, in order. A pair of surrogates may be cut in two between pieces of text. */
async function* encodedPieces(
  source: unknown,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let high = "";
  for await (const piece of piecesOf(source, signal)) {
    if (typeof piece === "string") {
      const text = high + piece;
      high = /[\ud800-\udbff]$/.test(text) ? text.slice(-1) : "";
      yield encoder.encode(high === "" ? text : text.slice(0, -1));
      continue;
    }
    if (high !== "") refuseSource("expected no bytes in the middle of a character of text");
    if (piece instanceof Uint8Array) yield piece;
    else if (piece instanceof ArrayBuffer) yield new Uint8Array(piece);
    else refuseSource("expected every piece to be bytes (a Uint8Array) or text");
  }
  if (high !== "") yield encoder.encode(high);
}

/**
 * The bytes of a source, in the pieces it gives. Throws the signal's reason as soon as it aborts, also while the source
 * gives nothing.
 */
export async function* bytesOf(
  source: unknown,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal?.reason);
  });
  aborted.catch(() => undefined);
  signal?.addEventListener("abort", abort);
  const pieces = encodedPieces(source, signal);
  try {
    for (;;) {
      const { done, value } = await Promise.race([pieces.next(), aborted]);
      if (done === true) return;
      yield value;
      signal?.throwIfAborted();
    }
  } finally {
    signal?.removeEventListener("abort", abort);
    // Not waited for: after an abort the source may still be at its last piece.
    pieces.return(undefined).catch(() => undefined);
  }
}
