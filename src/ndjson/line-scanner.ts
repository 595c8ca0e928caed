import type { PathTree } from "../summary/path-tree.ts";
import { type JsonBytes, UNSURE } from "./json-bytes.ts";
import type { LineShapes } from "./line-shape.ts";
import {
  ARRAY,
  FALSE,
  type LineValues,
  LONG_NUMBER,
  NULL,
  NUMBER,
  OBJECT,
  STRING,
  TRUE,
} from "./line-values.ts";

/** Deeper than this is for the parser. */
const DEEPEST = 64;
const NO_SLOT = -1;
const encoder = /* @__PURE__ */ new TextEncoder();

/** A name that leads to a needed value: its bytes, its slot, and what is needed of the object it names. */
interface Member {
  readonly name: Uint8Array;
  readonly slot: number;
  readonly members: readonly Member[];
  /** The line in which it was met last: names that come twice are for the parser. */
  line: number;
}

function membersOf(paths: PathTree, depth = 1): Member[] {
  return paths.members.map(({ name, slot, branch }) => ({
    name: encoder.encode(name),
    slot,
    // The scanner leaves deeper lines to the parser.
    members: branch === undefined || depth === DEEPEST ? [] : membersOf(branch, depth + 1),
    line: NO_SLOT,
  }));
}

/**
 * Goes over one line from its first byte to its last, checks that it is one JSON object in UTF-8, and notes where the
 * needed values are. It is sure of what it says or says that it is not: names with a backslash in them or met twice
 * on the way to a needed value, needed strings with a backslash, deep nesting, and whatever is no JSON.
 */
export class LineScanner {
  readonly #json: JsonBytes;
  readonly #values: LineValues;
  readonly #members: readonly Member[];
  readonly #shapes: LineShapes;
  #line = 0;

  /** `json` has the bytes; what is found is put into `values` and told to `shapes`. */
  constructor(paths: PathTree, json: JsonBytes, values: LineValues, shapes: LineShapes) {
    this.#members = membersOf(paths);
    this.#json = json;
    this.#values = values;
    this.#shapes = shapes;
  }

  /** From the first byte of a line to its newline, or `UNSURE`. */
  scan(start: number): number {
    this.#line++;
    this.#values.kinds.fill(0);
    this.#shapes.begin(start);
    const json = this.#json;
    const open = json.blank(start);
    if (json.bytes[open] !== 123) return UNSURE;
    const close = this.#object(open + 1, this.#members, 1);
    if (close === UNSURE) return UNSURE;
    const end = json.blank(close);
    if (json.bytes[end] !== 10) return UNSURE;
    this.#shapes.end(end);
    return end;
  }

  /** From behind the opening brace to behind the closing one. */
  #object(start: number, members: readonly Member[], depth: number): number {
    const json = this.#json;
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
    const json = this.#json;
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
    const json = this.#json;
    switch (json.bytes[start]) {
      case 34: {
        const end = json.string(start + 1);
        if (end === UNSURE || (slot !== NO_SLOT && json.hasEscape)) return UNSURE;
        this.#note(slot, STRING, start + 1, end);
        return end + 1;
      }
      case 123:
        if (depth === DEEPEST) return UNSURE;
        if (slot !== NO_SLOT) this.#values.kinds[slot] = OBJECT;
        return this.#object(start + 1, members, depth + 1);
      case 91:
        if (depth === DEEPEST) return UNSURE;
        if (slot !== NO_SLOT) this.#values.kinds[slot] = ARRAY;
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
        if (slot !== NO_SLOT) this.#values.numbers[slot] = json.number;
        return end;
      }
    }
  }

  #word(start: number, slot: number, word: "true" | "false" | "null", kind: number): number {
    const end = this.#json.word(start, word);
    if (end !== UNSURE) this.#note(slot, kind, start, end);
    return end;
  }

  #note(slot: number, kind: number, start: number, end: number): void {
    this.#shapes.value(slot, kind, start, end);
    if (slot === NO_SLOT) return;
    this.#values.kinds[slot] = kind;
    this.#values.starts[slot] = start;
    this.#values.ends[slot] = end;
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
