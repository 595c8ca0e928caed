/** A file for `summarizeNdjson` and `addNdjson`, read faster and in less memory than by `createReadStream`. */
import { open } from "node:fs/promises";

const PIECE = 1 << 20;

/**
 * The bytes of a file from `start` to before `end`, in pieces of up to 1 MB, each read while the one before is used.
 * They lie in the same two places of memory by turns: who wants to keep one must copy it.
 */
export async function* piecesOf(
  path: string,
  { start = 0, end = Number.POSITIVE_INFINITY } = {},
): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  let position = start;
  const read = async (memory: Uint8Array): Promise<Uint8Array> => {
    const length = Math.min(PIECE, end - position);
    const { bytesRead } = await file.read(memory, 0, length, position);
    position += bytesRead;
    return memory.subarray(0, bytesRead);
  };
  let [memory, other] = [new Uint8Array(PIECE), new Uint8Array(PIECE)];
  let next = read(memory);
  try {
    for (let piece = await next; piece.length > 0; piece = await next) {
      [memory, other] = [other, memory];
      next = read(memory);
      next.catch(() => undefined); // it is thrown when it is awaited
      yield piece;
    }
  } finally {
    await next.catch(() => undefined);
    await file.close();
  }
}
