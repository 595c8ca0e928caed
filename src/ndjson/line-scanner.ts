import {
  ARRAY,
  FALSE,
  LONG_NUMBER,
  MISSING,
  NULL,
  NUMBER,
  OBJECT,
  STRING,
  TRUE,
} from "./line-layout.ts";

/** In place of a position: no JSON, or none that is read here. */
export const UNSURE = -1;

const QUOTE = 34;
const BACKSLASH = 92;
/** 1 for the bytes that need attention in a string: quotes, backslashes, control characters, non-ASCII. */
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

/** Deeper than this is for the parser. */
const MAX_DEPTH = 64;
const NO_SLOT = -1;
const encoder = /* @__PURE__ */ new TextEncoder();

/** A name that leads to a needed value: its bytes, its slot, and what is needed of the object it names. */
class Member {
  readonly name: Uint8Array;
  slot = NO_SLOT;
  readonly members: Member[] = [];
  /** The line in which it was met last: names that come twice are for the parser. */
  line = -1;
  readonly #byName = new Map<string, Member>();

  constructor(name: string) {
    this.name = encoder.encode(name);
  }

  /** The member of that name, which is added when it is new. */
  member(name: string, depth: number): Member {
    let member = this.#byName.get(name);
    if (member === undefined) {
      member = new Member(name);
      this.#byName.set(name, member);
      // The scanner leaves lines that are deeper to the parser.
      if (depth < MAX_DEPTH) this.members.push(member);
    }
    return member;
  }
}

/** The paths whose values are used, each with a slot: the names of objects that lead to them, as a tree. */
export class Slots {
  readonly #root = new Member("");
  #count = 0;

  get members(): readonly Member[] {
    return this.#root.members;
  }
  get count(): number {
    return this.#count;
  }

  /** The slot of a path, which is added when it is new. */
  slotOf(path: readonly string[]): number {
    let member = this.#root;
    for (const [depth, name] of path.entries()) member = member.member(name, depth);
    if (member.slot === NO_SLOT) member.slot = this.#count++;
    return member.slot;
  }
}

/** Where the used values of some lines are in their bytes, by slot and row. */
export interface LineColumns {
  /** Of each row so many, by slot. */
  readonly kinds: Uint8Array;
  readonly kindsPerRow: number;
  // For each slot a column of so many rows.
  readonly capacity: number;
  /** Of a string, between its quotes. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Of a `NUMBER`, what it is. */
  readonly numbers: Float64Array;
  /** The place of a text among the recent ones of its slot, below zero (`~`) where it is new there. */
  readonly texts: Int32Array;
  /** In `texts`: the text is not among the recent ones. */
  readonly unknownText: number;
}

/** Called with each value of a line in turn: its slot (-1 for none), its kind, and where it is. */
export type ValueUse = (slot: number, kind: number, start: number, end: number) => void;

/**
 * Reads one line from its first byte to its last, checks that it is one JSON object in UTF-8, and notes where the needed
 * values are. It says where it is not sure: at names with a backslash, names that repeat on the way to a needed value,
 * needed strings with a backslash, deep nesting, and invalid JSON.
 */
export class LineScanner {
  readonly json = new JsonBytes();
  readonly #members: readonly Member[];
  readonly #columns: LineColumns;
  readonly #slots: number;
  readonly #use: ValueUse;
  #line = 0;
  #row = 0;

  /** What is found is put into `columns`. */
  constructor(slots: Slots, columns: LineColumns, use: ValueUse) {
    this.#members = slots.members;
    this.#slots = slots.count;
    this.#columns = columns;
    this.#use = use;
  }

