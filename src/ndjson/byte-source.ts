import { callback, optional, pickedObject, signal } from "../schemas/fields.ts";
import { readInput, refuseInput } from "../schemas/input.ts";

/** How much of a source was read so far. */
export interface NdjsonProgress {
  readonly bytes: number;
  /** Every event, whether it counts or not. */
  readonly events: number;
}

/** How a source of NDJSON is read. */
export interface NdjsonOptions {
  /** Ends the reading: it rejects with the signal's reason, and the source is closed. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each piece of the source. What it throws ends the reading. */
  readonly onProgress?: ((progress: NdjsonProgress) => void) | undefined;
}

export const UNREADABLE = "The events cannot be read";

/** Throws an `InvalidInputError`. */
export function refuseReading(path: readonly string[], message: string): never {
  return refuseInput(UNREADABLE, path, message);
}

/** The fields of `NdjsonOptions`. */
export const READING = {
  signal: /* @__PURE__ */ optional(signal),
  onProgress: /* @__PURE__ */ optional(
    /* @__PURE__ */ callback<(progress: NdjsonProgress) => void>(),
  ),
};
const anyReading = /* @__PURE__ */ pickedObject(READING, { what: "an object of options" });

/** Takes the options of reading out of others; throws an `InvalidInputError`. */
export function splitOptions<Options extends NdjsonOptions>(
  options: Options,
): [reading: NdjsonOptions, others: Omit<Options, keyof NdjsonOptions>] {
  const reading = readInput(anyReading, options, UNREADABLE);
  const { signal: _signal, onProgress: _onProgress, ...others } = options;
  return [reading, others];
}

/** A piece of a source: bytes, or text. */
export type NdjsonChunk = Uint8Array | ArrayBuffer | string;

export const isChunk = (value: unknown): value is NdjsonChunk =>
  typeof value === "string" || value instanceof Uint8Array || value instanceof ArrayBuffer;

/**
 * Where NDJSON can be read from: a web stream or a Node stream, a `Blob` or a `File`, a `Response` of `fetch`, or bytes or
 * text as a whole. Or any iterable or async iterable of pieces of bytes or text, which may end anywhere.
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

/** The pieces of a source, one by one, until `done` or until it is closed. */
interface Pieces {
  next(): Promise<IteratorResult<unknown>>;
  /** Tells the source that no more is wanted, also while it is at its next piece. Waits for nothing. */
  close(reason: unknown): void;
}

function ofStream(stream: ReadableStream<unknown>): Pieces {
  const reader = stream.getReader();
  return {
    async next() {
      const { done, value } = await reader.read();
      if (done) reader.releaseLock();
      return { done, value };
    },
    close(reason) {
      reader.cancel(reason).catch(() => undefined);
      reader.releaseLock();
    },
  };
}

function ofIterable(source: Record<PropertyKey, unknown>, key: symbol): Pieces {
  const iterator = (source[key] as () => AsyncIterator<unknown> | Iterator<unknown>).call(source);
  if (typeof iterator?.next !== "function") return refuseSource(EXPECTED_SOURCE);
  return {
    async next() {
      const step: unknown = await iterator.next();
      if (!isObject(step)) {
        return refuseSource(
          "expected an iterator whose next() returns objects with done and value",
        );
      }
      return { done: step["done"] === true, value: await step["value"] };
    },
    close() {
      // The iterator of a Node stream ends only after the piece it is at, which may never come.
      const { destroy, pipe } = source;
      if (typeof destroy === "function" && typeof pipe === "function") destroy.call(source);
      else (async () => iterator.return?.())().catch(() => undefined);
    },
  };
}

function piecesOf(source: unknown): Pieces {
  if (isChunk(source)) return piecesOf([source]);
  if (!isObject(source)) return refuseSource(EXPECTED_SOURCE);
  if (typeof source["getReader"] === "function") {
    return ofStream(source as unknown as ReadableStream<unknown>);
  }
  for (const key of [Symbol.asyncIterator, Symbol.iterator]) {
    if (typeof source[key] === "function") return ofIterable(source, key);
  }
  if (typeof source["stream"] === "function") {
    return piecesOf((source["stream"] as () => unknown).call(source));
  }
  if ("body" in source && source["body"] === null) return piecesOf([]);
  if (isObject(source["body"])) return piecesOf(source["body"]);
  return refuseSource(EXPECTED_SOURCE);
}

/** Rejects with the signal's reason as soon as it aborts. */
function unlessAborted<Result>(
  step: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return step;
  // A listener for each step, not a race with one promise, which would hold on to the results of all steps.
  return new Promise((resolve, reject) => {
    const stop = (): void => signal.removeEventListener("abort", abort);
    const abort = (): void => {
      stop();
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    step.then(resolve, reject).finally(stop);
  });
}

const LONE_SURROGATE = /[\ud800-\udfff]/u;
const encoder = /* @__PURE__ */ new TextEncoder();

/** Text as UTF-8, which has no lone surrogates: in place of one a byte that makes its line invalid. */
function* utf8Of(text: string): Generator<Uint8Array> {
  for (const [index, part] of text.split(LONE_SURROGATE).entries()) {
    if (index > 0) yield Uint8Array.of(0xff);
    yield encoder.encode(part);
  }
}

/**
 * The bytes of a source, in the pieces it gives. Throws the signal's reason as soon as it aborts, also while the source
 * gives nothing. A pair of surrogates may be cut in two between pieces of text.
 */
export async function* bytesOf(
  source: unknown,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  const pieces = piecesOf(source);
  let isDone = false;
  let high = "";
  try {
    for (;;) {
      const { done, value } = await unlessAborted(pieces.next(), signal);
      isDone = done === true;
      if (isDone) break;
      if (typeof value === "string") {
        const text = high + value;
        high = /[\ud800-\udbff]$/.test(text) ? text.slice(-1) : "";
        yield* utf8Of(high === "" ? text : text.slice(0, -1));
      } else {
        if (high !== "") refuseSource("expected text without bytes in the middle of a character");
        if (value instanceof Uint8Array) yield value;
        else if (value instanceof ArrayBuffer) yield new Uint8Array(value);
        else refuseSource("expected every piece to be bytes (a Uint8Array) or text");
      }
      signal?.throwIfAborted();
    }
    if (high !== "") yield* utf8Of(high);
  } finally {
    if (!isDone) pieces.close(signal?.reason);
  }
}
