const NEWLINE = 10;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Called with bytes that are whole lines, each with its newline. */
export type LinesUse = (lines: Uint8Array) => void;

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
 * Makes whole lines of bytes that come in pieces: hands on what lies between the first newline of a piece and its last
 * as it is, and copies only the line that goes over the border. A leading byte-order mark is left out; a last line
 * without a newline gets one.
 */
export class LineBytes {
  readonly #use: LinesUse;
  /** Pieces of a line whose newline has not come yet. */
  #open: Uint8Array[] = [];
  /** Whether a byte-order mark may still come. */
  #isStart = true;

  constructor(use: LinesUse) {
    this.#use = use;
  }

  add(piece: Uint8Array): void {
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
      this.#useOpen(bytes.subarray(0, from));
    }
    if (from <= last) this.#use(bytes.subarray(from, last + 1));
    // A copy (a Buffer's `slice` is none): the one who gave the piece may use its memory again.
    if (last + 1 < bytes.length) this.#open.push(new Uint8Array(bytes.subarray(last + 1)));
  }

  end(): void {
    if (this.#open.some(({ length }) => length > 0)) this.#useOpen(Uint8Array.of(NEWLINE));
  }

  #useOpen(end: Uint8Array): void {
    const line = joined([...this.#open, end]);
    this.#open = [];
    this.#use(line);
  }
}