  /** From the first byte of a line to its newline, or `UNSURE`. */
  scan(start: number, row: number): number {
    this.#line++;
    this.#row = row;
    const { kinds, kindsPerRow, texts, capacity, unknownText } = this.#columns;
    kinds.fill(MISSING, row * kindsPerRow, (row + 1) * kindsPerRow);
    for (let slot = 0; slot < this.#slots; slot++) texts[slot * capacity + row] = unknownText;
    const json = this.json;
    const open = json.blank(start);
    if (json.bytes[open] !== 123) return UNSURE;
    const close = this.#object(open + 1, this.#members, 1);
    if (close === UNSURE) return UNSURE;
    const end = json.blank(close);
    return json.bytes[end] === 10 ? end : UNSURE;
  }

  /** From behind the opening brace to behind the closing one. */
  #object(start: number, members: readonly Member[], depth: number): number {
    const json = this.json;
    const { bytes } = json;
    let at = json.blank(start);
    if (bytes[at] === 125) return at + 1;
    for (;;) {
      if (bytes[at] !== 34) return UNSURE;
      const nameStart = at + 1;
      const nameEnd = json.string(nameStart);
      if (nameEnd === UNSURE) return UNSURE;
      let member: Member | undefined;
      if (members.length > 0) {
        if (json.hasEscape) return UNSURE;
        member = memberAt(members, bytes, nameStart, nameEnd);
        if (member?.line === this.#line) return UNSURE;
        if (member !== undefined) member.line = this.#line;
      }
      at = json.blank(nameEnd + 1);
      if (bytes[at] !== 58) return UNSURE;
      at = this.#value(json.blank(at + 1), member?.slot ?? NO_SLOT, member?.members ?? NONE, depth);
      if (at === UNSURE) return UNSURE;
      at = json.blank(at);
      if (bytes[at] === 125) return at + 1;
      if (bytes[at] !== 44) return UNSURE;
      at = json.blank(at + 1);
    }
  }

  #array(start: number, depth: number): number {
    const json = this.json;
    const { bytes } = json;
    let at = json.blank(start);
    if (bytes[at] === 93) return at + 1;
    for (;;) {
      at = this.#value(at, NO_SLOT, NONE, depth);
      if (at === UNSURE) return UNSURE;
      at = json.blank(at);
      if (bytes[at] === 93) return at + 1;
      if (bytes[at] !== 44) return UNSURE;
      at = json.blank(at + 1);
    }
  }

  #value(start: number, slot: number, members: readonly Member[], depth: number): number {
    const json = this.json;
    switch (json.bytes[start]) {
      case 34: {
        const end = json.string(start + 1);
        if (end === UNSURE || (slot !== NO_SLOT && json.hasEscape)) return UNSURE;
        this.#note(slot, STRING, start + 1, end);
        return end + 1;
      }
      case 123:
        if (depth === MAX_DEPTH) return UNSURE;
        this.#noteKind(slot, OBJECT);
        return this.#object(start + 1, members, depth + 1);
      case 91:
        if (depth === MAX_DEPTH) return UNSURE;
        this.#noteKind(slot, ARRAY);
        return this.#array(start + 1, depth + 1);
      case 116:
        return this.#word(start, slot, "true", TRUE);
      case 102:
        return this.#word(start, slot, "false", FALSE);
      case 110:
        return this.#word(start, slot, "null", NULL);
      default: {
        const end = json.numeral(start);
        if (end === UNSURE) return UNSURE;
        this.#note(slot, Number.isNaN(json.number) ? LONG_NUMBER : NUMBER, start, end);
        if (slot !== NO_SLOT) {
          this.#columns.numbers[slot * this.#columns.capacity + this.#row] = json.number;
        }
        return end;
      }
    }
  }

  #word(start: number, slot: number, word: "true" | "false" | "null", kind: number): number {
    const end = this.json.word(start, word);
    if (end !== UNSURE) this.#note(slot, kind, start, end);
    return end;
  }

  #note(slot: number, kind: number, start: number, end: number): void {
    this.#use(slot, kind, start, end);
    if (slot === NO_SLOT) return;
    this.#noteKind(slot, kind);
    const { starts, ends, capacity } = this.#columns;
    starts[slot * capacity + this.#row] = start;
    ends[slot * capacity + this.#row] = end;
  }

  #noteKind(slot: number, kind: number): void {
    if (slot === NO_SLOT) return;
    const { kinds, kindsPerRow } = this.#columns;
    kinds[this.#row * kindsPerRow + slot] = kind;
  }
}

const NONE: readonly Member[] = [];

function memberAt(
  members: readonly Member[],
  bytes: Uint8Array,
  start: number,
  end: number,
): Member | undefined {
  for (let index = 0; index < members.length; index++) {
    const member = members[index] as Member;
    const { name } = member;
    if (name.length !== end - start) continue;
    let at = 0;
    while (at < name.length && name[at] === bytes[start + at]) at++;
    if (at === name.length) return member;
  }
  return undefined;
}
