import { type EventRecord, LineRecords, parseLine } from "../ndjson/lines.ts";
import { unreadableFile } from "./unreadable-file.ts";

const NEWLINE = 10;
const [QUOTE, BACKSLASH, COMMA] = [34, 92, 44];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];
const isSpace = (byte: number): boolean => byte === 32 || byte === 9 || byte === 13 || byte === 10;

/** The lines of NDJSON, blank ones left out. */
export async function* lineRecords(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<EventRecord, void, undefined> {
  const lines = new LineRecords();
  for await (const piece of bytes) yield* lines.add(piece);
  yield* lines.end();
}

/** The elements of a JSON array, one at a time, so that a file may be larger than memory. */
export async function* arrayRecords(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<EventRecord, void, undefined> {
  let state = "before" as "before" | "element" | "after";
  let depth = 0;
  let isInText = false;
  let isEscaped = false;
  let line = 1;
  /** Pieces of the element so far, and the line that it begins on. */
  let parts: Uint8Array[] = [];
  let elementLine = 1;
  let isEmpty = true;
  let count = 0;

  const recordOf = (end: Uint8Array): EventRecord => {
    const text = Buffer.concat([...parts, end]);
    parts = [];
    isEmpty = true;
    count++;
    return { ...parseLine(text), line: elementLine };
  };
  for await (const piece of bytes) {
    let start = 0;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] as number;
      if (byte === NEWLINE) line++;
      if (isInText) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) isInText = false;
        continue;
      }
      if (isSpace(byte)) continue;
      if (state === "before") {
        // A byte-order mark has gone before, or is skipped here.
        if (byte === OPEN_ARRAY) state = "element";
        start = at + 1;
        continue;
      }
      if (state === "after") {
        throw unreadableFile(name, `there is more on line ${line} after the end of the JSON array`);
      }
      const isEnd = depth === 0 && byte === CLOSE_ARRAY;
      if (isEnd || (depth === 0 && byte === COMMA)) {
        if (isEmpty && !(isEnd && count === 0)) {
          throw unreadableFile(name, `expected an element of the JSON array on line ${line}`);
        }
        if (!isEmpty) yield recordOf(piece.subarray(start, at));
        start = at + 1;
        if (isEnd) state = "after";
        continue;
      }
      if (isEmpty) {
        isEmpty = false;
        elementLine = line;
      }
      if (byte === QUOTE) isInText = true;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth++;
      else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
    }
    if (state === "element" && start < piece.length) parts.push(piece.slice(start));
  }
  if (state !== "after") {
    throw unreadableFile(name, `the JSON array is cut: it has no end after line ${line}`);
  }
}
