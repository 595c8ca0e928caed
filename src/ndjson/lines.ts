import { checkEvent } from "../engine/from-any.ts";
import { InvalidEventError, type Issue } from "../errors.ts";
import { parseJson } from "../values/lossless-json.ts";
import { messageOf } from "../values/record.ts";

const NEWLINE = 10;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * Makes whole lines, each with its newline, of bytes that come in pieces. It passes on what is between the first newline
 * of a piece and its last without a copy, and copies only the line that crosses the border. A leading byte-order mark is
 * left out. A last line without a newline gets one.
 */
export class LineBytes {
  /** Pieces of a line whose newline has not come yet. */
  #open: Uint8Array[] = [];
  /** Whether a byte-order mark may still come. */
  #isStart = true;

  /** The lines that end in this piece. */
  *add(piece: Uint8Array): Generator<Uint8Array> {
    let bytes = piece;
    if (this.#isStart) {
      if (this.#open.length > 0) bytes = joined([...this.#open, piece]);
      this.#open = [];
      if (bytes.length < BYTE_ORDER_MARK.length) {
        this.#open.push(new Uint8Array(bytes));
        return;
      }
      this.#isStart = false;
      if (BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte)) bytes = bytes.subarray(3);
    }
    const last = bytes.lastIndexOf(NEWLINE);
    if (last === -1) {
      if (bytes.length > 0) this.#open.push(new Uint8Array(bytes));
      return;
    }
    let from = 0;
    if (this.#open.length > 0) {
      from = bytes.indexOf(NEWLINE) + 1;
      yield this.#endOpen(bytes.subarray(0, from));
    }
    if (from <= last) yield bytes.subarray(from, last + 1);
    // A copy (a Buffer's `slice` is none): the one who gave the piece may use its memory again.
    if (last + 1 < bytes.length) this.#open.push(new Uint8Array(bytes.subarray(last + 1)));
  }

  /** The last line, where it has no newline. */
  *end(): Generator<Uint8Array> {
    if (this.#open.some(({ length }) => length > 0)) yield this.#endOpen(Uint8Array.of(NEWLINE));
  }

  #endOpen(end: Uint8Array): Uint8Array {
    const line = joined([...this.#open, end]);
    this.#open = [];
    return line;
  }
}

const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether a line has only blanks in it: such lines are skipped. */
export function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 32 || byte === 9 || byte === 13);
}

/** What a line says, in JSON with every digit; a message where it is not JSON. */
export function parseLine(
  line: Uint8Array,
): { readonly value: unknown } | { readonly problem: string } {
  let text: string;
  try {
    text = decoder.decode(line);
  } catch {
    return { problem: "expected a line of UTF-8" };
  }
  try {
    return { value: parseJson(text) };
  } catch (error) {
    return {
      problem: `expected a line of JSON: ${messageOf(error)}`,
    };
  }
}

/** What may be an event; what is wrong with it where it cannot be read. */
export interface EventRecord {
  readonly value?: unknown;
  readonly problem?: string;
  /** From 1; undefined where a format has no lines. */
  readonly line: number | undefined;
}

/** The records of NDJSON that comes in pieces: its lines, blank ones left out. */
export class LineRecords {
  readonly #lines = new LineBytes();
  #line = 0;

  /** Those that end in this piece. */
  add(piece: Uint8Array): Iterable<EventRecord> {
    return this.#read(this.#lines.add(piece));
  }

  end(): Iterable<EventRecord> {
    return this.#read(this.#lines.end());
  }

  *#read(whole: Iterable<Uint8Array>): Generator<EventRecord> {
    for (const lines of whole) {
      for (let at = 0, end = 0; at < lines.length; at = end + 1) {
        end = lines.indexOf(NEWLINE, at);
        this.#line++;
        const line = lines.subarray(at, end);
        if (isBlank(line)) continue;
        const parsed = parseLine(line);
        // Not by a spread, which makes objects that V8 is slow to read.
        yield "value" in parsed
          ? { value: parsed.value, line: this.#line }
          : { problem: parsed.problem, line: this.#line };
      }
    }
  }
}

/**
 * Whether the record at `index` is an event. The error of any other is given to `onInvalidEvent`, or thrown; `explained`
 * may say more of what is wrong.
 */
export function isEvent(
  { value, problem, line }: EventRecord,
  index: number,
  onInvalidEvent: ((error: InvalidEventError) => void) | undefined,
  explained: (issue: Issue) => Issue = (issue) => issue,
): boolean {
  const checked =
    problem === undefined
      ? checkEvent(value)
      : { key: undefined, issues: [{ path: [], message: problem }] };
  if (!("issues" in checked)) return true;
  const { key, issues } = checked;
  const error = new InvalidEventError({ index, line, key, issues: issues.map(explained) });
  if (onInvalidEvent === undefined) throw error;
  onInvalidEvent(error);
  return false;
}
