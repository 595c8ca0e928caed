const decoder = /* @__PURE__ */ new TextDecoder();
/** So many bytes become a text at once, of which each text is a piece: few, as the whole lives on with each. */
const MOST_BYTES = 1 << 10;
/** So many code units become a text at once: one by one, a text of 36 characters takes thirteen times as long. */
const MOST_UNITS = 1 << 10;
const units: number[] = [];

/** The bytes of a text as UTF-8 has them; of a lone surrogate, which UTF-8 has not, three bytes in its manner. */
export function bytesOf(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else {
      if (code < 0x10000) bytes.push(0xe0 | (code >> 12));
      else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63));
      bytes.push(0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
  }
  return Uint8Array.from(bytes);
}

/** The text of which `bytesOf` gave the bytes from `start` to `end`. */
function textOfBytes(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let count = 0;
  for (let at = start; at < end; ) {
    const first = bytes[at++] as number;
    const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let code = more === 0 ? first : first & (0x3f >> more);
    for (let byte = 0; byte < more; byte++) code = (code << 6) | ((bytes[at++] as number) & 63);
    if (code > 0xffff) units[count++] = 0xd7c0 + (code >> 10);
    units[count++] = code > 0xffff ? 0xdc00 | (code & 0x3ff) : code;
    if (count < MOST_UNITS && at < end) continue;
    units.length = count;
    text += String.fromCharCode(...units);
    count = 0;
  }
  return text;
}

/** The texts of which `bytesOf` gave the bytes. Those of ASCII are made some at a time, which takes half as long. */
export class TextsOfBytes {
  readonly #texts: string[] = [];
  /** Of the last texts, which are still to be made. */
  readonly #bytes = new Uint8Array(MOST_BYTES);
  readonly #lengths: number[] = [];
  #size = 0;

  add(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.#size + length > MOST_BYTES) this.#make();
    if (length <= MOST_BYTES && this.#copy(bytes, start, end)) {
      this.#lengths.push(length);
      this.#size += length;
    } else {
      this.#make();
      this.#texts.push(textOfBytes(bytes, start, end));
    }
  }

  /** All that were added, in their order. */
  all(): string[] {
    this.#make();
    return this.#texts;
  }

  /** Whether they are ASCII. */
  #copy(bytes: Uint8Array, start: number, end: number): boolean {
    const into = this.#bytes;
    let to = this.#size;
    let all = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      all |= byte;
      into[to++] = byte;
    }
    return all < 0x80;
  }

  #make(): void {
    const whole = decoder.decode(this.#bytes.subarray(0, this.#size));
    let start = 0;
    for (const length of this.#lengths) {
      this.#texts.push(whole.slice(start, start + length));
      start += length;
    }
    this.#lengths.length = 0;
    this.#size = 0;
  }
}
