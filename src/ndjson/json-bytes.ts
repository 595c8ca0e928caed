/** In place of a position: no JSON, or none that is read here. */
export const UNSURE = -1;

const QUOTE = 34;
const BACKSLASH = 92;
/** 1 for the bytes that a string does not simply go on over: quotes, backslashes, control characters, non-ASCII. */
const STOPS = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 32 || byte === QUOTE || byte === BACKSLASH || byte > 127 ? 1 : 0,
);
/** 1 for the bytes that may follow a backslash and stand for one character. */
const ESCAPES = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
);
const POWERS_OF_TEN = /* @__PURE__ */ Float64Array.from({ length: 16 }, (_, power) => 10 ** power);
/** So many digits are exact in a double, and so is their quotient by a power of ten rounded right. */
const SAFE_DIGITS = 15;

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;
const isHex = (byte: number): boolean => isDigit(byte) || ((byte | 32) >= 97 && (byte | 32) <= 102);
const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

/**
 * The tokens of JSON in bytes: the steps of a scan that never goes beyond a line's newline, which is a control
 * character and so ends every token. Each takes the position at which the token begins and gives that behind it, or
 * `UNSURE`.
 */
export class JsonBytes {
  bytes: Uint8Array = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  /** Whether the string gone over last has a backslash in it. */
  hasEscape = false;
  /** What the number gone over last is; NaN when it is one for the lossless parser. */
  number = Number.NaN; // a double from the start, for the engine

  set(bytes: Uint8Array): void {
    // No Buffer, even where one is given: code for one class of bytes is compiled once.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether the bytes there are those of `other` from `from` to `to`. */
  hasAt(start: number, other: DataView, from: number, to: number): boolean {
    const view = this.view;
    let at = start;
    let next = from;
    if (at + to - from > view.byteLength) return false;
    for (; next + 3 < to; next += 4, at += 4) {
      if (view.getInt32(at) !== other.getInt32(next)) return false;
    }
    for (; next < to; next++, at++) {
      if (view.getUint8(at) !== other.getUint8(next)) return false;
    }
    return true;
  }

  /** Behind blanks: spaces, tabs and carriage returns. */
  blank(start: number): number {
    const { bytes } = this;
    let at = start;
    for (let byte = bytes[at]; byte === 32 || byte === 9 || byte === 13; byte = bytes[++at]);
    return at;
  }

  /** From behind the opening quote of a string to its closing quote. */
  string(start: number): number {
    const { bytes } = this;
    const view = this.view;
    const fours = bytes.length - 4;
    this.hasEscape = false;
    let at = start;
    for (;;) {
      // Four bytes at once, while none of them stops: not below 32, not above 127, no quote, no backslash.
      while (at <= fours) {
        const four = view.getInt32(at, true);
        const quotes = four ^ 0x22222222;
        const backslashes = four ^ 0x5c5c5c5c;
        const stops =
          four |
          ((four - 0x20202020) & ~four) |
          ((quotes - 0x01010101) & ~quotes) |
          ((backslashes - 0x01010101) & ~backslashes);
        if ((stops & 0x80808080) !== 0) break;
        at += 4;
      }
      while (STOPS[bytes[at] as number] === 0) at++;
      const byte = bytes[at] as number;
      if (byte === QUOTE) return at;
      if (byte === BACKSLASH) at = this.#escape(at + 1);
      else if (byte > 127) at = this.#character(at);
      else return UNSURE;
      if (at === UNSURE) return UNSURE;
    }
  }

  /** Behind a number, which is `number` then. */
  numeral(start: number): number {
    const { bytes } = this;
    let at = start;
    const isNegative = bytes[at] === 45;
    if (isNegative) at++;
    const first = at;
    let digits = 0;
    let byte = bytes[at] as number;
    for (; byte >= 48 && byte <= 57; byte = bytes[++at] as number) digits = digits * 10 + byte - 48;
    let count = at - first;
    if (count === 0 || (count > 1 && bytes[first] === 48)) return UNSURE;
    let places = 0;
    if (byte === 46) {
      const point = at++;
      byte = bytes[at] as number;
      for (; byte >= 48 && byte <= 57; byte = bytes[++at] as number)
        digits = digits * 10 + byte - 48;
      places = at - point - 1;
      if (places === 0) return UNSURE;
      count += places;
    }
    if ((byte | 32) === 101) {
      byte = bytes[++at] as number;
      if (byte === 43 || byte === 45) byte = bytes[++at] as number;
      if (!isDigit(byte)) return UNSURE;
      while (isDigit(bytes[at] as number)) at++;
      this.number = Number.NaN;
      return at;
    }
    if (count > SAFE_DIGITS) this.number = Number.NaN;
    else {
      const size = places === 0 ? digits : digits / (POWERS_OF_TEN[places] as number);
      this.number = isNegative ? -size : size;
    }
    return at;
  }

  /** Behind `true`, `false` or `null`, which begins there. */
  word(start: number, word: "true" | "false" | "null"): number {
    const { bytes } = this;
    for (let at = 0; at < word.length; at++) {
      if (bytes[start + at] !== word.charCodeAt(at)) return UNSURE;
    }
    return start + word.length;
  }

  /** From behind a backslash. */
  #escape(at: number): number {
    const { bytes } = this;
    this.hasEscape = true;
    if (ESCAPES[bytes[at] as number] === 1) return at + 1;
    if (bytes[at] !== 117) return UNSURE;
    for (let hex = at + 1; hex < at + 5; hex++) {
      if (!isHex(bytes[hex] as number)) return UNSURE;
    }
    return at + 5;
  }

  /** From the first byte of a character of two, three or four bytes in UTF-8: the shortest form, no surrogates. */
  #character(at: number): number {
    const { bytes } = this;
    const first = bytes[at] as number;
    const second = bytes[at + 1] as number;
    if (!isContinuation(second)) return UNSURE;
    if (first < 0xe0) return first >= 0xc2 ? at + 2 : UNSURE;
    if (!isContinuation(bytes[at + 2] as number)) return UNSURE;
    if (first < 0xf0) {
      const isLong = first === 0xe0 && second < 0xa0;
      const isSurrogate = first === 0xed && second > 0x9f;
      return isLong || isSurrogate ? UNSURE : at + 3;
    }
    if (!isContinuation(bytes[at + 3] as number)) return UNSURE;
    const isLong = first === 0xf0 && second < 0x90;
    return isLong || first > 0xf4 || (first === 0xf4 && second > 0x8f) ? UNSURE : at + 4;
  }
}
