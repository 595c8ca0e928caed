import { unreadableFile } from "./unreadable-file.ts";

/** Bytes to look at, or only to count, before a frame goes on. */
interface Piece {
  readonly length: number;
  readonly isRead: boolean;
}
const read = (length: number): Piece => ({ length, isRead: true });
const pass = (length: number): Piece => ({ length, isRead: false });

const ZSTD = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const little = (bytes: Uint8Array): number =>
  bytes.reduceRight((value, byte) => value * 256 + byte, 0);

/** The pieces of one frame, in the format of RFC 8878. */
function* piecesOf(name: string): Generator<Piece, void, Uint8Array> {
  const magic = little(yield read(4));
  // The last four bits of it are free.
  if (magic - (magic % 16) === SKIPPABLE) {
    yield pass(little(yield read(4)));
    return;
  }
  if (magic !== ZSTD)
    throw unreadableFile(name, "the zstd data is damaged, or other data follows it");
  const [descriptor = 0] = yield read(1);
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  yield pass((isSingle ? 0 : 1) + dictionaryBytes + sizeBytes);
  let header: number;
  do {
    header = little(yield read(3));
    // A block of one byte many times has that byte alone.
    const isRepeated = ((header >> 1) & 3) === 1;
    yield pass(isRepeated ? 1 : header >> 3);
  } while ((header & 1) === 0);
  const hasChecksum = (descriptor & 4) !== 0;
  yield pass(hasChecksum ? 4 : 0);
}

/** A stream of which the rest of a chunk can be given back. */
class Chunks {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#iterator = chunks[Symbol.asyncIterator]();
  }

  /** The next chunk that is not empty; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    let chunk = this.#rest;
    this.#rest = new Uint8Array();
    while (chunk.length === 0) {
      const { done, value } = await this.#iterator.next();
      if (done === true) return undefined;
      chunk = value;
    }
    return chunk;
  }

  giveBack(rest: Uint8Array): void {
    this.#rest = rest;
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}

async function* bytesOfFrame(name: string, chunks: Chunks): AsyncGenerator<Uint8Array> {
  const pieces = piecesOf(name);
  let piece = pieces.next();
  let seen: number[] = [];
  let missing = piece.value?.length ?? 0;
  while (piece.done !== true) {
    const chunk = await chunks.next();
    if (chunk === undefined) throw unreadableFile(name, "the zstd data is cut within a frame");
    let at = 0;
    while (piece.done !== true && (at < chunk.length || missing === 0)) {
      const length = Math.min(missing, chunk.length - at);
      if (piece.value.isRead) seen.push(...chunk.subarray(at, at + length));
      at += length;
      missing -= length;
      if (missing > 0) continue;
      piece = pieces.next(Uint8Array.from(seen));
      seen = [];
      missing = piece.value?.length ?? 0;
    }
    chunks.giveBack(chunk.subarray(at));
    yield chunk.subarray(0, at);
  }
}

/**
 * The bytes of each frame of zstd data, to be read one after the other, each by a decompressor of its own. Node's reads
 * only the first of several frames that arrive at once. Before July 2026 it also took a frame that is cut for a whole one.
 */
export async function* zstdFrames(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<AsyncIterable<Uint8Array>> {
  const chunks = new Chunks(bytes);
  try {
    for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) {
      chunks.giveBack(chunk);
      yield bytesOfFrame(name, chunks);
    }
  } finally {
    await chunks.close();
  }
}
